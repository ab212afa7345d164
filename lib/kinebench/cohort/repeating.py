"""Test and retest of a cohort: reliability and agreement of every chosen metric, and what is lacking, in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from kinebench.cohort.bland_altman import agreement
from kinebench.cohort.choosing import Chosen
from kinebench.cohort.correlations import FEW, FEWEST, Estimate, Reliability, reliability
from kinebench.cohort.ordering import of_sessions
from kinebench.cohort.retest_tables import Measured, agreement_table, nothing, reliability_table
from kinebench.cohort.shown import Table
from kinebench.errors import KinebenchError

PAIRS = ["metric", "unit", "person", "mean", "difference", "doubtful"]
LINES = ["metric", "unit", "what", "value", "low", "high"]


@dataclass(frozen=True)
class Retest:
    """Metric -> what was found, for the metrics that could be judged; `lacking`: metric -> why one could not.

    pairs, lines: what a Bland-Altman plot shows, columns `PAIRS` (one row a person) and `LINES` (bias and limits).
    runs_each: metric -> how many runs a number was the mean of, on average. shifts: metric -> the bias, where its
    interval leaves zero out; trends: metric -> what its differences do with the mean, where that was found. unjudged:
    metrics with enough people of whom every difference is the same, so that no error can be told.
    """

    sessions: tuple[str, ...]
    reliability: Table
    agreement: Table
    found: Mapping[str, Reliability] = field(default_factory=dict)
    lacking: Mapping[str, str] = field(default_factory=dict)
    runs_each: Mapping[str, float] = field(default_factory=dict)
    shifts: Mapping[str, Estimate] = field(default_factory=dict)
    trends: Mapping[str, str] = field(default_factory=dict)
    unjudged: frozenset[str] = frozenset()
    pairs: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=PAIRS))
    lines: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=LINES))


def retest(chosen: Chosen) -> Retest:
    """Reliability over all the sessions of `test_retest`, and agreement of the first and the last of them.

    People with a number in each of the sessions only; several runs of a session count as their mean.
    """
    sessions = chosen.retest
    if not chosen.metrics:
        none = nothing("No run has a number to repeat.")
        return Retest(sessions, none, none)
    if not sessions:
        said = (
            "No sessions are named in test_retest, so that nothing is known of the measurement's own error here: no "
            "ICC, SEM or MDC. Name two or more between which nobody should have changed, such as '1, 2'."
        )
        return Retest((), nothing(said), nothing(said), lacking=dict.fromkeys(chosen.metrics, said))
    lacking: dict[str, str] = {}
    measured: dict[str, Measured] = {}
    for metric in chosen.metrics:
        one = _measured(chosen, metric)
        if isinstance(one, str):
            lacking[metric] = one
        else:
            measured[metric] = one
    # Where everybody repeats exactly, agreement can be told, and no error.
    alike = {metric: _alike(one) for metric, one in measured.items() if one.reliability.sem.value == 0}
    judged = {metric: one for metric, one in measured.items() if metric not in alike}
    return Retest(
        sessions=sessions,
        reliability=reliability_table(chosen, judged, lacking | alike),
        agreement=agreement_table(chosen, measured, lacking),
        found={metric: one.reliability for metric, one in judged.items()},
        lacking=lacking | alike,
        runs_each={metric: one.runs for metric, one in judged.items()},
        shifts={metric: one.agreement.bias for metric, one in measured.items() if one.agreement.shifted},
        trends={metric: one.agreement.trend for metric, one in measured.items() if one.agreement.trend},
        unjudged=frozenset(alike),
        pairs=_joined([_pairs(chosen, metric, one) for metric, one in measured.items()]),
        lines=_lines(chosen, measured),
    )


def _measured(chosen: Chosen, metric: str) -> Measured | str:
    """What test and retest say of a metric; in words why they say nothing."""
    sessions, confidence = chosen.retest, chosen.settings.confidence
    wide, runs, left_out = of_sessions(chosen.values, metric, sessions)
    if len(wide) < FEWEST:
        return (
            f"People with this number in all of the sessions {', '.join(sessions)}: {len(wide)}; "
            f"at least {FEWEST} are needed, and {FEW} before it says much."
        )
    try:
        found = reliability(wide.to_numpy(float), confidence)
    except KinebenchError as error:
        return str(error)
    agreed = agreement(wide[sessions[0]].to_numpy(float), wide[sessions[-1]].to_numpy(float), confidence)
    return Measured(wide, found, agreed, float(runs.to_numpy(float).mean()), left_out)


def _alike(measured: Measured) -> str:
    seen = "no difference seen but a common shift" if measured.agreement.shifted else "no difference seen"
    return f"{seen}: the measurement's steps are larger than its error, so that there is no SEM and no MDC."


def _joined(tables: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=PAIRS)


def _pairs(chosen: Chosen, metric: str, measured: Measured) -> pd.DataFrame:
    wide = measured.wide
    first, last = wide[chosen.retest[0]], wide[chosen.retest[-1]]
    values = chosen.values
    doubted = values[(values["metric"] == metric) & values["counted"] & (values["verdict"] == "doubtful")]
    people = set(doubted[doubted["session"].isin([chosen.retest[0], chosen.retest[-1]])]["person"])
    table = pd.DataFrame({"person": wide.index, "mean": (first + last).to_numpy() / 2})
    table["difference"] = (last - first).to_numpy()
    table["doubtful"] = table["person"].isin(people)
    return table.assign(metric=metric, unit=chosen.units[metric])[PAIRS]


def _lines(chosen: Chosen, measured: Mapping[str, Measured]) -> pd.DataFrame:
    rows = [
        (metric, chosen.units[metric], what, one.value, one.low, one.high)
        for metric, own in measured.items()
        for what, one in (
            ("bias", own.agreement.bias),
            ("lower limit", own.agreement.lower),
            ("upper limit", own.agreement.upper),
        )
    ]
    return pd.DataFrame(rows, columns=LINES)
