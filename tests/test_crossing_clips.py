"""Two people who cross in rendered clips of known truth, found by the real network: who is who, before and after."""

import numpy as np
import pandas as pd
import pytest

from kinebench import estimators, extraction, subject, video
from kinebench.places import SAMPLES
from kinebench.subject import Subject
from kinebench.subject.tracks import People, people

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("samples")]
# In `crossing` the farther is fully hidden for moments and both walk on; in `crossing_back` partly, then fully, for
# longer, and both turn round behind each other: places alone, or speeds alone, tell one of the two clips wrongly.
CLIPS = ("crossing", "crossing_back")


@pytest.fixture(scope="module", params=CLIPS, name="seen")
def _seen(request) -> tuple[People, np.ndarray, pd.DataFrame, tuple[str, ...], video.Clip]:
    """The people found, which of the true ones each detection shows, the detections, their joints, the clip."""
    estimators.fetch("blazepose-full")
    clip = video.open_clip(SAMPLES / f"{request.param}.mp4")
    found = extraction.detect(clip, extraction.Extraction(max_people=3), progress=False)
    joints = extraction.joints(found)
    known = people(found, clip.times_s, joints)
    truth = pd.read_csv(SAMPLES / f"{request.param}.truth.csv").set_index(["person", "frame"]).sort_index()
    shared = [joint for joint in joints if f"{joint}_x" in truth]
    true = np.stack([truth[[f"{joint}_x", f"{joint}_y"]].to_numpy() for joint in shared], axis=1)
    true = true.reshape(2, -1, len(shared), 2)[:, clip.frame_numbers[known.frame]]
    places = known.values[:, [joints.index(joint) for joint in shared], :2]
    away = np.nanmean(np.linalg.norm(places - true, axis=3), axis=2)
    return known, away.argmin(axis=0), found, joints, clip


def test_nobody_takes_anothers_identity(seen):
    known, who, _, _, _ = seen
    assert known.count == 2
    for person in (0, 1):
        assert len(np.unique(known.person[who == person])) == 1


def test_the_nearer_is_seen_all_the_time_and_the_farther_before_and_after(seen):
    known, who, _, _, clip = seen
    frames = [known.frame[who == person] for person in (0, 1)]
    assert len(frames[0]) > 0.97 * len(clip)
    assert frames[1].min() < 3
    assert frames[1].max() > len(clip) - 3


def test_the_crossing_is_counted_once_and_certain(seen):
    known, _, _, _, _ = seen
    assert [(crossing.people, crossing.certain) for crossing in known.crossings] == [((0, 1), True)]


@pytest.mark.parametrize(("rule", "person"), [("largest", 0), ("most_movement", None), ("person", 1)])
def test_whoever_is_chosen_is_followed_through(seen, rule, person):
    known, who, found, joints, clip = seen
    chosen = Subject(follow=rule, follow_person=1 if rule == "person" else None)
    followed = subject.follow(found, clip.times_s, clip.width, clip.height, joints, chosen)
    assert followed.person_changes == 0
    if person is not None:
        number = known.person[who == person][0]
        nose = known.values[known.person == number, joints.index("nose"), 0]
        taken = followed.keypoints[("nose", "x")].dropna().to_numpy()
        if rule == "largest":
            np.testing.assert_array_equal(taken, nose)
        else:
            assert len(taken) == (known.person == 1).sum()
