"""Which of five movements a clip shows and from where it is seen, whoever makes it; and that others are refused.

The library is of one synthetic person; the clips are of others, of another stature, at another tempo, seen by a camera
that stands a little turned, with 2 px of noise on every joint.
"""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinebench import extraction, keypoints, skeleton, subject, video
from kinebench.comparison.trajectories import mirrored, trajectories
from kinebench.errors import KinebenchError
from kinebench.extraction import Extraction
from kinebench.references import matching
from kinebench.references.recognising import JOINTS, NONE_FROM, Recognised, recognise
from kinebench.references.record import Reference, Source
from kinebench.smoothing import Smoothing, smooth
from kinebench.subject import Subject
from kinebench.synthetic import Scene, keypoint_table
from tests.conftest import shared_file

ACTIONS = ("sit-to-stand", "rowing", "squat", "walking", "punch")
VIEWS = {"right": ("right", 4.0), "left": ("left", 4.0), "front": ("right", 90.0)}
PEOPLE = {
    "small and quick": {"seed": 2, "height_m": 1.55, "tempo": 1.4, "turn": 8.0},
    "tall and slow": {"seed": 3, "height_m": 1.95, "tempo": 0.7, "turn": -8.0},
    "seen more obliquely": {"seed": 4, "height_m": 1.70, "tempo": 1.0, "turn": 12.0},
}
SOURCE = Source("0" * 64, "synthetic", 0.0, 1.0, {})


def scene_of(action: str, view: str, *, turn: float = 0.0, **person) -> Scene:
    facing, yaw_deg = VIEWS[view]
    return Scene(task=action, facing=facing, yaw_deg=yaw_deg + turn, **person)


@cache
def clip(action: str, view: str, person: str) -> pd.DataFrame:
    """The smoothed keypoints of three repetitions by one of `PEOPLE`."""
    scene = scene_of(action, view, repetitions=3, **PEOPLE[person])
    return smooth(keypoint_table(scene, noise_px=2.0, seed=scene.seed), Smoothing()).keypoints


@cache
def reference(action: str, view: str) -> Reference:
    """The first repetition of a person who is not among `PEOPLE`."""
    scene = scene_of(action, view, seed=1, repetitions=2)
    first = scene.motion.repetitions[0].event_times()
    table = smooth(keypoint_table(scene, noise_px=1.0, seed=9), Smoothing()).keypoints
    return Reference(f"{action}-{view}", action, view, SOURCE, "", table.loc[first["start_s"] : first["end_s"]])


def library(*, actions: tuple[str, ...] = ACTIONS, views: tuple[str, ...] = tuple(VIEWS)) -> list[Reference]:
    return [reference(action, view) for action in actions for view in views]


def told(action: str, view: str, person: str) -> Recognised:
    return recognise(clip(action, view, person), library())


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("action", ACTIONS)
def test_of_five_movements_and_three_views_each_is_recognised_without_doubt(action, view, person):
    found = told(action, view, person)
    assert (found.action, found.view, found.doubt) == (action, view, "")
    assert not found.left_out
    # Another movement of the library, or standing still, is more than a quarter farther off.
    assert found.margin > 0.25


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("view", VIEWS)
def test_a_sixth_movement_is_none_of_them_wherever_it_is_seen_from(view, person):
    found = told("curl", view, person)
    assert (found.action, found.view) == (None, view)
    # As far from all of them as somebody who stands still.
    assert found.distance > 0.95
    assert found.words.startswith("none of the references, seen from the")


@pytest.mark.parametrize("view", ["right", "front"])
@pytest.mark.parametrize("action", ["rowing", "walking", "punch"])
def test_a_movement_that_the_library_lacks_is_none_of_the_others(action, view):
    rest = tuple(other for other in ACTIONS if other != action)
    assert recognise(clip(action, view, "small and quick"), library(actions=rest)).action is None


@pytest.mark.parametrize(("action", "only"), [("squat", "sit-to-stand"), ("sit-to-stand", "squat")])
def test_movements_that_are_much_alike_are_taken_for_each_other_at_most_with_a_doubt(action, only):
    found = recognise(clip(action, "right", "small and quick"), library(actions=(only,)))
    assert found.action is None or "farther than other people's" in found.doubt


def test_a_library_of_one_side_recognises_the_other_one_in_a_mirror():
    found = recognise(clip("punch", "left", "tall and slow"), library(views=("right",)))
    assert (found.action, found.view, found.mirrored) == ("punch", "left", True)


def test_a_library_of_whole_sets_recognises_one_of_few_repetitions():
    scene = scene_of("sit-to-stand", "right", seed=1, repetitions=5)
    whole = smooth(keypoint_table(scene, noise_px=1.0), Smoothing()).keypoints
    held = [Reference("set", "sit-to-stand", "right", SOURCE, "", whole), *library(actions=("walking", "squat"))]
    one = clip("sit-to-stand", "right", "small and quick")
    found = recognise(one, held)
    assert (found.action, found.doubt) == ("sit-to-stand", "")


