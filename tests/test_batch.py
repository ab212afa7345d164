"""A batch on real clips, through the command line: what runs, what is left alone, what fails, what comes out."""

import json
import re
import shutil
import subprocess
import sys

import pandas as pd
import pyarrow.parquet
import pytest

from kinebench import keypoints
from tests.batches import BROKEN, STRETCHES, Study, row

pytestmark = pytest.mark.xdist_group("batch")

ROWS = [
    row("lifting", "P01", clip="jane-doe.mp4", session="1", label="morning")
    | {"date": "2026-03-01", "age": 41, "sex": "f", "height_m": 1.75},
    row("walking", "P02", session="1"),
    # Nobody gets up from a chair in it: that is found out in the notebook.
    {**STRETCHES["walking"], "task": "sit-to-stand", "participant": "P03", "session": "1", "start_s": 0.5},
    {**STRETCHES["lifting"], "clip": "broken.mp4", "participant": "P04", "session": "1"},
]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    made = Study.made(tmp_path_factory.mktemp("study"), ROWS)
    (made.raw / "broken.mp4").write_bytes(BROKEN)
    return made


@pytest.fixture(scope="module")
def first(study):
    return study.batch("--workers", 2)


def of(records, participant):
    return next(name for name in records if name.startswith(f"{participant}_"))


def test_what_can_be_measured_is_and_the_exit_code_says_some(study, first):
    assert first.returncode == 3, first.stderr
    assert "4 clips: 2 analysed, 0 up to date, 2 failed." in first.stdout
    assert {name[:3] for name in study.records()} == {"P01", "P02"}
    assert {name[:3] for name in study.failures()} == {"P03", "P04"}


def test_each_failure_is_a_row_with_stage_message_and_remedy(study, first):
    failures = study.failures()
    broken, other = failures[of(failures, "P04")], failures[of(failures, "P03")]
    assert (broken["stage"], other["stage"]) == ("reading", "notebook")
    assert "must be a finished recording" in broken["message"]
    assert broken["remedy"]
    assert other["message"]
    assert broken["attempts"] == other["attempts"] == 1
    assert broken["row"] == 5
    assert all(record["participant"] in ("P03", "P04") for record in failures.values())


def test_the_notebook_of_a_failed_run_is_kept_without_a_path_in_it(study, first):
    failures = study.failures()
    kept = study.reports / "failed" / of(failures, "P03") / "error.ipynb"
    text = kept.read_text()
    assert '"output_type": "error"' in text
    assert str(study.folder) not in text
    assert "walking_treadmill" not in text


def test_a_record_says_what_the_run_rests_on_and_which_files_it_left(study, first):
    records = study.records()
    record = records[of(records, "P01")]
    assert record["parameters"] | {
        "participant": "P01", "session": "1", "date": "2026-03-01", "label": "morning",
        "age_years": 41.0, "sex": "female", "height_m": 1.75, "stop_s": 5.0,
    } == record["parameters"]  # fmt: skip
    folder = study.reports / of(records, "P01")
    assert set(record["basis"]) == {"clip", "weights", "faces", "parameters", "files", "template", "code"}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there == {*record["files"], "run.json"}
    assert len(keypoints.load(folder / "keypoints.parquet")) == record["input"]["frames"]


def test_no_path_and_no_file_name_is_in_any_run(study, first):
    for path in study.reports.rglob("*"):
        if path.suffix in (".json", ".html", ".csv", ".ipynb"):
            text = path.read_text()
            assert str(study.folder) not in text, path
            assert "jane-doe" not in text, path


def test_the_tables_have_a_row_for_each_run_and_a_word_for_each_column(study, first):
    table = pd.read_csv(study.reports / "metrics.csv")
    assert sorted(table["participant"]) == ["P01", "P02", "P03", "P04"]
    assert table.set_index("participant")["status"].to_dict() == {
        "P01": "complete", "P02": "complete", "P03": "failed", "P04": "failed",
    }  # fmt: skip
    same = pd.read_parquet(study.reports / "metrics.parquet")
    assert list(same.columns) == list(table.columns)
    dictionary = pd.read_csv(study.reports / "metrics.dictionary.csv")
    measured = json.loads((study.reports / of(study.records(), "P01") / "metrics.json").read_text())["metrics"]
    assert set(measured) <= set(dictionary["column"])
    assert set(measured) <= set(table.columns)
    assert dictionary["definition"].notna().all()
    assert (study.reports / "index.html").is_file()


