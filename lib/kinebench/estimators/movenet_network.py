"""MoveNet's network from a `.tflite` file or a SavedModel folder, be it in TensorFlow Hub's cache, all called alike.

Loading reaches for nobody: only `fetch` asks TensorFlow Hub for a network, and only `kinebench models fetch` calls it.
Each takes a uint8 RGB patch. A single-pose network answers with float (17, 3): y and x from 0 to 1 of the patch, score
0..1, in COCO order; MultiPose with (6, 56), six times that and y, x, y, x of a box, and a score. TensorFlow is imported
only for a SavedModel; a `.tflite` file runs with LiteRT.
"""

import hashlib
import os
import shutil
import socket
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from kinebench import estimators, places
from kinebench.errors import KinebenchError
from kinebench.estimators import weights as files
from kinebench.estimators.litert import runtime, silent_stderr
from kinebench.provenance import sha256_file

Run = Callable[[np.ndarray], np.ndarray]
# The hub's download knows no time-out of its own: a network that swallows packets would hold a command up for ever.
SILENCE_S = 30.0
INPUTS = (np.uint8, np.int32, np.float32)
# In place of a side of the input that the network leaves open, as in LiteRT's own shapes.
ANY = -1
# Of such a side, while the network is loaded.
USUAL_SIDE_PX = 256


@dataclass(frozen=True)
class Kind:
    """What a network must be: its name, the shape of its answer, and whether its input is a square of fixed size."""

    name: str
    answer: tuple[int, ...]
    square: bool


SINGLE_POSE = Kind("single-pose MoveNet", (1, 1, 17, 3), square=True)
MULTI_POSE = Kind("MoveNet MultiPose", (1, 6, 56), square=False)


@dataclass(frozen=True)
class Network:
    """A loaded network: `sides` of its input, height and width in pixels or `ANY`, `run`, and what it was made from.

    origin: what the network is called in what is written, never the name of a file of the user's.
    """

    sides: tuple[int, int]
    run: Run
    origin: str
    sha256: str
    versions: dict[str, str]

    @property
    def size(self) -> int:
        """The side of a square input, in pixels."""
        return self.sides[0]


def load(source: str | Path, *, threads: int, kind: Kind = SINGLE_POSE, origin: str = files.OWN) -> Network:
    """The network at `source`: the path of a `.tflite` file or of a SavedModel folder; see `Network` for `origin`."""
    files.refuse_address("weights", str(source))
    path = Path(source)
    if path.is_dir():
        return _saved_model(path, kind, origin)
    if path.suffix == ".tflite" and path.is_file():
        return _tflite(path, threads, kind, origin)
    raise KinebenchError(
        f"MoveNet's weights must be a .tflite file or a SavedModel folder, but got {source}. Check the path."
    )


def _tflite(path: Path, threads: int, kind: Kind, origin: str) -> Network:
    from ai_edge_litert.interpreter import Interpreter

    with _loading(path.name):
        interpreter = Interpreter(model_path=str(path), num_threads=threads)
    entry, answer = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    sides = _checked_sides(path.name, tuple(map(int, entry["shape_signature"])), entry["dtype"], kind)
    with _loading(path.name):
        _allocate(interpreter, entry["index"], [USUAL_SIDE_PX if side == ANY else side for side in sides])

    def run(patch: np.ndarray) -> np.ndarray:
        if tuple(interpreter.get_input_details()[0]["shape"][1:3]) != patch.shape[:2]:
            with silent_stderr():
                _allocate(interpreter, entry["index"], patch.shape[:2])
        interpreter.set_tensor(entry["index"], patch[None].astype(entry["dtype"]))
        interpreter.invoke()
        return interpreter.get_tensor(answer["index"])

    digest = sha256_file(path)
    return Network(sides, _shaped(run, path.name, kind), origin, digest, runtime())


@contextmanager
def _loading(origin: str) -> Iterator[None]:
    try:
        with silent_stderr():
            yield
    except (ValueError, RuntimeError) as error:
        raise KinebenchError(_unreadable(origin, error)) from error


def _allocate(interpreter: Any, entry: int, sides: Sequence[int]) -> None:
    interpreter.resize_tensor_input(entry, (1, *sides, 3))
    interpreter.allocate_tensors()


def _saved_model(folder: Path, kind: Kind, origin: str) -> Network:
    tf, hub = _tensorflow()
    try:
        module = hub.load(str(folder.absolute()))
    except (OSError, ValueError, RuntimeError, tf.errors.OpError) as error:
        raise KinebenchError(_unreadable(str(folder), error)) from error
    signature = getattr(module, "signatures", {}).get("serving_default")
    specs = {} if signature is None else signature.structured_input_signature[1]
    if signature is None or len(specs) != 1:
        raise KinebenchError(
            f"MoveNet's SavedModel must have a signature serving_default with one input, but {folder} has none. "
            f"Use {kind.name}, as TensorFlow Hub has it."
        )
    name, spec = next(iter(specs.items()))
    shape = tuple(ANY if length is None else int(length) for length in spec.shape)
    sides = _checked_sides(folder.name, shape, spec.dtype.as_numpy_dtype, kind)

    def run(patch: np.ndarray, keep_alive: Any = module) -> np.ndarray:
        # A signature alone doesn't keep its module's variables alive.
        answers = signature(**{name: tf.constant(patch[None], spec.dtype)})
        return next(iter(answers.values())).numpy()

    versions = {"tensorflow": str(tf.__version__)}
    return Network(sides, _shaped(run, folder.name, kind), origin, folder_sha256(folder), versions)


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


