"""A folder of videos as a list: which files, and what the parts of their names say, by a pattern."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from kinebench.errors import KinebenchError
from kinebench.manifest.clips import is_url, system
from kinebench.manifest.columns import CLIP, OTHER_NAMES, TASK, known
from kinebench.manifest.faults import Fault, told
from kinebench.manifest.grid import Grid

VIDEOS = (
    *(".3gp", ".asf", ".avi", ".divx", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg"),
    *(".mts", ".mxf", ".ogv", ".ts", ".webm", ".wmv"),
)
_PIECE = re.compile(r"\{([^{}]*)\}|(\*\*/)|(\*\*|\*|\?)|(\[!?[^\]/]+\])|(.)", re.DOTALL)
_WILD = {"*": "[^/]*", "?": "[^/]", "**": ".*"}
_DAY = r"\d{4}-\d{2}-\d{2}"
_SAY = 'Say where the participant stands in the names, such as --pattern "{participant}_{session}.mp4".'


def read(source: str, pattern: str) -> Grid:
    """A row for every file below `source` that fits `pattern`, or for every video; rows count from 1.

    A part of the pattern in braces, `{participant}`, is a column; it ends where the sign begins that stands after it
    in the pattern, and holds neither this nor the sign before it. KinebenchError where the pattern is none.
    """
    wanted, divided, names = _compiled(pattern) if pattern else (None, None, ())
    files = sorted(_files(source, None if "**" in pattern else pattern.count("/")))
    chosen = [file for file in files if (wanted.fullmatch(file) if wanted else _is_video(file))]
    faults: list[Fault] = []
    if "participant" not in names:
        faults.append(
            told(0, "participant", pattern or None, f"--pattern must have {{participant}}, but has none. {_SAY}")
        )
    rows = []
    for number, file in enumerate(chosen, 1):
        found = divided.fullmatch(file) if divided else None
        if divided is not None and found is None:
            message = (
                f"clip must be named as the pattern says, but {file} can be divided in more ways than one, or in none. "
            )
            faults.append(told(number, CLIP, file, message + "Rename it, or write a CSV file for these clips."))
        else:
            rows.append((number, [file, *(found.group(name) for name in names)] if found else [file]))
    if not chosen:
        what = f"of the pattern {pattern}" if pattern else "that is a video"
        faults.append(told(0, "", None, f"LIST must hold clips, but the folder has none {what}. Check the pattern."))
    return Grid(0, (CLIP, *names), tuple(rows), tuple(faults))


def _compiled(pattern: str) -> tuple[re.Pattern, re.Pattern, tuple[str, ...]]:
    """What chooses the files, braces holding anything; what divides their names; the names in braces."""
    pieces = [match.groups() for match in _PIECE.finditer(pattern.removeprefix("./"))]
    _check(pattern, pieces)
    chosen, divided, names = "", "", []
    for place, (name, folders, wild, among, sign) in enumerate(pieces):
        if name is not None:
            chosen += "[^/]*"
            edges = "".join(sorted({"/", *_sign(pieces, place - 1), *_sign(pieces, place + 1)}))
            own = _DAY if name == "date" else f"[^{re.escape(edges)}]+"
            divided += f"(?P={name})" if name in names else f"(?P<{name}>{own})"
            names += [] if name in names else [name]
        else:
            plain = (
                "(?:.*/)?"
                if folders
                else _WILD[wild]
                if wild
                else among.replace("[!", "[^")
                if among
                else re.escape(sign)
            )
            chosen, divided = chosen + plain, divided + plain
    try:
        return re.compile(chosen, re.DOTALL), re.compile(divided, re.DOTALL), tuple(names)
    except re.error as error:
        raise KinebenchError(f"--pattern must be a file pattern, but {pattern!r} is not ({error}). Check it.") from None


def _sign(pieces: Sequence[tuple], place: int) -> str:
    """The plain sign at a place of the pattern; empty beyond its ends and for what stands for several."""
    return (pieces[place][4] or "") if 0 <= place < len(pieces) else ""


def _check(pattern: str, pieces: Sequence[tuple]) -> None:
    allowed = [name for name in known() if name not in (CLIP, TASK, *OTHER_NAMES)]
    fault = ""
    if pattern.startswith(("/", "~")) or "\\" in pattern or ".." in pattern.split("/"):
        fault = "leads out of the folder. Write it as it counts from the folder, with / between folders"
    for place, (name, *_) in enumerate(pieces):
        after = pieces[place + 1] if place + 1 < len(pieces) else None
        if name is not None and name not in allowed:
            fault = f"has {{{name}}}, which is no parameter. Write such as {{participant}}, {{session}} or {{label}}"
        elif name is not None and after is not None and not after[4]:
            fault = f"has nothing that tells where {{{name}}} ends. Write a sign such as _ after it"
        elif name is None and _[-1] in ("{", "}"):
            fault = "has a brace without its other one. Write both, as in {participant}"
    if fault:
        raise KinebenchError(f"--pattern must choose files of the folder, but {pattern!r} {fault}.")


def _is_video(file: str) -> bool:
    return PurePosixPath(file).suffix.lower() in VIDEOS


def _files(source: str, deepest: int | None) -> Iterator[str]:
    """The files below a folder, relative to it with / between; hidden ones are left out."""
    found = _remote(source, deepest) if is_url(source) else _local(source, deepest)
    return (file for file in found if not any(part.startswith(".") for part in file.split("/")))


def _local(source: str, deepest: int | None) -> Iterator[str]:
    for folder, folders, files in os.walk(source):
        relative = os.path.relpath(folder, source).replace(os.sep, "/")
        inside = [] if relative == "." else relative.split("/")
        if deepest is not None and len(inside) >= deepest:
            folders.clear()
        yield from ("/".join((*inside, file)) for file in files)


def _remote(source: str, deepest: int | None) -> Iterator[str]:
    files, path = system(source)
    options: dict[str, Any] = {} if deepest is None else {"maxdepth": deepest + 1}
    for file in files.find(path, **options):
        yield str(file)[len(path.rstrip("/")) :].lstrip("/")
