"""A signal's name as people read it: its unit is the last part of the column's name, its side the first."""

from collections.abc import Sequence

import pandas as pd

from kinebench.tasks.presentation import on_side

UNITS = {"deg_s": "°/s", "px_s": "px/s", "m_s": "m/s", "deg": "°", "px": "px", "m": "m", "s": "s", "pct": "%"}


def unit_of(column: str) -> str:
    """The unit that a column's name ends in, as people write it; empty where there is none."""
    for ending, written in UNITS.items():
        if column.endswith(f"_{ending}"):
            return written
    return ""


def stem_of(column: str) -> str:
    """A column's name without its unit."""
    for ending in UNITS:
        if column.endswith(f"_{ending}"):
            return column.removesuffix(f"_{ending}")
    return column


def words(column: str, near_side: str = "") -> str:
    """A column's name as words: `left_knee_flexion_deg` -> `knee flexion`."""
    return stem_of(column).removeprefix(f"{near_side}_").replace("_", " ")


def present(signals: pd.DataFrame, near_side: str, templates: Sequence[str]) -> list[str]:
    """The signals among the templates that a clip has; of those that differ only in unit, the first."""
    chosen: dict[str, str] = {}
    for template in templates:
        column = on_side(template, near_side)
        if column in signals and signals[column].notna().any():
            chosen.setdefault(stem_of(column), column)
    return list(chosen.values())
