"""One cell -> the value of a parameter: numbers with decimal commas, days, sides and sexes as people write them."""

import dataclasses
import datetime
import re
from typing import Any

from kinebench import tasks
from kinebench.errors import KinebenchError
from kinebench.manifest.columns import Field
from kinebench.manifest.grid import ERRORS, Cell, Dressed, Formula, given
from kinebench.parameters.checks import WORDS, checked, members

DAY = "date"
TRUE, FALSE = ("true", "yes", "y", "1"), ("false", "no", "n", "0")
SHORT = {"near_side": {"l": "left", "r": "right"}, "sex": {"f": "female", "m": "male"}}
_NUMBER = re.compile(r"[+-]?(\d+([.]\d*)?|[.]\d+)([eE][+-]?\d+)?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)
_ISO = re.compile(r"(\d{4}-\d{2}-\d{2})([T ]\d{2}:\d{2}(:\d{2}([.]\d+)?)?)?", re.ASCII)
_OTHER_DAY = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})[./-]?(\d{1,2})[./-]?(\d{1,2})", re.ASCII)


def value(name: str, known: Field, cell: Cell, divided_by: str = "") -> Any:
    """The value that a cell gives, as `parameters.build` takes it; None where it gives none.

    KinebenchError says what is wrong with it. divided_by: what divides the fields of the list.
    """
    if not given(cell) and not _is_choice(known.field, cell):
        return None
    refuse_uncomputed(name, cell)
    if "entry" in known.field.metadata:
        raise KinebenchError(
            f"{name} must not stand in a list of clips, as it is a list itself. Save it for the clip in the workbench."
        )
    kind = members(known.kind)
    if name == DAY:
        found: Any = _day(cell)
    elif str in kind:
        found = _text(name, known.field, cell)
    elif bool in kind:
        found = _truth(cell)
    else:
        found = _number(name, known.field, cell, divided_by, whole=float not in kind)
    found, faults = checked(known.field, known.kind, found)
    if faults:
        raise KinebenchError(faults[0])
    return found


def text(name: str, cell: Cell) -> str:
    """A cell as text: Excel's 7.0 is 7; what Excel has made a date is refused."""
    refuse_uncomputed(name, cell)
    if isinstance(cell, datetime.date | datetime.time | datetime.timedelta):
        raise KinebenchError(
            f"{name} must be text, but Excel has made a date or time of it ({cell}). Format the column as text and "
            "type it again."
        )
    if isinstance(cell, Dressed):
        raise KinebenchError(
            f"{name} must be text as it is shown, but the spreadsheet holds the number {cell:g} and shows it in a "
            "format of its own. Format the column as text and type it again."
        )
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _is_choice(field: dataclasses.Field, cell: Cell) -> bool:
    """Whether what elsewhere stands for nothing is a value here: a filter may be none."""
    return isinstance(cell, str) and cell.lower() in (field.metadata.get("choices") or ())


def refuse_uncomputed(name: str, cell: Cell) -> None:
    """KinebenchError where a spreadsheet has not computed the cell."""
    if isinstance(cell, str) and cell.upper() in ERRORS:
        raise KinebenchError(f"{name} must be a value, but the spreadsheet says {cell}. Mend the formula.")
    if isinstance(cell, Formula):
        raise KinebenchError(
            f"{name} must be a value, but is a formula that was never computed. Open the list in a spreadsheet and "
            "save it."
        )


def task(cell: Cell) -> str:
    """A task's name, however its words are joined."""
    written = text("task", cell)
    name = "-".join(written.lower().replace("_", " ").replace("-", " ").split())
    if name not in tasks.names():
        raise KinebenchError(
            f"task must be a task's name, but got {written!r}. Write one of {', '.join(tasks.names())}."
        )
    return name


def _text(name: str, field: dataclasses.Field, cell: Cell) -> str:
    written = text(name, cell)
    choices = field.metadata["choices"]
    same = {choice.casefold(): choice for choice in choices} | (SHORT.get(name, {}) if choices else {})
    return same.get(written.casefold(), written)


def _truth(cell: Cell) -> Any:
    word = str(cell).lower()
    if isinstance(cell, bool | int | float | str) and word.removesuffix(".0") in (*TRUE, *FALSE):
        return word.removesuffix(".0") in TRUE
    return cell


def _number(name: str, field: dataclasses.Field, cell: Cell, divided_by: str, *, whole: bool) -> int | float:
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        number = float(cell)
    else:
        written = str(cell)
        if divided_by == "," and _THOUSANDS.fullmatch(written):
            point, none = written.replace(",", "."), written.replace(",", "")
            raise KinebenchError(
                f"{name} must be a number in one meaning, but got {written!r}. Write {point} or {none}."
            )
        plain = written.replace(",", ".")
        if isinstance(cell, bool) or not _NUMBER.fullmatch(plain):
            unit = f" in {field.metadata['unit']}" if field.metadata["unit"] else ""
            remedy = f"Write the number alone{unit and ','}{unit}, or leave the cell empty."
            raise KinebenchError(f"{name} must be {WORDS[int if whole else float]}, but got {written!r}. {remedy}")
        number = float(plain)
    return int(number) if whole and number.is_integer() else number


def _day(cell: Cell) -> str:
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat()
    if isinstance(cell, datetime.date):
        return cell.isoformat()
    written = text(DAY, cell) if not isinstance(cell, datetime.time | datetime.timedelta) else str(cell)
    iso = _ISO.fullmatch(written)
    if iso is None or not _exists(iso.group(1)):
        raise KinebenchError(f"date must be a day that there is, as YYYY-MM-DD, but got {written!r}. {_meant(written)}")
    return iso.group(1)


def _meant(written: str) -> str:
    """Which days a text may mean, so that the right one can be written."""
    other, first = _OTHER_DAY.fullmatch(written), _YEAR_FIRST.fullmatch(written)
    if other is not None:
        one, two, year = (int(part) for part in other.groups())
        orders = dict.fromkeys(f"{year:04}-{month:02}-{day:02}" for day, month in ((one, two), (two, one)))
    elif first is not None:
        orders = {"{:04}-{:02}-{:02}".format(*(int(part) for part in first.groups())): None}
    else:
        orders = {}
    days = [day for day in orders if _exists(day)]
    return f"Write {' or '.join(days)}." if days else "Write such as 2026-04-03, or format the column as a date."


def _exists(day: str) -> bool:
    try:
        datetime.date.fromisoformat(day)
    except ValueError:
        return False
    return True
