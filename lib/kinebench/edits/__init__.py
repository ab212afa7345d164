"""Repairs by hand, as plain entries of a clip's parameter file: obeyed by every run, never a change of the detections.

An edit says what, when in the clip, the old and the new value, and who. Keypoints are edited before smoothing, the
person before that, repetitions after they were found and before anything is measured in them. An edit that no longer
fits, because another network or another stretch is analysed, is not applied, and the report says so.
"""

from kinebench.edits import places, repetitions
from kinebench.edits.entry import (
    ACCEPTED,
    ADDED,
    BOUNDARY,
    EVERY_JOINT,
    KINDS,
    LIMBS,
    MOVED,
    PERSON,
    REJECTED,
    SWAPPED,
    UNUSABLE,
    Edit,
    Repairs,
    Unfit,
    counted,
)
from kinebench.edits.places import Repaired, frame_of
from kinebench.edits.repetitions import BY_HAND

__all__ = [
    "ACCEPTED",
    "ADDED",
    "BOUNDARY",
    "BY_HAND",
    "EVERY_JOINT",
    "KINDS",
    "LIMBS",
    "MOVED",
    "PERSON",
    "REJECTED",
    "SWAPPED",
    "UNUSABLE",
    "Edit",
    "Repaired",
    "Repairs",
    "Unfit",
    "counted",
    "frame_of",
    "places",
    "repetitions",
]
