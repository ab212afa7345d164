"""Every estimator at work, for the contract suite: how a test makes it, and a picture of one person for it.

An estimator whose weights are not here runs on a network that the tests make, with its input's and output's shapes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import imageio.v3 as iio
import numpy as np

from kinebench import estimators, keypoints, skeleton
from kinebench.estimators import Estimator
from tests import multipose_networks, networks, openpose_networks, topdown_networks
from tests.conftest import shared_file

# Registered, but with weights that can neither be fetched nor made by a test.
WITHOUT_WEIGHTS = {"blazepose-heavy"}


@dataclass(frozen=True)
class Case:
    """An estimator at work: how to make it, a picture of one person, and how alike two looks at that person must be.

    `median_share` and `most_share` are shares of the person's height: in another patch a network sees a little
    differently. `looks` is false where the picture doesn't matter.
    """

    make: Callable[[Path], Estimator]
    picture: Callable[[], np.ndarray]
    median_share: float
    most_share: float
    looks: bool = True


def squatting() -> np.ndarray:
    return np.ascontiguousarray(iio.imread(shared_file("images/coral_squat.bmp"))[..., :3])


def spot() -> np.ndarray:
    return networks.spot_picture(500, 610, (245.0, 300.0), 45.0)


def markers() -> np.ndarray:
    return topdown_networks.picture(500, 610, topdown_networks.Body(245.0, 60.0, 450.0))


def blazepose_full(folder: Path) -> Estimator:
    estimators.fetch("blazepose-full")
    return estimators.get("blazepose-full")


def blazepose_lite(folder: Path) -> Estimator:
    estimators.fetch("blazepose-full")  # its detector
    return estimators.get(
        "blazepose-lite", weights=str(shared_file("models/blazepose_pose_landmark_lite_256_fp16.tflite"))
    )


def movenet_lightning(folder: Path) -> Estimator:
    return estimators.get(
        "movenet-lightning", weights=str(shared_file("models/movenet_singlepose_lightning_int8_v4.tflite"))
    )


def movenet_thunder(folder: Path) -> Estimator:
    saved = folder / "movenet-thunder"
    if not saved.exists():
        networks.save_spot_network(saved, 256)
    return estimators.get("movenet-thunder", weights=str(saved))


def movenet_multipose(folder: Path) -> Estimator:
    saved = folder / "movenet-multipose"
    if not saved.exists():
        multipose_networks.save(saved)
    return estimators.get("movenet-multipose", weights=str(saved))


def posenet(folder: Path) -> Estimator:
    return estimators.get("posenet", weights=str(shared_file("models/posenet_mobilenet_v1_075_353_481_quant.tflite")))


def recorded(folder: Path) -> Estimator:
    values = np.random.default_rng(1).uniform(0, 1, (3, 17, 3)) * [500, 600, 1]
    keypoints.save(keypoints.make(np.arange(3) / 30, skeleton.COCO17.joints, values), folder / "recording.csv")
    return estimators.get("recorded", recording=str(folder / "recording.csv"))


def topdown(name: str, save: Callable[..., Path], size: tuple[int, int], keypoints: int = 17) -> Case:
    """A case of the estimator `name` with networks that the tests make; `size`: width and height of its input."""

    def make(folder: Path) -> Estimator:
        detector = topdown_networks.save_detector(folder / "detector.onnx")
        weights = save(folder / f"{name}.onnx", size, keypoints)
        return estimators.get(name, detector=str(detector), weights=str(weights))

    return Case(make, markers, 0.002, 0.005)


def openpose(name: str) -> Case:
    """A case of one of OpenPose's estimators, with a Caffe network that takes coloured discs for joints."""

    def make(folder: Path) -> Estimator:
        return estimators.get(name, weights=str(openpose_networks.save(folder, name)), input_height_px=256)

    return Case(make, lambda: openpose_networks.contract_picture(name), 0.002, 0.005)


HEATMAPS, SIMCC = topdown_networks.save_heatmap_network, topdown_networks.save_simcc_network
CASES = {
    "blazepose-full": Case(blazepose_full, squatting, 0.01, 0.06),
    "blazepose-lite": Case(blazepose_lite, squatting, 0.02, 0.10),
    "movenet-lightning": Case(movenet_lightning, squatting, 0.03, 0.10),
    "movenet-thunder": Case(movenet_thunder, spot, 0.01, 0.01),
    "movenet-multipose": Case(movenet_multipose, spot, 0.01, 0.01),
    "posenet": Case(posenet, squatting, 0.02, 0.06),
    "hrnet-w32": topdown("hrnet-w32", HEATMAPS, (192, 256)),
    "hrnet-w48": topdown("hrnet-w48", HEATMAPS, (288, 384)),
    "rtmpose-s": topdown("rtmpose-s", SIMCC, (192, 256)),
    "rtmpose-m": topdown("rtmpose-m", SIMCC, (192, 256)),
    "rtmpose-l": topdown("rtmpose-l", SIMCC, (288, 384)),
    "topdown": topdown("topdown", SIMCC, (192, 256), keypoints=26),
    "openpose-body25": openpose("openpose-body25"),
    "openpose-coco": openpose("openpose-coco"),
    "openpose-mpi": openpose("openpose-mpi"),
    "recorded": Case(recorded, squatting, 0.0, 0.0, looks=False),
}
