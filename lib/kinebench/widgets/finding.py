"""Finding the person from the workbench: offered, begun, watched, stopped."""

import threading
import time
from collections.abc import Callable
from typing import Any

import ipywidgets as ipw

from kinebench.errors import KinebenchError
from kinebench.widgets.form import good, trouble
from kinebench.widgets.session import Session

TOLD_EVERY_S = 0.25


class Stopped(Exception):
    """Raised inside a search that a person stopped."""


class Finding:
    """A line above the picture, empty while there is nothing to be done."""

    def __init__(self, session: Session, place: ipw.VBox) -> None:
        self._session, self._place = session, place
        self._cancel = threading.Event()
        self._thread: threading.Thread | None = None
        self._closed = False

    @property
    def busy(self) -> bool:
        """Whether the frames are being looked at."""
        return self._thread is not None

    def offer(self, why: str = "") -> None:
        """Offer to look at every frame."""
        find = ipw.Button(description="Find the person", button_style="primary", tooltip="Look at every frame once")
        find.on_click(lambda _: self.begin())
        told = f"{why} " if why else ""
        frames = len(self._session.clip)
        text = ipw.HTML(f'<div class="kb-html">{told}{frames} frames have not been looked at yet.</div>')
        self._place.children = [ipw.HBox([find, text])]

    def begin(self) -> None:
        """Find the person in every frame, in the background, with a bar and a way to stop."""
        if self._thread is not None:
            return
        self._cancel.clear()
        bar = ipw.IntProgress(min=0, max=1, description="looking", layout=ipw.Layout(width="50%"))
        text = ipw.HTML()
        stop = ipw.Button(description="Stop", tooltip="Stop looking; nothing is kept", layout=ipw.Layout(width="auto"))
        stop.on_click(lambda _: self.stop())
        self._place.children = [ipw.HBox([bar, text, stop])]
        self._thread = threading.Thread(target=self._find, args=(self._teller(bar, text),), name="finding", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop looking at frames."""
        self._cancel.set()

    def wait(self) -> None:
        """Until the person has been looked for."""
        thread = self._thread
        if thread is not None:
            thread.join()

    def close(self) -> None:
        """Stop, and say nothing any more."""
        self._closed = True
        self.stop()
        self.wait()

    def _teller(self, bar: Any, text: Any) -> Callable[[int, int], None]:
        begun, last = time.monotonic(), [0.0]

        def told(done: int, total: int) -> None:
            if self._cancel.is_set():
                raise Stopped
            now = time.monotonic()
            if now - last[0] > TOLD_EVERY_S or done == total:
                last[0] = now
                bar.max, bar.value = total, done
                left = (now - begun) / done * (total - done)
                text.value = f'<div class="kb-html">frame {done} of {total}, about {left:.0f} s left</div>'

        return told

    def _find(self, told: Callable[[int, int], None]) -> None:
        fault = ""
        try:
            self._session.extract(told)
        except Stopped:
            fault = "Stopped, and nothing was kept of it. Press Find the person to begin again."
        except KinebenchError as error:
            fault = str(error)
        except OSError as error:
            fault = f"The clip could not be read to its end ({error.strerror or error}). Your settings are unchanged."
        finally:
            self._thread = None
        if self._closed:
            return
        if not fault and self._session.result is None:
            fault = self._session.fault
        if fault:
            self.offer()
            self._place.children = [*self._place.children, ipw.HTML(trouble(fault))]
            return
        self._place.children = [ipw.HTML(good("The person was found; the result is kept for every later run."))]
