"""PoseNet's network from one of Coral's quantised `.tflite` files, run with LiteRT on pictures of any shape.

A file is made for one size, 481 x 353 pixels for instance, but every layer is a convolution: it runs at any size of
whole cells. So the picture's own shape is kept, at the file's longer side, instead of a bar on two sides: an upright
picture is then seen in 481 rows and not in 353.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np

from kinebench.errors import KinebenchError
from kinebench.estimators.litert import silent_stderr
from kinebench.estimators.posenet_decoding import EDGES, JOINTS, Maps

# Channels of the heatmaps, the short offsets (y, x) and the mid-range offsets (y, x, there and back).
CHANNELS = (JOINTS, 2 * JOINTS, 4 * len(EDGES))
# A picture like a line still has an end and a beginning on the maps.
MIN_CELLS = 2


class Network:
    """A loaded network: `stride`, the input's pixels from one cell of the maps to the next, and its own input size."""

    def __init__(self, path: Path, *, threads: int) -> None:
        """Load the file at `path` to run on `threads` CPU threads, and check that it is PoseNet's."""
        from ai_edge_litert.interpreter import Interpreter

        try:
            with silent_stderr():
                self._interpreter = Interpreter(model_path=str(path), num_threads=threads)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise KinebenchError(_unreadable(path, error)) from error
        self._entry = self._interpreter.get_input_details()[0]
        self._answers = _answers(path, self._entry, self._interpreter.get_output_details())
        self._shape = tuple(int(length) for length in self._entry["shape"])
        self.height, self.width = self._shape[1:3]
        self.stride = (self.width - 1) / (int(self._answers[0]["shape"][2]) - 1)

    def fitted(self, width: int, height: int) -> tuple[int, int]:
        """The size, width and height, in which the network sees a picture of `width` x `height` pixels.

        As long as the network's own input, in the picture's shape, and completed to whole cells.
        """
        scale = max(self.width, self.height) / max(width, height)
        cells = (max(MIN_CELLS, math.ceil((side * scale - 1) / self.stride - 1e-9)) for side in (width, height))
        across, down = (round(count * self.stride) + 1 for count in cells)
        return across, down

    def run(self, patch: np.ndarray) -> Maps:
        """What the network says of a uint8 RGB patch of a size that `fitted` gave."""
        shape = (1, *patch.shape)
        if shape != self._shape:
            with silent_stderr():
                self._interpreter.resize_tensor_input(self._entry["index"], shape)
                self._interpreter.allocate_tensors()
            self._shape = shape
        self._interpreter.set_tensor(self._entry["index"], patch[None])
        self._interpreter.invoke()
        heatmaps, short, mid = (self._values(answer) for answer in self._answers)
        return Maps.of(heatmaps, short, mid, self.stride)

    def _values(self, answer: dict[str, Any]) -> np.ndarray:
        scale, zero = answer["quantization"]
        values: np.ndarray = (self._interpreter.get_tensor(answer["index"])[0].astype(float) - zero) * scale
        return values


def _answers(path: Path, entry: dict[str, Any], answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The outputs' details in the order of `CHANNELS`; raises where it is another network."""
    shape = tuple(int(length) for length in entry["shape"])
    by_channels = {int(answer["shape"][-1]): answer for answer in answers}
    own = all(count in by_channels and len(by_channels[count]["shape"]) == 4 for count in CHANNELS)
    kinds = {detail["dtype"] for detail in (entry, *answers)}
    if len(shape) != 4 or shape[3] != 3 or not own or kinds != {np.uint8}:
        found = ", ".join(f"{np.dtype(answer['dtype']).name} {tuple(map(int, answer['shape']))}" for answer in answers)
        raise KinebenchError(
            f"PoseNet's network must go from uint8 (1, height, width, 3) to uint8 maps of {CHANNELS} channels, but "
            f"{path.name} goes from {np.dtype(entry['dtype']).name} {shape} to {found}. Use Coral's "
            "posenet_mobilenet_v1_075_*_quant.tflite."
        )
    return [by_channels[count] for count in CHANNELS]


def _unreadable(path: Path, error: Exception) -> str:
    reason = " ".join(str(error).split())[:160].rstrip(" .")
    decoder = "posenet" in reason.lower() or "edgetpu" in reason.lower()
    remedy = "Use the file without decoder and without edgetpu in its name." if decoder else "Check the file."
    return f"PoseNet's weights {path.name} could not be loaded ({type(error).__name__}: {reason}). {remedy}"
