"""What was made of a person's runs and lies beside them in the reports folder: bundles, a cohort's results, copies."""

import csv
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

from kinebench import provenance
from kinebench.purging import claims, folders
from kinebench.purging.claims import Claim, Item
from kinebench.purging.folders import RECORDS, size_bytes

COHORT = (
    *("runs_by_session", "runs_to_look_at", "distributions", "reliability", "agreement", "change", "change_summary"),
    *("groups", "group_differences"),
)
_FIGURES = tuple(f"{name}{ending}" for name in COHORT for ending in (".svg", ".pdf", ".png"))
_PEOPLE = ("participant", "person")
_FEWEST_TABLES = 2
_MOST_BYTES = 10_000_000


def bundles(
    reports: Path, participant: str, digests: Collection[str], is_named: Callable[[str], bool]
) -> Iterator[Item]:
    """Zip files that hold a run of the person, whoever else's they hold.

    digests: those that lead to this person alone, for a run may name nobody; is_named: whether a run's name is theirs.
    """
    for path in _files(reports, (".zip",)):
        held = _held(path) or {}
        if any(is_named(name) or _is_of(said, participant, digests) for name, said in held.items()):
            yield Item("bundles", path, size_bytes(path))


def named_otherwise(reports: Path, participant: str, digests: Collection[str], going: Collection[Path]) -> list[Path]:
    """Zip files that stay, and hold a run of the person's recordings that names somebody else."""
    stay = (path for path in _files(reports, (".zip",)) if path not in going)
    return [path for path in stay if any(said and _leads(said, digests) for said in (_held(path) or {}).values())]


def _is_of(said: Claim | None, participant: str, digests: Collection[str]) -> bool:
    if said is None:
        return False
    return said.participant == participant or (not said.participant and _leads(said, digests))


def _leads(said: Claim, digests: Collection[str]) -> bool:
    """Whether it is of one of these recordings: plain ground shows nobody."""
    return not (said.recording if said.ground else said.digests).isdisjoint(digests)


def cohorts(reports: Path, participant: str, *, had_runs: bool) -> Iterator[Item]:
    """Tables and figures of the cohort's notebook that name the person; `had_runs`: all, their numbers are in them.

    Running the notebook makes them anew. What tells whose they are goes last. A single table may be the user's own.
    """
    for folder in sorted({path.parent for path in _files(reports, (".csv",)) if path.stem in COHORT}):
        there = [path for name in COHORT if (path := folder / f"{name}.csv").is_file()]
        naming = {path for path in there if _names(path, participant)}
        of_all = folder / "runs_by_session.csv"
        if of_all not in there and len(there) < _FEWEST_TABLES:
            continue
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


def unreadable(reports: Path) -> Iterator[Path]:
    """Zip files of which it cannot be told what they hold."""
    return (path for path in _files(reports, (".zip",)) if _held(path) is None)


def _files(reports: Path, endings: tuple[str, ...]) -> Iterator[Path]:
    """The files below the folder with one of the endings, but those of runs and in hidden folders."""
    for folder, _, names in folders.beside_runs(reports):
        yield from (folder / name for name in names if Path(name).suffix.lower() in endings)


def _held(path: Path) -> dict[str, Claim | None] | None:
    """The folders in a zip file, with what a record in one says; None where the file cannot be read."""
    found: dict[str, Claim | None] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                *above, name = entry.filename.split("/")
                found |= {folder: found.get(folder) for folder in above[-3:]}
                if above and name in RECORDS and entry.file_size < _MOST_BYTES:
                    with archive.open(entry) as record:
                        found[above[-1]] = claims.said(record.read(_MOST_BYTES), Path(above[-1], name))
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError):
        return None
    return found


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
