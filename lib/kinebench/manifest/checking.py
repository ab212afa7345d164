"""Rows against the parameters' own rules, and against each other: what cannot be true of one person or one clip."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kinebench import subject
from kinebench.errors import KinebenchError
from kinebench.manifest.columns import fields, needed
from kinebench.manifest.faults import Fault, told
from kinebench.manifest.rows import IDENTITY, Row
from kinebench.tasks import names

STEADY = ("group", "age_years", "sex", "height_m", "mass_kg")
"""What cannot differ between the rows of one person's session."""
SELECTION = (
    *("start_s", "stop_s", "every", "person_x_px", "person_y_px"),
    *("follow", "follow_x_px", "follow_y_px", "follow_s", "follow_person"),
)
"""What makes another recording, or another person, of the same clip."""
_WORD = re.compile(r"[a-z][a-z0-9_]*")


class Headings:
    """What the list calls a parameter: the column to look at."""

    def __init__(self, written: Mapping[str, str]) -> None:
        self._written = written

    def of(self, name: str) -> str:
        """The heading as it is written; the parameter's own name where the list has no such column."""
        return self._written.get(name, name)


def among(rows: Sequence[Row], headings: Headings) -> list[Fault]:
    """Everything that is wrong between values, be they of one row or of several."""
    return [
        *_together(rows, headings),
        *stretches(rows, headings),
        *_unheeded(rows, headings),
        *_doubled(rows, headings),
        *_shared(rows, headings),
        *conflicts(rows, headings),
        *_spelled(rows, headings),
    ]


def _together(rows: Iterable[Row], headings: Headings) -> Iterable[Fault]:
    """Values that don't go together within a group of parameters. Each group is made once for the same values."""
    seen: dict[tuple[type, tuple], str] = {}
    for row in rows:
        if not row.task:
            continue
        known = fields(row.task)
        groups: dict[type, dict[str, Any]] = {group: {} for group in needed(row.task)}
        for name, value in row.values.items():
            # Each of these was checked by itself, and is different in every row.
            if name not in IDENTITY:
                groups.setdefault(known[name].group, {})[name] = value
        for group, values in groups.items():
            key = (group, tuple(values.items()))
            if key not in seen:
                seen[key] = _refusal(group, values)
            if seen[key]:
                name = named(seen[key], list(values))
                yield told(row.number, headings.of(name) if name else "", values.get(name), seen[key])


def _refusal(group: type, values: Mapping[str, Any]) -> str:
    """What a group says against its values; empty where it takes them."""
    try:
        group(**values)
    except KinebenchError as error:
        return str(error)
    return ""


def named(message: str, names: Sequence[str]) -> str:
    """The first of `names` that a message speaks of; the first of all where it speaks of none, empty without names."""
    words = _WORD.findall(message)
    return next((word for word in words if word in names), names[0] if names else "")


def stretches(rows: Iterable[Row], headings: Headings) -> Iterable[Fault]:
    """Stretches of a clip that end before they begin."""
    for row in rows:
        start, stop = row.values.get("start_s") or 0.0, row.values.get("stop_s")
        if stop is not None and stop <= start:
            message = (
                f"stop_s must come after start_s ({start:g} s), but got {stop:g}. Give seconds from the clip's start."
            )
            yield told(row.number, headings.of("stop_s"), f"{stop:g}", message)


def _unheeded(rows: Iterable[Row], headings: Headings) -> Iterable[Fault]:
    """A person that is pointed at and not followed: somebody else would be measured under the name."""
    for row in rows:
        message = subject.unheeded(row.values)
        if message:
            name = next(name for name in _WORD.findall(message) if name in row.values)
            yield told(row.number, headings.of(name), row.values[name], message)


def _doubled(rows: Iterable[Row], headings: Headings) -> Iterable[Fault]:
    """The same recording of the same person twice."""
    first: dict[tuple, int] = {}
    for row in rows:
        key = (row.identity, row.clip, row.values.get("start_s") or 0.0)
        other = first.setdefault(key, row.number)
        if row.clip and other != row.number:
            message = (
                f"A row must stand in the list once, but row {other} is the same. Delete one, or give each a label."
            )
            yield told(row.number, headings.of("clip"), row.name, message)


def _shared(rows: Iterable[Row], headings: Headings) -> Iterable[Fault]:
    """The same stretch and person of a clip under two names or in two sessions: at most one of them is right."""
    first: dict[tuple, Row] = {}
    for row in rows:
        if not (row.clip and row.identity[0]):
            continue
        other = first.setdefault((row.clip, _selection(row)), row)
        differing = next((place for place in range(3) if row.identity[place] != other.identity[place]), None)
        if differing is not None:
            name = IDENTITY[differing]
            message = (
                f"{name} must be the same for one recording, but row {other.number} has the same clip with "
                f"{name} {other.identity[differing] or 'empty'}. Correct the clip or the {name}, or tell the stretch "
                "(start_s, stop_s) or the person (follow) of each row."
            )
            yield told(row.number, headings.of(name), row.identity[differing], message)


def _selection(row: Row) -> tuple:
    """Which stretch and which person of its clip a row means, ordinary values filled in."""
    # A faulty task hides no other fault: these are the same for all tasks.
    known = fields(row.task or names()[0])
    return tuple(row.values.get(name, known[name].field.default) for name in SELECTION if name in known)


def conflicts(rows: Iterable[Row], headings: Headings) -> Iterable[Fault]:
    """A group, age, sex, height or mass that differs within a person's session: it would make numbers wrong unseen."""
    first: dict[tuple, tuple[Any, str]] = {}
    for row in rows:
        participant, session, date, *_ = row.identity
        for name in STEADY if participant else ():
            value = row.values.get(name)
            if value is None:
                continue
            when = "" if name == "sex" else session or date
            same, other = first.setdefault((participant, when, name), (value, _where(row)))
            if value != same:
                where = f"in all rows of {participant}" if name == "sex" else f"within a session of {participant}"
                message = (
                    f"{name} must be one {where}, but {other} has {_short(same)} and "
                    f"{_where(row)} {_short(value)}. Correct the wrong one."
                )
                yield told(row.number, headings.of(name), _short(value), message)


def _spelled(rows: Iterable[Row], headings: Headings) -> Iterable[Fault]:
    """One participant or group in two spellings, p07 and P07 or 7 and 007, would be two of them in every result."""
    first: dict[tuple[str, str], tuple[str, int]] = {}
    for row in rows:
        for name, written in (("participant", row.identity[0]), ("group", str(row.values.get("group") or ""))):
            plain = written.casefold()
            plain = plain.lstrip("0") if plain.isdecimal() else plain
            spelling, number = first.setdefault((name, plain), (written, row.number))
            if written and spelling != written:
                message = (
                    f"{name} must be spelled the same in all rows, but row {number} has {spelling} and this row "
                    f"{written}. Write both alike, or names that differ in more."
                )
                yield told(row.number, headings.of(name), written, message)


def _where(row: Row) -> str:
    return f"row {row.number}" + (f" with {row.obeyed.name}" if row.obeyed else "")


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
