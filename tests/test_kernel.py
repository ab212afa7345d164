"""A notebook in a kernel of its own: what comes back, what goes wrong, and that kernels never meet."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from kinebench import kernel
from kinebench.errors import KinebenchError


def notebook(path: Path, source: str) -> Path:
    parameters = nbformat.v4.new_code_cell("value: int = 1", metadata={"tags": ["parameters"]})
    made = nbformat.v4.new_notebook(cells=[parameters, nbformat.v4.new_code_cell(source)])
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(made, path)
    return path


def printed(path: Path) -> str:
    return "".join(out.text for cell in nbformat.read(path, 4).cells[1:] for out in cell.outputs if "text" in out)


def test_parameters_reach_the_notebook_wherever_it_lies(tmp_path):
    folder = tmp_path / "with {braces} and spaces"
    folder.mkdir()
    path = notebook(folder / "a.ipynb", "print(value)")
    kernel.execute(path, folder / "done.ipynb", {"value": 7})
    assert printed(folder / "done.ipynb") == "7\n"


@pytest.mark.parametrize(
    ("source", "error", "told"),
    [
        (
            "from kinebench.errors import KinebenchError; raise KinebenchError('a is wrong.')",
            KinebenchError,
            "^a is wrong",
        ),
        (
            "from kinebench.tasks import NothingCounts\nraise NothingCounts('No rise.', None, ())",
            KinebenchError,
            "^No rise",
        ),
        ("1 / 0", kernel.NotebookFailed, "ZeroDivisionError"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", KinebenchError, "killed in mid-run"),
        ("raise OSError(28, 'No space left on device')", KinebenchError, "No space left"),
        ("raise MemoryError", KinebenchError, "shorter stretch"),
    ],
)
def test_what_goes_wrong_is_told_in_one_line(tmp_path, source, error, told):
    with pytest.raises(error, match=told):
        kernel.execute(notebook(tmp_path / "a.ipynb", source), tmp_path / "done.ipynb", {})


def test_a_kernel_that_dies_before_it_answers_is_a_killed_one(tmp_path, monkeypatch):
    def dead(*_, **__):
        raise RuntimeError("Kernel died before replying to kernel_info")

    monkeypatch.setattr("papermill.execute_notebook", dead)
    with pytest.raises(KinebenchError, match="killed in mid-run"):
        kernel.execute(notebook(tmp_path / "a.ipynb", "1"), tmp_path / "done.ipynb", {})


def test_a_kernels_key_lies_nowhere_but_in_the_runs_own_folder(tmp_path):
    source = "from ipykernel.connect import get_connection_file; print(get_connection_file())"
    kernel.execute(notebook(tmp_path / "a.ipynb", source), tmp_path / "done.ipynb", {})
    where = Path(printed(tmp_path / "done.ipynb").strip())
    assert where.parent.name.startswith("kinebench-")
    assert not where.exists()


def test_unknown_parameters_are_refused_before_anything_runs(tmp_path):
    path = notebook(tmp_path / "a.ipynb", f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(KinebenchError, match=r"lacks other"):
        kernel.execute(path, tmp_path / "done.ipynb", {"value": 1, "other": 2})
    assert not (tmp_path / "ran").exists()


def test_kernels_that_run_at_once_never_meet(tmp_path):
    path = notebook(tmp_path / "a.ipynb", "import time; time.sleep(1); print(value)")
    code = "import sys; from pathlib import Path; from kinebench import kernel;"
    code += "kernel.execute(Path(sys.argv[1]), Path(sys.argv[2]), {'value': int(sys.argv[3])})"
    outs = [tmp_path / f"done{value}.ipynb" for value in range(3)]
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(path), str(out), str(value)], stderr=subprocess.PIPE)
        for value, out in enumerate(outs)
    ]
    complaints = [process.communicate(timeout=180)[1] for process in running]
    assert complaints == [b"", b"", b""]
    assert [printed(out) for out in outs] == ["0\n", "1\n", "2\n"]


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    temporary = tmp_path / "t"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    kernel.execute(notebook(tmp_path / "a.ipynb", "print(value)"), tmp_path / "done.ipynb", {})
    assert os.listdir(temporary) == []
    assert sorted(os.listdir(tmp_path)) == ["a.ipynb", "done.ipynb", "t"]
