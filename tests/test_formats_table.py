"""Our own tables as strangers may hand them in: read whole, or refused in one line, in little memory."""

import io
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kinebench import formats, keypoints
from kinebench.errors import KinebenchError
from kinebench.formats import Given, table

TIMES = np.arange(4) / 30
JOINTS = ("left_hip", "left_knee")


def wide() -> pd.DataFrame:
    values = np.arange(24, dtype=float).reshape(4, 2, 3)
    values[..., 2] = 0.5
    return keypoints.make(TIMES, JOINTS, values)


def long() -> pd.DataFrame:
    rows = [(f, t, p, j, 10.0 * p + f, 5.0, 0.5) for f, t in enumerate(TIMES) for p in (0, 1) for j in JOINTS]
    return pd.DataFrame(rows, columns=list(keypoints.DETECTION_COLUMNS))


def content(made: pd.DataFrame, ending: str) -> bytes:
    held = io.BytesIO()
    flat = keypoints.flattened(made) if made.columns.nlevels == 2 else made
    if ending == ".parquet":
        flat.to_parquet(held)
    else:
        flat.to_csv(held, index=made.columns.nlevels == 2)
    return held.getvalue()


MADE = {"wide": wide(), "long": long()}
WHOLE = {(name, ending): content(made, ending) for name, made in MADE.items() for ending in (".csv", ".parquet")}
NASTY = [b"1e999", b"nan", b"-inf", b'"', b"\x00", b",,,,", b"\n\n", b"9" * 400]


@pytest.mark.parametrize("which", WHOLE, ids=str)
def test_our_tables_are_known_and_read(which, tmp_path):
    path = tmp_path / f"t{which[1]}"
    path.write_bytes(WHOLE[which])
    assert formats.recognised(path) == "table"
    found = formats.read(path)
    assert found.joints == JOINTS
    assert len(found.detections) == (8 if which[0] == "wide" else 16)


@pytest.mark.parametrize("name", ["=cmd|'/c calc'!A", "+1", "@SUM(A1)", "left knee", "left-knee", "knee\n", "é"])
@pytest.mark.parametrize("which", WHOLE, ids=str)
def test_a_joint_whose_name_a_spreadsheet_may_take_for_a_formula_is_refused(which, name, tmp_path):
    kind, ending = which
    own = MADE[kind]
    other = (
        own.rename(columns={JOINTS[1]: name}, level=0) if kind == "wide" else own.replace({"joint": {JOINTS[1]: name}})
    )
    path = tmp_path / f"t{ending}"
    path.write_bytes(content(other, ending))
    with pytest.raises(KinebenchError, match="recording must call its joints by letters, digits and _ alone") as error:
        table.read(path, Given())
    assert "\n" not in str(error.value)
    assert repr(name) in str(error.value)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    which=st.sampled_from(sorted(WHOLE)),
    end=st.floats(0, 1),
    at=st.floats(0, 1),
    put=st.one_of(st.binary(max_size=40), st.sampled_from(NASTY)),
)
def test_a_damaged_file_is_a_whole_table_or_one_clear_line(which, end, at, put, tmp_path):
    whole = WHOLE[which]
    cut = whole[: round(end * len(whole))] if end < 0.9 else whole
    place = round(at * len(cut))
    path = tmp_path / f"t{which[1]}"
    path.write_bytes(cut[:place] + put + cut[place:])
    table.matches(path)
    fault, found = "", None
    try:
        found = table.read(path, Given()).detections
    except KinebenchError as error:
        fault = str(error)
    assert "\n" not in fault
    if found is not None:
        assert set(keypoints.DETECTION_COLUMNS) <= set(found.columns)
        assert np.isfinite(found["time_s"]).all()
        assert found["confidence"].between(0, 1).all()
        assert not np.isinf(found[["x", "y"]]).any(axis=None)


def test_a_few_bytes_that_claim_a_thousand_million_numbers_are_refused(tmp_path):
    path = tmp_path / "bomb.parquet"
    frames = 3_000_000
    bomb = pd.DataFrame({name: np.zeros(frames) for name in ("frame", "time_s", "person", "x", "y", "confidence")})
    bomb.assign(joint=pd.Categorical.from_codes(np.zeros(frames, int), ["nose"])).to_parquet(path)
    assert path.stat().st_size < 100_000
    with pytest.raises(KinebenchError, match="more than its"):
        table.read(path, Given())


def test_texts_where_numbers_belong_take_little_memory(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("time_s,nose_x,nose_y,nose_confidence\n" + "a,b,c,d\n" * 300_000)
    tracemalloc.start()
    with pytest.raises(KinebenchError, match="must hold numbers in all columns but joint"):
        table.read(path, Given())
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 10 * path.stat().st_size + 10_000_000
