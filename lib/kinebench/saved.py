"""A clip's parameter file, `data/params/CLIP.yaml`: what was tuned and repaired, obeyed by every later run of the clip.

The file belongs to one video, known by its SHA-256, and to one task. It is YAML with one parameter a line and one edit
a line, so that two states of it can be compared as text; it may be edited by hand and is checked when it is read.
"""

import contextlib
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kinebench import parameters, places
from kinebench.errors import KinebenchError
from kinebench.video import Clip

OWN = ("clip", "task", "saved")
SHOWN_DIGITS = 8


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
    own, other = _candidates(clip)
    if _belongs(other, clip) or _belongs(own, clip):
        return other if _belongs(other, clip) else own
    for path in sorted(places.params().glob("*.yaml")):
        if not path.name.startswith(".") and _belongs(path, clip):
            return path
    return other if own.exists() and _says(own) is not None else own


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
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def _candidates(clip: Clip) -> tuple[Path, Path]:
    name = clip.path.stem
    return places.params() / f"{name}.yaml", places.params() / f"{name}-{clip.sha256[:SHOWN_DIGITS]}.yaml"


_DIGEST = re.compile(r"sha256: *['\"]?([0-9a-f]{64})")


def _says(path: Path) -> str | None:
    """The digest of the video that a file belongs to; None where it says none, or cannot be read."""
    try:
        found = _DIGEST.search(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None
    return None if found is None else found.group(1)


def _belongs(path: Path, clip: Clip) -> bool:
    return _says(path) == clip.sha256
