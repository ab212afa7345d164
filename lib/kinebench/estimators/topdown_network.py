"""A pose network in ONNX: which kind it is, whose joints it names, and what it sees in boxes of a picture.

Told apart by the outputs: one of (b, joints, height, width) are heatmaps (HRNet), two of (b, joints, bins) are SimCC
(RTMPose). Both take RGB less (123.675, 116.28, 103.53) by (58.395, 57.12, 57.375), as MMPose's configurations have it.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinebench import skeleton
from kinebench.errors import KinebenchError
from kinebench.estimators import topdown_crop, topdown_decoding
from kinebench.estimators.onnx_network import Network
from kinebench.skeleton import BODY25, COCO17, HALPE26
from kinebench.video import Frame

MEAN_RGB, STD_RGB = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
MOST_AT_ONCE = 8
_FEET = tuple(joint for joint in BODY25.joints if joint.endswith(("foot_index", "small_toe", "heel")))
# By the number of keypoints. Of COCO-WholeBody's 133 body and feet come first; face and hands aren't kept.
JOINTS = {17: COCO17.joints, 26: HALPE26.joints, 133: COCO17.joints + _FEET}


@dataclass(frozen=True)
class Kind:
    """What the network answers with: "heatmaps" or "simcc"; keypoints in all; cells across and down."""

    name: str
    keypoints: int
    cells: tuple[int, int]


class PoseNetwork:
    """A pose network from a file, with `joints`, `size` (width and height of its input) and `kind`."""

    def __init__(self, path: str | Path, *, flip_test: bool = False) -> None:
        """Load the network at `path`. `flip_test`: look at each box's mirror image as well, and take the mean."""
        self.network = Network(path)
        self.size = _size(self.network)
        self.kind = _kind(self.network, self.size)
        self.joints = JOINTS[self.kind.keypoints]
        self._flip_test = flip_test
        self._mirror = [self.joints.index(skeleton.mirrored(joint)) for joint in self.joints]

    def look(self, frame: Frame, boxes: list[np.ndarray]) -> list[np.ndarray]:
        """Of each of `boxes` (left, top, right, bottom in pixels) the joints: (J, 3) x, y in pixels, and confidence.

        A joint that wasn't seen at all is NaN, its confidence 0.
        """
        found: list[np.ndarray] = []
        most = 1 if self.network.input.shape[0] == 1 else MOST_AT_ONCE
        for first in range(0, len(boxes), most):
            found += self._look(frame, boxes[first : first + most])
        return found

    def _look(self, frame: Frame, boxes: list[np.ndarray]) -> list[np.ndarray]:
        matrices = [topdown_crop.patch_to_picture(box, self.size) for box in boxes]
        answers = self._answers(frame, matrices)
        if self._flip_test:
            axis, shift = mirroring(self.size[0], self.kind.cells[0])
            flipped = self._answers(frame, [topdown_crop.mirrored(matrix, axis) for matrix in matrices])
            others = self._flipped(flipped, shift)
            answers = [(answer + other) / 2 for answer, other in zip(answers, others, strict=True)]
        heatmaps = self.kind.name == "heatmaps"
        cells, confidence = topdown_decoding.heatmaps(*answers) if heatmaps else topdown_decoding.simcc(*answers)
        patch = cells * (np.array(self.size) / self.kind.cells)
        return [
            _points(topdown_crop.to_picture(points, matrix), sure)
            for points, sure, matrix in zip(patch, confidence, matrices, strict=True)
        ]

    def _flipped(self, answers: list[np.ndarray], shift: int) -> list[np.ndarray]:
        """Answers about mirror images as those about the pictures: sides exchanged, what is across reversed."""
        exchanged = [answer[:, self._mirror] for answer in answers]
        across = exchanged[0][..., ::-1]
        if shift:
            across = np.concatenate([across[..., shift:], np.repeat(across[..., -1:], shift, axis=-1)], axis=-1)
        return [across, *exchanged[1:]]

    def _answers(self, frame: Frame, matrices: list[np.ndarray]) -> list[np.ndarray]:
        patches = np.stack([frame.warp(matrix, self.size) for matrix in matrices])
        answers = self.network.run(normalised(patches))
        if not all(np.isfinite(answer).all() for answer in answers):
            raise KinebenchError(
                f"{self.network.path} must answer with numbers, but answers NaN or infinity. Export it again."
            )
        if self.kind.name == "simcc" and _swapped([answer.shape for answer in answers], self.size):
            answers.reverse()
        return [answer[:, : len(self.joints)] for answer in answers]


