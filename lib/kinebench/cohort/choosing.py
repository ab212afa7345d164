"""From a batch's tables to the runs and metrics that are looked at, each with whether it counts, and why not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

import pandas as pd

from kinebench import tasks
from kinebench.cohort import ordering, sides
from kinebench.cohort.settings import LEFT_OUT, Cohort, names
from kinebench.errors import KinebenchError

TOLD = ["group", "sex", "condition"]
PEOPLE = ["run", "status", *TOLD, "near_side"]
VALUES = [
    "metric", "run", "participant", "person", "session", "date", "label", *TOLD, "verdict", "counted", "value",
]  # fmt: skip


@dataclass(frozen=True)
class Chosen:
    """What is looked at.

    runs: one row a run or failure of the task: the catalogue's columns, `TOLD`, `near_side`, `counted` (bool: whether
    its numbers are in the statistics) and `why` (why not, else ""). values: one row a number: columns `VALUES`;
    `person` is the participant, and the run itself where none was named. units: metric -> unit. sessions: in their
    order in time, where something tells it; retest, compared: the sessions so named or found, () where there are none;
    on_compared: how the compared ones were found, or why not, "" where they were named.
    """

    settings: Cohort
    task: str
    metrics: tuple[str, ...]
    units: Mapping[str, str]
    runs: pd.DataFrame
    values: pd.DataFrame
    sessions: tuple[str, ...] = ()
    compared: tuple[str, ...] = ()
    on_compared: str = ""
    retest: tuple[str, ...] = ()
    remarks: tuple[str, ...] = field(default=())


def choose(runs: pd.DataFrame, metrics: pd.DataFrame, dictionary: pd.DataFrame, settings: Cohort) -> Chosen:
    """The runs of one task with the chosen metrics, from the tables that `catalogue.read` gives.

    Bad, failed and left-over runs stay in the table and count in no statistic; empty tables give an empty choice.
    Raises KinebenchError where a metric or session is named that no run of the task has.
    """
    task, remarks = _task(runs, settings)
    own = runs[(runs["task"] == task).to_numpy(bool)].reset_index(drop=True)
    numbers = metrics[(metrics["task"] == task).to_numpy(bool)]
    found = _metrics(numbers, dictionary, settings, task)
    own = own.merge(numbers[PEOPLE].drop_duplicates(["run", "status"]), on=["run", "status"], how="left")
    own[TOLD] = _steady(own)[TOLD]
    own["near_side"] = own["near_side"].fillna("").astype(str)
    own["why"] = _why_not(own, settings)
    own["counted"] = own["why"] == ""
    sessions, how = ordering.in_order(own[own["listed"].astype(bool)])
    compared, on_compared = _compared(settings, sessions, how)
    retest = _named(settings.test_retest, sessions, "test_retest")
    on_sides = sides.remarks(own, compared, retest)
    meanings = dictionary[dictionary["tasks"].map(lambda of: task in str(of).split("; ")).astype(bool)]
    units = _units(meanings, found)
    return Chosen(
        settings=settings,
        task=task,
        metrics=found,
        units=units,
        runs=own,
        values=_values(own, numbers, found),
        sessions=sessions,
        compared=compared,
        on_compared=on_compared,
        retest=retest,
        remarks=(
            *remarks,
            *([on_compared] if on_compared else []),
            *_on_people(own),
            *on_sides,
            *_on_meanings(meanings, found),
        ),
    )


def _task(runs: pd.DataFrame, settings: Cohort) -> tuple[str, list[str]]:
    """The task looked at, and what is to be said of the choice."""
    named = runs[runs["task"].astype(bool)]
    measured = named[(named["status"] == "complete") & named["listed"].astype(bool)]
    # A task of which nothing is left to be shown is shown only where there is no other.
    counts = (named if measured.empty else measured)["task"].value_counts()
    if settings.task or counts.empty:
        return settings.task, []
    # A tie goes by the alphabet, not by the order of the rows.
    most = min(str(name) for name in counts.index[counts == counts.max()])
    if len(counts) == 1:
        return most, []
    others = ", ".join(f"{name} ({count})" for name, count in sorted(counts.items()))
    return most, [f"Of several tasks, {others} runs, the one with most is shown. Name another in task."]


def _metrics(numbers: pd.DataFrame, dictionary: pd.DataFrame, settings: Cohort, task: str) -> tuple[str, ...]:
    """The columns looked at: those named, or those of the task's headline that some run has."""
    wanted = names(settings.metric)
    if numbers.empty:
        return wanted
    known = [str(name) for name in dictionary["column"] if name in numbers and numbers[name].notna().any()]
    if not wanted:
        return tuple(name for name in tasks.get(task).presentation.headline if name in known)
    for name in wanted:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"Did you mean {close[0]}?" if close else f"There are {', '.join(known) or 'none'}."
            raise KinebenchError(f"metric must name numbers that runs of {task} have, but got {name!r}. {hint}")
    return wanted


