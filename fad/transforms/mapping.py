"""A function of one example, made a function of a stack of them.

    vmap : (x → y)  becomes  (x[n] → y[n])

The function is traced once, for one example, and its graph is batched: there is no loop over examples.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Concatenate, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from .. import tree
from ..core.avals import Aval, make_aval
from ..core.graph import Graph, memoised
from ..core.leaves import aval_of_value, is_array
from ..core.primitive import Value
from ..errors import AxisError, TreeError
from ..execute import Program
from ..passes.vmap import depends, vmap_graph
from ..typing import X0, Array, Floating, Floating1, G, K, Numbers, P, Scalar, X
from .call import Call, Moving, named, trace_call
from .jit import compiled_like

__all__ = ["vmap"]


@memoised
def _program(graph: Graph, mapped: tuple[bool, ...], size: int) -> Program:
    return Program(vmap_graph(graph, mapped, size))


# A function of arrays keeps its parameters, and a number that it returns becomes an array. Where it takes a number, the
# mapped function takes an array of them: known for the first parameter; for a number in the second or third place a checker
# is told no more than the first one, since what is behind may have a default.

Axes: TypeAlias = Any
"""An int, None, or a tree prefix of them."""


@overload
def vmap(f: np.ufunc, in_axes: Axes = 0, out_axes: Axes = 0, *, axis_size: int | None = None) -> Any: ...


@overload
def vmap(f: Callable[Concatenate[X0, X, float, P], Scalar], in_axes: Axes = 0, out_axes: Axes = 0, *,
         axis_size: int | None = None) -> Callable[Concatenate[X0 | Numbers, ...], Array]: ...


@overload
def vmap(f: Callable[Concatenate[X0, X, float, P], np.ndarray[Any, np.dtype[G]]], in_axes: Axes = 0, out_axes: Axes = 0, *,
         axis_size: int | None = None) -> Callable[Concatenate[X0 | Numbers, ...], NDArray[G]]: ...


@overload
def vmap(f: Callable[Concatenate[X, float, P], Scalar], in_axes: Axes = 0, out_axes: Axes = 0, *,
         axis_size: int | None = None) -> Callable[Concatenate[X | Numbers, ...], Array]: ...


@overload
def vmap(f: Callable[Concatenate[X, float, P], np.ndarray[Any, np.dtype[G]]], in_axes: Axes = 0, out_axes: Axes = 0, *,
         axis_size: int | None = None) -> Callable[Concatenate[X | Numbers, ...], NDArray[G]]: ...


@overload
def vmap(f: Callable[Concatenate[X, float, P], tuple[Scalar, Scalar]], in_axes: Axes = 0, out_axes: Axes = 0, *,
         axis_size: int | None = None) -> Callable[Concatenate[X | Numbers, ...], tuple[Array, Array]]: ...


@overload
def vmap(f: Callable[Concatenate[X, float, P], Any], in_axes: Axes = 0, out_axes: Axes = 0, *,
         axis_size: int | None = None) -> Callable[Concatenate[X | Numbers, ...], Any]: ...


@overload
def vmap(f: Callable[Concatenate[float, P], Scalar], in_axes: Axes = 0, out_axes: Axes = 0, *,
         axis_size: int | None = None) -> Callable[Concatenate[Numbers, P], Array]: ...


@overload
def vmap(f: Callable[Concatenate[float, P], np.ndarray[Any, np.dtype[G]]], in_axes: Axes = 0, out_axes: Axes = 0, *,
         axis_size: int | None = None) -> Callable[Concatenate[Numbers, P], NDArray[G]]: ...


@overload
def vmap(f: Callable[Concatenate[float, P], tuple[Scalar, Scalar]], in_axes: Axes = 0, out_axes: Axes = 0, *,
         axis_size: int | None = None) -> Callable[Concatenate[Numbers, P], tuple[Array, Array]]: ...


@overload
def vmap(f: Callable[Concatenate[float, P], dict[K, float]], in_axes: Axes = 0, out_axes: Axes = 0, *,
         axis_size: int | None = None) -> Callable[Concatenate[Numbers, P], dict[K, Array]]: ...


@overload
def vmap(f: Callable[Concatenate[float, P], Any], in_axes: Axes = 0, out_axes: Axes = 0, *,
         axis_size: int | None = None) -> Callable[Concatenate[Numbers, P], Any]: ...


@overload
def vmap(f: Callable[P, Floating], in_axes: Axes = 0, out_axes: Axes = 0, *,
         axis_size: int | None = None) -> Callable[P, NDArray[Floating]]: ...


@overload
def vmap(f: Callable[P, float], in_axes: Axes = 0, out_axes: Axes = 0, *,
         axis_size: int | None = None) -> Callable[P, Array]: ...


@overload
def vmap(f: Callable[P, np.ndarray[Any, np.dtype[G]]], in_axes: Axes = 0, out_axes: Axes = 0, *,
         axis_size: int | None = None) -> Callable[P, NDArray[G]]: ...


@overload
def vmap(f: Callable[P, tuple[Floating, np.ndarray[Any, np.dtype[G]]]], in_axes: Axes = 0, out_axes: Axes = 0, *,
         axis_size: int | None = None) -> Callable[P, tuple[NDArray[Floating], NDArray[G]]]: ...


@overload
def vmap(f: Callable[P, tuple[Floating, Floating1]], in_axes: Axes = 0, out_axes: Axes = 0, *,
         axis_size: int | None = None) -> Callable[P, tuple[NDArray[Floating], NDArray[Floating1]]]: ...


@overload
def vmap(f: Callable[P, dict[K, np.ndarray[Any, np.dtype[G]]]], in_axes: Axes = 0, out_axes: Axes = 0, *,
         axis_size: int | None = None) -> Callable[P, dict[K, NDArray[G]]]: ...


@overload
def vmap(f: Callable[P, dict[K, Floating]], in_axes: Axes = 0, out_axes: Axes = 0, *,
         axis_size: int | None = None) -> Callable[P, dict[K, NDArray[Floating]]]: ...


@overload
def vmap(f: Callable[P, Any], in_axes: Axes = 0, out_axes: Axes = 0, *, axis_size: int | None = None) -> Any: ...


def vmap(f: Callable[..., object], in_axes: Axes = 0, out_axes: Axes = 0, *,
         axis_size: int | None = None) -> Callable[..., object]:
    """The function that does to a stack of arguments, at once, what f does to one.

    Args:
        f: a function of trees of arrays, written for one example.
        in_axes: the axis of each array along which the examples are stacked; None for an argument that all share.
            An int, None, or a tuple with one entry an argument, each an int, None or a tree prefix of the argument.
            Keyword arguments are stacked along axis 0.
        out_axes: where the stack goes in each result: an int, None (for a result that no stacked argument reaches), or
            a tree prefix of the result.
        axis_size: the number of examples, needed only where no argument is stacked.

    Returns:
        A function of f's parameters.

    Raises:
        AxisError: an array does not have its axis, or two of them disagree about the number of examples.
        TreeError: in_axes or out_axes is not a prefix of the tree it belongs to.
        AbstractValueError: f asks for the value of a stacked array, as `if x > 0` does.

    >>> vmap(np.dot, in_axes=(0, None))(np.eye(2), np.array([3.0, 4.0]))
    array([3., 4.])
    """

    @named("vmap", f)
    def mapped_f(*args: object, **kwargs: object) -> object:
        names = list(kwargs)
        axes = _in_axes(in_axes, args, kwargs)
        stack = _Stack.of([*args, *kwargs.values()], axes, axis_size)
        call = Call(f, args, kwargs, [*range(len(args)), *names])
        traced = trace_call("vmap", call, stack.moved, avals=stack.avals)
        flags = (True,) * len(stack.avals) + (False,) * (len(traced.inputs) - len(stack.avals))
        results = _program(traced.graph, flags, stack.size)(traced.inputs)
        wanted = prefix_leaves("out_axes", out_axes, traced.out.structure, traced.out.positions)
        reached = depends(traced.graph, flags) if None in wanted else (True,) * len(results)
        return traced.out.rebuilt([_unstacked(y, axis, moved) for y, axis, moved in zip(
            results, wanted, reached, strict=True)])

    return compiled_like(f, mapped_f)


class _Stack:
    """The arguments of a call of a mapped function: the stacked arrays, stack first, and how many examples there are."""

    def __init__(self, moved: Moving, avals: list[Aval], size: int) -> None:
        self.moved, self.avals, self.size = moved, avals, size

    @classmethod
    def of(cls, arguments: Sequence[object], axes: Sequence[Axes], axis_size: int | None) -> _Stack:
        values: list[Value] = []
        positions: list[int] = []
        still: list[object] = []
        structures = []
        sizes: dict[int, str] = {} if axis_size is None else {axis_size: f"axis_size={axis_size}"}
        for number, (argument, prefix) in enumerate(zip(arguments, axes, strict=True)):
            leaves, structure = tree.flatten(argument)
            structures.append(structure)
            for leaf, axis in zip(leaves, prefix_leaves("in_axes", prefix, structure, range(len(leaves))), strict=True):
                if axis is not None and (is_array(leaf) or not isinstance(prefix, int)):
                    x, n = _stack_first(leaf, axis, number)
                    sizes.setdefault(n, f"argument {number} of type {aval_of_value(leaf)}, axis {axis}, has {n}")
                    positions.append(len(still))
                    values.append(x)
                still.append(leaf)
        if len(sizes) > 1:
            raise AxisError(f"vmap got stacks of different sizes: {'; '.join(sizes.values())}",
                            why="one call goes through all stacked arguments together",
                            edit="give arrays of one size along their mapped axes, or in_axes=None for what all share")
        if not sizes:
            raise AxisError("vmap got no argument that is stacked", why="the number of examples is not known",
                            edit="give axis_size=, or an in_axes that is not None")
        avals = [make_aval(aval_of_value(x).shape[1:], aval_of_value(x).dtype) for x in values]
        moved = Moving(values, [False] * len(values), positions, still, structures)
        return cls(moved, avals, next(iter(sizes)))


def _stack_first(x: Any, axis: int, number: int) -> tuple[Value, int]:
    """An array with its mapped axis first, and that axis's size."""
    if not is_array(x):
        raise TreeError(f"in_axes maps axis {axis} of argument {number}, which is of type {type(x).__name__}",
                        why="only arrays have axes", edit="give None for that argument in in_axes")
    aval = aval_of_value(x)
    if not -aval.ndim <= axis < aval.ndim:
        raise AxisError(f"in_axes maps axis {axis} of argument {number}, which is of type {aval}",
                        why="the array does not have that axis",
                        edit=f"give an axis below {aval.ndim}" if aval.ndim else "give None for that argument in in_axes")
    return (x if axis == 0 else np.moveaxis(x, axis, 0)), aval.shape[axis]


