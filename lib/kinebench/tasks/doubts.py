"""Frame by frame: where an analysis is in doubt, and why. What figures and widgets show of it."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kinebench import keypoints

if TYPE_CHECKING:
    from kinebench.tasks import Analysis

PARTS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
NOBODY, OPEN, FILLED, EXCHANGED = "nobody found", "gap left open", "filled in", "left and right exchanged"


def flags(
    raw: pd.DataFrame, smoothed: pd.DataFrame, swaps: pd.DataFrame, near_side: str, confidence_gate: float
) -> pd.DataFrame:
    """One column a kind of doubt, one row a frame: whether it holds there for any near-side joint.

    raw, smoothed: keypoint tables on the same times; swaps: stretches in which left and right were put right.
    """
    time_s = keypoints.times(raw)
    joints = [f"{near_side}_{part}" for part in PARTS if f"{near_side}_{part}" in keypoints.joints(raw)]
    if not joints or not len(time_s):
        return pd.DataFrame(False, index=raw.index, columns=[NOBODY, OPEN, FILLED, EXCHANGED])
    before = np.stack([np.isfinite(keypoints.points(raw, joint)).all(axis=1) for joint in joints])
    after = np.stack([np.isfinite(keypoints.points(smoothed, joint)).all(axis=1) for joint in joints])
    used = before & (np.stack([keypoints.confidence(raw, joint) for joint in joints]) >= confidence_gate)
    swapped = np.zeros(len(time_s), bool)
    for start_s, end_s in swaps[["start_s", "end_s"]].to_numpy(dtype=float):
        swapped |= (time_s >= start_s) & (time_s <= end_s)
    found = {
        NOBODY: ~before.any(axis=0),
        OPEN: (~after).any(axis=0),
        FILLED: (~used & after).any(axis=0),
        EXCHANGED: swapped,
    }
    return pd.DataFrame(found, index=raw.index)


def of_analysis(analysis: "Analysis") -> pd.DataFrame:
    """`flags` of a finished analysis."""
    gate = analysis.settings.smoothing.confidence_gate
    return flags(analysis.raw, analysis.keypoints, analysis.swaps, analysis.near_side, gate)
