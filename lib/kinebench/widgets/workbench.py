"""The workbench: scrub a clip with the pose on it, see the signals, tune, repair, save, run, in one view."""

import asyncio
import atexit
import contextlib
import sys
import time
import uuid
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import ipywidgets as ipw
from IPython.display import display

from kinebench import places, video
from kinebench.errors import KinebenchError
from kinebench.widgets.form import escaped, trouble
from kinebench.widgets.frames import Section
from kinebench.widgets.pictures import Pictures, around_person
from kinebench.widgets.views import FrameView, SignalView

HINT = (
    "<b>Space</b> plays, <b>arrows</b> step (with shift by ten), <b>page up/down</b> go to repetitions, <b>D</b> to "
    "doubtful frames, <b>E</b> to edits.<br>A click in the signals goes to that frame; a drag there marks a stretch, "
    "the wheel zooms.<br>What you repair is a list of edits beside the detections; what you save is obeyed by every "
    "run of this clip."
)
SWITCH_S, SENT_S = 5e-4, 30e-3
"""Python lets another thread run after 5 ms only: with several turns a message, half of a slider's patience."""


class _Closable(ipw.VBox):
    """A box that closes everything in it."""

    def close_all_children(self) -> None:
        """Close every widget below, then the box."""
        waiting: list[Any] = [self]
        while waiting:
            widget = waiting.pop()
            waiting += list(getattr(widget, "children", ()))
            widget.unobserve_all()
            widget.close()


