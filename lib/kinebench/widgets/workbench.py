"""The workbench: scrub a clip with the pose on it, see the signals, tune, repair, save, run, in one view."""

import asyncio
import atexit
import contextlib
import sys
import threading
import time
import uuid
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import ipywidgets as ipw
import numpy as np
from IPython.display import display

from kinebench import places, video
from kinebench.errors import KinebenchError
from kinebench.widgets.form import good, trouble
from kinebench.widgets.frames import Frames, Section
from kinebench.widgets.views import FrameView, SignalView

HINT = (
    "<b>Space</b> plays, <b>arrows</b> step (with shift by ten), <b>page up/down</b> go to repetitions, <b>D</b> to "
    "doubtful frames, <b>E</b> to edits.<br>A click in the signals goes to that frame; a drag there marks a stretch, "
    "the wheel zooms.<br>What you repair is a list of edits beside the detections; what you save is obeyed by every "
    "run of this clip."
)
SWITCH_S, SENT_S = 5e-4, 30e-3
"""Python lets another thread run after 5 ms only: with several turns a message, half of a slider's patience."""
PERSON_ROOM = 0.2
"""Room around the person when zoomed in, as a share of the person's box."""


class Stopped(Exception):
    """Raised inside an extraction that a person stopped."""


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
        self.position = 0
        self.selection: list[float] | None = None
        self._shown_frames: Frames | None = None
        self._zoomed = False
        self._closed = False
        self._told_fault = ""
        self._cancel = threading.Event()
        self._extracting: threading.Thread | None = None
        self._timers: dict[Any, Any] = {}
        self.session: Any = None
        self.panels: Any = None
        self.frame = FrameView(bus=self.bus)
        self.signals = SignalView(bus=self.bus)
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
        self._show_picture()
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
        from kinebench.widgets.panels import Panels
        from kinebench.widgets.session import Session

        source, task, values, who = self._given
        try:
            self.session = Session(source, task, values, who)
        except KinebenchError as error:
            self._side.children = [ipw.HTML(trouble(str(error)))]
            return
        if self.session.clip.start_s or self.session.clip.stop_s is not None or self.session.clip.every > 1:
            self._show_clip(self.session.clip)
        self.panels = Panels(self)
        self._side.children = [self.panels.widget]
        self.session.listeners.append(self.refresh)
        self.session.sketches.append(self._sketch)
        sys.setswitchinterval(SWITCH_S)
        self.session.working = self._rest
        self._state_line()
        try:
            if self.session.kept():
                self.session.extract()
                return
        except KinebenchError as error:
            self.tell(str(error))
        self._offer_extraction()
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
        if self.session.stale and self._extracting is None:
            self._offer_extraction("What finds the person was set otherwise since.")

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
        state = "unsaved changes" if session.changed else "saved" if session.saved_at else "not saved"
        restored = " What was not saved last time was restored; Back to saved discards it." if session.restored else ""
        self._top.value = (
            f'<div class="kb-html"><b>{_escaped(clip.path.name)}</b> · {session.task.title.lower()} · '
            f"{clip.width} × {clip.height} px, {clip.frame_rate_hz:.4g} frames/s, {clip.duration_s:.1f} s · {state}."
            f"{restored}</div>" + (trouble(session.trouble) if session.trouble else "")
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

    def _show_picture(self) -> None:
        self._show_clip(video.open_clip(self._given[0]))

    def _show_clip(self, clip: video.Clip, section: Section | None = None) -> None:
        """Frames of `clip`, of a section of it or whole."""
        before, self._shown_frames = self._shown_frames, Frames(clip, section)
        frames = self._shown_frames
        if before is not None:  # the same instant, wherever it lies in the other stretch
            time_s = before.clip.times_s[min(self.position, len(before.clip) - 1)]
            self.position = int(np.argmin(np.abs(np.asarray(clip.times_s) - time_s)))
        shown = frames.section
        with self.frame.hold_sync():
            self.frame.length = len(clip)
            self.frame.times = np.asarray(clip.times_s, dtype=np.float64).tobytes()
            self.frame.numbers = np.asarray(clip.frame_numbers, dtype=np.int32).tobytes()
            self.frame.section = [shown.left, shown.top, shown.width, shown.height]
            self.frame.poster = frames.jpeg(self.position)
            self.frame.poster_index = self.position
            self.frame.epoch += 1
        self.signals.times = self.frame.times
        frames.fill()
        if before is not None:
            before.close()

    def _rest(self) -> None:
        if self._shown_frames is not None:
            self._shown_frames.rest()

    def show_clip(self) -> None:
        """Show the session's clip as it is analysed now."""
        before = self._shown_frames
        stretch = None if before is None else (before.clip.start_s, before.clip.stop_s, before.clip.every)
        clip = self.session.clip
        if not self._closed and stretch != (clip.start_s, clip.stop_s, clip.every):
            self._show_clip(clip, self._person() if self._zoomed else None)

    def _zoom(self, content: Any) -> None:
        self._zoomed = bool(content.get("person"))
        if self.session is None or self._shown_frames is None:
            return
        section = self._person() if self._zoomed else None
        self._show_clip(self._shown_frames.clip, section)

    def _person(self) -> Section | None:
        """The part of the picture that the person moves in, as wide for its height as the whole picture."""
        result, clip = self.session.result, self.session.clip
        if result is None:
            return None
        from kinebench import keypoints

        points = keypoints.positions(result.smoothed).reshape(-1, 2)
        points = points[np.isfinite(points).all(axis=1)]
        if len(points) == 0:
            return None
        low, high = np.percentile(points, [0.5, 99.5], axis=0)
        return around(low, high, clip.width, clip.height)

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
            "save": self._if_ready(lambda _: self.panels.keeping.save()),
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
        frames = self._shown_frames
        if frames is None or content["epoch"] != self.frame.epoch:
            return
        fault = self.session.check() if self.session is not None else ""
        if fault != self.frame.message and (fault or self._about_file):
            self._about_file = bool(fault)
            self.tell(fault)
        first, last = int(content["first"]), int(content["last"])
        self.frame.deliver(content["epoch"], first, frames.chunk(first, last))

    _about_file = False

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

    # Finding the person

    def _offer_extraction(self, why: str = "") -> None:
        find = ipw.Button(description="Find the person", button_style="primary", tooltip="Look at every frame once")
        find.on_click(lambda _: self.extract())
        frames = len(self.session.clip)
        told = f"{why} " if why else ""
        text = ipw.HTML(f'<div class="kb-html">{told}{frames} frames have not been looked at yet.</div>')
        self._banner.children = [ipw.HBox([find, text])]

    def extract(self) -> None:
        """Find the person in every frame, in the background, with a bar and a way to stop."""
        if self._extracting is not None:
            return
        self._cancel.clear()
        bar = ipw.IntProgress(min=0, max=1, description="looking", layout=ipw.Layout(width="50%"))
        text = ipw.HTML()
        stop = ipw.Button(description="Stop", tooltip="Stop looking; nothing is kept", layout=ipw.Layout(width="auto"))
        stop.on_click(lambda _: self._cancel.set())
        self._banner.children = [ipw.HBox([bar, text, stop])]
        begun = time.monotonic()
        last = [0.0]

        def told(done: int, total: int) -> None:
            if self._cancel.is_set():
                raise Stopped
            now = time.monotonic()
            if now - last[0] > 0.25 or done == total:
                last[0] = now
                bar.max, bar.value = total, done
                left = (now - begun) / done * (total - done)
                text.value = f'<div class="kb-html">frame {done} of {total}, about {left:.0f} s left</div>'

        self._extracting = threading.Thread(target=self._extract, args=(told,), name="extraction", daemon=True)
        self._extracting.start()

    def _extract(self, told: Callable[[int, int], None]) -> None:
        fault = ""
        try:
            self.session.extract(told)
        except Stopped:
            fault = "Stopped, and nothing was kept of it. Press Find the person to begin again."
        except KinebenchError as error:
            fault = str(error)
        except OSError as error:
            fault = f"The clip could not be read to its end ({error.strerror or error}). Your settings are unchanged."
        finally:
            self._extracting = None
        if self._closed:
            return
        if not fault and self.session.result is None:
            fault = self.session.fault
        if fault:
            self._offer_extraction()
            self._banner.children = [*self._banner.children, ipw.HTML(trouble(fault))]
            return
        self._banner.children = [ipw.HTML(good("The person was found; the result is kept for every later run."))]

    def wait(self) -> None:
        """Until the person has been looked for."""
        thread = self._extracting
        if thread is not None:
            thread.join()

    def close(self) -> None:
        """Free decoder, background and memory; the view is gone then."""
        self._closed = True
        self._cancel.set()
        self.wait()
        if self._shown_frames is not None:
            self._shown_frames.close()
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


def around(low: np.ndarray, high: np.ndarray, width: int, height: int) -> Section:
    """The section around a box from `low` to `high` (x, y), with room, in the picture's own shape and within it."""
    centre, span = (low + high) / 2, (high - low) * (1 + 2 * PERSON_ROOM)
    scale = min(max(span[0] / width, span[1] / height, 0.1), 1.0)
    size = np.array([width, height]) * scale
    corner = np.clip(centre - size / 2, 0, np.array([width, height]) - size)
    return Section(float(corner[0]), float(corner[1]), float(size[0]), float(size[1]))


def _column(least_px: int, share: int) -> ipw.Layout:
    return ipw.Layout(flex=f"{share} 1 {least_px}px", min_width=f"min({least_px}px, 100%)", overflow="hidden")


def _row() -> ipw.Layout:
    return ipw.Layout(display="flex", flex_flow="row wrap", align_items="stretch", width="100%", grid_gap="8px")


def _escaped(text: str) -> str:
    from kinebench.widgets.form import escaped

    return escaped(text)
