"""Partial evaluation: cut a program into what can run now and what must wait for the tangents.

    split : Graph(x..., dx... → y..., dy...)  becomes  Graph(x... → y..., r...), Graph(r..., dx... → dy...)

The r are the residuals: what the second part needs of the first. Of a jvp's program the second part is
linear in dx, and so it can be transposed. See Jones, Gomard & Sestoft, Partial Evaluation (1993), and
Radul et al., You Only Linearize Once (2023).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import TypeVar

from ..core.equation import Atom, Equation, Var, variables
from ..core.graph import Graph, memoised

__all__ = ["late_outputs", "split"]

T = TypeVar("T")


def split(graph: Graph, n_late: int, n_late_outputs: int) -> tuple[Graph, Graph]:
    """The program before and after its last `n_late` inputs are known; the last `n_late_outputs` outputs wait."""
    early_inputs, late_inputs = _cut(graph.inputs, n_late)
    early_outputs, late_outputs = _cut(graph.outputs, n_late_outputs)
    now, later, late = _parted(graph, late_inputs)
    assert late.isdisjoint(variables(early_outputs)), "an output that is wanted now depends on a late input"
    needed = [a for equation in later for a in equation.operands] + list(late_outputs)
    residuals = tuple(dict.fromkeys(v for v in variables(needed) if v not in late))
    return (Graph(early_inputs, tuple(now), (*early_outputs, *residuals)),
            Graph((*residuals, *late_inputs), tuple(later), late_outputs))


@memoised
def late_outputs(graph: Graph, late: tuple[bool, ...]) -> tuple[bool, ...]:
    """Which outputs have to wait for the inputs that are late."""
    _, _, waiting = _parted(graph, [v for v, is_late in zip(graph.inputs, late, strict=True) if is_late])
    return tuple([a in waiting for a in graph.outputs])


def _parted(graph: Graph, late_inputs: Iterable[Var]) -> tuple[list[Equation], list[Equation], set[Atom]]:
    """The equations that can run now, those that have to wait, and all variables that are late.

    An equation with a late operand waits, unless it holds programs of its own: then it is parted itself.
    """
    late: set[Atom] = set(late_inputs)
    now: list[Equation] = []
    later: list[Equation] = []
    numbers = itertools.count(1 + max([v.number for v in graph.inputs] + [
        v.number for e in graph.equations for v in e.results], default=-1))
    for equation in graph.equations:
        if late.isdisjoint(equation.operands):
            now.append(equation)
            continue
        waiting: Sequence[Equation] = (equation,)
        if equation.primitive.inner is not None:
            ready, waiting = equation.primitive.inner.split(
                equation, [a in late for a in equation.operands], lambda aval: Var(next(numbers), aval))
            now.extend(ready)
        later.extend(waiting)
        for e in waiting:
            late.update(e.results)
    return now, later, late


def _cut(items: tuple[T, ...], n_last: int) -> tuple[tuple[T, ...], tuple[T, ...]]:
    at = len(items) - n_last
    return items[:at], items[at:]
