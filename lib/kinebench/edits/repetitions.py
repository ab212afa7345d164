"""Edits of the repetitions, applied in their order to what a task found, before anything is measured in it."""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from kinebench.edits.entry import ACCEPTED, ADDED, BOUNDARY, REJECTED, Edit, Unfit

NEAR_S = 0.5
"""So far a boundary may have moved, with other smoothing, since it was moved by hand."""
SLACK_S = 0.05
"""A hand's aim: so much may a boundary lie beyond the clip or its neighbour."""
SAME = 0.5
"""Two stretches are the same repetition when they share so much of the shorter one."""
BY_HAND = "by_hand"


def repair(
    found: pd.DataFrame,
    edits: Sequence[Edit],
    events: Sequence[str],
    tied: Mapping[str, str],
    span_s: tuple[float, float] = (0.0, math.inf),
) -> tuple[pd.DataFrame, tuple[Unfit, ...]]:
    """The repetitions after the edits, and the edits that could not be applied, with the reason in words.

    found: one row a repetition with `repetition`, event times in seconds, `accepted`, `reason`, `cut`. events: the
    columns that a person may set, in the order in which they happen. tied: other time columns -> the event that they
    must not lie before, and that they are where nothing else is known. span_s: of the frames that are analysed. The
    result has a column `by_hand` more: what was done to the row, or nothing.
    """
    work = _Work(found.assign(**{BY_HAND: ""}), tuple(events), tied, span_s)
    unfit = [(edit, fault) for edit in edits if (fault := work.apply(edit))]
    return work.numbered(), tuple(unfit)


def empty(columns: Sequence[str]) -> pd.DataFrame:
    """A table without repetitions, to which they can be added by hand."""
    table = pd.DataFrame({name: pd.Series(dtype=float) for name in columns})
    return table.assign(
        repetition=pd.Series(dtype=int), accepted=pd.Series(dtype=bool), reason="", cut=pd.Series(dtype=bool)
    )


