"""The catalogue: a row for every run and failure of a folder, nothing left out, nothing taken for what it is not."""

import io
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinebench import catalogue
from kinebench.catalogue.records import KEPT
from kinebench.errors import KinebenchError
from tests import report_folders as folders

NAME = "P07_2_sit-to-stand_3f9a1c2e"
OTHER = "P08_1_sit-to-stand_00000001"
PERSON = {"participant": "P07", "session": "2", "date": "2026-11-20", "label": "trial-1"}


def rows(reports) -> pd.DataFrame:
    return catalogue.read(reports).runs.set_index("run")


def test_a_finished_run_is_told_with_whose_it_is_what_it_found_and_where_it_lies(tmp_path):
    details = PERSON | {"group": "control", "age_years": 71.0, "sex": "female", "condition": "copd"}
    warnings = ["view: Seen from 30° aside.", "facing: The person turned."]
    folders.run(
        tmp_path,
        NAME,
        parameters=details,
        verdict="doubtful",
        warnings=warnings,
        metrics={"rise_time_mean_s": folders.metric(1.25, "s")},
        near_side="right",
        files=("report.html", "thumbnail.jpg", "report.pdf", "overlay.mp4"),
    )
    found = catalogue.read(tmp_path)
    row = found.runs.iloc[0]
    assert {name: row[name] for name in PERSON} == PERSON
    assert (row["run"], row["task"], row["status"], row["verdict"]) == (NAME, "sit-to-stand", "complete", "doubtful")
    assert row["doubts"] == "; ".join(warnings)
    assert row["duration_s"] == 12.5
    assert [row[name] for name in ("report", "thumbnail", "pdf", "overlay")] == [
        f"{NAME}/{file}" for file in ("report.html", "thumbnail.jpg", "report.pdf", "overlay.mp4")
    ]
    measured = found.metrics.iloc[0]
    assert list(measured[["group", "age_years", "sex", "condition"]]) == ["control", 71.0, "female", "copd"]
    assert (measured["near_side"], measured["rise_time_mean_s"]) == ("right", 1.25)


def test_who_dropped_out_is_still_of_a_group(tmp_path):
    folders.failure(tmp_path, NAME, participant="P07", group="control", age_years=71.0, sex="female")
    row = catalogue.read(tmp_path).metrics.iloc[0]
    assert list(row[["status", "group", "age_years", "sex", "condition"]]) == ["failed", "control", 71.0, "female", ""]
    # An earlier result tells what the failure leaves open.
    folders.run(tmp_path, NAME, parameters=PERSON | {"group": "trained", "condition": "copd"})
    row = catalogue.read(tmp_path).metrics.iloc[0]
    assert list(row[["status", "group", "age_years", "sex", "condition"]]) == [
        "failed",
        "control",
        71.0,
        "female",
        "copd",
    ]


def test_what_was_not_given_is_an_empty_text_and_never_the_word_none(tmp_path):
    folders.run(tmp_path, "sit-to-stand_calm-otter_3f9a1c2e")
    found = catalogue.read(tmp_path)
    assert list(found.runs.loc[0, list(PERSON)]) == [""] * 4
    assert np.isnan(found.metrics.loc[0, "age_years"])
    assert found.runs.loc[0, ["report", "thumbnail", "pdf", "overlay"]].eq("").all()


def test_a_failure_is_a_row_with_its_reason_and_no_number(tmp_path):
    folders.run(tmp_path, NAME, parameters=PERSON)
    folders.failure(tmp_path, OTHER, participant="P08", stage="extraction", message="Nobody.", notebook=True)
    found = catalogue.read(tmp_path)
    row = found.runs.set_index("run").loc[OTHER]
    assert (row["status"], row["stage"], row["message"], row["remedy"]) == (
        *("failed", "extraction", "Nobody."),
        "Film again.",
    )
    assert row["notebook"] == f"failed/{OTHER}/error.ipynb"
    measured = found.metrics.set_index("run")["repetitions"]
    assert measured[NAME] == 5
    assert np.isnan(measured[OTHER])


