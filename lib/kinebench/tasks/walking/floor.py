"""Where the feet stand on the floor: the floor's own speed in the picture, step and stride lengths, walking speed.

A foot that is flat on the floor goes with it: on a treadmill it shows the belt's speed, and where a camera follows the
person that of the ground; where the person passes a camera that stands still it stays in its place. Lengths are those
between the places of feet that stand flat, the same way for both feet, so that it does not matter where on the shoe a
network puts the heel, nor that the heel behind has risen already when the other one strikes.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinebench import skeleton
from kinebench.tasks.walking.events import Feet

FLAT = (0.12, 0.28)
"""Shares of the stride at which the whole foot stands: the toes are down by 8 to 12 %, the heel rises at about 30 %
(Perry and Burnfield 2010, chapter 3) [C]."""
TOES = (0.15, 0.45)
"""Shares at which the toes stand, from well after they came down until well before toe-off at about 60 %."""
INSTANTS = 16
NEARER = (0.88, 1.0)
"""How much smaller the far leg may look than the near one: hips a fifth of a metre apart, a camera 2 m away or more."""


@dataclass(frozen=True)
class Floor:
    """speed_px_s: of the floor in the picture, positive ahead, NaN unknown; shrunk: how large the far leg appears as

    share of the near one; centre_px: the picture's middle along the floor, where perspective shifts nothing.
    """

    speed_px_s: float
    shrunk: float
    centre_px: float


def floor(
    near: pd.DataFrame, far: pd.DataFrame, near_side: str, feet: Feet, centre_px: float, *, passing: bool
) -> Floor:
    """The floor under the accepted strides of both sides; passing: the camera stands still, and so does the floor."""
    far_side = skeleton.other(near_side)
    if passing:
        own, other = (_median(_stride_px(near, near_side, feet)), _median(_stride_px(far, far_side, feet)))
        return Floor(0.0, _shrunk(other, own), centre_px)
    own, other = _median(_slopes(near, feet.toe[near_side], feet)), _median(_slopes(far, feet.toe[far_side], feet))
    return Floor(own, _shrunk(other, own), centre_px)


def _shrunk(far: float, near: float) -> float:
    share = far / near if near else np.nan
    return float(np.clip(share, *NEARER)) if np.isfinite(share) else 1.0


def _median(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else np.nan


def _sampled(values: np.ndarray, time_s: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """A signal at `INSTANTS` times between each first and last, (strides, instants)."""
    return np.interp(_times(first, last), time_s, values, left=np.nan, right=np.nan)


def _times(first: np.ndarray, last: np.ndarray) -> np.ndarray:
    return first[:, None] + np.linspace(0, 1, INSTANTS) * (last - first)[:, None]


def _ends(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    start = table["start_s"].to_numpy(dtype=float)
    return start, table["end_s"].to_numpy(dtype=float) - start


def _slopes(table: pd.DataFrame, toe: np.ndarray, feet: Feet) -> np.ndarray:
    """Speed of the standing toes in each stride, px/s: the slope of a straight line."""
    start, long = _ends(table)
    first, last = start + TOES[0] * long, start + TOES[1] * long
    place, time_s = _sampled(toe, feet.time_s, first, last), _times(first, last)
    away = time_s - time_s.mean(axis=1, keepdims=True)
    return (away * place).sum(axis=1) / (away**2).sum(axis=1)


def places(strike_s: np.ndarray, stride_s: np.ndarray, side: str, feet: Feet) -> np.ndarray:
    """Where in the picture a foot stands flat after each heel strike: its mean place, in pixels along the floor."""
    first, last = strike_s + FLAT[0] * stride_s, strike_s + FLAT[1] * stride_s
    parts = [_sampled(part[side], feet.time_s, first, last) for part in (feet.heel, feet.toe, feet.ankle)]
    return np.mean(parts, axis=(0, 2))


def _stride_px(table: pd.DataFrame, side: str, feet: Feet) -> np.ndarray:
    start, long = _ends(table)
    return places(start + long, long, side, feet) - places(start, long, side, feet)


def lengths(table: pd.DataFrame, side: str, feet: Feet, ground: Floor, near: str) -> pd.DataFrame:
    """Of each stride of a side, in pixels of the near leg's plane: `step_length_px` (the last step, to its own foot's

    next place), `opposite_step_length_px` (the step before it), `stride_length_px`, `speed_px_s`.
    """
    start, long = _ends(table)
    other = skeleton.other(side)

    def place(strike_s: np.ndarray, foot: str) -> np.ndarray:
        at = places(strike_s, long, foot, feet)
        if foot != near:
            at = ground.centre_px + (at - ground.centre_px) / ground.shrunk
        return at - ground.speed_px_s * (strike_s + np.mean(FLAT) * long)

    first, last = place(start, side), place(start + long, side)
    between = place(table["opposite_heel_strike_s"].to_numpy(dtype=float), other)
    return pd.DataFrame(
        {
            "step_length_px": last - between,
            "opposite_step_length_px": between - first,
            "stride_length_px": last - first,
            "speed_px_s": (last - first) / long,
        },
        index=table.index,
    )
