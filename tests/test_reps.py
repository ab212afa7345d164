"""Turning points and fitted onsets: laws, and courses of which start and end are known in closed form."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.signal import butter, sosfiltfilt

from kinebench import reps

RISE_S, STAND_S, FALL_S, SIT_S = 1.2, 0.6, 1.1, 1.0


def course(time_s, starts, *, slow=1.0, size=100.0):
    """Up and down once per start: minimum-jerk rise, stand, minimum-jerk fall."""
    values = np.zeros_like(time_s)
    for start in starts:
        values += size * reps.minimum_jerk((time_s - start) / (slow * RISE_S))
        values -= size * reps.minimum_jerk((time_s - start - slow * (RISE_S + STAND_S)) / (slow * FALL_S))
    return values


def smoothed(values, rate_hz):
    return sosfiltfilt(butter(2, min(6.0, 0.45 * rate_hz), fs=rate_hz, output="sos"), values)


def rise_fits(time_s, values, prominence=40.0):
    points = reps.turning_points(values, prominence)
    spans, windows = [], []
    for low, high, is_high in zip(points.index, points.index[1:], points.high[1:], strict=False):
        if is_high:
            span = reps.guess_span(time_s[low : high + 1], values[low : high + 1])
            half = 0.5 * (span[1] - span[0])
            spans.append(span)
            windows.append((max(time_s[0], span[0] - half), span[1] + 0.15))
    return reps.fit_transitions(time_s, values, np.array(windows), np.array(spans))


def test_minimum_jerk_starts_and_stops_without_speed_and_acceleration():
    # 10 p^3 - 15 p^4 + 6 p^5 has value 1/2 and slope 15/8 in the middle, and vanishing derivatives at both ends.
    phase = np.array([-1.0, 0.0, 0.5, 1.0, 2.0])
    assert_allclose(reps.minimum_jerk(phase), [0, 0, 0.5, 1, 1], atol=1e-15)
    step = 1e-4
    assert_allclose((reps.minimum_jerk(0.5 + step) - reps.minimum_jerk(0.5 - step)) / (2 * step), 15 / 8, rtol=1e-6)
    assert reps.minimum_jerk(np.array(step)) < 11 * step**3


@pytest.mark.parametrize("rate_hz", [15.0, 30.0, 120.0])
@pytest.mark.parametrize("slow", [0.5, 1.0, 1.8])
@pytest.mark.parametrize("noise_px", [1.0, 2.0])
def test_onset_and_end_of_a_rise_are_found_in_noise(rate_hz, slow, noise_px):
    starts = 1.0 + slow * np.arange(8) * (RISE_S + STAND_S + FALL_S + SIT_S) + 0.037 * np.arange(8)
    time_s = np.arange(0, starts[-1] + 5 * slow, 1 / rate_hz)
    noise = np.random.default_rng(7).normal(0, noise_px, len(time_s))
    values = smoothed(course(time_s, starts, slow=slow) + noise, rate_hz)
    fit = rise_fits(time_s, values)
    assert len(fit.start_s) == 8
    for found, true in ((fit.start_s, starts), (fit.end_s, starts + slow * RISE_S)):
        assert np.sqrt(np.mean((found - true) ** 2)) < 0.05
        assert np.abs(found - true).max() < 0.12
        assert abs(np.mean(found - true)) < 0.025


def test_fit_without_noise_gives_the_movement_back():
    time_s = np.arange(0, 4, 1 / 30)
    values = 20 + 80 * reps.minimum_jerk((time_s - 1.013) / 1.4)
    fit = reps.fit_transitions(time_s, values, np.array([[0.3, 3.2]]), np.array([[1.1, 2.2]]))
    assert_allclose([fit.start_s[0], fit.end_s[0]], [1.013, 2.413], atol=0.004)
    assert_allclose([fit.before[0], fit.after[0]], [20, 100], atol=0.1)
    assert fit.misfit[0] < 1e-3


def test_fit_is_not_dragged_by_an_outlier():
    time_s = np.arange(0, 4, 1 / 30)
    values = 100 * reps.minimum_jerk((time_s - 1) / 1.4)
    values[33:35] += 60
    fit = reps.fit_transitions(time_s, values, np.array([[0.3, 3.2]]), np.array([[1.1, 2.2]]))
    assert_allclose([fit.start_s[0], fit.end_s[0]], [1.0, 2.4], atol=0.03)


@pytest.mark.parametrize("scale", [0.01, 1.0, 1e4])
@pytest.mark.parametrize("sign", [1, -1])
def test_fit_does_not_depend_on_unit_or_direction(scale, sign):
    time_s = np.arange(0, 4, 1 / 30)
    values = 100 * reps.minimum_jerk((time_s - 1) / 1.4) + np.random.default_rng(1).normal(0, 1, len(time_s))
    window, span = np.array([[0.3, 3.2]]), np.array([[1.1, 2.2]])
    plain = reps.fit_transitions(time_s, values, window, span)
    other = reps.fit_transitions(time_s, sign * scale * values + 5 * scale, window, span)
    assert_allclose(other.start_s, plain.start_s, atol=1e-3)
    assert_allclose(other.end_s, plain.end_s, atol=1e-3)


def test_fit_of_nothing_is_empty_and_of_missing_values_is_nan():
    time_s = np.arange(0, 1, 0.1)
    nothing = reps.fit_transitions(time_s, np.ones(10), np.zeros((0, 2)), np.zeros((0, 2)))
    assert nothing.start_s.shape == (0,)
    missing = reps.fit_transitions(time_s, np.full(10, np.nan), np.array([[0, 1.0]]), np.array([[0.2, 0.8]]))
    assert np.isnan(missing.start_s).all()


@given(
    shift_s=st.floats(-50, 50),
    scale=st.floats(0.05, 20),
    offset=st.floats(-1000, 1000),
    count=st.integers(1, 6),
    rate_hz=st.sampled_from([15.0, 24.0, 29.97, 60.0, 120.0]),
)
def test_number_of_turning_points_is_invariant_under_shift_scale_offset_and_resampling(
    shift_s, scale, offset, count, rate_hz
):
    starts = 1.0 + 4.0 * np.arange(count) + shift_s
    time_s = shift_s + np.arange(0, starts[-1] - shift_s + 4, 1 / rate_hz)
    values = offset + scale * course(time_s, starts)
    points = reps.turning_points(values, 40 * scale)
    assert points.high.sum() == count
    assert (~points.high).sum() == count + 1


@given(st.lists(st.floats(-100, 100), min_size=0, max_size=60), st.floats(0.1, 50))
def test_turning_points_alternate_and_stand_out(values, prominence):
    values = np.array(values)
    points = reps.turning_points(values, prominence)
    assert (np.diff(points.index) > 0).all()
    assert (points.high[1:] != points.high[:-1]).all()
    assert (np.abs(np.diff(values[points.index])) >= prominence * (1 - 1e-9)).all()


def test_of_equal_lows_between_two_highs_the_first_counts():
    points = reps.turning_points(np.array([0.0, 10, 0, 1, 0, 10, 0]), 5.0)
    assert_array_equal(points.index, [0, 1, 2, 5, 6])
    assert_array_equal(points.high, [False, True, False, True, False])


@given(st.floats(-100, 100), st.integers(0, 20))
def test_a_constant_signal_has_no_turning_points(value, size):
    assert len(reps.turning_points(np.full(size, value), 1.0)) == 0


def test_turning_points_skip_what_is_missing():
    time_s = np.arange(0, 12, 1 / 30)
    values = course(time_s, [1.0, 5.0])
    whole = reps.turning_points(values, 40)
    values[95:100] = np.nan
    values[:4] = np.nan
    holed = reps.turning_points(values, 40)
    assert_array_equal(holed.high, whole.high)
    assert np.isfinite(values[holed.index]).all()


def test_extremes_lie_between_the_frames():
    # A sine's maxima are at known times that no frame hits.
    time_s = np.arange(0, 6, 1 / 25)
    peaks = np.array([0.613, 2.613, 4.613])
    values = np.cos(np.pi * (time_s - 0.613))
    guess = time_s[np.searchsorted(time_s, peaks)]
    found = reps.refined_extremes(time_s, values, guess, np.full(3, 0.25))
    assert_allclose(found, peaks, atol=0.002)
    lows = reps.refined_extremes(time_s, -values, guess, np.full(3, 0.25))
    assert_allclose(lows, peaks, atol=0.002)


def test_an_extreme_at_the_edge_is_not_refined():
    time_s = np.arange(0, 2, 1 / 25)
    assert np.isnan(reps.refined_extremes(time_s, time_s, np.array([time_s[-1]]), np.array([0.2]))).all()


def test_longest_gap_is_measured_between_the_values_around_it():
    time_s = np.arange(0, 2.01, 0.1)
    values = np.ones(21)
    assert reps.longest_gap_s(time_s, values, 0, 2) == 0
    values[5:8] = np.nan
    values[12] = np.nan
    assert_allclose(reps.longest_gap_s(time_s, values, 0, 2), 0.4)
    assert_allclose(reps.longest_gap_s(time_s, values, 1.0, 2), 0.2)
    assert reps.longest_gap_s(time_s, values, 1.5, 2) == 0
