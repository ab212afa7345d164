"""Places that results go to and clips come from: a folder, or whatever fsspec knows by its address.

In a folder a file appears whole or not at all; object stores promise that by themselves.
"""

import contextlib
import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kinebench import places
from kinebench.errors import KinebenchError

_MARK = "://"
_ADDRESS = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^\s'\"<>]*")
_LONGEST_REASON = 160
# Every back end of fsspec has errors of its own, which share no more than this (aiohttp's ClientError, for one).
_FAULTS_THERE = (Exception,)


def is_address(place: str) -> bool:
    """Whether it names a place by an fsspec address (s3://bucket/x), not a path."""
    return _MARK in place


def stamp(path: Path) -> list[int]:
    """What tells, without reading it, that a file is not the one of before: size, times of change, number.

    The time of the last change of its entry (ctime) can't be set, so that neither a clock set back nor a copied
    time hides another content.
    """
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


class Place:
    """A folder of results, or what stands for one at an address. Names are relative, with forward slashes."""

    def __init__(self, where: str) -> None:
        self.local = None if is_address(where) else Path(where).expanduser().absolute()
        # As a whole path: workers have other working folders.
        self.where = where if self.local is None else str(self.local)
        self._files: Any = None
        self._root = ""
        self._faults: tuple[type[Exception], ...] = (OSError,) if self.local is not None else _FAULTS_THERE
        if self.local is None:
            self._files, self._root = _opened(where)

    def read(self, name: str) -> bytes | None:
        """What the file `name` holds; None where there is none."""
        try:
            if self.local is not None:
                return (self.local / name).read_bytes()
            return bytes(self._files.cat_file(self._at(name)))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except self._faults as error:
            raise self._unreadable(error) from None

    def write(self, name: str, content: bytes, *, private: bool = False) -> None:
        """Let the file `name` hold `content`, in one step. KinebenchError where it can't be written.

        private: in a folder, nobody but this user can read it.
        """
        try:
            self._write(name, content, private)
        except self._faults as error:
            raise self.unwritable(error) from None

    def unwritable(self, error: Exception) -> KinebenchError:
        """What is said where something can't be written here."""
        return KinebenchError(
            f"out must be a place that can be written to and has room, but {self.where} is not "
            f"({reason(error, self._root)}). Free space, or name another one with --out."
        )

    def _unreadable(self, error: Exception) -> KinebenchError:
        return KinebenchError(
            f"out must be a place that can be read, but {self.where} cannot ({reason(error, self._root)}). Check "
            "whether you may."
        )

    def _write(self, name: str, content: bytes, private: bool) -> None:
        if self.local is None:
            self._room_for(name)
            self._files.pipe_file(self._at(name), content)
            return
        path = self.local / name
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, made = tempfile.mkstemp(prefix=".kinebench-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            if not private:
                places.open_to_others(made)
            os.replace(made, path)
        finally:
            Path(made).unlink(missing_ok=True)

    def size(self, name: str) -> int:
        """Bytes in the file `name`; -1 where there is none."""
        try:
            return int(os.stat(self.local / name).st_size if self.local else self._files.size(self._at(name)))
        except (FileNotFoundError, NotADirectoryError):
            return -1
        except self._faults as error:
            raise self._unreadable(error) from None

    def names(self, folder: str = "") -> list[str]:
        """The names of what lies right in `folder`, in order."""
        try:
            if self.local is not None:
                return sorted(os.listdir(self.local / folder))
            found = self._files.ls(self._at(folder), detail=False)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except self._faults as error:
            raise self._unreadable(error) from None
        return sorted(str(name).rstrip("/").rsplit("/", 1)[-1] for name in found)

    def remove(self, name: str) -> None:
        """Remove a file or a folder with all that is in it; nothing where there is none."""
        try:
            if self.local is not None:
                path = self.local / name
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
            elif self._files.exists(self._at(name)):
                self._files.rm(self._at(name), recursive=True)
        except (FileNotFoundError, NotADirectoryError):
            return
        except self._faults as error:
            raise self.unwritable(error) from None

    def put(self, folder: Path, name: str, *, last: str) -> None:
        """Copy a finished folder here under `name`, the file `last`, which says that it is whole, after the others."""
        self.remove(f"{name}/{last}")
        # Nothing of an earlier run may be left between the files of this one.
        self.remove(name)
        for path in sorted(folder.rglob("*"), key=lambda path: path.name == last):
            if path.is_file():
                there = f"{name}/{path.relative_to(folder).as_posix()}"
                try:
                    self._room_for(there)
                    self._files.put_file(str(path), self._at(there))
                except self._faults as error:
                    raise self.unwritable(error) from None

    def _room_for(self, name: str) -> None:
        """Some kinds of places have folders, which must be there first; to others this says nothing."""
        self._files.makedirs(self._at(name).rsplit("/", 1)[0], exist_ok=True)

    def _at(self, name: str) -> str:
        return f"{self._root}/{name}".rstrip("/")

    def seen(self) -> "Place":
        """The place to look at, not to write to: one at an address is listed once, and then asked no more for sizes."""
        return self if self.local is not None else Seen(self)

    def bring(self, names: list[str]) -> None:
        """Be told which files will be read soon; in a folder that is no matter."""


class Seen(Place):
    """What lies at an address, as it was when it was listed: every question there takes as long as a whole list."""

    def __init__(self, place: Place) -> None:
        self.local, self.where, self._files, self._root = None, place.where, place._files, place._root
        self._faults = _FAULTS_THERE
        self._contents: dict[str, bytes | None] = {}
        self._folders: dict[str, set[str]] = {}
        try:
            # Others write there, too: what was listed before is not what there is.
            self._files.invalidate_cache()
            listed = self._files.find(self._root, detail=True)
        except FileNotFoundError:
            listed = {}
        except self._faults as error:
            raise self._unreadable(error) from None
        self._sizes = {self._inner(path): int(told.get("size") or 0) for path, told in listed.items()}
        for path in self._sizes:
            while path:
                path, _, name = path.rpartition("/")
                self._folders.setdefault(path, set()).add(name)

    def size(self, name: str) -> int:
        """As it was listed."""
        return self._sizes.get(name, -1)

    def names(self, folder: str = "") -> list[str]:
        """As they were listed."""
        return sorted(self._folders.get(folder, ()))

    def read(self, name: str) -> bytes | None:
        """What was brought, else what is there now."""
        if name not in self._sizes:
            return None
        return self._contents[name] if name in self._contents else super().read(name)

    def bring(self, names: list[str]) -> None:
        """Fetch many files at once."""
        paths = [self._at(name) for name in dict.fromkeys(names) if name in self._sizes]
        try:
            found = self._files.cat(paths, on_error="return") if paths else {}
        except self._faults as error:
            raise self._unreadable(error) from None
        for path, content in found.items():
            if isinstance(content, Exception) and not isinstance(content, FileNotFoundError):
                raise self._unreadable(content)
            self._contents[self._inner(path)] = None if isinstance(content, Exception) else bytes(content)

    def _inner(self, path: str) -> str:
        """A whole path as a name of this place."""
        return path.strip("/").removeprefix(self._root.strip("/")).lstrip("/")


@contextlib.contextmanager
def fetched(clip: str) -> Iterator[Path]:
    """The clip as a file: where it lies, or a copy of what is at an address, which is removed afterwards."""
    if not is_address(clip):
        yield Path(clip)
        return
    files, root = _opened(clip)
    with tempfile.TemporaryDirectory(prefix="kinebench-clip-") as folder:
        path = Path(folder) / root.rsplit("/", 1)[-1]
        try:
            files.get_file(root, str(path))
        except _FAULTS_THERE as error:
            raise KinebenchError(
                f"clip must be there when it is to be analysed, but it could not be fetched ({reason(error, root)}). "
                "Check the address and whether you may read it."
            ) from None
        yield path


def mark(clip: str) -> list[Any]:
    """The `stamp` of a file, or what an address has for one: a checksum, tag or time; KinebenchError if it is gone."""
    if not is_address(clip):
        try:
            return list(stamp(Path(clip)))
        except OSError as error:
            raise _gone(error) from None
    files, root = _opened(clip)
    try:
        if "http" in str(files.protocol):
            # fsspec takes what lies at a web address to be the same for ever.
            told = files.info(root)
            tag = told.get("ETag") or told.get("Last-Modified")
            return [str(tag), told.get("size")] if tag else [uuid.uuid4().hex]
        return [str(files.ukey(root))]
    except _FAULTS_THERE as error:
        raise _gone(error, root) from None


def _gone(error: Exception, root: str = "") -> KinebenchError:
    return KinebenchError(
        f"clip must be a file that can be read, but it cannot ({reason(error, root)}). Check the list."
    )


def reason(error: BaseException, root: str = "") -> str:
    """In short what went wrong, without addresses and what lies below `root`: they hold passwords, or name people."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, FileNotFoundError):
        # For a server that does not answer as it should fsspec says that nothing is there.
        return reason(error.__cause__, root) if error.__cause__ is not None else "there is no such file"
    text = " ".join(_ADDRESS.sub("its address", str(error)).split())
    if root:
        text = re.sub(rf"{re.escape(root)}[^\s'\"<>]*", "its address", text)
    return f"{type(error).__name__}: {text}"[:_LONGEST_REASON].rstrip(": ")


def _opened(address: str) -> tuple[Any, str]:
    import fsspec

    kind = address.split(_MARK)[0]
    try:
        files, root = fsspec.core.url_to_fs(address)
    except (ImportError, ValueError) as error:
        raise KinebenchError(
            f"{kind}:// must be a kind of place that fsspec knows here, but it is not ({error}). Install what it "
            "names, or give a folder."
        ) from None
    except _FAULTS_THERE as error:
        # Some are connected to as soon as they are named.
        raise KinebenchError(
            f"A place at {kind}:// must answer, but does not ({reason(error)}). Check the address and whether you may "
            "read it."
        ) from None
    return files, str(root).rstrip("/")
