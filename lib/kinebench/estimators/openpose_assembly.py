"""From confidence maps and affinity fields to people: peaks, candidates for limbs, limbs, bodies.

The limbs of all kinds are put together from the surest on, as OpenPose does since 2018 (Cao et al. 2019, OpenPose:
Realtime Multi-Person 2D Pose Estimation using Part Affinity Fields, IEEE TPAMI, section 3.4). NumPy only; coordinates
are those of the maps, see `openpose_peaks`.
"""

import numpy as np

from kinebench.errors import KinebenchError
from kinebench.estimators import openpose_candidates, openpose_matching, openpose_peaks
from kinebench.estimators.openpose_candidates import Candidates
from kinebench.estimators.openpose_models import Model

# Of whom so little is seen is nobody, OpenPose's own values: joints, and mean over them of heights and sureness.
MIN_JOINTS = 3
MIN_STRENGTH = 0.4


def people(
    confidence_maps: np.ndarray, affinity_fields: np.ndarray, model: Model, *, max_people: int | None = None
) -> list[np.ndarray]:
    """Everybody in the maps, the surest first, at most `max_people`.

    confidence_maps: (J or J + 1, height, width), the background's is left out. affinity_fields: (2 L, height, width).
    Returns arrays (J, 3): x, y in pixels of the maps, confidence 0..1; NaN, NaN, 0 of joints that were not seen.
    """
    check(confidence_maps, affinity_fields, model)
    peaks = openpose_peaks.local(confidence_maps[: len(model.joints)], model.min_peak)
    candidates = openpose_candidates.of_peaks(peaks, affinity_fields, model)
    limbs = openpose_matching.chosen(candidates, peaks, model)
    return assembled(limbs, candidates, peaks, model)[:max_people]


def single(confidence_maps: np.ndarray, model: Model) -> list[np.ndarray]:
    """The one person whose joints are the highest points of the confidence maps, as `people`; nobody: an empty list."""
    points = openpose_peaks.highest(confidence_maps[: len(model.joints)], model.min_peak)
    return [points] if np.isfinite(points[:, 0]).sum() >= MIN_JOINTS else []


def check(confidence_maps: np.ndarray, affinity_fields: np.ndarray, model: Model) -> None:
    """Raise where the maps are not those of `model`."""
    joints, fields = len(model.joints), 2 * len(model.limbs)
    right = confidence_maps.ndim == affinity_fields.ndim == 3
    right = right and len(confidence_maps) in (joints, joints + 1) and len(affinity_fields) == fields
    if not right or confidence_maps.shape[1:] != affinity_fields.shape[1:] or not confidence_maps.size:
        raise KinebenchError(
            f"The maps of {model.name} must be ({joints} or {joints + 1}, height, width) and ({fields}, height, "
            f"width), but are {confidence_maps.shape} and {affinity_fields.shape}. Take them from that network."
        )


def assembled(limbs: np.ndarray, candidates: Candidates, peaks: list[np.ndarray], model: Model) -> list[np.ndarray]:
    """People (J, 3) put together from the candidates numbered `limbs`, in that order; the surest person first."""
    made = []
    for body, strength in _bodies(limbs, candidates, peaks, model):
        points = np.full((len(model.joints), 3), [np.nan, np.nan, 0.0])
        for joint, peak in body.items():
            points[joint] = peaks[joint][peak]
        if len(body) >= MIN_JOINTS and strength >= MIN_STRENGTH:
            made.append(points)
    return sorted(made, key=lambda points: -float(points[:, 2].mean()))


def _bodies(
    limbs: np.ndarray, candidates: Candidates, peaks: list[np.ndarray], model: Model
) -> list[tuple[dict[int, int], float]]:
    """Bodies as joint -> number of its peak, with their strength.

    Each limb in turn begins a body, lengthens one, or makes one of two that share no joint; a limb that would give
    somebody a second knee is left out.
    """
    body_of: dict[tuple[int, int], int] = {}
    bodies: dict[int, dict[int, int]] = {}
    sums: dict[int, float] = {}
    for limb in limbs:
        numbers = (int(candidates.start[limb]), int(candidates.end[limb]))
        ends = list(zip(model.limbs[candidates.limb[limb]], numbers, strict=True))
        for joint, peak in ends:
            if (joint, peak) not in body_of:
                number = body_of[joint, peak] = len(body_of)
                bodies[number], sums[number] = {joint: peak}, float(peaks[joint][peak, 2])
        keep, other = (body_of[end] for end in ends)
        if keep != other:
            if bodies[keep].keys() & bodies[other].keys():
                continue
            body_of |= dict.fromkeys(bodies[other].items(), keep)
            bodies[keep] |= bodies.pop(other)
            sums[keep] += sums.pop(other)
        sums[keep] += float(candidates.sureness[limb])
    return [(body, sums[number] / len(body)) for number, body in bodies.items()]
