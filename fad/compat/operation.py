"""The built-in operations: NumPy functions, whose derivatives are fad's.

    Elementwise : x...        ↦  z, ∂z/∂x of each operand that moves
    Linear      : x, index... ↦  z, and the programs that push and pull many columns at once

Nothing is differentiated here. A function is traced once for each combination of shapes; the primitives'
jvp rules, `vmap` and `transpose` make of its graph what the two modes need; and the compiled program is
remembered, so that an operation in a loop costs its NumPy calls and a look into a dictionary.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from .. import numpy as _rules  # noqa: F401  # NumPy's functions on traced values
from ..core.avals import Aval, Shape, make_aval
from ..core.graph import Graph, replay
from ..core.tracing import Builder
from ..execute import Program
from ..passes.jvp import jvp_graph
from ..passes.transpose import transpose
from ..passes.vmap import vmap_graph
from .local import Column, Diagonal, Local, Same
from .matrix import Array, Matrix, dense, ones

__all__ = ["Check", "Elementwise", "Linear"]

Check = Callable[[Sequence[Any], tuple[int, ...]], None]
"""Looks at the operands, and at which of them move, before anything is computed."""

_PREPARED_LIMIT = 1024
_FLOAT, _INDEX = np.dtype(np.float64), np.dtype(np.intp)


def _trace(function: Callable[..., Any], avals: Sequence[Aval]) -> Graph:
    builder = Builder(embeds=True)
    return builder.build([function(*map(builder.argument, avals))])


def _program(graph: Graph) -> Program:
    """The compiled program, without the lines of the script that happened to ask for it first."""
    return Program(Graph(graph.inputs, tuple([e._replace(source=None) for e in graph.equations]), graph.outputs))


# -- elementwise --------------------------------------------------------------


class Prepared(NamedTuple):
    """An elementwise operation for given shapes: the program, its last arguments and what becomes of its results."""

    program: Program  # x..., 1... -> z, ∂z/∂x...
    seeds: tuple[Any, ...]
    forms: tuple[Callable[[Array], Local] | None, ...]  # for each moving operand; None: the derivative is 1


class Elementwise:
    """An operation on each entry by itself; operands of one entry go with every entry of the others.

    Args:
        name: as it is in messages.
        function: of arrays or traced values, written with NumPy.
        check: raises where the legacy API wants to be stopped.
    """

    __slots__ = ("name", "function", "check", "prepared")

    def __init__(self, name: str, function: Callable[..., Any], check: Check | None = None) -> None:
        self.name, self.function, self.check = name, function, check
        self.prepared: dict[Any, Prepared] = {}  # by the shapes of the operands, and which of them move

    def __call__(self, values: Sequence[Any], moving: tuple[int, ...]) -> tuple[Array, list[Local]]:
        """The result, and its derivative with respect to each operand that moves.

        Args:
            values: vectors of one size, and numbers.
            moving: the positions of the operands that move.
        """
        if self.check is not None:
            self.check(values, moving)
        key = tuple([x.shape if x.__class__ is np.ndarray else () for x in values]), moving
        prepared = self.prepared.get(key)
        if prepared is None:
            if len(self.prepared) >= _PREPARED_LIMIT:
                self.prepared.clear()
            prepared = self.prepared[key] = _prepare(self.function, *key)
        program, seeds, forms = prepared
        z, *derivatives = program((*values, *seeds))
        entries = iter(derivatives)
        return z, [_SAME if form is None else form(next(entries)) for form in forms]


_SAME = Same()


def _prepare(function: Callable[..., Any], shapes: tuple[Shape, ...], moving: tuple[int, ...]) -> Prepared:
    avals = [make_aval(shape, _FLOAT) for shape in shapes]
    graph = _trace(function, avals)
    builder = Builder(embeds=True)
    xs = [builder.argument(a) for a in avals]
    seeds = [builder.argument(avals[i]) for i in moving]
    outputs = list(replay(graph, xs))
    size = graph.outputs[0].aval.shape
    forms: list[Callable[[Array], Local] | None] = []
    for i, seed in zip(moving, seeds, strict=True):
        derivative = replay(jvp_graph(graph, tuple([j == i for j in range(len(xs))])), [*xs, seed])[1]
        if derivative is seed:
            forms.append(None)
        else:
            forms.append(Diagonal if shapes[i] == size else Column)
            outputs.append(derivative)
    return Prepared(_program(builder.build(outputs)), tuple([_seed(shapes[i]) for i in moving]), tuple(forms))


def _seed(shape: Shape) -> Any:
    return ones(shape[0]) if shape else np.float64(1)


# -- linear -------------------------------------------------------------------


class Linear:
    """An operation that is linear in a vector, and takes integer vectors besides, which say where.

    Args:
        name: as it is in messages.
        function: of the integer vectors and then the vector, written with NumPy.
    """

    __slots__ = ("name", "function")

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        self.name, self.function = name, function

    def __call__(self, x: Array, *where: Any) -> tuple[Array, Local]:
        """The result, and its derivative."""
        shapes = (*[w.shape for w in where], x.shape)
        return _evaluated(self, shapes)((*where, x))[0], _Mapped(self, shapes, where)


class _Mapped:
    """The derivative of a linear operation: itself, mapped over columns; its transpose, mapped over rows."""

    __slots__ = ("operation", "shapes", "where")

    def __init__(self, operation: Linear, shapes: tuple[Shape, ...], where: tuple[Any, ...]) -> None:
        self.operation, self.shapes, self.where = operation, shapes, where

    def push(self, jacobian: Matrix) -> Matrix:
        columns = dense(jacobian).T
        pushed: Matrix = _pushed(self.operation, self.shapes, len(columns))((*self.where, columns))[0].T
        return pushed

    def pull(self, cotangents: Matrix) -> Matrix:
        rows = dense(cotangents)
        pulled: Matrix = _pulled(self.operation, self.shapes, len(rows))((*self.where, rows))[0]
        return pulled


@lru_cache(maxsize=1024)
def _linear_graph(operation: Linear, shapes: tuple[Shape, ...]) -> Graph:
    *where, x = shapes
    return _trace(operation.function, [*[make_aval(s, _INDEX) for s in where], make_aval(x, _FLOAT)])


@lru_cache(maxsize=1024)
def _evaluated(operation: Linear, shapes: tuple[Shape, ...]) -> Program:
    return _program(_linear_graph(operation, shapes))


def _last_is_mapped(shapes: tuple[Shape, ...]) -> tuple[bool, ...]:
    return (False,) * (len(shapes) - 1) + (True,)


@lru_cache(maxsize=1024)
def _pushed(operation: Linear, shapes: tuple[Shape, ...], size: int) -> Program:
    return _program(vmap_graph(_linear_graph(operation, shapes), _last_is_mapped(shapes), size))


@lru_cache(maxsize=1024)
def _pulled(operation: Linear, shapes: tuple[Shape, ...], size: int) -> Program:
    turned = transpose(_linear_graph(operation, shapes), len(shapes) - 1)
    return _program(vmap_graph(turned, _last_is_mapped(shapes), size))
