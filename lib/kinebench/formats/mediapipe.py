"""Landmarks of MediaPipe's pose networks as people save them: .csv or .json.

MediaPipe itself writes no file. Read are:

- CSV, one row a frame: `NAME_x,NAME_y,NAME_z,NAME_visibility` by name (nose, left_eye_inner, mouth_left, ...), with
  `NAME_presence` and `NAME_world_x|y|z` where there are any; or numbered from 0 or 1: `x1,y1,z1,v1` to
  `x33,y33,z33,v33`. Or one row a landmark: `frame,landmark,x,y,z,visibility`.
- JSON, a list with an entry a frame, or an object that has it as `frames`: `landmark_json` says what an entry may be.

x and y are shares of the picture, 0 to 1 (NormalizedLandmark in
ai.google.dev/edge/mediapipe/solutions/vision/pose_landmarker); a table in pixels is told apart by its size. Confidence
is the visibility, or the lesser of visibility and presence. z is no length in metres and is left out; world landmarks
are: from the middle of the hips, x to the picture's right, y down, z away from the camera.
"""

from pathlib import Path

from kinebench.formats import Given, Recording, landmark_csv, landmark_json, landmark_layout
from kinebench.skeleton import BLAZEPOSE33

SCORES = ("visibility", "presence")
ENOUGH = 5
_KEYS = (b'"visibility"', b'"pose_landmarks"', b'"poseLandmarks"', b'"worldLandmarks"', b'"poseWorldLandmarks"')


def matches(path: Path) -> bool:
    """Whether the file begins as one of MediaPipe's landmarks."""
    if path.suffix.lower() == ".json":
        return landmark_json.begins_with(path, _KEYS)
    layout = landmark_layout.at_the_beginning(path)
    if layout is None or layout.scores - set(SCORES):
        return False
    if layout.landmark is not None:
        return {"x", "y", "visibility"} <= layout.long.keys()
    if len(layout.numbers) == len(BLAZEPOSE33.joints):
        return True
    if "visibility" in layout.scores:
        return len(layout.joints) >= ENOUGH
    return not layout.scores and layout.joints >= {
        "left_foot_index",
        "right_foot_index",
        "left_mouth",
        "left_eye_inner",
    }


def read(path: Path, given: Given) -> Recording:
    """The landmarks at `path`; see the module's docstring."""
    if path.suffix.lower() == ".json":
        return landmark_json.read(path, given, SCORES)
    return landmark_csv.read(path, given, BLAZEPOSE33.joints, SCORES)
