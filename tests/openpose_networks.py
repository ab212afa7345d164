"""A Caffe network with OpenPose's maps whose answer is known: it sees coloured discs and takes them for joints.

Genuine files (prototxt and caffemodel), run by OpenCV as OpenPose's are. Each midline joint has a colour, each pair of
joints another; as in a person seen from the front, the one at the picture's right of the neck is the left one.
"""

import itertools
import struct
from pathlib import Path

import numpy as np

from kinebench.estimators.openpose_models import MODELS, Model

STRIDE = 8
RADIUS = 6.0  # of a disc in pixels of the network's input, for a confidence of 1
SIGMA = 7.0
SUM = 2 * np.pi * (SIGMA**2 + RADIUS**2 / 4) / STRIDE**2  # over the map of one disc
REACH = 13  # of the fields, in pixels of the maps
WIDE = 12  # how far to its side a neck decides what is left and right

# x towards the person's left, y down, in units of about 2/3 of stature, from the neck.
PLACES = {
    "head_top": (0.0, -0.25),
    "nose": (0.0, -0.15),
    "eye": (0.17, -0.19),
    "ear": (0.26, -0.15),
    "neck": (0.0, 0.0),
    "shoulder": (0.18, 0.02),
    "elbow": (0.27, 0.22),
    "wrist": (0.29, 0.42),
    "chest": (0.0, 0.25),
    "mid_hip": (0.0, 0.43),
    "hip": (0.17, 0.45),
    "knee": (0.18, 0.78),
    "ankle": (0.18, 1.08),
    "heel": (0.16, 1.17),
    "foot_index": (0.25, 1.17),
    "small_toe": (0.3, 1.09),
}
LEVELS = (0.0, 1 / 3, 2 / 3, 1.0)
# Full in one channel, so that none is a darker shade of another, and none near white.
COLOURS = [rgb for rgb in itertools.product(LEVELS, repeat=3) if max(rgb) == 1 and min(rgb) == 0 and len(set(rgb)) > 1]


def part(joint: str) -> str:
    """The joint without its side."""
    side, _, rest = joint.partition("_")
    return rest if side in ("left", "right") else joint


def parts(model: Model) -> list[str]:
    return list(dict.fromkeys(part(joint) for joint in model.joints))


def body(model: Model, neck: tuple[float, float], unit: float) -> np.ndarray:
    """Joints (J, 2) of a person whose neck is there; `unit` in pixels."""
    side = [{"left": 1.0, "right": -1.0}.get(joint.partition("_")[0], 0.0) for joint in model.joints]
    places = np.array([PLACES[part(joint)] for joint in model.joints])
    return np.array(neck) + unit * np.column_stack([np.where(side, side, 1.0) * places[:, 0], places[:, 1]])


def picture(model: Model, people: list[np.ndarray], width: int, height: int, radius: float) -> np.ndarray:
    """Uint8 RGB of the people's joints as discs on black; a joint at NaN is left out."""
    rgb = np.zeros((height, width, 3))
    named = parts(model)
    for joint, person in itertools.product(range(len(model.joints)), people):
        if np.isnan(person[joint]).any():
            continue
        left, top = np.maximum(np.floor(person[joint] - radius - 1), 0).astype(int)
        right, bottom = np.ceil(person[joint] + radius + 2).astype(int)
        yy, xx = np.mgrid[top : min(bottom, height), left : min(right, width)]
        cover = np.clip(radius + 0.5 - np.hypot(xx - person[joint, 0], yy - person[joint, 1]), 0, 1)[..., None]
        window = rgb[top:bottom, left:right]
        window += cover * (COLOURS[named.index(part(model.joints[joint]))] - window)
    return np.rint(255 * rgb).astype(np.uint8)


def contract_picture(name: str) -> np.ndarray:
    """One person, as high as a picture of 500 x 610 allows; the discs are right for an input 256 px high."""
    model = MODELS[name]
    return picture(model, [body(model, (245.0, 130.0), 370.0)], 500, 610, RADIUS * 610 / 256)


def save(folder: Path, name: str, *, input_px: tuple[int, int] = (368, 368), stem: str = "", channels: int = 0) -> Path:
    """Write prototxt and caffemodel of `name` and return the caffemodel's path.

    input_px: (height, width) that the prototxt says. channels: drop or add maps at the end, for a network that doesn't
    fit.
    """
    layers = _layers(MODELS[name])
    folder.mkdir(parents=True, exist_ok=True)
    if channels:
        layers.append(("wrong", ["maps"], "wrong", np.zeros((channels, MODELS[name].channels, 1, 1)), None, {}))
    (folder / f"{stem or name}.prototxt").write_text(_prototxt(layers, input_px))
    path = folder / f"{stem or name}.caffemodel"
    path.write_bytes(_caffemodel(layers))
    return path


# --- the network: (name, bottoms, top, weights, biases, options); without weights a concatenation -------------------


