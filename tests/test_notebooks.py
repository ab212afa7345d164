"""The notebooks: thin, in prose, without outputs, and with the very parameters that the batch takes."""

import ast
import itertools
import shutil

import nbformat
import pytest

from kinebench import kernel, parameters, places, tasks
from tests import notebooks
from tests.conftest import SAMPLES

NAMES = sorted(path.name for path in places.NOTEBOOKS.glob("*.ipynb"))
# The workbench is for a person, and the cohort's reads what a batch left (see test_cohort_notebook.py); all others also
# run in the batch, with every parameter of their settings.
BATCH = [name for name in NAMES if name not in ("workbench.ipynb", *notebooks.READS)]
LINES = 10
MAY_STAND = ast.Import | ast.ImportFrom | ast.Assign | ast.AnnAssign | ast.Expr
NEVER = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.For,
    ast.While,
    ast.If,
    ast.Try,
    ast.comprehension,
    ast.With,
)


def read(name: str) -> nbformat.NotebookNode:
    return nbformat.read(places.NOTEBOOKS / name, as_version=4)


def code_cells(name: str) -> list:
    return [cell for cell in read(name).cells if cell.cell_type == "code"]


def tagged(name: str, tag: str) -> list:
    return [cell for cell in read(name).cells if tag in cell.metadata.get("tags", [])]


def is_parameters(cell) -> bool:
    return "parameters" in cell.metadata.get("tags", [])


def test_every_task_has_its_notebook_and_the_first_steps_have_theirs():
    assert {task.notebook for task in tasks.TASKS.values()} | {"extract.ipynb"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_no_outputs_are_committed(name):
    for cell in code_cells(name):
        assert cell.outputs == []
        assert cell.execution_count is None


@pytest.mark.parametrize("name", NAMES)
def test_a_cell_calls_and_shows_but_never_defines_or_loops(name):
    for cell in code_cells(name):
        if not is_parameters(cell):
            assert len(cell.source.splitlines()) <= LINES, cell.source
        tree = ast.parse(cell.source)
        assert not [node for node in ast.walk(tree) if isinstance(node, NEVER)], cell.source
        assert all(isinstance(node, MAY_STAND) for node in tree.body), cell.source


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_measured_in_a_notebook(name):
    for cell in code_cells(name):
        names = {alias.name for node in ast.walk(ast.parse(cell.source)) for alias in getattr(node, "names", [])}
        assert not names & {"numpy", "pandas", "scipy", "matplotlib"}, cell.source


@pytest.mark.parametrize("name", NAMES)
def test_it_opens_with_a_question_and_every_shown_thing_is_explained(name):
    cells = read(name).cells
    assert cells[0].cell_type == "markdown"
    assert "?" in cells[0].source
    words = sum(len(cell.source.split()) for cell in cells if cell.cell_type == "markdown")
    code = sum(len(cell.source.splitlines()) for cell in code_cells(name) if not is_parameters(cell))
    assert words > 12 * code
    for first, second in itertools.pairwise(cells):
        assert "markdown" in (first.cell_type, second.cell_type) or is_parameters(first)


@pytest.mark.parametrize("name", NAMES)
def test_lines_fit_on_a_screen(name):
    for cell in code_cells(name):
        if not is_parameters(cell):
            assert max(map(len, cell.source.splitlines())) <= 110


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_on_any_computers_python_kernel(name):
    assert read(name).metadata.kernelspec.name == "python3"
    assert len({cell.id for cell in read(name).cells}) == len(read(name).cells)


@pytest.mark.parametrize("name", BATCH)
def test_its_parameters_are_those_of_the_settings(name):
    cells = tagged(name, "parameters")
    assert len(cells) == 1
    namespace: dict = {}
    exec(cells[0].source, namespace)
    assert cells[0].source == notebooks.parameters_cell(notebooks.settings_of(name), namespace["video"]), (
        "run python -m tests.notebooks"
    )
    settings = notebooks.settings_of(name)
    made = parameters.from_namespace(settings, namespace)
    assert made == settings(**{group: kind() for group, kind in parameters.groups(settings).items()})
    assert namespace["out"] == ""
    assert (places.ROOT / namespace["video"]).parent == SAMPLES


@pytest.mark.parametrize("name", BATCH)
def test_papermill_knows_every_parameter_with_its_type(name):
    import papermill

    known = papermill.inspect_notebook(str(places.NOTEBOOKS / name))
    settings = notebooks.settings_of(name)
    described = parameters.describe(settings)
    assert set(known) == {"video", "out", *(parameter.name for parameter in described)}
    for parameter in described:
        kind = notebooks.kind(settings, parameter).replace(" ", "")
        assert known[parameter.name]["inferred_type_name"] == kind
        assert notebooks.remark(parameter) in known[parameter.name]["help"]


@pytest.mark.parametrize("task", tasks.names())
def test_the_report_gets_every_part_and_each_figure_has_a_caption(task):
    cells = read(tasks.get(task).notebook).cells
    shown = [cell.source for cell in cells if cell.cell_type == "code" and "report" in cell.metadata.get("tags", [])]
    for part in ("summary", "metrics", "repetitions", "origin"):
        assert sum(f"report.{part}(" in source for source in shown) == 1
    for cell, below in itertools.pairwise(cells):
        if cell.source in shown and cell.source.startswith("figures."):
            assert below.cell_type == "markdown"
            assert below.metadata.tags == ["report"]
            assert 5 < len(below.source.split()) < 30


@pytest.mark.slow
@pytest.mark.parametrize("name", BATCH)
def test_it_runs_from_top_to_bottom(name, tmp_path):
    cell = tagged(name, "parameters")[0]
    sample = places.ROOT / ast.literal_eval(cell.source.splitlines()[0].split("=")[1].split("#")[0].strip())
    known = sample.with_suffix(".yaml")
    given = (parameters.load(known) if known.exists() else {}) | {"video": str(sample), "out": str(tmp_path)}
    taken = {one.name for one in parameters.describe(notebooks.settings_of(name))} | {"video", "out"}
    given = {key: value for key, value in given.items() if key in taken}
    kernel.execute(places.NOTEBOOKS / name, tmp_path / name, given, show_progress=False)
    executed = nbformat.read(tmp_path / name, as_version=4)
    assert all(cell.execution_count for cell in executed.cells if cell.cell_type == "code")
    assert (tmp_path / "keypoints.csv").exists()


@pytest.mark.slow
def test_the_workbenchs_notebook_opens_the_sample_clip_and_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setenv("KINEBENCH_DATA", str(tmp_path / "data"))
    kernel.execute(places.NOTEBOOKS / "workbench.ipynb", tmp_path / "executed.ipynb", {}, show_progress=False)
    executed = nbformat.read(tmp_path / "executed.ipynb", as_version=4)
    assert all(cell.execution_count for cell in executed.cells if cell.cell_type == "code")
    assert "cutoff_hz: 6.0" in executed.cells[-1].outputs[0].text
    assert not (tmp_path / "data").exists()


@pytest.mark.slow
def test_at_work_a_notebook_writes_nothing(tmp_path):
    copied = tmp_path / "book"
    copied.mkdir()
    shutil.copy(places.NOTEBOOKS / "rowing.ipynb", copied)
    kernel.execute(copied / "rowing.ipynb", tmp_path / "executed.ipynb", {}, show_progress=False)
    assert {path.name for path in copied.iterdir()} == {"rowing.ipynb"}
