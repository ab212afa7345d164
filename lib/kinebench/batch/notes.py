"""JSON files of a reports folder as the batch reads them: one that anybody damaged is as good as none."""

import json
from typing import Any

from kinebench.errors import KinebenchError
from kinebench.storage import Place

_WORDS = ("task", "verdict", "stage", "message", "remedy", "finished")


def read(place: Place, name: str) -> dict[str, Any] | None:
    """The object that a file holds; None where there is no such file, or nothing that could be read as one."""
    try:
        content = place.read(name)
    except KinebenchError:
        # In a folder it is this file alone that cannot be read; at an address it may be all of them, and for a while.
        if place.local is None:
            raise
        return None
    try:
        found = json.loads(content or b"")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def record(place: Place, name: str) -> dict[str, Any] | None:
    """A run's or a failure's record whose parts are what they have to be; None where one is not."""
    found = read(place, name)
    if found is None or not all(isinstance(found.get(word, ""), str | None) for word in _WORDS):
        return None
    basis, files = found.get("basis", {}), found.get("files", {})
    if not isinstance(found.get("parameters", {}), dict) or not isinstance(files, dict) or not isinstance(basis, dict):
        return None
    if not all(isinstance(value, str) for value in basis.values()) or not all(map(_is_file, files.values())):
        return None
    return found


def runs(found: dict[str, Any] | None) -> list[str]:
    """The runs that a list's note names; none where it is damaged."""
    named = (found or {}).get("runs")
    return [name for name in named if isinstance(name, str)] if isinstance(named, list | dict) else []


def without(found: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """A list's note that names some runs no more."""
    kept: dict[str, Any] = {}
    for key, value in found.items():
        if isinstance(value, dict):
            kept[key] = {name: one for name, one in value.items() if name not in names}
        elif isinstance(value, list):
            kept[key] = [name for name in value if not isinstance(name, str) or name not in names]
        else:
            kept[key] = value
    return kept


def _is_file(known: Any) -> bool:
    return isinstance(known, dict) and isinstance(known.get("bytes"), int) and isinstance(known.get("sha256", ""), str)
