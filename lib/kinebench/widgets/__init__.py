"""Widgets for JupyterLab: thin shells over the modules that a run uses, so that both always agree.

`Workbench("clip.mp4", task="sit-to-stand")` shows a clip, its signals, and all that can be tuned and repaired;
`Chooser()` lists the clips in `data/raw`.
"""

from kinebench.widgets.chooser import Chooser
from kinebench.widgets.workbench import Workbench

__all__ = ["Chooser", "Workbench"]
