"""A keypoint table made comparable: the ways of the joints as seen from the body, in its own size, evenly in time.

Two variants. *positions*: each joint's place as seen from the middle of the hips of the same frame, in trunk lengths
(the clip's median distance from mid-hip to mid-shoulder): independent of place and size in the picture, but not of
the body's proportions. *angles*: the direction of each limb as a unit vector, named after the joint at its far end:
independent of the proportions, too. A difference of 1 is then one trunk length, or 57 deg.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from kinebench import geometry, keypoints, skeleton
from kinebench.comparison import parts
from kinebench.comparison.sampling import even_times, sampled
from kinebench.errors import KinebenchError

VARIANTS = ("positions", "angles")
RATE_HZ = 30.0
MAX_GAP_S = 0.25
"""Longest gap that is bridged: about a quarter of a quick movement; longer ones stay missing and count nothing."""
MISSING_SHARE = 0.3
"""A joint missing in more of a movement than this is left out of it, with its reason."""
FORESHORTENED = 0.25
"""A limb seen shorter than this share of its usual length points at the camera: its direction is then noise."""
USUAL_PERCENTILE = 90.0


@dataclass(frozen=True)
class Trajectories:
    """Comparable ways of joints; see the module for the two variants.

    time_s: (samples,) even, in the clip's own time; joints: their names; xy: (samples, joints, 2), x to the picture's
    right and y down, NaN where missing; confidence: (joints,) mean over the frames where the joint was seen;
    left_out: joint -> why it could not be used; origin_px: (samples, 2) mid-hip in the picture; trunk_px: the size in
    the picture; variant: positions or angles; mirrored: whether left and right were changed.
    """

    time_s: np.ndarray
    joints: tuple[str, ...]
    xy: np.ndarray
    confidence: np.ndarray
    left_out: Mapping[str, str]
    origin_px: np.ndarray
    trunk_px: float
    variant: str
    mirrored: bool

    @property
    def duration_s(self) -> float:
        """From the first to the last sample."""
        return float(self.time_s[-1] - self.time_s[0])

    @property
    def rate_hz(self) -> float:
        """Samples a second; NaN where there is only one."""
        return (len(self.time_s) - 1) / self.duration_s if len(self.time_s) > 1 else float("nan")

    @property
    def known(self) -> np.ndarray:
        """Where each joint is known, shape (samples, joints)."""
        return np.isfinite(self.xy[..., 0])

    def only(self, joints: Iterable[str]) -> "Trajectories":
        """The same with these joints alone, in this order."""
        names = tuple(joints)
        at = [self.joints.index(name) for name in names]
        return replace(self, joints=names, xy=self.xy[:, at], confidence=self.confidence[at])

    def bridged(self) -> np.ndarray:
        """`xy` with every missing value put on the straight line between its neighbours: for finding a path only."""
        flat = self.xy.reshape(len(self.time_s), -1)
        filled = [_bridged(self.time_s, column) for column in flat.T]
        return np.stack(filled, axis=1).reshape(self.xy.shape)


def trajectories(
    table: pd.DataFrame,
    *,
    variant: str = "positions",
    rate_hz: float = RATE_HZ,
    samples: int | None = None,
    start_s: float | None = None,
    stop_s: float | None = None,
    joints: Iterable[str] | None = None,
    mirror: bool = False,
) -> Trajectories:
    """The comparable ways of the joints of a (smoothed) keypoint table between two times.

    rate_hz: samples a second, unless `samples` says how many there shall be from the first to the last instant;
    joints: those wanted, else all that have a body part (`parts.BODY`); mirror: change left and right, and turn the
    picture over. The trunk length is that of the whole table. KinebenchError where hips or shoulders are never seen,
    or where nothing lies between the times.
    """
    if variant not in VARIANTS:
        raise KinebenchError(f"variant must be one of {', '.join(VARIANTS)}, but got {variant!r}.")
    turned = mirrored(table) if mirror else table
    trunk_px = trunk_length_px(turned)
    part = _between(turned, start_s, stop_s)
    time_s = keypoints.times(part)
    even = even_times(time_s, rate_hz, samples, start_s, stop_s)
    origin = middle(part, "hip")
    present = keypoints.joints(part)
    wanted = parts.BODY if joints is None else tuple(joints)
    ways = limb_directions(part, wanted) if variant == "angles" else _places(part, wanted, origin, trunk_px)
    why = {True: "no limb ends there", False: "the network has no such joint"}
    left_out = {name: why[name in present] for name in wanted if name not in ways}
    kept: dict[str, np.ndarray] = {}
    for name, way in ways.items():
        missing = 1 - float(np.isfinite(way[:, 0]).mean())
        if missing > MISSING_SHARE:
            left_out[name] = f"missing in {100 * missing:.0f} % of the frames"
        else:
            kept[name] = _sampled(time_s, way, even, variant)
    seen = {name: keypoints.confidence(part, name) for name in kept}
    return Trajectories(
        time_s=even,
        joints=tuple(kept),
        xy=np.stack(list(kept.values()), axis=1) if kept else np.zeros((len(even), 0, 2)),
        confidence=np.array([values[values > 0].mean() if (values > 0).any() else 0.0 for values in seen.values()]),
        left_out=left_out,
        origin_px=sampled(time_s, origin, even, np.inf),
        trunk_px=trunk_px,
        variant=variant,
        mirrored=mirror,
    )


def mirrored(table: pd.DataFrame) -> pd.DataFrame:
    """The same movement seen in a mirror: x reversed (about 0), the joints' names changed from left to right."""
    changed = table.copy()
    joints, coordinates = (table.columns.get_level_values(level) for level in (0, 1))
    names = [skeleton.mirrored(joint) for joint in joints]
    changed.columns = pd.MultiIndex.from_arrays([names, coordinates], names=table.columns.names)
    across = changed.columns.get_level_values(1).isin(["x", "world_x"])
    changed.loc[:, across] = -changed.loc[:, across]
    present = [pair for pair in table.columns if pair in changed.columns]
    return changed[present] if len(present) == len(table.columns) else changed


