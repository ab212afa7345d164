"""Trajectories know neither place nor size; warping finds the cheapest path there is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinebench import keypoints
from kinebench.comparison import parts, tempo, trajectories, warping
from kinebench.comparison.trajectories import Trajectories
from kinebench.errors import KinebenchError
from kinebench.synthetic import Scene
from tests.comparing import shifted, table

ROWING = Scene(task="rowing", repetitions=2)


def moved(known, scale=1.0, by=(0.0, 0.0)):
    return keypoints.with_positions(known, keypoints.positions(known) * scale + np.array(by))


def hidden(known, joint, frames):
    xy = keypoints.positions(known).copy()
    xy[frames, keypoints.joints(known).index(joint)] = np.nan
    return keypoints.with_positions(known, xy)


def brute_force(one, two, band, penalty):
    """The cheapest total of squares, by the recursion written out."""
    cost = np.full((len(one) + 1, len(two) + 1), np.inf)
    cost[0, 0] = 0.0
    for i, j in np.ndindex(len(one), len(two)):
        if abs(i - j) < band:
            step = min(cost[i, j], cost[i, j + 1] + penalty**2, cost[i + 1, j] + penalty**2)
            cost[i + 1, j + 1] = ((one[i] - two[j]) ** 2).sum() + step
    return cost[-1, -1]


@given(
    seed=st.integers(0, 10_000),
    length=st.integers(2, 12),
    share=st.sampled_from([0.0, 0.1, 0.3, 1.0]),
    penalty=st.sampled_from([0.0, 0.3, 1.0]),
)
def test_the_path_is_the_cheapest_within_its_band(seed, length, share, penalty):
    one, two = np.random.default_rng(seed).standard_normal((2, length, 2))
    path = warping.warp(one, two, window_share=share, penalty=penalty)
    steps = np.diff(path.reference) + np.diff(path.query)
    paid = (path.distances(one, two) ** 2).sum() + penalty**2 * (steps == 1).sum()
    np.testing.assert_allclose(paid, brute_force(one, two, 1 + np.ceil(share * length), penalty), rtol=1e-12)


@given(seed=st.integers(0, 10_000), own=st.integers(2, 30), other=st.integers(2, 30))
def test_a_path_runs_from_end_to_end_and_never_back_whatever_the_lengths(seed, own, other):
    random = np.random.default_rng(seed)
    path = warping.warp(random.standard_normal((own, 2)), random.standard_normal((other, 2)))
    for steps, length in ((path.reference, own), (path.query, other)):
        assert steps[0] == 0
        assert steps[-1] == length - 1
        assert set(np.diff(steps)) <= {0, 1}
    assert len(path.query_at(own)) == own
    assert len(path.reference_at(other)) == other


@given(seed=st.integers(0, 10_000), length=st.integers(2, 20))
def test_the_total_is_the_same_from_both_sides(seed, length):
    one, two = np.random.default_rng(seed).standard_normal((2, length, 3))
    there, back = warping.warp(one, two), warping.warp(two, one)
    totals = [(there.distances(one, two) ** 2).sum(), (back.distances(two, one) ** 2).sum()]
    np.testing.assert_allclose(*totals)


def test_a_mean_distance_is_that_of_a_constant_offset_whatever_the_length():
    one = np.cumsum(np.full((50, 2), 0.1), axis=0)
    apart = warping.warp(one, one, window_share=0.0).distances(one, one + np.array([0.3, 0.4]))
    np.testing.assert_allclose(warping.mean_distance(apart), 0.5)


def test_missing_steps_count_nothing_in_the_mean():
    apart = np.array([[1.0, 3.0], [np.nan, 3.0], [1.0, np.nan]])
    np.testing.assert_allclose(warping.mean_distance(apart), [1.0, 3.0])
    assert np.isnan(warping.mean_distance(np.array([np.nan])))


@pytest.mark.parametrize(
    ("one", "two", "word"),
    [
        (np.zeros((3, 2)), np.zeros((3, 3)), "dimensions"),
        (np.zeros((0, 2)), np.zeros((3, 2)), "shape"),
        (np.full((3, 2), np.nan), np.zeros((3, 2)), "missing"),
    ],
)
def test_series_that_cannot_be_warped_are_refused_in_one_line(one, two, word):
    with pytest.raises(KinebenchError, match=word) as refused:
        warping.warp(one, two)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("variant", trajectories.VARIANTS)
@settings(max_examples=12)
@given(scale=st.floats(0.2, 5.0), x=st.floats(-900, 900), y=st.floats(-900, 900))
def test_place_and_size_in_the_picture_change_nothing(variant, scale, x, y):
    known = table(ROWING)
    one, two = (trajectories.trajectories(of, variant=variant) for of in (known, moved(known, scale, (x, y))))
    np.testing.assert_allclose(one.xy, two.xy, atol=1e-9)


@pytest.mark.parametrize("variant", trajectories.VARIANTS)
def test_a_mirror_image_mirrored_is_the_movement_again(variant):
    known = table(ROWING)
    one = trajectories.trajectories(known, variant=variant)
    two = trajectories.trajectories(trajectories.mirrored(known), variant=variant, mirror=True)
    np.testing.assert_allclose(one.xy, two.xy, atol=1e-12)
    assert trajectories.mirrored(trajectories.mirrored(known)).equals(known)


def test_in_a_mirror_the_left_hand_is_the_right_one_on_the_other_side():
    known = table(ROWING)
    seen = trajectories.mirrored(known)
    expected = keypoints.points(known, "right_wrist") * [-1, 1]
    np.testing.assert_array_equal(keypoints.points(seen, "left_wrist"), expected)
    np.testing.assert_array_equal(keypoints.points(seen, "nose"), keypoints.points(known, "nose") * [-1, 1])


def test_the_frame_rate_changes_nothing_but_what_lies_between_the_frames():
    slow, quick = (table(Scene(task="rowing", repetitions=2, frame_rate_hz=rate)) for rate in (30.0, 120.0))
    stop = min(slow.index[-1], quick.index[-1])
    one, two = (trajectories.trajectories(of, samples=300, start_s=0.0, stop_s=stop) for of in (slow, quick))
    assert np.abs(one.xy - two.xy).max() < 0.01


def test_a_short_gap_is_bridged_and_a_long_one_stays():
    known = table(ROWING)
    short = trajectories.trajectories(hidden(known, "left_wrist", slice(50, 55)))
    long = trajectories.trajectories(hidden(known, "left_wrist", slice(50, 65)))
    at = short.joints.index("left_wrist")
    assert short.known[:, at].all()
    whole = trajectories.trajectories(known)
    assert np.abs(short.xy[:, at] - whole.xy[:, at]).max() < 0.05
    assert (~long.known[:, at]).sum() == 15
    assert np.isfinite(long.bridged()).all()


def test_a_joint_missing_too_often_is_left_out_with_its_reason():
    found = trajectories.trajectories(hidden(table(ROWING), "left_wrist", slice(0, len(table(ROWING)) // 2)))
    assert "left_wrist" not in found.joints
    assert "50 %" in found.left_out["left_wrist"]


def test_a_missing_hip_is_put_where_it_usually_lies_off_the_middle():
    known = table(ROWING)
    whole, half = (trajectories.middle(of, "hip") for of in (known, hidden(known, "left_hip", slice(10, 20))))
    assert np.abs(whole - half).max() < 2.0


@pytest.mark.parametrize("factor", [0.6, 1.6])
def test_directions_know_no_proportions(factor):
    """A forearm of another length: positions differ, directions don't."""
    known = table(ROWING)
    elbow, wrist = (keypoints.points(known, f"right_{name}") for name in ("elbow", "wrist"))
    other = shifted(known, "right_wrist", (factor - 1) * (wrist - elbow))
    for variant, same in (("positions", False), ("angles", True)):
        one, two = (trajectories.trajectories(of, variant=variant) for of in (known, other))
        at = one.joints.index("right_wrist")
        assert np.allclose(one.xy[:, at], two.xy[:, at], atol=1e-3) == same


