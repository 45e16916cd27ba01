"""numpy.fft: lengths, axes and norms by NumPy's conventions; cutting and padding are equations of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..core.primitive import Value
from ..errors import DtypeError
from ..primitives.elementwise import conjugate
from ..primitives.fft import Norm, fft_p, irfft_p, rfft_p
from ..primitives.indexing import cut
from ..primitives.joining import pad_p
from .conventions import Axis, as_array, operand, rule_for, since

__all__: list[str] = []

Lengths: TypeAlias = Sequence[int | None] | None
"""How many entries there are along each axis that is transformed: -1 or None for all, or None for all of all."""

Axes: TypeAlias = Sequence[int] | None

_OTHER: dict[Norm | None, Norm] = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}


# -- arguments ------------------------------------------------------------------------------------


def _inexact(x: Value) -> Value:
    inexact: Value = operand(x, np.result_type(x.dtype, 1.0))
    return inexact


def _real(name: str, x: Value) -> Value:
    if x.dtype.kind == "c":
        raise DtypeError(f"{name} of an array of dtype {x.dtype}", why="it transforms real numbers",
                         edit="use numpy.fft.fft, or take the real part, x.real")
    return _inexact(x)


def _norm(norm: Norm | None) -> Norm:
    if norm not in _OTHER:
        raise ValueError(f'Invalid norm value {norm}; should be "backward", "ortho" or "forward".')
    return _OTHER[_OTHER[norm]]


def _swapped(norm: Norm | None) -> Norm:
    return _OTHER[_norm(norm)]


def _fitted(x: Value, n: int, axis: int, needed: int) -> Value:
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


def _transform(a: Value, n: int | None, axis: int, norm: Norm | None, *, backward: bool) -> Value:
    x = as_array(a)
    axis = normalize_axis_index(axis, x.ndim)
    length = x.shape[axis] if n is None else int(n)
    return fft_p(_fitted(_inexact(x), length, axis, length), axis=axis, norm=_norm(norm), backward=backward)


@rule_for(np.fft.fft)
def fft(a: Value, n: int | None = None, axis: int = -1, norm: Norm | None = None, out: None = None) -> Value:
    return _transform(a, n, axis, norm, backward=False)


@rule_for(np.fft.ifft)
def ifft(a: Value, n: int | None = None, axis: int = -1, norm: Norm | None = None, out: None = None) -> Value:
    return _transform(a, n, axis, norm, backward=True)


@rule_for(np.fft.rfft)
def rfft(a: Value, n: int | None = None, axis: int = -1, norm: Norm | None = None, out: None = None) -> Value:
    x = as_array(a)
    axis = normalize_axis_index(axis, x.ndim)
    length = x.shape[axis] if n is None else int(n)
    return rfft_p(_fitted(_real("numpy.fft.rfft", x), length, axis, length), axis=axis, norm=_norm(norm))


@rule_for(np.fft.irfft)
def irfft(a: Value, n: int | None = None, axis: int = -1, norm: Norm | None = None, out: None = None) -> Value:
    x = as_array(a)
    axis = normalize_axis_index(axis, x.ndim)
    length = (x.shape[axis] - 1) * 2 if n is None else int(n)
    return irfft_p(_fitted(_inexact(x), length, axis, length // 2 + 1), n=length, axis=axis, norm=_norm(norm))


@rule_for(np.fft.hfft)
def hfft(a: Value, n: int | None = None, axis: int = -1, norm: Norm | None = None, out: None = None) -> Value:
    x = as_array(a)
    return irfft(conjugate(x) if x.dtype.kind == "c" else x, n, axis, _swapped(norm))


@rule_for(np.fft.ihfft)
def ihfft(a: Value, n: int | None = None, axis: int = -1, norm: Norm | None = None, out: None = None) -> Value:
    return conjugate(rfft(a, n, axis, _swapped(norm)))


# -- along several axes ---------------------------------------------------------------------------


def _lengths(x: Value, s: Lengths, axes: Axes, *, inverse_real: bool = False) -> tuple[list[int], list[int]]:
    """The length and the number of each axis that is transformed, in NumPy's order."""
    if axes is None:
        axes = range(-x.ndim if s is None else -len(s), 0)
    along = [normalize_axis_index(axis, x.ndim) for axis in axes]
    lengths = [x.shape[axis] for axis in along] if s is None else list(s)
    if len(lengths) != len(along):
        raise ValueError("Shape and axes have different lengths.")
    if inverse_real and (s is None or lengths[-1] is None):
        lengths[-1] = (x.shape[along[-1]] - 1) * 2
    return [x.shape[axis] if n is None or n == -1 else int(n) for n, axis in zip(lengths, along, strict=True)], along


