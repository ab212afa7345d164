"""What a user may say of the view: the person's height or a known length, the camera's tilt, facing, near side."""

from dataclasses import dataclass

import numpy as np

from kinebench import skeleton
from kinebench.errors import KinebenchError
from kinebench.parameters import Group, parameter

METRES = "Give metres, not centimetres."
KNOWN = ("known_length_m", "known_length_x1_px", "known_length_y1_px", "known_length_x2_px", "known_length_y2_px")
SIDES = ("auto", *skeleton.SIDES)


@dataclass(frozen=True)
class Scaling(Group):
    """How the picture is turned into metres and directions; what is None or auto is found from the keypoints."""

    height_m: float | None = parameter(
        None, help="the person's height; gives metres", unit="m", low=0.5, high=2.5, remedy=METRES
    )
    known_length_m: float | None = parameter(
        None,
        help="a length in the person's plane, drawn in the picture; goes before the height",
        unit="m",
        low=0.01,
        high=50.0,
        remedy=METRES,
    )
    known_length_x1_px: float | None = parameter(None, help="its first end, from the picture's left", unit="px")
    known_length_y1_px: float | None = parameter(None, help="its first end, from the picture's top", unit="px")
    known_length_x2_px: float | None = parameter(None, help="its other end, from the picture's left", unit="px")
    known_length_y2_px: float | None = parameter(None, help="its other end, from the picture's top", unit="px")
    camera_tilt_deg: float | None = parameter(
        None,
        help="how far the floor rises towards the picture's right; null: from the feet where they tell, else 0",
        unit="deg",
        low=-45.0,
        high=45.0,
    )
    facing: str = parameter("auto", help="where in the picture the person faces", choices=SIDES)
    near_side: str = parameter("auto", help="the side of the body towards the camera, which is measured", choices=SIDES)

    def __post_init__(self) -> None:
        """The single fields, then that a known length has both its ends."""
        super().__post_init__()
        given = [name for name in KNOWN if getattr(self, name) is not None]
        lacking = [name for name in KNOWN if name not in given]
        if given and lacking:
            raise KinebenchError(
                f"{', '.join(lacking)} must be given together with {', '.join(given)}, but got nothing. "
                "Mark both ends of the length in the picture and give its metres."
            )
        if given and self.known_length_px < 2:
            raise KinebenchError(
                "known_length must have ends at least 2 px apart, but they are "
                f"{self.known_length_px:.3g} px apart. Mark both ends of the length in the picture."
            )

    @property
    def known_length_px(self) -> float:
        """Length of the drawn line in the picture; NaN where none was drawn."""
        ends = [getattr(self, name) for name in KNOWN[1:]]
        return float("nan") if None in ends else float(np.hypot(ends[2] - ends[0], ends[3] - ends[1]))
