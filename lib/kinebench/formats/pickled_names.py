"""Names out of a pickle that is never unpickled.

PyTables keeps the names of a table's columns as a pickled list of texts or of tuples of texts. `pickletools.genops`
splits a pickle into its opcodes without obeying one. Here a handful of them is acted out: texts, whole numbers, None,
tuples, lists, and the memory that refers back to them. Whatever else stands there (every opcode that could import or
call something) ends the reading.
"""

import pickletools
from typing import Any

from kinebench.errors import KinebenchError

LONGEST = 1 << 22
MOST_OPCODES = 1_000_000
_VALUES = {
    *("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "STRING", "BINSTRING", "SHORT_BINSTRING"),
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1"),
}
_REMEMBER, _RECALL = {"PUT", "BINPUT", "LONG_BINPUT"}, {"GET", "BINGET", "LONG_BINGET"}
_MARK = object()


class _Other(Exception):
    """There is something in it that is neither a name nor a list of them."""


def names(pickled: bytes, file: str) -> list[tuple[str, ...]]:
    """The list of names in `pickled`, each a tuple of texts; KinebenchError where it is anything else."""
    try:
        found = _acted_out(pickled)
    except (_Other, ValueError, IndexError, KeyError, TypeError, UnicodeError, OverflowError):
        found = None
    entries = [(entry,) if isinstance(entry, str) else entry for entry in found] if isinstance(found, list) else []
    if not entries or not all(isinstance(e, tuple) and e and all(isinstance(t, str) for t in e) for e in entries):
        raise KinebenchError(
            f"{file} must have its columns' names as a plain list, but has something else, which is not unpickled. "
            "Export it as CSV (in DeepLabCut: analyze_videos_converth5_to_csv) and read that."
        )
    return entries


def _acted_out(pickled: bytes) -> Any:
    if len(pickled) > LONGEST:
        raise _Other
    stack: list[Any] = []
    memory: dict[Any, Any] = {}
    argument: Any
    for count, (opcode, argument, _) in enumerate(pickletools.genops(pickled)):
        name = opcode.name
        if count > MOST_OPCODES:
            raise _Other
        if name in _VALUES:
            stack.append(argument)
        elif name in _REMEMBER:
            memory[int(argument)] = stack[-1]
        elif name in _RECALL:
            stack.append(memory[int(argument)])
        elif name == "MEMOIZE":
            memory[len(memory)] = stack[-1]
        elif name == "STOP":
            return stack.pop()
        else:
            _structure(name, stack)
    raise _Other


def _structure(name: str, stack: list[Any]) -> None:
    if name == "NONE":
        stack.append(None)
    elif name == "MARK":
        stack.append(_MARK)
    elif name in ("EMPTY_LIST", "EMPTY_TUPLE"):
        stack.append([] if name == "EMPTY_LIST" else ())
    elif name in ("TUPLE", "LIST"):
        items = _since_mark(stack)
        stack.append(tuple(items) if name == "TUPLE" else items)
    elif name in ("TUPLE1", "TUPLE2", "TUPLE3"):
        size = int(name[-1])
        items = stack[-size:]
        del stack[-size:]
        stack.append(tuple(items))
    elif name in ("APPEND", "APPENDS"):
        items = [stack.pop()] if name == "APPEND" else _since_mark(stack)
        if not isinstance(stack[-1], list):
            raise _Other
        stack[-1].extend(items)
    elif name not in ("PROTO", "FRAME"):
        raise _Other


def _since_mark(stack: list[Any]) -> list[Any]:
    items = []
    while (item := stack.pop()) is not _MARK:
        items.append(item)
    return items[::-1]
