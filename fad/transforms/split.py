"""Partial evaluation: cut a program into what can run now and what must wait for the tangents.

    split : Graph(x..., dx... → y..., dy...)  becomes  Graph(x... → y..., r...), Graph(r..., dx... → dy...)

The r are the residuals: what the second part needs of the first. Of a jvp's program the second part is
linear in dx, and so it can be transposed. See Jones, Gomard & Sestoft, Partial Evaluation (1993), and
Radul et al., You Only Linearize Once (2023).
"""

from __future__ import annotations

from typing import TypeVar

from ..equation import Equation, Var, variables
from ..graph import Graph

__all__ = ["split"]

T = TypeVar("T")


def split(graph: Graph, n_late: int, n_late_outputs: int) -> tuple[Graph, Graph]:
    """The program before and after its last `n_late` inputs are known; the last `n_late_outputs` outputs wait."""
    early_inputs, late_inputs = _cut(graph.inputs, n_late)
    early_outputs, late_outputs = _cut(graph.outputs, n_late_outputs)
    late: set[Var] = set(late_inputs)
    now: list[Equation] = []
    later: list[Equation] = []
    for equation in graph.equations:
        if late.isdisjoint(variables(equation.operands)):
            now.append(equation)
        else:
            later.append(equation)
            late.update(equation.results)
    assert late.isdisjoint(variables(early_outputs)), "an output that is wanted now depends on a late input"
    needed = [a for equation in later for a in equation.operands] + list(late_outputs)
    residuals = tuple(dict.fromkeys(v for v in variables(needed) if v not in late))
    return (Graph(early_inputs, tuple(now), (*early_outputs, *residuals)),
            Graph((*residuals, *late_inputs), tuple(later), late_outputs))


def _cut(items: tuple[T, ...], n_last: int) -> tuple[tuple[T, ...], tuple[T, ...]]:
    at = len(items) - n_last
    return items[:at], items[at:]
