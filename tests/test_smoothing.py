"""Smoothing: what it must keep, what it must not invent, gains that follow from the formulas, others' filters."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import interpolate, ndimage, signal

from kinebench import keypoints
from kinebench.errors import KinebenchError
from kinebench.smoothing import Smoothing, filters, gaps, outliers, residual_analysis, smooth
from kinebench.smoothing.settings import FILTERS, OUTLIERS
from kinebench.synthetic import Scene, keypoint_table

RATE = 30.0
FILTERING = [name for name in FILTERS if name != "none"]
LOW_PASS = [name for name, filter in filters.FILTERS.items() if filter.cutoff]
PLAIN = {"outliers": "none", "confidence_gate": 0.0}


def table_of(x: np.ndarray, time_s: np.ndarray, confidence: float | np.ndarray = 0.9) -> pd.DataFrame:
    """One joint whose x is given and whose y is twice that, plus two corners that give the body a size of 500 px."""
    joints = {"left_knee": (x, 2 * x), "nose": (0.0, 0.0), "left_ankle": (300.0, 400.0)}
    values = np.empty((len(time_s), len(joints), 3))
    for place, (a, b) in enumerate(joints.values()):
        values[:, place, 0], values[:, place, 1], values[:, place, 2] = a, b, 0.9
    values[:, 0, 2] = confidence
    return keypoints.make(time_s, list(joints), values)


def even(frames: int, rate: float = RATE) -> np.ndarray:
    return np.arange(frames) / rate


def uneven(frames: int, seed: int = 0) -> np.ndarray:
    steps = np.random.default_rng(seed).uniform(0.02, 0.05, frames)
    return np.cumsum(steps) - steps[0]


def knee(table: pd.DataFrame) -> np.ndarray:
    return keypoints.points(table, "left_knee")[:, 0]


def smoothed(x: np.ndarray, time_s: np.ndarray, **given) -> np.ndarray:
    return knee(smooth(table_of(x, time_s), Smoothing(**(PLAIN | given))).keypoints)


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("clock", [even, uneven])
@pytest.mark.parametrize("kind", OUTLIERS)
def test_a_constant_stays(name, clock, kind):
    time_s = clock(80)
    assert_allclose(smoothed(np.full(80, 123.4), time_s, filter=name, outliers=kind), 123.4, atol=1e-6)


@pytest.mark.parametrize("name", [name for name in FILTERING if name != "median"])
@pytest.mark.parametrize("clock", [even, uneven])
@pytest.mark.parametrize("frames", [6, 80])
def test_a_straight_line_stays_ends_included(name, clock, frames):
    time_s = clock(frames)
    assert_allclose(smoothed(5 + 40 * time_s, time_s, filter=name), 5 + 40 * time_s, atol=1e-4)


@pytest.mark.parametrize("name", FILTERING)
@pytest.mark.parametrize("clock", [even, uneven])
def test_a_slow_sine_is_neither_shifted_nor_weakened(name, clock):
    time_s = clock(400)
    wave = 50 * np.sin(2 * np.pi * 0.7 * time_s)
    middle = slice(40, -40)
    given = {"window_s": 0.15} if name in ("loess", "median") else {}
    found = smoothed(wave, time_s, filter=name, **given)[middle]
    design = np.stack([np.sin(2 * np.pi * 0.7 * time_s), np.cos(2 * np.pi * 0.7 * time_s)], axis=1)[middle]
    in_phase, off_phase = np.linalg.lstsq(design, found, rcond=None)[0]
    assert abs(np.degrees(np.arctan2(off_phase, in_phase))) < 0.4
    assert in_phase == pytest.approx(50, rel=0.03)


@pytest.mark.parametrize("name", FILTERING)
def test_time_reversed_keypoints_give_the_time_reversed_result(name):
    time_s = even(150)
    noise = np.cumsum(np.random.default_rng(1).standard_normal(150))
    there, back = smoothed(noise, time_s, filter=name), smoothed(noise[::-1], time_s, filter=name)
    assert_allclose(back[::-1], there, atol=1e-3 * np.ptp(noise))


@pytest.mark.parametrize("name", LOW_PASS)
@pytest.mark.parametrize("cutoff_hz", [2.0, 5.0])
def test_half_the_power_passes_at_the_cutoff(name, cutoff_hz):
    """3 dB are lost: the amplitude comes down to 1/sqrt 2, whatever the order."""
    time_s = even(3000, 60.0)
    wave = np.sin(2 * np.pi * cutoff_hz * time_s)
    found = smoothed(100 * wave, time_s, filter=name, cutoff_hz=cutoff_hz)[500:-500]
    gain = (found * wave[500:-500]).sum() / (wave[500:-500] ** 2).sum() / 100
    assert gain == pytest.approx(np.sqrt(0.5), rel=0.01)


@pytest.mark.parametrize("order", [2, 4, 6, 8])
def test_the_butterworths_gain_is_that_of_its_order(order):
    """Run there and back, a filter of n-th order has 1 / (1 + (f/fc)^(2n)), in the warped frequency; n = order / 2."""
    sections = filters.butterworth_sections(order, 6.0, 100.0)
    frequency = np.array([1.0, 3.0, 6.0, 12.0, 24.0])
    _, response = signal.sosfreqz(sections, worN=frequency, fs=100.0)
    warped = np.tan(np.pi * frequency / 100) / np.tan(np.pi * 6 / 100)
    assert_allclose(np.abs(response) ** 2, 1 / (1 + (np.sqrt(2) - 1) * warped**order), rtol=1e-9)


def test_winters_correction_of_the_cutoff_is_0_802_for_the_fourth_order():
    sections = filters.butterworth_sections(4, 6.0, 1e4)
    single = signal.butter(2, 6.0 / 0.802, fs=1e4, output="sos")
    assert_allclose(sections, single, rtol=1e-3)


def test_the_butterworth_is_scipys_there_and_back():
    time_s = even(600)
    noise = np.random.default_rng(2).standard_normal(600)
    expected = signal.sosfiltfilt(filters.butterworth_sections(4, 6.0, RATE), noise)
    assert_allclose(smoothed(noise, time_s)[60:-60], expected[60:-60], atol=1e-6)


def test_the_kalman_smoother_is_the_cubic_smoothing_spline():
    """A point pushed by white noise and the cubic smoothing spline are one estimate (Wahba 1978)."""
    time_s = uneven(60, seed=3)
    noise = np.cumsum(np.random.default_rng(3).standard_normal(60))
    step = np.median(np.diff(time_s))
    stiffness = (np.sqrt(2) - 1) / (step * (2 * np.pi * 3.0) ** 4)
    spline = interpolate.make_smoothing_spline(time_s, noise, lam=stiffness)
    assert_allclose(smoothed(noise, time_s, filter="kalman", cutoff_hz=3.0), spline(time_s), atol=1e-4)


@pytest.mark.parametrize("name", FILTERING)
def test_noise_comes_down(name):
    time_s = even(500)
    noise = np.random.default_rng(4).standard_normal(500)
    assert smoothed(noise, time_s, filter=name).std() < 0.8


@pytest.mark.parametrize("name", ["butterworth", "gaussian", "savgol", "loess", "kalman"])
def test_uneven_frames_are_told_and_cost_little(name):
    scene, steady = Scene(task="rowing", variable_frame_rate=True), Scene(task="rowing")
    errors = []
    for one in (scene, steady):
        result = smooth(keypoint_table(one, noise_px=2.0, frames=240), Smoothing(filter=name))
        true = keypoints.positions(keypoint_table(one, frames=240))
        errors.append(np.sqrt(((keypoints.positions(result.keypoints) - true) ** 2).mean()))
        assert result.resampled == (one.variable_frame_rate and filters.FILTERS[name].even)
        assert any("resampled to even steps" in note for note in result.notes) == result.resampled
    assert errors[0] < 1.15 * errors[1]


def test_milliseconds_as_containers_round_them_are_even_enough():
    assert filters.is_even(np.round(even(300), 3))
    assert not filters.is_even(uneven(300))
    dropped = np.delete(even(300), 100)
    assert not filters.is_even(dropped)


MASKS = st.lists(st.tuples(st.integers(1, 30), st.integers(1, 12)), min_size=1, max_size=8)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 12), MASKS, st.sampled_from(FILTERS), st.sampled_from(OUTLIERS))
def test_gaps_longer_than_the_limit_stay_shorter_ones_are_filled_nothing_else_is_invented(lead, stretches, name, kind):
    known = np.concatenate(
        [np.zeros(lead, bool), *(np.r_[np.ones(here, bool), np.zeros(gone, bool)] for here, gone in stretches)]
    )
    time_s = even(len(known))
    x = np.where(known, 100 + 30 * np.sin(time_s), np.nan)
    settings_ = Smoothing(filter=name, outliers=kind, max_gap_s=0.2)
    found = np.isfinite(knee(smooth(table_of(x, time_s), settings_).keypoints))
    expected = known.copy()
    seen = lead
    for here, gone in stretches[:-1]:  # the last gap has no end
        seen += here
        expected[seen : seen + gone] = gone <= 6
        seen += gone
    assert (found == expected).all()


def test_a_gaps_length_runs_from_its_first_missing_frame_to_the_next_known_one():
    known = np.array([True, False, False, True, False, True])
    starts, stops = gaps.inner_gaps(known)
    assert_allclose(gaps.lengths_s(np.array([0.0, 1.0, 2.5, 3.0, 4.0, 9.0]), starts, stops), [2.0, 5.0])


def test_gaps_are_bridged_by_scipys_monotone_cubic_of_all_that_is_known():
    time_s = uneven(60)
    x = 50 * np.sin(3 * time_s)
    known = np.ones(60, dtype=bool)
    known[[7, 8, 20, 40, 41]] = False
    result = smooth(table_of(np.where(known, x, np.nan), time_s), Smoothing(filter="none", outliers="none"))
    expected = interpolate.PchipInterpolator(time_s[known], x[known])(time_s)
    assert_allclose(knee(result.keypoints), expected, atol=1e-9)
    assert result.joints.loc["left_knee", "filled"] == 5
    assert result.filled_share == pytest.approx(5 / 180)


def test_every_stretch_between_long_gaps_is_filtered_as_if_it_were_alone():
    time_s = even(100)
    noise = np.random.default_rng(5).standard_normal(100)
    broken = noise.copy()
    broken[40:60] = np.nan
    found = smoothed(broken, time_s)
    assert_allclose(found[:40], smoothed(noise[:40], time_s[:40]), atol=1e-9)
    assert_allclose(found[60:], smoothed(noise[60:], time_s[60:]), atol=1e-9)


@pytest.mark.parametrize("name", FILTERING)
def test_stretches_too_short_for_a_filter_are_left_as_they_are_and_said(name):
    time_s = even(60)
    x = np.full(60, np.nan)
    x[:2] = [1.0, 5.0]
    x[30:] = 7.0
    result = smooth(table_of(x, time_s), Smoothing(filter=name, outliers="none"))
    assert_allclose(knee(result.keypoints)[:2], [1.0, 5.0])
    assert any("2 positions stand in stretches too short" in note for note in result.notes)


def test_what_is_seen_with_little_confidence_counts_as_missing():
    time_s = even(60)
    confidence = np.where(np.arange(60) == 30, 0.1, 0.9)
    x = np.where(np.arange(60) == 30, 400.0, 100.0)
    result = smooth(table_of(x, time_s, confidence), Smoothing(outliers="none"))
    assert_allclose(knee(result.keypoints), 100.0, atol=1e-6)
    assert result.joints.loc["left_knee", "gated"] == 1
    assert result.gated_share == pytest.approx(1 / 180)


def test_missing_joints_have_no_confidence_and_no_place_afterwards():
    time_s = even(60)
    confidence = np.where((np.arange(60) > 20) & (np.arange(60) < 40), 0.1, 0.9)
    result = smooth(table_of(np.full(60, 5.0), time_s, confidence), Smoothing()).keypoints
    keypoints.check(result)
    assert (keypoints.confidence(result, "left_knee")[21:40] == 0).all()
    assert np.isnan(knee(result)[21:40]).all()


@pytest.mark.parametrize("frames", [1, 2])
@pytest.mark.parametrize("kind", ["hampel", "median5"])
def test_up_to_two_wrong_frames_in_a_row_are_replaced(frames, kind):
    time_s = even(120)
    true = 200 + 60 * np.sin(2 * np.pi * 0.5 * time_s)
    wrong = true.copy()
    wrong[50 : 50 + frames] += 150
    result = smooth(table_of(wrong, time_s), Smoothing(outliers=kind, filter="none"))
    assert_allclose(knee(result.keypoints), true, atol=12)
    counted = result.joints.loc["left_knee", "outliers"]
    assert counted == frames if kind == "hampel" else frames <= counted <= frames + 2


def test_good_points_of_a_moving_noisy_body_are_not_called_outliers():
    table = keypoint_table(Scene(task="rowing"), noise_px=2.0, frames=400)
    assert smooth(table, Smoothing()).outlier_share < 0.005
    clean = keypoint_table(Scene(task="rowing"), frames=400)
    assert smooth(clean, Smoothing()).outlier_share == 0.0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-100, 100), min_size=1, max_size=60), st.sampled_from([3, 5, 7]))
def test_the_running_median_is_scipys(values, size):
    row = np.array(values)
    assert_allclose(outliers.running_median(row, size), ndimage.median_filter(row, size=size, mode="nearest"))


def test_long_rows_are_sorted_block_by_block_without_seams(monkeypatch):
    row = np.random.default_rng(6).standard_normal(1000)
    monkeypatch.setattr(outliers, "BLOCK", 64)
    assert_allclose(outliers.running_median(row, 7), ndimage.median_filter(row, size=7, mode="nearest"))


@pytest.mark.parametrize("name", LOW_PASS)
def test_a_cutoff_above_half_the_frame_rate_is_refused_in_the_projects_words(name):
    table = table_of(np.zeros(60), even(60, 29.97))
    with pytest.raises(KinebenchError) as caught:
        smooth(table, Smoothing(filter=name, cutoff_hz=20.0))
    assert str(caught.value) == (
        "cutoff_hz must be below half the frame rate (14.985 Hz for this clip), but got 20.0. "
        "Lower it, or record at a higher frame rate."
    )


def test_a_cutoff_that_is_not_used_is_not_refused():
    table = table_of(np.zeros(60), even(60))
    for name in set(FILTERS) - set(LOW_PASS):
        assert smooth(table, Smoothing(filter=name, cutoff_hz=40.0)).cutoff_hz is None


def test_an_odd_order_is_refused():
    with pytest.raises(KinebenchError, match=r"order must be even.*but got 3\. Give 2 or 4"):
        Smoothing(order=3)


def test_wrong_choices_are_refused_together():
    with pytest.raises(KinebenchError, match=r"outliers must be one of.*filter must be one of.*"):
        Smoothing(outliers="all", filter="magic")


@pytest.mark.parametrize("frames", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("name", FILTERS)
def test_hardly_any_frames_are_answered_with_as_many(frames, name):
    result = smooth(table_of(np.full(frames, 8.0), even(frames)), Smoothing(filter=name))
    assert_allclose(knee(result.keypoints), np.full(frames, 8.0))
    assert len(result.keypoints) == frames


def test_a_joint_never_seen_stays_so_beside_others():
    result = smooth(table_of(np.full(60, np.nan), even(60)), Smoothing())
    assert np.isnan(knee(result.keypoints)).all()
    assert result.joints.loc["left_knee", "missing"] == 60
    assert result.longest_gap_s == 0.0


def test_world_coordinates_are_smoothed_and_missing_like_those_in_the_picture():
    time_s = even(90)
    random = np.random.default_rng(7)
    values = np.concatenate([random.normal(300, 2, (90, 2, 2)), np.full((90, 2, 1), 0.9)], axis=-1)
    values = np.concatenate([values, random.normal(0, 0.02, (90, 2, 3))], axis=-1)
    values[30:60, 0, 2] = 0.0
    found = smooth(keypoints.make(time_s, ["left_knee", "left_ankle"], values), Smoothing()).keypoints
    assert found["left_ankle"]["world_z"].std() < 0.8 * 0.02
    assert found["left_knee"]["world_x"].isna().to_numpy().nonzero()[0].tolist() == list(range(30, 60))


def test_the_input_is_left_as_it_was():
    table = table_of(np.random.default_rng(8).standard_normal(60), even(60))
    before = table.copy()
    smooth(table, Smoothing())
    pd.testing.assert_frame_equal(table, before)


def test_residual_analysis_finds_the_cutoff_between_movement_and_noise():
    """Winter's own reasoning: with noise alone above the movement R(fc) is a line whose value at 0 is the noise."""
    time_s = even(3000, 60.0)
    random = np.random.default_rng(9)
    movement = 40 * np.sin(2 * np.pi * 1.0 * time_s) + 6 * np.sin(2 * np.pi * 3.0 * time_s)
    rows = np.stack([movement + random.standard_normal(3000), movement + 4 * random.standard_normal(3000)])
    table, cutoffs = residual_analysis(rows, time_s, Smoothing())
    assert 3.0 < cutoffs[1] < cutoffs[0] < 8.0
    assert (table.diff().dropna() <= 1e-9).all(axis=None)
    nothing_removed, all_removed = table.iloc[-1], table.iloc[0]
    assert (nothing_removed < all_removed).all()


