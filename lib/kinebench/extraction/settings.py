"""How people are found in a video: the parameters, checked against what the chosen estimator knows."""

from dataclasses import dataclass
from typing import Any

from kinebench import estimators
from kinebench.errors import collected
from kinebench.parameters import Group, parameter


@dataclass(frozen=True)
class Extraction(Group):
    """How people are found in the video."""

    estimator: str = parameter(
        estimators.DEFAULT, help="the network that finds people; `kinebench models list`", choices=estimators.names()
    )
    start_s: float = parameter(0.0, help="where to begin, from the file's first frame", unit="s", low=0.0)
    stop_s: float | None = parameter(None, help="where to end; null: at the end of the file", unit="s", low=0.0)
    every: int = parameter(1, help="analyse every n-th frame only", low=1)
    detect_every_frame: bool = parameter(
        False, help="look for people anew in every frame instead of following: slower, and not as steady"
    )
    person_x_px: float | None = parameter(
        None, help="where the person to be measured is, from the left; null: whoever is large and central", unit="px"
    )
    person_y_px: float | None = parameter(None, help="the same from the top", unit="px")
    max_people: int | None = parameter(
        None,
        help="how many people are looked for at most; null: as many as the estimator does by itself",
        low=1,
        high=30,
    )
    small_people: bool = parameter(
        False, help="blazepose, with max_people above 1: look for people who are small in the picture too; slow"
    )
    weights: str | None = parameter(None, help="a file of yours to use as the network's weights")
    detector: str | None = parameter(None, help="topdown: a file of yours to use as the person detector (.onnx)")
    detect_every: int | None = parameter(
        None, help="topdown: ask the person detector in every n-th frame and follow the boxes between; null: 10", low=1
    )
    flip_test: bool = parameter(
        False, help="topdown: the mean of each look and of a mirrored one: half as fast, a little steadier"
    )
    input_height_px: int | None = parameter(
        None,
        help="openpose: height that the picture is shrunk to for the network; null: 368",
        unit="px",
        low=64,
        high=1312,
    )
    recording: str | None = parameter(None, help="saved keypoints or detections, for the estimator recorded")

    def __post_init__(self) -> None:
        """Check every field, and that nothing is set that the chosen estimator doesn't know."""
        super().__post_init__()
        known = estimators.record(self.estimator).settings
        alone = (self.person_x_px is None) != (self.person_y_px is None)
        collected(
            ["person_x_px and person_y_px must be given together, or neither."] * alone
            + ["small_people needs max_people above 1. Give how many people to look for at most."]
            * (self.small_people and (self.max_people or 1) == 1)
            + [
                f"{name} is not a setting of the estimator {self.estimator}, but got {value!r}. Leave it out."
                for name, value in self._particular().items()
                if value and name not in known
            ]
        )

    def estimator_settings(self) -> dict[str, Any]:
        """The settings that go to the estimator."""
        known = estimators.record(self.estimator).settings
        return {name: value for name, value in self._particular().items() if value is not None and name in known}

    def estimator_parameters(self) -> tuple[str, ...]:
        """The names of the parameters that only some estimators know."""
        return tuple(self._particular())

    def _particular(self) -> dict[str, Any]:
        names = (
            "detect_every_frame",
            "person_x_px",
            "person_y_px",
            "max_people",
            "small_people",
            "weights",
            "detector",
            "detect_every",
            "flip_test",
            "input_height_px",
            "recording",
        )
        return {name: getattr(self, name) for name in names}
