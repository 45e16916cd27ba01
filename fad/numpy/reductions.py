"""NumPy's reductions over axes, running sums and products, and the places of extremes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from ..core.avals import Dtype, Shape
from ..core.dispatch import missing_rule, overrides
from ..core.primitive import Operand, Primitive, Value
from ..core.tracer import Tracer
from ..primitives import elementwise as ew
from ..primitives.reductions import all_p, any_p, cumprod_p, cumsum_p, prod_p, sum_as_p
from ..primitives.selection import argmax_p, argmin_p, max_p, min_p
from ..primitives.structural import convert, reshape, sum_p
from .conventions import UNSET, Axis, as_array, axes_of, operand, rule_for

__all__ = ["Function", "Where", "accumulator", "add_up", "chosen", "finish", "reducible", "truth"]

Function: TypeAlias = Callable[..., object]
"""A function of NumPy's."""

Where: TypeAlias = Value | bool
"""Which entries take part in a reduction: those for which the mask holds."""


# -- what all reductions share --------------------------------------------------------------------


def reducible(function: str, a: Value, axis: Axis, out: object) -> tuple[Value, tuple[int, ...]]:
    """The operand of a reduction and its axes; NumPy lets a number have an axis 0."""
    if out is not None:
        raise missing_rule(f"numpy.{function}", "out=")
    x = as_array(a)
    return x, () if not x.ndim and axis in (0, -1) else axes_of(axis, x.ndim)


def finish(result: Value, x: Value, shape: Shape, axes: tuple[int, ...], keepdims: bool) -> Value:
    """The result of reducing x, an array of this shape: with axes of size 1 if they are kept, and never x itself."""
    if keepdims and keepdims is not UNSET:
        result = reshape(result, tuple([1 if i in axes else n for i, n in enumerate(shape)]))
    return Tracer(x.builder, x.atom) if result is x and isinstance(x, Tracer) else result


def accumulator(dtype: Dtype) -> Dtype:
    """The dtype in which NumPy adds or multiplies: small integers and booleans are widened."""
    if dtype.kind in "biu" and dtype.itemsize < 8:
        return np.dtype(np.uint64 if dtype.kind == "u" else np.int64)
    return dtype


def add_up(x: Value, axes: tuple[int, ...], dtype: DTypeLike | None = None, where: Where = True) -> Value:
    """The sum along axes, in the dtype given or else in NumPy's accumulator's."""
    dtype = accumulator(x.dtype) if dtype is None else np.dtype(dtype)
    if chosen(where):
        x = _filled(x, where, 0)
    if not axes:
        return convert(x, dtype)
    return sum_p(x, axes=axes) if x.dtype == dtype else sum_as_p(x, axes=axes, dtype=dtype)


def chosen(where: Where) -> bool:
    """Whether `where` leaves anything out."""
    return where is not True and where is not UNSET


def _filled(x: Value, where: Where, otherwise: int) -> Value:
    """x where the mask says so, and elsewhere a number that does not matter."""
    return np.where(where, x, x.dtype.type(otherwise))


def truth(x: Value) -> Value:
    """Whether each entry is true, which is to say not zero."""
    return x if x.dtype == np.bool_ else ew.not_equal(x, x.dtype.type(0))


# -- sums and products ----------------------------------------------------------------------------


@rule_for(np.sum)
def sum(a: Value, axis: Axis = None, dtype: DTypeLike | None = None, out: None = None, keepdims: bool = False,
        initial: Operand = UNSET, where: Where = True) -> Value:
    x, axes = reducible("sum", a, axis, out)
    total = add_up(x, axes, dtype, where)
    if initial is not UNSET:
        total = ew.add(total, operand(initial, total.dtype))
    return finish(total, x, x.shape, axes, keepdims)


@rule_for(np.prod)
def prod(a: Value, axis: Axis = None, dtype: DTypeLike | None = None, out: None = None, keepdims: bool = False,
         initial: Operand = UNSET, where: Where = True) -> Value:
    x, axes = reducible("prod", a, axis, out)
    factors = convert(x, accumulator(x.dtype) if dtype is None else np.dtype(dtype))
    if chosen(where):
        factors = _filled(factors, where, 1)
    product = prod_p(factors, axes=axes) if axes else factors
    if initial is not UNSET:
        product = ew.multiply(product, operand(initial, product.dtype))
    return finish(product, x, x.shape, axes, keepdims)


def _running(function: Function, primitive: Primitive) -> None:

    @rule_for(function)
    def running(a: Value, axis: int | None = None, dtype: DTypeLike | None = None, out: None = None) -> Value:
        x, axes = reducible(function.__name__, a, axis, out)
        x = convert(x, accumulator(x.dtype) if dtype is None else np.dtype(dtype))
        if axis is None or not x.ndim:
            return primitive(reshape(x, (x.size,)), axis=0, reverse=False)
        return primitive(x, axis=axes[0], reverse=False)


