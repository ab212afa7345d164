"""Lists as Excel workbooks: values as they were computed when the file was saved, dates as dates."""

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from kinebench.errors import KinebenchError
from kinebench.manifest.grid import Cell, Dressed, Formula, Grid, Line, grid

MOST_BYTES = 500_000_000
"""What the parts of a workbook may take unpacked: a small file can stand for a thousand million equal bytes."""
_ZEROS = re.compile("0{2,}")
# Of a number format: what shows nothing (colours, room, fill), and what shows a number as a number.
_UNSEEN = re.compile(r"\[[^]]*\]|[_*].")
_PLAIN = re.compile(r"General|@|-?\(?[0#?., ]*(E[+-]0+)?%?\)? *", re.IGNORECASE)


def read(content: bytes, name: str, sheet: str = "") -> Grid:
    """The table on a sheet, the first one unless it is named; KinebenchError where there is none."""
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            size = sum(member.file_size for member in members)
            if size > MOST_BYTES:
                raise KinebenchError(
                    f"LIST must unpack to at most {MOST_BYTES} bytes, but {name} says {size}. Save the list as CSV."
                )
            sheets = [member for member in members if member.filename.startswith("xl/worksheets/")]
            computed = any(b"<f" in archive.read(member) for member in sheets)
        values = _sheet(content, name, sheet, True)
        return replace(grid(list(_lines(values, content, name, computed))), sheet=str(values.title))
    except KinebenchError:
        raise
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError, SyntaxError, TypeError) as error:
        reason = " ".join(str(error).split())[:120]
        raise KinebenchError(
            f"LIST must be an Excel workbook (.xlsx), but {name} cannot be read as one ({reason}). Save it as .xlsx "
            "without a password, or as CSV UTF-8."
        ) from None


def _lines(values: Any, content: bytes, name: str, computed: bool) -> Iterator[Line]:
    if not computed:
        yield from ((number, [_cell(one) for one in row]) for number, row in enumerate(values.iter_rows(), 1))
        return
    formulas = _sheet(content, name, values.title, False)
    for number, (row, typed) in enumerate(zip(values.iter_rows(), formulas.iter_rows(), strict=True), 1):
        yield number, [_formula(one, other) for one, other in zip(row, typed, strict=True)]


def _sheet(content: bytes, name: str, sheet: str, data_only: bool) -> Any:
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        # Of what a list has no use for: drop-down lists, extensions, missing styles.
        warnings.simplefilter("ignore")
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=data_only, keep_links=False)
    names = [one.title for one in book.worksheets]
    if not names or (sheet and sheet not in names):
        wanted = f"--sheet must be one of {', '.join(names)}" if names else "LIST must hold a sheet with a table"
        raise KinebenchError(f"{wanted}, but got {sheet!r} in {name}. Name the sheet that holds the list.")
    found = book[sheet] if sheet else book.worksheets[0]
    found.reset_dimensions()  # what a program wrote of the sheet's size may be wrong, and rows would be lost
    return found


def _cell(cell: Any) -> Cell:
    value: Cell = cell.value
    if not isinstance(value, int | float) or isinstance(value, bool):
        return value
    shown = cell.number_format or ""
    if value >= 0 and float(value).is_integer() and _ZEROS.fullmatch(shown):
        # A participant 7 that is shown as 007 is meant as 007.
        return str(int(value)).zfill(len(shown))
    return value if _PLAIN.fullmatch(_UNSEEN.sub("", shown.split(";")[0])) else Dressed(value)


def _formula(cell: Any, typed: Any) -> Cell:
    # Where a formula gave an empty text, the file says that it is a text.
    unknown = typed.data_type == "f" and cell.value is None and cell.data_type not in ("s", "str")
    return Formula(str(typed.value)) if unknown else _cell(cell)
