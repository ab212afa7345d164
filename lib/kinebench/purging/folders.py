"""The folders of runs: how they are called, what in them is the run's own, and how all folders are looked through."""

import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from kinebench import tasks
from kinebench.errors import KinebenchError
from kinebench.run import ERROR_NOTEBOOK
from kinebench.run.folders import RESULTS

RECORDS = {"run.json": "runs", ".run.json.replaced": "runs", "failure.json": "failed runs"}
"""What a folder is, by its record; the second is the record of before where replacing a run was interrupted."""
OWN_FOLDER = ".kinebench"
STAGING = ".kinebench-"
"""Begins the names of what is being written."""
RUN = re.compile(r"(?!\.).+?_[0-9a-f]{8}(?![0-9a-zA-Z_])")
"""How the folders of runs are called."""
CHECKPOINTS = ".ipynb_checkpoints"
"""Where Jupyter keeps copies of what was opened in it."""
_FIGURES = "figures"


def is_called_as_run(folder: Path) -> bool:
    """Whether kinebench gave the folder its name, and nothing but the run can be meant by it.

    A day in a name that somebody gave with --out, as in `P07_20261121`, makes no run of it: a task must be in it too.
    """
    known = "|".join(map(re.escape, tasks.names()))
    return bool(RUN.fullmatch(folder.name) and re.search(rf"(?:^|_)(?:{known})_", folder.name))


def own_names(folder: Path) -> tuple[str, ...] | None:
    """The names of what belongs to the run in a folder that may hold other things too; None: all that it holds.

    With --out the results may lie beside the recording itself, or other runs.
    """
    if folder.is_symlink() or is_called_as_run(folder):
        return None
    known = {*RESULTS, *RECORDS, ERROR_NOTEBOOK, *_listed(folder)}
    there = sorted(folder.iterdir())
    return tuple(path.name for path in there if path.name in known or _is_unfinished(path, folder.name))


def below(names: Iterable[str]) -> list[str]:
    """Of a folder's folders, those to be looked into: hidden ones are the program's, or others', but Jupyter's."""
    return sorted(name for name in names if not name.startswith(".") or name == CHECKPOINTS)


def without_figures(names: Iterable[str]) -> list[str]:
    """`below` in the folder of a run."""
    return [name for name in below(names) if name != _FIGURES]


def beside_runs(reports: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    """As os.walk: folders, and the names of folders and files in each that belong to no run."""
    if not reports.is_dir():
        return
    for name, inner, files in os.walk(reports, onerror=stop):
        folder = Path(name)
        own: set[str] = set()
        if set(RECORDS) & set(files):
            if is_called_as_run(folder):
                inner.clear()
                continue
            own = set(own_names(folder) or ())
        inner[:] = [one for one in below(inner) if one not in own]
        yield folder, [one for one in inner if not _is_run(folder / one)], sorted(set(files) - own)


def size_bytes(path: Path) -> int:
    """Of a file, or of all files in a folder; what a link leads to does not count."""
    if path.is_symlink() or not path.is_dir():
        return path.lstat().st_size
    return sum(
        os.lstat(os.path.join(folder, name)).st_size
        for folder, _, names in os.walk(path, onerror=stop)
        for name in names
    )


def stop(error: OSError) -> None:
    """Whoever looks for all of something must not pass over what cannot be looked into."""
    raise KinebenchError(
        f"Every folder must be readable, but {error.filename} is not ({error.strerror}). Give yourself the right to."
    ) from None


def text_of(path: Path) -> str:
    """What a file says; KinebenchError where it cannot be read: whose it is must be known before anything goes."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise KinebenchError(
            f"Every file must be readable, but {path} is not ({error.strerror or error}). Give yourself the right to, "
            "or remove it."
        ) from None


def _is_run(folder: Path) -> bool:
    return is_called_as_run(folder) and any((folder / name).is_file() for name in RECORDS)


def _is_unfinished(path: Path, run: str) -> bool:
    """Left of writing into the folder. Another folder's name says that another run was to come out of it."""
    if path.is_dir() and not path.is_symlink():
        return path.name.startswith(f"{STAGING}{run}-")
    return path.name.startswith(STAGING)


def _listed(folder: Path) -> set[str]:
    """What the run's record says that it left, right below the folder."""
    found: set[str] = set()
    for name in RECORDS:
        try:
            record: Any = json.loads((folder / name).read_text(encoding="utf-8"))
            found |= {str(file).split("/")[0] for file in record.get("files") or ()}
        except (OSError, ValueError, AttributeError, TypeError, RecursionError):
            continue
    return found
