"""Scores: a copy has 100 whatever its place, size, rate, speed and side; a fault costs; what is unrelated has none."""

import time
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinebench import keypoints, skeleton
from kinebench.comparison import chance, repeated, scoring, trajectories
from kinebench.comparison.settings import INVARIANTS, Comparing
from kinebench.errors import KinebenchError
from kinebench.synthetic import Scene, events
from tests.comparing import shifted, spans, table

ACTIONS = ("rowing", "sit-to-stand", "squat", "punch", "curl")
GOOD = 97.0
"""What a clip must score above against itself at another rate, size, place or side."""


def scene(action, **values):
    return Scene(task=action, repetitions=3, **values)


@cache
def score(one, two, invariant="positions", noise_px=0.0, repetition=0):
    """The comparison of the first repetition of a scene with one of another's."""
    return scoring.compare(
        table(one),
        table(two, noise_px),
        Comparing(invariant=invariant),
        reference_span=spans(one)[0],
        query_span=spans(two)[repetition],
    )


@pytest.mark.parametrize("invariant", INVARIANTS)
@pytest.mark.parametrize("action", ACTIONS)
def test_a_perfect_copy_has_exactly_100_and_no_other_tempo(action, invariant):
    found = score(scene(action), scene(action), invariant)
    assert found.score == found.in_step_score == 100.0
    assert (found.joints["score"] == 100.0).all()
    assert (found.parts["score"] == 100.0).all()
    assert found.time_ratio == 1.0
    assert found.paces.empty
    assert not found.mirrored


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize(
    ("other", "noise_px"),
    [
        ({"frame_rate_hz": 60.0}, 0.0),
        ({"frame_rate_hz": 24.0}, 0.0),
        ({"variable_frame_rate": True}, 0.0),
        ({"width": 1920, "height": 1080}, 0.0),
        ({}, 1.0),
        ({}, 2.0),
    ],
    ids=["60 Hz", "24 Hz", "uneven", "1080p", "1 px", "2 px"],
)
@pytest.mark.parametrize("invariant", INVARIANTS)
def test_the_same_movement_scores_above_97_at_any_rate_and_size_and_with_noise(action, other, noise_px, invariant):
    assert score(scene(action), scene(action, **other), invariant, noise_px).score > GOOD


@pytest.mark.parametrize("action", ACTIONS)
def test_the_same_movement_to_the_other_side_is_mirrored_by_itself_and_scores_above_97(action):
    found = score(scene(action), scene(action, facing="left"))
    assert found.mirrored
    assert found.score > GOOD
    both = scoring.compare(*(trajectories.mirrored(table(scene(action))),) * 2, Comparing(mirror="no"))
    assert both.score == 100.0


def test_unmirrored_the_other_side_is_another_movement():
    one, two = scene("rowing"), scene("rowing", facing="left")
    found = scoring.compare(table(one), table(two), Comparing(mirror="no"))
    assert not found.mirrored
    assert found.score < 20


@settings(max_examples=10)
@given(scale=st.floats(0.3, 3.0), x=st.floats(-500, 500), y=st.floats(-500, 500))
def test_size_and_place_in_the_picture_cost_nothing(scale, x, y):
    known = table(scene("punch"))
    other = keypoints.with_positions(known, keypoints.positions(known) * scale + np.array([x, y]))
    span = spans(scene("punch"))[0]
    found = scoring.compare(known, other, Comparing(mirror="no"), reference_span=span, query_span=span)
    assert found.score > 100 - 1e-6


@pytest.mark.parametrize("action", ACTIONS)
def test_half_the_speed_costs_nothing_and_is_reported_apart(action):
    """Tempi of single repetitions vary by some per cent about the scene's own."""
    found = score(scene(action), scene(action, tempo=0.5))
    assert found.score > GOOD
    own, other = (np.diff(spans(one)[0])[0] for one in (scene(action), scene(action, tempo=0.5)))
    np.testing.assert_allclose(found.time_ratio, other / own, rtol=0.02)
    assert found.paces["words"].str.contains("slower").all()
    assert len(found.paces)


@pytest.mark.parametrize("invariant", INVARIANTS)
def test_unrelated_movements_have_next_to_no_score(invariant):
    for one in ACTIONS:
        for two in ACTIONS:
            if one != two:
                assert score(scene(one), scene(two), invariant).score < 30, (one, two)


def test_chance_has_no_score():
    """Random phases of the reference's own spectrum, other draws than those that the anchor was made of."""
    way = trajectories.trajectories(table(scene("squat")), samples=200)
    zero = chance.chance(way, penalty=0.05)
    known = dict(zip(way.joints, zero, strict=True))
    drawn = chance.surrogates(way.bridged(), 5, seed=99)
    found = [scoring.score(way, with_xy(way, xy), Comparing(timing="all joints"), known) for xy in drawn]
    assert max(found) < 35


