"""Five movements from three views, rendered with other people than the library's, through the default network.

`data/sample/recognition` holds one clip of each movement from the side and from the front (its README says how they
were made); the keypoints of the one from the side, turned over, are those of the other side.
"""

import numpy as np
import pytest

from kinebench import estimators, extraction, smoothing, subject, video
from kinebench.comparison.trajectories import mirrored
from kinebench.places import SAMPLES
from kinebench.references import recognise
from tests.test_references_recognising import ACTIONS, library

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("samples")]

SIDES = {"sit-to-stand": "right", "rowing": "left", "squat": "right", "walking": "right", "punch": "left"}
SIDES |= {"curl": "right"}
OTHER = {"left": "right", "right": "left", "front": "front"}


def seen(action: str, view: str):
    """The smoothed keypoints of a clip."""
    estimators.fetch(estimators.DEFAULT)
    clip = video.open_clip(SAMPLES / "recognition" / f"{action}_{view}.mp4")
    found = extraction.detect(clip, extraction.Extraction(), progress=False)
    size = (clip.width, clip.height)
    person = subject.follow(found, clip.times_s, *size, extraction.joints(found), subject.Subject())
    return smoothing.smooth(person.unswapped[0], smoothing.Smoothing()).keypoints


@pytest.mark.parametrize("view", ["side", "front"])
@pytest.mark.parametrize("action", ACTIONS)
def test_each_of_five_rendered_movements_is_recognised_from_either_side_and_from_the_front(action, view):
    table = seen(action, view)
    expected = SIDES[action] if view == "side" else "front"
    for turned, shown in ((table, expected), (mirrored(table), OTHER[expected])):
        found = recognise(turned, library())
        assert (found.action, found.view) == (action, shown), found.words
        assert found.margin > 0.25, found.words


@pytest.mark.parametrize("view", ["side", "front"])
def test_a_sixth_movement_is_refused(view):
    table = seen("curl", view)
    for turned in (table, mirrored(table)):
        found = recognise(turned, library())
        assert found.action is None
        # Clearly so: as far off as standing still.
        assert found.distance > 0.95
        assert np.isfinite(found.distance)
