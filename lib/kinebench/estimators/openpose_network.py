"""OpenPose's Caffe networks run with OpenCV's DNN module: from a frame to confidence maps and affinity fields.

The whole picture is shrunk to the network's input, at its own aspect whatever size the prototxt was written for. The
settings are those of OpenCV's own sample (samples/dnn/openpose.py): values over 255, no mean taken off. (OpenPose's
program takes them over 256, less a half.)

Where a map's pixel lies in the picture: the networks halve the picture three times, so that pixel m of a map stands for
the input's pixels 8 m to 8 m + 7, whose centre is at 8 m + 3.5. That is where openpose_train puts it, too. With edges
instead of centres, map, input and picture all reach from -0.5 to their size - 0.5, and the stride drops out.
"""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kinebench.errors import KinebenchError
from kinebench.estimators import openpose_models, record, weights
from kinebench.estimators.litert import silent_stderr
from kinebench.estimators.openpose_models import Model
from kinebench.provenance import sha256_file
from kinebench.video import Frame

LICENCE = (
    "OpenPose's networks may be used for academic or non-profit, non-commercial research only. For any other use, paid "
    "work in a clinic or as a coach included, ask Carnegie Mellon University for a licence or choose another estimator."
)

# As OpenPose itself gives pictures to its networks: x / 256 - 0.5. Many a tutorial gives x / 255, which they bear.
SCALE = 1 / 256
MEAN = 128.0
INPUT_HEIGHT_PX = 368
# The stride of the networks is 8; OpenPose itself rounds to 16.
MULTIPLE_PX = 16
# A stripe of a picture would ask for more memory than there is; no video is wider.
WIDEST = 4
_PROBE_PX = 32


@dataclass(frozen=True)
class Files:
    """The two files of a Caffe network; `called`: what both stand under in what is written, less the ending."""

    prototxt: Path
    caffemodel: Path
    called: str

    def digests(self) -> dict[str, str]:
        """Name -> SHA-256."""
        return {f"{self.called}{path.suffix}": sha256_file(path) for path in (self.prototxt, self.caffemodel)}


def files(model: Model, own: str | None) -> Files:
    """The files of `model`: in the weights folder, or the caffemodel `own` with its prototxt beside it."""
    if own is None:
        known = record(model.name)
        prototxt, caffemodel = (weights.locate(known, f"{model.name}.{end}") for end in ("prototxt", "caffemodel"))
        return Files(prototxt, caffemodel, model.name)
    caffemodel = Path(own)
    if caffemodel.suffix != ".caffemodel" or not caffemodel.is_file():
        raise KinebenchError(
            f"weights must name a .caffemodel file that exists, but got {own}. {record(model.name).how_to_get}."
        )
    beside = [caffemodel.with_suffix(".prototxt"), *(caffemodel.with_name(name) for name in model.prototxts)]
    for prototxt in beside:
        if prototxt.is_file():
            return Files(prototxt, caffemodel, weights.OWN)
    raise KinebenchError(
        f"{caffemodel.name} must have its prototxt beside it, but {caffemodel.parent} has none of "
        f"{', '.join(path.name for path in beside)}. Put it there."
    )


