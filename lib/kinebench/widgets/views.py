"""The two views with JavaScript of their own: the frame with the pose on it, and the signals under it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

# Any: traitlets' types want to know more of a list than the browser does.
List: Any = traitlets.List

_BROWSER = Path(__file__).with_name("browser")


def _module(name: str) -> str:
    return "\n".join((_BROWSER / part).read_text(encoding="utf-8") for part in ("shared.js", name))


_CSS = (_BROWSER / "view.css").read_text(encoding="utf-8")

Handler = Callable[[dict[str, Any]], None]


class _View(anywidget.AnyWidget):
    """A view that tells of what was done in it by messages: `handlers`, by the message's type."""

    bus = traitlets.Unicode().tag(sync=True)
    times = traitlets.Bytes(b"").tag(sync=True)
    repetitions = List([]).tag(sync=True)
    doubtful = List([]).tag(sync=True)
    edited = List([]).tag(sync=True)
    mode = traitlets.Unicode("look").tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.handlers: dict[str, Handler] = {}
        self.on_msg(self._received)

    def _received(self, _: Any, content: Any, buffers: Any) -> None:
        handler = self.handlers.get(content.get("type", "")) if isinstance(content, dict) else None
        if handler is not None:
            handler(content)


class FrameView(_View):
    """One frame of the clip with the pose on it; asks for pictures with `frames` messages.

    No trait holds a picture: faces are not covered here, and traits are saved with the notebook.
    """

    _esm = _module("frame_view.js")
    _css = _CSS

    length = traitlets.Int(0).tag(sync=True)
    numbers = traitlets.Bytes(b"").tag(sync=True)
    section = List([0, 0, 16, 9]).tag(sync=True)
    epoch = traitlets.Int(0).tag(sync=True)
    start = traitlets.Int(0).tag(sync=True)
    joints = List([]).tag(sync=True)
    near = List([]).tag(sync=True)
    far = List([]).tag(sync=True)
    smoothed = traitlets.Bytes(b"").tag(sync=True)
    raw = traitlets.Bytes(b"").tag(sync=True)
    angles = List([]).tag(sync=True)
    angle_values = traitlets.Bytes(b"").tag(sync=True)
    spans = List([]).tag(sync=True)
    doubts = List([]).tag(sync=True)
    show = traitlets.Dict({"raw": False, "smoothed": True, "names": False, "angles": True, "person": False}).tag(
        sync=True
    )
    message = traitlets.Unicode("").tag(sync=True)

    def seek(self, index: int) -> None:
        """Show a frame."""
        self.send({"type": "seek", "index": int(index)})

    def touch_up(self, first: int, pose: bytes) -> None:
        """Show the smoothed pose of frames `first`, `first` + 1, ... at once: the whole clip's takes longer to send."""
        self.send({"type": "pose", "first": first}, [pose])

    def deliver(self, epoch: int, first: int, pictures: list[bytes]) -> None:
        """Send the pictures of frames `first`, `first` + 1, ..."""
        self._send_pictures("frames", epoch, first, pictures)

    def put_up(self, epoch: int, index: int, picture: bytes) -> None:
        """Send the picture that is shown first, before the browser can ask for it: the kernel may be busy then."""
        self._send_pictures("poster", epoch, index, [picture])

    def _send_pictures(self, kind: str, epoch: int, first: int, pictures: list[bytes]) -> None:
        lengths = [len(picture) for picture in pictures]
        self.send({"type": kind, "epoch": epoch, "first": first, "lengths": lengths}, pictures)


class SignalView(_View):
    """The signals over the clip, with a cursor that moves with the frame view of the same `bus`."""

    _esm = _module("signal_view.js")
    _css = _CSS

    panels = List([]).tag(sync=True)
    data = traitlets.Bytes(b"").tag(sync=True)
    phases = List([]).tag(sync=True)
    reps = List([]).tag(sync=True)
    show_raw = traitlets.Bool(True).tag(sync=True)
    selection = List([], allow_none=True).tag(sync=True)
