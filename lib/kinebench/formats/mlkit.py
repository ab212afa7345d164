"""Landmarks of ML Kit's pose detection as apps save them: .csv or .json.

ML Kit has no file of its own: an app writes what `Pose.getAllPoseLandmarks` gives, 33 landmarks with a type (0 to 32,
or its name: NOSE, LEFT_SHOULDER), a position in pixels of the picture and an inFrameLikelihood
(developers.google.com/ml-kit/vision/pose-detection). Read are:

- CSV, one row a landmark: `frame,time,landmark,x,y,z,likelihood`; or one row a frame:
  `frame,time,nose_x,nose_y,nose_z,nose_likelihood,...`. likelihood may be called inFrameLikelihood; frame or time may
  be missing.
- JSON, a list with an entry a frame, or an object that has it as `frames`: `{"frame": 0, "timestampMs": 0, "landmarks":
  [{"type": 0, "position3D": {"x": 0, "y": 0, "z": 0}, "inFrameLikelihood": 0.9}, ...]}`; `landmark_json` says what else
  an entry may be.

Confidence is the inFrameLikelihood. z is in the scale of the picture's pixels, from the hips, and by ML Kit's own word
less exact than x and y: it is no length in metres, so that there are no world coordinates.
"""

from pathlib import Path

from kinebench.formats import Given, Recording, landmark_csv, landmark_json, landmark_layout
from kinebench.skeleton import BLAZEPOSE33

SCORES = ("likelihood",)
ENOUGH = 5


def matches(path: Path) -> bool:
    """Whether the file begins as one of ML Kit's landmarks."""
    if path.suffix.lower() == ".json":
        return landmark_json.begins_with(path, (b'"inFrameLikelihood"',))
    layout = landmark_layout.at_the_beginning(path)
    if layout is None or layout.scores != set(SCORES):
        return False
    return {"x", "y"} <= layout.long.keys() if layout.landmark is not None else len(layout.joints) >= ENOUGH


def read(path: Path, given: Given) -> Recording:
    """The landmarks at `path`; see the module's docstring."""
    if path.suffix.lower() == ".json":
        return landmark_json.read(path, given, SCORES)
    return landmark_csv.read(path, given, BLAZEPOSE33.joints, SCORES)
