"""Rows of NumPy's rarer ufuncs, of the methods and settings of ufuncs, and of functions that act on each entry."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .elementwise import ComplexOp
from .row import Op

__all__ = ["ROWS"]

ROWS: list[Op] = []

_A = np.array([0.5, -1.25, 2.0])
_MASK = np.array([True, False, True])
_SPECIAL = np.array([np.nan, np.inf, -np.inf, 1.0], np.float32)


def _row(name: str, fun: Any, *shapes: tuple[int, ...], **settings: Any) -> None:
    ROWS.append(Op(name, fun, shapes or ((2, 3),), **settings))


# -- of one argument ------------------------------------------------------------------------------


def _fix(x: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # NumPy 2.5 has one
        return np.fix(x)


for _name in "deg2rad rad2deg degrees radians fabs sinc rint trunc fix i0 round around".split():
    for _shape in ((2, 3), (), (0, 2)):
        _row(f"{_name}{_shape}", _fix if _name == "fix" else getattr(np, _name), _shape)
_row("sinc near 0", np.sinc, (5,), low=-0.02, high=0.02)
_row("sinc far out", np.sinc, (5,), low=2.2, high=2.8)
_row("sinc of ints", lambda x: x[0] * np.sinc((3 * x).astype(int)), (3,))
_row("i0 far out", np.i0, (4,), low=7.0, high=9.0)
_row("i0 of negatives", np.i0, (4,), low=-3.0, high=-0.5)
_row("round to decimals", lambda x: np.round(x, 2) + np.around(x, decimals=-1) + x.round(1), (4,), smooth=0)
_row("round of ints", lambda x: np.round((9 * x).astype(int)), (4,))
_row("modf", np.modf, (4,))
_row("frexp", np.frexp, (4,))
_row("ldexp", lambda x: np.ldexp(x * x, np.array([1, -2, 3])), (2, 3))
_row("isposinf isneginf", lambda x: (np.isposinf(x), np.isneginf(x), np.isreal(x), np.iscomplex(x)), (3,))
_row("nan_to_num", lambda x: np.nan_to_num(x * x), (3,))
_row("nan_to_num of all kinds",
     lambda x: np.nan_to_num(np.where(_MASK[[0, 0, 0, 1]], _SPECIAL, x * x), posinf=3.0, neginf=-3.0), (4,))
_row("nan_to_num with numbers", lambda x: np.nan_to_num(np.where(_MASK, x, np.nan), nan=7.0, posinf=1.0), (3,))
ROWS += [
    ComplexOp("complex sinc", np.sinc, ((2, 3),)),
    ComplexOp("complex nan_to_num", np.nan_to_num, ((2, 3),)),
    ComplexOp("complex real_if_close", np.real_if_close, ((2, 3),)),
    ComplexOp("complex isreal", lambda z: (np.isreal(z), np.iscomplex(z)), ((2, 3),)),
]

# -- of two arguments -----------------------------------------------------------------------------

_BINARY: dict[str, tuple[float, float]] = {
    **{name: (-2.0, 2.0) for name in "copysign fmax fmin logaddexp2 heaviside".split()},
    "fmod": (0.4, 2.0),
}
_PAIRS = {(2, 3): (2, 3), (3,): (2, 3), (): (2, 3), (2, 1): ()}
for _name, (_low, _high) in _BINARY.items():
    _f = getattr(np, _name)
    for _left, _right in _PAIRS.items():
        _row(f"{_name}{_left}{_right}", _f, _left, _right, low=_low, high=_high)
    _row(f"{_name} with a constant", lambda x, f=_f: f(x, np.abs(_A)), low=_low, high=_high)
    _row(f"{_name} of a constant", lambda x, f=_f: f(1.75, x), low=_low, high=_high)
_row("fmod of negatives", np.fmod, (4,), (4,), low=-2.0, high=-0.4)
_row("divmod", lambda x, y: np.divmod(x, y), (3,), (3,), low=0.4)
_row("divmod, the operator", lambda x: divmod(x, 0.75), (3,), low=0.4)
_row("fmax with NaNs", lambda x: np.fmax(x, np.where(_MASK, np.nan, 0.25)), (3,))
_row("fmin with NaNs", lambda x: np.fmin(np.where(_MASK, np.nan, 0.25), x), (3,))
_row("of ints", lambda x: (np.gcd((9 * x).astype(int), 6), np.lcm((9 * x).astype(int), 4),
                           np.left_shift((9 * x).astype(int), 2), np.right_shift((99 * x).astype(int), 1),
                           np.bitwise_count((9 * x).astype(int))), (4,), low=0.2)
_row("isclose", lambda x, y: (np.isclose(x, y), np.isclose(x, 0.5, 0.1), np.isclose(x, x, rtol=_A)), (3,), (3,))

# -- dtype=, out= and where= of ufuncs -------------------------------------------------------------

_row("add in float64", lambda x: np.add(x, 1.0, dtype=np.float64), (3,))
_row("less with a dtype", lambda x: np.less(x, 0.5, dtype=bool), (3,))


def _into(x: Any) -> Any:
    y = np.zeros_like(x)
    np.sin(x, out=y)
    np.add(y, x, y)
    return y


_row("out= a traced array", _into, (3,))
_row("divide where", lambda x, y: np.divide(x, y, out=np.zeros_like(x), where=y > 0), (4,), (4,))
_row("divide where a constant mask is", lambda x: np.divide(1.0, x * x, out=np.zeros_like(x), where=_MASK), (3,))
_row("log where", lambda x: np.log(x, out=x * 1.0, where=x > 0), (4,))
_row("cumsum out=", lambda x: np.cumsum(x, out=np.zeros_like(x)), (3,))

# -- methods --------------------------------------------------------------------------------------

for _name in "add multiply subtract divide maximum minimum power hypot logaddexp".split():
    _row(f"{_name}.outer", lambda x, y, f=getattr(np, _name).outer: f(x, y), (2,), (3,), low=0.4)
_row("add.outer of a matrix", lambda x: np.add.outer(x, _A), (2, 2))
_row("multiply.outer with a number", lambda x: np.multiply.outer(2.0, x), (3,))
_row("less.outer", lambda x, y: np.less.outer(x, y), (2,), (3,))
for _name in "logaddexp logaddexp2".split():
    _f = getattr(np, _name)
    _row(f"{_name}.reduce", lambda x, f=_f: (f.reduce(x), f.reduce(x, axis=1, keepdims=True), f.reduce(x, axis=None)))
    _row(f"{_name}.reduce from a number", lambda x, f=_f: f.reduce(x, axis=-1, initial=0.5), ulps=2)
    _row(f"{_name}.accumulate", lambda x, f=_f: (f.accumulate(x), f.accumulate(x, axis=1)))
    _row(f"{_name}.accumulate of one", lambda x, f=_f: f.accumulate(x), (1,))
for _name in "maximum minimum".split():
    _f = getattr(np, _name)
    _row(f"{_name}.accumulate", lambda x, f=_f: (f.accumulate(x), f.accumulate(x, axis=-1)), (3, 4), distinct=True)
    _row(f"{_name}.accumulate of ties", lambda x, f=_f: f.accumulate(np.concatenate([x, x])), (3,), distinct=True)
_row("running sums", lambda x: (np.add.accumulate(x, 1), np.multiply.accumulate(x)))
