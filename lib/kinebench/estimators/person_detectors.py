"""People as boxes: RTMDet and YOLOX in ONNX, told apart by what they take and answer.

- RTMDet as MMDeploy exports it (`end2end`): boxes (b, n, 5) and labels (b, n). BGR less (103.53, 116.28, 123.675) by
  (57.375, 57.12, 58.395), as in MMDetection's configuration. Without a fixed size: 320 x 320 for nano, else 640 x 640.
- YOLOX (Ge et al. 2021, https://arxiv.org/abs/2107.08430), raw: (1, cells, 5 + classes), to be decoded with its grids.
- YOLOX with non-maximum suppression inside: (1, n, 5 or 6), or boxes and labels as RTMDet has them; it is known by its
  first layer, which cuts the picture into slices. BGR from 0 to 255, nothing subtracted.

The picture is shrunk bilinearly into the top left of a square, the rest is grey (114), as in training. Class 0 is the
person. A network's box edges are edges of pixels; those that leave this module are coordinates of pixel centres.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from kinebench.errors import KinebenchError
from kinebench.estimators.onnx_network import Network
from kinebench.video import Frame

# In a street scene RTMDet-nano saw a walker from 0.42, half out of the picture included, and a window up to 0.26.
MIN_SCORE = 0.3
# As RTMDet has it: of three men close together, boxes of two overlap by 0.54.
MAX_OVERLAP = 0.6
PERSON = 0
GREY = 114
STRIDES = (8, 16, 32)
MEAN_BGR, STD_BGR = (103.53, 116.28, 123.675), (57.375, 57.12, 58.395)
# Every RTMDet but nano (4 MB) was trained at 640.
NANO_BYTES, NANO_SIDE, USUAL_SIDE = 10_000_000, 320, 640
_SLICING = {"Slice", "SpaceToDepth"}


@dataclass(frozen=True)
class Boxes:
    """People found, the best first: boxes (n, 4) left, top, right, bottom in pixels, scores (n,) 0..1."""

    boxes: np.ndarray
    scores: np.ndarray


class Detector:
    """A person detector from a file; see the module's docstring for which ones are known."""

    def __init__(self, path: str | Path) -> None:
        """Load the network at `path`, and find out which one it is."""
        self.network = Network(path)
        self.kind = "yolox" if self.network.first_operators & _SLICING else "rtmdet"
        self.size = _size(self.network, self.kind)  # width, height
        width, height = self.size
        self._raw = _is_raw(self.network, [answer.shape for answer in self._answers(_empty(height, width))], self.size)
        if self._raw:
            self.kind = "yolox"

    def find(self, frame: Frame) -> Boxes:
        """The people in `frame` whose score is at least `MIN_SCORE`."""
        patch, scale = letterbox(frame, self.size)
        answers = self._answers(patch)
        boxes, scores = raw_people(answers[0][0], self.size) if self._raw else _people(answers)
        kept = suppressed(boxes, scores)
        picture = boxes[kept] / [*scale, *scale]
        limits = [frame.width, frame.height] * 2
        picture = np.clip(picture, 0, limits) - 0.5
        seen = (picture[:, 2:] - picture[:, :2] >= 1).all(axis=1)
        return Boxes(picture[seen], scores[kept][seen])

    def normalisation(self) -> str:
        """What the network's input is, in words."""
        return "BGR, 0..255" if self.kind == "yolox" else f"BGR, less {MEAN_BGR}, by {STD_BGR}"

    def _answers(self, patch: np.ndarray) -> list[np.ndarray]:
        batch = patch[None, ..., ::-1].transpose(0, 3, 1, 2).astype(np.float32)
        if self.kind == "rtmdet":
            batch -= np.array(MEAN_BGR, np.float32)[:, None, None]
            batch /= np.array(STD_BGR, np.float32)[:, None, None]
        return self.network.run(batch)


