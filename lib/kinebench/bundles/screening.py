"""What may not be handed on: faces that show, and paths, which often hold a person's name."""

import html
import json
import mmap
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kinebench import places

# A path begins here, not within another or within an address: after file://, after a line's end as JSON has it.
_BEFORE = rb"(?:(?<![\w.\-/])|(?<=file://)|(?<=\\[nrt]))"
# The folders of people on Linux, macOS and Windows: a run may come from another computer.
_HOMES = re.compile(_BEFORE + rb"(?:/home/|/Users/|[A-Za-z]:\\{1,2}Users\\{1,2})[^/\\\"'<>\s]+")
_TEXTS = (".json", ".csv", ".html", ".ipynb", ".svg", ".txt")
_ABSOLUTE = re.compile(r"(/|[A-Za-z]:[\\/]|\\\\|~/|file:)")


def shows_faces(record: Mapping[str, Any]) -> bool:
    """Whether the run's pictures may show faces: where nobody says that they are covered, they may."""
    said = record.get("parameters")
    covered = isinstance(said, dict) and said.get("blur_faces") is True
    return not covered or record.get("faces_sought") != "everybody"


def paths_in_record(content: Any) -> Iterator[str]:
    """Every text of plain data that is an absolute path."""
    if isinstance(content, dict):
        content = [*content, *content.values()]
    if isinstance(content, list):
        for part in content:
            yield from paths_in_record(part)
    elif isinstance(content, str) and _ABSOLUTE.match(content):
        yield content


def forbidden(*folders: Path) -> re.Pattern[bytes]:
    """This computer's own folders, as they may stand in a file: the home, clips, caches, the project, and `folders`."""
    named = (Path.home(), places.ROOT, places.data(), places.cache(), places.home(), *folders)
    texts = {f"{path}/" for one in named for path in (one.absolute(), one.resolve()) if path != Path(path.anchor)}
    forms = {form for text in texts for form in (text, json.dumps(text)[1:-1], html.escape(text))}
    held = b"|".join(re.escape(form.encode()) for form in sorted(forms))
    return re.compile(_BEFORE + b"(?:" + held + b")")


def found_in(path: Path, sought: re.Pattern[bytes]) -> str:
    """The first path that a file holds; empty where it holds none."""
    if not path.stat().st_size:
        return ""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        found = sought.search(content) or (_HOMES.search(content) if path.suffix in _TEXTS else None)
        return found.group().decode("utf-8", errors="replace") if found else ""
