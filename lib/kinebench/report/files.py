"""Writing a file so that it appears whole or not at all."""

import os
import tempfile
from pathlib import Path

from kinebench import places


def write_whole(path: Path, content: bytes) -> None:
    """Write beside `path` first, then put it in place in one step."""
    handle, name = tempfile.mkstemp(prefix=".kinebench-", suffix=path.suffix, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        places.open_to_others(name)
        os.replace(name, path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
