"""Means and variances, bit for bit as NumPy computes them."""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple
from numpy.typing import DTypeLike

from ..core.avals import Dtype
from ..core.primitive import Value
from ..core.tracer import Tracer
from ..primitives import elementwise as ew
from ..primitives.reductions import root, squared_deviations_p
from ..primitives.structural import broadcast, convert, permute, reshape
from .conventions import UNSET, Axis, as_array, axes_of, broadcast_to, broadcast_together, loop_dtypes, operand, rule_for
from .reductions import Where, add_up, chosen, finish, reducible
from .views import as_new

__all__: list[str] = []


# -- mean -----------------------------------------------------------------------------------------


@rule_for(np.mean)
def mean(a: Value, axis: Axis = None, dtype: DTypeLike | None = None, out: None = None, keepdims: bool = False, *,
         where: Where = True) -> Value:
    x, axes = _operands("mean", a, axis, out)
    wide, narrow = _mean_dtypes(x.dtype, dtype)
    total = add_up(x, axes, wide, where)
    return finish(convert(_over(total, _count(x, axes, where)), narrow), x, x.shape, axes, keepdims)


def _operands(function: str, a: Value, axis: Axis, out: None) -> tuple[Value, tuple[int, ...]]:
    x, axes = reducible(function, a, axis, out)
    x = as_new(x) if isinstance(x, Tracer) and x.weak else x  # a Python number becomes an array here, as in NumPy
    return x, axes if x.ndim else axes_of(axis, 0)  # a mean, unlike a sum, does not let a number have an axis


def _mean_dtypes(dtype: Dtype, wanted: DTypeLike | None) -> tuple[Dtype, Dtype]:
    """In which dtype a mean is added up, and returned."""
    if wanted is not None:
        return np.dtype(wanted), np.dtype(wanted)
    if dtype.kind in "biu":
        return np.dtype(np.float64), np.dtype(np.float64)
    return np.dtype(np.float32) if dtype == np.float16 else dtype, dtype


def _count(x: Value, axes: tuple[int, ...], where: Where) -> Value | int:
    """How many entries each sum has."""
    if not chosen(where):
        number: int = prod([x.shape[i] for i in axes])
        return number
    return add_up(broadcast_to(as_array(where), x.shape), axes, np.intp)


def _over(total: Value, count: Value | float) -> Value:
    """total / count: divided in the dtype that NumPy gives their quotient, then rounded to total's own."""
    if not isinstance(count, (int, float)):
        return convert(np.divide(total, count), total.dtype)
    if total.dtype == np.float32 and count == np.float32(count):  # the same bits without the way through float64
        return ew.divide(total, total.dtype.type(count))
    dtype = loop_dtypes(np.true_divide, (total.dtype, np.dtype(type(count))))[0]
    return convert(ew.divide(convert(total, dtype), dtype.type(count)), total.dtype)


@rule_for(np.average)
def average(a: Value, axis: Axis = None, weights: Value | None = None, returned: bool = False, *,
            keepdims: bool = False) -> Value | tuple[Value, Value]:
    x, axes = _operands("average", a, axis, None)
    if weights is None:
        mean_of_all = mean(x, axes, keepdims=keepdims)
        count = mean_of_all.dtype.type(_count(x, axes, True))
        return (mean_of_all, np.full(mean_of_all.shape, count)[()]) if returned else mean_of_all
    w = _aligned(as_array(weights), x, axis)
    dtype = np.result_type(x.dtype, w.dtype, *([np.float64] if x.dtype.kind in "biu" else []))
    scale = finish(add_up(w, axes, dtype), w, w.shape, axes, keepdims)
    weighted = np.multiply(x, w, dtype=dtype)
    result = ew.divide(*broadcast_together([finish(add_up(weighted, axes), weighted, x.shape, axes, keepdims), scale]))
    return (result, broadcast_to(scale, result.shape)) if returned else result


def _aligned(weights: Value, x: Value, axis: Axis) -> Value:
    """Weights for the axes alone, as an array that broadcasts with x."""
    if weights.shape == x.shape:
        return weights
    if axis is None:
        raise TypeError("Axis must be specified when shapes of a and weights differ.")
    axes = normalize_axis_tuple(axis, x.ndim)
    if weights.shape != tuple([x.shape[i] for i in axes]):
        raise ValueError("Shape of weights must be consistent with shape of a along specified axis.")
    in_order = permute(weights, tuple(sorted(range(len(axes)), key=axes.__getitem__)))
    return reshape(in_order, tuple([n if i in axes else 1 for i, n in enumerate(x.shape)]))


# -- variance and standard deviation --------------------------------------------------------------


