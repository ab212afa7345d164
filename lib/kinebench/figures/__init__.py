"""Tables in, matplotlib figures out: nothing is measured here, nothing shown, nothing saved on its own.

`figures.all_of(analysis)` draws every figure of the analysis' task; each is also a function of its own, as the
notebooks call it: `figures.timeline(analysis)`, `figures.sit_to_stand.rises(analysis)`.
"""

from collections.abc import Mapping
from types import ModuleType

from kinebench.figures import compare, lifting, rowing, sit_to_stand, walking
from kinebench.figures.doubt import confidence, quality_strip, raw_and_smoothed
from kinebench.figures.pictures import contact_sheet
from kinebench.figures.style import Figure, darkened
from kinebench.figures.timeline import shades, timeline
from kinebench.figures.tuning import spectrum_and_residual
from kinebench.tasks import Analysis

__all__ = [
    "Figure",
    "all_of",
    "compare",
    "confidence",
    "contact_sheet",
    "darkened",
    "lifting",
    "quality_strip",
    "raw_and_smoothed",
    "rowing",
    "shades",
    "sit_to_stand",
    "spectrum_and_residual",
    "timeline",
    "walking",
]

# Task -> module with `FIGURES`: name of the file -> function from the analysis to its figure.
TASKS: Mapping[str, ModuleType] = {
    "sit-to-stand": sit_to_stand,
    "rowing": rowing,
    "lifting": lifting,
    "walking": walking,
    "compare": compare,
}


def all_of(analysis: Analysis) -> dict[str, Figure]:
    """Every figure of the analysis' task that shows something, by the name that its file gets."""
    drawn = {name: draw(analysis) for name, draw in TASKS[analysis.task].FIGURES.items()}
    return {name: figure for name, figure in drawn.items() if not figure.absent}
