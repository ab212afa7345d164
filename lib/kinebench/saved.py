"""A clip's parameter file, `data/params/CLIP.yaml`: what was tuned and repaired, obeyed by every later run of the clip.

The file belongs to one video, known by its SHA-256, and to one task. It is YAML with one parameter a line and one edit
a line, so that two states of it can be compared as text; it may be edited by hand and is checked when it is read.
"""

import contextlib
import dataclasses
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kinebench import edits, estimators, parameters, places
from kinebench.errors import KinebenchError
from kinebench.extraction import Extraction
from kinebench.subject import Subject
from kinebench.tasks.person import Person
from kinebench.video import Clip

OWN = ("clip", "task", "saved")
SHOWN_DIGITS = 8
PERSONAL = (*(field.name for field in dataclasses.fields(Person)), "height_m", "edits")
"""What is one person's own, and nobody else's who is in the same clip."""
# Whom to follow among all, and whom a network looks for that finds one: each says who is measured.
_FOLLOWED = {field.name: field.default for field in dataclasses.fields(Subject)}
_LOOKED_FOR: dict[str, Any] = {"person_x_px": None, "person_y_px": None}
# Which of the others a way to follow somebody asks for.
_ASKS_FOR = {"pointed": {"follow_x_px", "follow_y_px", "follow_s"}, "person": {"follow_person"}}


@dataclass(frozen=True)
class Saved:
    """What a parameter file holds: flat parameter values as `parameters.build` takes them, and whose they are.

    task, sha256: of the task and the video that they were saved for; empty in a file that says neither.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    task: str = ""
    sha256: str = ""
    saved: str = ""
    path: Path | None = None


def load(path: str | Path) -> Saved:
    """Read a parameter file, a clip's own or a plain one of name: value lines; the values are checked by `build`."""
    values = dict(parameters.load(path))
    clip, task, when = (values.pop(name, None) for name in OWN)
    if clip is not None and not (isinstance(clip, dict) and isinstance(clip.get("sha256"), str)):
        raise KinebenchError(f"clip must be a mapping with the video's sha256, but {path} has {clip!r}.")
    if not isinstance(task, str | None):
        raise KinebenchError(f"task must be text, but {path} has {task!r}.")
    return Saved(values, task or "", (clip or {}).get("sha256", ""), str(when or ""), Path(path))


def place(clip: Clip) -> Path:
    """Where the clip's file lies or will lie: named after the video's, with its digest where that name is taken.

    A file that says that it belongs to the video is found whatever its name: videos are renamed.
    """
    return _place(clip.path.stem, clip.sha256, _says, _anywhere)


class Shelf:
    """The folder of parameter files, read once: for many clips one after the other."""

    def __init__(self) -> None:
        self._says = {path: _says(path) for path in _visible()}
        self._of: dict[str, Path] = {}
        for path, digest in self._says.items():
            if digest is not None:
                self._of.setdefault(digest, path)

    def find(self, stem: str, sha256: str) -> Path | None:
        """The parameter file of the clip that is called `stem` and has this content, as `place` finds it, if any."""
        found = _place(stem, sha256, self._says.get, self._of.get)
        return found if found in self._says else None


def of(clip: Clip) -> Saved | None:
    """The clip's own parameter file; None where there is none. KinebenchError where it cannot be read."""
    path = place(clip)
    return load(path) if path.exists() else None


def values_for(clip: Clip, task: str) -> tuple[dict[str, Any], Path | None]:
    """What a run of `task` obeys: the values saved for the clip, and the file that they come from, if there is one."""
    found = of(clip)
    if found is None:
        return {}, None
    if found.task and found.task != task:
        raise KinebenchError(
            f"task must be {found.task}, for which {found.path} was saved, but got {task!r}. "
            "Give that task, move the file away, or ignore it with --defaults."
        )
    return dict(found.values), found.path


