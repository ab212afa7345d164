"""Single values against what their fields allow: type, range, choices, entries of a list."""

import dataclasses
import math
import re
import sys
import types
import typing
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from kinebench.errors import KinebenchError

_DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
# What a value must be, for people.
WORDS = {float: "a number", int: "a whole number", bool: "true or false", str: "text", type(None): "nothing (null)"}


class Entry(typing.Protocol):
    """One item of a parameter that is a list: knows its plain form, a mapping of scalars and lists."""

    def plain(self) -> dict[str, Any]:
        """As it stands in files."""
        ...

    @classmethod
    def from_plain(cls, given: Any) -> "Entry":
        """The inverse; `KinebenchError` says what is wrong."""
        ...


def kinds(owner: type) -> dict[str, Any]:
    """Field name -> type of a dataclass; not to be changed by whoever gets it."""
    return _kinds(owner)


@lru_cache
def _kinds(owner: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(owner)
    return {field.name: hints[field.name] for field in dataclasses.fields(owner)}


def members(kind: Any) -> tuple[type, ...]:
    """The types that a value may have: `float | None` -> float, None."""
    return typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,)


def checked(field: dataclasses.Field, kind: Any, value: Any) -> tuple[Any, list[str]]:
    """A value as its field keeps it, and what is wrong with it."""
    meta = field.metadata
    if "entry" in meta:
        return _entries(field.name, meta["entry"], value)
    allowed = members(kind)
    if float in allowed and isinstance(value, int) and not isinstance(value, bool):
        value = float(value) if abs(value) < sys.float_info.max else math.inf
    if not any(type(value) is member for member in allowed):
        wanted = " or ".join(WORDS[member] for member in allowed)
        hint = (
            f" Write {value.replace(',', '.')}." if isinstance(value, str) and _DECIMAL_COMMA.fullmatch(value) else ""
        )
        return value, [f"{field.name} must be {wanted}, but got {value!r} ({type(value).__name__}).{hint}"]
    if isinstance(value, float) and not math.isfinite(value):
        return value, [f"{field.name} must be a finite number, but got {value}."]
    if meta["choices"] and value is not None and value not in meta["choices"]:
        return value, [f"{field.name} must be one of {', '.join(meta['choices'])}, but got {value!r}."]
    if meta["pattern"] and isinstance(value, str) and not re.fullmatch(meta["pattern"], value, re.ASCII):
        return value, [f"{field.name} must be {meta['remedy']}, but got {value!r}."]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value, _range_fault(field.name, meta, value)
    return value, []


def _entries(name: str, kind: type[Entry], value: Any) -> tuple[Any, list[str]]:
    """The entries of a list, and what is wrong with each."""
    if not isinstance(value, (list, tuple)):
        return value, [f"{name} must be a list, but got {value!r} ({type(value).__name__})."]
    made, faults = [], []
    for number, given in enumerate(value, start=1):
        try:
            made.append(given if isinstance(given, kind) else kind.from_plain(given))
        except KinebenchError as error:
            faults.append(f"{name}, entry {number}: {error}")
    return tuple(made), faults


def _range_fault(name: str, meta: Mapping[str, Any], value: float) -> list[str]:
    low, high, unit = meta["low"], meta["high"], f" {meta['unit']}" if meta["unit"] else ""
    if (low is None or value >= low) and (high is None or value <= high):
        return []
    span = (
        f"between {low} and {high}"
        if None not in (low, high)
        else f"at least {low}"
        if high is None
        else f"at most {high}"
    )
    return [f"{name} must be {span}{unit}, but got {value}." + (f" {meta['remedy']}" if meta["remedy"] else "")]
