"""What a notebook may use up: time and memory. Who exceeds them is stopped, and told why."""

import threading
import time
from dataclasses import dataclass

from kinebench.errors import KinebenchError

LOOK_EVERY_S = 0.25
_MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """The most that a run may take; None for no limit.

    cell_s: seconds for one cell; run_s: seconds for the whole notebook; memory_bytes: resident memory of its kernel.
    """

    cell_s: float | None = None
    run_s: float | None = None
    memory_bytes: int | None = None

    def __post_init__(self) -> None:
        """Refuse what no run could keep."""
        for name in ("cell_s", "run_s", "memory_bytes"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise KinebenchError(f"{name} must be above 0, but got {value}. Leave it out for no limit.")


class Watch:
    """Looks after a kernel's process from a thread, and kills it once it exceeds its limits; `why` then says how."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self.why = ""

    def begin(self, pid: int) -> None:
        """Watch the process `pid` and its children until `end`."""
        if self.limits.run_s is None and self.limits.memory_bytes is None:
            return
        self._thread = threading.Thread(target=self._look, args=(pid,), name="kernel watch", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop watching."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _look(self, pid: int) -> None:
        import psutil

        started = time.monotonic()
        try:
            process = psutil.Process(pid)
            while not self._over.wait(LOOK_EVERY_S):
                self.why = self._exceeded(_resident(process), time.monotonic() - started)
                if self.why:
                    process.kill()
                    return
        except psutil.NoSuchProcess:
            return

    def _exceeded(self, resident: int, elapsed_s: float) -> str:
        most, longest = self.limits.memory_bytes, self.limits.run_s
        if most is not None and resident > most:
            return (
                f"A run must do with the memory that it may use ({most // _MIB} MB), but this one took "
                f"{resident // _MIB} MB. Give it more with --memory, use fewer workers, or analyse a shorter stretch."
            )
        if longest is not None and elapsed_s > longest:
            return (
                f"A run must end in time, but its notebook did not in the {longest:.3g} s that were left. Give it more "
                "with --run-timeout, or analyse a shorter stretch."
            )
        return ""


def _resident(process: object) -> int:
    """Bytes of memory that a process and its children hold; children that end meanwhile count no more."""
    import psutil

    total = 0
    for one in (process, *process.children(recursive=True)):  # type: ignore[attr-defined]
        try:
            total += one.memory_info().rss
        except psutil.NoSuchProcess:
            if one is process:
                raise
    return int(total)
