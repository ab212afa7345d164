"""Signed distances of rounded solids joined by smooth minima, and which of them a ray can meet at all (numba).

A solid is one row of a float array (see `solids`, which makes them):
 0 kind: 0 cone, 1 box, 2 disc · 1 group · 2 smooth minimum inside the group, in metres · 3 material
 4-6 one end of a cone, or the centre · 7-9 the other end, a box's half extents, or a disc's radius and half width
10 radius at the first end, or the rounding of a box or disc · 11 radius at the other end
12-13 cosine and sine of a box's turn about y · 14 smooth minimum between the group and those before it · 15 frame

Rows of one group stand together. Smooth minimum: Quilez' quadratic one, https://iquilezles.org/articles/smin.
"""

import math

import numpy as np
from numba import njit

FAR = 1e9
CELL = 0.06  # of the lamp's map, in metres
PENUMBRA = 0.16  # how far the map looks beyond a solid, in metres
TILE = 16


@njit(cache=True, fastmath=True)
def smooth_minimum(a, b, k):
    """Minimum of two distances, rounded over a width `k`."""
    h = max(k - abs(a - b), 0.0)
    return min(a, b) - (h * h / (4 * k) if k > 0 else 0.0)


@njit(cache=True, fastmath=True)
def solid_distance(x, y, z, solids, i):
    """Distance of a point to one solid."""
    px, py, pz = x - solids[i, 4], y - solids[i, 5], z - solids[i, 6]
    if solids[i, 0] == 0.0:
        bx, by, bz = solids[i, 7] - solids[i, 4], solids[i, 8] - solids[i, 5], solids[i, 9] - solids[i, 6]
        length = bx * bx + by * by + bz * bz
        h = (px * bx + py * by + pz * bz) / length if length > 1e-12 else 0.0
        h = min(max(h, 0.0), 1.0)
        qx, qy, qz = px - h * bx, py - h * by, pz - h * bz
        return math.sqrt(qx * qx + qy * qy + qz * qz) - (solids[i, 10] + h * (solids[i, 11] - solids[i, 10]))
    rounding = solids[i, 10]
    if solids[i, 0] == 2.0:
        qx, qy = math.sqrt(px * px + pz * pz) - solids[i, 7] + rounding, abs(py) - solids[i, 8] + rounding
        outside = math.sqrt(max(qx, 0.0) ** 2 + max(qy, 0.0) ** 2)
        return outside + min(max(qx, qy), 0.0) - rounding
    c, s = solids[i, 12], solids[i, 13]
    qx = abs(c * px + s * pz) - solids[i, 7] + rounding
    qy = abs(py) - solids[i, 8] + rounding
    qz = abs(-s * px + c * pz) - solids[i, 9] + rounding
    outside = math.sqrt(max(qx, 0.0) ** 2 + max(qy, 0.0) ** 2 + max(qz, 0.0) ** 2)
    return outside + min(max(qx, max(qy, qz)), 0.0) - rounding


@njit(cache=True, fastmath=True)
def distance(x, y, z, solids, index, count):
    """Distance to the blended whole of `solids[index[:count]]`."""
    total, own, group, join = FAR, FAR, -1.0, 0.0
    for j in range(count):
        i = index[j]
        d = solid_distance(x, y, z, solids, i)
        if solids[i, 1] != group:
            total = smooth_minimum(total, own, join)
            own, group, join = d, solids[i, 1], solids[i, 14]
        else:
            own = smooth_minimum(own, d, solids[i, 2])
    return smooth_minimum(total, own, join)


@njit(cache=True, fastmath=True)
def nearest(x, y, z, solids, index, count):
    """Row of the solid whose own surface is nearest."""
    best, row = FAR, -1
    for j in range(count):
        d = solid_distance(x, y, z, solids, index[j])
        if d < best:
            best, row = d, index[j]
    return row


@njit(cache=True, fastmath=True)
def march(ox, oy, oz, dx, dy, dz, near, far, solids, index, count):
    """Way along the ray to the surface, or -1.0."""
    t = near
    for _ in range(120):
        d = distance(ox + t * dx, oy + t * dy, oz + t * dz, solids, index, count)
        if d < 0.00025 * t:
            return t
        t += 0.95 * d
        if t > far:
            break
    return -1.0


@njit(cache=True, fastmath=True)
def normal(x, y, z, solids, index, count):
    """Unit normal of the blended whole, by differences over a tetrahedron."""
    e = 0.0006
    a = distance(x + e, y - e, z - e, solids, index, count)
    b = distance(x - e, y - e, z + e, solids, index, count)
    c = distance(x - e, y + e, z - e, solids, index, count)
    d = distance(x + e, y + e, z + e, solids, index, count)
    nx, ny, nz = a - b - c + d, -a - b + c + d, -a + b - c + d
    size = math.sqrt(nx * nx + ny * ny + nz * nz) + 1e-12
    return nx / size, ny / size, nz / size


@njit(cache=True, fastmath=True)
def openness(x, y, z, nx, ny, nz, solids, index, count):
    """1 where nothing is near above the surface, less in creases and at contacts (ambient occlusion)."""
    taken, weight = 0.0, 1.0
    for step in range(1, 5):
        reach = 0.012 + 0.045 * step * step / 4
        d = distance(x + nx * reach, y + ny * reach, z + nz * reach, solids, index, count)
        taken += weight * max(reach - d, 0.0) / reach
        weight *= 0.72
    return max(1.0 - 0.36 * taken, 0.12)


