"""From one format to another: a recording or the folder of a run in, a file that another tool opens out."""

from pathlib import Path

import numpy as np
import pandas as pd

from kinebench import formats, keypoints, recordings, subject, video
from kinebench.errors import KinebenchError
from kinebench.formats import Results

RUN = ("run.json", "keypoints.parquet", "signals.csv")


def convert(
    source: str | Path,
    target: str | Path,
    *,
    to: str | None = None,
    clip: str | Path | None = None,
    rate_hz: float | None = None,
    size: tuple[int, int] | None = None,
    skeleton: str | None = None,
    format: str | None = None,
    person: int | None = None,
) -> tuple[list[Path], tuple[str, ...]]:
    """Write what is in `source`, the folder of a run or a recording, to `target`; what was written, and notes.

    to: the format where `target`'s ending is not enough; clip, rate_hz, size, skeleton, format: of a recording, see
    `recordings.ready`; person: by the number of `kinebench people`; without it who is large and central. A .csv or
    .parquet made of a recording holds everybody; every other file one person. Nothing is smoothed here.
    """
    source, target = Path(source).expanduser(), Path(target).expanduser()
    if not target.parent.is_dir():
        raise KinebenchError(
            f"TARGET must lie in a folder that exists, but there is no {target.parent}. Make it first."
        )
    if source.is_dir() and all((source / name).is_file() for name in RUN):
        return formats.write(of_run(source), target, format=to), ()
    shown = None if clip is None else video.open_clip(Path(clip).expanduser())
    given = recordings.given(shown, rate_hz, size, skeleton)
    recording = formats.read(source, given, format=format)
    table = recording.detections
    if table.empty:
        raise KinebenchError(f"KEYPOINTS must hold a person, but {source.name} holds nobody. Is it the right file?")
    if person is None and target.suffix in (".csv", ".parquet") and to in (None, "table"):
        table.to_csv(target, index=False) if target.suffix == ".csv" else table.to_parquet(target)
        return [target], recording.notes
    extent = (given.width, given.height) if given.width and given.height else recordings.extent(table)
    found = _one(table, shown, extent, recording.joints, person)
    results = Results(
        keypoints=found.keypoints,
        width=extent[0],
        height=extent[1],
        metres_per_px=recording.metres_per_px,
        source=f"keypoints read from {format or formats.recognised(source)}",
    )
    return formats.write(results, target, format=to), recording.notes


def of_run(folder: Path) -> Results:
    """The tables of a finished run's folder."""
    import json

    described = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    signals = pd.read_csv(folder / "signals.csv", index_col="time_s")
    return Results(
        keypoints=keypoints.load(folder / "keypoints.parquet"),
        signals=signals,
        reps=pd.read_csv(folder / "reps.csv"),
        metrics=pd.read_csv(folder / "metrics.csv"),
        width=described["input"]["width_px"],
        height=described["input"]["height_px"],
        metres_per_px=_metres_per_px(signals),
        source=f"kinebench run {described['run']}",
    )


def _metres_per_px(signals: pd.DataFrame) -> float | None:
    """What a pixel is in metres, from any signal that stands in both; None where none does."""
    for name in signals.columns:
        twin = name.removesuffix("_px") + "_m"
        if name.endswith("_px") and twin in signals.columns:
            ratio = (signals[twin] / signals[name]).replace([np.inf, -np.inf], np.nan).median()
            return float(ratio) if np.isfinite(ratio) else None
    return None


def _one(
    table: pd.DataFrame,
    shown: video.Clip | None,
    extent: tuple[int, int],
    joints: tuple[str, ...],
    person: int | None,
) -> subject.Followed:
    times_s = shown.times_s if shown is not None else np.unique(table["time_s"].to_numpy(float))
    wanted = subject.Subject() if person is None else subject.Subject(follow="person", follow_person=person)
    return subject.follow(table, times_s, *extent, joints, wanted)