@pytest.mark.parametrize("failed_at", ["1970-01-01T00:00:00+00:00", "2126-11-21T10:00:00+00:00", "nobody knows"])
@pytest.mark.parametrize(
    ("basis", "status"),
    [
        ({"clip": "a", "code": "1"}, "complete"),
        ({"clip": "b", "code": "1"}, "failed"),
        ({}, "failed"),
        (None, "failed"),
        (7, "failed"),
    ],
)
def test_a_failure_counts_unless_the_run_rests_on_the_same_whatever_the_clock_said(tmp_path, failed_at, basis, status):
    folders.run(tmp_path, NAME, parameters=PERSON, files=("report.html",), basis={"code": "1", "clip": "a"})
    folders.failure(tmp_path, NAME, finished=failed_at, basis=basis)
    found = catalogue.read(tmp_path)
    row, measured = found.runs.iloc[0], found.metrics.iloc[0]
    assert len(found.runs) == 1
    assert row["status"] == status
    assert row["participant"] == "P07"
    if status == "failed":
        assert np.isnan(measured.get("repetitions", np.nan))
        assert (row["report"], row["earlier"], measured["near_side"]) == ("", f"{NAME}/report.html", "")
        assert row["verdict"] == row["doubts"] == ""
    else:
        assert measured["repetitions"] == 5
        assert (row["report"], row["earlier"]) == (f"{NAME}/report.html", "")


DAMAGED = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe{}",
    b'{"metrics": 3, "near_side": "left"}',
    b'{"metrics": {"a_s": 3}}',
    b'{"metrics": {"a_s": {"value": "3"}}}',
    b'{"metrics": {"a_s": {"value": Infinity}}}',
    b'{"metrics": {"a_s": {"value": true}}}',
    b'{"metrics": {"verdict": {"value": 1}}}',
    b'{"metrics": {"a_s": {"value": ' + b"9" * 400 + b"}}}",
    b"[" * 100_000,
]


@pytest.mark.parametrize("content", DAMAGED, ids=range(len(DAMAGED)))
@pytest.mark.parametrize("file", ["run.json", "metrics.json"])
def test_a_damaged_file_makes_a_failed_row_that_names_it(tmp_path, file, content):
    (folders.run(tmp_path, NAME, parameters=PERSON) / file).write_bytes(content)
    folders.run(tmp_path, OTHER)
    found = rows(tmp_path)
    assert (found.loc[NAME, "status"], found.loc[NAME, "stage"]) == ("failed", "reading")
    assert file in found.loc[NAME, "message"] or "must be" in found.loc[NAME, "message"]
    assert found.loc[NAME, "remedy"]
    assert found.loc[OTHER, "status"] == "complete"
    if file == "metrics.json":
        assert found.loc[NAME, "participant"] == "P07"


@pytest.mark.parametrize(
    "said",
    [
        {"status": "running"},
        {"verdict": "splendid"},
        {"task": None},
        {"task": ["rowing"]},
        {"parameters": []},
        {"parameters": {"participant": 7}},
        {"parameters": {"participant": "=HYPERLINK(1)"}},
        {"parameters": {"session": "P 1"}},
        {"parameters": {"date": "2026-11-20\n"}},
        {"parameters": {"label": "../x"}},
        {"parameters": {"age_years": "old"}},
        {"warnings": "none"},
        {"durations_s": {"total": "long"}},
    ],
    ids=str,
)
def test_a_run_that_says_the_impossible_is_a_failed_row(tmp_path, said):
    folder = folders.run(tmp_path, NAME)
    record = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(record | said))
    assert rows(tmp_path).loc[NAME, ["status", "stage"]].tolist() == ["failed", "reading"]


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "Rise_s", "rise s", "rise_s\n", ""])
def test_a_metric_of_a_name_that_no_metric_has_makes_a_failed_row(tmp_path, name):
    folders.run(tmp_path, NAME, metrics={"rise_s": folders.metric(1.2), name: folders.metric(1)})
    assert rows(tmp_path).loc[NAME, ["status", "stage"]].tolist() == ["failed", "reading"]
    assert list(catalogue.read(tmp_path).dictionary["column"]) == []


def test_a_failure_of_somebody_with_an_impossible_name_is_told_and_not_repeated(tmp_path):
    folders.failure(tmp_path, OTHER, participant="=cmd|' /C calc'!A0")
    found = rows(tmp_path).loc[OTHER]
    assert found["participant"] == ""
    assert found["message"].startswith("participant must be")


