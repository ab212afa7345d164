"""Who is in the picture, and where their joints are: one protocol, and a registry that imports an estimator when used.

A picture goes in, a list of `Person` comes out. Nobody seen is an empty list; nothing else is. To add an estimator,
write its module and enter a `Record`: nothing outside this registry asks which one is at work.
"""

from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from kinebench.errors import KinebenchError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np

    from kinebench.video import Frame

DEFAULT = "blazepose-full"


@dataclass(frozen=True, eq=False)
class Person:
    """One person seen in one picture; `J` joints in the order of the estimator's `joints`.

    points: (J, 3) x and y in pixels of the upright picture (pixel centres at whole numbers), confidence 0..1.
    world: (J, 3) x, y, z in metres from the middle of the hips, axes along the picture's; None where it is 2D.
    score: how sure the estimator is that this is a person, 0..1.
    box: (4,) left, top, right, bottom in pixels, or None.
    """

    points: "np.ndarray"
    world: "np.ndarray | None"
    score: float
    box: "np.ndarray | None" = None


@runtime_checkable
class Estimator(Protocol):
    """What finds people in pictures. It may follow a person from one picture to the next until `reset`."""

    name: str
    joints: tuple[str, ...]

    def detect(self, picture: "Frame | np.ndarray") -> list[Person]:
        """The people in `picture`, a frame or uint8 RGB of shape (height, width, 3); nobody: an empty list."""

    def describe(self) -> dict[str, Any]:
        """What determines the result, as plain data: weights' sha256 and origin, versions, settings."""

    def reset(self) -> None:
        """Forget the person being followed."""


@runtime_checkable
class Streaming(Protocol):
    """An estimator that is faster with a whole video than with one picture after the other."""

    def stream(self, pictures: "Iterable[Frame]") -> "Iterator[tuple[Frame, list[Person]]]":
        """Each of `pictures`, in order, with the people in it."""


@runtime_checkable
class Replaying(Protocol):
    """An estimator that needs no picture: it knows who was seen at what time."""

    def at(self, time_s: float) -> list[Person]:
        """The people at `time_s`, seconds from the file's first frame; nobody: an empty list."""


@dataclass(frozen=True)
class Weights:
    """One file of weights: its name in the weights folder, its sha256 ("" where none is known), its path in the wheel
    that it is taken from ("" where it is put there by hand).
    """

    file: str
    sha256: str = ""
    member: str = ""


@dataclass(frozen=True)
class Record:
    """What is known of an estimator before it is imported.

    module, attribute: where its class is. arguments: what the class is always made with. settings: the names of those
    of its constructor's arguments that a user may set. finder: name of the function of its module that looks for
    weights by other rules than those of `weights`.
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
        f"kinebench models fetch blazepose-{size}, after putting MediaPipe's {landmarks.file} into the weights folder"
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
        settings=("weights", "detect_every_frame", "person_x_px", "person_y_px"),
    )


def _movenet(size: str) -> Record:
    name = f"movenet-{size}"
    return Record(
        name,
        "kinebench.estimators.movenet",
        "MoveNet",
        licence="Apache-2.0",
        origin=f"TensorFlow Hub: google/movenet/singlepose/{size}/4",
        how_to_get=f"put {name}.tflite or the SavedModel {name}/ into the weights folder, or set TFHUB_CACHE_DIR",
        weights=(Weights(f"{name}.tflite"),),
        arguments={"name": name},
        settings=("weights",),
        finder="find",
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
    for record in (*map(_blazepose, _LANDMARKS), *map(_movenet, ("thunder", "lightning")), _RECORDED)
}


def names() -> tuple[str, ...]:
    """The names of all estimators."""
    return tuple(RECORDS)


def record(name: str) -> Record:
    """What is known of the estimator `name`."""
    if name not in RECORDS:
        close = get_close_matches(str(name), RECORDS, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise KinebenchError(f"estimator must be one of {', '.join(RECORDS)}, but got {name!r}.{hint}")
    return RECORDS[name]


def get(name: str, **settings: Any) -> Estimator:
    """The estimator `name`, its networks loaded; `settings` go to its constructor."""
    known = record(name)
    made: Estimator = getattr(import_module(known.module), known.attribute)(**known.arguments, **settings)
    return made


def state(name: str) -> str:
    """Whether the weights of `name` can be used: "here", "missing" or "damaged"."""
    from kinebench.estimators import weights

    return weights.state(record(name))


def require(name: str, **settings: Any) -> None:
    """Raise now what `get` would raise for missing or damaged weights, without loading a network."""
    from kinebench.estimators import weights

    weights.require(record(name), own=settings.get("weights"))


def fetch(name: str) -> list[Path]:
    """Fetch the weights of `name` that are not here yet, check all of them, and return their paths."""
    from kinebench.estimators import weights

    return weights.fetch(record(name))
