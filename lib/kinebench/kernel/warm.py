"""Kernels that begin at once: forked off a process that has everything loaded, for whoever runs many notebooks.

What a kernel loads takes seconds, the same for each. Only on Linux: elsewhere system libraries do not bear a fork.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

PATIENCE_S = 120.0
_started: "Nursery | None" = None


def begin() -> None:
    """Let this process' kernels be warm from now on; nothing where that is not possible."""
    global _started
    if sys.platform == "linux" and (_started is None or not _started.alive):
        _started = Nursery()


def end() -> None:
    """Let this process' kernels be started anew again."""
    global _started
    if _started is not None:
        _started.close()
        _started = None


def nursery() -> "Nursery | None":
    """What kernels are to be forked from; None: they are to be started anew."""
    return _started if _started is not None and _started.alive else None


class Child:
    """A forked kernel, with what jupyter_client asks of a `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, nursery: "Nursery") -> None:
        self.pid = pid
        # Its own, not kept by its number: that may be another kernel's by now.
        self.code: int | None = None
        self._nursery = nursery

    def poll(self) -> int | None:
        """Its exit code; None while it lives."""
        if self.code is not None or self._nursery.alive:
            return self.code
        return -signal.SIGKILL

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, once it has ended."""
        end = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired("kernel", timeout or 0.0)
            time.sleep(0.02)
        return code

    def send_signal(self, number: int) -> None:
        """Signal it, if it still lives."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class Nursery:
    """The process that is forked, see `kinebench.kernel.nursery`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "kinebench.kernel.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._born: queue.SimpleQueue[Child | None] = queue.SimpleQueue()
        self._living: dict[int, Child] = {}
        self._lock = threading.Lock()
        threading.Thread(target=self._listen, name="nursery", daemon=True).start()

    @property
    def pid(self) -> int:
        """Of the process that is forked."""
        return self._process.pid

    def close(self) -> None:
        """End it, and every kernel that came of it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()

    @property
    def alive(self) -> bool:
        """Whether it can still be asked."""
        return self._process.poll() is None

    def launch(self, arguments: list[str], *, cwd: str, env: dict[str, str], log: Path) -> Child:
        """A kernel with ipykernel's `arguments`. OSError where the nursery is gone."""
        asked = {"arguments": arguments, "cwd": cwd, "env": env, "log": str(log)}
        with self._lock:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(asked).encode() + b"\n")
            self._process.stdin.flush()
            try:
                child = self._born.get(timeout=PATIENCE_S)
            except queue.Empty:
                # A late answer would be taken for that of the next kernel.
                self._process.kill()
                child = None
        if child is None:
            raise ChildProcessError("the process that kernels are forked from ended")
        return child

    def _listen(self) -> None:
        for line in self._process.stdout or ():
            told: dict[str, Any] = json.loads(line)
            # The nursery tells of an end before it forks again: no two of its living kernels have one number.
            if "code" in told:
                self._living.pop(told["pid"]).code = told["code"]
            elif "pid" in told:
                child = self._living[told["pid"]] = Child(told["pid"], self)
                self._born.put(child)
        self._born.put(None)
