"""Biceps curls with both arms, standing: the forearms come up and go down again, the body hardly moves."""

from dataclasses import dataclass

import numpy as np

from kinebench.synthetic.body import LATERAL, Body, Posture, assemble
from kinebench.synthetic.sit_to_stand import STANDING_LEAN_DEG, standing_hip
from kinebench.synthetic.tracks import Sway, Track

LEAD_IN_S = 1.0
LEAD_OUT_S = 1.0
LOW_ELBOW_DEG = 10.0
UPPER_ARM_DEG = (-4.0, 14.0)  # ahead of hanging, with the arms low and high
UPPER_ARM_OUT = 0.12  # towards the side, as a share of the upper arm's length
LEAN_BACK_DEG = 4.0  # of the trunk while the forearms come up


@dataclass(frozen=True)
class Curling:
    """One curl: the forearms leave, are highest, are down again; times in seconds, the elbow's peak in degrees."""

    start_s: float
    top_s: float
    end_s: float
    top_elbow_deg: float

    def event_times(self) -> dict[str, float]:
        """The events by the names of the repetitions table."""
        return {name: getattr(self, name) for name in ("start_s", "top_s", "end_s")}


@dataclass(frozen=True)
class Curl:
    """The motion: `joints(time_s)` at any times, `repetitions` with the true event times."""

    body: Body
    repetitions: tuple[Curling, ...]
    elbow: Track
    lift: Track
    sway: Sway
    nod: Sway

    @classmethod
    def seeded(cls, body: Body, repetitions: int, tempo: float, random: np.random.Generator) -> "Curl":
        """`tempo` 1 takes about 2.5 s a repetition; pauses, speeds and peaks vary by the seed."""
        plan = []
        start = LEAD_IN_S
        for _ in range(repetitions):
            one = _curling(start, 1 / tempo, random)
            plan.append(one)
            start = one.end_s + random.uniform(0.2, 0.6) / tempo
        elbow = Track.of([knot for one in plan for knot in _knots(one, LOW_ELBOW_DEG, one.top_elbow_deg)])
        lift = Track.of([knot for one in plan for knot in _knots(one, 0.0, 1.0)])
        return cls(body, tuple(plan), elbow, lift, Sway.seeded(0.25, random), Sway.seeded(0.8, random))

    @property
    def duration_s(self) -> float:
        """Until a second after the arms hang again."""
        return self.repetitions[-1].end_s + LEAD_OUT_S

    def joints(self, time_s: np.ndarray) -> dict[str, np.ndarray]:
        """The joints of `body.assemble` at `time_s`, shape (times,)."""
        return assemble(self.body, self.posture(time_s))

    def posture(self, time_s: np.ndarray) -> Posture:
        """The body's posture at `time_s`, shape (times,)."""
        time_s = np.asarray(time_s, dtype=float)
        lift = self.lift(time_s)
        lean = STANDING_LEAN_DEG - LEAN_BACK_DEG * lift + self.sway(time_s)
        hip = np.broadcast_to(standing_hip(self.body), (*time_s.shape, 2))
        return Posture(
            hip=hip,
            trunk_lean=lean,
            head_pitch=4.0 + self.nod(time_s),
            ankle_x=(0.0, 0.0),
            ankle_z=self.body.ankle_height,
            foot_pitch=0.0,
            **self._arms(time_s, hip, lean, lift),
        )

    def _arms(self, time_s: np.ndarray, hip: np.ndarray, lean: np.ndarray, lift: np.ndarray) -> dict[str, np.ndarray]:
        """Elbows at the sides, palms up as the forearms come up: the thumbs point outward."""
        body, flexion = self.body, np.radians(self.elbow(time_s))[:, None]
        low, high = UPPER_ARM_DEG
        ahead, tipped = np.radians(low + (high - low) * lift), np.radians(lean)
        neck = np.stack([hip[:, 0], 0 * lean, hip[:, 1]], -1)
        neck += body.trunk * np.stack([np.sin(tipped), 0 * lean, np.cos(tipped)], -1)
        wrists, hints, grips, palms = [], [], [], []
        for side in ("right", "left"):
            out = LATERAL[side] * np.array([0.0, 1.0, 0.0])
            upper = np.stack([np.sin(ahead), 0 * ahead, -np.cos(ahead)], -1) + UPPER_ARM_OUT * out
            upper /= np.linalg.norm(upper, axis=-1, keepdims=True)
            front = np.array([1.0, 0.0, 0.0]) - upper[:, :1] * upper
            front /= np.linalg.norm(front, axis=-1, keepdims=True)
            fore = np.cos(flexion) * upper + np.sin(flexion) * front
            wrists.append(neck + body.shoulder_half * out + body.upper_arm * upper + body.forearm * fore)
            hints.append(upper)
            grips.append(fore)
            palms.append(np.broadcast_to(out, fore.shape))
        named = zip(("wrist", "elbow_hint", "grip", "palm"), (wrists, hints, grips, palms), strict=True)
        return {name: np.stack(parts, 1) for name, parts in named}


def _curling(start: float, slow: float, random: np.random.Generator) -> Curling:
    top = start + slow * random.uniform(0.95, 1.25)
    return Curling(start, top, top + slow * random.uniform(1.10, 1.50), random.uniform(126.0, 136.0))


def _knots(one: Curling, low: float, high: float) -> list[tuple[float, float]]:
    return [(one.start_s, low), (one.top_s, high), (one.end_s, low)]
