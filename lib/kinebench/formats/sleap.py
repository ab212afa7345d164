"""SLEAP's analysis files: .h5 or .csv.

HDF5 (sleap.ai, "Analysis HDF5"; also written by sleap-io): `tracks` (tracks, 2, nodes, frames), x and y in pixels, NaN
where a node was not found, `point_scores` (tracks, nodes, frames), `node_names`; axes in another order are named in the
attribute `dims`. CSV: `track,frame_idx,instance.score,NODE.x,NODE.y,NODE.score,...`, one row an animal and frame; rows
without a track are people numbered within their frame. Confidence is the point's score, at most 1; points that were set
by hand have none. Frames count from 0. `naming` says which nodes are recognised.
"""

import json
from pathlib import Path

import numpy as np

from kinebench.errors import KinebenchError
from kinebench.formats import Given, Recording, clock, csv_text, entries, hdf5, naming, text_lines

_ORDER = ("track", "xy", "node", "frame")


def matches(path: Path) -> bool:
    """Whether the file is one of SLEAP's analysis files."""
    if path.suffix.lower() in (".h5", ".hdf5"):
        return hdf5.holds(path, "tracks", "node_names", "track_occupancy")
    names = (text_lines.beginning(path) or [[]])[0]
    return "frame_idx" in names and {"track", "instance.score"} & set(names) != set()


def read(path: Path, given: Given) -> Recording:
    """The tracks at `path`; their times are those of the frames in the video."""
    nodes, values, frames, people = (_from_hdf5 if hdf5.is_hdf5(path) else _from_csv)(path)
    places, notes = naming.joints(nodes, path.name)
    values = values[:, list(places.values())]
    values, more = _scored(values)
    clocked = clock.told(given, "", frames, None, path.name, len(values))
    told = (*notes, *more)
    return entries.recording(clocked, list(places), values, path, people=people, notes=told, tracked=True)


def _scored(values: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """The values with every point that is there scored from 0 to 1, and what was done to get there."""
    there = np.isfinite(values[..., :2]).all(axis=-1)
    score = values[..., 2]
    by_hand, above = there & np.isnan(score), there & (score > 1 + entries.ROUNDING)
    notes = []
    if by_hand.any():
        notes.append(f"{by_hand.sum()} points have no score, as those set by hand: they got the confidence 1.")
    if above.any():
        notes.append(f"{above.sum()} scores above 1 (up to {np.nanmax(score[above]):.3g}) became 1.")
    values[..., 2] = np.where(by_hand, 1.0, np.where(above, 1.0, score))
    return values, tuple(notes)


def _from_hdf5(path: Path) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
    """Nodes' names; values (entries, nodes, 3); frame and track of each entry."""
    with hdf5.opened(path) as file:
        nodes = hdf5.names(file, "node_names")
        order = _order(hdf5.member(file, "tracks").attrs.get("dims"), path.name)
        tracks = hdf5.dataset(file, "tracks")
        scores = hdf5.dataset(file, "point_scores") if "point_scores" in set(file) else None
    if tracks.ndim != 4 or tracks.dtype.kind not in "iuf":
        raise KinebenchError(f"{path.name} must have numbers of four axes in tracks, but has {tracks.ndim}.")
    tracks = tracks.transpose([order.index(axis) for axis in ("track", "frame", "node", "xy")])
    count, frames, found, axes = tracks.shape
    if axes != 2 or found != len(nodes):
        raise KinebenchError(
            f"{path.name} must have x and y of each of its {len(nodes)} nodes, but has {axes} axes of {found}."
        )
    # SLEAP opens a track for whoever turns up, and keeps a place for it in every frame.
    people, numbers = np.nonzero(np.isfinite(tracks).any(axis=(2, 3)))
    values = np.full((len(people), len(nodes), 3), np.nan)
    values[..., :2] = tracks[people, numbers]
    if scores is not None:
        others = [axis for axis in order if axis != "xy"]
        if sorted(scores.shape) != sorted((count, frames, found)) or scores.dtype.kind not in "iuf":
            raise KinebenchError(f"{path.name} must have a score for each point, but has {scores.shape} of them.")
        scores = scores.transpose([others.index(axis) for axis in ("track", "frame", "node")])
        if scores.shape != (count, frames, found):
            raise KinebenchError(f"{path.name} must have the axes of point_scores in the order of tracks, but has not.")
        values[..., 2] = scores[people, numbers]
    return nodes, values, numbers, people


def _order(dims: object, file: str) -> tuple[str, ...]:
    """The axes of tracks; without the attribute as SLEAP itself has them."""
    if dims is None:
        return _ORDER
    try:
        named = tuple(json.loads(str(dims)))
    except (ValueError, TypeError, RecursionError):
        named = ()
    if not all(isinstance(axis, str) for axis in named) or sorted(named) != sorted(_ORDER):
        raise KinebenchError(f"{file} must name the axes {', '.join(_ORDER)} in the attribute dims, but does not.")
    return named


def _from_csv(path: Path) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
    names = csv_text.header(path)[0]
    at = {name: place for place, name in enumerate(names)}
    nodes = [name.removesuffix(".x") for name in names if name.endswith(".x") and f"{name[:-1]}y" in at]
    if "frame_idx" not in at or not nodes:
        raise KinebenchError(f"{path.name} must have the columns frame_idx and NODE.x, NODE.y of a node, but has not.")
    scored = [f"{node}.score" for node in nodes if f"{node}.score" in at]
    columns = [f"{node}.{axis}" for node in nodes for axis in "xy"] + scored + ["frame_idx"]
    table = csv_text.load(path, [at[name] for name in columns], [at["track"]] if "track" in at else [])
    entries.check_room(len(table.numbers) * len(nodes), path)
    values = np.full((len(table.numbers), len(nodes), 3), np.nan)
    values[..., :2] = table.numbers[:, : 2 * len(nodes)].reshape(-1, len(nodes), 2)
    for place, name in enumerate(scored):
        values[:, nodes.index(name.removesuffix(".score")), 2] = table.numbers[:, 2 * len(nodes) + place]
    frames = clock.whole(table.numbers[:, -1], f"frame_idx in {path.name}")
    codes, tracks = table.words[0] if table.words else (np.zeros(len(frames), int), ("",))
    return nodes, values, frames, _people(codes, tracks, frames)


def _people(codes: np.ndarray, tracks: tuple[str, ...], frames: np.ndarray) -> np.ndarray:
    """The track of each row; those without one are numbered within their frame, behind the tracks."""
    people = codes.astype(int)
    loose = np.isin(codes, [place for place, track in enumerate(tracks) if track.lower() in csv_text.MISSING])
    seen: dict[int, int] = {}
    for row in np.flatnonzero(loose):
        number = seen.get(int(frames[row]), 0)
        people[row] = len(tracks) + number
        seen[int(frames[row])] = number + 1
    return people