def test_the_movement_is_found_where_it_is_in_a_longer_clip():
    scene = scene_of("punch", "right", seed=7, repetitions=1)
    event = scene.motion.repetitions[0].event_times()
    found = recognise(keypoint_table(scene, noise_px=1.0), library(views=("right",)))
    best = found.ranking.iloc[0]
    assert best["reference"] == "punch-right"
    assert best["start_s"] == pytest.approx(event["start_s"], abs=0.2)
    assert best["stop_s"] == pytest.approx(event["end_s"], abs=0.2)


# Laws of the distance.


def ways(table: pd.DataFrame):
    return trajectories(table, joints=JOINTS)


def distance(query: pd.DataFrame, action: str = "squat", view: str = "right") -> float:
    return matching.match(ways(reference(action, view).keypoints), ways(query)).distance


@pytest.mark.parametrize("action", ACTIONS)
def test_a_clip_is_at_no_distance_from_itself(action):
    assert distance(reference(action, "right").keypoints, action) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("action", ["sit-to-stand", "walking", "punch"])
def test_who_stands_still_in_the_mean_posture_is_at_distance_one(action):
    """So the distance is defined: nothing of the movement is followed, and the posture is the same."""
    own = reference(action, "right").keypoints
    xy = keypoints.positions(own)
    hips = [keypoints.joints(own).index(f"{side}_hip") for side in skeleton.SIDES]
    places = xy - xy[:, hips].mean(axis=1, keepdims=True)
    still = keypoints.with_positions(own, np.broadcast_to(places.mean(axis=0), xy.shape))
    scale_of_still = ways(still).trunk_px / ways(own).trunk_px  # the mean of a turning trunk is a little shorter
    assert distance(still, action) == pytest.approx(1, abs=0.02 + 1.5 * abs(1 - scale_of_still))


@settings(max_examples=15)
@given(size=st.floats(0.3, 3.0), x=st.floats(-500, 500), y=st.floats(-500, 500), later_s=st.floats(0, 100))
def test_place_size_and_time_change_nothing(size, x, y, later_s):
    one = clip("squat", "right", "small and quick")
    moved = keypoints.with_positions(one, size * keypoints.positions(one) + [x, y])
    moved.index = pd.Index(keypoints.times(one) + later_s, name="time_s")
    assert distance(moved) == pytest.approx(distance(one), rel=1e-3, abs=1e-3)


def test_another_frame_rate_changes_little():
    scene = scene_of("squat", "right", seed=5, repetitions=1)
    fast = Scene(task="squat", seed=5, repetitions=1, frame_rate_hz=60.0)
    one, other = (distance(keypoint_table(each)) for each in (scene, fast))
    assert one == pytest.approx(other, abs=0.02)


def test_tempo_changes_little():
    tempos = [distance(keypoint_table(Scene(task="squat", seed=5, repetitions=1, tempo=tempo))) for tempo in (0.6, 1.6)]
    assert max(tempos) < 0.25


def test_turning_both_over_changes_nothing():
    query, model = clip("punch", "right", "tall and slow"), reference("punch", "right").keypoints
    there = matching.match(ways(mirrored(model)), ways(mirrored(query)))
    # Joints stand in another order then: the best path may differ among those that are equally good.
    assert there.distance == pytest.approx(distance(query, "punch"), rel=1e-6)


# What is refused, and what is left out.


def posed(action: str, view: str, frames: int = 240) -> pd.DataFrame:
    """Somebody who keeps the first posture of a clip, with what a network's keypoints tremble by."""
    one = clip(action, view, "small and quick")
    noise = np.random.default_rng(5).normal(0, 2.0, (frames, len(keypoints.joints(one)), 2))
    xy = keypoints.positions(one)[:1] + noise
    values = np.concatenate([xy, np.full((*xy.shape[:2], 1), 0.9)], axis=2)
    return keypoints.make(np.arange(frames) / 30, keypoints.joints(one), values)


def lying(table: pd.DataFrame) -> pd.DataFrame:
    xy = keypoints.positions(table)
    return keypoints.with_positions(table, xy @ np.array([[0.0, 1.0], [-1.0, 0.0]]) + [800.0, 0.0])


def waving(table: pd.DataFrame) -> pd.DataFrame:
    names, xy = keypoints.joints(table), keypoints.positions(table).copy()
    swing = 0.7 * np.sin(2 * np.pi * 1.2 * keypoints.times(table))
    elbow = xy[:, names.index("right_shoulder")] + [30.0, -10.0]
    xy[:, names.index("right_elbow")] = elbow
    for part in ("wrist", "index", "pinky", "thumb"):
        xy[:, names.index(f"right_{part}")] = elbow + 60 * np.stack([np.sin(swing), -np.cos(swing)], axis=1)
    return keypoints.with_positions(table, xy)


