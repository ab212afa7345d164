"""Pictures of a scene, upright, 8-bit RGB: the same scene and frame give the same bytes."""

import cv2
import numpy as np

from kinebench.synthetic import backdrop, solids, surfaces, tracing
from kinebench.synthetic.bystander import add_bystander
from kinebench.synthetic.camera import Camera
from kinebench.synthetic.furniture import STAGES
from kinebench.synthetic.scene import Scene
from kinebench.synthetic.solids import Material
from kinebench.synthetic.tracks import Sway

WALL_BEHIND_M = 2.1
BREATHS_HZ = 0.27
SOCKS = "#efede8"
_OTHER_CLOTHES = {
    Material.SHIRT: "#3f6b57",
    Material.TROUSERS: "#4a4038",
    Material.SHOE: "#26272b",
    Material.SOLE: "#c9c6c0",
}


class Renderer:
    """Draws frames of one scene; the room is traced once, when the renderer is made."""

    def __init__(self, scene: Scene):
        self.scene = scene
        self._times = scene.times_s
        self._joints = scene.motion.joints(self._times)
        phase = np.random.default_rng([scene.seed, 7]).uniform(0, 2 * np.pi)
        self._breath = Sway(1.0, np.full(3, BREATHS_HZ), np.full(3, phase))(self._times)
        self._view = view_of(scene.camera)
        self._quarters = backdrop.quarter_turns(scene.yaw_deg)
        self._light = lamp_light(scene.light, self._quarters)
        self._palette = solids.palette([_colours(scene), _colours(scene) | _OTHER_CLOTHES])
        stage = STAGES[scene.task]
        towards = backdrop.turned((0.0, 1.0), self._quarters)
        walls = tracing.Walls(solids.linear(scene.wall), WALL_BEHIND_M, stage.gym, towards)
        self._furniture = self._things(self._standing())
        self._room = tracing.trace_room(self._view, self._light, walls, self._furniture)

    def __len__(self) -> int:
        return len(self._times)

    def frame(self, number: int) -> np.ndarray:
        """Frame `number` of the clip, uint8 (height, width, 3)."""
        colour = tracing.picture(self._view, self._light, self._room, self._moving(number), self._furniture)
        return developed(colour, self.scene.seed, number, self.scene.noise, self.scene.facing == "left")

    def covered(self, number: int) -> np.ndarray:
        """Where the subject or what it moves is seen in frame `number`, bool (height, width)."""
        first = tracing.first_pass(self._view, self._light, self._room, self._moving(number), self._furniture)
        met = first.met > 0
        return met[:, ::-1] if self.scene.facing == "left" else met

    def _things(self, assembly: solids.Assembly) -> tracing.Things:
        return tracing.things(*assembly.arrays(), self._palette, self._view, self._light)

    def _standing(self) -> solids.Assembly:
        assembly = solids.Assembly()
        stage = STAGES[self.scene.task]
        stage.backdrop(assembly)
        backdrop.turn(assembly, self._quarters)
        stage.furniture(assembly, self.scene.body)
        if self.scene.bystander:
            add_bystander(assembly, self.scene)
        return assembly

    def _moving(self, number: int) -> tracing.Things:
        assembly, stage, scene = solids.Assembly(), STAGES[self.scene.task], self.scene
        joints = {name: points[number] for name, points in self._joints.items()}
        breath = float(self._breath[number])
        stage.dresser(assembly, scene.body, joints, shorts=scene.shorts, curl=stage.curl, breath=breath).dress()
        stage.props(assembly, scene, float(self._times[number]))
        return self._things(assembly)


def developed(colour: np.ndarray, seed: int, number: int, noise: float, mirrored: bool) -> np.ndarray:
    """Linear colour (height, width, 3) as a camera hands it out: toned, a little soft, with seeded noise, uint8."""
    toned = colour * (1 + colour / 2.2) / (1 + colour)  # a soft shoulder keeps highlights from clipping
    coded = 255 * np.clip(toned, 0, 1) ** np.float32(1 / 2.2)
    if mirrored:
        coded = coded[:, ::-1]
    coded = cv2.GaussianBlur(coded, (3, 3), 0.45)  # a lens is not sharper than its pixels
    random = np.random.default_rng([seed, 4, number])
    grain = random.standard_normal(coded.shape[:2], dtype=np.float32)[..., None]
    return np.clip(coded + noise * grain + 0.5, 0, 255).astype(np.uint8)


def view_of(camera: Camera) -> tracing.View:
    """The camera as the tracer takes it."""
    return tracing.View(
        camera.position, camera.right, camera.up, camera.forward, camera.focal_px, camera.width, camera.height
    )


def lamp_light(brightness: float, quarters: int = 0) -> tracing.Light:
    """The lamp of a room, which stands on the camera's side: turned with it by quarter turns."""
    lamp = surfaces.lamp(brightness)
    lamp[:2] = backdrop.turned((lamp[0], lamp[1]), quarters)
    return tracing.Light(lamp, *_square_to(lamp[:3]))


def _colours(scene: Scene) -> dict[Material, str]:
    return {
        Material.SKIN: scene.skin,
        Material.FACE: scene.skin,
        Material.HAIR: scene.hair,
        Material.SHIRT: scene.shirt,
        Material.TROUSERS: scene.trousers,
        Material.SHOE: scene.shoes,
        Material.SOLE: SOCKS,
    }


def _square_to(direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    first = np.cross(direction, [0.0, 1.0, 0.0])
    first /= np.linalg.norm(first)
    return first, np.cross(direction, first)
