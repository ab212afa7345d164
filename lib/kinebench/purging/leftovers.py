"""What runs that were killed left behind in the reports folder, and what the batch keeps of runs by their names."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from kinebench.errors import KinebenchError
from kinebench.purging.claims import Item
from kinebench.purging.folders import OWN_FOLDER, RUN, STAGING, size_bytes, text_of

LOCKS, LISTS = "locks", "batches"
KIND = "leftovers and locks"
_TEXTS = (".ipynb", ".json", ".yaml", ".yml")


@dataclass(frozen=True)
class Names:
    """Whose a run is by its name. own, others: names of the person's and of everybody else's runs that are there.

    noted: participants by the names of runs, as the batches' lists have them; people: all participants that are known.
    """

    participant: str
    own: frozenset[str]
    others: frozenset[str]
    noted: Mapping[str, str]
    people: frozenset[str]

    def has(self, name: str) -> bool:
        """Whether a run's name, or what begins with one, is that of the person.

        `P07_2_squat_3f9a1c2e` may be session 2 of P07 or the person P07_2: the run's record decides, or what a list
        notes; where there is neither, the known participant with the longest name.
        """
        found = RUN.match(name.removeprefix(STAGING))
        if not found or found.group() in self.others:
            return False
        run = found.group()
        if run in self.own:
            return True
        likely = (one for one in self.people | {self.participant} if run.startswith(f"{one}_"))
        return self.noted.get(run, max(likely, key=len, default="")) == self.participant


def noted(reports: Path) -> dict[str, str]:
    """Participants by the names of runs, as far as the batches' lists have them: older ones hold the names alone."""
    found: dict[str, str] = {}
    for path in _lists(reports):
        try:
            held = json.loads(path.read_text(encoding="utf-8")).get("participants", {})
            found |= {str(name): str(participant) for name, participant in held.items()}
        except (OSError, ValueError, AttributeError):
            continue
    return found


def staged(reports: Path, participant: str, names: Names) -> Iterator[Item]:
    """Unfinished results and locks of the person's runs: by their names, or by what they say of themselves.

    KinebenchError where somebody is at work on one of them.
    """
    held = sorted(path for kind in _kinds(reports) for path in kind.iterdir())
    loose = sorted(reports.glob(f"{STAGING}*")) if reports.is_dir() else []
    for path in sorted((reports / OWN_FOLDER / LISTS).glob(f"{STAGING}*")):
        if f'"{participant}_' in text_of(path):
            yield Item(KIND, path, size_bytes(path))
    for path in (*held, *loose):
        if names.has(path.name) or _tells(path, participant):
            _refuse_held(path)
            yield Item(KIND, path, size_bytes(path))


def listed(reports: Path, names: Names) -> dict[Path, tuple[str, ...]]:
    """The names of the person's runs in the batches' lists, by the file that holds them."""
    found = {}
    for path in _lists(reports):
        try:
            runs = json.loads(path.read_text(encoding="utf-8"))["runs"]
            mine = tuple(name for name in runs if names.has(name))
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if mine:
            found[path] = mine
    return found


def _lists(reports: Path) -> list[Path]:
    return sorted((reports / OWN_FOLDER / LISTS).glob("*.json"))


def _refuse_held(path: Path) -> None:
    """A lock that somebody holds: their run would come back after the purge."""
    if path.parent.name != LOCKS:
        return
    from filelock import FileLock, Timeout

    try:
        with FileLock(path, timeout=0):
            return
    except Timeout:
        raise KinebenchError(
            f"Nobody may be at work on what is purged, but a batch is at work on {path.name}. Wait until it is "
            "through, or stop it."
        ) from None


def _kinds(reports: Path) -> Iterator[Path]:
    """The folders of the batch's own folder, except that of the lists."""
    own = reports / OWN_FOLDER
    for path in sorted(own.iterdir()) if own.is_dir() else ():
        if path.is_dir() and not path.is_symlink() and path.name != LISTS:
            yield path


def _tells(path: Path, participant: str) -> bool:
    """Whether a notebook or record in a folder, or a file itself, has the person among its parameters."""
    # In a notebook's code the quotes are escaped, as in any JSON text.
    says = re.compile(rf"participant[\\\"']*\s*[:=]\s*[\\\"']*{re.escape(participant)}(?![A-Za-z0-9_-])")
    files = [path] if path.is_file() else sorted(path.rglob("*")) if path.is_dir() and not path.is_symlink() else []
    texts = (one for one in files if one.suffix in _TEXTS and one.is_file() and not one.is_symlink())
    return any(says.search(text_of(one)) for one in texts)
