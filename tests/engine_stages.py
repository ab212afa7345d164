"""What the engine's tests let workers do: stages that succeed, fail, die, hang or take too much memory."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from distributed import get_worker

from kinebench.errors import KinebenchError
from kinebench.kernel import KernelDied

_HELD: list[bytes] = []


@dataclass(frozen=True)
class Task:
    """name: which it is; how: what its second stage does; marks: a folder to leave marks in."""

    name: str
    how: str = "well"
    marks: str = ""


def first(task: Task) -> str:
    return f"{task.name} found"


def second(task: Task, found: str) -> str:
    if task.marks:
        with (Path(task.marks) / task.name).open("a") as file:
            file.write(f"{os.getpid()}\n")
    getattr(Ways, task.how)(task)
    return f"{found} and measured"


def tries(task: Task) -> int:
    """How often the second stage of a task was begun."""
    path = Path(task.marks) / task.name
    return len(path.read_text().splitlines()) if path.exists() else 0


class Ways:
    """What may happen."""

    @staticmethod
    def well(_: Task) -> None:
        """It succeeds."""

    @staticmethod
    def slow(_: Task) -> None:
        """It takes a while."""
        time.sleep(0.3)

    @staticmethod
    def wrong(_: Task) -> None:
        """It fails, and says at which stage."""
        error = KinebenchError("clip must be long, but is short. Film longer.")
        error.stage = "notebook"
        raise error

    @staticmethod
    def dies_once(task: Task) -> None:
        """The worker is killed at the first try."""
        if tries(task) == 1:
            os.kill(os.getpid(), signal.SIGKILL)

    @staticmethod
    def dies(_: Task) -> None:
        """The worker is killed at every try."""
        os.kill(os.getpid(), signal.SIGKILL)

    @staticmethod
    def kernel_dies_once(task: Task) -> None:
        """The kernel is killed at the first try."""
        if tries(task) == 1:
            raise KernelDied("The kernel was killed. Run again.")

    @staticmethod
    def hangs(_: Task) -> None:
        """It never ends, and cannot be told to."""
        while True:
            time.sleep(60)

    @staticmethod
    def hungry(_: Task) -> None:
        """It takes more memory than the worker may have."""
        held = []
        while len(held) < 4000:
            held.append(b"x" * (1 << 20))
            time.sleep(0.001)

    @staticmethod
    def bulky(_: Task) -> None:
        """It leaves the worker with less than a fifth of its memory, more than a twentieth, for as long as it lives."""
        worker = get_worker()
        while psutil.Process().memory_info().rss < 0.87 * worker.memory_manager.memory_limit:
            _HELD.append(b"x" * (1 << 20))
        # Long enough for Dask to see it.
        time.sleep(2)
