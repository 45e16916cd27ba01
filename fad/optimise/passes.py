"""Passes that look at a whole program."""

from __future__ import annotations

from ..equation import Equation, Var, variables
from ..graph import Graph

__all__ = ["drop_dead"]


def drop_dead(graph: Graph) -> Graph:
    """Leave out every equation whose results nobody uses."""
    wanted: set[Var] = set(variables(graph.outputs))
    kept: list[Equation] = []
    for equation in reversed(graph.equations):
        if equation.primitive.kind == "effect" or not wanted.isdisjoint(equation.results):
            kept.append(equation)
            wanted.update(variables(equation.operands))
    return Graph(graph.inputs, tuple(reversed(kept)), graph.outputs)
