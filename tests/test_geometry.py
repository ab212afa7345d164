"""Angles, continuity and derivatives: laws, and values that follow from the geometry."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose

from kinebench import geometry

COORDINATE = st.floats(-1000, 1000)


def points(count: int, size: int = 2) -> st.SearchStrategy[np.ndarray]:
    return hnp.arrays(float, (count, size), elements=COORDINATE)


def well_apart(three: np.ndarray) -> bool:
    return min(np.linalg.norm(three[0] - three[1]), np.linalg.norm(three[2] - three[1])) > 1.0


@pytest.mark.parametrize("degrees", [0.0, 1e-6, 30.0, 90.0, 179.999999, 180.0])
def test_the_angle_between_two_directions_is_what_they_were_drawn_with(degrees):
    turn = np.radians(degrees)
    b = np.array([3 * np.cos(turn), 3 * np.sin(turn)])
    assert_allclose(geometry.angle_at(np.array([2.0, 0.0]), np.zeros(2), b), degrees, rtol=1e-9, atol=1e-13)


@given(points(3), COORDINATE, COORDINATE, st.floats(0, 360), st.floats(0.1, 10))
def test_an_angle_is_invariant_under_translation_rotation_and_scale(three, x, y, degrees, scale):
    assume(well_apart(three))
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    moved = scale * three @ np.array([[cos, sin], [-sin, cos]]) + [x, y]
    assert_allclose(geometry.angle_at(*moved), geometry.angle_at(*three), atol=1e-6)


@given(points(3, 3))
def test_an_angle_in_space_lies_between_0_and_180_and_is_the_same_from_both_ends(three):
    assume(well_apart(three))
    angle = geometry.angle_at(*three)
    assert 0 <= angle <= 180
    assert_allclose(geometry.angle_at(*three[::-1]), angle, atol=1e-9)


def test_an_angle_without_all_its_points_is_missing():
    a, vertex = np.array([[1.0, 0.0], [np.nan, 0.0], [0.0, 0.0]]), np.zeros((3, 2))
    angle = geometry.angle_at(a, vertex, np.array([0.0, 1.0]))
    assert_allclose(angle, [90.0, np.nan, np.nan])


@given(st.floats(-179, 179), st.sampled_from([1, -1]), st.floats(-20, 20))
def test_a_segment_reads_the_tip_it_was_drawn_with_whatever_the_facing_and_the_tilt(tip, forward, tilt):
    # Upright in the world, then the camera rolls: the floor rises to the right, the picture turns counterclockwise.
    up = np.array([forward * np.sin(np.radians(tip)), np.cos(np.radians(tip))])
    roll = np.radians(tilt)
    seen = np.array([np.cos(roll) * up[0] - np.sin(roll) * up[1], np.sin(roll) * up[0] + np.cos(roll) * up[1]])
    proximal = np.array([5.0 + 10 * seen[0], 7.0 - 10 * seen[1]])
    angle = geometry.segment_angle(np.array([5.0, 7.0]), proximal, forward=forward, tilt_deg=tilt)
    assert_allclose(geometry.about(angle - tip, 0.0), 0.0, atol=1e-9)


def test_a_segment_without_length_has_no_angle():
    assert np.isnan(geometry.segment_angle(np.ones(2), np.ones(2)))


@given(hnp.arrays(float, st.integers(1, 60), elements=st.floats(-80, 80)), st.floats(-90, 270))
def test_a_continuous_angle_comes_back_from_its_wrapped_reading(steps, middle):
    true = np.cumsum(steps)
    wrapped = (true + 180) % 360 - 180
    found = geometry.continuous(wrapped, middle)
    assert_allclose(np.diff(found), np.diff(true), atol=1e-6)
    assert abs(np.median(found) - middle) <= 180 + 1e-6


def test_what_was_before_a_gap_does_not_shift_what_comes_after():
    turning = np.concatenate([np.linspace(0, 720, 50), [np.nan], np.full(50, 10.0)])
    wrapped = (turning + 180) % 360 - 180
    found = geometry.continuous(wrapped, 0.0)
    assert_allclose(found[51:], 10.0)
    assert np.isnan(found[50])


def test_a_wobble_across_180_makes_no_jump():
    wobbling = 180 + 3 * np.sin(np.arange(40.0))
    found = geometry.continuous((wobbling + 180) % 360 - 180, 90.0)
    assert_allclose(found, wobbling, atol=1e-9)


def uneven_times(steps: np.ndarray) -> np.ndarray:
    return np.cumsum(steps)


STEPS = hnp.arrays(float, st.integers(3, 40), elements=st.floats(0.005, 0.1))


@given(STEPS, st.floats(-100, 100), st.floats(-100, 100), st.floats(-100, 100))
def test_the_derivative_is_exact_for_quadratics_over_uneven_time_ends_included(steps, a, b, c):
    time_s = uneven_times(steps)
    slope = geometry.derivative(a + b * time_s + c * time_s**2, time_s)
    assert_allclose(slope, b + 2 * c * time_s, atol=1e-6 * (1 + abs(a) + abs(b) + abs(c)))


@given(STEPS.flatmap(lambda s: st.tuples(st.just(s), hnp.arrays(float, len(s), elements=st.floats(-1e3, 1e3)))))
def test_the_derivative_agrees_with_numpys_gradient(drawn):
    steps, values = drawn
    time_s = uneven_times(steps)
    expected = np.gradient(values, time_s, edge_order=2)
    assert_allclose(geometry.derivative(values, time_s), expected, rtol=1e-6, atol=1e-4)


@given(STEPS, st.floats(0.2, 5))
def test_the_derivative_scales_with_the_frame_rate(steps, factor):
    time_s = uneven_times(steps)
    values = np.sin(3 * np.arange(len(time_s)))
    slower = geometry.derivative(values, time_s * factor)
    assert_allclose(slower, geometry.derivative(values, time_s) / factor, rtol=1e-6, atol=1e-6)


@given(STEPS.filter(lambda s: len(s) > 12), st.data())
def test_every_stretch_between_gaps_has_the_derivative_it_would_have_alone(steps, data):
    time_s = uneven_times(steps)
    values = np.sin(40 * time_s)
    first = data.draw(st.integers(1, len(values) - 4))
    values[first : first + 3] = np.nan
    slope = geometry.derivative(values, time_s)
    for part in (slice(0, first), slice(first + 3, None)):
        if len(values[part]) > 2:
            assert_allclose(slope[part], np.gradient(values[part], time_s[part], edge_order=2), rtol=1e-9, atol=1e-9)
    assert np.isnan(slope[first : first + 3]).all()


def test_two_values_give_their_slope_and_one_gives_none():
    time_s = np.array([0.0, 0.5, 1.0, 1.5, 2.0])
    values = np.array([1.0, 2.0, np.nan, 5.0, np.nan])
    assert_allclose(geometry.derivative(values, time_s), [2.0, 2.0, np.nan, np.nan, np.nan])
    assert geometry.derivative(np.zeros(0), np.zeros(0)).shape == (0,)
    assert np.isnan(geometry.derivative(np.array([3.0]), np.array([0.0]))).all()
    assert_allclose(geometry.derivative(np.array([3.0, 5.0]), np.array([0.0, 2.0])), 1.0)


def test_columns_are_derived_side_by_side():
    time_s = np.array([0.0, 0.1, 0.3, 0.4, 0.7])
    values = np.stack([time_s**2, np.where(time_s == 0.3, np.nan, 3 * time_s)], axis=1)
    slope = geometry.derivative(values, time_s)
    assert_allclose(slope[:, 0], 2 * time_s, atol=1e-12)
    assert_allclose(slope[:, 1], [3, 3, np.nan, 3, 3], atol=1e-12)


def test_runs_are_the_stretches_that_hold():
    starts, stops = geometry.runs(np.array([True, False, True, True, False]))
    assert_allclose(starts, [0, 2])
    assert_allclose(stops, [1, 4])
    assert len(geometry.runs(np.zeros(0, dtype=bool))[0]) == 0
