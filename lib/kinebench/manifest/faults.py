"""What is wrong with a list of clips, as a table: row and column as the spreadsheet shows them, fault and remedy."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass

import pandas as pd

from kinebench.errors import KinebenchError

COLUMNS = ("row", "column", "value", "fault", "remedy")
LONGEST = 80
ORDINARY = "Correct the cell, or leave it empty."
# A sentence ends at a full stop before a capital letter or a command in backticks, not at the one in 1.5 or a.mp4.
_END = re.compile(r"(?<=[.?]) (?=[A-Z`])")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong; row 0 where it is none of the list's, column empty where it is of the whole row."""

    row: int
    column: str
    value: str
    fault: str
    remedy: str


class ManifestError(KinebenchError):
    """A list with faults; `faults` is the table of them, columns row, column, value, fault, remedy."""

    def __init__(self, message: str, faults: pd.DataFrame) -> None:
        super().__init__(message)
        self.faults = faults


def told(row: int, column: str, value: object, message: str) -> Fault:
    """A fault from an error's one line: the last of its sentences is the remedy."""
    *said, remedy = _END.split(message.strip()) if _END.search(message) else (message.strip(), ORDINARY)
    return Fault(row, shown(column), "" if value is None else shown(value), shown(" ".join(said), 400), remedy)


def shown(value: object, longest: int = LONGEST) -> str:
    """A value as it may stand in a table, on a terminal too: on one line, without signs that steer, and cut."""
    text = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in str(value))
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def table(faults: Iterable[Fault], columns: Sequence[str] = ()) -> pd.DataFrame:
    """The faults by row, those of a row in the order of the list's columns; each once."""
    places = {shown(column): place for place, column in enumerate(columns)}
    ordered = sorted(dict.fromkeys(faults), key=lambda fault: (fault.row, places.get(fault.column, len(places))))
    return pd.DataFrame([astuple(fault) for fault in ordered], columns=list(COLUMNS)).astype({"row": int})