def test_a_limb_that_points_at_the_camera_has_no_direction():
    known = table(ROWING)
    elbow, wrist = (keypoints.points(known, f"right_{name}") for name in ("elbow", "wrist"))
    frames = np.zeros((len(known), 1))
    frames[40:60] = 1.0
    short = shifted(known, "right_wrist", frames * 0.95 * (elbow - wrist))
    found = trajectories.trajectories(short, variant="angles")
    at = found.joints.index("right_wrist")
    assert not found.known[42:58, at].any()


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"start_s": 99.0}, "stretch of the clip"),
        ({"start_s": 2.0, "stop_s": 1.0}, "stretch of the clip"),
        ({"rate_hz": 0.0}, "rate_hz"),
        ({"samples": 1}, "samples"),
        ({"variant": "colours"}, "variant"),
    ],
)
def test_a_stretch_that_cannot_be_read_is_refused_in_one_line(values, word):
    with pytest.raises(KinebenchError, match=word) as refused:
        trajectories.trajectories(table(ROWING), **values)
    assert "\n" not in str(refused.value)


def test_keypoints_without_hips_or_frames_are_refused():
    known = table(ROWING)
    with pytest.raises(KinebenchError, match="hip and a shoulder"):
        trajectories.trajectories(known.drop(columns=["left_hip", "right_hip"], level=0))
    with pytest.raises(KinebenchError, match="at least 2 frames"):
        trajectories.trajectories(known.iloc[:1])


@given(factor=st.floats(0.3, 3.0))
def test_a_steady_tempo_is_found_everywhere(factor):
    time_s = np.linspace(0, 2, 121)
    xy = np.stack([np.cos(3 * time_s), np.sin(3 * time_s)], axis=1)[:, None]
    origin = np.zeros((121, 2))
    one = Trajectories(time_s, ("nose",), xy, np.ones(1), {}, origin, 100.0, "positions", False)
    two = Trajectories(time_s * factor, ("nose",), xy, np.ones(1), {}, origin, 100.0, "positions", False)
    found = tempo.tempo(warping.warp(xy[:, 0], xy[:, 0]), one, two)
    np.testing.assert_allclose(found["tempo"], 1 / factor)
    np.testing.assert_allclose(tempo.time_ratio(one, two), factor)
    told = tempo.paces(found)
    assert len(told) == (not 0.8 <= factor <= 1.25)


def test_joints_and_weights_are_read_from_text():
    assert parts.chosen("left_arm, nose", parts.BODY) == ("nose", "left_elbow", "left_wrist")
    assert parts.weights("all=2, left_arm=0.5, nose=0", ["nose", "left_wrist", "left_knee"]) == {
        "nose": 0.0,
        "left_wrist": 0.5,
        "left_knee": 2.0,
    }
    assert {parts.part_of(joint) for joint in parts.EVERY} == set(parts.PARTS)


@pytest.mark.parametrize("text", ["left_arms", "", ", ,", "left_arm; nose"])
def test_unknown_joints_are_named(text):
    with pytest.raises(KinebenchError, match="joints must be"):
        parts.chosen(text, parts.BODY)


@pytest.mark.parametrize("text", ["left_wrist", "left_wrist=x", "left_wrist=-1", "wrists=1", "all=0", "nose=nan"])
def test_weights_that_cannot_be_read_are_refused(text):
    with pytest.raises(KinebenchError, match="weights must"):
        parts.weights(text, parts.BODY)
