"""Strokes on a rowing ergometer: legs, then trunk, then arms in the drive; arms, trunk, legs in the recovery.

Knee flexion, trunk lean and elbow flexion run from stop to stop with minimum jerk; the feet are strapped in, the hips
roll on the seat at constant height, the hands follow at the handle's height. At the catch only the legs turn, at the
finish only the arms, everything else stands still there: so the handle turns at exactly these times.
"""

from dataclasses import dataclass

import numpy as np

from kinebench.synthetic.body import Body, Posture, assemble
from kinebench.synthetic.tracks import Sway, Track

SEAT_HEIGHT_M = 0.36
ANKLE_HEIGHT_M = 0.285
FOOT_PITCH_DEG = 38.0
STROKE_PERIOD_S = 60 / 25.8
HANDLE_HALF_M = 0.19  # from the middle of the handle to the middle of each hand
WHOLE_STROKES_AROUND = 1  # strokes before the first and after the last that are counted, cut by the clip's ends


@dataclass(frozen=True)
class Stroke:
    """One stroke: catch, finish and next catch in seconds; the body's extremes in degrees."""

    catch_s: float
    finish_s: float
    end_s: float
    catch_knee_deg: float
    finish_knee_deg: float
    catch_lean_deg: float
    finish_lean_deg: float
    finish_elbow_deg: float

    def event_times(self) -> dict[str, float]:
        """The events by the names of the repetitions table."""
        return {"start_s": self.catch_s, "catch_s": self.catch_s, "finish_s": self.finish_s, "end_s": self.end_s}


@dataclass(frozen=True)
class Rowing:
    """The motion: `posture(time_s)` at any times, `repetitions` with the true event times."""

    body: Body
    repetitions: tuple[Stroke, ...]
    duration_s: float
    knee: Track
    lean: Track
    elbow: Track
    handle_height: Track
    nod: Sway

    @classmethod
    def seeded(cls, body: Body, repetitions: int, tempo: float, random: np.random.Generator) -> "Rowing":
        """`tempo` 1 rows at about 26 strokes a minute, drifting by 2 up and down with the seed."""
        around = WHOLE_STROKES_AROUND
        count = repetitions + 2 * around
        drift = random.uniform(0, 2 * np.pi)
        waves = 1 + 0.065 * np.sin(drift + np.linspace(0, 1.5 * np.pi, count)) + random.uniform(-0.02, 0.02, count)
        strokes: list[Stroke] = []
        start = 0.0
        for period in STROKE_PERIOD_S / tempo * waves:
            strokes.append(_stroke(start, float(period), random))
            start = strokes[-1].end_s
        first, beyond = strokes[0], strokes[-1]
        begin = first.finish_s + 0.30 * (first.end_s - first.finish_s)
        strokes = [_shifted(stroke, -begin) for stroke in strokes]
        end = beyond.catch_s - begin + 0.97 * (beyond.finish_s - beyond.catch_s)
        counted = tuple(strokes[around:-around])
        return cls(body, counted, end, *_tracks(body, strokes), Sway.seeded(0.8, random))

    def hip(self, time_s: np.ndarray) -> np.ndarray:
        """Mid-hip x and z, shape (times, 2): where the knee's flexion puts it, at the seat's height."""
        flexion = np.radians(self.knee(time_s))
        thigh, shank = self.body.thigh, self.body.shank
        reach = np.sqrt(thigh**2 + shank**2 + 2 * thigh * shank * np.cos(flexion))
        height = SEAT_HEIGHT_M + self.body.hip_over_seat
        return np.stack([-np.sqrt(reach**2 - (height - ANKLE_HEIGHT_M) ** 2), np.full(len(reach), height)], -1)

    def trunk_lean(self, time_s: np.ndarray) -> np.ndarray:
        """Lean in degrees."""
        return self.lean(time_s)

    def joints(self, time_s: np.ndarray) -> dict[str, np.ndarray]:
        """The joints of `body.assemble` at `time_s`, shape (times,)."""
        return assemble(self.body, self.posture(time_s))

    def posture(self, time_s: np.ndarray) -> Posture:
        """The body's posture at `time_s`, shape (times,)."""
        hip, lean = self.hip(time_s), self.lean(time_s)
        return Posture(
            hip=hip,
            trunk_lean=lean,
            head_pitch=0.25 * lean + 5.0 + self.nod(time_s),
            ankle_x=(0.0, 0.0),
            ankle_z=ANKLE_HEIGHT_M,
            foot_pitch=FOOT_PITCH_DEG,
            **self._arms(time_s, hip, lean),
        )

    def handle(self, time_s: np.ndarray) -> np.ndarray:
        """Middle of the handle, shape (times, 3)."""
        posture = self.posture(time_s)
        hand = posture.wrist + 0.62 * self.body.hand * posture.grip
        return hand.mean(axis=1)

    def _arms(self, time_s: np.ndarray, hip: np.ndarray, lean: np.ndarray) -> dict[str, np.ndarray]:
        body, angle = self.body, np.radians(lean)
        flexion = np.radians(self.elbow(time_s))
        reach = np.sqrt(body.upper_arm**2 + body.forearm**2 + 2 * body.upper_arm * body.forearm * np.cos(flexion))
        shoulder_x, shoulder_z = hip[:, 0] + body.trunk * np.sin(angle), hip[:, 1] + body.trunk * np.cos(angle)
        z = self.handle_height(time_s)
        x = shoulder_x + np.sqrt(reach**2 - (z - shoulder_z) ** 2 - (HANDLE_HALF_M - body.shoulder_half) ** 2)
        ones, zeros = np.ones_like(x), np.zeros_like(x)
        sides = (-1.0, 1.0)
        wrist = np.stack([np.stack([x, side * HANDLE_HALF_M * ones, z], -1) for side in sides], 1)
        hint = np.stack([np.stack([-0.5 * ones, side * 0.35 * ones, -ones], -1) for side in sides], 1)
        grip = np.stack([np.stack([ones, zeros, zeros], -1) for _ in sides], 1)
        palm = np.stack([np.stack([zeros, -side * ones, zeros], -1) for side in sides], 1)
        return {"wrist": wrist, "elbow_hint": hint, "grip": grip, "palm": palm}


