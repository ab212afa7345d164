"""What is true of walkers: joints in the picture, angles, who covers whom, heel strikes and toe-offs; NumPy and pandas.

The truth table has the form of a single subject's (`truth.truth_table`) with the column `person` and one row a frame
and person: 0 is the first of the scene's people, and stays so.
"""

from functools import cache
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd

from kinebench import keypoints, skeleton
from kinebench.synthetic.covering import nearer, visible
from kinebench.synthetic.truth import TRUTH_JOINTS, Joints, angles
from kinebench.synthetic.walker_figure import dressed
from kinebench.synthetic.walkers import Walker, Walkers
from kinebench.synthetic.walking import turned

HIDDEN = 0.5  # a joint is hidden when less than this share of it is seen


def joints_3d(one: Walker, time_s: np.ndarray) -> Joints:
    """Joint name -> (times, 3) world coordinates in metres."""
    return one.motion.joints(np.asarray(time_s, dtype=float))


def body_angles(one: Walker, time_s: np.ndarray) -> Joints:
    """Signal name -> degrees (times,): in the plane in which the pelvis faces, else as `truth.angles`."""
    time_s = np.asarray(time_s, dtype=float)
    heading = one.motion.heading(time_s)
    return angles({name: turned(points, -heading) for name, points in joints_3d(one, time_s).items()})


@cache
def visibility(scene: Walkers) -> np.ndarray:
    """Share 0..1 of each of `TRUTH_JOINTS` that is seen past the other person; (people, frames, joints)."""
    times, camera = scene.hall.times_s, scene.hall.camera
    found = np.ones((len(scene.people), len(times), len(TRUTH_JOINTS)))
    joints = [joints_3d(one, times) for one in scene.people]
    headings = [one.motion.heading(times) for one in scene.people]
    for behind, front in permutations(range(len(scene.people)), 2):
        for frame in range(len(times)):
            before = {name: points[frame] for name, points in joints[front].items()}
            own = np.stack([joints[behind][name][frame] for name in TRUTH_JOINTS])
            if nearer(before["pelvis"], joints[behind]["pelvis"][frame], camera) and _meet(before, own, scene):
                body, shorts = scene.people[front].motion.body, scene.people[front].shorts
                cones, _ = dressed(body, before, float(headings[front][frame]), front, shorts=shorts)
                found[behind, frame] = visible(own, cones, camera)
    found.flags.writeable = False
    return found


def _meet(front: dict[str, np.ndarray], own: np.ndarray, scene: Walkers) -> bool:
    """Whether two people come so near in the picture that one may cover the other."""
    camera = scene.hall.camera
    a, b = camera.project(np.stack(list(front.values())))[:, 0], camera.project(own)[:, 0]
    room = 0.2 * camera.focal_px / scene.hall.distance_m
    return bool(a.min() - room < b.max() and b.min() < a.max() + room)


def truth_table(scene: Walkers, frames: int | None = None) -> pd.DataFrame:
    """The table of `*.truth.csv`: index `frame`; `person`, `time_s`, joints in pixels and `<joint>_visible`, angles in
    degrees; mid-hip in the hall `hip_x_m`, `hip_y_m`, its depth from the camera, hip heights, where the pelvis faces.
    """
    times = scene.hall.times_s[:frames]
    tables = [_one_table(scene, person, times) for person in range(len(scene.people))]
    return pd.concat(tables).sort_values(["frame", "person"], kind="stable")


def _one_table(scene: Walkers, person: int, times: np.ndarray) -> pd.DataFrame:
    one, camera = scene.people[person], scene.hall.camera
    joints, seen = joints_3d(one, times), visibility(scene)[person]
    columns: dict[str, Any] = {"person": person, "time_s": times}
    for number, joint in enumerate(TRUTH_JOINTS):
        x, y = camera.project(joints[joint]).T
        columns |= {f"{joint}_x": x, f"{joint}_y": y, f"{joint}_visible": seen[: len(times), number]}
    columns |= body_angles(one, times)
    columns |= {f"{side}_hip_height_m": joints[f"{side}_hip"][:, 2] for side in skeleton.SIDES}
    pelvis = joints["pelvis"]
    columns |= {"hip_x_m": pelvis[:, 0], "hip_y_m": pelvis[:, 1]}
    columns |= {"camera_distance_m": (pelvis - camera.position) @ camera.forward}
    columns |= {"facing_deg": np.degrees(one.motion.heading(times))}
    return pd.DataFrame(columns, index=pd.RangeIndex(len(times), name="frame"))