class Network:
    """A loaded network; not to be called by two threads at once."""

    def __init__(self, model: Model, found: Files) -> None:
        """Say what the licence forbids, load the files `found`, and check that they hold `model`."""
        # Seen from where the estimator is made, so that Python says it once however many are made there.
        warnings.warn(LICENCE, stacklevel=3)
        self.model = model
        self.digests = found.digests()
        self._origin = found.caffemodel.name
        self._net = _loaded(found)
        self.run(np.zeros((_PROBE_PX, _PROBE_PX, 3), np.uint8))

    def look(self, frame: Frame, input_height_px: int) -> tuple[np.ndarray, np.ndarray]:
        """Confidence maps (J + 1, height, width), the background's last, and affinity fields (2 L, height, width)."""
        return self.run(patch(frame, input_size(frame.width, frame.height, input_height_px)))

    def run(self, rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same for a picture of the network's input size, uint8 RGB of shape (height, width, 3)."""
        import cv2

        # The one place where red and blue are exchanged: frames are RGB, the networks were trained on BGR.
        blob = cv2.dnn.blobFromImage(rgb, SCALE, mean=(MEAN,) * 3, swapRB=True)
        try:
            self._net.setInput(blob)
            answer = self._net.forward()
        except cv2.error as error:
            raise KinebenchError(f"{self._origin} could not be run on {blob.shape}: {_reason(error)}.") from error
        return self._parted(answer)

    def _parted(self, answer: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        model = self.model
        if answer.ndim != 4 or answer.shape[:2] != (1, model.channels):
            others = [m.name for m in openpose_models.MODELS.values() if answer.shape[1:2] == (m.channels,)]
            hint = f"These are the maps of {others[0]}: choose that." if others else "Name the network's own files."
            background, fields = len(model.joints) + 1, 2 * len(model.limbs)
            raise KinebenchError(
                f"{model.name} must answer with {model.channels} maps ({background} of confidence with the "
                f"background's, {fields} of affinity), but {self._origin} answers {answer.shape}. {hint}"
            )
        return answer[0, : len(model.joints) + 1], answer[0, len(model.joints) + 1 :]


def _loaded(found: Files) -> Any:
    import cv2

    if not hasattr(cv2.dnn, "readNetFromCaffe"):
        raise KinebenchError(
            f"OpenPose's networks need an OpenCV that reads Caffe's files, but {cv2.__version__} does not any more. "
            "Install opencv-python-headless 4."
        )
    try:
        with silent_stderr():
            return cv2.dnn.readNetFromCaffe(str(found.prototxt), str(found.caffemodel))
    except cv2.error as error:
        raise KinebenchError(
            f"{found.prototxt.name} and {found.caffemodel.name} must be one Caffe network, but could not be loaded: "
            f"{_reason(error)}. Copy both again."
        ) from error


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:200].rstrip(" .")


def input_size(width: int, height: int, input_height_px: int) -> tuple[int, int]:
    """(width, height) of the network's input for a picture of that size: as high as asked, at the picture's aspect.

    Both are rounded to whole multiples of 16 px; a picture wider than four times its height gets less height.
    """
    down = _rounded(input_height_px)
    if width > WIDEST * height:
        return WIDEST * down, _rounded(WIDEST * down * height / width)
    return _rounded(down * width / height), down


def _rounded(length: float) -> int:
    return max(round(length / MULTIPLE_PX), 1) * MULTIPLE_PX


def patch(frame: Frame, size: tuple[int, int]) -> np.ndarray:
    """The whole of `frame` as uint8 RGB of `size` (width, height), edge upon edge.

    A picture that shrinks is averaged over the area of each new pixel: between two samples, as warping takes them, a
    third of a 1080p picture's lines would be lost, and what is lost flickers as the person moves.
    """
    import cv2

    width, height = size
    if width <= frame.width and height <= frame.height:
        return cv2.resize(frame.rgb(), size, interpolation=cv2.INTER_AREA)
    x, y = frame.width / width, frame.height / height
    return frame.warp(np.array([[x, 0, x / 2 - 0.5], [0, y, y / 2 - 0.5]]), size, beyond="edge")


def to_picture(points: np.ndarray, map_size: tuple[int, int], picture_size: tuple[int, int]) -> np.ndarray:
    """`points` (..., 2 or 3), x and y first, in pixels of the picture instead of a map's; sizes are (width, height)."""
    moved = np.array(points, float)
    moved[..., :2] = (moved[..., :2] + 0.5) * np.divide(picture_size, map_size) - 0.5
    return moved


def to_map(points: np.ndarray, map_size: tuple[int, int], picture_size: tuple[int, int]) -> np.ndarray:
    """The inverse of `to_picture`."""
    return to_picture(points, picture_size, map_size)
