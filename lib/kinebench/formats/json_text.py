"""JSON that others wrote, read with care: what is damaged, or would fill the memory, is refused in one line."""

import json
import re
import reprlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kinebench.errors import KinebenchError

TIMES_THE_FILE, FLOOR_BYTES = 8, 8 * 2**20  # The room for what is parsed, which leaves some for the table made of it.
# Objects take up to thirty times the room of their text, which is worked out before and while they are made. CPython's
# sizes in bytes on a 64-bit machine: a list with room for its first items, an item's place in a list that grows, a
# number, a text without its letters, a letter, a key that is new with its places in the parser's memory and in ours.
_LIST, _PLACE, _NUMBER, _TEXT, _LETTER, _KEY = 88, 9, 28, 80, 4, 250
_STRINGS = re.compile(rb'"([^"\\]*+(?:\\[\s\S][^"\\]*+)*+)"([ \t\r\n]*+:)?+')
_NUMBERS = {int, float, type(None)}  # bool is none of them


@dataclass
class _Objects:
    """Counts the pairs of the objects that a parser makes, and the room in bytes that is left."""

    room: float
    pairs: int = 0

    def seen(self, found: dict[str, Any]) -> dict[str, Any]:
        self.pairs += len(found)
        self.room -= sys.getsizeof(found)
        if self.room < 0:
            raise MemoryError
        return found


def beginning(path: Path) -> bytes:
    """The first 4 kB of a file, to recognise it by; OSError where it cannot be read."""
    with path.open("rb") as file:
        return file.read(4096)


def load(path: Path, what: str) -> Any:
    """The JSON in the file at `path`, parsed; the file is read once. NaN and Infinity are floats as in Python.

    what: the argument's name for messages. KinebenchError where the file cannot be read, is not UTF-8, not JSON, nested
    too deeply, has a key twice in one object, or would take more than some ten times its size in memory.
    """
    file = path.name
    if not path.is_file():
        raise KinebenchError(f"{what} must be a file, but {file} is none.")
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise KinebenchError(f"{what} must be a file that can be read, but {file} cannot: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise KinebenchError(f"{what} must be text in UTF-8, but byte {error.start} of {file} is no letter.") from None
    keys, room = _scanned(raw, TIMES_THE_FILE * len(raw) + FLOOR_BYTES - sys.getsizeof(text))
    del raw
    objects = _Objects(room)
    try:
        if room < 0:
            raise MemoryError
        parsed = json.loads(text, object_hook=objects.seen)
    except MemoryError:
        raise KinebenchError(f"{what} must not take ten times its size in memory, but {file} does. Split it.") from None
    except (RecursionError, ValueError) as error:
        raise KinebenchError(f"{what} must be whole JSON, but {file} is not: {_fault(error)}. Write it anew.") from None
    if objects.pairs != keys:
        raise KinebenchError(f"{what} must have a key once in an object, but {file} has one twice. Write it anew.")
    return parsed


def _scanned(raw: bytes, room: float) -> tuple[int, float]:
    """How many keys there are, and the room in bytes that is left beside all but the objects; negative: too little."""
    keys, known = 0, set[int]()
    room -= _LIST * raw.count(b"[") + (_PLACE + _NUMBER) * (raw.count(b",") + 1)
    for match in _STRINGS.finditer(raw):
        if room < 0:
            break
        letters = _LETTER * (match.end(1) - match.start(1))
        if not match[2]:
            room -= _TEXT + letters
            continue
        keys += 1
        if hash(match[1]) not in known:
            known.add(hash(match[1]))
            room -= _KEY + letters
    return keys, room


def _fault(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        if error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated"):
            return "it ends too early"
        return f"{error.msg.removesuffix(' at')} at line {error.lineno}, column {error.colno}"
    return "it is nested too deeply" if isinstance(error, RecursionError) else "a number in it has too many digits"


def shown(value: Any) -> str:
    """A value of the file for a message: in one line, and short."""
    return reprlib.repr(value)


def mapping(value: Any, what: str, *keys: str) -> dict[str, Any]:
    """`value`, which must be an object that has `keys`."""
    if not isinstance(value, dict):
        raise KinebenchError(f"{what} must be an object, but is {shown(value)}.")
    if not set(keys) <= set(value):
        raise KinebenchError(f"{what} must have {', '.join(keys)}, but has {shown(list(value))}.")
    return value


def listing(value: Any, what: str) -> list[Any]:
    """`value`, which must be a list."""
    if not isinstance(value, list):
        raise KinebenchError(f"{what} must be a list, but is {shown(value)}.")
    return value


def numbers(value: Any, what: str, length: int | None = None, limit: float = np.inf) -> np.ndarray:
    """A flat list of numbers as (n,) floats; null, NaN and infinite numbers, 1e999 among them, become NaN.

    length: how many there must be, None for any; limit: how far from 0 a number may be.
    KinebenchError for text, true and false, lists in lists, another count, and whole numbers beyond a float.
    """
    values = listing(value, what)
    if length not in (None, len(values)):
        raise KinebenchError(f"{what} must be {length} numbers, but are {len(values)}.")
    if not set(map(type, values)) <= _NUMBERS:
        strange = next(item for item in values if type(item) not in _NUMBERS)
        raise KinebenchError(f"{what} must be numbers, but {shown(strange)} is among them.")
    try:
        found = np.array(values, dtype=float)
    except OverflowError:
        raise KinebenchError(f"{what} must be numbers, but one of them has over 300 digits.") from None
    found[~np.isfinite(found)] = np.nan
    if (np.abs(found) > limit).any():
        raise KinebenchError(f"{what} must be at most {limit:g}, but {np.nanmax(np.abs(found)):g} is among them.")
    return found


def number(value: Any, what: str, limit: float = np.inf) -> float:
    """A single number, as `numbers` takes it; NaN where it is missing."""
    return float(numbers([value], what, limit=limit)[0])
