"""Sit-to-stand events from made-up courses of hip height and trunk lean whose knots are known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from kinebench.errors import KinebenchError
from kinebench.reps import minimum_jerk
from kinebench.tasks import sit_to_stand_events as events
from kinebench.tasks import sit_to_stand_metrics as measures
from kinebench.tasks.person import Person

THIGH, SHANK, ANKLE, SEAT = 100.0, 100.0, 20.0, 112.0
LENGTHS = events.Lengths(THIGH, SHANK, ANKLE)
STANDING = LENGTHS.straight_px - 1
LEAN_S, RISE_S, STAND_S, FALL_S, BACK_S, PERIOD_S = 0.4, 0.9, 0.5, 1.1, 0.4, 4.2


def step(time_s, start, end):
    return minimum_jerk((time_s - start) / (end - start))


def person(time_s, starts, *, tops=None, slow=1.0):
    """Hip height (px) and trunk lean (deg) of someone who stands up at each start, `tops` of the way."""
    height, lean = np.full_like(time_s, SEAT), np.full_like(time_s, 3.0)
    for start, top in zip(starts, tops or [1.0] * len(starts), strict=True):
        off, up, down, seat = (start + slow * s for s in knots())
        height += top * (STANDING - SEAT) * (step(time_s, off, up) - step(time_s, down, seat))
        lean += 35 * (step(time_s, start, off + slow * 0.2) - step(time_s, off + slow * 0.2, up))
        lean += 30 * (step(time_s, down, seat - slow * 0.3) - step(time_s, seat - slow * 0.3, seat + slow * BACK_S))
    return height, lean


def knots():
    return LEAN_S, LEAN_S + RISE_S, LEAN_S + RISE_S + STAND_S, LEAN_S + RISE_S + STAND_S + FALL_S


def truth(starts, slow=1.0):
    offsets = (0.0, *knots(), knots()[-1])
    return np.array([[start + slow * offset for offset in offsets] for start in starts])


def found(time_s, height, lean, min_rise=0.75):
    return events.find(time_s, height, lean, LENGTHS, min_rise)[0]


def times(duration_s, rate_hz=30.0, begin_s=0.0):
    return begin_s + np.arange(0, duration_s, 1 / rate_hz)


STARTS = 1.0 + PERIOD_S * np.arange(5)


@pytest.mark.parametrize("rate_hz", [15.0, 29.97, 60.0, 120.0])
@pytest.mark.parametrize("slow", [0.6, 1.0, 1.7])
def test_events_of_a_known_course(rate_hz, slow):
    starts = 1.0 + slow * PERIOD_S * np.arange(5)
    time_s = times(starts[-1] + 5 * slow, rate_hz)
    table = found(time_s, *person(time_s, starts, slow=slow))
    assert table["accepted"].all()
    assert list(table["repetition"]) == [1, 2, 3, 4, 5]
    assert_allclose(table[list(events.EVENTS)], truth(starts, slow), atol=0.05)


@pytest.mark.parametrize("noise", [1.0, 2.0])
def test_events_in_noise(noise):
    time_s = times(24)
    random = np.random.default_rng(5)
    height, lean = person(time_s, STARTS)
    table = found(
        time_s, height + random.normal(0, noise / 2, len(time_s)), lean + random.normal(0, noise, len(time_s))
    )
    assert_allclose(table[list(events.EVENTS)], truth(STARTS), atol=0.12)


def test_one_after_the_other_without_a_rest_on_the_seat():
    period = knots()[-1] + BACK_S
    starts = 1.0 + period * np.arange(4)
    time_s = times(starts[-1] + 5)
    table = found(time_s, *person(time_s, starts))
    assert table["accepted"].all()
    assert_allclose(table[list(events.EVENTS)], truth(starts), atol=0.06)


@pytest.mark.parametrize("rest_s", [0.0, 0.3, 1.0])
def test_a_trunk_that_is_still_bent_at_seat_contact(rest_s):
    back_s = 0.5
    period = knots()[-1] + back_s + rest_s
    starts = 1.0 + period * np.arange(5)
    time_s = times(starts[-1] + 5)
    height, lean = person(time_s, starts)
    for start in starts:
        _, _, down, seat = (start + s for s in knots())
        lean -= 30 * (step(time_s, down, seat - 0.3) - step(time_s, seat - 0.3, seat + BACK_S))
        lean += 30 * (step(time_s, down, seat - 0.1) - step(time_s, seat, seat + back_s))
    random = np.random.default_rng(8)
    table = found(time_s, height + random.normal(0, 0.5, len(time_s)), lean + random.normal(0, 1.2, len(time_s)))
    assert_allclose(table[list(events.EVENTS)], truth(starts), atol=0.12)


@settings(max_examples=25, deadline=None)
@given(
    shift_s=st.floats(-20, 20),
    rate_hz=st.sampled_from([15.0, 25.0, 60.0]),
    still_s=st.floats(0, 6),
    count=st.integers(1, 6),
)
def test_count_is_invariant_under_shift_resampling_and_sitting_still_before(shift_s, rate_hz, still_s, count):
    starts = shift_s + still_s + 1.0 + PERIOD_S * np.arange(count)
    time_s = times(starts[-1] + 5 - shift_s, rate_hz, shift_s)
    table = found(time_s, *person(time_s, starts))
    assert table["accepted"].sum() == count
    assert_allclose(table["start_s"], starts, atol=0.06)


@pytest.mark.parametrize("scale", [0.2, 5.0])
def test_nothing_depends_on_the_size_in_the_picture(scale):
    time_s = times(24)
    height, lean = person(time_s, STARTS, tops=[1, 1, 0.6, 1, 1])
    plain = found(time_s, height, lean)
    lengths = events.Lengths(scale * THIGH, scale * SHANK, scale * ANKLE)
    other = events.find(time_s, scale * height, lean, lengths, 0.75)[0]
    pd.testing.assert_frame_equal(plain, other, atol=1e-3)


def test_an_incomplete_stand_is_kept_with_its_reason_and_not_counted():
    time_s = times(24)
    table = found(time_s, *person(time_s, STARTS, tops=[1, 1, 0.62, 1, 1]))
    assert list(table["accepted"]) == [True, True, False, True, True]
    assert list(table["repetition"]) == [1, 2, 0, 3, 4]
    assert table["reason"][2] == "stood up only 62 % of the way"


def test_only_incomplete_stands_are_measured_against_a_straight_leg():
    time_s = times(24)
    table = found(time_s, *person(time_s, STARTS, tops=[0.6] * 5))
    assert not table["accepted"].any()
    assert table["reason"].str.match(r"stood up only (59|60) % of the way").all()


def test_a_rise_that_nobody_can_make_does_not_count():
    time_s = times(8, 60.0)
    slow = 0.25 / (LEAN_S + RISE_S)
    table = found(time_s, *person(time_s, 1.0 + 2 * slow * PERIOD_S * np.arange(3), slow=slow))
    assert not table["accepted"].any()
    assert table["reason"].str.contains("none that a person can make").any()


def test_min_rise_decides():
    time_s = times(24)
    height, lean = person(time_s, STARTS, tops=[1, 1, 0.62, 1, 1])
    assert found(time_s, height, lean, min_rise=0.6)["accepted"].all()
    assert found(time_s, height, lean, min_rise=0.65)["accepted"].sum() == 4


def test_clip_that_begins_while_standing():
    time_s = times(22.5, begin_s=2.4)
    table = found(time_s, *person(time_s, STARTS))
    assert list(table["accepted"]) == [False, True, True, True, True]
    assert table["reason"][0] == "clip begins in mid-repetition"
    assert table["cut"][0]


@pytest.mark.parametrize("end_s", [19.0, 20.4])
def test_clip_that_ends_before_the_person_sat_down(end_s):
    time_s = times(end_s)
    table = found(time_s, *person(time_s, STARTS))
    assert list(table["accepted"]) == [True] * 4 + [False]
    assert table["reason"][4] == "clip ends before the person sat down"
    assert table["cut"][4]


def test_missing_data_inside_a_repetition_rejects_it_with_its_length():
    time_s = times(24)
    height, lean = person(time_s, STARTS)
    height[(time_s > 6.3) & (time_s < 6.7)] = np.nan
    table = found(time_s, height, lean)
    assert list(table["accepted"]) == [True, False, True, True, True]
    assert table["reason"][1] == "data missing for 0.4 s"


def test_missing_data_while_seated_harms_nothing():
    time_s = times(24)
    height, lean = person(time_s, STARTS)
    lost = (time_s > 4.6) & (time_s < 5.0)
    height[lost] = lean[lost] = np.nan
    table = found(time_s, height, lean)
    assert table["accepted"].all()
    assert_allclose(table[list(events.EVENTS)], truth(STARTS), atol=0.12)


def test_wavering_while_standing_is_one_repetition():
    time_s = times(8)
    height, lean = person(time_s, [1.0], slow=1.5)
    height -= 25 * np.exp(-(((time_s - 3.3) / 0.12) ** 2))
    table = found(time_s, height, lean)
    assert len(table) == 1
    assert table["accepted"].all()


def test_leaning_without_rising_is_no_repetition():
    time_s = times(14)
    height, lean = person(time_s, [8.0])
    lean += 30 * (step(time_s, 2, 2.6) - step(time_s, 3, 3.6))
    height += 10 * (step(time_s, 2, 2.6) - step(time_s, 3, 3.6))
    table = found(time_s, height, lean)
    assert len(table) == 1
    assert_allclose(table["start_s"], 8.0, atol=0.05)


def test_without_a_trunk_the_hip_gives_the_onset():
    time_s = times(24)
    height, _ = person(time_s, STARTS)
    table = found(time_s, height, np.full_like(height, np.nan))
    assert_allclose(table["start_s"], STARTS + LEAN_S, atol=0.05)
    assert_allclose(table["start_s"], table["seat_off_s"])


@pytest.mark.parametrize("height", [np.full(300, 112.0), np.full(300, np.nan), 112 + 5 * np.sin(np.arange(300) / 9)])
def test_no_rise_at_all_is_one_clear_line(height):
    with pytest.raises(KinebenchError, match=r"needs a hip that rises .* but in this clip the hip moved by 0\.[01]"):
        found(times(10), height, np.zeros(300))


@pytest.mark.parametrize(
    ("stretch", "expected"),
    [(30.5, 7), (1.0, None)],
)
def test_thirty_second_count_by_hand(stretch, expected):
    # Starts at 1.0 + 4.2 i: the test ends at 31.0; the 8th stand starts at 30.4, its hip leaves the seat at 30.8 and is
    # not half-way by 31.0. Seven were standing by then.
    starts = 1.0 + PERIOD_S * np.arange(9)
    time_s = times(stretch + 3)
    height, lean = person(time_s, starts)
    table, share = events.find(time_s, height, lean, LENGTHS, 0.75)
    assert measures.count_30s(time_s, share, table, 1.0) == expected


@pytest.mark.parametrize(("beyond_half", "count"), [(-0.1, 7), (0.1, 8)])
def test_more_than_half_way_up_at_the_end_of_thirty_seconds_counts(beyond_half, count):
    starts = 1.0 + PERIOD_S * np.arange(9)
    # Half of the rise's height is reached in the middle of its time.
    begin = starts[7] + LEAN_S + RISE_S / 2 + beyond_half - 30
    time_s = times(40)
    table, share = events.find(time_s, *person(time_s, starts), LENGTHS, 0.75)
    assert measures.count_30s(time_s, share, table, begin) == count


def test_a_person_who_stopped_long_before_the_thirty_seconds_were_over_may_have_done_another_test():
    time_s = times(40)
    table, share = events.find(time_s, *person(time_s, STARTS), LENGTHS, 0.75)
    assert measures.count_30s(time_s, share, table, 1.0) == 5
    # The fifth stand ends at 1 + 4 * 4.2 + the seat contact; the test would have ended at 31 s.
    rest_s = 31.0 - (1.0 + 4 * PERIOD_S + knots()[-1])
    assert f"still for the last {rest_s:.0f} s" in measures.stopped_early(measures_of(table), 1.0)
    table, _ = events.find(time_s, *person(time_s, 1.0 + PERIOD_S * np.arange(8)), LENGTHS, 0.75)
    assert measures.stopped_early(measures_of(table), 1.0) == ""


def measures_of(table):
    return table[["start_s", "seat_contact_s", "accepted"]]


@pytest.mark.parametrize("begin_s", [0.95, 1.2, 1.6])
def test_a_rise_that_was_under_way_when_the_clip_began_is_cut_and_has_no_start(begin_s):
    time_s = times(21, begin_s=begin_s)
    table = found(time_s, *person(time_s, STARTS))
    assert list(table["accepted"]) == [False, True, True, True, True]
    assert table["reason"][0] == events.BEGINS
    assert np.isnan(table["start_s"][0])


def test_a_start_that_was_not_seen_does_not_count():
    time_s = times(24)
    height, lean = person(time_s, STARTS)
    height[(time_s > STARTS[2] - 0.6) & (time_s < STARTS[2] - 0.02)] = np.nan
    table = found(time_s, height, lean)
    assert list(table["accepted"]) == [True, True, False, True, True]
    assert "data missing" in table["reason"][2]


def metrics(tops, go_s=None):
    """Clip metrics of a made-up course with a knee that goes from 90 to 0 deg as the hip goes up."""
    starts = 1.0 + PERIOD_S * np.arange(len(tops))
    time_s = times(starts[-1] + 5)
    height, lean = person(time_s, starts, tops=tops)
    table, _ = events.find(time_s, height, lean, LENGTHS, 0.75)
    knee = 90 * (1 - (height - SEAT) / (STANDING - SEAT))
    nothing = np.full_like(knee, np.nan)
    motion = measures.Motion(time_s, height / 250, knee, knee, lean, nothing, np.gradient(knee, time_s))
    reps = measures.measured(table, motion)
    return {metric.name: metric for metric in measures.clip_metrics(reps, Person(), None, None, go_s, (None, ""))}


def test_metrics_of_a_known_course():
    found = metrics([1.0] * 5)
    off, up, down, seat = knots()
    expected = {
        "repetitions": 5,
        "five_rep_time_s": 4 * PERIOD_S + seat,
        "rise_time_mean_s": up,
        "stand_time_mean_s": down - up,
        "descent_time_mean_s": seat - down,
        "sit_time_mean_s": PERIOD_S - seat,
        "total_time_mean_s": seat,
        "flexion_momentum_mean_s": off,
        "peak_trunk_lean_deg": 38.0,
        "knee_excursion_deg": 90.0,
        "hip_rise_m": (STANDING - SEAT) / 250,
    }
    for name, value in expected.items():
        assert_allclose(found[name].value, value, atol=0.04 + 0.01 * value, err_msg=name)
    # The fastest of a minimum-jerk movement is 15/8 of its mean.
    assert_allclose(found["peak_knee_extension_speed_deg_s"].value, 15 / 8 * 90 / RISE_S, rtol=0.02)
    assert_allclose(found["peak_rising_speed_m_s"].value, 15 / 8 * (STANDING - SEAT) / 250 / RISE_S, rtol=0.02)
    assert_allclose([found["rise_time_cv_pct"].value, found["fatigue_rise_time_pct"].value], 0, atol=3)
    assert not found["five_rep_time_s"].doubt


def test_a_failed_stand_among_the_five_casts_doubt_on_their_time():
    found = metrics([1, 1, 0.6, 1, 1, 1])
    assert_allclose(found["five_rep_time_s"].value, 5 * PERIOD_S + knots()[-1], atol=0.05)
    assert "did not count" in found["five_rep_time_s"].doubt
    assert not metrics([0.6, 1, 1, 1, 1, 1, 0.6])["five_rep_time_s"].doubt


def test_go_after_the_first_stand_is_refused():
    assert_allclose(metrics([1.0] * 5, go_s=0.2)["five_rep_time_s"].value, 0.8 + 4 * PERIOD_S + knots()[-1], atol=0.05)
    with pytest.raises(KinebenchError, match=r"go_s must lie before the first stand, which ends at 2\.3"):
        metrics([1.0] * 5, go_s=3.0)


def test_steps_are_no_stands_however_the_leg_bends():
    """A walker's swinging leg bends and straightens as if somebody sat down and stood up, but the foot goes along."""
    time_s = times(24.0)
    height, lean = person(time_s, STARTS)
    on_the_spot = 200 + 10 * np.sin(time_s)
    striding = 200 + 60 * time_s
    kept, _ = events.find(time_s, height, lean, LENGTHS, 0.75, on_the_spot)
    stepped, _ = events.find(time_s, height, lean, LENGTHS, 0.75, striding)
    assert kept["accepted"].sum() == len(STARTS)
    assert not stepped["accepted"].any()
    assert stepped["reason"].str.contains("a step, no stand").all()
