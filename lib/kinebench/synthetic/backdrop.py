"""What stands against the wall behind the subject, wherever the camera has that wall."""

import numpy as np

from kinebench.synthetic.solids import BOX, DISC, Assembly, Material

# x and y after so many quarter turns to the left: x' = cosine x - sine y, y' = sine x + cosine y.
_TURNS = ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))
_KIND, _CENTRE, _SIZE, _ROUNDING = 0, 4, 7, 10  # columns of a solid's row, see `distance`


def quarter_turns(yaw_deg: float) -> int:
    """By how many quarter turns, 0..3, wall and lamp go along with a camera that stands at `yaw_deg`."""
    return round(yaw_deg / 90) % 4


def turned(level: tuple[float, float], quarters: int) -> tuple[float, float]:
    """x and y turned to the left about the vertical by quarter turns."""
    (x, y), (cosine, sine) = level, _TURNS[quarters]
    return cosine * x - sine * y, sine * x + cosine * y


def turn(assembly: Assembly, quarters: int) -> None:
    """Turn all solids so far about the vertical; boxes must be level, and a disc becomes a ball of its radius."""
    if quarters == 0:
        return
    for row in assembly.rows:
        row[_CENTRE : _CENTRE + 2] = turned((row[_CENTRE], row[_CENTRE + 1]), quarters)
        if row[_KIND] == BOX:
            half = turned((row[_SIZE], row[_SIZE + 1]), quarters)
            row[_SIZE : _SIZE + 2] = [abs(half[0]), abs(half[1])]
        elif row[_KIND] == DISC:
            radius = row[_SIZE]
            row[_KIND], row[_SIZE : _SIZE + 3] = 0.0, row[_CENTRE : _CENTRE + 3]
            row[_ROUNDING : _ROUNDING + 2] = [radius, radius]
        else:
            row[_SIZE : _SIZE + 2] = turned((row[_SIZE], row[_SIZE + 1]), quarters)


def bare_wall(to: Assembly) -> None:
    """Nothing stands there."""


def cabinet(to: Assembly) -> None:
    """A low cabinet with a plant against the wall."""
    to.group(0.0)
    to.box((-1.58, 1.84, 0.40), (0.46, 0.22, 0.36), 0.012, Material.GREY)
    to.box((-1.58, 1.83, 0.775), (0.49, 0.24, 0.016), 0.006, Material.WOOD)
    for x in (-1.80, -1.36):
        to.box((x, 1.616, 0.40), (0.205, 0.008, 0.33), 0.006, Material.GREY)
        to.cone((x + 0.15, 1.60, 0.46), (x + 0.15, 1.60, 0.54), 0.008, 0.008, Material.METAL)
    to.cone((-1.78, 1.80, 0.83), (-1.78, 1.80, 0.93), 0.065, 0.085, Material.CLAY)
    to.group(0.02)
    for k in range(11):
        turn, lean = 2.4 * k, 0.10 + 0.016 * k
        tip = (-1.78 + lean * np.cos(turn), 1.80 + 0.6 * lean * np.sin(turn), 1.10 + 0.03 * ((7 * k) % 9))
        to.cone((-1.78, 1.80, 0.97), tip, 0.010, 0.030, Material.LEAF)


def weights(to: Assembly) -> None:
    """A low rack of dumbbells against the wall."""
    to.group(0.0)
    for height in (0.30, 0.62):
        to.box((1.85, 1.78, height), (0.62, 0.14, 0.018), 0.008, Material.DARK)
        for k in range(6):
            x = 1.35 + 0.2 * k
            to.disc((x, 1.70, height + 0.092), 0.062 + 0.004 * (k % 3), 0.035, 0.012, Material.BLACK)
            to.disc((x, 1.90, height + 0.092), 0.062 + 0.004 * (k % 3), 0.035, 0.012, Material.BLACK)
            to.cone((x, 1.72, height + 0.092), (x, 1.88, height + 0.092), 0.016, 0.016, Material.METAL)
    for x in (1.26, 2.44):
        to.box((x, 1.80, 0.38), (0.022, 0.12, 0.36), 0.008, Material.DARK)
