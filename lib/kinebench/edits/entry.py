"""One repair by hand as an entry of a clip's parameter file: what, when in the clip, old and new value, who."""

import datetime
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kinebench import skeleton
from kinebench.errors import KinebenchError, collected
from kinebench.parameters import Group, listed

LIMBS = ("legs", "arms", "both")
EVERY_JOINT = "all"
FIELDS = ("what", "at_s", "from_s", "to_s", "of", "old", "new", "who", "when")


@dataclass(frozen=True)
class Kind:
    """What an entry of one kind must hold: an instant or a stretch, and the form of `of`, `old` and `new`."""

    plural: str
    instant: bool
    of: str
    old: str
    new: str


MOVED, UNUSABLE, SWAPPED, PERSON = "keypoint moved", "stretch unusable", "sides swapped", "person chosen"
BOUNDARY, ADDED = "boundary moved", "repetition added"
REJECTED, ACCEPTED = "repetition rejected", "repetition accepted"
KINDS: Mapping[str, Kind] = {
    MOVED: Kind("keypoints moved", True, "joint", "point or nothing", "point"),
    UNUSABLE: Kind("stretches marked unusable", False, "joint or all", "nothing", "nothing"),
    SWAPPED: Kind("stretches with sides swapped", False, "limb", "nothing", "nothing"),
    PERSON: Kind("choices of the person", True, "nothing", "point or nothing", "point"),
    BOUNDARY: Kind("boundaries moved", True, "event", "time", "time"),
    ADDED: Kind("repetitions added", False, "nothing", "nothing", "times"),
    REJECTED: Kind("repetitions rejected", False, "nothing", "nothing", "reason"),
    ACCEPTED: Kind("repetitions accepted", False, "nothing", "reason", "nothing"),
}


@dataclass(frozen=True)
class Edit:
    """One repair. Times in seconds from the file's first frame, `from_s` = `to_s` for an instant.

    what: a key of `KINDS`. of: the joint ("all"), limb or event it is about. old, new: what stood there before and what
    stands there now: (x, y) in pixels of the upright picture, a time in seconds, a mapping from event to time, a reason
    in words, or None. who and when (ISO 8601): for the record; nothing depends on them.
    """

    what: str
    from_s: float
    to_s: float
    of: str | None = None
    old: Any = None
    new: Any = None
    who: str = ""
    when: str = ""

    def __post_init__(self) -> None:
        """Numbers as plain ones, which a file can hold; everything that is wrong with the entry, in one error."""
        for name in ("from_s", "to_s", "old", "new"):
            object.__setattr__(self, name, _bare(getattr(self, name)))
        collected(_faults(self))

    @property
    def instant(self) -> bool:
        """Whether it is about one frame, not a stretch."""
        return KINDS[self.what].instant

    def plain(self) -> dict[str, Any]:
        """As it stands in files: without what says nothing."""
        when = {"at_s": self.from_s} if self.instant else {"from_s": self.from_s, "to_s": self.to_s}
        rest = {"of": self.of, "old": _plainly(self.old), "new": _plainly(self.new), "who": self.who, "when": self.when}
        return {"what": self.what} | when | {name: value for name, value in rest.items() if value not in (None, "")}

    @classmethod
    def from_plain(cls, given: Any) -> "Edit":
        """The inverse of `plain`; KinebenchError for whatever is not such a mapping."""
        if not isinstance(given, Mapping):
            raise KinebenchError(f"an edit must hold name: value pairs, but got {given!r}.")
        unknown = [str(name) for name in given if name not in FIELDS]
        what = given.get("what")
        faults = [f"{', '.join(unknown)} is no part of an edit ({', '.join(FIELDS)})."] if unknown else []
        if what not in KINDS:
            collected([*faults, f"what must be one of {', '.join(KINDS)}, but got {what!r}."])
        collected(faults)
        at = given.get("at_s")
        times = (at, at) if KINDS[str(what)].instant else (given.get("from_s"), given.get("to_s"))
        rest = {name: given[name] for name in ("of", "who", "when") if name in given}
        if isinstance(rest.get("when"), datetime.datetime):  # what YAML makes of it without quotes
            rest["when"] = rest["when"].isoformat()
        old, new = (_frozen(given.get(name)) for name in ("old", "new"))
        return cls(str(what), *times, old=old, new=new, **rest)  # type: ignore[arg-type]


