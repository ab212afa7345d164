"""Pixels per metre in the person's plane, from the stature or from a known length."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinebench import geometry, keypoints
from kinebench.scale.settings import Scaling

SEGMENTS = {("knee", "ankle"): 0.246, ("hip", "knee"): 0.245, ("shoulder", "hip"): 0.288}
"""Lengths as shares of stature: Drillis and Contini 1966, as printed in Winter 2009, figure 4.1."""
PERCENTILE = 75
"""Of a segment's length over the clip: it is seen at full length only while it lies in the picture's plane."""
BODY_UNCERTAINTY = 0.04
"""Relative: how far the proportions of one person lie from the average (about 4 %, our estimate)."""
MARK_PX = 2.0


@dataclass(frozen=True)
class Scale:
    """Pixels per metre (None without a scale), how it was found, its relative standard uncertainty (NaN without)."""

    px_per_m: float | None
    method: str
    uncertainty: float


def scale(table: pd.DataFrame, near: str, settings: Scaling) -> Scale:
    """The scale from a known length if one was drawn, else from the height, else none."""
    if settings.known_length_m is not None:
        px = settings.known_length_px
        return Scale(px / settings.known_length_m, "from the known length drawn in the picture", 2 * MARK_PX / px)
    if settings.height_m is None:
        return Scale(None, "none: neither the person's height nor a known length was given", np.nan)
    found = {pair: _length_px(table, *(f"{near}_{part}" for part in pair)) for pair in SEGMENTS}
    found = {pair: length for pair, length in found.items() if np.isfinite(length)}
    if not found:
        return Scale(None, "none: neither leg nor trunk of the near side was seen, so the height says nothing", np.nan)
    stature_px = sum(found.values()) / sum(SEGMENTS[pair] for pair in found)
    words = {"knee": "shank", "hip": "thigh", "shoulder": "trunk"}
    parts = ", ".join(words[pair[0]] for pair in found)
    method = f"from the height given: {parts} are known shares of it (Drillis and Contini 1966)"
    return Scale(stature_px / settings.height_m, method, BODY_UNCERTAINTY)


def _length_px(table: pd.DataFrame, a: str, b: str) -> float:
    lengths = geometry.distance(keypoints.points(table, a), keypoints.points(table, b))
    lengths = lengths[np.isfinite(lengths)]
    return float(np.percentile(lengths, PERCENTILE)) if len(lengths) else np.nan
