"""What was made of a clip and is kept elsewhere, found by the clip's SHA-256."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kinebench import places, provenance
from kinebench.purging.claims import DIGEST, Item
from kinebench.purging.folders import STAGING, size_bytes, text_of
from kinebench.references.library import TABLE

Digests = frozenset[str]
_EXPORT = re.compile(r"-([0-9a-f]{8})-\d{8}-\d{6}")
_DAY_S = 86_400.0


def cached(digests: Digests) -> Iterator[Item]:
    """The detections of the clips. Damaged ones go along: whose they are cannot be told, and they are made anew."""
    if not digests:
        return
    for folder in sorted({places.detections(), places.cache() / "keypoints"}):
        for path in sorted(folder.glob("*.parquet")):
            said = _said(path)
            if said is None and _is_left(path):
                yield Item("damaged cache entries", path, size_bytes(path))
            elif said and said & digests:
                yield Item("cached detections", path, size_bytes(path))


def recorded(digests: Digests, grounds: Digests) -> Iterator[Item]:
    """Keypoints of other tools that were made ready, and the plain videos that they stand on."""
    folder = places.cache() / "recordings"
    for path in sorted(folder.glob("*.parquet")):
        if ({path.stem} | (_said(path) or set())) & digests:
            yield Item("keypoints made ready", path, size_bytes(path))
    for path in sorted(folder.glob("*.mp4")) if grounds else ():
        if provenance.sha256_file(path) in grounds:
            yield Item("keypoints made ready", path, size_bytes(path))


def references(digests: Digests) -> Iterator[Item]:
    """Reference movements made of the clips: each one's table, then the text that says what it was made of."""
    for text in sorted(places.references().glob("*.yaml")):
        if set(DIGEST.findall(text_of(text))) & digests:
            table = text.with_name(f"{text.stem}{TABLE}")
            yield from (Item("references", path, size_bytes(path)) for path in (table, text) if path.exists())


def exports(digests: Digests, reports: Path) -> Iterator[Item]:
    """What the workbench exported: pictures, stretches and tables, whose names hold the clip's first digits."""
    short = {digest[:8] for digest in digests}
    for folder in sorted({reports / "exports", (places.home() / "reports" / "exports").resolve()}):
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            found = _EXPORT.search(path.name)
            if found and found.group(1) in short:
                yield Item("exports of the workbench", path, size_bytes(path))


def stamps() -> Path:
    """The file in which the batch remembers which clip had which digest."""
    return places.cache() / "stamps.json"


def stamped(digests: Digests) -> Digests:
    """Those of the digests that the batch remembers."""
    return digests & {entry.get("sha256") for entry in known_stamps().values() if isinstance(entry, dict)}


def unwritten_stamps(digests: Digests) -> Iterator[Item]:
    """What was left where writing them was interrupted."""
    for path in sorted(places.cache().glob(f"{STAGING}*")):
        if path.is_file() and set(DIGEST.findall(text_of(path))) & digests:
            yield Item("leftovers and locks", path, size_bytes(path))


def known_stamps() -> dict[str, Any]:
    """What the batch remembers; nothing where it cannot be read, as the batch has it too."""
    try:
        held = json.loads(stamps().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return held if isinstance(held, dict) else {}


def _said(path: Path) -> set[str] | None:
    """All digests that a table says of itself; None where it cannot be read."""
    import pyarrow.parquet

    try:
        said = pyarrow.parquet.read_schema(path).metadata or {}
    except (OSError, ValueError):
        return None
    return set(DIGEST.findall(said.get(b"PANDAS_ATTRS", b"").decode("utf-8", errors="replace")))


def _is_left(path: Path) -> bool:
    """Whether nobody is at work on it: a hidden one is being written, unless it is old."""
    return not path.name.startswith(".") or time.time() - path.stat().st_mtime > _DAY_S
