"""Colours, folds and shine of what a ray meets: faces, cloth, wood, the floor, the wall (numba).

Colours are linear red, green, blue. Patterns are fixed to the solids, so that cloth moves with its wearer.
"""

import math

import numpy as np
from numba import njit

FACE, HAIR, PERSON, PEOPLE = 1, 2, 7, 2


@njit(cache=True, fastmath=True)
def _hash(i, j, k):
    n = (i * 374761393 + j * 668265263 + k * 1274126177) & 0xFFFFFFFF
    n = ((n ^ (n >> 13)) * 1103515245) & 0xFFFFFFFF
    return ((n ^ (n >> 16)) & 0xFFFF) / 65535.0


@njit(cache=True, fastmath=True)
def value_noise(x, y, z):
    """Smooth noise 0..1 with one value per unit cube."""
    i, j, k = math.floor(x), math.floor(y), math.floor(z)
    u, v, w = x - i, y - j, z - k
    u, v, w = u * u * (3 - 2 * u), v * v * (3 - 2 * v), w * w * (3 - 2 * w)
    total = 0.0
    for a in range(2):
        for b in range(2):
            for c in range(2):
                share = (u if a else 1 - u) * (v if b else 1 - v) * (w if c else 1 - w)
                total += share * _hash(i + a, j + b, k + c)
    return total


@njit(cache=True, fastmath=True)
def _inside(x, edge, soft):
    """1 below `edge`, 0 above, smooth over `soft`."""
    h = min(max((edge - x) / soft + 0.5, 0.0), 1.0)
    return h * h * (3 - 2 * h)


@njit(cache=True, fastmath=True)
def local(x, y, z, frame):
    """Coordinates of a point in a group's frame: ahead, aside, up, in metres of a person of the size drawn for."""
    px, py, pz = x - frame[0], y - frame[1], z - frame[2]
    fx, fy, fz, ux, uy, uz = frame[3], frame[4], frame[5], frame[6], frame[7], frame[8]
    sx, sy, sz = uy * fz - uz * fy, uz * fx - ux * fz, ux * fy - uy * fx
    size = 1 / frame[9]
    return (
        (px * fx + py * fy + pz * fz) * size,
        (px * sx + py * sy + pz * sz) * size,
        (px * ux + py * uy + pz * uz) * size,
    )


@njit(cache=True, fastmath=True)
def face_colour(f, aside, u, skin, hair):
    """Skin with eyes, brows, lips, cheeks and hair at the temples; coordinates in the head's frame."""
    side = abs(aside)
    r, g, b = skin[0], skin[1], skin[2]
    flush = 0.25 * math.exp(-(((side - 0.042) / 0.02) ** 2) - ((u + 0.022) / 0.02) ** 2) * _inside(-f, -0.03, 0.02)
    r, g, b = r * (1 + 0.10 * flush), g * (1 - 0.35 * flush), b * (1 - 0.30 * flush)
    grown = max(
        _inside(-u, -0.068 + 0.25 * max(-f + 0.02, 0.0), 0.008),
        _inside(f, 0.012, 0.008) * _inside(-u, -0.024, 0.012),
        _inside(f, -0.010, 0.008) * _inside(-u, 0.030, 0.012),
    )
    if f > 0.02:
        lip = math.exp(-(((u + 0.060) / 0.0075) ** 2)) * _inside(side, 0.022, 0.006)
        r, g, b = r * (1 - 0.12 * lip), g * (1 - 0.50 * lip), b * (1 - 0.45 * lip)
        mouth = math.exp(-(((u + 0.060) / 0.0018) ** 2)) * _inside(side, 0.023, 0.004)
        r, g, b = r * (1 - 0.7 * mouth), g * (1 - 0.8 * mouth), b * (1 - 0.8 * mouth)
        nostril = math.exp(-(((u + 0.021) / 0.004) ** 2) - ((side - 0.007) / 0.004) ** 2) * _inside(-f, -0.09, 0.006)
        r, g, b = r * (1 - 0.6 * nostril), g * (1 - 0.7 * nostril), b * (1 - 0.7 * nostril)
        socket = math.exp(-(((side - 0.031) / 0.018) ** 2) - ((u - 0.026) / 0.013) ** 2)
        r, g, b = r * (1 - 0.22 * socket), g * (1 - 0.30 * socket), b * (1 - 0.30 * socket)
        brow = _inside(abs(u - 0.041 + 0.10 * abs(side - 0.03)), 0.0042, 0.003) * _inside(
            abs(side - 0.031), 0.019, 0.006
        )
        grown = max(grown, 0.85 * brow)
        white = _inside(((side - 0.031) / 0.0145) ** 2 + ((u - 0.024) / 0.0068) ** 2, 1.0, 0.25)
        r, g, b = r + white * (0.62 - r), g + white * (0.58 - g), b + white * (0.55 - b)
        iris = white * _inside(((side - 0.030) / 0.0066) ** 2 + ((u - 0.0245) / 0.0066) ** 2, 1.0, 0.25)
        r, g, b = r + iris * (0.035 - r), g + iris * (0.022 - g), b + iris * (0.016 - b)
        lash = _inside(abs(u - 0.031), 0.0022, 0.002) * _inside(abs(side - 0.031), 0.016, 0.004)
        r, g, b = r * (1 - 0.8 * lash), g * (1 - 0.85 * lash), b * (1 - 0.85 * lash)
    return r + grown * (hair[0] - r), g + grown * (hair[1] - g), b + grown * (hair[2] - b)


