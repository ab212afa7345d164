"""No path is left in an executed notebook, whatever its letters."""

import base64
import json
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest
from papermill.translators import PythonTranslator

from kinebench import kernel, places, pseudonyms
from kinebench.errors import KinebenchError
from kinebench.run import ERROR_NOTEBOOK, run
from tests.conftest import SAMPLES

PATHS = [
    "/home/ann/clips/Jane Doe.mp4",
    "/home/ann/vidéos Übung März/Müller_Jürgen.mp4",
    '/home/ann/O\'Brien "Pat" & <Co>.mp4',
    "/home/ann/患者 山田.mp4",
    "C:\\clips\\Weiß\\clip {1} $HOME.mp4",
]


@pytest.mark.parametrize("path", PATHS)
def test_no_form_of_a_path_is_left(tmp_path, path):
    notebook = nbformat.v4.new_notebook()
    injected = nbformat.v4.new_code_cell(PythonTranslator.codify({"video": path, "height_m": 1.7}))
    shown = nbformat.v4.new_output("display_data", {"text/html": f"<td>{path}</td>", "text/plain": repr(path)})
    said = nbformat.v4.new_output("stream", text=f"reading {path}\\nand on\\n")
    notebook.cells = [injected, nbformat.v4.new_code_cell("1", outputs=[shown, said])]
    notebook.metadata["papermill"] = {"parameters": {"video": path, "tags": ["a", "b"]}, "input_path": path}
    file = tmp_path / "a.ipynb"
    nbformat.write(notebook, file)
    pseudonyms.pseudonymise(file, {path: "clip-1"})
    clean = nbformat.read(file, as_version=4)
    nbformat.validate(clean)
    everything = json.dumps(clean, ensure_ascii=False) + json.dumps(clean)
    name = path.rpartition("/")[2].rpartition("\\")[2].removesuffix(".mp4")
    for form in (path, name, ascii(name)[1:-1], json.dumps(name)[1:-1]):
        assert form not in everything
    assert "".join(clean.cells[0].source).splitlines()[-2:] == ['video = "clip-1"', "height_m = 1.7"]
    assert clean.metadata["papermill"]["parameters"] == {"video": "clip-1", "tags": ["a", "b"]}
    assert clean.cells[1].outputs[1].text.startswith("reading clip-1")


def failing(*said: str):
    """Stands for a kernel: its notebook fails, and its traceback and outputs say all this."""

    def execute(notebook, executed, parameters, **_):
        error = nbformat.v4.new_output("error", ename="KinebenchError", evalue=said[0], traceback=list(said))
        shown = nbformat.v4.new_output("stream", text="\n".join((parameters["video"], *said)))
        cells = [nbformat.v4.new_code_cell("participant = 'P07'", outputs=[shown, error])]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), executed)
        raise KinebenchError("It failed.")

    return execute


def kept(clip: Path, folder: Path) -> str:
    with pytest.raises(KinebenchError, match=r"It failed\."):
        run(clip, "sit-to-stand", out=folder / "out", name="P07_x", failed=folder, show_progress=False)
    return (folder / ERROR_NOTEBOOK).read_text()


def test_an_error_notebook_names_no_folder_of_the_computer(tmp_path, monkeypatch):
    (tmp_path / "own cache").mkdir()
    (tmp_path / "own cache" / "weights").symlink_to(places.weights())
    monkeypatch.setenv("KINEBENCH_CACHE", str(tmp_path / "own cache"))
    monkeypatch.setenv("HOME", str(places.ROOT.parent))
    # A checkout may itself lie among the temporary files, which have a word of their own.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    home = Path.home()
    beneath = str(places.ROOT).replace(str(home), "~", 1)
    said = (
        f"File {places.ROOT}/lib/kinebench/run/__init__.py:12",
        f"File \x1b[32m{beneath}/lib/kinebench/reps.py:45\x1b[39m",
        f"\x1b[0;32m{sys.prefix}/lib/python3.12/site-packages/numpy/x.py\x1b[0m",
        f"file://{tmp_path}/own cache/keypoints",
        f"{home}/clinic/patients: no such folder",
        "/home/erika/kinebench, as on another computer",
    )
    monkeypatch.setattr(kernel, "execute", failing(*said))
    text = kept(SAMPLES / "sit_to_stand.mp4", tmp_path)
    for folder in (places.ROOT, sys.prefix, home, tmp_path, "/home/erika"):
        assert f"{folder}/" not in text, folder
    assert beneath not in text
    for left in ("File kinebench/lib/kinebench/run/__init__.py:12", "~/clinic/patients", "python/lib/python3.12"):
        assert left in text


def test_an_error_notebook_does_not_name_the_file_that_a_link_leads_to(tmp_path, monkeypatch):
    real = tmp_path / "Hans_Meier.mp4"
    shutil.copyfile(SAMPLES / "sit_to_stand.mp4", real)
    (tmp_path / "link.mp4").symlink_to(real)
    said = ("link.mp4 of Hans_Meier.mp4 is cut", "Mend Hans_Meier.yaml.", "Hans_Meierhof is a place")
    monkeypatch.setattr(kernel, "execute", failing(*said))
    text = kept(tmp_path / "link.mp4", tmp_path)
    assert "Meier" not in text.replace("Hans_Meierhof", "")
    assert "P07_x of P07_x is cut" in text


def test_a_name_that_is_a_word_of_the_notebook_leaves_it_readable(tmp_path, monkeypatch):
    shutil.copyfile(SAMPLES / "sit_to_stand.mp4", tmp_path / "video.mp4")
    monkeypatch.setattr(kernel, "execute", failing("video.mp4: in video.frames(clip)"))
    assert "P07_x: in video.frames(clip)" in kept(tmp_path / "video.mp4", tmp_path)


def test_a_picture_is_not_changed_where_its_letters_make_a_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/root")
    picture = base64.b64encode(base64.b64decode("abcd/root/efgh+/root/ab=="[:24])).decode()
    output = nbformat.v4.new_output("display_data", {"image/png": picture, "text/plain": "/root/x"})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", outputs=[output])])
    nbformat.write(notebook, tmp_path / "a.ipynb")
    pseudonyms.pseudonymise(tmp_path / "a.ipynb", {})
    data = nbformat.read(tmp_path / "a.ipynb", as_version=4).cells[0].outputs[0].data
    assert data == {"image/png": picture, "text/plain": "~/x"}
