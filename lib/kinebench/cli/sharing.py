"""`kinebench purge`, `export` and `verify`: what is removed, and what is handed on."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kinebench.errors import KinebenchError

if TYPE_CHECKING:
    from kinebench.purging import Plan

FAULTY = 2
Reports = Annotated[
    str | None,
    typer.Option(
        "--reports", metavar="FOLDER", help="Folder of the runs, on this computer; else where runs go by themselves."
    ),
]


def purge(
    participant: Annotated[str, typer.Argument(metavar="PARTICIPANT", help="The person's pseudonym, as in the runs.")],
    reports: Reports = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed, and remove nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Remove without asking.")] = False,
) -> None:
    """Remove all that was derived from a person's recordings, and say what was removed.

    That is: runs and failed runs, also those of the same clips that name nobody, cached detections, parameter files
    and drafts, references, exports of the workbench, lines in tables and index; and in the folder of the runs bundles
    that hold theirs, results of the cohort's notebook (run it anew) and anonymised copies that kinebench named. The
    recordings themselves stay, as does all else in a folder that was given to a run with --out.

    Folders of this computer alone are looked at: mount what lies at an address, or remove it by hand. Not reached are
    results written elsewhere with --out, anonymised copies elsewhere, notebooks that were saved with what they show,
    caches of other computers, backups, and copies and bundles that were handed on. Nor can it be promised that a disk
    holds no remains of a deleted file: only an encrypted one answers that. Let no batch run in the folder meanwhile.
    """
    from kinebench import purging

    planned = purging.plan(participant, _folder(reports))
    _tell_plan(planned, "Would be removed" if dry_run else "To be removed")
    if dry_run:
        return
    if not yes:
        if not is_terminal():
            raise KinebenchError("--yes must be given where nobody can be asked. Look first, with --dry-run.")
        if not typer.confirm(f"Remove all this of {participant} for good?"):
            raise KinebenchError("Nothing was removed.")
    purging.carry_out(planned)
    print(f"Removed: {len(planned.items)} of {len(planned.items)}, {_spoken(planned.size_bytes)}.")


def export(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Names of runs, or paths of their folders.")],
    to: Annotated[str, typer.Option("--to", metavar="FILE.zip", help="The bundle to write.")],
    reports: Reports = None,
    with_faces: Annotated[
        bool, typer.Option("--with-faces", help="Also runs whose pictures show faces: their consent is yours to have.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file of that name.")] = False,
) -> None:
    """Bundle runs of this computer for sharing: a zip file with checksums (BagIt), which `kinebench verify` checks.

    Each run is checked against its own record first. Faces are covered and no path of this computer is held, or the
    bundle is refused. Pseudonyms stay in it: who can tell whose they are must be trusted with what it holds.
    """
    from kinebench import bundles

    done = bundles.export(runs, Path(to), _folder(reports), with_faces=with_faces, force=force)
    for note in done.notes:
        _tell(note)
    print(done.path)
    _tell(f"{done.runs} run(s), {done.files} files, {_spoken(done.size_bytes)} in {_spoken(done.path.stat().st_size)}.")


def verify(
    file: Annotated[str, typer.Argument(metavar="FILE.zip", help="A bundle that `kinebench export` wrote.")],
) -> None:
    """Check a bundle file by file: what is missing, changed or added since it was made.

    Checksums show damage and careless changes. Who made the bundle they can't show: whoever changes a file on purpose
    can write new ones.
    """
    from kinebench import bundles

    seen = bundles.verify(Path(file))
    for note in seen.notes:
        _tell(note)
    for fault in seen.faults:
        print(f"{fault.what:<8} {fault.path}")
    if seen.faults:
        _tell(f"{len(seen.faults)} fault(s) in {file}: don't rely on it, and have it sent again.")
        raise typer.Exit(FAULTY)
    print(f"{file} is whole: {seen.runs} run(s), {seen.files} files, {_spoken(seen.size_bytes)}.")


def is_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty()


def _folder(reports: str | None) -> Path:
    from kinebench import places
    from kinebench.storage import is_address

    if reports is None:
        return places.home() / "reports"
    if is_address(reports):
        raise KinebenchError(
            f"--reports must be a folder of this computer, but got {reports}. Mount what lies there and name its "
            "folder, or do it by hand: copy runs here to export them, and remove there what is to be purged."
        )
    folder = Path(reports).expanduser()
    if not folder.is_dir():
        raise KinebenchError(f"--reports must be a folder that exists, but there is no {reports}. Check the path.")
    return folder


def _tell_plan(planned: "Plan", heading: str) -> None:
    print(f"{heading} of {planned.participant}, looked for in {planned.reports}, the caches and the parameter files:")
    for what in dict.fromkeys(item.what for item in planned.items):
        items = [item for item in planned.items if item.what == what]
        print(f"  {what}: {len(items)}, {_spoken(sum(item.size_bytes for item in items))}")
        for item in items:
            below = item.path.is_relative_to(planned.reports)
            only = "" if item.inside is None else f", of it only: {', '.join(item.inside)}"
            print(f"    {item.path.relative_to(planned.reports) if below else item.path}{only}")
    if planned.stamps:
        print(f"  {len(planned.stamps)} digest(s) that the batch remembers")
    for path, names in planned.lists.items():
        print(f"  {len(names)} name(s) in {path.relative_to(planned.reports)}: {', '.join(names)}")
    if planned.tables:
        print("  the lines in metrics.csv, metrics.parquet and index.html, which are written anew")
    for said in planned.stays:
        print(said)


def _spoken(size_bytes: int) -> str:
    size, unit = float(size_bytes), "bytes"
    for larger in ("kB", "MB", "GB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"


def _tell(line: str) -> None:
    typer.echo(f"kinebench: {line}", err=True)
