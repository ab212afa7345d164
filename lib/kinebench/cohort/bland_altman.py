"""Agreement of two measurements of the same people after Bland and Altman.

Bland and Altman 1986, Lancet 327:307-310, and 1999, Stat Methods Med Res 8:135-160, from which the intervals of the
limits and the check of a trend are taken.
"""

import math
from dataclasses import dataclass

import numpy as np

from kinebench.cohort.correlations import FEWEST, Estimate
from kinebench.errors import KinebenchError

MANY = 40
"""Below so many people a trend that was not found is not said to be absent: kinebench's own limit."""
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Agreement:
    """Of n people's differences, second less first, in the unit of the measurements.

    bias: their mean; sd: their standard deviation; lower, upper: limits of agreement, between which a share
    `confidence` of differences is expected. slope: by how much the difference grows with the mean of the two, per unit;
    spreading: the same for how far the differences scatter; both None where everybody has the same mean. As two are
    looked at, their intervals hold for both at once (Bonferroni).
    """

    n: int
    bias: Estimate
    sd: float
    lower: Estimate
    upper: Estimate
    slope: Estimate | None
    spreading: Estimate | None

    @property
    def shifted(self) -> bool:
        """Whether the interval of the bias leaves zero out, as practice or fatigue do."""
        return _beyond_zero(self.bias)

    @property
    def trend(self) -> str:
        """In words whether bias or scatter change with the mean, as far as their intervals leave zero out; else ""."""
        if self.slope is not None and _beyond_zero(self.slope):
            return "The difference changes with the mean: bias and limits hold about the middle only."
        if self.spreading is not None and _beyond_zero(self.spreading):
            return "The scatter changes with the mean: the limits are too wide at one end and too narrow at the other."
        return ""


def agreement(first: np.ndarray, second: np.ndarray, confidence: float = 0.95) -> Agreement:
    """Agreement of two finite measurements of the same n people, each of shape (n,); KinebenchError below 3 people."""
    from scipy import stats

    n = len(first)
    if n < FEWEST:
        raise KinebenchError(f"values must be of at least {FEWEST} people, but are of {n}. Record more people.")
    differences, means = second - first, (first + second) / 2
    bias, sd = float(differences.mean()), float(differences.std(ddof=1))
    reach = float(stats.norm.ppf((1 + confidence) / 2))
    t = float(stats.t.ppf((1 + confidence) / 2, n - 1))
    of_bias = t * sd / math.sqrt(n)
    # Bland and Altman 1999, section 2: variance of a limit is s^2 (1/n + z^2 / (2 (n - 1))).
    of_limit = t * sd * math.sqrt(1 / n + reach**2 / (2 * (n - 1)))
    lower, upper = bias - reach * sd, bias + reach * sd
    slope, spreading = _trends(means, differences, 1 - (1 - confidence) / 2)
    return Agreement(
        n=n,
        bias=Estimate(bias, bias - of_bias, bias + of_bias),
        sd=sd,
        lower=Estimate(lower, lower - of_limit, lower + of_limit),
        upper=Estimate(upper, upper - of_limit, upper + of_limit),
        slope=slope,
        spreading=spreading,
    )


def _trends(means: np.ndarray, differences: np.ndarray, confidence: float) -> tuple[Estimate | None, Estimate | None]:
    """Slope of the differences on the means, and of the size of what that line leaves (1999, section 3)."""
    from scipy import stats

    size = max(float(np.abs(means).max()), float(np.abs(differences).max()))
    if np.ptp(means) <= _ROUNDING * size:
        return None, None
    if np.ptp(differences) <= _ROUNDING * size:
        return Estimate(0.0, 0.0, 0.0), Estimate(0.0, 0.0, 0.0)
    # With three people one degree of freedom is left: the interval says by its width how little that tells.
    t = float(stats.t.ppf((1 + confidence) / 2, len(means) - 2))
    line = stats.linregress(means, differences)
    left = np.abs(differences - line.intercept - line.slope * means)
    spread = stats.linregress(means, left)
    # A line through points without any scatter has a residual of rounding alone, which must not pass for a finding.
    if left.max() <= _ROUNDING * size:
        return _slope(line, t), None
    return _slope(line, t), _slope(spread, t)


def _slope(line: object, t: float) -> Estimate:
    slope, error = float(line.slope), t * float(line.stderr)  # type: ignore[attr-defined]
    return Estimate(slope, slope - error, slope + error)


def _beyond_zero(one: Estimate) -> bool:
    return one.low > 0 or one.high < 0