def with_xy(way, xy):
    return trajectories.Trajectories(**{**vars(way), "xy": xy})


def test_what_chance_gives_a_joint_hangs_neither_on_its_side_nor_on_the_other_joints():
    known = table(scene("walking"))
    plain, turned = (trajectories.trajectories(known, samples=101, mirror=mirror) for mirror in (False, True))
    found = dict(zip(plain.joints, chance.chance(plain), strict=True))
    in_mirror = dict(zip(turned.joints, chance.chance(turned), strict=True))
    alone = plain.only(["left_foot_index"])
    np.testing.assert_allclose(chance.chance(alone)[0], found["left_foot_index"], rtol=1e-9)
    for joint, distance in found.items():
        np.testing.assert_allclose(in_mirror[skeleton.mirrored(joint)], distance, rtol=1e-9, err_msg=joint)


def test_surrogates_keep_mean_and_spectrum_and_lose_the_order():
    way = trajectories.trajectories(table(scene("squat")), samples=201).bridged()
    for made in chance.surrogates(way, 3, seed=0):
        np.testing.assert_allclose(made.mean(axis=0), way.mean(axis=0))
        np.testing.assert_allclose(*(np.abs(np.fft.rfft(of, axis=0)) for of in (made, way)), atol=1e-9)
        assert np.abs(made - way).max() > 0.1


def test_keeping_still_in_the_mean_posture_has_no_score_where_joints_move():
    known = table(scene("squat"))
    mean = np.broadcast_to(keypoints.positions(known).mean(axis=0), keypoints.positions(known).shape)
    found = scoring.compare(known, keypoints.with_positions(known, mean), Comparing(joints="left_leg, right_leg"))
    assert found.score < 25


@given(small=st.floats(0.0, 0.5), more=st.floats(0.01, 0.5))
@settings(max_examples=8)
def test_a_larger_fault_scores_lower(small, more):
    known, span = table(scene("punch")), spans(scene("punch"))[0]
    size = trajectories.trunk_length_px(known)
    found = [
        scoring.compare(
            known,
            shifted(known, "right_wrist", np.array([0.0, fault * size])),
            Comparing(mirror="no"),
            reference_span=span,
            query_span=span,
        )
        for fault in (small, small + more)
    ]
    assert found[1].score < found[0].score
    one, two = (one.joints.loc["right_wrist", "distance"] for one in found)
    assert one < two
    assert found[1].joints["score"].drop("right_wrist").min() > 100 - 1e-9


def test_the_fault_lowers_its_own_part_and_joint_only():
    good, bad = scene("punch"), scene("punch", fault="bent-elbow")
    faulty = score(good, bad, repetition=1)
    assert faulty.parts["score"].idxmin() == "right_arm"
    assert faulty.parts["score"].drop("right_arm").min() > 98
    assert faulty.parts.loc["right_arm", "score"] < 93
    assert faulty.score < score(good, good, repetition=1).score - 1


def test_distances_are_the_same_from_both_sides():
    one, two = (table(scene("squat", **other)) for other in ({}, {"seed": 3, "height_m": 1.9}))
    rows = Comparing(mirror="no")
    there, back = scoring.compare(one, two, rows), scoring.compare(two, one, rows)
    # The path of one may be the other's of the same cost; so what is compared is near, not equal.
    np.testing.assert_allclose(there.joints["distance"], back.joints["distance"], rtol=0.05, atol=2e-3)


def test_being_out_of_step_counts_with_one_time_for_all_joints():
    """Both wrists' ways are the same, one comes a quarter of a second late."""
    known = table(scene("curl"))
    xy = keypoints.positions(known).copy()
    at = keypoints.joints(known).index("right_wrist")
    xy[:, at] = np.roll(xy[:, at], 8, axis=0)
    late = keypoints.with_positions(known, xy)
    settings_of = Comparing(joints="left_arm, right_arm", mirror="no")
    found = scoring.compare(known, late, settings_of)
    assert found.score > found.in_step_score + 3
    together = scoring.compare(known, late, Comparing(joints="left_arm, right_arm", mirror="no", timing="all joints"))
    assert together.score == together.in_step_score == pytest.approx(found.in_step_score)


