"""The command line. It reads, checks and prints; what it does is done elsewhere."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kinebench import __version__
from kinebench.cli import batch, carrying, files, sharing
from kinebench.cli.anonymise import anonymise
from kinebench.cli.networks import networks
from kinebench.cli.options import Clip, Format, Rate, Size, Skeleton, parsed_size
from kinebench.cli.references import recognise, references
from kinebench.errors import KinebenchError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kinebench.run import Run

MISUSE = 2
# What typer makes of Ctrl-C.
_INTERRUPTED = 130

app = typer.Typer(
    name="kinebench",
    help="Measures human movement from one ordinary video: keypoints, angles, repetitions, a report.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(networks, name="models")
app.add_typer(references, name="reference")
app.command(name="convert")(files.convert)
app.command(name="people")(files.people)
app.command(name="formats")(files.formats)
app.command(name="recognise")(recognise)
app.command(name="batch")(batch.batch)
app.command(name="status")(batch.status)
app.command(name="anonymise")(anonymise)
app.command(name="purge")(sharing.purge)
app.command(name="export")(sharing.export)
app.command(name="verify")(sharing.verify)
_debug = False


def _tell_version(asked: bool) -> None:
    if asked:
        print(f"kinebench {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", callback=_tell_version, is_eager=True)
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    global _debug
    _debug = _debug or debug


@app.command()
def run(
    videos: Annotated[
        list[str],
        typer.Argument(
            metavar="VIDEO...", help="One or more video files; or keypoints of another tool, see `kinebench formats`."
        ),
    ],
    task: Annotated[str, typer.Option("--task", help="Which movement: `kinebench tasks` lists them.")],
    out: Annotated[
        str | None, typer.Option(help="Folder for the results (with several videos: one folder in it for each).")
    ] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Set a parameter; may be repeated.")
    ] = None,
    params: Annotated[
        str | None,
        typer.Option(help="YAML file of parameters, instead of those saved for the clip; --set goes before it."),
    ] = None,
    defaults: Annotated[
        bool, typer.Option("--defaults", help="Ignore what was saved for the clip in the workbench.")
    ] = False,
    estimator: Annotated[
        str | None, typer.Option(help="Which network finds the person: `kinebench models list`.")
    ] = None,
    clip: Clip = None,
    rate: Rate = None,
    size: Size = None,
    skeleton: Skeleton = None,
    format: Format = None,
    everyone: Annotated[
        bool, typer.Option("--everyone", help="A run for each person who is there long enough, not for one of them.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Analyse videos: keypoints, repetitions, metrics, figures, an annotated video and a report.

    Keypoints that another tool found are analysed like those found here: with the video they belong to (--video), or
    without, on a plain ground.
    """
    global _debug
    _debug = _debug or debug
    from kinebench import estimators, parameters, saved, tasks

    settings = tasks.get(task).settings
    values = dict(saved.load(params).values) if params else {}
    values |= parameters.parse(settings, assignments or [])
    if estimator:
        values["estimator"] = estimator
    built: Any = parameters.build(settings, values)
    missing = [path for path in videos if not Path(path).expanduser().exists()]
    if missing and len(videos) > 1:
        raise KinebenchError(f"every VIDEO must exist, but these do not: {', '.join(missing)}. Check the paths.")
    if clip is not None and len(videos) > 1:
        raise KinebenchError(f"--video belongs to one recording, but got {len(videos)}. Run them one by one.")
    network = estimators.record(built.extraction.estimator)
    if network.non_commercial:
        _complain(f"mind the licence of {network.name}: {network.licence}.")
    beside = {"clip": clip, "rate_hz": rate, "size": parsed_size(size), "skeleton": skeleton, "format": format}
    failed = 0
    for number, path in enumerate(videos, start=1):
        # By its place in the list: a file name often names a person.
        folder = None if out is None else Path(out) if len(videos) == 1 else Path(out) / f"{number:03d}"
        try:
            for done in _runs(path, task, values, folder, beside, everyone, not (params or defaults)):
                _say(done)
        except KinebenchError as error:
            if len(videos) == 1 or _debug:
                raise
            failed += 1
            _complain(f"{path}: {error}")
    if failed:
        _complain(f"{failed} of {len(videos)} videos could not be analysed; the lines above say why.")
        raise typer.Exit(MISUSE)


