"""Catch and finish from made-up courses of the handle whose turning points are known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from kinebench.errors import KinebenchError
from kinebench.reps import minimum_jerk
from kinebench.tasks import rowing_events as events
from kinebench.tasks import rowing_metrics as measures
from kinebench.tasks import rowing_summary as summary

TRUNK, TRAVEL = 130.0, 300.0
DRIVE_S, RECOVERY_S = 0.9, 1.5
PERIOD_S = DRIVE_S + RECOVERY_S


def handle(time_s, catches, *, drive=DRIVE_S, recovery=RECOVERY_S, travels=None):
    """Forward position of a handle that goes back and forth as half cosines, catch at each of `catches`."""
    forward = np.full_like(time_s, np.nan)
    for catch, travel in zip(catches, travels or [TRAVEL] * len(catches), strict=True):
        since = time_s - catch
        back = (since >= 0) & (since < drive)
        forth = (since >= drive) & (since < drive + recovery)
        forward[back] = TRAVEL - travel * (1 - np.cos(np.pi * since[back] / drive)) / 2
        forward[forth] = TRAVEL - travel * (1 + np.cos(np.pi * (since[forth] - drive) / recovery)) / 2
    return forward


def stretch(catches, rate_hz=30.0, begin_s=0.5, end_s=None):
    """Frames from within the stroke before the first whole one to within the one after the last."""
    end_s = catches[-1] + 0.7 if end_s is None else end_s
    return begin_s + np.arange(0, end_s - begin_s, 1 / rate_hz)


CATCHES = 0.013 + PERIOD_S * np.arange(9)


def found(time_s, forward, min_share=0.5):
    return events.find(time_s, forward, TRUNK, min_share)


@pytest.mark.parametrize("rate_hz", [15.0, 29.97, 60.0, 120.0])
def test_events_of_a_known_course(rate_hz):
    time_s = stretch(CATCHES, rate_hz)
    table = found(time_s, handle(time_s, CATCHES))
    good = table[table["accepted"]]
    # The piece before the second catch and the drive after the last are cut by the clip.
    assert list(table["reason"]) == [events.BEGINS, *[""] * 7, events.ENDS]
    assert_allclose(good["catch_s"], CATCHES[1:-1], atol=0.012)
    assert_allclose(good["finish_s"], CATCHES[1:-1] + DRIVE_S, atol=0.012)
    assert_allclose(good["end_s"], CATCHES[2:], atol=0.012)
    assert_allclose(good["start_s"], good["catch_s"])
    assert_allclose(good["travel_px"], TRAVEL, rtol=0.01)


@pytest.mark.parametrize("noise", [1.0, 3.0])
@pytest.mark.parametrize("slow", [0.7, 1.0, 1.5])
def test_drive_and_recovery_in_noise(noise, slow):
    catches = CATCHES * slow
    time_s = stretch(catches, begin_s=0.5 * slow, end_s=catches[-1] + 0.7 * slow)
    forward = handle(time_s, catches, drive=slow * DRIVE_S, recovery=slow * RECOVERY_S)
    table = found(time_s, forward + np.random.default_rng(2).normal(0, noise, len(time_s)))
    good = table[table["accepted"]]
    assert len(good) == 7
    assert_allclose((good["finish_s"] - good["catch_s"]).mean(), slow * DRIVE_S, rtol=0.03)
    assert_allclose((good["end_s"] - good["finish_s"]).mean(), slow * RECOVERY_S, rtol=0.03)
    assert_allclose((good["end_s"] - good["catch_s"]).mean(), slow * PERIOD_S, rtol=0.005)


@settings(max_examples=25, deadline=None)
@given(shift_s=st.floats(-20, 20), rate_hz=st.sampled_from([15.0, 25.0, 60.0]), count=st.integers(3, 9))
def test_count_is_invariant_under_shift_and_resampling(shift_s, rate_hz, count):
    catches = shift_s + PERIOD_S * np.arange(count)
    time_s = stretch(catches, rate_hz, begin_s=shift_s + 0.5)
    table = found(time_s, handle(time_s, catches))
    assert table["accepted"].sum() == count - 2
    assert list(table.loc[table["accepted"], "repetition"]) == list(range(1, count - 1))


@pytest.mark.parametrize("scale", [0.2, 5.0])
def test_nothing_depends_on_the_size_in_the_picture(scale):
    time_s = stretch(CATCHES)
    forward = handle(time_s, CATCHES)
    plain = found(time_s, forward).drop(columns="travel_px")
    other = events.find(time_s, scale * forward, scale * TRUNK, 0.5).drop(columns="travel_px")
    pd.testing.assert_frame_equal(plain, other, atol=1e-6)


def test_a_short_stroke_is_kept_with_its_reason():
    time_s = stretch(CATCHES)
    travels = [TRAVEL] * 9
    travels[4] = 0.4 * TRAVEL
    table = found(time_s, handle(time_s, CATCHES, travels=travels))
    assert table["accepted"].sum() == 6
    assert table["reason"][4] == "the handle travelled only 40 % of the usual way"


def test_missing_data_rejects_the_stroke():
    time_s = stretch(CATCHES)
    forward = handle(time_s, CATCHES)
    forward[(time_s > 5.6) & (time_s < 6.1)] = np.nan
    table = found(time_s, forward)
    assert list(table.loc[~table["accepted"] & ~table["cut"], "reason"]) == ["data missing for 0.5 s"]


def test_resting_at_the_catch_before_the_first_stroke():
    time_s = np.arange(0, 11.9, 1 / 30)
    catches = 3.0 + PERIOD_S * np.arange(4)
    forward = np.full_like(time_s, TRAVEL)
    for catch in catches:
        forward -= TRAVEL * minimum_jerk((time_s - catch) / DRIVE_S)
        forward += TRAVEL * minimum_jerk((time_s - catch - DRIVE_S) / RECOVERY_S)
    table = found(time_s, forward + np.random.default_rng(4).normal(0, 0.5, len(time_s)))
    good = table[table["accepted"]]
    # The first stroke starts when the handle leaves the catch, not somewhere in the three seconds of rest.
    assert len(good) == 3
    assert_allclose(good["catch_s"], catches[:3], atol=0.08)
    assert abs(good["catch_s"].iloc[0] - catches[0]) < 0.04
    assert not table["reason"].eq(events.BEGINS).any()


def test_small_movements_of_the_hand_are_no_strokes():
    time_s = np.arange(0, 10, 1 / 30)
    with pytest.raises(KinebenchError, match="task rowing needs a hand that goes to and fro"):
        found(time_s, 0.1 * TRUNK * np.sin(3 * time_s))


@pytest.mark.parametrize("forward", [np.full(300, 5.0), np.full(300, np.nan), np.arange(300.0)])
def test_no_stroke_at_all_is_one_clear_line(forward):
    with pytest.raises(KinebenchError, match="task rowing needs a hand that goes to and fro at least once"):
        found(np.arange(300) / 30, forward)


def motion(time_s, catches):
    """Speeds by calculus of the half cosines; knee, trunk and elbow done half at 25, 50 and 75 % of the drive."""
    since = (time_s - catches[0]) % PERIOD_S
    drive = since < DRIVE_S
    speed = np.where(
        drive,
        TRAVEL / 2 * np.pi / DRIVE_S * np.abs(np.sin(np.pi * since / DRIVE_S)),
        TRAVEL / 2 * np.pi / RECOVERY_S * np.abs(np.sin(np.pi * (since - DRIVE_S) / RECOVERY_S)),
    )
    share = np.where(drive, since / DRIVE_S, 1 - (since - DRIVE_S) / RECOVERY_S)
    ramp = {at: minimum_jerk((share - at + 0.2) / 0.4) for at in (0.25, 0.5, 0.75)}
    angles = {
        "knee_flexion_deg": 120 - 110 * ramp[0.25],
        "trunk_lean_deg": 25 - 45 * ramp[0.5],
        "elbow_flexion_deg": 5 + 95 * ramp[0.75],
    }
    forward = handle(time_s, catches)
    return measures.Motion(time_s, forward, np.full_like(time_s, 250.0), speed, "px", angles)


def test_measures_of_a_known_course():
    time_s = stretch(CATCHES, 60.0)
    signals = motion(time_s, CATCHES)
    table = measures.measured(found(time_s, signals.forward), signals)
    good = table[table["accepted"]]
    assert_allclose(good["stroke_rate_spm"], 60 / PERIOD_S, rtol=0.01)
    # A half cosine is fastest half-way, at pi / 2 times its mean speed.
    assert_allclose(good["fastest_at_drive_pct"], 50, atol=2)
    assert_allclose(good["drive_peak_speed_px_s"], np.pi / 2 * TRAVEL / DRIVE_S, rtol=0.01)
    assert_allclose(good["drive_mean_speed_px_s"], TRAVEL / DRIVE_S, rtol=0.02)
    assert_allclose(good["recovery_mean_speed_px_s"], TRAVEL / RECOVERY_S, rtol=0.02)
    # The knee moves from 5 to 45 % of the drive and is half done at 25 %, the trunk at 50 %, the elbow at 75 %.
    assert_allclose(good[["legs_half_pct", "trunk_half_pct", "arms_half_pct"]].mean(), [25, 50, 75], atol=1.5)
    assert (good["order"] == "legs, trunk, arms").all()
    assert_allclose(good["catch_knee_flexion_deg"], 120, atol=1)
    assert_allclose(good["finish_elbow_flexion_deg"], 100, atol=1)


def test_profiles_run_from_catch_to_catch_and_alike_strokes_correlate_fully():
    time_s = stretch(CATCHES, 60.0)
    signals = motion(time_s, CATCHES)
    good = found(time_s, signals.forward).query("accepted")
    table = measures.profiles(good, signals)
    assert list(table.index) == list(range(101))
    assert table.shape[1] == 7 + 2
    correlation, spread = summary.likeness(table.iloc[:, :7].to_numpy())
    assert correlation > 0.999
    assert spread < 3


def test_likeness_of_profiles_with_known_answer():
    percent = np.arange(101)
    wave = np.sin(2 * np.pi * percent / 101)
    same, opposite = np.stack([2 + wave, 2 + wave], 1), np.stack([2 + wave, 2 - wave], 1)
    assert_allclose(summary.likeness(same), (1, 0), atol=1e-9)
    # Two values x and -x have the standard deviation sqrt(2) |x|; the wave's mean square is a half, the mean speed 2.
    assert_allclose(summary.likeness(opposite), (-1, 100 * np.sqrt(2 * 0.5) / 2), atol=1e-9)
    assert summary.likeness(same[:, :1]) == (None, None)


def test_path_holds_each_frame_of_a_stroke_once():
    time_s = stretch(CATCHES)
    signals = motion(time_s, CATCHES)
    good = found(time_s, signals.forward).query("accepted")
    table = measures.path(good, signals)
    assert table["time_s"].is_monotonic_increasing
    assert table["time_s"].is_unique
    assert set(table["phase"]) == {"drive", "recovery"}
    assert_allclose(len(table), (good["end_s"].iloc[-1] - good["catch_s"].iloc[0]) * 30, atol=1)


@pytest.mark.parametrize(("second", "doubted"), [(0.7, False), (0.97, True)])
def test_where_the_hand_is_fastest_is_doubted_where_a_second_peak_is_nearly_as_high(second, doubted):
    time_s = np.arange(0, 2 * PERIOD_S, 1 / 120)
    since = np.mod(time_s, PERIOD_S) / DRIVE_S
    speed = np.exp(-(((since - 0.3) / 0.1) ** 2)) + second * np.exp(-(((since - 0.75) / 0.1) ** 2))
    nothing = np.full_like(speed, np.nan)
    good = pd.DataFrame({"catch_s": [0.0, PERIOD_S], "finish_s": [DRIVE_S, PERIOD_S + DRIVE_S]})
    motion = measures.Motion(time_s, nothing, nothing, speed, "px", {})
    fastest, slowest = summary._extremes(good, motion)
    assert_allclose(fastest.value, 30, atol=1)
    assert fastest.doubt == ("at 75 % it is almost as fast" if doubted else "")
    assert 45 < slowest.value < 60
    assert slowest.unit == "%"


def test_a_stroke_that_no_rower_can_make_does_not_count():
    catches = 0.1 + 0.8 * np.arange(9)
    time_s = stretch(catches, 60.0)
    table = found(time_s, handle(time_s, catches, drive=0.3, recovery=0.5))
    assert not table["accepted"].any()
    assert table["reason"].str.contains("none that a rower can make").sum() >= 6
