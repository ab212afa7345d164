"""What a clip shows of a walk before any event is looked for: the view, the way that is measured, the feet's courses.

Somebody who walks to and fro shows the camera now one side, now the other: one way is measured, and the picture is
calibrated on that way alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from kinebench import keypoints, kinematics, scale, skeleton
from kinebench.errors import KinebenchError
from kinebench.tasks import Recording, common
from kinebench.tasks.walking import rearfoot
from kinebench.tasks.walking.cycles import Seen
from kinebench.tasks.walking.events import Feet
from kinebench.tasks.walking.metrics import JOINTS
from kinebench.tasks.walking.view import BEHIND, View, middle, view, ways

EDGE_SHARE = 0.01
"""Of the picture's size: joints nearer to its edge may be of a body that is seen in part, and pressed inwards."""
MOSTLY = 0.9
"""Share of the frames in which the feet must be seen: somebody who leaves the picture does so in few."""
LEGS = ("hip", "knee", "ankle")
FEET = ("heel", "foot_index")


@dataclass(frozen=True)
class Walk:
    """A prepared recording of a walk; near: the side measured first.

    prepared: with the calibration and the signals of the way that is measured; feet: along the floor, positive the way
    that is measured; inside: the same, NaN where the legs are not whole in the picture; state: what decides which
    strides count; passing: past the camera, not on a treadmill; centre_px: the picture's middle along the floor;
    joints: the near side's parts that are measured; notes: what was left out and why.
    """

    prepared: common.Prepared
    view: View
    feet: Feet
    inside: Feet
    state: Seen
    passing: bool
    centre_px: float
    joints: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def near(self) -> str:
        """left or right."""
        return self.prepared.near

    def in_picture(self, events: pd.DataFrame) -> pd.DataFrame:
        """Of foot events, or whatever has `time_s`, those at which the legs lie inside the picture."""
        times = self.feet.time_s
        nearest = np.abs(times[None, :] - events["time_s"].to_numpy(dtype=float)[:, None]).argmin(axis=1)
        return events[self.state.whole[nearest]].reset_index(drop=True)

    def angles(self, side: str) -> dict[str, np.ndarray]:
        """Joint -> its angle in degrees, (frames,), of a side; without those that the network lacks points for."""
        return dict(self.state.angles.get(side, {}))


def seen(prepared: common.Prepared, recording: Recording, settings: Any) -> Walk:
    """The walk that a clip shows; KinebenchError where the legs are not seen, or the view is from the front."""
    table = prepared.keypoints
    leg_px = _leg_px(table)
    from_where = view(table, settings.task.view)
    courses = ways(table, leg_px)
    behind = from_where.name == BEHIND
    measured = 1 if behind else courses.measured(settings.scaling.facing)
    direction = np.full(len(table), measured) if behind else courses.direction
    if not behind:
        prepared = _calibrated(prepared, direction == measured, measured, settings)
    feet_seen = _feet_seen(prepared.mended, recording)
    parts = (*LEGS, *(FEET if feet_seen else ()))
    whole = _whole(prepared.mended, parts, recording)
    if behind:
        _require_feet(feet_seen)
        rearfoot.require_treadmill(table)
        feet = rearfoot.feet(table, prepared.calibration, leg_px)
    else:
        feet = _feet(prepared, direction * measured, leg_px, by_ankle=not feet_seen)
    told = _with_feet(prepared, feet, direction == measured, behind=behind)
    joints = [joint for joint in JOINTS if feet_seen or joint != "ankle"]
    angles = {} if behind else {side: _angles(told, side, joints) for side in skeleton.SIDES}
    state = Seen(whole, direction, measured, angles)
    centre = prepared.calibration.forward(np.array([recording.width - 1, recording.height - 1]) / 2)
    return Walk(
        prepared=told,
        view=from_where,
        feet=feet,
        inside=_where(feet, whole),
        state=state,
        passing=courses.passing and not behind,
        centre_px=float(centre),
        joints=parts,
        notes=_notes(prepared, feet_seen, behind),
    )


def _leg_px(table: pd.DataFrame) -> float:
    lengths = [common.length_px(table, *(f"{side}_{part}" for part in LEGS)) for side in skeleton.SIDES]
    if not np.isfinite(lengths).all():
        raise KinebenchError(
            "task walking needs hip, knee and ankle of both legs in the picture, but one of them was never seen. "
            "Film the whole person, feet included."
        )
    return float(np.mean(lengths))


