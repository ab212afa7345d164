"""Where a session's settings come from and go to: the clip's parameter file, and what was not saved yet."""

import contextlib
import datetime
from pathlib import Path
from typing import Any

from kinebench import parameters, saved
from kinebench.errors import KinebenchError
from kinebench.tasks import Task
from kinebench.video import Clip
from kinebench.widgets import drafts


class ChangedOnDisk(KinebenchError):
    """The parameter file is no longer the one that was opened."""


class Store:
    """The parameter file of one clip under one task.

    settings: as saved, the usual ones where nothing was; saved_at: when, or empty; restored: what was not
    saved last time, None without; trouble: in words, what could not be taken over.
    """

    def __init__(self, clip: Clip, task: Task) -> None:
        self._clip, self._task = clip, task
        self.path = saved.place(clip)
        self.settings: Any = task.settings()
        self.saved_at, self.trouble = "", ""
        self.restored: Any = None
        self._text = self._on_disk()
        self._warned: str | None = None
        self._draft = drafts.Draft(clip, task)
        self._take_over()
        self._restore()

    def save(self, settings: Any, *, over: bool = False) -> Path:
        """Write the clip's parameter file. ChangedOnDisk where others changed it, unless `over` what was warned of."""
        self.path = path = saved.place(self._clip)
        on_disk = self._on_disk()
        if on_disk != self._text and not (over and on_disk == self._warned):
            self._warned = on_disk
            raise ChangedOnDisk(
                f"{path.name} was changed on disk since these changes were begun. Save again to write over it "
                "(what is there is kept beside it), or open the clip again to take it over."
            )
        when = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
        text = saved.written(self._clip, self._task.name, settings, when)
        try:
            if on_disk is not None and on_disk != self._text:
                saved.write(_unused(path), on_disk)
            saved.write(path, text)
        except OSError as error:
            raise KinebenchError(
                f"{path} must be a file that can be written, but cannot ({error.strerror or error}). "
                "Nothing is lost: free space or rights, then save again."
            ) from None
        self._text, self.settings, self.saved_at = text, settings, when
        self.trouble, self.restored, self._warned = "", None, None
        self._draft.forget()
        return path

    def keep(self, settings: Any) -> None:
        """Nothing that was done by hand may be lost with a kernel; what is saved needs no keeping."""
        try:
            if settings != self.settings:
                self._draft.keep(settings, self._text)
            else:
                self._draft.forget()
        except OSError as error:
            self.trouble = f"Unsaved changes cannot be kept beside the clip's parameters ({error.strerror or error})."

    def _take_over(self) -> None:
        try:
            found = saved.of(self._clip)
            if found is not None:
                values, _ = saved.values_for(self._clip, self._task.name)
                self.settings, self.saved_at = parameters.build(self._task.settings, values), found.saved
        except KinebenchError as error:
            # Such a file counts as changed by others: it is not written over without a word.
            self.trouble, self._text = f"{self.path.name} was not taken over: {error}", None

    def _restore(self) -> None:
        draft, unread = self._draft.find()
        self.trouble = " ".join(part for part in (self.trouble, unread) if part)
        if draft is None or draft.settings == self.settings:
            return
        self.restored = draft.settings
        if draft.basis != drafts.digest(self._text):
            self.trouble = (
                f"{self.path.name} was changed after the unsaved changes that were restored here had been begun. "
                f"{self.trouble}"
            ).strip()
            self._text = None

    def _on_disk(self) -> str | None:
        with contextlib.suppress(OSError):
            return self.path.read_text(encoding="utf-8", errors="replace")
        return None


def _unused(path: Path) -> Path:
    """A name for what would be written over."""
    names = [path.with_name(f"{path.name}.bak{number or ''}") for number in range(1000)]
    return next(name for name in names if not name.exists())
