"""Lifts that the scenes lack, as keypoint tables of known truth: other courses of a squat, and other lifts."""

import itertools

import numpy as np
import pandas as pd

from kinebench import keypoints, skeleton
from kinebench.synthetic.body import Body
from kinebench.tasks import lifting
from tests.scenes import followed

RATE_HZ = 30.0
PX_PER_M = 220.0
ORIGIN = np.array([400.0, 440.0])


def replayed(table: pd.DataFrame, source_s: np.ndarray, rate_hz: float = RATE_HZ) -> pd.DataFrame:
    """The table as somebody moves who is at each new frame where the old one was at `source_s`."""
    times = np.arange(len(source_s)) / rate_hz
    flat = keypoints.flattened(table)
    old = table.index.to_numpy(float)
    moved = {name: np.interp(source_s, old, flat[name].to_numpy(float)) for name in flat}
    return keypoints.unflattened(pd.DataFrame(moved, index=pd.Index(times, name="time_s")))


def path(*stops: tuple[float, float], rate_hz: float = RATE_HZ) -> np.ndarray:
    """Source times that go evenly from stop to stop, each (source time, seconds to get there); the first begins."""
    pieces = [np.array([stops[0][0]])]
    for (before, _), (after, taken_s) in itertools.pairwise(stops):
        pieces.append(np.linspace(before, after, round(taken_s * rate_hz) + 1)[1:])
    return np.concatenate(pieces)


def moved(table: pd.DataFrame, joints: tuple[str, ...], by_px: np.ndarray) -> pd.DataFrame:
    """The table with joints of both sides moved by (frames, 2) pixels."""
    changed = table.copy()
    for side, part in itertools.product(skeleton.SIDES, joints):
        for i, axis in enumerate("xy"):
            changed[(f"{side}_{part}", axis)] = table[(f"{side}_{part}", axis)] + by_px[:, i]
    return changed


def with_hanging_hands(table: pd.DataFrame) -> pd.DataFrame:
    """The arms hang straight down from the shoulders, as in a deadlift."""
    changed = table.copy()
    for side in skeleton.SIDES:
        shoulder = keypoints.points(table, f"{side}_shoulder")
        hip = keypoints.points(table, f"{side}_hip")
        arm = float(np.median(np.linalg.norm(shoulder - hip, axis=1))) * 1.15
        for part, share in (("elbow", 0.55), ("wrist", 1.0)):
            changed[(f"{side}_{part}", "x")] = shoulder[:, 0]
            changed[(f"{side}_{part}", "y")] = shoulder[:, 1] + share * arm
    return changed


def without(table: pd.DataFrame, *parts: str) -> pd.DataFrame:
    """The table of a network that never sees these parts."""
    changed = table.copy()
    for side, part in itertools.product(skeleton.SIDES, parts):
        changed[[(f"{side}_{part}", "x"), (f"{side}_{part}", "y")]] = np.nan
        changed[(f"{side}_{part}", "confidence")] = 0.0
    return changed


def drawn(times_s: np.ndarray, joints: dict[str, np.ndarray], noise_px: float = 0.0) -> pd.DataFrame:
    """A keypoint table of joints (frames, 2) in metres, forward and up; both sides cover each other."""
    names = [f"{side}_{part}" for side in skeleton.SIDES for part in joints]
    xy = np.stack([joints[name.split("_", 1)[1]] for name in names], axis=1) * [1, -1] * PX_PER_M + ORIGIN
    xy = xy + noise_px * np.random.default_rng(5).standard_normal(xy.shape)
    sure = np.broadcast_to([0.95 if name.startswith("right") else 0.9 for name in names], xy.shape[:2])
    return keypoints.make(times_s, names, np.concatenate([xy, sure[..., None]], axis=-1))


def from_angles(times_s: np.ndarray, shank: np.ndarray, knee: np.ndarray, hip: np.ndarray) -> pd.DataFrame:
    """A standing person on a fixed foot from the shank's lean and knee and hip flexion, degrees, shape (frames,)."""
    body = Body(1.72)
    lean = [np.radians(angle) for angle in (shank, shank - knee, shank - knee + hip)]
    joints = {"ankle": np.tile([0.0, 0.08], (len(times_s), 1))}
    chain = (("ankle", "knee", body.shank), ("knee", "hip", body.thigh), ("hip", "shoulder", body.trunk))
    for angle, (lower, upper, length) in zip(lean, chain, strict=True):
        joints[upper] = joints[lower] + length * np.stack([np.sin(angle), np.cos(angle)], -1)
    joints["heel"] = joints["ankle"] - [0.05, 0.05]
    joints["foot_index"] = joints["ankle"] + [0.17, -0.05]
    joints["elbow"], joints["wrist"] = joints["shoulder"] - [0.05, 0.25], joints["shoulder"] + [0.05, -0.02]
    return drawn(times_s, joints)


def bench_press(heights_m: np.ndarray, times_s: np.ndarray) -> pd.DataFrame:
    """Somebody on a bench, head to the left, whose wrists are `heights_m` above the shoulders; arms 0.57 m long."""
    places = {"shoulder": (0.0, 0.5), "hip": (Body(1.72).trunk, 0.5), "knee": (0.85, 0.55), "ankle": (0.95, 0.1)}
    places |= {"heel": (0.9, 0.04), "foot_index": (1.1, 0.04)}
    joints = {name: np.tile(place, (len(times_s), 1)) for name, place in places.items()}
    joints["wrist"] = joints["shoulder"] + np.stack([np.zeros_like(heights_m), heights_m], -1)
    bend = np.sqrt(np.maximum(0.285**2 - (heights_m / 2) ** 2, 0))
    joints["elbow"] = joints["shoulder"] + np.stack([bend, heights_m / 2], -1)
    return drawn(times_s, joints)


def analysed(table: pd.DataFrame, size: tuple[int, int] = (854, 480), **values):
    """Analysis of a keypoint table as lifting."""
    from kinebench import parameters, tasks

    facts = tasks.Recording(name="lift", width=size[0], height=size[1], times_s=table.index.to_numpy(float))
    return lifting.analyse(followed(table), facts, parameters.build(lifting.Settings, values))
