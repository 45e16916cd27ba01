"""The graph of a function, as a value.

    trace : (x... → y)  →  Graph(x... → y)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import tree
from ..core.graph import Graph, Signature
from ..core.leaves import aval_of_value, is_array
from ..core.primitive import Value
from ..core.tracing import trace as trace_flat
from ..errors import TreeError
from ..passes.simplify import drop_dead
from ..typing import Ts

__all__ = ["trace"]


def trace(f: Callable[[*Ts], object], *args: *Ts) -> Graph:
    """The graph of a function at the types of these arguments.

    Args:
        f: a function of trees of arrays.
        *args: examples of its arguments; of arrays and numbers only shapes and dtypes matter, and what else there is
            becomes part of the graph.

    Returns:
        An immutable graph: `print(graph)` shows it, `graph(*args)` runs it, and every transform takes it as a function.
        Arrays that f closes over are part of it, as they are now.

    Raises:
        AbstractValueError: f asks for the value of an argument, as `if x > 0` does.

    >>> import numpy as np
    >>> print(trace(lambda x: np.sin(x) * 2.0, 1.0))
    { a:f64[] ->
      b:f64[] = sin a
      c:f64[] = multiply b 2.0
      return c }
    """
    whole: Callable[..., object] = f
    leaves, structure = tree.flatten(args)
    positions = [i for i, leaf in enumerate(leaves) if is_array(leaf)]
    result: list[Any] = []

    def function(*tracers: Value) -> list[Value]:
        filled = list(leaves)
        for i, x in zip(positions, tracers, strict=True):
            filled[i] = x
        out, shape = tree.flatten(whole(*tree.unflatten(structure, filled)))
        places = [i for i, leaf in enumerate(out) if is_array(leaf)]
        result.extend((out, shape, places))
        return [out[i] for i in places]

    examples = [leaves[i] for i in positions]
    traced = trace_flat(function, [aval_of_value(x) for x in examples], (),
                        [type(x) in (int, float, complex, bool) for x in examples], embeds=True)
    constants, out_structure, places = result

    def flatten(given: tuple[object, ...]) -> Sequence[Value]:
        found, shape = tree.flatten(given)
        if shape != structure:
            raise TreeError(f"a graph was called with arguments of structure {shape}",
                            why=f"it was traced with arguments of structure {structure}", edit="give such arguments")
        return [found[i] for i in positions]

    def rebuild(outputs: Sequence[Value]) -> object:
        filled = list(constants)
        for i, y in zip(places, outputs, strict=True):
            filled[i] = y
        return tree.unflatten(out_structure, filled)

    graph = drop_dead(traced.graph)
    return Graph(graph.inputs, graph.equations, graph.outputs, Signature(flatten, rebuild))
