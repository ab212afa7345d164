"""What a group and a settings object are, and how flat scalars become one: see the package's own words."""

import dataclasses
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from difflib import get_close_matches
from typing import Any, TypeVar

from kinebench.errors import KinebenchError, collected
from kinebench.parameters.checks import Entry, checked, kinds

Scalar = str | int | float | bool | None
Plain = Scalar | list[dict[str, Any]]
T = TypeVar("T")


def parameter(
    default: Any = MISSING,
    *,
    help: str,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    pattern: str = "",
    remedy: str = "",
) -> Any:
    """A dataclass field with what a person, a form and a check need to know of it.

    `low` and `high` are inclusive; `pattern` is a regular expression that a whole text must match; `remedy` is said
    when a value lies outside ("give metres, not centimetres") or does not match.
    """
    known = {"help": help, "unit": unit, "low": low, "high": high, "choices": choices, "remedy": remedy}
    known["pattern"] = pattern
    return dataclasses.field(default=default, metadata=known)


def listed(entry: type[Entry], *, help: str) -> Any:
    """A dataclass field that holds a tuple of entries; in files and notebooks a list of mappings, empty by default."""
    known = {"help": help, "unit": "", "low": None, "high": None, "choices": (), "pattern": "", "remedy": ""}
    return dataclasses.field(default=(), metadata=known | {"entry": entry})


class Group:
    """Base of every parameter group: checks its own fields when made."""

    def __post_init__(self) -> None:
        """Check every field, raise once with all faults."""
        own = kinds(type(self))
        faults = []
        for field in dataclasses.fields(typing.cast(Any, self)):
            value, fault = checked(field, own[field.name], getattr(self, field.name))
            object.__setattr__(self, field.name, value)
            faults += fault
        collected(faults)


@dataclass(frozen=True)
class Described:
    """One parameter of a task as shown to people."""

    name: str
    group: str
    default: Plain
    unit: str
    help: str
    low: float | None
    high: float | None
    choices: tuple[str, ...]


def groups(settings: type) -> dict[str, type]:
    """Field name -> group class of a settings dataclass."""
    return kinds(settings)


def describe(settings: type) -> list[Described]:
    """Every parameter of `settings`, flat, in the order of the groups."""
    found = []
    for group_name, group in groups(settings).items():
        for field in dataclasses.fields(group):
            default = None if field.default is MISSING else _plainly(field.default)
            meta = field.metadata
            found.append(
                Described(
                    field.name,
                    group_name,
                    default,
                    meta["unit"],
                    meta["help"],
                    meta["low"],
                    meta["high"],
                    meta["choices"],
                )
            )
    return found


def build(settings: type[T], values: Mapping[str, Any]) -> T:
    """Settings from flat scalars; unknown names and wrong types or ranges are refused together in one error."""
    names = {described.name: described.group for described in describe(settings)}
    faults = [unknown(name, list(names)) for name in values if name not in names]
    made = {}
    for group_name, group in groups(settings).items():
        own = {name: value for name, value in values.items() if names.get(name) == group_name}
        due = [field.name for field in dataclasses.fields(group) if field.default is MISSING and field.name not in own]
        if due:
            faults.append(f"{', '.join(due)} must be given: there is no default.")
            continue
        try:
            made[group_name] = group(**own)
        except KinebenchError as error:
            faults.append(str(error))
    collected(faults)
    return settings(**made)


def flat(settings: Any) -> dict[str, Plain]:
    """The inverse of `build`: every parameter of a settings object as plain scalars, entries as lists of mappings."""
    return {
        field.name: _plainly(getattr(group, field.name))
        for group in (getattr(settings, outer.name) for outer in dataclasses.fields(settings))
        for field in dataclasses.fields(group)
    }


def from_namespace(settings: type[T], namespace: Mapping[str, Any]) -> T:
    """Settings from a notebook's variables: takes the parameters' names and ignores every other variable."""
    names = {described.name for described in describe(settings)}
    return build(settings, {name: value for name, value in namespace.items() if name in names})


def _plainly(value: Any) -> Any:
    return [entry.plain() for entry in value] if isinstance(value, tuple) else value


def unknown(name: Any, names: list[str]) -> str:
    """What is said of a name that is no parameter's."""
    close = get_close_matches(str(name), names, n=1)
    hint = f"Did you mean {close[0]}?" if close else "`kinebench parameters TASK` lists the names."
    return f"{name} is not a parameter of this task. {hint}"
