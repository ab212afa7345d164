"""Digests of clips, kept so that a thousand clips need not be read again to know that they are the same."""

import functools
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any

from kinebench import places, provenance, saved, storage
from kinebench.errors import KinebenchError


def place() -> Path:
    """Where they are kept: a file of the user's cache, since it names paths."""
    return places.cache() / "stamps.json"


class Stamps:
    """What is known of clips by their stamps; `save` keeps it."""

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}
        try:
            found = json.loads(place().read_text(encoding="utf-8"))
            self._known = found if isinstance(found, dict) else {}
        except (OSError, ValueError, RecursionError):
            # Lost or damaged: then the clips are read again.
            self._known = {}

    def digest(self, clip: str) -> str:
        """SHA-256 of the clip: from its stamp, or by reading it; "" for one at an address that was never fetched."""
        mark = storage.mark(clip)
        entry = self._known.get(clip)
        # One that was damaged would say for ever that the clip is not what it is: it is made again.
        if isinstance(entry, dict) and entry.get("stamp") == mark and entry.get("content") == _content(clip, entry):
            return str(entry["sha256"])
        if storage.is_address(clip):
            if PurePosixPath(clip).stem not in self._named_clips:
                return ""
            # A parameter file may be the clip's own: that is known by the content only.
            with storage.fetched(clip) as path:
                found = provenance.sha256_file(path)
            self.learn(clip, mark, found)
            return found
        found = provenance.sha256_file(clip)
        if storage.mark(clip) != mark:
            raise KinebenchError("clip must stay as it is while it is read, but it changed. Wait until it is copied.")
        self.learn(clip, mark, found)
        return found

    def digests(self, clips: list[str]) -> dict[str, str | KinebenchError]:
        """Of many clips at once; an error in the place of a digest where a clip can't be read."""
        with ThreadPoolExecutor(max_workers=4) as pool:
            return dict(zip(clips, pool.map(self._tried, clips), strict=True))

    def _tried(self, clip: str) -> str | KinebenchError:
        try:
            return self.digest(clip)
        except KinebenchError as error:
            return error

    def learn(self, clip: str, mark: list[Any], sha256: str) -> None:
        """Note what a clip with that stamp holds."""
        entry = {"stamp": mark, "sha256": sha256}
        self._known[clip] = entry | {"content": _content(clip, entry)}

    @functools.cached_property
    def _named_clips(self) -> set[str]:
        return saved.named_clips()

    def save(self) -> None:
        """Keep them; not being able to is no reason to stop."""
        try:
            # For this user alone: it holds the clips' whole paths.
            storage.Place(str(place().parent)).write(place().name, json.dumps(self._known).encode(), private=True)
        except KinebenchError:
            return


def _content(clip: str, entry: dict[str, Any]) -> str:
    """What an entry is known by to be whole."""
    return provenance.sha256_of([clip, entry.get("stamp"), entry.get("sha256")])
