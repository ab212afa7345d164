"""DeepLabCut's results, and Lightning Pose's in the same layout: .csv with 3 or 4 lines of headings, or .h5.

Columns are named by scorer, individual (where there are several), body part and coordinate: x, y in pixels, and
likelihood, which is the confidence (DeepLabCut's documentation, "analyze_videos"; the HDF5 holds the same table as
pandas writes it, under df_with_missing). The first column is the frame's number, from 0. Body parts have the names that
the project gave them: `naming` says how they are recognised.
"""

from pathlib import Path

import numpy as np

from kinebench.errors import KinebenchError
from kinebench.formats import Given, Recording, clock, csv_text, entries, hdf5, naming, pandas_hdf5, text_lines

COORDINATES = ("x", "y", "likelihood")
Column = tuple[str, ...]
"""Individual, body part and coordinate."""


def matches(path: Path) -> bool:
    """Whether the file begins with DeepLabCut's headings, or is a table that pandas wrote into HDF5."""
    if path.suffix.lower() in (".h5", ".hdf5"):
        return pandas_hdf5.holds_table(path)
    lines = [line[0].lower() for line in text_lines.beginning(path, 4) if line]
    return lines[:1] == ["scorer"] and "bodyparts" in lines and "coords" in lines


def read(path: Path, given: Given) -> Recording:
    """The results at `path`; their times are those of the frames in the video."""
    columns, table, frames = (_from_hdf5 if hdf5.is_hdf5(path) else _from_csv)(path)
    individuals = list(dict.fromkeys(column[0] for column in columns))
    parts = list(dict.fromkeys(column[1] for column in columns))
    places, notes = naming.joints(parts, path.name)
    joints = {parts[place]: number for number, place in enumerate(places.values())}
    values = np.full((len(individuals), len(table), len(joints), 3), np.nan)
    scored = any(column[2] == "likelihood" for column in columns)
    if not scored:
        values[..., 2] = 1.0
        notes = (*notes, entries.unscored("likelihoods"))
    for number, (individual, part, coordinate) in enumerate(columns):
        if part in joints:
            values[individuals.index(individual), :, joints[part], COORDINATES.index(coordinate)] = table[:, number]
    numbers = np.tile(frames, len(individuals))
    clocked = clock.told(given, "", numbers, None, path.name, len(numbers))
    people = np.repeat(np.arange(len(individuals)), len(table))
    flat = values.reshape(-1, len(joints), 3)
    return entries.recording(clocked, list(places), flat, path, people=people, notes=notes, tracked=True)


def _from_csv(path: Path) -> tuple[list[Column], np.ndarray, np.ndarray]:
    first = [line[0].lower() for line in text_lines.beginning(path, 4)]
    headings = 4 if "individuals" in first else 3
    lines = csv_text.header(path, headings)
    if first[headings - 2 : headings] != ["bodyparts", "coords"]:
        raise KinebenchError(
            f"{path.name} must have DeepLabCut's headings scorer, (individuals), bodyparts, coords, but has "
            f"{naming.listed(first[:headings])}."
        )
    columns = _columns([tuple(line[place] for line in lines) for place in range(1, len(lines[0]))], path.name)
    table = csv_text.load(path, range(len(lines[0])), headings=headings).numbers
    return columns, table[:, 1:], table[:, 0]


def _from_hdf5(path: Path) -> tuple[list[Column], np.ndarray, np.ndarray]:
    names, table, frames = pandas_hdf5.read(path)
    return _columns(names, path.name), table, frames


def _columns(names: list[tuple[str, ...]], file: str) -> list[Column]:
    """Individual ("" for a single one), body part and coordinate of each column."""
    levels = {len(name) for name in names}
    if levels not in ({3}, {4}):
        raise KinebenchError(
            f"{file} must name columns by scorer, (individual), body part and coordinate, but does not."
        )
    columns = [("", *name[1:]) if len(name) == 3 else name[1:] for name in names]
    strange = [column[2] for column in columns if column[2] not in COORDINATES]
    if strange:
        raise KinebenchError(
            f"{file} must have x, y and likelihood of each body part, but has {naming.listed(strange)}."
        )
    doubled = len(set(columns)) < len(columns)
    if doubled:
        raise KinebenchError(
            f"{file} must have each body part of each individual once, from one scorer, but has doubles."
        )
    return columns
