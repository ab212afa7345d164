"""Every estimator with real weights against two pictures whose joints were marked by hand: the README's second table.

Pictures and truth are those of TensorFlow's pose estimation example (pose_landmark_truth.csv), which are no part of the
project: without them beside the checkout there is no table.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import imageio.v3 as iio
import numpy as np
import pandas as pd

from kinebench import video
from kinebench.estimators import Estimator
from kinebench.skeleton import COCO17
from tests.conftest import shared_file
from tests.estimator_cases import CASES

PICTURES = ("tfexamples_image1.png", "tfexamples_image2.jpg")
REAL = ("blazepose-full", "blazepose-lite", "movenet-lightning", "posenet")
"""Those whose weights are real here; the others run on networks that the tests make, which see nobody."""


@dataclass(frozen=True)
class Error:
    """Distances of the 17 joints from their marked places: median and largest in pixels, median of the height."""

    estimator: str
    picture: str
    median_px: float
    largest_px: float
    largest: str
    median_percent: float


def truth() -> pd.DataFrame:
    """One row a picture, columns `nose_x`, `nose_y`, ..., in pixels."""
    return pd.read_csv(shared_file("reference/tfexamples_pose_landmark_truth.csv"))


def errors(name: str, estimator: Estimator) -> Iterator[Error]:
    """How far `estimator` is off in each picture."""
    for row, picture in enumerate(PICTURES):
        rgb = np.ascontiguousarray(iio.imread(shared_file(f"images/{picture}"))[..., :3])
        places = truth().iloc[row]
        marked = np.array([[places[f"{joint}_x"], places[f"{joint}_y"]] for joint in COCO17.joints], float)
        estimator.reset()
        people = estimator.detect(video.Frame.of(rgb))
        best = max(people, key=lambda person: person.score)
        seen = best.points[[estimator.joints.index(joint) for joint in COCO17.joints], :2]
        away = np.linalg.norm(seen - marked, axis=1)
        height = float(np.ptp(marked[:, 1]))
        worst = int(np.nanargmax(away))
        median = float(np.nanmedian(away))
        yield Error(name, picture, median, float(away[worst]), COCO17.joints[worst], 100 * median / height)


def markdown() -> str:
    """The table."""
    lines = [
        "| estimator | picture | median error | of the height | largest error |",
        "|---|---|---|---|---|",
    ]
    with TemporaryDirectory() as folder:
        for name in REAL:
            for error in errors(name, CASES[name].make(Path(folder))):
                lines.append(
                    f"| {name} | {error.picture.removeprefix('tfexamples_')} | {error.median_px:.1f} px | "
                    f"{error.median_percent:.1f} % | {error.largest_px:.0f} px ({error.largest.replace('_', ' ')}) |"
                )
    return "\n".join(lines)


if __name__ == "__main__":
    print(markdown())
