"""Frozen, checked parameter groups: YAML or flat scalars -> dataclasses -> flat scalars for a notebook, without loss.

A *group* is a frozen dataclass whose fields are made with `parameter`. A task's settings are a frozen dataclass whose
fields are groups. In files, on the command line and in notebooks all fields lie flat beside each other, so that a
field's name must be unique among the groups of one task and carries its unit (`min_rise_s`).
"""

import dataclasses
import math
import re
import sys
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import yaml

from kinebench.errors import KinebenchError, collected

Scalar = str | int | float | bool | None
Plain = Scalar | list[dict[str, Any]]
T = TypeVar("T")
_DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
# What a value must be, for people.
WORDS = {float: "a number", int: "a whole number", bool: "true or false", str: "text", type(None): "nothing (null)"}


def parameter(
    default: Any = MISSING,
    *,
    help: str,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    remedy: str = "",
) -> Any:
    """A dataclass field with what a person, a form and a check need to know of it.

    `low` and `high` are inclusive; `remedy` is said when a value lies outside ("give metres, not centimetres").
    """
    known = {"help": help, "unit": unit, "low": low, "high": high, "choices": choices, "remedy": remedy}
    return dataclasses.field(default=default, metadata=known)


class Entry(typing.Protocol):
    """One item of a parameter that is a list: knows its plain form, a mapping of scalars and lists."""

    def plain(self) -> dict[str, Any]:
        """As it stands in files."""
        ...

    @classmethod
    def from_plain(cls, given: Any) -> "Entry":
        """The inverse; `KinebenchError` says what is wrong."""
        ...


def listed(entry: type[Entry], *, help: str) -> Any:
    """A dataclass field that holds a tuple of entries; in files and notebooks a list of mappings, empty by default."""
    known = {"help": help, "unit": "", "low": None, "high": None, "choices": (), "remedy": "", "entry": entry}
    return dataclasses.field(default=(), metadata=known)


class Group:
    """Base of every parameter group: checks its own fields when made."""

    def __post_init__(self) -> None:
        """Check every field, raise once with all faults."""
        kinds = _kinds(type(self))
        faults = []
        for field in dataclasses.fields(typing.cast(Any, self)):
            value, fault = _checked(field, kinds[field.name], getattr(self, field.name))
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
    return _kinds(settings)


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
    faults = [_unknown(name, list(names)) for name in values if name not in names]
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


