"""What the tracer is given and what it hands back, as named tuples that numba understands, traced on two threads."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from kinebench.synthetic.distance import shadow_cells, view_tiles
from kinebench.synthetic.rays import edge_lines, frame_lines, room_lines

THREADS = max(1, min(2, os.cpu_count() or 1))
BAND = 8  # lines that a thread takes at a time


class View(NamedTuple):
    """The camera: position and unit vectors (3,), focal length in pixels, picture size."""

    eye: np.ndarray
    right: np.ndarray
    up: np.ndarray
    forward: np.ndarray
    focal: float
    width: int
    height: int


class Light(NamedTuple):
    """The lamp (see `surfaces.lamp`) and two unit vectors square to its direction."""

    lamp: np.ndarray
    first: np.ndarray
    second: np.ndarray


class Walls(NamedTuple):
    """The wall's colour (3,) and distance, whether the room is a gym, and where the wall stands: x and y of the level
    unit vector towards it."""

    colour: np.ndarray
    distance: float
    gym: bool
    towards: tuple[float, float] = (0.0, 1.0)


class Things(NamedTuple):
    """Solids with the index of all of them, what each tile of the view and each cell of the shadow map can meet, the
    palette, the groups' frames, and a box (low xyz, high xyz) around the whole."""

    solids: np.ndarray
    everything: np.ndarray
    tiles: tuple
    cells: tuple
    palette: np.ndarray
    frames: np.ndarray
    hull: np.ndarray


class Room(NamedTuple):
    """The traced room: light from the lamp and from around (h, w, 4, 3), way (h, w, 4), normal (h, w, 3)."""

    lit: np.ndarray
    ambient: np.ndarray
    way: np.ndarray
    normals: np.ndarray


class Pass(NamedTuple):
    """One ray a pixel: linear colour (h, w, 3), what was met (h, w; 0 the room, else material + 1), way (h, w), and the
    shares of the lamp and of the light around that the moving solids leave to the room (h, w, 2)."""

    colour: np.ndarray
    met: np.ndarray
    way: np.ndarray
    left: np.ndarray


def things(solids: np.ndarray, frames: np.ndarray, palette: np.ndarray, view: View, light: Light) -> Things:
    """Solids made ready for tracing."""
    low = np.minimum(solids[:, 4:7], solids[:, 7:10]).min(axis=0) - 0.1
    high = np.maximum(solids[:, 4:7], solids[:, 7:10]).max(axis=0) + 0.1
    return Things(
        solids,
        np.arange(len(solids), dtype=np.int32),
        view_tiles(solids, *view),
        shadow_cells(solids, light.first, light.second),
        palette,
        frames,
        np.concatenate([low, high]),
    )


def trace_room(view: View, light: Light, walls: Walls, furniture: Things) -> Room:
    """The room and its furniture without whoever moves in it."""
    size = (view.height, view.width)
    shapes = ((*size, 4, 3), (*size, 4, 3), (*size, 4), (*size, 3))
    room = Room(*(np.zeros(shape, np.float32) for shape in shapes))
    _in_bands(room_lines, view.height, room, view, light, walls, furniture)
    return room


def first_pass(view: View, light: Light, room: Room, moving: Things, furniture: Things) -> Pass:
    """One ray a pixel."""
    size = (view.height, view.width)
    first = Pass(
        np.zeros((*size, 3), np.float32),
        np.zeros(size, np.int32),
        np.zeros(size, np.float32),
        np.ones((*size, 2), np.float32),
    )
    _in_bands(frame_lines, view.height, first, view, light, room, moving, furniture)
    return first


def picture(view: View, light: Light, room: Room, moving: Things, furniture: Things) -> np.ndarray:
    """Linear colour with smooth edges, float32 (h, w, 3)."""
    first = first_pass(view, light, room, moving, furniture)
    result = first.colour.copy()
    _in_bands(edge_lines, view.height, result, first, view, light, room, moving, furniture)
    return result


def _in_bands(kernel: Callable, height: int, *arguments) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        starts = range(0, height, BAND)
        done = [pool.submit(kernel, start, min(start + BAND, height), *arguments) for start in starts]
        for band in done:
            band.result()
