"""The cells of a list, from whatever file: which row holds the headings, which rows are remarks or empty."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kinebench.manifest.faults import Fault, told


@dataclass(frozen=True)
class Formula:
    """A formula whose result the file does not hold."""

    text: str

    def __str__(self) -> str:
        return self.text


class Dressed(float):
    """A number that the spreadsheet shows otherwise: 7 in the format "P"00 is shown as P07."""


Cell = (
    str | int | float | bool | datetime.datetime | datetime.date | datetime.time | datetime.timedelta | Formula | None
)
Line = tuple[int, Sequence[Cell]]

ERRORS = frozenset(
    (
        "#REF!",
        "#VALUE!",
        "#NAME?",
        "#DIV/0!",
        "#NULL!",
        "#NUM!",
        "#SPILL!",
        "#CALC!",
        "#GETTING_DATA",
        "#FIELD!",
    )
)
"""What stands in a cell that a spreadsheet could not compute (support.microsoft.com, "ERROR.TYPE function")."""
NOT_GIVEN = frozenset(("", "na", "n/a", "#n/a", "<na>", "nan", "nat", "none", "null", "-", "–", "—"))
"""What people, spreadsheets, pandas and databases write where there is nothing."""
_INVISIBLE = "\u200b\u2060\ufeff"


@dataclass(frozen=True)
class Grid:
    """Headings as they are written and the rows that hold something, each with its number in the spreadsheet.

    divided_by: what divides the fields of a text, empty otherwise: it tells what a comma in a number can be; sheet:
    of a workbook, which was read.
    """

    head: int
    headings: tuple[str, ...]
    rows: tuple[Line, ...]
    faults: tuple[Fault, ...] = ()
    divided_by: str = ""
    sheet: str = ""


def grid(lines: Iterable[Line], faults: Sequence[Fault] = (), divided_by: str = "") -> Grid:
    """Headings and rows. The headings are the first row that is no remark, or that has `clip` among its cells."""
    kept = [(number, cells) for number, row in lines if any(map(some, cells := [tidy(cell) for cell in row]))]
    heads = (line for line in kept if not _remark(line[1]) or any(heading(cell) == "clip" for cell in line[1]))
    first = next(heads, (1, []))
    headings = tuple("" if cell is None else str(cell) for cell in first[1])
    remarks = not (headings and headings[0].startswith("#"))
    rows = [line for line in kept if line[0] > first[0] and not (remarks and _remark(line[1]))]
    if not rows:
        nothing = "LIST must hold at least one row below its headings, but holds none. Add a row for each clip."
        faults = [*faults, told(first[0], "", None, nothing)]
    return Grid(first[0], headings, tuple(rows), tuple(faults), divided_by)


def tidy(cell: Cell) -> Cell:
    """A cell without the blanks around it, those that nobody sees too."""
    return cell.strip().strip(_INVISIBLE).strip() if isinstance(cell, str) else cell


def some(cell: Cell) -> bool:
    """Whether a cell holds anything, were it only a dash."""
    return cell is not None and cell != ""


def given(cell: Cell) -> bool:
    """Whether a cell gives a value: NA, NULL, a dash and their kin give none."""
    return cell is not None and not (isinstance(cell, str) and cell.lower() in NOT_GIVEN)


def heading(cell: Cell) -> str:
    """A heading as names are compared: in small letters, _ for blanks and hyphens."""
    return "_".join(str(cell or "").lower().replace("-", " ").replace("_", " ").split())


def letters(place: int) -> str:
    """What a spreadsheet calls the column at `place`, counted from 0: A, B, ..., Z, AA."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _remark(cells: Sequence[Cell]) -> bool:
    """Whether a row is a remark: # and a blank. A clip may be called #1.mp4, and #REF! is a fault."""
    first = cells[0]
    return isinstance(first, str) and (first == "#" or first.startswith("# "))
