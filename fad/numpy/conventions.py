"""NumPy's conventions, said once: promotion (NEP 50), broadcasting, axes, constants among operands.

Everything here turns what a user may write into what a strict primitive takes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..core.avals import Dtype, Shape
from ..core.dispatch import overrides
from ..core.equation import Literal, small_literal
from ..core.primitive import Traced, Value
from ..core.tracer import Tracer
from ..errors import ObjectArrayError, ShapeError
from ..primitives.structural import broadcast, convert, reshape

__all__ = ["as_array", "axes_of", "broadcast_together", "broadcast_to", "kind_of", "loop_dtypes", "operand",
           "result_dtype", "rule_for", "shape_of"]

Kind = Any  # a dtype, or the type of a Python number, which gives way to dtypes

_BOOL = np.dtype(np.bool_)  # NumPy has no Python kind for truth values: True gives way to everything anyway
_weak_kinds: dict[str, Kind] = {"f": float, "c": complex, "i": int, "u": int, "b": _BOOL}
_loops: dict[Any, tuple[Dtype, ...]] = {}


def rule_for(*functions: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """What NumPy's functions do when an argument is traced."""

    def enter(rule: Callable[..., Any]) -> Callable[..., Any]:
        for function in functions:
            overrides[function] = rule
        return rule

    return enter


# -- promotion ------------------------------------------------------------------------------------


def kind_of(x: Any) -> Kind:
    """What a value is in a promotion."""
    if isinstance(x, Tracer):
        return _weak_kinds[x.dtype.kind] if x.weak else x.dtype
    if type(x) in (float, int, complex):
        return type(x)
    return x.dtype if isinstance(x, (np.ndarray, np.generic)) else _BOOL if x is True or x is False else np.asarray(x).dtype


def loop_dtypes(ufunc: Any, kinds: tuple[Kind, ...]) -> tuple[Dtype, ...]:
    """The dtypes in which a ufunc computes, operand by operand, given what they are."""
    found = _loops.get((ufunc, kinds))
    if found is None:
        if all(isinstance(k, type) for k in kinds):  # Python numbers alone: as NumPy would make arrays of them
            kinds_in = tuple([np.dtype(k) for k in kinds])
        else:
            kinds_in = kinds
        found = _loops[ufunc, kinds] = ufunc.resolve_dtypes((*kinds_in, *[None] * ufunc.nout))[:len(kinds)]
    return found


def result_dtype(*values: Any) -> Dtype:
    """The dtype to which values are promoted when they are put into one array."""
    kinds = [kind_of(x) for x in values]
    stand_ins = [k(0) if isinstance(k, type) else k for k in kinds]
    return np.result_type(*stand_ins)


def as_array(x: Any) -> Value:
    """A value that has a shape and a dtype: lists become arrays, lists with traced entries are stacked."""
    if isinstance(x, (Tracer, np.ndarray, np.generic)):
        return x
    if isinstance(x, (list, tuple)) and _has_traced(x):
        return overrides[np.stack](list(map(as_array, x)))
    array = np.asarray(x)
    if array.dtype == object:
        raise ObjectArrayError(f"an argument of type {type(x).__name__} is an array of Python objects",
                               why="Python objects have no derivative", edit="give numbers, or an array of a numeric dtype")
    return array


def _has_traced(x: Any) -> bool:
    return isinstance(x, Traced) or isinstance(x, (list, tuple)) and any(map(_has_traced, x))


def operand(x: Any, dtype: Dtype) -> Value:
    """A value as an operand of this dtype."""
    if isinstance(x, Traced):
        return convert(x, dtype)
    if type(x) in (float, int, complex, bool):
        small: Literal | None = small_literal(x, dtype)
        return (small.value if small is not None else x if type(x) is float and dtype == np.float64 else dtype.type(x))
    x = as_array(x)
    if x.dtype == dtype:
        return x
    return convert(x, dtype) if isinstance(x, Traced) else x.astype(dtype)


def shape_of(x: Value) -> Shape:
    """The shape of an operand: a Python number has the empty one."""
    shape: Shape = getattr(x, "shape", ())
    return shape


# -- broadcasting ---------------------------------------------------------------------------------


def broadcast_to(x: Value, shape: Shape) -> Value:
    """NumPy's broadcast_to, as an equation or two."""
    here = shape_of(x)
    if here == shape:
        return x
    if not isinstance(x, Traced):
        return np.broadcast_to(x, shape)
    new = len(shape) - len(here)
    stretched = [i for i, n in enumerate(here) if n == 1 and shape[new + i] != 1]
    kept = reshape(x, tuple([n for i, n in enumerate(here) if i not in stretched]))
    return broadcast(kept, shape, (*range(new), *[new + i for i in stretched]))


def broadcast_together(values: Sequence[Value]) -> list[Value]:
    """Values of one shape, except for numbers, which ride along with arrays as they are."""
    shapes = [shape_of(x) for x in values]
    shape = next((s for s in shapes if s), ())
    if all(s == shape or not s for s in shapes):
        return list(values)
    try:
        shape = np.broadcast_shapes(*shapes)
    except ValueError:
        raise ShapeError(
            f"operands of shapes {' and '.join(map(str, shapes))} cannot be broadcast together",
            why="counted from the last axis, two sizes must be equal, or one of them 1",
            edit="insert an axis with x[:, None], or reshape one of them") from None
    return [broadcast_to(x, shape) if s else x for x, s in zip(values, shapes, strict=True)]


# -- axes -----------------------------------------------------------------------------------------


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """The axes that NumPy's `axis` means, from 0 up, in order: None is all of them."""
    return tuple(range(ndim)) if axis is None else tuple(sorted(normalize_axis_tuple(axis, ndim)))
