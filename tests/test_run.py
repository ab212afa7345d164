"""The whole way on the real sample clips: command line, papermill, kernel, run folder."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import nbformat
import numpy as np
import pandas as pd
import pytest

from kinebench import keypoints, parameters, places, tasks, video
from tests import scenes

COMMAND = [sys.executable, "-m", "kinebench"]
EXPECTED_FILES = {
    "report.html",
    "metrics.json",
    "metrics.csv",
    "reps.csv",
    "signals.csv",
    "keypoints.csv",
    "keypoints.parquet",
    "overlay.mp4",
    "thumbnail.jpg",
    "run.json",
}
NAMED_METRICS = {
    "sit-to-stand": {
        "repetitions",
        "five_rep_time_s",
        "rise_time_mean_s",
        "descent_time_mean_s",
        "peak_trunk_lean_deg",
        "knee_excursion_deg",
    },
    "rowing": {"strokes", "stroke_rate_spm", "drive_time_mean_s", "recovery_time_mean_s", "drive_recovery_ratio"},
    "lifting": {"repetitions", "depth_deg", "velocity_loss_pct", "bottom_knee_flexion_deg", "bottom_trunk_lean_deg"},
    "walking": {"cadence_steps_min", "stride_time_mean_s"},
    "compare": {"score", "in_step_score", "movements", "time_ratio", "consistency_score", "right_arm_score"},
}
COUNTED = {
    "sit-to-stand": "repetitions",
    "rowing": "strokes",
    "lifting": "repetitions",
    "walking": "strides",
    "compare": "movements",
}
NAMED_TIMES = {
    "sit-to-stand": ["start_s", "standing_s", "descent_s", "end_s"],
    "rowing": ["start_s", "catch_s", "finish_s", "end_s"],
    "lifting": ["start_s", "turn_s", "end_s"],
    "walking": ["start_s", "toe_off_s", "end_s"],
    "compare": ["start_s", "end_s"],
}


def command(*arguments: object, **settings) -> subprocess.CompletedProcess:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=300, check=False, **settings
    )


def of_sample(task: tasks.Task, folder: Path) -> list[object]:
    """The command line that analyses a task's sample clip."""
    values = scenes.VALUES.get(task.name, {})
    chosen = [text for name, value in values.items() for text in ("--set", f"{name}={value}")]
    return ["run", places.SAMPLES / task.sample, "--task", task.name, "--out", folder, *chosen]


# One worker for all, so that each task's run is made once.
pytestmark = pytest.mark.xdist_group("runs")


_FINISHED: dict[str, tuple] = {}


@pytest.fixture(scope="module", params=tasks.names())
def finished(request, tmp_path_factory):
    """One finished run of each task's sample clip, through the command line; made once, whoever asks for it."""
    if request.param not in _FINISHED:
        task = tasks.get(request.param)
        folder = tmp_path_factory.mktemp("runs") / "a run"
        done = command(*of_sample(task, folder), cwd=places.ROOT)
        assert done.returncode == 0, done.stderr
        _FINISHED[request.param] = task, folder, done
    return _FINISHED[request.param]


def test_a_run_leaves_every_promised_file(finished):
    task, folder, done = finished
    assert set(os.listdir(folder)) - {"report.pdf", "references.csv"} == EXPECTED_FILES | {task.notebook, "figures"}
    assert str(folder / "report.html") in done.stdout


def test_published_figures_beside_come_as_a_table_where_there_are_any(finished):
    task, folder, _ = finished
    path = folder / "references.csv"
    assert path.exists() == (task.name == "sit-to-stand")
    if path.exists():
        assert {"metric", "value", "reading", "source", "how_sure"} <= set(pd.read_csv(path).columns)


def test_every_figure_comes_in_three_formats(finished):
    _, folder, _ = finished
    by_format = {
        ending: {path.stem for path in (folder / "figures").glob(f"*.{ending}")} for ending in ("svg", "pdf", "png")
    }
    assert by_format["svg"]
    assert by_format["svg"] == by_format["pdf"] == by_format["png"]


def test_metrics_carry_value_unit_definition_and_source(finished):
    task, folder, _ = finished
    found = json.loads((folder / "metrics.json").read_text())
    assert set(found) == {"metrics", "quality", "near_side"}
    assert found["near_side"] in ("left", "right")
    assert set(found["metrics"]) >= NAMED_METRICS[task.name]
    for name, metric in found["metrics"].items():
        assert set(metric) == {"value", "unit", "definition", "source"}, name
        assert np.isfinite(metric["value"]), name
        assert metric["definition"], name
        assert metric["source"], name


def test_tables_agree_with_each_other(finished):
    task, folder, _ = finished
    metrics = json.loads((folder / "metrics.json").read_text())["metrics"]
    reps = pd.read_csv(folder / "reps.csv")
    row = pd.read_csv(folder / "metrics.csv")
    assert len(row) == 1
    for name, metric in metrics.items():
        np.testing.assert_allclose(row[name].iloc[0], metric["value"], rtol=1e-9)
    assert reps["accepted"].sum() == metrics[COUNTED[task.name]]["value"]
    times = reps.loc[reps["accepted"], NAMED_TIMES[task.name]].to_numpy()
    assert (np.diff(times[:, [0, -1]]) > 0).all()
    signals = pd.read_csv(folder / "signals.csv")
    assert "time_s" in signals
    assert {column.partition("_")[0] for column in signals} >= {"left", "right"}
    from_csv, from_parquet = keypoints.load(folder / "keypoints.csv"), keypoints.load(folder / "keypoints.parquet")
    pd.testing.assert_frame_equal(from_csv, from_parquet, rtol=1e-9)
    np.testing.assert_allclose(signals["time_s"], keypoints.times(from_csv), atol=1e-9)


