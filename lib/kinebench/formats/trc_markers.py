"""Which markers of a motion capture file stand for which joint."""

from collections.abc import Mapping, Sequence

import numpy as np

from kinebench import skeleton
from kinebench.formats import naming

_OPENPOSE = {"Hip": "mid_hip", "Head": "head_top"}
"""Names of Pose2Sim's TRC files, those of HALPE_26 and BODY_25B, that elsewhere could mean something else."""


def _augmented() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {"mid_hip": ("RHJC_study", "LHJC_study")}
    for side, a, b in (("right", "r", "R"), ("left", "L", "L")):
        found |= {
            f"{side}_hip": (f"{b}HJC_study",),
            f"{side}_knee": (f"{a}_knee_study", f"{a}_mknee_study"),
            f"{side}_ankle": (f"{a}_ankle_study", f"{a}_mankle_study"),
            f"{side}_heel": (f"{a}_calc_study",),
            f"{side}_foot_index": (f"{a}_toe_study",),
            f"{side}_small_toe": (f"{a}_5meta_study",),
            f"{side}_shoulder": (f"{a}_shoulder_study",),
            f"{side}_elbow": (f"{a}_lelbow_study", f"{a}_melbow_study"),
            f"{side}_wrist": (f"{a}_lwrist_study", f"{a}_mwrist_study"),
        }
    return found


AUGMENTED = _augmented()
"""OpenCap's markers (github.com/stanfordnmbl/opencap-core, marker augmentation): a joint is the middle of its own."""


def joints(
    names: Sequence[str], positions: np.ndarray, file: str
) -> tuple[tuple[str, ...], np.ndarray, tuple[str, ...]]:
    """The joints, their positions (frames, joints, 3) from the markers' (frames, markers, 3), and notes.

    Where OpenCap's augmented markers are there, they go before the video's keypoints beside them: OpenSim's inverse
    kinematics is solved on them, and in a walk that OpenCap published the knee's flexion from the keypoints was 11 to
    13 deg (root mean square) off OpenSim's, that from the augmented markers 3 to 8 deg.
    """
    at = {name: place for place, name in enumerate(names)}
    augmented = {joint: own for joint, own in AUGMENTED.items() if all(name in at for name in own)}
    if not {f"{side}_{part}" for side in skeleton.SIDES for part in ("hip", "knee", "ankle")} <= augmented.keys():
        augmented = {}
    used = {name for own in augmented.values() for name in own}
    rest = [name for name in names if name not in used]
    places, notes = _named(rest, file, augmented)
    sources = {joint: [at[rest[place]]] for joint, place in places.items()}
    sources |= {joint: [at[name] for name in own] for joint, own in augmented.items()}
    if augmented:
        notes = ("Joints are the middles of OpenCap's augmented markers; keypoints of the same joints were left out.",)
    found = np.stack([positions[:, own].mean(axis=1) for own in sources.values()], axis=1)
    return tuple(sources), found, notes


def _named(
    names: Sequence[str], file: str, augmented: Mapping[str, tuple[str, ...]]
) -> tuple[dict[str, int], tuple[str, ...]]:
    if augmented and not any(naming.joint(name) for name in names):
        return {}, ()
    places, notes = naming.joints(names, file, _OPENPOSE)
    return {joint: place for joint, place in places.items() if joint not in augmented}, notes
