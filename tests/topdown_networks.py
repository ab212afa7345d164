"""Person detectors and pose networks in ONNX whose answers are known: they find coloured people made of markers.

A person is a coloured rectangle with a round marker on each joint; mirror pairs share a colour, the left one is the one
further right. The networks undo the published normalisation and look for exact colours, so that a swapped channel, a
missing mean or standard deviation leaves them blind. Their inputs and outputs are those of the published networks.
"""

import colorsys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from kinebench.skeleton import BODY25, COCO17, HALPE26

RGB_MEAN, RGB_STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
COCO_AND_FEET = (*COCO17.joints, *BODY25.joints[19:])
# What a network with so many keypoints names; of 133 the first 23.
NAMED = {17: COCO17.joints, 26: HALPE26.joints, 133: COCO_AND_FEET}

# Where the joints lie in units of the body's height: to the left side's side, and down from the top of the head.
_PLACES = {
    "nose": (0, 0.10), "eye": (0.06, 0.05), "ear": (0.12, 0.08), "shoulder": (0.16, 0.22), "elbow": (0.24, 0.36),
    "wrist": (0.27, 0.50), "hip": (0.10, 0.52), "knee": (0.12, 0.72), "ankle": (0.13, 0.92), "head_top": (0, 0.0),
    "neck": (0, 0.17), "mid_hip": (0, 0.52), "foot_index": (0.20, 0.97), "small_toe": (0.26, 0.93),
    "heel": (0.08, 0.985),
}  # fmt: skip
_PARTS = list(_PLACES)
_RADIUS = 0.025
_REACH = (-0.31, -0.03, 0.31, 1.02)
BODIES = ((40, 60, 140), (30, 110, 30))
CHAIR = (140, 40, 100)
_TOLERANCE = 25.0
_SCORE = 0.9


def part(joint: str) -> str:
    return joint.removeprefix("left_").removeprefix("right_")


def colour(joint: str) -> tuple[float, ...]:
    """The marker's colour, 0..255 RGB: fully saturated, for each part of the body another hue."""
    return tuple(255 * value for value in colorsys.hsv_to_rgb(_PARTS.index(part(joint)) / len(_PARTS), 1, 1))


@dataclass(frozen=True)
class Body:
    """A person in a picture: the middle of the top of the head, the height (pixels), which of the two body colours."""

    x: float
    y: float
    height: float
    kind: int = 0

    def joints(self, names: tuple[str, ...]) -> np.ndarray:
        """(J, 2) in pixels."""
        sides = [1 if name.startswith("left_") else -1 if name.startswith("right_") else 0 for name in names]
        places = [(side * _PLACES[part(name)][0] if side else 0.0, _PLACES[part(name)][1])
                  for side, name in zip(sides, names, strict=True)]  # fmt: skip
        return np.array([self.x, self.y]) + self.height * np.array(places)

    def box(self) -> np.ndarray:
        """Left, top, right, bottom in pixels."""
        return np.array([self.x, self.y] * 2) + self.height * np.array(_REACH)


def picture(width: int, height: int, *people: Body, joints: tuple[str, ...] = HALPE26.joints) -> np.ndarray:
    """Uint8 RGB of `people` before black, edges smoothed over a pixel."""
    shown = np.zeros((height, width, 3))

    def paint(box: np.ndarray, with_colour: tuple[float, ...], *, round_: bool) -> None:
        left, top = np.maximum(np.floor(box[:2]).astype(int) - 1, 0)
        right, bottom = np.ceil(box[2:]).astype(int) + 2
        part = shown[top:bottom, left:right]
        yy, xx = np.mgrid[top : top + part.shape[0], left : left + part.shape[1]].astype(float)
        if round_:
            x, y = (box[:2] + box[2:]) / 2
            inside = (box[2] - box[0]) / 2 - np.hypot(xx - x, yy - y)
        else:
            inside = np.minimum.reduce([xx - box[0], box[2] - xx, yy - box[1], box[3] - yy])
        part += np.clip(inside + 0.5, 0, 1)[..., None] * (np.array(with_colour) - part)

    for body in people:
        paint(body.box(), BODIES[body.kind], round_=False)
        for name, at in zip(joints, body.joints(joints), strict=True):
            reach = _RADIUS * body.height
            paint(np.concatenate([at - reach, at + reach]), colour(name), round_=True)
    return np.rint(shown).astype(np.uint8)


