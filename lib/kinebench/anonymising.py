"""Copies of videos that may be shown: faces covered, no sound, no metadata, a name that names no one."""

import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd

from kinebench import bystanders, estimators, extraction, provenance, video
from kinebench.company import with_everyone
from kinebench.errors import KinebenchError
from kinebench.extraction import Extraction
from kinebench.overlay import covering, faces
from kinebench.overlay.canvas import Canvas
from kinebench.overlay.planes import Planes
from kinebench.progress import track
from kinebench.tasks.person import IDENTIFIER
from kinebench.video.ahead import ahead

COVERS = ("faces", "whole")
WAITING_PICTURES = 6
# A copy is handed on: it is worth more looks than what a run draws.
SMALL_LOOKS_PER_S = 6.0


@dataclass(frozen=True)
class Copy:
    """An anonymised copy: where it lies, its `frames`, and how many `people` were found at the same time at most.

    `unseen`: first and last time of every stretch in which nobody's face was found, in seconds from the first frame.
    `covered_whole`: whether nothing is shown in these; otherwise only what lies where a face was found before or after
    is covered, and somebody may be seen whom nothing found. `sought`: who was looked for, as `bystanders.sought` says.
    """

    path: Path
    frames: int
    people: int
    unseen: tuple[tuple[float, float], ...]
    covered_whole: bool
    sought: str = bystanders.EVERYBODY

    @property
    def doubtful(self) -> bool:
        """Whether somebody has to look at it before it is handed on."""
        return self.sought != bystanders.EVERYBODY or (bool(self.unseen) and not self.covered_whole)

    def unseen_words(self) -> str:
        """The stretches in which nobody was found, as `0.00-0.53 s, 4.10-4.27 s`."""
        return ", ".join(f"{first:.2f}-{last:.2f} s" for first, last in self.unseen)


def anonymise(
    source: str | Path,
    out: str | Path,
    *,
    name: str | None = None,
    max_people: int | None = None,
    estimator: str = extraction.Extraction().estimator,
    cover: str = "faces",
    show_progress: bool = True,
) -> Copy:
    """Write a copy of the video `source` in which no face can be recognised into the folder `out`.

    Size, upright picture and the times of the frames stay; sound, subtitles, data, chapters and all metadata of the
    file and its streams go. The copy is called `name`, or by words that stand for the video's content. `max_people`: at
    most so many are looked for; `cover`: "whole" shows nothing of frames in which no face was found, "faces" covers
    what is known of the frames before and after. Raises KinebenchError where nobody is found at all: then no copy is
    written.
    """
    if cover not in COVERS:
        raise KinebenchError(f"cover must be one of {', '.join(COVERS)}, but got {cover!r}.")
    source = Path(source).expanduser()
    clip = video.open_clip(source)
    path = _place(source, Path(out).expanduser(), name, clip)
    detections, sought = _everybody(clip, estimator, max_people, show_progress=show_progress)
    found = faces.found(detections, clip.times_s)
    people = max((_apart(each) for each in found), default=0)
    if not people:
        raise KinebenchError(
            f"video must show somebody whose face can be covered, but in {source.name} nobody was found in any of "
            f"{len(clip)} frames. Try another network with --estimator, or cover the faces with a video editor."
        )
    discs: list[np.ndarray | None] = list(faces.others(detections, clip.times_s, hold_s=np.inf))
    seen = [len(each) > 0 for each in found]
    if cover == "whole":
        discs = [each if there else None for each, there in zip(discs, seen, strict=True)]
    _write(clip, discs, path, show_progress=show_progress)
    return Copy(path, len(clip), people, tuple(_stretches(seen, clip.times_s)), cover == "whole", sought)


