"""Solids as rows: cones, boxes and discs in groups, and the colours of what they are made of (NumPy only)."""

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from kinebench.errors import KinebenchError

COLUMNS = 16
CONE, BOX, DISC = 0.0, 1.0, 2.0


class Material(IntEnum):
    """Rows of a palette; a person takes PERSON rows from its offset on."""

    SKIN = 0
    FACE = 1
    HAIR = 2
    SHIRT = 3
    TROUSERS = 4
    SHOE = 5
    SOLE = 6
    WOOD = 7
    CUSHION = 8
    METAL = 9
    DARK = 10
    BLACK = 11
    GREY = 12
    CLAY = 13
    LEAF = 14


Frame = tuple[np.ndarray, np.ndarray, np.ndarray]
WORLD: Frame = (np.zeros(3), np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0]))

PERSON = 7  # materials that belong to one person
FURNITURE = len(Material) - PERSON


@dataclass
class Assembly:
    """Solids as they are put together. `group` starts a new group; rows of a group must be added in one go."""

    rows: list[list[float]] = field(default_factory=list)
    frames: list[np.ndarray] = field(default_factory=list)
    _group: int = -1
    _blend: float = 0.0
    _join: float = 0.0
    _offset: int = 0

    def person(self, number: int) -> None:
        """Further solids take their materials from person `number`'s palette."""
        self._offset = number * PERSON

    def group(self, blend: float, join: float = 0.004, *, frame: Frame = WORLD, scale: float = 1.0) -> None:
        """Start a group: its rows are joined over `blend` metres, itself to those before over `join` metres.

        frame: origin, forward and upward unit vector to which patterns and painted faces are fixed.
        """
        self._group += 1
        self._blend, self._join = blend, join
        self.frames.append(np.concatenate([*frame, [scale]]))

    def cone(self, a, b, radius_a: float, radius_b: float, material: Material, blend: float | None = None) -> None:
        """A rounded cone between two points."""
        self._add(CONE, a, b, radius_a, radius_b, material, blend, 0.0)

    def ball(self, centre, radius: float, material: Material, blend: float | None = None) -> None:
        """A sphere."""
        self.cone(centre, centre, radius, radius, material, blend)

    def box(self, centre, half, rounding: float, material: Material, pitch_deg: float = 0.0) -> None:
        """A rounded box, turned about the y axis so that its front end rises by `pitch_deg`."""
        self._add(BOX, centre, half, rounding, 0.0, material, None, pitch_deg)

    def disc(self, centre, radius: float, half_width: float, rounding: float, material: Material) -> None:
        """A rounded disc whose axis is the y axis."""
        self._add(DISC, centre, (radius, half_width, 0.0), rounding, 0.0, material, None, 0.0)

    def _add(self, kind, a, b, radius_a, radius_b, material, blend, pitch_deg) -> None:
        number = int(material)
        number = number + self._offset if number < PERSON else number - PERSON + _FIRST_FURNITURE
        pitch = np.radians(pitch_deg)
        own = self._blend if blend is None else blend
        shape = (kind, self._group, own, number, *a, *b, radius_a, radius_b, np.cos(pitch), np.sin(pitch))
        self.rows.append([*shape, self._join, len(self.frames) - 1])

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Solids (solids, 16) and the groups' frames (groups, 10)."""
        solids = np.array(self.rows, dtype=float).reshape(-1, COLUMNS)
        return solids, np.array(self.frames, dtype=float).reshape(-1, 10)


PEOPLE = 2
_FIRST_FURNITURE = PEOPLE * PERSON


def linear(colour: str) -> np.ndarray:
    """Linear red, green, blue 0..1 of `#rrggbb` (sRGB)."""
    digits = colour.removeprefix("#")
    try:
        values = np.array([int(digits[k : k + 2], 16) for k in (0, 2, 4)]) / 255
    except ValueError:
        values = np.zeros(0)
    if len(digits) != 6 or len(values) != 3:
        raise KinebenchError(f"A colour must be written #rrggbb, but got {colour!r}.")
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


# colour, folds (bump), cloth or grain (contrast), its size in 1/m, shine, sharpness of the shine
_SURFACE: dict[Material, tuple[float, float, float, float, float]] = {
    Material.SKIN: (0.02, 0.05, 60.0, 0.06, 18.0),
    Material.FACE: (0.02, 0.04, 60.0, 0.06, 18.0),
    Material.HAIR: (0.55, 0.30, 130.0, 0.08, 14.0),
    Material.SHIRT: (0.22, 0.10, 16.0, 0.01, 6.0),
    Material.TROUSERS: (0.20, 0.10, 15.0, 0.01, 6.0),
    Material.SHOE: (0.05, 0.06, 50.0, 0.05, 12.0),
    Material.SOLE: (0.02, 0.04, 90.0, 0.02, 8.0),
    Material.WOOD: (0.03, 0.22, 22.0, 0.06, 20.0),
    Material.CUSHION: (0.08, 0.08, 60.0, 0.01, 6.0),
    Material.METAL: (0.00, 0.03, 40.0, 0.35, 40.0),
    Material.DARK: (0.02, 0.06, 50.0, 0.10, 22.0),
    Material.BLACK: (0.02, 0.06, 50.0, 0.05, 14.0),
    Material.GREY: (0.02, 0.04, 50.0, 0.08, 16.0),
    Material.CLAY: (0.02, 0.08, 50.0, 0.04, 14.0),
    Material.LEAF: (0.10, 0.25, 70.0, 0.06, 16.0),
}
_FURNITURE_COLOURS = {
    Material.WOOD: "#a8753f",
    Material.CUSHION: "#4d6068",
    Material.METAL: "#a9adb1",
    Material.DARK: "#33373c",
    Material.BLACK: "#1c1d1f",
    Material.GREY: "#8d9296",
    Material.CLAY: "#b06a48",
    Material.LEAF: "#4c7a3c",
}


def palette(people: list[dict[Material, str]]) -> np.ndarray:
    """Colours and surfaces, shape (materials, 8), for up to two people and the furniture."""
    rows = []
    for number in range(PEOPLE):
        colours = people[min(number, len(people) - 1)]
        rows += [np.concatenate([linear(colours[m]), _SURFACE[m]]) for m in list(Material)[:PERSON]]
    rows += [np.concatenate([linear(_FURNITURE_COLOURS[m]), _SURFACE[m]]) for m in list(Material)[PERSON:]]
    return np.array(rows)
