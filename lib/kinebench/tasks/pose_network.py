"""What may be set where a pose network is looked into: which network, what moment, which joint and limb."""

from dataclasses import dataclass, field

from kinebench.errors import KinebenchError
from kinebench.estimators.openpose_models import MODELS
from kinebench.parameters import Group, parameter


@dataclass(frozen=True)
class Inside(Group):
    """Which network is looked into, at what moment, and which joint and limb are shown."""

    network: str = parameter("openpose-body25", help="whose joints and limbs", choices=tuple(MODELS))
    weights: str | None = parameter(
        None, help="OpenPose's .caffemodel, its prototxt beside it; null: an ideal network, from the truth of a sample"
    )
    input_height_px: int | None = parameter(
        None, help="height that the picture is shrunk to for the network; null: 368", unit="px", low=64, high=1312
    )
    time_s: float = parameter(3.0, help="the moment looked at, from the file's first frame", unit="s", low=0.0)
    beside_s: float | None = parameter(
        6.0,
        help="another moment: the middle halves of both pictures stand side by side; null: the one picture alone",
        unit="s",
        low=0.0,
    )
    joint: str = parameter("left_knee", help="whose confidence map is shown")
    limb_start: str = parameter("left_hip", help="whose affinity field is shown: the limb from this joint")
    limb_end: str = parameter("left_knee", help="... to this one")
    noise: float = parameter(
        0.0, help="ideal network: noise added to its maps, as a share of a joint's height", low=0.0, high=0.3
    )

    def __post_init__(self) -> None:
        """Check every field, and that the network knows the joint and the limb."""
        super().__post_init__()
        model = MODELS[self.network]
        if self.joint not in model.joints:
            raise KinebenchError(f"joint must be one of {', '.join(model.joints)}, but got {self.joint!r}.")
        model.limb_between(self.limb_start, self.limb_end)


@dataclass(frozen=True)
class Settings:
    """The one group of parameters of the notebook."""

    inside: Inside = field(default_factory=Inside)