def _calibrated(prepared: common.Prepared, chosen: np.ndarray, measured: int, settings: Any) -> common.Prepared:
    """Calibration and signals from the frames walked the way that is measured; as they are where those are all."""
    way = "right" if measured > 0 else "left"
    if not chosen.any() or (chosen.all() and prepared.calibration.facing == way):
        return prepared
    scaling = replace(settings.scaling, facing=way)
    calibration = scale.calibrate(prepared.mended[chosen], prepared.keypoints[chosen], scaling)
    signals = kinematics.signals(prepared.keypoints, calibration)
    return replace(prepared, calibration=calibration, signals=signals)


def _angles(prepared: common.Prepared, side: str, joints: Sequence[str]) -> dict[str, np.ndarray]:
    names = {joint: f"{side}_{JOINTS[joint]}" for joint in joints}
    return {joint: prepared.signal(name) for joint, name in names.items() if name in prepared.signals}


def _feet_seen(table: pd.DataFrame, recording: Recording) -> bool:
    """Whether heels and toes of both feet are inside the picture in most of the frames in which the ankles are."""
    ankles = _whole(table, ("ankle",), recording)
    return bool(ankles.any() and _whole(table, FEET, recording)[ankles].mean() > MOSTLY)


def _require_feet(feet_seen: bool) -> None:
    if not feet_seen:
        raise KinebenchError(
            "task walking needs heels and toes in the picture when filmed from behind, but they are outside it or the "
            "network has none. Film the feet with room below them, with a network that gives heel and toe."
        )


def _whole(table: pd.DataFrame, parts: tuple[str, ...], recording: Recording) -> np.ndarray:
    """Whether both sides' parts lie inside the picture, (frames,)."""
    points = np.stack([keypoints.points(table, f"{side}_{part}") for side in skeleton.SIDES for part in parts], axis=1)
    size = np.array([recording.width, recording.height], dtype=float)
    margin = np.array([EDGE_SHARE * recording.width, 0.0])
    with np.errstate(invalid="ignore"):
        inside = (points >= margin) & (points <= size - 1 - margin)
    # What the network did not find in a frame is no sign of the edge; gaps are judged where they are filled.
    return (inside | ~np.isfinite(points)).all(axis=(1, 2)) & np.isfinite(points).any(axis=(1, 2))


def _feet(prepared: common.Prepared, sign: np.ndarray, leg_px: float, *, by_ankle: bool) -> Feet:
    table, calibration = prepared.keypoints, prepared.calibration

    def along(part: str) -> dict[str, np.ndarray]:
        return {side: calibration.forward(keypoints.points(table, f"{side}_{part}")) for side in skeleton.SIDES}

    ankle = along("ankle")
    return Feet(
        time_s=keypoints.times(table),
        sign=sign,
        pelvis=calibration.forward(middle(table, "hip")),
        heel=ankle if by_ankle else along("heel"),
        toe=ankle if by_ankle else along("foot_index"),
        ankle=ankle,
        leg_px=leg_px,
        by_ankle=by_ankle,
    )


def _where(feet: Feet, whole: np.ndarray) -> Feet:
    def only(parts: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {side: np.where(whole, values, np.nan) for side, values in parts.items()}

    return replace(feet, heel=only(feet.heel), toe=only(feet.toe), ankle=only(feet.ankle))


def _with_feet(prepared: common.Prepared, feet: Feet, chosen: np.ndarray, *, behind: bool) -> common.Prepared:
    """The signals with the feet's courses; angles only where they are those of the way and the view measured."""
    signals = prepared.signals
    angles = [name for name in signals if str(name).endswith(("_deg", "_deg_s"))]
    if behind:
        rear = {f"{s}_rearfoot_angle_deg": rearfoot.line(prepared.keypoints, s).angle_deg for s in skeleton.SIDES}
        signals = signals.drop(columns=angles).assign(**rear)
    else:
        if not chosen.all():
            signals = pd.concat(
                [
                    signals.drop(columns=angles),
                    signals[angles].mask(np.broadcast_to(~chosen[:, None], (len(signals), len(angles)))),
                ],
                axis=1,
            )
        px_per_m = prepared.calibration.px_per_m
        ahead = {f"{side}_foot_ahead_px": feet.ahead("heel", side) for side in skeleton.SIDES}
        if px_per_m is not None:
            ahead |= {name.replace("_px", "_m"): values / px_per_m for name, values in ahead.items()}
        signals = pd.concat([signals, pd.DataFrame(ahead, index=signals.index)], axis=1)
    return replace(prepared, signals=signals)


def _notes(prepared: common.Prepared, feet_seen: bool, behind: bool) -> tuple[str, ...]:
    found = []
    if behind:
        found.append(rearfoot.LEFT_OUT)
    elif not feet_seen:
        found.append(
            "Heels and toes are not given by the network or lie outside the picture: foot events are read from the "
            "ankles, and there is no ankle angle."
        )
    return tuple(found)