def _variance(function: str, a: Value, axis: Axis, dtype: DTypeLike | None, out: None, ddof: float, where: Where,
              centre: Value, correction: float) -> tuple[Value, Value, tuple[int, ...]]:
    """The sums of squared deviations over their numbers less ddof; and the operand and its axes."""
    if correction is not UNSET:
        if ddof != 0:
            raise ValueError("ddof and correction can't be provided simultaneously.")
        ddof = correction
    x, axes = _operands(function, a, axis, out)
    if dtype is None and x.dtype.kind in "biu":
        dtype = np.float64
    count = _count(x, axes, where)
    if centre is UNSET:
        own = _over(add_up(x, axes, dtype, where), count)
        deviations = np.subtract(x, broadcast(own, x.shape, axes) if own.shape else own)
        total = _squared_deviations(np.where(where, deviations, 0) if chosen(where) else deviations, x, axes, dtype)
    else:
        deviations = np.subtract(x, centre)
        total = add_up(np.real(deviations * np.conj(deviations)), axes, dtype, where)
    free = max(count - ddof, 0) if isinstance(count, int) else np.maximum(count - ddof, 0)
    return _over(total, free), x, axes


def _squared_deviations(deviations: Value, x: Value, axes: tuple[int, ...], dtype: DTypeLike | None) -> Value:
    dtype = np.real(np.empty(0, deviations.dtype)).dtype if dtype is None else np.dtype(dtype)
    return squared_deviations_p(deviations, convert(x, deviations.dtype), axes=axes, dtype=dtype)


@rule_for(np.var)
def var(a: Value, axis: Axis = None, dtype: DTypeLike | None = None, out: None = None, ddof: float = 0,
        keepdims: bool = False, *, where: Where = True, mean: Value = UNSET, correction: float = UNSET) -> Value:
    result, x, axes = _variance("var", a, axis, dtype, out, ddof, where, mean, correction)
    return finish(result, x, x.shape, axes, keepdims)


@rule_for(np.std)
def std(a: Value, axis: Axis = None, dtype: DTypeLike | None = None, out: None = None, ddof: float = 0,
        keepdims: bool = False, *, where: Where = True, mean: Value = UNSET, correction: float = UNSET) -> Value:
    """The root of the variance: where that is 0, so is the derivative, as a norm's."""
    result, x, axes = _variance("std", a, axis, dtype, out, ddof, where, mean, correction)
    return finish(root(result), x, x.shape, axes, keepdims)


# -- covariance -----------------------------------------------------------------------------------


@rule_for(np.cov)
def cov(m: Value, y: Value | None = None, rowvar: bool = True, bias: bool = False, ddof: float | None = None,
        fweights: Value | None = None, aweights: Value | None = None, *, dtype: DTypeLike | None = None) -> Value:
    if ddof is not None and ddof != int(ddof):
        raise ValueError("ddof must be integer")
    series = [as_array(z) for z in (m, y) if z is not None]
    for name, z in zip("my", series, strict=False):
        if z.ndim > 2:
            raise ValueError(f"{name} has more than 2 dimensions")
    wide = np.result_type(*[z.dtype for z in series], np.float64) if dtype is None else np.dtype(dtype)
    rows = [operand(np.atleast_2d(z), wide) for z in series]
    if not rowvar:
        rows = [x.T if z.ndim == 2 and (i == 0 or x.shape[0] != 1) else x
                for i, (x, z) in enumerate(zip(rows, series, strict=True))]
    x = np.concatenate(rows) if len(rows) > 1 else rows[0]
    if rows[0].shape[0] == 0:
        return np.zeros((0, 0), wide)
    ddof = (0 if bias else 1) if ddof is None else ddof
    weights, free = _weights(x.shape[1], ddof, fweights, aweights)
    centre = np.average(x, axis=1, weights=weights)
    deviations = x - centre[:, None]
    weighted = deviations if weights is None else operand(deviations * weights, wide)
    products = np.dot(deviations, np.conj(weighted.T))
    result: Value = np.squeeze(products * operand(np.true_divide(1, free), products.dtype))
    return result


def _weights(n: int, ddof: float, fweights: Value | None, aweights: Value | None) -> tuple[Value | None, Value | float]:
    """The weight of each observation, and the number by which sums of products are divided."""
    given = [operand(as_array(w), np.dtype(np.float64)) for w in (fweights, aweights) if w is not None]
    for w in given:
        if w.ndim > 1:
            raise RuntimeError("cannot handle multidimensional weights")
        if w.shape[0] != n:
            raise RuntimeError("incompatible numbers of samples and weights")
    if not given:
        return None, n - ddof
    weights = given[0] if len(given) == 1 else given[0] * given[1]
    total = np.sum(weights)
    if ddof == 0:
        return weights, total
    return weights, total - ddof if aweights is None else total - ddof * np.sum(weights * given[-1]) / total


@rule_for(np.corrcoef)
def corrcoef(x: Value, y: Value | None = None, rowvar: bool = True, *, dtype: DTypeLike | None = None) -> Value:
    c = cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        one: Value = c / c
        return one
    deviation = np.sqrt(np.real(np.diag(c)))
    c = c / deviation[:, None] / deviation[None, :]
    bounded: Value = (np.clip(np.real(c), -1, 1) + 1j * np.clip(np.imag(c), -1, 1) if c.dtype.kind == "c"
                      else np.clip(c, -1, 1))
    return bounded
