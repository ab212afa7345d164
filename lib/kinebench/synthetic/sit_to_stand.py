"""Five times up from a chair and down again: the hip's path, the trunk's lean, crossed arms.

While the buttocks rest on the seat the hip stands still. From seat-off to standing, and from the start of the descent
to seat contact, the hip travels with minimum jerk (its height exactly so); the trunk leans and straightens with
minimum jerk. Events are the knots of these courses, nothing is detected.
"""

from dataclasses import dataclass

import numpy as np

from kinebench.synthetic.body import Body, Posture, assemble, trunk_frame
from kinebench.synthetic.tracks import Sway, Track

SEAT_HEIGHT_M = 0.44
SEATED_SHANK_DEG = 13.0
SEATED_LEAN_DEG = 4.0
STANDING_SHANK_DEG = 3.5
STANDING_KNEE_DEG = 5.0
STANDING_LEAN_DEG = 2.0
FORWARD_FIRST = 0.45  # how much of the hip's forward way runs ahead of its upward way
LEAD_IN_S = 1.0
LEAD_OUT_S = 1.1


@dataclass(frozen=True)
class Repetition:
    """One rise and descent: times in seconds, peaks of trunk lean on the way up and down in degrees."""

    start_s: float
    seat_off_s: float
    standing_s: float
    descent_s: float
    seat_contact_s: float
    settled_s: float
    rise_lean_deg: float
    descent_lean_deg: float

    def event_times(self) -> dict[str, float]:
        """The events by the names of the repetitions table."""
        names = ("start_s", "seat_off_s", "standing_s", "descent_s", "seat_contact_s")
        return {name: getattr(self, name) for name in names} | {"end_s": self.seat_contact_s}


@dataclass(frozen=True)
class SitToStand:
    """The motion: `posture(time_s)` at any times, `repetitions` with the true event times."""

    body: Body
    repetitions: tuple[Repetition, ...]
    lean: Track
    rise: Track
    sway: Sway
    nod: Sway

    @classmethod
    def seeded(cls, body: Body, repetitions: int, tempo: float, random: np.random.Generator) -> "SitToStand":
        """`tempo` 1 takes about 3.6 s a repetition, 2 half of that; pauses and speeds vary by the seed."""
        plan = []
        start = LEAD_IN_S
        for _ in range(repetitions):
            one = _repetition(start, 1 / tempo, random)
            plan.append(one)
            start = one.settled_s + random.uniform(0.08, 0.65) / tempo
        sway, nod = Sway.seeded(0.25, random), Sway.seeded(0.8, random)
        return cls(body, tuple(plan), _lean_track(plan), _rise_track(plan), sway, nod)

    @property
    def duration_s(self) -> float:
        """Until about a second after the trunk has come to rest."""
        return self.repetitions[-1].settled_s + LEAD_OUT_S

    def trunk_lean(self, time_s: np.ndarray) -> np.ndarray:
        """Lean in degrees with sway."""
        return self.lean(time_s) + self.sway(time_s)

    def hip(self, time_s: np.ndarray) -> np.ndarray:
        """Mid-hip x and z, shape (times, 2): forward runs ahead of upward, as in a rise from a chair."""
        share = self.rise(time_s)
        seated, standing = seated_hip(self.body), standing_hip(self.body)
        x = seated[0] + (standing[0] - seated[0]) * (share + FORWARD_FIRST * share * (1 - share))
        return np.stack([x, seated[1] + (standing[1] - seated[1]) * share], -1)

    def joints(self, time_s: np.ndarray) -> dict[str, np.ndarray]:
        """The joints of `body.assemble` at `time_s`, shape (times,)."""
        return assemble(self.body, self.posture(time_s))

    def posture(self, time_s: np.ndarray) -> Posture:
        """The body's posture at `time_s`, shape (times,)."""
        lean = self.trunk_lean(time_s)
        hip = self.hip(time_s)
        arms = _crossed_arms(self.body, hip, lean)
        return Posture(
            hip=hip,
            trunk_lean=lean,
            head_pitch=0.42 * lean + 4.0 + self.nod(time_s),
            ankle_x=(0.0, 0.0),
            ankle_z=self.body.ankle_height,
            foot_pitch=0.0,
            **arms,
        )


