"""Which of the reference movements a clip shows, and from where it is seen; or that it shows none of them.

Every reference is laid on the clip as it is and as in a mirror, so that a movement filmed from the right is known again
from the left. What stands nearest is shown, if it is nearer than `NONE_FROM`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from kinebench import keypoints, skeleton
from kinebench.comparison.trajectories import Trajectories, trajectories
from kinebench.errors import KinebenchError
from kinebench.references.library import EMPTY
from kinebench.references.matching import PIECE_S, STILL_TRUNKS, match, movement
from kinebench.references.record import Reference
from kinebench.references.views import MIRRORED, SPOKEN, View, view_of

NONE_FROM = 0.8
"""From this distance on a clip shows none of the references. At 1 somebody stands still (see `matching`); the same
movement of other synthetic people (stature 1.55 to 1.95 m, tempo 0.7 to 1.4, cameras turned by up to 12 deg, 2 px of
noise) lies at 0.1 to 0.6, other movements than those of the library lie from 1.0 on."""
SURE_BELOW = {"left": 0.45, "right": 0.45, "front": 0.6, "behind": 0.6}
"""A clip that lies farther is recognised with a doubt: from the side those synthetic people lie below 0.25, rendered
ones whom BlazePose found below 0.41, but a squat taken for a rise from a chair, or the other way about, from 0.49 on.
From the front much of a movement goes along the line of sight: what is left is smaller beside what bodies differ by."""
SURE_MARGIN = 0.25
"""So is one to which another movement is nearly as near."""
RATE_HZ = 30.0
JOINTS = tuple(
    f"{side}_{part}" for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle") for side in skeleton.SIDES
)
"""The limbs' joints, which every network tells; face and feet would tie a library to one network."""
LEAST_JOINTS = 6
LEAST_MOVEMENT = 0.6
"""Share of a reference's movement that the joints which both have must hold."""
LEAST_TEMPO = 3.0
"""A reference, or a piece of one, that lasts more than this many times as long as the clip cannot be in it."""
TURNED_PRICE = 1.1
"""A reference that must be turned over gives way to one as it is that is nearly as near: seen from the front, many
movements are their own mirror image."""
COLUMNS = ("action", "reference", "view", "mirrored", "distance", "course", "posture_trunks", "start_s", "stop_s")


@dataclass(frozen=True, eq=False)
class Recognised:
    """What a clip shows.

    action: None where it shows none of the references; reference: the name of the nearest one, mirrored: seen in a
    mirror; view: one of `views.VIEWS`, None where it cannot be told; distance: 0 the same, 1 as far as standing still;
    margin: how much nearer it is than the nearest other action, or than standing still, as share of that; negative for
    none; doubt: "" or why the answer is in doubt; ranking: a row a reference, nearest first, with `COLUMNS`; left_out:
    name of a reference -> why it could not be compared.
    """

    action: str | None
    reference: str
    mirrored: bool
    view: str | None
    distance: float
    margin: float
    doubt: str
    ranking: pd.DataFrame
    left_out: Mapping[str, str]

    @property
    def words(self) -> str:
        """The verdict in one line."""
        seen = f"seen from {SPOKEN[self.view]}" if self.view else "the view cannot be told"
        if self.action is None:
            return (
                f"none of the references, {seen}: the nearest, {self.ranking.iloc[0]['action']}, is at "
                f"{self.distance:.2f}, where {NONE_FROM:g} is the limit and 1 is standing still"
            )
        sure = f"; in doubt: {self.doubt}" if self.doubt else ""
        return f"{self.action}, {seen}, distance {self.distance:.2f}, margin {100 * self.margin:.0f} %{sure}"


def recognise(table: pd.DataFrame, references: Sequence[Reference]) -> Recognised:
    """What the (smoothed) keypoint table of a clip shows. KinebenchError where there is nothing to compare it with."""
    if not references:
        raise KinebenchError(EMPTY)
    part = _seen_part(table)
    # Turning the clip over is turning every reference over, done once.
    query = {mirror: _ways(part, "The clip", mirror=mirror) for mirror in (False, True)}
    rows, left_out = [], {}
    for one in references:
        try:
            rows.append(_row(one, query))
        except KinebenchError as error:
            left_out[one.name] = str(error)
    if not rows:
        reasons = "; ".join(f"{name}: {why}" for name, why in left_out.items())
        raise KinebenchError(f"The clip must be comparable with a reference, but is with none ({reasons}).")
    ranking = pd.DataFrame(rows, columns=list(COLUMNS))
    price = ranking["distance"] * np.where(ranking["mirrored"], TURNED_PRICE, 1.0)
    ranking = ranking.iloc[np.argsort(price, kind="stable")].reset_index(drop=True)
    return _verdict(ranking, _view(part), left_out)


