"""What was not saved yet, kept beside the clip's parameters so that it outlives the kernel.

Each session has a file of its own, so that two on one clip cannot take each other's edits away.
"""

import contextlib
import hashlib
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinebench import parameters, places, saved
from kinebench.errors import KinebenchError
from kinebench.tasks import Task
from kinebench.video import Clip

_BASIS = "# based on "


@dataclass(frozen=True)
class Found:
    """Settings that were not saved, and the digest of the parameter file that they started from."""

    settings: Any
    basis: str
    path: Path


def digest(text: str | None) -> str:
    """Of a parameter file's text; the same for no file at all."""
    return hashlib.sha256((text or "").encode()).hexdigest()[:16]


class Draft:
    """The unsaved state of one session."""

    def __init__(self, clip: Clip, task: Task) -> None:
        self._clip, self._task = clip, task
        self._own = places.params() / f"{self._stem}.{uuid.uuid4().hex[:6]}.draft.yaml"
        self._taken: Path | None = None

    @property
    def _stem(self) -> str:
        return f".{self._clip.path.stem}-{self._clip.sha256[:8]}.{self._task.name}"

    def find(self) -> tuple[Found | None, str]:
        """The newest one of this clip and task, and in words what is wrong with one that cannot be read."""
        pattern = f"{_literally(self._stem)}.*.draft.yaml"
        trouble = ""
        for path in sorted(places.params().glob(pattern), key=_age, reverse=True):
            try:
                found = saved.load(path)
                settings: Any = parameters.build(self._task.settings, found.values)
                first = path.read_text(encoding="utf-8").splitlines()[0]
            except (KinebenchError, OSError, IndexError) as error:
                trouble = trouble or f"What was not saved ({path.name}) could not be read: {error}"
                continue
            if found.sha256 == self._clip.sha256:
                self._taken = path
                return Found(settings, first.removeprefix(_BASIS), path), trouble
        return None, trouble

    def keep(self, settings: Any, basis: str | None) -> None:
        """Write the state; OSError where that cannot be done. What was taken over at first is then this one."""
        text = saved.written(self._clip, self._task.name, settings, "")
        saved.write(self._own, f"{_BASIS}{digest(basis)}\n{text}")
        self._drop(self._taken)
        self._taken = None

    def forget(self) -> None:
        """Everything is saved, or was given up."""
        self._drop(self._own)
        self._drop(self._taken)
        self._taken = None

    @staticmethod
    def _drop(path: Path | None) -> None:
        if path is not None:
            with contextlib.suppress(OSError):
                path.unlink()


def _age(path: Path) -> float:
    with contextlib.suppress(OSError):
        return path.stat().st_mtime
    return 0.0


def _literally(name: str) -> str:
    """A file's name as `glob` takes it."""
    return "".join(f"[{mark}]" if mark in "*?[" else mark for mark in name)