def _bare(value: Any) -> Any:
    """NumPy's numbers as Python's, also within a place or a mapping."""
    if isinstance(value, (np.floating, np.integer)):
        return value.item()
    if isinstance(value, tuple):
        return tuple(_bare(part) for part in value)
    if isinstance(value, Mapping):
        return {name: _bare(part) for name, part in value.items()}
    return value


def _plainly(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else dict(value) if isinstance(value, Mapping) else value


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _faults(edit: Edit) -> list[str]:
    if edit.what not in KINDS:
        return [f"what must be one of {', '.join(KINDS)}, but got {edit.what!r}."]
    kind = KINDS[edit.what]
    faults = []
    times = "at_s" if kind.instant else "from_s and to_s"
    if not (_time(edit.from_s) and _time(edit.to_s)):
        faults.append(f"{times} must be seconds from the file's first frame, but got {edit.from_s!r}, {edit.to_s!r}.")
    elif edit.to_s < edit.from_s:
        faults.append(f"from_s must not lie after to_s, but got {edit.from_s:g} and {edit.to_s:g}.")
    values = (("of", edit.of, kind.of), ("old", edit.old, kind.old), ("new", edit.new, kind.new))
    for name, value, form in values:
        words, fits = FORMS[form]
        if not fits(value):
            faults.append(f"{name} must be {words}, but got {value!r}.")
    faults += [
        f"{name} must be text, but got {value!r}."
        for name, value in (("who", edit.who), ("when", edit.when))
        if not isinstance(value, str)
    ]
    return [f"{edit.what}: {fault}" for fault in faults]


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _time(value: Any) -> bool:
    return _number(value) and value >= 0


def _point(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(_number(part) for part in value)


def _times(value: Any) -> bool:
    return isinstance(value, Mapping) and len(value) > 1 and all(_event(k) and _time(v) for k, v in value.items())


def _event(value: Any) -> bool:
    return isinstance(value, str) and value.endswith("_s")


def _joint(value: Any) -> bool:
    return value in skeleton.JOINTS


# Form -> words for it, and whether a value has it.
FORMS: Mapping[str, Any] = {
    "nothing": ("left out", lambda value: value is None),
    "joint": ("a joint, as left_knee", _joint),
    "joint or all": ("a joint, as left_knee, or all", lambda value: value == EVERY_JOINT or _joint(value)),
    "limb": ("legs, arms or both", lambda value: value in LIMBS),
    "event": ("an event's column, as start_s", _event),
    "point": ("a place [x, y] in pixels", _point),
    "point or nothing": ("a place [x, y] in pixels, or left out", lambda value: value is None or _point(value)),
    "time": ("a time in seconds", _time),
    "times": ("a time in seconds for each event", _times),
    "reason": ("a reason in words", lambda value: isinstance(value, str) and bool(value.strip())),
}


Unfit = tuple[Edit, str]
"""An edit that could not be applied, and why, in words."""


@dataclass(frozen=True)
class Repairs(Group):
    """What a person put right by hand; each entry stands for itself, and they are obeyed in their order."""

    edits: tuple[Edit, ...] = listed(Edit, help="repairs by hand; the workbench writes them, one a line")


def counted(edits: Sequence[Edit]) -> str:
    """How many edits there are of each kind, in words: "3 edits by hand: 2 keypoints moved, 1 repetition rejected"."""
    if not edits:
        return "no edits by hand"
    kinds = Counter(edit.what for edit in edits)
    parts = [f"{n} {KINDS[what].plural if n > 1 else _singular(what)}" for what, n in kinds.items()]
    return f"{len(edits)} edit{'s' if len(edits) > 1 else ''} by hand: {', '.join(parts)}"


def _singular(what: str) -> str:
    return {
        UNUSABLE: "stretch marked unusable",
        SWAPPED: "stretch with sides swapped",
        PERSON: "choice of the person",
    }.get(what, what)