def load(path: str | Path) -> dict[str, Any]:
    """Flat scalars of a YAML parameter file; its names are checked by `build`."""
    path = Path(path)
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise KinebenchError(f"params must name a file that exists, but there is no {path}. Check the path.") from None
    except OSError as error:
        raise KinebenchError(f"params must name a readable file, but {path} is not: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise KinebenchError(f"params must be a YAML file of name: value lines, but {path} is not: {reason}.") from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise KinebenchError(f"params must hold name: value lines, but {path} holds a {type(values).__name__}.")
    return values


def written(settings: Any) -> str:
    """Every parameter as YAML that `load` and `build` bring back to equal settings: one a line, with what it means."""
    values = flat(settings)
    lines: list[str] = []
    group = ""
    for described in describe(type(settings)):
        if described.group != group:
            group = described.group
            lines += ["", f"# {group}"] if lines else [f"# {group}"]
        lines.append(_line(described, values[described.name]))
    return "\n".join(lines) + "\n"


def _line(described: Described, value: Plain) -> str:
    remark = "; ".join(part for part in (described.unit, allowed(described)) if part)
    comment = f"  # {described.help}{f' [{remark}]' if remark else ''}"
    if not isinstance(value, list):
        return f"{described.name}: {on_one_line(value)}{comment}"
    # One entry a line: two states of a file then differ in the lines of what was done between them.
    return "\n".join([f"{described.name}:{'' if value else ' []'}{comment}", *(f"- {on_one_line(v)}" for v in value)])


def on_one_line(value: Any) -> str:
    """A value as YAML on one line."""
    how: dict[str, Any] = {"default_flow_style": True, "sort_keys": False, "width": math.inf}
    text = yaml.safe_dump(value, allow_unicode=True, **how).removesuffix("\n").removesuffix("\n...")
    # Line ends within a text, Unicode's own too, are written by their numbers, or they would be read as blanks.
    if len(text.splitlines()) > 1:
        text = yaml.safe_dump(value, allow_unicode=False, default_style='"', **how).removesuffix("\n")
    return text


def allowed(described: Described) -> str:
    """What values a parameter may take, for people; empty where there is no bound."""
    low, high = described.low, described.high
    if described.choices:
        return " | ".join(described.choices)
    if low is None and high is None:
        return ""
    return f"at least {low:g}" if high is None else f"at most {high:g}" if low is None else f"{low:g} to {high:g}"


def parse(settings: type, assignments: list[str]) -> dict[str, Any]:
    """Flat values from the command line's `name=value`; each value is read as its field's type, checked by `build`."""
    kinds = {field.name: kind for group in groups(settings).values() for field, kind in _typed(group)}
    values: dict[str, Any] = {}
    faults = []
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        name = name.strip()
        if not equals:
            faults.append(f"--set must be name=value, but got {assignment!r}.")
        elif name not in kinds:
            faults.append(_unknown(name, list(kinds)))
        elif kinds[name] not in WORDS and not isinstance(kinds[name], types.UnionType):
            faults.append(f"{name} is a list: it can be given in a parameter file (--params), not with --set.")
        else:
            values[name] = _read(text, _members(kinds[name]))
    collected(faults)
    return values


def _plainly(value: Any) -> Any:
    return [entry.plain() for entry in value] if isinstance(value, tuple) else value


def _kinds(owner: type) -> dict[str, Any]:
    hints = typing.get_type_hints(owner)
    return {field.name: hints[field.name] for field in dataclasses.fields(owner)}


def _typed(group: type) -> list[tuple[dataclasses.Field, Any]]:
    kinds = _kinds(group)
    return [(field, kinds[field.name]) for field in dataclasses.fields(group)]


def _members(kind: Any) -> tuple[type, ...]:
    return typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,)


def _read(text: str, members: tuple[type, ...]) -> Any:
    if str in members:
        return None if text == "null" and type(None) in members else text
    # YAML 1.1 would read 010 as eight and 1e3 as a text.
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        return text
    return text if isinstance(value, (dict, list)) else value


def _unknown(name: Any, names: list[str]) -> str:
    close = get_close_matches(str(name), names, n=1)
    hint = f"Did you mean {close[0]}?" if close else "`kinebench parameters TASK` lists the names."
    return f"{name} is not a parameter of this task. {hint}"


def _checked(field: dataclasses.Field, kind: Any, value: Any) -> tuple[Any, list[str]]:
    meta = field.metadata
    if "entry" in meta:
        return _entries(field.name, meta["entry"], value)
    members = _members(kind)
    if float in members and isinstance(value, int) and not isinstance(value, bool):
        value = float(value) if abs(value) < sys.float_info.max else math.inf
    if not any(type(value) is member for member in members):
        wanted = " or ".join(WORDS[member] for member in members)
        hint = (
            f" Write {value.replace(',', '.')}." if isinstance(value, str) and _DECIMAL_COMMA.fullmatch(value) else ""
        )
        return value, [f"{field.name} must be {wanted}, but got {value!r} ({type(value).__name__}).{hint}"]
    if isinstance(value, float) and not math.isfinite(value):
        return value, [f"{field.name} must be a finite number, but got {value}."]
    if meta["choices"] and value is not None and value not in meta["choices"]:
        return value, [f"{field.name} must be one of {', '.join(meta['choices'])}, but got {value!r}."]
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
