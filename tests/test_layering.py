"""Data goes one way: a module imports only from those above it, and importing kinebench loads nothing heavy."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import kinebench

PACKAGE = Path(kinebench.__file__).parent
# Top to bottom; the modules of a row don't import each other. Nothing at run time needs `synthetic`: none stands below.
ORDER = [
    {"errors"},
    {"places", "progress", "words"},
    {"geometry"},
    {"skeleton"},
    {"provenance"},
    {"storage"},
    {"parameters"},
    {"video"},
    {"keypoints"},
    {"formats"},
    {"estimators", "recordings"},
    {"extraction"},
    {"edits"},
    {"subject"},
    {"conversion", "company"},
    {"bystanders"},
    {"smoothing"},
    {"scale"},
    {"kinematics"},
    {"reps"},
    {"comparison"},
    {"references"},
    {"quality"},
    {"tasks"},
    {"figures"},
    {"overlay"},
    {"outputs", "saved"},
    {"catalogue"},
    {"cohort"},
    {"report", "kernel", "pseudonyms", "lab"},
    {"manifest"},
    {"anonymising"},
    {"run", "doctor"},
    {"batch"},
    {"purging", "bundles"},
    {"widgets"},
    {"cli"},
    {"__main__"},
    {"synthetic"},
]
RANK = {module: rank for rank, row in enumerate(ORDER) for module in row}
NETWORKS = ["tensorflow", "tensorflow_hub", "ai_edge_litert", "tf_keras", "onnxruntime"]
HEAVY = [
    *NETWORKS,
    "ezc3d",
    "h5py",
    "openpyxl",
    "xarray",
    "statsmodels",
    "matplotlib",
    "jupyterlab",
    "papermill",
    "nbconvert",
    "playwright",
    "numba",
]
TABLES = ["numpy", "pandas", "scipy", "cv2", "av", "imageio", "pyarrow"]

FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def part_of(path: Path) -> str:
    """The module or package right below kinebench that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_parts(source: str, names: set[str]) -> set[str]:
    """The parts of kinebench that `source` imports, wherever in the file, relative imports excluded."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            dotted = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "kinebench":
            dotted = [f"kinebench.{alias.name}" for alias in node.names if alias.name in names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            dotted = [node.module or ""]
        else:
            dotted = []
        found |= {name.split(".")[1] for name in dotted if name.startswith("kinebench.")}
    return found


def test_every_form_of_import_is_seen():
    source = (
        "import kinebench.run\nfrom kinebench import video, __version__\ndef f():\n  from kinebench.tasks.a import b\n"
    )
    assert imported_parts(source, {"run", "video", "tasks"}) == {"run", "video", "tasks"}


def test_every_module_has_its_place_in_the_order():
    assert {part_of(path) for path in FILES} <= RANK.keys()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_imports_only_from_those_above_it(path):
    own = part_of(path)
    parts = imported_parts(path.read_text(encoding="utf-8"), set(RANK)) - {own}
    below = sorted(part for part in parts if RANK[part] >= RANK[own])
    assert not below, f"{own} imports {', '.join(below)}, which stand beside or below it"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_name_the_whole_path(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level]


def loaded_by(statement: str) -> set[str]:
    """The top-level packages in a fresh interpreter after `statement`."""
    code = f"import json, sys\n{statement}\nprint(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_kinebench_loads_nothing_but_itself():
    assert not loaded_by("import kinebench") & {*HEAVY, *TABLES}


def test_importing_the_command_line_loads_nothing_heavy():
    assert not loaded_by("import kinebench.cli") & {*HEAVY, *TABLES}


def test_planning_a_batch_loads_nothing_that_only_measuring_or_drawing_needs():
    """A list that is up to date is left alone in the time that loading all this would take."""
    tasks = "from kinebench import tasks; [tasks.get(name).settings() for name in tasks.names()]"
    statement = f"import kinebench.batch, kinebench.cli.batch; {tasks}"
    assert not loaded_by(statement) & {*HEAVY, "distributed"}
    submodules = (
        "print([name for name in ('signal', 'stats', 'optimize', 'ndimage') if 'scipy.' + name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {statement}; {submodules}"], capture_output=True, text=True
    )
    assert done.stdout == "[]\n", done.stdout + done.stderr


def test_importing_the_registry_of_estimators_loads_no_estimator():
    assert not loaded_by("import kinebench.estimators") & set(HEAVY)


def test_importing_every_module_loads_no_runtime_of_a_network():
    dotted = [
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        for path in FILES
        if part_of(path) not in ("synthetic", "__main__")
    ]
    assert not loaded_by("import " + ", ".join(dotted)) & set(NETWORKS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_nothing_is_ever_unpickled(path):
    """What a pickle holds is run when it is read: files of strangers must not come near one."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = {name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in (a.name for a in node.names)}
    modules |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    called = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    words = {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword)}
    assert not modules & {"pickle", "dill", "joblib", "shelve", "marshal", "cloudpickle", "tables", "torch"}
    assert not called & {"read_pickle", "read_hdf", "HDFStore"}
    assert "allow_pickle" not in words


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_yaml_is_only_ever_read_as_plain_data(path):
    """Other loaders make any object that a file names."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "yaml"
    }
    assert called <= {"safe_load", "safe_dump", "YAMLError"}
