"""Lists as text, as spreadsheets save them: commas, semicolons or tabulators, UTF-8, UTF-16 or Windows' own letters."""

import codecs
import csv
import io
from collections.abc import Iterator

from kinebench.errors import KinebenchError
from kinebench.formats import text_lines
from kinebench.manifest.faults import Fault, told
from kinebench.manifest.grid import Grid, Line, grid

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PROBE = 1000
_MANY = 0.2


def read(content: bytes, name: str) -> Grid:
    """The table in a file's bytes; KinebenchError where they are no text."""
    text = _decoded(content, name)
    first, _, rest = text.partition("\n")
    told_by_excel = first.strip().strip('"').lower()
    if told_by_excel.startswith("sep=") and len(told_by_excel) == 5:
        # Excel reads this line and does not show it: its first row is the next one.
        text, divided_by = rest, told_by_excel[-1]
    else:
        divided_by = _divided_by(text)
    faults: list[Fault] = []
    return grid(list(_records(text, divided_by, faults)), faults, divided_by)


def _records(text: str, divided_by: str, faults: list[Fault]) -> Iterator[Line]:
    """Rows as a spreadsheet counts them: one that goes over several lines, between quotes, is one row."""
    number = 0
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=divided_by, strict=True), 1):
            yield number, row
    except csv.Error as error:
        message = f"LIST must be a table, but cannot be split into cells from here on ({error}). Mend the quotes."
        faults.append(told(number + 1, "", None, message))


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode(_encoding(content))
    except UnicodeDecodeError:
        raise KinebenchError(f"LIST must be text, but {name} is not. Save it as CSV UTF-8 or as .xlsx.") from None


def _encoding(content: bytes) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding
    beginning = content[:_PROBE]
    if beginning.count(0) > _MANY * len(beginning):
        return "utf-16-be" if beginning[:1] == b"\0" else "utf-16-le"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _divided_by(text: str) -> str:
    """By the headings: the first line that is neither blank nor a remark."""
    lines = (line.strip() for line in io.StringIO(text, newline=None))
    return text_lines.delimiter(next((line for line in lines if line and not line.startswith("# ")), ""))
