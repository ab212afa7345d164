"""Where a list's files lie: names that cannot leave the folder of the clips, on this computer or behind a URL."""

import os
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from kinebench.errors import KinebenchError
from kinebench.storage import reason

_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+://")
_DRIVE = re.compile(r"[A-Za-z]:")
_REMEDY = "Write the file's name as it counts from the folder of the clips (--clips)."


def is_url(text: str) -> bool:
    """Whether a text is a URL; C:/clips is none."""
    return _URL.match(text) is not None


def system(url: str) -> tuple[Any, str]:
    """The fsspec file system of a URL, and the path on it; KinebenchError where its library is not installed."""
    import fsspec

    try:
        return fsspec.core.url_to_fs(url)
    except (ImportError, ValueError, OSError) as error:
        reason = " ".join(str(error).split())[:160]
        raise KinebenchError(f"A URL must be of a kind that can be opened, but {url} is not ({reason}).") from None


def unfiled(source: str) -> str:
    """A path in place of a file: URL; anything else as it is."""
    return str(system(source)[1]) if re.match(r"(file|local)://", source) else source


class Clips:
    """The folders that a list's files lie below, looked through in their order; their files are looked at once."""

    def __init__(self, roots: Sequence[str]) -> None:
        self._roots = tuple(roots)
        self._shelves = [_Shelf(root) if is_url(root) else _Folder(root) for root in roots]

    def find(self, written: str, name: str = "clip") -> str:
        """The whole path or URL of the file that a list calls `written`; KinebenchError where it may not be used."""
        parts = _inside(name, written, self._roots)
        for shelf in self._shelves:
            for form in _forms("/".join(parts)):
                if (found := shelf.find(form, name)) is not None:
                    return found
        close = next((near for shelf in self._shelves if (near := shelf.near(parts))), "")
        where = " or in ".join(self._roots)
        raise KinebenchError(
            f"{name} must be a file that exists, but there is no {written} in {where}. "
            + (f"Did you mean {close}?" if close else "Check the name, or say with --clips where the clips lie.")
        )


def _inside(name: str, written: str, roots: Sequence[str]) -> list[str]:
    """The parts of a relative path; KinebenchError for whatever could lead out of the folder."""
    base = next(
        (root.rstrip("/") + "/" for root in roots if is_url(root) and written.startswith(root.rstrip("/") + "/")), ""
    )
    rest = written[len(base) :].replace("\\", "/")
    why = ""
    if is_url(rest) or "::" in rest:
        why = "is a URL below another folder"
    elif rest.startswith("/") or _DRIVE.match(rest):
        why = "is a whole path"
    elif any(part.strip() == ".." or part.startswith("~") for part in (*rest.split("/"), *unquote(rest).split("/"))):
        why = "may lead out of it"
    elif any(not sign.isprintable() for sign in rest):
        why = "holds signs that nobody sees"
    if why:
        raise KinebenchError(f"{name} must lie in the folder of the clips, but {written!r} {why}. {_REMEDY}")
    parts = list(PurePosixPath(rest).parts)
    if not parts:
        raise KinebenchError(f"{name} must be a file's name, but got {written!r}. {_REMEDY}")
    return parts


def _forms(name: str) -> Iterable[str]:
    """A name as it is, and with accents as others write them: macOS puts each behind its letter."""
    return dict.fromkeys((name, unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name)))


def _like(names: Iterable[str]) -> dict[str, str]:
    """Names by what they are but for capital letters, and by what they are without their endings too."""
    ordered = sorted(names, reverse=True)
    return {PurePosixPath(n).stem.casefold(): n for n in ordered} | {n.casefold(): n for n in ordered}


def _near(like: Mapping[str, str], wanted: str) -> str:
    """A name that differs in the ending or in capital letters alone; empty where there is none."""
    return like.get(wanted.casefold()) or like.get(PurePosixPath(wanted).stem.casefold(), "")


def _empty(name: str, path: str) -> KinebenchError:
    return KinebenchError(f"{name} must hold something, but {PurePosixPath(path).name} is empty. Copy it again.")


