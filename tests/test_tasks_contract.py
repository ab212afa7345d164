"""What every task promises to whoever shows, saves or compares its results; the same tests for all of them."""

import json
import math
import re

import numpy as np
import pandas as pd
import pytest

from kinebench import parameters, quality, tasks
from kinebench.errors import KinebenchError
from kinebench.tasks import Metric, common
from tests.scenes import analyse, analyse_table, followed, recording, scene_of

UNIT_ENDINGS = {
    "s": "s",
    "deg": "deg",
    "deg/s": "deg_s",
    "m": "m",
    "m/s": "m_s",
    "px": "px",
    "px/s": "px_s",
    "%": "pct",
    "W": "w",
    "W/kg": "w_per_kg",
    "strokes/min": "spm",
    "steps/min": "steps_min",
}
DETAILS = (("height_m", 1.72), ("mass_kg", 70.0), ("age_years", 71.0), ("sex", "female"))


@pytest.fixture(params=tasks.names())
def name(request):
    return request.param


@pytest.fixture
def analysis(name):
    return analyse(scene_of(name), 1.0, 0, DETAILS)


def test_registry_names_what_exists(name):
    task = tasks.get(name)
    module = task.load()
    assert name == module.NAME
    assert task.title == module.TITLE
    assert task.notebook == module.NOTEBOOK
    assert parameters.describe(task.settings)


def test_an_unknown_task_is_refused_with_those_there_are():
    with pytest.raises(KinebenchError, match="task must be one of sit-to-stand, rowing"):
        tasks.get("squad")


def test_parameters_have_unique_names_with_help(name):
    described = parameters.describe(tasks.get(name).settings)
    names = [one.name for one in described]
    assert len(names) == len(set(names))
    assert all(len(one.help) > 3 for one in described)


def test_default_settings_survive_flattening(name):
    settings = tasks.get(name).settings()
    assert parameters.build(type(settings), parameters.flat(settings)) == settings


def test_every_metric_is_documented_and_has_its_unit_in_its_name(analysis):
    names = [metric.name for metric in analysis.metrics]
    assert len(names) == len(set(names))
    for metric in analysis.metrics:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", metric.name), metric
        assert len(metric.definition) > 10, metric
        assert metric.source, metric
        if metric.unit:
            assert f"_{metric.name}_".count(f"_{UNIT_ENDINGS[metric.unit]}_"), metric


def test_metrics_json_has_the_promised_form_and_survives_json(analysis):
    written = json.loads(json.dumps(tasks.metrics_json(analysis), allow_nan=False))
    assert set(written) == {"metrics", "quality", "near_side"}
    assert written["near_side"] in ("left", "right")
    for entry in written["metrics"].values():
        assert set(entry) == {"value", "unit", "definition", "source"}
        assert type(entry["value"]) in (int, float)
    assert written["quality"]["verdict"] in ("good", "doubtful", "bad")
    for check in written["quality"]["checks"]:
        assert {"name", "value", "unit", "verdict", "message", "advice"} <= set(check)


def test_metrics_that_could_not_be_measured_are_not_written(analysis):
    written = tasks.metrics_json(analysis)["metrics"]
    for metric in analysis.metrics:
        known = metric.value is not None and math.isfinite(metric.value)
        assert (metric.name in written) == known


def test_metrics_table_is_one_row_that_agrees_with_the_json(analysis):
    table = tasks.metrics_table(analysis)
    assert len(table) == 1
    for name, entry in tasks.metrics_json(analysis)["metrics"].items():
        assert table.iloc[0][name] == entry["value"]


def test_headline_metrics_exist(analysis, name):
    # Power takes a chair's height, the knees a view from the front.
    elsewhere = {"power_w_per_kg", "bottom_knee_to_ankle_distance"}
    for metric in tasks.get(name).presentation.headline:
        assert analysis.metric(metric) is not None or metric in elsewhere, metric


