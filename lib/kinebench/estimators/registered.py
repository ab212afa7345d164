"""The registered estimators, as data: where each lives, where its weights come from, what may be set, its licence."""

from dataclasses import dataclass, field
from typing import Any

DEFAULT = "blazepose-full"


@dataclass(frozen=True)
class Weights:
    """One file of weights: its name in the weights folder, its sha256 ("" where none is known), its path in the wheel
    that it is taken from ("" where it is put there by hand), and patterns of the names that it is published under.
    """

    file: str
    sha256: str = ""
    member: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Record:
    """What is known of an estimator before it is imported.

    module, attribute: where its class is. arguments: what the class is always made with. settings: the names of those
    of its constructor's arguments that a user may set. finder: name of the function of its module that looks for
    weights by other rules than those of `weights`, and fetcher of that which fetches them. non_commercial: the licence
    forbids commercial use. beside: what else a file of the user's needs lies beside it.
    """

    name: str
    module: str
    attribute: str
    licence: str
    origin: str
    how_to_get: str
    weights: tuple[Weights, ...] = ()
    arguments: dict[str, Any] = field(default_factory=dict)
    settings: tuple[str, ...] = ()
    finder: str = ""
    fetcher: str = ""
    non_commercial: bool = False
    beside: bool = False


_WHEEL = "PyPI's wheel mediapipe 0.10.21"
# Digests: of the wheel's own members; of lite and heavy those in MediaPipe's third_party/external_files.bzl.
_DETECTOR = Weights(
    "pose_detection.tflite",
    "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
    "mediapipe/modules/pose_detection/pose_detection.tflite",
)
_LANDMARKS = {
    "lite": Weights("pose_landmark_lite.tflite", "f17bfbecadb61c3be1baa8b8d851cc6619c870a87167b32848ad20db306b9d61"),
    "full": Weights(
        "pose_landmark_full.tflite",
        "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
        "mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
    ),
    "heavy": Weights("pose_landmark_heavy.tflite", "59e42d71bcd44cbdbabc419f0ff76686595fd265419566bd4009ef703ea8e1fe"),
}


def _blazepose(size: str) -> Record:
    landmarks = _LANDMARKS[size]
    by_hand = (
        f"put MediaPipe's {landmarks.file} (https://storage.googleapis.com/mediapipe-assets/{landmarks.file}) into "
        "the weights folder"
    )
    return Record(
        f"blazepose-{size}",
        "kinebench.estimators.blazepose",
        "BlazePose",
        licence="Apache-2.0",
        origin=_WHEEL if landmarks.member else f"MediaPipe's {landmarks.file}, by hand",
        how_to_get=f"kinebench models fetch blazepose-{size}" if landmarks.member else by_hand,
        weights=(_DETECTOR, landmarks),
        arguments={"name": f"blazepose-{size}"},
        settings=("weights", "detect_every_frame", "person_x_px", "person_y_px", "max_people", "small_people"),
    )


def _from_hub(name: str) -> str:
    return (
        f"run `kinebench models fetch {name}`, put {name}.tflite or the SavedModel {name}/ into the weights folder, or "
        "set TFHUB_CACHE_DIR to a cache of TensorFlow Hub that holds it"
    )


def _movenet(size: str) -> Record:
    name = f"movenet-{size}"
    return Record(
        name,
        "kinebench.estimators.movenet",
        "MoveNet",
        licence="Apache-2.0",
        origin=f"TensorFlow Hub: google/movenet/singlepose/{size}/4",
        how_to_get=_from_hub(name),
        weights=(Weights(f"{name}.tflite"),),
        arguments={"name": name},
        settings=("weights",),
        finder="find",
        fetcher="fetch",
    )


_MULTIPOSE = Record(
    "movenet-multipose",
    "kinebench.estimators.movenet_multipose",
    "MultiPose",
    licence="Apache-2.0",
    origin="TensorFlow Hub: google/movenet/multipose/lightning/1",
    how_to_get=_from_hub("movenet-multipose"),
    weights=(Weights("movenet-multipose.tflite", also=("*movenet*multipose*.tflite",)),),
    settings=("weights", "max_people"),
    finder="find",
    fetcher="fetch",
)

