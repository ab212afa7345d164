"""What this computer has to share out among workers, and how each of them keeps to its share."""

import contextlib
import importlib.util
import os
import runpy
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kinebench.errors import KinebenchError

MEMORY_SHARE = 0.9
KERNEL_SHARE = 0.6
# A worker that finds people holds about 0.5 GB, its kernel 0.4 GB; more with large pictures.
LEAST_EACH = 1_500_000_000
_GB = 1e9


def cores() -> list[int]:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def memory() -> int:
    """Bytes that all that runs here may use, a container's limit obeyed, as Dask finds them."""
    found = importlib.util.find_spec("distributed")
    assert found is not None
    # By itself: to load all of Dask takes a second, also where nothing is due.
    return int(runpy.run_path(str(Path(str(found.origin)).with_name("system.py")))["MEMORY_LIMIT"])


def memory_each(workers: int) -> tuple[int, int]:
    """Bytes that each of so many workers may use, and the kernel of its run."""
    share = MEMORY_SHARE * memory() / max(workers, 1)
    return int(share * (1 - KERNEL_SHARE)), int(share * KERNEL_SHARE)


def check_memory(workers: int) -> None:
    """KinebenchError where so many workers would have too little each to do anything. One is always allowed."""
    if workers > 1 and sum(memory_each(workers)) < LEAST_EACH:
        fitting = max(int(MEMORY_SHARE * memory() / LEAST_EACH), 1)
        raise KinebenchError(
            f"--workers must leave each at least {LEAST_EACH / _GB:g} GB of the {memory() / _GB:.1f} GB here, but got "
            f"{workers}. Give at most {fitting}."
        )


class OwnShare:
    """Set up on every worker: it keeps to processors of its own, and so does whatever it starts.

    each: how many; None for any.
    """

    name = "kinebench-share"

    def __init__(self, each: int | None) -> None:
        self.each = each

    def setup(self, worker: Any) -> None:
        """Called by Dask when the worker starts, also anew after its death."""
        _deaf()
        if self.each is not None and hasattr(os, "sched_setaffinity"):
            mine = cores()
            first = int(worker.name) * self.each
            own = {mine[(first + i) % len(mine)] for i in range(self.each)}
            # Of each thread there is already; those to come inherit it.
            for thread in os.listdir("/proc/self/task"):
                os.sched_setaffinity(int(thread), own)


@contextlib.contextmanager
def without_interrupts() -> Iterator[None]:
    """Threads that are begun within, and the processes that these start, do not hear Ctrl-C; we do so afterwards.

    A terminal sends it to all at once, and a worker that is only just starting would answer with a traceback. A polite
    kill waits until afterwards, too: what was half started could not be ended.
    """
    if not hasattr(signal, "pthread_sigmask") or threading.current_thread() is not threading.main_thread():
        yield
        return
    from multiprocessing import resource_tracker

    # Who starts it lets the signal through again; so that must have happened before.
    resource_tracker.ensure_running()
    came: list[int] = []
    polite = signal.signal(signal.SIGTERM, lambda number, _: came.append(number))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, polite)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if came:
            signal.raise_signal(signal.SIGTERM)


def _deaf() -> None:
    """Hear Ctrl-C again, but do nothing: unlike a blocked or ignored signal, that is not handed on to kernels."""
    if hasattr(signal, "pthread_sigmask") and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, lambda *_: None)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
