"""Writing so that a file appears whole or not at all, and what every writer says of itself in it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kinebench import places
from kinebench.errors import KinebenchError


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` to write to; it takes the name of `path` when the block ends without an error.

    The folder is made where it is not there. KinebenchError where nothing can be written to it.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".kinebench-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        places.open_to_others(temporary)
        os.replace(temporary, path)
    except OSError as error:
        reason = error.strerror or " ".join(str(error).split())[:160]
        raise KinebenchError(
            f"path must be a file that can be written, but {path} can't be: {reason}. Choose another folder."
        ) from error
    finally:
        if temporary is not None:
            with suppress(FileNotFoundError):
                temporary.unlink()


def write_text(path: Path, text: str) -> list[Path]:
    """Write `text` as UTF-8 with the same line ends on every system; returns the path, as writers do."""
    with whole(path) as temporary:
        temporary.write_bytes(text.encode("utf-8"))
    return [path]


def words(*parts: str) -> str:
    """Sentences in one line, without what the headers of text formats take for a field or a key."""
    return " ".join(" ".join(parts).replace("=", ":").split())
