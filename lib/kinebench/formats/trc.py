"""Markers in TRC files, as OpenSim, OpenCap and Pose2Sim write them: tab-separated, in a lab's three dimensions.

Three lines about the file (the third holds the values: NumFrames, NumMarkers, Units), a line `Frame# Time NAME ...`, a
line `X1 Y1 Z1 ...`, then a line a frame
(OpenSim's documentation, "Marker (.trc) Files"). y is up, as in OpenSim. A marker with empty fields or at 0 0 0 is
missing. The analysis works in the picture's plane: `sagittal` says how it is seen.
"""

from array import array
from pathlib import Path

import numpy as np

from kinebench.errors import KinebenchError
from kinebench.formats import Given, Recording, clock, csv_text, entries, sagittal, text_lines, trc_markers
from kinebench.formats.trc_writing import write

__all__ = ["matches", "read", "write"]
UNITS = {"m": 1.0, "meters": 1.0, "cm": 0.01, "mm": 0.001, "millimeters": 0.001}
_HEADINGS = 5


def matches(path: Path) -> bool:
    """Whether the file begins as a TRC file does."""
    try:
        with path.open("rb") as file:
            return file.read(12).lstrip(b"\xef\xbb\xbf") in (b"PathFileType", b"PathFileT")
    except OSError:
        return False


def read(path: Path, given: Given) -> Recording:
    """The markers in the TRC file at `path`, seen from the person's right; times and frames' numbers are its own."""
    del given
    names, rows = _rows(path)
    positions = rows[:, 2:].reshape(len(rows), len(names), 3)
    missing = ~np.isfinite(positions).all(axis=2) | (positions == 0).all(axis=2)
    positions[missing] = np.nan
    joints, positions, notes = trc_markers.joints(names, positions, path.name)
    if np.nanmax(np.abs(positions), initial=0.0) > entries.FURTHEST_PX / sagittal.PX_PER_M:
        raise KinebenchError(f"{path.name} must have markers in a lab, within 2000 m, but has some further away.")
    view = sagittal.view(positions, joints, path.name)
    if (np.diff(rows[:, 1]) <= 0).any() or not np.isfinite(rows[:, 1]).all():
        raise KinebenchError(f"{path.name} must have times that rise from frame to frame, but has not.")
    clocked = clock.Clock(clock.whole(rows[:, 0], f"The frames' numbers in {path.name}"), rows[:, 1])
    return entries.recording(
        clocked,
        joints,
        view.values,
        path,
        notes=(*notes, *view.notes),
        metres_per_px=1 / sagittal.PX_PER_M,
        own_picture=True,
    )


def _rows(path: Path) -> tuple[list[str], np.ndarray]:
    """The markers' names, and frame, time and all coordinates in metres, one row a frame."""
    lines = text_lines.rows(path, "\t")
    about: list[list[str]] = []
    for _, fields in lines:
        about.append(text_lines.trimmed(fields))
        if len(about) == _HEADINGS:
            break
    names, frames, factor = _about(about, path.name)
    width = 2 + 3 * len(names)
    packed = array("d")
    for line, fields in lines:
        if not any(field.strip() for field in fields):
            continue
        if len(fields) < width or any(field.strip() for field in fields[width:]):
            raise KinebenchError(
                f"{path.name} must have {width} fields in each line, two and three for each of its markers, "
                f"but has {len(fields)} in line {line}."
            )
        packed.extend(csv_text.numbers(fields[:width], path.name, f"line {line}"))
    if len(packed) != frames * width or not packed:
        raise KinebenchError(
            f"{path.name} must have as many lines of markers as NumFrames says, which is {frames}, but has "
            f"{len(packed) // width}. Is it cut off?"
        )
    rows = np.frombuffer(packed, dtype=float).reshape(-1, width).copy()
    rows[:, 2:] *= factor
    return names, rows


def _about(lines: list[list[str]], file: str) -> tuple[list[str], int, float]:
    """The markers' names, how many frames there are, and the length of the unit in metres."""
    if len(lines) < _HEADINGS or lines[3][:2] != ["Frame#", "Time"]:
        raise KinebenchError(f"{file} must be a TRC file with Frame# and Time in its fourth line, but is not.")
    values = dict(zip(lines[1], lines[2], strict=False))
    names = lines[3][2::3]
    while names and not names[-1]:
        names.pop()
    units = values.get("Units", "")
    if units.lower() not in UNITS:
        raise KinebenchError(f"{file} must say its Units as one of {', '.join(UNITS)}, but has {units[:20]!r}.")
    counts = [values.get(key, "") for key in ("NumMarkers", "NumFrames")]
    if not all(count.isdecimal() and len(count) < 10 for count in counts):
        raise KinebenchError(f"{file} must say NumMarkers and NumFrames in whole numbers, but has {counts}.")
    if int(counts[0]) != len(names) or len(names) > csv_text.MOST_COLUMNS // 3 or "" in names:
        raise KinebenchError(
            f"{file} must name as many markers as NumMarkers says, {counts[0]}, but names {len(names)}."
        )
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise KinebenchError(f"{file} must name each marker once, but has twice: {', '.join(doubled)[:99]}.")
    return names, int(counts[1]), UNITS[units.lower()]
