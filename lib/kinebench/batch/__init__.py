"""Many runs from one list: what is up to date is left alone, the rest is handed out, each failure is a row of its own.

    read the list -> plan (what is due, and why) -> work (Dask) -> tables and index of the whole reports folder

Killed at any moment and started again, it goes on where it was: a run's folder appears whole, a run is known by the
digests of all that it rests on, and nothing else is remembered.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from kinebench.batch import fitness, stages
from kinebench.batch.engine import Ended, Engine
from kinebench.batch.jobs import UP_TO_DATE, Job, Outcome
from kinebench.batch.ledger import FAILED, Claim, Ledger, list_key
from kinebench.batch.neighbours import Neighbours
from kinebench.batch.planning import LIST, SHARED, Plan, Planned, is_another, plan, why_due
from kinebench.batch.stamps import Stamps
from kinebench.errors import KinebenchError, split
from kinebench.kernel import Exceeded, KernelDied, Limits, NotebookFailed

__all__ = [
    "UP_TO_DATE",
    "Job",
    "Ledger",
    "Limits",
    "Outcome",
    "Plan",
    "Planned",
    "Stamps",
    "list_key",
    "plan",
    "work",
]

WAIT_S = 0.5
# Until a network's file system shows what another machine wrote.
ARRIVAL_S = 60.0
# ... where the one before did not arrive.
LATER_S = 3.0
OURS = "Run it alone with `kinebench --debug run` and report what it shows: this is a fault of kinebench, not of yours."


@dataclass
class _Shared:
    """What the jobs of one batch have in common while they are under way."""

    ledger: Ledger
    stamps: Stamps
    claims: dict[str, Claim]
    aside: list[Job]
    done_elsewhere: list[Outcome]
    own_list: str
    arrival_s: float = field(default_factory=lambda: ARRIVAL_S)


def work(client: Any, chosen: Plan, ledger: Ledger, stamps: Stamps) -> Iterator[Outcome]:
    """Do what `chosen` says is due, and yield how each ended, as it ends; failures are noted in the ledger.

    client: of Dask; None will do where nothing is due.
    """
    _forget_failures(chosen, ledger)
    for known in chosen.failures:
        _note(known, ledger)
        yield known
    if not chosen.due:
        return
    shared = _Shared(ledger, stamps, {}, [], [], chosen.own_list)
    limits = next((job.limits for job in chosen.due), Limits())
    engine = Engine(
        client,
        stages.extract,
        stages.measure,
        again=_deserves_another,
        longest_s=limits.run_s,
        unfit=fitness.asked(client),
    )
    try:
        yield from _round(engine, iter(chosen.due), shared)
        # What another batch was at: wait until it is through, and do what it left undone.
        neighbours = Neighbours()
        while shared.aside:
            given_up = neighbours.given_up(shared.aside)
            aside, shared.aside = ([] if given_up else shared.aside), []
            yield from given_up
            yield from _round(engine, iter(aside), shared)
            if shared.aside:
                time.sleep(WAIT_S)
    finally:
        for claim in shared.claims.values():
            claim.release()


def _forget_failures(chosen: Plan, ledger: Ledger) -> None:
    """Runs that are up to date, after all that went wrong before: with other parameters, or killed when just done."""
    noted = set(ledger.place.names(FAILED))
    for row in chosen.rows:
        if not row.due and row.job.name in noted and (claim := ledger.claim(row.job.name)):
            try:
                ledger.succeeded(row.job.name)
            finally:
                claim.release()


def _note(known: Outcome, ledger: Ledger) -> None:
    """Write down what was known to fail before anything ran, unless the run is another list's."""
    if known.stage == LIST:
        return
    claim = ledger.claim(known.job.name)
    if claim is not None:
        try:
            ledger.begun(known.job.name)
            ledger.failed(known)
        finally:
            claim.release()


def _round(engine: Engine, jobs: Iterator[Job], shared: _Shared) -> Iterator[Outcome]:
    for ended in engine.work(_claimed(jobs, shared)):
        yield from _handed_over(shared)
        yield _settled(ended, shared)
    yield from _handed_over(shared)


def _handed_over(shared: _Shared) -> Iterator[Outcome]:
    while shared.done_elsewhere:
        yield shared.done_elsewhere.pop()


