"""The table of Fourier transforms: lengths odd and even, cut and padded, in every norm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .elementwise import ComplexOp
from .row import Op

__all__ = ["ROWS"]

ROWS: list[Op] = []

_REAL_INPUT = {"rfft", "ihfft", "rfftn", "rfft2"}


def _row(name: str, fun: Callable[..., Any], shape: tuple[int, ...], kind: type[Op] = Op) -> None:
    ROWS.append(kind(f"{'complex ' if kind is ComplexOp else ''}{name}{list(shape)}", fun, (shape,)))


def _both(name: str, fun: Callable[..., Any], *shapes: tuple[int, ...]) -> None:
    """With real arguments and, where the function takes them, with complex ones."""
    for shape in shapes:
        _row(name, fun, shape)
        if name.split()[0] not in _REAL_INPUT:
            _row(name, fun, shape, ComplexOp)


# -- along one axis -------------------------------------------------------------------------------

for _name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
    _f = getattr(np.fft, _name)
    _both(_name, _f, (5,), (6,), (2, 4), (2,))
    _both(f"{_name} axis=0", lambda x, f=_f: f(x, axis=0), (3, 2))
    for _n in (1, 2, 3, 4, 5, 8, 9):
        _both(f"{_name} n={_n}", lambda x, f=_f, n=_n: f(x, n), (4,), *([(3,)] if _n in (4, 5) else []))
    for _norm in ("ortho", "forward", "backward"):
        _both(f"{_name} norm={_norm}", lambda x, f=_f, norm=_norm: f(x, norm=norm), (5,), (2, 4))
    _both(f"{_name} n=3, axis=-2, norm=ortho", lambda x, f=_f: f(x, 3, -2, "ortho"), (4, 2))
for _name in ("fft", "ifft", "rfft", "ihfft"):
    _both(f"{_name} of one", getattr(np.fft, _name), (1,))
    _both(f"{_name} of none", getattr(np.fft, _name), (0, 3))

# -- along several axes ---------------------------------------------------------------------------

for _name in ("fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn"):
    _f = getattr(np.fft, _name)
    _both(_name, _f, (2, 3), (3, 2, 4))
    _both(f"{_name} s=(2, 3)", lambda x, f=_f: f(x, s=(2, 3), axes=(0, 1)), (3, 2), (2, 4, 2))
    _both(f"{_name} s=(4, -1)", lambda x, f=_f: f(x, s=(4, -1), axes=(-2, -1)), (3, 4))
    _both(f"{_name} axes=(1, 0)", lambda x, f=_f: f(x, axes=(1, 0), norm="forward"), (2, 3))
for _name in ("fftn", "ifftn", "rfftn", "irfftn"):
    _f = getattr(np.fft, _name)
    _both(f"{_name} axes=(0,)", lambda x, f=_f: f(x, axes=(0,), norm="ortho"), (3, 2))
    _both(f"{_name} of a vector", _f, (5,))

# -- the order of frequencies ---------------------------------------------------------------------

for _name in ("fftshift", "ifftshift"):
    _f = getattr(np.fft, _name)
    _both(_name, _f, (5,), (2, 3))
    _both(f"{_name} axes=1", lambda x, f=_f: f(x, axes=1), (2, 5))
    _both(f"{_name} axes=(0, -1)", lambda x, f=_f: f(x, axes=(0, -1)), (3, 2, 4))

# -- in use ---------------------------------------------------------------------------------------

_K = 2j * np.pi * np.fft.fftfreq(8)
_KERNEL = np.array([0.5, 0.25, 0.0, 0.0, 0.25, 0.1])

ROWS += [
    Op("power spectrum", lambda x: np.abs(np.fft.rfft(x)) ** 2, ((6,),)),
    Op("derivative by fft", lambda x: np.fft.ifft(_K * np.fft.fft(x)).real, ((8,),), ulps=16),
    Op("convolution by rfft", lambda x: np.fft.irfft(np.fft.rfft(x) * np.fft.rfft(_KERNEL), 6), ((6,),), ulps=16),
    Op("convolution of two", lambda x, y: np.fft.irfft(np.fft.rfft(x, 8) * np.fft.rfft(y, 8), 8)[:6], ((4,), (3,)),
       ulps=16),
    Op("real part of fft", lambda x: np.fft.fft(x).real * np.fft.fft(x).imag, ((5,),)),
    ComplexOp("energy of a spectrum", lambda z: np.sum(np.abs(np.fft.fft2(z)) ** 2), ((2, 3),)),
]
