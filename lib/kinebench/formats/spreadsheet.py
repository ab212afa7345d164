"""CSV for spreadsheets: what a stranger's file says must not be run as a formula when somebody opens the table."""

import pandas as pd

_BEGINS = ("=", "+", "-", "@", "\t", "\n")


def harmless(table: pd.DataFrame) -> pd.DataFrame:
    """The table, to be written as CSV: a text that a spreadsheet would take for a formula has a ' before it."""
    safe = {
        place: column if pd.api.types.is_numeric_dtype(column.dtype) else column.map(_marked)
        for place, (_, column) in enumerate(table.items())
    }
    # By their places: two columns may have the same name.
    return pd.DataFrame(safe, index=table.index).set_axis([_marked(name) for name in table.columns], axis=1)


def _marked(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    # A lone carriage return is not always quoted, and would end the row.
    text = cell.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if text.startswith(_BEGINS) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
