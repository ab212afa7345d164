"""All that was derived from one person's recordings: what it is, and its removal.

A person is known by the pseudonym in the runs' records and the parameter files; the clips named there, by digest, lead
to the rest: cached detections, references, drafts, exports. The recordings themselves are not derived and stay.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kinebench.errors import KinebenchError
from kinebench.purging import beside, claims, leftovers, remaining, removing, traces
from kinebench.purging.claims import Item
from kinebench.tasks.person import IDENTIFIER

__all__ = ["Item", "Plan", "carry_out", "plan"]


@dataclass(frozen=True)
class Plan:
    """What is to be removed of one person, and what stays.

    items: files and folders in the order of their removal; stamps: digests to be forgotten by the cache of stamps;
    lists: files of the batch with the names of runs to be taken out; tables: whether the reports folder's tables and
    index are to be written anew; stays: in words, a sentence each.
    """

    participant: str
    reports: Path
    items: tuple[Item, ...]
    stamps: frozenset[str]
    lists: dict[Path, tuple[str, ...]]
    tables: bool
    stays: tuple[str, ...]

    @property
    def size_bytes(self) -> int:
        """Of all files together."""
        return sum(item.size_bytes for item in self.items)


def plan(participant: str, reports: str | Path) -> Plan:
    """Look for everything derived from `participant`; nothing is changed. KinebenchError where there is nothing.

    reports: the folder of the runs, on this computer; caches and parameter files are those of `kinebench.places`.
    """
    if not re.fullmatch(IDENTIFIER, participant):
        raise KinebenchError(
            f"PARTICIPANT must be 1 to 32 letters, digits, _ or -, beginning with a letter or digit, but got "
            f"{participant!r}. Give the pseudonym that stands in the runs."
        )
    reports = Path(reports).expanduser().resolve()
    found, unread = claims.everything(reports)
    names = _names(participant, reports, found)
    lost = claims.by_name(unread, participant, names.has)
    own, shared = claims.belonging([*found, *lost], participant)
    digests, grounds = claims.digests_of(own, found, participant)
    lists = leftovers.listed(reports, names)
    in_tables = remaining.is_in_tables(reports, participant)
    items = (
        *_made_of_clips(digests, grounds, reports),
        *leftovers.staged(reports, participant, names),
        *beside.bundles(reports, participant, digests, names.has),
        *beside.cohorts(reports, participant, had_runs=bool(names.own) or in_tables),
        *claims.items(sorted(own, key=lambda claim: (bool(claim.participant), claim.is_run, -len(claim.path.parts)))),
    )
    stamps = traces.stamped(digests)
    named = bool(names.own or lost or lists) or in_tables
    tables = removing.mark(reports).exists() or (named and bool(removing.tables(reports)))
    if not (items or stamps or lists or tables):
        raise KinebenchError(
            f"PARTICIPANT must be one of whom something is kept, but nothing of {participant} was found in {reports}, "
            f"the caches and the clips' parameter files{_doubt(unread)}. Check the pseudonym, and --reports."
        )
    going = removing.going(items, reports)
    stays = (
        *remaining.told(own, shared, digests, found),
        *remaining.lists(participant, bool(lists)),
        *remaining.within(items, going, reports),
        *remaining.of_their_own(own, reports, going),
        *remaining.bundles(reports, participant, digests, going),
        *remaining.beside_them(reports, participant, lost, unread, names.people, going),
    )
    return Plan(participant, reports, items, stamps, lists, tables, stays)


def _made_of_clips(digests: frozenset[str], grounds: frozenset[str], reports: Path) -> Iterator[Item]:
    yield from traces.cached(digests)
    yield from traces.recorded(digests, grounds)
    yield from traces.references(digests)
    yield from traces.exports(digests, reports)
    yield from traces.unwritten_stamps(digests)
    yield from beside.copies(reports, digests)


def _names(participant: str, reports: Path, found: list[claims.Claim]) -> leftovers.Names:
    own, _ = claims.belonging(found, participant)
    runs = {claim.name for claim in own if claim.is_run}
    others = {claim.name for claim in set(found) - set(own) if claim.is_run}
    noted = leftovers.noted(reports)
    people = {claim.participant for claim in found} | set(noted.values())
    return leftovers.Names(participant, frozenset(runs), frozenset(others), noted, frozenset(people - {""}))


def _doubt(unread: list[Path]) -> str:
    """In the words of an error, that there may be something all the same."""
    if not unread:
        return ""
    return f" - but {len(unread)} record(s) cannot be read and may be theirs ({', '.join(map(str, unread[:5]))})"


def carry_out(planned: Plan) -> None:
    """Remove what was planned. Interrupted, it can be planned and carried out again, and then finishes.

    What leads from the person to the rest, records that name them, goes after it; then lists, tables and index follow.
    KinebenchError, with the place, where something cannot be removed.
    """
    mark = removing.mark(planned.reports)
    if planned.tables:
        removing.set_mark(mark)
    removing.forget_stamps(planned.stamps)
    for item in planned.items:
        if item.inside is None:
            removing.remove(item.path)
        else:
            removing.remove_inside(item.path, item.inside)
    for folder in removing.shared_folders(planned.items, planned.reports):
        removing.remove_empty(folder)
    for path, names in planned.lists.items():
        removing.take_out(path, names)
    if planned.tables:
        removing.write_tables(planned.reports)
        removing.clear_mark(mark)