_running(np.cumsum, cumsum_p)
_running(np.cumprod, cumprod_p)


# -- extremes -------------------------------------------------------------------------------------


def _extreme(function: Function, primitive: Primitive, pairwise: Primitive) -> None:

    @rule_for(function)
    def extreme(a: Value, axis: Axis = None, out: None = None, keepdims: bool = False, initial: Operand | None = UNSET,
                where: Where = True) -> Value:
        x, axes = reducible(function.__name__, a, axis, out)
        first = operand(initial, x.dtype) if initial is not UNSET and initial is not None else None
        entries = x
        if chosen(where):
            if first is None:
                raise ValueError(f"reduction operation '{pairwise}' does not have an identity, so to use a where mask "
                                 "one has to specify 'initial'")
            entries = np.where(where, x, first)
        if first is not None and not all(x.shape[i] for i in axes):  # nothing but the initial value
            found = ew.add(add_up(x, axes, x.dtype), first)
        else:
            found = primitive(entries, axes=axes) if axes else entries
            found = pairwise(first, found) if first is not None else found  # in which order NumPy compares zeros
        return finish(found, x, x.shape, axes, keepdims)


_extreme(np.max, max_p, ew.maximum)
_extreme(np.min, min_p, ew.minimum)
overrides[np.amax], overrides[np.amin] = overrides[np.max], overrides[np.min]


@rule_for(np.ptp)
def ptp(a: Value, axis: Axis = None, out: None = None, keepdims: bool = False) -> Value:
    """The range of the entries: peak to peak."""
    return ew.subtract(overrides[np.max](a, axis, out, keepdims), overrides[np.min](a, axis, out, keepdims))


def _place(function: Function, primitive: Primitive) -> None:

    @rule_for(function)
    def place(a: Value, axis: int | None = None, out: None = None, *, keepdims: bool = False) -> Value:
        x, axes = reducible(function.__name__, a, axis, out)
        line = reshape(x, (x.size,)) if axis is None or not x.ndim else x
        found = primitive(line, axis=0 if line.ndim == 1 else axes[0])
        return finish(found, x, x.shape, axes, keepdims)


_place(np.argmax, argmax_p)
_place(np.argmin, argmin_p)


# -- truth ----------------------------------------------------------------------------------------


def _logical(function: Function, primitive: Primitive, masked: Callable[[Value, Where], Value]) -> None:

    @rule_for(function)
    def logical(a: Value, axis: Axis = None, out: None = None, keepdims: bool = False, *, where: Where = True) -> Value:
        x, axes = reducible(function.__name__, a, axis, out)
        flags = truth(x)
        if chosen(where):
            flags = masked(flags, where)
        return finish(primitive(flags, axes=axes) if axes else flags, x, x.shape, axes, keepdims)


_logical(np.any, any_p, np.logical_and)
_logical(np.all, all_p, lambda flags, where: np.logical_or(flags, np.logical_not(where)))


@rule_for(np.count_nonzero)
def count_nonzero(a: Value, axis: Axis = None, *, keepdims: bool = False) -> Value:
    x, axes = reducible("count_nonzero", a, axis, None)
    return finish(add_up(truth(x), axes, np.intp), x, x.shape, axes, keepdims)


# -- the methods of ufuncs that are reductions ----------------------------------------------------


def _method(ufunc: np.ufunc, function: Function) -> None:

    @rule_for((ufunc, "reduce"))
    def reduce(array: Value, axis: Axis = 0, dtype: DTypeLike | None = None, out: None = None, keepdims: bool = False,
               initial: Operand | None = UNSET, where: Where = True) -> Value:
        settings = {"initial": initial, "where": where} if function not in (np.any, np.all) else {"where": where}
        if dtype is not None:
            array = operand(array, np.dtype(dtype))
        result: Value = overrides[function](array, axis=axis, out=out, keepdims=keepdims, **settings)
        return result


for _ufunc, _function in ((np.add, np.sum), (np.multiply, np.prod), (np.maximum, np.max), (np.minimum, np.min),
                          (np.logical_and, np.all), (np.logical_or, np.any)):
    _method(_ufunc, _function)


def _accumulate(ufunc: np.ufunc, function: Function) -> None:

    @rule_for((ufunc, "accumulate"))
    def accumulate(array: Value, axis: int = 0, dtype: DTypeLike | None = None, out: None = None) -> Value:
        result: Value = overrides[function](array, axis, dtype, out)
        return result


_accumulate(np.add, np.cumsum)
_accumulate(np.multiply, np.cumprod)
