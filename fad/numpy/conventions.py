"""NumPy's conventions, said once: promotion (NEP 50), broadcasting, axes, constants among operands.

Everything here turns what a user may write into what a strict primitive takes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import cache
from operator import index
from typing import Any, Literal, TypeAlias, TypeVar

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..core.avals import Dtype, Shape, refuse_other_arithmetic
from ..core.dispatch import Rule, overrides
from ..core.equation import small_literal
from ..core.primitive import Traced, Value
from ..core.tracer import Tracer
from ..errors import ObjectArrayError, ShapeError
from ..primitives.structural import broadcast, convert, reshape

__all__ = ["UNSET", "Axis", "Casting", "Kind", "Order", "as_array", "axes_of", "broadcast_together", "broadcast_to",
           "integers", "kind_of", "loop_dtypes", "operand", "result_dtype", "rule_for", "shape_of", "since"]

R = TypeVar("R", bound=Rule)

Kind: TypeAlias = Dtype | type[complex]
"""A dtype, or the type of a Python number, which gives way to dtypes."""

Axis: TypeAlias = int | Sequence[int] | None
"""What NumPy's `axis` may be: one axis, several, or all."""

Order: TypeAlias = Literal["C", "F", "A", "K"]
"""What NumPy's `order` may be: how entries follow each other in memory, or are read."""

Casting: TypeAlias = Literal["no", "equiv", "safe", "same_kind", "unsafe"]
"""What NumPy's `casting` may be: which changes of dtype are allowed."""

UNSET: Any = vars(np)["_NoValue"]  # NumPy's own default for parameters of any type; the types of older ones lack it

_BOOL = np.dtype(np.bool_)  # NumPy has no Python kind for truth values: True gives way to everything anyway
_weak_kinds: dict[str, Kind] = {"f": float, "c": complex, "i": int, "u": int, "b": _BOOL}
_loops: dict[tuple[np.ufunc, tuple[Kind, ...]], tuple[Dtype, ...]] = {}


def rule_for(*functions: Hashable) -> Callable[[R], R]:
    """What NumPy's functions do when an argument is traced."""

    def enter(rule: R) -> R:
        for function in functions:
            overrides[function] = rule
        return rule

    return enter


@cache
def since(version: str) -> bool:
    """Whether NumPy is of this version or a later one: for what it has come to do in another way."""
    return np.lib.NumpyVersion(np.__version__) >= version


# -- promotion ------------------------------------------------------------------------------------


def kind_of(x: object) -> Kind:
    """What a value is in a promotion."""
    if isinstance(x, Tracer):
        return _weak_kinds[x.dtype.kind] if x.weak else x.dtype
    if x.__class__ is float or x.__class__ is int or x.__class__ is complex:
        return x.__class__
    return x.dtype if isinstance(x, (np.ndarray, np.generic)) else _BOOL if x is True or x is False else np.asarray(x).dtype


def loop_dtypes(ufunc: np.ufunc, kinds: tuple[Kind, ...]) -> tuple[Dtype, ...]:
    """The dtypes in which a ufunc computes, operand by operand, given what they are."""
    found = _loops.get((ufunc, kinds))
    if found is None:
        alone = all(isinstance(k, type) for k in kinds)  # Python numbers: as NumPy would make arrays of them
        kinds_in = [np.dtype(k) for k in kinds] if alone else kinds
        typed: Any = ufunc  # Any: the types of NumPy 2.0 lack resolve_dtypes
        found = _loops[ufunc, kinds] = typed.resolve_dtypes((*kinds_in, *[None] * ufunc.nout))[:len(kinds)]
    return found


def result_dtype(*values: object) -> Dtype:
    """The dtype to which values are promoted when they are put into one array."""
    kinds = [kind_of(x) for x in values]
    stand_ins = [k(0) if isinstance(k, type) else k for k in kinds]
    return np.result_type(*stand_ins)


def as_array(x: Any) -> Value:  # Any: whatever NumPy takes for an array
    """A value that has a shape and a dtype: lists become arrays, lists with traced entries are stacked."""
    value: Value = x
    if isinstance(x, Tracer):
        return value
    refuse_other_arithmetic(x)  # before what follows makes a plain array of it
    if isinstance(x, (np.ndarray, np.generic)):
        return value
    if isinstance(x, (list, tuple)) and _has_traced(x):
        stacked: Value = overrides[np.stack](list(map(as_array, x)))
        return stacked
    array = np.asarray(x)
    if array.dtype == object:
        raise ObjectArrayError(f"an argument of type {type(x).__name__} is an array of Python objects",
                               why="Python objects have no derivative", edit="give numbers, or an array of a numeric dtype")
    return array


def _has_traced(x: object) -> bool:
    return isinstance(x, Traced) or isinstance(x, (list, tuple)) and any(map(_has_traced, x))


def operand(x: Any, dtype: Dtype) -> Value:  # Any: as above
    """A value as an operand of this dtype."""
    if isinstance(x, Traced):
        return convert(x, dtype)
    value: Value = x
    if type(x) in (float, int, complex, bool):
        small = small_literal(x, dtype)
        if small is not None:
            value = small.value
        elif type(x) is not float or dtype != np.float64:
            value = dtype.type(x)
        return value
    value = as_array(x)
    if value.dtype == dtype:
        return value
    return convert(value, dtype) if isinstance(value, Traced) else value.astype(dtype)


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


# -- axes and other integers ----------------------------------------------------------------------


def axes_of(axis: Axis, ndim: int) -> tuple[int, ...]:
    """The axes that NumPy's `axis` means, from 0 up, in order: None is all of them."""
    return tuple(range(ndim)) if axis is None else tuple(sorted(normalize_axis_tuple(axis, ndim)))


def integers(given: Any) -> tuple[int, ...]:  # Any: an int or a sequence, which np.iterable does not tell a checker
    """The integers of a shape, or of other settings that are one integer or a sequence of them."""
    return tuple([index(n) for n in given]) if np.iterable(given) else (index(given),)