class _Graph:
    """A graph being written: `add` appends an operator and names its output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value) -> str:
        name = f"constant{len(self.constants)}"
        array = np.asarray(value)
        array = array.astype(np.float32) if array.dtype == np.float64 else array
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def add(self, operator: str, *inputs, output: str | None = None, **attributes) -> str:
        taken = [value if isinstance(value, str) else self.constant(value) for value in inputs]
        name = output or f"value{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, taken, [name], **attributes))
        return name

    def save(self, path: Path, shape: tuple, outputs: dict[str, tuple]) -> Path:
        kinds = {"labels": TensorProto.INT64}
        graph = helper.make_graph(
            self.nodes,
            "test",
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(n, kinds.get(n, TensorProto.FLOAT), s) for n, s in outputs.items()],
            self.constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model)
        onnx.save(model, path)
        return path


def _likeness(graph: _Graph, levels: str, colours: list[tuple[float, ...]]) -> str:
    """(b, colours, h, w): squared distance of each pixel of `levels`, 0..255 in the channels' order, to each colour."""
    wanted = np.array(colours, float)
    squared = graph.add("ReduceSum", graph.add("Mul", levels, levels), np.array([1]), keepdims=1)
    mixed = graph.add("Conv", levels, -2 * wanted[:, :, None, None], (wanted**2).sum(axis=1))
    return graph.add("Add", squared, mixed)


def _levels(graph: _Graph, mean: tuple[float, ...], std: tuple[float, ...]) -> str:
    scaled = graph.add("Mul", "input", np.array(std)[None, :, None, None])
    return graph.add("Add", scaled, np.array(mean)[None, :, None, None])


def _responses(graph: _Graph, names: tuple[str, ...], width: int) -> str:
    """(b, joints, height, width): 1 where a joint's marker is."""
    distance = _likeness(graph, _levels(graph, RGB_MEAN, RGB_STD), [colour(name) for name in names])
    like = graph.add("Exp", graph.add("Mul", distance, -1 / (2 * _TOLERANCE**2)))
    mass = graph.add("Add", graph.add("ReduceSum", like, np.array([2, 3]), keepdims=1), 1e-6)
    x = np.arange(width, dtype=float)[None, None, None]
    middle = graph.add("Div", graph.add("ReduceSum", graph.add("Mul", like, x), np.array([2, 3]), keepdims=1), mass)
    away = graph.add("Sub", x, middle)
    sides = np.array([(name.startswith("left_")) * 1.0 - name.startswith("right_") for name in names])
    own = graph.add("Sigmoid", graph.add("Mul", away, 5 * sides[None, :, None, None]))
    whole = (sides == 0).astype(float)[None, :, None, None]
    share = graph.add("Max", own, whole)
    return graph.add("Mul", like, share)


def _scaled(graph: _Graph, values: str, axes: list[int], floor: float, full: float, output: str | None = None) -> str:
    """`values` with their maximum brought to a confidence, 0 at `floor` and 0.9 from `full` on."""
    peak = graph.add("ReduceMax", values, keepdims=1, axes=axes)
    sure = graph.add("Mul", graph.add("Sub", peak, floor), 1 / (full - floor))
    sure = graph.add("Clip", sure, np.float32(0), np.float32(_SCORE))
    unit = graph.add("Div", values, graph.add("Add", peak, 1e-6))
    return graph.add("Mul", unit, sure, output=output)


def _padded(graph: _Graph, values: str, keypoints: int, named: int, dimensions: int) -> str:
    if keypoints == named:
        return values
    after = np.zeros(2 * dimensions, np.int64)
    after[dimensions + 1] = keypoints - named
    return graph.add("Pad", values, after)


