"""What names a person and is none of the program's own, by its name or in its text: somebody must look at it."""

import re
import stat
from collections.abc import Collection, Iterator
from pathlib import Path

from kinebench.purging import folders

_TEXTS = (".csv", ".html", ".ipynb", ".json", ".md", ".txt", ".tex", ".yaml")


def told(reports: Path, participant: str, people: Collection[str], going: Collection[Path]) -> Iterator[str]:
    """A sentence for each file or folder that stays below `reports`, beside the runs.

    people: all participants that are known, for `P07_2` may be one too; going: what is removed.
    """
    gone = set(going)
    says = re.compile(rf"(?<![A-Za-z0-9_-]){re.escape(participant)}(?![A-Za-z0-9_-])")
    for folder, inner, files in folders.beside_runs(reports):
        if not gone.isdisjoint((folder, *folder.parents)):
            continue
        for path in (folder / name for name in (*inner, *files)):
            if path in gone:
                continue
            names = in_name(path.name, participant, people)
            if not names and path.name in files and path.suffix.lower() in _TEXTS:
                text = _text(path)
                if text is None:
                    yield f"{path} cannot be read: look whose it is."
                names = bool(text and says.search(text))
            if names:
                yield f"{path} names {participant}: look whether it is to stay."


def in_name(name: str, participant: str, people: Collection[str]) -> bool:
    """Whether a file's or folder's name holds the pseudonym as a word: `_`, `-` and `.` end one."""
    for other in sorted(set(people) - {participant}, key=len, reverse=True):
        if _word(participant).search(other):
            name = _word(other).sub("", name)
    return _word(participant).search(name) is not None


def _word(pseudonym: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_]){re.escape(pseudonym)}(?![^\W_])")


def _text(path: Path) -> str | None:
    """Of a file; empty of what is none, as a pipe is; None where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace") if stat.S_ISREG(path.stat().st_mode) else ""
    except OSError:
        return None
