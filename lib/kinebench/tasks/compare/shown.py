"""What figures, overlay and report show of a comparison, as tables."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from kinebench import keypoints
from kinebench.comparison import alignment
from kinebench.tasks import Recording, common
from kinebench.tasks.compare.matches import Compared
from kinebench.tasks.compare.model import Model


def tables(
    prepared: common.Prepared,
    recording: Recording,
    model: Model,
    compared: Sequence[Compared],
    far: str,
) -> dict[str, pd.DataFrame]:
    """Name -> table.

    joint_scores: a row a joint and movement; feedback, tempo, paces: as of `comparison`, with the movement's number,
    the feedback with the largest difference first and the `far` side last;
    courses: angles of both along the movement, in per cent of the reference;
    reference_ghost, reference_beside: keypoints of the reference in the clip's time, over the
    person and on a plain ground of the picture's size.
    """
    return {
        "joint_scores": _stacked((one.repetition, one.comparison.joints.reset_index()) for one in compared),
        "feedback": _largest_first(_stacked((one.repetition, one.feedback) for one in compared), far),
        "tempo": _stacked((one.repetition, one.comparison.tempo.reset_index()) for one in compared),
        "paces": _stacked((one.repetition, one.comparison.paces) for one in compared),
        "courses": _stacked((one.repetition, _courses(one, model.signals, prepared.signals)) for one in compared),
        "reference_ghost": _joined(
            [alignment.over(model.keypoints, prepared.keypoints, one.comparison) for one in compared]
        ),
        "reference_beside": _joined(
            [
                alignment.on_ground(
                    model.keypoints, prepared.keypoints, one.comparison, (recording.width, recording.height)
                )
                for one in compared
            ]
        ),
    }


def _largest_first(feedback: pd.DataFrame, far: str) -> pd.DataFrame:
    """A share of what differs says little beside that of another movement, of which less differs; the far side last."""
    hidden = feedback["joint"].str.startswith(f"{far}_") if far else pd.Series(False, index=feedback.index)
    words = feedback["words"].where(~hidden, feedback["words"] + " (far side, less certain)")
    ranked = feedback.assign(words=words, far=hidden, size=feedback["difference_deg"].abs())
    ordered = ranked.sort_values(["far", "size"], ascending=[True, False], kind="stable", ignore_index=True)
    return ordered.drop(columns="size")


def _courses(one: Compared, model: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    """Angles of the reference and of the person at the same place of the movement, one row a per cent and signal."""
    at = one.comparison.tempo
    pieces = []
    for name in [column for column in map(str, own) if column in model and _is_angle(column)]:
        pieces.append(
            pd.DataFrame(
                {
                    "signal": name,
                    "percent": at.index,
                    "reference_deg": _read(model, name, at["reference_s"]),
                    "query_deg": _read(own, name, at["query_s"]),
                }
            )
        )
    return pd.concat(pieces, ignore_index=True)


def _is_angle(column: str) -> bool:
    return column.endswith(("_flexion_deg", "_dorsiflexion_deg")) or column == "trunk_lean_deg"


def _read(signals: pd.DataFrame, name: str, at_s: pd.Series) -> np.ndarray:
    return np.interp(at_s, signals.index.to_numpy(float), signals[name].to_numpy(float))


def _stacked(pieces: Iterator[tuple[int, pd.DataFrame]]) -> pd.DataFrame:
    """Tables below each other, with the number of the movement that each is of."""
    numbered = []
    for number, table in pieces:
        own = table.copy()
        own.insert(0, "movement", number)
        numbered.append(own)
    filled = [table for table in numbered if len(table)] or numbered[:1]
    return pd.concat(filled, ignore_index=True)


def _joined(pieces: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Keypoint tables on the same times, each known within its own movement, as one."""
    joined = pieces[0].copy()
    values = joined.to_numpy(dtype=float, copy=True)
    for piece in pieces[1:]:
        own = piece.to_numpy(dtype=float)
        values = np.where(np.isfinite(values) & (values != 0), values, own)
    made = pd.DataFrame(values, index=joined.index, columns=joined.columns)
    keypoints.check(made)
    return made
