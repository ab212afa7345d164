"""Rows that another batch is at: they are waited for, which is told once, and is not without end."""

import sys
import time

from kinebench.batch.jobs import Job, Outcome

TELL_AFTER_S = 10.0
PATIENCE_S = 900.0
WAITING = "waiting"


class Neighbours:
    """To be asked now and then, as long as rows are waited for; patience begins anew with every row that is let go."""

    def __init__(self) -> None:
        self._since = time.monotonic()
        self._waiting = 0
        self._told = False

    def given_up(self, aside: list[Job]) -> list[Outcome]:
        """How the rows ended, once that lasted too long; before that none."""
        now = time.monotonic()
        if len(aside) != self._waiting:
            self._since, self._waiting = now, len(aside)
        if not self._told and now - self._since > TELL_AFTER_S:
            self._told = True
            _say(f"kinebench: waiting for another batch, which is at work on {_rows(aside)}.")
        if now - self._since <= PATIENCE_S:
            return []
        message = f"No other batch may be at work on a row, but one was at this for {PATIENCE_S / 60:g} minutes."
        # Nothing is noted: the run is the other's.
        return [Outcome(job, "failed", WAITING, message, "Let it end, or stop it, and start again.") for job in aside]


def _rows(jobs: list[Job], most: int = 20) -> str:
    numbers = sorted(job.row for job in jobs)
    shown = ", ".join(map(str, numbers[:most]))
    return f"row{'s' * (len(numbers) > 1)} {shown}" + (
        f" and {len(numbers) - most} more" if len(numbers) > most else ""
    )


def _say(line: str) -> None:
    from tqdm import tqdm

    # Above the bar, if there is one.
    tqdm.write(line, file=sys.stderr)
