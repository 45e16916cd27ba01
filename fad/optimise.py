"""The same meaning with less work: one pass, one function, Graph -> Graph.

    optimise : Graph(x... → y...)  becomes  Graph(x... → y...)

Passes keep inputs and outputs as they are, and are linear in the number of equations.
"""

from __future__ import annotations

from typing import Any

from .equation import Atom, Equation, Var, variables
from .graph import Graph

__all__ = ["drop_dead", "optimise", "share"]


def optimise(graph: Graph) -> Graph:
    """All passes, in order."""
    return drop_dead(share(graph))


def drop_dead(graph: Graph) -> Graph:
    """Leave out every equation whose results nobody uses."""
    wanted: set[Var] = set(variables(graph.outputs))
    kept: list[Equation] = []
    for equation in reversed(graph.equations):
        if equation.primitive.effect or not wanted.isdisjoint(equation.results):
            kept.append(equation)
            wanted.update(variables(equation.operands))
    return Graph(graph.inputs, tuple(reversed(kept)), graph.outputs)


def share(graph: Graph) -> Graph:
    """Compute once what is written twice: x = f a, y = f a  →  x = f a, and x for y."""
    instead: dict[Atom, Atom] = {}
    seen: dict[Any, tuple[Var, ...]] = {}  # (primitive, operands, params) -> the results that have them
    kept: list[Equation] = []
    for primitive, operands, params, results, source in graph.equations:
        operands = tuple([instead.get(a, a) for a in operands])
        earlier = seen.setdefault((primitive, operands, params), results)
        if earlier is results:
            kept.append(Equation(primitive, operands, params, results, source))
        else:
            instead.update(zip(results, earlier, strict=True))
    return Graph(graph.inputs, tuple(kept), tuple([instead.get(a, a) for a in graph.outputs]))
