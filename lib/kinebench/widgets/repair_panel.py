"""Repair by hand: keypoints, stretches, sides, the person, repetitions; every edit an entry that can be taken back."""

import math
from collections.abc import Callable
from typing import Any

import ipywidgets as ipw

from kinebench import edits, keypoints, skeleton
from kinebench.edits import Edit
from kinebench.errors import KinebenchError
from kinebench.widgets.form import WIDE, good, trouble
from kinebench.widgets.result import Result
from kinebench.widgets.session import Session

MODES = {"Look": "look", "Drag points and boundaries": "drag", "Click the person": "person"}
ROUND = 2
"""Decimals of a pixel that are kept of where something was put."""


class RepairPanel:
    """`position` gives the frame that is looked at, `go` shows one; `mode_changed` gets what the pointer does."""

    def __init__(
        self,
        session: Session,
        position: Callable[[], int],
        go: Callable[[int], None],
        mode_changed: Callable[[str], None],
    ) -> None:
        self._session, self._position, self._go = session, position, go
        self._boundaries = session.task.presentation.boundaries
        self._marked: dict[str, float] = {}
        self.line = ipw.HTML()
        self._mode = ipw.ToggleButtons(
            options=list(MODES.items()),
            tooltips=(
                "Only look",
                "Drag keypoints in the picture and boundaries in the signals",
                "Click the person to be measured",
            ),
            style={"button_width": "auto"},
            layout=WIDE,
        )
        self._mode.observe(lambda change: mode_changed(change["new"]), names="value")
        self._undo = _button("Undo", session.undo)
        self._redo = _button("Redo", session.redo)
        self.widget = ipw.VBox(
            [
                self._mode,
                ipw.HBox([self._undo, self._redo]),
                self.line,
                self._keypoint_box(),
                self._stretch_box(),
                self._repetition_box(),
                self._list_box(),
            ]
        )

    # The boxes

    def _keypoint_box(self) -> Any:
        self._joint = ipw.Dropdown(description="joint", layout=_third(), style=_TIGHT)
        self._x = ipw.FloatText(description="x (px)", layout=_third(), style=_TIGHT)
        self._y = ipw.FloatText(description="y (px)", layout=_third(), style=_TIGHT)
        read = _button("Read", self._read_place, "Read where the joint is in this frame")
        put = _button("Put there", self._put, "Move the joint to x, y in this frame")
        return _titled("Keypoint in this frame", [ipw.HBox([self._joint, self._x, self._y]), ipw.HBox([read, put])])

    def _stretch_box(self) -> Any:
        self._from = ipw.FloatText(description="from (s)", step=0.01, layout=_third(), style=_TIGHT)
        self._to = ipw.FloatText(description="to (s)", step=0.01, layout=_third(), style=_TIGHT)
        self._what = ipw.Dropdown(description="joint", layout=_third(), style=_TIGHT)
        self._limb = ipw.Dropdown(
            options=[("both", "both"), ("legs", "legs"), ("arms", "arms")],
            description="limbs",
            layout=_third(),
            style=_NARROW,
        )
        ends = [
            _button("From here", lambda: self._set_end(self._from), "The stretch begins with this frame"),
            _button("To here", lambda: self._set_end(self._to), "The stretch ends with this frame"),
        ]
        unusable = _button("Mark unusable", self._unusable, "The joint is not seen in this stretch")
        swap = _button("Swap left and right", self._swap, "Left is right in this stretch, and right is left")
        return _titled(
            "Stretch (or drag over the signals)",
            [ipw.HBox([self._from, self._to, *ends]), ipw.HBox([self._what, unusable]), ipw.HBox([self._limb, swap])],
        )

    def _repetition_box(self) -> Any:
        noun = self._session.task.presentation.repetition
        self._which = ipw.Dropdown(description=noun.lower(), layout=WIDE, style=_NARROW)
        self._reason = ipw.Text(description="reason", placeholder="why it does not count", layout=WIDE, style=_NARROW)
        self._event = ipw.Dropdown(
            options=[(label, column) for column, label in self._boundaries.items()],
            description="boundary",
            layout=_half(),
            style=_NARROW,
        )
        judge = [
            _button("Reject", self._reject, "It does not count"),
            _button("Accept", self._accept, "It counts after all"),
        ]
        move = _button("Set to this frame", self._move, "Move the boundary of the chosen one to this frame")
        mark = _button("Mark for a new one", self._mark, "Note this frame as the boundary of a new one")
        self._add = _button("Add", self._add_marked, "Add a new one with the boundaries marked")
        self._noted = ipw.HTML()
        return _titled(
            f"{noun}s",
            [
                self._which,
                self._reason,
                ipw.HBox(judge),
                ipw.HBox([self._event, move]),
                ipw.HBox([mark, self._add]),
                self._noted,
            ],
        )

    def _list_box(self) -> Any:
        self._list = ipw.Select(options=[], rows=5, layout=WIDE, description="", tooltip="Edits by hand")
        go = _button("Go to", self._go_to, "Show the frame of the chosen edit")
        delete = _button("Delete", self._delete, "Take the chosen edit back")
        self._count = ipw.HTML()
        return _titled("Edits", [self._count, self._list, ipw.HBox([go, delete])])

    # Showing

    def refresh(self) -> None:
        """Show what there is now."""
        session, result = self._session, self._session.result
        self._undo.disabled, self._redo.disabled = not session.history.undoable, not session.history.redoable
        self._undo.tooltip = f"Undo: {session.history.undoable}"
        self._redo.tooltip = f"Redo: {session.history.redoable}"
        entries = [f"{edit.from_s:8.2f} s  {edit.what}{f', {edit.of}' if edit.of else ''}" for edit in session.edits]
        if tuple(entries) != tuple(self._list.options):
            self._list.options = entries
        self._count.value = f'<div class="kb-html">{edits.counted(session.edits)}</div>'
        if result is None:
            return
        names = [name for name in keypoints.joints(result.raw) if name not in skeleton.FACE]
        if not self._joint.options:
            options = [(name.replace("_", " "), name) for name in names]
            self._joint.options = options
            self._joint.value = f"{result.near}_knee" if f"{result.near}_knee" in names else names[0]
            self._what.options = [("all joints", edits.EVERY_JOINT), *options]
            self._what.value = edits.EVERY_JOINT
        self._show_repetitions(result)

    def _show_repetitions(self, result: Result) -> None:
        noun, options = self._session.task.presentation.repetition, []
        for place, (_, row) in enumerate(result.reps.iterrows()):
            ends = [float(row[name]) for name in (*self._boundaries, "start_s", "end_s") if math.isfinite(row[name])]
            when = f"{min(ends):.2f} to {max(ends):.2f} s" if ends else ""
            name = f"{noun} {int(row['repetition'])}" if row["accepted"] else f"does not count ({row['reason']})"
            options.append((f"{name}, {when}", place))
        if tuple(options) != tuple(self._which.options):
            chosen = self._which.value
            self._which.options = options
            self._which.index = None if not options else chosen if chosen is not None and chosen < len(options) else 0

    def select(self, selection: list[float] | None) -> None:
        """Take over a stretch that was marked in the signals."""
        if selection:
            self._from.value, self._to.value = (round(end, 3) for end in selection)

    # Doing

    def add(self, what: str, from_s: float, to_s: float, **rest: Any) -> bool:
        """Add an edit, and say so or why not; whether it was added."""
        try:
            self._session.add(Edit(what, from_s, to_s, **rest))
        except KinebenchError as error:
            self.line.value = trouble(str(error))
            return False
        self.line.value = good(f"{what[:1].upper()}{what[1:]}. Undo takes it back.")
        return True

    def moved(self, index: int, joint: str, x: float, y: float) -> None:
        """A keypoint was dragged to x, y in frame `index`."""
        result = self._need(index)
        if result is None:
            return
        old = keypoints.points(result.raw, joint)[index]
        at = self._time(index)
        place = (round(float(x), ROUND), round(float(y), ROUND))
        before = None if math.isnan(old[0]) else (round(float(old[0]), ROUND), round(float(old[1]), ROUND))
        self.add(edits.MOVED, at, at, of=joint, old=before, new=place)

    def chosen(self, index: int, x: float, y: float) -> None:
        """The person at x, y in frame `index` is the one to be measured."""
        result = self._need(index)
        if result is None:
            return
        at = self._time(index)
        hips = [keypoints.points(result.raw, f"{side}_hip")[index] for side in skeleton.SIDES]
        middle = (hips[0] + hips[1]) / 2
        old = None if math.isnan(middle[0]) else (round(float(middle[0]), ROUND), round(float(middle[1]), ROUND))
        try:
            edit = Edit(edits.PERSON, at, at, old=old, new=(round(float(x), ROUND), round(float(y), ROUND)))
            again = self._session.choose_person(edit)
        except KinebenchError as error:
            self.line.value = trouble(str(error))
            return
        more = " Press Find the person above: it is looked for there." if again else ""
        self.line.value = good(f"Person chosen.{more} Undo takes it back.")

    def boundary(self, event: str, old: float, new: float) -> None:
        """A boundary was dragged."""
        at = round(old, 6)
        self.add(edits.BOUNDARY, at, at, of=event, old=at, new=round(new, 6))

    def _need(self, index: int = 0) -> Result | None:
        """The result, where there is one and it has the frame; else a line says what is lacking."""
        result = self._session.result
        if result is None:
            self.line.value = trouble("The person must be found first: press Find the person.")
        elif not 0 <= index < min(len(self._session.clip), len(result.smoothed)):
            self.line.value = trouble("This frame is not analysed. Look at it again, then repeat.")
            return None
        return result

    def _time(self, index: int) -> float:
        return round(float(self._session.clip.times_s[index]), 6)

    def _here(self) -> float:
        return self._time(self._position())

    def _read_place(self) -> None:
        result = self._need()
        if result is None:
            return
        x, y = keypoints.points(result.smoothed, self._joint.value)[self._position()]
        if math.isnan(x):
            self.line.value = trouble(f"The {self._joint.label} is not seen in this frame.")
            return
        self._x.value, self._y.value = round(float(x), ROUND), round(float(y), ROUND)

    def _put(self) -> None:
        if self._joint.value:
            self.moved(self._position(), self._joint.value, self._x.value, self._y.value)

    def _set_end(self, end: Any) -> None:
        end.value = round(self._here(), 3)

    def _stretch(self, what: str, of: str) -> None:
        if self._need() is None:
            return
        ends = sorted([max(self._from.value, 0.0), max(self._to.value, 0.0)])
        self.add(what, ends[0], ends[1], of=of)

    def _unusable(self) -> None:
        self._stretch(edits.UNUSABLE, self._what.value or edits.EVERY_JOINT)

    def _swap(self) -> None:
        self._stretch(edits.SWAPPED, self._limb.value)

    def _row(self) -> Any | None:
        result = self._need()
        if result is None or self._which.value is None or self._which.value >= len(result.reps):
            self.line.value = self.line.value or trouble("Choose one from the list first.")
            return None
        return result.reps.iloc[self._which.value]

    def _span(self, row: Any) -> tuple[float, float]:
        ends = [float(row[name]) for name in (*self._boundaries, "start_s", "end_s") if math.isfinite(row[name])]
        return round(min(ends), 6), round(max(ends), 6)

    def _reject(self) -> None:
        row = self._row()
        if row is None:
            return
        reason = self._reason.value.strip()
        if not reason:
            self.line.value = trouble("Say why it does not count: the report gives the reason.")
            return
        if self.add(edits.REJECTED, *self._span(row), new=reason):
            self._reason.value = ""

    def _accept(self) -> None:
        row = self._row()
        if row is not None:
            self.add(edits.ACCEPTED, *self._span(row), old=str(row["reason"]) or None)

    def _move(self) -> None:
        row = self._row()
        if row is None:
            return
        old = float(row[self._event.value])
        if math.isnan(old):
            self.line.value = trouble(f"This one has no {self._event.label} to be moved: add a new one instead.")
            return
        self.boundary(self._event.value, old, self._here())

    def _mark(self) -> None:
        self._marked[self._event.value] = self._here()
        left = [label for column, label in self._boundaries.items() if column not in self._marked]
        known = ", ".join(
            f"{self._boundaries[c]} {t:.2f} s" for c, t in sorted(self._marked.items(), key=lambda i: i[1])
        )
        self._noted.value = good(
            f"Marked: {known}." + (f" Still to mark: {', '.join(left)}." if left else " Press Add.")
        )
        if left:
            self._event.value = next(column for column in self._boundaries if column not in self._marked)

    def _add_marked(self) -> None:
        left = [label for column, label in self._boundaries.items() if column not in self._marked]
        if left:
            self._noted.value = trouble(f"Still to mark: {', '.join(left)}.")
            return
        times = {column: self._marked[column] for column in self._boundaries}
        if self.add(edits.ADDED, min(times.values()), max(times.values()), new=times):
            self._marked, self._noted.value = {}, ""

    def _go_to(self) -> None:
        if self._list.index is not None:
            times = self._session.clip.times_s
            self._go(int(abs(times - self._session.edits[self._list.index].from_s).argmin()))

    def _delete(self) -> None:
        if self._list.index is not None:
            self._session.remove(self._list.index)


_NARROW = {"description_width": "72px"}
_TIGHT = {"description_width": "52px"}


def _third() -> ipw.Layout:
    return ipw.Layout(flex="1 1 0", width="auto", min_width="0")


def _half() -> ipw.Layout:
    return ipw.Layout(width="55%", min_width="0")


def _titled(title: str, children: list[Any]) -> ipw.VBox:
    return ipw.VBox([ipw.HTML(f'<div class="kb-title">{title}</div>'), *children])


def _button(text: str, call: Callable[[], Any], tip: str = "") -> ipw.Button:
    made = ipw.Button(description=text, tooltip=tip or text, layout=ipw.Layout(width="auto", flex="0 0 auto"))
    made.on_click(lambda _: call())
    return made
