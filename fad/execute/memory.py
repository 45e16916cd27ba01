"""Whose memory a value is in, and when that memory is used for the last time.

Every array is in the memory of an owner: itself, or the value that it is a view of. An owner is fresh if
the program has made it, so that nobody outside sees it. A fresh memory whose last use has come may be
written to again.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..core.avals import Shape
from ..core.equation import Atom, Equation, Var, variables
from ..core.graph import Graph
from ..primitives.joining import diagonal_p
from ..primitives.structural import broadcast_p
from .blocks import Block

__all__ = ["Memory", "members", "repeated_by_numpy"]

NEVER = 1 << 60
_READ_ONLY = (broadcast_p, diagonal_p)  # views that NumPy makes read-only


def members(item: Equation | Block) -> Sequence[Equation]:
    """The equations of one step of a program."""
    return item.members if isinstance(item, Block) else (item,)


class Memory:
    """The owners of a program's values, and their ends: the number of the last step that uses them."""

    def __init__(self, graph: Graph, steps: Sequence[Equation | Block]) -> None:
        self.owner: dict[Var, Var] = {v: v for v in graph.inputs}
        self.fresh: set[Var] = set()
        self.read_only: set[Var] = set()
        self.last: dict[Var, int] = {}
        self.end: dict[Var, int] = {}
        for number, step in enumerate(steps):
            for equation in members(step):
                self._place(equation)
                for v in (*variables(equation.operands), *equation.results):
                    self.last[v] = number
        for v in variables(graph.outputs):
            self.last[v] = NEVER
        for v, number in self.last.items():
            owner = self.owner[v]
            self.end[owner] = max(self.end.get(owner, -1), number)

    def _place(self, equation: Equation) -> None:
        first = equation.operands[0] if equation.operands else None
        is_view = equation.primitive.kind == "view" and bool(first is not None and first.aval.shape)
        for v in equation.results:
            if not is_view or not v.aval.shape:  # a number is copied: see Writer.equation
                self.owner[v] = v
                self.fresh.add(v)
            elif isinstance(first, Var):
                self.owner[v] = self.owner[first]
                if equation.primitive in _READ_ONLY or first in self.read_only:
                    self.read_only.add(v)
            else:  # a view of a constant
                self.owner[v] = v

    def is_own(self, v: Var) -> bool:
        """Whether the program alone sees this array, and may write to it."""
        return self.owner[v] in self.fresh and v not in self.read_only

    def ends_at(self, v: Var, step: int) -> bool:
        """Whether nothing in the memory of v is used after this step."""
        return self.end[self.owner[v]] <= step


def repeated_by_numpy(graph: Graph, steps: Sequence[Equation | Block]) -> dict[Var, Shape]:
    """Arrays that need not be made, as NumPy repeats the rows of another one by itself: broadcasts that are used by
    entrywise equations alone, each with the shape, of ones where something is repeated, that stands in for its own."""
    thin: dict[Var, Shape] = {}
    for step in steps:
        if not isinstance(step, Block) and step.primitive is broadcast_p and step.operands[0].aval.shape:
            axes, (v,) = dict(step.params)["axes"], step.results
            first = next(i for i in range(v.aval.ndim) if i not in axes)
            thin[v] = tuple([1 if i in axes else n for i, n in enumerate(v.aval.shape)])[first:]
    for v in variables(graph.outputs):
        thin.pop(v, None)
    for step in steps if thin else ():
        for equation in members(step):
            used = [v for v in variables(equation.operands) if v in thin]
            while used and not (equation.primitive.kind == "entrywise" and equation.results[0].aval.shape
                                == np.broadcast_shapes(*[_shape(a, thin) for a in equation.operands])):
                thin.pop(used.pop(), None)
    return thin


def _shape(atom: Atom, thin: dict[Var, Shape]) -> Shape:
    return thin.get(atom, atom.aval.shape) if isinstance(atom, Var) else atom.aval.shape