def test_no_cell_of_a_saved_table_is_a_formula(tmp_path):
    formulas = ("=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1")
    for i, formula in enumerate(formulas):
        metrics = {f"a_{i}": folders.metric(-1.5, unit=formula, definition=formula, source="-4.5")}
        said = {"task": formula, "parameters": {"sex": formula, "condition": formula}, "metrics": metrics}
        folders.run(tmp_path, f"=run{i}", **said)
    saved = catalogue.save(catalogue.read(tmp_path), tmp_path)
    for path in (saved[0], saved[2]):
        table = pd.read_csv(path, dtype="str", keep_default_na=False)
        cells = {cell for column in table for cell in table[column]}
        # Numbers are no formulas, and a spreadsheet must be able to reckon with them.
        assert {cell for cell in cells if cell[:1] in tuple("=+-@\t\r")} == {"-1.5" if path == saved[0] else "-4.5"}
        assert {"'=1+1", "'+1+1", "'-1+1", "'@SUM(A1)", "'\t=1+1", "'\n=1+1"} <= cells


def test_missing_metrics_and_a_damaged_failure_are_failed_rows_too(tmp_path):
    (folders.run(tmp_path, NAME) / "metrics.json").unlink()
    folders.run(tmp_path, OTHER, files=("report.html",))
    (folders.failure(tmp_path, OTHER) / "failure.json").write_text("{")
    found = rows(tmp_path)
    assert found["status"].tolist() == ["failed", "failed"]
    assert "metrics.json" in found.loc[NAME, "message"]
    assert "failure.json" in found.loc[OTHER, "message"]


@settings(max_examples=60)
@given(data=st.data())
def test_no_byte_changed_in_a_file_is_ever_an_exception_or_a_lost_row(tmp_path_factory, data):
    reports = tmp_path_factory.mktemp("reports")
    folder = folders.run(reports, NAME, parameters=PERSON)
    folders.failure(reports, OTHER)
    file = data.draw(
        st.sampled_from([folder / "run.json", folder / "metrics.json", reports / "failed" / OTHER / "failure.json"])
    )
    content = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    file.write_bytes(content)
    found = catalogue.read(reports)
    assert sorted(found.runs["run"]) == [NAME, OTHER]
    catalogue.save(found, reports)


def test_what_is_no_run_is_no_row(tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "index.html").write_text("")
    (tmp_path / ".kinebench" / "staging").mkdir(parents=True)
    (tmp_path / ".kinebench" / "run.json").write_text("{}")
    folders.run(tmp_path, ".hidden")
    (tmp_path / "failed" / "empty").mkdir(parents=True)
    (tmp_path / "failed" / "run.json").write_text("{}")
    found = catalogue.read(tmp_path)
    assert found.runs.empty
    assert found.metrics.empty
    assert {"run", "status", "near_side"} <= set(found.metrics)
    assert found.dictionary.empty


def test_a_folder_that_is_not_there_is_refused_in_words(tmp_path):
    with pytest.raises(KinebenchError, match="reports must be a folder"):
        catalogue.read(tmp_path / "nowhere")


def test_a_run_that_no_batch_names_any_more_is_a_left_over_and_one_outside_batches_is_not(tmp_path):
    outside = "sit-to-stand_calm-otter_3f9a1c2e"
    for name in (NAME, OTHER, outside):
        folders.run(tmp_path, name)
    folders.failure(tmp_path, "P09_1_sit-to-stand_00000002")
    assert rows(tmp_path)["listed"].all(), "without a list nobody knows"
    folders.batch(tmp_path, OTHER)
    listed = rows(tmp_path)["listed"]
    assert listed.to_dict() == {NAME: False, OTHER: True, outside: True, "P09_1_sit-to-stand_00000002": False}
    folders.batch(tmp_path, NAME, called="other")
    assert rows(tmp_path).loc[NAME, "listed"]
    assert catalogue.read(tmp_path).metrics.set_index("run")["listed"].sum() == 3


@pytest.mark.parametrize(
    ("name", "task", "so"),
    [
        (NAME, "sit-to-stand", True),
        ("P07_rowing_3f9a1c2e", "rowing", True),
        (NAME, "", True),
        ("sit-to-stand_calm-otter_3f9a1c2e", "sit-to-stand", False),
        ("sit-to-stand_calm-otter_3f9a1c2e", "", False),
        ("my folder", "rowing", False),
    ],
)
def test_a_batch_s_folders_are_known_by_their_names(name, task, so):
    assert catalogue.is_of_batch(name, task) is so


@pytest.mark.parametrize("content", ["{", "[]", '{"runs": 3}', '{"runs": [3]}', "{}"])
def test_with_a_damaged_list_no_run_is_called_a_left_over(tmp_path, content):
    folders.run(tmp_path, NAME)
    folders.batch(tmp_path, OTHER)
    (tmp_path / ".kinebench" / "batches" / "videos.json").write_text(content)
    assert rows(tmp_path)["listed"].all()


