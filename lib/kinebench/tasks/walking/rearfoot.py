"""From behind on a treadmill: the rear foot's angle through stance, and from what the foot events are read there.

The rear-foot angle is that of the line from ankle to heel against the shank's, as the picture shows them: positive is
eversion, the heel's lower end further out than the shank's line, as in pronation. In 2D video it is coarse: a network
marks ankle and heel a few pixels apart, where one pixel is some degrees, and a shoe hides the heel bone. No bands of
neutral, pronated or supinated are drawn: none was found with a source that holds for such points.

Seen from behind and from above the floor, a foot that goes ahead goes up in the picture: toe-off is where the toe is
lowest in it, heel strike where the toe, highest at the end of the swing, begins to fall.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from kinebench import keypoints, skeleton
from kinebench.errors import KinebenchError
from kinebench.scale import Calibration
from kinebench.tasks import OURS, Metric
from kinebench.tasks.walking.events import Feet
from kinebench.tasks.walking.metrics import PERCENT

TOE_SWING = 0.3
"""The toe's way in the picture as share of what it goes ahead: a camera at hip height, four metres behind."""
SHORT = 0.6
"""Below this share of its usual length the line from ankle to heel points along the line of sight: the heel is up."""
LOADED = (10, 60)
"""Per cent of the stance between which the peak is looked for: the foot is flat, the heel still down."""
LARGEST_GROWTH = 1.3
UNTRIED = "foot events are read from the toe's height in the picture, which was tested on rendered walkers only"
UNSOUND = ("stance", "swing", "double_support")
"""Read so, heel strikes come 0.03 s early and toe-offs 0.03 s late: double support would come out half too long."""
NO_STRIKE = "seen from behind its toe does not rise and fall as that of a walking foot"
MISTAKEN = "Seen from behind, networks often take a back for a front: film from the side, or use another network."
LEFT_OUT = (
    "Joint angles, step length and speed are left out: they lie along the line of sight. So are stance, swing and "
    "double support: from behind, heel strikes read early and toe-offs late."
)


@dataclass(frozen=True)
class Line:
    """angle_deg: (frames,), eversion positive, NaN where the heel is up; length_px: of ankle to heel in stance."""

    angle_deg: np.ndarray
    length_px: float


