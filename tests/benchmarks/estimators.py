"""Frames a second of every estimator that can run here, on one 1080p clip, decoding included, in one run.

Where a network's weights are not here, one of the tests runs, of the same shapes: what is timed is then everything
around the network, and the name says so. Compare the ratios to blazepose-full, measured in turns with the others.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests import clips, estimator_cases
from tests.benchmarks.extraction import RATE, ROWER, SIZE

from kinebench import estimators, extraction, places, video
from kinebench.estimators import Estimator, person_detectors
from kinebench.video.ahead import ahead

FRAMES = 90
REAL = {"blazepose-full", "blazepose-lite", "movenet-lightning", "posenet"}
SHARED = ROWER.parents[1] / "models"


def measure(repeats: int = 3) -> dict[str, Any]:
    """Frames a second (median of the turns) and the ratio to blazepose-full, by estimator."""
    source = ROWER if ROWER.exists() else places.SAMPLES / "rowing.mp4"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        piece = clips.back_and_forth(source, folder / "piece.mp4", size=SIZE, rate=RATE, frames=FRAMES, preset="medium")
        clip = video.open_clip(piece)
        made = {called: make() for called, make in ways(folder).items()}
        turns: dict[str, list[float]] = {called: [] for called in made}
        for called in list(made) * repeats:
            turns[called].append(_frames_per_s(made[called], clip))
    rates = {called: statistics.median(turn) for called, turn in turns.items()}
    reference = rates["blazepose-full"]
    return {"frames_per_s": rates, "of_blazepose_full": {called: rate / reference for called, rate in rates.items()}}


def ways(folder: Path) -> dict[str, Callable[[], Estimator]]:
    """What to measure -> how to make it; without the third-party material only the default network."""
    found: dict[str, Callable[[], Estimator]] = {"blazepose-full": lambda: estimators.get("blazepose-full")}
    if not SHARED.is_dir():
        return found
    found["blazepose-full, max_people=3"] = lambda: estimators.get("blazepose-full", max_people=3)
    found["rtmdet-nano, the person detector alone, in every frame"] = _Detecting
    for name, case in estimator_cases.CASES.items():
        if not case.looks or name in found or name == "movenet-thunder":
            continue
        title = name if name in REAL else f"{name} (a small network of the tests, which sees nobody)"
        found[title] = lambda case=case, name=name: case.make(_own(folder / name))
    return found


class _Detecting:
    """A person detector as if it were an estimator: what top-down estimation costs before any pose network."""

    def __init__(self) -> None:
        self._detector = person_detectors.Detector(SHARED / "rtmdet_nano_person_mmdeploy_end2end.onnx")

    def detect(self, picture: video.Frame) -> list[estimators.Person]:
        assert len(self._detector.find(picture).boxes)
        return []

    def reset(self) -> None:
        pass


def _own(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def _frames_per_s(estimator: Estimator, clip: video.Clip) -> float:
    estimator.reset()
    started = time.perf_counter()
    seen = sum(1 for _ in extraction._looks(estimator, ahead(video.frames(clip), extraction.WAITING_PICTURES)))
    return seen / (time.perf_counter() - started)