_POSENET = Record(
    "posenet",
    "kinebench.estimators.posenet",
    "PoseNet",
    licence="Apache-2.0",
    origin="Coral's project-posenet: posenet_mobilenet_v1_075_*_quant.tflite (not the *_decoder_* ones), by hand",
    how_to_get="put Coral's PoseNet into the weights folder as posenet.tflite, or name it with --set weights=FILE",
    weights=(Weights("posenet.tflite", also=("posenet_*_quant.tflite",)),),
    settings=("weights", "max_people"),
)

# OpenPose's networks as its own downloader fetches them; their sha256 are not published.
_OPENPOSE = {
    "body25": ("pose_deploy.prototxt", "pose_iter_584000.caffemodel"),
    "coco": ("pose_deploy_linevec.prototxt", "pose_iter_440000.caffemodel"),
    "mpi": ("pose_deploy_linevec_faster_4_stages.prototxt", "pose_iter_160000.caffemodel"),
}


def _openpose(skeleton: str) -> Record:
    name = f"openpose-{skeleton}"
    prototxt, caffemodel = _OPENPOSE[skeleton]
    return Record(
        name,
        "kinebench.estimators.openpose",
        "OpenPose",
        licence="OpenPose's own: for academic or non-profit, non-commercial research only",
        origin=f"OpenPose's models/pose/{skeleton}: {prototxt} and {caffemodel}, by hand",
        how_to_get=f"put OpenPose's {prototxt} and {caffemodel} into the weights folder, or name the caffemodel, the "
        "prototxt beside it, with --set weights=FILE",
        weights=(Weights(f"{name}.prototxt", also=(prototxt,)), Weights(f"{name}.caffemodel", also=(caffemodel,))),
        arguments={"name": name},
        settings=("weights", "max_people", "input_height_px"),
        non_commercial=True,
        beside=True,
    )


# MMDeploy calls every export end2end.onnx: known by its digest; another detector by its name.
_PERSON_DETECTOR = Weights(
    "rtmdet_nano_person.onnx",
    "b8585adb6d1352796f6e86337e09c3459b830645a7e7192d9381670bea2facbd",
    also=("rtmdet*.onnx", "yolox*.onnx"),
)
_TOPDOWN_SETTINGS = ("weights", "detector", "max_people", "detect_every", "flip_test")


def _topdown(name: str, origin: str) -> Record:
    own = name == "topdown"
    where = "name both files with --set detector=FILE and --set weights=FILE"
    return Record(
        name,
        "kinebench.estimators.topdown",
        "TopDown",
        licence="that of your networks" if own else "Apache-2.0",
        origin=origin,
        how_to_get=where
        if own
        else f"put a person detector (rtmdet_nano_person.onnx) and {name}.onnx into the weights folder, or {where}",
        weights=(_PERSON_DETECTOR, Weights(f"{name}.onnx", also=(f"*{name}*.onnx",))),
        arguments={"name": name},
        settings=_TOPDOWN_SETTINGS,
    )


_RECORDED = Record(
    "recorded",
    "kinebench.estimators.recorded",
    "Recorded",
    licence="that of the recording",
    origin="keypoints or detections that were saved before",
    how_to_get="--set recording=FILE (.csv or .parquet)",
    settings=("recording",),
)

RECORDS: dict[str, Record] = {
    record.name: record
    for record in (
        *map(_blazepose, _LANDMARKS),
        *map(_movenet, ("thunder", "lightning")),
        _MULTIPOSE,
        _POSENET,
        *map(_openpose, _OPENPOSE),
        _topdown("hrnet-w32", "MMPose's td-hm_hrnet-w32_8xb64-210e_coco-256x192, exported to ONNX, by hand"),
        _topdown("hrnet-w48", "MMPose's td-hm_hrnet-w48_8xb32-210e_coco-384x288, exported to ONNX, by hand"),
        _topdown("rtmpose-s", "MMPose's rtmpose-s (256x192), exported to ONNX, by hand"),
        _topdown("rtmpose-m", "MMPose's rtmpose-m (256x192), exported to ONNX, by hand"),
        _topdown("rtmpose-l", "MMPose's rtmpose-l (384x288), exported to ONNX, by hand"),
        _topdown("topdown", "any person detector and pose network of yours in ONNX"),
        _RECORDED,
    )
}
