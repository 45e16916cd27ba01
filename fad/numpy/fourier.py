"""numpy.fft: lengths, axes and norms by NumPy's conventions; cutting and padding are equations of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..core.primitive import Value
from ..errors import DtypeError
from ..primitives.elementwise import conjugate
from ..primitives.fft import Norm, fft_p, irfft_p, rfft_p
from ..primitives.indexing import cut
from ..primitives.joining import pad_p
from .conventions import as_array, operand, rule_for

__all__: list[str] = []

_OTHER: dict[Norm | None, Norm] = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}


# -- arguments ------------------------------------------------------------------------------------


def _inexact(x: Value) -> Value:
    return operand(x, np.result_type(x.dtype, 1.0))


def _real(name: str, x: Value) -> Value:
    if x.dtype.kind == "c":
        raise DtypeError(f"{name} of an array of dtype {x.dtype}", why="it transforms real numbers",
                         edit="use numpy.fft.fft, or take the real part, x.real")
    return _inexact(x)


def _norm(norm: Any) -> Norm:
    if norm not in _OTHER:
        raise ValueError(f'Invalid norm value {norm}; should be "backward", "ortho" or "forward".')
    return _OTHER[_OTHER[norm]]


def _swapped(norm: Any) -> Norm:
    return _OTHER[_norm(norm)]


def _fitted(x: Value, n: Any, axis: int, needed: int) -> Value:
    """The first entries along an axis, as many as are needed, or all of them and zeros."""
    if n < 1:
        raise ValueError(f"Invalid number of FFT data points ({n}) specified.")
    here = x.shape[axis]
    if here > needed:
        return cut(x, axis, 0, needed)
    if here == needed:
        return x
    zeros = (0,) * x.ndim
    return pad_p(x, low=zeros, high=tuple([needed - here if i == axis else 0 for i in range(x.ndim)]), gap=zeros)


# -- along one axis -------------------------------------------------------------------------------


def _transform(a: Any, n: Any, axis: Any, norm: Any, *, backward: bool) -> Value:
    x = as_array(a)
    axis = normalize_axis_index(axis, x.ndim)
    n = x.shape[axis] if n is None else int(n)
    return fft_p(_fitted(_inexact(x), n, axis, n), axis=axis, norm=_norm(norm), backward=backward)


@rule_for(np.fft.fft)
def fft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> Any:
    return _transform(a, n, axis, norm, backward=False)


@rule_for(np.fft.ifft)
def ifft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> Any:
    return _transform(a, n, axis, norm, backward=True)


@rule_for(np.fft.rfft)
def rfft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> Any:
    x = as_array(a)
    axis = normalize_axis_index(axis, x.ndim)
    n = x.shape[axis] if n is None else int(n)
    return rfft_p(_fitted(_real("numpy.fft.rfft", x), n, axis, n), axis=axis, norm=_norm(norm))


@rule_for(np.fft.irfft)
def irfft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> Any:
    x = as_array(a)
    axis = normalize_axis_index(axis, x.ndim)
    n = (x.shape[axis] - 1) * 2 if n is None else int(n)
    return irfft_p(_fitted(_inexact(x), n, axis, n // 2 + 1), n=n, axis=axis, norm=_norm(norm))


@rule_for(np.fft.hfft)
def hfft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> Any:
    x = as_array(a)
    return irfft(conjugate(x) if x.dtype.kind == "c" else x, n, axis, _swapped(norm))


@rule_for(np.fft.ihfft)
def ihfft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> Any:
    return conjugate(rfft(a, n, axis, _swapped(norm)))


# -- along several axes ---------------------------------------------------------------------------


def _lengths(x: Value, s: Any, axes: Any, *, inverse_real: bool = False) -> tuple[list[int], list[int]]:
    """The length and the number of each axis that is transformed, in NumPy's order."""
    given = s is not None
    if axes is None:
        axes = range(-len(s), 0) if given else range(-x.ndim, 0)
    axes = [normalize_axis_index(axis, x.ndim) for axis in axes]
    lengths = list(s) if given else [x.shape[axis] for axis in axes]
    if len(lengths) != len(axes):
        raise ValueError("Shape and axes have different lengths.")
    if inverse_real and (not given or lengths[-1] is None):
        lengths[-1] = (x.shape[axes[-1]] - 1) * 2
    return [x.shape[axis] if n is None or n == -1 else int(n) for n, axis in zip(lengths, axes, strict=True)], axes


def _along_axes(function: Callable[..., Any], x: Value, lengths: Sequence[int], axes: Sequence[int],
                norm: Any) -> Value:
    for n, axis in zip(lengths, axes, strict=True):
        x = function(x, n, axis, norm)
    return x


@rule_for(np.fft.fftn)
def fftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    x = as_array(a)
    lengths, axes = _lengths(x, s, axes)
    return _along_axes(fft, x, lengths[::-1], axes[::-1], norm)


@rule_for(np.fft.ifftn)
def ifftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    x = as_array(a)
    lengths, axes = _lengths(x, s, axes)
    return _along_axes(ifft, x, lengths[::-1], axes[::-1], norm)


@rule_for(np.fft.fft2)
def fft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None) -> Any:
    return fftn(a, s, axes, norm)


@rule_for(np.fft.ifft2)
def ifft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None) -> Any:
    return ifftn(a, s, axes, norm)


@rule_for(np.fft.rfftn)
def rfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    x = as_array(a)
    lengths, axes = _lengths(x, s, axes)
    return _along_axes(fft, rfft(x, lengths[-1], axes[-1], norm), lengths[-2::-1], axes[-2::-1], norm)


@rule_for(np.fft.rfft2)
def rfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None) -> Any:
    return rfftn(a, s, axes, norm)


@rule_for(np.fft.irfftn)
def irfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    x = as_array(a)
    lengths, axes = _lengths(x, s, axes, inverse_real=True)
    return irfft(_along_axes(ifft, x, lengths[:-1], axes[:-1], norm), lengths[-1], axes[-1], norm)


@rule_for(np.fft.irfft2)
def irfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None) -> Any:
    return irfftn(a, s, axes, norm)


# -- the order of frequencies ---------------------------------------------------------------------


def _rolled(x: Any, axes: Any, sign: int) -> Value:
    x = as_array(x)
    along = range(x.ndim) if axes is None else [axes] if np.ndim(axes) == 0 else axes
    return np.roll(x, [sign * (x.shape[axis] // 2) for axis in along], tuple(along))


@rule_for(np.fft.fftshift)
def fftshift(x: Any, axes: Any = None) -> Any:
    return _rolled(x, axes, 1)


@rule_for(np.fft.ifftshift)
def ifftshift(x: Any, axes: Any = None) -> Any:
    return _rolled(x, axes, -1)
