"""What is true of a scene: joints in space and in the picture, angles, events; NumPy and pandas only."""

import dataclasses

import numpy as np
import pandas as pd

from kinebench import keypoints, skeleton
from kinebench.synthetic.bystander import bystander_joints
from kinebench.synthetic.expected import EXPECTED
from kinebench.synthetic.further import FURTHER_COLUMNS, FURTHER_EVENTS
from kinebench.synthetic.heights import heights
from kinebench.synthetic.scene import Scene

Joints = dict[str, np.ndarray]
TRUTH_JOINTS = (
    *skeleton.COCO17.joints,
    "left_heel",
    "right_heel",
    "left_foot_index",
    "right_foot_index",
)
_FINE_S = 0.001  # step at which extremes of the generating motion are looked up


def joints_3d(scene: Scene, time_s: np.ndarray | None = None) -> Joints:
    """Joint name -> (times, 3) world coordinates in metres, at the frames' times or at any others."""
    time_s = scene.times_s if time_s is None else np.asarray(time_s, dtype=float)
    return _sided(scene, scene.motion.joints(time_s))


def _sided(scene: Scene, joints: Joints) -> Joints:
    """Motions are made for someone facing right; seen facing left, the near side is the left one of a mirrored body."""
    if scene.facing == "right":
        return joints
    return {skeleton.mirrored(name): points * [1.0, -1.0, 1.0] for name, points in joints.items()}


def projected(scene: Scene, joints: Joints) -> Joints:
    """Joint name -> (times, 2) pixels of the upright picture."""
    flip = np.array([1.0, -1.0 if scene.camera.mirrored else 1.0, 1.0])
    return {name: scene.camera.project(points * flip) for name, points in joints.items()}


def angles(joints: Joints) -> Joints:
    """Signal name -> degrees (times,), in the body's sagittal plane (x, z), from joints in space.

    Segment angles are from the vertical, positive with the proximal end tipped forward; knee and hip flexion are
    their differences and so never jump. The elbow's is the unsigned angle of the projected arm.
    """
    found: dict[str, np.ndarray] = {}
    for side in skeleton.SIDES:
        at = {name: joints[f"{side}_{name}"] for name in _SAGITTAL}
        trunk = _tip(at["shoulder"] - at["hip"])
        thigh, shank = _tip(at["hip"] - at["knee"]), _tip(at["knee"] - at["ankle"])
        upper_arm, forearm = _tip(at["shoulder"] - at["elbow"]), _tip(at["elbow"] - at["wrist"])
        foot = at["foot_index"] - at["heel"]
        found |= {
            f"{side}_knee_flexion_deg": _about(shank - thigh, 90),
            f"{side}_hip_flexion_deg": _about(trunk - thigh, 90),
            f"{side}_ankle_dorsiflexion_deg": shank + np.degrees(np.arctan2(foot[:, 2], foot[:, 0])),
            f"{side}_elbow_flexion_deg": np.abs(_about(upper_arm - forearm, 0)),
            f"{side}_shoulder_flexion_deg": _about(trunk - upper_arm, 90),
            f"{side}_shank_angle_deg": shank,
            f"{side}_thigh_angle_deg": thigh,
        }
    middle = {name: joints[f"left_{name}"] + joints[f"right_{name}"] for name in ("hip", "shoulder")}
    return found | {"trunk_lean_deg": _tip(middle["shoulder"] - middle["hip"])}


_SAGITTAL = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "heel", "foot_index")


def _tip(upward: np.ndarray) -> np.ndarray:
    """Angle of a distal-to-proximal vector from the vertical in degrees, positive forward."""
    return np.degrees(np.arctan2(upward[:, 0], upward[:, 2]))


def _about(angle: np.ndarray, middle: float) -> np.ndarray:
    """The same angle within 180 deg of `middle`."""
    return (angle - middle + 180) % 360 - 180 + middle


def truth_table(scene: Scene, frames: int | None = None) -> pd.DataFrame:
    """The table of `*.truth.csv`: index `frame`; `time_s`, joints in pixels, angles in degrees, metres."""
    times = scene.times_s[:frames]
    joints = joints_3d(scene, times)
    pixels = projected(scene, joints)
    columns: dict[str, np.ndarray] = {"time_s": times}
    for joint in TRUTH_JOINTS:
        columns |= {f"{joint}_x": pixels[joint][:, 0], f"{joint}_y": pixels[joint][:, 1]}
    columns |= angles(joints)
    for side in skeleton.SIDES:
        columns[f"{side}_hip_height_m"] = joints[f"{side}_hip"][:, 2]
        columns[f"{side}_wrist_forward_m"] = joints[f"{side}_wrist"][:, 0]
    if scene.task in FURTHER_COLUMNS:
        columns |= FURTHER_COLUMNS[scene.task](scene, joints, times)
    return pd.DataFrame(columns, index=pd.RangeIndex(len(times), name="frame"))


