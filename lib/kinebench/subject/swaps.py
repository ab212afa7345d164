"""Left and right limbs that the network exchanged: found from continuity, put right, counted.

An exchange leaves the middle between left and right where it was and turns half their difference D round. Where limbs
move on as they moved, D has a small second difference; at an exchange it jumps (or, where the limbs cross just then,
bounces off zero instead of passing it), and the crossed reading is the smooth one. Each frame is read straight or
crossed; the reading is taken that has the least total of misfits, of a price for every change between the two and of
a small price for the time spent crossed. It is found by dynamic programming (Viterbi 1967).
"""

import numpy as np
import pandas as pd

from kinebench import geometry, keypoints
from kinebench.subject.reading import confirmed, evidence_of, least_total

LIMBS = {
    "legs": ("knee", "ankle", "heel", "foot_index"),
    "arms": ("elbow", "wrist", "pinky", "index", "thumb"),
}
ROOTS = {"legs": "hip", "arms": "shoulder"}
"""Where the limb begins. A network that exchanges the legs may leave the hips as they are: they tell for themselves."""
WITNESSES = {"legs": ("knee", "ankle", "foot_index"), "arms": ("elbow", "wrist")}
"""Joints whose continuity counts, the first two indispensable; heel and fingers only repeat ankle and wrist."""
NOISE_SHARE = 0.006
"""Least noise of a joint as share of the body's size, so that a still person's tiny wobbles are no evidence."""
FULL_TRUST = 0.4
"""Confidence from which a joint counts fully; a network often doubts just the frames in which it exchanged sides."""
SWAP_COLUMNS = ("limb", "start_s", "end_s", "frames")


def unswap(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Keypoints with the exchanged stretches of legs and arms put right, and a table of these stretches.

    The table has one row a stretch: limb ("legs" or "arms"), start_s and end_s (first and last exchanged frame),
    frames. All coordinates and the confidence are exchanged back. Where nothing was found the same table is returned.
    """
    time_s = keypoints.times(table)
    known = set(keypoints.joints(table))
    found = []
    corrected = table
    size = _body_size(table)
    for limb, parts in LIMBS.items():
        if not {f"{side}_{part}" for side in ("left", "right") for part in WITNESSES[limb][:2]} <= known:
            continue
        crossed = crossed_frames(table, limb, time_s, size)
        if not crossed.any():
            continue
        corrected = _exchanged(corrected, [part for part in parts if f"left_{part}" in known], crossed)
        if {f"{side}_{ROOTS[limb]}" for side in ("left", "right")} <= known:
            corrected = _exchanged(corrected, [ROOTS[limb]], _root_crossed(table, ROOTS[limb], crossed))
        for start, stop in zip(*geometry.runs(crossed), strict=True):
            found.append((limb, time_s[start], time_s[stop - 1], int(stop - start)))
    swaps = pd.DataFrame(found, columns=list(SWAP_COLUMNS)).astype({"frames": int, "start_s": float, "end_s": float})
    return corrected, swaps.sort_values("start_s", ignore_index=True)


def _body_size(table: pd.DataFrame) -> float:
    """Median diagonal of the box around all joints, in pixels; 0 where nothing is known."""
    xy = keypoints.positions(table.iloc[:: max(len(table) // 2000, 1)])
    xy = xy[np.isfinite(xy[..., 0]).any(axis=1)]
    if len(xy) == 0:
        return 0.0
    return float(np.median(np.linalg.norm(np.nanmax(xy, axis=1) - np.nanmin(xy, axis=1), axis=1)))


def crossed_frames(table: pd.DataFrame, limb: str, time_s: np.ndarray, size: float) -> np.ndarray:
    """Whether left and right of a limb are exchanged, (frames,)."""
    parts = [part for part in WITNESSES[limb] if f"left_{part}" in keypoints.joints(table)]
    halves = {part: _half_difference(table, part) for part in parts}
    usable = np.logical_and.reduce([np.isfinite(halves[part][0][0]) for part in parts[:2]])
    frames = np.flatnonzero(usable)
    crossed = np.zeros(len(time_s), dtype=bool)
    if len(frames) < 3:
        return crossed
    every = len(frames) == len(time_s)
    if not every:
        halves = {part: (half[:, frames], weight[frames]) for part, (half, weight) in halves.items()}
    noise, joints = max(NOISE_SHARE * size, 1e-6), list(halves.values())
    path = least_total(evidence_of(joints, time_s[frames], noise), time_s[frames])
    path = confirmed(path, joints, time_s[frames], noise)
    if every:
        return path
    # A frame without the limb's leading joints between two crossed ones is crossed in whatever else it shows.
    before = np.clip(np.searchsorted(frames, np.arange(len(time_s)), side="right") - 1, 0, len(frames) - 1)
    after = np.clip(np.searchsorted(frames, np.arange(len(time_s))), 0, len(frames) - 1)
    return path[before] & path[after]


def _root_crossed(table: pd.DataFrame, part: str, crossed: np.ndarray) -> np.ndarray:
    """Of the crossed frames those in whose stretch hips or shoulders, too, fit the frames around it better crossed."""
    half = _half_difference(table, part)[0]
    own = np.zeros(len(crossed), dtype=bool)
    for start, stop in zip(*geometry.runs(crossed), strict=True):
        gain = 0.0
        for inside, outside in ((start, start - 1), (stop - 1, stop)):
            if 0 <= outside < len(crossed):
                a, b = half[:, inside], half[:, outside]
                gain += np.nan_to_num(np.linalg.norm(a - b) - np.linalg.norm(a + b))
        own[start:stop] = gain > 0
    return own


def _half_difference(table: pd.DataFrame, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Half of left less right, (2, frames) contiguous in time, NaN where unknown; and its weight, (frames,)."""
    left, right = table[f"left_{part}"], table[f"right_{part}"]
    half = np.stack([(left[axis].to_numpy() - right[axis].to_numpy()) / 2 for axis in "xy"])
    lesser = np.minimum(left["confidence"].to_numpy(), right["confidence"].to_numpy())
    return half, np.minimum(lesser / FULL_TRUST, 1.0)


def _exchanged(table: pd.DataFrame, parts: list[str], crossed: np.ndarray) -> pd.DataFrame:
    """A copy with left and right of the parts exchanged in the crossed frames."""
    values = table.to_numpy(copy=True)
    rows = np.flatnonzero(crossed)[:, None]
    for part in parts:
        coordinates = [name for name in table[f"left_{part}"].columns if (f"right_{part}", name) in table.columns]
        left, right = (
            table.columns.get_indexer(pd.MultiIndex.from_product([[f"{side}_{part}"], coordinates]))
            for side in ("left", "right")
        )
        values[rows, left], values[rows, right] = values[rows, right], values[rows, left]
    return pd.DataFrame(values, index=table.index, columns=table.columns, copy=False)
