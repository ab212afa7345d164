"""JSON of others is parsed whole or refused in one line, and never takes much more memory than ten times its size."""

import json
import os
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kinebench.errors import KinebenchError
from kinebench.formats import json_text

FILE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


def load(folder, content):
    path = folder / "x.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return json_text.load(path, "KEYPOINTS")


def refused(folder, content):
    """The message with which `content` is refused."""
    with pytest.raises(KinebenchError) as caught:
        load(folder, content)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert message.startswith("KEYPOINTS must")
    return message


@FILE
@given(VALUES)
def test_what_was_written_is_loaded(tmp_path, value):
    assert load(tmp_path, json.dumps(value)) == value
    assert load(tmp_path, json.dumps(value, ensure_ascii=True, indent=1)) == value


def test_a_byte_order_mark_and_letters_in_utf8_are_taken(tmp_path):
    # Keys are counted in the file's bytes, and must come out as many as the parser finds.
    value = {"Größe": "\U0001f600", 'quote"d\\': {"é": [1]}, "\\": ":", "a:": "b:"}
    assert load(tmp_path, b"\xef\xbb\xbf" + json.dumps(value, ensure_ascii=False).encode("utf-8")) == value


@FILE
@given(VALUES.filter(lambda value: isinstance(value, (list, dict))), st.data())
def test_a_file_that_was_cut_off_is_refused(tmp_path, value, data):
    text = json.dumps(value)
    refused(tmp_path, text[: data.draw(st.integers(0, len(text) - 1))])


@FILE
@given(st.binary(max_size=200) | st.text(alphabet='{}[]",:\\0123456789.eE+-truefalsn \n', max_size=60))
def test_any_bytes_are_refused_or_parsed_as_json_has_them(tmp_path, content):
    try:
        found = load(tmp_path, content)
    except KinebenchError:
        refused(tmp_path, content)
        return
    text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
    assert repr(found) == repr(json.loads(text))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "ends too early"),
        (b"[1, 2", "ends too early"),
        (b'{"a', "ends too early"),
        (b"[1 2]", "line 1, column 4"),
        (b"\xff\xfe[\x001\x00]\x00", "UTF-8"),
        (b"\x80\x04\x95pickle", "UTF-8"),
        (b'{"people": [], "people": [1]}', "twice"),
        (b'[{"a": {"b": 1, "c": 2, "b": 3}}]', "twice"),
        (b"[" * 50_000 + b"]" * 50_000, "nested too deeply"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "nested too deeply"),
        (b"[" * 50_000, "nested too deeply"),
        (b"[" + b"9" * 5000 + b"]", "too many digits"),
    ],
)
def test_what_is_no_whole_json_is_refused_with_the_reason(tmp_path, content, told):
    assert told in refused(tmp_path, content)


def test_what_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    for name in ("pipe.json", "absent.json", "."):
        with pytest.raises(KinebenchError, match="must be a file"):
            json_text.load(tmp_path / name, "KEYPOINTS")


def peak(folder, content):
    """Largest memory in use while `content` is loaded, in times its size, beyond 10 MB; and whether it was loaded."""
    path = folder / "x.json"
    path.write_text(content, encoding="utf-8")
    tracemalloc.start()
    try:
        json_text.load(path, "KEYPOINTS")
        loaded = True
    except KinebenchError:
        loaded = False
    finally:
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return (most - 10e6) / path.stat().st_size, loaded


@pytest.mark.parametrize("piece", ["[],", "-9,", "300,", "[0.5],", "[[[]]],", '"ab",', '"Ā",'])
def test_tiny_values_in_great_number_do_not_fill_the_memory(tmp_path, piece):
    times, _ = peak(tmp_path, "[" + piece * (3_000_000 // len(piece)) + "0]")
    assert times < 10


@pytest.mark.parametrize("piece", ["{},", '{"":1},', '{"a":[]},', '{"a":{"b":0}},'])
def test_tiny_objects_in_great_number_do_not_fill_the_memory(tmp_path, piece):
    times, _ = peak(tmp_path, "[" + piece * (1_000_000 // len(piece)) + "0]")
    assert times < 10


def test_keys_in_great_number_do_not_fill_the_memory(tmp_path):
    times, _ = peak(tmp_path, "{" + ",".join(f'"{number}":1' for number in range(100_000)) + "}")
    assert times < 10


@pytest.mark.parametrize("letters", ["a", "\U0001f600", "\\n", '\\"', "\\\\"])
def test_a_long_text_does_not_fill_the_memory(tmp_path, letters):
    times, loaded = peak(tmp_path, '["' + letters * (2_000_000 // len(letters)) + '"]')
    assert loaded
    assert times < 10


@pytest.mark.parametrize(
    "record",
    [
        '{"x":0.512345,"y":0.412345,"z":-0.21234,"visibility":0.9987}',
        '{"type":13,"position":{"x":412.31,"y":233.72,"z":-31.2},"inFrameLikelihood":0.9912}',
        '{"image_id":"0.jpg","keypoints":[' + ",".join(["412.123,233.512,0.8123"] * 17) + '],"score":2.9}',
    ],
)
def test_a_long_recording_is_loaded_within_its_memory(tmp_path, record):
    times, loaded = peak(tmp_path, "[" + ",".join([record] * (1_000_000 // len(record))) + "]")
    assert loaded
    assert times < 10


@given(st.lists(st.floats(-1e300, 1e300) | st.integers(-(10**300), 10**300)))
def test_numbers_are_what_they_were(values):
    np.testing.assert_array_equal(json_text.numbers(values, "x"), np.array([float(value) for value in values]))


def test_what_is_no_finite_number_is_missing():
    values = json.loads("[null, NaN, Infinity, -Infinity, 1e999, 1.5]")
    np.testing.assert_array_equal(json_text.numbers(values, "x"), [np.nan] * 5 + [1.5])
    assert np.isnan(json_text.number(None, "x"))


@pytest.mark.parametrize(
    "value",
    [
        *({}, "123", None, 1, ["2", 1, 2], [True, 1, 2], [1, False, 2], [[1], [2], [3]], [1, {}, 2]),
        *([1, 2, 3, 4], [1, 2], [], [10**400, 1, 2], [2e6, 0, 0], [0, 0, -(10**7)]),
    ],
)
def test_what_is_no_list_of_three_such_numbers_is_refused_by_name(value):
    with pytest.raises(KinebenchError, match=r"^joints of x must be[^\n]*$"):
        json_text.numbers(value, "joints of x", length=3, limit=1e6)


def test_objects_and_lists_are_asked_for_by_name():
    assert json_text.mapping({"a": 1}, "x", "a") == {"a": 1}
    assert json_text.listing([1], "x") == [1]
    for wrong in ([1], "a", None, 1, {"b": 1}):
        with pytest.raises(KinebenchError, match=r"^x must (be an object|have a)[^\n]*$"):
            json_text.mapping(wrong, "x", "a")
    with pytest.raises(KinebenchError, match=r"^x must be a list[^\n]*$"):
        json_text.listing({"b": "\n\ud800" * 1000}, "x")
