"""From one format to another: a recording or the folder of a run in, a file that another tool opens out."""

from pathlib import Path

import numpy as np
import pandas as pd

from kinebench import formats, keypoints, recordings, subject, video
from kinebench.errors import KinebenchError
from kinebench.formats import Recording, Results
from kinebench.formats.whole import whole

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
        raise KinebenchError(f"TARGET must lie in a folder that exists, but {target.parent} is none. Make it first.")
    if target.is_dir() or (target.exists() and source.exists() and target.samefile(source)):
        raise KinebenchError(f"TARGET must be a new file, but {target} is the source or a folder. Name another.")
    if source.is_dir() and all((source / name).is_file() for name in RUN):
        if any(option is not None for option in (clip, rate_hz, size, skeleton, format, person)):
            raise KinebenchError("The folder of a run knows all by itself: leave out everything but TARGET and --to.")
        return formats.write(of_run(source), target, format=to), ()
    shown = None if clip is None else video.open_clip(Path(clip).expanduser())
    recording = recordings.read(source, shown, rate_hz=rate_hz, size=size, skeleton=skeleton, format=format)
    table = recording.detections
    if person is None and target.suffix.lower() in (".csv", ".parquet") and to in (None, "table"):
        with whole(target) as temporary:
            table.to_csv(temporary, index=False) if target.suffix.lower() == ".csv" else table.to_parquet(temporary)
        return [target], recording.notes
    held = (shown.width, shown.height) if shown is not None else size or recordings.extent(table)
    found, notes = _one(recording, shown, held, person)
    results = Results(
        keypoints=found.keypoints,
        width=held[0],
        height=held[1],
        metres_per_px=recording.metres_per_px,
        source=f"keypoints read from {format or formats.recognised(source)}",
    )
    return formats.write(results, target, format=to), (*recording.notes, *notes)


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
    recording: Recording, shown: video.Clip | None, held: tuple[int, int], person: int | None
) -> tuple[subject.Followed, tuple[str, ...]]:
    """The person followed, on every frame of the video or of the recording, and notes."""
    table = recording.detections
    notes: tuple[str, ...] = ()
    if shown is None:
        ticks, first_s = recordings.frame_ticks(table)
        times_s = first_s + ticks / recordings.TICKS
    else:
        times_s = shown.times_s
    table = table.copy()
    table.attrs = {"tracked": recording.tracked}
    wanted = subject.Subject() if person is None else subject.Subject(follow="person", follow_person=person)
    found = subject.follow(table, times_s, *held, recording.joints, wanted)
    if found.frames_without_person:
        notes = (f"The person is missing in {found.frames_without_person} of {len(times_s)} frames.",)
    return found, notes
