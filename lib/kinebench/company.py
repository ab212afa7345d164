"""Who is in a clip, and a run for each of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from kinebench import estimators, extraction, recordings, subject, video
from kinebench.errors import KinebenchError

MOST = 6
"""So many people are looked for where everyone is to be measured and nobody says how many there are."""

ANYBODY: dict[str, Any] = {"follow": "person", "follow_person": None}
"""Parameters that choose nobody yet: of what was saved for a clip, they take nothing that is one person's."""


def source(path: str | Path, values: dict[str, Any], **given: Any) -> tuple[Path, dict[str, Any], tuple[str, ...]]:
    """The video to be analysed, the parameters for it, and what to know: of a video, or of another tool's keypoints.

    values: parameters already chosen, which go before those that a recording brings; given: as `recordings.ready` has
    them.
    """
    beside = {name: value for name, value in given.items() if value is not None}
    if not recordings.is_recording(path):
        if beside:
            raise KinebenchError(
                f"--video, --rate, --size, --skeleton and --format belong to keypoints of another tool, but {path} "
                "looks like a video. Leave them out."
            )
        return Path(path).expanduser(), values, ()
    ready = recordings.ready(path, **given)
    if values.get("estimator", "recorded") != "recorded":
        raise KinebenchError(
            f"estimator must be left out where keypoints are given instead of a video, but got {values['estimator']!r}."
        )
    own = {"estimator": "recorded", "recording": str(ready.recording)}
    lengths = {} if {"height_m", "known_length_m"} & values.keys() else dict(ready.values)
    return ready.video, lengths | values | own, ready.notes


def listed(path: Path, settings: Any) -> pd.DataFrame:
    """Everyone in the video at `path`, see `subject.everybody`; settings: with a group `extraction`."""
    wanted = settings.extraction
    clip = video.open_clip(path, start_s=wanted.start_s, stop_s=wanted.stop_s, every=wanted.every)
    detections = extraction.detect(clip, wanted)
    return subject.everybody(detections, clip.times_s, clip.width, clip.height, extraction.joints(detections))


def with_everyone(values: dict[str, Any]) -> dict[str, Any]:
    """The parameters with an estimator that would look for one person told to look for several."""
    chosen = estimators.record(values.get("estimator", estimators.DEFAULT))
    return {"max_people": MOST} | values if "max_people" in chosen.settings else values


def each(path: Path, settings: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """The number of everyone who is there long enough, with the parameters that choose this one."""
    for person, passing in listed(path, settings)[["person", "passing"]].itertuples(index=False):
        if not passing:
            yield int(person), {"follow": "person", "follow_person": int(person)}
