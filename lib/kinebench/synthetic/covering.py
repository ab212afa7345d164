"""How much of each joint is seen past another person, without rendering: solids as outlines in the picture."""

import numpy as np

from kinebench.synthetic.camera import Camera

AROUND_M = 0.04  # a joint is a disc of this radius
# Points of the disc: its middle and two rings, each standing for about the same area.
_RINGS = ((0.0, 1, 0.0), (0.55, 6, 0.0), (0.9, 12, np.pi / 12))
DISC = np.array(
    [
        (radius * np.cos(start + 2 * np.pi * k / count), radius * np.sin(start + 2 * np.pi * k / count))
        for radius, count, start in _RINGS
        for k in range(count)
    ]
)


def visible(joints: np.ndarray, others: np.ndarray, camera: Camera) -> np.ndarray:
    """Share 0..1 of each joint's disc that the solids of another, nearer person leave to be seen; shape (joints,).

    joints: (joints, 3) in the world; others: (solids, 16) rows of cones (see `solids`). A person stands wholly before
    or behind another one. What the joint's own body hides of it is not counted.
    """
    pixels = camera.project(joints)
    radius = AROUND_M * camera.focal_px / _depth(joints, camera)
    points = pixels[:, None] + radius[:, None, None] * DISC
    inside = _inside(points.reshape(-1, 2), others, camera).reshape(len(joints), -1)
    return 1 - inside.mean(axis=1)


def nearer(one: np.ndarray, other: np.ndarray, camera: Camera) -> bool:
    """Whether the first of two points (3,) is nearer to the camera's plane."""
    return bool(_depth(one, camera) < _depth(other, camera))


def _depth(points: np.ndarray, camera: Camera) -> np.ndarray:
    return (points - camera.position) @ camera.forward


def _inside(points: np.ndarray, solids: np.ndarray, camera: Camera) -> np.ndarray:
    """Whether pixels (points, 2) lie inside the outline of any cone; each end is a circle in the picture."""
    ends = solids[:, 4:7], solids[:, 7:10]
    radii = [solids[:, 10 + k] * camera.focal_px / _depth(end, camera) for k, end in enumerate(ends)]
    a, b = (camera.project(end) for end in ends)
    line = b - a
    length = np.maximum((line**2).sum(-1), 1e-12)
    from_a = points[:, None] - a
    along = np.clip((from_a * line).sum(-1) / length, 0, 1)
    away = np.linalg.norm(from_a - along[..., None] * line, axis=-1)
    return (away < radii[0] + along * (radii[1] - radii[0])).any(axis=1)