@njit(cache=True, fastmath=True)
def surface(x, y, z, nx, ny, nz, solids, row, palette, frames):
    """Colour and bent normal of a point on a solid: r, g, b, nx, ny, nz."""
    material = int(solids[row, 3])
    own = palette[material]
    along, aside, across = local(x, y, z, frames[int(solids[row, 15])])
    size = own[5]
    speckle = value_noise(along * size, aside * size, across * size)
    weave = value_noise(along * 420, aside * 420, across * 420)
    shade = 1 + own[4] * (1.4 * (speckle - 0.5) + 0.5 * (weave - 0.5))
    r, g, b = own[0] * shade, own[1] * shade, own[2] * shade
    if material < PEOPLE * PERSON and material % PERSON == FACE:
        first = material - FACE
        r, g, b = face_colour(along, aside, across, palette[first], palette[first + HAIR])
        r, g, b = r * shade, g * shade, b * shade
    fold = own[3]
    if fold > 0:
        e, q = 0.12, 13.0
        ax, ay, az = along * q, aside * q, across * q
        middle = value_noise(ax, ay, az)
        gx = (value_noise(ax + e, ay, az) - middle) / e
        gy = (value_noise(ax, ay + e, az) - middle) / e
        gz = (value_noise(ax, ay, az + e) - middle) / e
        frame = frames[int(solids[row, 15])]
        fx, fy, fz, ux, uy, uz = frame[3], frame[4], frame[5], frame[6], frame[7], frame[8]
        sx, sy, sz = uy * fz - uz * fy, uz * fx - ux * fz, ux * fy - uy * fx
        nx -= fold * (gx * fx + gy * sx + gz * ux)
        ny -= fold * (gx * fy + gy * sy + gz * uy)
        nz -= fold * (gx * fz + gy * sz + gz * uz)
        length = math.sqrt(nx * nx + ny * ny + nz * nz)
        nx, ny, nz = nx / length, ny / length, nz / length
    return r, g, b, nx, ny, nz


@njit(cache=True, fastmath=True)
def wood_floor(x, y):
    """Laminate: planks along x, each of its own tone, fine grain, dark joints."""
    lane = math.floor(y / 0.16)
    shift = x / 1.25 + 0.37 * lane
    plank = math.floor(shift)
    tone = 0.86 + 0.22 * _hash(int(lane), int(plank), 5)
    grain = value_noise(x * 5, y * 60, lane * 3.7) - 0.5 + 0.5 * (value_noise(x * 22, y * 190, lane) - 0.5)
    tone *= 1 + 0.16 * grain
    joint = min(y / 0.16 - lane, lane + 1 - y / 0.16) * 0.16
    end = min(shift - plank, plank + 1 - shift) * 1.25
    tone *= 1 - 0.35 * (_inside(joint, 0.002, 0.003) + _inside(end, 0.002, 0.003) * 0.7)
    return 0.40 * tone, 0.262 * tone, 0.150 * tone


