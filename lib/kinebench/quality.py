"""Whether a recording is good enough to be measured: one `Check` a property, each with a verdict and what to do about it.

Bad data never raises here; it becomes a verdict that stands in the report beside the numbers.
"""

from dataclasses import dataclass

VERDICTS = ("good", "doubtful", "bad")


@dataclass(frozen=True)
class Check:
    """One property of the recording: `value` in `unit` (None where it has no number), judged, with a remedy."""

    name: str
    value: float | None
    unit: str
    verdict: str
    message: str
    advice: str
    basis: str = ""


def overall(checks: tuple[Check, ...]) -> str:
    """The worst verdict among the checks: a report is as good as its weakest part."""
    return max((check.verdict for check in checks), key=VERDICTS.index, default="good")
