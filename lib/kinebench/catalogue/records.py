"""One folder of a run, or of a failure, as a record: what its JSON files say, or what is wrong with them."""

import json
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kinebench import tasks
from kinebench.quality import VERDICTS
from kinebench.tasks.person import IDENTIFIER

IDENTITY = ("participant", "session", "date", "label")
PERSON = ("group", "age_years", "sex", "condition")
# The columns of `metrics` that are no metric's.
KEPT = ("run", *IDENTITY, "task", *PERSON, "status", "verdict", "listed", "near_side")
COMPLETE, FAILED = "complete", "failed"
# Files of a run, and the column that tells where one lies.
PLACES = {"report": "report.html", "thumbnail": "thumbnail.jpg", "pdf": "report.pdf", "overlay": "overlay.mp4"}
NOTEBOOK = "error.ipynb"
_METRIC = "[a-z0-9_]+"
_BLANK: Mapping[str, Any] = dict.fromkeys(
    (*IDENTITY, "task", "verdict", "doubts", "stage", "message", "remedy", "finished", *PLACES, "notebook", "earlier"),
    "",
)


@dataclass(frozen=True)
class Measured:
    """A metric's value in one run and what it means there."""

    value: float
    unit: str
    definition: str
    source: str


@dataclass(frozen=True)
class Record:
    """One row of each table. row: the columns of `runs`; person: the details that `metrics` has besides.

    basis: what it rests on, as its file says.
    """

    row: dict[str, Any]
    person: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Measured] = field(default_factory=dict)
    basis: Any = None


class _Damaged(Exception):
    """What is wrong with a file of a run, as the sentence that the row says."""


def listing(folder: Path) -> list[str]:
    """Names in a folder; OSError where it cannot be read."""
    return os.listdir(folder)


def named_by_batches(folder: Path) -> frozenset[str] | None:
    """The runs that the batches' lists name; None where there is no list or one cannot be read: then nobody knows."""
    named: set[str] = set()
    try:
        lists = sorted(folder.glob("*.json"))
        for path in lists:
            named.update(map(_clean, _loaded(path)["runs"]))
    except (_Damaged, OSError, KeyError, TypeError, AttributeError):
        return None
    return frozenset(named) if lists else None


def with_listing(record: Record, name: str, named: frozenset[str] | None) -> Record:
    """Whether the run still belongs: a batch names it, or it is none of a batch's."""
    listed = named is None or not is_of_batch(name, record.row["task"]) or _clean(name) in named
    return replace(record, row={**record.row, "listed": listed})


def is_of_batch(name: str, task: str) -> bool:
    """Whether a folder is called as a batch calls its runs' folders.

    They end in task and digits, as in `P07_2_rowing_3f9a1c2e`; `provenance.run_id` puts two words between. Where a
    damaged record doesn't say the task, any of the known ones will do.
    """
    known = "|".join(map(re.escape, [task] if task else tasks.names()))
    return re.fullmatch(rf".+_({known})_[0-9a-f]{{8}}", name) is not None


def of_run(reports: Path, name: str) -> Record | None:
    """The record of the folder `name`; None where it holds no run.json."""
    try:
        files = set(listing(reports / name))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return _damaged(name, set(), f"The folder cannot be read ({error.strerror}).")
    if "run.json" not in files:
        return None
    row: dict[str, Any] = _row(name, files)
    try:
        said = _loaded(reports / name / "run.json")
        person = _described(row, said)
        told = _loaded(reports / name / "metrics.json") if "metrics.json" in files else None
        if told is None:
            raise _Damaged("metrics.json is not there.")
        person["near_side"] = _text(told, "near_side")
        return Record(row, person, _metrics(told), said.get("basis"))
    except _Damaged as damage:
        return _damaged(name, files, str(damage), row)


def of_failure(reports: Path, folder: str, name: str) -> Record | None:
    """The record of the failure `name`; None where it holds no failure.json."""
    home = reports / folder / name
    try:
        files = set(listing(home))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return _damaged(name, set(), f"The failure's folder cannot be read ({error.strerror}).")
    if "failure.json" not in files:
        return None
    row: dict[str, Any] = {**_row(name, set()), "status": FAILED}
    row["notebook"] = f"{folder}/{name}/{NOTEBOOK}" if NOTEBOOK in files else ""
    try:
        said = _loaded(home / "failure.json")
        row |= {column: _identifier(said, column) for column in IDENTITY}
        row |= {column: _text(said, column) for column in ("task", "stage", "message", "remedy", "finished")}
        person = _person(said)
    except _Damaged as damage:
        return _damaged(name, set(), str(damage), row)
    return Record(row, person, basis=said.get("basis"))


