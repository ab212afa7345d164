"""What the columns of a table of landmarks hold, told by their names.

Wide, one row a frame: NAME_x, NAME_y and so on for each landmark, or x0, y0, z0, v0 with its number. Long, one row a
landmark: a column with its name or number, and x, y and so on. Both may have columns for frame, time and person.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kinebench.errors import KinebenchError
from kinebench.formats import clock, naming, text_lines

Where = dict[str, int]
"""Coordinate -> position of its column."""
WORLD = ("world_x", "world_y", "world_z")
SCORES = ("visibility", "presence", "likelihood", "score", "confidence")
_ENDINGS: dict[tuple[str, ...], str] = {
    ("x",): "x",
    ("y",): "y",
    ("z",): "z",
    ("v",): "visibility",
    ("in", "frame", "likelihood"): "likelihood",
    **{("world", axis): f"world_{axis}" for axis in "xyz"},
    **{(word,): word for word in SCORES},
}
_LANDMARK = {(word,) for word in ("landmark", "joint", "keypoint")} | {("landmark", w) for w in ("name", "id", "type")}


@dataclass(frozen=True, eq=False)
class Layout:
    """wide: name or number of each landmark -> its columns; long: the columns where each row is one landmark.

    The others are positions of columns, None where there is none; time_name: how the one with the times is called.
    """

    wide: dict[str, Where]
    long: Where
    landmark: int | None
    frame: int | None
    time: int | None
    person: int | None
    time_name: str

    @property
    def scores(self) -> set[str]:
        """What the table calls its confidences."""
        return {name for where in (self.long, *self.wide.values()) for name in where if name in SCORES}

    @property
    def joints(self) -> set[str]:
        """The joints that a wide table has x and y of, by name."""
        placed = [name for name, where in self.wide.items() if {"x", "y"} <= where.keys()]
        return {found for found in map(naming.joint, placed) if found}

    @property
    def numbers(self) -> list[int]:
        """The numbers of the landmarks that a wide table has x and y of, in order."""
        return sorted(int(name) for name, where in self.wide.items() if name.isdigit() and {"x", "y"} <= where.keys())


def of(names: Sequence[str]) -> Layout:
    """The layout of a table whose columns are called `names`."""
    wide: dict[str, Where] = {}
    long: Where = {}
    for place, name in enumerate(names):
        landmark, coordinate = _split(naming.words(name))
        if coordinate:
            (wide.setdefault(landmark, {}) if landmark else long).setdefault(coordinate, place)

    def first(fits: Callable[[str], bool]) -> int | None:
        return next((place for place, name in enumerate(names) if fits(name)), None)

    landmark_at, time = first(lambda name: naming.words(name) in _LANDMARK), first(clock.is_time)
    others = (landmark_at, first(clock.is_frame), time, first(clock.is_person))
    return Layout(wide, long, *others, "" if time is None else names[time])


def at_the_beginning(path: Path) -> Layout | None:
    """The layout of the table at `path`; None where it is no .csv or .tsv with a heading. Never raises."""
    if path.suffix.lower() not in (".csv", ".tsv", ".txt"):
        return None
    lines = text_lines.beginning(path)
    return of(lines[0]) if lines else None


def _split(parts: tuple[str, ...]) -> tuple[str, str]:
    """A landmark's name or number ("" for none), and the coordinate ("" where the column is none of a landmark)."""
    if parts and parts[-1].isdigit() and parts[:-1] in _ENDINGS:
        return parts[-1], _ENDINGS[parts[:-1]]
    for length in (3, 2, 1):
        if len(parts) >= length and parts[-length:] in _ENDINGS:
            name = parts[:-length]
            return "_".join(name[1:] if name[:1] == ("landmark",) else name), _ENDINGS[parts[-length:]]
    return "", ""


def in_order(numbers: Sequence[int], order: Sequence[str], file: str) -> dict[int, str]:
    """The joint of each landmark's number, where they are numbered from 0 or from 1 in `order`."""
    for first in (0, 1):
        if list(numbers) == list(range(first, first + len(order))):
            return dict(zip(numbers, order, strict=True))
    raise KinebenchError(
        f"{file} must number its {len(order)} landmarks from 0 or from 1 without gaps, but has {len(numbers)} numbers"
        + (f" from {numbers[0]} to {numbers[-1]}." if numbers else ".")
    )
