"""From the rows of a list to what has to be done: which runs are up to date, which are not, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from kinebench import manifest, parameters, tasks
from kinebench.batch.jobs import UP_TO_DATE, Job, Outcome
from kinebench.batch.ledger import Ledger
from kinebench.batch.naming import named
from kinebench.batch.stamps import Stamps
from kinebench.errors import KinebenchError, split
from kinebench.kernel import Limits
from kinebench.run import settling
from kinebench.run.basis import basis, changes

# A row that can't be told from another list's: nothing is written over what that one has.
LIST = "list"
SHARED = (
    "Participant, session, date, task and label must tell a recording from all others, but another list has the same "
    "for another clip.",
    "Give the rows a session, a date or a label; or --take-over, where the other is this list under an earlier name.",
)


@dataclass(frozen=True)
class Planned:
    """A row with its job, and in words why it has to run; `UP_TO_DATE` where it has not."""

    job: Job
    why: str

    @property
    def due(self) -> bool:
        """Whether it has to run."""
        return self.why != UP_TO_DATE


@dataclass(frozen=True)
class Plan:
    """Every row of a list: what is to be done, and what is known to fail already.

    names: of the runs of all rows, also of those that are left as they are, each with its participant; own_list: see
    `plan`.
    """

    rows: tuple[Planned, ...]
    failures: tuple[Outcome, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    own_list: str = ""

    @property
    def due(self) -> list[Job]:
        """The jobs that have to run, in the list's order."""
        return [row.job for row in self.rows if row.due]


def plan(
    rows: Sequence[manifest.Row],
    ledger: Ledger,
    stamps: Stamps,
    *,
    force: bool = False,
    only: Sequence[str] = (),
    limits: Limits | None = None,
    carry: bool = False,
    keep_path: bool = False,
    own_list: str = "",
    take_over: bool = False,
) -> Plan:
    """What has to be done for `rows`. KinebenchError with all faults of the clips' own parameter files.

    only: patterns (* and ?) of participants or runs' names; the others are left as they are. carry, keep_path, limits:
    see `Job`; own_list: what the list is noted by in the ledger; take_over: whatever other lists say of the runs.
    """
    ledger = ledger.seen()
    digests = stamps.digests(sorted({row.clip for row in rows}))
    known = {clip: found for clip, found in digests.items() if isinstance(found, str)}
    obeyed, faults = manifest.with_saved(rows, known)
    if len(faults):
        raise manifest.ManifestError("The clips' own parameter files do not fit the list; see the table.", faults)
    template = Job(
        *("", 0, "", "", {}, ledger.place.where),
        limits=limits or Limits(),
        carry=carry,
        keep_path=keep_path,
        force=force,
    )
    others = set() if take_over else set(ledger.listed(besides=own_list))
    names = named(obeyed, known, ledger)
    found: list[Planned | Outcome] = []
    for row, name in zip(obeyed, names, strict=True):
        if _wanted(row, name, only):
            job = replace(template, name=name, row=row.number, clip=row.clip, task=row.task, values=dict(row.values))
            found.append(_planned(job, digests[row.clip], others, ledger))
    return Plan(
        tuple(one for one in found if isinstance(one, Planned)),
        tuple(one for one in found if isinstance(one, Outcome)),
        {name: row.identity[0] for row, name in zip(obeyed, names, strict=True)},
        own_list,
    )


def _planned(job: Job, sha256: str | KinebenchError, others: set[str], ledger: Ledger) -> Planned | Outcome:
    """What is to be done for a job, or how it failed already. others: runs that other lists name."""
    try:
        if isinstance(sha256, KinebenchError):
            raise sha256
        job = _settled(job, sha256)
    except KinebenchError as error:
        message, remedy = split(str(error))
        known = replace(job, sha256=sha256 if isinstance(sha256, str) else "")
        if job.name in others and ledger.record(job.name) is not None and not _is_the_same(known, ledger):
            # Nothing is noted: a failure would be told of the other's run.
            return Outcome(job, "failed", LIST, f"{message} The run of that name is another list's.", remedy)
        return Outcome(job, "failed", "reading", message, remedy)
    if job.name in others and is_another(job, ledger):
        return Outcome(job, "failed", LIST, *SHARED)
    return Planned(job, "forced" if job.force else why_due(job, ledger))


def is_another(job: Job, ledger: Ledger) -> bool:
    """Whether the run of that name is one of another clip."""
    before = _clip_before(job, ledger)
    return bool(before and job.sha256 and before != job.sha256)


def _is_the_same(job: Job, ledger: Ledger) -> bool:
    """Whether the run of that name is known to be one of the same clip."""
    return bool(job.sha256) and _clip_before(job, ledger) == job.sha256


def _clip_before(job: Job, ledger: Ledger) -> str:
    return str((ledger.record(job.name) or {}).get("basis", {}).get("clip", ""))


def why_due(job: Job, ledger: Ledger) -> str:
    """Why a job has to run, or `UP_TO_DATE`: told by digests alone, so that no clock can deceive."""
    record = ledger.record(job.name)
    if record is None:
        failure = ledger.failure(job.name)
        return "new" if failure is None else f"failed at {failure.get('stage', 'an unknown stage')} before"
    if not job.sha256:
        return "its clip has to be fetched to be compared"
    other = changes(record.get("basis", {}), job.basis)
    if other:
        return "changed: " + ", ".join(other)
    lacking = ledger.lacking(job.name, record)
    return f"damaged: {lacking} is missing or cut" if lacking else UP_TO_DATE


def _wanted(row: manifest.Row, name: str, only: Sequence[str]) -> bool:
    return not only or any(fnmatchcase(one, pattern) for pattern in only for one in (name, row.identity[0]))


def _settled(job: Job, sha256: str) -> Job:
    """The job with every parameter, and with what its result is to rest on."""
    task = tasks.get(job.task)
    settings: Any = parameters.build(task.settings, settling.rooted(job.values))
    return replace(job, values=parameters.flat(settings), sha256=sha256, basis=basis(task, settings, sha256))
