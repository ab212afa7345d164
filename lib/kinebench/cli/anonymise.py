"""`kinebench anonymise`: copies of videos that may be shown."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from kinebench.errors import KinebenchError

if TYPE_CHECKING:
    from kinebench.anonymising import Copy

TO_BE_LOOKED_AT = 3
"""Exit code where somebody may be seen: nobody was found in some frames, or not everybody was looked for."""


def anonymise(
    clips: Annotated[list[str], typer.Argument(metavar="CLIP...", help="One or more video files.")],
    out: Annotated[str, typer.Option(help="Folder for the copies.")],
    name: Annotated[
        str | None, typer.Option(help="Pseudonym to name the copy; else words that stand for its content.")
    ] = None,
    max_people: Annotated[
        int | None,
        typer.Option(
            "--max-people",
            help="How many people are looked for at most; else everybody, up to 30, where the default network is here.",
            min=1,
            max=30,
        ),
    ] = None,
    estimator: Annotated[str | None, typer.Option(help="Which network finds people: `kinebench models list`.")] = None,
    cover: Annotated[
        str,
        typer.Option(
            metavar="faces|whole",
            help="Frames in which nobody was found: cover where faces were before and after, or the whole frame.",
        ),
    ] = "faces",
    accept: Annotated[
        bool, typer.Option("--accept", help="Succeed although somebody may be seen: you looked at the copies.")
    ] = False,
) -> None:
    """Write copies of videos with covered faces, without sound and metadata, under names that name no one.

    Ends with exit code 3 where nobody was found in some frames of a copy, and says in which, or where not everybody was
    looked for.
    """
    from kinebench import anonymising, estimators
    from kinebench.progress import ended_politely

    if name is not None and len(clips) > 1:
        raise KinebenchError(f"--name belongs to one clip, but got {len(clips)}. Anonymise them one by one.")
    doubtful = failed = 0
    for clip in clips:
        try:
            with ended_politely():
                copy = anonymising.anonymise(
                    clip,
                    out,
                    name=name,
                    max_people=max_people,
                    estimator=estimator or estimators.DEFAULT,
                    cover=cover,
                )
        except KinebenchError as error:
            if len(clips) == 1:
                raise
            failed += 1
            _tell(f"{clip}: {error}")
            continue
        print(copy.path)
        doubtful += copy.doubtful
        for line in _words(copy):
            _tell(line)
    if failed:
        raise KinebenchError(f"{failed} of {len(clips)} clips could not be anonymised. The lines above say why.")
    if doubtful and not accept:
        raise typer.Exit(TO_BE_LOOKED_AT)


def _words(copy: "Copy") -> list[str]:
    """What somebody who hands the copy on has to know."""
    from kinebench.bystanders import EVERYBODY, ONE
    from kinebench.estimators import DEFAULT

    people = f"{copy.people} {'person' if copy.people == 1 else 'people'} at most"
    lines = [f"{people} found in a frame. Whom the network did not find is not covered: look at the copy."]
    if copy.sought != EVERYBODY:
        who = "one person at most" if copy.sought == ONE else copy.sought
        lines.append(
            f"looked for {who}: others are not covered. See whether anybody else is in it and say --accept, or look "
            f"for everybody: without --max-people, and after `kinebench models fetch {DEFAULT}`."
        )
    if copy.unseen:
        done = "they are covered whole" if copy.covered_whole else "somebody may be seen in them"
        lines.append(
            f"nobody was found at {copy.unseen_words()}: {done}."
            + ("" if copy.covered_whole else " Look at them and say --accept, or cover them with --cover whole.")
        )
    return lines


def _tell(line: str) -> None:
    print(f"kinebench: {line}", file=sys.stderr)
