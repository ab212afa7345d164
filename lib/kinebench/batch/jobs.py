"""What is to be done for one row of a list, as plain data that goes to any machine, and what came of it."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from kinebench.kernel import Limits

UP_TO_DATE = "up to date"


@dataclass(frozen=True)
class Job:
    """One run. name: of its folder; row: line in the list; clip: path or address; sha256: "" where not known yet.

    values: all parameters, flat; out: where results go; basis: what the result is to rest on, see `run.basis`; carry:
    whether detections travel with the work, because machines share no folder; keep_path: see `run.run`; force: do it
    even where the results are there already; shared: whether another list has this run, too, and it was not known yet
    whether of the same clip.
    """

    name: str
    row: int
    clip: str
    task: str
    values: dict[str, Any]
    out: str
    sha256: str = ""
    basis: dict[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    carry: bool = False
    keep_path: bool = False
    force: bool = False
    shared: bool = False

    def told(self) -> dict[str, Any]:
        """Whose recording it is and what is told of them, as it stands in records."""
        named = ("participant", "session", "date", "label", "group", "age_years", "sex", "condition")
        return {"run": self.name, "task": self.task} | {name: self.values.get(name) for name in named}


@dataclass(frozen=True)
class Outcome:
    """How a job ended: "complete", or "failed" at a stage, with a message and what to do.

    sha256, mark: what a clip at an address turned out to hold, and what it was known by when it was fetched.
    """

    job: Job
    status: str
    stage: str = ""
    message: str = ""
    remedy: str = ""
    attempts: int = 1
    verdict: str = ""
    seconds: float = 0.0
    sha256: str = ""
    mark: tuple[Any, ...] = ()


def run_name(identity: tuple[str, ...], trial: int) -> str:
    """The folder's name for a row: participant, session, task and 8 digits that tell it from all others.

    identity: participant, session, date, task, label; trial: the how manieth of the list's rows with that identity.
    """
    participant, session, _, task, _ = identity
    digits = hashlib.sha256(json.dumps([*identity, trial]).encode()).hexdigest()[:8]
    return "_".join(part for part in (participant, session, task, digits) if part)
