"""Who is at work on which run: locks, which the system frees when their holder dies."""

import os
from pathlib import Path
from typing import Any

from kinebench.storage import Place

OWN = ".kinebench"


class Claim:
    """A lock on one run. At an address there are none: two batches there do work twice, but harm nothing."""

    def __init__(self, place: Place, name: str) -> None:
        self._lock: Any = None
        self._place = place
        if place.local is not None:
            from filelock import FileLock

            # Made as the user's umask says: in a common folder others may have to take it, too.
            self._lock = FileLock(_path(place.local, name), thread_local=False)

    def take(self) -> bool:
        """Whether it could be had at once."""
        from filelock import Timeout

        if self._lock is None:
            return True
        path = Path(self._lock.lock_file)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        except OSError as error:
            # Another user's lock that may not be opened: whether he is at work nobody can tell.
            if isinstance(error, PermissionError) and path.exists():
                return False
            raise self._place.unwritable(error) from None
        return True

    def release(self) -> None:
        """Let others have it."""
        if self._lock is not None:
            self._lock.release()


def is_held(place: Place, name: str) -> bool:
    """Whether somebody is at work on a run at this moment; told by reading alone, so that whoever may look may ask."""
    if place.local is None:
        return False
    try:
        import fcntl
    except ImportError:
        return _is_untakable(place, name)
    try:
        handle = os.open(_path(place.local, name), os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except PermissionError:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return True
    finally:
        os.close(handle)
    return False


def _is_untakable(place: Place, name: str) -> bool:
    """The same on systems that know no shared lock."""
    if place.size(f"{OWN}/locks/{name}") < 0:
        return False
    claim = Claim(place, name)
    taken = claim.take()
    if taken:
        claim.release()
    return not taken


def _path(folder: Path, name: str) -> Path:
    return folder / OWN / "locks" / name
