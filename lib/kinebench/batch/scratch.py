"""Where a local cluster keeps its temporary files: a folder that is gone with the batch, also with one that was killed.

As long as a batch lives it holds a lock beside its folder. A process number would not do: other computers, and other
containers, that share the temporary files have numbers of their own.
"""

import contextlib
import hashlib
import shutil
import socket
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_PREFIX = "kinebench-dask-"
_LOCK = ".lock"


@contextlib.contextmanager
def folder() -> Iterator[str]:
    """A folder of this batch alone, until the end."""
    made = Path(tempfile.gettempdir()) / f"{_own_prefix()}{uuid.uuid4().hex[:12]}"
    lock = _lock(made)
    # Before there is a folder: nobody may ever see it without its lock held.
    _taken(lock)
    made.mkdir(mode=0o700)
    try:
        yield str(made)
    finally:
        _remove(made, lock)


def clear_away() -> None:
    """Remove what batches that were killed on this computer left among the system's temporary files."""
    for path in Path(tempfile.gettempdir()).glob(f"{_own_prefix()}*"):
        if path.suffix != _LOCK and path.is_dir():
            lock = _lock(path)
            if _taken(lock):
                _remove(path, lock)


def _own_prefix() -> str:
    """Of this computer's folders; its name in short, since a socket's path must not be long."""
    return f"{_PREFIX}{hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]}-"


def _lock(path: Path) -> Any:
    from filelock import FileLock

    return FileLock(path.with_name(path.name + _LOCK), thread_local=False)


def _taken(lock: Any) -> bool:
    """Whether it could be had; where there are no locks at all it can't, so that nothing is removed."""
    try:
        lock.acquire(timeout=0)
    except (OSError, NotImplementedError):  # a Timeout is an OSError, too
        return False
    return True


def _remove(path: Path, lock: Any) -> None:
    shutil.rmtree(path, ignore_errors=True)
    # No other batch has a folder of that name: nobody waits for it.
    lock.release()
    with contextlib.suppress(OSError):
        Path(lock.lock_file).unlink()
