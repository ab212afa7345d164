"""OpenPose's three networks as data: their joints, the limbs that affinity fields are of, and the fields' channels.

Order of joints, limbs and channels: OpenPose's src/openpose/pose/poseParameters.cpp (POSE_BODY_PART_PAIRS,
POSE_MAP_INDEX) and, for MPI, poseParametersRender.hpp. What the maps mean: Cao, Simon, Wei and Sheikh 2017, Realtime
Multi-Person 2D Pose Estimation using Part Affinity Fields; Cao et al. 2019, OpenPose (IEEE TPAMI).
"""

from dataclasses import dataclass

from kinebench.errors import KinebenchError
from kinebench.skeleton import BODY25, COCO18, MPI15, Skeleton


@dataclass(frozen=True)
class Model:
    """One of the networks: `J` joints, `L` limbs; it answers with J + 1 + 2 L maps.

    The first J are the joints' confidence maps, then comes the background's, then the affinity fields. limbs: (from,
    to) as numbers of joints. fields: of each limb the channel among the affinity fields that holds x; y is the next.
    min_peak: height from which a maximum of a confidence map is a joint. prototxts: OpenPose's own names of the file.
    """

    name: str
    skeleton: Skeleton
    limbs: tuple[tuple[int, int], ...]
    fields: tuple[int, ...]
    min_peak: float
    prototxts: tuple[str, ...]

    @property
    def joints(self) -> tuple[str, ...]:
        """The joints' names, in the order of the confidence maps."""
        return self.skeleton.joints

    @property
    def channels(self) -> int:
        """How many maps the network answers with."""
        return len(self.joints) + 1 + 2 * len(self.limbs)

    def limb_name(self, limb: int) -> str:
        """The limb's two joints in words."""
        start, end = (self.joints[joint].replace("_", " ") for joint in self.limbs[limb])
        return f"{start} to {end}"

    def limb_between(self, start: str, end: str) -> int:
        """The number of the limb between two joints, in either order."""
        names = [{self.joints[a], self.joints[b]} for a, b in self.limbs]
        if {start, end} in names:
            return names.index({start, end})
        known = ", ".join(f"{self.joints[a]} - {self.joints[b]}" for a, b in self.limbs)
        raise KinebenchError(
            f"The limb must be one that {self.name} has an affinity field of ({known}), but got {start} - {end}."
        )


# From 0.1 on, as in the authors' first demonstration and OpenCV's; for MPI 0.3, as OpenPose has it for four stages.
_BODY25 = Model(
    "openpose-body25",
    BODY25,
    limbs=(
        (1, 8), (1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (8, 9), (9, 10), (10, 11), (8, 12), (12, 13), (13, 14),
        (1, 0), (0, 15), (15, 17), (0, 16), (16, 18), (2, 17), (5, 18), (14, 19), (19, 20), (14, 21), (11, 22),
        (22, 23), (11, 24),
    ),
    fields=(
        0, 14, 22, 16, 18, 24, 26, 6, 2, 4, 8, 10, 12, 30, 32, 36, 34, 38, 20, 28, 40, 42, 44, 46, 48, 50,
    ),
    min_peak=0.1,
    prototxts=("pose_deploy.prototxt",),
)  # fmt: skip

_COCO = Model(
    "openpose-coco",
    COCO18,
    limbs=(
        (1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13), (1, 0),
        (0, 14), (14, 16), (0, 15), (15, 17), (2, 16), (5, 17),
    ),
    fields=(12, 20, 14, 16, 22, 24, 0, 2, 4, 6, 8, 10, 28, 30, 34, 32, 36, 18, 26),
    min_peak=0.1,
    prototxts=("pose_deploy_linevec.prototxt",),
)  # fmt: skip

_MPI = Model(
    "openpose-mpi",
    MPI15,
    limbs=(
        (0, 1), (1, 2), (2, 3), (3, 4), (1, 5), (5, 6), (6, 7), (1, 14), (14, 8), (8, 9), (9, 10), (14, 11), (11, 12),
        (12, 13),
    ),
    fields=tuple(range(0, 28, 2)),
    min_peak=0.3,
    prototxts=("pose_deploy_linevec_faster_4_stages.prototxt", "pose_deploy_linevec.prototxt"),
)  # fmt: skip

MODELS = {model.name: model for model in (_BODY25, _COCO, _MPI)}
