"""Speed apart from form: how long the whole takes, and where in the movement it is too fast or too slow."""

import numpy as np
import pandas as pd

from kinebench import geometry
from kinebench.comparison.trajectories import Trajectories
from kinebench.comparison.warping import Warp

PERCENTS = np.arange(0.0, 101.0)
SPAN_PERCENT = 5.0
"""Tempo is the path's slope over this much of the movement to either side: its single steps are 0, 1 or endless."""
STILL_SHARE = 0.1
"""Where the reference moves slower than this share of its quick moments, the path tells nothing of tempo."""
QUICK_PERCENTILE = 90.0
LEAST_PERCENT = 10.0
"""Shorter stretches go unsaid: the path strays that long where form, not tempo, differs."""
UNLIKE = 1.25
"""Faster or slower by less than a quarter goes unsaid: repetitions of one person differ by that (rowing strokes of the
synthetic subject by 10 %), and the path itself is uncertain by a few samples."""


def time_ratio(reference: Trajectories, query: Trajectories) -> float:
    """How long the query takes, as a multiple of the reference."""
    return query.duration_s / reference.duration_s


def tempo(path: Warp, reference: Trajectories, query: Trajectories) -> pd.DataFrame:
    """Index `movement_percent` of the reference; columns reference_s, query_s, tempo.

    query_s: when the query is there; tempo: how much faster than the reference it passes (2 = twice as fast), NaN
    where the reference stands still.
    """
    samples = len(reference.time_s)
    at = path.query_at(samples)
    of_query = np.interp(at, np.arange(len(query.time_s)), query.time_s)
    percent = 100 * np.arange(samples) / (samples - 1)

    def when(percents: np.ndarray, of: np.ndarray) -> np.ndarray:
        return np.interp(percents, percent, of)

    early, late = np.maximum(PERCENTS - SPAN_PERCENT, 0), np.minimum(PERCENTS + SPAN_PERCENT, 100)
    passed = when(late, reference.time_s) - when(early, reference.time_s)
    taken = when(late, of_query) - when(early, of_query)
    step = 0.5 / query.rate_hz
    rate = np.where(_moves(reference, percent), passed / np.maximum(taken, step), np.nan)
    columns = {"reference_s": when(PERCENTS, reference.time_s), "query_s": when(PERCENTS, of_query), "tempo": rate}
    return pd.DataFrame(columns, index=pd.Index(PERCENTS, name="movement_percent"))


def _moves(reference: Trajectories, percent: np.ndarray) -> np.ndarray:
    speed = np.linalg.norm(np.gradient(reference.bridged(), axis=0), axis=-1).mean(axis=1)
    quick = np.percentile(speed, QUICK_PERCENTILE)
    return np.interp(PERCENTS, percent, speed) > max(STILL_SHARE * quick, 1e-9)


def paces(table: pd.DataFrame) -> pd.DataFrame:
    """Stretches of `tempo`'s table that are too fast or too slow: per cent, seconds in the query, tempo, words."""
    rate, percent, query_s = table["tempo"].to_numpy(), table.index.to_numpy(), table["query_s"].to_numpy()
    rows = []
    for much, off in (("faster", rate > UNLIKE), ("slower", rate < 1 / UNLIKE)):
        for start, stop in zip(*geometry.runs(off), strict=True):
            if percent[stop - 1] - percent[start] < LEAST_PERCENT:
                continue
            mean = float(np.exp(np.log(rate[start:stop]).mean()))
            rows.append(
                {
                    "start_percent": percent[start],
                    "end_percent": percent[stop - 1],
                    "start_s": query_s[start],
                    "end_s": query_s[stop - 1],
                    "tempo": mean,
                    "words": f"{abs(100 * (mean - 1)):.0f} % {much} than the reference from {percent[start]:.0f} to "
                    f"{percent[stop - 1]:.0f} % of the movement",
                }
            )
    columns = ["start_percent", "end_percent", "start_s", "end_s", "tempo", "words"]
    return pd.DataFrame(rows, columns=columns).sort_values("start_percent", ignore_index=True)