def _units(meanings: pd.DataFrame, metrics: tuple[str, ...]) -> dict[str, str]:
    """metric -> its unit; numbers in two units have no common mean."""
    units = {}
    for metric in metrics:
        known = sorted({str(unit) for unit in meanings["unit"][meanings["column"] == metric].fillna("")})
        if len(known) > 1:
            raise KinebenchError(
                f"{metric} must have one unit in all runs, but is in {' and '.join(name or 'none' for name in known)}. "
                "Run them again with one version, or name another metric."
            )
        units[metric] = known[0] if known else ""
    return units


def _compared(settings: Cohort, sessions: tuple[str, ...], how: str) -> tuple[tuple[str, ...], str]:
    """The sessions whose change is looked at, and how they were found. A guess could give every change a wrong sign."""
    named = _named(settings.sessions, sessions, "sessions")
    if named or len(sessions) < 2:
        return named, ""
    if not how:
        return (), (
            f"Neither dates nor numbers tell which of the sessions {', '.join(sessions)} came first, so that no change "
            "is computed: name them in sessions, the earlier one first."
        )
    first, last = sessions[0], sessions[-1]
    return (first, last), f"Change is from session {first} to session {last}: the first and the last {how}."


def _named(written: str, sessions: tuple[str, ...], argument: str) -> tuple[str, ...]:
    """Sessions that were named, each of which some run must have; in an empty cohort nothing can be asked of them."""
    wanted = names(written)
    unknown = [name for name in wanted if name not in sessions]
    if unknown and sessions:
        raise KinebenchError(
            f"{argument} must name sessions of the task's runs, but got {', '.join(unknown)}. "
            f"There are {', '.join(sessions)}."
        )
    return wanted


def _steady(runs: pd.DataFrame) -> pd.DataFrame:
    """What each run's participant is told to be: what any of the runs says, "" where they contradict each other."""
    told = runs[["participant", *TOLD]].fillna("").astype(str)
    for column in TOLD:
        each = {who: _only(set(said) - {""}) for who, said in told.groupby("participant")[column]}
        told[column] = [each[who] if who else own for who, own in zip(told["participant"], told[column], strict=True)]
    return told


def _only(said: set[str]) -> str:
    return next(iter(said)) if len(said) == 1 else ""


def _why_not(runs: pd.DataFrame, settings: Cohort) -> pd.Series:
    """Why a row counts in no statistic; "" where it does. The first reason that holds is the one given."""
    why = pd.Series("", index=runs.index, dtype=object)
    failed = runs["status"] == "failed"
    if settings.doubtful == LEFT_OUT:
        why[runs["verdict"] == "doubtful"] = "doubtful, and doubtful runs are left out"
    why[runs["verdict"] == "bad"] = "bad recording"
    why[failed] = "failed"
    why[~runs["listed"].astype(bool)] = "no list of a batch names it any more"
    return why


def _values(runs: pd.DataFrame, numbers: pd.DataFrame, metrics: tuple[str, ...]) -> pd.DataFrame:
    """One row a number of a finished run that is no left-over: what is drawn, whether it counts or not."""
    drawn = runs[(runs["status"] == "complete") & runs["listed"].astype(bool)]
    drawn = drawn.assign(person=drawn["participant"].where(drawn["participant"] != "", drawn["run"]))
    wide = drawn.merge(numbers[["run", "status", *metrics]] if metrics else numbers[["run", "status"]])
    known = [name for name in VALUES if name not in ("metric", "value")]
    long = wide.melt(id_vars=known, value_vars=list(metrics), var_name="metric", value_name="value")
    long["value"] = pd.to_numeric(long["value"]).astype(float)
    return long.dropna(subset=["value"])[VALUES].reset_index(drop=True)


def _on_people(runs: pd.DataFrame) -> list[str]:
    nameless = int(((runs["participant"] == "") & (runs["status"] == "complete")).sum())
    if not nameless:
        return []
    return [
        f"{nameless} of the runs name no participant: each counts as a person of its own in distributions and groups, "
        "and is in nothing that compares sessions."
    ]


def _on_meanings(meanings: pd.DataFrame, metrics: tuple[str, ...]) -> list[str]:
    """A warning for every metric that the runs don't define alike: made by different versions, they don't compare."""
    counted = meanings["column"].value_counts()
    return [
        f"The runs define {name} in {counted[name]} ways (see metrics.dictionary.csv). Run them again with one version."
        for name in metrics
        if counted.get(name, 0) > 1
    ]
