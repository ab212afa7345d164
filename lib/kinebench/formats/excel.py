"""A workbook with a sheet a table: keypoints, signals, repetitions and metrics, whichever there are.

The first row holds the columns' names, units and all, and stays in view; numbers are numbers, what is missing is an
empty cell, and text is text: what begins with = + - or @ is marked as such, so that no program computes it. The same
tables give the same bytes: neither a date nor a name of a user is inside.
"""

import datetime
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
import pandas as pd

from kinebench import keypoints
from kinebench.errors import collected
from kinebench.formats import Results
from kinebench.formats.whole import whole

MOST_ROWS, MOST_COLUMNS, LONGEST_TEXT = 1_048_576, 16_384, 32_767
"""Excel's limits (support.microsoft.com, "Excel specifications and limits")."""
NARROWEST, WIDEST = 9, 48
FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NO_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest that a ZIP archive can hold."""


class _Undated(ZipFile):
    """An archive whose members bear no date."""

    def writestr(self, zinfo_or_arcname: Any, data: Any, compress_type: Any = None, compresslevel: Any = None) -> None:
        with self.open(_member(str(zinfo_or_arcname)), "w") as file:
            file.write(data.encode("utf-8") if isinstance(data, str) else data)

    def write(self, filename: Any, arcname: Any = None, compress_type: Any = None, compresslevel: Any = None) -> None:
        with open(filename, "rb") as source, self.open(_member(str(arcname)), "w", force_zip64=True) as file:
            shutil.copyfileobj(source, file)


def _member(name: str) -> ZipInfo:
    info = ZipInfo(name, _NO_TIME)
    info.compress_type = ZIP_DEFLATED
    return info


def write(results: Results, path: Path) -> list[Path]:
    """The tables as an Excel workbook. KinebenchError where a table is larger than a sheet, or a number is infinite."""
    from openpyxl import Workbook
    from openpyxl.writer.excel import ExcelWriter

    tables = {
        "keypoints": keypoints.flattened(results.keypoints).reset_index(),
        "signals": None if results.signals is None else results.signals.copy().reset_index(),
        "repetitions": results.reps,
        "metrics": results.metrics,
    }
    present = {name: table for name, table in tables.items() if table is not None}
    collected([fault for name, table in present.items() for fault in _faults(name, table)])
    book = Workbook(write_only=True)
    book.properties.creator = "kinebench"
    book.properties.description = _text(results.source)
    book.properties.created = book.properties.modified = datetime.datetime(*_NO_TIME)
    for name, table in present.items():
        _fill(book.create_sheet(name), table)
    with whole(path) as temporary, _Undated(temporary, "w") as archive:
        ExcelWriter(book, archive).write_data()
    return [path]


def _faults(name: str, table: pd.DataFrame) -> Iterator[str]:
    if len(table) >= MOST_ROWS or table.shape[1] > MOST_COLUMNS:
        yield (
            f"{name} must fit into a sheet of {MOST_ROWS} rows, one for the names, and {MOST_COLUMNS} columns, but has "
            f"{len(table)} and {table.shape[1]}. Write a CSV or Parquet file, or a stretch of the video."
        )
    numbers = table.select_dtypes("number")
    endless = [str(column) for column in numbers if np.isinf(numbers[column].to_numpy(float, na_value=np.nan)).any()]
    if endless:
        yield f"{name} must hold finite numbers, but {', '.join(endless)} has an infinite one. Write a CSV file."


def _fill(sheet: Any, table: pd.DataFrame) -> None:
    from openpyxl.utils import get_column_letter

    names = [str(name) for name in table.columns]
    for place, name in enumerate(names, 1):
        sheet.column_dimensions[get_column_letter(place)].width = min(max(len(name) + 1, NARROWEST), WIDEST)
    sheet.freeze_panes = "B2"
    sheet.append([_cell(sheet, name) for name in names])
    columns = [_values(sheet, table.iloc[:, place]) for place in range(len(names))]
    for row in zip(*columns, strict=True):
        sheet.append(row)


def _values(sheet: Any, column: pd.Series) -> list[Any]:
    """What goes into a column's cells: plain numbers, truth values and text; None where missing."""
    missing = column.isna().to_numpy()
    plain = [None if absent else value for value, absent in zip(column.tolist(), missing, strict=True)]
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
        return plain
    return [_cell(sheet, value) for value in plain]


def _cell(sheet: Any, value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    from openpyxl.cell import WriteOnlyCell

    text = _text(str(value))
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"  # openpyxl takes "=..." for a formula and "#N/A" for an error
    cell.quotePrefix = text.startswith(FORMULA)
    return cell


def _text(text: str) -> str:
    """Text as a cell can hold it: what XML has no character for becomes U+FFFD."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    return ILLEGAL_CHARACTERS_RE.sub("�", text)[:LONGEST_TEXT]
