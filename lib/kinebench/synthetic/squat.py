"""Squats with a barbell on the back: one course of the depth, from which knees, hips and trunk follow.

A repetition runs with minimum jerk from standing to the bottom, turns there and comes up again. Thigh and shank turn in
step with it, the heels stay on the floor, and the trunk leans so far that the bar stays above the middle of the foot.
So every angle and height turns at the very times that the events name, nothing is detected. The set tires: each ascent
is slower than the one before it but for a little chance; one repetition of three or more is cut short above parallel,
and in another one the knees come in.
"""

from dataclasses import dataclass

import numpy as np

from kinebench.synthetic.body import FOOT_MARK_M, LATERAL, Body, Posture, assemble, trunk_frame
from kinebench.synthetic.tracks import Sway, Track

STANDING_SHANK_DEG, PARALLEL_SHANK_DEG = 5.0, 29.0
STANDING_THIGH_DEG = -1.0
TOES_OUT_DEG = 14.0
ANKLE_HALF = 0.085  # half the distance between the ankles, of stature: wider than the hips, narrower than the shoulders
MID_FOOT = 0.026  # the middle of the foot ahead of the ankle, of stature
BAR_BACK, BAR_UP = 0.047, 0.006  # the bar behind and above the middle of the shoulders, of stature
GRIP_HALF = 0.235  # half the distance between the hands, of stature
TURN = 6.0  # share of acceleration at the bottom; 0 would be a stop there
LEAD_IN_S, LEAD_OUT_S = 1.2, 1.0


@dataclass(frozen=True)
class Repetition:
    """One descent and ascent: times in seconds, depth in degrees, knees in metres from the middle.

    depth_deg: thigh below the horizontal at the bottom (negative: the hip stays above); bottom_knee_m: half the
    distance between the knees at the bottom; inward_knee_m: the same where it is least, a little after the bottom.
    """

    start_s: float
    bottom_s: float
    end_s: float
    depth_deg: float
    bottom_knee_m: float
    inward_knee_m: float

    def event_times(self) -> dict[str, float]:
        """The events by the names of the repetitions table."""
        return {"start_s": self.start_s, "bottom_s": self.bottom_s, "end_s": self.end_s}