def test_rows_come_by_participant_session_date_task_label_and_run(tmp_path):
    people = [("P2", "1", "b"), ("P1", "2", "a"), ("P1", "1", "b"), ("P1", "1", "a")]
    for i, (participant, session, label) in enumerate(people):
        folders.run(tmp_path, f"run-{i}", parameters={"participant": participant, "session": session, "label": label})
    folders.failure(tmp_path, "run-9", participant="P1", session="15", label="a")
    found = catalogue.read(tmp_path)
    assert found.runs["run"].tolist() == ["run-3", "run-2", "run-9", "run-1", "run-0"]
    assert found.metrics["run"].tolist() == found.runs["run"].tolist()


def test_two_meanings_of_one_name_have_a_row_each_and_say_whose_they_are(tmp_path):
    same = {"time_s": folders.metric(1.0, "s", definition="the same for both")}
    rowing = {"repetitions": folders.metric(9, definition="strokes"), **same}
    sitting = {"repetitions": folders.metric(5, definition="full stands"), **same}
    folders.run(tmp_path, "a", task="rowing", metrics=rowing)
    for name in ("b", "c"):
        folders.run(tmp_path, name, metrics=sitting)
    found = catalogue.read(tmp_path)
    told = found.dictionary.set_index("column")
    assert told.loc["repetitions", ["definition", "tasks"]].to_numpy().tolist() == [
        ["full stands", "sit-to-stand"],
        ["strokes", "rowing"],
    ]
    assert told.loc[["time_s"], "tasks"].tolist() == ["sit-to-stand; rowing"]
    assert told.loc["time_s", "unit"] == "s"
    assert found.metrics.set_index("run")["repetitions"].to_dict() == {"a": 9, "b": 5, "c": 5}


def test_every_column_of_a_metric_stands_in_the_dictionary(tmp_path):
    folders.cohort(tmp_path, 30)
    found = catalogue.read(tmp_path)
    own = found.metrics.columns[found.metrics.columns.get_loc("near_side") + 1 :]
    assert list(dict.fromkeys(found.dictionary["column"])) == list(own)
    assert len(own) == 30
    assert set(found.runs["status"]) == {"complete", "failed"}


def test_every_column_of_the_saved_table_stands_in_the_saved_dictionary_once(tmp_path):
    folders.cohort(tmp_path, 12)
    table, _, dictionary = catalogue.save(catalogue.read(tmp_path), tmp_path)
    told = pd.read_csv(dictionary)
    assert told["column"].tolist() == list(pd.read_csv(table).columns)
    assert told["definition"][: len(KEPT)].notna().all()
    for name in ("participant", "session"):
        said = told.set_index("column").loc[name, "definition"]
        assert "dtype=str" in said
        assert "metrics.parquet" in said


def test_saved_tables_read_back_as_they_were(tmp_path):
    folders.cohort(tmp_path, 30)
    odd = folders.metric(1.0, definition='a,"b"\n\u202e=1+1 \ud800')
    folders.run(tmp_path, "odd", parameters={"participant": "P1"}, metrics={"odd_s": odd})
    found = catalogue.read(tmp_path)
    paths = catalogue.save(found, tmp_path)
    assert [path.name for path in paths] == ["metrics.csv", "metrics.parquet", "metrics.dictionary.csv"]
    pd.testing.assert_frame_equal(pd.read_parquet(paths[1]), found.metrics)
    text = found.metrics.select_dtypes("str").columns
    back = pd.read_csv(paths[0], dtype=dict.fromkeys(text, "str"), keep_default_na=False, na_values={
        name: [""] for name in found.metrics.columns.difference(text)
    })  # fmt: skip
    pd.testing.assert_frame_equal(back, found.metrics)
    told = pd.read_csv(paths[2], dtype="str", keep_default_na=False)
    own = told[~told["column"].isin(KEPT)].reset_index(drop=True)
    pd.testing.assert_frame_equal(own, found.dictionary)
    assert not list(tmp_path.glob(".kinebench-*"))


def test_a_table_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    folders.run(tmp_path, NAME)
    catalogue.save(catalogue.read(tmp_path), tmp_path)
    before = (tmp_path / "metrics.csv").read_bytes()
    folders.run(tmp_path, OTHER)

    def full(self, path, **_):
        path.write_text("half a tab")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    with pytest.raises(KinebenchError, match="No space left"):
        catalogue.save(catalogue.read(tmp_path), tmp_path)
    assert (tmp_path / "metrics.csv").read_bytes() == before
    assert io.StringIO(before.decode()).readline().startswith("run,participant")
