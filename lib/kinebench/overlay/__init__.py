"""The annotated video: skeleton, angles, repetition and phase drawn on every frame, faces covered."""

from kinebench.overlay.options import OverlayOptions
from kinebench.overlay.scene import Angle, Scene, of_analysis, prepare
from kinebench.overlay.writing import draw, write, write_scene

__all__ = ["Angle", "OverlayOptions", "Scene", "draw", "of_analysis", "prepare", "write", "write_scene"]
