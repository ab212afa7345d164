"""Tables of normalised keypoints as MoveNet's tutorials and their readers write them: one row a frame, .csv.

`frame,time,nose_y,nose_x,nose_score,left_eye_y,...` in any order of columns; frame, time and the scores (score or
confidence) may be missing, and the 17 keypoints may be numbered (y0, x0, score0 or keypoint_0_x) in the network's
order. Coordinates are shares of the picture, 0 to 1, as in the network's answer [y, x, score]
(tensorflow.org/hub/tutorials/movenet); pixels are told apart by their size. Confidence is the score.
"""

from pathlib import Path

import numpy as np

from kinebench.formats import Given, Recording, csv_text, landmark_csv, landmark_layout, text_lines
from kinebench.skeleton import COCO17

SCORES = ("score", "confidence")
ENOUGH = 5
"""Joints by which a table is recognised as one of a body."""


def matches(path: Path) -> bool:
    """Whether the table has COCO's joints, scored by score or confidence alone, and is neither SLEAP's nor kinebench's.

    kinebench's own has time_s and NAME_confidence in pixels: it is taken for one of these only where no number of its
    first rows is above 2.
    """
    layout = landmark_layout.at_the_beginning(path)
    if layout is None or layout.landmark is not None or layout.scores - set(SCORES) or "instance" in layout.wide:
        return False
    by_name = len(layout.joints & set(COCO17.joints)) >= ENOUGH and not layout.joints - set(COCO17.joints)
    if not by_name and len(layout.numbers) != len(COCO17.joints):
        return False
    own = layout.time_name == "time_s" and layout.scores == {"confidence"} and layout.frame is None
    return not own or _in_shares(path, layout)


def read(path: Path, given: Given) -> Recording:
    """The table at `path`; see the module's docstring."""
    return landmark_csv.read(path, given, COCO17.joints, SCORES)


def _in_shares(path: Path, layout: landmark_layout.Layout) -> bool:
    places = [where[axis] for where in layout.wide.values() for axis in ("x", "y") if axis in where]
    try:
        found = [
            value
            for row in text_lines.beginning(path, 5)[1:]
            for value in csv_text.numbers([row[place] for place in places], path.name, "its first rows")
        ]
    except (ValueError, IndexError):
        return False
    known = np.array(found)[np.isfinite(found)]
    return len(known) > 0 and bool((np.abs(known) <= 2).all())