class _Work:
    def __init__(
        self, table: pd.DataFrame, events: tuple[str, ...], tied: Mapping[str, str], span_s: tuple[float, float]
    ) -> None:
        # Any: pandas' types know no assignment of several cells of mixed kinds.
        self.table: Any = table.reset_index(drop=True)
        self.events, self.tied, self.span_s = events, tied, span_s

    def apply(self, edit: Edit) -> str:
        actions = {BOUNDARY: self._move, ADDED: self._add, REJECTED: self._reject, ACCEPTED: self._accept}
        return actions[edit.what](edit) if edit.what in actions else ""

    def numbered(self) -> pd.DataFrame:
        """In order of time, the accepted ones counted anew."""
        table = self.table
        if (table[BY_HAND] != "").any():
            order = np.argsort(self._spans()[:, 0], kind="stable")
            table = table.iloc[order].reset_index(drop=True)
            accepted = table["accepted"].astype(bool)
            table["repetition"] = np.where(accepted, accepted.cumsum(), 0)
        return table

    def _spans(self) -> np.ndarray:
        """First and last known time of each row, shape (rows, 2)."""
        known = self.table[[*self.events, *self.tied]].to_numpy(dtype=float)
        if len(known) == 0:
            return np.zeros((0, 2))
        low, high = np.where(np.isnan(known), np.inf, known), np.where(np.isnan(known), -np.inf, known)
        return np.column_stack([low.min(axis=1), high.max(axis=1)])

    def _shared(self, from_s: float, to_s: float) -> np.ndarray:
        """How much each row shares with a stretch, 0..1 of the shorter of the two."""
        spans = self._spans()
        common = np.minimum(spans[:, 1], to_s) - np.maximum(spans[:, 0], from_s)
        shorter = np.minimum(spans[:, 1] - spans[:, 0], to_s - from_s)
        return np.clip(common, 0, None) / np.maximum(shorter, 1e-9)

    def _row(self, edit: Edit) -> int | None:
        shared = self._shared(edit.from_s, edit.to_s)
        if len(shared) == 0 or shared.max() < SAME:
            return None
        return int(np.argmax(shared))

    def _move(self, edit: Edit) -> str:
        event = str(edit.of)
        if event not in self.events:
            return f"{event} is no event of this task ({edit.what})"
        times = self.table[event].to_numpy(dtype=float)
        apart = np.abs(times - edit.old)
        if len(apart) == 0 or not np.nanmin(np.append(apart, np.inf)) <= NEAR_S:
            return f"there is no {event} near {edit.old:.2f} s any more ({edit.what})"
        if self._outside([edit.new]):
            return f"no frame is analysed at {edit.new:.2f} s ({edit.what})"
        old = times[int(np.nanargmin(apart))]
        before = self.table.copy()
        # Where one repetition ends as the next begins, both go by the same instant.
        for column in (*self.events, *self.tied):
            same = (self.table[column] - old).abs() < 1e-6
            self.table.loc[same, column] = edit.new
            self.table.loc[same, BY_HAND] = "boundary moved"
        times_before = before[[*self.events, *self.tied]].to_numpy(dtype=float)
        rows = np.flatnonzero((np.abs(times_before - old) < 1e-6).any(axis=1))
        faults = [fault for row in rows if (fault := self._tie(int(row)) or self._in_the_way(int(row)))]
        if faults:
            self.table = before
            return f"{event} at {edit.new:.2f} s would put {faults[0]} ({edit.what})"
        return ""

    def _outside(self, times: Sequence[float]) -> bool:
        """Whether a time lies where no frame is analysed, beyond the aim of a hand."""
        return min(times) < self.span_s[0] - SLACK_S or max(times) > self.span_s[1] + SLACK_S

    def _in_the_way(self, row: int) -> str:
        """Which other repetition that counts begins or ends within this one; nothing where none does."""
        spans = self._spans()
        common = np.minimum(spans[:, 1], spans[row, 1]) - np.maximum(spans[:, 0], spans[row, 0])
        clash = (common > SLACK_S) & self.table["accepted"].to_numpy(dtype=bool)
        clash[row] = False
        if not clash.any() or not self.table.loc[row, "accepted"]:
            return ""
        return f"it over repetition {int(self.table['repetition'].iloc[int(np.argmax(clash))])}"

    def _tie(self, row: int) -> str:
        """Set what is tied to an event; which events are out of order then, or nothing."""
        for column, event in self.tied.items():
            value, least = self.table.loc[row, column], self.table.loc[row, event]
            if np.isnan(value) or value < least:
                self.table.loc[row, column] = least
        times = self.table.loc[row, list(self.events)].to_numpy(dtype=float)
        known = np.flatnonzero(np.isfinite(times))
        wrong = np.flatnonzero(np.diff(times[known]) <= 0)
        if len(wrong) == 0:
            return ""
        first, second = known[wrong[0]], known[wrong[0] + 1]
        return f"{self.events[first]} after {self.events[second]}"

    def _add(self, edit: Edit) -> str:
        unknown = sorted(set(edit.new) - set(self.events))
        missing = [event for event in self.events if event not in edit.new]
        if unknown or missing:
            named = ", ".join(unknown) or ", ".join(missing)
            return f"a repetition of this task has {', '.join(self.events)}, but {named} is amiss ({edit.what})"
        times = [float(edit.new[event]) for event in self.events]
        if any(b <= a for a, b in itertools.pairwise(times)):
            return f"its events are not in order ({edit.what})"
        if self._outside(times):
            return f"it lies where no frame is analysed ({edit.what})"
        shared = self._shared(times[0], times[-1])
        there = shared >= SAME
        # Strokes that follow each other share an instant, and more only by the width of a hand's aim.
        clash = np.flatnonzero((shared > 0.2) & self.table["accepted"].to_numpy(dtype=bool))
        if len(clash):
            number = int(self.table["repetition"].iloc[clash[0]])
            return f"it overlaps repetition {number}, which counts: reject that one first ({edit.what})"
        # What was found there and did not count is now this repetition.
        self.table = self.table[~there]
        row: dict[str, Any] = dict.fromkeys(self.table.columns, np.nan) | dict(zip(self.events, times, strict=True))
        row |= {"repetition": 0, "accepted": True, "reason": "", "cut": False, BY_HAND: "added"}
        self.table = pd.concat([self.table, pd.DataFrame([row])], ignore_index=True).astype(
            {"repetition": int, "accepted": bool, "cut": bool}
        )
        self._tie(len(self.table) - 1)
        return ""

    def _reject(self, edit: Edit) -> str:
        row = self._row(edit)
        if row is None:
            return f"there is no repetition from {edit.from_s:.2f} to {edit.to_s:.2f} s any more ({edit.what})"
        self.table.loc[row, ["accepted", "reason", BY_HAND]] = [False, f"by hand: {edit.new}", "rejected"]
        return ""

    def _accept(self, edit: Edit) -> str:
        row = self._row(edit)
        if row is None:
            return f"there is no movement from {edit.from_s:.2f} to {edit.to_s:.2f} s any more ({edit.what})"
        lacking = [event for event in self.events if np.isnan(self.table.loc[row, event])]
        if lacking:
            return f"its {', '.join(lacking)} is not seen: add it with its boundaries instead ({edit.what})"
        self.table.loc[row, ["accepted", "reason", "cut", BY_HAND]] = [True, "", False, "accepted"]
        return ""
