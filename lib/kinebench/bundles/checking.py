"""Checking a bundle: its bag's checksums, and each run against its own record, file by file."""

import hashlib
import json
import logging
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinebench.bundles import members
from kinebench.bundles.members import RECORD
from kinebench.bundles.unpacking import unpack
from kinebench.errors import KinebenchError

MISSING, CHANGED, ADDED = "missing", "changed", "added"
KINDS = {"sha256", "sha512"}
MISSHAPEN = (ValueError, TypeError, AttributeError, LookupError, OSError)
"""What `bagit` raises, besides its own errors, where a stranger's file has not the form that it expects."""


@dataclass(frozen=True, order=True)
class Fault:
    """A file of the bundle, its path in the bag, and whether it is missing, changed or added."""

    path: str
    what: str


@dataclass(frozen=True)
class Seen:
    """What was found in a bundle: faults, none in a whole one; notes: what could not be told, a sentence each."""

    runs: int
    files: int
    size_bytes: int
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]


def verify(path: str | Path) -> Seen:
    """Unpack the bundle into a temporary folder and check it. KinebenchError where it is none, or a dangerous one."""
    path = Path(path).expanduser()
    if not path.is_file():
        raise KinebenchError(f"FILE must be a file that exists, but there is no {path}. Check the path.")
    with tempfile.TemporaryDirectory(prefix="kinebench-") as folder:
        return _seen(path, unpack(path, Path(folder)))


def _seen(path: Path, root: Path) -> Seen:
    import bagit

    logging.getLogger("bagit").setLevel(logging.CRITICAL)
    try:
        bag = bagit.Bag(str(root))
    except (bagit.BagError, *MISSHAPEN) as error:
        raise _no_bag(path, error) from None
    if not any(name.startswith("data/") for name in bag.entries) or not set(bag.algorithms) <= KINDS:
        raise _no_bag(path, "it does not list files with their SHA-256")
    faults = set(_bag_faults(bag, root))
    records = sorted(root.glob(f"data/*/{RECORD}"))
    shown = str(bag.info.get("Kinebench-Faces", "covered"))
    notes = [] if shown == "covered" else [f"Faces are {_printable(shown)}."]
    for record in records:
        found, note = _run_faults(record, root)
        faults |= found
        notes += [note] if note else []
    if not faults:
        try:
            bag.validate()
        except (bagit.BagError, *MISSHAPEN) as error:
            raise _no_bag(path, error) from None
    payload = [one.stat().st_size for one in (root / "data").rglob("*") if one.is_file()]
    told = tuple(Fault(_printable(fault.path), fault.what) for fault in sorted(faults))
    return Seen(len(records), len(payload), sum(payload), told, tuple(notes))


def _bag_faults(bag: Any, root: Path) -> Iterator[Fault]:
    """Every file against all of the bag's checksums; `bagit` itself stops at the first sum that is not right."""
    there = {one.relative_to(root).as_posix(): one for one in root.rglob("*") if one.is_file()}
    for name, digests in bag.entries.items():
        if name not in there:
            yield Fault(name, MISSING)
        elif any(_digest(there[name], kind) != digests.get(kind, "").lower() for kind in sorted(KINDS)):
            yield Fault(name, CHANGED)
    own = {Path(one).name for one in bag.tagmanifest_files()}
    yield from (Fault(name, ADDED) for name in there.keys() - bag.entries.keys() - own)


def _run_faults(record: Path, root: Path) -> tuple[set[Fault], str]:
    """A run's files against its own record, and a note where that lists none."""
    folder, home = record.parent, record.parent.relative_to(root).as_posix()
    try:
        said = json.loads(record.read_text(encoding="utf-8"))
        if "files" not in said:
            return (
                set(),
                f"{_printable(folder.name)} keeps no digests of its files: only the bag's checksums were checked.",
            )
        listed = members.listed(said)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return {Fault(f"{home}/{RECORD}", CHANGED)}, ""
    there = {one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file()} - {RECORD}
    faults = {Fault(f"{home}/{name}", MISSING) for name in listed.keys() - there}
    faults |= {Fault(f"{home}/{name}", ADDED) for name in there - listed.keys()}
    shared = listed.keys() & there
    return faults | {Fault(f"{home}/{name}", CHANGED) for name in shared if _digest(folder / name) != listed[name]}, ""


def _digest(path: Path, kind: str = "sha256") -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, kind).hexdigest()


def _printable(text: str) -> str:
    """A stranger's words without what a terminal would obey."""
    return "".join(mark if mark.isprintable() else "?" for mark in text)


def _no_bag(path: Path, why: object) -> KinebenchError:
    said = _printable(" ".join(str(why).split())[:200])
    return KinebenchError(
        f"FILE must be a bundle that `kinebench export` wrote, but {path} is not, or no longer: {said}. Have it sent "
        "again."
    )
