"""Networks in `.onnx` files, run with ONNX Runtime on the CPU: loaded without a word, inputs and outputs looked up.

A network is one file: one that refers to others for its numbers (ONNX's "external data") is refused, for its digest
would not cover them. To see that, and what the picture meets first, the file is read here as far as needed; the field
numbers are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from kinebench.errors import KinebenchError
from kinebench.estimators.litert import silent_stderr

# A decoder works beside it, and the machines that this is made for have two cores. No result depends on it.
THREADS = 2

Shape = tuple[int | None, ...]
# Messages in messages: what a field of each holds.
_WITHIN = {
    "model": {7: "graph", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
}
_OF_GRAPH = 2
_NODE_INPUT, _NODE_OPERATOR = 1, 4
_EXTERNAL_DATA, _DATA_LOCATION, _EXTERNAL = 13, 14, 1
_DEEPEST = 40


@dataclass(frozen=True)
class Tensor:
    """An input or output: its name, its shape (None where the length may vary), its type as ONNX Runtime calls it."""

    name: str
    shape: Shape
    kind: str

    def __str__(self) -> str:
        lengths = ", ".join("any" if length is None else str(length) for length in self.shape)
        return f"{self.name} {self.kind} [{lengths}]"


class Network:
    """A loaded network with one input; not to be called by two threads at once."""

    def __init__(self, path: str | Path, *, threads: int = THREADS) -> None:
        """Load the file at `path` to run on `threads` CPU threads."""
        self.path = Path(path)
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise KinebenchError(
                f"{self.path} must be an .onnx file that can be read, but cannot ({error.strerror}). Check the path."
            ) from error
        self.size = len(content)
        self.sha256 = hashlib.sha256(content).hexdigest()
        nodes = _nodes(self.path, content)
        self._session = _session(self.path, content, threads)
        entries = self._session.get_inputs()
        if len(entries) != 1 or entries[0].type != "tensor(float)":
            found = ", ".join(str(_tensor(entry)) for entry in entries)
            raise KinebenchError(
                f"{self.path} must take one input of 32-bit floats, but takes {found or 'none'}. Export it so."
            )
        self.input = _tensor(entries[0])
        self.first_operators = {operator for operator, taken in nodes if self.input.name in taken}
        self.outputs = tuple(_tensor(answer) for answer in self._session.get_outputs())

    def run(self, batch: np.ndarray) -> list[np.ndarray]:
        """The outputs in the file's order, for a float32 `batch` shaped as the input."""
        try:
            return list(self._session.run(None, {self.input.name: np.ascontiguousarray(batch, np.float32)}))
        except _errors() as error:
            raise KinebenchError(f"{self.path} could not be run on {batch.shape}: {_reason(error)}.") from error


def runtime() -> dict[str, str]:
    """The runtime's name and version, for provenance."""
    return {"onnxruntime": version("onnxruntime")}


def _tensor(found: Any) -> Tensor:
    shape = tuple(length if isinstance(length, int) and length > 0 else None for length in found.shape)
    return Tensor(found.name, shape, found.type.removeprefix("tensor(").removesuffix(")"))


def _session(path: Path, content: bytes, threads: int) -> Any:
    with silent_stderr():
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        # Threads that wait by turning round and round take the core that the decoder needs.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except _errors() as error:
            raise KinebenchError(
                f"{path} must be an .onnx network, but could not be loaded: {_reason(error)}."
            ) from error


def _errors() -> tuple[type[Exception], ...]:
    """What ONNX Runtime raises: classes of its own, without a common ancestor."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    own = [kind for kind in vars(state).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    return (RuntimeError, ValueError, *own)


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:200].rstrip(" .")


def _nodes(path: Path, content: bytes) -> list[tuple[str, list[str]]]:
    """Operator and inputs of each of the graph's nodes; raises where the file is damaged or refers to others."""
    nodes: list[tuple[str, list[str]]] = []
    try:
        for kind, depth, message in _messages("model", memoryview(content), 0):
            if kind == "tensor" and _is_external(message):
                raise KinebenchError(
                    f"{path} must hold all its numbers, but refers to other files (ONNX's external data). "
                    "Save it as one file."
                )
            if kind == "node" and depth == _OF_GRAPH:
                operators, taken = _texts(message, _NODE_OPERATOR), _texts(message, _NODE_INPUT)
                nodes.append((operators[-1], taken))
    except (IndexError, UnicodeDecodeError, _Damaged) as error:
        raise KinebenchError(
            f"{path} must be an .onnx network, but is damaged or something else. Get it once more."
        ) from error
    return nodes


class _Damaged(Exception):
    """What was read is no message as protobuf writes it."""


def _messages(kind: str, content: memoryview, depth: int) -> Iterator[tuple[str, int, memoryview]]:
    """Every message within `content`, itself first: its kind, how deep it lies, its bytes."""
    if depth > _DEEPEST:
        raise _Damaged
    yield kind, depth, content
    within = _WITHIN.get(kind, {})
    if not within:
        return
    for number, value in _fields(content):
        if number in within:
            if not isinstance(value, memoryview):
                raise _Damaged
            yield from _messages(within[number], value, depth + 1)


def _fields(content: memoryview) -> Iterator[tuple[int, "memoryview | int"]]:
    """The fields of a message in protobuf's encoding: number, and the bytes or (of a varint) the value."""
    at = 0
    while at < len(content):
        key, at = _varint(content, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(content, at)
            yield number, value
            continue
        if wire == 2:
            length, at = _varint(content, at)
        elif wire in (1, 5):
            length = 8 if wire == 1 else 4
        else:
            raise _Damaged
        if at + length > len(content):
            raise _Damaged
        yield number, content[at : at + length]
        at += length


def _texts(content: memoryview, wanted: int) -> list[str]:
    return [
        bytes(value).decode() for number, value in _fields(content) if number == wanted and not isinstance(value, int)
    ]


def _varint(content: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise _Damaged


def _is_external(tensor: memoryview) -> bool:
    return any(
        number == _EXTERNAL_DATA or (number == _DATA_LOCATION and value == _EXTERNAL)
        for number, value in _fields(tensor)
    )