@pytest.mark.parametrize("change", [lambda table: table, lying, waving], ids=["still", "lying", "waving"])
@pytest.mark.parametrize("view", ["right", "front"])
@pytest.mark.parametrize("action", ["sit-to-stand", "walking", "punch"])
def test_who_stands_still_lies_or_waves_shows_none_of_them(action, view, change):
    found = recognise(smooth(change(posed(action, view)), Smoothing()).keypoints, library())
    assert found.action is None, found.words


def test_an_empty_library_is_told_with_the_remedy():
    with pytest.raises(KinebenchError, match=r"library must hold a reference.*`kinebench reference add") as refused:
        recognise(clip("squat", "right", "small and quick"), [])
    assert "\n" not in str(refused.value)


def without(table: pd.DataFrame, *parts: str) -> pd.DataFrame:
    return table.drop(columns=[joint for joint in keypoints.joints(table) if joint.endswith(parts)], level=0)


def test_a_reference_with_other_joints_is_compared_in_those_that_both_have():
    few = without(clip("rowing", "right", "small and quick"), "heel", "foot_index", "ear", "eye", "nose", "ankle")
    found = recognise(few, library())
    assert (found.action, found.view) == ("rowing", "right")


def test_a_reference_whose_moving_joints_are_not_seen_is_left_out_with_its_reason():
    few = without(clip("squat", "right", "small and quick"), "elbow", "wrist")
    found = recognise(few, library(views=("right",)))
    assert "punch-right" in found.left_out
    assert "in joints not seen in the clip" in found.left_out["punch-right"]
    assert found.action == "squat"


def test_a_clip_that_is_too_short_or_shows_too_little_is_one_line():
    one = clip("squat", "right", "small and quick")
    with pytest.raises(KinebenchError, match=r"comparable.*it lasts .* s, the clip only 0\.30 s"):
        recognise(one.iloc[:10], library(actions=("squat",)))
    with pytest.raises(KinebenchError, match="hip and a shoulder"):
        recognise(without(one, "hip"), library())
    with pytest.raises(KinebenchError, match="at least 6 of shoulders"):
        recognise(without(one, "elbow", "wrist", "knee", "ankle"), library())


def test_a_reference_in_which_nothing_moves_is_left_out():
    stiff = smooth(posed("squat", "right"), Smoothing(cutoff_hz=0.5)).keypoints
    held = [Reference("stiff", "standing", "right", SOURCE, "", stiff), *library(actions=("squat",))]
    found = recognise(clip("squat", "right", "small and quick"), held)
    assert found.left_out == {"stiff": "nothing moves in it"}
    assert found.action == "squat"


def test_who_is_there_for_a_part_of_the_clip_is_recognised_by_that_part():
    one = clip("walking", "right", "small and quick").copy()
    frames = len(one)
    places = [column for column in one.columns if column[1] in ("x", "y")]
    alone = pd.concat([one.assign(), one, one])
    alone.index = pd.Index(np.arange(3 * frames) / 30, name="time_s")
    alone.iloc[:frames, alone.columns.get_indexer(places)] = np.nan
    alone.iloc[2 * frames :, alone.columns.get_indexer(places)] = np.nan
    found = recognise(alone, library())
    assert (found.action, found.view) == ("walking", "right")
    assert found.ranking.iloc[0]["start_s"] >= (frames - 1) / 30


def test_the_ranking_is_from_the_nearest_to_the_farthest_but_for_what_must_be_turned_over():
    found = told("rowing", "front", "tall and slow")
    ranked = found.ranking
    assert sorted(ranked["reference"]) == sorted(one.name for one in library())
    for _, alike in ranked.groupby("mirrored"):
        assert alike["distance"].is_monotonic_increasing


# People of flesh and blood against the synthetic library.


@pytest.mark.parametrize(
    ("name", "action", "view"),
    [
        ("videos/walk_sagittal_and_jump_sports2d_demo.mp4", "walking", "left"),
        ("videos/rowing_ergometer_side_jakobkb.mp4", "rowing", "right"),
        ("videos/balance_beam_single_pose2sim_cam01.mp4", None, "front"),
    ],
)
def test_filmed_people_are_recognised_by_a_library_of_a_synthetic_one(name, action, view):
    film = video.open_clip(shared_file(name))
    detections = extraction.detect(film, Extraction(), progress=False)
    person = subject.follow(detections, film.times_s, film.width, film.height, extraction.joints(detections), Subject())
    found = recognise(smooth(person.unswapped[0], Smoothing()).keypoints, library())
    assert (found.action, found.view) == (action, view)
    assert (found.distance < NONE_FROM) == (action is not None)