def _along_axes(function: Callable[..., Value], x: Value, lengths: Sequence[int], axes: Sequence[int],
                norm: Norm | None) -> Value:
    for n, axis in zip(lengths, axes, strict=True):
        x = function(x, n, axis, norm)
    return x


@rule_for(np.fft.fftn)
def fftn(a: Value, s: Lengths = None, axes: Axes = None, norm: Norm | None = None, out: None = None) -> Value:
    x = as_array(a)
    lengths, along = _lengths(x, s, axes)
    return _along_axes(fft, x, lengths[::-1], along[::-1], norm)


@rule_for(np.fft.ifftn)
def ifftn(a: Value, s: Lengths = None, axes: Axes = None, norm: Norm | None = None, out: None = None) -> Value:
    x = as_array(a)
    lengths, along = _lengths(x, s, axes)
    return _along_axes(ifft, x, lengths[::-1], along[::-1], norm)


@rule_for(np.fft.fft2)
def fft2(a: Value, s: Lengths = None, axes: Axes = (-2, -1), norm: Norm | None = None, out: None = None) -> Value:
    return fftn(a, s, axes, norm)


@rule_for(np.fft.ifft2)
def ifft2(a: Value, s: Lengths = None, axes: Axes = (-2, -1), norm: Norm | None = None, out: None = None) -> Value:
    return ifftn(a, s, axes, norm)


@rule_for(np.fft.rfftn)
def rfftn(a: Value, s: Lengths = None, axes: Axes = None, norm: Norm | None = None, out: None = None) -> Value:
    x = as_array(a)
    lengths, along = _lengths(x, s, axes)
    rest = slice(-2, None, -1) if since("2.1.0") else slice(-1)  # whose order shows in the last bits
    return _along_axes(fft, rfft(x, lengths[-1], along[-1], norm), lengths[rest], along[rest], norm)


@rule_for(np.fft.rfft2)
def rfft2(a: Value, s: Lengths = None, axes: Axes = (-2, -1), norm: Norm | None = None, out: None = None) -> Value:
    return rfftn(a, s, axes, norm)


@rule_for(np.fft.irfftn)
def irfftn(a: Value, s: Lengths = None, axes: Axes = None, norm: Norm | None = None, out: None = None) -> Value:
    x = as_array(a)
    lengths, along = _lengths(x, s, axes, inverse_real=True)
    return irfft(_along_axes(ifft, x, lengths[:-1], along[:-1], norm), lengths[-1], along[-1], norm)


@rule_for(np.fft.irfft2)
def irfft2(a: Value, s: Lengths = None, axes: Axes = (-2, -1), norm: Norm | None = None, out: None = None) -> Value:
    return irfftn(a, s, axes, norm)


# -- the order of frequencies ---------------------------------------------------------------------


def _rolled(a: Value, axes: Axis, sign: int) -> Value:
    x = as_array(a)
    along = tuple(range(x.ndim)) if axes is None else tuple(np.ravel(axes).tolist())
    return np.roll(x, [sign * (x.shape[axis] // 2) for axis in along], along)


@rule_for(np.fft.fftshift)
def fftshift(x: Value, axes: Axis = None) -> Value:
    return _rolled(x, axes, 1)


@rule_for(np.fft.ifftshift)
def ifftshift(x: Value, axes: Axis = None) -> Value:
    return _rolled(x, axes, -1)