def events(scene: Scene) -> dict:
    """The content of `*.events.json`: what a perfect analysis reports, from the generating motion, never detected."""
    rows = [repetition.event_times() for repetition in scene.motion.repetitions]
    metrics = EXPECTED[scene.task](rows, lambda start, stop: _signals_between(scene, start, stop), scene.near_side)
    mass = {} if scene.mass_kg is None else {"mass_kg": scene.mass_kg}
    return {
        "task": scene.task,
        "near_side": scene.near_side,
        "facing": scene.facing,
        "height_m": scene.height_m,
        **mass,
        "repetitions": rows,
        **_fault(scene),
        "metrics": metrics,
        **(FURTHER_EVENTS[scene.task](scene) if scene.task in FURTHER_EVENTS else {}),
    }


def _fault(scene: Scene) -> dict[str, dict]:
    """Which fault was put in where, and how far it is from the same scene without it; empty without a fault."""
    fault = getattr(scene.motion, "fault", None)
    if fault is None:
        return {}
    signal, at = f"{scene.near_side}_{fault.signal}_deg", np.array([fault.at_s])
    faulty, good = (angles(joints_3d(one, at))[signal][0] for one in (scene, dataclasses.replace(scene, fault="")))
    return {"fault": fault.told(scene.near_side, float(faulty - good))}


def _signals_between(scene: Scene, start_s: float, stop_s: float) -> Joints:
    count = max(int(np.ceil((stop_s - start_s) / _FINE_S)), 1) + 1
    times = np.linspace(start_s, stop_s, count)
    joints = joints_3d(scene, times)
    found = angles(joints) | {"time_s": times}
    for side in skeleton.SIDES:
        found[f"{side}_wrist_forward_m"] = joints[f"{side}_wrist"][:, 0]
        found[f"{side}_wrist_height_m"] = joints[f"{side}_wrist"][:, 2]
    return found | heights(joints)


def keypoint_table(
    scene: Scene, *, noise_px: float = 0.0, seed: int = 0, far_confidence: float = 0.7, frames: int | None = None
) -> pd.DataFrame:
    """A keypoints table with the BlazePose joints as a perfect estimator sees them, plus Gaussian noise of `noise_px`.

    Confidence is 0.98 on the near side and `far_confidence` on the other. No model and no rendering is needed.
    """
    times = scene.times_s[:frames]
    values = _seen(scene, joints_3d(scene, times), noise_px, seed, far_confidence)
    return keypoints.make(times, skeleton.BLAZEPOSE33.joints, values)


def detections_table(
    scene: Scene, *, noise_px: float = 0.0, seed: int = 0, far_confidence: float = 0.7, frames: int | None = None
) -> pd.DataFrame:
    """`keypoint_table` in the long form of detections: the subject is person 0, a bystander person 1 of every frame."""
    times = scene.times_s[:frames]
    people = [joints_3d(scene, times)]
    if scene.bystander:
        still = bystander_joints(scene)
        people.append({name: np.repeat(points, len(times), axis=0) for name, points in _sided(scene, still).items()})
    tables = [
        _long(times, person, _seen(scene, joints, noise_px, seed + person, far_confidence))
        for person, joints in enumerate(people)
    ]
    return pd.concat(tables).sort_values(["frame", "person"], kind="stable").reset_index(drop=True)


def _seen(scene: Scene, joints: Joints, noise_px: float, seed: int, far_confidence: float) -> np.ndarray:
    """x, y, confidence of the BlazePose joints, shape (times, 33, 3)."""
    names = skeleton.BLAZEPOSE33.joints
    pixels = projected(scene, joints)
    xy = np.stack([pixels[name] for name in names], axis=1)
    xy = xy + noise_px * np.random.default_rng([seed, 3]).standard_normal(xy.shape)
    far = [name.startswith(skeleton.other(scene.near_side)) for name in names]
    confidence = np.broadcast_to(np.where(far, far_confidence, 0.98), xy.shape[:2])
    return np.concatenate([xy, confidence[..., None]], axis=-1)


def _long(times: np.ndarray, person: int, values: np.ndarray) -> pd.DataFrame:
    count, joints = values.shape[:2]
    x, y, confidence = values.reshape(-1, 3).T
    return pd.DataFrame(
        {
            "frame": np.repeat(np.arange(count), joints),
            "time_s": np.repeat(times, joints),
            "person": person,
            "joint": np.tile(np.array(skeleton.BLAZEPOSE33.joints, dtype=object), count),
            "x": x,
            "y": y,
            "confidence": confidence,
        }
    )
