"""What several figures ask of the tables: names and units of signals, stretches, curves thinned for drawing."""

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from kinebench.tasks import Analysis, naming
from kinebench.tasks.naming import stem_of, unit_of, words

__all__ = ["stem_of", "unit_of", "words"]


def present(analysis: Analysis, templates: Sequence[str]) -> list[str]:
    """The signals among the templates that this clip has; of those that differ only in unit, the first."""
    return naming.present(analysis.signals, analysis.near_side, templates)


def axis_label(text: str, columns: Sequence[str]) -> str:
    """An axis' words with its unit in brackets, the degree as its sign."""
    plain = text.replace("(deg)", "(°)")
    plain = plain[:1].upper() + plain[1:]
    unit = unit_of(columns[0]) if columns else ""
    return plain if "(" in plain or not unit else f"{plain} ({unit})"


def runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """First and last index of every stretch in which `flags`, shape (frames,), is true."""
    edges = np.diff(np.concatenate([[False], np.asarray(flags, bool), [False]]).astype(int))
    return list(zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1, strict=True))


def spans(time_s: np.ndarray, flags: np.ndarray) -> list[tuple[float, float]]:
    """Begin and end in seconds of every stretch; each frame stands for half a step to either side."""
    half = float(np.median(np.diff(time_s))) / 2 if len(time_s) > 1 else 0.0
    return [(float(time_s[a]) - half, float(time_s[b]) + half) for a, b in runs(flags)]


def thinned(time_s: np.ndarray, values: np.ndarray, points: int = 3000) -> tuple[np.ndarray, np.ndarray]:
    """A curve with at most about `points` points: lowest and highest of each bin, so that no peak is lost.

    A stretch without values stays one.
    """
    if len(time_s) <= points:
        return time_s, values
    bins = points // 2
    cut = np.linspace(0, len(time_s), bins + 1).astype(int)
    keep: list[int] = []
    for first, last in itertools.pairwise(cut):
        part = values[first:last]
        if np.isnan(part).all():
            keep.append(first)
        else:
            keep += sorted({first + int(np.nanargmin(part)), first + int(np.nanargmax(part))})
            if np.isnan(part).any():
                keep.append(first + int(np.flatnonzero(np.isnan(part))[0]))
    index = np.unique(keep)
    return time_s[index], values[index]


def window(analysis: Analysis, most: int) -> tuple[float, float, str]:
    """What a time series shows: the whole clip, or its middle `most` repetitions where there are more; and says so."""
    time_s = analysis.signals.index.to_numpy(float)
    good = analysis.accepted
    if len(good) <= most:
        return float(time_s[0]), float(time_s[-1]), ""
    first = (len(good) - most) // 2
    part = good.iloc[first : first + most]
    begin, end = float(part["start_s"].iloc[0]), float(part["end_s"].iloc[-1])
    numbers = part["repetition"].astype(int)
    return begin, end, f"{numbers.iloc[0]} to {numbers.iloc[-1]} of {len(good)}"


def resampled(time_s: np.ndarray, values: np.ndarray, begin: float, end: float, count: int = 101) -> np.ndarray:
    """A signal between two instants at `count` equal steps; NaN where the signal has a gap or ends."""
    return np.interp(np.linspace(begin, end, count), time_s, values, left=np.nan, right=np.nan)


def every(count: int, most: int = 12) -> int:
    """Step so that at most about `most` of `count` things are labelled."""
    return max(1, math.ceil(count / most))


def rows(table: pd.DataFrame) -> Iterator[Any]:
    """The rows of a table as named tuples."""
    yield from table.itertuples()


def column(table: pd.DataFrame, name: str) -> np.ndarray:
    """A column as floats; NaN throughout where there is none."""
    return table[name].to_numpy(float) if name in table else np.full(len(table), np.nan)
