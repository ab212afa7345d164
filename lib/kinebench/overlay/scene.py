"""What each frame of an annotated video shows, as arrays: made once from the analysis' tables, before any drawing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from kinebench import keypoints, skeleton
from kinebench.overlay import bones, faces, marks
from kinebench.overlay.angles import Angle as Angle
from kinebench.overlay.angles import angle
from kinebench.overlay.bones import Skeleton
from kinebench.overlay.marks import Foot, Readout
from kinebench.tasks import Analysis, AngleLabel, FootBox, Reading, get, on_side


@dataclass(frozen=True)
class Scene:
    """Per frame, in rows that follow `time_s` (n,): what is drawn. Lengths in pixels of the upright picture.

    `points`, `raw` (n, joints, 2), joints as in `joints`; `near`, `far`: edges as pairs of places in `joints`; `trail`
    (n, 2) and `speed` (n,), 0 slow to 1 fast or NaN; `count`, `phase` (n,); `faces`: (k, 3) x, y, radius a frame.
    `readouts`, `feet`: signals in the panel, feet with plumb lines; `grade` (n,): good, doubtful, bad or "", or shape
    (0,); `ghost`: drawn faintly over the person; `beside`: drawn on a ground beside the picture; `progress` (n,): how
    much of the repetition has passed, 0 to 1 or NaN; `legend`: words for what `Presentation.legend` names.
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
    readouts: tuple[Readout, ...] = ()
    feet: tuple[Foot, ...] = ()
    grade: np.ndarray = field(default_factory=lambda: np.empty(0, object))
    ghost: Skeleton | None = None
    beside: Skeleton | None = None
    progress: np.ndarray = field(default_factory=lambda: np.empty(0))
    legend: Mapping[str, str] = field(default_factory=dict)

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
        readings=presentation.readings,
        feet=presentation.feet,
        grade=presentation.grade,
        ghost=analysis.extras.get(presentation.ghost),
        beside=analysis.extras.get(presentation.beside),
        legend=presentation.legend,
        tilt_deg=analysis.calibration.tilt_deg,
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
    readings: Sequence[Reading] = (),
    feet: Sequence[FootBox] = (),
    grade: str = "",
    ghost: pd.DataFrame | None = None,
    beside: pd.DataFrame | None = None,
    legend: Mapping[str, str] | None = None,
    tilt_deg: float = 0.0,
) -> Scene:
    """The scene of plain tables, each matched to the frames by its times; a frame without a row shows no marks.

    `raw`, `smoothed`: keypoint tables; `signals`: what is written beside joints; `labels`: repetition, phase and count;
    `detections`: everybody's, so that every face that was found is covered; `readings`, `feet`, `grade`, `legend`: as
    in `Presentation`; `ghost`, `beside`: keypoint tables; `tilt_deg`: how far the floor rises to the picture's right.
    Faces are looked for in the whole of `raw`, also where that is longer than `times_s`.
    """
    covered = _faces(raw, smoothed, detections, times_s)
    raw, smoothed = bones.at(raw, times_s), bones.at(smoothed, times_s)
    signals = bones.at(signals, times_s) if signals is not None else pd.DataFrame(index=smoothed.index)
    joints, trunk_px = bones.body_joints(smoothed), bones.trunk_px(smoothed)
    points = bones.stack(smoothed, joints)
    near, far = bones.edges(joints, near_side)
    count, phase = _labelled(labels, times_s)
    return Scene(
        size=size,
        time_s=times_s,
        numbers=numbers,
        joints=joints,
        points=bones.joined(points, joints, skeleton.other(near_side)),
        raw=bones.stack(raw, joints),
        near=near,
        far=far,
        angles=tuple(angle(label, smoothed, signals, near_side) for label in angles),
        trail=keypoints.points(smoothed, trail),
        speed=_speed(signals, trail),
        repetition=repetition,
        count=count,
        phase=phase,
        phases=dict(phases or {}),
        faces=covered,
        trunk_px=trunk_px,
        readouts=marks.present(readings, signals, near_side),
        feet=tuple(marks.foot(f, smoothed, signals, near_side, tilt_deg=tilt_deg, trunk_px=trunk_px) for f in feet),
        grade=marks.grades(labels, grade, times_s),
        ghost=bones.skeleton_of(ghost, times_s, near_side) if ghost is not None else None,
        beside=bones.skeleton_of(beside, times_s, near_side) if beside is not None else None,
        progress=marks.progress(labels, times_s),
        legend=dict(legend or {}),
    )


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
    rows = bones.at(labels, times_s)
    counted = rows["count"] if "count" in rows else rows["repetition"].fillna(0).cummax()
    return counted.fillna(0).to_numpy(int), rows["phase"].fillna("").to_numpy(object)


def _faces(
    raw: pd.DataFrame, smoothed: pd.DataFrame, detections: pd.DataFrame | None, times_s: np.ndarray
) -> list[np.ndarray]:
    """Every face of each frame: the person's own, from raw keypoints or else smoothed ones, and everybody else's.

    At all times of `raw`, of which `times_s` may be a stretch: a face last found before it is held into it.
    """
    beyond = pd.Index(times_s).get_indexer(raw.index, method="nearest", tolerance=bones.MATCH_S) < 0
    grid = np.union1d(times_s, raw.index[beyond].to_numpy(float))
    own = faces.discs(bones.at(raw, grid))
    lacking = np.isnan(own[:, 0])
    own[lacking] = faces.discs(bones.at(smoothed, grid))[lacking]
    mine, rows = faces.held(own, grid), np.searchsorted(grid, times_s)
    if detections is None:
        return [_distinct(mine[row], np.empty((0, 3))) for row in rows]
    rest = faces.others(detections, grid, own=own)
    return [_distinct(mine[row], rest[row]) for row in rows]


def _distinct(mine: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """The person's disc and those that it does not cover."""
    if np.isnan(mine).any():
        return rest
    inside = np.hypot(*(rest[:, :2] - mine[:2]).T) + rest[:, 2] <= mine[2] * 1.05
    return np.vstack([mine[None], rest[~inside]])