def _layers(model: Model) -> list[tuple]:
    named = parts(model)
    count, joints = len(named), len(model.joints)
    grey = np.zeros((24, 3, 1, 1))
    grey_bias = np.zeros(24)
    colour = np.zeros((count, 24, 1, 1))
    for i, (channel, level, sign) in enumerate(itertools.product(range(3), range(4), (1, -1))):
        # The network takes blue, green, red, each as x / 256 - 0.5 of a level from 0 to 255.
        grey[i, 2 - channel] = sign * 256 / 255
        grey_bias[i] = sign * (128 / 255 - LEVELS[level])
        for number in range(count):
            colour[number, i] = -6.0 * (COLOURS[number][channel] == LEVELS[level])
    at = np.arange(40) - 19.5
    blur = np.exp(-(at[:, None] ** 2 + at**2) / (2 * SIGMA**2))
    blur /= 2 * np.pi * SIGMA**2 * (1 - np.exp(-(RADIUS**2) / (2 * SIGMA**2)))
    neck = np.zeros((1, count, 1, 1))
    neck[0, named.index("neck")] = 4 / SUM  # so that it decides where the neck is faint, too
    beside = np.tile(np.sign(WIDE - np.arange(2.0 * WIDE + 1)), (81, 1))
    sided = np.zeros((joints, count + 2, 1, 1))
    for number, joint in enumerate(model.joints):
        sided[number, named.index(part(joint))] = 1
        if joint != part(joint):
            sided[number, count + (joint.partition("_")[0] == "right")] = -1
    to_x, to_y = _towards()
    heat = np.vstack([np.eye(joints), -np.ones((1, joints))])[..., None, None]
    fields = np.zeros((2 * len(model.limbs), 2 * joints, 1, 1))
    for (start, end), channel in zip(model.limbs, model.fields, strict=True):
        for axis in (0, 1):
            fields[channel + axis, 2 * end + axis], fields[channel + axis, 2 * start + axis] = 1, -1
    stack = {"group": count, "stride": STRIDE, "pad_h": 16, "pad_w": 16}
    return [
        ("grey", ["image"], "grey", grey, grey_bias, {"relu": True}),
        ("colour", ["grey"], "colour", colour, np.ones(count), {"relu": True}),
        ("discs", ["colour"], "discs", np.tile(blur, (count, 1, 1, 1)), None, stack),
        ("neck", ["discs"], "neck", neck, None, {}),
        ("beside", ["neck"], "beside", beside[None, None], None, {"pad_h": 40, "pad_w": WIDE}),
        ("side", ["beside"], "side", np.array([-1.0, 1.0])[:, None, None, None], np.ones(2), {"relu": True}),
        ("seen", ["discs", "side"], "seen", None, None, {}),
        ("joints", ["seen"], "joints", sided, None, {"relu": True}),
        ("heat", ["joints"], "heat", heat, np.eye(joints + 1)[-1], {}),
        ("towards", ["joints"], "towards", np.tile(np.stack([to_x, to_y])[:, None], (joints, 1, 1, 1)), None,
         {"group": joints, "pad_h": REACH, "pad_w": REACH}),
        ("fields", ["towards"], "fields", fields, None, {}),
        ("maps", ["heat", "fields"], "maps", None, None, {}),
    ]  # fmt: skip


def _towards() -> tuple[np.ndarray, np.ndarray]:
    """Kernels that give half a unit vector towards a joint, as far as the fields reach."""
    at = np.arange(-REACH, REACH + 1.0)
    x, y = np.meshgrid(at, at)
    away = np.maximum(np.hypot(x, y), 1e-9)
    half = np.where(away <= REACH, 0.5 / SUM / away, 0.0)
    return half * x, half * y


def _prototxt(layers: list[tuple], input_px: tuple[int, int]) -> str:
    lines = ['name: "discs"', 'input: "image"', *(f"input_dim: {size}" for size in (1, 3, *input_px))]
    for name, bottoms, top, weights, biases, options in layers:
        below = " ".join(f'bottom: "{bottom}"' for bottom in bottoms)
        kind = "Concat" if weights is None else "Convolution"
        asked = dict(options)
        relu = asked.pop("relu", False)
        given = "concat_param { axis: 1 }"
        if weights is not None:
            asked |= {"num_output": len(weights), "kernel_h": weights.shape[2], "kernel_w": weights.shape[3]}
            said = " ".join(f"{key}: {value}" for key, value in asked.items())
            given = f"convolution_param {{ {said} bias_term: {str(biases is not None).lower()} }}"
        lines.append(f'layer {{ name: "{name}" type: "{kind}" {below} top: "{top}" {given} }}')
        if relu:
            lines.append(f'layer {{ name: "{name}_relu" type: "ReLU" bottom: "{top}" top: "{top}" }}')
    return "\n".join(lines) + "\n"


# --- Caffe's binary file: protocol buffers, field numbers from caffe.proto ------------------------------------------


def _caffemodel(layers: list[tuple]) -> bytes:
    made = _field(1, b"discs")
    for name, _, _, weights, biases, _ in layers:
        blobs = [blob for blob in (weights, biases) if blob is not None]
        kind = b"Convolution" if blobs else b"Concat"
        content = _field(1, name.encode()) + _field(2, kind) + b"".join(_field(7, _blob(blob)) for blob in blobs)
        made += _field(100, content)
    return made


def _blob(values: np.ndarray) -> bytes:
    shape = _field(1, b"".join(_varint(length) for length in values.shape))
    return _field(5, struct.pack(f"<{values.size}f", *values.ravel())) + _field(7, shape)


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    return bytes([*made, value])
