"""An analysis as `metrics.json` and as a row of `metrics.csv`."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from kinebench.tasks import Analysis


def plain(value: Any) -> float | int | None:
    """A finite Python number, or None: what JSON and papermill can carry without loss."""
    if value is None or not math.isfinite(value):
        return None
    return int(value) if isinstance(value, (int, np.integer)) else float(value)


def metrics_json(analysis: "Analysis") -> dict[str, Any]:
    """metrics.json: what could be measured, the quality verdict with its checks, and the near side."""
    measured = [metric for metric in analysis.metrics if plain(metric.value) is not None]
    return {
        "metrics": {
            metric.name: {
                "value": plain(metric.value),
                "unit": metric.unit,
                "definition": metric.definition,
                "source": metric.source,
            }
            for metric in measured
        },
        "quality": {
            "verdict": analysis.verdict,
            "checks": [
                {
                    "name": check.name,
                    "value": plain(check.value),
                    "unit": check.unit,
                    "verdict": check.verdict,
                    "message": check.message,
                    "advice": check.advice,
                    "basis": check.basis,
                }
                for check in analysis.quality
            ],
            "doubtful_metrics": {metric.name: metric.doubt for metric in measured if metric.doubt},
        },
        "near_side": analysis.near_side,
    }


def metrics_table(analysis: "Analysis") -> pd.DataFrame:
    """metrics.csv: one row a run; name of the recording, task, verdict, near side, then one column a metric."""
    row: dict[str, Any] = {
        "recording": analysis.recording.name,
        "task": analysis.task,
        "quality": analysis.verdict,
        "near_side": analysis.near_side,
    }
    for metric in analysis.metrics:
        value = plain(metric.value)
        if value is not None:
            row[metric.name] = value
    return pd.DataFrame([row])
