"""Marks of single tasks as arrays: signals to be read, the foot's box with a joint's plumb line, how good it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinebench import keypoints
from kinebench.overlay import bones
from kinebench.tasks import FootBox, Reading, naming, on_side

ABSENT = "—"
CLOSE = ("", "°")  # units that stand close to their number
DECIMALS = {"m": 2, "m/s": 2, "s": 2, "": 2}  # of a value by its unit; whole numbers for all others
# A foot is 0.055 of body height broad, the trunk 0.288 of it long (Winter 2009, after Drillis and Contini 1966).
BREADTH_OF_TRUNK = 0.055 / 0.288
BREADTH_OF_LENGTH = 0.055 / 0.152  # the same by the foot's own length, where no trunk is seen


@dataclass(frozen=True)
class Readout:
    """A signal that is read in the panel: `value` (n,) in `unit` as people write it, NaN where there is none."""

    text: str
    value: np.ndarray
    unit: str

    def written(self, index: int) -> str:
        """The value of a frame with its unit; a dash where there is none."""
        return quantity(self.value[index], self.unit)

    @property
    def longest(self) -> str:
        """The longest of what is written in any frame."""
        seen = self.value[np.isfinite(self.value)]
        return max((quantity(one, self.unit) for one in (seen.min(), seen.max())), key=len) if len(seen) else ABSENT


@dataclass(frozen=True)
class Foot:
    """A foot's box and a plumb line, NaN where they are not known, in pixels.

    `box` (n, 5, 2): heel and toe lie on the middle of its short sides, the first corner comes twice; `plumb` (n, 2, 2):
    from the joint straight down to the ground under the foot; `reach` (n, 2, 2): on the ground from below the toe to
    the plumb line; `toe` (n, 2); `ahead` (n,): how far the joint is ahead of the toe, in `unit`, behind it negative.
    """

    joint: str
    box: np.ndarray
    plumb: np.ndarray
    reach: np.ndarray
    toe: np.ndarray
    ahead: np.ndarray
    unit: str

    def written(self, index: int) -> str:
        """Where the joint is, in words; empty where it was not measured."""
        there = np.isfinite(self.ahead[index]) and np.isfinite(self.toe[index]).all()
        return self._said(self.ahead[index]) if there else ""

    @property
    def longest(self) -> str:
        """The longest of what is written in any frame; empty where nothing ever is."""
        seen = self.ahead[np.isfinite(self.ahead)]
        return max((self._said(one) for one in (seen.min(), seen.max())), key=len) if len(seen) else ""

    def _said(self, value: float) -> str:
        return f"{self.joint} {quantity(abs(value), self.unit)} {'ahead of' if value >= 0 else 'behind'} toe"

    def lines(self, index: int) -> list[np.ndarray]:
        """What is drawn in a frame."""
        return [line for line in (self.box[index], self.plumb[index], self.reach[index]) if np.isfinite(line).all()]


def quantity(value: float, unit: str) -> str:
    """A value as people write it: decimals that suit its unit, a proper minus, no negative zero; a dash for NaN."""
    if not np.isfinite(value):
        return ABSENT
    digits = DECIMALS.get(unit, 0)
    number = f"{round(float(value), digits) + 0.0:.{digits}f}".replace("-", "−")
    return number + (unit if unit in CLOSE else f" {unit}")


def readout(reading: Reading, signals: pd.DataFrame, near_side: str) -> Readout | None:
    """A reading of the first of its signals that the clip has; None where it has none of them."""
    found = naming.present(signals, near_side, reading.signals)
    return Readout(reading.text, signals[found[0]].to_numpy(float), naming.unit_of(found[0])) if found else None


def foot(
    box: FootBox, table: pd.DataFrame, signals: pd.DataFrame, near_side: str, *, tilt_deg: float, trunk_px: float
) -> Foot:
    """A foot's marks for every row of a keypoint table and its signals.

    tilt_deg: how far the floor rises towards the picture's right; trunk_px: the trunk's length, NaN where unknown.
    """
    heel, toe, joint = (keypoints.points(table, on_side(name, near_side)) for name in (box.heel, box.toe, box.plumb))
    lean = np.radians(tilt_deg) if np.isfinite(tilt_deg) else 0.0
    down, along = np.array([np.sin(lean), np.cos(lean)]), np.array([np.cos(lean), -np.sin(lean)])
    corners = _corners(heel, toe, trunk_px)
    ground = (corners @ down).max(axis=1)
    below_joint, below_toe = (np.outer(point @ along, along) + np.outer(ground, down) for point in (joint, toe))
    upright = (joint @ down < ground)[:, None, None]  # a joint below the foot, as of one who lies, has no plumb line
    ahead = naming.present(signals, near_side, box.ahead)
    return Foot(
        joint=on_side(box.plumb, near_side).partition("_")[2].replace("_", " "),
        box=np.concatenate([corners, corners[:, :1]], axis=1),
        plumb=np.where(upright, np.stack([joint, below_joint], axis=1), np.nan),
        reach=np.where(upright, np.stack([below_toe, below_joint], axis=1), np.nan),
        toe=toe,
        ahead=signals[ahead[0]].to_numpy(float) if ahead else np.full(len(table), np.nan),
        unit=naming.unit_of(ahead[0]) if ahead else "",
    )


def _corners(heel: np.ndarray, toe: np.ndarray, trunk_px: float) -> np.ndarray:
    """The box's corners, shape (n, 4, 2): as long as from heel to toe and as broad as a foot."""
    length = np.hypot(*(toe - heel).T)
    length = np.where(length > 0, length, np.nan)[:, None]
    breadth = BREADTH_OF_TRUNK * trunk_px if np.isfinite(trunk_px) else BREADTH_OF_LENGTH * length
    way = (toe - heel) / length
    across = breadth / 2 * np.column_stack([-way[:, 1], way[:, 0]])
    return np.stack([heel + across, heel - across, toe - across, toe + across], axis=1)


def grades(labels: pd.DataFrame | None, column: str, times_s: np.ndarray) -> np.ndarray:
    """good, doubtful, bad or "" for each frame, shape (n,); shape (0,) where nothing is graded."""
    if labels is None or not column or column not in labels:
        return np.empty(0, object)
    found = bones.at(labels[[column]], times_s)[column].fillna("").to_numpy(object)
    return found if (found != "").any() else np.empty(0, object)


def progress(labels: pd.DataFrame | None, times_s: np.ndarray) -> np.ndarray:
    """How much of its repetition has passed at each frame, 0 to 1, NaN between repetitions; shape (n,).

    As the labels' column `progress_pct` says (in warped time), else by the frame's time.
    """
    share = np.full(len(times_s), np.nan)
    if labels is not None and "progress_pct" in labels:
        return bones.at(labels[["progress_pct"]], times_s)["progress_pct"].to_numpy(float) / 100
    if labels is None or "repetition" not in labels:
        return share
    number = bones.at(labels[["repetition"]], times_s)["repetition"].fillna(0).to_numpy(int)
    for one in np.unique(number[number > 0]):
        within = number == one
        times = times_s[within]
        share[within] = (times - times[0]) / max(times[-1] - times[0], 1e-9)
    return share


def present(readings: Sequence[Reading], signals: pd.DataFrame, near_side: str) -> tuple[Readout, ...]:
    """The readings that the clip has signals for."""
    found = (readout(reading, signals, near_side) for reading in readings)
    return tuple(one for one in found if one is not None)
