"""OpenPose's networks (BODY_25, COCO, MPI): any number of people, 25, 18 or 15 joints in two dimensions.

Confidence is the height of the confidence map at the joint; of a joint that was not seen x and y are NaN. Every picture
is looked at on its own: nobody is followed and nothing is smoothed. The weights are not distributed with kinebench;
their licence allows non-commercial research only.
"""

from typing import Any

import numpy as np

from kinebench.errors import collected
from kinebench.estimators import Person, openpose_assembly, openpose_network
from kinebench.estimators.openpose_models import MODELS
from kinebench.video import Frame


class OpenPose:
    """The estimator; see the module's docstring."""

    def __init__(
        self,
        name: str,
        *,
        weights: str | None = None,
        max_people: int | None = None,
        input_height_px: int | None = None,
    ):
        """Load the network, and say once what its licence forbids.

        `name`: openpose-body25, openpose-coco or openpose-mpi. `weights`: a `.caffemodel` file with its prototxt beside
        it, to use instead of those in the weights folder. `max_people`: keep the surest only; with 1 the picture is
        read as that of one person, each joint at the highest point of its confidence map, which is quicker but mixes
        people where there are several. `input_height_px`: height that the picture is shrunk to, 368 where None.
        """
        height = openpose_network.INPUT_HEIGHT_PX if input_height_px is None else input_height_px
        collected(
            [f"name must be one of {', '.join(MODELS)}, but got {name!r}."] * (name not in MODELS)
            + _faults(max_people=(max_people, 1), input_height_px=(height, openpose_network.MULTIPLE_PX))
        )
        model = MODELS[name]
        self._network = openpose_network.Network(model, openpose_network.files(model, weights))
        self.name = name
        self.joints = model.joints
        self._max_people = max_people
        self._height_px = openpose_network.input_size(height, height, height)[1]

    def detect(self, picture: Frame | np.ndarray) -> list[Person]:
        """The people in `picture` (a frame, or uint8 RGB of shape (height, width, 3)), the surest first."""
        frame = picture if isinstance(picture, Frame) else Frame.of(picture)
        confidence_maps, fields = self._network.look(frame, self._height_px)
        model = self._network.model
        if self._max_people == 1:
            found = openpose_assembly.single(confidence_maps, model)
        else:
            found = openpose_assembly.people(confidence_maps, fields, model, max_people=self._max_people)
        rows, columns = confidence_maps.shape[1:]
        sizes = (columns, rows), (frame.width, frame.height)
        return [_person(openpose_network.to_picture(points, *sizes)) for points in found]

    def reset(self) -> None:
        """Nothing is remembered from one picture to the next."""

    def describe(self) -> dict[str, Any]:
        """What determines the result: weights with their sha256, OpenCV's version, settings, the licence."""
        import cv2

        return {
            "name": self.name,
            "weights": self._network.digests,
            "origin": "the user's own files of OpenPose's network",
            "licence": openpose_network.LICENCE,
            "versions": {"opencv": cv2.__version__},
            "settings": {
                "max_people": self._max_people,
                "reading": "single person" if self._max_people == 1 else "several people",
                "input_height_px": self._height_px,
                "input_multiple_px": openpose_network.MULTIPLE_PX,
                "scale": openpose_network.SCALE,
                "mean": openpose_network.MEAN,
                "swap_red_and_blue": True,
                "min_peak": self._network.model.min_peak,
            },
        }


def _faults(**given: tuple[Any, int]) -> list[str]:
    """What is wrong with whole numbers that may be None and have a least value."""
    return [
        f"{name} must be a whole number of at least {low}, but got {value!r}."
        for name, (value, low) in given.items()
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < low)
    ]


def _person(points: np.ndarray) -> Person:
    seen = points[np.isfinite(points[:, 0]), :2]
    box = np.concatenate([seen.min(axis=0), seen.max(axis=0)])
    return Person(points=points, world=None, score=float(points[:, 2].mean()), box=box)
