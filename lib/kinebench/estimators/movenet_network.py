"""MoveNet's network from a `.tflite` file, a SavedModel folder or a TensorFlow Hub handle, all called alike.

Each takes a uint8 RGB patch of shape (size, size, 3) and answers with float (17, 3): y and x from 0 to 1 of the patch,
score 0..1, in COCO order. TensorFlow is imported only for a SavedModel; a `.tflite` file runs with LiteRT.
"""

import hashlib
import os
import socket
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from kinebench.errors import KinebenchError
from kinebench.estimators.litert import runtime, silent_stderr
from kinebench.provenance import sha256_file

Run = Callable[[np.ndarray], np.ndarray]
# The hub's download knows no time-out of its own: a network that swallows packets would hold a run up for ever.
SILENCE_S = 30.0
INPUTS = (np.uint8, np.int32, np.float32)


@dataclass(frozen=True)
class Network:
    """A loaded network: `size` of its square input in pixels, `run`, and what it was made from."""

    size: int
    run: Run
    origin: str
    sha256: str
    versions: dict[str, str]


def load(source: str | Path, *, threads: int) -> Network:
    """The network at `source`: a path of a `.tflite` file or a SavedModel folder, or a hub handle (https://...)."""
    text = str(source)
    if text.startswith(("https://", "http://")):
        return _saved_model(text, text)
    path = Path(source)
    if path.is_dir():
        return _saved_model(str(path), path.name)
    if path.suffix == ".tflite" and path.is_file():
        return _tflite(path, threads)
    raise KinebenchError(
        f"MoveNet's weights must be a .tflite file, a SavedModel folder or a https:// handle, but got {text}. "
        "Check the path."
    )


def _tflite(path: Path, threads: int) -> Network:
    from ai_edge_litert.interpreter import Interpreter

    try:
        with silent_stderr():
            interpreter = Interpreter(model_path=str(path), num_threads=threads)
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise KinebenchError(_unreadable(path.name, error)) from error
    entry, answer = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    size = _checked_size(path.name, tuple(entry["shape"]), entry["dtype"])
    kind = entry["dtype"]

    def run(patch: np.ndarray) -> np.ndarray:
        interpreter.set_tensor(entry["index"], patch[None].astype(kind))
        interpreter.invoke()
        return interpreter.get_tensor(answer["index"])

    digest = sha256_file(path)
    return Network(size, _shaped(run, path.name), path.name, digest, runtime())


def _saved_model(handle: str, origin: str) -> Network:
    tf, hub = _tensorflow()
    try:
        with _impatient():
            folder = Path(hub.resolve(handle))
            module = hub.load(str(folder))
    except (OSError, ValueError, RuntimeError, tf.errors.OpError) as error:
        raise KinebenchError(_unreadable(handle, error)) from error
    signature = getattr(module, "signatures", {}).get("serving_default")
    specs = {} if signature is None else signature.structured_input_signature[1]
    if signature is None or len(specs) != 1:
        raise KinebenchError(
            f"MoveNet's SavedModel must have a signature serving_default with one input, but {origin} has none. "
            "Use a single-pose MoveNet, as TensorFlow Hub has it."
        )
    name, spec = next(iter(specs.items()))
    size = _checked_size(origin, tuple(spec.shape), spec.dtype.as_numpy_dtype)

    def run(patch: np.ndarray, keep_alive: Any = module) -> np.ndarray:
        # A signature alone doesn't keep its module's variables alive.
        answers = signature(**{name: tf.constant(patch[None], spec.dtype)})
        return next(iter(answers.values())).numpy()

    return Network(size, _shaped(run, origin), origin, folder_sha256(folder), {"tensorflow": str(tf.__version__)})


def _tensorflow() -> tuple[ModuleType, ModuleType]:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with silent_stderr(), warnings.catch_warnings():
        # tensorflow-hub imports pkg_resources, which complains on every import.
        warnings.simplefilter("ignore")
        import tensorflow as tf
        import tensorflow_hub as hub
    return tf, hub


def folder_sha256(folder: Path) -> str:
    """One digest over every file of a folder: its relative name and its content, in the order of the names."""
    whole = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        whole.update(file.relative_to(folder).as_posix().encode() + b"\0")
        whole.update(bytes.fromhex(sha256_file(file)))
    return whole.hexdigest()


@contextmanager
def _impatient() -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(SILENCE_S)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _checked_size(origin: str, shape: tuple[int | None, ...], kind: Any) -> int:
    square = len(shape) == 4 and shape[3] == 3 and shape[1] == shape[2] and shape[1] is not None
    if not square or kind not in INPUTS:
        raise KinebenchError(
            f"MoveNet's input must be (1, size, size, 3) of uint8, int32 or float32, but {origin} takes "
            f"{np.dtype(kind).name} {shape}. Use a single-pose MoveNet."
        )
    return int(shape[1])  # type: ignore[arg-type]


def _shaped(run: Run, origin: str) -> Run:
    def shaped(patch: np.ndarray) -> np.ndarray:
        answer = run(patch)
        if answer.shape != (1, 1, 17, 3):
            raise KinebenchError(
                f"MoveNet's answer must have the shape (1, 1, 17, 3), but {origin} answers {answer.shape}. "
                "Use a single-pose MoveNet."
            )
        return answer[0, 0]

    return shaped


def _unreadable(what: str, error: Exception) -> str:
    reason = " ".join(str(error).split())[:160].rstrip(" .")
    return f"{what} could not be loaded ({type(error).__name__}: {reason})."
