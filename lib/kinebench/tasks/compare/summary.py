"""What comparing says of a clip in numbers, and how far they can be trusted."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from kinebench import keypoints
from kinebench.comparison import parts, repeated
from kinebench.comparison.settings import Comparing
from kinebench.quality import Check
from kinebench.quality.limits import VIEW, Limits
from kinebench.tasks import OURS, Metric, consistency
from kinebench.tasks.compare.matches import Compared
from kinebench.tasks.compare.model import Model

SCALE = "100 is a copy, 0 no nearer than chance"
SOURCE = (
    f"{OURS}: 100 (1 - cost(d) / cost(c)), d the root mean square distance of the joints along the warped movement, c "
    "that of an unrelated one, cost(x) = sqrt(x2 + e2) - e with e the camera's error of 5 deg; dynamic time warping of "
    "each joint (Sakoe and Chiba 1978), chance by surrogates (Theiler 1992)"
)
HIDDEN = "the far side is half hidden by the near one, and seen with a larger error"
RECOGNISED = Limits(
    "reference",
    "",
    0.5,
    1.5,
    advice="Name the reference with --set reference=NAME, and film from where it was filmed.",
    basis="kinebench: whether the choice of the reference is in doubt",
)
"""0 where the reference and the view are sure, 1 where there is a doubt."""


def adapted(checks: Sequence[Check], off: float) -> tuple[Check, ...]:
    """The checks on the recording, where squareness to the movement is replaced by that to the reference's view.

    off: how far the lines of sight are apart in degrees, NaN where it could not be told.
    """
    told = f"is seen {off:.0f} deg from where the reference was" if np.isfinite(off) else "may be seen from elsewhere"
    view = VIEW.judge(off, f"The person {told}.")
    view = replace(view, advice=view.advice and "Film from where the reference was filmed.")
    return tuple(view if check.name == VIEW.name else check for check in checks)


def checks(model: Model) -> tuple[Check, ...]:
    """Whether it is surely the right reference."""
    doubt = f"Compared with {model.how}; {model.doubt}." if model.doubt else f"Compared with {model.how}."
    return (RECOGNISED.judge(1.0 if model.doubt else 0.0, doubt),)


def metrics(
    reps: pd.DataFrame,
    compared: Sequence[Compared],
    own: repeated.Repeated | None,
    model: Model,
    settings: Comparing,
    far: str,
) -> list[Metric]:
    """The clip's metrics, without doubts of the recording; far: the side away from the camera, "" without one."""
    good = reps[reps["accepted"]]
    wanted = parts.chosen(settings.joints, keypoints.joints(model.keypoints))
    left_out = [joint for joint in wanted if any(joint not in one.comparison.joints.index for one in compared)]
    doubt = f"without {', '.join(left_out).replace('_', ' ')}, which could not be compared" if left_out else ""
    name = model.reference.name
    found = [
        Metric(
            "score",
            _mean(good["score"]),
            "",
            f"mean over movements: likeness to the reference {name}; {SCALE}",
            SOURCE,
            doubt,
        ),
        Metric("score_sd", _sd(good["score"]), "", "standard deviation of the score between movements", OURS),
        Metric(
            "best_score",
            _most(good["score"]),
            "",
            "score of the movement that is most like the reference",
            SOURCE,
            doubt,
        ),
        Metric(
            "in_step_score",
            _mean(good["in_step_score"]),
            "",
            "the same with one time for all joints, lower where they are out of step",
            SOURCE,
            doubt,
        ),
        *_parts(good, far),
        Metric(
            "movements", len(good), "", f"stretches of the clip that are the movement of the reference {name}", OURS
        ),
        Metric(
            "duration_mean_s", _mean(good["duration_s"]), "s", "mean over movements: from first to last instant", OURS
        ),
        Metric(
            "time_ratio",
            _mean(good["time_ratio"]),
            "",
            "mean duration as a multiple of the reference's; above 1 is slower; lowers no score",
            OURS,
        ),
        _own(good, own),
    ]
    return [replace(metric, spatial=metric.name.endswith(("score", "score_sd"))) for metric in found]


def _own(good: pd.DataFrame, own: repeated.Repeated | None) -> Metric:
    """The movements against each other, which is as near as the person comes to a copy."""
    alike = consistency.metric(own, "movements")
    words = (
        f"mean likeness of each two movements of this clip: nobody copies better than they repeat{_anchored(good, own)}"
    )
    return replace(alike, definition=words, source=SOURCE)


def _anchored(good: pd.DataFrame, own: repeated.Repeated | None) -> str:
    """Where the score stands among those of the person's own movements."""
    score = _mean(good["score"])
    return (
        "" if own is None or score is None else f". The score against the reference is {repeated.against(score, own)}"
    )


def _parts(good: pd.DataFrame, far: str) -> list[Metric]:
    """A score for each body part that was compared; limbs on the far side are doubted."""
    found = []
    for part, joints in parts.PARTS.items():
        column = f"{part}_score"
        if column in good:
            listed = ", ".join(
                name.replace("_", " ")
                for name in dict.fromkeys(joint.removeprefix("left_").removeprefix("right_") for joint in joints)
            )
            words = f"mean over movements: score of the {part.replace('_', ' ')} ({listed}), pooled by what moves"
            doubt = HIDDEN if far and part.startswith(f"{far}_") else ""
            found.append(Metric(column, _mean(good[column]), "", words, SOURCE, doubt))
    return found


def _mean(values: pd.Series) -> float | None:
    known = values.dropna()
    return float(known.mean()) if len(known) else None


def _sd(values: pd.Series) -> float | None:
    known = values.dropna()
    return float(known.std(ddof=1)) if len(known) > 1 else None


def _most(values: pd.Series) -> float | None:
    return float(values.max()) if np.isfinite(values.to_numpy(float)).any() else None
