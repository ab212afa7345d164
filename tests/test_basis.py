"""What a run rests on: each part's digest changes with what it stands for, and with nothing else."""

import shutil
from pathlib import Path

import nbformat
import pytest

import kinebench
from kinebench import parameters, places, provenance, tasks
from kinebench.run import basis

CLIP = "0" * 64


@pytest.fixture(autouse=True)
def _anew():
    """What a process remembers of its own code is looked at anew, before and after."""
    basis.code.cache_clear()
    yield
    basis.code.cache_clear()


def rests_on(**values) -> dict[str, str]:
    task = tasks.get("walking")
    return basis.basis(task, parameters.build(task.settings, values), CLIP)


def changed(before: dict[str, str]) -> set[str]:
    basis.code.cache_clear()
    now = rests_on()
    return {part for part in before if before[part] != now[part]}


def test_another_cell_in_the_tasks_notebook_is_another_template(tmp_path, monkeypatch):
    before = rests_on()
    shutil.copytree(places.NOTEBOOKS, tmp_path / "notebooks")
    monkeypatch.setattr(places, "NOTEBOOKS", tmp_path / "notebooks")
    assert changed(before) == set()
    path = tmp_path / "notebooks" / "walking.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-1].source += "\n"
    nbformat.write(notebook, path)
    assert changed(before) == {"template"}


@pytest.fixture
def package(tmp_path, monkeypatch) -> Path:
    """A copy of the package that the digest is made of."""
    root = Path(kinebench.__file__).parent
    shutil.copytree(root, tmp_path / "kinebench", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(kinebench, "__file__", str(tmp_path / "kinebench" / "__init__.py"))
    return tmp_path / "kinebench"


@pytest.mark.parametrize("file", ["reps.py", "quality/limits.py", "tasks/walking/events.py", "templates/report.css"])
def test_what_measures_or_draws_is_part_of_the_code(package, file):
    before = rests_on()
    path = package / file
    assert path.exists()
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert changed(before) == {"code"}


@pytest.mark.parametrize("file", ["batch/engine.py", "widgets/session.py", "cli/__init__.py"])
def test_what_hands_out_work_or_talks_is_not(package, file):
    before = rests_on()
    path = package / file
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert changed(before) == set()


def test_another_version_of_a_library_is_another_code(monkeypatch):
    before = rests_on()
    versions = provenance.versions()
    monkeypatch.setattr(provenance, "versions", lambda: versions | {"scipy": "0.0.1"})
    assert changed(before) == {"code"}


def test_a_parameter_and_a_clip_are_parts_of_their_own():
    before = rests_on()
    task = tasks.get("walking")
    assert {part for part, digest in rests_on(cutoff_hz=5.0).items() if digest != before[part]} == {"parameters"}
    other = basis.basis(task, task.settings(), "1" * 64)
    assert {part for part, digest in other.items() if digest != before[part]} == {"clip"}