def test_presentation_names_what_the_tables_hold(analysis, name):
    shown = tasks.get(name).presentation
    near = analysis.near_side
    joints = set(analysis.keypoints.columns.get_level_values(0))
    assert tasks.on_side(shown.trail, near) in joints
    for label in shown.angles:
        assert tasks.on_side(label.signal, near) in analysis.signals
        assert tasks.on_side(label.vertex, near) in joints
    for plot in shown.plots:
        assert any(tasks.on_side(signal, near) in analysis.signals for signal in plot.signals), plot
    assert set(shown.events) <= set(analysis.reps.columns)
    assert set(analysis.labels["phase"]) <= {"", *shown.phases}


def test_tables_share_the_clip_s_times(analysis):
    times = analysis.recording.times_s
    for table in (analysis.raw, analysis.keypoints, analysis.signals, analysis.labels):
        np.testing.assert_array_equal(table.index.to_numpy(float), times)


def test_repetitions_table_has_the_columns_everyone_reads(analysis):
    assert {"repetition", "start_s", "end_s", "accepted", "reason"} <= set(analysis.reps.columns)
    assert analysis.reps["accepted"].dtype == bool
    assert ((analysis.reps["reason"] == "") == analysis.reps["accepted"]).all()
    accepted = analysis.accepted
    assert list(accepted["repetition"]) == list(range(1, len(accepted) + 1))
    assert (accepted["end_s"] > accepted["start_s"]).all()
    assert (accepted["start_s"].to_numpy()[1:] >= accepted["end_s"].to_numpy()[:-1] - 1e-9).all()


def test_labels_count_every_repetition_once(analysis):
    numbers = analysis.labels["repetition"].to_numpy()
    assert set(numbers[numbers > 0]) == set(analysis.accepted["repetition"])
    assert analysis.labels["count"].is_monotonic_increasing
    assert analysis.labels["count"].iloc[-1] == len(analysis.accepted)


def test_quality_covers_what_is_promised(analysis):
    names = {check.name for check in analysis.quality}
    assert names >= {
        "frames_without_person",
        "gaps_filled",
        "left_right_swaps",
        "person_changes",
        "crossings",
        "frame_rate",
        "frame_time_jitter",
        "person_height",
        "view_angle",
        "cut_repetitions",
        "unreadable",
    }


def test_a_failed_check_casts_doubt_on_what_it_touches():
    times = Metric("rise_time_mean_s", 1.0, "s", "a time of the rise", "ours")
    angle = Metric("peak_trunk_lean_deg", 40.0, "deg", "an angle in the rise", "ours")
    slow, small, turned = quality.frame_rate(8.0), quality.resolution(50.0), quality.view(20.0)
    assert [bool(one.doubt) for one in common.doubted((times, angle), (quality.frame_rate(30.0),))] == [False, False]
    assert [bool(one.doubt) for one in common.doubted((times, angle), (slow,))] == [True, True]
    assert [bool(one.doubt) for one in common.doubted((times, angle), (small,))] == [False, True]
    assert [bool(one.doubt) for one in common.doubted((times, angle), (turned,))] == [False, True]
    assert common.doubted((times,), (slow,))[0].doubt == slow.message


def test_nobody_moving_is_one_clear_line(name):
    scene = scene_of(name, repetitions=1)
    frames = analyse(scene_of(name), 1.0).raw
    still = frames.copy()
    still[:] = np.broadcast_to(frames.iloc[0].to_numpy(), frames.shape)
    with pytest.raises(KinebenchError, match=f"task {name} needs") as caught:
        analyse_table(scene, still)
    assert "\n" not in str(caught.value)


def test_nobody_seen_is_one_clear_line(name):
    frames = analyse(scene_of(name), 1.0).raw.copy()
    values = frames.to_numpy().reshape(len(frames), -1, 3).copy()
    values[..., :2] = np.nan
    values[..., 2] = 0
    nobody = pd.DataFrame(values.reshape(len(frames), -1), index=frames.index, columns=frames.columns)
    with pytest.raises(KinebenchError) as caught:
        analyse_table(scene_of(name), nobody)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("frames", [1, 2, 3, 10])
def test_a_few_frames_are_one_clear_line(name, frames):
    scene = scene_of(name)
    table = analyse(scene, 1.0).raw.iloc[:frames]
    task = tasks.get(name)
    with pytest.raises(KinebenchError) as caught:
        task.analyse(followed(table), recording(scene, table.index.to_numpy(float)), task.settings())
    assert "\n" not in str(caught.value)
