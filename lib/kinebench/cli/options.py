"""Options that several commands have: what belongs to keypoints of another tool."""

import re
from typing import Annotated

import typer

from kinebench.errors import KinebenchError

Clip = Annotated[str | None, typer.Option("--video", metavar="CLIP", help="The video that the keypoints belong to.")]
Rate = Annotated[
    float | None, typer.Option("--rate", help="Without a video: frames a second, where the keypoints have no times.")
]
Size = Annotated[
    str | None,
    typer.Option(
        "--size",
        metavar="WIDTHxHEIGHT",
        help="The size in pixels of the picture that the keypoints were found on: without a video where they are "
        "shares of it, with one where it has another size.",
    ),
]
Skeleton = Annotated[
    str | None,
    typer.Option("--skeleton", help="The order of the joints, where a file does not say it: body25, body25b, ..."),
]
Format = Annotated[str | None, typer.Option("--format", help="The file's format: `kinebench formats` lists them.")]


def parsed_size(text: str | None) -> tuple[int, int] | None:
    """Width and height from 1920x1080."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,5})[xX](\d{1,5})", text.strip())
    if not found or not min(int(part) for part in found.groups()) > 0:
        raise KinebenchError(f"--size must be WIDTHxHEIGHT in pixels, as 1920x1080, but got {text!r}.")
    return int(found[1]), int(found[2])
