"""Reads tables of landmarks, wide or long, as `landmark_layout` tells them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinebench.errors import KinebenchError
from kinebench.formats import Given, Recording, clock, csv_text, entries, landmark_layout, naming
from kinebench.formats.landmark_layout import WORLD, Layout, Where


@dataclass(frozen=True, eq=False)
class _Rows:
    """values: (entries, joints, 3 or 6) in the order of `keypoints.PLANE + WORLD`; the others: (entries,) or None."""

    joints: tuple[str, ...]
    values: np.ndarray
    frames: np.ndarray | None
    times: np.ndarray | None
    people: np.ndarray | None
    notes: tuple[str, ...]


def read(path: Path, given: Given, order: Sequence[str], scores: Sequence[str]) -> Recording:
    """The recording in the table at `path`.

    order: the joints by their number, where the table numbers them; scores: which of the table's numbers are the
    confidence: the least of those that it has.
    """
    layout = landmark_layout.of(csv_text.header(path)[0])
    rows = (_wide if layout.landmark is None else _long)(path, layout, order, scores)
    values, notes = entries.in_pixels(rows.values, given, path.name)
    clocked = clock.told(given, layout.time_name, rows.frames, rows.times, path.name, len(values))
    people = None if rows.people is None else clock.whole(rows.people, f"The people in {path.name}")
    return entries.recording(clocked, rows.joints, values, path, people=people, notes=(*rows.notes, *notes))


def _wide(path: Path, layout: Layout, order: Sequence[str], scores: Sequence[str]) -> _Rows:
    notes: tuple[str, ...] = ()
    if layout.numbers and not layout.joints:
        by_number = landmark_layout.in_order(layout.numbers, order, path.name)
        where = {joint: layout.wide[str(number)] for number, joint in by_number.items()}
    else:
        names = list(layout.wide)
        places, notes = naming.joints(names, path.name)
        where = {joint: layout.wide[names[place]] for joint, place in places.items()}
    rows, _ = _loaded(path, layout, where, scores, ())
    return _Rows(rows.joints, rows.values, rows.frames, rows.times, rows.people, (*notes, *rows.notes))


def _long(path: Path, layout: Layout, order: Sequence[str], scores: Sequence[str]) -> _Rows:
    rows, ((codes, names),) = _loaded(path, layout, {"each landmark": layout.long}, scores, (layout.landmark,))
    notes: tuple[str, ...] = ()
    if all(name.isdecimal() and len(name) < 4 for name in names):
        by_number = landmark_layout.in_order(sorted(map(int, names)), order, path.name)
        at = {int(name): place for place, name in enumerate(names)}
        places = {joint: at[number] for number, joint in by_number.items()}
    else:
        places, notes = naming.joints(names, path.name)
    moments = rows.times if rows.frames is None else rows.frames
    if moments is None:
        raise KinebenchError(f"{path.name} must have a column frame or time, since each row is one landmark.")
    people = np.zeros(len(codes)) if rows.people is None else rows.people
    keys = np.stack([moments, people], axis=1)
    _, first, entry = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    joint = np.full(len(names), -1)
    joint[list(places.values())] = np.arange(len(places))
    kept = joint[codes] >= 0
    cells = entry.reshape(-1)[kept] * len(places) + joint[codes[kept]]
    if len(np.unique(cells)) < len(cells):
        raise KinebenchError(f"{path.name} must have a landmark once for each person and frame, but has doubles.")
    entries.check_room(len(first) * len(places), path)
    flat = np.full((len(first) * len(places), rows.values.shape[2]), np.nan)
    flat[cells] = rows.values[kept, 0]
    frames, times, people_ = (None if c is None else c[first] for c in (rows.frames, rows.times, rows.people))
    values = flat.reshape(len(first), len(places), -1)
    return _Rows(tuple(places), values, frames, times, people_, (*notes, *rows.notes))


def _loaded(
    path: Path, layout: Layout, where: dict[str, Where], scores: Sequence[str], words: Sequence[int | None]
) -> tuple[_Rows, tuple[tuple[np.ndarray, tuple[str, ...]], ...]]:
    """The table's rows as they are, one joint for each of `where`, and its columns of `words`."""
    for joint, own in where.items():
        lacking = [coordinate for coordinate in ("x", "y") if coordinate not in own]
        if lacking:
            raise KinebenchError(f"{path.name} must have x and y of {joint}, but lacks {' and '.join(lacking)}.")
    wanted = [place for own in where.values() for place in own.values()]
    common = [place for place in (layout.frame, layout.time, layout.person) if place is not None]
    asked = list(dict.fromkeys([*wanted, *common]))
    columns = csv_text.load(path, asked, [place for place in words if place is not None])
    at = {place: number for number, place in enumerate(asked)}
    placed = [{coordinate: at[place] for coordinate, place in own.items()} for own in where.values()]
    values, notes = _values(columns.numbers, placed, scores)
    frames, times, people = (
        None if place is None else columns.numbers[:, at[place]] for place in (layout.frame, layout.time, layout.person)
    )
    return _Rows(tuple(where), values, frames, times, people, notes), columns.words


def _values(table: np.ndarray, where: list[Where], scores: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    world = any(set(WORLD) <= own.keys() for own in where)
    scored = any(score in own for own in where for score in scores)
    values = np.full((len(table), len(where), 6 if world else 3), np.nan)
    for joint, own in enumerate(where):
        values[:, joint, :2] = table[:, [own["x"], own["y"]]]
        columns = [own[score] for score in scores if score in own]
        if columns:
            values[:, joint, 2] = np.fmin.reduce(table[:, columns], axis=1)
        elif not scored:
            values[:, joint, 2] = 1.0
        if set(WORLD) <= own.keys():
            values[:, joint, 3:] = table[:, [own[axis] for axis in WORLD]]
    return values, () if scored else (entries.unscored(),)
