"""`kinebench reference` and `kinebench recognise`: reference movements, and which of them a clip shows."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kinebench.cli.options import Clip, Format, Rate, Size, Skeleton, parsed_size
from kinebench.errors import KinebenchError

if TYPE_CHECKING:
    from kinebench.references.making import Seen
    from kinebench.references.recognising import Recognised

references = typer.Typer(
    no_args_is_help=True, help="Reference movements to compare with: add, list, show, remove. Plain files."
)

Source = Annotated[
    str, typer.Argument(metavar="CLIP", help="A video, keypoints of another tool, or the folder of a run.")
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="A reference's name, see `kinebench reference list`.")]
Start = Annotated[float | None, typer.Option("--start-s", help="Where the movement begins, from the file's start.")]
Stop = Annotated[float | None, typer.Option("--stop-s", help="Where it ends; without it at the end of the file.")]
Assignments = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Set a parameter of extraction, subject or smoothing."),
]
Network = Annotated[str | None, typer.Option(help="Which network finds the person: `kinebench models list`.")]


@references.command("add")
def add(
    source: Source,
    name: Annotated[str, typer.Option("--name", help="What it is called, as squat-right.")],
    action: Annotated[
        str | None, typer.Option("--action", help="The movement that it shows, as squat; without it the name.")
    ] = None,
    view: Annotated[
        str, typer.Option("--view", help="From where it is seen: left, right, front, behind; auto finds it.")
    ] = "auto",
    start_s: Start = None,
    stop_s: Stop = None,
    assignments: Assignments = None,
    estimator: Network = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a reference of that name.")] = False,
    clip: Clip = None,
    rate: Rate = None,
    size: Size = None,
    skeleton: Skeleton = None,
    format: Format = None,
) -> None:
    """Make a reference of a clip or a stretch of it: best one repetition, from stillness to stillness."""
    from kinebench.references import library, making
    from kinebench.references.record import checked_name
    from kinebench.references.views import SPOKEN

    checked_name(name)
    if not force and name in library.names():
        library.refuse_doubled(name)
    beside = {"clip": clip, "rate_hz": rate, "size": parsed_size(size), "skeleton": skeleton, "format": format}
    seen = _seen(source, assignments or [], estimator, start_s, stop_s, beside)
    made, doubt = making.reference(seen, name, name if action is None else action, view)
    library.save(made, force=force)
    lasting = f"{made.duration_s:.2f} s, {len(made.keypoints)} frames"
    print(f"{made.name}: {made.action}, seen from {SPOKEN[made.view]}, {lasting}")
    if doubt:
        _tell(f"the view is in doubt: {doubt}. If it is another, give it with --view --force.")


@references.command("list")
def list_references() -> None:
    """List the reference movements."""
    import pandas as pd

    from kinebench.references import library

    held, refused = library.everything()
    rows = [
        {
            "name": one.name,
            "action": one.action,
            "view": one.view,
            "duration_s": round(one.duration_s, 2),
            "frames": len(one.keypoints),
            "joints": len(one.joints),
            "estimator": one.source.estimator,
            "made": one.made,
        }
        for one in held
    ]
    if rows:
        print(pd.DataFrame(rows).to_string(index=False))
    for why in refused.values():
        _tell(why)
    if not rows and not refused:
        _tell(library.EMPTY)


@references.command("show")
def show(
    name: Name,
    out: Annotated[
        str | None, typer.Option("--out", metavar="FILE", help="Draw its course into this .png, .svg or .pdf.")
    ] = None,
) -> None:
    """Say what a reference is and where it comes from; draw it."""
    from kinebench.references import library

    target = None if out is None else _picture(out)
    one = library.load(name)
    facts: dict[str, Any] = {
        "action": one.action,
        "view": one.view,
        "duration": f"{one.duration_s:.2f} s, {len(one.keypoints)} frames",
        "stretch": f"{one.source.start_s:.2f} to {one.source.stop_s:.2f} s of the clip",
        "clip": f"SHA-256 {one.source.sha256}",
        "estimator": one.source.estimator,
        "joints": f"{len(one.joints)}: {', '.join(one.joints)}",
        "smoothing": ", ".join(f"{key}={value}" for key, value in one.source.smoothing.items()) or "not known",
        "made": one.made,
    }
    print(one.name)
    for what, said in facts.items():
        print(f"  {what:<10} {said}")
    if target is not None:
        from kinebench.figures.reference import course
        from kinebench.formats.whole import whole
        from kinebench.references.views import SPOKEN

        figure = course(one.keypoints, f"{one.name}: {one.action}, seen from {SPOKEN[one.view]}")
        with whole(target) as temporary:
            figure.savefig(temporary)
        print(target)


@references.command("remove")
def remove(name: Name) -> None:
    """Delete a reference's files."""
    from kinebench.references import library

    for path in library.remove(name):
        print(f"removed {path}")


