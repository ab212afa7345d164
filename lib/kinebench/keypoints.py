"""The keypoint table's contract: make it, check it, save it, load it.

Index `time_s`: seconds from the first frame of the file, strictly increasing, from the file's own timestamps.
Columns: a MultiIndex `(joint, coordinate)`; coordinates `x, y` (pixels of the upright picture, origin top left, y
down), `confidence` (0..1) and, where the estimator is 3D, `world_x, world_y, world_z` (metres, hip-centred).
A missing joint is NaN in x and y both, never 0. On disk the columns are flat: `left_knee_x`.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from kinebench.errors import KinebenchError, collected

PLANE = ("x", "y", "confidence")
WORLD = ("world_x", "world_y", "world_z")
DETECTION_COLUMNS = ("frame", "time_s", "person", "joint", "x", "y", "confidence")


def make(time_s: np.ndarray, joints: Sequence[str], values: np.ndarray) -> pd.DataFrame:
    """A keypoint table from an array of shape (frames, joints, 3 or 6), last axis in the order of `PLANE + WORLD`.

    Where x or y is NaN, x, y and the world coordinates become NaN and confidence becomes 0.
    """
    values = np.array(values, dtype=float)
    if values.ndim != 3 or values.shape[:2] != (len(time_s), len(joints)) or values.shape[2] not in (3, 6):
        raise KinebenchError(
            f"values must have the shape (frames, joints, 3 or 6) = ({len(time_s)}, {len(joints)}, 3 or 6), "
            f"but has {values.shape}."
        )
    missing = np.isnan(values[..., :2]).any(axis=-1)
    values[missing] = np.nan
    values[missing, 2] = 0.0
    coordinates = (PLANE + WORLD)[: values.shape[2]]
    columns = pd.MultiIndex.from_product([list(joints), coordinates], names=["joint", "coordinate"])
    table = pd.DataFrame(
        values.reshape(len(time_s), len(columns)),
        index=pd.Index(np.asarray(time_s, float), name="time_s"),
        columns=columns,
    )
    check(table)
    return table


def check(table: pd.DataFrame) -> None:
    """Raise one error that lists everything by which `table` breaks the contract."""
    faults = []
    if table.index.name != "time_s":
        faults.append(f"The index must be named time_s, but is {table.index.name!r}.")
    times = np.asarray(table.index, dtype=float)
    if not np.isfinite(times).all() or (np.diff(times) <= 0).any():
        faults.append(
            "time_s must be finite and strictly increasing, but is not. Sort the frames and drop doubled ones."
        )
    if table.columns.nlevels != 2:
        collected([*faults, f"The columns must be (joint, coordinate), but have {table.columns.nlevels} level(s)."])
    doubled = sorted(set(table.columns[table.columns.duplicated()].get_level_values(0)))
    if doubled:
        collected([*faults, f"Each joint must stand once, but these stand twice: {', '.join(doubled)}."])
    for joint in joints(table):
        faults += _joint_faults(pd.DataFrame(table[joint]), joint)
    collected(faults)


def _joint_faults(own: pd.DataFrame, joint: str) -> list[str]:
    lacking = [coordinate for coordinate in PLANE if coordinate not in own.columns]
    if lacking:
        return [f"{joint} must have x, y and confidence, but lacks {', '.join(lacking)}."]
    texts = [coordinate for coordinate in own.columns if not pd.api.types.is_numeric_dtype(own[coordinate])]
    if texts:
        return [f"{joint} must hold numbers, but holds something else in {', '.join(texts)}."]
    faults = []
    if np.isinf(own.to_numpy(float)).any():
        faults.append(f"{joint} must be finite or missing, but holds an infinite number.")
    if (own["x"].isna() != own["y"].isna()).any():
        faults.append(f"{joint} must be missing in x and y together, but is missing in one of them.")
    confidence = own["confidence"].to_numpy()
    outside = confidence[~((confidence >= 0) & (confidence <= 1))]
    if len(outside):
        faults.append(f"{joint} must have a confidence from 0 to 1, but has {outside[0]:g}.")
    return faults


def joints(table: pd.DataFrame) -> tuple[str, ...]:
    """The joints of a keypoint table in its own order."""
    return tuple(dict.fromkeys(table.columns.get_level_values(0)))


def times(table: pd.DataFrame) -> np.ndarray:
    """time_s as a float array of shape (frames,)."""
    return np.asarray(table.index, dtype=float)


def points(table: pd.DataFrame, joint: str) -> np.ndarray:
    """x and y of one joint, shape (frames, 2); NaN throughout where the estimator has no such joint."""
    x, y = (_column(table, joint, coordinate) for coordinate in ("x", "y"))
    if x is None or y is None:
        return np.full((len(table), 2), np.nan)
    return table.to_numpy()[:, [x, y]]


def confidence(table: pd.DataFrame, joint: str) -> np.ndarray:
    """Confidence of one joint, shape (frames,); 0 where the estimator has no such joint."""
    column = _column(table, joint, "confidence")
    return np.zeros(len(table)) if column is None else table.to_numpy()[:, column]


def _column(table: pd.DataFrame, joint: str, coordinate: str) -> int | None:
    """Where a coordinate stands; looked up as a whole, since a table of one joint is dear to make."""
    try:
        place = table.columns.get_loc((joint, coordinate))
    except KeyError:
        return None
    return place if isinstance(place, int) else None


def positions(table: pd.DataFrame) -> np.ndarray:
    """x and y of all joints, shape (frames, joints, 2), joints in the table's order."""
    names = joints(table)
    columns = pd.MultiIndex.from_product([names, ["x", "y"]])
    return table[columns].to_numpy().reshape(len(table), len(names), 2)


