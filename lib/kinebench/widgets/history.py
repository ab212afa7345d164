"""States that can be undone and done again. A state is a frozen settings object; edits are part of it."""

import time
from typing import Any

MERGED_S = 1.0
"""Moves of the same slider that follow each other so closely are one step."""
LONGEST = 500


class History:
    """The present state, those before it, and those that were undone."""

    def __init__(self, state: Any) -> None:
        self._states = [(state, "")]
        self._at = 0
        self._merging = ("", 0.0)

    @property
    def now(self) -> Any:
        """The present state."""
        return self._states[self._at][0]

    @property
    def undoable(self) -> str:
        """What would be undone; empty where there is nothing."""
        return self._states[self._at][1] if self._at else ""

    @property
    def redoable(self) -> str:
        """What would be done again; empty where there is nothing."""
        return self._states[self._at + 1][1] if self._at + 1 < len(self._states) else ""

    def push(self, state: Any, label: str, *, merge: str = "") -> None:
        """A new state; what was undone is gone. Steps with the same `merge` that follow each other closely are one."""
        name, when = self._merging
        together = bool(merge) and merge == name and time.monotonic() - when < MERGED_S and self._at > 0
        keep = self._at if together else self._at + 1
        self._states = [*self._states[:keep], (state, label)][-LONGEST:]
        self._at = len(self._states) - 1
        self._merging = (merge, time.monotonic())

    def snapshot(self) -> Any:
        """Everything as it is, for `restore`."""
        return list(self._states), self._at

    def restore(self, snapshot: Any) -> None:
        """Everything as it was, what can be done again included."""
        self._states, self._at = list(snapshot[0]), snapshot[1]
        self._merging = ("", 0.0)

    def undo(self) -> str:
        """One step back; its label, or nothing where there is none."""
        label = self.undoable
        self._at -= bool(self._at)
        self._merging = ("", 0.0)
        return label

    def redo(self) -> str:
        """One step forth; its label, or nothing where there is none."""
        label = self.redoable
        self._at += bool(label)
        self._merging = ("", 0.0)
        return label
