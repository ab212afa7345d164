"""What a workbench shows of one set of settings: the analysis, or what there is of it where no repetition counts."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from kinebench import edits, kinematics, scale, subject, tasks
from kinebench.errors import KinebenchError
from kinebench.tasks import Analysis, NothingCounts, common, doubts


@dataclass(frozen=True)
class Result:
    """Tables to be shown, each with the clip's times.

    raw: the network's keypoints with sides put right and the edits applied; raw_signals: their signals without
    smoothing; smoothed, signals: as measured; doubtful: one column a kind of doubt; touched: (frames,) edited by hand.
    analysis: None where no repetition counts, then `trouble` says why; unfit: edits that could not be applied, and why.
    """

    settings: Any
    raw: pd.DataFrame
    raw_signals: pd.DataFrame
    smoothed: pd.DataFrame
    signals: pd.DataFrame
    calibration: scale.Calibration
    doubtful: pd.DataFrame
    touched: np.ndarray
    reps: pd.DataFrame
    labels: pd.DataFrame
    analysis: Analysis | None
    trouble: str
    unfit: tuple[edits.Unfit, ...]

    @property
    def near(self) -> str:
        """The side that is measured."""
        return self.calibration.near_side

    def values(self) -> dict[str, float | None]:
        """Every metric's value by its name."""
        if self.analysis is None:
            return {}
        return {metric.name: tasks.plain(metric.value) for metric in self.analysis.metrics}


def sketched(followed: subject.Followed, prepared: common.Prepared, settings: Any, last: Result | None) -> Result:
    """Keypoints and signals of `settings`, with the repetitions of `last` until they are found anew."""
    same = last is not None and len(last.smoothed) == len(prepared.keypoints)
    return Result(
        settings=settings,
        raw=prepared.mended,
        # Those of the last calibration, for the tenth of a second until the analysis is complete.
        raw_signals=last.raw_signals if last is not None and same else _raw_signals(prepared, last),
        smoothed=prepared.keypoints,
        signals=prepared.signals,
        calibration=prepared.calibration,
        doubtful=doubts.flags(
            followed.keypoints,
            prepared.keypoints,
            prepared.swaps,
            prepared.near,
            settings.smoothing.confidence_gate,
        ),
        touched=prepared.touched,
        reps=last.reps if last is not None and same else pd.DataFrame(),
        labels=last.labels if last is not None and same else pd.DataFrame(),
        analysis=last.analysis if last is not None and same else None,
        trouble="",
        unfit=prepared.unfit,
    )


def completed(
    sketch: Result,
    task: tasks.Task,
    followed: subject.Followed,
    recording: tasks.Recording,
    prepared: common.Prepared,
    last: Result | None = None,
) -> Result:
    """The sketch with the task's repetitions and metrics, or why there are none."""
    sketch = replace(sketch, raw_signals=_raw_signals(prepared, last))
    try:
        analysis = task.analyse(followed, recording, sketch.settings, prepared)
    except KinebenchError as error:
        reps, unfit = (
            (error.reps, error.unfit) if isinstance(error, NothingCounts) else (pd.DataFrame(), prepared.unfit)
        )
        return replace(sketch, reps=reps, labels=pd.DataFrame(), analysis=None, trouble=str(error), unfit=unfit)
    return replace(sketch, reps=analysis.reps, labels=analysis.labels, analysis=analysis, unfit=analysis.unfit)


def _raw_signals(prepared: common.Prepared, last: Result | None) -> pd.DataFrame:
    # As text, because a calibration may hold NaN, which equals nothing.
    if last is not None and last.raw is prepared.mended and repr(last.calibration) == repr(prepared.calibration):
        return last.raw_signals
    return kinematics.signals(prepared.mended, prepared.calibration)
