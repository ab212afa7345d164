"""Rows of a list: each cell read by itself, each clip found, and what is wrong with any of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from kinebench.errors import KinebenchError
from kinebench.manifest import cells
from kinebench.manifest.clips import Clips
from kinebench.manifest.columns import CLIP, FILES, TASK, Column, fields
from kinebench.manifest.faults import Fault, told
from kinebench.manifest.grid import Cell, Grid, given, some
from kinebench.tasks import names

REFERENCE_FILE = ".yaml"
IDENTITY = ("participant", "session", "date", "label")


@dataclass(frozen=True)
class Row:
    """One clip of a batch.

    number: of the row as the spreadsheet shows it; clip: whole path or URL; name: as the list writes it; values:
    parameters as `parameters.build` takes them, without those that are not given; obeyed: the clip's parameter file,
    which some of them come from.
    """

    number: int
    clip: str
    name: str
    task: str
    values: Mapping[str, Any]
    obeyed: Path | None = None

    @cached_property
    def identity(self) -> tuple[str, str, str, str, str]:
        """Participant, session, date, task and label; empty where they are not given."""
        participant, session, date, label = (str(self.values.get(name) or "") for name in IDENTITY)
        return participant, session, date, self.task, label


class Reader:
    """Reads rows of one list. What stands in many cells is understood once."""

    def __init__(self, grid: Grid, columns: Sequence[Column], clips: Clips, task: str = "") -> None:
        self._divided_by, self._clips, self._task = grid.divided_by, clips, task
        self._own = {column.name: column for column in columns if column.name in (CLIP, TASK)}
        self._columns = [column for column in columns if column.name not in self._own]
        self._seen: dict[tuple[str, str, type, Cell], Any] = {}

    def row(self, number: int, line: Sequence[Cell]) -> tuple[Row, list[Fault]]:
        """A row with all that could be read of it, and its faults; what could not be read is empty or left out."""
        faults: list[Fault] = []
        task = self._cell(number, line, TASK, cells.task, self._task, faults)
        name = self._cell(number, line, CLIP, lambda cell: cells.text(CLIP, cell), "", faults)
        values: dict[str, Any] = {}
        for column in self._columns:
            cell = line[column.place] if column.place < len(line) else None
            try:
                value = self._value(task, column.name, cell)
            except KinebenchError as error:
                faults.append(told(number, column.heading, cell, str(error)))
            else:
                if value is not None:
                    values[column.name] = value
        if any(column.name == "participant" for column in self._columns):
            faults += self._nobody(number, line, values)
        try:
            clip = self._clips.find(name) if name else ""
        except KinebenchError as error:
            clip = ""
            faults.append(told(number, self._own[CLIP].heading, name, str(error)))
        return Row(number, clip, name, task, values), faults

    def _cell(self, number: int, line: Sequence[Cell], name: str, read: Any, ordinary: str, faults: list[Fault]) -> str:
        """What the cell of the clip or the task says; empty where it is faulty."""
        column = self._own.get(name)
        if column is None:
            return ordinary
        cell = line[column.place] if column.place < len(line) else None
        try:
            if given(cell):
                return str(read(cell))
            if ordinary:
                return ordinary
            raise KinebenchError(f"{name} must be given, but got nothing. Fill in the cell, or delete the row.")
        except KinebenchError as error:
            faults.append(told(number, column.heading, cell, str(error)))
            return ""

    def _nobody(self, number: int, line: Sequence[Cell], values: Mapping[str, Any]) -> list[Fault]:
        """A fault where no participant is given; one that is wrong has been told already."""
        column = next(column for column in self._columns if column.name == "participant")
        cell = line[column.place] if column.place < len(line) else None
        if "participant" in values or given(cell):
            return []
        message = "participant must be given, but got nothing. Write a pseudonym of who was filmed, such as P07."
        return [told(number, column.heading, cell, message)]

    def _value(self, task: str, name: str, cell: Cell) -> Any:
        """The value of a cell; one that has been seen before is not read again."""
        if not some(cell):
            return None
        # 1, 1.0 and True are the same key of a mapping, but not the same value.
        key = (task, name, type(cell), cell)
        if key not in self._seen:
            try:
                self._seen[key] = self._read(task, name, cell)
            except KinebenchError as error:
                self._seen[key] = error
        found = self._seen[key]
        if isinstance(found, KinebenchError):
            raise found
        return found

    def _read(self, task: str, name: str, cell: Cell) -> Any:
        # Where the task itself is faulty, a cell is what any task takes it for.
        known = next((own[name] for own in map(fields, (task,) if task else names()) if name in own), None)
        if known is None and not given(cell):
            return None
        if known is None:
            raise KinebenchError(f"{name} is not a parameter of {task}. Leave the cell empty in this row.")
        value = cells.value(name, known, cell, self._divided_by)
        if name in FILES and (name != "reference" or value.endswith(REFERENCE_FILE)):
            return self._clips.find(value, name)
        return value
