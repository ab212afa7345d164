"""Every pixel of one picture: the room once, then the moving solids frame by frame (numba).

The room is traced with four rays a pixel. In a frame each pixel first gets one ray; where neighbours differ
(silhouettes, creases) four rays are traced, so that edges are smooth without four times the work.

`tracing` has what the arguments are, and calls the three kernels for bands of lines. They write into their own lines
only, so the result does not depend on how many threads there are.
"""

import math

import numpy as np
from numba import njit

from kinebench.synthetic.distance import CELL, TILE, distance, lit_share, march, nearest, normal, openness
from kinebench.synthetic.surfaces import lighting, rubber_floor, surface, wall_colour, wood_floor

# Four rays in a pixel, on a turned grid.
OFFSETS = np.array([[-0.125, -0.375], [0.375, -0.125], [0.125, 0.375], [-0.375, 0.125]])
SOFTNESS, SHADOW_REACH = 7.0, 3.2  # of shadows: how soon they are sharp, how far they are followed in metres
SHADE_REACH = 0.3  # a solid dims what is nearer than this even outside its shadow, in metres
FLOOR, WALL, SOLID = 1, 2, 3


@njit(cache=True, fastmath=True)
def _ray(column, line, view):
    """Unit direction through a point of the picture."""
    x = (column - (view.width - 1) / 2) / view.focal
    y = -(line - (view.height - 1) / 2) / view.focal
    dx = view.forward[0] + x * view.right[0] + y * view.up[0]
    dy = view.forward[1] + x * view.right[1] + y * view.up[1]
    dz = view.forward[2] + x * view.right[2] + y * view.up[2]
    size = math.sqrt(dx * dx + dy * dy + dz * dz)
    return dx / size, dy / size, dz / size


@njit(cache=True, fastmath=True)
def _at(view, direction, t):
    """The point `t` along a ray."""
    return view.eye[0] + t * direction[0], view.eye[1] + t * direction[1], view.eye[2] + t * direction[2]


