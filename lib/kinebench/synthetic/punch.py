"""Straight punches with the rear hand, from a boxer's guard and back into it, at a pace at which technique is trained.

The far foot leads, the near hand punches, so that from the side the chest is open to the camera and nothing hides the
arm that works. Everything leaves the guard at the start of a punch; the pelvis has turned before the hand arrives. At
the impact trunk and arm stand still, at the end all is in the guard again. The far arm keeps its guard, carried by the
shoulder.

A fault that can be chosen: in the middle one of the punches the elbow is bent by `BENT_ELBOW_DEG` more at impact, as
of someone who doesn't extend the arm.
"""

from dataclasses import dataclass

import numpy as np

from kinebench.errors import KinebenchError
from kinebench.synthetic.body import FOOT_MARK_M, LATERAL, Body, hand, head, trunk_frame, two_links
from kinebench.synthetic.faults import Fault
from kinebench.synthetic.tracks import Sway, Track

BENT_ELBOW = "bent-elbow"
FAULTS = (BENT_ELBOW,)
BENT_ELBOW_DEG = 40.0
LEAD_IN_S = 1.0
LEAD_OUT_S = 1.0
SNAP = 0.30  # how sharply the arm turns round at impact, as a share of what the way there takes
# Angles in the guard and at impact. Turns are seen from above, positive with the near side forward.
PELVIS_TURN_DEG = (-22.0, 18.0)
TRUNK_TURN_DEG = (-30.0, 34.0)
TRUNK_LEAN_DEG = (6.0, 13.0)
HEEL_LIFT_DEG = (7.0, 25.0)  # of the near, rear foot, which turns about its toes
ARM_UP_DEG = (1.0, 8.0)  # shoulder to wrist of the punching arm, above the horizontal and towards the middle
ARM_INWARD_DEG = (12.0, 8.0)
FAR_ELBOW_DEG = 118.0
FAR_UP_DEG = 8.0
FAR_INWARD_DEG = 7.0
# Places as shares of stature; the legs' length that the hips stand above the ankles.
FOOT_AHEAD = {"left": 0.125, "right": -0.140}  # of the ankle flat on the floor
FOOT_ASIDE = {"left": 0.060, "right": 0.080}
PELVIS_AHEAD = (-0.014, 0.032)
STAND = (0.943, 0.947)


@dataclass(frozen=True)
class Punching:
    """One punch: the hand leaves the guard, the arm is straightest, the hand is back; times in seconds."""

    start_s: float
    impact_s: float
    end_s: float
    guard_elbow_deg: float
    impact_elbow_deg: float

    def event_times(self) -> dict[str, float]:
        """The events by the names of the repetitions table."""
        return {name: getattr(self, name) for name in ("start_s", "impact_s", "end_s")}


@dataclass(frozen=True)
class Punch:
    """The motion: `joints(time_s)` at any times, `repetitions` with the true event times."""

    body: Body
    repetitions: tuple[Punching, ...]
    fault: Fault | None
    strike: Track
    pelvis: Track
    elbow: Track
    sway: Sway
    nod: Sway

    @classmethod
    def seeded(
        cls, body: Body, repetitions: int, tempo: float, random: np.random.Generator, fault: str = ""
    ) -> "Punch":
        """`tempo` 1 reaches out in about 0.4 s; the same seed gives the same punches with and without `fault`."""
        if fault not in ("", *FAULTS):
            raise KinebenchError(f"fault must be one of {', '.join(FAULTS)} or empty, but got {fault!r}.")
        plan = []
        start = LEAD_IN_S
        for _ in range(repetitions):
            one = _punching(start, 1 / tempo, random)
            plan.append(one)
            start = one.end_s + random.uniform(0.35, 0.60) / tempo
        sway, nod = Sway.seeded(0.25, random), Sway.seeded(0.6, random)
        faulty = repetitions // 2 if fault else None
        strike, pelvis = _share_track(plan, 1.0), _share_track(plan, 0.8)
        flaw = None if faulty is None else _flaw(plan, faulty)
        return cls(body, tuple(plan), flaw, strike, pelvis, _elbow_track(plan, faulty), sway, nod)

    @property
    def duration_s(self) -> float:
        """Until a second after the last punch is back in the guard."""
        return self.repetitions[-1].end_s + LEAD_OUT_S

    def joints(self, time_s: np.ndarray) -> dict[str, np.ndarray]:
        """The joints of `body.assemble` at `time_s`, shape (times,); both feet stay where they stand."""
        time_s = np.asarray(time_s, dtype=float)
        body, strike, turning = self.body, self.strike(time_s), self.pelvis(time_s)
        lean = _between(TRUNK_LEAN_DEG, strike) + self.sway(time_s)
        pelvis = self._pelvis(turning)
        _, up = trunk_frame(lean)
        neck = pelvis + body.trunk * up
        hips = body.hip_half * _leftward(_between(PELVIS_TURN_DEG, turning), 0 * lean)
        shoulders = body.shoulder_half * _leftward(_between(TRUNK_TURN_DEG, strike), lean)
        joints = {"pelvis": pelvis, "neck": neck}
        heel_lift = {"right": _between(HEEL_LIFT_DEG, turning), "left": np.zeros_like(strike)}
        for side, sign in LATERAL.items():
            joints[f"{side}_hip"] = pelvis + sign * hips
            joints[f"{side}_shoulder"] = neck + sign * shoulders
            joints |= _leg(body, side, joints[f"{side}_hip"], heel_lift[side])
        far = np.full_like(strike, FAR_ELBOW_DEG), np.full_like(strike, FAR_UP_DEG), FAR_INWARD_DEG + 0 * strike
        near = self.elbow(time_s), _between(ARM_UP_DEG, strike), _between(ARM_INWARD_DEG, strike)
        joints |= _arm(body, "right", joints["right_shoulder"], *near, palm_turn=strike)
        joints |= _arm(body, "left", joints["left_shoulder"], *far, palm_turn=0 * strike)
        return joints | head(body, lean, 0.3 * lean + 8.0 + self.nod(time_s), neck)

    def _pelvis(self, turning: np.ndarray) -> np.ndarray:
        legs = self.body.thigh + self.body.shank
        ahead, height = _between(PELVIS_AHEAD, turning), _between(STAND, turning)
        return np.stack([self.body.height_m * ahead, 0 * ahead, self.body.ankle_height + legs * height], -1)


