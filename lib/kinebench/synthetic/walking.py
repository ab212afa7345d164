"""A body that walks over planned footsteps: feet that stay where they are set down, knees that bend as published.

While a foot is on the floor it turns about its heel, lies flat, then turns about its toes (Perry's rockers), by the
published pitch; the hip stands as high as the published flexion of the stance knee puts it, and passes from one leg's
height to the other's while both feet are down. In swing the foot follows the published thigh and knee angles, led onto
the places and speeds at which it leaves and meets the floor; the swing knee then bends as hip and foot leave it. Steps
that are shorter than usual have proportionally smaller angles.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kinebench.synthetic import gait
from kinebench.synthetic.body import FOOT_MARK_M, LATERAL, Body, hand, head, trunk_frame, two_links
from kinebench.synthetic.footsteps import Footsteps
from kinebench.synthetic.tracks import minimum_jerk

TRUNK_LEAN_DEG = 3.0
HEAD_PITCH_DEG = 5.0
ARM_OUT_DEG = 9.0
_SHORTEST = 0.30  # feet are lifted at least as in steps of this share of the usual length
_STRAIGHTEST_DEG, _ROUNDED_M = 4.0, 0.001
_CLEARANCE_M = 0.012  # of mid swing (Winter 1992, Phys Ther 72:45)
_DIFFERENCE_S = 1e-4


@dataclass(frozen=True)
class Walking:
    """The motion: `joints(time_s)` in the world, at any times that the plan covers.

    swing: how the legs are swung; eversion_deg: how far the right and the left foot roll inwards in stance, at most.
    """

    body: Body
    steps: Footsteps
    swing: gait.Swing = gait.EARLY
    eversion_deg: tuple[float, float] = (0.0, 0.0)

    @cached_property
    def _feet(self) -> np.ndarray:
        return self.steps.feet()

    @cached_property
    def _size(self) -> np.ndarray:
        usual = self.steps.step_length_m() / (gait.USUAL_STEP * self.body.height_m)
        return np.maximum(usual, _SHORTEST)

    def joints(self, time_s: np.ndarray) -> dict[str, np.ndarray]:
        """Joint name -> (times, 3): those of `body.assemble`, in world coordinates."""
        time_s = np.asarray(time_s, dtype=float)
        place, heading = self.steps.middle(time_s)
        pelvis = np.column_stack([place, self._hip_height(time_s)])
        upper = {name: turned(points, heading) + pelvis for name, points in self._upper(time_s).items()}
        return upper | self._legs(time_s)

    def heading(self, time_s: np.ndarray) -> np.ndarray:
        """Where the pelvis faces, radians, 0 towards +x; shape (times,)."""
        return self.steps.middle(time_s)[1]

    def cycle(self, side: str, time_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Number of the side's latest footfall, and the share of its gait cycle that has passed; shapes (times,)."""
        newest = self.steps.newest(time_s)
        own = newest - ((newest % 2 == 0) != (self.steps.side(0) == side))
        return own, self.steps.passed(own, time_s)

    def _amount(self, foot: np.ndarray, share: np.ndarray) -> np.ndarray:
        """How large the angles are: it passes from that of a footfall to that of the same foot's next."""
        after = minimum_jerk(np.clip(share, 0, 1))
        return (1 - after) * self._size[foot] + after * self._size[foot + 2]

    def _pitch(self, foot: np.ndarray, share: np.ndarray) -> np.ndarray:
        return np.radians(gait.scaled(gait.FOOT, share, self._amount(foot, share)))

    def _roll(self, foot: np.ndarray, share: np.ndarray) -> np.ndarray:
        """How far the foot is rolled inwards about its length (eversion positive), radians (times,)."""
        peak = np.where(self._is_right(foot), *self.eversion_deg)
        return np.radians(gait.scaled(gait.EVERSION, share, peak))

    def _is_right(self, foot: np.ndarray) -> np.ndarray:
        return (foot % 2 == 0) == self.steps.right_first

    def _standing_ankle(self, foot: np.ndarray, time_s: np.ndarray) -> np.ndarray:
        """Ankle (times, 3) of feet on the floor: at the heel's turn about the heel, then flat, then about the toes."""
        share = self.steps.passed(foot, time_s)
        pitch = self._pitch(foot, share)
        rise = self.body.ankle_height - FOOT_MARK_M
        reach = np.where(share < 0.5 * (gait.FOOT_FLAT + gait.HEEL_OFF), *_foot_reach(self.body))
        roll = self._roll(foot, share)
        forward = reach * (1 - np.cos(pitch)) - rise * np.sin(pitch) * np.cos(roll)
        inward = rise * np.sin(roll) * np.where(self._is_right(foot), 1.0, -1.0)
        up = FOOT_MARK_M - reach * np.sin(pitch) + rise * np.cos(pitch) * np.cos(roll)
        heading = self.steps.heading[foot]
        level = forward[:, None] * _ahead(heading) + inward[:, None] * _aside(heading)
        return np.column_stack([self._feet[foot] + level, up])

    def _hip(self, side: str, time_s: np.ndarray) -> np.ndarray:
        """x and y of a hip joint, (times, 2)."""
        place, heading = self.steps.middle(time_s)
        return place + LATERAL[side] * self.body.hip_half * _aside(heading)

    def _height_over(self, foot: np.ndarray, time_s: np.ndarray, knee_deg: float | None = None) -> np.ndarray:
        """Hip height (times,) that gives the leg on footfalls `foot` this knee flexion; None: its course's."""
        share = self.steps.passed(foot, time_s)
        course = gait.scaled(self.swing.knee, share, self._amount(foot, share), gait.STANDING_KNEE_DEG)
        knee = np.radians(course if knee_deg is None else knee_deg)
        thigh, shank = self.body.thigh, self.body.shank
        leg = thigh**2 + shank**2 + 2 * thigh * shank * np.cos(knee)
        hip = np.where(self._is_right(foot)[:, None], self._hip("right", time_s), self._hip("left", time_s))
        ankle = self._standing_ankle(foot, time_s)
        return ankle[:, 2] + np.sqrt(leg - ((hip - ankle[:, :2]) ** 2).sum(-1))

    @cached_property
    def _heights(self) -> tuple[np.ndarray, np.ndarray]:
        """Hip height at each footfall, where it is lowest, and where it is highest over it; shapes (footfalls,)."""
        foot = np.arange(1, len(self._feet) - 3)
        set_down = self.steps.heel_strike_s(foot)
        low = self._height_over(foot, set_down)
        high = self._height_over(foot, set_down + gait.HIGHEST * 2 * self.steps.step_s)
        return np.pad(low, (1, 3), mode="edge"), np.pad(high, (1, 3), mode="edge")

    def _hip_height(self, time_s: np.ndarray) -> np.ndarray:
        """Up and down once a step with minimum jerk; lower where that would be out of a standing leg's reach."""
        low, high = self._heights
        foot = self.steps.newest(time_s)
        share = self.steps.passed(foot, time_s)
        rising = minimum_jerk(np.clip(share / gait.HIGHEST, 0, 1))
        falling = minimum_jerk(np.clip((share - gait.HIGHEST) / (self.steps.next_strike(foot) - gait.HIGHEST), 0, 1))
        height = low[foot] + rising * (high - low)[foot] - falling * (high[foot] - low[foot + 1])
        for standing, until in ((foot, time_s), (foot - 1, np.minimum(time_s, self.steps.toe_off_s(foot - 1)))):
            height = _soft_minimum(height, self._height_over(standing, until, _STRAIGHTEST_DEG))
        return height

    def _followed_ankle(self, side: str, foot: np.ndarray, time_s: np.ndarray) -> np.ndarray:
        """Ankle (times, 3) where the published thigh and knee angles put it, seen from the hip."""
        share = self.steps.passed(foot, time_s)
        amount = self._amount(foot, share)
        thigh = np.radians(gait.scaled(self.swing.thigh, share, amount))
        shank = thigh - np.radians(gait.scaled(self.swing.knee, share, amount, gait.STANDING_KNEE_DEG))
        forward = self.body.thigh * np.sin(thigh) + self.body.shank * np.sin(shank)
        down = self.body.thigh * np.cos(thigh) + self.body.shank * np.cos(shank)
        level = self._hip(side, time_s) + forward[:, None] * _ahead(self.heading(time_s))
        return np.column_stack([level, self._hip_height(time_s) - down])

    def _swinging_ankle(self, side: str, foot: np.ndarray, time_s: np.ndarray) -> np.ndarray:
        """Ankle (times, 3) between leaving footfall `foot` and meeting the next one."""
        start, end = self.steps.toe_off_s(foot), self.steps.heel_strike_s(foot + 2)

        def off(at: np.ndarray, standing_on: np.ndarray) -> np.ndarray:
            return self._standing_ankle(standing_on, at) - self._followed_ankle(side, foot, at)

        def rate(at: np.ndarray, standing_on: np.ndarray) -> np.ndarray:
            step = _DIFFERENCE_S
            return (off(at + step, standing_on) - off(at - step, standing_on)) / (2 * step)

        span = (end - start)[:, None]
        share = (time_s - start)[:, None] / span
        leaving, meeting = span * rate(start, foot), span * rate(end, foot + 2)
        meeting[:, :2] += span * self.swing.arrival * self._speed(end)
        led = gait.hermite(share, off(start, foot), off(end, foot + 2), leaving, meeting)
        led[:, 2] += _CLEARANCE_M * (4 * share * (1 - share))[:, 0] ** 2
        return self._followed_ankle(side, foot, time_s) + led

    def _speed(self, time_s: np.ndarray) -> np.ndarray:
        """Of the mid-hip, m/s over the floor, shape (times, 2)."""
        later, earlier = (self.steps.middle(time_s + step)[0] for step in (_DIFFERENCE_S, -_DIFFERENCE_S))
        return (later - earlier) / (2 * _DIFFERENCE_S)

    def _legs(self, time_s: np.ndarray) -> dict[str, np.ndarray]:
        joints: dict[str, np.ndarray] = {}
        for side in LATERAL:
            foot, share = self.cycle(side, time_s)
            ankle = self._standing_ankle(foot, time_s)
            swings = share > gait.TOE_OFF
            ankle[swings] = self._swinging_ankle(side, foot[swings], time_s[swings])
            turned = minimum_jerk(np.clip((share - gait.TOE_OFF) / (1 - gait.TOE_OFF), 0, 1))
            direction = (1 - turned) * self.steps.heading[foot] + turned * self.steps.heading[foot + 2]
            joints |= self._leg(side, time_s, ankle, direction, (self._pitch(foot, share), self._roll(foot, share)))
        return joints

    def _leg(
        self, side: str, time_s: np.ndarray, ankle: np.ndarray, direction: np.ndarray, turns: tuple[np.ndarray, ...]
    ) -> dict[str, np.ndarray]:
        """A leg from its ankle, the foot's direction, and the foot's pitch and roll; all (times, ...), radians."""
        pitch, roll = turns
        hip = np.column_stack([self._hip(side, time_s), self._hip_height(time_s)])
        level = np.column_stack([_ahead(direction), np.zeros(len(pitch))])
        sky = np.array([0.0, 0.0, 1.0])
        forward = np.cos(pitch)[:, None] * level + np.sin(pitch)[:, None] * sky
        up = np.cos(pitch)[:, None] * sky - np.sin(pitch)[:, None] * level
        inward = np.column_stack([-LATERAL[side] * _aside(direction), np.zeros(len(pitch))])
        up = np.cos(roll)[:, None] * up + np.sin(roll)[:, None] * inward
        sole = ankle - (self.body.ankle_height - FOOT_MARK_M) * up
        behind, before = _foot_reach(self.body)
        faced = np.column_stack([_ahead(0.5 * (direction + self.heading(time_s))), np.full(len(pitch), 0.2)])
        return {
            f"{side}_hip": hip,
            f"{side}_knee": two_links(hip, ankle, self.body.thigh, self.body.shank, faced),
            f"{side}_ankle": ankle,
            f"{side}_heel": sole + behind * forward,
            f"{side}_foot_index": sole + before * forward,
        }

    def _upper(self, time_s: np.ndarray) -> dict[str, np.ndarray]:
        """Trunk, head and arms of someone whose mid-hip is at the origin and who faces +x."""
        body = self.body
        lean = np.full(len(time_s), TRUNK_LEAN_DEG)
        pelvis = np.zeros((len(time_s), 3))
        neck = pelvis + body.trunk * trunk_frame(lean)[1]
        joints = {"pelvis": pelvis, "neck": neck}
        for side, lateral in LATERAL.items():
            shoulder = neck + lateral * body.shoulder_half * np.array([0.0, 1.0, 0.0])
            joints |= {f"{side}_shoulder": shoulder} | self._arm(side, time_s, shoulder)
        return joints | head(body, lean, np.full(len(time_s), HEAD_PITCH_DEG), neck)

    def _arm(self, side: str, time_s: np.ndarray, shoulder: np.ndarray) -> dict[str, np.ndarray]:
        foot, share = self.cycle(side, time_s)
        amount = self._amount(foot, share)
        upper = np.radians(gait.scaled(gait.SHOULDER, share, amount, -4.0) - TRUNK_LEAN_DEG)
        lower = upper + np.radians(gait.scaled(gait.ELBOW, share, amount, 20.0))
        out = LATERAL[side] * np.sin(np.radians(ARM_OUT_DEG))
        upper_arm, forearm = _hanging(upper, out), _hanging(lower, -0.3 * out)
        elbow = shoulder + self.body.upper_arm * upper_arm
        wrist = elbow + self.body.forearm * forearm
        thumb = np.stack([np.cos(lower), np.full(len(lower), -0.3 * out), np.sin(lower)], -1)
        return {f"{side}_elbow": elbow} | hand(self.body, side, wrist, forearm, thumb)