def latest(run: Record | None, failure: Record | None) -> Record | None:
    """Of a run and a failure of one name the one that counts; a failure keeps the way to the report from before.

    No clock is asked, as it may have been set. A run that succeeds removes its failure: where one is there, it is the
    later one, unless the batch was stopped in between, which shows by what both rest on.
    """
    if run is None or failure is None:
        return run or failure
    sound = run.row["status"] == COMPLETE
    if sound and same_basis(failure.basis, run.basis):
        return run
    identity = {column: failure.row[column] or run.row[column] for column in (*IDENTITY, "task")}
    earlier = run.row["report"] if sound else ""
    # What was not given is "" or NaN, which is unlike itself.
    person = {**run.person, **{name: said for name, said in failure.person.items() if said and said == said}}
    return replace(failure, row={**failure.row, **identity, "earlier": earlier}, person={**person, "near_side": ""})


def same_basis(one: Any, other: Any) -> bool:
    """Whether a run and a failure rest on the very same; where that is not told, they do not."""
    return bool(one) and one == other


def _row(name: str, files: set[str]) -> dict[str, Any]:
    places = {column: f"{name}/{file}" for column, file in PLACES.items() if file in files}
    return {**_BLANK, "run": _clean(name), "status": COMPLETE, "duration_s": math.nan, "listed": True, **places}


def _damaged(name: str, files: set[str], what: str, row: Mapping[str, Any] | None = None) -> Record:
    """A failed row that says what is damaged; the person's and the task's names where they could be read."""
    known = row or _row(name, files)
    kept = {column: known[column] for column in ("run", *IDENTITY, "task", "finished", "thumbnail", "notebook")}
    said = {"status": FAILED, "stage": "reading", "message": what}
    remedy = "Run the clip again with --force, or remove the folder."
    return Record({**_row(name, set()), **kept, **said, "remedy": remedy})


def _described(row: dict[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """Fill the row with what run.json says; returns the person's details."""
    given = said.get("parameters", {})
    if not isinstance(given, dict):
        raise _Damaged("run.json has no parameters.")
    row |= {column: _identifier(given, column) for column in IDENTITY}
    row |= {column: _text(said, column) for column in ("task", "verdict", "finished")}
    if said.get("status") != COMPLETE or row["verdict"] not in VERDICTS or not row["task"]:
        raise _Damaged("run.json does not say that the run is complete, its task and its verdict.")
    warnings = said.get("warnings", [])
    if not isinstance(warnings, list):
        raise _Damaged("run.json has warnings that are no list.")
    row["doubts"] = "; ".join(_clean(str(warning)) for warning in warnings)
    durations = said.get("durations_s", {})
    row["duration_s"] = _number(durations, "total") if isinstance(durations, dict) else math.nan
    return _person(given)


def _person(said: Mapping[str, Any]) -> dict[str, Any]:
    """What is told of a person; who was measured and whose recording failed alike, so that drop-outs can be counted."""
    return {
        "group": _identifier(said, "group"),
        "age_years": _number(said, "age_years"),
        "sex": _text(said, "sex"),
        "condition": _text(said, "condition"),
    }


def _metrics(told: Mapping[str, Any]) -> dict[str, Measured]:
    found = told.get("metrics")
    if not isinstance(found, dict) or not all(isinstance(entry, dict) for entry in found.values()):
        raise _Damaged("metrics.json has no metrics.")
    if not found.keys().isdisjoint(KEPT):
        raise _Damaged(f"metrics.json calls a metric {min(found.keys() & set(KEPT))}, as another column is called.")
    strange = [name for name in found if not re.fullmatch(_METRIC, name)]
    if strange:
        raise _Damaged(f"metrics.json calls a metric {_clean(strange[0])[:40]!r}, which is no metric's name.")
    return {
        name: Measured(
            _number(entry, "value"), _text(entry, "unit"), _text(entry, "definition"), _text(entry, "source")
        )
        for name, entry in found.items()
    }


def _loaded(path: Path) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            content = json.loads(file.read())
    except OSError as error:
        raise _Damaged(f"{path.name} cannot be read ({error.strerror}).") from None
    except (ValueError, RecursionError) as error:
        raise _Damaged(f"{path.name} is damaged ({str(error)[:120] or type(error).__name__}).") from None
    if not isinstance(content, dict):
        raise _Damaged(f"{path.name} is damaged (it holds no object).")
    return content


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    if value is not None and not isinstance(value, str):
        raise _Damaged(f"{name} must be text, but is {str(value)[:40]!r}.")
    return _clean(value or "")


def _identifier(said: Mapping[str, Any], name: str) -> str:
    """As checked when it was given; a record that came from elsewhere may hold anything, such as a formula."""
    value = _text(said, name)
    if value and not re.fullmatch(IDENTIFIER, value):
        raise _Damaged(f"{name} must be 1 to 32 letters, digits, _ or -, but is {value[:40]!r}.")
    return value


def _number(said: Mapping[str, Any], name: str) -> float:
    """A number, NaN where there is none."""
    value = said.get(name)
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > 1e300:
        raise _Damaged(f"{name} must be a number, but is {str(value)[:40]!r}.")
    return float(value)


def _clean(text: str) -> str:
    """Text that UTF-8 can hold: file names and JSON may bring halves of characters; no table is saved with those."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
