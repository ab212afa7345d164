"""What was made of a person's runs and lies beside them in the reports folder: bundles, a cohort's results, copies."""

import csv
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from kinebench import provenance
from kinebench.purging import folders
from kinebench.purging.claims import Item, participant_of
from kinebench.purging.folders import RECORDS, size_bytes

COHORT = (
    *("runs_by_session", "runs_to_look_at", "distributions", "reliability", "agreement", "change", "change_summary"),
    *("groups", "group_differences"),
)
_FIGURES = tuple(f"{name}{ending}" for name in COHORT for ending in (".svg", ".pdf", ".png"))
_PEOPLE = ("participant", "person")
_TEXTS = (".csv", ".html", ".ipynb", ".json", ".md", ".txt", ".tex", ".yaml")
_MOST_BYTES = 10_000_000


def bundles(reports: Path, participant: str, is_named: Callable[[str], bool]) -> Iterator[Item]:
    """Zip files that hold a run of the person, whoever else's they hold; is_named: whether a run's name is theirs."""
    for path in _files(reports, (".zip",)):
        held = _held(path)
        if held and any(is_named(name) or said == participant for name, said in held.items()):
            yield Item("bundles", path, size_bytes(path))


def cohorts(reports: Path, participant: str, *, had_runs: bool) -> Iterator[Item]:
    """Tables and figures of the cohort's notebook that name the person; `had_runs`: all, their numbers are in them.

    Running the notebook makes them anew. What tells whose they are goes last.
    """
    for folder in sorted({path.parent for path in _files(reports, (".csv",)) if path.stem in COHORT}):
        there = [path for name in COHORT if (path := folder / f"{name}.csv").is_file()]
        naming = {path for path in there if _names(path, participant)}
        of_all = folder / "runs_by_session.csv"
        if naming or (had_runs and of_all in there):
            figures = [path for name in _FIGURES if (path := folder / "figures" / name).is_file()]
            for path in (*figures, *sorted(there, key=lambda path: (path in naming, path == of_all))):
                yield Item("results of the cohort's notebook", path, size_bytes(path))


def copies(reports: Path, digests: Iterable[str]) -> Iterator[Item]:
    """Anonymised copies that are called by the words that stand for the clip."""
    called = {f"{provenance.run_id('anonymous', digest, {})}.mp4" for digest in digests}
    for path in _files(reports, (".mp4",)):
        if path.name in called:
            yield Item("anonymised copies", path, size_bytes(path))


def naming(reports: Path, participant: str, going: Iterable[Path]) -> Iterator[Path]:
    """What names the person and is none of the program's own: somebody must look at it. going: what is removed."""
    known = set(going)
    says = re.compile(rf"(?<![A-Za-z0-9_-]){re.escape(participant)}(?![A-Za-z0-9_-])")
    for path in _files(reports, _TEXTS):
        if known.isdisjoint((path, *path.parents)) and says.search(path.read_text(encoding="utf-8", errors="replace")):
            yield path


def unreadable(reports: Path) -> Iterator[Path]:
    """Zip files of which it cannot be told what they hold."""
    return (path for path in _files(reports, (".zip",)) if _held(path) is None)


def _files(reports: Path, endings: tuple[str, ...]) -> Iterator[Path]:
    """The files below the folder with one of the endings, but those of runs and in hidden folders."""
    for folder, _, names in folders.beside_runs(reports):
        yield from (folder / name for name in names if Path(name).suffix.lower() in endings)


def _held(path: Path) -> dict[str, str] | None:
    """The folders in a zip file, with the person whom a record in one names; None where it cannot be read."""
    found: dict[str, str] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                *folders, name = entry.filename.split("/")
                found |= {folder: found.get(folder, "") for folder in folders[-3:]}
                if folders and name in RECORDS and entry.file_size < _MOST_BYTES:
                    with archive.open(entry) as record:
                        found[folders[-1]] = _said(record.read(_MOST_BYTES))
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError):
        return None
    return found


def _said(record: bytes) -> str:
    try:
        said: Any = json.loads(record)
        return participant_of(said)
    except (ValueError, AttributeError, TypeError, RecursionError):
        return ""


def _names(path: Path, participant: str) -> bool:
    """Whether a table has the person in a column of people."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                if any(row.get(name) == participant for name in _PEOPLE):
                    return True
    except (OSError, UnicodeDecodeError, csv.Error):
        return False
    return False
