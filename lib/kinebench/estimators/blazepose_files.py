"""Where a BlazePose's two networks are, the detector and the landmark network."""

from pathlib import Path

from kinebench import estimators
from kinebench.errors import KinebenchError


def paths(name: str, own: str | None) -> tuple[Path, Path]:
    """The files of the registered estimator `name`, with the user's `own` landmark network where one is named."""
    from kinebench.estimators import weights

    record = estimators.record(name)
    detector, landmarks = record.weights
    if own is None:
        return weights.locate(record, detector.file), weights.locate(record, landmarks.file)
    if not Path(own).is_file():
        raise KinebenchError(f"weights must name a file that exists, but there is no {own}. Check the path.")
    return weights.locate(record, detector.file), Path(own)


def named(name: str, own: str | None) -> tuple[str, str]:
    """What the files of `paths` are called in what is written, whatever their own names."""
    from kinebench.estimators import weights

    detector, landmarks = estimators.record(name).weights
    return detector.file, landmarks.file if own is None else weights.OWN