def test_what_is_up_to_date_is_left_alone_and_a_failure_is_tried_again(study, first):
    before = {path: path.stat().st_mtime_ns for path in study.reports.glob("P*/*")}
    again = study.batch("--only", "P0[123]")
    assert "3 clips: 0 analysed, 2 up to date, 1 failed." in again.stdout, again.stderr
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_dry_run_says_what_would_run_and_why_and_leaves_it(study, first):
    study.write([{**ROWS[0], "height_m": 1.8}, *ROWS[1:], row("rowing", "P05")])
    try:
        before = sorted(study.reports.rglob("*"))
        said = study.batch("--dry-run")
        assert said.returncode == 0, said.stderr
        lines = [line.split(maxsplit=2) for line in said.stdout.splitlines()[:-1]]
        why = {line[1][:3]: line[2].strip() for line in lines if line and line[0].isdigit()}
        assert why == {
            "P01": "changed: the parameters",
            "P02": "up to date",
            "P03": "failed at notebook before",
            "P04": "failed at reading before",
            "P05": "new",
        }
        assert sorted(study.reports.rglob("*")) == before
    finally:
        study.write(ROWS)


def test_the_list_is_refused_whole_with_all_its_faults_in_one_table(study, first):
    study.write([
        {**ROWS[0], "participant": "../etc", "height_m": 175},
        {**ROWS[1], "clip": "../secret.mp4"},
        {**ROWS[2], "task": "juggling"},
    ])  # fmt: skip
    try:
        refused = study.batch()
        assert refused.returncode == 2
        for row_number, column in ((2, "participant"), (2, "height_m"), (3, "clip"), (4, "task")):
            assert any(line.split()[:2] == [str(row_number), column] for line in refused.stderr.splitlines()), column
        assert "Traceback" not in refused.stderr
    finally:
        study.write(ROWS)


@pytest.fixture
def copied(study, first, tmp_path):
    """The study with all that its batch left, to be changed."""
    shutil.copytree(study.folder, tmp_path / "copied", symlinks=True)
    return Study(tmp_path / "copied")


def purged(study, participant):
    command = [sys.executable, "-m", "kinebench", "purge", participant, "--yes", "--reports", str(study.reports)]
    own = study.environment | {"KINEBENCH_HOME": str(study.folder)}
    return subprocess.run(command, env=own, cwd=study.folder, capture_output=True, text=True, timeout=300, check=False)


def told(path):
    """What a file says in words: of a table its own notes and texts, of a page all but the pictures in it."""
    if path.suffix == ".parquet":
        table = pyarrow.parquet.read_table(path)
        texts = [str(value) for column in table.columns for value in column.unique().to_pylist() if value is not None]
        return "\n".join([str(table.schema.metadata), *table.column_names, *texts])
    if path.suffix in (".mp4", ".jpg", ".png", ".pdf"):
        return ""
    return re.sub(r"[A-Za-z0-9+/=]{200,}", "", path.read_text(encoding="utf-8", errors="replace"))


def naming(study, *words):
    """The files of reports and cache that hold one of the words, in their name, their bytes or what they say."""
    says = re.compile("|".join(rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z0-9])" for word in words))
    # In pictures three characters come up by chance.
    long = [word.encode() for word in words if len(word) > 8]
    found = set()
    for path in sorted([*study.reports.rglob("*"), *(study.folder / "cache").rglob("*")]):
        name = path.relative_to(study.folder).as_posix()
        if says.search(name) or (
            path.is_file() and (says.search(told(path)) or any(word in path.read_bytes() for word in long))
        ):
            found.add(name)
    return found


def test_a_purge_leaves_nothing_that_names_the_person_or_their_clip_and_the_others_as_they_were(copied):
    record = copied.records()[(name := of(copied.records(), "P01"))]
    words = "P01", name, record["input"]["sha256"]
    before = naming(copied, *words)
    assert {"reports/metrics.csv", "reports/metrics.parquet", "cache/stamps.json"} <= before
    assert any(one.startswith("cache/") and one.endswith(".parquet") for one in before)
    others = [path for path in copied.reports.glob("**/P0[234]_*") if path.is_dir() and ".kinebench" not in path.parts]
    kept = {path: path.read_bytes() for folder in others for path in folder.rglob("*") if path.is_file()}
    assert len(others) == 3
    done = purged(copied, "P01")
    assert done.returncode == 0, done.stderr
    assert naming(copied, *words) == set()
    assert {path: path.read_bytes() for folder in others for path in folder.rglob("*") if path.is_file()} == kept
    assert sorted(pd.read_csv(copied.reports / "metrics.csv")["participant"]) == ["P02", "P03", "P04"]
    assert (copied.raw / "jane-doe.mp4").exists()