@njit(cache=True, fastmath=True)
def _meet(view, direction, column, line, behind, things):
    """Way to the nearest solid before `behind`, or -1, and the tile's candidates."""
    index, count, near, far = things.tiles
    tile = (line // TILE) * ((view.width + TILE - 1) // TILE) + column // TILE
    if count[tile] == 0 or near[tile] >= behind:
        return -1.0, index[tile], count[tile]
    eye, (dx, dy, dz) = view.eye, direction
    limit = min(far[tile], behind)
    t = march(eye[0], eye[1], eye[2], dx, dy, dz, near[tile], limit, things.solids, index[tile], count[tile])
    return (t if t < behind else -1.0), index[tile], count[tile]


@njit(cache=True, fastmath=True)
def _open(point, bent, light, things):
    """Share of the lamp that `things` leave to a point lifted off its surface along the normal."""
    x, y, z = point[0] + 0.005 * bent[0], point[1] + 0.005 * bent[1], point[2] + 0.005 * bent[2]
    low, across, down, index, count = things.cells
    first, second, lamp = light.first, light.second, light.lamp
    u = (x * first[0] + y * first[1] + z * first[2] - low[0]) / CELL
    v = (x * second[0] + y * second[1] + z * second[2] - low[1]) / CELL
    if u < 0 or v < 0 or u >= across or v >= down:
        return 1.0
    c = int(v) * across + int(u)
    return lit_share(x, y, z, lamp[0], lamp[1], lamp[2], SOFTNESS, SHADOW_REACH, things.solids, index[c], count[c])


@njit(cache=True, fastmath=True)
def _openness(point, n, things):
    """Share of the light around that `things` leave to a point; 1 far from them, without asking each."""
    x, y, z = point
    hull = things.hull
    if not (hull[0] - SHADE_REACH < x < hull[3] + SHADE_REACH and hull[1] - SHADE_REACH < y < hull[4] + SHADE_REACH):
        return 1.0
    if z > hull[5] + SHADE_REACH:
        return 1.0
    if distance(x, y, z, things.solids, things.everything, len(things.everything)) > SHADE_REACH:
        return 1.0
    return openness(x, y, z, n[0], n[1], n[2], things.solids, things.everything, len(things.everything))


@njit(cache=True, fastmath=True)
def _behind(direction, view, walls):
    """Way to the floor or the back wall, and which it is."""
    t, kind = 60.0, FLOOR
    if direction[2] < -1e-6 and -view.eye[2] / direction[2] < t:
        t = -view.eye[2] / direction[2]
    nearing = walls.towards[0] * direction[0] + walls.towards[1] * direction[1]
    away = walls.distance - (walls.towards[0] * view.eye[0] + walls.towards[1] * view.eye[1])
    if nearing > 1e-6 and away / nearing < t:
        t, kind = away / nearing, WALL
    return t, kind


@njit(cache=True, fastmath=True)
def _surroundings(point, kind, walls):
    """Colour and shine of the floor or the wall, and its distance from their corner."""
    x, y, z = point
    if kind == WALL:
        along = walls.towards[1] * x - walls.towards[0] * y
        return wall_colour(along, z, walls.colour, walls.gym), 0.0, 8.0, z
    corner = walls.distance - (walls.towards[0] * x + walls.towards[1] * y)
    if walls.gym:
        return rubber_floor(x, y), 0.0, 8.0, corner
    return wood_floor(x, y), 0.05, 30.0, corner


@njit(cache=True, fastmath=True)
def _room_ray(column, line, offset, view, light, walls, things):
    """One ray into the room: lit colour, ambient colour, way, normal."""
    direction = _ray(column + offset[0], line + offset[1], view)
    t, kind = _behind(direction, view, walls)
    hit, index, count = _meet(view, direction, column, line, t, things)
    if hit > 0:
        t, kind = hit, SOLID
    point = _at(view, direction, t)
    x, y, z = point
    if kind == SOLID:
        n = normal(x, y, z, things.solids, index, count)
        row = nearest(x, y, z, things.solids, index, count)
        r, g, b, bx, by, bz = surface(x, y, z, n[0], n[1], n[2], things.solids, row, things.palette, things.frames)
        material = int(things.solids[row, 3])
        shine, sharpness, corner = things.palette[material, 6], things.palette[material, 7], 9.0
    else:
        n = (-walls.towards[0], -walls.towards[1], 0.0) if kind == WALL else (0.0, 0.0, 1.0)
        (r, g, b), shine, sharpness, corner = _surroundings(point, kind, walls)
        bx, by, bz = n
    lamp = light.lamp
    direct, around, glint = lighting(bx, by, bz, -direction[0], -direction[1], -direction[2], lamp, shine, sharpness)
    left = _open(point, n, light, things)
    # Less light comes into the corner between wall and floor.
    around *= _openness(point, n, things) * (1 - 0.35 * math.exp(-abs(corner) / 0.25))
    direct, glint = direct * left, glint * left
    lit = (r * direct + glint, g * direct + glint, b * direct + glint)
    return lit, (r * around, g * around, b * around), t, n


@njit(cache=True, fastmath=True, nogil=True)
def room_lines(start, stop, room, view, light, walls, things):
    """Four rays a pixel into the room without the moving solids; fills lines start..stop of `room`."""
    for line in range(start, stop):
        for column in range(view.width):
            for s in range(4):
                a, b, t, n = _room_ray(column, line, OFFSETS[s], view, light, walls, things)
                for k in range(3):
                    room.lit[line, column, s, k], room.ambient[line, column, s, k] = a[k], b[k]
                    room.normals[line, column, k] = n[k]
                room.way[line, column, s] = t


@njit(cache=True, fastmath=True)
def _shade(t, direction, index, count, view, light, things, furniture):
    """Colour of a point on a moving solid, lit past itself and past the furniture, and its material."""
    point = _at(view, direction, t)
    x, y, z = point
    n = normal(x, y, z, things.solids, index, count)
    row = nearest(x, y, z, things.solids, index, count)
    r, g, b, bx, by, bz = surface(x, y, z, n[0], n[1], n[2], things.solids, row, things.palette, things.frames)
    material = int(things.solids[row, 3])
    direct, around, glint = lighting(
        bx,
        by,
        bz,
        -direction[0],
        -direction[1],
        -direction[2],
        light.lamp,
        things.palette[material, 6],
        things.palette[material, 7],
    )
    around *= openness(x, y, z, n[0], n[1], n[2], things.solids, things.everything, len(things.everything))
    around *= 0.45 + 0.55 * min(max(z, 0.0) / 0.25, 1.0)  # the floor is near
    if direct > 0:
        left = _open(point, n, light, things)
        if left > 0.02:
            left *= _open(point, n, light, furniture)
        direct, glint = direct * left, glint * left
    light_in = direct + around
    return (r * light_in + glint, g * light_in + glint, b * light_in + glint), material


@njit(cache=True, fastmath=True, nogil=True)
def frame_lines(start, stop, first, view, light, room, things, furniture):
    """One ray a pixel; the room shows where no moving solid is met, dimmed by their shadow; fills lines of `first`."""
    for line in range(start, stop):
        for column in range(view.width):
            direction = _ray(column, line, view)
            behind = room.way[line, column, 0]
            t, index, count = _meet(view, direction, column, line, behind, things)
            if t > 0:
                shaded, material = _shade(t, direction, index, count, view, light, things, furniture)
                for k in range(3):
                    first.colour[line, column, k] = shaded[k]
                first.met[line, column], first.way[line, column] = material + 1, t
                continue
            first.met[line, column], first.way[line, column] = 0, behind
            point = _at(view, direction, behind)
            n = (room.normals[line, column, 0], room.normals[line, column, 1], room.normals[line, column, 2])
            towards = n[0] * light.lamp[0] + n[1] * light.lamp[1] + n[2] * light.lamp[2]
            first.left[line, column, 0] = _open(point, n, light, things) if towards > 0 else 1.0
            first.left[line, column, 1] = _openness(point, n, things)
            for k in range(3):
                first.colour[line, column, k] = 0.0
                for s in range(4):
                    first.colour[line, column, k] += 0.25 * _room_colour(room, line, column, s, k, first.left)


@njit(cache=True, fastmath=True)
def _room_colour(room, line, column, s, k, left):
    """One colour channel of one of the room's four rays, in the shadow that was found for the pixel."""
    lamp = room.lit[line, column, s, k] * left[line, column, 0]
    return lamp + room.ambient[line, column, s, k] * left[line, column, 1]


@njit(cache=True, fastmath=True)
def _is_edge(line, column, first):
    """Whether a pixel's four neighbours met something else, or something much nearer or farther."""
    height, width = first.met.shape
    own = first.met[line, column]
    for a, b in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        i, j = line + a, column + b
        if i < 0 or j < 0 or i >= height or j >= width or (own == 0 and first.met[i, j] == 0):
            continue
        if first.met[i, j] != own or abs(first.way[i, j] - first.way[line, column]) > 0.02:
            return True
    return False


@njit(cache=True, fastmath=True, nogil=True)
def edge_lines(start, stop, result, first, view, light, room, things, furniture):
    """Four rays where a pixel differs from a neighbour; fills lines of `result`, which starts as `first.colour`."""
    for line in range(start, stop):
        for column in range(view.width):
            if not _is_edge(line, column, first):
                continue
            result[line, column] = 0.0
            for s in range(4):
                direction = _ray(column + OFFSETS[s, 0], line + OFFSETS[s, 1], view)
                t, index, count = _meet(view, direction, column, line, room.way[line, column, s], things)
                if t > 0:
                    shaded, _ = _shade(t, direction, index, count, view, light, things, furniture)
                    for k in range(3):
                        result[line, column, k] += 0.25 * shaded[k]
                else:
                    for k in range(3):
                        result[line, column, k] += 0.25 * _room_colour(room, line, column, s, k, first.left)
