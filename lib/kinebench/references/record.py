"""What a reference movement is, and the text that stands for it beside its table of keypoints."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import yaml

from kinebench import keypoints
from kinebench.errors import KinebenchError, collected
from kinebench.references.views import VIEWS

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
"""Small letters alone: a file system may not tell `Squat` from `squat`. Nothing in it can lead out of the folder."""
NAME_RULE = "small letters, digits, - and _, at most 64, the first a letter or a digit"
ACTION = re.compile(r"[^\W_][^/\\]{0,63}")
"""What people call a movement, in any script; a path is none."""
DIGEST = re.compile(r"[0-9a-f]{64}")
KINDS: Mapping[str, Any] = {"action": str, "view": str, "made": str, "keypoints_sha256": str}
SOURCE_KINDS: Mapping[str, Any] = {
    "sha256": str,
    "estimator": str,
    "start_s": (int, float),
    "stop_s": (int, float),
    "smoothing": dict,
}


@dataclass(frozen=True)
class Source:
    """Where a reference comes from, without a word of whose it is.

    sha256: of the clip or recording; estimator: what found the keypoints; start_s, stop_s: the stretch, in the clip's
    own time; smoothing: the settings with which they were smoothed, empty where that is not known.
    """

    sha256: str
    estimator: str
    start_s: float
    stop_s: float
    smoothing: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Reference:
    """One reference movement.

    name: by which it is called; action: the movement that it shows, the same for all references that show it; view: one
    of `views.VIEWS`; made: the day, as 2026-11-21; keypoints: smoothed, `time_s` that of the clip it was taken from.
    """

    name: str
    action: str
    view: str
    source: Source
    made: str
    keypoints: pd.DataFrame

    @property
    def duration_s(self) -> float:
        """From its first frame to its last, in seconds."""
        time_s = keypoints.times(self.keypoints)
        return float(time_s[-1] - time_s[0])

    @property
    def joints(self) -> tuple[str, ...]:
        """Those that were seen at all."""
        table = self.keypoints
        return tuple(name for name in keypoints.joints(table) if np.isfinite(keypoints.points(table, name)).any())


def checked_name(name: str) -> str:
    """The name, or KinebenchError where it is none."""
    if not NAME.fullmatch(name):
        raise KinebenchError(f"--name must be of {NAME_RULE}, but got {name!r}. Choose another, as squat-right.")
    return name


def check(reference: Reference) -> None:
    """KinebenchError where what would be written could not be read again."""
    checked_name(reference.name)
    collected(
        [f"--action must be a few words on one line, without / and \\, but got {reference.action!r}."]
        * (not _is_action(reference.action))
        + [f"--view must be one of {', '.join(VIEWS)}, but got {reference.view!r}."] * (reference.view not in VIEWS)
        + ["The stretch must hold at least two frames. Choose a longer one."] * (len(reference.keypoints) < 2)
    )
    keypoints.check(reference.keypoints)


def written(reference: Reference, table: str, keypoints_sha256: str) -> str:
    """The text of a reference; table: the name of the file of its keypoints."""
    source = reference.source
    described = {
        "action": reference.action,
        "view": reference.view,
        "made": reference.made,
        "source": {
            "sha256": source.sha256,
            "estimator": source.estimator,
            "start_s": round(source.start_s, 6),
            "stop_s": round(source.stop_s, 6),
            "smoothing": dict(source.smoothing),
        },
        "keypoints_sha256": keypoints_sha256,
    }
    return f"# A reference movement; its table is {table}.\n" + yaml.safe_dump(
        described, allow_unicode=True, sort_keys=False
    )


def read(text: str) -> tuple[dict[str, Any], str]:
    """The inverse of `written`, every part checked; or an empty mapping, and why it is none."""
    try:
        held = yaml.safe_load(text)
    except yaml.YAMLError as error:
        return {}, f"cannot be read: {' '.join(str(error).split())[:160]}"
    if not isinstance(held, dict) or not isinstance(held.get("source"), dict):
        return {}, "does not describe a reference"
    source = held["source"]
    wrong = [key for key, kind in KINDS.items() if not isinstance(held.get(key), kind)]
    wrong += [f"source.{key}" for key, kind in SOURCE_KINDS.items() if not isinstance(source.get(key), kind)]
    wrong += [f"source.{key}" for key in source if key not in SOURCE_KINDS]
    if not wrong:
        fits = {
            "view": held["view"] in VIEWS,
            "action": _is_action(held["action"]),
            "keypoints_sha256": DIGEST.fullmatch(held["keypoints_sha256"]),
            "source.sha256": DIGEST.fullmatch(source["sha256"]),
            "source.estimator": source["estimator"].isprintable(),
        }
        wrong = [key for key, good in fits.items() if not good]
    return ({}, f"does not say, or not as it should: {', '.join(map(str, wrong))}") if wrong else (held, "")


def _is_action(text: str) -> bool:
    return bool(ACTION.fullmatch(text)) and text.isprintable()