@dataclass(frozen=True)
class Squat:
    """The motion: `joints(time_s)` at any times, `repetitions` with the true event times.

    progress: 0 standing, 1 with the thigh horizontal; knee_half: half the distance between the knees in metres.
    """

    body: Body
    repetitions: tuple[Repetition, ...]
    progress: Track
    knee_half: Track
    nod: Sway

    @classmethod
    def seeded(cls, body: Body, repetitions: int, tempo: float, random: np.random.Generator) -> "Squat":
        """`tempo` 1 comes up in about a second, 2 in half of that; depth, speed and pauses vary by the seed."""
        plan: list[Repetition] = []
        start = LEAD_IN_S
        # One of the repetitions between the first and the last is cut short, in another one the knees come in.
        odd = random.permutation(np.arange(1, repetitions)) if repetitions >= 3 else np.array([-1, -1])
        fastest, loss = random.uniform(0.64, 0.69) * body.height_m / 1.72, random.uniform(0.16, 0.24)
        for number in range(repetitions):
            tired = loss * number / max(repetitions - 1, 1) + random.uniform(0.0, 0.012)
            depth = random.uniform(-15.0, -11.0) if number == odd[0] else random.uniform(4.0, 12.0)
            one = _repetition(body, start, depth, fastest * (1 - tired), tempo, number == odd[1], random)
            plan.append(one)
            start = one.end_s + random.uniform(0.55, 1.05) / tempo
        return cls(body, tuple(plan), _progress(plan), _knees(body, plan), Sway.seeded(0.7, random))

    @property
    def duration_s(self) -> float:
        """Until a second after the last ascent."""
        return self.repetitions[-1].end_s + LEAD_OUT_S

    def hip(self, time_s: np.ndarray) -> np.ndarray:
        """Mid-hip x and z, shape (times, 2)."""
        return _legs(self.body, self.progress(time_s), self.knee_half(time_s))[1]

    def trunk_lean(self, time_s: np.ndarray) -> np.ndarray:
        """Lean in degrees."""
        return _lean(self.body, self.hip(time_s)[:, 0])

    def bar(self, time_s: np.ndarray) -> np.ndarray:
        """Middle of the bar, shape (times, 3): it moves rigidly with the top of the trunk."""
        hip = self.hip(time_s)
        return _bar(self.body, hip, _lean(self.body, hip[:, 0]))

    def joints(self, time_s: np.ndarray) -> dict[str, np.ndarray]:
        """The joints of `body.assemble` at `time_s`, shape (times,), and the middle of the bar as `bar`."""
        body = self.body
        knee, hip = _legs(body, self.progress(time_s), self.knee_half(time_s))
        lean = _lean(body, hip[:, 0])
        posture = Posture(
            hip=hip,
            trunk_lean=lean,
            head_pitch=0.30 * lean + 1.0 + self.nod(time_s),
            ankle_x=(0.0, 0.0),
            ankle_z=body.ankle_height,
            foot_pitch=0.0,
            **_arms(body, hip, lean),
        )
        joints = assemble(body, posture) | {"bar": _bar(body, hip, lean)}
        for side, out in LATERAL.items():  # the legs stand apart, which `assemble` does not know
            joints[f"{side}_knee"] = np.stack([knee[:, 0], out * self.knee_half(time_s), knee[:, 1]], -1)
            joints |= _foot(body, side, len(hip))
        return joints


def _repetition(
    body: Body, start: float, depth: float, velocity: float, tempo: float, inward: bool, random: np.random.Generator
) -> Repetition:
    """One repetition whose shoulders come up with a mean `velocity` in m/s (at tempo 1)."""
    ankle = ANKLE_HALF * body.height_m
    knee = ankle * (random.uniform(0.88, 0.93) if inward else random.uniform(1.16, 1.28))
    least = ankle * random.uniform(0.72, 0.78) if inward else knee
    standing, bottom = (_shoulder_height(body, *at) for at in ((0.0, _straight_knee(body)), (_share(depth), knee)))
    down = random.uniform(1.30, 1.65) / tempo
    up = (standing - bottom) / velocity / tempo
    return Repetition(start, start + down, start + down + up, depth, knee, least)


def _share(depth_deg: float) -> float:
    """Progress at which the thigh lies `depth_deg` below the horizontal."""
    return 1 + depth_deg / (90 + STANDING_THIGH_DEG)


def _straight_knee(body: Body) -> float:
    """Half the distance between the knees when standing: about half-way between those of hips and ankles."""
    return 0.5 * (body.hip_half + ANKLE_HALF * body.height_m)


def _shoulder_height(body: Body, progress: float, knee_half: float) -> float:
    hip = _legs(body, np.array([progress]), np.array([knee_half]))[1][0]
    lean = np.radians(_lean(body, hip[:1]))
    return float(hip[1] + body.trunk * np.cos(lean[0]))


