"""Comparing with a reference: the known fault is named, form alone counts, and what cannot be compared is refused."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from kinebench import keypoints, smoothing
from kinebench.comparison.trajectories import mirrored
from kinebench.errors import KinebenchError
from kinebench.references import Reference, Source, library, view_of
from kinebench.skeleton import COCO17
from kinebench.smoothing import Smoothing
from kinebench.synthetic import Scene, events, keypoint_table
from tests import scenes

GOOD = Scene(task="punch", seed=1)
BENT = Scene(task="punch", seed=1, fault="bent-elbow")
LEAST = 97.0


@pytest.fixture(autouse=True)
def _own_library(tmp_path, monkeypatch):
    monkeypatch.setenv("KINEBENCH_DATA", str(tmp_path))


def made(scene: Scene, name: str, number: int = 1) -> Reference:
    """One repetition of a scene, added to the library."""
    row = events(scene)["repetitions"][number]
    whole = smoothing.smooth(keypoint_table(scene, noise_px=1.0), Smoothing()).keypoints
    table = library.rounded(whole.loc[row["start_s"] : row["end_s"]])
    source = Source("0" * 64, "truth", float(table.index[0]), float(table.index[-1]), {})
    reference = Reference(name, scene.task, view_of(whole).value, source, library.today(), table)
    library.save(reference)
    return reference


def analysed(table: pd.DataFrame, scene: Scene = GOOD, **values):
    return scenes.analyse_table(scene, table, **({"reference": None} | values))


def moved(table: pd.DataFrame, scale: float, right: float, down: float) -> pd.DataFrame:
    """The same person elsewhere in the picture, and larger or smaller."""
    found = table.copy()
    for axis, shift in (("x", right), ("y", down)):
        columns = found.columns.get_level_values(1) == axis
        found.loc[:, columns] = scale * found.loc[:, columns] + shift
    return found


def test_the_known_fault_is_named_with_its_joint_and_its_time():
    made(GOOD, "punch")
    fault = events(BENT)["fault"]
    analysis = analysed(keypoint_table(BENT, noise_px=1.5, seed=4), BENT)
    assert len(analysis.accepted) == len(events(BENT)["repetitions"])
    first = analysis.extras["feedback"].iloc[0]
    assert first["joint"] == fault["joint"]
    assert first["direction"] == fault["direction"]
    assert abs(first["at_s"] - fault["at_s"]) < 0.15
    assert abs(first["difference_deg"] - fault["size_deg"]) < 10
    assert fault["joint"].replace("_", " ") in first["words"]
    worst = analysis.accepted.sort_values("score").iloc[0]
    assert worst["start_s"] < fault["at_s"] < worst["end_s"]
    assert worst["score"] < analysis.accepted["score"].drop(worst.name).min()


def test_without_the_fault_nothing_as_large_is_told():
    made(GOOD, "punch")
    told = analysed(keypoint_table(GOOD, noise_px=1.5, seed=4)).extras["feedback"]
    assert told.empty or told["difference_deg"].abs().max() < 15


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda table: table, id="itself"),
        pytest.param(mirrored, id="in a mirror"),
        pytest.param(lambda table: moved(table, 0.6, 300, 40), id="smaller, elsewhere"),
        pytest.param(lambda table: moved(table, 2.0, -50, -80), id="larger, elsewhere"),
    ],
)
def test_neither_place_nor_size_nor_side_lowers_a_score(change):
    made(GOOD, "punch")
    table = change(keypoint_table(GOOD, noise_px=1.0, seed=2))
    # What lies left of the picture's edge is all the same to the comparison.
    analysis = analysed(table)
    assert analysis.value("movements") == len(events(GOOD)["repetitions"])
    assert analysis.value("score") > LEAST


@pytest.mark.parametrize("rate_hz", [24.0, 60.0])
def test_another_frame_rate_lowers_no_score(rate_hz):
    made(GOOD, "punch")
    other = dataclasses.replace(GOOD, frame_rate_hz=rate_hz)
    analysis = analysed(keypoint_table(other, noise_px=1.0, seed=3), other)
    assert analysis.value("movements") == len(events(GOOD)["repetitions"])
    assert analysis.value("score") > LEAST


def test_speed_is_told_apart_and_lowers_no_score():
    made(GOOD, "punch")
    slow = keypoint_table(GOOD, noise_px=1.0, seed=3)
    slow.index = pd.Index(1.5 * keypoints.times(slow), name="time_s")
    analysis = analysed(slow)
    usual = analysed(keypoint_table(GOOD, noise_px=1.0, seed=3)).value("time_ratio")
    assert analysis.value("score") > LEAST
    assert analysis.value("time_ratio") == pytest.approx(1.5 * usual, rel=0.08)


def test_the_ghost_lies_over_the_person_within_the_movements_alone():
    made(GOOD, "punch")
    analysis = analysed(keypoint_table(GOOD, noise_px=1.0, seed=2))
    ghost, own = analysis.extras["reference_ghost"], analysis.keypoints
    inside = (analysis.labels["repetition"] > 0).to_numpy()
    off = np.linalg.norm(keypoints.points(ghost, "right_wrist") - keypoints.points(own, "right_wrist"), axis=1)
    assert np.isfinite(off[inside]).mean() > 0.95
    trunk = np.linalg.norm(keypoints.points(own, "right_shoulder") - keypoints.points(own, "right_hip"), axis=1)
    assert np.nanmedian(off[inside]) < 0.1 * np.median(trunk)
    first = analysis.accepted["start_s"].iloc[0]
    assert np.isnan(off[keypoints.times(own) < first - 0.05]).all()
    beside = keypoints.positions(analysis.extras["reference_beside"])
    known = beside[np.isfinite(beside).all(axis=-1)]
    assert (known >= 0).all()
    assert (known <= [analysis.recording.width, analysis.recording.height]).all()


def test_the_reference_that_the_clip_shows_is_found_among_several():
    for task in ("punch", "squat", "rowing"):
        made(Scene(task=task, seed=2), task)
    analysis = analysed(keypoint_table(GOOD, noise_px=1.0, seed=2))
    assert any("recognised among 3: punch" in check.message for check in analysis.quality)


def test_a_movement_of_none_of_the_references_is_refused():
    made(Scene(task="squat", seed=2), "squat")
    with pytest.raises(KinebenchError, match="task compare needs a movement that is in the library") as caught:
        analysed(keypoint_table(GOOD, noise_px=1.0))
    assert "\n" not in str(caught.value)


def test_another_movement_than_the_one_named_is_refused_with_how_near_it_comes():
    made(Scene(task="squat", seed=2), "squat")
    with pytest.raises(KinebenchError, match=r"movement like the reference squat, but the nearest, .* of 100"):
        analysed(keypoint_table(GOOD, noise_px=1.0), reference="squat")


def test_an_empty_library_is_one_line_with_the_remedy():
    with pytest.raises(KinebenchError, match="kinebench reference add") as caught:
        analysed(keypoint_table(GOOD))
    assert "\n" not in str(caught.value)


def test_another_view_than_the_references_is_refused():
    made(GOOD, "punch")
    front = dataclasses.replace(GOOD, yaw_deg=90.0)
    with pytest.raises(KinebenchError, match="seen from where its reference is"):
        analysed(keypoint_table(front, noise_px=1.0), front, reference="punch")


def test_a_mirror_image_is_refused_where_it_was_ruled_out():
    made(GOOD, "punch")
    left = dataclasses.replace(GOOD, facing="left")
    with pytest.raises(KinebenchError, match="right"):
        analysed(keypoint_table(left, noise_px=1.0), left, reference="punch", mirror="no")


def test_a_clip_shorter_than_the_movement_is_one_line():
    made(Scene(task="squat", seed=2), "squat")
    table = keypoint_table(Scene(task="squat", seed=2), noise_px=1.0).iloc[:12]
    with pytest.raises(KinebenchError) as caught:
        analysed(table, Scene(task="squat", seed=2), reference="squat")
    assert "\n" not in str(caught.value)


def test_a_network_with_other_joints_is_compared_by_those_that_both_have():
    made(GOOD, "punch")
    table = keypoint_table(GOOD, noise_px=1.0, seed=2)
    few = table.loc[:, table.columns.get_level_values(0).isin(COCO17.joints)]
    analysis = analysed(few)
    assert analysis.value("score") > LEAST
    assert "foot index" in analysis.metric("score").doubt


def test_joints_that_only_one_of_them_has_are_refused():
    made(GOOD, "punch")
    table = keypoint_table(GOOD, noise_px=1.0, seed=2)
    few = table.loc[:, table.columns.get_level_values(0).isin(COCO17.joints)]
    with pytest.raises(KinebenchError, match="joints must name at least one that both movements have"):
        analysed(few, joints="left_foot_index")


def test_a_reference_lies_anywhere_where_its_file_is_named(tmp_path):
    made(GOOD, "punch")
    elsewhere = tmp_path / "elsewhere"
    library.places.references().rename(elsewhere)
    table = keypoint_table(GOOD, noise_px=1.0, seed=2)
    assert analysed(table, reference=str(elsewhere / "punch.yaml")).value("score") > LEAST
    with pytest.raises(KinebenchError, match="must name a file that exists"):
        analysed(table, reference=str(elsewhere / "kick.yaml"))


def test_what_is_said_of_a_reference_does_not_name_its_file(tmp_path):
    made(GOOD, "punch")
    for path in library.places.references().iterdir():
        path.rename(tmp_path / path.name.replace("punch", "Anna_Mueller"))
    table = keypoint_table(GOOD, noise_px=1.0, seed=2)
    analysis = analysed(table, reference=str(tmp_path / "Anna_Mueller.yaml"))
    told = [metric.definition for metric in analysis.metrics] + [check.message for check in analysis.quality]
    assert "Anna" not in " ".join(told)
    assert any("own reference" in one for one in told)
    (tmp_path / "Anna_Mueller.keypoints.csv").write_text("cut")
    with pytest.raises(KinebenchError, match="The reference 'own reference' is damaged") as error:
        analysed(table, reference=str(tmp_path / "Anna_Mueller.yaml"))
    assert "Anna" not in str(error.value)


def test_a_movement_rejected_by_hand_counts_nothing():
    from kinebench.edits import Edit

    made(GOOD, "punch")
    table = keypoint_table(GOOD, noise_px=1.0, seed=2)
    row = analysed(table).accepted.iloc[2]
    edit = Edit("repetition rejected", float(row["start_s"]), float(row["end_s"]), new="slipped")
    again = analysed(table, edits=[edit.plain()])
    assert again.value("movements") == len(events(GOOD)["repetitions"]) - 1
    assert set(again.extras["joint_scores"]["movement"]) == set(again.accepted["repetition"])


def test_each_movement_comes_nearest_to_the_outstretched_arm_at_its_impact():
    made(GOOD, "punch")
    analysis = analysed(keypoint_table(GOOD, noise_px=1.0, seed=2))
    impact_s = [row["impact_s"] for row in events(GOOD)["repetitions"]]
    np.testing.assert_allclose(analysis.accepted["pose_s"], impact_s, atol=0.1)
    assert (analysis.accepted[["pose_cosine", "pose_directions"]] > 0.99).all(axis=None)
    likeness = analysis.extras["pose_likeness"]["directions"]
    # In guard the arm is bent, and that is another pose.
    assert likeness.iloc[0] < analysis.accepted["pose_directions"].min() - 0.05


def test_a_pose_beyond_the_reference_is_refused():
    made(GOOD, "punch")
    with pytest.raises(KinebenchError, match="pose_s must lie within the reference punch, which lasts"):
        analysed(keypoint_table(GOOD), pose_s=9.0)


def test_with_every_movement_rejected_by_hand_nothing_counts():
    from kinebench.edits import Edit
    from kinebench.tasks import NothingCounts

    made(GOOD, "punch")
    table = keypoint_table(GOOD, noise_px=1.0, seed=2)
    spans = analysed(table).accepted[["start_s", "end_s"]].to_numpy(float)
    edits = [Edit("repetition rejected", *map(float, span), new="slipped").plain() for span in spans]
    with pytest.raises(NothingCounts, match="at least one movement like the reference punch") as caught:
        analysed(table, edits=edits)
    assert len(caught.value.reps) == len(spans)


def test_a_bad_check_of_places_casts_doubt_on_scores_and_not_on_times():
    made(GOOD, "punch")
    analysis = analysed(keypoint_table(GOOD, noise_px=1.0, seed=2), facing="left")
    assert any(check.name == "facing" and check.verdict == "bad" for check in analysis.quality)
    assert all(analysis.metric(name).doubt for name in ("score", "right_arm_score", "consistency_score", "pose_cosine"))
    assert not analysis.metric("time_ratio").doubt


def test_the_far_arm_is_doubted_and_told_last():
    made(GOOD, "punch")
    analysis = analysed(keypoint_table(BENT, noise_px=1.5, seed=4), BENT)
    assert "far side" in analysis.metric("left_arm_score").doubt
    assert not analysis.metric("right_arm_score").doubt
    told = analysis.extras["feedback"]
    assert told["far"].is_monotonic_increasing