def _place(source: Path, out: Path, name: str | None, clip: video.Clip) -> Path:
    """Where the copy goes; its name tells nothing of the source's."""
    if name is not None and not re.fullmatch(IDENTIFIER, name):
        raise KinebenchError(
            f"name must be 1 to 32 letters, digits, _ or -, beginning with a letter or digit, but got {name!r}. "
            "Choose a pseudonym such as P07."
        )
    if name is not None and name.casefold() == source.stem.casefold():
        raise KinebenchError(
            f"name must not be the video's own, but got {name!r}. Choose a pseudonym, or leave it out."
        )
    if out.exists() and not out.is_dir():
        raise KinebenchError(f"out must be a folder, but {out} is a file. Name another one.")
    path = out / f"{name or provenance.run_id('anonymous', clip.sha256, {})}.mp4"
    if path.exists() and path.samefile(source):
        raise KinebenchError(
            f"out must not be where the video itself would be overwritten, but {path} is it. Name another."
        )
    # A name made of the content can only be that of a copy of the same video.
    if name is not None and path.exists():
        raise KinebenchError(
            f"name must be one that is not taken, but {path} exists. Choose another, or remove the file first."
        )
    return path


def _everybody(
    clip: video.Clip, estimator: str, max_people: int | None, *, show_progress: bool
) -> tuple[pd.DataFrame, str]:
    """Everybody who is found, by a network that can find several; and who was looked for.

    Where it can, it looks twice: following people, which loses nobody who turns away; and anew in every frame, which
    follows nobody to a wrong place after a jump of the picture. Unless only so many are to be looked for, the default
    network looks for people who are small in the picture as well.
    """
    known = estimators.record(estimator).settings
    most = bystanders.MOST if max_people is None and "small_people" in known else max_people
    given = with_everyone({"estimator": estimator} | ({} if most is None else {"max_people": most}))
    looks = [(clip, Extraction(**given))]
    if "detect_every_frame" in known:
        looks.append((clip, Extraction(**given, detect_every_frame=True)))
    further = max_people is None and bystanders.possible()
    if further:
        looks += bystanders.looks(clip, small_per_s=SMALL_LOOKS_PER_S)
    tables = [
        extraction.detect(some, settings, progress=show_progress, what=f"finding people, look {number} of {len(looks)}")
        for number, (some, settings) in enumerate(looks, start=1)
    ]
    described = tables[0].attrs.get("basis", {}).get("estimator", {})
    return bystanders.together(tables), bystanders.sought(described, further)


def _write(clip: video.Clip, discs: list[np.ndarray | None], path: Path, *, show_progress: bool) -> None:
    """The frames with their discs covered, with None the whole frame; the file is whole or not there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with video.Writer(path, like=clip) as writer, closing(ahead(video.frames(clip), WAITING_PICTURES)) as frames:
            shown: Iterable[video.Frame] = track(frames, "covering faces", len(clip)) if show_progress else frames
            for frame in shown:
                planes = Planes.of(frame)
                canvas = Canvas.nv12(planes.luma, planes.chroma, bt709=planes.bt709)
                mine = discs[frame.index]
                if mine is None:
                    covering.cover_whole(canvas)
                else:
                    covering.cover(canvas, mine)
                writer.write(planes.picture, frame.index)
    except OSError as error:
        raise KinebenchError(
            f"out must be a folder that can be written to, but writing to {path.parent} failed "
            f"({error.strerror or error}). Free space, or name another one."
        ) from error


def _apart(discs: np.ndarray) -> int:
    """How many faces discs (n, 3) show: those that lie in one another are one, found twice."""
    kept: list[np.ndarray] = []
    for disc in discs:
        if all(np.hypot(*(disc[:2] - other[:2])) > max(disc[2], other[2]) for other in kept):
            kept.append(disc)
    return len(kept)


def _stretches(seen: list[bool], times_s: np.ndarray) -> Iterator[tuple[float, float]]:
    """First and last time of every run of frames in which nobody was seen."""
    for there, run in groupby(range(len(seen)), key=seen.__getitem__):
        if not there:
            rows = list(run)
            yield float(times_s[rows[0]]), float(times_s[rows[-1]])
