"""Records as tables: the runs, their metrics, and the dictionary of what each metric means."""

import math
from collections.abc import Sequence

import pandas as pd

from kinebench import tasks
from kinebench.catalogue.records import IDENTITY, KEPT, Measured, Record

SORTED_BY = ("participant", "session", "date", "task", "label", "run")
RUNS = (
    *("run", *IDENTITY, "task", "status", "verdict", "doubts", "stage", "message", "remedy", "finished", "duration_s"),
    *("report", "thumbnail", "listed", "pdf", "overlay", "notebook", "earlier"),
)
DICTIONARY = ("column", "unit", "definition", "source", "tasks")
# The columns of `metrics` that are no metric's: unit and meaning.
SHARED = {
    "run": ("", "The run's folder below the reports folder."),
    "participant": ("", "Who was filmed, as the list or the call says. Text: read it as such (01 is not 1)."),
    "session": ("", "The occasion, as the list or the call says. Text: read it as such (01 is not 1)."),
    "date": ("", "Day of the recording, YYYY-MM-DD."),
    "label": ("", "What tells runs of one session apart, such as the trial. Text."),
    "task": ("", "Which of kinebench's tasks the run measured."),
    "group": ("", "The study's group that the person belongs to, as the list or the call says. Text."),
    "age_years": ("years", "Age that was given."),
    "sex": ("", "Sex that was given: female or male."),
    "condition": ("", "Condition or diagnosis that was given."),
    "status": ("", "complete, or failed: then every metric is missing."),
    "verdict": ("", "The run's own judgement of its recording: good, doubtful or bad; empty for a failed run."),
    "listed": ("", "False for a left-over, which comes from a batch whose list names it no more."),
    "near_side": ("", "The side that faced the camera: left or right; empty for a failed run."),
}
AS_TEXT = "Read text with pandas.read_csv(..., dtype=str) for these columns, or read metrics.parquet, which keeps it."
_NUMBERS, _TRUTHS = ("duration_s", "age_years"), ("listed",)


def runs(records: Sequence[Record]) -> pd.DataFrame:
    """One row a record, with the columns `RUNS`."""
    return pd.DataFrame({name: _column(name, [record.row[name] for record in records]) for name in RUNS})


def metrics(records: Sequence[Record]) -> pd.DataFrame:
    """One row a record: the columns `KEPT`, then one column a metric, the tasks' metrics beside each other."""
    columns = {}
    for name in KEPT:
        values = [record.row.get(name, record.person.get(name)) for record in records]
        columns[name] = _column(name, values)
    for name in _names(records):
        values = [record.metrics[name].value if name in record.metrics else math.nan for record in records]
        columns[name] = pd.Series(values, dtype=float)
    return pd.DataFrame(columns)


def dictionary(records: Sequence[Record]) -> pd.DataFrame:
    """One row a meaning of a column: what two tasks, or two versions, don't mean alike has a row for each meaning."""
    meanings: dict[str, dict[tuple[str, str, str], set[str]]] = {name: {} for name in _names(records)}
    for record in _by_task(records):
        for name, one in record.metrics.items():
            meanings[name].setdefault(_meaning(one), set()).add(record.row["task"])
    rows = [
        (name, *meaning, "; ".join(sorted(of, key=_place)))
        for name, found in meanings.items()
        for meaning, of in found.items()
    ]
    return pd.DataFrame(rows, columns=list(DICTIONARY), dtype="str")


def shared() -> pd.DataFrame:
    """The dictionary's rows for the columns that every run has, whatever its task."""
    text = ("participant", "session", "label", "group")
    rows = [
        (name, unit, f"{said} {AS_TEXT}" if name in text else said, "", "every task")
        for name, (unit, said) in SHARED.items()
    ]
    return pd.DataFrame(rows, columns=list(DICTIONARY), dtype="str")


def units(records: Sequence[Record]) -> dict[tuple[str, str], str]:
    """(run, metric) -> its unit there, of the metrics that are not in one unit throughout."""
    found: dict[str, set[str]] = {}
    for record in records:
        for name, one in record.metrics.items():
            found.setdefault(name, set()).add(one.unit)
    mixed = {name for name, own in found.items() if len(own) > 1}
    return {
        (record.row["run"], name): one.unit
        for record in records
        for name, one in record.metrics.items()
        if name in mixed
    }


def _meaning(one: Measured) -> tuple[str, str, str]:
    return one.unit, one.definition, one.source


def _names(records: Sequence[Record]) -> list[str]:
    """Every metric once, by the tasks' order and then as their runs have them."""
    found: dict[str, None] = {}
    for record in _by_task(records):
        found |= dict.fromkeys(record.metrics)
    return list(found)


def _by_task(records: Sequence[Record]) -> list[Record]:
    return sorted(records, key=lambda record: _place(record.row["task"]))


def _place(task: str) -> tuple[int, str]:
    """Known tasks in their own order, others behind."""
    known = tasks.names()
    return (known.index(task) if task in known else len(known)), task


def _column(name: str, values: list) -> pd.Series:
    if name in _NUMBERS:
        return pd.Series([math.nan if value is None else value for value in values], dtype=float)
    if name in _TRUTHS:
        return pd.Series(values, dtype=bool)
    return pd.Series([value or "" for value in values], dtype="str")
