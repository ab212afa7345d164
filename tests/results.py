"""Results for the writers' tests, and OpenSim kept quiet."""

import os
import tempfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from kinebench import keypoints, skeleton
from kinebench.formats import Results

JOINTS = skeleton.BLAZEPOSE33.joints
# Each example overwrites the file of the one before.
FILES = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def tables(draw, least_frames=1, rate_hz=30.0):
    """Keypoint tables of even times, within a picture as large as any, with missing joints, with and without world."""
    frames = draw(st.integers(least_frames, 6))
    names = draw(st.lists(st.sampled_from(JOINTS), min_size=1, max_size=4, unique=True))
    width = draw(st.sampled_from([3, 6]))
    numbers = st.floats(-20_000, 20_000) | st.just(np.nan)
    values = draw(hnp.arrays(float, (frames, len(names), width), elements=numbers))
    values[..., 2] = draw(hnp.arrays(float, (frames, len(names)), elements=st.floats(0, 1)))
    begin = draw(st.integers(0, 1000))
    return keypoints.make((begin + np.arange(frames)) / rate_hz, names, values)


def moving(times_s, velocity_px_s=(300.0, -400.0), joints=("left_hip", "left_knee")) -> pd.DataFrame:
    """Joints that all move evenly, each 100 px to the right of the one before."""
    times_s = np.asarray(times_s, dtype=float)
    values = np.ones((len(times_s), len(joints), 3))
    values[..., 0] = 100.0 * np.arange(1, len(joints) + 1) + velocity_px_s[0] * times_s[:, None]
    values[..., 1] = 500.0 + velocity_px_s[1] * times_s[:, None]
    return keypoints.make(times_s, joints, values)


def results(table=None, **changes) -> Results:
    """Results with a scale, of `table` or of a second of even motion."""
    table = moving(np.arange(31) / 30) if table is None else table
    return Results(table, **{"width": 1280, "height": 720, "metres_per_px": 0.004, "source": "a clip"} | changes)


def opensim():
    """OpenSim, without the log file that it would begin in the working directory; the test is skipped without it."""
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as elsewhere:
        os.chdir(elsewhere)
        try:
            module = pytest.importorskip("opensim")
            module.Logger.removeFileSink()
            module.Logger.setLevelString("Error")
        finally:
            os.chdir(here)
    return module
