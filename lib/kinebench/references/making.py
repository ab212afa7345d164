"""From a clip, another tool's keypoints or a run's folder to smoothed keypoints, and from those to a reference."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kinebench import conversion, extraction, keypoints, parameters, smoothing, subject, video
from kinebench.comparison.trajectories import trajectories
from kinebench.errors import KinebenchError
from kinebench.references import library
from kinebench.references.matching import STILL_TRUNKS, movement
from kinebench.references.record import Reference, Source, checked_name
from kinebench.references.views import VIEWS, view_of

SHORTEST_S = 0.3
"""A straight punch is there and back in about this time; less is no movement that anything could be compared with."""
SEEN_SHARE = 0.5
"""The person must be found in so much of a reference: what is not there cannot be compared."""


@dataclass(frozen=True, eq=False)
class Seen:
    """The smoothed keypoints of one person in a clip, where they come from, and what to know of them."""

    keypoints: pd.DataFrame
    source: Source
    notes: tuple[str, ...] = ()


def is_run(path: Path) -> bool:
    """Whether this is the folder of a finished run."""
    return path.is_dir() and all((path / name).is_file() for name in conversion.RUN)


def of_video(path: Path, settings: Any) -> Seen:
    """Of the person followed in the video at `path`; settings: with groups `extraction`, `subject`, `smoothing`."""
    wanted = settings.extraction
    clip = video.open_clip(path, start_s=wanted.start_s, stop_s=wanted.stop_s, every=wanted.every)
    smoothing.check_cutoff(clip.times_s, settings.smoothing)
    found = extraction.detect(clip, wanted)
    person = subject.follow(found, clip.times_s, clip.width, clip.height, extraction.joints(found), settings.subject)
    table = smoothing.smooth(person.unswapped[0], settings.smoothing).keypoints
    described = found.attrs.get("basis", {}).get("estimator", {})
    replayed = described.get("source")
    # Of a recording the digest is that of the recording, not of the plain video that is drawn for it.
    sha256 = replayed["sha256"] if isinstance(replayed, dict) else clip.sha256
    source = Source(
        sha256=str(sha256),
        estimator=_estimator(wanted.estimator, replayed),
        start_s=float(clip.times_s[0]),
        stop_s=float(clip.times_s[-1]),
        smoothing=_settings(settings.smoothing),
    )
    missing = person.frames_without_person
    notes = (f"The person is missing in {missing} of {len(clip)} frames.",) if missing else ()
    return Seen(table, source, notes)


def of_run(folder: Path, start_s: float | None = None, stop_s: float | None = None) -> Seen:
    """Of the person measured in the run in `folder`, whose keypoints are smoothed already; of a stretch of it."""
    table = _stretch(keypoints.load(folder / "keypoints.parquet"), start_s, stop_s)
    try:
        described = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        values = described["parameters"]
        names = [known.name for known in parameters.describe(_Smoothed)]
        source = Source(
            sha256=str(described["input"]["sha256"]),
            estimator=str(values["estimator"]),
            start_s=float(table.index[0]),
            stop_s=float(table.index[-1]),
            smoothing={name: values[name] for name in names},
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise KinebenchError(
            f"CLIP must be the folder of a finished run, but {folder / 'run.json'} is not that of one: "
            f"{type(error).__name__} {' '.join(str(error).split())[:80]}. Run the clip again."
        ) from None
    return Seen(table, source)


def reference(seen: Seen, name: str, action: str, view: str = "auto") -> tuple[Reference, str]:
    """A reference made of what was seen, not yet saved; and in words why its view is in doubt, "" where it is not.

    view: one of `views.VIEWS`, or auto to find it. KinebenchError where there is no movement to compare with.
    """
    checked_name(name)
    if view not in ("auto", *VIEWS):
        raise KinebenchError(f"--view must be one of auto, {', '.join(VIEWS)}, but got {view!r}.")
    table = library.rounded(seen.keypoints)
    _check(table)
    found = view_of(table) if view == "auto" else None
    made = Reference(
        name=name,
        action=" ".join(action.split()),
        view=found.value if found else view,
        source=replace(seen.source, smoothing=dict(seen.source.smoothing)),
        made=library.today(),
        keypoints=table,
    )
    return made, found.doubt if found else ""


@dataclass(frozen=True)
class _Smoothed:
    """Only the names of the parameters of a smoothing are wanted of it."""

    smoothing: smoothing.Smoothing


def _settings(group: smoothing.Smoothing) -> Mapping[str, Any]:
    return parameters.flat(_Smoothed(group))


def _estimator(name: str, replayed: Any) -> str:
    """The network; of another tool's keypoints their format."""
    return f"{name} ({replayed.get('format')})" if isinstance(replayed, dict) else name


def _stretch(table: pd.DataFrame, start_s: float | None, stop_s: float | None) -> pd.DataFrame:
    time_s = keypoints.times(table)
    inside = (time_s >= (start_s or 0.0)) & (time_s <= (np.inf if stop_s is None else stop_s))
    if inside.sum() < 2:
        raise KinebenchError(
            f"--start-s and --stop-s must hold at least two frames, but {start_s or 0:g} to "
            f"{'the end' if stop_s is None else f'{stop_s:g} s'} hold {inside.sum()}. The keypoints last from "
            f"{time_s[0]:.2f} to {time_s[-1]:.2f} s."
        )
    return table[inside]


def _check(table: pd.DataFrame) -> None:
    time_s = keypoints.times(table)
    lasting = float(time_s[-1] - time_s[0]) if len(time_s) else 0.0
    if lasting < SHORTEST_S:
        raise KinebenchError(
            f"A reference must last at least {SHORTEST_S:g} s, but the stretch lasts {lasting:.2f} s. Choose a longer "
            "one."
        )
    hips = [np.isfinite(keypoints.points(table, f"{side}_hip")).all(axis=1) for side in ("left", "right")]
    share = float((hips[0] | hips[1]).mean())
    if share < SEEN_SHARE:
        raise KinebenchError(
            f"A reference must show the person's hips in at least {100 * SEEN_SHARE:.0f} % of its frames, but they are "
            f"seen in {100 * share:.0f} %. Choose another stretch or clip."
        )
    if float(movement(trajectories(table)).mean()) < STILL_TRUNKS**2:
        raise KinebenchError("A reference must hold a movement, but nothing moves in this stretch. Choose another one.")
