"""Where in the clip the reference's movement is, and how alike each of them is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from kinebench import edits, keypoints
from kinebench.comparison import feedback, finding, parts, scoring
from kinebench.comparison.settings import Comparing
from kinebench.comparison.trajectories import trajectories
from kinebench.errors import KinebenchError
from kinebench.reps import rows
from kinebench.tasks import Presentation, common
from kinebench.tasks.compare.model import Model

SEARCH_HZ = 30.0
"""Where the movement lies is looked for at so many instants a second; the comparison itself takes `sampling_hz`."""


@dataclass(frozen=True, eq=False)
class Compared:
    """One accepted movement: its number, its comparison with the reference, and what differs, costliest first."""

    repetition: int
    comparison: scoring.Comparison
    feedback: pd.DataFrame


def find(
    prepared: common.Prepared, model: Model, settings: Any, presentation: Presentation
) -> tuple[pd.DataFrame, tuple[edits.Unfit, ...]]:
    """The repetitions' table: start_s, end_s, accepted, reason, cut, by_hand; and edits that could not be applied."""
    found, _, unfit = common.repaired_repetitions(
        lambda: (_found(prepared.keypoints, model, settings), None),
        lambda: (edits.repetitions.empty(["start_s", "end_s"]), None),
        settings,
        presentation,
        keypoints.times(prepared.keypoints),
    )
    return found, unfit


def _found(table: pd.DataFrame, model: Model, settings: Any) -> pd.DataFrame:
    variant = settings.comparing.invariant
    one, other = (trajectories(each, variant=variant, rate_hz=SEARCH_HZ) for each in (model.keypoints, table))
    least = settings.task.least_likeness
    found = finding.find(one, other, least_score=least)
    if found.empty:
        nearest = finding.best(one, other)
        raise KinebenchError(
            "No repetition was found: task compare needs a movement like the reference "
            f"{model.reference.name}, but the nearest, from {nearest['start_s']:.1f} to "
            f"{nearest['end_s']:.1f} s, has a likeness of {nearest['score']:.0f} of 100. Choose another reference or "
            f"stretch, or lower least_likeness ({least:g})."
        )
    spans = found[["start_s", "end_s"]].copy()
    # Finds may share a moment, where one movement ends and the next begins.
    spans["end_s"] = np.fmin(spans["end_s"], spans["start_s"].shift(-1))
    spans.insert(0, "repetition", np.arange(1, len(spans) + 1))
    return spans.assign(accepted=True, reason="", cut=False)


def compare(found: pd.DataFrame, prepared: common.Prepared, model: Model, settings: Any) -> list[Compared]:
    """Every accepted movement against the reference."""
    # Left and right have been settled for the whole clip.
    own: Comparing = replace(settings.comparing, mirror="no")
    compared: list[Compared] = []
    for row in rows(found[found["accepted"]]):
        chance = None if not compared else dict(compared[0].comparison.joints["chance"])
        result = scoring.compare(
            model.keypoints, prepared.keypoints, own, query_span=(row.start_s, row.end_s), chance_distance=chance
        )
        told = feedback.feedback(result, model.signals, prepared.signals)
        compared.append(Compared(int(row.repetition), result, told))
    return compared


def measured(found: pd.DataFrame, compared: Sequence[Compared]) -> pd.DataFrame:
    """The table with what each accepted movement scores, how long it takes, and what differs most, in words."""
    made = {one.repetition: one for one in compared}
    table = found.copy()
    taken = [made.get(number) for number in table["repetition"]]
    table["duration_s"] = table["end_s"] - table["start_s"]
    table["score"] = [np.nan if one is None else one.comparison.score for one in taken]
    table["in_step_score"] = [np.nan if one is None else one.comparison.in_step_score for one in taken]
    table["time_ratio"] = [np.nan if one is None else one.comparison.time_ratio for one in taken]
    for part in parts.PARTS:
        scores = [np.nan if one is None else _part(one.comparison, part) for one in taken]
        if np.isfinite(scores).any():
            table[f"{part}_score"] = scores
    told = ["" if one is None or one.feedback.empty else str(one.feedback["words"].iloc[0]) for one in taken]
    return table.assign(differs_most=told)


def _part(one: scoring.Comparison, part: str) -> float:
    scores = one.parts["score"].to_dict()
    return float(scores.get(part, np.nan))
