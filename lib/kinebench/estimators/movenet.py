"""MoveNet Thunder and Lightning: one person, 17 joints in two dimensions, followed from frame to frame.

Confidence is the network's own score of the joint. No landmark is smoothed. The weights are, in this order: what the
setting `weights` names, a file or folder in kinebench's weights folder, what lies in TensorFlow Hub's own cache
(`TFHUB_CACHE_DIR`). Only `fetch` downloads. How the person is followed stands in `movenet_crop`.
"""

from pathlib import Path
from typing import Any

import numpy as np

from kinebench.errors import KinebenchError
from kinebench.estimators import Person, movenet_crop, movenet_network
from kinebench.skeleton import COCO17
from kinebench.video import Frame

HANDLES = {
    "movenet-thunder": "https://tfhub.dev/google/movenet/singlepose/thunder/4",
    "movenet-lightning": "https://tfhub.dev/google/movenet/singlepose/lightning/4",
}
# Of the mean score. Lightning on a street scene: trees up to 0.26 from near, a walker half out of the picture 0.32.
MIN_PERSON_SCORE = 0.3


class MoveNet:
    """The estimator; see the module's docstring for where its weights come from."""

    joints = COCO17.joints

    def __init__(self, name: str, *, weights: str | None = None, threads: int = 2):
        """Load the network.

        `name`: movenet-thunder or movenet-lightning. `weights`: a `.tflite` file or a SavedModel folder to use
        instead of what is found. `threads`: CPU threads of a `.tflite` network.
        """
        self.name = name
        self._network = _load(name, weights, threads)
        self._threads = threads
        self._square: np.ndarray | None = None

    def detect(self, picture: Frame | np.ndarray) -> list[Person]:
        """The person in `picture` (a frame, or uint8 RGB of shape (height, width, 3)); nobody: an empty list.

        The person of the picture before is looked for where it was; where it is lost, or after `reset`, the whole
        picture is searched and then looked at again from near.
        """
        frame = picture if isinstance(picture, Frame) else Frame.of(picture)
        points = None if self._square is None else self._look(frame, self._square)
        if points is None or not is_person(points):
            points = _surer(points, self._search(frame))
        # A faint torso is no person yet, but the place to look at next: small people are found in this way.
        lost = not movenet_crop.torso_visible(points[:, 2])
        self._square = None if lost else movenet_crop.following(points, frame.width, frame.height)
        return [_person(points)] if is_person(points) else []

    def reset(self) -> None:
        """Forget the person being followed: the next picture is searched as a whole."""
        self._square = None

    def describe(self) -> dict[str, Any]:
        """What determines the result: weights with their sha256 and origin, the runtime's version, settings."""
        network = self._network
        return {
            "name": self.name,
            "weights": {network.origin: network.sha256},
            "origin": network.origin,
            "input_px": network.size,
            "versions": network.versions,
            "settings": {"threads": self._threads, "min_person_score": MIN_PERSON_SCORE},
        }

    def _search(self, frame: Frame) -> np.ndarray:
        whole = movenet_crop.whole(frame.width, frame.height)
        coarse = self._look(frame, whole)
        square = movenet_crop.following(coarse, frame.width, frame.height)
        # What vanishes from near was none: a network that must answer finds people in trees.
        return coarse if np.array_equal(square, whole) else self._look(frame, square)

    def _look(self, frame: Frame, square: np.ndarray) -> np.ndarray:
        answer = self._network.run(patch(frame, square, self._network.size))
        return movenet_crop.to_picture(answer, square)


def _surer(one: np.ndarray | None, other: np.ndarray) -> np.ndarray:
    return other if one is None or other[:, 2].mean() > one[:, 2].mean() else one


def is_person(points: np.ndarray) -> bool:
    """Whether the network's answer, (17, 3) with confidence last, is a person: it answers for empty pictures too."""
    confidence = points[:, 2]
    return movenet_crop.torso_visible(confidence) and bool(confidence.mean() >= MIN_PERSON_SCORE)


def patch(frame: Frame, square: np.ndarray, size: int) -> np.ndarray:
    """What `frame` shows in `square` as uint8 RGB of shape (size, size, 3); black beyond the picture.

    Sampled bilinearly, as in the tutorial: averaging the pixels of a picture that is shrunk changed neither the
    agreement with BlazePose on real videos nor the jitter, and took twice the time at 1080p.
    """
    return frame.warp(movenet_crop.patch_to_picture(square, size), (size, size))


def find(name: str) -> Path | None:
    """The network of `name` on this computer: in kinebench's weights folder, in TensorFlow Hub's cache, or nowhere."""
    return movenet_network.find(name, HANDLES[name])


def fetch(name: str) -> Path:
    """Fetch the network of `name` from TensorFlow Hub into the weights folder."""
    return movenet_network.fetch(name, HANDLES[name])


def _load(name: str, weights: str | None, threads: int) -> movenet_network.Network:
    if name not in HANDLES:
        raise KinebenchError(f"name must be one of {', '.join(HANDLES)}, but got {name!r}.")
    return movenet_network.load_named(name, HANDLES[name], weights, threads=threads, kind=movenet_network.SINGLE_POSE)


def _person(points: np.ndarray) -> Person:
    seen = points[points[:, 2] >= movenet_crop.MIN_SCORE, :2]
    box = np.concatenate([seen.min(axis=0), seen.max(axis=0)])
    return Person(points=points, world=None, score=float(points[:, 2].mean()), box=box)
