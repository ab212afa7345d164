"""What a workbench works on, without a browser: clip, settings, edits, analysis, undo, saving.

Nothing is measured here: every change calls the functions that a run calls, on the same tables.
"""

import contextlib
import datetime
import getpass
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kinebench import edits, extraction, parameters, saved, subject, tasks, video
from kinebench.edits import Edit, Repairs
from kinebench.errors import KinebenchError
from kinebench.widgets.history import History
from kinebench.widgets.result import Result, computed


class Session:
    """One clip under one task; any thread may change it.

    `listeners` are called after every change, `working` before one is computed, both with nothing.
    """

    def __init__(
        self, source: str | Path, task: str, values: Mapping[str, Any] | None = None, who: str | None = None
    ) -> None:
        self.task = tasks.get(task)
        self.who = _login() if who is None else who
        self.lock = threading.RLock()
        self.working: Callable[[], None] = lambda: None
        self.listeners: list[Callable[[], None]] = []
        self.trouble = ""
        self.clip = video.open_clip(Path(source).expanduser())
        self.path = saved.place(self.clip)
        self._stamp = _stamp(self.clip.path)
        given = dict(values or {})
        self.saved_settings: Any = self._read(given)
        self.saved_text = self._on_disk()
        self.saved_at = self._saved_at()
        draft: Any = self._draft()
        self.restored = draft is not None
        self.history = History(self.saved_settings if draft is None else draft)
        self.clip = self._stretched(self.settings.extraction)
        self._extracted_with: Any = None
        self._followed_for: Any = None
        self.detections: pd.DataFrame | None = None
        self.followed: subject.Followed | None = None
        self.result: Result | None = None
        self.saved_metrics: dict[str, float | None] = {}

    # What is set

    @property
    def settings(self) -> Any:
        """The task's settings as they are now."""
        return self.history.now

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The edits in force."""
        return self.settings.repairs.edits

    @property
    def changed(self) -> bool:
        """Whether something is set otherwise than it was saved."""
        return self.settings != self.saved_settings

    def set(self, name: str, value: Any) -> None:
        """Set one parameter; KinebenchError where it does not fit. Moving on with the same one is one step to undo."""
        with self.lock:
            values = parameters.flat(self.settings) | {name: value}
            self._to(parameters.build(self.task.settings, values), f"set {name}", merge=name)

    def set_all(self, values: Mapping[str, Any], label: str) -> None:
        """Set several parameters in one step."""
        with self.lock:
            self._to(parameters.build(self.task.settings, parameters.flat(self.settings) | dict(values)), label)

    def reset(self, group: str) -> None:
        """Set a group of parameters to what they usually are."""
        with self.lock:
            usual = parameters.groups(self.task.settings)[group]()
            self._to(replace(self.settings, **{group: usual}), f"reset {group}")

    def add(self, edit: Edit) -> None:
        """One edit more; who and when are filled in. KinebenchError where it would not be applied."""
        with self.lock:
            now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
            entry = replace(edit, who=self.who, when=now)
            before, unfit = self.history.now, set(self._unfit())
            self._to(replace(self.settings, repairs=Repairs((*self.edits, entry))), entry.what, quiet=True)
            new = [fault for fault in self._unfit() if fault not in unfit]
            if new:
                self.history.forget(before)
                self._analyse()
                raise KinebenchError(f"This edit does not fit: {new[0]}.")
            self._changed()

    def remove(self, number: int) -> None:
        """Take an edit back, whichever it is; `number` counts from 0."""
        with self.lock:
            left = self.edits[:number] + self.edits[number + 1 :]
            self._to(replace(self.settings, repairs=Repairs(left)), f"deleted: {self.edits[number].what}")

    def undo(self) -> str:
        """Back to before the last change; what was taken back, or nothing."""
        return self._step(self.history.undo())

    def redo(self) -> str:
        """Forth again; what was done again, or nothing."""
        return self._step(self.history.redo())

    # Measuring

    def kept(self) -> bool:
        """Whether the person has been found in this clip before, so that no frame need be looked at."""
        return extraction.is_kept(self.clip, self.settings.extraction)

    def extract(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Find the person, from the cache or from the pictures, then measure; `progress` gets frames done and all."""
        with self.lock:
            wanted = self.settings.extraction
            clip = self._stretched(wanted)
        found = extraction.detect(clip, wanted, progress=False, told=progress)
        with self.lock:
            self.clip, self.detections, self.followed, self._extracted_with = clip, found, None, wanted
            self._analyse()
            if not self.saved_metrics:
                self.saved_metrics = self._metrics_of(self.saved_settings)
            self._tell()

    def shown(self, settings: Any) -> Result:
        """What the clip would give with other settings, for a comparison; the session stays as it is."""
        with self.lock:
            return computed(self.task, self._followed(settings), self._recording(settings), settings)

    @property
    def stale(self) -> bool:
        """Whether the person must be looked for anew, because what finds it is set otherwise."""
        return self.detections is not None and self._extracted_with != self.settings.extraction

    # Keeping

    def save(self, *, over: bool = False) -> Path:
        """Write the clip's parameter file. KinebenchError where it was changed by others, unless `over` it."""
        with self.lock:
            on_disk = self._on_disk()
            if on_disk != self.saved_text and not over:
                raise KinebenchError(
                    f"{self.path.name} was changed on disk since it was opened. Save again to write over it (what is "
                    f"there is kept as {self.path.name}.bak), or open the clip again to take it over."
                )
            try:
                if on_disk is not None and on_disk != self.saved_text:
                    saved.write(self.path.with_name(self.path.name + ".bak"), on_disk)
                when = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
                text = saved.written(self.clip, self.task.name, self.settings, when)
                saved.write(self.path, text)
            except OSError as error:
                raise KinebenchError(
                    f"{self.path} must be a file that can be written, but cannot ({error.strerror or error}). "
                    "Nothing is lost: free space or rights, then save again."
                ) from None
            self.saved_text, self.saved_settings, self.saved_at = text, self.settings, when
            self.saved_metrics = self.metrics()
            self.trouble, self.restored = "", False
            self._forget_draft()
            self._tell()
            return self.path

    def discard(self) -> None:
        """Back to what was saved; can be undone."""
        with self.lock:
            self._to(self.saved_settings, "back to what was saved")

    def metrics(self) -> dict[str, float | None]:
        """Every metric's value now; empty where the movement was not found."""
        return {} if self.result is None else self.result.values()

    def check(self) -> str:
        """One line where the clip's file is no longer the one that was opened; else nothing."""
        stamp = _stamp(self.clip.path)
        if stamp is None:
            return f"{self.clip.path.name} is no longer there. Put it back; your edits are kept until then."
        if stamp != self._stamp:
            return f"{self.clip.path.name} was changed since it was opened. Open it again; your edits are kept."
        return ""

    # Inside

    def _read(self, given: dict[str, Any]) -> Any:
        try:
            found, _ = saved.values_for(self.clip, self.task.name)
            return parameters.build(self.task.settings, found | given)
        except KinebenchError as error:
            self.trouble = f"{self.path.name} was not taken over: {error} Saving keeps it as {self.path.name}.bak."
        return parameters.build(self.task.settings, given)

    def _on_disk(self) -> str | None:
        with contextlib.suppress(OSError):
            return self.path.read_text(encoding="utf-8", errors="replace")
        return None

    def _saved_at(self) -> str:
        if self.trouble or self.saved_text is None:
            # A file that could not be read counts as changed by others: it is not written over without a word.
            self.saved_text = None
            return ""
        return saved.load(self.path).saved

    @property
    def _draft_path(self) -> Path:
        return self.path.with_name(f".{self.path.stem}.draft.yaml")

    def _draft(self) -> Any:
        """What was not saved when the kernel ended; None where there is nothing, or nothing else than was saved."""
        if not self._draft_path.exists():
            return None
        try:
            found = saved.load(self._draft_path)
            if found.sha256 != self.clip.sha256 or found.task != self.task.name:
                return None
            draft: Any = parameters.build(self.task.settings, found.values)
        except KinebenchError as error:
            self.trouble = self.trouble or f"What was not saved last time could not be read: {error}"
            return None
        return None if draft == self.saved_settings else draft

    def _keep_draft(self) -> None:
        """Nothing that was done by hand may be lost with a kernel."""
        try:
            if self.changed:
                saved.write(self._draft_path, saved.written(self.clip, self.task.name, self.settings, ""))
            else:
                self._forget_draft()
        except OSError as error:
            self.trouble = f"Unsaved changes cannot be kept beside the clip's parameters ({error.strerror or error})."

    def _forget_draft(self) -> None:
        with contextlib.suppress(OSError):
            self._draft_path.unlink()

    def _to(self, settings: Any, label: str, *, merge: str = "", quiet: bool = False) -> None:
        if settings == self.settings:
            return
        self.working()
        self.history.push(settings, label, merge=merge)
        self._analyse()
        if not quiet:
            self._changed()

    def _step(self, label: str) -> str:
        with self.lock:
            if label:
                self._analyse()
                self._changed()
            return label

    def _changed(self) -> None:
        # What is seen first; the draft is on its way to the disk before anybody can do more.
        self._tell()
        self._keep_draft()

    def _tell(self) -> None:
        for listener in list(self.listeners):
            listener()

    def _stretched(self, stretch: extraction.Extraction) -> video.Clip:
        """The clip as it is analysed, so that the frame shown is the frame analysed."""
        clip = self.clip
        if (stretch.start_s, stretch.stop_s, stretch.every) == (clip.start_s, clip.stop_s, clip.every):
            return clip
        return video.open_clip(clip.path, start_s=stretch.start_s, stop_s=stretch.stop_s, every=stretch.every)

    def _followed(self, settings: Any) -> subject.Followed:
        assert self.detections is not None
        joints = extraction.joints(self.detections)
        size = (self.clip.width, self.clip.height)
        due = settings.repairs.edits
        return subject.follow(self.detections, self.clip.times_s, *size, joints, settings.subject, due)

    def _recording(self, settings: Any) -> tasks.Recording:
        assert self.detections is not None
        followed = self.followed if settings is self.settings and self.followed else self._followed(settings)
        return tasks.Recording.of(self.clip, self.detections, followed)

    def _analyse(self) -> None:
        if self.detections is None:
            return
        who = (self.settings.subject, [edit for edit in self.edits if edit.what == edits.PERSON])
        if self.followed is None or who != self._followed_for:
            try:
                self.followed = self._followed(self.settings)
            except KinebenchError as error:
                self.followed, self.result, self.trouble = None, None, str(error)
                return
            self._followed_for = who
        self.result = computed(self.task, self.followed, self._recording(self.settings), self.settings, self.result)

    def _unfit(self) -> tuple[str, ...]:
        return () if self.result is None else self.result.unfit

    def _metrics_of(self, settings: Any) -> dict[str, float | None]:
        if self.result is not None and settings == self.settings:
            return self.metrics()
        with contextlib.suppress(KinebenchError):
            return self.shown(settings).values()
        return {}


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def nearest(times_s: np.ndarray, time_s: float) -> int:
    """The frame shown nearest to an instant."""
    return int(np.argmin(np.abs(times_s - time_s)))
