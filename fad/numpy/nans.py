"""Reductions that pass over NaNs: an entry that is NaN counts for nothing, and no derivative comes from it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.dispatch import overrides
from ..core.primitive import Value
from ..primitives.reductions import root
from .conventions import as_array, operand, rule_for

__all__: list[str] = []

_UNSET: Any = np._NoValue  # the default of NumPy's own signatures


def _filled(a: Any, number: float) -> tuple[Value, Value | None]:
    """The array with a number for its NaNs, and where these are; None: an array that cannot have any."""
    x = as_array(a)
    if x.dtype.kind not in "fc":
        return x, None
    missing = np.isnan(x)
    return np.where(missing, x.dtype.type(number), x), missing


def _given(**settings: Any) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if value is not _UNSET}


# -- sums, products, extremes ---------------------------------------------------------------------


def _sum_like(function: Any, plain: Any, neutral: int) -> None:

    @rule_for(function)
    def reduce(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = _UNSET,
               initial: Any = _UNSET, where: Any = _UNSET) -> Any:
        x, _ = _filled(a, neutral)
        return overrides[plain](x, axis, dtype, **_given(keepdims=keepdims, initial=initial, where=where))


def _running(function: Any, plain: Any, neutral: int) -> None:

    @rule_for(function)
    def running(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        return overrides[plain](_filled(a, neutral)[0], axis, dtype)


def _extreme(function: Any, plain: Any, least: float) -> None:

    @rule_for(function)
    def extreme(a: Any, axis: Any = None, out: Any = None, keepdims: Any = _UNSET, initial: Any = _UNSET,
                where: Any = _UNSET) -> Any:
        x, missing = _filled(a, least)
        found = overrides[plain](x, axis, **_given(keepdims=keepdims, initial=initial, where=where))
        if missing is None or initial is not _UNSET:
            return found
        none = np.all(missing, axis=axis, **_given(keepdims=keepdims, where=where))
        return np.where(none, found.dtype.type(np.nan), found)


def _place(function: Any, plain: Any, least: float) -> None:

    @rule_for(function)
    def place(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = _UNSET) -> Any:
        return overrides[plain](_filled(a, least)[0], axis, **_given(keepdims=keepdims))


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
def nanmean(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = _UNSET, *,
            where: Any = _UNSET) -> Any:
    x, missing = _filled(a, 0)
    settings = _given(keepdims=keepdims, where=where)
    if missing is None:
        return np.mean(x, axis, dtype, **settings)
    _check(dtype)
    return _over(np.sum(x, axis, dtype, **settings), np.sum(~missing, axis, np.intp, **settings))


def _check(dtype: Any) -> None:
    if dtype is not None and np.dtype(dtype).kind not in "fc":
        raise TypeError("If a is inexact, then dtype must be inexact")


def _over(total: Value, count: Value) -> Value:
    """total / count in total's dtype; NaN where nothing was counted, with no derivative."""
    quotient = np.where(count > 0, total, total.dtype.type(np.nan)) / np.where(count > 0, count, 1)
    return operand(quotient, total.dtype)


def _variance(a: Any, axis: Any, dtype: Any, ddof: Any, keepdims: Any, where: Any, mean: Any, correction: Any) -> Value:
    x, missing = _filled(a, 0)
    if missing is None:
        return np.var(x, axis, dtype, None, ddof, **_given(keepdims=keepdims, where=where, mean=mean, correction=correction))
    _check(dtype)
    if correction is not _UNSET:
        if ddof != 0:
            raise ValueError("ddof and correction can't be provided simultaneously.")
        ddof = correction
    chosen, settings = _given(where=where), _given(keepdims=keepdims, where=where)
    if mean is _UNSET:
        count = np.sum(~missing, axis, np.intp, keepdims=True, **chosen)
        mean = _over(np.sum(x, axis, dtype, keepdims=True, **chosen), count)
    deviations = np.where(missing, x.dtype.type(0), operand(x - mean, x.dtype))
    squares = np.real(deviations * np.conj(deviations)) if x.dtype.kind == "c" else deviations * deviations
    free = np.sum(~missing, axis, np.intp, **settings) - ddof
    return _over(np.sum(squares, axis, dtype, **settings), free)


@rule_for(np.nanvar)
def nanvar(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = _UNSET, *,
           where: Any = _UNSET, mean: Any = _UNSET, correction: Any = _UNSET) -> Any:
    return _variance(a, axis, dtype, ddof, keepdims, where, mean, correction)


@rule_for(np.nanstd)
def nanstd(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = _UNSET, *,
           where: Any = _UNSET, mean: Any = _UNSET, correction: Any = _UNSET) -> Any:
    """The root of the variance: where that is 0, so is the derivative, as a norm's."""
    return root(_variance(a, axis, dtype, ddof, keepdims, where, mean, correction))


# -- numbers in place of NaNs and infinities ------------------------------------------------------


@rule_for(np.nan_to_num)
def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    value = as_array(x)
    if value.dtype.kind not in "fc":
        return value
    if value.dtype.kind == "c":
        result = nan_to_num(value.real, True, nan, posinf, neginf) + 1j * nan_to_num(value.imag, True, nan, posinf, neginf)
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
