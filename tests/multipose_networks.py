"""A network with MoveNet MultiPose's signature whose answer is known: a body on each soft bright spot, six colours."""

from pathlib import Path

import numpy as np

from tests import networks

# One person at most of each colour, in the order in which the network answers.
COLOURS = {
    "white": (1, 1, 1),
    "red": (1, 0, 0),
    "green": (0, 1, 0),
    "blue": (0, 0, 1),
    "yellow": (1, 1, 0),
    "cyan": (0, 1, 1),
}
# The network is surest of the last colour, so that its own order is not that of its scores.
SCORES = np.array([0.6, 0.65, 0.7, 0.75, 0.8, 0.9])
JOINT_SCORE = 0.85
# Of what is not there, it is not sure.
NOBODY = 0.1


def spots_picture(width: int, height: int, spots: dict[str, tuple[tuple[float, float], float]]) -> np.ndarray:
    """Uint8 RGB of soft spots on black: of each colour its centre (x, y) and standard deviation, in pixels."""
    picture = np.zeros((height, width, 3), np.uint8)
    for colour, (centre, deviation) in spots.items():
        picture = np.maximum(
            picture, networks.spot_picture(width, height, centre, deviation) * np.uint8(COLOURS[colour])
        )
    return picture


def box_of(centre: tuple[float, float], deviation: float) -> np.ndarray:
    """Left, top, right, bottom of the joints of the body on such a spot, in pixels."""
    joints = networks.joints_of(centre, deviation)
    return np.concatenate([joints.min(axis=0), joints.max(axis=0)])


def save(folder: Path) -> Path:
    """Write the SavedModel, which takes pictures of any height and width; imports TensorFlow."""
    import tensorflow as tf

    class Spots(tf.Module):
        def __init__(self):
            super().__init__()
            self.body = tf.Variable(networks.BODY, dtype=tf.float32)

        @tf.function(input_signature=[tf.TensorSpec((1, None, None, 3), tf.int32, name="input")])
        def __call__(self, image):
            red, green, blue = tf.unstack(tf.cast(image[0], tf.float32) / 255.0, axis=-1)
            least, most = tf.minimum, tf.maximum
            bright = [
                least(red, least(green, blue)),
                tf.nn.relu(red - most(green, blue)),
                tf.nn.relu(green - most(red, blue)),
                tf.nn.relu(blue - most(red, green)),
                tf.nn.relu(least(red, green) - blue),
                tf.nn.relu(least(green, blue) - red),
            ]
            rows = [_row(tf, self.body, one, float(score)) for one, score in zip(bright, SCORES, strict=True)]
            return {"output_0": tf.stack(rows)[None]}

    network = Spots()
    tf.saved_model.save(network, str(folder), signatures={"serving_default": network.__call__})
    return folder


def save_tflite(saved: Path, path: Path) -> Path:
    """Convert the SavedModel at `saved` to a `.tflite` file, its height and width left open as in the published one."""
    import tensorflow as tf

    path.write_bytes(tf.lite.TFLiteConverter.from_saved_model(str(saved)).convert())
    return path


def _row(tf, body, bright, score):
    """The 56 numbers of the person on the spot in `bright`, (height, width)."""
    height, width = (tf.cast(side, tf.float32) for side in tf.unstack(tf.shape(bright)))
    total = tf.reduce_sum(bright)
    across, down = tf.reduce_sum(bright, axis=0), tf.reduce_sum(bright, axis=1)
    columns, rows = tf.range(width) + 0.5, tf.range(height) + 0.5
    x, y = (tf.math.divide_no_nan(tf.reduce_sum(at * part), total) for at, part in ((columns, across), (rows, down)))
    spread_x = tf.sqrt(tf.math.divide_no_nan(tf.reduce_sum((columns - x) ** 2 * across), total))
    spread_y = tf.sqrt(tf.math.divide_no_nan(tf.reduce_sum((rows - y) ** 2 * down), total))
    # Of the longer side: a picture that is bright all over has 0.29.
    found = (total > 1.0) & (tf.maximum(spread_x, spread_y) < 0.2 * tf.maximum(height, width))
    deviation = (spread_x + spread_y) / 2
    joints_x, joints_y = (x + deviation * body[:, 0]) / width, (y + deviation * body[:, 1]) / height
    seen = tf.where(found, JOINT_SCORE, 0.05) * tf.ones(17)
    box = [tf.reduce_min(joints_y), tf.reduce_min(joints_x), tf.reduce_max(joints_y), tf.reduce_max(joints_x)]
    points = tf.reshape(tf.stack([joints_y, joints_x, seen], axis=-1), [-1])
    return tf.concat([points, tf.stack([*box, tf.where(found, score, NOBODY)])], axis=0)
