"""PoseNet: the 17 joints of one person or of up to twenty, found anew in every picture; nobody is followed.

The networks are Coral's quantised ones (`posenet_network`); how joints become people stands in `posenet_decoding`.
Confidence is the network's own score of the joint at the place where it was put. Nothing is smoothed.
"""

from pathlib import Path
from typing import Any

import numpy as np

from kinebench import estimators, provenance
from kinebench.errors import KinebenchError
from kinebench.estimators import Person, litert, posenet_decoding, posenet_network
from kinebench.estimators import weights as files
from kinebench.estimators.whole_picture import checked_max_people, patch_to_picture
from kinebench.skeleton import COCO17
from kinebench.video import Frame

# Part of the key of cached detections: to be raised whenever the same picture comes to give other numbers.
ALGORITHM = 1
MAX_PEOPLE = 20
# Of the mean score of a person's joints; tfjs-models' demos draw the line at 0.15, Coral's decoder where it draws that
# for joints. In three videos trees had up to 0.26 and a second look at somebody rarely more (0.39 at most); an athlete
# on a balance beam had 0.25 or more, but less than 0.5 in 18 of 100 frames, and a rower from the side 0.5 or more.
MIN_PERSON_SCORE = 0.25
_FILE = "posenet.tflite"


class PoseNet:
    """The estimator; see the module's docstring for how it works."""

    name = "posenet"
    joints = COCO17.joints

    def __init__(self, *, weights: str | None = None, max_people: int | None = None, threads: int = 2) -> None:
        """Load the network.

        `weights`: one of Coral's `.tflite` files in place of the one in the weights folder. `max_people`: the most
        people to find, 1 to 20; without it 20. With 1, each joint is looked for in the whole picture by itself, which
        is meant for pictures of one person: with several, it may take the joints from different people. `threads`: CPU
        threads; no result depends on it.
        """
        self._max_people = checked_max_people(max_people, MAX_PEOPLE)
        path = _path(weights)
        self._weights = {_FILE if weights is None else files.OWN: provenance.sha256_file(path)}
        self._network = posenet_network.Network(path, threads=threads)

    def detect(self, picture: Frame | np.ndarray) -> list[Person]:
        """The people in `picture` (a frame, or uint8 RGB of shape (height, width, 3)), surest first; nobody: []."""
        frame = picture if isinstance(picture, Frame) else Frame.of(picture)
        size = self._network.fitted(frame.width, frame.height)
        matrix = patch_to_picture(frame.width, frame.height, size)
        maps = self._network.run(frame.warp(matrix, size))
        return [_person(joints, score, matrix, self._network.stride) for joints, score in self._decoded(maps)]

    def reset(self) -> None:
        """Nothing to forget: every picture is looked at by itself."""

    def describe(self) -> dict[str, Any]:
        """What determines the result: weights with their sha256 and origin, the runtime's version, settings."""
        return {
            "name": self.name,
            "weights": self._weights,
            "origin": estimators.record(self.name).origin,
            "input_px": [self._network.width, self._network.height],
            "versions": litert.runtime(),
            "algorithm": ALGORITHM,
            "settings": {"max_people": self._max_people, "min_person_score": MIN_PERSON_SCORE},
        }

    def _decoded(self, maps: posenet_decoding.Maps) -> list[tuple[np.ndarray, float]]:
        if self._max_people > 1:
            found = posenet_decoding.several(maps, MAX_PEOPLE, self._network.stride, MIN_PERSON_SCORE)
            return found[: self._max_people]
        joints = posenet_decoding.one(maps)
        score = float(joints[:, 2].mean())
        return [(joints, score)] if score >= MIN_PERSON_SCORE else []


def _path(named: str | None) -> Path:
    if named is None:
        return files.locate(estimators.record(PoseNet.name), _FILE)
    path = Path(named)
    if not path.is_file():
        raise KinebenchError(f"weights must name a .tflite file, but there is no file {named}. Check the path.")
    return path


def _person(joints: np.ndarray, score: float, matrix: np.ndarray, stride: float) -> Person:
    # A cell lies on the centre of a pixel of the patch: the input is a multiple of the stride, and one pixel more.
    at = joints[:, 1::-1] * stride @ matrix[:, :2].T + matrix[:, 2]
    seen = at[joints[:, 2] >= MIN_PERSON_SCORE]
    box = np.concatenate([seen.min(axis=0), seen.max(axis=0)])
    return Person(points=np.column_stack([at, joints[:, 2]]), world=None, score=score, box=box)
