"""The batch's own notes in a reports folder: who works on what, what failed, which runs a list names.

NAME/run.json               a finished run, see `run`
failed/NAME/failure.json    why one failed, with its notebook as error.ipynb
.kinebench/locks/NAME       held while somebody works on it; freed by the system when its holder dies
.kinebench/batches/*.json   the runs that each list names
"""

import contextlib
import hashlib
import json
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kinebench.batch import notes
from kinebench.batch.claims import OWN, Claim, is_held
from kinebench.batch.jobs import Outcome
from kinebench.batch.unnamed import unnamed
from kinebench.errors import KinebenchError
from kinebench.run import ERROR_NOTEBOOK, folders
from kinebench.run.record import now
from kinebench.storage import Place, is_address

FAILED = "failed"
# Behind a run's name: the lock of the worker that writes it.
WORK = ".work"
PATIENCE_S = 900.0
FAILURE = "failure.json"
LISTS = f"{OWN}/batches"


class Ledger:
    """The notes of one place."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def record(self, name: str) -> dict[str, Any] | None:
        """A run's run.json; None where there is none, or no whole one."""
        return notes.record(self.place, f"{name}/{folders.RECORD}")

    def failure(self, name: str) -> dict[str, Any] | None:
        """Why a run failed the last time; None where it did not."""
        return notes.record(self.place, f"{FAILED}/{name}/{FAILURE}")

    def damaged(self, name: str) -> str:
        """Which record of a run is there and cannot be read as one; "" where none is."""
        records = {f"{name}/{folders.RECORD}": self.record, f"{FAILED}/{name}/{FAILURE}": self.failure}
        return next((path for path, read in records.items() if read(name) is None and self._is_there(path)), "")

    def _is_there(self, path: str) -> bool:
        try:
            return self.place.size(path) >= 0
        except KinebenchError:
            return True

    def seen(self) -> "Ledger":
        """The same to look at, see `Place.seen`."""
        return Ledger(self.place.seen())

    def bring(self, names: list[str]) -> None:
        """Be told whose records will be asked for, see `Place.bring`."""
        own = (f"{name}/{folders.RECORD}" for name in names)
        self.place.bring([*own, *(f"{FAILED}/{name}/{FAILURE}" for name in names)])

    def lacking(self, name: str, record: dict[str, Any]) -> str:
        """The first file that a record names and that is missing or of another size; "" where all are there."""
        for file, known in record.get("files", {}).items():
            if self.place.size(f"{name}/{file}") != known["bytes"]:
                return str(file)
        return ""

    def failed(self, outcome: Outcome) -> None:
        """Note a failure; the notebook that the run left beside it stays."""
        job = outcome.job
        told = job.told() | {
            "status": "failed",
            "row": job.row,
            "stage": outcome.stage,
            "message": unnamed(outcome.message, job, self.place),
            "remedy": unnamed(outcome.remedy, job, self.place),
            "attempts": outcome.attempts,
            "finished": now(),
            "input": {"sha256": outcome.sha256 or job.sha256},
            "basis": job.basis,
        }
        text = json.dumps(told, indent=2, ensure_ascii=False) + "\n"
        self.place.write(f"{FAILED}/{job.name}/{FAILURE}", text.encode())

    def begun(self, name: str) -> None:
        """Remove the notebook of an earlier failure: it would be taken for that of the next."""
        self.place.remove(f"{FAILED}/{name}/{ERROR_NOTEBOOK}")

    def succeeded(self, name: str) -> None:
        """Forget an earlier failure of the run."""
        self.place.remove(f"{FAILED}/{name}")

    def cleared(self, name: str) -> None:
        """Clear away what killed workers left of the run, where none is at it any more."""
        if self.place.local is None or not folders.leftovers(self.place.local / name):
            return
        at_work = Claim(self.place, f"{name}{WORK}")
        if at_work.take():
            try:
                for left in folders.leftovers(self.place.local / name):
                    # Some file systems keep a file that is still open: then the next batch clears it away.
                    shutil.rmtree(left, ignore_errors=True)
            finally:
                at_work.release()

    @contextlib.contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Held by the worker that writes a run: one that a dead batch left behind may still be at it."""
        at_work = Claim(self.place, f"{name}{WORK}")
        end = time.monotonic() + PATIENCE_S
        while not at_work.take():
            if time.monotonic() > end:
                raise KinebenchError(
                    "Nobody else may write a run, but a worker of an earlier batch does not end. Stop it and run again."
                )
            time.sleep(0.2)
        try:
            yield
        finally:
            at_work.release()

    def list_of(self, source: str) -> str:
        """Where the runs of a list are noted: under a digest, because a list's path may name people.

        source: everything that tells the list from others, see `list_key`.
        """
        return f"{LISTS}/{hashlib.sha256(source.encode()).hexdigest()[:16]}.json"

    def note_list(self, source: str, participants: Mapping[str, str]) -> None:
        """Note which runs a list names now, and whose each is: a run's name alone does not tell P07_2 from P07."""
        held = {"runs": list(participants), "participants": dict(participants)}
        self.place.write(self.list_of(source), (json.dumps(held, indent=1) + "\n").encode())

    def listed(self, *, besides: str = "") -> list[str]:
        """The runs that any list names, each once; without those that only the list `besides` has."""
        found: dict[str, None] = {}
        own = self.list_of(besides).rsplit("/", 1)[-1] if besides else ""
        names = self.place.names(LISTS)
        self.place.bring([f"{LISTS}/{name}" for name in names])
        for name in names:
            if name == own or not name.endswith(".json"):
                continue
            found |= dict.fromkeys(notes.runs(notes.read(self.place, f"{LISTS}/{name}")))
        return list(found)

    def take_over(self, source: str, names: list[str]) -> None:
        """Let every list but `source` forget these runs: it was moved or renamed, or they are this one's now."""
        own = self.list_of(source).rsplit("/", 1)[-1]
        for name in self.place.names(LISTS):
            found = notes.read(self.place, f"{LISTS}/{name}") if name.endswith(".json") and name != own else None
            if found is None or not set(notes.runs(found)) & set(names):
                continue
            left = notes.without(found, set(names))
            if notes.runs(left):
                self.place.write(f"{LISTS}/{name}", (json.dumps(left, indent=1) + "\n").encode())
            else:
                self.place.remove(f"{LISTS}/{name}")

    def claim(self, name: str) -> "Claim | None":
        """Take a run for oneself, and clear away what a killed one left of it; None where somebody works on it."""
        claim = Claim(self.place, name)
        if not claim.take():
            return None
        self.cleared(name)
        return claim

    def is_claimed(self, name: str) -> bool:
        """Whether somebody works on the run at this moment."""
        return is_held(self.place, name)


def list_key(source: str, *parts: str) -> str:
    """What a list is known by: where it lies, as a whole path, and which part of it is meant."""
    whole = source if is_address(source) else str(Path(source).expanduser().resolve())
    return "\0".join((whole, *parts))
