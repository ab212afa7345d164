"""Removing, so that what was interrupted can be done again: a folder's record goes last, a link is never followed."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from kinebench.errors import KinebenchError
from kinebench.purging import traces
from kinebench.purging.claims import Item
from kinebench.purging.folders import OWN_FOLDER, RECORDS, STAGING, stop
from kinebench.storage import Place

TABLES = ("index.html", "metrics.csv", "metrics.parquet", "metrics.dictionary.csv")


def mark(reports: Path) -> Path:
    """The file that says that a purge is not finished; it names nobody."""
    return reports / OWN_FOLDER / "purge-unfinished"


def set_mark(path: Path) -> None:
    """Before the first thing goes."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError as error:
        raise _stuck(path, error) from None


def clear_mark(path: Path) -> None:
    """After the last one; the folder goes too where it was made for the mark alone."""
    try:
        path.unlink(missing_ok=True)
        if path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()
    except OSError as error:
        raise _stuck(path, error) from None


def shared_folders(items: Iterable[Item], reports: Path) -> list[Path]:
    """Those that may hold other things than what goes, the lower ones first; `reports` stays whatever it holds."""
    found = {item.path for item in items if item.inside is not None} - {reports}
    return sorted(found, key=lambda path: (-len(path.parts), path))


def going(items: Iterable[Item], reports: Path) -> set[Path]:
    """The files and folders of which nothing stays."""
    items = list(items)
    found = {item.path for item in items if item.inside is None}
    found |= {item.path / name for item in items if item.inside is not None for name in item.inside}
    for folder in shared_folders(items, reports):
        if found.issuperset(folder.iterdir()):
            found.add(folder)
    return found


def remove_inside(folder: Path, names: tuple[str, ...]) -> None:
    """What a folder holds under these names, its record last; the rest of it stays."""
    for name in sorted(names, key=lambda name: name in RECORDS):
        remove(folder / name)


def remove_empty(folder: Path) -> None:
    """A folder in which nothing is left."""
    try:
        if folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir()):
            folder.rmdir()
    except OSError as error:
        raise _stuck(folder, error) from None


def remove(path: Path) -> None:
    """A file, a link or a folder with all that it holds; what is gone already is no fault."""
    try:
        if path.is_symlink() or not path.is_dir():
            path.unlink(missing_ok=True)
            return
        for folder, below, names in os.walk(path, topdown=False, onerror=stop):
            links = [name for name in below if Path(folder, name).is_symlink()]
            for name in sorted((*names, *links), key=lambda name: name in RECORDS):
                Path(folder, name).unlink(missing_ok=True)
            Path(folder).rmdir()
    except OSError as error:
        raise _stuck(path, error) from None


def take_out(path: Path, names: tuple[str, ...]) -> None:
    """Take the names of runs out of a batch's list."""
    held = json.loads(path.read_text(encoding="utf-8"))
    held["runs"] = [name for name in held["runs"] if name not in set(names)]
    if "participants" in held:
        held["participants"] = {name: who for name, who in held["participants"].items() if name not in set(names)}
    _write(path, held)


def forget_stamps(digests: frozenset[str]) -> None:
    """Take the entries with these digests out of what the batch remembers of clips."""
    if digests:
        held = traces.known_stamps().items()
        rest = {name: entry for name, entry in held if entry.get("sha256") not in digests}
        _write(traces.stamps(), rest, private=True)


def tables(reports: Path) -> list[Path]:
    """Those that there are of the tables and the index."""
    return [reports / name for name in TABLES if (reports / name).exists()]


def write_tables(reports: Path) -> None:
    """Table, dictionary and index anew. The old ones go first, with what was left of writing them: they name people."""
    from kinebench.report import index

    left = [path for path in reports.glob(f"{STAGING}*") if path.suffix in (".csv", ".parquet", ".html")]
    for path in (*tables(reports), *left):
        remove(path)
    index.write(reports)


def _write(path: Path, held: object, *, private: bool = False) -> None:
    try:
        Place(str(path.parent)).write(path.name, (json.dumps(held, indent=1) + "\n").encode(), private=private)
    except OSError as error:
        raise _stuck(path, error) from None


def _stuck(path: Path, error: OSError) -> KinebenchError:
    return KinebenchError(
        f"{error.filename or path} must be removable or writable, but is not ({error.strerror}). Mend that "
        "and purge again: what is gone is gone, the rest is found again."
    )
