"""Tables that pandas wrote into HDF5 with PyTables, read without either: they would unpickle what is in the file.

The two layouts of `DataFrame.to_hdf`: "table", rows of one compound dataset, the columns' names pickled in an
attribute, which `pickled_names` reads without unpickling; and "fixed", blocks of values, the names as levels and codes.
"""

from pathlib import Path
from typing import Any

import numpy as np

from kinebench.errors import KinebenchError
from kinebench.formats import hdf5, pickled_names

KEY = "df_with_missing"
MOST_BLOCKS = 20
Names = list[tuple[str, ...]]


def holds_table(path: Path) -> bool:
    """Whether there is such a table in the file. Never raises."""
    if not hdf5.is_hdf5(path):
        return False
    try:
        with hdf5.opened(path) as file:
            return _group(file, path.name).attrs.get("pandas_type") is not None
    except KinebenchError:
        return False


def read(path: Path) -> tuple[Names, np.ndarray, np.ndarray]:
    """The columns' names, one text a level; the values (rows, columns); the index, which must be numbers (rows,)."""
    with hdf5.opened(path) as file:
        group = _group(file, path.name)
        names, blocks, index = (_table if "table" in set(group) else _fixed)(group, path.name)
    if index.dtype.kind not in "iu" or index.ndim != 1:
        raise KinebenchError(
            f"{path.name} must have the frames' numbers as its index, but has {index.dtype}: pictures that were "
            "labelled by hand are no video. Read the results of analyze_videos."
        )
    values = np.concatenate(blocks, axis=1) if blocks else np.zeros((0, 0))
    if values.shape != (len(index), len(names)) or not names:
        raise KinebenchError(
            f"{path.name} must have a value for each of {len(names)} columns and {len(index)} rows, but has "
            f"{values.shape[1]} and {values.shape[0]}."
        )
    return names, values, index


def _group(file: Any, name: str) -> Any:
    keys = list(file.keys())
    key = KEY if KEY in keys else keys[0] if len(keys) == 1 else None
    if key is None:
        raise KinebenchError(f"{name} must hold a table called {KEY}, but holds {len(keys)} others.")
    found = hdf5.member(file, key)
    if not hasattr(found, "keys"):
        raise KinebenchError(f"{name} must hold a table as pandas writes it in {key}, but holds something else.")
    return found


def _table(group: Any, name: str) -> tuple[Names, list[np.ndarray], np.ndarray]:
    table = hdf5.dataset(group, "table")
    attributes = hdf5.member(group, "table").attrs
    if table.dtype.names is None or "index" not in table.dtype.names or table.ndim != 1:
        raise KinebenchError(f"{name} must hold a table with an index, but does not.")
    names: Names = []
    blocks = []
    for field in table.dtype.names:
        if field == "index":
            continue
        pickled = attributes.get(f"{field}_kind")
        if not isinstance(pickled, bytes) or table[field].dtype.kind not in "iuf":
            raise KinebenchError(f"{name} must hold numbers in named columns, but {field} is something else.")
        names += pickled_names.names(bytes(pickled), name)
        blocks.append(table[field].reshape(len(table), -1).astype(float))
    return names, blocks, table["index"]


def _fixed(group: Any, name: str) -> tuple[Names, list[np.ndarray], np.ndarray]:
    index = hdf5.dataset(group, "axis1")
    names: Names = []
    blocks = []
    there = set(group)  # asking the group itself would follow links
    for number in range(MOST_BLOCKS):
        if f"block{number}_values" not in there:
            break
        block = hdf5.dataset(group, f"block{number}_values")
        if block.ndim != 2 or block.dtype.kind not in "iuf":
            raise KinebenchError(f"{name} must hold numbers in block{number}_values, but does not.")
        blocks.append(block.astype(float))
        names += _levelled(group, f"block{number}_items", name)
    return names, blocks, index


def _levelled(group: Any, prefix: str, name: str) -> Names:
    """The names that levels of texts and codes into them stand for."""
    columns, there = [], set(group)
    for level in range(4):
        if f"{prefix}_level{level}" not in there:
            break
        texts = hdf5.names(group, f"{prefix}_level{level}")
        codes = hdf5.dataset(group, f"{prefix}_label{level}")
        if codes.dtype.kind not in "iu" or codes.ndim != 1 or not ((codes >= 0) & (codes < len(texts))).all():
            raise KinebenchError(f"{name} must name its columns in {prefix}, but the names are not whole.")
        columns.append([texts[code] for code in codes])
    if len({len(column) for column in columns}) > 1:
        raise KinebenchError(f"{name} must name its columns in {prefix}, but the names are not whole.")
    return list(zip(*columns, strict=True))