def require_treadmill(table: pd.DataFrame) -> None:
    """Refuse somebody who walks away from the camera: only on a treadmill their size in the picture stays."""
    hip, shoulder = ((keypoints.points(table, f"left_{p}") + keypoints.points(table, f"right_{p}")) / 2 for p in PARTS)
    size = np.linalg.norm(hip - shoulder, axis=1)
    size = size[np.isfinite(size)]
    part = max(len(size) // 5, 1)
    first, last = (float(np.median(some)) if len(some) else np.nan for some in (size[:part], size[-part:]))
    if max(first, last) > LARGEST_GROWTH * min(first, last):
        raise KinebenchError(
            "task walking needs somebody who walks on a treadmill when filmed from behind, but here the person's trunk "
            f"goes from {first:.0f} to {last:.0f} px in the picture. Film past the camera from the side instead."
        )


PARTS = ("hip", "shoulder")


def feet(table: pd.DataFrame, calibration: Calibration, leg_px: float) -> Feet:
    """What the foot events are read from: both toes' heights in the picture, in place of how far they are ahead."""
    height = {side: calibration.height(keypoints.points(table, f"{side}_foot_index")) for side in skeleton.SIDES}
    frames = len(table)
    return Feet(
        time_s=keypoints.times(table),
        sign=np.ones(frames, dtype=int),
        pelvis=np.zeros(frames),
        heel=height,
        toe=height,
        ankle=height,
        leg_px=TOE_SWING * leg_px,
        by_ankle=False,
    )


def reversed_share(table: pd.DataFrame) -> float:
    """Share of the frames, 0..1, in which the left shoulder and hip are seen right of the right ones: from behind they
    never are, but a network that takes the back for a front sees them so, feet included. 0 where neither is seen.
    """
    apart = [keypoints.points(table, f"left_{p}")[:, 0] - keypoints.points(table, f"right_{p}")[:, 0] for p in PARTS]
    known = np.isfinite(apart).all(axis=0)
    return float((np.array(apart)[:, known] > 0).all(axis=0).mean()) if known.any() else 0.0


def line(table: pd.DataFrame, side: str) -> Line:
    """The rear-foot line of a side against its shank."""
    knee, ankle, heel = (keypoints.points(table, f"{side}_{part}") for part in ("knee", "ankle", "heel"))
    hip, other = (keypoints.points(table, f"{one}_hip") for one in (side, skeleton.other(side)))
    apart = (hip - other)[:, 0]
    outwards = np.sign(np.median(apart[np.isfinite(apart)])) if np.isfinite(apart).any() else np.nan
    down = (heel - ankle)[:, 1]
    usual = float(np.percentile(down[np.isfinite(down)], 75)) if np.isfinite(down).any() else np.nan
    angle = _outward_deg(heel - ankle, outwards) - _outward_deg(ankle - knee, outwards)
    with np.errstate(invalid="ignore"):
        return Line(np.where(down > SHORT * usual, angle, np.nan), usual)


def _outward_deg(downward: np.ndarray, outwards: float) -> np.ndarray:
    """Angle of a segment from the vertical in the picture, positive where its lower end lies further out."""
    return np.degrees(np.arctan2(outwards * downward[:, 0], downward[:, 1]))


def cycles(sides: Mapping[str, pd.DataFrame], lines: Mapping[str, Line], time_s: np.ndarray) -> pd.DataFrame:
    """Every accepted stride's angle: columns `side`, `stride`, `percent` (of the stance), `angle_deg`."""
    parts = []
    for side, strides in sides.items():
        good = strides[strides["accepted"]]
        start, end = (good[name].to_numpy(dtype=float)[:, None] for name in ("start_s", "toe_off_s"))
        found = np.interp(start + PERCENT / 100 * (end - start), time_s, lines[side].angle_deg)
        table = {
            "side": side,
            "stride": np.repeat(good["repetition"].to_numpy(dtype=int), len(PERCENT)),
            "percent": np.tile(PERCENT, len(good)),
            "angle_deg": found.ravel(),
        }
        parts.append(pd.DataFrame(table))
    return pd.concat(parts, ignore_index=True)


def curves(single: pd.DataFrame) -> pd.DataFrame:
    """Mean and standard deviation over the strides: `side`, `percent`, `mean_deg`, `sd_deg`, `strides`.

    Only per cents at which more than half of a side's strides show the angle: late in stance the heel is up.
    """
    groups = single.groupby(["side", "percent"], sort=False)["angle_deg"]
    table = groups.agg(mean_deg="mean", sd_deg="std", strides="count").reset_index()
    most = single.groupby("side")["stride"].nunique()
    shown = table["strides"] > 0.5 * table["side"].map(most)
    table.loc[~shown, ["mean_deg", "sd_deg"]] = np.nan
    return table.astype({"mean_deg": float, "sd_deg": float})


def metrics(table: pd.DataFrame, lines: Mapping[str, Line]) -> list[Metric]:
    """Angle at heel strike, its peak and the way between, of each side's mean curve; all in doubt, and why."""
    found = []
    for side in skeleton.SIDES:
        own = table[table["side"] == side].set_index("percent")["mean_deg"]
        loaded = own.loc[LOADED[0] : LOADED[1]].dropna()
        peak = float(loaded.max()) if len(loaded) else None
        strike = own.dropna()
        at_strike = float(strike.iloc[0]) if len(strike) and strike.index[0] <= LOADED[0] else None
        way = None if peak is None or at_strike is None else peak - at_strike
        about = f"{side} side's mean curve: heel against shank in the frontal plane, eversion positive"
        low, high = LOADED
        doubt = _coarse(lines[side].length_px)
        found += [
            Metric(f"{side}_rearfoot_at_strike_deg", at_strike, "deg", f"{about}; at heel strike", OURS, doubt),
            Metric(
                f"{side}_rearfoot_peak_deg",
                peak,
                "deg",
                f"{about}; largest from {low} to {high} % of stance",
                OURS,
                doubt,
            ),
            Metric(f"{side}_rearfoot_excursion_deg", way, "deg", f"{about}; peak less heel strike", OURS, doubt),
        ]
    return found


def sound(metrics: list[Metric]) -> list[Metric]:
    """Of the metrics of time those that hold from behind, in doubt."""
    kept = [metric for metric in metrics if not any(word in metric.name for word in UNSOUND)]
    return [replace(metric, doubt=f"{metric.doubt} {UNTRIED}".strip()) for metric in kept]


def _coarse(length_px: float) -> str:
    """How much a pixel turns the line from ankle to heel."""
    if not length_px > 0:
        return "the heel is never seen below the ankle"
    turned = np.degrees(np.arctan(1 / length_px))
    return f"2D video limits it: the heel lies {length_px:.0f} px below the ankle, where one pixel is {turned:.0f} deg"
