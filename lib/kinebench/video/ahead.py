"""Pictures decoded in a thread of their own while the ones before them are being worked on."""

import contextlib
import os
import queue
import sys
import threading
from collections.abc import Generator, Iterable
from typing import Any, TypeVar

T = TypeVar("T")
# Waits are cut into pieces of this length, so that the end of the other side, and Ctrl-C on Windows, are noticed.
_PATIENCE_S = 0.1
# As niceness; at 10 a thread gets a tenth of a core that somebody else wants.
LOWER_PRIORITY = 10
_END = object()


class _Failure:
    def __init__(self, error: BaseException) -> None:
        self.error = error


def ahead(items: Iterable[T], waiting: int) -> Generator[T]:
    """Yield `items` in order, made in a thread of their own that is at most `waiting` of them in advance.

    What `items` raises is raised here, after the items before it. When this generator is closed, or its consumer is
    interrupted, the thread ends, and `items` is closed in it.
    """
    line: queue.Queue[Any] = queue.Queue(waiting)
    stopped = threading.Event()
    thread = threading.Thread(target=_make, args=(items, line, stopped), name="decoding", daemon=True)
    thread.start()
    try:
        while (item := _next(line, thread)) is not _END:
            if isinstance(item, _Failure):
                raise item.error
            yield item
    finally:
        stopped.set()
        thread.join()


def _make(items: Iterable[Any], line: "queue.Queue[Any]", stopped: threading.Event) -> None:
    last: Any = _END
    stand_back()
    try:
        for item in items:
            if not _put(item, line, stopped):
                break
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is raised where the items are used
        last = _Failure(error)
    finally:
        close = getattr(items, "close", None)
        if close is not None:
            close()
        _put(last, line, stopped)


def stand_back() -> None:
    """Let this thread, and the decoder's own that it starts, run where the work on the pictures leaves time.

    Otherwise it takes turns with that work until enough pictures wait, and stands idle when a core is.
    """
    if sys.platform == "linux":  # elsewhere a thread has no priority of its own, or not through this call
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWER_PRIORITY)


def _put(item: Any, line: "queue.Queue[Any]", stopped: threading.Event) -> bool:
    while not stopped.is_set():
        try:
            line.put(item, timeout=_PATIENCE_S)
        except queue.Full:
            continue
        return True
    return False


def _next(line: "queue.Queue[Any]", thread: threading.Thread) -> Any:
    while True:
        try:
            return line.get(timeout=_PATIENCE_S)
        except queue.Empty:
            if not thread.is_alive() and line.empty():
                return _END
