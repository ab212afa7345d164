"""How alike a person's repetitions are in the whole body, by the same means as two people's movements are compared."""

import numpy as np
import pandas as pd

from kinebench.comparison import repeated
from kinebench.comparison.settings import Comparing
from kinebench.tasks import OURS, Metric

MOST = 20
"""Repetitions compared at most, spread evenly over the clip: each two are, so that a hundred would be 4950 pairs."""
NAME = "consistency_score"


def found(
    table: pd.DataFrame, good: pd.DataFrame, settings: Comparing = Comparing(mirror="no")
) -> repeated.Repeated | None:
    """The accepted repetitions (start_s, end_s) of a keypoint table against each other; None with fewer than two."""
    if len(good) < 2:
        return None
    return repeated.repeated(table, chosen(good)[["start_s", "end_s"]].to_numpy(float), settings)


def chosen(good: pd.DataFrame) -> pd.DataFrame:
    """Those that are compared: all, or `MOST` of them spread evenly."""
    return good.iloc[np.unique(np.linspace(0, len(good) - 1, min(len(good), MOST)).round().astype(int))]


def metric(own: repeated.Repeated | None, noun: str) -> Metric:
    """Their mean likeness; noun: what a repetition is called, in the plural."""
    left_out = "" if own is None else ", ".join(sorted(own.left_out)).replace("_", " ")
    return Metric(
        NAME,
        None if own is None else own.consistency,
        "",
        f"mean score of each two {noun} against each other, of at most {MOST} spread over the clip: the joints' ways "
        "as seen from the hips, each warped in time; 100 are copies, 0 is no likelier than chance",
        f"{OURS}; dynamic time warping per joint (Sakoe and Chiba 1978), chance by surrogates (Theiler 1992)",
        f"without {left_out}, which could not be compared" if left_out else "",
        spatial=True,
    )


def likeness(own: repeated.Repeated | None, good: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Under the name of `likeness` the scores of each two: a row and a column a repetition, by its number."""
    if own is None:
        return {}
    numbers = chosen(good)["repetition"].to_numpy(int)
    columns = [f"with_{number}" for number in numbers]
    return {"likeness": pd.DataFrame(own.scores, index=pd.Index(numbers, name="repetition"), columns=columns)}