def _punching(start: float, slow: float, random: np.random.Generator) -> Punching:
    impact = start + slow * random.uniform(0.37, 0.44)
    return Punching(
        start_s=start,
        impact_s=impact,
        end_s=impact + slow * random.uniform(0.44, 0.54),
        guard_elbow_deg=random.uniform(128.0, 132.0),
        impact_elbow_deg=random.uniform(6.0, 11.0),
    )


def _flaw(plan: list[Punching], repetition: int) -> Fault:
    one = plan[repetition]
    return Fault(BENT_ELBOW, "elbow_flexion", "more bent", repetition, one.start_s, one.impact_s, one.end_s)


def _share_track(plan: list[Punching], arrived: float) -> Track:
    """From the guard, 0, to the impact, 1, and back; there when `arrived` of the time to the impact is over."""
    knots: list[tuple[float, float]] = []
    for one in plan:
        there = one.start_s + arrived * (one.impact_s - one.start_s)
        knots += [(one.start_s, 0.0), (there, 1.0)]
        knots += [(one.impact_s, 1.0)] if there < one.impact_s else []
        knots += [(one.end_s, 0.0)]
    return Track.of(knots)


def _elbow_track(plan: list[Punching], faulty: int | None) -> Track:
    knots: list[tuple[float, float] | tuple[float, float, float]] = []
    for number, (one, after) in enumerate(zip(plan, [*plan[1:], plan[-1]], strict=True)):
        straightest = one.impact_elbow_deg + (BENT_ELBOW_DEG if number == faulty else 0.0)
        turn = SNAP * 4.9 * (one.guard_elbow_deg - straightest) / (one.impact_s - one.start_s) ** 2
        knots += [
            (one.start_s, one.guard_elbow_deg),
            (one.impact_s, straightest, turn),
            (one.end_s, after.guard_elbow_deg),
        ]
    return Track.of(knots)


def _between(ends: tuple[float, float], share: np.ndarray) -> np.ndarray:
    return ends[0] + (ends[1] - ends[0]) * share


def _leftward(turn_deg: np.ndarray, lean_deg: np.ndarray) -> np.ndarray:
    """Unit vectors (times, 3) to the left of a trunk that leans and is turned about its own length."""
    forward, _ = trunk_frame(lean_deg)
    turn = np.radians(turn_deg)[:, None]
    return np.cos(turn) * np.array([0.0, 1.0, 0.0]) - np.sin(turn) * forward


def _leg(body: Body, side: str, hip: np.ndarray, heel_lift: np.ndarray) -> dict[str, np.ndarray]:
    """A leg whose toes stay where they are while the heel is lifted by so many degrees."""
    tall, rise = body.height_m, body.ankle_height - FOOT_MARK_M
    forward, up = trunk_frame(heel_lift)
    toes = np.array([(FOOT_AHEAD[side] + 0.105) * tall, LATERAL[side] * FOOT_ASIDE[side] * tall, FOOT_MARK_M])
    sole = toes - 0.105 * tall * forward
    ankle = sole + rise * up
    knee = two_links(hip, ankle, body.thigh, body.shank, np.array([1.0, 0.0, 0.2]))
    return {
        f"{side}_knee": knee,
        f"{side}_ankle": ankle,
        f"{side}_heel": sole - 0.030 * tall * forward,
        f"{side}_foot_index": sole + 0.105 * tall * forward,
    }


def _arm(
    body: Body,
    side: str,
    shoulder: np.ndarray,
    flexion_deg: np.ndarray,
    up_deg: np.ndarray,
    inward_deg: np.ndarray,
    *,
    palm_turn: np.ndarray,
) -> dict[str, np.ndarray]:
    """An arm bent by `flexion_deg` whose wrist lies ahead of the shoulder; the elbow points down and a little out.

    palm_turn: 0 with the thumb up and towards the face, 1 with the palm down, as the fist arrives.
    """
    inward = np.array([0.0, -LATERAL[side], 0.0])
    elevation, aside = np.radians(up_deg)[:, None], np.radians(inward_deg)[:, None]
    level = np.cos(aside) * np.array([1.0, 0.0, 0.0]) + np.sin(aside) * inward
    along = np.cos(elevation) * level + np.sin(elevation) * np.array([0.0, 0.0, 1.0])
    upper, fore = body.upper_arm, body.forearm
    reach = np.sqrt(upper**2 + fore**2 + 2 * upper * fore * np.cos(np.radians(flexion_deg)))
    wrist = shoulder + reach[:, None] * along
    hint = np.array([-0.1, 0.0, -1.0]) - 0.3 * inward
    elbow = two_links(shoulder, wrist, upper, fore, np.broadcast_to(hint, wrist.shape))
    grip = (wrist - elbow) / fore
    back = np.cross(grip, inward) * -LATERAL[side]
    back /= np.linalg.norm(back, axis=-1, keepdims=True)
    turn = np.radians(90 * palm_turn)[:, None]
    palm = np.cos(turn) * back + np.sin(turn) * np.cross(back, grip) * -LATERAL[side]
    return {f"{side}_elbow": elbow, **hand(body, side, wrist, grip, palm)}
