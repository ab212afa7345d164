"""What a finished run consists of: its files, as its own record lists them, each checked against its digest."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from kinebench.errors import KinebenchError

RECORD = "run.json"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,199}")
# What runs wrote before their records listed it; what else lies in such a folder is somebody's own.
KNOWN = re.compile(
    r"(report\.(html|pdf)|metrics\.(json|csv)|(reps|references|signals)\.csv|keypoints\.(csv|parquet)|overlay\.mp4"
    r"|thumbnail\.jpg|[a-z_]+\.ipynb|figures/[a-z0-9_]+\.(svg|pdf|png))"
)
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Member:
    """A run to be bundled: name, its folder, its record, and its files' SHA-256 by their names below the folder.

    The digest is None where the record, of an older version, lists no files.
    """

    name: str
    folder: Path
    record: Mapping[str, Any]
    files: Mapping[str, str | None]

    @property
    def is_listed(self) -> bool:
        """Whether the record lists the files."""
        return isinstance(self.record.get("files"), dict)

    def there(self) -> list[str]:
        """The names of the files that lie in the folder, but for the record."""
        return [name for name in _there(self.folder) if name != RECORD]


def member(name: str, reports: Path) -> Member:
    """The finished run `name` of the reports folder, or that of the folder at the path `name`."""
    folder = _folder(name, reports)
    if (folder / "failure.json").is_file() and not (folder / RECORD).is_file():
        raise KinebenchError(f"RUN must be finished, but {name} failed. Leave it out, or run its clip again.")
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except OSError as error:
        raise KinebenchError(
            f"RUN must be the folder of a run, but {folder / RECORD} cannot be read ({error.strerror}). Check the name."
        ) from None
    except ValueError:
        raise _damaged(name, f"{RECORD} is no JSON") from None
    if not isinstance(record, dict) or record.get("status") != "complete" or not isinstance(record.get("run"), str):
        raise _damaged(name, f"{RECORD} does not say that it is complete")
    if not NAME.fullmatch(record["run"]):
        raise _damaged(name, f"{RECORD} calls it {record['run'][:40]!r}, which is no run's name")
    return Member(record["run"], folder, record, _files(name, folder, record))


def listed(record: Mapping[str, Any]) -> dict[str, str]:
    """The files of a record, SHA-256 by name; ValueError where it lists none, or not as it should."""
    files = record.get("files")
    if not isinstance(files, dict):
        raise ValueError("files are not listed")
    for name, said in files.items():
        digest = said.get("sha256") if isinstance(said, dict) else None
        if not is_inside(name) or not re.fullmatch("[0-9a-f]{64}", str(digest)):
            raise ValueError(f"{name[:60]!r} is not listed with a name inside the folder and a SHA-256")
    return {name: said["sha256"] for name, said in files.items()}


def is_inside(name: str) -> bool:
    """Whether a relative name, with / between its parts, cannot lead out of the folder on any system."""
    parts = name.split("/")
    bare = all(part and part not in (".", "..") and part == part.rstrip(" .") for part in parts)
    return bare and not re.search(r"[\\:\x00-\x1f\x7f-\x9f]", name) and not PurePosixPath(name).is_absolute()


def copied(source: Path, target: Path) -> str:
    """Copy a file's bytes, nothing else of it; returns their SHA-256."""
    digest = hashlib.sha256()
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        opened = source.open("rb")
    except OSError as error:
        raise KinebenchError(f"RUN must be readable, but {source} is not ({error.strerror}). Mend that.") from None
    with opened as read, target.open("xb") as written:
        while block := read.read(_BLOCK):
            digest.update(block)
            written.write(block)
    return digest.hexdigest()


def _folder(name: str, reports: Path) -> Path:
    path = Path(name).expanduser()
    for folder in (reports / name, path) if NAME.fullmatch(name) else (path,):
        if folder.is_dir():
            return folder.resolve()
    raise KinebenchError(
        f"RUN must be the name of a run in {reports}, or the path of its folder, but there is no {name}. Check the "
        "name, or give the folder of the runs with --reports."
    )


def _files(name: str, folder: Path, record: Mapping[str, Any]) -> dict[str, str | None]:
    if "files" in record:
        try:
            digests: dict[str, str | None] = {**listed(record)}
        except ValueError as error:
            raise _damaged(name, f"{RECORD}: {error}") from None
    else:
        digests = {file: None for file in _there(folder) if KNOWN.fullmatch(file)}
    missing = [file for file in digests if not (folder / file).is_file()]
    if missing:
        raise _damaged(name, f"{', '.join(missing[:5])} of its {len(digests)} files cannot be found")
    linked = [file for file in digests if not (folder / file).resolve().is_relative_to(folder)]
    if linked:
        raise _damaged(name, f"{linked[0]} is a link that leads out of its folder")
    return digests


def _there(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _damaged(name: str, why: str) -> KinebenchError:
    return KinebenchError(f"RUN must be whole, but {name} is not: {why}. Run its clip again with --force.")