@njit(cache=True, fastmath=True)
def lit_share(x, y, z, lx, ly, lz, softness, reach, solids, index, count):
    """Share of a broad lamp in direction l that is seen from a point, 0..1 (soft shadow by the nearest miss)."""
    if count == 0:
        return 1.0
    seen, t = 1.0, 0.02
    for _ in range(60):
        d = distance(x + lx * t, y + ly * t, z + lz * t, solids, index, count)
        seen = min(seen, 0.5 + 0.5 * softness * d / t)
        if seen < 0.02 or t > reach:
            break
        t += min(max(0.8 * d, 0.006), 0.25)
    seen = min(max(seen, 0.0), 1.0)
    return seen * seen * (3 - 2 * seen)


@njit(cache=True)
def reach_of(solids, i):
    """Two ends and a radius that hold the whole solid: ax, ay, az, bx, by, bz, r."""
    a = solids[i, 4:7]
    if solids[i, 0] == 0.0:
        radius = max(solids[i, 10], solids[i, 11]) + 1.1 * max(solids[i, 2], solids[i, 14])
        return a[0], a[1], a[2], solids[i, 7], solids[i, 8], solids[i, 9], radius
    if solids[i, 0] == 2.0:
        return a[0], a[1], a[2], a[0], a[1], a[2], math.sqrt(solids[i, 7] ** 2 + solids[i, 8] ** 2)
    size = math.sqrt(solids[i, 7] ** 2 + solids[i, 8] ** 2 + solids[i, 9] ** 2)
    return a[0], a[1], a[2], a[0], a[1], a[2], size


@njit(cache=True)
def _to_segment(px, py, ax, ay, bx, by):
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    h = min(max(((px - ax) * dx + (py - ay) * dy) / length, 0.0), 1.0) if length > 1e-12 else 0.0
    return math.sqrt((px - ax - h * dx) ** 2 + (py - ay - h * dy) ** 2)


@njit(cache=True)
def view_tiles(solids, eye, right, up, forward, focal, width, height):
    """Which solids each tile of the picture can see: index (tiles, solids), count, nearest and farthest way."""
    across, down = (width + TILE - 1) // TILE, (height + TILE - 1) // TILE
    index = np.zeros((across * down, len(solids)), np.int32)
    count = np.zeros(across * down, np.int32)
    near, far = np.full(across * down, FAR), np.zeros(across * down)
    for i in range(len(solids)):
        ax, ay, az, bx, by, bz, radius = reach_of(solids, i)
        a, b = np.array([ax, ay, az]) - eye, np.array([bx, by, bz]) - eye
        da, db = (a * forward).sum(), (b * forward).sum()
        shallow = min(da, db) - radius
        if shallow < 0.1:
            continue
        ua, va = focal * (a * right).sum() / da, -focal * (a * up).sum() / da
        ub, vb = focal * (b * right).sum() / db, -focal * (b * up).sum() / db
        grow = radius * focal / shallow * 1.08 + 0.75 * TILE
        back = max(math.sqrt((a * a).sum()), math.sqrt((b * b).sum())) + radius
        for tile in range(across * down):
            u = (tile % across + 0.5) * TILE - 0.5 - (width - 1) / 2
            v = (tile // across + 0.5) * TILE - 0.5 - (height - 1) / 2
            if _to_segment(u, v, ua, va, ub, vb) < grow:
                index[tile, count[tile]] = i
                count[tile] += 1
                near[tile] = min(near[tile], shallow)
                far[tile] = max(far[tile], back)
    return index, count, near, far


@njit(cache=True)
def shadow_cells(solids, first, second):
    """The same seen from the lamp: origin (2,), cells across, index (cells, solids), count (cells,).

    first, second: unit vectors square to the lamp's direction.
    """
    low, high = np.full(2, FAR), np.full(2, -FAR)
    flat = np.zeros((len(solids), 5))
    for i in range(len(solids)):
        ax, ay, az, bx, by, bz, radius = reach_of(solids, i)
        a, b = np.array([ax, ay, az]), np.array([bx, by, bz])
        flat[i] = [(a * first).sum(), (a * second).sum(), (b * first).sum(), (b * second).sum(), radius + PENUMBRA]
        for k in range(2):
            low[k] = min(low[k], min(flat[i, k], flat[i, k + 2]) - radius - PENUMBRA)
            high[k] = max(high[k], max(flat[i, k], flat[i, k + 2]) + radius + PENUMBRA)
    if len(solids) == 0:
        low, high = np.zeros(2), np.zeros(2)
    across, down = int((high[0] - low[0]) / CELL) + 1, int((high[1] - low[1]) / CELL) + 1
    index = np.zeros((across * down, max(len(solids), 1)), np.int32)
    count = np.zeros(across * down, np.int32)
    for i in range(len(solids)):
        for c in range(across * down):
            u, v = low[0] + (c % across + 0.5) * CELL, low[1] + (c // across + 0.5) * CELL
            if _to_segment(u, v, flat[i, 0], flat[i, 1], flat[i, 2], flat[i, 3]) < flat[i, 4] + 0.75 * CELL:
                index[c, count[c]] = i
                count[c] += 1
    return low, across, down, index, count
