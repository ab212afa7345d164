"""What a user may choose of comparing: which joints count how much, how far time may be warped, what is invariant."""

from dataclasses import dataclass

from kinebench.comparison import parts
from kinebench.parameters import Group, parameter

MIRRORS = ("auto", "yes", "no")
TIMINGS = ("each joint", "all joints")
INVARIANTS = ("positions", "angles")


@dataclass(frozen=True)
class Comparing(Group):
    """How two movements are compared."""

    joints: str = parameter(
        parts.ALL,
        help="joints or body parts that count, with commas between them (left_arm, nose); all: the whole body",
    )
    joint_weights: str = parameter(
        "",
        help="joints or body parts that count more or less than 1, commas between them, each with an equals sign and "
        "its weight; empty: all alike",
    )
    window_share: float = parameter(
        0.1, help="how far time may be warped, as a share of the movement's length", low=0.0, high=1.0
    )
    # Without one, a fault shorter than the movement is stepped round, and told as a change of tempo.
    penalty: float = parameter(
        0.05, help="what a step costs at which one of the two stands still, in trunk lengths", low=0.0, high=10.0
    )
    invariant: str = parameter(
        "positions",
        help="positions: where the joints are, in trunk lengths; angles: directions of the limbs, whatever the body's "
        "proportions",
        choices=INVARIANTS,
    )
    mirror: str = parameter(
        "auto", help="compare with left and right changed; auto: whichever fits better", choices=MIRRORS
    )
    timing: str = parameter(
        "each joint",
        help="each joint is warped by itself, or all joints by one time, so that being out of step counts too",
        choices=TIMINGS,
    )
    sampling_hz: float = parameter(
        60.0, help="instants a second at which both are read", unit="Hz", low=5.0, high=240.0
    )

    def __post_init__(self) -> None:
        """The single fields, then that the joints and weights can be read."""
        super().__post_init__()
        parts.weights(self.joint_weights, parts.chosen(self.joints, parts.EVERY))
