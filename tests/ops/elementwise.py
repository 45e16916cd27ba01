"""The table of elementwise operations: every ufunc with a rule, and the ways in which NumPy lets one write it."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from fad.numpy.conventions import since

from .row import Op

__all__ = ["ROWS", "ComplexOp"]


@dataclass(frozen=True, slots=True)
class ComplexOp(Op):
    """A row whose arguments are complex, of twice the width that is asked for."""

    def draw(self, rng: np.random.Generator, dtype: Any = np.float64) -> tuple[Any, ...]:
        """Arguments: both parts are between `low` and `high`."""
        wide = np.result_type(dtype, np.complex64)
        return tuple((self._draw(rng, s) + 1j * self._draw(rng, s)).astype(wide)[()] for s in self.shapes)


ROWS: list[Op] = []

_A = np.array([0.5, -1.25, 2.0])
_MASK = np.array([True, False, True])


# -- functions of one argument --------------------------------------------------------------------

_ANYWHERE = "negative positive square cbrt exp exp2 expm1 sin cos arctan sinh cosh tanh arcsinh absolute conjugate"
_DOMAINS: dict[str, tuple[float, float]] = {
    **{name: (-2.0, 2.0) for name in _ANYWHERE.split()},
    **{name: (0.3, 3.0) for name in "cbrt reciprocal sqrt log log2 log10".split()},
    **{name: (-0.8, 0.8) for name in "arcsin arccos arctanh tan".split()},
    "log1p": (-0.6, 2.0), "arccosh": (1.3, 3.0),
}
for _name, (_low, _high) in sorted(_DOMAINS.items()):
    for _shape in ((2, 3), ()):
        ROWS.append(Op(f"{_name}{_shape}", getattr(np, _name), (_shape,), _low, _high))

ROWS += [Op(name, getattr(np, name), ((2, 3),)) for name in (
    "sign floor ceil rint trunc isnan isinf isfinite signbit logical_not").split()]
ROWS += [
    Op("exp of one", np.exp, ((1,),)),
    Op("exp of none", np.exp, ((0, 3),)),
    Op("absolute of negatives", np.absolute, ((3,),), -2.0, -0.5),
    Op("reciprocal of negatives", np.reciprocal, ((3,),), -2.0, -0.5),
    Op("round", lambda x: (np.round(x), np.round(x * 3, 1) * x, x.round(2), round(x.sum(), 1)), ((3,),), smooth=0),
    Op("sin of cos", lambda x: np.sin(np.cos(x) * x), ((3,),)),
]

# -- functions of two arguments -------------------------------------------------------------------

_BINARY: dict[str, tuple[float, float]] = {
    **{name: (-2.0, 2.0) for name in "add subtract multiply logaddexp maximum minimum".split()},
    **{name: (0.4, 2.0) for name in "divide power float_power hypot arctan2 floor_divide remainder".split()},
}
_PAIRS = {(2, 3): (2, 3), (3,): (2, 3), (2, 1): (1, 3), (): (2, 3), (2, 3, 1): ()}
for _name, (_low, _high) in sorted(_BINARY.items()):
    _f = getattr(np, _name)
    for _left, _right in _PAIRS.items():
        ROWS.append(Op(f"{_name}{_left}{_right}", _f, (_left, _right), _low, _high))
    ROWS.append(Op(f"{_name} of itself", lambda x, f=_f: f(x, x * 1.5 + 0.25), ((3,),), _low, _high))
    ROWS.append(Op(f"{_name} with a constant", lambda x, f=_f: f(x, np.abs(_A)), ((2, 3),), _low, _high))
    ROWS.append(Op(f"{_name} of a constant", lambda x, f=_f: f(1.75, x), ((2, 3),), _low, _high))

ROWS += [Op(name, getattr(np, name), ((3,), (2, 1))) for name in (
    "equal not_equal less less_equal greater greater_equal logical_and logical_or logical_xor").split()]
ROWS += [
    Op("add of none", np.add, ((0, 3), (3,))),
    Op("multiply (0,1)(1,3)", np.multiply, ((0, 1), (1, 3))),
    Op("arctan2 in all quadrants", np.arctan2, ((5,), (5,))),
    Op("hypot in all quadrants", np.hypot, ((5,), (5,))),
    Op("divide by negatives", np.divide, ((3,), (3,)), -2.0, -0.4),
    Op("remainder of negatives", np.remainder, ((4,), (4,)), -2.0, -0.4),
    Op("three in one", lambda x, y, z: x * y / z + np.sin(x - z), ((3,), (2, 1), ()), 0.5, 2.0),
    Op("bitwise on masks", lambda x: np.where((x > 0) & (x < 1) | ~(x > -1) ^ (x > 5), x, x * x), ((6,),)),
    Op("add with dtype", lambda x: np.add(x, x, dtype=np.float64), ((3,),)),
]

# -- powers ---------------------------------------------------------------------------------------


def _to(exponent: Any) -> Any:
    return lambda x: x ** exponent


def _of(base: Any) -> Any:
    return lambda x: base ** x


_ROUNDED = 0 if since("2.3.0") else 1  # before, the operator and np.power rounded apart

ROWS += [Op(f"x ** {n}", _to(n), ((3,),), 0.4, 2.0, ulps=_ROUNDED) for n in (
    0, 1, 2, 3, -1, -2, 0.5, 2.0, 2.5, -0.5, 1.0 / 3.0)]
ROWS += [Op(f"x ** {n}, x < 0", _to(n), ((3,),), -2.0, -0.4, ulps=_ROUNDED) for n in (0, 1, 2, 3, -1, 4.0)]
ROWS += [Op(f"{n} ** x", _of(n), ((3,),)) for n in (2, 2.0, 0.5, 1)]
ROWS += [
    Op("x ** x", lambda x: x ** x, ((3,),), 0.4, 2.0),
    Op("x ** y", lambda x, y: x ** y, ((2, 1), (3,)), 0.4, 2.0),
    Op("x ** integers", _to(np.array([0, 1, 2, 3])), ((4,),)),
    Op("x ** floats", _to(np.array([0.0, 1.0, 2.0, 3.0])), ((4,),)),
    Op("array ** x", _of(np.array([0.5, 1.0, 2.0])), ((3,),)),
    Op("scalar ** 2", _to(2), ((),)),
    Op("scalar ** scalar", lambda x, y: x ** y, ((), ()), 0.4, 2.0, ulps=1),  # NumPy's scalars do not use np.power
    Op("power(x, 2)", lambda x: np.power(x, 2), ((2, 2),), ulps=_ROUNDED),
    Op("power(2.5, x)", lambda x: np.power(2.5, x), ((2, 2),)),
    Op("power(x, float64(1.5))", lambda x: np.power(x, np.float64(1.5)), ((2,),), 0.4, 2.0),
    Op("float_power(x, 2)", lambda x: np.float_power(x, 2), ((2,),), 0.4, 2.0),
]

# -- operators, on both sides ---------------------------------------------------------------------

_OPERATORS: dict[str, Any] = {
    "x + 1": lambda x: x + 1, "1 + x": lambda x: 1 + x, "x + 0.1": lambda x: x + 0.1,
    "x - 1": lambda x: x - 1, "1.5 - x": lambda x: 1.5 - x, "3 * x": lambda x: 3 * x, "x * 0.3": lambda x: x * 0.3,
    "x / 3": lambda x: x / 3, "1 / x": lambda x: 1 / x, "x // 0.3": lambda x: x // 0.3, "7 // x": lambda x: 7 // x,
    "x % 0.7": lambda x: x % 0.7, "7 % x": lambda x: 7 % x, "builtin divmod": lambda x: divmod(x, 0.7),
    "-x": lambda x: -x, "+x": lambda x: +x, "abs(x)": lambda x: abs(x - 1.0),
    "x + array": lambda x: x + _A, "array + x": lambda x: _A + x, "array - x": lambda x: _A - x,
    "array / x": lambda x: _A / x, "array * x": lambda x: _A * x,
    "x + list": lambda x: x + [1.0, 2.0, 3.0], "tuple * x": lambda x: np.multiply((1.0, 2.0, 3.0), x),
    "x * integers": lambda x: x * np.arange(3), "integers - x": lambda x: np.arange(3) - x,
    "x * mask": lambda x: x * _MASK, "x + True": lambda x: x + True,
    "x * float32(0.1)": lambda x: x * np.float32(0.1), "float32(0.1) - x": lambda x: np.float32(0.1) - x,
    "x * float64(0.1)": lambda x: x * np.float64(0.1), "int8 * x": lambda x: np.int8(3) * x,
    "x + float32 array": lambda x: x + _A.astype(np.float32),
    "x * 0-d": lambda x: x * np.array(0.5), "x * x": lambda x: x * x, "x - x": lambda x: x - x + 1.0,
    "x > 1": lambda x: x > 1, "1 <= x": lambda x: x >= 1, "x == x": lambda x: (x == x, x != 2.0, x < _A),
    "chosen by >": lambda x: (x > 1) * x + (x <= 1) * 2 * x,
}
ROWS += [Op(name, fun, ((3,),), 0.4, 2.0) for name, fun in _OPERATORS.items()]
ROWS += [
    Op("0-d array + number", lambda x: (x + 1.5) * 2 - x / 3, ((),), 0.4, 2.0),
    Op("0-d with an array", lambda x: x * _A + _A / x, ((),), 0.4, 2.0),
    Op("x used often", lambda x: x * x * x + x * x + x, ((2, 2),)),
    Op("constant result", lambda x: (np.ones(2), x * 0), ((2,),)),
    Op("argument as result", lambda x: (x, x), ((2,),)),
]

# -- choices --------------------------------------------------------------------------------------

ROWS += [
    Op("where(x > 0, x², -x)", lambda x: np.where(x > 0, x * x, -x), ((2, 3),)),
    Op("where of a mask", lambda x, y: np.where(_MASK, x, y), ((2, 3), (3,))),
    Op("where of a mask and numbers", lambda x: np.where(_MASK, x, 0.0), ((2, 3),)),
    Op("where of two numbers", lambda x: np.where(x > 0, 1.0, 0.0) * x, ((3,),)),
    Op("where of a scalar mask", lambda x, y: np.where(True, x, y), ((3,), ())),
    Op("where that broadcasts", lambda x, y: np.where(x > y, x, y * y), ((2, 1), (1, 3))),
    Op("where of numbers", lambda x, y: np.where(x > y, x * y, y), ((), ())),
    Op("where of numbers and a mask", lambda x, y: np.where(_MASK, x, y), ((), ())),
    Op("where of lists", lambda x: np.where([True, False, True], [1.0, 2.0, 3.0], x), ((3,),)),
    Op("clip(x, -1, 1)", lambda x: np.clip(x, -1, 1), ((6,),)),
    Op("clip(x, None, 0.5)", lambda x: np.clip(x, None, 0.5), ((6,),)),
    Op("clip(x, -0.5, None)", lambda x: np.clip(x, -0.5, None), ((6,),)),
    Op("clip(x, min=, max=)", lambda x: np.clip(x, min=-0.5, max=0.5), ((6,),), since="2.1.0"),
    Op("clip(x, y, z)", lambda x, y, z: np.clip(x, y - 1.0, z + 1.0), ((6,), (6,), ()), -1.0, 1.0),
    Op("clip(x, array, array)", lambda x: np.clip(x, -np.abs(_A), np.abs(_A)), ((2, 3),)),
    Op("x.clip", lambda x: x.clip(-0.5, 0.5), ((2, 3),)),
]

# -- in place -------------------------------------------------------------------------------------


def _augmented(x: Any, y: Any) -> Any:
    z = x.copy()
    z += y
    z *= 2.0
    z -= x
    z /= y
    return z


def _into_a_plain_array(x: Any) -> Any:
    z = np.array([1.0, 2.0, 3.0], x.dtype)
    z += x
    z *= x
    return z


ROWS += [
    Op("augmented assignments", _augmented, ((2, 3), (3,)), 0.4, 2.0),
    Op("plain += x", _into_a_plain_array, ((3,),)),
]

# -- dtypes and copies ----------------------------------------------------------------------------

ROWS += [
    Op("astype float64", lambda x: x.astype(np.float64) * 2, ((3,),)),
    Op("astype float32", lambda x: x.astype(np.float32) * x.astype(np.float32), ((3,),), smooth=0),
    Op("astype int", lambda x: x.astype(int) * x, ((3,),)),
    Op("astype bool", lambda x: x.astype(bool) * x, ((3,),), 0.5),
    Op("astype complex", lambda x: x.astype(complex) * 1j, ((3,),)),
    Op("np.astype", lambda x: np.astype(x, np.float64) * 2 if not isinstance(x, np.generic) else x, ((3,),)),
    Op("x.copy()", lambda x: x.copy() * 2, ((3,),)),
    Op("np.copy(x)", lambda x: np.copy(x) * 2, ((3,),)),
    Op("copy.copy(x)", lambda x: copy.copy(x) * copy.deepcopy(x), ((3,),)),
]

# -- complex numbers ------------------------------------------------------------------------------

ROWS += [
    Op("real of a product", lambda x, y: np.real((x + 1j * y) * (y - 2j * x)), ((3,), (3,))),
    Op("imag of a product", lambda x, y: np.imag((x + 1j * y) ** 2), ((3,), (3,))),
    Op("absolute of x + iy", lambda x, y: np.abs(x + 1j * y), ((3,), ())),
    Op("angle of x + iy", lambda x, y: np.angle(x + 1j * y), ((3,), (2, 1))),
    Op("exp of ix", lambda x: np.exp(1j * x), ((3,),)),
    Op("angle of real", lambda x: np.angle(x) * x, ((4,),)),
    Op("angle in degrees", lambda x, y: np.angle(x + 1j * y, deg=True), ((3,), (3,))),
    Op("real and imag of real", lambda x: (x.real * x, x.imag + x), ((3,),)),
]

_COMPLEX = ("negative positive square reciprocal sqrt exp exp2 expm1 log log2 log10 log1p sin cos tan sinh cosh tanh "
            "arcsin arctan arcsinh arctanh conjugate absolute real imag angle")
ROWS += [ComplexOp(f"complex {name}", getattr(np, name), ((3,),), 0.3, 0.9) for name in _COMPLEX.split()]
ROWS += [ComplexOp(f"complex {name}", getattr(np, name), ((2, 1), (3,)), 0.3, 0.9) for name in (
    "add subtract multiply divide power").split()]
ROWS += [
    ComplexOp("complex absolute²", lambda z: z.real ** 2 + z.imag ** 2, ((3,),)),
    ComplexOp("z conj(z)", lambda z: (z * z.conj()).real, ((3,),)),
    ComplexOp("z ** 2, z ** 3", lambda z: (z ** 2, z ** 3), ((3,),)),
    ComplexOp("2 * z - 1", lambda z: 2 * z - 1 + 0.5j / z, ((3,),), 0.3, 0.9),
    ComplexOp("complex where", lambda z: np.where(z.real > 0, z, 1j * z), ((4,),)),
    ComplexOp("complex astype", lambda z: z.astype(np.complex128) * 2, ((3,),)),
    ComplexOp("complex scalar", lambda z: np.abs(z * 2j) + z.imag, ((),), 0.3, 0.9),
]