def recognise(
    source: Source,
    start_s: Start = None,
    stop_s: Stop = None,
    assignments: Assignments = None,
    estimator: Network = None,
    clip: Clip = None,
    rate: Rate = None,
    size: Size = None,
    skeleton: Skeleton = None,
    format: Format = None,
) -> None:
    """Say which of the reference movements a clip shows, and from where it is seen; or that it shows none of them."""
    from kinebench.references import library, recognising

    held, refused = library.everything()
    for why in refused.values():
        _tell(why)
    if not held:
        raise KinebenchError(library.EMPTY)
    beside = {"clip": clip, "rate_hz": rate, "size": parsed_size(size), "skeleton": skeleton, "format": format}
    seen = _seen(source, assignments or [], estimator, start_s, stop_s, beside)
    _print(recognising.recognise(seen.keypoints, held))


def _print(found: "Recognised") -> None:
    shown = found.ranking.copy()
    shown["mirrored"] = shown["mirrored"].map({True: "yes", False: ""})
    for column in shown.select_dtypes("float"):
        shown[column] = shown[column].map("{:.2f}".format)
    if len(shown):
        print(shown.to_string(index=False))
    for name, why in found.left_out.items():
        _tell(f"{name} is left out: {why}.")
    print(found.words)


def _seen(
    source: str,
    assignments: list[str],
    estimator: str | None,
    start_s: float | None,
    stop_s: float | None,
    beside: dict[str, Any],
) -> "Seen":
    """The keypoints of the person in a clip, a recording or a run's folder; what is to be known of them is told."""
    from kinebench import company, parameters
    from kinebench.references import making
    from kinebench.tasks.first_steps import Settings

    path = Path(source).expanduser()
    if making.is_run(path):
        if assignments or estimator or any(value is not None for value in beside.values()):
            raise KinebenchError(
                "The folder of a run knows all by itself: leave out everything but --start-s, --stop-s."
            )
        return making.of_run(path, start_s, stop_s)
    if not path.exists():
        raise KinebenchError(f"CLIP must exist, but there is no {source}. Check the path.")
    stretch = {"start_s": start_s, "stop_s": stop_s, "estimator": estimator}
    values = parameters.parse(Settings, assignments)
    values |= {name: value for name, value in stretch.items() if value is not None}
    shown, values, notes = company.source(path, values, **beside)
    # A recording may bring a scale, which nothing is measured with here.
    known = {described.name for described in parameters.describe(Settings)}
    built = parameters.build(Settings, {name: values[name] for name in known & values.keys()})
    seen = making.of_video(shown, built)
    for note in (*notes, *seen.notes):
        _tell(note)
    return seen


def _picture(out: str) -> Path:
    target = Path(out).expanduser()
    if target.suffix.lower() not in (".png", ".svg", ".pdf") or target.is_dir():
        raise KinebenchError(f"--out must be a file that ends in .png, .svg or .pdf, but got {out}.")
    return target


def _tell(line: str) -> None:
    typer.echo(f"kinebench: {line}", err=True)
