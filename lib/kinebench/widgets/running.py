"""A run of `kinebench run` beside the notebook: its progress read, its end told, stopped when wanted."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from kinebench import progress

LOOK_EVERY_S = 0.2


class Running:
    """One process. `told(what, done, total)` hears of its steps, `ended(code, output, complaint)` of its end.

    Both are called from a thread of their own.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        folder: Path,
        told: Callable[[str, int, int | None], None],
        ended: Callable[[int, str, str], None],
    ) -> None:
        self._told, self._ended = told, ended
        self._stopped = False
        self._own = tempfile.TemporaryDirectory(prefix="kinebench-")
        self._steps = Path(self._own.name) / "progress"
        self._steps.touch()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "kinebench", *arguments],
            cwd=folder,
            env=os.environ | {progress.FILE_VARIABLE: str(self._steps)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=os.name == "posix",
        )
        self._thread = threading.Thread(target=self._watch, name="run", daemon=True)
        self._thread.start()

    @property
    def stopped(self) -> bool:
        """Whether it was stopped by hand."""
        return self._stopped

    def stop(self) -> None:
        """Stop it as Ctrl-C would: what was half written is removed."""
        if self._process.poll() is None:
            self._stopped = True
            self._process.send_signal(signal.SIGTERM)

    def wait(self) -> None:
        """Until it has ended and was told."""
        self._thread.join()

    def _watch(self) -> None:
        gathered: list[tuple[str, str]] = []
        reader = threading.Thread(target=lambda: gathered.append(self._process.communicate()), daemon=True)
        reader.start()
        with self._steps.open(encoding="utf-8") as file:
            while reader.is_alive():
                reader.join(LOOK_EVERY_S)
                for line in file:
                    if line.endswith("\n"):
                        step = json.loads(line)
                        self._told(step["what"], step["done"], step["total"])
        output, complaint = gathered[0]
        self._own.cleanup()
        self._ended(self._process.returncode, output, complaint)
