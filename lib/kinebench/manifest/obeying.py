"""What was tuned and saved for each clip in the workbench, beneath what the list says of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

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
    shelf, read = saved.Shelf(), _Read()
    merged, faults = [], []
    for row in rows:
        sha256 = digests.get(row.clip, "")
        path = shelf.find(PurePosixPath(row.clip.replace("\\", "/")).stem, sha256) if sha256 else None
        if path is None:
            merged.append(row)
            continue
        try:
            merged.append(_merged(row, read.file(path), path))
        except KinebenchError as error:
            faults.append(_fault(row, path, str(error)))
            merged.append(row)
    obedient = [row for row in merged if row.obeyed is not None]
    # Heights and ages that were saved may differ from the list's, and stretches end before they begin, only together.
    faults += [*checking.stretches(obedient, _HEADINGS), *checking.conflicts(merged, _HEADINGS)]
    return tuple(merged), table(faults)


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


def _merged(row: Row, found: saved.Saved, path: Path) -> Row:
    if found.task and found.task != row.task:
        raise KinebenchError(
            f"task must be {found.task}, for which it was saved, but got {row.task!r}. Correct the task, or move the "
            "file away."
        )
    # Whose recording it is, the list alone says: runs are named after it.
    own = {name: value for name, value in found.values.items() if name not in IDENTITY}
    values = saved.beneath(own, row.values) | dict(row.values)
    parameters.build(tasks.get(row.task).settings, values)
    return replace(row, values={name: value for name, value in values.items() if value is not None}, obeyed=path)


def _fault(row: Row, path: Path, message: str) -> Fault:
    """A fault that names the file, and the column where the message begins with one of the row's own."""
    names = (*row.values, "task", *OTHER_NAMES)
    word = message.partition(" ")[0]
    said = message if str(path) in message else f"{path}: {message}"
    return told(row.number, word if word in names else "", path.name, said)
