"""Groups of people beside each other: how each is spread, and how far apart they are, with an interval."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from kinebench.cohort import comparing
from kinebench.cohort.choosing import Chosen
from kinebench.cohort.correlations import Estimate
from kinebench.cohort.distributions import described
from kinebench.cohort.shown import Table
from kinebench.words import label, unit

UNKNOWN = "not given"


@dataclass(frozen=True)
class Groups:
    """values: one row a person and group (metric, unit, group, person, value, verdict, counted); the tables of them."""

    summary: Table
    differences: Table
    values: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(
            columns=["metric", "unit", "group", "person", "value", "verdict", "counted"]
        )
    )


def groups(chosen: Chosen) -> Groups:
    """Every metric by the column named in `by`: one number a person, of the first of the compared sessions.

    Differences of means: Welch's interval for two groups (unequal variances), Games and Howell's simultaneous ones for
    more; where most people of two groups are the same (as with `label`), the t interval of their own differences, and
    Bonferroni's correction for all pairs.
    """
    by, settings = chosen.settings.by, chosen.settings
    if by == "none":
        empty = Table(
            pd.DataFrame(), pd.DataFrame(), ("No groups are asked for. Name group, sex, condition or label in by.",)
        )
        return Groups(empty, empty)
    if chosen.values.empty:
        empty = Table(pd.DataFrame(), pd.DataFrame(), ("No run has a number to compare.",))
        return Groups(empty, empty)
    values, session = _of_one_session(chosen)
    values = values.assign(group=values[by].fillna("").astype(str).replace("", UNKNOWN))
    means = _means(values[values["counted"].astype(bool)])
    rows, differences, remarks = [], [], [*session]
    for metric in chosen.metrics:
        own = means[means["metric"] == metric]
        split = {str(name): part.set_index("person")["value"] for name, part in own.groupby("group")}
        for name in sorted(split, key=lambda name: (name == UNKNOWN, name)):
            rows.append({"metric": metric, "unit": chosen.units[metric], "group": name, **described(split[name])})
        found, said = _differences(metric, split, settings.confidence)
        differences += [{"unit": chosen.units[metric], **one} for one in found]
        remarks += said
    level = f"{100 * settings.confidence:g} %"
    return Groups(
        _table(rows, (*session, "One number a person, the mean of their runs.")),
        _differences_table(differences, level, remarks),
        _drawn(chosen, values),
    )


def _of_one_session(chosen: Chosen) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The numbers of one session, so that nobody counts twice."""
    if not chosen.compared:
        several = "As no two sessions are compared, a person's number is the mean of all their sessions."
        return chosen.values, (several,) if len(chosen.sessions) > 1 else ()
    session = chosen.compared[0]
    here = chosen.values[chosen.values["session"] == session]
    return here, (f"Groups are compared in session {session}, the first of the two compared.",)


def _means(values: pd.DataFrame) -> pd.DataFrame:
    return values.groupby(["metric", "group", "person"])["value"].mean().reset_index()


def _drawn(chosen: Chosen, values: pd.DataFrame) -> pd.DataFrame:
    units = values["metric"].map(dict(chosen.units))
    return values.assign(unit=units)[["metric", "unit", "group", "person", "value", "verdict", "counted"]]


def _differences(
    metric: str, split: Mapping[str, pd.Series], confidence: float
) -> tuple[list[dict[str, object]], list[str]]:
    """Differences of the groups' means two by two, and what could not be compared."""
    known = sorted(name for name in split if name != UNKNOWN)
    if len(known) < 2:
        return [], [f"{label(metric)}: fewer than two groups are known, so that there is nothing to compare."]
    found, said = comparing.differences(split, known, confidence)
    return [_row(metric, one) for one in found], [f"{label(metric)}: {one}" for one in said]


def _row(metric: str, one: comparing.Difference) -> dict[str, object]:
    return {
        "metric": metric,
        "difference": f"{one.second} less {one.first}",
        "people": one.people,
        "mean_difference": one.gap.value,
        "low": one.gap.low,
        "high": one.gap.high,
        "method": one.method,
    }


def _table(rows: list[dict[str, object]], remarks: tuple[str, ...]) -> Table:
    frame = pd.DataFrame(rows)
    shown = frame.rename(columns=lambda name: str(name).replace("_", " "))
    if rows:
        shown["metric"] = [label(str(row["metric"])) for row in rows]
        shown["unit"] = shown["unit"].map(unit)
    return Table(frame, shown, remarks)


def _differences_table(rows: list[dict[str, object]], level: str, remarks: list[str]) -> Table:
    shown = pd.DataFrame(
        [
            {
                "metric": label(str(row["metric"])),
                "difference of means": row["difference"],
                "people": row["people"],
                "value": _estimate(row),
                "unit": unit(str(row["unit"])),
                "interval": row["method"],
            }
            for row in rows
        ]
    )
    more = [f"In brackets {level} confidence intervals."] if rows else []
    return Table(pd.DataFrame(rows), shown, [*more, *remarks])


def _estimate(row: Mapping[str, object]) -> object:
    value, low, high = (float(str(row[name])) for name in ("mean_difference", "low", "high"))
    return value if np.isnan(low) else Estimate(value, low, high)