def beneath(found: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What was saved for a clip, as far as it is not of another estimator than `given` names."""
    if "estimator" not in given or given["estimator"] == found.get("estimator", estimators.DEFAULT):
        return dict(found)
    own = set(Extraction().estimator_parameters())
    return {name: value for name, value in found.items() if name not in own}


def fitting(found: Mapping[str, Any], given: Mapping[str, Any], path: Path | None) -> dict[str, Any]:
    """What was saved for a clip, as far as it holds for whoever is measured with `given`; the task's settings do.

    What is the saved person's own does not where `given` names another participant, or chooses a person otherwise.
    path: of the file, for messages. KinebenchError where the file and `given` leave open who is to be measured.
    """
    usual = _FOLLOWED | _LOOKED_FOR
    otherwise = [name for name in usual if name in given and given[name] != found.get(name, usual[name])]
    owner, measured = str(found.get("participant") or ""), str(given.get("participant") or "")
    another = bool(owner and measured and owner != measured)
    if another and not otherwise:
        _chosen_for_themselves(found, given, path)
    if not (another or otherwise):
        return beneath(found, given)
    left = set(PERSONAL)
    if otherwise and not _LOOKED_FOR.keys() & given.keys():
        left |= set(_LOOKED_FOR)
    if otherwise and not _FOLLOWED.keys() & given.keys():
        left |= set(_FOLLOWED)
    _heeded(found, given, path)
    return {name: value for name, value in beneath(found, given).items() if name not in left}


def _chosen_for_themselves(found: Mapping[str, Any], given: Mapping[str, Any], path: Path | None) -> None:
    """Raise where nothing but the saved person's place would say who is measured, under another's name."""
    usual = _FOLLOWED | _LOOKED_FOR
    led = [name for name in usual if name not in given and found.get(name, usual[name]) != usual[name]]
    repairs = found.get("edits")
    by_hand = not usual.keys() & given.keys() and any(
        isinstance(edit, dict) and edit.get("what") == edits.PERSON
        for edit in (repairs if isinstance(repairs, list) else ())
    )
    if led or by_hand:
        raise KinebenchError(
            f"follow must be given for {given['participant']}, but got nothing, and {path} says who "
            f"{found['participant']} is in the clip. Say whom to follow, or save the file with participant "
            f"{given['participant']}."
        )


def _heeded(found: Mapping[str, Any], given: Mapping[str, Any], path: Path | None) -> None:
    """Raise where a person that is given would not be followed, because of the way to follow that was saved."""
    how = found.get("follow", _FOLLOWED["follow"])
    unheeded = [name for name in _FOLLOWED if name in given and name not in _ASKS_FOR.get(how, ())]
    if unheeded and "follow" not in given and how != _FOLLOWED["follow"]:
        raise KinebenchError(
            f"follow must be given with {', '.join(unheeded)}, but got nothing, and {path} has follow={how}, which "
            "does not heed it. Say how to follow the person."
        )


def written(clip: Clip, task: str, settings: Any, when: str) -> str:
    """The text of a clip's parameter file."""
    head = {"file": clip.path.name, "sha256": clip.sha256}
    return (
        "# Tuned and repaired for one clip; `kinebench run` obeys it. Times are seconds from the file's first frame.\n"
        f"clip: {parameters.on_one_line(head)}\ntask: {task}\nsaved: {parameters.on_one_line(when)}\n\n"
        + parameters.written(settings)
    )


def write(path: Path, text: str) -> None:
    """Write `text` to `path` in one step: whoever reads it meets the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".kinebench-", suffix=".yaml", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        places.open_to_others(temporary)
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def _place(stem: str, sha256: str, says: Callable[[Path], str | None], anywhere: Callable[[str], Path | None]) -> Path:
    """says: the digest that a file tells; anywhere: the first file that tells a digest."""
    own, other = places.params() / f"{stem}.yaml", places.params() / f"{stem}-{sha256[:SHOWN_DIGITS]}.yaml"
    for path in (other, own):
        if says(path) == sha256:
            return path
    return anywhere(sha256) or (other if says(own) is not None else own)


def _anywhere(sha256: str) -> Path | None:
    return next((path for path in _visible() if _says(path) == sha256), None)


def _visible() -> list[Path]:
    return [path for path in sorted(places.params().glob("*.yaml")) if not path.name.startswith(".")]


def named_clips() -> set[str]:
    """Stems of the clips that parameter files are called after, or say that they belong to."""
    found = set()
    for path in _visible():
        found |= {path.stem, re.sub(rf"-[0-9a-f]{{{SHOWN_DIGITS}}}$", "", path.stem)}
        with contextlib.suppress(KinebenchError, OSError):
            clip = parameters.load(path).get("clip")
            found.add(Path(str(clip.get("file", ""))).stem if isinstance(clip, dict) else "")
    return found


_DIGEST = re.compile(r"sha256: *['\"]?([0-9a-f]{64})")


def _says(path: Path) -> str | None:
    """The digest of the video that a file belongs to; None where it says none, or cannot be read."""
    try:
        found = _DIGEST.search(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None
    return None if found is None else found.group(1)