def _stroke(catch: float, period: float, random: np.random.Generator) -> Stroke:
    drive = period / (1 + 1.6 * random.uniform(0.92, 1.08))
    return Stroke(
        catch_s=catch,
        finish_s=catch + drive,
        end_s=catch + period,
        catch_knee_deg=random.uniform(119, 124),
        finish_knee_deg=random.uniform(7, 11),
        catch_lean_deg=random.uniform(25, 29),
        finish_lean_deg=random.uniform(-23, -19),
        finish_elbow_deg=random.uniform(98, 106),
    )


def _shifted(stroke: Stroke, by_s: float) -> Stroke:
    angles = {name: value for name, value in vars(stroke).items() if not name.endswith("_s")}
    return Stroke(stroke.catch_s + by_s, stroke.finish_s + by_s, stroke.end_s + by_s, **angles)


def _tracks(body: Body, strokes: list[Stroke]) -> tuple[Track, Track, Track, Track]:
    """Knee, trunk lean, elbow and handle height; turning accelerations are shares of what the drive would need."""
    low, middle, high = (share * body.height_m for share in (0.385, 0.392, 0.415))
    knee: list = []
    lean: list = []
    elbow: list = []
    height: list = []
    for one, after in zip(strokes, [*strokes[1:], strokes[-1]], strict=True):
        drive, recovery = one.finish_s - one.catch_s, one.end_s - one.finish_s
        catch, finish = one.catch_s, one.finish_s
        legs_turn = -0.42 * 4.9 * (one.catch_knee_deg - one.finish_knee_deg) / (0.64 * drive) ** 2
        arms_turn = -0.60 * 4.9 * (one.finish_elbow_deg - 6) / (0.40 * drive) ** 2
        knee += [
            (catch, one.catch_knee_deg, legs_turn),
            (catch + 0.66 * drive, one.finish_knee_deg),
            (finish + 0.36 * recovery, one.finish_knee_deg),
        ]
        lean += [
            (catch + 0.18 * drive, one.catch_lean_deg),
            (finish, one.finish_lean_deg),
            (finish + 0.12 * recovery, one.finish_lean_deg),
            (finish + 0.62 * recovery, after.catch_lean_deg),  # the lean of the catch that follows, held through it
        ]
        elbow += [
            (catch + 0.52 * drive, 6.0),
            (finish, one.finish_elbow_deg, arms_turn),
            (finish + 0.36 * recovery, 6.0),
        ]
        height += [(catch, middle), (finish, high), (finish + 0.35 * recovery, low)]
    return Track.of(knee), Track.of(lean), Track.of(elbow), Track.of(height)
