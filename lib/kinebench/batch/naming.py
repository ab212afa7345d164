"""Which run a row stands for: its own of before, whatever became of the list's order, else the next free name."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kinebench import manifest
from kinebench.batch.jobs import run_name
from kinebench.batch.ledger import FAILED, Ledger


@dataclass(frozen=True)
class _Known:
    """What a run of before tells of itself."""

    clip: str
    parameters: Mapping[str, Any]

    def likeness(self, row: manifest.Row) -> int:
        """How many of the row's values were those of the run, too: one clip may have several rows, as of stretches."""
        return sum(self.parameters.get(name) == value for name, value in row.values.items())


def named(rows: Sequence[manifest.Row], digests: Mapping[str, str], ledger: Ledger) -> list[str]:
    """The runs' names, one a row.

    Rows alike but for their clips have numbers in their names: first those get theirs whose clip, by its digest, has a
    run already, the others what is left, in the list's order. digests: of clips, as far as they are known.
    """
    alike: dict[tuple[str, ...], list[int]] = {}
    for place, row in enumerate(rows):
        alike.setdefault(row.identity, []).append(place)
    there = {*ledger.place.names(), *ledger.place.names(FAILED)}
    free = {identity: _names(identity, len(places), there) for identity, places in alike.items()}
    ledger.bring([name for names in free.values() for name in names if name in there])
    found = [""] * len(rows)
    for identity, places in alike.items():
        known = {name: one for name in free[identity] if name in there and (one := _known(ledger, name))}
        clips = {place: digests.get(rows[place].clip, "") for place in places}
        for place, name in _matched({place: rows[place] for place in places}, clips, known):
            found[place] = name
        taken = {found[place] for place in places}
        left = (name for name in free[identity] if name not in taken)
        for place in places:
            found[place] = found[place] or next(left)
    return found


def _names(identity: tuple[str, ...], count: int, there: set[str]) -> list[str]:
    """The names for so many rows, and what there is beyond: rows may have been removed from the list."""
    names: list[str] = []
    while len(names) < count or run_name(identity, len(names) + 1) in there:
        names.append(run_name(identity, len(names) + 1))
    return names


def _known(ledger: Ledger, name: str) -> _Known | None:
    record = ledger.record(name) or ledger.failure(name) or {}
    clip = record.get("basis", {}).get("clip", "")
    return _Known(clip, record.get("parameters", {})) if clip else None


def _matched(
    rows: Mapping[int, manifest.Row], clips: Mapping[int, str], known: Mapping[str, _Known]
) -> Iterable[tuple[int, str]]:
    """Rows with the runs of their very clips, those first that have most in common."""
    runs: dict[str, list[str]] = {}
    for name, one in known.items():
        runs.setdefault(one.clip, []).append(name)
    pairs = [(place, name) for place, clip in clips.items() if clip for name in runs.get(clip, ())]
    taken: set[int | str] = set()
    for place, name in sorted(pairs, key=lambda pair: -known[pair[1]].likeness(rows[pair[0]])):
        if place not in taken and name not in taken:
            taken |= {place, name}
            yield place, name