def _soft_minimum(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The smaller one, rounded where they differ by less than `_ROUNDED_M`."""
    near = np.maximum(_ROUNDED_M - np.abs(a - b), 0.0)
    return np.minimum(a, b) - near**2 / (4 * _ROUNDED_M)


def _foot_reach(body: Body) -> tuple[float, float]:
    """How far ahead of the ankle heel and foot index lie along the sole."""
    return -0.030 * body.height_m, 0.105 * body.height_m


def _ahead(heading: np.ndarray) -> np.ndarray:
    return np.stack([np.cos(heading), np.sin(heading)], -1)


def _aside(heading: np.ndarray) -> np.ndarray:
    """To the left of a heading."""
    return np.stack([-np.sin(heading), np.cos(heading)], -1)


def _hanging(forward: np.ndarray, out: float) -> np.ndarray:
    """Unit vectors (times, 3) of a limb swung forward by an angle and `out` to the left."""
    vector = np.stack([np.sin(forward), np.full(len(forward), out), -np.cos(forward)], -1)
    return vector / np.linalg.norm(vector, axis=-1, keepdims=True)


def turned(points: np.ndarray, angle: np.ndarray | float) -> np.ndarray:
    """Points (..., 3) turned about the z axis by `angle` radians, one or (...), anticlockwise seen from above."""
    c, s = np.cos(angle), np.sin(angle)
    x, y, z = np.moveaxis(points, -1, 0)
    return np.stack([c * x - s * y, s * x + c * y, z], -1)