def seated_hip(body: Body) -> np.ndarray:
    """Mid-hip x and z on the seat; the ankle stands at x = 0."""
    shank = np.radians(SEATED_SHANK_DEG)
    knee_x, knee_z = body.shank * np.sin(shank), body.ankle_height + body.shank * np.cos(shank)
    z = SEAT_HEIGHT_M + body.hip_over_seat
    return np.array([knee_x - np.sqrt(body.thigh**2 - (knee_z - z) ** 2), z])


def standing_hip(body: Body) -> np.ndarray:
    """Mid-hip x and z of quiet standing."""
    shank, thigh = np.radians(STANDING_SHANK_DEG), np.radians(STANDING_SHANK_DEG - STANDING_KNEE_DEG)
    x = body.shank * np.sin(shank) + body.thigh * np.sin(thigh)
    return np.array([x, body.ankle_height + body.shank * np.cos(shank) + body.thigh * np.cos(thigh)])


def _repetition(start: float, slow: float, random: np.random.Generator) -> Repetition:
    rise, descent = slow * random.uniform(1.10, 1.55), slow * random.uniform(1.05, 1.50)
    standing = start + rise
    lowering = standing + slow * random.uniform(0.22, 0.75)
    contact = lowering + descent
    return Repetition(
        start_s=start,
        seat_off_s=start + rise * random.uniform(0.31, 0.36),
        standing_s=standing,
        descent_s=lowering,
        seat_contact_s=contact,
        settled_s=contact + slow * random.uniform(0.38, 0.50),
        rise_lean_deg=random.uniform(35.0, 44.0),
        descent_lean_deg=random.uniform(30.0, 38.0),
    )


def _lean_track(plan: list[Repetition]) -> Track:
    knots = []
    for one in plan:
        rise, descent = one.standing_s - one.start_s, one.seat_contact_s - one.descent_s
        knots += [
            (one.start_s, SEATED_LEAN_DEG),
            (one.start_s + 0.47 * rise, one.rise_lean_deg),
            (one.standing_s, STANDING_LEAN_DEG),
            (one.descent_s, STANDING_LEAN_DEG),
            (one.descent_s + 0.62 * descent, one.descent_lean_deg),
            (one.settled_s, SEATED_LEAN_DEG),
        ]
    return Track.of(knots)


def _rise_track(plan: list[Repetition]) -> Track:
    knots: list[tuple[float, float]] = []
    for one in plan:
        knots += [(one.seat_off_s, 0.0), (one.standing_s, 1.0), (one.descent_s, 1.0), (one.seat_contact_s, 0.0)]
    return Track.of(knots)


def _crossed_arms(body: Body, hip: np.ndarray, lean: np.ndarray) -> dict[str, np.ndarray]:
    """Hands on the opposite shoulders' fronts, elbows hanging in front of the ribs; the right forearm lies outside."""
    forward, up = trunk_frame(lean)
    neck = np.stack([hip[:, 0], np.zeros(len(hip)), hip[:, 1]], -1) + body.trunk * up
    left = np.array([0.0, 1.0, 0.0])
    tall = body.height_m
    wrist, hint, grip, palm = [], [], [], []
    for side, out in ((-1.0, 0.088), (1.0, 0.072)):
        across = -side * left
        wrist.append(neck + tall * (out * forward - 0.064 * up + 0.028 * across))
        hint.append(0.30 * forward - 1.0 * up - 0.25 * across)
        grip.append(_unit(0.66 * across + 0.68 * up - 0.36 * forward))
        palm.append(_unit(0.8 * up - 0.5 * across + 0.2 * forward))
    stacked = (np.stack(parts, 1) for parts in (wrist, hint, grip, palm))
    return dict(zip(("wrist", "elbow_hint", "grip", "palm"), stacked, strict=True))


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
