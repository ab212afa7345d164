"""No path is left in an executed notebook, whatever its letters."""

import json

import nbformat
import pytest
from papermill.translators import PythonTranslator

from kinebench import pseudonyms

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
