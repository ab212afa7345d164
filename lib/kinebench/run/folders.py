"""A run's folder: filled out of sight, proven to be writable before the work, seen only when whole."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from kinebench import places
from kinebench.errors import KinebenchError

RECORD = "run.json"
# The record of before, while its files are being replaced: the folder is ours, but holds no finished run.
REPLACED = ".run.json.replaced"
RESULTS = (
    "report.html",
    "report.pdf",
    "metrics.json",
    "metrics.csv",
    "reps.csv",
    "references.csv",
    "signals.csv",
    "keypoints.csv",
    "keypoints.parquet",
    "overlay.mp4",
    "thumbnail.jpg",
    "figures",
)
_PREFIX = ".kinebench-"
# Where a batch fills its runs' folders: to look for what was left of one, only those under way have to be listed.
_MADE = Path(".kinebench", "made")


@contextlib.contextmanager
def staging(folder: Path, *, ours: bool = False) -> Iterator[Path]:
    """A hidden folder on the file system of `folder`, removed whatever happens; proves that writing is possible.

    ours: a batch's, so that what lies in `folder` can be nobody else's, even without a record.
    """
    if folder.exists() and not folder.is_dir():
        raise KinebenchError(f"out must be a folder, but {folder} is a file. Name another one.")
    known = ours or (folder / RECORD).exists() or (folder / REPLACED).exists()
    foreign = [name for name in RESULTS if (folder / name).exists() and not known]
    if foreign:
        raise KinebenchError(
            f"out must be a new folder or one of an earlier run, but {folder} holds a {foreign[0]} of somebody else's. "
            "Name another one."
        )
    created = [parent for parent in (folder.parent, *folder.parent.parents) if not parent.exists()]
    try:
        home = folder.parent / _MADE if ours else folder if folder.is_dir() else folder.parent
        home.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{folder.name}-", dir=home))
        (made / "probe").write_bytes(b"0" * 65536)
        (made / "probe").unlink()
    except OSError as error:
        _remove_empty(created)
        reason = error.strerror or str(error)
        raise KinebenchError(
            f"out must be a folder that can be written to, but {folder} cannot ({reason}). Name another one with --out."
        ) from None
    try:
        yield made
    except OSError as error:
        raise KinebenchError(
            f"The results must fit into out, but writing to {folder} failed ({error.strerror or error}). "
            "Free space or name another one with --out."
        ) from None
    finally:
        shutil.rmtree(made, ignore_errors=True)
        if not folder.exists():
            _remove_empty(created)


def leftovers(folder: Path) -> list[Path]:
    """What a batch's runs into `folder` left that were killed; only to be removed by whoever knows that none runs."""
    return sorted((folder.parent / _MADE).glob(f"{_PREFIX}{folder.name}-*"))


def publish(made: Path, folder: Path) -> None:
    """Move finished results into place: a new folder appears in one step, an existing one gets each file whole.

    Where that is interrupted, the folder is left without a record and so is no run.
    """
    if not folder.exists():
        places.open_to_others(made)
        os.replace(made, folder)
        return
    if (folder / RECORD).exists():
        os.replace(folder / RECORD, folder / REPLACED)
    if (folder / "figures").is_dir():
        shutil.rmtree(folder / "figures")
    for name in RESULTS:
        if (folder / name).is_file() and not (made / name).exists():
            (folder / name).unlink()
    # The record last: where it lies, everything that it speaks of lies too.
    for item in sorted(made.iterdir(), key=lambda item: item.name == RECORD):
        os.replace(item, folder / item.name)
    (folder / REPLACED).unlink(missing_ok=True)


def _remove_empty(folders: list[Path]) -> None:
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()
