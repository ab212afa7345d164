"""Skeletons: names, mirror pairs and edges hold together."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinebench import skeleton

SKELETONS = list(skeleton.SKELETONS.values())
every_skeleton = pytest.mark.parametrize("known", SKELETONS, ids=lambda known: known.name)
joints = st.sampled_from(sorted({joint for known in SKELETONS for joint in known.joints}))


@given(joints)
def test_mirroring_twice_is_the_joint_itself(joint):
    assert skeleton.mirrored(skeleton.mirrored(joint)) == joint


@given(joints)
def test_mirroring_changes_the_side_and_nothing_else(joint):
    side, _, part = joint.partition("_")
    expected = f"{skeleton.other(side)}_{part}" if side in skeleton.SIDES else joint
    assert skeleton.mirrored(joint) == expected


@every_skeleton
def test_joints_are_named_once_in_snake_case_with_the_side_first(known):
    assert len(set(known.joints)) == len(known.joints)
    for joint in known.joints:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", joint)
        assert not re.search(r"_(left|right)(_|$)", joint)


@every_skeleton
def test_a_mirrored_skeleton_is_the_same_skeleton(known):
    assert {skeleton.mirrored(joint) for joint in known.joints} == set(known.joints)
    edges = {frozenset(edge) for edge in known.edges}
    assert {frozenset(map(skeleton.mirrored, edge)) for edge in known.edges} == edges


@every_skeleton
def test_edges_join_two_joints_of_the_skeleton_and_none_stands_twice(known):
    assert all(a != b and {a, b} <= set(known.joints) for a, b in known.edges)
    assert len({frozenset(edge) for edge in known.edges}) == len(known.edges)


@pytest.mark.parametrize(
    ("known", "count", "places"),
    [
        # The published orders of the networks' outputs.
        (skeleton.COCO17, 17, {"nose": 0, "left_eye": 1, "left_shoulder": 5, "right_wrist": 10, "right_ankle": 16}),
        (skeleton.BLAZEPOSE33, 33, {"left_shoulder": 11, "right_wrist": 16, "left_hip": 23, "right_foot_index": 32}),
        (skeleton.BODY25, 25, {"neck": 1, "right_wrist": 4, "mid_hip": 8, "left_ankle": 14, "right_heel": 24}),
        (skeleton.MPI15, 15, {"head_top": 0, "right_wrist": 4, "left_ankle": 13, "chest": 14}),
        (skeleton.COCO18, 18, {"neck": 1, "right_shoulder": 2, "left_ankle": 13, "right_eye": 14, "left_ear": 17}),
        (skeleton.BODY25B, 25, {"left_eye": 1, "right_ankle": 16, "upper_neck": 17, "head_top": 18, "right_heel": 24}),
        (skeleton.HALPE26, 26, {"right_ankle": 16, "neck": 18, "left_small_toe": 22, "right_heel": 25}),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_the_joints_stand_where_the_network_puts_them(known, count, places):
    assert len(known.joints) == count
    assert {joint: known.joints.index(joint) for joint in places} == places


@pytest.mark.parametrize("angle", skeleton.FLEXION_ANGLES, ids=lambda angle: angle.name)
def test_a_flexion_angle_is_named_after_its_vertex_and_every_network_has_its_joints(angle):
    assert angle.name == f"{angle.vertex}_flexion"
    for known in SKELETONS:
        for side in skeleton.SIDES:
            assert {f"{side}_{part}" for part in (angle.proximal, angle.vertex, angle.distal)} <= set(known.joints)


@every_skeleton
def test_the_edges_between_all_joints_of_a_skeleton_hold_its_own(known):
    between = {frozenset(edge) for edge in skeleton.edges_between(known.joints)}
    assert {frozenset(edge) for edge in known.edges} <= between


@given(st.lists(joints, unique=True))
def test_edges_between_some_joints_touch_no_other_and_stand_once(chosen):
    edges = skeleton.edges_between(chosen)
    assert all({a, b} <= set(chosen) for a, b in edges)
    assert len({frozenset(edge) for edge in edges}) == len(edges)
