"""What chance gives: how far an unrelated movement of the same body lies from the reference, joint by joint.

Three estimates, of which the largest counts:

- *surrogates*: the reference with the phases of its Fourier components drawn at random (Theiler et al. 1992,
  doi:10.1016/0167-2789(92)90102-S; one draw for x and y of a joint, so that its path in the picture keeps its shape,
  Prichard and Theiler 1994, doi:10.1103/PhysRevLett.73.951): moves as much and as fast, from the same posture, at
  other times; warped onto the reference as any query is;
- *standing still* in the reference's mean posture, which is the standard deviation. Warping brings a periodic
  movement's surrogates back into step, where they are no measure of chance any more;
- *room*: what the joint would lie off if its direction, seen from the hips, differed by `ROOM_DEG`. A joint that keeps
  still in the reference has neither of the other two, and the noise of the measurement would be all or nothing there.
"""

import numpy as np

from kinebench.comparison import warping
from kinebench.comparison.trajectories import Trajectories

SURROGATES = 8
SAMPLES = 200
"""Samples at which surrogates are warped: a longer movement is read more coarsely."""
ERROR_DEG = 5.0
"""The error of single-camera angles: 4.8 deg MAE over walk, squat and sit-to-stand (OpenCap Monocular, 2026)."""
ROOM_DEG = 3 * ERROR_DEG
"""What could not be told from noise must not be the whole scale of a joint that keeps still."""
NEAREST = 1.0
"""Joints nearer to the mid-hip than a trunk length are given room as if they lay that far: hips would have none."""


def chance(
    reference: Trajectories,
    *,
    window_share: float = warping.WINDOW_SHARE,
    penalty: float = warping.PENALTY,
    seed: int = 0,
) -> np.ndarray:
    """Distance of each joint that an unrelated movement has (root mean square, trunk lengths), shape (joints,)."""
    made = _surrogate_distance(reference.bridged(), window_share, penalty, seed)
    return np.maximum.reduce([made, still(reference), lever(reference) * np.radians(ROOM_DEG)])


def still(reference: Trajectories) -> np.ndarray:
    """Distance of each joint of one who keeps still in the reference's mean posture, shape (joints,)."""
    xy = reference.bridged()
    return np.sqrt(((xy - xy.mean(axis=0)) ** 2).sum(axis=-1).mean(axis=0))


def error(reference: Trajectories) -> np.ndarray:
    """Distance of each joint that the error of single-camera angles makes, shape (joints,)."""
    return lever(reference) * np.radians(ERROR_DEG)


def lever(reference: Trajectories) -> np.ndarray:
    """How far each joint usually lies off the mid-hip, at least `NEAREST`; 1 for directions; shape (joints,)."""
    return np.maximum(np.linalg.norm(np.median(reference.bridged(), axis=0), axis=-1), NEAREST)


def surrogates(xy: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Movements with the spectrum and mean of xy, shape (samples, joints, 2), and random phases: (count, *shape)."""
    samples, joints, _ = xy.shape
    spectrum = np.fft.rfft(xy, axis=0)
    turn = np.random.default_rng(seed).uniform(0, 2 * np.pi, (count, len(spectrum), joints, 1))
    # The mean, and for an even number of samples the highest frequency, are real numbers and have no phase.
    turn[:, 0] = 0.0
    if samples % 2 == 0:
        turn[:, -1] = 0.0
    return np.fft.irfft(spectrum * np.exp(1j * turn), n=samples, axis=1)


def _surrogate_distance(xy: np.ndarray, window_share: float, penalty: float, seed: int) -> np.ndarray:
    """Root mean square distance of the surrogates, each joint warped on its own, shape (joints,)."""
    stride = np.round(np.linspace(0, len(xy) - 1, min(len(xy), SAMPLES))).astype(int)
    real = xy[stride]
    squares = np.zeros((SURROGATES, xy.shape[1]))
    for joint in range(xy.shape[1]):
        # The same draws for every joint: what chance gives must not hang on which joints there are, nor in which order,
        # else left and right would change it in a mirror.
        own = real[:, [joint]]
        for number, made in enumerate(surrogates(own, SURROGATES, seed)):
            path = warping.warp(own[:, 0], made[:, 0], window_share=window_share, penalty=penalty)
            squares[number, joint] = warping.mean_distance(path.distances(own[:, 0], made[:, 0])) ** 2
    return np.sqrt(squares.mean(axis=0))
