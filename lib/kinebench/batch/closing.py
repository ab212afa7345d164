"""After the work: the tables and the index of everything that a reports folder holds."""

import contextlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from kinebench.batch.claims import Claim
from kinebench.batch.ledger import FAILED, FAILURE, LISTS
from kinebench.report import index
from kinebench.run import folders
from kinebench.storage import Place

TABLES = ("metrics.csv", "metrics.parquet", "metrics.dictionary.csv", "index.html")
_WRITTEN = {Path(name).suffix for name in TABLES}
LOCK, PATIENCE_S = "tables", 60.0
_RECORDS = (folders.RECORD, "metrics.json")
_SHOWN = ("report.html", "report.pdf", "overlay.mp4", "thumbnail.jpg", "error.ipynb")


def close(place: Place) -> str:
    """Write the tables and the index anew; returns where the index lies."""
    if place.local is not None:
        try:
            with _alone(place, place.local):
                return str(index.write(place.local))
        except OSError as error:
            raise place.unwritable(error) from None
    # What they are made from is little: it is fetched, and the tables are made here.
    with tempfile.TemporaryDirectory(prefix="kinebench-index-") as made:
        here = Path(made)
        _mirror(place.seen(), here)
        index.write(here)
        for name in TABLES:
            if (here / name).is_file():
                place.write(name, (here / name).read_bytes())
    return f"{place.where.rstrip('/')}/{TABLES[-1]}"


@contextlib.contextmanager
def _alone(place: Place, folder: Path) -> Iterator[None]:
    """While no other batch writes the tables: then what one left that was killed over it can be cleared away."""
    claim, end = Claim(place, LOCK), time.monotonic() + PATIENCE_S
    while not (taken := claim.take()) and time.monotonic() < end:
        time.sleep(0.2)
    try:
        if taken:
            for left in folder.glob(".kinebench-*"):
                if left.suffix in _WRITTEN and left.is_file():
                    left.unlink(missing_ok=True)
        # Each table appears whole: two that write at once harm nothing.
        yield
    finally:
        if taken:
            claim.release()


def _mirror(place: Place, here: Path) -> None:
    """Bring the records here; of larger files only that they are there, which decides about links."""
    names = [name for name in place.names() if not name.startswith(".") and name != FAILED]
    records = [f"{name}/{file}" for name in names for file in _RECORDS]
    failures = [f"{FAILED}/{name}/{FAILURE}" for name in place.names(FAILED)]
    place.bring([*records, *failures, *(f"{LISTS}/{name}" for name in place.names(LISTS))])
    for name in names:
        if place.size(f"{name}/{folders.RECORD}") >= 0:
            _bring(place, here, name, _RECORDS)
    for name in place.names(FAILED):
        _bring(place, here, f"{FAILED}/{name}", (FAILURE,))
    _bring(place, here, LISTS, tuple(place.names(LISTS)))


def _bring(place: Place, here: Path, folder: str, names: tuple[str, ...]) -> None:
    (here / folder).mkdir(parents=True, exist_ok=True)
    for name in names:
        content = place.read(f"{folder}/{name}")
        if content is not None:
            (here / folder / name).write_bytes(content)
    for name in _SHOWN:
        if place.size(f"{folder}/{name}") >= 0:
            (here / folder / name).touch()
