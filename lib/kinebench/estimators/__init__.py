"""Who is in the picture, and where their joints are: one protocol, and a registry that imports an estimator when used.

A picture goes in, a list of `Person` comes out. Nobody seen is an empty list; nothing else is. To add an estimator,
write its module and enter a `Record` in `registered`: nothing outside asks which one is at work.
"""

from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from kinebench.errors import KinebenchError
from kinebench.estimators.registered import DEFAULT, RECORDS, Record, Weights

__all__ = ["DEFAULT", "RECORDS", "Estimator", "Person", "Record", "Replaying", "Streaming", "Weights"]

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np

    from kinebench.video import Frame


@dataclass(frozen=True, eq=False)
class Person:
    """One person seen in one picture; `J` joints in the order of the estimator's `joints`.

    points: (J, 3) x and y in pixels of the upright picture (pixel centres at whole numbers), confidence 0..1; of a
    joint that was not seen x and y are NaN and the confidence is 0.
    world: (J, 3) x, y, z in metres from the middle of the hips, axes along the picture's; None where it is 2D.
    score: how sure the estimator is that this is a person, 0..1.
    box: (4,) left, top, right, bottom in pixels, or None. identity: a number that stays with this person over time,
    where somebody has told them apart already; None otherwise.
    """

    points: "np.ndarray"
    world: "np.ndarray | None"
    score: float
    box: "np.ndarray | None" = None
    identity: int | None = None


@runtime_checkable
class Estimator(Protocol):
    """What finds people in pictures. It may follow a person from one picture to the next until `reset`."""

    name: str
    joints: tuple[str, ...]

    def detect(self, picture: "Frame | np.ndarray") -> list[Person]:
        """The people in `picture`, a frame or uint8 RGB of shape (height, width, 3); nobody: an empty list."""

    def describe(self) -> dict[str, Any]:
        """What determines the result, as plain data: weights' sha256 and origin, versions, settings."""

    def reset(self) -> None:
        """Forget the person being followed."""


@runtime_checkable
class Streaming(Protocol):
    """An estimator that is faster with a whole video than with one picture after the other."""

    def stream(self, pictures: "Iterable[Frame]") -> "Iterator[tuple[Frame, list[Person]]]":
        """Each of `pictures`, in order, with the people in it."""


@runtime_checkable
class Replaying(Protocol):
    """An estimator that needs no picture: it knows who was seen at what time."""

    def at(self, time_s: float) -> list[Person]:
        """The people at `time_s`, seconds from the file's first frame; nobody: an empty list."""


def names() -> tuple[str, ...]:
    """The names of all estimators."""
    return tuple(RECORDS)


def record(name: str) -> Record:
    """What is known of the estimator `name`."""
    if name not in RECORDS:
        close = get_close_matches(str(name), RECORDS, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise KinebenchError(f"estimator must be one of {', '.join(RECORDS)}, but got {name!r}.{hint}")
    return RECORDS[name]


def get(name: str, **settings: Any) -> Estimator:
    """The estimator `name`, its networks loaded; `settings` go to its constructor."""
    known = record(name)
    made: Estimator = getattr(import_module(known.module), known.attribute)(**known.arguments, **settings)
    return made


def state(name: str) -> str:
    """Whether the weights of `name` can be used: "here", "missing" or "damaged"."""
    from kinebench.estimators import weights

    return weights.state(record(name))


def require(name: str, **settings: Any) -> None:
    """Raise now what `get` would raise for missing or damaged weights, without loading a network."""
    from kinebench.estimators import weights

    weights.require(record(name), own=settings.get("weights"), detector=settings.get("detector"))


def fetch(name: str) -> list[Path]:
    """Fetch the weights of `name` that are not here yet, check all of them, and return their paths."""
    from kinebench.estimators import weights

    return weights.fetch(record(name))