def _runs(
    path: str, task: str, values: dict[str, Any], out: Path | None, beside: dict[str, Any], everyone: bool, obey: bool
) -> "Iterator[Run]":
    """The run of one video or recording, or one for each person in it."""
    from kinebench import company, parameters, tasks
    from kinebench.run import run as run_one
    from kinebench.run import saved_for
    from kinebench.video import open_clip

    source, values, notes = company.source(path, values, **beside)
    for note in notes:
        _complain(note)
    if not everyone:
        yield run_one(source, task, values, out=out, obey_saved=obey)
        return
    values = company.with_everyone(values)
    # People are counted under the very settings of the runs, or a number would mean somebody else there.
    found = saved_for(open_clip(source), tasks.get(task), values | company.ANYBODY)[0] if obey else {}
    people = list(company.each(source, parameters.build(tasks.get(task).settings, found | values)))
    _complain(f"{len(people)} people are there long enough to be measured.")
    measured = 0
    for person, chosen in people:
        folder = None if out is None else out / f"person-{person}"
        try:
            yield run_one(source, task, values | chosen, out=folder, obey_saved=obey)
            measured += 1
        except KinebenchError as error:
            _complain(f"person {person}: {error}")
    if not measured:
        raise KinebenchError("Nobody could be measured; the lines above say why.")


@app.command()
def demo(
    out: Annotated[str, typer.Option(help="Folder for the run folders, one for each task.")] = "reports/demo",
) -> None:
    """Run a sample clip of each task through its notebook and say where the reports lie."""
    from kinebench import estimators, tasks
    from kinebench import parameters as groups
    from kinebench.places import SAMPLES
    from kinebench.run import run as run_one

    estimators.fetch(estimators.DEFAULT)
    reports = []
    for task in tasks.TASKS.values():
        clip = SAMPLES / task.sample
        described = clip.with_suffix(".yaml")
        values = groups.load(described) if described.exists() else {}
        print(f"{task.title}: {task.sample}", flush=True)
        reports.append(run_one(clip, task.name, values, out=Path(out) / task.name, obey_saved=False).report)
    print("\nThe reports:")
    for path in reports:
        print(f"  {path}")


@app.command()
def parameters(
    task: Annotated[str, typer.Argument(help="A task's name, see `kinebench tasks`.")],
    yaml: Annotated[bool, typer.Option("--yaml", help="Print a parameter file with the defaults, to edit.")] = False,
) -> None:
    """List a task's parameters with unit, range, default and meaning."""
    from kinebench import parameters as groups
    from kinebench import tasks

    settings = tasks.get(task).settings
    if yaml:
        print(groups.written(settings()), end="")
        return
    for described in groups.describe(settings):
        unit = f" {described.unit}" if described.unit else ""
        default = "null" if described.default is None else described.default
        allowed = groups.allowed(described)
        print(f"{described.name} = {default}{unit}{f'  ({allowed})' if allowed else ''}\n    {described.help}")


@app.command(name="tasks")
def list_tasks() -> None:
    """List the movements that can be analysed."""
    from kinebench import tasks

    for name in tasks.names():
        print(f"{name:<14} {tasks.get(name).title}")


@app.command()
def doctor() -> None:
    """Say what is there and what is missing, each with the command that mends it."""
    from kinebench.doctor import examine

    findings = list(examine())
    for finding in findings:
        state = "ok" if finding.good else "MISSING" if finding.needed else "none"
        print(f"{state:<7}  {finding.what:<22} {finding.found}")
        if finding.mend and not finding.good:
            print(f"{'':<9}{'':<22} -> {finding.mend}")
    if any(finding.needed and not finding.good for finding in findings):
        raise typer.Exit(1)


@app.command()
def jupyterlab() -> None:
    """Tell this environment's JupyterLab what the workbench needs (`make` does it by itself)."""
    from kinebench import lab

    print(lab.tell())


def _say(done: "Run") -> None:
    print(done.report)
    if done.verdict != "good":
        _complain(f"the recording is {done.verdict}: {'; '.join(done.warnings)}")
    if done.pdf is None:
        _complain("report.pdf was left out: no Chromium was found. `kinebench doctor` says how to get one.")


def _complain(line: str) -> None:
    print(f"kinebench: {line}", file=sys.stderr)


def main() -> None:
    """Entry point: what a user did wrong becomes one line and exit code 2."""
    global _debug
    _debug = "--debug" in sys.argv
    if _debug:
        sys.argv = [argument for argument in sys.argv if argument != "--debug"]
    try:
        app()
    except KinebenchError as error:
        if _debug:
            raise
        _complain(str(error))
        sys.exit(MISUSE)
    except SystemExit as ended:
        if ended.code != _INTERRUPTED:
            raise
        _complain("stopped; nothing half-written was left behind.")
        sys.exit(_INTERRUPTED if isinstance(ended, carrying.Stopped) else MISUSE)
    except Exception as error:
        from kinebench.kernel import NotebookFailed

        if _debug:
            print(getattr(error, "traceback", ""), file=sys.stderr)
            raise
        told = str(error) if isinstance(error, NotebookFailed) else f"{type(error).__name__}: {error}"
        _complain(
            f"This is a fault of kinebench, not of yours: {told}. Run again with --debug and report what it shows."
        )
        sys.exit(1)
