"""Which candidates are limbs: of each kind of limb every joint has one at most, and together they are the surest.

The best assignment (Hungarian method) as in Cao et al. 2017, section 2.3; a greedy one takes one limb where two others
would be surer together. Where two people's limbs of a kind lie on one line, the field is as strong from the one's
shoulder to the other's elbow; there the choice that leaves the two limbs more alike in length is taken.
"""

import numpy as np

from kinebench.estimators.openpose_candidates import Candidates
from kinebench.estimators.openpose_models import Model

# What a difference in length may outweigh: of the sureness, for limbs of which one is infinitely short.
OF_LENGTHS = 0.1
# Each round makes the choice strictly better; a few are enough.
ROUNDS = 20


def chosen(candidates: Candidates, peaks: list[np.ndarray], model: Model) -> np.ndarray:
    """Numbers of the candidates that are limbs, the surest first."""
    found: list[int] = []
    for limb, (first, last) in enumerate(model.limbs):
        own = np.flatnonzero(candidates.likely & (candidates.limb == limb))
        sureness = np.full((len(peaks[first]), len(peaks[last])), -np.inf)
        sureness[candidates.start[own], candidates.end[own]] = candidates.sureness[own]
        number = np.zeros(sureness.shape, int)
        number[candidates.start[own], candidates.end[own]] = own
        away = peaks[first][:, None, :2] - peaks[last][None, :, :2]
        pairs = matched(sureness, np.hypot(away[..., 0], away[..., 1]))
        found += [number[pair] for pair in pairs.items()]
    return np.array(sorted(found, key=lambda candidate: -candidates.sureness[candidate]), int)


def matched(sureness: np.ndarray, length: np.ndarray) -> dict[int, int]:
    """Start -> end of one kind of limb; both arrays are (starts, ends), the sureness of what can't be is -inf."""
    from scipy.optimize import linear_sum_assignment

    possible = np.isfinite(sureness)
    best = linear_sum_assignment(np.where(possible, sureness, 0.0), maximize=True)
    pairs = {start: end for start, end in zip(*(side.tolist() for side in best), strict=True) if possible[start, end]}
    for _ in range(ROUNDS):
        before = dict(pairs)
        for start in before:
            _exchange(pairs, start, sureness, length)
        if pairs == before:
            break
    return pairs


def _exchange(pairs: dict[int, int], start: int, sureness: np.ndarray, length: np.ndarray) -> None:
    """The ends of two limbs exchanged, where that is surer or, as far as the field can tell, leaves more even limbs."""
    for other in list(pairs):
        end, other_end = pairs[start], pairs[other]
        now = _together((start, end), (other, other_end), sureness, length)
        exchanged = _together((start, other_end), (other, end), sureness, length)
        if exchanged > now + 1e-9:
            pairs[start], pairs[other] = other_end, end


def _together(one: tuple[int, int], other: tuple[int, int], sureness: np.ndarray, length: np.ndarray) -> float:
    short, long = sorted((float(length[one]), float(length[other])))
    uneven = ((long - short) / max(long + short, 1e-9)) ** 2
    return float(sureness[one] + sureness[other]) - OF_LENGTHS * uneven
