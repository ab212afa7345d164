"""How well repeated measurements tell people apart, and how far one measurement lies from another by error alone.

Intraclass correlations after Shrout and Fleiss 1979, Psychol Bull 86:420-428, their intervals after McGraw and Wong
1996, Psychol Methods 1:30-46; standard error of measurement and minimal detectable change after Weir 2005, J Strength
Cond Res 19:231-240.
"""

import math
from dataclasses import dataclass

import numpy as np

from kinebench.errors import KinebenchError

FEWEST, FEW = 3, 10
"""Below 3 people nothing is computed, below 10 it is computed and doubted: kinebench's own limits."""
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Estimate:
    """A number with its confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class MeanSquares:
    """Of a two-way analysis of variance, one number a cell: between people, between sessions, residual."""

    people: float
    sessions: float
    residual: float
    n: int
    k: int


@dataclass(frozen=True)
class Reliability:
    """Of n people measured k times; everything but the correlations in the unit of the measurements.

    agreement: ICC(2,1), two-way random effects, absolute agreement, single measurement. consistency: ICC(3,1). sem:
    the root of the residual mean square, which Weir recommends: it does not depend on how different the people are.
    sem_from_icc: SD sqrt(1 - ICC(2,1)), for comparison with papers. mdc: z sqrt(2) sem.
    """

    n: int
    k: int
    mean: float
    sd: float
    agreement: Estimate
    consistency: Estimate
    sem: Estimate
    sem_from_icc: float
    mdc: Estimate


def reliability(values: np.ndarray, confidence: float = 0.95) -> Reliability:
    """Reliability of measurements of shape (n people, k sessions), all finite.

    Raises KinebenchError below 3 people or 2 sessions, and where everybody has the same value, as no correlation is
    defined then.
    """
    from scipy import stats

    squares = mean_squares(values)
    if squares.people == squares.sessions == squares.residual == 0:
        raise KinebenchError(
            f"values must differ between people, but all are {values.flat[0]:g}. Choose a metric that tells them apart."
        )
    agreement, consistency = icc_agreement(squares, confidence), icc_consistency(squares, confidence)
    freedom, tail = (squares.n - 1) * (squares.k - 1), (1 - confidence) / 2
    sem = math.sqrt(squares.residual)
    total = squares.residual * freedom
    error = Estimate(
        sem,
        math.sqrt(total / stats.chi2.ppf(1 - tail, freedom)),
        math.sqrt(total / stats.chi2.ppf(tail, freedom)),
    )
    factor = math.sqrt(2) * float(stats.norm.ppf(1 - tail))
    sd = float(values.std(ddof=1))
    return Reliability(
        n=squares.n,
        k=squares.k,
        mean=float(values.mean()),
        sd=sd,
        agreement=agreement,
        consistency=consistency,
        sem=error,
        sem_from_icc=sd * math.sqrt(1 - agreement.value),
        mdc=Estimate(factor * error.value, factor * error.low, factor * error.high),
    )


def mean_squares(values: np.ndarray) -> MeanSquares:
    """Mean squares of measurements (n people, k sessions); what is rounding alone becomes 0."""
    n, k = values.shape
    if n < FEWEST or k < 2:
        raise KinebenchError(
            f"values must be of at least {FEWEST} people in 2 sessions, but are of {n} in {k}. Record more people."
        )
    # About the grand mean, so that a large common offset costs no digits.
    centred = values - values.mean()
    people, sessions = centred.mean(axis=1), centred.mean(axis=0)
    residual = centred - people[:, None] - sessions[None, :]
    smallest = (_ROUNDING * float(np.abs(values).max())) ** 2
    found = (
        k * float(people @ people) / (n - 1),
        n * float(sessions @ sessions) / (k - 1),
        float((residual**2).sum()) / ((n - 1) * (k - 1)),
    )
    between, over, left = (square if square > smallest else 0.0 for square in found)
    return MeanSquares(between, over, left, n, k)


def icc_agreement(squares: MeanSquares, confidence: float = 0.95) -> Estimate:
    """ICC(2,1) of Shrout and Fleiss, ICC(A,1) of McGraw and Wong (their table 7 for the interval)."""
    from scipy import stats

    people, sessions, residual, n, k = squares.people, squares.sessions, squares.residual, squares.n, squares.k
    value = (people - residual) / (people + (k - 1) * residual + k * (sessions - residual) / n)
    if residual == sessions == 0:
        return Estimate(1.0, 1.0, 1.0)
    ratio = value / (n * (1 - value))
    a, b = k * ratio, 1 + k * ratio * (n - 1)
    spread = (a * sessions) ** 2 / (k - 1) + (b * residual) ** 2 / ((n - 1) * (k - 1))
    # A sum of mean squares has no fewer degrees of freedom than its poorest part; a negative estimate would say so.
    freedom = max((a * sessions + b * residual) ** 2 / spread, k - 1.0) if spread else k - 1.0
    quantile = (1 + confidence) / 2
    lower, upper = stats.f.ppf(quantile, n - 1, freedom), stats.f.ppf(quantile, freedom, n - 1)
    rest = k * sessions + (k * n - k - n) * residual
    low = n * (people - lower * residual) / (lower * rest + n * people)
    high = n * (upper * people - residual) / (rest + n * upper * people)
    return Estimate(value, float(low), float(high))


def icc_consistency(squares: MeanSquares, confidence: float = 0.95) -> Estimate:
    """ICC(3,1) of Shrout and Fleiss, ICC(C,1) of McGraw and Wong: a shift of everybody is no error."""
    from scipy import stats

    if squares.residual == 0:
        return Estimate(1.0, 1.0, 1.0)
    n, k = squares.n, squares.k
    ratio = squares.people / squares.residual
    rest, quantile = (n - 1) * (k - 1), (1 + confidence) / 2
    found = (
        ratio,
        ratio / float(stats.f.ppf(quantile, n - 1, rest)),
        ratio * float(stats.f.ppf(quantile, rest, n - 1)),
    )
    value, low, high = ((one - 1) / (one + k - 1) for one in found)
    return Estimate(value, low, high)
