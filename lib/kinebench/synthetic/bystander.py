"""A second person, who stands in the background."""

import numpy as np

from kinebench.synthetic import sit_to_stand
from kinebench.synthetic.body import Body, Posture, assemble
from kinebench.synthetic.figure import Dresser
from kinebench.synthetic.scene import Scene
from kinebench.synthetic.solids import Assembly


def bystander_joints(scene: Scene) -> dict[str, np.ndarray]:
    """Joints of the second person, name -> (1, 3): standing at ease in the background, facing as the subject does."""
    random = np.random.default_rng([scene.seed, 5])
    body = bystander_body(scene)
    place = np.array([random.uniform(0.95, 1.25) * random.choice([-1, 1]), random.uniform(1.0, 1.3), 0.0])
    hip = sit_to_stand.standing_hip(body)
    neck_z = hip[1] + body.trunk
    side = np.array([[-1.0], [1.0]])
    wrist = np.hstack([np.full((2, 1), 0.06), side * (body.shoulder_half + 0.07), np.full((2, 1), neck_z - 0.53)])
    ones = np.ones((2, 1))
    posture = Posture(
        hip=hip[None],
        trunk_lean=np.array([2.0]),
        head_pitch=np.array([6.0]),
        ankle_x=(-0.03, 0.05),
        ankle_z=body.ankle_height,
        foot_pitch=0.0,
        wrist=wrist[None],
        elbow_hint=np.hstack([-ones, 0.4 * side, 0.0 * ones])[None],
        grip=np.hstack([0.15 * ones, 0.0 * side, -ones])[None],
        palm=np.hstack([ones, 0.0 * side, 0.1 * ones])[None],
    )
    return {name: points + place for name, points in assemble(body, posture).items()}


def bystander_body(scene: Scene) -> Body:
    """The second person's body, of seeded stature."""
    return Body(float(np.random.default_rng([scene.seed, 6]).uniform(1.58, 1.86)))


def add_bystander(to: Assembly, scene: Scene) -> None:
    """Dress the second person with the second palette."""
    to.person(1)
    joints = {name: points[0] for name, points in bystander_joints(scene).items()}
    Dresser(to, bystander_body(scene), joints).dress()
    to.person(0)