class Workbench:
    """`Workbench("clip.mp4", task="sit-to-stand")` as the last line of a cell shows it.

    values: parameters by name, before those saved for the clip. who: stands in each edit; the login without it.
    `close()` frees decoder and memory, as closing the notebook's kernel does.
    """

    def __init__(
        self, source: str | Path, task: str, *, values: Mapping[str, Any] | None = None, who: str | None = None
    ) -> None:
        self._given = (Path(source).expanduser(), task, values, who)
        self.bus = uuid.uuid4().hex
        self.selection: list[float] | None = None
        self._zoomed = False
        self._closed = False
        self._told_fault = self._told_file = ""
        self._timers: dict[Any, Any] = {}
        self.session: Any = None
        self.panels: Any = None
        self.finding: Any = None
        self.frame = FrameView(bus=self.bus)
        self.signals = SignalView(bus=self.bus)
        self.pictures = Pictures(self.frame, self.signals)
        self._handlers()
        self._top = ipw.HTML()
        self._hint = ipw.HBox([])
        self._banner = ipw.VBox([])
        self._side = ipw.VBox(
            [ipw.HTML('<div class="kb-html kb-muted">Opening the clip …</div>')], layout=_column(380, 5)
        )
        left = ipw.VBox([self.frame, self.signals], layout=_column(480, 8))
        self.widget = _Closable([self._top, self._hint, self._banner, ipw.HBox([left, self._side], layout=_row())])
        self.widget.add_class("kb-workbench")
        self.pictures.show(video.open_clip(self._given[0]))
        self._show_hint()
        _ALL.add(self)

    # Showing

    def _ipython_display_(self) -> None:
        # The first picture is on the screen before anything heavy is imported.
        display(self.widget)
        self.load()

    def load(self) -> None:
        """Open what was saved for the clip, measure it where the person was found before, and show the panels."""
        if self.session is not None:
            return
        from kinebench.widgets.finding import Finding
        from kinebench.widgets.panels import Panels
        from kinebench.widgets.session import Session

        source, task, values, who = self._given
        try:
            self.session = Session(source, task, values, who)
        except KinebenchError as error:
            self._side.children = [ipw.HTML(trouble(str(error)))]
            return
        self.show_clip()
        self.finding = Finding(self.session, self._banner)
        self.panels = Panels(self)
        self._side.children = [self.panels.widget]
        self.session.listeners.append(self.refresh)
        self.session.sketches.append(self._sketch)
        sys.setswitchinterval(SWITCH_S)
        self.session.working = self.pictures.rest
        self._state_line()
        try:
            if self.session.kept():
                self.session.extract()
                return
        except KinebenchError as error:
            self.tell(str(error))
        self.finding.offer()
        self.refresh()

    def refresh(self) -> None:
        """Show what there is now: first what the eye is on."""
        self.show_clip()
        self.panels.refresh()
        self._state_line()
        fault = self.session.fault or (self.session.result.trouble if self.session.result is not None else "")
        if fault != self._told_fault:
            self._told_fault = fault
            self.tell(fault)
        if self.session.stale and not self.finding.busy:
            self.finding.offer("What finds the person was set otherwise since.")

    def _sketch(self, result: Any) -> None:
        """Show keypoints and signals, and let the thread that sends them run before the repetitions are looked for."""
        self.panels.sketch(result)
        time.sleep(SENT_S)

    def tell(self, text: str) -> None:
        """One line under the picture; nothing with an empty text."""
        self.frame.message = text

    def _state_line(self) -> None:
        session = self.session
        clip = session.clip
        state = "unsaved changes" if session.changed else "saved" if session.store.saved_at else "not saved"
        restored = " What was not saved last time was restored; Back to saved discards it." if session.restored else ""
        self._top.value = (
            f'<div class="kb-html"><b>{escaped(clip.path.name)}</b> · {session.task.title.lower()} · '
            f"{clip.width} × {clip.height} px, {clip.frame_rate_hz:.4g} frames/s, {clip.duration_s:.1f} s · {state}."
            f"{restored}</div>" + trouble(session.troubles)
        )

    def _show_hint(self) -> None:
        """Three lines for who is here for the first time, gone for good with one click."""
        seen = places.cache() / "hint-seen"
        if seen.exists():
            return
        understood = ipw.Button(description="Got it", tooltip="Do not show this again", layout=ipw.Layout(width="auto"))

        def gone(_: Any) -> None:
            self._hint.children = []
            with contextlib.suppress(OSError):
                seen.parent.mkdir(parents=True, exist_ok=True)
                seen.touch()

        understood.on_click(gone)
        self._hint.children = [ipw.HTML(f'<div class="kb-html kb-good">{HINT}</div>'), understood]

    # Frames

    @property
    def position(self) -> int:
        """The frame that is looked at."""
        return self.pictures.position

    @position.setter
    def position(self, index: int) -> None:
        self.pictures.position = index

    def show_clip(self) -> None:
        """Show the session's clip as it is analysed now."""
        if not self._closed and self.pictures.differs(self.session.clip):
            self.pictures.show(self.session.clip, self._person() if self._zoomed else None)

    def _zoom(self, content: Any) -> None:
        self._zoomed = bool(content.get("person"))
        if self.session is not None and self.pictures.frames is not None:
            self.pictures.show(self.pictures.frames.clip, self._person() if self._zoomed else None)

    def _person(self) -> Section | None:
        from kinebench import keypoints

        result, clip = self.session.result, self.session.clip
        if result is None:
            return None
        return around_person(keypoints.positions(result.smoothed).reshape(-1, 2), clip.width, clip.height)

    # What the browser says

    def _handlers(self) -> None:
        self.frame.handlers = {
            "frames": self._deliver,
            "at": lambda content: setattr(self, "position", int(content["index"])),
            "section": self._zoom,
            "show": lambda content: self.frame.set_trait("show", content["show"]),
            "moved": self._if_ready(lambda c: self.panels.repair.moved(int(c["index"]), c["joint"], c["x"], c["y"])),
            "person": self._if_ready(lambda c: self.panels.repair.chosen(int(c["index"]), c["x"], c["y"])),
            "undo": self._if_ready(lambda _: self.session.undo()),
            "redo": self._if_ready(lambda _: self.session.redo()),
            "save": self._if_ready(lambda _: self.panels.keeping.save_settled()),
        }
        self.signals.handlers = {
            "selection": self._selected,
            "boundary": self._if_ready(
                lambda c: self.panels.repair.boundary(c["event"], float(c["old"]), float(c["new"]))
            ),
        }

    def _if_ready(self, call: Callable[[Any], Any]) -> Callable[[Any], None]:
        def called(content: Any) -> None:
            if self.panels is not None:
                call(content)

        return called

    def _deliver(self, content: Any) -> None:
        fault = self.session.check() if self.session is not None else ""
        if fault != self._told_file:
            self._told_file = fault
            self.tell(fault)
        self.pictures.deliver(content)

    def _selected(self, content: Any) -> None:
        self.selection = content["selection"]
        if self.panels is not None:
            self.panels.repair.select(self.selection)

    def go(self, index: int) -> None:
        """Show a frame."""
        self.position = int(index)
        self.frame.seek(index)

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Do something when nothing has asked for it again for so long; at once where no event loop runs."""
        name = getattr(call, "__qualname__", call)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            call()
            return
        if name in self._timers:
            self._timers[name].cancel()
        self._timers[name] = loop.call_later(seconds, call)

    def extract(self) -> None:
        """Find the person in every frame, in the background."""
        if self.finding is not None:
            self.finding.begin()

    def wait(self) -> None:
        """Until the person has been looked for."""
        if self.finding is not None:
            self.finding.wait()

    def close(self) -> None:
        """Free decoder, background and memory; the view is gone then."""
        self._closed = True
        if self.finding is not None:
            self.finding.close()
        self.pictures.close()
        if self.panels is not None:
            self.panels.keeping.close()
        if self.session is not None:
            self.session.close()
        # ipywidgets knows every widget that is open, and through its callbacks everything that they hold.
        for view in (self.frame, self.signals):
            view.handlers.clear()
        self.widget.close_all_children()
        _ALL.discard(self)


_ALL: weakref.WeakSet[Workbench] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """Threads that decode must not outlive the interpreter that they call back into."""
    for bench in list(_ALL):
        bench.close()


def _column(least_px: int, share: int) -> ipw.Layout:
    return ipw.Layout(flex=f"{share} 1 {least_px}px", min_width=f"min({least_px}px, 100%)", overflow="hidden")


def _row() -> ipw.Layout:
    return ipw.Layout(display="flex", flex_flow="row wrap", align_items="stretch", width="100%", grid_gap="8px")
