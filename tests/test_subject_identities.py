"""What identities rest on: velocity before and after, and the doubt about who turns up again elsewhere or unlike."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from kinebench.subject.ends import Ends, misfit
from kinebench.subject.tracks import people
from tests import crowd
from tests.crowd import Walker, seen

SPEED = st.floats(-300, 300)


def end(time_s: float, place: tuple[float, float], velocity: tuple[float, float]) -> Ends:
    """The end of one chain of somebody 400 px large, of whom nothing else is known."""
    unknown = np.array([np.nan])
    return Ends(
        np.array([time_s]), np.array([place]), np.array([velocity]), np.array([400.0]), unknown, unknown, unknown
    )


@given(x=SPEED, y=SPEED, gap_s=st.floats(0.1, 1.0))
def test_who_walks_on_is_expected_where_the_velocity_leads_and_nowhere_else(x, y, gap_s):
    before = end(0.0, (100.0, 50.0), (x, y))
    there = (100.0 + gap_s * x, 50.0 + gap_s * y)
    assert_allclose(misfit(before, end(gap_s, there, (x, y))), 0.0, atol=1e-12)
    off = (there[0] + 40.0, there[1])
    # 40 px are a tenth of the size; a place wanders by 0.08 and by 0.5 a second.
    assert_allclose(misfit(before, end(gap_s, off, (x, y))), (0.1 / (0.08 + 0.5 * gap_s)) ** 2, rtol=1e-6)


@given(x=st.floats(50, 300), gap_s=st.floats(0.1, 1.0))
def test_who_turns_back_is_expected_where_the_turn_was(x, gap_s):
    before = end(0.0, (100.0, 50.0), (x, 0.0))
    assert_allclose(misfit(before, end(gap_s, (100.0, 50.0), (-x, 0.0))), 0.0, atol=1e-12)


def test_nobody_goes_on_earlier_or_far_off():
    before = end(1.0, (100.0, 50.0), (0.0, 0.0))
    assert np.isinf(misfit(before, end(0.9, (100.0, 50.0), (0.0, 0.0))))
    assert np.isinf(misfit(before, end(1.5, (100.0 + 0.81 * 400, 50.0), (0.0, 0.0))))


STILL = np.full(300, 600.0)


def absent(moved_px: float, size: float) -> pd.DataFrame:
    """Somebody stands for 150 frames, nobody is there for 75, then somebody so far away and so large stands there."""
    one, _ = seen([Walker(STILL, 400, 700)], seed=1)
    other, _ = seen([Walker(STILL + moved_px, 400 * size, 700)], seed=2)
    return pd.concat([one[one["frame"] < 150], other[other["frame"] >= 225]], ignore_index=True)


@pytest.mark.parametrize(
    ("moved_px", "size", "doubtful"),
    [(0.0, 1.0, False), (240.0, 1.0, True), (0.0, 0.8, True)],
    ids=["same place, same body", "elsewhere", "another body"],
)
def test_who_turns_up_again_elsewhere_or_unlike_is_doubtful(moved_px, size, doubtful):
    known = people(absent(moved_px, size), np.arange(300) / crowd.RATE, crowd.JOINTS)
    assert known.count == 1
    told = [(one.start_s, one.end_s) for one in known.crossings if not one.certain]
    assert bool(told) == doubtful
    if doubtful:
        assert_allclose(told, [(149 / crowd.RATE, 225 / crowd.RATE)], atol=0.5 / crowd.RATE)


def test_who_was_told_apart_by_the_tool_stays_so_even_where_places_say_otherwise():
    """Two who look alike turn back behind each other: seen by place and motion alone they walk on."""
    t = np.arange(180) / crowd.RATE
    to_and_fro = np.minimum(t, 6 - t)
    near, far = Walker(400 + 80 * to_and_fro, 400, 700.1), Walker(880 - 80 * to_and_fro, 400, 700)
    tables = [seen([one], seed=number)[0].assign(person=number) for number, one in enumerate((near, far))]
    table = pd.concat(tables, ignore_index=True)
    table.attrs["tracked"] = True
    known = people(table, t, crowd.JOINTS)
    shown = crowd.shown([near, far], known.values, known.frame)
    sure = shown >= 0
    assert len(set(zip(shown[sure], known.person[sure], strict=True))) == 2
    untold = table.copy()
    untold.attrs = {}
    free = people(untold, t, crowd.JOINTS)
    assert len(set(zip(shown[sure], free.person[sure], strict=True))) > 2