def middle(table: pd.DataFrame, part: str) -> np.ndarray:
    """The middle between a left and a right joint, shape (frames, 2).

    Where one of them is missing, the other moved by what the middle usually lies off it.
    """
    left, right = (keypoints.points(table, f"{side}_{part}") for side in skeleton.SIDES)
    half = (right - left) / 2
    known = np.isfinite(half[:, 0])
    usual = np.median(half[known], axis=0) if known.any() else np.zeros(2)
    both, by_left, by_right = left + half, left + usual, right - usual
    return np.where(known[:, None], both, np.where(np.isfinite(left), by_left, by_right))


def trunk_length_px(table: pd.DataFrame) -> float:
    """Median distance from the middle of the hips to the middle of the shoulders in the picture."""
    lengths = geometry.distance(middle(table, "hip"), middle(table, "shoulder"))
    known = lengths[np.isfinite(lengths)]
    length = float(np.median(known)) if len(known) else 0.0
    if not length > 0:
        raise KinebenchError(
            "keypoints must show a hip and a shoulder together in at least one frame, which give a movement its place "
            "and size, but they never do. Choose another stretch, or an estimator that has them."
        )
    return length


def _between(table: pd.DataFrame, start_s: float | None, stop_s: float | None) -> pd.DataFrame:
    """The frames between the two times, and one more on either side for the instants themselves."""
    time_s = keypoints.times(table)
    if len(time_s) < 2:
        raise KinebenchError(f"keypoints must hold at least 2 frames of a movement, but hold {len(time_s)}.")
    start = time_s[0] if start_s is None else start_s
    stop = time_s[-1] if stop_s is None else stop_s
    if not (start < stop and start < time_s[-1] and stop > time_s[0]):
        raise KinebenchError(
            f"start_s and stop_s must be a stretch of the clip, {time_s[0]:.3f} to {time_s[-1]:.3f} s, "
            f"but got {start:.3f} to {stop:.3f} s."
        )
    first = max(int(np.searchsorted(time_s, start, side="right")) - 1, 0)
    last = min(int(np.searchsorted(time_s, stop, side="left")) + 1, len(time_s))
    return table.iloc[first:last]


def _places(table: pd.DataFrame, wanted: tuple[str, ...], origin: np.ndarray, trunk_px: float) -> dict[str, np.ndarray]:
    """Each joint as seen from the mid-hip, in trunk lengths, shape (frames, 2)."""
    present = set(keypoints.joints(table))
    return {name: (keypoints.points(table, name) - origin) / trunk_px for name in wanted if name in present}


def limb_directions(table: pd.DataFrame, wanted: tuple[str, ...]) -> dict[str, np.ndarray]:
    """The direction of each limb of the joints `wanted` as a unit vector, (frames, 2); NaN where it points at us."""
    present = set(keypoints.joints(table))
    found = {}
    for name in wanted:
        if name in parts.LIMBS and present.issuperset(parts.LIMBS[name][0] + parts.LIMBS[name][1]):
            start, end = (np.mean([keypoints.points(table, j) for j in ends], axis=0) for ends in parts.LIMBS[name])
            limb = end - start
            length = np.linalg.norm(limb, axis=1)
            known = length[np.isfinite(length)]
            usual = np.percentile(known, USUAL_PERCENTILE) if len(known) else 0.0
            clear = length > max(FORESHORTENED * usual, 1e-9)
            found[name] = np.where(clear[:, None], limb / np.where(clear, length, 1.0)[:, None], np.nan)
    return found


def _sampled(time_s: np.ndarray, way: np.ndarray, even: np.ndarray, variant: str) -> np.ndarray:
    values = sampled(time_s, way, even, MAX_GAP_S)
    if variant == "angles":
        length = np.linalg.norm(values, axis=1, keepdims=True)
        return values / np.where(length > 0, length, 1.0)
    return values


def _bridged(time_s: np.ndarray, column: np.ndarray) -> np.ndarray:
    known = np.isfinite(column)
    if known.all():
        return column
    return np.interp(time_s, time_s[known], column[known]) if known.any() else np.zeros(len(column))
