"""People who walk, stop, turn and cross, as a network would find them: closed-form motion, known identities."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinebench import keypoints
from kinebench.skeleton import BLAZEPOSE33

RATE = 30.0
WIDTH, HEIGHT = 1280, 720
JOINTS = BLAZEPOSE33.joints


@dataclass(frozen=True)
class Walker:
    """Where the middle of the hips is, (frames,), in pixels; stature and the floor line under the feet in pixels.

    The nearer of two to the camera has the lower floor line, and covers the other.
    """

    x: np.ndarray
    stature: float
    floor: float
    phase: float = 0.0

    def points(self) -> np.ndarray:
        """(frames, joints, 2): steps as long as the way gone, arms against the legs, the face where one goes."""
        height, way = self.stature, np.concatenate([[0.0], np.cumsum(np.abs(np.diff(self.x)))])
        ahead = np.where(_smooth(np.gradient(self.x)) >= 0, 1.0, -1.0)
        hip = np.stack([self.x, np.full_like(self.x, self.floor - 0.53 * height)], axis=1)
        at: dict[str, np.ndarray] = {}
        for side, start in (("left", 0.0), ("right", np.pi)):
            stride = 2 * np.pi * way / (0.8 * height) + start + self.phase
            thigh = np.radians(5 + 25 * np.sin(stride)) * ahead
            bend = np.radians(np.clip(15 + 30 * (np.sin(stride + 0.9) + 0.3 * np.sin(2 * stride)), 2, 70)) * ahead
            knee = hip + _along(0.245 * height, thigh)
            ankle = knee + _along(0.246 * height, thigh - bend)
            shoulder = hip - [0, 0.29 * height]
            elbow = shoulder + _along(0.17 * height, -thigh)
            wrist = elbow + _along(0.15 * height, 0.3 * ahead - thigh)
            toe = ankle + np.stack([0.11 * height * ahead, np.full_like(ahead, 0.035 * height)], axis=1)
            heel = ankle + np.stack([-0.03 * height * ahead, np.full_like(ahead, 0.03 * height)], axis=1)
            parts = {"hip": hip, "knee": knee, "ankle": ankle, "shoulder": shoulder, "elbow": elbow, "wrist": wrist}
            at |= {f"{side}_{part}": where for part, where in (parts | {"heel": heel, "foot_index": toe}).items()}
            at |= {f"{side}_{part}": wrist for part in ("pinky", "index", "thumb")}
            head = shoulder - [0, 0.12 * height]
            at |= {f"{side}_{part}": head for part in ("ear", "mouth", "eye", "eye_inner", "eye_outer")}
        nose = at["left_ear"] + np.stack([0.06 * height * ahead, np.zeros_like(ahead)], axis=1)
        return np.stack([nose if joint == "nose" else at[joint] for joint in JOINTS], axis=1)


def _along(length: float, tip: np.ndarray) -> np.ndarray:
    return length * np.stack([np.sin(tip), np.cos(tip)], axis=1)


def _smooth(values: np.ndarray) -> np.ndarray:
    return np.convolve(np.pad(values, 7, mode="edge"), np.ones(15) / 15, mode="valid")


def seen(
    walkers: list[Walker], *, noise_px: float = 2.0, covered: float = 0.12, missed: float = 0.0, seed: int = 0
) -> tuple[pd.DataFrame, np.ndarray]:
    """Detections (long) of walkers in a random order within each frame; who is covered is not found.

    covered: in statures of the farther, how near somebody nearer to the camera must be to hide it; missed: share of
    the detections that the network misses besides. Returns the table and times (frames,).
    """
    random = np.random.default_rng(seed)
    places = np.stack([walker.points() for walker in walkers], axis=1)
    x = np.stack([walker.x for walker in walkers], axis=1)
    rows = []
    for frame in range(len(x)):
        for number, who in enumerate(random.permutation(len(walkers))):
            own = walkers[who]
            before = [i for i, other in enumerate(walkers) if other.floor > own.floor]
            hidden = any(abs(x[frame, who] - x[frame, i]) < covered * own.stature for i in before)
            if hidden or random.random() < missed or not -50 < x[frame, who] < WIDTH + 50:
                continue
            noisy = places[frame, who] + noise_px * random.standard_normal(places[frame, who].shape)
            rows += [(frame, frame / RATE, number, j, *p, 0.9) for j, p in zip(JOINTS, noisy, strict=True)]
    return pd.DataFrame(rows, columns=list(keypoints.DETECTION_COLUMNS)), np.arange(len(x)) / RATE


def shown(walkers: list[Walker], values: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """Which walker each detection shows, (detections,), by all of its joints; values as in `subject.tracks.People`.

    -1 where two walkers' poses cover each other to the last joint, so that it may be either.
    """
    places = np.stack([walker.points() for walker in walkers], axis=1)
    away = np.linalg.norm(places[frame] - values[:, None, :, :2], axis=3).mean(axis=2)
    sorted_away = np.sort(away, axis=1)
    either = len(walkers) > 1 and sorted_away[:, 1:2].min(axis=1) < 0.12 * min(walker.stature for walker in walkers)
    return np.where(either, -1, away.argmin(axis=1))
