"""Detections are dear: each table is kept as Parquet, named after all that it depends on, and read back only whole."""

import contextlib
import hashlib
import os
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kinebench import places, provenance


def place(basis: dict[str, Any]) -> Path:
    """Where the detections that depend on `basis`, plain data, lie or would lie."""
    return places.detections() / f"{provenance.sha256_of(basis)}.parquet"


def kept(path: Path, basis: dict[str, Any]) -> pd.DataFrame | None:
    """The table at `path`; None where there is none, or not the whole one of old: then it is made again."""
    if not path.is_file():
        return None
    try:
        table = pd.read_parquet(path)
        attrs = table.attrs
        whole = bool(attrs["joints"]) and attrs["basis"] == basis and attrs["content"] == digest(table)
    except (OSError, ValueError, KeyError, TypeError, NotImplementedError):
        return None
    return table if whole else None


def digest(table: pd.DataFrame) -> str:
    """SHA-256 over names and values of all columns, and what `attrs` says of them."""
    said = {name: value for name, value in table.attrs.items() if name != "content"}
    whole = hashlib.sha256(provenance.sha256_of(said).encode())
    for name in table.columns:
        column = table[name]
        values = column.cat.codes if isinstance(column.dtype, pd.CategoricalDtype) else column
        whole.update(str(name).encode() + b"\0" + np.ascontiguousarray(values.to_numpy()).tobytes())
    return whole.hexdigest()


def keep(table: pd.DataFrame, path: Path) -> None:
    """Write `table` under its name in one step. Not being able to is no reason to lose the result."""
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".kinebench-", suffix=".parquet", dir=path.parent)
        os.close(handle)
        table.to_parquet(temporary)
        os.replace(temporary, path)
    except OSError as error:
        reason = error.strerror or str(error)
        warnings.warn(
            f"Detections could not be kept in {path.parent} ({reason}); next time they are made again.", stacklevel=3
        )
    finally:
        if temporary is not None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
