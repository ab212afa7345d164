"""What test and retest said, as tables that people read."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from kinebench.cohort.bland_altman import MANY, Agreement
from kinebench.cohort.choosing import Chosen
from kinebench.cohort.correlations import FEW, Estimate, Reliability
from kinebench.cohort.shown import Table, interval, per_cent
from kinebench.words import label, unit, unit_after


@dataclass(frozen=True)
class Measured:
    """A metric in test and retest.

    wide: a row a person with all the sessions, a column a session; runs: how many runs a number was the mean of, on
    average; left_out: how many people have the number in some of the sessions only.
    """

    wide: pd.DataFrame
    reliability: Reliability
    agreement: Agreement
    runs: float
    left_out: int


def nothing(said: str) -> Table:
    """A table that only says why it is empty."""
    return Table(pd.DataFrame(), pd.DataFrame(), (said,))


def reliability_table(chosen: Chosen, measured: Mapping[str, Measured], lacking: Mapping[str, str]) -> Table:
    """ICC, SEM and MDC, a row a metric."""
    level = f"{100 * chosen.settings.confidence:g}"
    frame = pd.DataFrame([_flat(metric, chosen.units[metric], one) for metric, one in measured.items()])
    rows = [
        {
            "metric": label(metric),
            "unit": unit(chosen.units[metric]),
            "people": of.reliability.n,
            "left out, not in all sessions": of.left_out,
            "runs a session": of.runs,
            "ICC(2,1) agreement": of.reliability.agreement,
            "ICC(3,1) consistency": of.reliability.consistency,
            "SEM, residual (without a common shift)": of.reliability.sem,
            "SEM, SD√(1 − ICC)": of.reliability.sem_from_icc,
            f"MDC{level}": of.reliability.mdc,
            "remark": _doubt(chosen, metric, of),
        }
        for metric, of in measured.items()
    ]
    remarks = [f"Sessions {', '.join(chosen.retest)}; in brackets {level} % confidence intervals."]
    if any(of.runs > 1 for of in measured.values()):
        remarks.append("Where a session has several runs, their mean is the one measurement that all this is about.")
    remarks += [f"{label(metric)}: {why}" for metric, why in lacking.items()]
    return Table(frame, pd.DataFrame(rows), remarks)


def _flat(metric: str, unit: str, of: Measured) -> dict[str, object]:
    one = of.reliability
    row: dict[str, object] = {"metric": metric, "unit": unit, "people": one.n, "people_left_out": of.left_out}
    row |= {"sessions": one.k, "runs_each": of.runs, "mean": one.mean, "sd": one.sd, "sem_from_icc": one.sem_from_icc}
    named = {"icc_2_1": one.agreement, "icc_3_1": one.consistency, "sem": one.sem, "mdc": one.mdc}
    for name, estimate in named.items():
        row |= _bounds(name, estimate)
    return row


def _bounds(name: str, one: Estimate | None) -> dict[str, object]:
    values = (one.value, one.low, one.high) if one else (None, None, None)
    return dict(zip((name, f"{name}_low", f"{name}_high"), values, strict=True))


def _doubt(chosen: Chosen, metric: str, of: Measured) -> str:
    said = []
    if of.reliability.n < FEW:
        said.append(f"only {of.reliability.n} people: read the intervals, not the numbers")
    if of.reliability.agreement.value < 0:
        said.append("people differ less than the measurements of one person: read the ICC as 0")
    if of.agreement.shifted:
        shift = f"{interval(of.agreement.bias)}{unit_after(chosen.units[metric])}"
        said.append(f"everybody shifted by {shift}, perhaps by practice: SEM and MDC do not contain this")
    return "; ".join(said)


def agreement_table(chosen: Chosen, measured: Mapping[str, Measured], lacking: Mapping[str, str]) -> Table:
    """Bias and limits of agreement, a row a metric."""
    level, first, last = per_cent(chosen.settings.confidence), chosen.retest[0], chosen.retest[-1]
    agreed = {metric: of.agreement for metric, of in measured.items()}
    frame = pd.DataFrame([_agreed(metric, chosen.units[metric], one) for metric, one in agreed.items()])
    shown = pd.DataFrame(
        [
            {
                "metric": label(metric),
                "unit": unit(chosen.units[metric]),
                "people": one.n,
                f"bias, {last} less {first}": interval(one.bias),
                "lower limit": interval(one.lower),
                "upper limit": interval(one.upper),
                "does it change with the mean?": one.trend or _no_trend(one),
            }
            for metric, one in agreed.items()
        ]
    )
    remarks = [f"Between the limits {level} of differences are expected; in brackets {level} confidence intervals."]
    return Table(frame, shown, remarks + [f"{label(metric)}: {why}" for metric, why in lacking.items()])


def _agreed(metric: str, unit: str, one: Agreement) -> dict[str, object]:
    row: dict[str, object] = {"metric": metric, "unit": unit, "people": one.n, **_bounds("bias", one.bias)}
    row |= {"sd_of_differences": one.sd, **_bounds("lower_limit", one.lower), **_bounds("upper_limit", one.upper)}
    row |= {**_bounds("slope_on_mean", one.slope), **_bounds("spreading_on_mean", one.spreading)}
    return row | {"trend": one.trend}


def _no_trend(one: Agreement) -> str:
    return "Too few people to tell." if one.n < MANY else "No change with the mean was found."