def events(scene: Walkers) -> dict[str, Any]:
    """The content of `*.events.json`: the footsteps planned within the clip (never detected), and who covers whom."""
    return {
        "task": "walking",
        "people": [_walk_events(scene, person) for person in range(len(scene.people))],
        "coverings": _coverings(scene),
    }


def _walk_events(scene: Walkers, person: int) -> dict[str, Any]:
    one = scene.people[person]
    return {
        "person": person,
        "height_m": one.height_m,
        "facing": one.facing,
        "near_side": one.facing,
        "turns_at_s": one.at_s if one.turns else None,
        "step_length_m": one.step_length_m,
        "stride_length_m": 2 * one.step_length_m,
        "cadence_steps_min": one.cadence_steps_min,
        "speed_m_s": one.speed_m_s,
        "heel_strikes": _foot_events(scene, one, one.motion.steps.heel_strike_s, "heel"),
        "toe_offs": _foot_events(scene, one, one.motion.steps.toe_off_s, "foot_index"),
    }


def _foot_events(scene: Walkers, one: Walker, when: Any, mark: str) -> list[dict[str, Any]]:
    """In order of time: side, time, and where the heel or the toes are on the floor."""
    steps, last = one.motion.steps, float(scene.hall.times_s[-1])
    rows = []
    for number in range(len(steps.place) - 3):
        time = float(when(number))
        if 0 <= time <= last:
            side = steps.side(number)
            x, y, _ = joints_3d(one, np.array([time]))[f"{side}_{mark}"][0]
            rows.append({"side": side, "time_s": time, "x_m": float(x), "y_m": float(y)})
    return rows


def _coverings(scene: Walkers) -> list[dict[str, Any]]:
    """Stretches of frames in which something of a person is covered, and those in which every joint is hidden."""
    found: list[dict[str, Any]] = []
    for person, seen in enumerate(visibility(scene)):
        covered = (seen < 1).any(axis=1)
        for start, stop in _stretches(covered):
            own = seen[start:stop]
            hidden = start + np.flatnonzero((own < HIDDEN).all(axis=1))
            found.append(
                {
                    "covered": person,
                    "covered_by": 1 - person,
                    "first_frame": int(start),
                    "last_frame": int(stop - 1),
                    "most_covered_share": float(1 - own.mean(axis=1).min()),
                    "wholly_hidden_frames": hidden.tolist(),
                }
            )
    return found


def _stretches(flags: np.ndarray) -> list[tuple[int, int]]:
    """Start and stop of each run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(int), [0]])))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def detections_table(
    scene: Walkers, *, noise_px: float = 0.0, seed: int = 0, least_seen: float = 0.3, frames: int | None = None
) -> pd.DataFrame:
    """What a perfect estimator that knows no identities finds: whoever is seen at least by `least_seen` of the joints.

    In the long form of detections. `person` counts the people of a frame from the largest on, as they come out of an
    estimator; `true_person` says who it is. Confidence is the joint's visible share times 0.98.
    """
    times, camera = scene.hall.times_s[:frames], scene.hall.camera
    names = skeleton.BLAZEPOSE33.joints
    random = np.random.default_rng([seed, 3])
    tables = []
    for person, one in enumerate(scene.people):
        joints = joints_3d(one, times)
        xy = np.stack([camera.project(joints[name]) for name in names], axis=1)
        xy = xy + noise_px * random.standard_normal(xy.shape)
        seen = visibility(scene)[person, : len(times)]
        share = np.stack([seen[:, TRUTH_JOINTS.index(name) if name in TRUTH_JOINTS else 0] for name in names], axis=1)
        table = pd.DataFrame(
            {
                "frame": np.repeat(np.arange(len(times)), len(names)),
                "time_s": np.repeat(times, len(names)),
                "true_person": person,
                "joint": np.tile(np.array(names, dtype=object), len(times)),
                "x": xy[..., 0].ravel(),
                "y": xy[..., 1].ravel(),
                "confidence": 0.98 * share.ravel(),
                "tall": np.repeat(np.ptp(xy[..., 1], axis=1), len(names)),
            }
        )
        tables.append(table[np.repeat(seen.mean(axis=1) >= least_seen, len(names))])
    found = pd.concat(tables).sort_values(["frame", "tall"], ascending=[True, False], kind="stable")
    found["person"] = found.groupby("frame")["true_person"].transform(lambda own: pd.factorize(own)[0])
    return found[[*keypoints.DETECTION_COLUMNS, "true_person"]].reset_index(drop=True)