def test_chosen_joints_and_weights_count():
    good = table(scene("punch"))
    bad = shifted(good, "right_wrist", np.array([0.0, 60.0]))

    def total(**chosen):
        return scoring.compare(good, bad, Comparing(mirror="no", **chosen)).score

    assert total(joints="left_arm, left_leg") == 100.0
    assert total(joint_weights="right_wrist=0") == 100.0
    assert total(joint_weights="right_wrist=5") < total() < total(joint_weights="right_wrist=0.2") < 100


def test_only_the_joints_of_both_are_compared():
    """One estimator has feet and ears, the other has not."""
    full = table(scene("squat"))
    few = full[[pair for pair in full.columns if pair[0] in skeleton.MPI15.joints]]
    found = scoring.compare(few, full, Comparing())
    assert found.score == 100.0
    assert set(found.joints.index) == set(skeleton.MPI15.joints) & set(keypoints.joints(full))


@pytest.mark.parametrize("joints", ["left_foot_index", "nose, right_ear"])
def test_no_joint_in_common_is_refused_in_one_line(joints):
    full = table(scene("squat"))
    few = full[[pair for pair in full.columns if pair[0] in skeleton.MPI15.joints]]
    with pytest.raises(KinebenchError, match="both movements have") as refused:
        scoring.compare(few, full, Comparing(joints=joints))
    assert "\n" not in str(refused.value)


def test_a_joint_never_seen_is_left_out_and_all_of_them_are_refused():
    known = table(scene("squat"))
    xy = keypoints.positions(known).copy()
    xy[:, keypoints.joints(known).index("left_wrist")] = np.nan
    blind = keypoints.with_positions(known, xy)
    found = scoring.compare(known, blind, Comparing(mirror="no"))
    assert found.score == 100.0
    assert found.left_out["left_wrist"] == "missing in 100 % of the frames"
    with pytest.raises(KinebenchError, match="usable joint"):
        scoring.compare(known, blind, Comparing(joints="left_wrist", mirror="no"))


def test_a_long_gap_is_no_fault():
    known = table(scene("squat"))
    xy = keypoints.positions(known).copy()
    xy[40:70, keypoints.joints(known).index("right_wrist")] = np.nan
    gap = keypoints.with_positions(known, xy)
    found = scoring.compare(known, gap, Comparing(mirror="no"))
    assert found.joints.loc["right_wrist", "score"] > 99


def test_the_squat_of_another_depth_is_the_least_typical():
    """The knees' true flexion at the bottom: the second repetition's is the farthest from the others."""
    deep = [one["bottom_knee_flexion_deg"] for one in events(scene("squat"))["repetitions"]]
    found = repeated.repeated(table(scene("squat"), 1.0), spans(scene("squat")), Comparing())
    off = [abs(own - np.mean([other for other in deep if other != own])) for own in deep]
    assert found.mean_scores.argmin() == int(np.argmax(off))
    assert found.typical == int(np.argmin(off))


@pytest.mark.parametrize("action", ["rowing", "sit-to-stand", "punch"])
def test_repetitions_of_one_person_are_alike_and_the_odd_one_is_found(action):
    known, own = table(scene(action), 1.0), spans(scene(action))
    found = repeated.repeated(known, own, Comparing())
    np.testing.assert_array_equal(found.scores, found.scores.T)
    assert np.isnan(np.diag(found.scores)).all()
    assert found.consistency > 98
    assert "less alike" in repeated.against(50.0, found)
    xy = keypoints.positions(known).copy()
    second = (known.index >= own[1][0]) & (known.index <= own[1][1])
    xy[second, keypoints.joints(known).index("right_wrist"), 1] += 40
    odd = repeated.repeated(keypoints.with_positions(known, xy), own, Comparing())
    assert odd.mean_scores.argmin() == 1
    assert odd.typical != 1
    assert odd.consistency < found.consistency


def test_one_repetition_has_none_to_be_compared_with():
    with pytest.raises(KinebenchError, match="at least 2 repetitions"):
        repeated.repeated(table(scene("squat")), spans(scene("squat"))[:1], Comparing())


def test_two_minutes_of_seventeen_joints_are_compared_within_two_seconds_of_one_core():
    """60 s each at 60 frames/s, window 10 %; in processor time, since others may share the machine."""
    long = [table(Scene(task="rowing", seed=seed, frame_rate_hz=60.0, repetitions=27)) for seed in (1, 5)]
    one, two = (known[known.index <= 60.0] for known in long)
    rows = Comparing(joints=", ".join(skeleton.COCO17.joints), window_share=0.1)
    scoring.compare(one.iloc[:60], two.iloc[:60], rows)
    before = time.process_time()
    found = scoring.compare(one, two, rows)
    assert time.process_time() - before < 2.0
    assert len(found.joints) == 17
    assert len(found.reference.time_s) == 3601
