"""A `.tflite` network without the operations that lead only to answers nobody asks for.

BlazePose's landmark network also draws the person's outline at the size of the patch. Nothing here uses it, and it
takes two fifths of the time. The operations left are the file's own, in its order: their answers stay the same, bit for
bit. (TensorFlow Lite's interpreter has no way to ask for some answers only.)
"""

from functools import lru_cache
from typing import Any

Shape = tuple[int, ...]


@lru_cache(maxsize=2)
def pruned(content: bytes, asked: tuple[Shape, ...]) -> bytes:
    """The network in `content`, a valid `.tflite` file, with only the outputs whose shapes are `asked` for.

    A network of several graphs (with loops or branches) comes back as it is. The last ones are kept: a network is
    loaded once for each thread that runs it.
    """
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    if len(model.subgraphs) != 1:
        return content
    graph = model.subgraphs[0]
    kept = [output for output in graph.outputs if tuple(int(n) for n in graph.tensors[output].shape) in asked]
    needed = _needed(graph.operators, kept)
    if len(needed) == len(graph.operators):
        return content
    graph.operators = [graph.operators[place] for place in sorted(needed)]
    graph.outputs = kept
    model.signatureDefs = []  # they name the outputs that are gone
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _needed(operators: list[Any], outputs: list[int]) -> set[int]:
    """Places of the operators that `outputs` depend on."""
    maker = {int(tensor): place for place, operator in enumerate(operators) for tensor in operator.outputs}
    found: set[int] = set()
    waiting = [int(tensor) for tensor in outputs]
    while waiting:
        place = maker.get(waiting.pop())
        if place is not None and place not in found:
            found.add(place)
            waiting += [int(tensor) for tensor in operators[place].inputs if tensor >= 0]
    return found