def mirroring(width: int, cells: int) -> tuple[float, int]:
    """For a patch of `width` pixels with so many `cells` across: where to mirror it, and what to shift the answer by.

    Pixel x becomes pixel axis - x, and cell c, which is pixel c * width / cells, becomes cells - 1 - c + shift of the
    answer, reversed. A patch mirrored as a whole (axis width - 1) would leave a heatmap of a quarter of its width 3/4
    of a cell off, which HRNet's SHIFT_HEATMAP makes up for with a whole one. Where it can be, the axis is a whole
    number, so that the mirror image is made of the same samples.
    """
    step = width / cells
    axis = (cells - 1) * step
    shift = (axis - int(axis)) / step
    return (float(int(axis)), round(shift)) if abs(shift - round(shift)) < 1e-9 else (axis, 0)


def normalised(patches: np.ndarray) -> np.ndarray:
    """Uint8 RGB (n, height, width, 3) as the networks take it: float32 (n, 3, height, width), less mean, by std."""
    batch = patches.transpose(0, 3, 1, 2).astype(np.float32)
    batch -= np.array(MEAN_RGB, np.float32)[:, None, None]
    batch /= np.array(STD_RGB, np.float32)[:, None, None]
    return batch


def _points(xy: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    points = np.column_stack([xy, confidence])
    points[confidence <= 0] = (np.nan, np.nan, 0.0)
    return points


def _size(network: Network) -> tuple[int, int]:
    shape = network.input.shape
    if len(shape) != 4 or shape[1] != 3 or shape[2] is None or shape[3] is None:
        raise KinebenchError(
            "A pose network's input must be (batch, 3, height, width) with a fixed height and width, "
            f"but {network.path} takes {network.input}. Export it so."
        )
    return shape[3], shape[2]


def _kind(network: Network, size: tuple[int, int]) -> Kind:
    """What the network answers with, as it does for a grey picture; raises where that isn't known."""
    batch = network.input.shape[0] or 1
    shapes = [answer.shape for answer in network.run(np.zeros((batch, 3, size[1], size[0]), np.float32))]
    found = ", ".join(str(list(shape)) for shape in shapes)
    kind = None
    if batch == 1 and [len(shape) for shape in shapes] == [4] and shapes[0][0] == 1:
        kind = Kind("heatmaps", shapes[0][1], (shapes[0][3], shapes[0][2]))
    if batch == 1 and [len(shape) for shape in shapes] == [3, 3] and shapes[0][:2] == shapes[1][:2]:
        across, down = (shape[2] for shape in (shapes[::-1] if _swapped(shapes, size) else shapes))
        kind = Kind("simcc", shapes[0][1], (across, down))
    if kind is None or kind.cells[0] * size[1] != kind.cells[1] * size[0]:
        raise KinebenchError(
            "A pose network must answer with heatmaps [b, joints, height, width] or SimCC's [b, joints, bins] twice, "
            f"in the proportions of its input [1, 3, {size[1]}, {size[0]}], but {network.path} answers {found}. "
            "Use one that works top-down, with a batch of 1 or of any size."
        )
    if kind.keypoints not in JOINTS:
        known = ", ".join(map(str, JOINTS))
        raise KinebenchError(
            f"A pose network must have {known} keypoints (COCO, Halpe, COCO-WholeBody), but {network.path} has "
            f"{kind.keypoints} (it answers {found}). Use one of these skeletons."
        )
    return kind


def _swapped(shapes: list[tuple[int, ...]], size: tuple[int, int]) -> bool:
    """Whether SimCC's rows come with y first: their lengths are in the proportion of the picture's sides."""
    return size[0] != size[1] and shapes[0][-1] * size[0] == shapes[1][-1] * size[1]