def _verdict(ranking: pd.DataFrame, seen: View | None, left_out: Mapping[str, str]) -> Recognised:
    best = ranking.iloc[0]
    others = ranking.loc[ranking["action"] != best["action"], "distance"]
    # Standing still is always one of the other things that a person may do.
    second = min([*others, 1.0])
    distance, margin = float(best["distance"]), float((second - best["distance"]) / second)
    known = distance < NONE_FROM
    view = str(best["view"]) if known else seen.value if seen else None
    return Recognised(
        action=str(best["action"]) if known else None,
        reference=str(best["reference"]),
        mirrored=bool(best["mirrored"]),
        view=view,
        distance=distance,
        margin=margin,
        doubt=_doubt(ranking, distance, margin, seen) if known else "",
        ranking=ranking,
        left_out=left_out,
    )


def _doubt(ranking: pd.DataFrame, distance: float, margin: float, seen: View | None) -> str:
    best = ranking.iloc[0]
    others = ranking.loc[ranking["action"] != best["action"], "action"]
    reasons = []
    if distance >= SURE_BELOW[best["view"]]:
        reasons.append(f"it lies {distance:.2f} off, farther than other people's same movement usually does")
    if margin < SURE_MARGIN:
        reasons.append(f"{others.iloc[0] if len(others) else 'standing still'} is nearly as near")
    if seen is not None and seen.value != best["view"]:
        reasons.append(f"by its breadth the body is seen from {SPOKEN[seen.value]}")
    return "; ".join(reasons)


def _row(one: Reference, query: Mapping[bool, Trajectories]) -> tuple[object, ...]:
    """The reference beside the clip as it is or as in a mirror, whichever is nearer: the values of `COLUMNS`."""
    own = _of_reference(one)
    turns, reasons = [], []
    for turned, ways in query.items():
        try:
            turns.append((match(*_shared(own, ways)), turned))
        except KinebenchError as error:
            reasons.append(str(error))
    if not turns:
        raise KinebenchError(reasons[0])
    found, mirrored = min(turns, key=lambda turn: turn[0].distance * (TURNED_PRICE if turn[1] else 1))
    view = MIRRORED[one.view] if mirrored else one.view
    stretch = (found.start_s, found.stop_s)
    return one.action, one.name, view, mirrored, found.distance, found.course, found.posture, *stretch


@lru_cache(maxsize=64)
def _of_reference(one: Reference) -> Trajectories:
    """Worked out once for a library that several clips are held against."""
    return _ways(one.keypoints, "The reference")


def _ways(table: pd.DataFrame, what: str, *, mirror: bool = False) -> Trajectories:
    """The ways of those of `JOINTS` that are seen."""
    wanted = [joint for joint in keypoints.joints(table) if joint in JOINTS]
    ways = trajectories(table[wanted], rate_hz=RATE_HZ, joints=JOINTS, mirror=mirror)
    if len(ways.joints) < LEAST_JOINTS:
        raise KinebenchError(
            f"{what} must show at least {LEAST_JOINTS} of shoulders, elbows, wrists, hips, knees and ankles, but shows "
            f"{', '.join(ways.joints) or 'none'}"
        )
    return ways


def _shared(reference: Trajectories, query: Trajectories) -> tuple[Trajectories, Trajectories]:
    """Both with the joints that both have; KinebenchError where that is too little of the reference's movement."""
    shared = tuple(joint for joint in reference.joints if joint in query.joints)
    if len(shared) < LEAST_JOINTS:
        raise KinebenchError(f"only {len(shared)} of its joints are seen in the clip ({', '.join(shared) or 'none'})")
    moved = movement(reference)
    if moved.mean() < STILL_TRUNKS**2:
        raise KinebenchError("nothing moves in it")
    held = np.isin(reference.joints, shared)
    share = float(moved[held].sum() / moved.sum())
    if share < LEAST_MOVEMENT:
        lacking = ", ".join(np.array(reference.joints)[~held])
        raise KinebenchError(f"{100 * (1 - share):.0f} % of it is in joints not seen in the clip ({lacking})")
    if min(reference.duration_s, PIECE_S) > LEAST_TEMPO * query.duration_s:
        raise KinebenchError(f"it lasts {reference.duration_s:.2f} s, the clip only {query.duration_s:.2f} s")
    return reference.only(shared), query.only(shared)


def _seen_part(table: pd.DataFrame) -> pd.DataFrame:
    """From the first to the last frame with a hip and a shoulder in it: who walks through is not there all the time."""
    known = np.ones(len(table), dtype=bool)
    for part in ("hip", "shoulder"):
        sides = [np.isfinite(keypoints.points(table, f"{side}_{part}")).all(axis=1) for side in skeleton.SIDES]
        known &= sides[0] | sides[1]
    frames = np.flatnonzero(known)
    if len(frames) < 2:
        raise KinebenchError(
            "The clip must show a hip and a shoulder together in at least two frames, but does not. Film the whole "
            "person."
        )
    return table.iloc[frames[0] : frames[-1] + 1]


def _view(table: pd.DataFrame) -> View | None:
    try:
        return view_of(table)
    except KinebenchError:
        return None  # the verdict says that it cannot be told
