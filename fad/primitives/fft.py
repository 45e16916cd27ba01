"""Discrete Fourier transforms: linear, and each other's transposes.

    fft   : n → complex, n                  y_k = f Σ_j x_j ω^(±jk),  ω = exp(-2πi/n); its own transpose
    rfft  : real, n → complex, n // 2 + 1   the first half of fft's; the rest are its conjugates
    irfft : n // 2 + 1 → real, n            fft of the whole, of which the first half is given

fft and irfft take real numbers, too, which NumPy rounds in its own way.

The pairing of cotangents and tangents is Re Σ x̄ dx, without conjugation, so the matrix ω^jk, which is symmetric, is its
own transpose. Half a spectrum stands for a whole one: each frequency in it counts twice, but for 0 and (for an even n)
n/2, which are their own conjugates. With d the numbers 1, 2, 2, ..., 2, (1),

    rfftᵀ = irfft · conj(x̄) / d        irfftᵀ = d · conj(rfft · x̄)

where a forward transform that is scaled by f goes with a backward one scaled by the same f: hence `_other`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import numpy as np

from ..core.avals import Aval, Dtype, make_aval
from ..core.primitive import Linear, Primitive, Tangent, Value, linear
from .elementwise import conjugate, multiply
from .structural import broadcast, convert

__all__ = ["Norm", "fft_p", "irfft_p", "rfft_p"]

Norm = Literal["backward", "ortho", "forward"]
"""Which direction is scaled by 1 / n; "ortho" scales both by its square root."""

_other: dict[Norm, Norm] = {"backward": "forward", "ortho": "ortho", "forward": "backward"}
"""The norm by which the transform in the other direction has the same factor."""


def _complex_dtype(dtype: Dtype) -> Dtype:
    return np.result_type(dtype, np.complex64)


def _with_length(x: Aval, axis: int, n: int, dtype: Dtype) -> Aval:
    return make_aval((*x.shape[:axis], n, *x.shape[axis + 1:]), dtype)


@lru_cache(maxsize=256)
def _counts(n: int, dtype: Dtype, inverted: bool) -> Value:
    """How often each frequency of half a spectrum counts; or one divided by that."""
    d = np.full(n // 2 + 1, 0.5 if inverted else 2.0, dtype)
    d[0] = 1.0
    if n % 2 == 0:
        d[-1] = 1.0
    d.flags.writeable = False  # so that graphs can share it
    return d


def _counted(x: Value, axis: int, n: int, inverted: bool) -> Value:
    d = _counts(n, x.dtype, inverted)
    return multiply(x, broadcast(d, x.shape, tuple([i for i in range(x.ndim) if i != axis])))


# -- fft, and with `backward` ifft ----------------------------------------------------------------


def _fft_evaluate(x: Value, *, axis: int, norm: Norm, backward: bool) -> Value:
    return np.fft.ifft(x, None, axis, norm) if backward else np.fft.fft(x, None, axis, norm)


def _fft_infer(x: Aval, *, axis: int, norm: Norm, backward: bool) -> Aval:
    return make_aval(x.shape, _complex_dtype(x.dtype))


def _fft_batch(operands: Sequence[Value], mapped: Sequence[bool], *, axis: int, norm: Norm, backward: bool) -> Value:
    return fft_p(operands[0], axis=axis + 1, norm=norm, backward=backward)


def _fft_transpose(ct: Value, x: Linear, *, axis: int, norm: Norm, backward: bool) -> Sequence[Tangent]:
    return (convert(fft_p(ct, axis=axis, norm=norm, backward=backward), x.aval.dtype),)


fft_p: Primitive = linear("fft", _fft_evaluate, _fft_infer, _fft_batch, _fft_transpose)


# -- rfft -----------------------------------------------------------------------------------------


def _rfft_infer(x: Aval, *, axis: int, norm: Norm) -> Aval:
    assert x.dtype.kind == "f", x
    return _with_length(x, axis, x.shape[axis] // 2 + 1, _complex_dtype(x.dtype))


def _rfft_batch(operands: Sequence[Value], mapped: Sequence[bool], *, axis: int, norm: Norm) -> Value:
    return rfft_p(operands[0], axis=axis + 1, norm=norm)


def _rfft_transpose(ct: Value, x: Linear, *, axis: int, norm: Norm) -> Sequence[Tangent]:
    n = x.shape[axis]
    return (irfft_p(_counted(conjugate(ct), axis, n, True), n=n, axis=axis, norm=_other[norm]),)


rfft_p: Primitive = linear("rfft", lambda x, *, axis, norm: np.fft.rfft(x, None, axis, norm), _rfft_infer, _rfft_batch,
                           _rfft_transpose)


# -- irfft ----------------------------------------------------------------------------------------


def _irfft_infer(x: Aval, *, n: int, axis: int, norm: Norm) -> Aval:
    assert x.shape[axis] == n // 2 + 1, x
    return _with_length(x, axis, n, np.real(np.empty(0, x.dtype)).dtype)


def _irfft_batch(operands: Sequence[Value], mapped: Sequence[bool], *, n: int, axis: int, norm: Norm) -> Value:
    return irfft_p(operands[0], n=n, axis=axis + 1, norm=norm)


def _irfft_transpose(ct: Value, x: Linear, *, n: int, axis: int, norm: Norm) -> Sequence[Tangent]:
    return (convert(_counted(conjugate(rfft_p(ct, axis=axis, norm=_other[norm])), axis, n, False), x.aval.dtype),)


irfft_p: Primitive = linear("irfft", lambda x, *, n, axis, norm: np.fft.irfft(x, n, axis, norm), _irfft_infer,
                            _irfft_batch, _irfft_transpose)
