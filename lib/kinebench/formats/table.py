"""kinebench's own tables: saved keypoints (one row a frame) or detections (one row a joint), .csv or .parquet."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kinebench import keypoints
from kinebench.errors import KinebenchError, collected
from kinebench.formats import Given, Recording, Results, table_files
from kinebench.formats.whole import whole

# What a joint is called heads a column in what is written: other letters could be a formula to a spreadsheet.
JOINT = re.compile(r"[A-Za-z0-9_]+")


def matches(path: Path) -> bool:
    """Whether the file begins as one of our tables does."""
    try:
        if path.suffix == ".parquet":
            import pyarrow.parquet

            names = pyarrow.parquet.read_schema(path).names
        elif path.suffix == ".csv":
            with path.open(encoding="utf-8") as file:
                names = file.readline(1 << 16).strip().split(",")
        else:
            return False
    except (OSError, ValueError):
        return False
    return {"time_s", "joint"} <= set(names) or ("time_s" in names and any(n.endswith("_confidence") for n in names))


def read(path: Path, given: Given) -> Recording:
    """The table at `path`; times are its own."""
    table = detections(path)
    return Recording(table, tuple(table["joint"].unique()))


def write(results: Results, path: Path) -> list[Path]:
    """The keypoints, one row a frame."""
    with whole(path) as temporary:
        keypoints.save(results.keypoints, temporary)
    return [path]


def detections(path: Path) -> pd.DataFrame:
    """The recording at `path` as detections (long), with the columns of `keypoints.DETECTION_COLUMNS` at least."""
    table = _file(path)
    attrs = table.attrs
    if "joint" not in table.columns:
        wide = _wide(table, path)
        del table  # the numbers of a large file are held once
        return _long(wide)
    lacking = [column for column in keypoints.DETECTION_COLUMNS if column not in table.columns]
    if lacking:
        raise KinebenchError(
            f"recording must have the columns of detections, but {path.name} lacks {', '.join(lacking)}."
        )
    if table.empty:
        raise KinebenchError(f"recording must hold at least one joint, but {path.name} holds none.")
    collected([f"{fault} ({path.name})" for fault in _faults(table)])
    _check_names(table["joint"].unique(), path)
    if not isinstance(table["joint"].dtype, pd.CategoricalDtype):
        table["joint"] = pd.Categorical(table["joint"], categories=list(table["joint"].unique()))
    ordered = table.sort_values(["time_s", "person"], kind="stable", ignore_index=True)
    ordered.attrs = attrs
    return ordered


def _wide(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """A keypoint table, checked, from its form in files."""
    if "time_s" not in table.columns:
        raise KinebenchError(f"recording must have a column time_s, but {path.name} has none.")
    found = keypoints.unflattened(table.set_index("time_s"))
    _check_names(keypoints.joints(found), path)
    keypoints.check(found)
    return found


def _check_names(joints: Iterable[Any], path: Path) -> None:
    for name in joints:
        if not (isinstance(name, str) and JOINT.fullmatch(name)):
            raise KinebenchError(
                f"recording must call its joints by letters, digits and _ alone, but {path.name} has "
                f"{repr(name)[:80]}. Call it otherwise, as left_knee."
            )


def _faults(table: pd.DataFrame) -> list[str]:
    numbers = ["time_s", *keypoints.PLANE]
    texts = [column for column in numbers if not pd.api.types.is_numeric_dtype(table[column])]
    if texts:
        return [f"recording must hold numbers in {', '.join(texts)}."]
    faults = []
    if not np.isfinite(table["time_s"]).all():
        faults.append("recording must have a finite time_s in every row.")
    if np.isinf(table[["x", "y"]].to_numpy(float)).any():
        faults.append("recording must have a finite or missing x and y in every row.")
    if not table["confidence"].between(0, 1).all():
        faults.append("recording must have a confidence from 0 to 1 in every row.")
    if table.duplicated(["time_s", "person", "joint"]).any():
        faults.append("recording must have a joint once for each time and person, but has doubles.")
    return faults


def _file(path: Path) -> pd.DataFrame:
    if path.suffix not in (".csv", ".parquet"):
        raise KinebenchError(
            f"recording must end in .csv or .parquet, but got {path.name}. `kinebench run` takes other tools' files as "
            "they are, and `kinebench convert` makes such a table of them."
        )
    if not path.is_file():
        raise KinebenchError(f"recording must name a file that exists, but there is no {path}. Check the path.")
    try:
        return table_files.parquet(path) if path.suffix == ".parquet" else table_files.csv(path)
    except KinebenchError:
        raise
    except (ValueError, OSError, ArithmeticError, KeyError, TypeError, UnicodeError, NotImplementedError) as error:
        reason = " ".join(str(error).split())[:160]
        raise KinebenchError(f"recording must be a readable table, but {path.name} is not: {reason}") from error


def _long(table: pd.DataFrame) -> pd.DataFrame:
    names = keypoints.joints(table)
    if not names or table.empty:
        raise KinebenchError("recording must hold at least one frame and one joint, but is empty.")
    known = (*keypoints.PLANE, *keypoints.WORLD)
    coordinates = [c for c in known if all((name, c) in table.columns for name in names)]
    times = keypoints.times(table)
    count = len(names)
    columns: dict[str, Any] = {
        "frame": np.repeat(np.arange(len(times), dtype=np.int32), count),
        "time_s": np.repeat(times, count),
        "person": np.zeros(len(times) * count, dtype=np.int32),
        "joint": pd.Categorical.from_codes(np.tile(np.arange(count, dtype=np.int16), len(times)), pd.Index(names)),
    }
    for coordinate in coordinates:
        # One joint after the other: a table of all of them is large.
        own = np.empty((len(times), count))
        for place, name in enumerate(names):
            own[:, place] = table[(name, coordinate)]
        columns[coordinate] = own.reshape(-1)
    return pd.DataFrame(columns, copy=False)
