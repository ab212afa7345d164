"""How far a long step has come: a bar on a terminal or in a notebook, a line now and then in a log, lines in a file
when another process watches.

A run executes its notebook in another process; that process appends to the file named by `KINEBENCH_PROGRESS`, the
command line reads it and draws the bar. Nothing of it ends up in the executed notebook.
"""

import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar, cast

T = TypeVar("T")
FILE_VARIABLE = "KINEBENCH_PROGRESS"


def track(items: Iterable[T], what: str, total: int | None = None, *, unit: str = "frame") -> Iterator[T]:
    """Yield `items`, reporting how many have passed; a step that takes less than two seconds shows nothing."""
    path = os.environ.get(FILE_VARIABLE)
    if path:
        yield from _to_file(items, what, total, Path(path))
        return
    with bar(what, total, unit=unit, delay_s=2.0) as shown_bar:
        for item in items:
            yield item
            shown_bar.update()


def bar(what: str, total: int | None, *, unit: str, delay_s: float = 0.0) -> Any:
    """A bar to be entered, and told by `update()` of each that is done; where nobody looks on, lines for a log."""
    from tqdm import tqdm
    from tqdm.autonotebook import tqdm as fitting

    if fitting is tqdm and not sys.stderr.isatty():
        return Lines(what, total)
    return fitting(total=total, desc=what, unit=unit, delay=delay_s, leave=False)


class Lines:
    """What a bar would show, as a line to the error stream every `every_s` seconds: a log has no use for more."""

    def __init__(self, what: str, total: int | None, *, every_s: float = 30.0) -> None:
        self._what, self._total, self._every_s = what, total, every_s
        self._done = 0
        self._begun = self._last = time.monotonic()

    def __enter__(self) -> "Lines":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self) -> None:
        """One more is done."""
        self._done += 1
        now = time.monotonic()
        if now - self._last < self._every_s or self._done == self._total:
            return
        self._last = now
        said = f"kinebench: {self._what}: {self._done}"
        if self._total is not None:
            left_s = (now - self._begun) / self._done * (self._total - self._done)
            said += f" of {self._total}, about {_span(left_s)} left"
        print(said, file=sys.stderr, flush=True)

    def write(self, line: str, file: Any) -> None:
        """A line in between."""
        print(line, file=file, flush=True)


def _span(seconds: float) -> str:
    """A stretch of time as people say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def waiting(what: str) -> Any:
    """A bar for a step of unknown length: what is going on, and for how long; to be refreshed and closed."""
    from tqdm import tqdm

    return tqdm(desc=what, bar_format="{desc} ({elapsed})", leave=False)


@contextlib.contextmanager
def stage(what: str, *, show: bool = True) -> Iterator[None]:
    """Say on a terminal what is going on, and for how long, until the block is left."""
    if not (show and sys.stderr.isatty()):
        yield
        return
    over = threading.Event()

    def tick() -> None:
        bar = waiting(what)
        while not over.wait(0.5):
            bar.refresh()
        bar.close()

    teller = threading.Thread(target=tick, daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()


@contextlib.contextmanager
def shown(path: Path, *, show: bool = True) -> Iterator[None]:
    """Let the processes that are started report into the file `path`, and draw a bar from it on a terminal.

    Where another process watches this one already, they report to it.
    """
    before = os.environ.get(FILE_VARIABLE)
    if before is not None:
        yield
        return
    path.touch()
    os.environ[FILE_VARIABLE] = str(path)
    done = threading.Event()
    watcher = threading.Thread(target=_draw, args=(path, done), daemon=True)
    if show and sys.stderr.isatty():
        watcher.start()
    try:
        yield
    finally:
        done.set()
        if watcher.is_alive():
            watcher.join()
        os.environ.pop(FILE_VARIABLE)


def _draw(path: Path, done: threading.Event) -> None:
    """A bar for each step that the kernel tells of; between them what is going on, and for how long."""
    bar = waiting("starting the notebook")
    with path.open(encoding="utf-8") as file:
        while not done.wait(0.2):
            for line in file:
                if not line.endswith("\n"):
                    break
                bar = _bar_for(bar, cast(dict[str, Any], json.loads(line)))
            bar.refresh()
    bar.close()


def _bar_for(bar: Any, step: dict[str, Any]) -> Any:
    """The bar that shows `step`, which may be another one than before."""
    from tqdm import tqdm

    over = step["total"] is not None and step["done"] >= step["total"]
    if over or bar.desc.rstrip(": ") != step["what"]:
        bar.close()
        bar = waiting("measuring and drawing") if over else tqdm(desc=step["what"], unit="frame", leave=False)
    if not over:
        bar.total, bar.n = step["total"], step["done"]
    return bar


def _to_file(items: Iterable[T], what: str, total: int | None, path: Path) -> Iterator[T]:
    last = 0.0
    done = 0
    for done, item in enumerate(items, start=1):
        yield item
        if time.monotonic() - last > 0.2:
            last = time.monotonic()
            _append(path, what, done, total)
    _append(path, what, done, done)


def _append(path: Path, what: str, done: int, total: int | None) -> None:
    with contextlib.suppress(FileNotFoundError), path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"what": what, "done": done, "total": total}) + "\n")


@contextlib.contextmanager
def ended_politely() -> Iterator[None]:
    """Let a polite `kill` end the block as Ctrl-C does, so that what it began is cleared away."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
