"""Several people: who is who through crossings of known truth, and the ways of choosing one of them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from kinebench import keypoints
from kinebench.errors import KinebenchError
from kinebench.subject import Followed, Subject, everybody, follow
from kinebench.subject.linking import chains, without_doubles
from kinebench.subject.tracks import People, people
from tests import crowd
from tests.crowd import Walker, seen

T = np.arange(180) / crowd.RATE
THERE_AND_BACK = np.minimum(T, 6 - T)

SCENES = {
    "in opposite directions": [Walker(100 + 200 * T, 400, 700, 0.3), Walker(1180 - 170 * T, 330, 640, 1.0)],
    "overtaking": [Walker(100 + 200 * T, 400, 700, 0.3), Walker(300 + 120 * T, 370, 670, 1.0)],
    # Behind each other twice, once in between turned round: places alone tell the two apart wrongly.
    "turning back": [
        Walker(300 + 130 * THERE_AND_BACK, 400, 700, 0.3),
        Walker(900 - 120 * THERE_AND_BACK, 370, 670, 1.0),
    ],
    # Both turn while one is behind the other: each comes out on the side where it went in.
    "turning behind": [
        Walker(400 + 80 * THERE_AND_BACK, 400, 700, 0.3),
        Walker(880 - 80 * THERE_AND_BACK, 340, 650, 1.0),
    ],
    "three": [
        Walker(100 + 200 * T, 400, 700, 0.3),
        Walker(1180 - 170 * T, 330, 640, 1.0),
        Walker(640 + 20 * T, 360, 665, 2.0),
    ],
}


def found(scene: list[Walker], **how) -> tuple[People, np.ndarray]:
    """The people found, and which walker each detection shows."""
    table, times_s = seen(scene, **how)
    known = people(table, times_s, crowd.JOINTS)
    return known, crowd.shown(scene, known.values, known.frame)


def switches(known: People, walker: np.ndarray) -> int:
    """How often a walker's detections come to bear another person's number."""
    return sum(int((np.diff(known.person[walker == one]) != 0).sum()) for one in np.unique(walker[walker >= 0]))


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("covered", [0.0, 0.12, 0.25], ids=lambda share: f"covered {share}")
@pytest.mark.parametrize("missed", [0.0, 0.1], ids=["all found", "some missed"])
def test_people_who_cross_keep_their_identity(name, covered, missed):
    for seed in range(3):
        known, walker = found(SCENES[name], covered=covered, missed=missed, seed=seed, noise_px=3.0)
        assert switches(known, walker) == 0
        assert known.count == len(SCENES[name])


@settings(max_examples=25)
@given(
    speeds=st.tuples(st.floats(60, 260), st.floats(60, 260)),
    phases=st.tuples(st.floats(0, 6), st.floats(0, 6)),
    seed=st.integers(0, 1000),
)
def test_two_of_different_distance_are_never_exchanged_whatever_their_pace(speeds, phases, seed):
    near = Walker(640 + speeds[0] * (T - 3), 420, 705, phases[0])
    far = Walker(640 - speeds[1] * (T - 3.2), 340, 640, phases[1])
    known, walker = found([near, far], seed=seed, missed=0.05)
    assert switches(known, walker) == 0


def test_a_crossing_is_told_with_when_and_who():
    known, _ = found(SCENES["in opposite directions"])
    (crossing,) = known.crossings
    # They are at one place at 2.92 s; the farther, 330 px tall, is covered while nearer than 40 px at 370 px/s.
    assert_allclose([crossing.start_s, crossing.end_s], [2.92 - 0.107, 2.92 + 0.107], atol=1.5 / crowd.RATE)
    assert crossing.people == (0, 1)
    assert crossing.certain


def test_two_who_look_alike_come_out_of_a_crossing_with_a_doubt():
    twins = [Walker(400 + 80 * THERE_AND_BACK, 400, 700.1, 0.3), Walker(880 - 80 * THERE_AND_BACK, 400, 700, 1.0)]
    known, _ = found(twins)
    assert len(known.crossings) >= 1
    assert not any(crossing.certain for crossing in known.crossings)


def test_the_order_of_the_list_and_its_numbers_tell_nothing():
    one, _ = found(SCENES["three"], seed=1)
    table, times_s = seen(SCENES["three"], seed=1)
    table["person"] = 7 - table["person"]
    other = people(table.sample(frac=1.0, random_state=3), times_s, crowd.JOINTS)
    by_place = [np.lexsort((known.centre[:, 0], known.frame)) for known in (one, other)]
    assert_array_equal(one.person[by_place[0]], other.person[by_place[1]])


def test_a_person_found_twice_is_one_person():
    table, times_s = seen(SCENES["in opposite directions"][:1])
    again = table.assign(person=5, x=table["x"] + 4, confidence=0.5)
    known = people(pd.concat([table, again]), times_s, crowd.JOINTS)
    assert known.count == 1
    assert (known.values[..., 2] == 0.9).all()


def test_who_is_missed_in_two_frames_while_the_other_is_missed_in_one_is_not_taken_for_the_other():
    near, far = (np.stack([np.full(9, x), np.linspace(300, 304, 9)], axis=1) for x in (500.0, 580.0))
    both = {(f, 0): near[f] for f in range(9) if f != 4} | {(f, 1): far[f] for f in range(9) if f != 3}
    order = sorted(both)
    frame = np.array([f for f, _ in order])
    shape = np.array([[0, -200], [0, 0], [30, 200], [-30, 200]], float)
    values = np.array([np.column_stack([shape + both[key], np.full(4, 0.9)]) for key in order])
    chain = chains(values, np.full(len(frame), 405.0), frame, np.arange(9) / 30)
    assert len(np.unique(chain)) == 2
    assert {tuple(np.unique(values[chain == one, 1, 0])) for one in np.unique(chain)} == {(500.0,), (580.0,)}


@settings(max_examples=30)
@given(st.lists(st.integers(0, 6), max_size=12), st.integers(0, 100))
def test_however_many_are_seen_in_a_frame_each_detection_has_one_person_and_each_person_one_detection(counts, seed):
    random = np.random.default_rng(seed)
    rows = []
    for frame, count in enumerate(counts):
        for number in range(count):
            places = random.uniform(0, 700, (5, 2))
            rows += [(frame, frame / 30, number, j, *p, 0.5) for j, p in zip(crowd.JOINTS[:5], places, strict=True)]
    table = pd.DataFrame(rows, columns=list(keypoints.DETECTION_COLUMNS))
    known = people(table, np.arange(max(len(counts), 1)) / 30, crowd.JOINTS[:5])
    assert (known.person >= 0).all()
    assert not pd.DataFrame({"frame": known.frame, "person": known.person}).duplicated().any()
    assert len(known) <= sum(counts)
    assert len(without_doubles(known.values, known.size, known.frame)) == len(known)


# --- choosing ---------------------------------------------------------------------------------------------------------

# A patient who moves in the middle, a therapist, larger, at the left, an onlooker, sharp, at the right; for a second
# a large one who walks through the middle.
ROOM = {"patient": 640.0, "therapist": 300.0, "onlooker": 1100.0}


def room() -> tuple[pd.DataFrame, np.ndarray]:
    frames = len(T)
    sway = np.sin(2 * np.pi * T)
    walkers = {
        "patient": (Walker(np.full(frames, ROOM["patient"]) + 60 * sway, 330, 600), 0.8),
        "therapist": (Walker(np.full(frames, ROOM["therapist"]) + 2 * sway, 420, 690), 0.7),
        "onlooker": (Walker(np.full(frames, ROOM["onlooker"]) + 2 * sway, 260, 560), 0.95),
        "passer-by": (Walker(np.where((T > 2) & (T < 3.2), 200 + 700 * (T - 2), -900), 600, 715), 0.99),
    }
    parts = []
    for number, (walker, confidence) in enumerate(walkers.values()):
        table, times_s = seen([walker], seed=number)
        parts.append(table.assign(person=number, confidence=confidence))
    return pd.concat(parts, ignore_index=True), times_s


def followed(**chosen) -> Followed:
    table, times_s = room()
    return follow(table, times_s, crowd.WIDTH, crowd.HEIGHT, crowd.JOINTS, Subject(**chosen))


def where(result: Followed) -> str:
    x = np.nanmedian(keypoints.points(result.keypoints, "left_hip")[:, 0])
    return min(ROOM, key=lambda name: abs(ROOM[name] - x))


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"follow": "central"}, "patient"),
        ({"follow": "largest"}, "therapist"),
        ({"follow": "most_movement"}, "patient"),
        ({"follow": "most_confident"}, "onlooker"),
        ({"follow": "leftmost"}, "therapist"),
        ({"follow": "rightmost"}, "onlooker"),
        ({"follow": "pointed", "follow_x_px": 1090, "follow_y_px": 400, "follow_s": 4.0}, "onlooker"),
        ({"follow": "person", "follow_person": 0}, "therapist"),
        ({"follow": "person", "follow_person": 2}, "onlooker"),
    ],
    ids=lambda value: str(value),
)
def test_each_way_of_choosing_finds_its_person_and_never_the_passer_by(chosen, expected):
    result = followed(**chosen)
    assert where(result) == expected
    assert result.person_changes == 0
    assert result.frames_without_person == 0


def test_everybody_is_listed_with_when_and_where():
    table, times_s = room()
    listed = everybody(table, times_s, crowd.WIDTH, crowd.HEIGHT, crowd.JOINTS)
    assert listed["person"].tolist() == [0, 1, 2, 3]
    assert_allclose(listed["x_px"][:3], [300, 640, 1100], atol=30)
    assert listed["passing"].tolist() == [False, False, False, True]
    assert_allclose(listed["first_s"], [0, 0, 0, 61 / 30], atol=1e-9)
    assert_allclose(listed["seen_percent"][:3], 100)
    assert (listed["height_px"].to_numpy()[[1, 0, 3]] == np.sort(listed["height_px"].to_numpy()[[1, 0, 3]])).all()
    assert_allclose(listed["confidence"], [0.7, 0.8, 0.95, 0.99], atol=1e-6)


def test_who_was_asked_for_by_number_is_replaced_by_nobody():
    result = followed(follow="person", follow_person=3)
    assert result.person_changes == 0
    assert result.frames_without_person > 140


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"follow": "pointed"}, "needs follow_x_px and follow_y_px"),
        ({"follow": "pointed", "follow_x_px": 3.0}, "needs follow_x_px and follow_y_px"),
        ({"follow": "person"}, "needs follow_person"),
        ({"follow": "person", "follow_person": -1}, "follow_person must be"),
    ],
)
def test_a_choice_without_what_it_needs_is_refused(chosen, said):
    with pytest.raises(KinebenchError, match=said):
        Subject(**chosen)


def test_a_person_who_does_not_exist_is_refused_with_how_many_there_are():
    with pytest.raises(KinebenchError, match=r"below the number of people found \(4\), but got 9"):
        followed(follow="person", follow_person=9)


def test_pointing_at_a_moment_without_people_is_refused():
    table, times_s = seen(SCENES["overtaking"][:1])
    late = table[table["time_s"] > 2]
    chosen = Subject(follow="pointed", follow_x_px=1, follow_y_px=1)
    with pytest.raises(KinebenchError, match="follow_s must be a time at which somebody is seen"):
        follow(late, times_s, crowd.WIDTH, crowd.HEIGHT, crowd.JOINTS, chosen)
