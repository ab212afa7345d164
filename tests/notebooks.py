"""Writes the notebooks' parameters cells from the settings they stand for: `python -m tests.notebooks`."""

import types
import typing
from pathlib import Path
from typing import Any

import nbformat

from kinebench import cohort, parameters, places, tasks
from kinebench.tasks import first_steps, pose_network

VIDEO = "a file, or a path below the project's folder"
OUT = 'folder for results; "" only shows them'


OTHERS = {"inside_a_pose_network.ipynb": pose_network.Settings, "cohort.ipynb": cohort.Settings}
# Notebooks that read something else than one video: the parameter, and what it may be.
READS = {"cohort.ipynb": ("reports", "folder of the runs, or a path below the folder that reports lies in")}


def settings_of(name: str) -> type:
    """The settings whose parameters a notebook takes."""
    by_notebook = {task.notebook: task.settings for task in tasks.TASKS.values()}
    return by_notebook.get(name) or OTHERS.get(name, first_steps.Settings)


def input_of(name: str) -> tuple[str, str]:
    """The parameter that says what a notebook reads, and what it may be."""
    return READS.get(name, ("video", VIDEO))


def parameters_cell(settings: type, given: str, read: tuple[str, str] = ("video", VIDEO)) -> str:
    """Source of a parameters cell: one typed scalar a line, with unit, range and meaning; a heading a group."""
    lines = [_line(read[0], "str", given, read[1]), _line("out", "str", "", OUT)]
    group = ""
    for described in parameters.describe(settings):
        if described.group != group:
            group = described.group
            lines += ["", f"# {group}"]
        lines.append(_line(described.name, kind(settings, described), described.default, remark(described)))
    return "\n".join(lines)


def kind(settings: type, described: parameters.Described) -> str:
    """A parameter's type as written in Python."""
    hint = typing.get_type_hints(parameters.groups(settings)[described.group])[described.name]
    if isinstance(described.default, list):
        return "list"
    return str(hint) if isinstance(hint, types.UnionType) else hint.__name__


def remark(described: parameters.Described) -> str:
    """What a parameter means, with unit and what is allowed."""
    bracket = ", ".join(part for part in (described.unit, parameters.allowed(described)) if part)
    # papermill takes an equals sign in a comment for an assignment.
    return described.help.replace(" = ", ": ") + (f" [{bracket}]" if bracket else "")


def _line(name: str, written: str, default: Any, help: str) -> str:
    # papermill reads an annotation only where it is one word, and a type with a bar only from a comment.
    if written.isidentifier():
        return f"{name}: {written} = {default!r}  # {help}"
    return f"{name} = {default!r}  # type: {written.replace(' ', '')}  {help}"


def write(path: Path) -> None:
    """Write a notebook's parameters cell anew, keeping its video or folder."""
    notebook = nbformat.read(path, as_version=4)
    cell = next(cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    namespace: dict[str, Any] = {}
    exec(cell.source.splitlines()[0], namespace)
    read = input_of(path.name)
    cell.source = parameters_cell(settings_of(path.name), namespace[read[0]], read)
    nbformat.write(notebook, path)


if __name__ == "__main__":
    for path in sorted(places.NOTEBOOKS.glob("*.ipynb")):
        if path.name != "workbench.ipynb":
            write(path)
