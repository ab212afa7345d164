"""A table as notebooks show it: numbers with the digits that can be read, remarks below, nothing that a user typed as
markup."""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kinebench.cohort.correlations import Estimate

MOST_ROWS, NOWRAP = 200, 14


@dataclass(frozen=True)
class Table:
    """A table with what is to be said of it. `frame` holds the numbers as they are; `shown` what people read."""

    frame: pd.DataFrame
    shown: pd.DataFrame
    remarks: Sequence[str] = ()

    def _repr_html_(self) -> str:
        words = "".join(f"<p>{html.escape(remark)}</p>" for remark in self._words())
        head = "".join(_cell("th", str(name)) for name in self.shown)
        rows = "".join("<tr>" + "".join(_cell("td", text) for text in row) + "</tr>" for row in self._rows())
        return (f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if rows else "") + words

    def __repr__(self) -> str:
        lines = (
            [" | ".join(map(str, self.shown)), *(" | ".join(row) for row in self._rows())] if len(self.shown) else []
        )
        return "\n".join([*lines, *self._words()])

    def _rows(self) -> list[list[str]]:
        return [[written(cell) for cell in row] for row in self.shown.head(MOST_ROWS).itertuples(index=False)]

    def _words(self) -> list[str]:
        more = len(self.shown) - MOST_ROWS
        return [*self.remarks, *([f"{more} further rows are in the saved table."] if more > 0 else [])]


def _cell(tag: str, text: str) -> str:
    # Dates and names of trials have hyphens, at which a browser would break them.
    whole = ";white-space:nowrap" if len(text) <= NOWRAP else ""
    return f'<{tag} style="text-align:left{whole}">{html.escape(text)}</{tag}>'


def written(cell: Any) -> str:
    """A cell as text: whole numbers whole, others with three significant digits, what is missing as a dash."""
    if cell is None:
        return "–"
    if isinstance(cell, Estimate):
        return interval(cell)
    if isinstance(cell, float):
        return number(cell)
    return str(cell)


def number(value: float) -> str:
    """Three significant digits, none of them lost before the decimal point."""
    if not math.isfinite(value):
        return "–"
    size = math.floor(math.log10(abs(value))) if value else 0
    return f"{value:.{min(max(2 - size, 0), 6)}f}".replace("-", "−")


def interval(one: Estimate) -> str:
    """A number and its interval: 0.91 (0.83 to 0.95)."""
    return f"{number(one.value)} ({number(one.low)} to {number(one.high)})"


def per_cent(share: float) -> str:
    """A share as per cent: 0.95 -> 95 %."""
    return f"{100 * share:g} %"
