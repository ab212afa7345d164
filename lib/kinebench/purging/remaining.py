"""What a purge leaves, in words; and whether the reports folder's tables still name a person."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from kinebench import places
from kinebench.purging import beside, naming, removing
from kinebench.purging.claims import DIGEST, Claim, Item
from kinebench.purging.folders import OWN_FOLDER, RECORDS, text_of

TABLE = "metrics.csv"
_MOST_NAMES = 10


def is_in_tables(reports: Path, participant: str) -> bool:
    """Whether the table of all runs has a row of the person."""
    try:
        with (reports / TABLE).open(encoding="utf-8-sig", newline="") as file:
            return any(row.get("participant") == participant for row in csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error):
        return False


def told(
    own: list[Claim],
    shared: list[Claim],
    digests: frozenset[str],
    found: list[Claim],
) -> tuple[str, ...]:
    """A sentence for each thing that stays, and why."""
    return (
        *_recordings(own, digests),
        *(f"{one.name} names nobody, and its clip is another participant's too: it stays." for one in shared),
        *_comparisons(own, found),
        *(f"{one.path} is a link: it goes, and what it leads to stays." for one in own if one.path.is_symlink()),
    )


def lists(participant: str, named: bool) -> tuple[str, ...]:
    """That a list which a batch was given still has the person's rows: where it lies is noted nowhere."""
    if not named:
        return ()
    return (
        f"The list that `kinebench batch` was given names {participant}: take their rows out of it, or the next batch "
        "makes their runs anew.",
    )


def within(items: Iterable[Item], going: set[Path], reports: Path) -> tuple[str, ...]:
    """A sentence for each folder that holds other things than the run that goes."""
    written_anew = {reports / name for name in (*removing.TABLES, OWN_FOLDER)}
    said = []
    for folder in sorted(item.path for item in items if item.inside is not None):
        rest = sorted(path.name for path in folder.iterdir() if path not in going | written_anew)
        if rest:
            more = f" and {len(rest) - _MOST_NAMES} more" if len(rest) > _MOST_NAMES else ""
            said.append(
                f"In {folder} only what belongs to the run goes, the rest stays: {', '.join(rest[:_MOST_NAMES])}{more}."
            )
    return tuple(said)


def beside_them(
    reports: Path, participant: str, lost: list[Claim], unread: list[Path], people: frozenset[str], going: set[Path]
) -> tuple[str, ...]:
    """A sentence for each thing that cannot be told or reached. lost: runs whose records cannot be read; they go."""
    own = {one.path for one in lost}
    written_anew = {reports / name for name in removing.TABLES}
    return (
        *(f"{one.name} goes by its name, its record cannot be read: what was made of its clip stays." for one in lost),
        *(f"{path} cannot be read: look whose it is." for path in unread if path.parent not in own),
        *(f"{path} cannot be read: look whose runs it holds." for path in beside.unreadable(reports)),
        *naming.told(reports, participant, people, going | written_anew),
        "Not reached: results that were written elsewhere with --out, anonymised copies elsewhere, notebooks that were "
        "saved with what they show, the caches of other computers, backups, and copies and bundles that were handed "
        "on.",
    )


def bundles(reports: Path, participant: str, digests: frozenset[str], going: set[Path]) -> tuple[str, ...]:
    """A sentence for each bundle that holds a run of these recordings under another name."""
    return tuple(
        f"{path} holds a run of a recording of {participant} that names somebody else: look whether it is to stay."
        for path in beside.named_otherwise(reports, participant, digests, going)
    )


def of_their_own(own: list[Claim], reports: Path, going: set[Path]) -> tuple[str, ...]:
    """A sentence for each reports folder below `reports` that runs go from: its tables and lists are not written."""
    runs = [one.path for one in own if one.is_run and one.path != reports]
    above = {path for run in runs for path in (run, *run.parents) if path != reports and path.is_relative_to(reports)}
    return tuple(
        f"{path} has tables and lists of its own: purge there too, with --reports {path}."
        for path in sorted(above - going)
        if _is_reports(path)
    )


def _is_reports(folder: Path) -> bool:
    """A run has a table of that name too."""
    of_run = any((folder / name).exists() for name in RECORDS)
    return (folder / OWN_FOLDER).is_dir() or (not of_run and (folder / TABLE).exists())


def _recordings(own: list[Claim], digests: frozenset[str]) -> Iterator[str]:
    clips = sorted({one.clip for one in own if one.clip and not one.ground})
    for clip in clips:
        if clip in digests:
            yield f"The recording itself (SHA-256 {clip}) stays where it is."
        else:
            yield (
                f"The recording (SHA-256 {clip}) is another participant's too: its detections, references and exports "
                "stay, as it does."
            )
    tools = {digest for one in own for digest in one.recording}
    if tools:
        yield "The keypoint files of other tools stay where they are."


def _comparisons(own: list[Claim], found: list[Claim]) -> Iterator[str]:
    """Others who were compared with a reference made of this person."""
    made = frozenset().union(*(one.digests for one in own))
    rest = set(found) - set(own)
    for text in sorted(places.references().glob("*.yaml")):
        if not set(DIGEST.findall(text_of(text))) & made:
            continue
        runs = sorted(one.name for one in rest if one.reference == text.stem)
        if runs:
            yield f"Compared with {text.stem}, a reference made of one of these clips, and staying: {', '.join(runs)}."
