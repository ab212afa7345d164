"""How the numbers of a cohort are spread, session by session: one number a person, every run to be seen."""

import math
from dataclasses import dataclass, field

import pandas as pd

from kinebench.cohort.choosing import Chosen
from kinebench.cohort.ordering import session_means
from kinebench.cohort.shown import Table
from kinebench.words import label, unit

NO_SESSION = "no session"
# Quartiles of fewer people would be numbers made up between two of them: kinebench's own limit.
FEWEST_FOR_QUARTILES = 5
DRAWN = ["metric", "unit", "group", "person", "value", "verdict", "counted"]


@dataclass(frozen=True)
class Spread:
    """values: each run with a number, `group` its session (columns `DRAWN`); summary: a row a metric and session."""

    summary: Table
    values: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=DRAWN))


def spread(chosen: Chosen) -> Spread:
    """Median, quartiles, mean and SD of every metric in every session, over people; bad runs are drawn, not counted."""
    rows = []
    for metric in chosen.metrics:
        means = session_means(chosen.values, metric)
        drawn = chosen.values[chosen.values["metric"] == metric]
        for session in (*chosen.sessions, ""):
            here = drawn[drawn["session"] == session]
            if here.empty:
                continue
            rows.append(
                {
                    "metric": metric,
                    "unit": chosen.units[metric],
                    "session": session or NO_SESSION,
                    **described(means[means["session"] == session]["value"]),
                    "runs": int(here["counted"].sum()),
                    "doubtful_runs": int((here["counted"] & (here["verdict"] == "doubtful")).sum()),
                    "runs_not_counted": int((~here["counted"].astype(bool)).sum()),
                }
            )
    frame = pd.DataFrame(rows)
    shown = frame.rename(columns=lambda name: str(name).replace("_", " "))
    if rows:
        shown["metric"] = [label(str(row["metric"])) for row in rows]
        shown["unit"] = shown["unit"].map(unit)
    remarks = list(chosen.remarks) if rows else [*chosen.remarks, _lacking(chosen)]
    values = chosen.values.assign(
        unit=chosen.values["metric"].map(dict(chosen.units)), group=chosen.values["session"].replace("", NO_SESSION)
    )
    return Spread(Table(frame, shown, remarks), values[DRAWN])


def described(values: pd.Series) -> dict[str, object]:
    """How many people, and median, quartiles, mean and SD of their numbers.

    NaN: the SD of one, the quartiles of fewer than `FEWEST_FOR_QUARTILES`, all of none.
    """
    numbers = values.astype(float)
    enough = len(numbers) >= FEWEST_FOR_QUARTILES
    return {
        "people": len(numbers),
        "median": float(numbers.median()),
        "lower_quartile": float(numbers.quantile(0.25)) if enough else math.nan,
        "upper_quartile": float(numbers.quantile(0.75)) if enough else math.nan,
        "mean": float(numbers.mean()),
        "sd": float(numbers.std(ddof=1)),
    }


def _lacking(chosen: Chosen) -> str:
    if chosen.runs.empty:
        task = f" of {chosen.task}" if chosen.task else ""
        return f"There are no runs{task} here yet. Run `kinebench batch` or `kinebench run` first."
    return "No run has a number to show. See below what became of each."
