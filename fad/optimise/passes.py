"""Passes that look at a whole program."""

from __future__ import annotations

from ..equation import Atom, Equation
from ..graph import Graph

__all__ = ["drop_dead"]


def drop_dead(graph: Graph) -> Graph:
    """Leave out every equation whose results nobody uses."""
    wanted: set[Atom] = set(graph.outputs)
    kept: list[Equation] = []
    for equation in reversed(graph.equations):
        if not wanted.isdisjoint(equation.results) or equation.primitive.kind == "effect":
            kept.append(equation)
            wanted.update(equation.operands)
    return Graph(graph.inputs, tuple(reversed(kept)), graph.outputs)