def with_positions(table: pd.DataFrame, xy: np.ndarray) -> pd.DataFrame:
    """A copy of `table` with x and y replaced by `xy` of shape (frames, joints, 2)."""
    changed = table.copy()
    changed[pd.MultiIndex.from_product([joints(table), ["x", "y"]])] = xy.reshape(len(table), 2 * xy.shape[1])
    return changed


def flattened(table: pd.DataFrame) -> pd.DataFrame:
    """The on-disk form: flat columns `left_knee_x`, `time_s` still the index."""
    flat = table.copy()
    flat.columns = pd.Index(["_".join(pair) for pair in table.columns])
    return flat


def unflattened(flat: pd.DataFrame) -> pd.DataFrame:
    """The inverse of `flattened`."""
    pairs = []
    for column in flat.columns:
        ending = next((c for c in (*WORLD, *PLANE) if column.endswith(f"_{c}")), None)
        if ending is None:
            raise KinebenchError(f"A keypoint column must end in _x, _y, _confidence or _world_*, but got {column!r}.")
        pairs.append((column.removesuffix(f"_{ending}"), ending))
    # Only the names are new: the numbers are shared until somebody writes.
    table = flat.copy(deep=False)
    table.columns = pd.MultiIndex.from_arrays(
        [[joint for joint, _ in pairs], [coordinate for _, coordinate in pairs]], names=["joint", "coordinate"]
    )
    return table


def save(table: pd.DataFrame, path: str | Path) -> None:
    """Write as .csv or .parquet, by the path's ending."""
    check(table)
    path = _checked_ending(path)
    if path.suffix == ".parquet":
        flattened(table).to_parquet(path)
    else:
        flattened(table).to_csv(path)


def load(path: str | Path) -> pd.DataFrame:
    """Read what `save` wrote, and check it."""
    path = _checked_ending(path)
    try:
        flat = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, index_col="time_s")
    except FileNotFoundError:
        raise KinebenchError(f"path must name a file that exists, but there is no {path}. Check the path.") from None
    except (ValueError, OSError) as error:
        reason = " ".join(str(error).split())[:160]
        raise KinebenchError(f"path must be a saved keypoint table, but {path.name} is not: {reason}") from error
    table = unflattened(flat.astype(float) if flat.empty else flat)
    check(table)
    table.index = table.index.astype(float)
    return table.astype(float)


def _checked_ending(path: str | Path) -> Path:
    path = Path(path)
    if path.suffix not in (".csv", ".parquet"):
        raise KinebenchError(f"path must end in .csv or .parquet, but got {path.name}.")
    return path
