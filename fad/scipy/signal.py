"""scipy.signal.convolve, along any number of axes.

    full  : z_k = Σ_j a_{k-j} v_j, wherever a term is there;     n + m - 1 entries along an axis
    valid : the same where all terms are there;                  n - m + 1

Linear in both. With J for the reversal along all axes, of a full convolution ā = valid(z̄, J v) and v̄ = valid(z̄, J a);
of a valid one ā = full(z̄, J v) and v̄ = J valid(a, J z̄).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.signal as ss

from ..core.avals import Aval, make_aval
from ..core.dispatch import missing_rule
from ..core.primitive import Linear, Primitive, Tangent, Value, partials
from ..numpy.conventions import as_array, operand, result_dtype
from ..primitives.linalg import stacked
from ..primitives.structural import flip_p
from .functions import enter

__all__ = ["convolve_p"]

# `axes` is how many axes are convolved, the last ones; those before them are a stack, equal in both operands. SciPy's
# `method` is kept for what the user's call computes; in the transposes it is SciPy's own choice.


def _evaluate(a: Value, v: Value, *, axes: int, mode: str, method: str) -> Value:
    if a.ndim == axes:
        z: Value = ss.convolve(a, v, mode, method)
        return z
    lead = a.shape[:a.ndim - axes]
    result = np.empty((*lead, *_shape(a.shape[a.ndim - axes:], v.shape[a.ndim - axes:], mode)), a.dtype)
    for i in np.ndindex(lead):
        result[i] = ss.convolve(a[i], v[i], mode, method)
    return result


def _shape(n: Sequence[int], m: Sequence[int], mode: str) -> tuple[int, ...]:
    return tuple([i + j - 1 if mode == "full" else i - j + 1 for i, j in zip(n, m, strict=True)])


def _infer(a: Aval, v: Aval, *, axes: int, mode: str, method: str) -> Aval:
    at = a.ndim - axes
    assert a.ndim == v.ndim and a.shape[:at] == v.shape[:at] and a.dtype == v.dtype, (a, v)
    return make_aval((*a.shape[:at], *_shape(a.shape[at:], v.shape[at:], mode)), a.dtype)


def _by_first(t: Value, z: Value, a: Value, v: Value, **params: object) -> Value:
    return convolve_p(t, v, **params)


def _by_second(t: Value, z: Value, a: Value, v: Value, **params: object) -> Value:
    return convolve_p(a, t, **params)


def _batch(operands: Sequence[Value], mapped: Sequence[bool], **params: object) -> Value:
    return convolve_p(*stacked(operands, mapped), **params)


def _transpose(ct: Value, a: Value | Linear, v: Value | Linear, *, axes: int, mode: str,
               method: str) -> Sequence[Tangent | None]:
    last = tuple(range(ct.ndim - axes, ct.ndim))
    other = "valid" if mode == "full" else "full"
    if not isinstance(v, Linear):
        return convolve_p(ct, flip_p(v, axes=last), axes=axes, mode=other, method="auto"), None
    assert not isinstance(a, Linear)
    if mode == "full":
        return None, convolve_p(ct, flip_p(a, axes=last), axes=axes, mode="valid", method="auto")
    return None, flip_p(convolve_p(a, flip_p(ct, axes=last), axes=axes, mode="valid", method="auto"), axes=last)


convolve_p: Primitive = Primitive("convolve", _evaluate, _infer, partials(_by_first, _by_second), _batch, _transpose)


def convolve(in1: Value, in2: Value, mode: str = "full", method: str = "auto") -> Value:
    if mode not in ("full", "same", "valid"):
        raise ValueError("acceptable mode flags are 'valid', 'same', or 'full'")
    a, v = as_array(in1), as_array(in2)
    dtype = result_dtype(a, v)
    if dtype.kind not in "fc":
        dtype = np.result_type(dtype, np.float64)
    a, v = operand(a, dtype), operand(v, dtype)
    if a.ndim != v.ndim:
        raise ValueError("volume and kernel should have the same dimensionality")
    if not a.ndim:
        return a * v
    if not a.size or not v.size:
        raise missing_rule("scipy.signal.convolve", "empty arrays")
    if mode == "valid":
        if any(n < m for n, m in zip(a.shape, v.shape, strict=True)):
            a, v = v, a  # SciPy checks, when it computes, that one is as large as the other along every axis
        if any(n < m for n, m in zip(a.shape, v.shape, strict=True)):
            raise ValueError("For 'valid' mode, one must be at least as large as the other in every dimension")
        return convolve_p(a, v, axes=a.ndim, mode="valid", method=method)
    z = convolve_p(a, v, axes=a.ndim, mode="full", method=method)
    if mode == "full":
        return z
    return z[tuple([slice((k - n) // 2, (k - n) // 2 + n) for k, n in zip(z.shape, a.shape, strict=True)])]


enter(ss.convolve, convolve)
