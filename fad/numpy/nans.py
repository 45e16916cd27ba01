"""Reductions that pass over NaNs: an entry that is NaN counts for nothing, and no derivative comes from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..core.avals import Dtype
from ..core.dispatch import overrides
from ..core.primitive import Value
from ..primitives.reductions import root
from .conventions import UNSET, Axis, as_array, operand, rule_for
from .reductions import Where

__all__: list[str] = []

_COUNT: Dtype = np.dtype(np.intp)


def _filled(a: Value, number: float) -> tuple[Value, Value | None]:
    """The array with a number for its NaNs, and where these are; None: an array that cannot have any."""
    x = as_array(a)
    if x.dtype.kind not in "fc":
        return x, None
    missing = np.isnan(x)
    return np.where(missing, x.dtype.type(number), x), missing


def _given(**settings: object) -> dict[str, Any]:  # Any: keywords of many types
    return {name: value for name, value in settings.items() if value is not UNSET}


# -- sums, products, extremes ---------------------------------------------------------------------


def _sum_like(function: Callable[..., Value], plain: Callable[..., Value], neutral: int) -> None:

    @rule_for(function)
    def reduce(a: Value, axis: Axis = None, dtype: DTypeLike | None = None, out: None = None, keepdims: bool = UNSET,
               initial: complex = UNSET, where: Where = UNSET) -> Value:
        x, _ = _filled(a, neutral)
        result: Value = overrides[plain](x, axis, dtype, **_given(keepdims=keepdims, initial=initial, where=where))
        return result


def _running(function: Callable[..., Value], plain: Callable[..., Value], neutral: int) -> None:

    @rule_for(function)
    def running(a: Value, axis: int | None = None, dtype: DTypeLike | None = None, out: None = None) -> Value:
        result: Value = overrides[plain](_filled(a, neutral)[0], axis, dtype)
        return result


def _extreme(function: Callable[..., Value], plain: Callable[..., Value], least: float) -> None:

    @rule_for(function)
    def extreme(a: Value, axis: Axis = None, out: None = None, keepdims: bool = UNSET, initial: float = UNSET,
                where: Where = UNSET) -> Value:
        x, missing = _filled(a, least)
        found: Value = overrides[plain](x, axis, **_given(keepdims=keepdims, initial=initial, where=where))
        if missing is None or initial is not UNSET:
            return found
        none = np.all(missing, **_given(axis=axis, keepdims=keepdims, where=where))
        return np.where(none, found.dtype.type(np.nan), found)


def _place(function: Callable[..., Value], plain: Callable[..., Value], least: float) -> None:

    @rule_for(function)
    def place(a: Value, axis: int | None = None, out: None = None, *, keepdims: bool = UNSET) -> Value:
        result: Value = overrides[plain](_filled(a, least)[0], axis, **_given(keepdims=keepdims))
        return result


_sum_like(np.nansum, np.sum, 0)
_sum_like(np.nanprod, np.prod, 1)
_running(np.nancumsum, np.cumsum, 0)
_running(np.nancumprod, np.cumprod, 1)
_extreme(np.nanmax, np.max, -np.inf)
_extreme(np.nanmin, np.min, np.inf)
_place(np.nanargmax, np.argmax, -np.inf)
_place(np.nanargmin, np.argmin, np.inf)


# -- means and variances --------------------------------------------------------------------------


@rule_for(np.nanmean)
def nanmean(a: Value, axis: Axis = None, dtype: DTypeLike | None = None, out: None = None, keepdims: bool = UNSET, *,
            where: Where = UNSET) -> Value:
    x, missing = _filled(a, 0)
    settings = _given(keepdims=keepdims, where=where)
    if missing is None:
        mean: Value = np.mean(x, axis, dtype, **settings)
        return mean
    _check(dtype)
    return _over(np.sum(x, axis, dtype, **settings), np.sum(~missing, axis, _COUNT, **settings))


def _check(dtype: DTypeLike | None) -> None:
    if dtype is not None and np.dtype(dtype).kind not in "fc":
        raise TypeError("If a is inexact, then dtype must be inexact")


def _over(total: Value, count: Value) -> Value:
    """total / count in total's dtype; NaN where nothing was counted, with no derivative."""
    quotient = np.where(count > 0, total, total.dtype.type(np.nan)) / np.where(count > 0, count, 1)
    rounded: Value = operand(quotient, total.dtype)
    return rounded


def _variance(a: Value, axis: Axis, dtype: DTypeLike | None, ddof: float, keepdims: bool, where: Where,
              mean: Value, correction: float) -> Value:
    x, missing = _filled(a, 0)
    if missing is None:
        variance: Value = np.var(x, axis, dtype, None, ddof,
                                 **_given(keepdims=keepdims, where=where, mean=mean, correction=correction))
        return variance
    _check(dtype)
    if correction is not UNSET:
        if ddof != 0:
            raise ValueError("ddof and correction can't be provided simultaneously.")
        ddof = correction
    chosen, settings = _given(where=where), _given(keepdims=keepdims, where=where)
    if mean is UNSET:
        count = np.sum(~missing, axis, _COUNT, keepdims=True, **chosen)
        mean = _over(np.sum(x, axis, dtype, keepdims=True, **chosen), count)
    deviations = np.where(missing, x.dtype.type(0), operand(x - mean, x.dtype))
    squares = np.real(deviations * np.conj(deviations)) if x.dtype.kind == "c" else deviations * deviations
    free = np.sum(~missing, axis, _COUNT, **settings) - ddof
    return _over(np.sum(squares, axis, dtype, **settings), free)


@rule_for(np.nanvar)
def nanvar(a: Value, axis: Axis = None, dtype: DTypeLike | None = None, out: None = None, ddof: float = 0,
           keepdims: bool = UNSET, *, where: Where = UNSET, mean: Value = UNSET, correction: float = UNSET) -> Value:
    return _variance(a, axis, dtype, ddof, keepdims, where, mean, correction)


@rule_for(np.nanstd)
def nanstd(a: Value, axis: Axis = None, dtype: DTypeLike | None = None, out: None = None, ddof: float = 0,
           keepdims: bool = UNSET, *, where: Where = UNSET, mean: Value = UNSET, correction: float = UNSET) -> Value:
    """The root of the variance: where that is 0, so is the derivative, as a norm's."""
    return root(_variance(a, axis, dtype, ddof, keepdims, where, mean, correction))


# -- numbers in place of NaNs and infinities ------------------------------------------------------


@rule_for(np.nan_to_num)
def nan_to_num(x: Value, copy: bool = True, nan: complex = 0.0, posinf: complex | None = None,
               neginf: complex | None = None) -> Value:
    value = as_array(x)
    if value.dtype.kind not in "fc":
        return value
    if value.dtype.kind == "c":
        real, imaginary = (nan_to_num(part(value), True, nan, posinf, neginf) for part in (np.real, np.imag))
        result: Value = real + 1j * imaginary
    else:
        limits = np.finfo(value.dtype)
        dtype = value.dtype
        result = value
        for where, number in ((np.isnan, nan), (np.isposinf, limits.max if posinf is None else posinf),
                              (np.isneginf, limits.min if neginf is None else neginf)):
            result = np.where(where(value), operand(number, dtype), result)
    if copy:
        return result
    value[...] = result
    return value
