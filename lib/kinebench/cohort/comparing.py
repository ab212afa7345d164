"""Differences of groups' means, pair by pair, with intervals that hold for all pairs at once.

Welch 1947, Biometrika 34:28-35, for two groups; Games and Howell 1976, J Educ Stat 1:113-125, for more; Bonferroni's
inequality where the same people stand in some of the groups.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinebench.cohort.changes import mean_interval
from kinebench.cohort.correlations import FEWEST, Estimate

INDEPENDENT, SIMULTANEOUS, PAIRED = "Welch", "Games-Howell", "paired t"
BONFERRONI = ", Bonferroni"
CONSTANT = "no interval: everybody of both groups has the same value"


@dataclass(frozen=True)
class Difference:
    """Of the means of two groups, second less first. people: in words how many there are; method: of the interval."""

    first: str
    second: str
    people: str
    gap: Estimate
    method: str


@dataclass(frozen=True)
class _Pair:
    """Two groups' numbers, of the very same people in the same order where `paired`, else without whom they share."""

    first: str
    second: str
    a: np.ndarray
    b: np.ndarray
    paired: bool


def differences(
    split: Mapping[str, pd.Series], names: list[str], confidence: float
) -> tuple[list[Difference], list[str]]:
    """The differences of all pairs of the named groups, and what could not be compared or was left out, in words.

    split: group -> its numbers, by person.
    """
    pairs, said = [], []
    for first, second in itertools.combinations(names, 2):
        pair, remarks = _pair(split, first, second)
        said += [one for one in remarks if one not in said]
        if pair:
            pairs.append(pair)
    if any(pair.paired for pair in pairs):
        each = 1 - (1 - confidence) / len(pairs)
        return [_bonferroni(pair, each, len(pairs)) for pair in pairs], said
    groups = len({name for pair in pairs for name in (pair.first, pair.second)})
    return [_independent(pair, confidence, groups) for pair in pairs], said


def _pair(split: Mapping[str, pd.Series], first: str, second: str) -> tuple[_Pair | None, list[str]]:
    """Paired where most people of both groups are the same; a few who stand in both are left out of it otherwise."""
    one, other = split[first], split[second]
    shared = one.index.intersection(other.index)
    if len(shared) >= FEWEST and 2 * len(shared) > max(len(one), len(other)):
        rest = len(one) + len(other) - 2 * len(shared)
        said = [f"{first} and {second}: left out, as they are in one of the two only: {rest}."] if rest else []
        return _Pair(first, second, one[shared].to_numpy(float), other[shared].to_numpy(float), True), said
    said = []
    if len(shared):
        said.append(f"{first} and {second}: left out of this difference, as they are in both: {len(shared)}.")
        one, other = one.drop(shared), other.drop(shared)
    for name, own in ((first, one), (second, other)):
        if len(own) < FEWEST:
            said.append(f"People in {name}: {len(own)}; at least {FEWEST} are needed to compare it.")
    if min(len(one), len(other)) < FEWEST:
        return None, said
    return _Pair(first, second, one.to_numpy(float), other.to_numpy(float), False), said


def _bonferroni(pair: _Pair, confidence: float, count: int) -> Difference:
    """The interval of one of so many pairs, each at its own, higher confidence."""
    more = BONFERRONI if count > 1 else ""
    if not pair.paired:
        return _welch(pair, confidence, 2, INDEPENDENT + more)
    gap = mean_interval(pair.b - pair.a, confidence)
    return Difference(pair.first, pair.second, f"{len(pair.a)} in both", gap, PAIRED + more)


def _independent(pair: _Pair, confidence: float, groups: int) -> Difference:
    return _welch(pair, confidence, groups, INDEPENDENT if groups == 2 else SIMULTANEOUS)


def _welch(pair: _Pair, confidence: float, groups: int, method: str) -> Difference:
    """Games and Howell's interval, which is Welch's for two groups; none where nobody of both differs."""
    from scipy import stats

    a, b = pair.a, pair.b
    gap, people = float(b.mean() - a.mean()), f"{len(b)} and {len(a)}"
    if np.ptp(a) == np.ptp(b) == 0:
        return Difference(pair.first, pair.second, people, Estimate(gap, np.nan, np.nan), CONSTANT)
    parts = np.array([a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)])
    freedom = parts.sum() ** 2 / (parts**2 / [len(a) - 1, len(b) - 1]).sum()
    quantile = float(stats.studentized_range.ppf(confidence, groups, freedom))
    reach = quantile * float(np.sqrt(parts.sum() / 2))
    return Difference(pair.first, pair.second, people, Estimate(gap, gap - reach, gap + reach), method)
