"""What the columns of a list are: the clip, the task, and any parameter that one of the tasks has."""

import dataclasses
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from kinebench import parameters, tasks
from kinebench.manifest.faults import Fault, told
from kinebench.manifest.grid import Grid, given, heading, letters
from kinebench.parameters.checks import kinds

CLIP, TASK = "clip", "task"
REQUIRED = (CLIP, TASK, "participant")
OTHER_NAMES = {"age": "age_years", "side": "near_side"}
REMARKS = "notes"
# What people call things who have not read ours: only told, as a unit or a meaning may be another.
MEANT = {
    **dict.fromkeys(("weight", "weight_kg", "body_mass", "mass"), "mass_kg"),
    **dict.fromkeys(("height", "height_cm", "stature"), "height_m"),
    **dict.fromkeys(("id", "patient", "subject", "person", "name"), "participant"),
    **dict.fromkeys(("video", "file", "filename"), "clip"),
    **dict.fromkeys(("visit", "timepoint"), "session"),
    **dict.fromkeys(("trial", "repetition"), "label"),
}
FILES = ("weights", "detector", "recording", "reference")
"""Parameters that name a file of the user's; a reference does so where it ends in .yaml."""


@dataclass(frozen=True)
class Column:
    """heading: as it is written; name: clip, task or a parameter; place: from the left, from 0."""

    heading: str
    name: str
    place: int


@dataclass(frozen=True)
class Field:
    """A parameter of a task: its group's class, its dataclass field and its type."""

    group: type
    field: dataclasses.Field
    kind: Any


@lru_cache
def fields(task: str) -> Mapping[str, Field]:
    """Every parameter of a task by its name."""
    return {
        field.name: Field(group, field, kinds(group)[field.name])
        for group in parameters.groups(tasks.get(task).settings).values()
        for field in dataclasses.fields(group)
    }


@lru_cache
def needed(task: str) -> tuple[type, ...]:
    """The groups of a task that cannot be made without values."""
    found = (own.group for own in fields(task).values() if own.field.default is dataclasses.MISSING)
    return tuple(dict.fromkeys(found))


@lru_cache
def known() -> tuple[str, ...]:
    """Every name that a column can have."""
    return tuple(dict.fromkeys((CLIP, TASK, *OTHER_NAMES, *(name for task in tasks.names() for name in fields(task)))))


def understood(grid: Grid, filled: Collection[str] = ()) -> tuple[tuple[Column, ...], list[Fault]]:
    """The columns of a list that mean something, and what is wrong with its headings.

    filled: names that need no column, as their value is the same for all rows.
    """
    columns, faults = [], []
    for place, written in enumerate(grid.headings):
        name = heading(written)
        if written.startswith("#") or name == REMARKS:
            continue
        if not name:
            faults += _unnamed(grid, place)
        elif name not in known():
            faults.append(told(grid.head, written, written, _unknown(written, name)))
        else:
            columns.append(Column(written, OTHER_NAMES.get(name, name), place))
    faults += _beyond(grid)
    times = Counter(column.name for column in columns)
    doubled = [column for column in columns if times[column.name] > 1]
    faults += [
        told(
            grid.head,
            column.heading,
            column.heading,
            f"{column.name} must have one column, but has {times[column.name]}. Leave one of them.",
        )
        for column in doubled
    ]
    lacking = [name for name in REQUIRED if name not in times and name not in filled]
    faults += [
        told(grid.head, name, None, f"LIST must have a column {name}, but has none. {_ADVICE[name]}")
        for name in lacking
    ]
    # Of two columns of one name neither is taken: nobody knows which one is meant.
    return tuple(column for column in columns if times[column.name] == 1), faults


_ADVICE = {
    CLIP: "Write the name of each row's video file there.",
    TASK: "Write each row's task there, or give one for all rows with --task.",
    "participant": "Write a pseudonym of who was filmed there, such as P07.",
}


def _unknown(written: str, name: str) -> str:
    close = [MEANT[name]] if name in MEANT else get_close_matches(name, known(), n=1)
    remedy = f"Did you mean {close[0]}?" if close else "Begin the heading with # where it is a remark."
    return f"{written} is neither clip, task nor a parameter of a task. {remedy}"


def _unnamed(grid: Grid, place: int) -> list[Fault]:
    """The first value in a column without a heading: nobody knows what it is."""
    for number, cells in grid.rows:
        if place < len(cells) and given(cells[place]):
            message = (
                "A value must stand below a heading, but this column has none. Write what it is into its first row."
            )
            return [told(number, letters(place), cells[place], message)]
    return []


def _beyond(grid: Grid) -> list[Fault]:
    """Rows with more cells than headings: most often a comma within a cell divided it."""
    width = len(grid.headings)
    hint = "Write a cell that holds a comma in quotes." if grid.divided_by == "," else "Remove what is too much."
    return [
        told(
            number,
            letters(width),
            extra[0],
            f"A row must have at most {width} cells, as the headings, but has more. {hint}",
        )
        for number, cells in grid.rows
        if (extra := [cell for cell in cells[width:] if given(cell)])
    ]
