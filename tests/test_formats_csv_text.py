"""Strangers' tables: what is whole is read to the last digit, and what is not is named by its line and column."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from kinebench.errors import KinebenchError
from kinebench.formats import csv_text, text_lines


@pytest.fixture(name="table")
def _table(tmp_path):
    def write(text: str | bytes):
        path = tmp_path / "table.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@given(
    values=st.lists(st.lists(st.floats(allow_infinity=False), min_size=3, max_size=3), min_size=1, max_size=5),
    between=st.sampled_from(",;\t"),
    bom=st.sampled_from(["", "\ufeff"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_numbers_come_back_to_the_last_digit_however_they_are_divided(tmp_path_factory, values, between, bom, end):
    path = tmp_path_factory.mktemp("csv") / "table.csv"
    lines = [between.join("abc"), *(between.join(map(repr, row)) for row in values)]
    path.write_bytes((bom + end.join(lines) + end).encode())
    assert csv_text.header(path) == [["a", "b", "c"]]
    assert_array_equal(csv_text.load(path, [2, 0]).numbers, np.array(values)[:, [2, 0]])


def test_decimal_commas_are_read_where_they_do_not_divide_the_fields(table):
    assert_array_equal(csv_text.load(table("a;b\n0,5;-1,25e2\n"), [0, 1]).numbers, [[0.5, -125.0]])


def test_empty_fields_and_words_for_missing_are_missing(table):
    numbers = csv_text.load(table("a,b,c,d,e\n,NaN, null ,N/A,None\n1,2,3,4,5\n"), range(5)).numbers
    assert np.isnan(numbers[0]).all()
    assert_array_equal(numbers[1], [1, 2, 3, 4, 5])


def test_columns_that_are_not_asked_for_may_hold_anything_and_words_are_told_apart(table):
    path = table('name,x,remark\nknee,1,"a, ""b"""\nhip,2,\nknee,3,7\n')
    columns = csv_text.load(path, [1], [0])
    codes, names = columns.words[0]
    assert [names[code] for code in codes] == ["knee", "hip", "knee"]
    assert_array_equal(columns.numbers[:, 0], [1, 2, 3])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,x\n", "table.csv must hold numbers, but holds 'x' in b, line 2"),
        ("a,b\n1,2\n1_0,2\n", "'1_0' in a, line 3"),
        ("a,b\n1,2\n1\n", "2 fields in each line, as in its first, but has 1 in line 3"),
        ("a,b\n1,2,3\n", "has 3 in line 2"),
        ("a,a\n1,2\n", "each column once"),
        ("a,b\n", "at least one line below its headings"),
        ("", "begin with 1 line"),
        (b"a,b\n1,\xff\n", "text in UTF-8, but line 2"),
        (b"a,b\n1,\0\n", "text in UTF-8, but line 2"),
        ("a,b\n1,2\n".encode("utf-16"), "text in UTF-8, but line 1"),
        ('a,b\n1,"2\n', "split into fields"),
        (",".join(map(str, range(5001))) + "\n", "at most 5000 columns"),
        ("a" * (text_lines.LONGEST_LINE + 2), "bytes, but line 1 is longer"),
    ],
)
def test_a_fault_is_named_in_one_line(table, text, words):
    with pytest.raises(KinebenchError) as caught:
        csv_text.load(table(text), [0, 1])
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_column_of_names_may_not_hold_a_different_one_in_every_row(table):
    path = table("name,x\n" + "".join(f"joint{n},1\n" for n in range(csv_text.MOST_WORDS + 1)))
    with pytest.raises(KinebenchError, match="different names"):
        csv_text.load(path, [1], [0])


def test_what_is_no_file_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "nothing.csv"):
        with pytest.raises(KinebenchError, match="must be a file"):
            csv_text.header(path)
        assert text_lines.beginning(path) == []


@pytest.mark.parametrize(
    "line",
    [b"," * 999 + b"\n", b"1," * 999 + b"2\n", b"12345678," * 99 + b"1\n", b"0," * 9 + b"ab\n"],
    ids=["empty fields", "digits", "long numbers", "words"],
)
def test_a_file_takes_at_most_ten_times_its_size_in_memory(table, line):
    fields = line.count(b",") + 1
    path = table(b",".join(b"c%d" % n for n in range(fields)) + b"\n" + line * (1_500_000 // len(line)))
    words = [fields - 1] if b"ab" in line else []
    tracemalloc.start()
    try:
        csv_text.load(path, range(fields - len(words)), words)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10 * path.stat().st_size + 10_000_000


@given(raw=st.binary(max_size=200))
def test_any_bytes_are_a_table_or_a_clear_error(tmp_path_factory, raw):
    path = tmp_path_factory.mktemp("csv") / "table.csv"
    path.write_bytes(raw)
    text_lines.beginning(path, 4)
    try:
        width = len(csv_text.header(path)[0])
        found = csv_text.load(path, range(width)).numbers
    except KinebenchError:
        return
    assert found.shape[1] == width