class _Folder:
    """A folder on this computer."""

    def __init__(self, root: str) -> None:
        self._root = os.path.abspath(root)
        self._real = os.path.realpath(self._root)
        self._like: dict[str, dict[str, str]] = {}
        self._parents: dict[str, str] = {}

    def find(self, relative: str, name: str) -> str | None:
        path = os.path.join(self._root, relative)
        try:
            status = os.stat(path)
        except (OSError, ValueError):
            return None
        if not self._holds(path):
            raise KinebenchError(
                f"{name} must lie in the folder of the clips, but {relative} is a link that leads out of it. Copy the "
                "file there, or say with --clips where the clips lie."
            )
        if not os.path.isfile(path):
            raise KinebenchError(f"{name} must be a file, but {relative} is none. Write the name of a video file.")
        if not status.st_size:
            raise _empty(name, relative)
        if not os.access(path, os.R_OK):
            raise KinebenchError(f"{name} must be readable, but {relative} is not. Change the file's permissions.")
        return path

    def _holds(self, path: str) -> bool:
        parent, file = os.path.split(path)
        if parent not in self._parents:
            self._parents[parent] = os.path.realpath(parent)
        real = os.path.join(self._parents[parent], file)
        real = os.path.realpath(real) if os.path.islink(real) else real
        return os.path.commonpath((self._real, real)) == self._real

    def near(self, parts: Sequence[str]) -> str:
        folder = os.path.join(self._root, *parts[:-1])
        if folder not in self._like:
            try:
                self._like[folder] = _like(os.listdir(folder))
            except OSError:
                self._like[folder] = {}
        found = _near(self._like[folder], parts[-1])
        return "/".join((*parts[:-1], found)) if found else ""


class _Shelf:
    """A folder behind a URL: each of its folders is listed once, whatever the number of clips."""

    def __init__(self, root: str) -> None:
        self._url = root.rstrip("/")
        self._system, self._path = system(self._url)
        self._listed: dict[str, dict[str, Any]] = {}
        self._like: dict[str, dict[str, str]] = {}

    def find(self, relative: str, name: str) -> str | None:
        parent = "/".join((self._path.rstrip("/"), *PurePosixPath(relative).parts[:-1]))
        known = self._listing(parent).get(PurePosixPath(relative).name)
        if known is None:
            return None
        if known["type"] != "file":
            raise KinebenchError(f"{name} must be a file, but {relative} is none. Write the name of a video file.")
        if known.get("size") == 0:
            raise _empty(name, relative)
        return f"{self._url}/{relative}"

    def _listing(self, folder: str) -> dict[str, Any]:
        if folder not in self._listed:
            try:
                entries = self._system.ls(folder, detail=True)
            # Every kind of place has errors of its own; what is not there has no other cause.
            except Exception as error:  # noqa: BLE001
                if isinstance(error, FileNotFoundError) and error.__cause__ is None:
                    self._listed[folder] = {}
                    return {}
                raise KinebenchError(
                    f"--clips must be a folder that can be listed, but it cannot ({reason(error)}). Check the address "
                    "and your access to it."
                ) from None
            self._listed[folder] = {PurePosixPath(entry["name"].rstrip("/")).name: entry for entry in entries}
        return self._listed[folder]

    def near(self, parts: Sequence[str]) -> str:
        folder = "/".join((self._path.rstrip("/"), *parts[:-1]))
        if folder not in self._like:
            self._like[folder] = _like(self._listing(folder))
        found = _near(self._like[folder], parts[-1])
        return "/".join((*parts[:-1], found)) if found else ""


def roots(source: str, clips: str, *, is_folder: bool = False) -> tuple[str, ...]:
    """Where a list's clips are looked for: `clips`, or else the list's own folder and `raw` in it."""
    if clips:
        chosen = unfiled(clips)
        if not is_url(chosen) and not Path(chosen).expanduser().is_dir():
            raise KinebenchError(
                f"--clips must be a folder, but {clips} is none. Name the folder that the clips lie in."
            )
        return (chosen if is_url(chosen) else os.path.abspath(Path(chosen).expanduser()),)
    if is_url(source):
        home = source.rstrip("/") if is_folder else source.rpartition("/")[0]
        return (home,) if is_folder else (home, f"{home}/raw")
    home = os.path.abspath(source if is_folder else os.path.dirname(os.path.abspath(source)))
    return (home,) if is_folder else (home, os.path.join(home, "raw"))
