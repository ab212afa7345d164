"""Whose is what: the records of runs and the clips' parameter files, as far as they name a person or a clip."""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinebench import places
from kinebench.catalogue import is_of_batch
from kinebench.purging import folders
from kinebench.purging.folders import CHECKPOINTS, RECORDS, size_bytes, stop

DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
NO_VIDEO = "plain ground"
"""In the notes of a recording without a video: its clip shows nothing, and may be that of other recordings too."""
_PARTICIPANT = re.compile(r"^participant: *(?:'([^']*)'|\"([^\"]*)\"|([^\s#'\"]+))", re.MULTILINE)
_CLIP = re.compile(r"sha256: *['\"]?([0-9a-f]{64})")


@dataclass(frozen=True)
class Item:
    """A file or folder to be removed; what: its kind, in the plural.

    inside: the names in the folder that go, where it may hold other things too; None: all of it goes.
    """

    what: str
    path: Path
    size_bytes: int
    inside: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Claim:
    """A run's record or a clip's parameter file: what it is, and what it says.

    participant: empty where it names none; clip: SHA-256 of the video; recording: those of the keypoints that another
    tool made, where there were any; reference: the reference movement that a run compared with; ground: whether the
    clip is but the plain ground of a recording.
    """

    path: Path
    what: str
    participant: str
    clip: str = ""
    recording: frozenset[str] = frozenset()
    reference: str = ""
    ground: bool = False

    @property
    def is_run(self) -> bool:
        """Whether it is the folder of a run, finished or failed."""
        return self.what in RECORDS.values()

    @property
    def name(self) -> str:
        """Of the folder or file."""
        return self.path.name

    @property
    def digests(self) -> frozenset[str]:
        """All that lead from it to what was derived from the same recording."""
        return self.recording | ({self.clip} if self.clip else frozenset())


def everything(reports: Path) -> tuple[list[Claim], list[Path]]:
    """Every run below `reports` and every parameter file; and the records that cannot be read."""
    found, unread = [], []
    for path in (*_records(reports), *_parameter_files()):
        claim = _of_record(path) if path.name in RECORDS else _of_parameters(path)
        if claim is None:
            unread.append(path)
        else:
            found.append(claim)
    return found, unread


def by_name(unread: list[Path], participant: str, is_named: Callable[[str], bool]) -> list[Claim]:
    """Of the records that cannot be read, those in a folder that is called as a run of the person."""
    return [
        Claim(path.parent, RECORDS[path.name], participant)
        for path in unread
        if path.name in RECORDS and is_named(path.parent.name)
    ]


def belonging(found: list[Claim], participant: str) -> tuple[list[Claim], list[Claim]]:
    """The claims of the person, with those of the same recordings that name nobody.

    The second list: those that name nobody and are of a recording that another person's runs use as well.
    """
    digests, _ = digests_of([one for one in found if one.participant == participant], found, participant)
    everyones = frozenset().union(*(one.digests for one in found if one.participant == participant and not one.ground))
    own = [one for one in found if one.participant == participant or (not one.participant and one.digests & digests)]
    shared = [one for one in found if not one.participant and one.digests & everyones and not one.digests & digests]
    return own, shared


def digests_of(own: list[Claim], found: list[Claim], participant: str) -> tuple[frozenset[str], frozenset[str]]:
    """The digests that lead to this person alone; and of these the plain grounds."""
    recordings = frozenset().union(*(one.recording for one in own))
    whole = frozenset().union(*(one.digests for one in own))
    others = [
        one.digests
        for one in found
        if one.participant not in ("", participant)
        # A plain ground that somebody else's recording stands on as well shows nobody, and leads nowhere.
        or (one.ground and not one.participant and not one.recording & recordings)
    ]
    alone = whole - frozenset().union(*others)
    return alone, alone & {one.clip for one in own if one.ground}


def items(claims: Iterable[Claim]) -> Iterator[Item]:
    """What the claims are made of. A folder that was given to a run, with --out, keeps what is none of the run's."""
    for claim in claims:
        inside = folders.own_names(claim.path) if claim.is_run else None
        parts = [claim.path] if inside is None else [claim.path / name for name in inside]
        yield Item(claim.what, claim.path, sum(map(size_bytes, parts)), inside)


def _records(reports: Path) -> Iterator[Path]:
    """A record of every run folder, also of one that is a link; hidden folders are not those of runs.

    Where a folder was given to a run, with --out, there may be other runs below it.
    """
    if not reports.is_dir():
        return
    for folder, below, names in os.walk(reports, onerror=stop):
        here = [name for name in RECORDS if name in names]
        yield from (Path(folder, name) for name in here[:1])
        if not here and names and is_of_batch(Path(folder).name, ""):
            # Killed before the record was written, or the record was removed.
            yield Path(folder, "failure.json" if Path(folder).parent.name == "failed" else "run.json")
        if here:
            below[:] = [] if folders.is_called_as_run(Path(folder)) else folders.without_figures(below)
        else:
            below[:] = folders.below(below)
        for name in below:
            link = Path(folder, name)
            if link.is_symlink():
                yield from (link / record for record in RECORDS if (link / record).is_file())


def _parameter_files() -> Iterator[Path]:
    """Those of the clips, drafts, earlier states that were kept among them, and copies that Jupyter made of them."""
    for folder in (places.params(), places.params() / CHECKPOINTS):
        if folder.is_dir():
            yield from sorted(path for path in folder.iterdir() if ".yaml" in path.suffixes and path.is_file())


def said(content: bytes | str, path: Path) -> Claim | None:
    """What a run's record says, which lies or lay at `path`; None where it is damaged."""
    try:
        record: Any = json.loads(content)
        parameters = record.get("parameters") or {}
        estimator = record.get("estimator") or {}
        clip = str((record.get("input") or {}).get("sha256") or "")
        source = estimator.get("source") or {}
        recording = (estimator.get("weights") or {}).get("recording"), source.get("sha256")
        claim = Claim(
            path=path.parent,
            what=RECORDS[path.name],
            participant=str(record.get("participant") or parameters.get("participant") or ""),
            clip=clip,
            recording=frozenset(str(digest) for digest in recording if digest),
            reference=str(parameters.get("reference") or ""),
            ground=any(NO_VIDEO in str(note) for note in source.get("notes", ())),
        )
        # What says neither whose it is nor of which clip is as good as damaged.
        return claim if claim.participant or claim.digests else None
    except (ValueError, AttributeError, TypeError, RecursionError):
        return None


def _of_record(path: Path) -> Claim | None:
    try:
        return said(path.read_bytes(), path)
    except OSError:
        return None


def _of_parameters(path: Path) -> Claim | None:
    """Read as text: a file that the program would refuse names its person all the same."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    named, clip = _PARTICIPANT.search(text), _CLIP.search(text)
    participant: Any = next(filter(None, named.groups()), "") if named else ""
    return Claim(
        path=path,
        what="drafts" if path.name.endswith(".draft.yaml") else "parameter files",
        participant="" if participant in ("null", "~") else participant,
        clip=clip.group(1) if clip else "",
    )
