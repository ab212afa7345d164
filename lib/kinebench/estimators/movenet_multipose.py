"""MoveNet MultiPose: the 17 joints of up to six people, found anew in every picture; nobody is followed.

The network takes the whole picture, its longer side 256 pixels, completed with black to multiples of 32, as its page
on TensorFlow Hub asks (google/movenet/multipose/lightning/1). Confidence is the network's own score of the joint; no
landmark is smoothed. The weights are looked for as those of MoveNet's single-pose networks.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np

from kinebench.estimators import Person, movenet_network
from kinebench.estimators.whole_picture import checked_max_people, patch_to_picture
from kinebench.skeleton import COCO17
from kinebench.video import Frame

HANDLE = "https://tfhub.dev/google/movenet/multipose/lightning/1"
LONGER_SIDE_PX = 256
STEP_PX = 32
# Of a person's score, as the network gives it: DEFAULT_MIN_POSE_SCORE of tfjs-models' pose-detection.
MIN_PERSON_SCORE = 0.25
MAX_PEOPLE = movenet_network.MULTI_POSE.answer[1]
_JOINTS = len(COCO17.joints)


class MultiPose:
    """The estimator; see the module's docstring for how it works."""

    name = "movenet-multipose"
    joints = COCO17.joints

    def __init__(self, *, weights: str | None = None, max_people: int | None = None, threads: int = 2) -> None:
        """Load the network.

        `weights`: a `.tflite` file or a SavedModel folder to use instead of what is found. `max_people`: the most
        people to find, 1 to 6, the surest first; without it 6. `threads`: CPU threads of a `.tflite` network.
        """
        self._max_people = checked_max_people(max_people, MAX_PEOPLE)
        self._network = movenet_network.load_named(
            self.name, HANDLE, weights, threads=threads, kind=movenet_network.MULTI_POSE
        )
        self._threads = threads

    def detect(self, picture: Frame | np.ndarray) -> list[Person]:
        """The people in `picture` (a frame, or uint8 RGB of shape (height, width, 3)), surest first; nobody: []."""
        frame = picture if isinstance(picture, Frame) else Frame.of(picture)
        size = fitted(frame.width, frame.height, self._network.sides)
        matrix = patch_to_picture(frame.width, frame.height, size)
        answer = self._network.run(frame.warp(matrix, size)).astype(float)
        surest = answer[np.argsort(-answer[:, -1], kind="stable")][: self._max_people]
        return [_person(row, matrix, size) for row in surest if row[-1] >= MIN_PERSON_SCORE]

    def reset(self) -> None:
        """Nothing to forget: every picture is looked at by itself."""

    def describe(self) -> dict[str, Any]:
        """What determines the result: weights with their sha256 and origin, the runtime's version, settings."""
        network = self._network
        return {
            "name": self.name,
            "weights": {network.origin: network.sha256},
            "origin": network.origin,
            "input_px": LONGER_SIDE_PX if movenet_network.ANY in network.sides else list(network.sides[::-1]),
            "versions": network.versions,
            "settings": {
                "threads": self._threads,
                "max_people": self._max_people,
                "min_person_score": MIN_PERSON_SCORE,
            },
        }


def find(name: str) -> Path | None:
    """The network of `name` on this computer: in kinebench's weights folder, in TensorFlow Hub's cache, or nowhere."""
    return movenet_network.find(name, HANDLE)


def fetch(name: str) -> Path:
    """Fetch the network of `name` from TensorFlow Hub into the weights folder."""
    return movenet_network.fetch(name, HANDLE)


def fitted(width: int, height: int, sides: tuple[int, int]) -> tuple[int, int]:
    """The size, width and height, in which the network sees a picture of `width` x `height` pixels.

    `sides` are the network's own, height and width; where it leaves one open, that which the picture's shape asks for.
    """
    scale = LONGER_SIDE_PX / max(width, height)
    asked = [max(1, math.ceil(side * scale / STEP_PX - 1e-9)) * STEP_PX for side in (width, height)]
    across, down = (own if own != movenet_network.ANY else side for own, side in zip(sides[::-1], asked, strict=True))
    return across, down


def _person(row: np.ndarray, matrix: np.ndarray, size: tuple[int, int]) -> Person:
    """From the network's 56 numbers: y, x and score of each joint, box as y, x, y, x, score of the person."""
    joints = row[: 3 * _JOINTS].reshape(_JOINTS, 3)
    corners = row[3 * _JOINTS : -1].reshape(2, 2)
    points = np.column_stack([_to_picture(joints[:, 1::-1], matrix, size), np.clip(joints[:, 2], 0.0, 1.0)])
    box = _to_picture(corners[:, ::-1], matrix, size).ravel()
    return Person(points=points, world=None, score=float(min(row[-1], 1.0)), box=box)


def _to_picture(parts: np.ndarray, matrix: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """From x and y between 0 and 1 of the patch, edge to edge, to the picture's pixel centres."""
    centres = parts * size - 0.5
    moved: np.ndarray = centres @ matrix[:, :2].T + matrix[:, 2]
    return moved
