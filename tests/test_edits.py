"""Repairs by hand: plain entries, applied in their order, never to the detections; what does not fit is told."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from kinebench import edits, keypoints, parameters, skeleton, smoothing, tasks
from kinebench.edits import Edit, Repairs
from kinebench.errors import KinebenchError
from kinebench.subject import Subject, follow
from kinebench.synthetic import Scene, keypoint_table
from tests.scenes import analyse_table

STS = Scene(task="sit-to-stand", seed=3)
ROWING = Scene(task="rowing", seed=3)

numbers = st.floats(0, 1e4, allow_nan=False).map(lambda value: round(value, 6))
places = st.tuples(numbers, numbers)
joints = st.sampled_from(sorted(skeleton.JOINTS))
names = st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=12)
stretches = st.tuples(numbers, numbers).map(sorted)
instants = numbers.map(lambda time: (time, time))


def entries(what, times, **fields):
    made = st.fixed_dictionaries({"who": names, "when": names} | fields)
    return st.builds(lambda span, rest: Edit(what, *span, **rest), times, made)


KINDS = {
    "keypoint moved": (instants, {"of": joints, "old": st.none() | places, "new": places}),
    "stretch unusable": (stretches, {"of": joints | st.just("all")}),
    "sides swapped": (stretches, {"of": st.sampled_from(edits.LIMBS)}),
    "person chosen": (instants, {"old": st.none() | places, "new": places}),
    "boundary moved": (instants, {"of": st.just("start_s"), "old": numbers, "new": numbers}),
    "repetition added": (stretches, {"new": st.fixed_dictionaries({"catch_s": numbers, "end_s": numbers})}),
    "repetition rejected": (stretches, {"new": st.just("hands on the knees")}),
    "repetition accepted": (stretches, {"old": st.just("stood up only 60 % of the way")}),
}
any_edit = st.one_of([entries(what, times, **fields) for what, (times, fields) in KINDS.items()])


def test_every_kind_of_edit_is_among_those_tried():
    assert set(KINDS) == set(edits.KINDS)


@given(st.lists(any_edit, max_size=4))
def test_edits_survive_a_file_unchanged(tmp_path_factory, done):
    settings = dataclasses.replace(tasks.get("rowing").settings(), repairs=Repairs(tuple(done)))
    path = tmp_path_factory.mktemp("edits") / "clip.yaml"
    path.write_text(parameters.written(settings), encoding="utf-8")
    assert parameters.build(type(settings), parameters.load(path)) == settings


@given(st.lists(any_edit, min_size=1, max_size=4))
def test_a_file_has_one_line_for_each_edit(done):
    text = parameters.written(dataclasses.replace(tasks.get("rowing").settings(), repairs=Repairs(tuple(done))))
    assert sum(line.startswith("- {what: ") for line in text.splitlines()) == len(done)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("left_knee", "must hold name: value pairs"),
        ({"what": "knee moved"}, "what must be one of"),
        ({"what": "keypoint moved", "at_s": 1.0, "of": "knee", "new": [1, 2]}, "of must be a joint"),
        ({"what": "keypoint moved", "at_s": 1.0, "of": "left_knee", "new": [1]}, "new must be a place"),
        ({"what": "keypoint moved", "at_s": 1.0, "of": "left_knee", "new": [1, float("nan")]}, "new must be a place"),
        ({"what": "keypoint moved", "at_s": "1", "of": "left_knee", "new": [1, 2]}, "at_s must be seconds"),
        ({"what": "keypoint moved", "of": "left_knee", "new": [1, 2]}, "at_s must be seconds"),
        ({"what": "stretch unusable", "from_s": 2.0, "to_s": 1.0, "of": "all"}, "from_s must not lie after to_s"),
        ({"what": "stretch unusable", "from_s": 1.0, "to_s": 2.0, "of": "all", "x": 3}, "x is no part of an edit"),
        ({"what": "sides swapped", "from_s": 1.0, "to_s": 2.0, "of": "ears"}, "of must be legs, arms or both"),
        ({"what": "repetition rejected", "from_s": 1.0, "to_s": 2.0}, "new must be a reason"),
        ({"what": "repetition added", "from_s": 1.0, "to_s": 2.0, "new": {"start_s": "a"}}, "new must be a time"),
    ],
)
def test_nonsense_is_refused_with_its_place_in_the_list(entry, said):
    good = {"what": "stretch unusable", "from_s": 1.0, "to_s": 2.0, "of": "all"}
    with pytest.raises(KinebenchError, match=f"edits, entry 2: .*{said}"):
        parameters.build(tasks.get("rowing").settings, {"edits": [good, entry]})


def test_edits_are_no_list_to_be_typed():
    with pytest.raises(KinebenchError, match="edits is a list: it can be given in a parameter file"):
        parameters.parse(tasks.get("rowing").settings, ["edits=[]"])


# Keypoints


def plain_table(frames=40, joints=("left_hip", "left_knee", "left_ankle", "right_hip", "right_knee", "right_ankle")):
    """Every joint at a place of its own, moving evenly to the right."""
    t = np.arange(frames) / 30
    values = np.empty((frames, len(joints), 3))
    for number in range(len(joints)):
        values[:, number] = np.column_stack(
            [100.0 * number + 30 * t, np.full(frames, 50.0 * number), np.full(frames, 0.9)]
        )
    return keypoints.make(t, joints, values)


def test_a_moved_keypoint_lies_where_it_was_put_and_nothing_else_changes():
    table = plain_table()
    before = table.copy()
    done = edits.places.repair(table, [Edit("keypoint moved", 10 / 30, 10 / 30, of="left_knee", new=(7.0, 8.0))])
    changed = done.keypoints.copy()
    assert_allclose(keypoints.points(changed, "left_knee")[10], [7.0, 8.0])
    assert keypoints.confidence(changed, "left_knee")[10] == 1.0
    changed.iloc[10] = before.iloc[10]
    pd.testing.assert_frame_equal(changed, before)
    pd.testing.assert_frame_equal(table, before)
    assert done.touched.sum() == 1
    assert done.touched[10]


def test_no_outlier_filter_takes_a_keypoint_back_that_a_person_moved():
    move = Edit("keypoint moved", 10 / 30, 10 / 30, of="left_knee", new=(400.0, 300.0))
    done = edits.places.repair(plain_table(), [move])
    for outliers in ("hampel", "median5"):
        settings = smoothing.Smoothing(outliers=outliers, filter="none")
        smoothed = smoothing.smooth(done.keypoints, settings, done.pinned).keypoints
        assert_allclose(keypoints.points(smoothed, "left_knee")[10], [400.0, 300.0])
        without = smoothing.smooth(done.keypoints, settings).keypoints
        assert np.linalg.norm(keypoints.points(without, "left_knee")[10] - [400.0, 300.0]) > 100


def test_an_unusable_stretch_is_missing_and_an_anchor_put_in_later_stays():
    done = edits.places.repair(
        plain_table(),
        [
            Edit("stretch unusable", 10 / 30, 20 / 30, of="left_knee"),
            Edit("keypoint moved", 15 / 30, 15 / 30, of="left_knee", new=(120.0, 60.0)),
        ],
    )
    missing = np.isnan(keypoints.points(done.keypoints, "left_knee")[:, 0])
    assert np.flatnonzero(missing).tolist() == [10, 11, 12, 13, 14, 16, 17, 18, 19, 20]
    assert np.isfinite(keypoints.points(done.keypoints, "left_hip")).all()
    settings = smoothing.Smoothing(filter="none", outliers="none", max_gap_s=0.5)
    filled = keypoints.points(smoothing.smooth(done.keypoints, settings, done.pinned).keypoints, "left_knee")
    assert np.isfinite(filled).all()
    assert_allclose(filled[15], [120.0, 60.0])


def test_swapping_the_sides_twice_changes_nothing_and_once_exchanges_them():
    table = plain_table()
    swap = Edit("sides swapped", 5 / 30, 9 / 30, of="legs")
    once = edits.places.repair(table, [swap]).keypoints
    assert_allclose(keypoints.points(once, "left_knee")[5:10], keypoints.points(table, "right_knee")[5:10])
    assert_allclose(keypoints.points(once, "left_knee")[10:], keypoints.points(table, "left_knee")[10:])
    pd.testing.assert_frame_equal(edits.places.repair(table, [swap, swap]).keypoints, table)


def test_edits_that_meet_no_frame_or_joint_are_told_and_change_nothing():
    table = plain_table()
    done = edits.places.repair(
        table,
        [
            Edit("keypoint moved", 99.0, 99.0, of="left_knee", new=(1.0, 1.0)),
            Edit("keypoint moved", 1.0, 1.0, of="nose", new=(1.0, 1.0)),
            Edit("stretch unusable", 50.0, 60.0, of="all"),
        ],
    )
    pd.testing.assert_frame_equal(done.keypoints, table)
    assert len(done.unfit) == 3
    assert "no frame is analysed at 99.000 s" in done.unfit[0][1]
    assert "no nose" in done.unfit[1][1]


# The person


def two_people(frames=90):
    """Two people who stand still, the larger one in the middle; long table."""
    from tests.test_subject import detections, person

    return detections([[person(640, size=420), person(1000, size=300)] for _ in range(frames)], shuffle=1)


def chosen(*done):
    from tests.test_subject import HEIGHT, JOINTS, RATE, WIDTH

    times = np.arange(90) / RATE
    found = follow(two_people(), times, WIDTH, HEIGHT, JOINTS, Subject(), done)
    return keypoints.points(found.keypoints, "nose")[:, 0], found


def test_without_a_choice_the_central_person_is_followed():
    assert_allclose(chosen()[0], 640)


def test_the_person_pointed_at_is_followed_from_the_clips_begin():
    assert_allclose(chosen(Edit("person chosen", 1.0, 1.0, new=(990.0, 350.0)))[0], 1000)


def test_a_second_choice_holds_from_its_own_time_on():
    first, second = (Edit("person chosen", t, t, new=(x, 350.0)) for t, x in ((0.5, 990.0), (2.0, 650.0)))
    course, found = chosen(second, first)
    assert_allclose(course, np.where(np.arange(90) < 60, 1000, 640))
    assert found.person_changes == 1


def test_a_choice_where_nobody_was_seen_is_told():
    assert "nobody was found at 50.000 s" in chosen(Edit("person chosen", 50.0, 50.0, new=(1.0, 1.0)))[1].unfit[0][1]


# Repetitions


def analysed(scene, *done, **values):
    return analyse_table(scene, keypoint_table(scene, noise_px=1.0), edits=list(done), **values)


def span(row):
    return float(row["start_s"]), float(row["end_s"])


@pytest.fixture(scope="module", name="plain")
def _plain():
    return analysed(STS)


def test_a_rejected_repetition_stays_in_the_table_with_the_reason_and_counts_no_more(plain):
    done = analysed(STS, Edit("repetition rejected", *span(plain.reps.iloc[2]), new="held on to the chair"))
    assert done.value("repetitions") == plain.value("repetitions") - 1
    assert done.reps["reason"].iloc[2] == "by hand: held on to the chair"
    assert done.reps["repetition"].tolist() == [1, 2, 0, 3, 4]
    others = [0, 1, 3, 4]
    assert_allclose(done.value("rise_time_mean_s"), plain.reps["rise_time_s"].iloc[others].mean())


def test_what_was_rejected_and_then_accepted_is_as_before(plain):
    stretch = span(plain.reps.iloc[2])
    back = (Edit("repetition rejected", *stretch, new="x"), Edit("repetition accepted", *stretch, old="x"))
    done = analysed(STS, *back)
    assert tasks.metrics_json(done)["metrics"] == tasks.metrics_json(plain)["metrics"]


def test_a_repetition_added_where_one_was_rejected_gives_the_numbers_that_it_had(plain):
    row = plain.reps.iloc[2]
    events = {name: float(row[name]) for name in tasks.get("sit-to-stand").presentation.boundaries}
    done = analysed(
        STS,
        Edit("repetition rejected", *span(row), new="x"),
        Edit("repetition added", events["start_s"], events["seat_contact_s"], new=events),
    )
    assert done.value("repetitions") == 5
    assert done.reps["by_hand"].tolist() == ["", "", "added", "", ""]
    for name in ("five_rep_time_s", "rise_time_mean_s", "peak_trunk_lean_deg", "total_time_mean_s"):
        assert_allclose(done.value(name), plain.value(name))


def test_moving_the_last_seat_contact_moves_the_five_times_time_by_as_much(plain):
    old = float(plain.reps["seat_contact_s"].iloc[4])
    move = Edit("boundary moved", old, old, of="seat_contact_s", old=old, new=old + 0.25)
    done = analysed(STS, move)
    assert_allclose(done.value("five_rep_time_s"), plain.value("five_rep_time_s") + 0.25)
    assert done.reps["end_s"].iloc[4] >= done.reps["seat_contact_s"].iloc[4]


def test_a_catch_is_the_end_of_the_stroke_before_as_well():
    plain = analysed(ROWING)
    good = plain.reps[plain.reps["accepted"]].reset_index(drop=True)
    old = float(good["catch_s"].iloc[2])
    done = analysed(ROWING, Edit("boundary moved", old, old, of="catch_s", old=old, new=old + 0.1))
    after = done.reps[done.reps["accepted"]].reset_index(drop=True)
    assert_allclose(after["end_s"].iloc[1], old + 0.1)
    assert_allclose(after[["start_s", "catch_s"]].iloc[2], old + 0.1)
    assert_allclose(after["drive_time_s"].iloc[2], good["drive_time_s"].iloc[2] - 0.1)
    assert_allclose(after["stroke_time_s"].sum(), good["stroke_time_s"].sum())


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (
            Edit("boundary moved", 50.0, 50.0, of="standing_s", old=50.0, new=51.0),
            "no standing_s near 50.00 s any more",
        ),
        (Edit("boundary moved", 1.0, 1.0, of="catch_s", old=1.0, new=1.1), "catch_s is no event of this task"),
        (Edit("repetition rejected", 50.0, 51.0, new="x"), "no repetition from 50.00 to 51.00 s any more"),
        (Edit("repetition added", 1.0, 2.0, new={"start_s": 1.0, "seat_contact_s": 2.0}), "seat_off_s"),
        (Edit("keypoint moved", 50.0, 50.0, of="left_knee", new=(1.0, 1.0)), "no frame is analysed at 50.000 s"),
    ],
)
def test_an_edit_that_no_longer_fits_changes_nothing_and_is_told_as_a_doubt(plain, edit, said):
    done = analysed(STS, edit)
    assert tasks.metrics_json(done)["metrics"] == tasks.metrics_json(plain)["metrics"]
    check = next(check for check in done.quality if check.name == "edits_by_hand")
    assert check.verdict == "doubtful"
    assert said in check.message


def test_a_boundary_moved_past_its_neighbour_is_not_applied(plain):
    row = plain.reps.iloc[1]
    old, after = float(row["standing_s"]), float(row["seat_contact_s"]) + 0.1
    done = analysed(STS, Edit("boundary moved", old, old, of="standing_s", old=old, new=after))
    assert_allclose(done.reps["standing_s"], plain.reps["standing_s"])
    assert "would put standing_s after descent_s" in done.quality[-1].message


def test_one_added_over_another_that_counts_is_not_applied(plain):
    row = plain.reps.iloc[1]
    events = {name: float(row[name]) for name in tasks.get("sit-to-stand").presentation.boundaries}
    done = analysed(STS, Edit("repetition added", events["start_s"], events["seat_contact_s"], new=events))
    assert done.value("repetitions") == 5
    assert "overlaps repetition 2" in done.quality[-1].message


def test_the_checks_say_how_many_edits_there_are(plain):
    assert plain.quality[-1].message == "No edits by hand."
    when = float(plain.signals.index[20])
    done = analysed(
        STS,
        Edit("stretch unusable", when, when + 0.1, of="right_wrist"),
        Edit("repetition rejected", *span(plain.reps.iloc[4]), new="x"),
    )
    assert done.quality[-1].message == ("2 edits by hand: 1 stretch marked unusable, 1 repetition rejected.")
    assert done.quality[-1].verdict == "good"


@pytest.mark.parametrize("scene", [STS, ROWING], ids=lambda scene: scene.task)
def test_where_nothing_was_found_a_repetition_added_by_hand_stands_alone(scene):
    still = keypoint_table(scene, noise_px=0.5)
    still.iloc[:] = still.iloc[[30]].to_numpy()
    names = tasks.get(scene.task).presentation.boundaries
    events = {name: 1.0 + number for number, name in enumerate(names)}
    with pytest.raises(KinebenchError, match="No repetition"):
        analyse_table(scene, still)
    done = analyse_table(scene, still, edits=[Edit("repetition added", 1.0, 1.0 + len(names), new=events)])
    assert done.reps["by_hand"].tolist() == ["added"]
    assert_allclose(done.reps[list(events)].iloc[0], list(events.values()))
