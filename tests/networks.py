"""A SavedModel with MoveNet's signature whose answer is known: it finds a soft bright spot and hangs a body on it."""

import hashlib
from pathlib import Path

import numpy as np

from kinebench.skeleton import COCO17

# Where the joints lie around the spot's centre, in units of its standard deviation: x to the left side's side, y down.
_HEIGHTS = {
    "nose": -2.4, "eye": -2.5, "ear": -2.45, "shoulder": -1.0, "elbow": 0.0, "wrist": 0.8, "hip": 0.9, "knee": 2.0,
    "ankle": 2.8,
}  # fmt: skip
_WIDTHS = {"eye": 0.1, "ear": 0.2, "shoulder": 0.6, "elbow": 0.8, "wrist": 0.9, "hip": 0.4, "knee": 0.4, "ankle": 0.4}
_SIDE = {"left": 1.0, "right": -1.0}
BODY = np.array(
    [
        [
            _SIDE.get(joint.partition("_")[0], 0.0) * _WIDTHS.get(joint.partition("_")[2], 0.0),
            _HEIGHTS[joint.partition("_")[2] or joint],
        ]
        for joint in COCO17.joints
    ]
)


def spot_picture(width: int, height: int, centre: tuple[float, float], deviation: float) -> np.ndarray:
    """Uint8 RGB of a soft bright spot on black; `centre` and `deviation` in pixels."""
    yy, xx = np.mgrid[:height, :width]
    away = (xx - centre[0]) ** 2 + (yy - centre[1]) ** 2
    return np.repeat(np.rint(255 * np.exp(-away / (2 * deviation**2)))[..., None], 3, axis=2).astype(np.uint8)


def joints_of(centre: tuple[float, float], deviation: float) -> np.ndarray:
    """The joints that the network finds on such a spot, (17, 2) in pixels."""
    return np.array(centre) + deviation * BODY


def save_spot_network(folder: Path, size: int) -> Path:
    """Write the SavedModel for patches of `size` x `size` pixels; imports TensorFlow."""
    import tensorflow as tf

    class SpotNetwork(tf.Module):
        def __init__(self):
            super().__init__()
            self.body = tf.Variable(BODY, dtype=tf.float32)

        @tf.function(input_signature=[tf.TensorSpec((1, size, size, 3), tf.int32, name="input")])
        def __call__(self, image):
            bright = tf.reduce_mean(tf.cast(image, tf.float32), axis=-1)[0] / 255.0
            total = tf.reduce_sum(bright)
            at = (tf.range(size, dtype=tf.float32) + 0.5) / size
            across, down = tf.reduce_sum(bright, axis=0), tf.reduce_sum(bright, axis=1)
            x, y = (tf.math.divide_no_nan(tf.reduce_sum(at * part), total) for part in (across, down))
            spread_x = tf.sqrt(tf.math.divide_no_nan(tf.reduce_sum((at - x) ** 2 * across), total))
            spread_y = tf.sqrt(tf.math.divide_no_nan(tf.reduce_sum((at - y) ** 2 * down), total))
            deviation = (spread_x + spread_y) / 2
            # A patch that is bright all over has 0.29, a soft spot seen from near 0.14.
            found = (total > 1.0) & (tf.maximum(spread_x, spread_y) < 0.2)
            score = tf.where(found, 0.9, 0.05) * tf.ones(17)
            points = tf.stack([y + deviation * self.body[:, 1], x + deviation * self.body[:, 0], score], axis=-1)
            return {"output_0": points[None, None]}

    network = SpotNetwork()
    tf.saved_model.save(network, str(folder), signatures={"serving_default": network.__call__})
    return folder


def in_hub_cache(cache: Path, handle: str) -> Path:
    """The folder in which TensorFlow Hub keeps `handle`: named after the SHA-1 of the handle."""
    return cache / hashlib.sha1(handle.encode()).hexdigest()
