"""A batch on the command line: what its limits are, how it goes, how it ended, and the exit code that tells it."""

import contextlib
import math
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import typer

from kinebench.errors import KinebenchError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from kinebench.batch import Ledger, Limits, Outcome, Plan, Stamps

SOME, NONE, STOPPED = 3, 4, 130
_WIDTH = 200
_SENTENCES = ("value", "fault", "remedy", "message", "what is wrong", "what to do", "why")


class Stopped(SystemExit):
    """A batch that Ctrl-C or a polite kill ended."""


@contextlib.contextmanager
def stoppable() -> "Iterator[None]":
    """Let Ctrl-C and a polite kill end it alike, with an exit code of their own."""
    from kinebench import progress

    with progress.ended_politely():
        try:
            yield
        except KeyboardInterrupt:
            raise Stopped(STOPPED) from None


def limits(
    cell_s: float | None, run_s: float | None, memory: float | None, threads: int | None, workers: int
) -> "Limits":
    """What the options say; memory that is not given is a worker's share. workers: 0 where they are elsewhere."""
    from kinebench.batch import Limits, cluster

    given = {"--cell-timeout": cell_s, "--run-timeout": run_s, "--memory": memory}
    for option, value in given.items():
        if value is not None and not (math.isfinite(value) and value >= 0):
            raise KinebenchError(
                f"{option} must be a number of at least 0, but got {value:g}. Give 0 for no limit, or leave it out."
            )
    if threads is not None and threads < 1:
        raise KinebenchError(f"--threads must be at least 1, but got {threads}. Leave it out for a share of all.")
    most = None if memory is None else math.ceil(memory * 1e9)
    if memory is None and workers:
        most = cluster.memory_each(workers)[1]
    return Limits(cell_s or None, run_s or None, most or None)


def carry_out(chosen: "Plan", ledger: "Ledger", stamps: "Stamps", client: Any) -> None:
    """Do what was planned, and say how it went; also where it had to end early."""
    from kinebench.batch import closing

    ended: list[Outcome] = []
    begun: list[Any] = []
    try:
        for outcome in _worked(chosen, ledger, stamps, client, begun.append):
            ended.append(outcome)
        stamps.save()
        index = closing.close(ledger.place)
    except (KeyboardInterrupt, KinebenchError) as error:
        stamps.save()
        for job in chosen.due:
            # The workers that were at it were stopped, too.
            ledger.cleared(job.name)
        # What was finished is shown also where the batch ended early; why it did is what has to be told.
        with contextlib.suppress(KinebenchError):
            closing.close(ledger.place)
        if isinstance(error, KinebenchError) and not begun:
            raise
        print(_counts(chosen, ended))
        if isinstance(error, KeyboardInterrupt):
            raise
        print(f"kinebench: {error}", file=sys.stderr)
        some = len(chosen.rows) > len(chosen.due) or any(one.status != "failed" for one in ended)
        raise typer.Exit(SOME if some else NONE) from None
    _conclude(chosen, ended, index)


def _worked(
    chosen: "Plan", ledger: "Ledger", stamps: "Stamps", client: Any, begun: "Callable[[Any], None]"
) -> "Iterator[Outcome]":
    """Do the work with a bar and the time left; where nothing is due no cluster is started. begun: told when it is."""
    from kinebench import batch as batches
    from kinebench import progress

    if not chosen.due:
        begun(None)
        yield from batches.work(None, chosen, ledger, stamps)
        return
    with client() as connected:
        begun(connected)
        total = len(chosen.due) + len(chosen.failures)
        with progress.bar("clips", total, unit="clip") as bar:
            for outcome in batches.work(connected, chosen, ledger, stamps):
                if outcome.status == "failed":
                    bar.write(f"kinebench: row {outcome.job.row}: {outcome.message}", file=sys.stderr)
                bar.update()
                yield outcome


def _conclude(chosen: "Plan", ended: "list[Outcome]", index: str) -> None:
    """Say how it went; the exit code tells whether all, some or none succeeded."""
    import pandas as pd

    failed = [one for one in ended if one.status == "failed"]
    if failed:
        rows = [(one.job.row, one.job.name, one.stage, one.message, one.remedy) for one in failed]
        show(pd.DataFrame(rows, columns=["row", "run", "stage", "what is wrong", "what to do"]).sort_values("row"))
    print(_counts(chosen, ended))
    print(index)
    if failed:
        raise typer.Exit(NONE if len(failed) == len(chosen.rows) + len(chosen.failures) else SOME)


def _counts(chosen: "Plan", ended: "list[Outcome]") -> str:
    """How many clips there are, and what became of them."""
    found = Counter(one.status for one in ended)
    total, done, failed = len(chosen.rows) + len(chosen.failures), found["complete"], found["failed"]
    left = len(chosen.rows) - len(chosen.due) + found.total() - done - failed
    open_ones = total - done - failed - left
    said = f"{total} {'clip' if total == 1 else 'clips'}: {done} analysed, {left} up to date, {failed} failed"
    return f"{said}, {open_ones} not reached." if open_ones else f"{said}."


def show(table: "pd.DataFrame", file: Any = None) -> None:
    """A table for people, its sentences wrapped to the terminal's width."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not len(table):
        return
    stream = file or sys.stdout
    shown = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in table:
        shown.add_column(str(column), no_wrap=str(column) not in _SENTENCES, overflow="fold")
    for cells in table.itertuples(index=False):
        # As plain text: what a user typed is no markup.
        shown.add_row(*(Text(str(cell)) for cell in cells))
    console = Console(file=stream, width=None if stream.isatty() else _WIDTH, highlight=False, soft_wrap=False)
    console.print(shown)