def letterbox(frame: Frame, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The whole of `frame` as RGB in the top left of a patch of `size` (width, height), grey beyond.

    Returns the patch, uint8 (height, width, 3), and what the picture's width and height were multiplied with, (2,).
    """
    picture = np.array([frame.width, frame.height])
    ratio = min(size[0] / frame.width, size[1] / frame.height)
    inner = np.maximum(np.rint(picture * ratio).astype(int), 1)
    scale = inner / picture
    patch = _empty(size[1], size[0])
    offset = 0.5 / scale - 0.5
    matrix = np.array([[1 / scale[0], 0, offset[0]], [0, 1 / scale[1], offset[1]]])
    patch[: inner[1], : inner[0]] = frame.warp(matrix, (int(inner[0]), int(inner[1])), beyond="edge")
    return patch, scale


def raw_people(answer: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """YOLOX's raw answer (cells, 5 + classes) as boxes (n, 4) with edges in the patch's pixels, and scores (n,).

    A cell holds the box's centre from the cell's corner and the logarithm of its size, in strides, then the scores of
    there being something and of each class. `size`: width and height of the patch.
    """
    corners, strides = grid(size)
    scores = answer[:, 4] * answer[:, 5 + PERSON]
    kept = scores >= MIN_SCORE
    values, strides = answer[kept].astype(float), strides[kept, None]
    centres = (values[:, :2] + corners[kept]) * strides
    half = np.exp(values[:, 2:4]) * strides / 2
    return np.column_stack([centres - half, centres + half]), scores[kept].astype(float)


@lru_cache
def grid(size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Of each cell, row by row, fine grid first: its column and row (cells, 2), and its stride in pixels (cells,)."""
    corners, strides = [], []
    for stride in STRIDES:
        rows, columns = np.mgrid[: size[1] // stride, : size[0] // stride]
        corners.append(np.column_stack([columns.ravel(), rows.ravel()]))
        strides.append(np.full(rows.size, stride))
    return np.concatenate(corners).astype(float), np.concatenate(strides).astype(float)


def suppressed(boxes: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Which of `boxes` (n, 4) are kept, best first: each that overlaps none of those before by over `MAX_OVERLAP`."""
    kept: list[int] = []
    for index in np.argsort(-scores, kind="stable"):
        if not kept or overlaps(boxes[index][None], boxes[kept]).max() <= MAX_OVERLAP:
            kept.append(int(index))
    return np.array(kept, int)


def overlaps(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersection over union of each of `some` (n, 4) with each of `others` (m, 4): (n, m); 0 where nothing is."""
    corner = np.maximum(some[:, None, :2], others[None, :, :2])
    shared = np.clip(np.minimum(some[:, None, 2:], others[None, :, 2:]) - corner, 0, None).prod(axis=2)
    whole = _area(some)[:, None] + _area(others)[None] - shared
    return np.divide(shared, whole, out=np.zeros(shared.shape), where=whole > 0)


def _area(boxes: np.ndarray) -> np.ndarray:
    return np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1)


def _people(answers: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Boxes and scores of the people among what a network with suppression inside answers."""
    boxes = next(answer for answer in answers if answer.ndim == 3)[0].astype(float)
    labels = next((answer[0] for answer in answers if answer.ndim == 2), boxes[:, 5] if boxes.shape[1] == 6 else None)
    kept = boxes[:, 4] >= MIN_SCORE
    if labels is not None:
        kept &= labels == PERSON
    return boxes[kept, :4], np.minimum(boxes[kept, 4], 1.0)


def _empty(height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), GREY, np.uint8)


def _size(network: Network, kind: str) -> tuple[int, int]:
    shape = network.input.shape
    if len(shape) != 4 or shape[0] not in (None, 1) or shape[1] not in (None, 3):
        raise KinebenchError(
            f"The detector's input must be (batch, 3, height, width), but {network.path} takes {network.input}. "
            "Use RTMDet or YOLOX."
        )
    usual = NANO_SIDE if kind == "rtmdet" and network.size < NANO_BYTES else USUAL_SIDE
    return shape[3] or usual, shape[2] or usual


def _is_raw(network: Network, shapes: list[tuple[int, ...]], size: tuple[int, int]) -> bool:
    """Whether boxes have yet to be decoded; raises where the outputs, of these `shapes`, are of no known kind."""
    if len(shapes) == 1 and len(shapes[0]) == 3 and shapes[0][0] == 1:
        if shapes[0][1] == len(grid(size)[0]) and shapes[0][2] >= 6:
            return True
        if shapes[0][2] in (5, 6):
            return False
    if len(shapes) == 2 and sorted(map(len, shapes)) == [2, 3]:
        labels, boxes = sorted(shapes, key=len)
        if boxes[:2] == labels and boxes[0] == 1 and boxes[2] == 5:
            return False
    found = ", ".join(str(list(shape)) for shape in shapes) or "nothing"
    cells = len(grid(size)[0])
    raise KinebenchError(
        f"A detector must answer with boxes [1, n, 5] and labels [1, n] (RTMDet), [1, {cells}, 85] (YOLOX) "
        f"or [1, n, 5 or 6] (YOLOX with suppression inside), but {network.path} answers {found}. Use one of these."
    )
