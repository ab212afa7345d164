"""Networks in `.tflite` files, run with LiteRT: loaded without a word, answers looked up by their shape."""

import contextlib
import os
import threading
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from kinebench.errors import KinebenchError
from kinebench.estimators.litert_pruning import Shape, pruned

# The standard error is the process's own: two threads that silence it at the same time would leave it silent.
_MAKING_READY = threading.Lock()


class Network:
    """A loaded network with one input; not to be called by two threads at once."""

    def __init__(self, path: Path, *, threads: int, input_shape: Shape, output_shapes: tuple[Shape, ...]) -> None:
        """Load the file at `path` to run on `threads` CPU threads, and check that it is the network expected.

        `input_shape` and `output_shapes` (no two alike) are those that the caller will use, float32 throughout; what
        leads only to other outputs is not computed.
        """
        self._path, self._threads, self._output_shapes = path, threads, output_shapes
        self._interpreter = _loaded(path, path, threads)
        _check(path, self._interpreter, input_shape, output_shapes)
        self._is_ready = False

    def _make_ready(self) -> None:
        """Done at the first run: where people were found before, a network is asked what it is and never run."""
        if len(self._interpreter.get_output_details()) > len(self._output_shapes):
            content = pruned(self._path.read_bytes(), self._output_shapes)
            self._interpreter = _loaded(self._path, content, self._threads)
        with silent_stderr():
            self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._outputs = {_shape(answer): answer["index"] for answer in self._interpreter.get_output_details()}
        self._is_ready = True

    def run(self, patch: np.ndarray, scale: float, offset: float) -> None:
        """Run the network on the uint8 `patch`, shaped as the input without its first axis: scale * patch + offset."""
        if not self._is_ready:
            with _MAKING_READY:
                self._make_ready()
        entry = self._interpreter.tensor(self._input)()
        np.multiply(patch[None], np.float32(scale), out=entry, casting="unsafe")
        if offset:
            entry += np.float32(offset)
        del entry  # LiteRT refuses to run while its memory is looked at
        self._interpreter.invoke()

    def answer(self, shape: Shape) -> np.ndarray:
        """A copy of the output of this shape, as of the last run, without its first axis."""
        found: np.ndarray = self._interpreter.get_tensor(self._outputs[shape])[0]
        return found


def _loaded(path: Path, source: Path | bytes, threads: int) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    given = {"model_path": str(source)} if isinstance(source, Path) else {"model_content": source}
    try:
        with silent_stderr():
            return Interpreter(**given, num_threads=threads)
    except (ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:160]
        raise KinebenchError(f"{path} must be a .tflite network, but could not be loaded: {reason}.") from error


def _check(path: Path, network: Any, input_shape: Shape, output_shapes: tuple[Shape, ...]) -> None:
    entries, answers = network.get_input_details(), [_shape(answer) for answer in network.get_output_details()]
    lacking = [shape for shape in output_shapes if shape not in answers]
    if _shape(entries[0]) != input_shape or entries[0]["dtype"] != np.float32 or lacking:
        raise KinebenchError(
            f"{path} must be a network from {input_shape} to {', '.join(map(str, output_shapes))}, but goes from "
            f"{_shape(entries[0])} to {', '.join(map(str, answers))}. Name the file that belongs here."
        )


def runtime() -> dict[str, str]:
    """The runtime's name and version, for provenance."""
    return {"ai-edge-litert": version("ai-edge-litert")}


def _shape(details: dict[str, Any]) -> Shape:
    return tuple(int(length) for length in details["shape"])


@contextlib.contextmanager
def silent_stderr() -> Iterator[None]:
    """Nothing on the standard error of the process: what native code says there on loading obeys no setting."""
    try:
        kept = os.dup(2)
    except OSError:
        yield
        return
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
