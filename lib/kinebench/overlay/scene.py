"""What each frame of an annotated video shows, as arrays: made once from the analysis' tables, before any drawing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from kinebench import keypoints, skeleton
from kinebench.overlay import faces
from kinebench.tasks import Analysis, AngleLabel, get, on_side

# Signal without side and unit -> how its angle is drawn: from the first segment prolonged to the second one.
BENDS = {f"{angle.name}_deg": (angle.proximal, angle.vertex, angle.distal) for angle in skeleton.FLEXION_ANGLES}
# ... and those measured from the vertical: the segment's lower and upper end.
LEANS = {
    "trunk_lean_deg": ("hip", "shoulder"),
    "thigh_angle_deg": ("knee", "hip"),
    "shank_angle_deg": ("ankle", "knee"),
}
MATCH_S = 1e-3  # a table's row belongs to a frame when their times differ by no more


# From the trunk outwards; each part hangs on the first joint of the one before.
FAR_CHAINS = (
    (("hip",), ("knee",), ("ankle",), ("heel", "foot_index")),
    (("shoulder",), ("elbow",), ("wrist",), ("pinky", "index", "thumb")),
)


@dataclass(frozen=True)
class Angle:
    """One angle over time. `vertex` (n, 2) px; `start`, `end` (n,) directions in degrees, NaN where nothing is drawn;

    `value` (n,) deg.
    """

    text: str
    vertex: np.ndarray
    start: np.ndarray
    end: np.ndarray
    value: np.ndarray


@dataclass(frozen=True)
class Scene:
    """Per frame, in rows that follow `time_s` (n,): what is drawn. Lengths in pixels of the upright picture.

    `points`, `raw` (n, joints, 2), joints as in `joints`; `near`, `far`: edges as pairs of places in `joints`; `trail`
    (n, 2) and `speed` (n,), 0 slow to 1 fast or NaN; `count`, `phase` (n,); `faces`: (k, 3) x, y, radius a frame.
    """

    size: tuple[int, int]
    time_s: np.ndarray
    numbers: np.ndarray
    joints: tuple[str, ...]
    points: np.ndarray
    raw: np.ndarray
    near: np.ndarray
    far: np.ndarray
    angles: tuple[Angle, ...] = ()
    trail: np.ndarray = field(default_factory=lambda: np.empty((0, 2)))
    speed: np.ndarray = field(default_factory=lambda: np.empty(0))
    repetition: str = ""
    count: np.ndarray = field(default_factory=lambda: np.empty(0, int))
    phase: np.ndarray = field(default_factory=lambda: np.empty(0, object))
    phases: Mapping[str, str] = field(default_factory=dict)
    faces: Sequence[np.ndarray] = ()
    trunk_px: float = np.nan

    def __len__(self) -> int:
        return len(self.time_s)

    @property
    def total(self) -> int:
        """Repetitions in the clip."""
        return int(self.count.max(initial=0))


def of_analysis(
    analysis: Analysis, times_s: np.ndarray, numbers: np.ndarray, detections: pd.DataFrame | None = None
) -> Scene:
    """The scene of a finished analysis for the frames at `times_s` with the file's frame `numbers`."""
    presentation = get(analysis.task).presentation
    near = analysis.near_side
    tables = {
        "raw": analysis.raw,
        "smoothed": analysis.keypoints,
        "signals": analysis.signals,
        "labels": analysis.labels,
    }
    return prepare(
        (analysis.recording.width, analysis.recording.height),
        times_s,
        numbers,
        **tables,
        near_side=near,
        angles=presentation.angles,
        trail=on_side(presentation.trail, near),
        repetition=presentation.repetition,
        phases=presentation.phases,
        detections=detections,
    )


def prepare(
    size: tuple[int, int],
    times_s: np.ndarray,
    numbers: np.ndarray,
    *,
    raw: pd.DataFrame,
    smoothed: pd.DataFrame,
    signals: pd.DataFrame | None = None,
    labels: pd.DataFrame | None = None,
    near_side: str = "left",
    angles: Sequence[AngleLabel] = (),
    trail: str = "",
    repetition: str = "Repetition",
    phases: Mapping[str, str] | None = None,
    detections: pd.DataFrame | None = None,
) -> Scene:
    """The scene of plain tables, each matched to the frames by its times; a frame without a row shows no marks.

    `raw`, `smoothed`: keypoint tables; `signals`: what is written beside joints; `labels`: repetition, phase and count;
    `detections`: everybody's, so that every face that was found is covered.
    """
    raw, smoothed = _at(raw, times_s), _at(smoothed, times_s)
    signals = _at(signals, times_s) if signals is not None else pd.DataFrame(index=smoothed.index)
    joints = tuple(joint for joint in keypoints.joints(smoothed) if joint not in skeleton.FACE)
    points = _stack(smoothed, joints)
    near, far = _edges(joints, near_side)
    count, phase = _labelled(labels, times_s)
    return Scene(
        size=size,
        time_s=times_s,
        numbers=numbers,
        joints=joints,
        points=_joined(points, joints, skeleton.other(near_side)),
        raw=_stack(raw, joints),
        near=near,
        far=far,
        angles=tuple(_angle(label, smoothed, signals, near_side) for label in angles),
        trail=keypoints.points(smoothed, trail),
        speed=_speed(signals, trail),
        repetition=repetition,
        count=count,
        phase=phase,
        phases=dict(phases or {}),
        faces=_faces(raw, smoothed, detections, times_s),
        trunk_px=_trunk_px(smoothed),
    )


