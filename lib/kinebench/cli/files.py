"""`kinebench convert`, `people` and `formats`: other tools' files, and who is in a clip."""

from typing import Annotated

import typer

from kinebench.cli.options import Clip, Format, Rate, Size, Skeleton, parsed_size


def convert(
    source: Annotated[
        str, typer.Argument(metavar="KEYPOINTS", help="A file or folder of another tool, or the folder of a run.")
    ],
    target: Annotated[str, typer.Argument(metavar="TARGET", help="The file to write; its ending says the format.")],
    to: Annotated[str | None, typer.Option(help="The format to write, where the ending is not enough.")] = None,
    clip: Clip = None,
    rate: Rate = None,
    size: Size = None,
    skeleton: Skeleton = None,
    format: Format = None,
    person: Annotated[
        int | None, typer.Option(help="Which person, by the number of `kinebench people`; else who is central.")
    ] = None,
) -> None:
    """Write keypoints, or the results of a run, as another tool reads them: TRC, MOT, C3D, netCDF, Excel, COCO, CSV."""
    from kinebench.conversion import convert as done

    written, notes = done(
        source,
        target,
        to=to,
        clip=clip,
        rate_hz=rate,
        size=parsed_size(size),
        skeleton=skeleton,
        format=format,
        person=person,
    )
    for note in notes:
        typer.echo(f"kinebench: {note}", err=True)
    for path in written:
        print(path)


def people(
    video: Annotated[str, typer.Argument(metavar="VIDEO", help="A video, or keypoints of another tool.")],
    estimator: Annotated[str | None, typer.Option(help="Which network finds people: `kinebench models list`.")] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Set a parameter of the extraction.")
    ] = None,
    clip: Clip = None,
    rate: Rate = None,
    size: Size = None,
    skeleton: Skeleton = None,
    format: Format = None,
) -> None:
    """List who is in a clip, with the numbers by which `--set follow=person --set follow_person=N` chooses one."""
    from kinebench import company, parameters
    from kinebench.tasks.first_steps import Settings

    values = parameters.parse(Settings, assignments or []) | ({"estimator": estimator} if estimator else {})
    asked = dict(values)
    source, values, notes = company.source(
        video, values, clip=clip, rate_hz=rate, size=parsed_size(size), skeleton=skeleton, format=format
    )
    for note in notes:
        typer.echo(f"kinebench: {note}", err=True)
    values = company.with_everyone(values)
    # A recording may bring a scale, which nothing is measured with here.
    known = {described.name for described in parameters.describe(Settings)}
    listed = company.listed(source, parameters.build(Settings, {name: values[name] for name in known & values.keys()}))
    shown = listed.rename(columns={"seen_percent": "seen_%"}).assign(passing=listed["passing"].map({True: "passes by"}))
    print(shown.fillna({"passing": ""}).to_string(index=False, float_format=lambda number: f"{number:.2f}"))
    named = {"max_people": values["max_people"]} | asked if "max_people" in values else asked
    also = "".join(f" --set {name}={value}" for name, value in named.items())
    typer.echo(f"kinebench: choose one with{also} --set follow=person --set follow_person=NUMBER", err=True)


def formats() -> None:
    """List the file formats that can be read and written."""
    from kinebench.formats import FORMATS

    for entry in FORMATS.values():
        ways = " and ".join(word for word, true in (("read", entry.reads), ("written", entry.writes)) if true)
        print(
            f"{entry.name:<14} {ways:<17} {entry.title}{f' ({chr(32).join(entry.endings)})' if entry.endings else ''}"
        )
