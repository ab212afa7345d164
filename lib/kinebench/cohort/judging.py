"""Whether a change is larger than the measurement's error alone can give, and how well that is known."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from kinebench.cohort.choosing import Chosen
from kinebench.cohort.correlations import Estimate
from kinebench.cohort.repeating import Retest
from kinebench.cohort.shown import interval, number, per_cent
from kinebench.tasks import norms
from kinebench.words import label, unit_after

WITHIN, UNCERTAIN, UP, DOWN, OPEN = "within measurement error", "uncertain", "increase", "decrease", "not judged"
SURE = 20
"""Below so many people it is said how many lie beyond an MDC by chance: kinebench's own limit."""
UNKNOWN = Estimate(float("nan"), float("nan"), float("nan"))


@dataclass(frozen=True)
class Threshold:
    """The MDC that judges a metric, NaN where none is known, and what it rests on.

    low, high of the MDC: NaN where it is given, as papers seldom say them. people: how many it was estimated from, None
    for a given one. false_share: of people of whom nothing changed, the share that lies beyond it; NaN where unknown.
    """

    mdc: Estimate = UNKNOWN
    source: str = ""
    people: int | None = None
    false_share: float = float("nan")

    @property
    def known(self) -> bool:
        """Whether there is one at all."""
        return not np.isnan(self.mdc.value)


def threshold(chosen: Chosen, repeated: Retest, metric: str) -> Threshold:
    """The MDC given in the settings, else that of `repeated`."""
    settings = chosen.settings
    if settings.mdc is not None:
        return Threshold(Estimate(settings.mdc, np.nan, np.nan), f"given: {settings.mdc_source}")
    if metric not in repeated.found:
        return Threshold(source=repeated.lacking.get(metric, ""))
    own = repeated.found[metric]
    source = f"{own.n} people of this cohort, sessions {', '.join(repeated.sessions)}"
    return Threshold(own.mdc, source, own.n, false_share(own.n, own.k, settings.confidence))


def false_share(people: int, sessions: int, confidence: float) -> float:
    """The share of differences of error alone that lie beyond an MDC from so few people.

    The literature's MDC takes the normal quantile, as if the SEM were known. It is estimated, with (n - 1)(k - 1)
    degrees of freedom, so that a difference over its error follows Student's t: more lie beyond than 1 - confidence.
    """
    from scipy import stats

    return float(2 * stats.t.sf(stats.norm.ppf((1 + confidence) / 2), (people - 1) * (sessions - 1)))


def judged(change: float, mdc: float, high: float = float("nan")) -> str:
    """A change by an MDC and the upper bound of its interval; a NaN MDC judges nothing.

    Below the MDC it may be error alone; between MDC and bound the MDC is not known well enough to tell.
    """
    if np.isnan(mdc):
        return OPEN
    if change == 0 or abs(change) < mdc:
        return WITHIN
    if abs(change) < high:
        return UNCERTAIN
    return UP if change > 0 else DOWN


def remarks(chosen: Chosen, repeated: Retest, metric: str, limit: Threshold, runs: np.ndarray) -> list[str]:
    """What must be known to read the judgement of one metric. runs: of each change, how many runs are behind it."""
    name = label(metric)
    if not limit.known:
        why = f"{limit.source} " if metric in repeated.unjudged else ""
        said = [f"changes are shown and not judged, as no MDC is known. {why}{_published(metric)}".strip()]
    else:
        said = [_told(chosen, metric, limit), *_doubts(chosen, repeated, metric, limit, runs)]
    if metric in repeated.shifts:
        lacking = "; the MDC does not contain this" if limit.known else ""
        said.append(f"{_shift(repeated, metric, chosen.units)}{lacking}; a change of that size may be practice.")
    if metric in repeated.trends:
        said.append(f"{repeated.trends[metric]} One MDC does not fit everybody.")
    return [f"{name}: {one}" for one in said]


def _told(chosen: Chosen, metric: str, limit: Threshold) -> str:
    unit = unit_after(chosen.units[metric])
    if limit.people is None:
        return f"judged by an MDC of {number(limit.mdc.value)}{unit} ({limit.source})."
    said = f"judged by an MDC of {interval(limit.mdc)}{unit}, from {limit.source}."
    if limit.people < SURE:
        chance = per_cent(1 - chosen.settings.confidence)
        said += (
            f" From so few people about {100 * limit.false_share:.0f} % of those who did not change lie beyond it, "
            f"not {chance}."
        )
    return said


def _doubts(chosen: Chosen, repeated: Retest, metric: str, limit: Threshold, runs: np.ndarray) -> list[str]:
    if limit.people is None:
        return []
    said = []
    if set(chosen.compared) <= set(repeated.sessions):
        said.append(
            "this MDC is made of the very sessions that it judges: it can show no change of the whole group, and few "
            "or no people lie beyond it apart from a common shift. Take an MDC from other sessions."
        )
    one = repeated.runs_each.get(metric)
    if one is not None and len(runs) and abs(runs.mean() - one) > 0.25:
        said.append(
            f"a number here is the mean of {runs.mean():.1f} runs, in test and retest of {one:.1f}; "
            "the more runs, the smaller the error, so that the MDC does not quite fit."
        )
    return said


def _shift(repeated: Retest, metric: str, units: Mapping[str, str]) -> str:
    after = unit_after(units[metric])
    return f"between test and retest everybody shifted by {interval(repeated.shifts[metric])}{after}"


def _published(metric: str) -> str:
    """What kinebench knows of published MDCs for a metric; it is for the user to say whether they fit the cohort."""
    known = [one for one in norms.REFERENCES if one.metric == metric and one.kind == "detectable"]
    if not known:
        return ""
    told = "; ".join(f"{one.low:g} ({one.label}; {one.source})" for one in known)
    return f"Published: {told}. Give it in mdc and mdc_source if it fits your people."