def _unstacked(y: Value, axis: int | None, moved: bool) -> Value:
    if axis is None:
        if moved:
            raise AxisError(f"out_axes is None for a result of type {aval_of_value(y)} that differs between examples",
                            why="there is a result for each example", edit="give the axis for the stack of results")
        shared: Value = y[0]
        return shared
    ndim = aval_of_value(y).ndim
    if not -ndim <= axis < ndim:
        raise AxisError(f"out_axes puts the stack at axis {axis} of a result that has {ndim} axes with it",
                        why="there is no such place", edit=f"give an axis below {ndim}")
    return y if axis == 0 else np.moveaxis(y, 0, axis)


def _in_axes(in_axes: Axes, args: Sequence[object], kwargs: dict[str, object]) -> list[Axes]:
    """The prefix of each argument, keyword arguments last."""
    if in_axes is None or isinstance(in_axes, int):
        return [in_axes] * len(args) + [0] * len(kwargs)
    if not isinstance(in_axes, (tuple, list)) or len(in_axes) != len(args):
        raise TreeError(f"vmap got in_axes={in_axes!r} for {len(args)} positional arguments",
                        why="there must be an entry for each argument", edit="give an int, None, or a tuple of that length")
    return [*in_axes, *[0] * len(kwargs)]


def prefix_leaves(name: str, prefix: Axes, structure: tree.Structure, positions: Sequence[int]) -> list[int | None]:
    """The axis that a tree prefix means for each leaf, at these positions among the leaves."""
    found: list[int | None] = []
    _walk_prefix(found, name, prefix, structure)
    return [found[i] for i in positions]


def _walk_prefix(found: list[int | None], name: str, prefix: Axes, structure: tree.Structure) -> None:
    if prefix is None or isinstance(prefix, int):
        found.extend([prefix] * structure.n_leaves)
        return
    children = _children(prefix, structure)
    if children is None:
        raise TreeError(f"{name} has {prefix!r} for a tree of structure {structure}",
                        why=f"{name} must be an int, None, or a tree that has the same containers",
                        edit="give an int or None for the whole of it")
    for child, below in zip(children, structure.children, strict=True):
        _walk_prefix(found, name, child, below)


def _children(prefix: Axes, structure: tree.Structure) -> Sequence[Axes] | None:
    """The entries of a prefix that stand for the children of a container; None where the two do not fit."""
    if structure.kind is None or not isinstance(prefix, structure.kind):
        return None
    if isinstance(prefix, dict):
        keys = structure.names
        return [prefix[k] for k in keys] if isinstance(keys, tuple) and set(keys) == set(prefix) else None
    if isinstance(prefix, (tuple, list)):
        return prefix if len(prefix) == len(structure.children) else None
    fields = structure.names
    return [getattr(prefix, name) for name in fields] if isinstance(fields, tuple) else None
