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

import pandas as pd

from kinebench import edits, estimators, extraction, parameters, subject, tasks, video
from kinebench.edits import Edit, Repairs
from kinebench.errors import KinebenchError
from kinebench.tasks import common
from kinebench.widgets.history import History
from kinebench.widgets.result import Result, completed, sketched
from kinebench.widgets.store import Store


class Session:
    """One clip under one task; any thread may change it.

    `listeners` are called after every change with nothing, `sketches` with keypoints and signals as soon as they are
    known, `working` before anything is computed.
    """

    def __init__(
        self, source: str | Path, task: str, values: Mapping[str, Any] | None = None, who: str | None = None
    ) -> None:
        self.task = tasks.get(task)
        self.who = _login() if who is None else who
        self.lock = threading.RLock()
        self.working: Callable[[], None] = lambda: None
        self.listeners: list[Callable[[], None]] = []
        self.sketches: list[Callable[[Result], None]] = []
        self.trouble = ""
        self.clip = video.open_clip(Path(source).expanduser())
        self._stamp = _stamp(self.clip.path)
        self.detections: pd.DataFrame | None = None
        self.followed: subject.Followed | None = None
        self.result: Result | None = None
        self.fault = ""
        self.saved_metrics: dict[str, float | None] = {}
        self._followed_for: Any = None
        self._extracted_with: Any = None
        self.store = Store(self.clip, self.task)
        self._open(dict(values or {}))

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
        values = parameters.flat(self.settings) | {name: value}
        self._to(parameters.build(self.task.settings, values), f"set {name}", merge=name)

    def set_all(self, values: Mapping[str, Any], label: str) -> None:
        """Set several parameters in one step."""
        self._to(parameters.build(self.task.settings, parameters.flat(self.settings) | dict(values)), label)

    def reset(self, group: str) -> None:
        """Set a group of parameters to what they usually are."""
        usual = parameters.groups(self.task.settings)[group]()
        self._to(replace(self.settings, **{group: usual}), f"reset {group}")

    def add(self, edit: Edit) -> None:
        """One edit more; who and when are filled in. KinebenchError where it would not be applied."""
        entry = self._signed(edit)
        self._to(replace(self.settings, repairs=Repairs((*self.edits, entry))), entry.what, needs=entry)

    def choose_person(self, edit: Edit) -> bool:
        """An edit that says who is measured; whether the person must be looked for anew, because the network finds one.

        KinebenchError where it finds one only and cannot be told which.
        """
        extraction_now = self.settings.extraction
        if self.followed is not None and self.followed.people_seen > 1:
            self.add(edit)
            return False
        if "person_x_px" not in estimators.record(extraction_now.estimator).settings:
            raise KinebenchError(
                f"{extraction_now.estimator} finds one person only and cannot be told which. Choose another network "
                "under Settings."
            )
        there = replace(extraction_now, person_x_px=float(edit.new[0]), person_y_px=float(edit.new[1]))
        repairs = Repairs((*self.edits, self._signed(edit)))
        self._to(replace(self.settings, extraction=there, repairs=repairs), edit.what)
        return True

    def _signed(self, edit: Edit) -> Edit:
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        return replace(edit, who=self.who, when=now)

    def remove(self, number: int) -> None:
        """Take an edit back, whichever it is; `number` counts from 0."""
        left = self.edits[:number] + self.edits[number + 1 :]
        self._to(replace(self.settings, repairs=Repairs(left)), f"deleted: {self.edits[number].what}")

    def discard(self) -> None:
        """Back to what was saved; can be undone."""
        self._to(self.saved_settings, "back to what was saved", strict=False)

    def undo(self) -> str:
        """Back to before the last change; what was taken back, or nothing."""
        return self._step(self.history.undo)

    def redo(self) -> str:
        """Forth again; what was done again, or nothing."""
        return self._step(self.history.redo)

    # Measuring

    def kept(self) -> bool:
        """Whether the person has been found in this clip before, so that no frame need be looked at."""
        return extraction.is_kept(self._stretched(self.settings.extraction), self.settings.extraction)

    @property
    def stale(self) -> bool:
        """Whether the person must be looked for anew, because what finds it is set otherwise."""
        return self.detections is not None and self._extracted_with != self.settings.extraction

    def extract(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Find the person, from the cache or from the pictures, then measure; `progress` gets frames done and all."""
        with self.lock:
            self._require_clip()
            wanted = self.settings.extraction
            clip = self._stretched(wanted)
        found = extraction.detect(clip, wanted, progress=False, told=progress)
        with self.lock:
            self._require_clip()
            self.clip, self.detections, self.followed, self._extracted_with = clip, found, None, wanted
            self.result = None
            self._analyse()
            if not self.saved_metrics and self.saved_settings.extraction == wanted:
                self.saved_metrics = self._metrics_of(self.saved_settings)
            self._tell()

    def shown(self, settings: Any) -> Result:
        """What the clip would give with other settings, for a comparison; the session stays as it is."""
        with self.lock:
            followed = self._follow(settings)
            prepared = common.prepare(followed, settings)
            sketch = sketched(followed, prepared, settings, None)
            return completed(sketch, self.task, followed, self._recording(followed), prepared)

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

    # Keeping

    @property
    def path(self) -> Path:
        """Where the clip's parameter file lies or will lie."""
        return self.store.path

    @property
    def saved_settings(self) -> Any:
        """The settings as they were saved."""
        return self.store.settings

    @property
    def restored(self) -> bool:
        """Whether something that was not saved last time was taken over, and is not saved yet."""
        return self.store.restored is not None

    @property
    def troubles(self) -> str:
        """What a person should know of the clip's files; nothing where all is well."""
        return " ".join(part for part in (self.trouble, self.store.trouble) if part)

    def save(self, *, over: bool = False) -> Path:
        """Write the clip's parameter file; `Store.save`."""
        with self.lock:
            path = self.store.save(self.settings, over=over)
            self.saved_metrics, self.trouble = self.metrics(), ""
            self._tell()
            return path

    def close(self) -> None:
        """Let go of what takes memory; nothing is listened to any more."""
        self.listeners, self.sketches = [], []
        self.detections = self.followed = self.result = None
        self.working = lambda: None

    # Inside

    def _open(self, given: dict[str, Any]) -> None:
        """Start from what was saved, then what was not, then what was given."""
        self.history = History(self.saved_settings)
        if self.restored:
            self.history.push(self.store.restored, "what was not saved last time")
        if given:
            values = parameters.flat(self.settings) | given
            self.history.push(parameters.build(self.task.settings, values), "given when it was opened")
        try:
            self.clip = self._stretched(self.settings.extraction)
        except KinebenchError as error:
            self.trouble = f"The whole clip is shown: {error}"

    def _to(
        self, settings: Any, label: str, *, merge: str = "", needs: Edit | None = None, strict: bool = True
    ) -> None:
        """Go to a new state; where it cannot be measured, or does not apply the edit that it `needs`, go back."""
        with self.lock:
            if settings == self.settings:
                return
            before = self.history.snapshot()
            if settings.extraction != self.settings.extraction:
                self._stretched(settings.extraction)  # refused here rather than when it is opened next
            had = self.fault
            self.history.push(settings, label, merge=merge)
            self._analyse()
            refused = self.fault if strict and self.fault and not had else ""
            refused = refused or ("" if needs is None else self._why_unfit(needs))
            if refused:
                self.history.restore(before)
                self._analyse()
                self._tell()
                raise KinebenchError(refused)
            self._changed()

    def _why_unfit(self, edit: Edit) -> str:
        unfit = () if self.result is None else self.result.unfit
        return next((f"This edit does not fit: {why}." for other, why in unfit if other is edit), "")

    def _step(self, move: Callable[[], str]) -> str:
        with self.lock:
            label = move()
            if label:
                self._analyse()
                self._changed()
            return label

    def _changed(self) -> None:
        # Whoever sees it can rely on it: a kernel that ends in this moment takes nothing with it that was shown.
        self.store.keep(self.settings)
        self._tell()

    def _tell(self) -> None:
        for listener in list(self.listeners):
            listener()

    def _require_clip(self) -> None:
        fault = self.check()
        if fault:
            raise KinebenchError(fault)

    def _stretched(self, stretch: extraction.Extraction) -> video.Clip:
        """The clip as it is analysed, so that the frame shown is the frame analysed."""
        clip = self.clip
        if (stretch.start_s, stretch.stop_s, stretch.every) == (clip.start_s, clip.stop_s, clip.every):
            return clip
        return video.open_clip(clip.path, start_s=stretch.start_s, stop_s=stretch.stop_s, every=stretch.every)

    def _follow(self, settings: Any) -> subject.Followed:
        assert self.detections is not None
        if self.followed is not None and self._followed_for == _wanted(settings):
            return self.followed
        joints = extraction.joints(self.detections)
        size = (self.clip.width, self.clip.height)
        due = settings.repairs.edits
        return subject.follow(self.detections, self.clip.times_s, *size, joints, settings.subject, due)

    def _recording(self, followed: subject.Followed) -> tasks.Recording:
        assert self.detections is not None
        return tasks.Recording.of(self.clip, self.detections, followed)

    def _analyse(self) -> None:
        """Measure with the settings in force; where that fails there is no result, and `fault` says why."""
        if self.detections is None:
            return
        self.working()
        settings, last = self.settings, self.result
        try:
            self.followed, self._followed_for = self._follow(settings), _wanted(settings)
            prepared = common.prepare(self.followed, settings)
            sketch = sketched(self.followed, prepared, settings, last)
            for listener in self.sketches:
                listener(sketch)
            recording = self._recording(self.followed)
            self.result, self.fault = completed(sketch, self.task, self.followed, recording, prepared, last), ""
        except KinebenchError as error:
            self.result, self.fault = None, str(error)

    def _metrics_of(self, settings: Any) -> dict[str, float | None]:
        if self.result is not None and settings == self.settings:
            return self.metrics()
        with contextlib.suppress(KinebenchError):
            return self.shown(settings).values()
        return {}


def _wanted(settings: Any) -> Any:
    """What decides whom to follow."""
    return settings.subject, [edit for edit in settings.repairs.edits if edit.what == edits.PERSON]


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
