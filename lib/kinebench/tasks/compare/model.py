"""Which reference a clip is compared with: the one that is named, or the one of the library that the clip shows."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from kinebench import geometry, kinematics, places, references, scale
from kinebench.comparison.trajectories import mirrored
from kinebench.errors import KinebenchError
from kinebench.references import library
from kinebench.references.views import MIRRORED
from kinebench.scale import Scaling


@dataclass(frozen=True, eq=False)
class Model:
    """The reference as the clip shows it: turned over where the clip is its mirror image.

    keypoints, signals: tables on the reference's own times; how: in words, how it was chosen; doubt: "" or why the
    choice is in doubt; turned: whether left and right were changed.
    """

    reference: references.Reference
    keypoints: pd.DataFrame
    signals: pd.DataFrame
    turned: bool
    how: str
    doubt: str = ""


def choose(table: pd.DataFrame, wanted: str | None, mirror: str) -> Model:
    """The reference for the keypoint table of a clip.

    wanted: a name or a file, or None: the one that the clip shows; mirror: whether it may be turned over, as in
    `Comparing`. KinebenchError where there is none, or where it is seen from another side than the clip.
    """
    if wanted is None:
        return _recognised(table, mirror)
    one = library.read(places.ROOT / wanted) if Path(wanted).suffix == ".yaml" else library.load(wanted)
    seen = references.view_of(table)
    turned = _turned(one, seen, mirror)
    return _made(one, turned, f"{one.name}, as given")


def _recognised(table: pd.DataFrame, mirror: str) -> Model:
    held, _ = library.everything()
    found = references.recognise(table, held)
    if found.action is None:
        raise KinebenchError(
            f"task compare needs a movement that is in the library, but the clip shows {found.words}. Name a reference "
            "with --set reference=NAME, or add one with `kinebench reference add`."
        )
    one = next(each for each in held if each.name == found.reference)
    if found.mirrored and mirror == "no":
        raise KinebenchError(
            f"task compare needs a clip seen as the reference {one.name} is, with mirror no, but it is its mirror "
            "image. Set mirror to auto, or add a reference of that side."
        )
    return _made(one, found.mirrored, f"{one.name}, recognised among {len(held)}: {found.words}", found.doubt)


def _turned(one: references.Reference, seen: references.View, mirror: str) -> bool:
    """Whether the reference must be turned over to be seen as the clip is."""
    ways = {"no": (False,), "yes": (True,), "auto": (False, True)}[mirror]
    for turned in ways:
        if (MIRRORED[one.view] if turned else one.view) == seen.value:
            return turned
    wanted = " or ".join(dict.fromkeys(MIRRORED[one.view] if turned else one.view for turned in ways))
    raise KinebenchError(
        f"task compare needs a clip seen from where its reference is ({one.name}: {wanted}), but this one is seen "
        f"from {seen.value}. Film from there, or choose a reference of that view (`kinebench reference list`)."
    )


def _made(one: references.Reference, turned: bool, how: str, doubt: str = "") -> Model:
    table = mirrored(one.keypoints) if turned else one.keypoints
    calibration = scale.calibrate(table, table, Scaling())
    shown = replace(one, view=MIRRORED[one.view]) if turned else one
    return Model(shown, table, kinematics.signals(table, calibration), turned, how, doubt)


def apart_deg(model: Model, clip: pd.DataFrame) -> float:
    """How far the line of sight to the person of a keypoint table is from that to the reference's; NaN where unknown.

    clip: the frames of the movements alone, since who stands in guard is turned otherwise than who punches.
    """
    try:
        headings = [references.view_of(table).heading_deg for table in (model.keypoints, clip)]
    except KinebenchError:
        return float("nan")  # the check says that it could not be told
    return float(abs(geometry.about(np.array(headings[0] - headings[1]), 0.0)))