@njit(cache=True, fastmath=True)
def rubber_floor(x, y):
    """A sports hall's rubber mats: grey with flecks, faint joints every metre."""
    fleck = value_noise(x * 95, y * 95, 1.5)
    tone = 1 + 0.25 * (value_noise(x * 3, y * 3, 9.0) - 0.5) + (0.9 * (fleck - 0.80) / 0.2 if fleck > 0.80 else 0.0)
    joint = min(abs(x - math.floor(x + 0.5)), abs(y - 0.3 - math.floor(y + 0.2)))
    tone *= 1 - 0.4 * _inside(joint, 0.003, 0.004)
    return 0.105 * tone, 0.115 * tone, 0.130 * tone


@njit(cache=True, fastmath=True)
def wall_colour(x, z, wall, gym):
    """Painted wall with skirting, a darker lower half or stripe, a door or windows, a notice board."""
    r, g, b = wall[0], wall[1], wall[2]
    cloud = 1 + 0.05 * (value_noise(x * 1.3, z * 1.3, 2.2) - 0.5) + 0.02 * (value_noise(x * 40, z * 40, 4.0) - 0.5)
    r, g, b = r * cloud, g * cloud, b * cloud
    if gym:
        band = _inside(abs(z - 1.62), 0.07, 0.006)
        r, g, b = r + band * (0.05 - r), g + band * (0.16 - g), b + band * (0.33 - b)
        tile = _inside(z, 0.95, 0.008)
        r, g, b = r * (1 - 0.30 * tile), g * (1 - 0.27 * tile), b * (1 - 0.22 * tile)
    else:
        board = _inside(abs(x + 1.55), 0.42, 0.006) * _inside(abs(z - 1.52), 0.30, 0.006)
        frame = board - _inside(abs(x + 1.55), 0.395, 0.006) * _inside(abs(z - 1.52), 0.275, 0.006)
        sky = min(max((z - 1.25) / 0.5 + 0.25 * (value_noise(x * 6, z * 9, 3.0) - 0.5), 0.0), 1.0)
        r, g, b = (
            r + board * (0.25 + 0.25 * sky - r),
            g + board * (0.34 + 0.20 * sky - g),
            b + board * (0.22 + 0.40 * sky - b),
        )
        r, g, b = r + frame * (0.16 - r), g + frame * (0.10 - g), b + frame * (0.06 - b)
        door = _inside(abs(x - 1.72), 0.44, 0.006) * _inside(z, 2.05, 0.006)
        jamb = door - _inside(abs(x - 1.72), 0.385, 0.006) * _inside(z, 1.995, 0.006)
        panel = _inside(abs(abs(z - 1.0) - 0.47), 0.36, 0.01) * _inside(abs(x - 1.72), 0.27, 0.01)
        tone = 1 - 0.06 * panel
        r, g, b = r + door * (0.50 * tone - r), g + door * (0.46 * tone - g), b + door * (0.40 * tone - b)
        r, g, b = r * (1 - 0.25 * jamb), g * (1 - 0.25 * jamb), b * (1 - 0.25 * jamb)
    skirting = _inside(z, 0.085, 0.005)
    groove = _inside(abs(z - 0.087), 0.004, 0.004)
    r, g, b = r + skirting * (0.62 - r), g + skirting * (0.61 - g), b + skirting * (0.58 - b)
    return r * (1 - 0.45 * groove), g * (1 - 0.45 * groove), b * (1 - 0.45 * groove)


@njit(cache=True, fastmath=True)
def lighting(nx, ny, nz, vx, vy, vz, lamp, shine, sharpness):
    """Light that comes straight from the lamp, that comes from around, and the lamp's glint; v points to the eye."""
    direct = max(nx * lamp[0] + ny * lamp[1] + nz * lamp[2], 0.0) * lamp[3]
    around = lamp[4] * (0.5 + 0.5 * nz) + lamp[5] * (0.5 - 0.5 * nz) + lamp[6] * max(nx * vx + ny * vy + nz * vz, 0.0)
    hx, hy, hz = lamp[0] + vx, lamp[1] + vy, lamp[2] + vz
    size = math.sqrt(hx * hx + hy * hy + hz * hz) + 1e-9
    glint = shine * max((nx * hx + ny * hy + nz * hz) / size, 0.0) ** sharpness * lamp[3]
    return direct, around, glint


def lamp(strength: float) -> np.ndarray:
    """Direction to the lamp (3), its strength, light from above, from below and from the camera's side."""
    towards = np.array([0.42, -0.72, 1.15])
    return np.concatenate([towards / np.linalg.norm(towards), np.array([0.92, 0.52, 0.24, 0.16]) * strength])
