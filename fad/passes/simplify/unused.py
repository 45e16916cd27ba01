"""Passes that look at a whole program."""

from __future__ import annotations

from ...core.equation import Atom, Equation
from ...core.graph import Graph

__all__ = ["drop_dead"]


def drop_dead(graph: Graph) -> Graph:
    """Leave out every equation whose results nobody uses, also inside the programs that equations hold, and operands that
    such a program does not use: they would be waited for, and may never come."""
    wanted: set[Atom] = set(graph.outputs)
    kept: list[Equation] = []
    for equation in reversed(graph.equations):
        if not wanted.isdisjoint(equation.results) or equation.primitive.kind == "effect":
            inner = equation.primitive.inner
            if inner is not None:
                equation = inner.trim(equation, [v in wanted for v in equation.results])
            kept.append(equation)
            wanted.update(equation.operands)
    return Graph(graph.inputs, tuple(reversed(kept)), graph.outputs)
