"""Repetitions of one person against each other: how alike they are, and which is the most typical.

The same scores as against a reference (`scoring`), with each pair's chance the same: that of the median repetition. It
is the second anchor of every score: nobody comes nearer to a reference than its own repetitions come to each other.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinebench.comparison import parts, scoring
from kinebench.comparison.chance import chance
from kinebench.comparison.settings import Comparing
from kinebench.comparison.trajectories import Trajectories, trajectories
from kinebench.errors import KinebenchError

SAMPLES = 101
"""A repetition from 0 to 100 %, as gait cycles are read; a movement of 3 s has then 34 samples a second."""


@dataclass(frozen=True)
class Repeated:
    """How alike repetitions are.

    scores: (repetitions, repetitions), symmetric, NaN on the diagonal; mean_scores: (repetitions,) of each to the
    others; typical: the number (from 0) of the one most like the others; consistency: mean score of all pairs;
    lowest, highest: of all pairs; left_out: joint -> why it was left out of all.
    """

    scores: np.ndarray
    mean_scores: np.ndarray
    typical: int
    consistency: float
    lowest: float
    highest: float
    left_out: Mapping[str, str]


def repeated(table: pd.DataFrame, spans: Sequence[tuple[float, float]] | np.ndarray, settings: Comparing) -> Repeated:
    """Every repetition of a (smoothed) keypoint table against every other; spans: (repetitions, 2), start_s and end_s.

    One clip has one view, so that nothing is mirrored. KinebenchError for fewer than two repetitions, or where they
    share no usable joint.
    """
    if len(spans) < 2:
        raise KinebenchError(
            f"spans must name at least 2 repetitions to be compared with each other, but name {len(spans)}. "
            "Record more repetitions."
        )
    ways, left_out = _read(table, spans, settings)
    zero = np.median([_chance(one, settings) for one in ways], axis=0)
    known = dict(zip(ways[0].joints, zero, strict=True))
    found = np.full((len(ways), len(ways)), np.nan)
    for one, two in itertools.combinations(range(len(ways)), 2):
        found[one, two] = found[two, one] = scoring.score(ways[one], ways[two], settings, known)
    pairs = found[np.triu_indices(len(ways), 1)]
    means = np.nanmean(found, axis=1)
    return Repeated(
        scores=found,
        mean_scores=means,
        typical=int(np.argmax(means)),
        consistency=float(pairs.mean()),
        lowest=float(pairs.min()),
        highest=float(pairs.max()),
        left_out=left_out,
    )


def against(score: float, own: Repeated) -> str:
    """Where a score stands among those of the repetitions with each other, in words."""
    pairs = own.scores[np.triu_indices(len(own.scores), 1)]
    span = f"{own.lowest:.1f} to {own.highest:.1f}"
    if score < own.lowest:
        return f"less alike than any two of the repetitions ({span})"
    if score > own.highest:
        return f"more alike than any two of the repetitions ({span})"
    share = 100 * float((pairs < score).mean())
    return f"as alike as two of the repetitions ({span}; above {share:.0f} % of the pairs)"


def _read(
    table: pd.DataFrame, spans: Sequence[tuple[float, float]] | np.ndarray, settings: Comparing
) -> tuple[list[Trajectories], dict[str, str]]:
    """All repetitions with the joints that are usable in each of them."""
    names = parts.chosen(settings.joints, dict.fromkeys(table.columns.get_level_values(0)))
    ways = [
        trajectories(table, variant=settings.invariant, samples=SAMPLES, start_s=start, stop_s=stop, joints=names)
        for start, stop in spans
    ]
    left_out = {
        joint: f"{reason} (repetition {number})"
        for number, one in enumerate(ways, start=1)
        for joint, reason in one.left_out.items()
    }
    shared = [joint for joint in ways[0].joints if joint not in left_out]
    if not shared:
        said = "; ".join(f"{joint}: {reason}" for joint, reason in left_out.items())
        raise KinebenchError(f"repetitions must share at least one usable joint, but share none ({said}).")
    return [one.only(shared) for one in ways], left_out


def _chance(one: Trajectories, settings: Comparing) -> np.ndarray:
    return chance(one, window_share=settings.window_share, penalty=settings.penalty)
