"""Pictures of people who walk through a hall, upright, 8-bit RGB: the same scene and frame give the same bytes."""

import numpy as np

from kinebench.synthetic import solids, tracing
from kinebench.synthetic.render import developed, lamp_light, view_of
from kinebench.synthetic.solids import PERSON, Assembly, Material
from kinebench.synthetic.walker_figure import dressed, together
from kinebench.synthetic.walkers import Walker, Walkers

_SOLES = "#e9e6df"


class WalkersRenderer:
    """Draws frames of one scene; the hall is traced once, when the renderer is made."""

    def __init__(self, scene: Walkers):
        hall = scene.hall
        self.scene = scene
        self._times = hall.times_s
        self._joints = [one.motion.joints(self._times) for one in scene.people]
        self._headings = [one.motion.heading(self._times) for one in scene.people]
        self._view, self._light = view_of(hall.camera), lamp_light(hall.light)
        self._palette = solids.palette([_colours(one) for one in scene.people])
        walls = tracing.Walls(solids.linear(hall.wall), hall.wall_behind_m, False)
        self._furniture = self._things(*_bench(hall.wall_behind_m).arrays())
        self._room = tracing.trace_room(self._view, self._light, walls, self._furniture)

    def __len__(self) -> int:
        return len(self._times)

    def frame(self, number: int) -> np.ndarray:
        """Frame `number` of the clip, uint8 (height, width, 3)."""
        colour = tracing.picture(self._view, self._light, self._room, self._moving(number), self._furniture)
        return developed(colour, self.scene.hall.seed, number, self.scene.hall.noise, False)

    def seen(self, number: int) -> np.ndarray:
        """Who is seen where in frame `number`: number of the person, -1 for the hall; int (height, width)."""
        first = tracing.first_pass(self._view, self._light, self._room, self._moving(number), self._furniture)
        return np.where(first.met > 0, (first.met - 1) // PERSON, -1)

    def _things(self, rows: np.ndarray, frames: np.ndarray) -> tracing.Things:
        return tracing.things(rows, frames, self._palette, self._view, self._light)

    def _moving(self, number: int) -> tracing.Things:
        bodies = []
        for person, one in enumerate(self.scene.people):
            joints = {name: points[number] for name, points in self._joints[person].items()}
            heading = float(self._headings[person][number])
            bodies.append(dressed(one.motion.body, joints, heading, person, shorts=one.shorts))
        return self._things(*together(bodies))


def _colours(one: Walker) -> dict[Material, str]:
    return {
        Material.SKIN: one.skin,
        Material.FACE: one.skin,
        Material.HAIR: one.hair,
        Material.SHIRT: one.shirt,
        Material.TROUSERS: one.trousers,
        Material.SHOE: one.shoes,
        Material.SOLE: _SOLES,
    }


def _bench(wall_m: float) -> Assembly:
    """A bench along the wall and a plant beside it."""
    to, y = Assembly(), wall_m - 0.32
    to.group(0.0)
    to.box((0.35, y, 0.43), (0.78, 0.19, 0.022), 0.012, Material.WOOD)
    for x in (-0.25, 0.95):
        to.box((x, y, 0.21), (0.025, 0.16, 0.20), 0.008, Material.DARK)
    to.cone((-3.0, y, 0.02), (-3.0, y, 0.34), 0.15, 0.19, Material.CLAY)
    to.group(0.02)
    for k in range(13):
        turn, lean = 2.4 * k, 0.12 + 0.018 * k
        tip = (-3.0 + lean * np.cos(turn), y + 0.5 * lean * np.sin(turn), 0.72 + 0.05 * ((7 * k) % 9))
        to.cone((-3.0, y, 0.36), tip, 0.012, 0.040, Material.LEAF)
    return to
