"""The bodies of loops and branches: users' functions of trees, traced once, and what they return, checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import tree
from ..core.avals import Aval
from ..core.graph import Graph, inlined, replay
from ..core.leaves import aval_of_value, is_array, is_number
from ..core.primitive import Operand, Value
from ..core.tracer import Tracer
from ..core.tracing import Builder, trace
from ..errors import DtypeError, FadError, ShapeError, TreeError
from ..primitives.structural import convert
from ..tree import Structure
from .inner import traced_inside

__all__ = ["Arrays", "Function", "carried", "truth", "types"]

class Arrays(NamedTuple):
    """A tree of arrays: its leaves as operands, and its structure."""

    values: list[Value]
    structure: Structure

    @classmethod
    def of(cls, what: str, x: object) -> Arrays:
        leaves, structure = tree.flatten(x)
        for leaf in leaves:
            if not is_array(leaf):
                raise TreeError(f"{what} has a leaf of type {type(leaf).__name__}",
                                why="only arrays and numbers can be in it",
                                edit="let the function close over what stays the same")
        return cls([x if isinstance(x, (Tracer, np.ndarray)) and x.shape else _number(x) for x in leaves], structure)

    @property
    def avals(self) -> list[Aval]:
        return [aval_of_value(x) for x in self.values]

    @property
    def types(self) -> str:
        return types(self.structure, self.avals)


def _number(x: Operand) -> Value:
    return x if isinstance(x, Tracer) else np.asarray(x)[()]


def types(structure: Structure, avals: Sequence[Aval]) -> str:
    """A tree of types, for a message."""
    return str(tree.unflatten(structure, avals))


class Function(NamedTuple):
    """A user's function of leaves, traced: Graph(captures..., arguments... → results...)."""

    graph: Graph
    captures: tuple[Value, ...]

    @classmethod
    def of(cls, function: Callable[..., Sequence[Value]], avals: Sequence[Aval], weak: Sequence[bool] = (), *,
           whole: bool = False) -> Function:
        """Traced at these types. What it does with values that it closes over is done once, outside; or, for the
        `whole` of it, inside."""
        traced = traced_inside(function, avals, (), weak) if whole else trace(function, avals, (), weak)
        inputs = traced.graph.inputs
        ordered = Graph((*inputs[len(avals):], *inputs[:len(avals)]), traced.graph.equations, traced.graph.outputs)
        return cls(inlined(ordered), traced.captures)


    def fitted(self, numbers: Sequence[bool], avals: Sequence[Aval]) -> Function:
        """The same with those results that are Python numbers in these dtypes."""
        if not any(n and a.aval.dtype != b.dtype for a, b, n in zip(self.graph.outputs, avals, numbers, strict=True)):
            return self
        builder = Builder(embeds=True)
        results = replay(self.graph, [builder.argument(v.aval) for v in self.graph.inputs])
        return self._replace(graph=builder.build([_fitted(y, aval) if n else y for y, aval, n in zip(
            results, avals, numbers, strict=True)]))


def carried(what: str, result: object, structure: Structure, avals: Sequence[Aval]) -> list[Value]:
    """The leaves of a new carry, of the types of the old one; a Python number takes the type that is there."""
    leaves, found = tree.flatten(result)
    if found != structure:
        raise TreeError(f"{what} was given a carry of structure {structure} and returned one of structure {found}",
                        why="each turn of a loop begins where the last one ended",
                        edit="return a carry like the one given")
    for leaf in leaves:
        if not is_array(leaf):
            raise TreeError(f"{what} returned a carry with a leaf of type {type(leaf).__name__}",
                            why="a loop hands on arrays and numbers", edit="return arrays")
    fitted = [_fitted(x, aval) if is_number(x) else x for x, aval in zip(leaves, avals, strict=True)]
    new = [aval_of_value(x) for x in fitted]
    if new != list(avals):
        shapes = [a.shape for a in new] != [a.shape for a in avals]
        kind: type[FadError] = ShapeError if shapes else DtypeError
        raise kind(
            f"{what} was given a carry of type {types(structure, avals)} and returned one of type "
            f"{types(structure, new)}",
            why="each turn of a loop begins where the last one ended, and all turns are one program",
            edit="start from an array of the shape that is carried" if shapes else
                 "start from a value of the dtype that is carried, as 0.0 instead of 0, or cast it: .astype(...)")
    return fitted


def _fitted(x: Value, aval: Aval) -> Value:
    """A number in the dtype of the array whose place it takes, if it is of a kind that fits."""
    found = aval_of_value(x)
    if found is aval or found.shape != aval.shape or not np.can_cast(found.dtype, aval.dtype, "same_kind"):
        return x
    fitted: Value = convert(x, aval.dtype) if isinstance(x, Tracer) else aval.dtype.type(x)
    return fitted


def truth(what: str, x: Any) -> Value:
    """A value as one truth value."""
    if not is_array(x) or aval_of_value(x).shape != ():
        kind = aval_of_value(x) if is_array(x) else type(x).__name__
        raise ShapeError(f"{what} got a condition of type {kind}", why="it is one truth value that decides",
                         edit="reduce it with np.any or np.all, or choose entry by entry with np.where")
    if aval_of_value(x).dtype == np.bool_:
        return x if isinstance(x, Tracer) else np.asarray(x, np.bool_)[()]
    unequal: Value = np.not_equal(x, 0)
    return unequal
