"""What was tuned and saved for each clip in the workbench, beneath what the list says of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from kinebench import parameters, saved, tasks
from kinebench.errors import KinebenchError
from kinebench.manifest import checking
from kinebench.manifest.columns import OTHER_NAMES
from kinebench.manifest.faults import Fault, table, told
from kinebench.manifest.rows import IDENTITY, Row

_HEADINGS = checking.Headings({})


def with_saved(rows: Sequence[Row], digests: Mapping[str, str]) -> tuple[tuple[Row, ...], pd.DataFrame]:
    """The rows with what was saved for their clips beneath their own values, and the faults of that as a table.

    digests: SHA-256 of each clip's content by `Row.clip`; a row without one is left as it is. So is a row with a fault,
    which names the file.
    """
    paths, read = _paths(rows, digests), _Read()
    people: dict[Path | None, set[str]] = {}
    for row, path in zip(rows, paths, strict=True):
        people.setdefault(path, set()).add(row.identity[0])
    merged, faults = [], []
    for row, path in zip(rows, paths, strict=True):
        if path is None:
            merged.append(row)
            continue
        try:
            merged.append(_merged(row, read.file(path), path, people[path]))
        except KinebenchError as error:
            faults.append(_fault(row, path, str(error)))
            merged.append(row)
    obedient = [row for row in merged if row.obeyed is not None]
    # Heights and ages that were saved may differ from the list's, and stretches end before they begin, only together.
    faults += [*checking.stretches(obedient, _HEADINGS), *checking.conflicts(merged, _HEADINGS)]
    return tuple(merged), table(faults)


def _paths(rows: Sequence[Row], digests: Mapping[str, str]) -> list[Path | None]:
    """Each row's parameter file; None where it has none, or its clip is not known."""
    shelf = saved.Shelf()
    stems = (PurePosixPath(row.clip.replace("\\", "/")).stem for row in rows)
    known = (digests.get(row.clip, "") for row in rows)
    return [shelf.find(stem, sha256) if sha256 else None for stem, sha256 in zip(stems, known, strict=True)]


class _Read:
    """Parameter files, each read once."""

    def __init__(self) -> None:
        self._known: dict[Path, saved.Saved | KinebenchError] = {}

    def file(self, path: Path) -> saved.Saved:
        if path not in self._known:
            try:
                self._known[path] = saved.load(path)
            except KinebenchError as error:
                self._known[path] = error
        found = self._known[path]
        if isinstance(found, KinebenchError):
            raise found
        return found


def _merged(row: Row, found: saved.Saved, path: Path, people: Collection[str]) -> Row:
    """people: of all rows that the file is beneath."""
    if found.task and found.task != row.task:
        raise KinebenchError(
            f"task must be {found.task}, for which it was saved, but got {row.task!r}. Correct the task, or move the "
            "file away."
        )
    # Whose recording it is, the list alone says: runs are named after it.
    fitting = saved.fitting(found.values, row.values, path)
    own = {name: value for name, value in fitting.items() if name not in IDENTITY}
    if len(people) > 1 and not found.values.get("participant"):
        _nobodys(own, row, path)
    values = own | dict(row.values)
    parameters.build(tasks.get(row.task).settings, values)
    return replace(row, values={name: value for name, value in values.items() if value is not None}, obeyed=path)


def _nobodys(own: Mapping[str, Any], row: Row, path: Path) -> None:
    """Raise where a file that several people share would give a row what is one person's."""
    whose = [name for name in saved.PERSONAL if own.get(name) not in (None, [], ()) and name not in row.values]
    if whose:
        instead = "" if "edits" in whose else ", or give them in the row"
        raise KinebenchError(
            f"participant must be given in the clip's parameter file where rows of several people have the clip, but "
            f"{path.name} holds {', '.join(whose)} and does not say whose. Save it with participant{instead}."
        )


def _fault(row: Row, path: Path, message: str) -> Fault:
    """A fault that names the file, and the column where the message begins with one of the row's own."""
    names = (*row.values, "task", *OTHER_NAMES)
    word = message.partition(" ")[0]
    said = message if str(path) in message else f"{path}: {message}"
    return told(row.number, word if word in names else "", path.name, said)
