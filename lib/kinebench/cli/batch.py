"""`kinebench batch` and `status`: many clips from one list, and how they stand."""

import contextlib
import functools
import sys
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from kinebench.cli import carrying
from kinebench.errors import KinebenchError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kinebench.batch import Plan


def batch(
    source: Annotated[
        str,
        typer.Argument(
            metavar="LIST", help="A CSV or Excel file with a row a clip (columns clip, task, participant), or a folder."
        ),
    ] = "",
    out: Annotated[str, typer.Option(help="Reports folder, or an fsspec address such as s3://study/reports.")] = "",
    clips: Annotated[str, typer.Option(help="Folder or address that `clip` counts from; else the list's.")] = "",
    pattern: Annotated[
        str, typer.Option(help='With a folder: which files, such as "{participant}_{session}.mp4".')
    ] = "",
    task: Annotated[str, typer.Option(help="With a folder: which movement.")] = "",
    sheet: Annotated[str, typer.Option(help="With Excel: which sheet, if not the first.")] = "",
    workers: Annotated[int, typer.Option(help="How many clips at a time on this computer.")] = 1,
    threads: Annotated[int | None, typer.Option(help="Processors for each worker; else their share of all.")] = None,
    memory: Annotated[
        float | None, typer.Option(help="GB that one run may use, 0 for no limit; else its share of all.")
    ] = None,
    scheduler: Annotated[str, typer.Option(help="Address of a Dask cluster (tcp:// or tls://) instead.")] = "",
    tls_ca: Annotated[str, typer.Option(help="With tls://: file of the authority.")] = "",
    tls_cert: Annotated[str, typer.Option(help="With tls://: file of your certificate.")] = "",
    tls_key: Annotated[str, typer.Option(help="With tls://: file of your key.")] = "",
    insecure: Annotated[
        bool, typer.Option("--insecure", help="A scheduler without TLS, in a network of your own only.")
    ] = False,
    shared: Annotated[
        bool, typer.Option("--shared/--not-shared", help="Whether a cluster's machines share the cache's folder.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Run also what is up to date.")] = False,
    only: Annotated[
        list[str] | None, typer.Option(help="Only these participants or runs (* and ? allowed); may be repeated.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would run and why, and leave it.")] = False,
    take_over: Annotated[
        bool,
        typer.Option(
            "--take-over", help="Let other lists forget the rows' runs: where this one was moved or got another name."
        ),
    ] = False,
    cell_timeout: Annotated[float | None, typer.Option(help="Seconds that one cell may take; 0: no limit.")] = None,
    run_timeout: Annotated[float | None, typer.Option(help="Seconds that one run may take; 0: no limit.")] = 3600.0,
    keep_paths: Annotated[
        bool, typer.Option("--keep-paths", help="Note in each run where its clip lay. Paths often name people.")
    ] = False,
    example: Annotated[bool, typer.Option("--example", help="Print a list to begin with, and leave.")] = False,
) -> None:
    """Analyse all clips of a list: what is up to date is left alone, a clip that fails is a row and stops no other.

    Stopped or killed and started again, it goes on where it was. Exit code: 0 all succeeded, 3 some, 4 none (both also
    where a full disk or a lost cluster ended it), 130 stopped, 2 the list or the call is wrong. With --dry-run the same
    for what can run.

    What was saved for a clip in the workbench is obeyed. Of a clip at an address that was never fetched, the parameter
    file is known by the clip's name alone: after both were renamed it is obeyed from the second batch on.
    """
    from kinebench import batch as batches
    from kinebench import manifest, places, storage

    if example:
        print(manifest.example(), end="")
        return
    if not source:
        raise KinebenchError(
            "LIST must be given: a CSV or Excel file, or a folder. `--example` prints one to begin with."
        )
    from kinebench.batch import cluster

    limits = carrying.limits(cell_timeout, run_timeout, memory, threads, 0 if scheduler else workers)
    ledger = batches.Ledger(storage.Place(out or str(places.home() / "reports")))
    stamps = batches.Stamps()
    with carrying.stoppable(), _faults():
        listed = manifest.read(source, pattern=pattern, task=task, clips=clips, sheet=sheet)
        manifest.check(listed)
        chosen = batches.plan(
            listed.rows,
            ledger,
            stamps,
            force=force,
            only=only or [],
            limits=limits,
            carry=bool(scheduler) and not shared,
            keep_path=keep_paths,
            own_list=batches.list_key(source, *listed.part),
            take_over=take_over,
        )
        stamps.save()
        if only and not chosen.rows and not chosen.failures:
            raise KinebenchError(
                f"--only must match a participant or a run of the list, but {', '.join(only)} does not."
            )
        if dry_run:
            _show_plan(chosen)
            if chosen.failures:
                raise typer.Exit(carrying.SOME if chosen.rows else carrying.NONE)
            return
        ledger.note_list(chosen.own_list, chosen.names)
        if take_over:
            own = [*(one.job.name for one in chosen.rows), *(one.job.name for one in chosen.failures)]
            ledger.take_over(chosen.own_list, own)
        tls = {"ca_file": tls_ca, "cert": tls_cert, "key": tls_key}
        far = functools.partial(cluster.elsewhere, scheduler, tls, insecure=insecure)
        client = far if scheduler else functools.partial(cluster.local, workers, threads)
        carrying.carry_out(chosen, ledger, stamps, client)


def status(
    out: Annotated[str, typer.Argument(metavar="REPORTS", help="Reports folder or address.")] = "",
    state: Annotated[str, typer.Option(help="Only runs in this state: failed, running, waiting, ...")] = "",
    check: Annotated[bool, typer.Option("--check", help="Compare every file with its digest.")] = False,
) -> None:
    """Show how the runs of a reports folder stand."""
    from kinebench import batch as batches
    from kinebench import places, storage
    from kinebench.batch.status import STATES
    from kinebench.batch.status import status as found

    if state and state not in STATES:
        raise KinebenchError(f"--state must be one of {', '.join(STATES)}, but got {state!r}.")
    reports = out or str(places.home() / "reports")
    table = found(batches.Ledger(storage.Place(reports)), check=check)
    counts = Counter(table["state"])
    print(", ".join(f"{counts[name]} {name}" for name in STATES if counts[name]) or f"no runs in {reports}")
    shown = table[table["state"] == state] if state else table
    carrying.show(shown[["run", "state", "verdict", "stage", "message"]])


@contextlib.contextmanager
def _faults() -> "Iterator[None]":
    """Show the table of faults before the one line that says how many."""
    from kinebench.manifest import ManifestError

    try:
        yield
    except ManifestError as error:
        carrying.show(error.faults, file=sys.stderr)
        raise


def _show_plan(chosen: "Plan") -> None:
    import pandas as pd

    rows = [{"row": one.job.row, "run": one.job.name, "why": one.why} for one in chosen.rows]
    rows += [{"row": one.job.row, "run": one.job.name, "why": f"cannot run: {one.message}"} for one in chosen.failures]
    due = len(chosen.due)
    carrying.show(pd.DataFrame(rows, columns=["row", "run", "why"]).sort_values("row"))
    left = len(chosen.rows) - due
    print(f"{due} would run, {left} {'is' if left == 1 else 'are'} up to date, {len(chosen.failures)} cannot run.")