def _claimed(jobs: Iterator[Job], shared: _Shared) -> Iterator[Job]:
    """The jobs that nobody else works on; those that somebody finished since they were planned are told as such."""
    for job in jobs:
        claim = shared.ledger.claim(job.name)
        if claim is None:
            shared.aside.append(job)
            continue
        if is_another(job, shared.ledger) and _listed_elsewhere(job, shared):
            # Another list's batch finished it since it was planned.
            claim.release()
            shared.done_elsewhere.append(Outcome(job, "failed", LIST, *SHARED))
            continue
        if not job.force and why_due(job, shared.ledger) == UP_TO_DATE:
            shared.ledger.succeeded(job.name)
            claim.release()
            shared.done_elsewhere.append(Outcome(job, UP_TO_DATE))
            continue
        shared.claims[job.name] = claim
        if job.sha256 or shared.ledger.record(job.name) is None or not _listed_elsewhere(job, shared):
            shared.ledger.begun(job.name)
            yield job
        else:
            yield replace(job, shared=True)


def _listed_elsewhere(job: Job, shared: _Shared) -> bool:
    return job.name in shared.ledger.listed(besides=shared.own_list)


def _settled(ended: Ended, shared: _Shared) -> Outcome:
    """How a job ended, written down before anybody else may take it."""
    job: Job = ended.job
    outcome = _arrived(_outcome(ended), ended.result, shared)
    try:
        if outcome.status != "failed":
            shared.ledger.succeeded(job.name)
            shared.ledger.cleared(job.name)
        elif not _may_be_anothers(outcome):
            shared.ledger.failed(outcome)
    finally:
        shared.claims.pop(job.name).release()
    if outcome.sha256 and outcome.mark:
        shared.stamps.learn(job.clip, list(outcome.mark), outcome.sha256)
    return outcome


def _may_be_anothers(outcome: Outcome) -> bool:
    """Whether a failure must not be noted: the run of that name is another list's, and maybe of another clip.

    At these stages the clips were not compared yet, or nobody can tell.
    """
    return outcome.stage == LIST or (outcome.job.shared and outcome.stage in ("reading", "worker"))


def _arrived(outcome: Outcome, result: Any, shared: _Shared) -> Outcome:
    """The outcome; a failure where the worker's results are not here: it may have written into a folder of its own."""
    if outcome.status == "failed":
        return outcome
    job, end = outcome.job, time.monotonic() + shared.arrival_s
    while (shared.ledger.record(job.name) or {}).get("basis") != result["basis"]:
        if time.monotonic() > end:
            # The others will hardly come either: each of a list's would be waited for as long.
            shared.arrival_s = min(shared.arrival_s, LATER_S)
            message = f"The results must be in {shared.ledger.place.where}, but those of this run did not arrive there."
            remedy = "Name a folder or an address with --out that all machines see."
            return Outcome(job, "failed", "publishing", message, remedy, outcome.attempts)
        if shared.ledger.place.local is not None:
            # Such a file system looks again when it is asked for a list.
            shared.ledger.place.names()
        time.sleep(WAIT_S)
    shared.arrival_s = ARRIVAL_S
    return outcome


def _outcome(ended: Ended) -> Outcome:
    job, error = ended.job, ended.error
    if error is None:
        found = ended.result
        return Outcome(
            job,
            found["status"],
            attempts=ended.attempts,
            verdict=found["verdict"],
            seconds=found["seconds"],
            sha256=found["sha256"],
            mark=tuple(found["mark"]),
        )
    message, remedy = _told(error, ended.overdue, job)
    return Outcome(job, "failed", getattr(error, "stage", "worker"), message, remedy, ended.attempts)


def _told(error: BaseException, overdue: bool, job: Job) -> tuple[str, str]:
    """What is said of an error: what is wrong, and what to do."""
    from distributed import KilledWorker

    if overdue:
        return f"The run did not end within {job.limits.run_s:g} s, and did not stop when told to.", "Look at the clip."
    if isinstance(error, KilledWorker):
        return (
            "The worker that was at it died, each time it was tried (out of memory, or stopped from outside).",
            "Use fewer workers or a shorter stretch, and look at the clip.",
        )
    if isinstance(error, KinebenchError):
        return split(str(error))
    if isinstance(error, NotebookFailed):
        return str(error), OURS
    return f"{type(error).__name__}: {error}", OURS


def _deserves_another(error: BaseException) -> bool:
    """Only what was killed from outside is tried again: everything else would end the same."""
    return isinstance(error, KernelDied) and not isinstance(error, Exceeded)
