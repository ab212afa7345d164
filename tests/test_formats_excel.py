"""The workbook holds the tables: a sheet each, numbers as numbers, text as text, missing as empty."""

import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from kinebench import keypoints
from kinebench.errors import KinebenchError
from kinebench.formats import excel
from tests import results as made

DANGEROUS = ["=1+1", '=HYPERLINK("http://example.org","x")', "+1", "-1", "@SUM(A1)", "#N/A", "plain", "1", "\t=1+1"]


def sheet(path, name):
    return openpyxl.load_workbook(path)[name]


def rows(path, name):
    return [[cell.value for cell in row] for row in sheet(path, name).iter_rows()]


@given(table=made.tables(least_frames=0))
@made.FILES
def test_any_table_is_read_back_and_what_is_missing_is_an_empty_cell(table, tmp_path):
    """To 16 digits, which is one more than Excel itself keeps."""
    head, *read = rows(excel.write(made.results(table), tmp_path / "a.xlsx")[0], "keypoints")
    flat = keypoints.flattened(table).reset_index()
    assert head == list(flat.columns)
    missing = np.isnan(flat.to_numpy())
    assert [[value is None for value in row] for row in read] == missing.tolist()
    numbers = np.array(read, dtype=float).reshape(flat.shape)
    assert_allclose(numbers[~missing], flat.to_numpy()[~missing], rtol=1e-15, atol=0)


def test_a_sheet_for_each_table_that_is_there(tmp_path):
    path = excel.write(made.results(), tmp_path / "a.xlsx")[0]
    assert openpyxl.load_workbook(path).sheetnames == ["keypoints"]
    table = pd.DataFrame({"repetition": [1], "accepted": [True]})
    signals = pd.DataFrame({"trunk_lean_deg": [1.5]}, index=pd.Index([0.25], name="time_s"))
    excel.write(made.results(signals=signals, reps=table, metrics=table), path)
    assert openpyxl.load_workbook(path).sheetnames == ["keypoints", "signals", "repetitions", "metrics"]
    assert rows(path, "signals") == [["time_s", "trunk_lean_deg"], [0.25, 1.5]]


def test_pandas_reads_the_repetitions_as_they_were(tmp_path):
    reps = pd.DataFrame(
        {
            "repetition": [1, 2],
            "start_s": [0.25, np.nan],
            "accepted": [True, False],
            "reason": ["", "too short"],
            "cut": pd.array([True, pd.NA], dtype="boolean"),
            "count": pd.array([pd.NA, 3], dtype="Int64"),
        }
    )
    excel.write(made.results(reps=reps), tmp_path / "a.xlsx")
    read = pd.read_excel(tmp_path / "a.xlsx", sheet_name="repetitions")
    assert read["repetition"].tolist() == [1, 2]
    assert read["accepted"].tolist() == [True, False]
    assert read["start_s"].isna().tolist() == [False, True]
    assert [row[4] for row in rows(tmp_path / "a.xlsx", "repetitions")] == ["cut", True, None]
    assert read["count"].tolist()[1] == 3
    assert read["reason"].tolist()[1] == "too short"


@pytest.mark.parametrize("text", DANGEROUS)
def test_text_stays_text_whatever_it_begins_with(text, tmp_path):
    metrics = pd.DataFrame({text: [text]})
    read = sheet(excel.write(made.results(metrics=metrics), tmp_path / "a.xlsx")[0], "metrics")
    for place in ("A1", "A2"):
        assert read[place].value == text
        assert read[place].data_type == "s"
        assert read[place].quotePrefix == (text[0] in "=+-@\t")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist())


@given(text=st.text(min_size=1, max_size=30))
@made.FILES
def test_any_text_makes_a_workbook_that_opens(text, tmp_path):
    path = excel.write(made.results(source=text, metrics=pd.DataFrame({"a": [text]})), tmp_path / "a.xlsx")[0]
    read = sheet(path, "metrics")["A2"].value
    if text.isprintable():
        assert read == text


def test_the_names_stay_in_view_and_columns_are_as_wide_as_their_names(tmp_path):
    names = ["a", "left_knee_flexion_deg", "x" * 400]
    path = excel.write(made.results(metrics=pd.DataFrame([[1.0, 2.0, 3.0]], columns=names)), tmp_path / "a.xlsx")[0]
    read = sheet(path, "metrics")
    assert read.freeze_panes == "B2"
    widths = [read.column_dimensions[letter].width for letter in "ABC"]
    assert widths[0] < widths[1] < widths[2] < 60
    assert widths[1] > len(names[1])


def test_tables_larger_than_a_sheet_are_refused_together_and_leave_no_file(tmp_path):
    wide = pd.DataFrame(np.zeros((1, 16_385)))
    tall = pd.DataFrame({"a": np.zeros(1_048_576)})
    with pytest.raises(KinebenchError, match=r"repetitions must fit.*metrics must fit"):
        excel.write(made.results(reps=wide, metrics=tall), tmp_path / "a.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_an_infinite_number_is_refused_by_its_columns_name(tmp_path):
    metrics = pd.DataFrame({"rise_time_s": [1.0], "speed_m_s": [np.inf]})
    with pytest.raises(KinebenchError, match="metrics must hold finite numbers, but speed_m_s"):
        excel.write(made.results(metrics=metrics), tmp_path / "a.xlsx")


def test_there_is_no_date_and_no_user_in_the_file_and_the_same_tables_give_the_same_bytes(tmp_path):
    first, second = (excel.write(made.results(), tmp_path / name)[0] for name in ("a.xlsx", "b.xlsx"))
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    properties = openpyxl.load_workbook(first).properties
    assert (properties.created.year, properties.modified.year) == (1980, 1980)
    assert (properties.creator, properties.lastModifiedBy) == ("kinebench", None)