def test_the_overlay_has_the_size_and_times_of_the_source_and_no_sound(finished):
    task, folder, _ = finished
    source, overlay = video.open_clip(places.SAMPLES / task.sample), video.open_clip(folder / "overlay.mp4")
    panes = 2 if task.presentation.beside else 1
    assert (overlay.width, overlay.height) == (panes * source.width, source.height)
    np.testing.assert_allclose(overlay.times_s, source.times_s, atol=1e-4)
    with av.open(str(folder / "overlay.mp4")) as container:
        assert not container.streams.audio
        assert container.streams.video[0].codec_context.name == "h264"
        assert container.streams.video[0].codec_context.pix_fmt == "yuv420p"


def test_run_json_says_from_what_and_how(finished):
    task, folder, _ = finished
    record = json.loads((folder / "run.json").read_text())
    assert record["status"] == "complete"
    assert record["input"]["sha256"] == hashlib.sha256((places.SAMPLES / task.sample).read_bytes()).hexdigest()
    assert "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c" in json.dumps(record["estimator"])
    # The user's own files are named by what they are for: their paths often name a person.
    given = {name: f"own {name}" for name in scenes.VALUES.get(task.name, {})}
    assert parameters.build(task.settings, record["parameters"]) == parameters.build(task.settings, given)
    assert record["versions"]["numpy"] == np.__version__


def test_no_path_and_no_file_name_is_left_in_what_is_handed_on(finished):
    task, folder, _ = finished
    for path in (folder / "run.json", folder / "report.html", folder / "metrics.csv", folder / task.notebook):
        text = path.read_text()
        assert str(places.SAMPLES) not in text, path.name
        assert str(folder) not in text, path.name
        assert str(Path.home()) not in text, path.name
    assert task.sample not in (folder / "run.json").read_text()


def test_the_executed_notebook_ran_whole_and_without_error(finished):
    task, folder, _ = finished
    notebook = nbformat.read(folder / task.notebook, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in cells)
    assert not [output for cell in cells for output in cell.outputs if output.output_type == "error"]


@pytest.mark.parametrize("finished", ["sit-to-stand"], indirect=True)
def test_a_rerun_replaces_results_and_leaves_other_files_alone(finished, tmp_path):
    task, made, _ = finished
    folder = tmp_path / "a run"
    shutil.copytree(made, folder)
    (folder / "my notes.txt").write_text("mine")
    before = json.loads((folder / "metrics.json").read_text())["metrics"]
    done = command(*of_sample(task, folder), "--set", "cutoff_hz=5", cwd=places.ROOT)
    assert done.returncode == 0, done.stderr
    assert (folder / "my notes.txt").read_text() == "mine"
    assert json.loads((folder / "run.json").read_text())["parameters"]["cutoff_hz"] == 5.0
    after = json.loads((folder / "metrics.json").read_text())["metrics"]
    assert set(after) == set(before)
    assert not list(folder.glob(".kinebench-*"))


def _started(folder: Path, **environment: str) -> subprocess.Popen:
    """A run in a cache of its own, so that it has to look at every frame and can be met in the middle."""
    weights = folder.parent / "cache" / "weights"
    weights.parent.mkdir()
    weights.symlink_to(places.weights())
    environment = {**os.environ, "KINEBENCH_CACHE": str(weights.parent), **environment}
    arguments = ["run", str(places.SAMPLES / "sit_to_stand.mp4"), "--task", "sit-to-stand", "--out", str(folder)]
    return subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )


def _kernels_of(process: subprocess.Popen) -> list[int]:
    psutil = pytest.importorskip("psutil")
    return [
        child.pid
        for child in psutil.Process(process.pid).children(recursive=True)
        if any("ipykernel" in word for word in child.cmdline())
    ]


def _wait_for_kernel(process: subprocess.Popen) -> int:
    for _ in range(1200):
        found = _kernels_of(process)
        if found:
            time.sleep(2.0)
            return found[0]
        time.sleep(0.1)
    raise AssertionError("no kernel was started")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stopping_a_run_leaves_one_line_no_files_and_no_kernel(tmp_path, how):
    psutil = pytest.importorskip("psutil")
    folder = tmp_path / "out"
    process = _started(folder)
    kernel = _wait_for_kernel(process)
    process.send_signal(how)
    _, complaint = process.communicate(timeout=120)
    assert process.returncode == 2
    assert complaint.strip().splitlines()[-1].startswith("kinebench: stopped")
    assert "Traceback" not in complaint
    assert not folder.exists()
    assert not list(tmp_path.glob(".kinebench-*"))
    assert not psutil.pid_exists(kernel)


def test_a_killed_kernel_is_told_in_one_line_and_leaves_nothing(tmp_path):
    folder = tmp_path / "out"
    process = _started(folder)
    os.kill(_wait_for_kernel(process), signal.SIGKILL)
    _, complaint = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "killed in mid-run" in complaint.strip().splitlines()[-1]
    assert "Traceback" not in complaint
    assert not folder.exists()
    assert not list(tmp_path.glob(".kinebench-*"))
