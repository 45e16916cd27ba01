"""Sliding products of two lines, and what they are the transposes of: sliding products again.

    correlate : z_k = Σ_i a_{k+i-low} v_i,  where a is 0 outside, for k = 0 ... n + low + high - m

Linear in both. The transpose in a slides v reversed, with the paddings that are left to the full ones; the
transpose in v slides the cotangent along a.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from ..core.avals import Aval, make_aval
from ..core.primitive import Linear, Primitive, Tangent, Value, partials
from .joining import pad_p
from .structural import broadcast, flip_p

__all__ = ["correlate_p", "paddings"]


_MODES: tuple[Literal["full", "same", "valid"], ...] = ("full", "same", "valid")


def paddings(mode: str, m: int) -> tuple[int, int]:
    """How far NumPy's modes let a line of m entries stand out at either end."""
    if mode == "full":
        return m - 1, m - 1
    return (m // 2, m - m // 2 - 1) if mode == "same" else (0, 0)


def _evaluate(a: Value, v: Value, *, low: int, high: int) -> Value:
    m = v.shape[-1]
    if a.ndim == 1 and a.shape[0] >= m:
        for mode in _MODES:
            if paddings(mode, m) == (low, high):
                return np.convolve(a, v[::-1], mode)
    padded = np.zeros((*a.shape[:-1], a.shape[-1] + low + high), a.dtype)
    padded[..., low:low + a.shape[-1]] = a
    windows = np.lib.stride_tricks.sliding_window_view(padded, m, axis=-1)
    z: Value = np.einsum("...km,...m->...k", windows, v)
    return z


def _infer(a: Aval, v: Aval, *, low: int, high: int) -> Aval:
    n, m = a.shape[-1], v.shape[-1]
    assert a.shape[:-1] == v.shape[:-1] and a.dtype == v.dtype and n + low + high >= m > 0, (a, v, low, high)
    return make_aval((*a.shape[:-1], n + low + high - m + 1), a.dtype)


def _by_first(t: Value, z: Value, a: Value, v: Value, *, low: int, high: int) -> Value:
    return correlate_p(t, v, low=low, high=high)


def _by_second(t: Value, z: Value, a: Value, v: Value, *, low: int, high: int) -> Value:
    return correlate_p(a, t, low=low, high=high)


def _batch(operands: Sequence[Value], mapped: Sequence[bool], *, low: int, high: int) -> Value:
    n = next(x.shape[0] for x, m in zip(operands, mapped, strict=True) if m)
    return correlate_p(*[x if m else broadcast(x, (n, *x.shape), (0,)) for x, m in zip(operands, mapped, strict=True)],
                       low=low, high=high)


def _transpose(ct: Value, a: Value | Linear, v: Value | Linear, *, low: int, high: int) -> Sequence[Tangent | None]:
    axis = ct.ndim - 1
    if not isinstance(v, Linear):
        m = v.shape[axis]
        return correlate_p(ct, flip_p(v, axes=(axis,)), low=m - 1 - low, high=m - 1 - high), None
    assert not isinstance(a, Linear)
    lead = (0,) * axis
    padded = pad_p(a, low=(*lead, low), high=(*lead, high), gap=(0,) * (axis + 1))
    return None, correlate_p(padded, ct, low=0, high=0)


correlate_p: Primitive = Primitive("correlate", _evaluate, _infer, partials(_by_first, _by_second), _batch, _transpose)
