"""Detections are dear: each table is kept as Parquet, named after all that it depends on, and read back only whole."""

import contextlib
import hashlib
import os
import tempfile
import warnings
from collections.abc import Callable
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
    except Exception:  # noqa: BLE001  (a damaged file may make its reader raise anything)
        return None
    return table if whole else None


def digest(table: pd.DataFrame) -> str:
    """SHA-256 over names, kinds and values of all columns, the rows' numbers, and what `attrs` says of them."""
    said = {name: value for name, value in table.attrs.items() if name != "content"}
    index = table.index
    whole = hashlib.sha256(
        provenance.sha256_of([said, str(index.dtype), [*index.names, *table.columns.names]]).encode()
    )
    whole.update(np.ascontiguousarray(index.to_numpy()).tobytes())
    for name, column in table.items():
        kind: list[Any] = [str(name), str(column.dtype)]
        if isinstance(column.dtype, pd.CategoricalDtype):
            # Codes say nothing without the joints that they stand for.
            kind = [str(name), "category", column.cat.ordered, list(column.cat.categories)]
            column = column.cat.codes
        whole.update(provenance.sha256_of(kind).encode() + np.ascontiguousarray(column.to_numpy()).tobytes())
    return whole.hexdigest()


def keep(table: pd.DataFrame, path: Path) -> None:
    """Write `table` under its name in one step. Not being able to is no reason to lose the result."""
    _put(path, table.to_parquet)


def keep_bytes(content: bytes, path: Path) -> None:
    """The same with a table that is a file's content already."""
    _put(path, lambda temporary: Path(temporary).write_bytes(content))


def _put(path: Path, write: Callable[[str], Any]) -> None:
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".kinebench-", suffix=".parquet", dir=path.parent)
        os.close(handle)
        write(temporary)
        os.replace(temporary, path)
    except OSError as error:
        reason = error.strerror or str(error)
        warnings.warn(
            f"Detections could not be kept in {path.parent} ({reason}); next time they are made again.", stacklevel=4
        )
    finally:
        if temporary is not None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
