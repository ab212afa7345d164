"""A notebook in a kernel of its own: what comes back, what goes wrong, and that kernels never meet."""

import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import psutil
import pytest

from kinebench import kernel
from kinebench.errors import KinebenchError
from kinebench.kernel import Limits, warm


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


def test_a_kernel_that_never_answers_is_told_and_may_be_tried_again(tmp_path, monkeypatch):
    asked = {}

    def silent(*_, **settings):
        asked.update(settings)
        raise RuntimeError(f"Kernel didn't respond in {settings['start_timeout']} seconds")

    monkeypatch.setattr("papermill.execute_notebook", silent)
    with pytest.raises(kernel.KernelDied, match="must answer within"):
        kernel.execute(notebook(tmp_path / "a.ipynb", "1"), tmp_path / "done.ipynb", {})
    assert asked["start_timeout"] == kernel.ANSWER_WITHIN_S > 60


def test_what_the_machinery_of_notebooks_raises_otherwise_is_not_taken_for_a_kernels_death(tmp_path, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("something else")

    monkeypatch.setattr("papermill.execute_notebook", broken)
    with pytest.raises(RuntimeError, match="something else"):
        kernel.execute(notebook(tmp_path / "a.ipynb", "1"), tmp_path / "done.ipynb", {})


def test_a_kernels_key_lies_nowhere_but_in_the_runs_own_folder(tmp_path):
    source = "from ipykernel.connect import get_connection_file; print(get_connection_file())"
    kernel.execute(notebook(tmp_path / "a.ipynb", source), tmp_path / "done.ipynb", {})
    where = Path(printed(tmp_path / "done.ipynb").strip())
    assert where.parent.name.startswith("kinebench-")
    assert not where.exists()


def test_a_kernel_has_no_port_also_where_temporary_files_lie_far_down(tmp_path, monkeypatch):
    deep = tmp_path / ("d" * 90)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    source = "import json, os; from ipykernel.connect import get_connection_file\n"
    source += "told = json.load(open(get_connection_file())); channels = os.path.dirname(told['ip'])\n"
    source += "print(told['transport'], oct(os.stat(channels).st_mode & 0o777), channels)"
    kernel.execute(notebook(tmp_path / "a.ipynb", source), tmp_path / "done.ipynb", {})
    transport, mode, where = printed(tmp_path / "done.ipynb").split()
    assert (transport, mode) == ("ipc", "0o700")
    assert not Path(where).exists()


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


@pytest.mark.parametrize(
    ("limits", "source", "told"),
    [
        (Limits(cell_s=1), "import time; time.sleep(60)", "A cell must end within 1 s"),
        (Limits(cell_s=0.5), "import time; time.sleep(60)", "A cell must end within 0.5 s"),
        (Limits(run_s=3), "import time; time.sleep(60)", "did not in the 3 s"),
        (Limits(memory_bytes=300_000_000), "held = b'x' * 600_000_000; import time; time.sleep(60)", "300|286 MB"),
    ],
)
def test_what_takes_more_than_it_may_is_stopped_and_told(tmp_path, limits, source, told):
    with pytest.raises(kernel.Exceeded, match=told):
        kernel.execute(notebook(tmp_path / "a.ipynb", source), tmp_path / "done.ipynb", {}, limits=limits)


@pytest.mark.parametrize("name", ["cell_s", "run_s", "memory_bytes"])
def test_a_limit_that_no_run_could_keep_is_refused(name):
    with pytest.raises(KinebenchError, match=f"{name} must be above 0"):
        Limits(**{name: 0})


def test_a_killed_kernel_is_told_apart_from_one_that_took_too_much(tmp_path):
    source = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    with pytest.raises(kernel.KernelDied):
        kernel.execute(notebook(tmp_path / "a.ipynb", source), tmp_path / "done.ipynb", {}, limits=Limits(run_s=600))


@pytest.mark.parametrize(
    "error",
    [kernel.KernelDied("a died. Run again."), kernel.Exceeded("b took. Wait."), kernel.NotebookFailed("c", "where")],
)
def test_errors_survive_the_way_from_one_computer_to_another(error):
    from distributed.protocol import deserialize_bytes, serialize_bytes

    error.stage = "notebook"
    back = deserialize_bytes(serialize_bytes(error))
    assert (type(back), str(back), back.stage) == (type(error), str(error), "notebook")


@pytest.fixture(name="nursery", scope="module")
def _nursery():
    if sys.platform != "linux":
        pytest.skip("kernels are forked on Linux only")
    warm.begin()
    made = warm.nursery()
    warm._started = None
    yield made
    made.close()


@pytest.fixture(name="warmed")
def _warmed(nursery, monkeypatch):
    """Kernels are forked as long as the test lasts."""
    monkeypatch.setattr(warm, "_started", nursery)
    return nursery


LOADED = "import sys; print({'kinebench.tasks.rowing', 'matplotlib.axes', 'scipy.signal'} <= set(sys.modules))"


def test_a_forked_kernel_has_everything_loaded_and_runs_as_any_other(tmp_path, warmed):
    path = notebook(tmp_path / "a.ipynb", LOADED + "\nprint(value)")
    kernel.execute(path, tmp_path / "done.ipynb", {"value": 7})
    assert printed(tmp_path / "done.ipynb") == "True\n7\n"


def test_nothing_of_one_run_is_left_in_the_next(tmp_path, warmed):
    leaving = "import os, numpy\nnumpy.left = os.environ['LEFT'] = 'x'\nos.chdir('/')\nprint(numpy.random.random())"
    looking = "import os, numpy\nprint(hasattr(numpy, 'left'), 'LEFT' in os.environ, os.getcwd() == '/')\n"
    looking += "print(numpy.random.random())"
    said = []
    for source in (leaving, looking):
        kernel.execute(notebook(tmp_path / "a.ipynb", source), tmp_path / "done.ipynb", {})
        said.append(printed(tmp_path / "done.ipynb").split())
    assert said[1][:3] == ["False", "False", "False"]
    assert said[0][-1] != said[1][-1]


def test_a_forked_kernel_that_is_killed_is_told_and_the_next_one_runs(tmp_path, warmed):
    dying = notebook(tmp_path / "a.ipynb", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(kernel.KernelDied):
        kernel.execute(dying, tmp_path / "done.ipynb", {})
    kernel.execute(notebook(tmp_path / "b.ipynb", LOADED), tmp_path / "done.ipynb", {})
    assert printed(tmp_path / "done.ipynb") == "True\n"


def test_a_kernel_with_the_number_of_one_that_ended_lives(tmp_path, monkeypatch):
    """Process numbers begin anew after some ten thousand."""
    told = [b'{"ready": 7}\n', b'{"pid": 500}\n', b'{"pid": 500, "code": 0}\n', b'{"pid": 500}\n']
    process = SimpleNamespace(stdin=io.BytesIO(), stdout=told, poll=lambda: None)
    monkeypatch.setattr(warm.subprocess, "Popen", lambda *_, **__: process)
    sent = []
    monkeypatch.setattr(warm.os, "kill", lambda pid, number: sent.append((pid, number)))
    made = warm.Nursery()
    first, second = (made.launch([], cwd="/", env={}, log=tmp_path / "log") for _ in range(2))
    assert (first.poll(), second.poll()) == (0, None)
    first.kill()
    assert not sent, "the second would have been killed in the first's place"
    second.kill()
    assert sent == [(500, signal.SIGKILL)]


def test_where_there_is_nothing_to_fork_from_any_more_a_kernel_is_started_anew(tmp_path, warmed):
    warmed.close()
    kernel.execute(notebook(tmp_path / "a.ipynb", LOADED), tmp_path / "done.ipynb", {})
    assert printed(tmp_path / "done.ipynb") == "False\n"


@pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
def test_forked_kernels_end_with_whoever_asked_for_them():
    code = (
        "import os, time\nfrom pathlib import Path\nfrom kinebench.kernel import warm\nwarm.begin()\n"
        "env, log = dict(os.environ), Path('/dev/null')\n"
        "child = warm.nursery().launch(['-f', '/nonexistent/x.json'], cwd='/', env=env, log=log)\n"
        "print(warm.nursery().pid, flush=True)\ntime.sleep(600)"
    )
    asker = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    nursery = psutil.Process(int(asker.stdout.readline()))
    family = [nursery, *nursery.children()]
    asker.kill()
    asker.communicate()
    _, alive = psutil.wait_procs(family, timeout=120)
    assert not alive
