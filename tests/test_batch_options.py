"""The command line's options on a real clip: a list in Excel, doing it anew, limits that are kept, paths that are."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.batches import Study, row

pytestmark = pytest.mark.xdist_group("batch options")

WALK = row("walking", "P01", session="1", height_m=1.7)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return Study.made(tmp_path_factory.mktemp("options"), [WALK])


@pytest.fixture(scope="module")
def first(study):
    """Its list in Excel, and the paths of its clips to be noted."""
    pd.DataFrame([WALK]).to_excel(study.listing.with_suffix(".xlsx"), index=False)
    return kinebench(study, "batch", study.listing.with_suffix(".xlsx"), "--out", study.reports, "--keep-paths")


def kinebench(study: Study, *arguments: object) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "kinebench", *map(str, arguments)]
    return subprocess.run(
        command, env=study.environment, cwd=study.folder, capture_output=True, text=True, timeout=600, check=False
    )


def run_of(study: Study) -> Path:
    (record,) = study.reports.glob("*/run.json")
    return record.parent


def test_a_list_in_excel_is_run_and_paths_are_noted_where_that_is_asked_for(study, first):
    assert first.returncode == 0, first.stderr
    assert "1 clip: 1 analysed, 0 up to date, 0 failed." in first.stdout
    record = json.loads((run_of(study) / "run.json").read_text())
    assert record["input"]["path"] == str((study.raw / "walking_treadmill.mp4").resolve())


def test_status_shows_the_table_of_runs_in_words(study, first):
    said = kinebench(study, "status", study.reports)
    assert said.returncode == 0, said.stderr
    assert said.stdout.startswith("1 complete\n")
    assert run_of(study).name in said.stdout


def test_a_run_that_needs_more_than_it_may_fails_at_once_and_leaves_the_one_before_as_it_was(study, first):
    before = {path: path.stat().st_mtime_ns for path in run_of(study).rglob("*")}
    said = kinebench(study, "batch", study.listing, "--out", study.reports, "--take-over", "--force", "--memory", 0.3)
    assert said.returncode == 4, said.stdout + said.stderr
    (failure,) = study.failures().values()
    assert (failure["stage"], failure["attempts"]) == ("notebook", 1)
    assert "memory" in failure["message"]
    assert {path: path.stat().st_mtime_ns for path in run_of(study).rglob("*")} == before


def test_the_search_for_people_is_part_of_what_a_run_may_take(tmp_path):
    study = Study.made(tmp_path / "study", [WALK])
    said = kinebench(study, "batch", study.listing, "--out", study.reports, "--run-timeout", 0.5)
    assert said.returncode == 4, said.stdout + said.stderr
    (failure,) = study.failures().values()
    assert (failure["stage"], failure["attempts"]) == ("extraction", 1)
    assert "0.5 s" in failure["message"]