def test_the_automatic_cutoff_is_one_for_the_clip_and_is_said():
    table = keypoint_table(Scene(task="rowing"), noise_px=2.0, frames=300)
    result = smooth(table, Smoothing(cutoff_auto=True))
    assert result.cutoff_hz is not None
    assert 2.0 <= result.cutoff_hz <= 8.0
    assert any("chosen by residual analysis" in note for note in result.notes)
    true = keypoints.positions(keypoint_table(Scene(task="rowing"), frames=300))
    errors = [
        np.sqrt(((keypoints.positions(found.keypoints) - true) ** 2).mean())
        for found in (result, smooth(table, Smoothing(filter="none")))
    ]
    assert errors[0] < 0.7 * errors[1]


def test_an_automatic_cutoff_that_is_held_within_its_limits_says_what_was_asked_for():
    slow = table_of(50 * np.sin(6 * even(600)) + np.random.default_rng(11).standard_normal(600), even(600))
    result = smooth(slow, Smoothing(cutoff_auto=True))
    assert result.cutoff_hz == 3.0
    assert "held within 3 and 12 Hz" in result.notes[0]


def test_the_automatic_cutoff_stays_below_half_the_frame_rate():
    table = table_of(np.random.default_rng(10).standard_normal(200), even(200, 5.0))
    result = smooth(table, Smoothing(cutoff_auto=True))
    assert result.cutoff_hz is not None
    assert result.cutoff_hz < 2.5