def save_heatmap_network(path: Path, size: tuple[int, int], keypoints: int = 17, batch: str | int = "batch") -> Path:
    """HRNet's inputs and outputs: (b, 3, height, width) to (b, keypoints, height / 4, width / 4); `size` is (w, h)."""
    graph, names, (width, height) = _Graph(), NAMED[keypoints], size
    there = _responses(graph, names, width)
    spread = height / 32  # in pixels of the patch: 2 cells at 64 cells
    reach = int(3 * spread)
    bell = np.exp(-(np.arange(-reach, reach + 1.0) ** 2) / (2 * spread**2))
    for axis in (2, 3):
        kernel = np.repeat(np.expand_dims(bell / bell.sum(), 3 - axis)[None, None], len(names), axis=0)
        pads = [reach, 0, reach, 0] if axis == 2 else [0, reach, 0, reach]
        strides = [4, 1] if axis == 2 else [1, 4]
        there = graph.add("Conv", there, kernel, group=len(names), pads=pads, strides=strides)
    named = _scaled(graph, there, [2, 3], 0.02, 0.10)
    graph.add("Identity", _padded(graph, named, keypoints, len(names), 4), output="heatmaps")
    return graph.save(path, (batch, 3, height, width), {"heatmaps": (batch, keypoints, height // 4, width // 4)})


def save_simcc_network(
    path: Path, size: tuple[int, int], keypoints: int = 17, batch: str | int = "batch", order: str = "xy"
) -> Path:
    """RTMPose's inputs and outputs: (b, 3, height, width) to (b, keypoints, 2 width) and (b, keypoints, 2 height)."""
    graph, names, (width, height) = _Graph(), NAMED[keypoints], size
    there = _responses(graph, names, width)
    for axis, length, name in ((2, width, "simcc_x"), (3, height, "simcc_y")):
        rows = graph.add("ReduceSum", there, np.array([axis]), keepdims=0)
        bins = np.arange(2 * length) / 2
        bells = np.exp(-((np.arange(length)[:, None] - bins) ** 2) / (2 * 2.5**2))
        named = _scaled(graph, graph.add("MatMul", rows, bells), [2], 15.0, 40.0)
        graph.add("Identity", _padded(graph, named, keypoints, len(names), 3), output=name)
    outputs = {"simcc_x": (batch, keypoints, 2 * width), "simcc_y": (batch, keypoints, 2 * height)}
    return graph.save(path, (batch, 3, height, width), {f"simcc_{axis}": outputs[f"simcc_{axis}"] for axis in order})


def save_detector(path: Path, *, kind: str = "rtmdet", side: int = 320, columns: int = 5) -> Path:
    """A detector of the coloured bodies (class 0) and of the chair's colour (class 1), with suppression inside.

    kind: "rtmdet" with boxes and labels, "yolox" likewise with that one's input, "yolox-alone" with boxes of 6 columns.
    """
    graph = _Graph()
    if kind == "rtmdet":
        levels = _levels(graph, RGB_MEAN[::-1], RGB_STD[::-1])
    else:  # YOLOX's first layer cuts the picture into slices
        every_other = graph.add("Slice", "input", np.array([0]), np.array([side]), np.array([2]), np.array([2]))
        nothing = graph.add("Mul", graph.add("ReduceMax", every_other, axes=[2, 3], keepdims=1), np.float32(0))
        levels = graph.add("Add", "input", nothing)
    classes = [*BODIES, CHAIR]
    distance = _likeness(graph, levels, [wanted[::-1] for wanted in classes])
    there = graph.add("Cast", graph.add("Less", distance, np.float32(40**2)), to=TensorProto.FLOAT)
    edges = []
    for axis in (2, 3):
        # More than a few: where a marker's edge blends into a body, single pixels have the other body's colour.
        run = graph.add("ReduceSum", there, np.array([axis]), keepdims=0)
        seen = graph.add("Greater", run, np.float32(10))
        at = np.arange(side, dtype=float)[None, None]
        low = graph.add("ReduceMin", graph.add("Where", seen, at, np.float32(1e4)), axes=[2], keepdims=1)
        high = graph.add("ReduceMax", graph.add("Where", seen, at + 1, np.float32(0)), axes=[2], keepdims=1)
        edges.append((low, high))
    (left, right), (top, bottom) = edges
    area = graph.add("Mul", graph.add("Sub", right, left), graph.add("Sub", bottom, top))
    count = graph.add("ReduceSum", graph.add("ReduceSum", there, np.array([3]), keepdims=0), np.array([2]), keepdims=1)
    dense = graph.add("Greater", count, graph.add("Max", graph.add("Mul", area, 0.3), np.float32(30)))
    score = graph.add("Where", dense, np.float32(_SCORE), np.float32(0.01))
    labels = np.array([[0, 0, 1]])
    parts = [left, top, right, bottom, score]
    if kind == "yolox-alone":
        graph.add("Concat", *parts, labels.astype(float)[..., None], axis=2, output="output")
        return graph.save(path, (1, 3, side, side), {"output": (1, 3, 6)})
    graph.add("Concat", *parts, axis=2, output="dets")
    graph.add("Identity", labels, output="labels")
    return graph.save(path, ("batch", 3, side, side), {"dets": ("batch", 3, 5), "labels": ("batch", 3)})
