"""Frozen, checked parameter groups: YAML or flat scalars -> dataclasses -> flat scalars for a notebook, without loss.

A *group* is a frozen dataclass whose fields are made with `parameter`. A task's settings are a frozen dataclass whose
fields are groups. In files, on the command line and in notebooks all fields lie flat beside each other, so that a
field's name must be unique among the groups of one task and carries its unit (`min_rise_s`).
"""

from kinebench.parameters.checks import WORDS, Entry
from kinebench.parameters.groups import (
    Described,
    Group,
    Plain,
    build,
    describe,
    flat,
    from_namespace,
    groups,
    listed,
    parameter,
)
from kinebench.parameters.text import allowed, load, on_one_line, parse, written

__all__ = [
    "WORDS",
    "Described",
    "Entry",
    "Group",
    "Plain",
    "allowed",
    "build",
    "describe",
    "flat",
    "from_namespace",
    "groups",
    "listed",
    "load",
    "on_one_line",
    "parameter",
    "parse",
    "written",
]