def _legs(body: Body, progress: np.ndarray, knee_half: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Knee and mid-hip, x and z, shape (times, 2) each; the ankle stands at x = 0.

    How far knees and hips lie apart sideways is taken from the segments' lengths, so that these stay what they are.
    """
    shank = np.radians(STANDING_SHANK_DEG + (PARALLEL_SHANK_DEG - STANDING_SHANK_DEG) * progress)
    thigh = np.radians(STANDING_THIGH_DEG - (90 + STANDING_THIGH_DEG) * progress)
    lower = np.sqrt(body.shank**2 - (knee_half - ANKLE_HALF * body.height_m) ** 2)
    upper = np.sqrt(body.thigh**2 - (knee_half - body.hip_half) ** 2)
    knee = np.stack([lower * np.sin(shank), body.ankle_height + lower * np.cos(shank)], -1)
    return knee, knee + np.stack([upper * np.sin(thigh), upper * np.cos(thigh)], -1)


def _lean(body: Body, hip_x: np.ndarray) -> np.ndarray:
    """The trunk's lean in degrees that brings the bar above the middle of the foot."""
    back, up = BAR_BACK * body.height_m, body.trunk + BAR_UP * body.height_m
    return np.degrees(np.arcsin((MID_FOOT * body.height_m - hip_x) / np.hypot(back, up)) + np.arctan2(back, up))


def _bar(body: Body, hip: np.ndarray, lean: np.ndarray) -> np.ndarray:
    forward, up = trunk_frame(lean)
    pelvis = np.stack([hip[:, 0], np.zeros(len(hip)), hip[:, 1]], -1)
    return pelvis + (body.trunk + BAR_UP * body.height_m) * up - BAR_BACK * body.height_m * forward


def _foot(body: Body, side: str, count: int) -> dict[str, np.ndarray]:
    """Ankle, heel and foot index of a foot flat on the floor with its toes turned out, (times, 3) each."""
    out, turn = LATERAL[side], np.radians(TOES_OUT_DEG)
    ankle = np.array([0.0, out * ANKLE_HALF * body.height_m, body.ankle_height])
    sole = ankle * [1, 1, 0] + [0, 0, FOOT_MARK_M]
    forward = np.array([np.cos(turn), out * np.sin(turn), 0.0])
    marks = {"ankle": ankle, "heel": sole - 0.030 * body.height_m * forward}
    marks["foot_index"] = sole + 0.105 * body.height_m * forward
    return {f"{side}_{name}": np.repeat(point[None], count, axis=0) for name, point in marks.items()}


def _arms(body: Body, hip: np.ndarray, lean: np.ndarray) -> dict[str, np.ndarray]:
    """Hands on the bar, wider than the shoulders; elbows point down and a little back."""
    forward, up = trunk_frame(lean)
    bar = _bar(body, hip, lean)
    left = np.array([0.0, 1.0, 0.0])
    wrist, hint, grip, palm = [], [], [], []
    for out in LATERAL.values():
        along = _unit(0.95 * up - 0.20 * forward + 0.12 * out * left)
        hold = bar + GRIP_HALF * body.height_m * out * left - 0.010 * body.height_m * forward
        wrist.append(hold - 0.62 * body.hand * along)
        hint.append(-1.0 * up - 0.30 * forward + 0.05 * out * left)
        grip.append(along)
        palm.append(_unit(-out * left + 0.12 * up))
    stacked = (np.stack(parts, 1) for parts in (wrist, hint, grip, palm))
    return dict(zip(("wrist", "elbow_hint", "grip", "palm"), stacked, strict=True))


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def _progress(plan: list[Repetition]) -> Track:
    knots: list[tuple[float, float] | tuple[float, float, float]] = []
    for one in plan:
        deepest = _share(one.depth_deg)
        turn = -TURN * deepest / ((one.bottom_s - one.start_s) * (one.end_s - one.bottom_s))
        knots += [(one.start_s, 0.0), (one.bottom_s, deepest, turn), (one.end_s, 0.0)]
    return Track.of(knots)


def _knees(body: Body, plan: list[Repetition]) -> Track:
    """Half the distance between the knees; where they come in, most of all a little after the bottom."""
    straight = _straight_knee(body)
    knots: list[tuple[float, float]] = []
    for one in plan:
        after = one.bottom_s + 0.28 * (one.end_s - one.bottom_s)
        knots += [(one.start_s, straight), (one.bottom_s, one.bottom_knee_m)]
        knots += [(after, one.inward_knee_m), (one.end_s, straight)]
    return Track.of(knots)