def _checked_sides(origin: str, shape: tuple[int, ...], dtype: Any, kind: Kind) -> tuple[int, int]:
    picture = len(shape) == 4 and shape[3] == 3
    fits = picture and (not kind.square or (shape[1] == shape[2] != ANY))
    if not fits or dtype not in INPUTS:
        wanted = "(1, size, size, 3)" if kind.square else "(1, height, width, 3)"
        raise KinebenchError(
            f"MoveNet's input must be {wanted} of uint8, int32 or float32, but {origin} takes "
            f"{np.dtype(dtype).name} {shape}. Use {kind.name}."
        )
    return shape[1], shape[2]


def _shaped(run: Run, origin: str, kind: Kind) -> Run:
    def shaped(patch: np.ndarray) -> np.ndarray:
        answer = run(patch)
        if answer.shape != kind.answer:
            raise KinebenchError(
                f"MoveNet's answer must have the shape {kind.answer}, but {origin} answers {answer.shape}. "
                f"Use {kind.name}."
            )
        return np.squeeze(answer)

    return shaped


def _unreadable(what: str, error: Exception) -> str:
    return f"{what} could not be loaded ({_reason(error)})."


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:160].rstrip(' .')}"


def find(name: str, handle: str) -> Path | None:
    """The network of `name` on this computer: in kinebench's weights folder, in TensorFlow Hub's cache, or nowhere."""
    return in_weights_folder(name) or _in_hub_cache(handle)


def in_weights_folder(name: str) -> Path | None:
    """The one file or folder in kinebench's weights folder that is named after `name`; raises where there are more."""
    # The exact names go first; otherwise whatever holds both words, as the published files are called.
    folder = places.weights()
    for exact in (folder / f"{name}.tflite", folder / name):
        if _is_network(exact):
            return exact
    found = sorted(path for path in folder.glob("*") if _is_named(path.name.lower(), name) and _is_network(path))
    if len(found) > 1:
        several = ", ".join(path.name for path in found)
        raise KinebenchError(f"{name} needs one network, but {folder} holds {several}. Rename one to {name}.tflite.")
    return found[0] if found else None


def load_named(name: str, handle: str, weights: str | None, *, threads: int, kind: Kind) -> Network:
    """The network of `name`: `weights` where it is given, or what `find` finds. Nothing is fetched."""
    if weights:
        return load(weights, threads=threads, kind=kind)
    if (path := in_weights_folder(name)) is not None:
        return load(path, threads=threads, kind=kind, origin=f"{name}{path.suffix}")
    if (path := _in_hub_cache(handle)) is not None:
        return load(path, threads=threads, kind=kind, origin=handle)
    raise files.nowhere(estimators.record(name))


def fetch(name: str, handle: str) -> Path:
    """Have TensorFlow Hub download the network at `handle`, and put it into the weights folder."""
    tf, hub = _tensorflow()
    place = places.weights() / name
    try:
        with _impatient(), silent_stderr():
            folder = Path(hub.resolve(handle))
        if not _is_network(folder):
            raise OSError(f"{folder} holds no network")
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetching-", dir=place.parent) as temporary:
            os.replace(shutil.copytree(folder, Path(temporary) / name), place)
    except (OSError, ValueError, RuntimeError, HTTPException, EOFError, tf.errors.OpError) as error:
        raise KinebenchError(
            f"{name} could not be fetched from {handle} ({_reason(error)}). Check the network, or put its .tflite file "
            f"at {place}.tflite or its unpacked SavedModel at {place}/."
        ) from error
    return place


def _is_named(file: str, name: str) -> bool:
    # MultiPose is published as movenet_multipose_lightning: Lightning's words are in it, too.
    return all(word in file for word in name.split("-")) and ("multipose" in file) == ("multipose" in name)


def _in_hub_cache(handle: str) -> Path | None:
    # As tensorflow_hub's own resolvers name it; to ask them would import TensorFlow, and download what is not there.
    cache = os.environ.get("TFHUB_CACHE_DIR") or Path(tempfile.gettempdir()) / "tfhub_modules"
    folder = Path(cache) / hashlib.sha1(handle.encode()).hexdigest()
    return folder if _is_network(folder) else None


def _is_network(path: Path) -> bool:
    return (path.suffix == ".tflite" and path.is_file()) or (path / "saved_model.pb").is_file()
