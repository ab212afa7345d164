"""Each participant's change between two sessions, against the change that the measurement's error alone can give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from kinebench.cohort import judging
from kinebench.cohort.choosing import Chosen
from kinebench.cohort.correlations import FEWEST, Estimate
from kinebench.cohort.judging import DOWN, SURE, UNCERTAIN, UP, WITHIN, Threshold, judged, threshold
from kinebench.cohort.ordering import session_means
from kinebench.cohort.repeating import Retest
from kinebench.cohort.shown import Table
from kinebench.words import label, unit

ROWS = ["metric", "unit", "person", "before", "after", "change", "runs_before", "runs_after", "doubtful", "judgement"]
THRESHOLDS = ["metric", "unit", "mdc", "mdc_high", "source"]
COUNTED = {"within_error": WITHIN, "uncertain": UNCERTAIN, "increase": UP, "decrease": DOWN}


@dataclass(frozen=True)
class Change:
    """people: one row a metric and participant with both sessions, columns `ROWS`, sorted by change.

    thresholds: one row a metric, columns `THRESHOLDS`: `mdc` NaN where none is known, `mdc_high` NaN where its upper
    bound is not. summary: counts and the mean change of each metric, with what is lacking.
    """

    summary: Table
    people: Table
    thresholds: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=THRESHOLDS))


def change(chosen: Chosen, repeated: Retest) -> Change:
    """Changes from the first of the compared sessions to the second, judged by the MDC where there is one.

    The MDC is the one given in the settings, else that of `repeated`; without any, a change is shown and not judged.
    """
    if len(chosen.compared) != 2:
        count = len(chosen.sessions)
        said = chosen.on_compared or (
            f"Change needs two sessions of named participants, but the runs have {count}"
            f"{f' ({chosen.sessions[0]})' if count == 1 else ''}. "
            + ("Record the people once more, and run it." if count else "Give session in the list.")
        )
        empty = Table(pd.DataFrame(columns=ROWS), pd.DataFrame(), (said,))
        return Change(empty, empty)
    found = {metric: threshold(chosen, repeated, metric) for metric in chosen.metrics}
    tables, rows = [], []
    remarks = [chosen.on_compared] if chosen.on_compared else []
    for metric, limit in found.items():
        table, alone = _people(chosen, metric, limit)
        tables.append(table)
        rows.append(_summary(chosen, metric, table, alone, limit))
        runs = table[["runs_before", "runs_after"]].to_numpy(float)
        remarks += judging.remarks(chosen, repeated, metric, limit, runs)
    people = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=ROWS)
    limits = [
        (metric, chosen.units[metric], limit.mdc.value, limit.mdc.high, limit.source) for metric, limit in found.items()
    ]
    return Change(
        Table(pd.DataFrame(rows), _summary_shown(rows), remarks),
        Table(people, _people_shown(people, chosen.compared)),
        pd.DataFrame(limits, columns=THRESHOLDS),
    )


def _people(chosen: Chosen, metric: str, limit: Threshold) -> tuple[pd.DataFrame, int]:
    """One row a participant with both sessions, and how many have one of the two only."""
    before, after = chosen.compared
    means = session_means(chosen.values[chosen.values["participant"] != ""], metric)
    first = means[means["session"] == before].set_index("person").drop(columns="session")
    second = means[means["session"] == after].set_index("person").drop(columns="session")
    both = first.merge(second, left_index=True, right_index=True, suffixes=("_before", "_after")).reset_index()
    both = both.rename(columns={"value_before": "before", "value_after": "after"})
    both["change"] = both["after"] - both["before"]
    both["doubtful"] = both["doubtful_before"].astype(bool) | both["doubtful_after"].astype(bool)
    both["judgement"] = [judged(value, limit.mdc.value, limit.mdc.high) for value in both["change"]]
    both = both.assign(metric=metric, unit=chosen.units[metric]).sort_values(["change", "person"])
    return both[ROWS], len(first.index.union(second.index)) - len(both)


def _people_shown(people: pd.DataFrame, sessions: Sequence[str]) -> pd.DataFrame:
    before, after = sessions
    read = people.assign(metric=people["metric"].map(label), unit=people["unit"].map(unit))
    read["doubtful"] = np.where(people["doubtful"].astype(bool), "doubtful", "")
    read = read.rename(columns={"before": f"session {before}", "after": f"session {after}"})
    return read.rename(columns=lambda name: str(name).replace("_", " "))


def _summary(chosen: Chosen, metric: str, table: pd.DataFrame, alone: int, limit: Threshold) -> dict[str, object]:
    mean = mean_interval(table["change"].to_numpy(float), chosen.settings.confidence)
    counts = table["judgement"].value_counts()
    return {
        "metric": metric,
        "unit": chosen.units[metric],
        "people": len(table),
        "one_session_only": alone,
        "mean_change": mean.value,
        "mean_change_low": mean.low,
        "mean_change_high": mean.high,
        "mdc": limit.mdc.value,
        "mdc_low": limit.mdc.low,
        "mdc_high": limit.mdc.high,
        "mdc_people": limit.people,
        "mdc_false_share": limit.false_share,
        **{name: int(counts.get(word, 0)) if limit.known else None for name, word in COUNTED.items()},
    }


def _summary_shown(rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    few = any(isinstance(row["mdc_people"], int) and row["mdc_people"] < SURE for row in rows)
    shown = []
    for row in rows:
        told = {
            "metric": label(str(row["metric"])),
            "unit": unit(str(row["unit"])),
            "people": row["people"],
            "one session only": row["one_session_only"],
            "mean change": _bracketed(row, "mean_change"),
            "MDC": _bracketed(row, "mdc"),
            "people behind the MDC": row["mdc_people"],
        }
        if few:
            told["beyond it by error alone"] = _share(row)
        shown.append(told | {name.replace("_", " "): row[name] for name in COUNTED})
    return pd.DataFrame(shown, dtype=object)


def _share(row: Mapping[str, object]) -> object:
    share = float(str(row["mdc_false_share"]))
    return None if np.isnan(share) else f"{100 * share:.0f} %"


def mean_interval(values: np.ndarray, confidence: float) -> Estimate:
    """The mean of values of shape (n,) with its t interval; NaN without any, no interval below 3."""
    from scipy import stats

    if not len(values):
        return Estimate(float("nan"), float("nan"), float("nan"))
    mean = float(values.mean())
    if len(values) < FEWEST:
        return Estimate(mean, float("nan"), float("nan"))
    reach = float(stats.t.ppf((1 + confidence) / 2, len(values) - 1)) * float(values.std(ddof=1)) / np.sqrt(len(values))
    return Estimate(mean, mean - reach, mean + reach)


def _bracketed(row: Mapping[str, object], name: str) -> object:
    value, low, high = (float(str(row[name + end])) for end in ("", "_low", "_high"))
    return value if np.isnan(low) else Estimate(value, low, high)
