"""Reading our own tables from files that strangers may have made, in little memory."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kinebench.errors import KinebenchError
from kinebench.formats import csv_text

MOST_TIMES, FLOOR_BYTES = 20, 64_000_000
"""A Parquet file may claim this many times its size in numbers, and so many bytes besides."""


def csv(path: Path) -> pd.DataFrame:
    """A table of numbers, and of words in the column `joint`."""
    (names,) = csv_text.header(path)
    # Texts where numbers belong would be Python objects, many times as large as the file.
    kinds: dict[str, Any] = {name: "category" if name == "joint" else float for name in names}
    try:
        return _whole_numbers(pd.read_csv(path, dtype=kinds))
    except ValueError as error:
        if "could not convert" not in str(error):
            raise
        reason = " ".join(str(error).split())[:120]
        raise KinebenchError(
            f"recording must hold numbers in all columns but joint, but {path.name} does not: {reason}."
        ) from error


def parquet(path: Path) -> pd.DataFrame:
    """The same from Parquet, of no more than the file can hold."""
    import pyarrow.parquet

    held = pyarrow.parquet.ParquetFile(path).metadata
    # A few bytes can stand for a thousand million equal numbers.
    if held.num_rows * held.num_columns * 8 > MOST_TIMES * path.stat().st_size + FLOOR_BYTES:
        raise KinebenchError(
            f"recording must be a table of keypoints, but {path.name} claims {held.num_rows} rows of "
            f"{held.num_columns} columns, more than its {path.stat().st_size} bytes can hold."
        )
    table = pd.read_parquet(path)
    if isinstance(table.index, pd.RangeIndex) or "time_s" in table.columns:
        return _whole_numbers(table)
    return _whole_numbers(table.reset_index())


def _whole_numbers(table: pd.DataFrame) -> pd.DataFrame:
    for name in ("frame", "person"):
        if name in table.columns and pd.api.types.is_float_dtype(table[name]):
            values = table[name].to_numpy()
            if not (np.isfinite(values).all() and (np.abs(values) < 2**31).all()):
                raise KinebenchError(f"recording must have a whole number in {name} in every row, but has not.")
            table[name] = values.astype(np.int64)
    return table
