"""Top-down estimation: a person detector (RTMDet, YOLOX), then a pose network (HRNet, RTMPose) on each person's box.

Both are `.onnx` files, run with ONNX Runtime. No box means no person; the whole picture is never taken for one. The
detector looks at every tenth picture; in between, and where it is blind for a moment, people are followed by their
joints (`topdown_following`). Where somebody is lost, or nobody is there, it looks at once. Nothing is smoothed.

Which part of the picture the pose network sees stands in `topdown_crop`, how its answer is read in `topdown_decoding`.
"""

from pathlib import Path
from typing import Any

import numpy as np

from kinebench import estimators
from kinebench.errors import KinebenchError
from kinebench.estimators import (
    Person,
    onnx_network,
    person_detectors,
    topdown_crop,
    topdown_following,
    topdown_network,
    weights,
)
from kinebench.estimators.person_detectors import Detector
from kinebench.estimators.topdown_following import Followed, Seen
from kinebench.estimators.topdown_network import PoseNetwork
from kinebench.video import Frame

# Part of the key of cached detections: to be raised whenever the same picture comes to give other numbers.
ALGORITHM = 1
DETECT_EVERY = 10
# What the networks of these names answer with.
_KINDS = {"hrnet": "heatmaps", "rtmpose": "simcc"}
_DECODING = {
    "heatmaps": "DARK, quarter offset where it fails; cell m is pixel m * input / heatmap",
    "simcc": "parabola over five bins; bin b is pixel b * input / bins",
}


class TopDown:
    """The estimator; see the module's docstring for how it works. `joints` are those of its pose network."""

    def __init__(
        self,
        name: str,
        *,
        weights: str | None = None,
        detector: str | None = None,
        max_people: int | None = None,
        detect_every: int | None = None,
        flip_test: bool = False,
    ) -> None:
        """Load both networks.

        `name`: hrnet-w32, hrnet-w48, rtmpose-s, rtmpose-m, rtmpose-l or topdown. `weights`, `detector`: files to use as
        pose network and as person detector in place of those in the weights folder. `max_people`: how many people are
        looked for at most; without it everybody. `detect_every`: look for people in every n-th picture; without it 10.
        `flip_test`: the mean of what the pose network sees in a box and in its mirror image.
        """
        self.name = name
        self._max_people = _at_least_one("max_people", max_people)
        self._detect_every = _at_least_one("detect_every", detect_every) or DETECT_EVERY
        self._flip_test = flip_test
        self._detector = Detector(_path(name, 0, detector))
        self._pose = PoseNetwork(_path(name, 1, weights), flip_test=flip_test)
        _check_kind(name, self._pose)
        self.joints: tuple[str, ...] = self._pose.joints
        self._people: list[Followed] = []
        self._since = 0
        self._picture_size = (0, 0)

    def detect(self, picture: Frame | np.ndarray) -> list[Person]:
        """The people in `picture` (a frame, or uint8 RGB of shape (height, width, 3)); nobody: an empty list.

        Those followed from the pictures before come first, in an order that stays.
        """
        frame = picture if isinstance(picture, Frame) else Frame.of(picture)
        if (frame.width, frame.height) != self._picture_size:
            self.reset()
            self._picture_size = (frame.width, frame.height)
        seen = self._seen(frame)
        followed = (topdown_following.after(person, points) for person, points in seen)
        self._people = [person for person in followed if person is not None]
        return [
            Person(points, None, topdown_following.person_score(points), person.box.copy()) for person, points in seen
        ]

    def reset(self) -> None:
        """Forget everybody who is followed: the next picture is searched as a whole."""
        self._people = []
        self._since = 0
        self._picture_size = (0, 0)

    def describe(self) -> dict[str, Any]:
        """What determines the result: both networks' sha256, the runtime's version, settings, conventions."""
        pose, detector = self._pose, self._detector
        return {
            "name": self.name,
            "weights": {"detector": detector.network.sha256, "pose": pose.network.sha256},
            "origin": estimators.record(self.name).origin,
            "versions": onnx_network.runtime(),
            "algorithm": ALGORITHM,
            "detector": {
                "kind": detector.kind,
                "input_px": list(detector.size),
                "input": detector.normalisation(),
                "min_score": person_detectors.MIN_SCORE,
                "max_overlap": person_detectors.MAX_OVERLAP,
            },
            "pose": {
                "kind": pose.kind.name,
                "keypoints": pose.kind.keypoints,
                "input_px": list(pose.size),
                "output": list(pose.kind.cells),
                "input": f"RGB, less {topdown_network.MEAN_RGB}, by {topdown_network.STD_RGB}",
                "padding": topdown_crop.PADDING,
                "crop": "the box's centre at pixel (width / 2, height / 2), no UDP",
                "decoding": _DECODING[pose.kind.name],
            },
            "settings": {
                "max_people": self._max_people,
                "detect_every": self._detect_every,
                "flip_test": self._flip_test,
                "min_person_score": topdown_following.MIN_PERSON_SCORE,
            },
        }

    def _seen(self, frame: Frame) -> list[Seen]:
        """Whom the pose network sees: those followed and, where the detector is due or somebody is lost, new ones."""
        due = not self._people or self._since >= self._detect_every
        people = self._people
        if due:
            found = self._detector.find(frame)
            people = topdown_following.confirmed(people, found)
            people = people + topdown_following.newcomers(people, found, self._max_people)
        seen = self._look(frame, people)
        self._since = 1 if due else self._since + 1
        if due or len(seen) == len(people):
            return topdown_following.distinct(seen)
        self._since = 1
        others = topdown_following.newcomers([p for p, _ in seen], self._detector.find(frame), self._max_people)
        return topdown_following.distinct(seen + self._look(frame, others))

    def _look(self, frame: Frame, people: list[Followed]) -> list[Seen]:
        """Those of `people` whom the pose network sees as well."""
        points = self._pose.look(frame, [person.box for person in people])
        least = topdown_following.MIN_PERSON_SCORE
        return [
            (person, found)
            for person, found in zip(people, points, strict=True)
            if topdown_following.person_score(found) >= least
        ]


def _path(name: str, which: int, own: str | None) -> Path:
    """The file of the detector (0) or the pose network (1): the user's `own`, or that in the weights folder."""
    setting = ("detector", "weights")[which]
    if own is not None:
        if not Path(own).is_file():
            raise KinebenchError(f"{setting} must name a file that exists, but there is no {own}. Check the path.")
        return Path(own)
    known = estimators.record(name)
    return weights.locate(known, known.weights[which].file)


def _check_kind(name: str, pose: PoseNetwork) -> None:
    expected = _KINDS.get(name.partition("-")[0], pose.kind.name)
    if pose.kind.name != expected:
        raise KinebenchError(
            f"{name} must be a network with {expected}, but {pose.network.path} is one with {pose.kind.name}. "
            "Use the estimator topdown for it."
        )


def _at_least_one(setting: str, value: int | None) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise KinebenchError(
            f"{setting} must be a whole number from 1 on, but got {value!r}. Leave it out, or raise it."
        )
    return value
