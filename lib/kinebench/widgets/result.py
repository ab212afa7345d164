"""What a workbench shows of one set of settings: the analysis, or what there is of it where no repetition counts."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kinebench import edits, kinematics, scale, subject, tasks
from kinebench.errors import KinebenchError
from kinebench.tasks import Analysis, common, doubts


@dataclass(frozen=True)
class Result:
    """Tables to be shown, each with the clip's times.

    raw: the network's keypoints with sides put right and the edits applied; raw_signals: their signals without
    smoothing; smoothed, signals: as measured; doubtful: one column a kind of doubt; touched: (frames,) edited by hand.
    analysis: None where no repetition was found, then `trouble` says why; unfit: edits that could not be applied.
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
    unfit: tuple[str, ...]

    @property
    def near(self) -> str:
        """The side that is measured."""
        return self.calibration.near_side

    def values(self) -> dict[str, float | None]:
        """Every metric's value by its name."""
        if self.analysis is None:
            return {}
        return {metric.name: tasks.plain(metric.value) for metric in self.analysis.metrics}


def computed(
    task: tasks.Task, followed: subject.Followed, recording: tasks.Recording, settings: Any, last: Result | None = None
) -> Result:
    """The result of `settings`; `last`: one before it, of which is taken over what has stayed the same."""
    repaired = edits.places.repair(followed.unswapped[0], settings.repairs.edits)
    trouble, analysis, prepared = "", None, None
    try:
        analysis = task.analyse(followed, recording, settings)
    except KinebenchError as error:
        trouble = str(error)
        prepared = common.prepare(followed, settings)
    found: Any = analysis or prepared
    return Result(
        settings=settings,
        raw=repaired.keypoints,
        raw_signals=_raw_signals(repaired.keypoints, found.calibration, last),
        smoothed=found.keypoints,
        signals=found.signals,
        calibration=found.calibration,
        doubtful=doubts.flags(
            followed.keypoints,
            found.keypoints,
            found.swaps,
            found.calibration.near_side,
            settings.smoothing.confidence_gate,
        ),
        touched=repaired.touched,
        reps=analysis.reps if analysis else pd.DataFrame(),
        labels=analysis.labels if analysis else pd.DataFrame(),
        analysis=analysis,
        trouble=trouble,
        unfit=found.unfit,
    )


def _raw_signals(raw: pd.DataFrame, calibration: scale.Calibration, last: Result | None) -> pd.DataFrame:
    # As text, because a calibration may hold NaN, which equals nothing.
    if last is not None and last.raw is raw and repr(last.calibration) == repr(calibration):
        return last.raw_signals
    return kinematics.signals(raw, calibration)
