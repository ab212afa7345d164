"""Pose against pose: place and size cost nothing, proportions cost no direction, the same pose is found again."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinebench import keypoints
from kinebench.comparison import poses, trajectories
from kinebench.errors import KinebenchError
from kinebench.synthetic import Scene
from tests.comparing import table

ROWING = Scene(task="rowing", repetitions=2)
FRAME = 60
PERFECT = {"cosine": 1.0, "distance": 0.0, "directions": 1.0}


@pytest.mark.parametrize("measure", poses.MEASURES)
def test_the_pose_itself_is_found_where_it_was_taken(measure):
    known = table(ROWING)
    when, how = poses.best_match(known.iloc[[FRAME]], known, measure=measure)
    assert when == known.index[FRAME]
    np.testing.assert_allclose(how, PERFECT[measure], atol=1e-9)


@pytest.mark.parametrize("measure", poses.MEASURES)
@settings(max_examples=15)
@given(scale=st.floats(0.2, 4.0), x=st.floats(-500, 500), y=st.floats(-500, 500))
def test_place_and_size_cost_nothing(measure, scale, x, y):
    known = table(ROWING)
    other = keypoints.with_positions(known, keypoints.positions(known) * scale + np.array([x, y]))
    one, two = (poses.similarity(known.iloc[[FRAME]], of, measure=measure) for of in (known, other))
    np.testing.assert_allclose(one, two, atol=1e-9)


@pytest.mark.parametrize("measure", poses.MEASURES)
def test_a_mirrored_pose_is_found_mirrored(measure):
    known = table(ROWING)
    pose = trajectories.mirrored(known).iloc[[FRAME]]
    when, how = poses.best_match(pose, known, measure=measure, mirror=True)
    assert when == known.index[FRAME]
    np.testing.assert_allclose(how, PERFECT[measure], atol=1e-9)


@given(turn=st.floats(0, 180))
@settings(max_examples=20)
def test_one_limb_turned_costs_its_share_of_the_cosine(turn):
    """Of n limbs of equal confidence one turned by an angle: the mean cosine is 1 - (1 - cos) / n."""
    known = table(ROWING)
    pose = keypoints.make([0.0], keypoints.joints(known), full_trust(known.iloc[[FRAME]]))
    xy = keypoints.positions(pose)
    names = keypoints.joints(pose)
    elbow, wrist = (xy[0, names.index(f"left_{name}")] for name in ("elbow", "wrist"))
    spin = np.radians(turn)
    turned = xy.copy()
    rotation = np.array([[np.cos(spin), -np.sin(spin)], [np.sin(spin), np.cos(spin)]])
    turned[0, names.index("left_wrist")] = elbow + rotation @ (wrist - elbow)
    found = poses.similarity(
        pose, keypoints.with_positions(pose, turned), measure="directions", joints="left_arm, right_arm"
    )
    np.testing.assert_allclose(found.iloc[0], 1 - (1 - np.cos(spin)) / 4, atol=1e-9)


def full_trust(pose):
    xy = keypoints.positions(pose)
    return np.concatenate([xy, np.ones((*xy.shape[:2], 1))], axis=-1)


def test_proportions_cost_no_direction():
    known = table(ROWING)
    knee, ankle = (keypoints.points(known, f"right_{name}") for name in ("knee", "ankle"))
    xy = keypoints.positions(known).copy()
    names = keypoints.joints(known)
    for name in ("right_ankle", "right_foot_index", "right_heel"):
        xy[:, names.index(name)] += 0.3 * (ankle - knee)
    longer = keypoints.with_positions(known, xy)
    for measure, same in (("directions", True), ("cosine", False)):
        found = poses.similarity(known.iloc[[FRAME]], longer.iloc[[FRAME]], measure=measure).iloc[0]
        assert (abs(found - 1) < 1e-9) == same


def test_a_joint_without_confidence_costs_nothing():
    known = table(ROWING).iloc[[FRAME]]
    values = full_trust(known)
    off = values.copy()
    at = keypoints.joints(known).index("left_wrist")
    off[0, at] = [0.0, 0.0, 0.0]
    one, two = (keypoints.make([0.0], keypoints.joints(known), of) for of in (values, off))
    low = keypoints.positions(known)[0].min()
    assert low > 0  # the stray point lies outside of the box and would change it
    assert poses.similarity(one, two, measure="directions").iloc[0] == pytest.approx(1.0)
    assert poses.similarity(one, two).iloc[0] == pytest.approx(1.0)


def test_frames_without_enough_joints_are_nan_and_none_at_all_is_refused():
    known = table(ROWING)
    xy = keypoints.positions(known).copy()
    xy[10:20] = np.nan
    blind = keypoints.with_positions(known, xy)
    found = poses.similarity(known.iloc[[FRAME]], blind)
    assert found.iloc[10:20].isna().all()
    assert found.drop(found.index[10:20]).notna().all()
    with pytest.raises(KinebenchError, match="never does"):
        poses.best_match(known.iloc[[FRAME]], blind.iloc[10:20])


@pytest.mark.parametrize(("values", "word"), [({"measure": "feel"}, "measure"), ({"joints": "tail"}, "joints must be")])
def test_what_cannot_be_compared_is_refused_in_one_line(values, word):
    known = table(ROWING)
    with pytest.raises(KinebenchError, match=word) as refused:
        poses.similarity(known.iloc[[FRAME]], known, **values)
    assert "\n" not in str(refused.value)
    with pytest.raises(KinebenchError, match="one frame"):
        poses.similarity(known, known)