def _at(table: pd.DataFrame, times_s: np.ndarray) -> pd.DataFrame:
    return table.reindex(pd.Index(times_s, name="time_s"), method="nearest", tolerance=MATCH_S)


def _stack(table: pd.DataFrame, joints: Sequence[str]) -> np.ndarray:
    if not joints:
        return np.empty((len(table), 0, 2))
    return np.stack([keypoints.points(table, joint) for joint in joints], axis=1)


def _joined(points: np.ndarray, joints: Sequence[str], far_side: str) -> np.ndarray:
    """The points without what of the far limbs hangs on nothing: a foot without its knee is seldom a foot."""
    points = points.copy()
    for chain in FAR_CHAINS:
        lost = np.zeros(len(points), bool)
        for part in chain:
            at = [joints.index(f"{far_side}_{name}") for name in part if f"{far_side}_{name}" in joints]
            points[:, at] = np.where(lost[:, None, None], np.nan, points[:, at])
            if at:
                lost |= ~np.isfinite(points[:, at[0]]).all(axis=1)
    return points


def _edges(joints: tuple[str, ...], near_side: str) -> tuple[np.ndarray, np.ndarray]:
    """Edges of the near side with the trunk's, and those of the far side, as places in `joints`, shape (edges, 2)."""
    far_side = skeleton.other(near_side)
    near: list[tuple[int, int]] = []
    far: list[tuple[int, int]] = []
    for a, b in skeleton.edges_between(joints):
        pair = (joints.index(a), joints.index(b))
        (far if far_side in (a.partition("_")[0], b.partition("_")[0]) else near).append(pair)
    return np.array(near, np.intp).reshape(-1, 2), np.array(far, np.intp).reshape(-1, 2)


def _angle(label: AngleLabel, table: pd.DataFrame, signals: pd.DataFrame, near_side: str) -> Angle:
    signal, vertex_name = on_side(label.signal, near_side), on_side(label.vertex, near_side)
    side = vertex_name.partition("_")[0]
    vertex = keypoints.points(table, vertex_name)
    value = signals[signal].to_numpy(float) if signal in signals else np.full(len(table), np.nan)
    base = signal.removeprefix(f"{side}_")
    start = end = np.full(len(table), np.nan)
    if base in BENDS:
        before, after = (keypoints.points(table, f"{side}_{BENDS[base][place]}") for place in (0, 2))
        start, end = _direction(vertex - before), _direction(after - vertex)
    elif base in LEANS:
        lower, upper = (keypoints.points(table, f"{side}_{part}") for part in LEANS[base])
        end = _direction(upper - lower)
        start = np.where(np.isnan(end), np.nan, -90.0)
    end = start + (end - start + 180) % 360 - 180
    return Angle(label.text, vertex, start, end, value)


def _direction(vectors: np.ndarray) -> np.ndarray:
    return np.degrees(np.arctan2(vectors[:, 1], vectors[:, 0]))


def _speed(signals: pd.DataFrame, joint: str) -> np.ndarray:
    """Speed of a joint from 0 to 1, 1 being what it exceeds for a fiftieth of the time."""
    name = next((f"{joint}_speed_{unit}" for unit in ("m_s", "px_s") if f"{joint}_speed_{unit}" in signals), "")
    if not name:
        return np.full(len(signals), np.nan)
    speed = signals[name].to_numpy(float)
    fast = np.nanpercentile(speed, 98) if np.isfinite(speed).any() else np.nan
    return np.clip(speed / fast, 0, 1) if np.isfinite(fast) and fast > 0 else np.full(len(speed), np.nan)


def _labelled(labels: pd.DataFrame | None, times_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if labels is None or labels.empty:
        return np.zeros(len(times_s), int), np.full(len(times_s), "", object)
    rows = _at(labels, times_s)
    counted = rows["count"] if "count" in rows else rows["repetition"].fillna(0).cummax()
    return counted.fillna(0).to_numpy(int), rows["phase"].fillna("").to_numpy(object)


def _faces(
    raw: pd.DataFrame, smoothed: pd.DataFrame, detections: pd.DataFrame | None, times_s: np.ndarray
) -> list[np.ndarray]:
    """Every face of each frame: the person's own, from raw keypoints or else smoothed ones, and everybody else's."""
    own = faces.discs(raw)
    lacking = np.isnan(own[:, 0])
    own[lacking] = faces.discs(smoothed)[lacking]
    own = faces.held(own, times_s)
    more = faces.others(detections, times_s) if detections is not None else [np.empty((0, 3))] * len(times_s)
    return [_distinct(mine, rest) for mine, rest in zip(own, more, strict=True)]


def _distinct(mine: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """The person's disc and those that it does not cover."""
    if np.isnan(mine).any():
        return rest
    inside = np.hypot(*(rest[:, :2] - mine[:2]).T) + rest[:, 2] <= mine[2] * 1.05
    return np.vstack([mine[None], rest[~inside]])


def _trunk_px(table: pd.DataFrame) -> float:
    lengths = [
        np.hypot(*(keypoints.points(table, f"{side}_shoulder") - keypoints.points(table, f"{side}_hip")).T)
        for side in skeleton.SIDES
    ]
    found = np.concatenate(lengths)
    return float(np.median(found[np.isfinite(found)])) if np.isfinite(found).any() else np.nan
