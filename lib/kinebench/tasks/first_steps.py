"""What may be set of the first steps, from video to smoothed keypoints, for the notebook that explains them."""

from dataclasses import dataclass, field

from kinebench.extraction import Extraction
from kinebench.smoothing import Smoothing
from kinebench.subject import Subject


@dataclass(frozen=True)
class Settings:
    """The groups that every task has in common, and that need no task."""

    extraction: Extraction = field(default_factory=Extraction)
    subject: Subject = field(default_factory=Subject)
    smoothing: Smoothing = field(default_factory=Smoothing)
