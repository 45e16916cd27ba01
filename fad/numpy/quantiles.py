"""Medians, quantiles and percentiles, with NaNs or without them, by each of NumPy's methods.

A quantile is found at a place between two neighbours in the sorted line: a method says at which place, and how much
of either neighbour there is in the result. See Hyndman & Fan, Sample Quantiles in Statistical Packages (1996).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeAlias

import numpy as np

from ..core.dispatch import missing_rule, overrides
from ..core.primitive import Traced, Value
from ..primitives.ordering import order_statistics_p
from ..primitives.structural import reshape
from .conventions import UNSET, Axis, as_array, axes_of, operand, rule_for, since

__all__: list[str] = []

Count: TypeAlias = Value | int
"""How many entries there are: in all lines, or in each."""

_NUMBERS: tuple[type, ...] = (int, float)


# -- methods --------------------------------------------------------------------------------------


class Between(NamedTuple):
    """Where a quantile is: `share` of the entry at the place `above`, and the rest of that at `below`; share None: all
    of that at `below`."""

    below: Value
    above: Value
    share: Value | None


def _neighbours(place: Value, n: Count, share: Callable[[Value, Value], Value]) -> Between:
    below = np.floor(place)
    last = n - 1
    beyond, before = place >= last, place < 0
    above = np.where(beyond, last, np.where(before, 0, below + 1))
    below_or_end = np.where(beyond, last, np.where(before, 0, below))
    # Beyond either end both neighbours are the same entry: the share is of no matter, but NumPy rounds by it.
    return Between(below_or_end, above, share(place - np.where(beyond, -1, np.where(before, 0, below)), place))


def _continuous(alpha: float, beta: float, n: Count, q: Value) -> Between:
    place = n * q + (alpha + q * (1 - alpha - beta)) - 1
    return _neighbours(place, n, lambda share, _: share)


def _linear(n: Count, q: Value) -> Between:
    return _neighbours((n - 1) * q, n, lambda share, _: share)


def _averaged(n: Count, q: Value) -> Between:
    return _neighbours(n * q - 1, n, lambda share, _: np.where(share == 0, 0.5, 1.0))


def _midpoint(n: Count, q: Value) -> Between:
    place = 0.5 * (np.floor((n - 1) * q) + np.ceil((n - 1) * q))
    return _neighbours(place, n, lambda _, place: np.where(place % 1 == 0, 0.0, 0.5))


def _one(place: Value) -> Between:
    return Between(place, place, None)


def _inverted(n: Count, q: Value) -> Between:
    place = n * q - 1
    below = np.floor(place)
    return _one(np.maximum(np.where(place == below, below, below + 1), 0))


def _closest(n: Count, q: Value) -> Between:
    place = n * q - 1 - 0.5
    below = np.floor(place)
    return _one(np.maximum(np.where((place == below) & (below % 2 == 1), below, below + 1), 0))


_METHODS: dict[str, Callable[[Count, Value], Between]] = {
    "inverted_cdf": _inverted, "averaged_inverted_cdf": _averaged, "closest_observation": _closest,
    "interpolated_inverted_cdf": partial(_continuous, 0, 1), "hazen": partial(_continuous, 0.5, 0.5),
    "weibull": partial(_continuous, 0, 0), "linear": _linear, "midpoint": _midpoint,
    "median_unbiased": partial(_continuous, 1 / 3.0, 1 / 3.0), "normal_unbiased": partial(_continuous, 3 / 8.0, 3 / 8.0),
    "lower": lambda n, q: _one(np.floor((n - 1) * q)), "higher": lambda n, q: _one(np.ceil((n - 1) * q)),
    "nearest": lambda n, q: _one(np.round((n - 1) * q)),
}


# -- quantiles ------------------------------------------------------------------------------------


def _lines(a: Value, axis: Axis) -> tuple[Value, tuple[int, ...], tuple[int, ...]]:
    """The entries with the axes that go at the end, as one; these axes, and the shape that is left if they are kept."""
    x = as_array(a)
    axes = axes_of(axis, x.ndim)
    stay = [i for i in range(x.ndim) if i not in axes]
    lines = np.transpose(x, (*stay, *axes)).reshape([*[x.shape[i] for i in stay], -1]) if axes else x.reshape((*x.shape, 1))
    return lines, axes, tuple([1 if i in axes else n for i, n in enumerate(x.shape)])


def _quantile(name: str, a: Value, q: Value, axis: Axis, method: str, keepdims: bool, weights: object, skip: bool,
              percent: bool) -> Value:
    x = as_array(a)
    if x.dtype.kind == "c":
        raise TypeError("a must be an array of real numbers")
    if weights is not None:
        raise missing_rule(f"numpy.{name}", "weights=")
    if method not in _METHODS:
        raise ValueError(f"{method!r} is not a valid method. Use one of: {_METHODS.keys()}")
    weak, hundred = type(q) in _NUMBERS, 100
    if x.dtype.kind == "f" and not since("2.4.0"):  # the entries' dtype is that of the shares, too
        q, hundred = x.dtype.type(q) if weak else q, x.dtype.type(100)
    shares = as_array(q) / hundred if percent else as_array(q)
    if shares.ndim > 2:
        raise ValueError("q must be a scalar or 1d")
    if not isinstance(shares, Traced) and not np.all((shares >= 0) & (shares <= 1)):
        raise ValueError(f"{'Percentiles' if percent else 'Quantiles'} must be in the range [0, {100 if percent else 1}]")
    lines, _, kept = _lines(x, axis)
    if x.dtype.kind == "b":
        raise TypeError("numpy boolean subtract, the `-` operator, is not supported, use the bitwise_xor, the "
                        "`^` operator, or the logical_xor function instead.")
    find = _with_counts if skip and x.dtype.kind == "f" or isinstance(shares, Traced) else _at_places
    result = find(lines, shares, method, weak, skip)
    if keepdims and keepdims is not UNSET:
        result = result.reshape((*shares.shape, *kept))
    return result


def _at_places(lines: Value, q: Value, method: str, weak: bool, skip: bool) -> Value:
    """Quantiles at places that are known: for plain q."""
    n = lines.shape[-1]
    below, above, share = _METHODS[method](n, np.asarray(q))
    low, high = (np.asarray(place).astype(np.intp) for place in (below, above))
    wanted = np.unique(np.concatenate([low.ravel(), high.ravel(), [n - 1]]))
    found = np.moveaxis(order_statistics_p(lines, places=tuple(wanted.tolist())), -1, 0)

    def at(places: Value) -> Value:
        return found[np.searchsorted(wanted, places)]

    result = at(low)
    if share is not None:
        by: Value | float = float(share) if weak else share.reshape(share.shape + (1,) * (lines.ndim - 1))
        result = _mixed(result, at(high), by)
    return _nan_if_any(result, found[-1]) if lines.dtype.kind == "f" else result


def _with_counts(lines: Value, q: Value, method: str, weak: bool, skip: bool) -> Value:
    """Quantiles at places that depend on values: of lines that have NaNs among them, or for traced q."""
    axis = lines.ndim - 1
    in_order = overrides[np.sort](lines) if isinstance(lines, Traced) else np.sort(lines)
    n: Count = lines.shape[-1]
    shares = q.reshape(q.shape + (1,) * axis)
    if skip and lines.dtype.kind == "f":
        n = np.maximum(np.sum(~np.isnan(lines), axis=-1), 1)
    below, above, share = _METHODS[method](n, shares)
    shape = (*q.shape, *lines.shape[:-1])

    def at(places: Value) -> Value:
        spread = np.broadcast_to(places, shape)
        where = np.moveaxis(spread.reshape((-1, *lines.shape[:-1])), 0, -1).astype(np.intp)
        return np.moveaxis(np.take_along_axis(in_order, where, axis=-1), -1, 0).reshape(shape)

    result = at(below)
    if share is not None:
        result = _mixed(result, at(above), operand(share, lines.dtype) if weak and lines.dtype.kind == "f" else share)
    last = in_order[..., -1]
    return result if skip or lines.dtype.kind != "f" else _nan_if_any(result, last)


def _mixed(low: Value, high: Value, share: Value | float) -> Value:
    """low + share (high - low), from the nearer of the two, as NumPy rounds it."""
    difference = high - low
    from_low = low + difference * share
    from_high = high - difference * (1 - share)
    if not isinstance(share, Traced) and np.ndim(share) == 0:
        nearer: Value = operand(from_high, from_low.dtype) if share >= 0.5 else from_low
    else:
        nearer = np.where(share >= 0.5, from_high, from_low)
    return nearer


def _nan_if_any(result: Value, last: Value) -> Value:
    """NaN where the line has one, which is then its last in order."""
    return np.where(np.isnan(last), operand(last, result.dtype), result)


@rule_for(np.quantile)
def quantile(a: Value, q: Value, axis: Axis = None, out: None = None, overwrite_input: bool = False,
             method: str = "linear", keepdims: bool = False, *, weights: Value | None = None) -> Value:
    return _quantile("quantile", a, q, axis, method, keepdims, weights, skip=False, percent=False)


@rule_for(np.percentile)
def percentile(a: Value, q: Value, axis: Axis = None, out: None = None, overwrite_input: bool = False,
               method: str = "linear", keepdims: bool = False, *, weights: Value | None = None) -> Value:
    return _quantile("percentile", a, q, axis, method, keepdims, weights, skip=False, percent=True)


@rule_for(np.nanquantile)
def nanquantile(a: Value, q: Value, axis: Axis = None, out: None = None, overwrite_input: bool = False,
                method: str = "linear", keepdims: bool = UNSET, *, weights: Value | None = None) -> Value:
    return _quantile("nanquantile", a, q, axis, method, keepdims, weights, skip=True, percent=False)


@rule_for(np.nanpercentile)
def nanpercentile(a: Value, q: Value, axis: Axis = None, out: None = None, overwrite_input: bool = False,
                  method: str = "linear", keepdims: bool = UNSET, *, weights: Value | None = None) -> Value:
    return _quantile("nanpercentile", a, q, axis, method, keepdims, weights, skip=True, percent=True)


# -- medians: the mean of the one or two entries in the middle ------------------------------------


@rule_for(np.median)
def median(a: Value, axis: Axis = None, out: None = None, overwrite_input: bool = False, keepdims: bool = False) -> Value:
    lines, _, kept = _lines(a, axis)
    n = lines.shape[-1]
    if not n:
        undefined: Value = np.mean(lines, axis=-1)
        return undefined
    middle = ((n - 1) // 2, n // 2) if n % 2 == 0 else (n // 2,)
    places = tuple(sorted({*middle, n - 1}))
    found = order_statistics_p(lines, places=places)
    result: Value = np.mean(found[..., :len(middle)], axis=-1)
    if lines.dtype.kind in "fc":
        result = _nan_if_any(result, found[..., -1])
    return reshape(result, kept) if keepdims and keepdims is not UNSET else result


@rule_for(np.nanmedian)
def nanmedian(a: Value, axis: Axis = None, out: None = None, overwrite_input: bool = False, keepdims: bool = UNSET) -> Value:
    lines, _, kept = _lines(a, axis)
    if lines.dtype.kind not in "fc" or not lines.size:
        return np.mean(lines, axis=-1) if not lines.size else median(a, axis, keepdims=keepdims)
    in_order = np.sort(lines)
    n = np.maximum(np.sum(~np.isnan(lines), axis=-1, keepdims=True), 1)
    low, high = (np.take_along_axis(in_order, place, axis=-1)[..., 0] for place in ((n - 1) // 2, n // 2))
    result: Value = (low + high) / 2
    return reshape(result, kept) if keepdims and keepdims is not UNSET else result
