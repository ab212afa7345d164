"""The sample clips through the default network, against their truth: the bars that the project promises."""

import pytest

from kinebench import places
from kinebench.errors import KinebenchError
from tests import accuracy, accuracy_clips
from tests.accuracy_clips import CLIPS, measured

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("samples")]


@pytest.mark.parametrize("clip", CLIPS)
def test_every_bar_is_reached(clip):
    rows = list(accuracy.rows(clip))
    assert sum(row.bar is not None for row in rows) >= 3
    for row in rows:
        assert row.bar is None or row.error <= row.bar, row


@pytest.mark.parametrize("clip", CLIPS)
def test_the_recording_bears_its_numbers(clip):
    assert measured(clip).analysis.verdict in ("good", "doubtful")


@pytest.mark.parametrize("clip", ["sit_to_stand.mp4", "rowing.mp4", "squat_side.mp4", "punch_fault.mp4"])
def test_near_side_is_right(clip):
    assert measured(clip).analysis.near_side == measured(clip).events["near_side"]


def test_excursions_and_lean():
    # Excursions are free of the constant offset of a network's joint centres: so twice the bar of the angle is ample.
    one = measured("sit_to_stand.mp4")
    for name in ("peak_trunk_lean_deg", "knee_excursion_deg"):
        assert abs(one.analysis.value(name) - one.events["metrics"][name]) < 8, name


@pytest.mark.parametrize(
    ("clip", "task"),
    [
        ("sit_to_stand.mp4", "rowing"),
        ("rowing.mp4", "sit-to-stand"),
        ("walking_past.mp4", "lifting"),
        ("rowing.mp4", "lifting"),
    ],
)
def test_one_movement_is_not_measured_as_the_other(clip, task):
    with pytest.raises(KinebenchError, match=f"task {task} needs"):
        accuracy_clips.analysed_as(task, places.SAMPLES / clip)
