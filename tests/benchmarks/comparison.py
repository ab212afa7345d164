"""How long it takes to compare two recordings of 60 s at 60 frames/s over 17 joints, each joint warped by itself."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from kinebench import skeleton, smoothing
from kinebench.comparison import pairing, scoring, warping
from kinebench.comparison.settings import Comparing
from kinebench.smoothing import Smoothing
from kinebench.synthetic import Scene, keypoint_table

SECONDS, RATE_HZ, TURNS = 60.0, 60.0, 5


def measure() -> dict[str, Any]:
    """Seconds of warping alone and of the whole comparison, medians of `TURNS` turns."""
    settings = Comparing(mirror="no", joints=", ".join(skeleton.COCO17.joints), sampling_hz=RATE_HZ)
    one, other = (_recording(seed) for seed in (1, 2))
    span = (0.0, SECONDS)
    # Compiled code is loaded by the first call.
    scoring.compare(one, other, settings, reference_span=(0.0, 2.0), query_span=(0.0, 2.0))
    pair = pairing.pair(one, other, settings, span, span)
    own, other_way = (ways.bridged() for ways in pair)
    warped = [_timed(lambda: _each_joint(own, other_way, settings)) for _ in range(TURNS)]
    compared = [
        _timed(lambda: scoring.compare(one, other, settings, reference_span=span, query_span=span))
        for _ in range(TURNS)
    ]
    return {
        "samples": len(pair[0].time_s),
        "joints": len(pair[0].joints),
        "window_share": settings.window_share,
        "warping_s": statistics.median(warped),
        "comparing_s": statistics.median(compared),
    }


def _each_joint(own: np.ndarray, other: np.ndarray, settings: Comparing) -> None:
    for joint in range(own.shape[1]):
        warping.warp(own[:, joint], other[:, joint], window_share=settings.window_share, penalty=settings.penalty)


def _recording(seed: int) -> pd.DataFrame:
    scene = Scene(task="rowing", seed=seed, repetitions=40, frame_rate_hz=RATE_HZ)
    return smoothing.smooth(keypoint_table(scene, noise_px=1.0, seed=seed), Smoothing()).keypoints


def _timed(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
