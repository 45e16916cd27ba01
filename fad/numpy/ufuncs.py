"""NumPy's ufuncs on traced values: promotion and broadcasting, then the elementwise primitive."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.dispatch import direct, missing_rule, overrides
from ..core.primitive import Primitive, Value
from ..core.tracer import Tracer
from ..errors import DtypeError, MissingRuleError, ShapeError
from ..primitives import elementwise as ew
from ..primitives import rare
from ..primitives.bessel import bessel_i_p, sinc_p
from .conventions import as_array, broadcast_together, kind_of, loop_dtypes, operand, rule_for

__all__ = ["lenient_ufuncs"]

_NO_SETTING = {"casting": "same_kind", "order": "K", "subok": True, "where": True, "dtype": None}


def _lenient(ufunc: Any, primitive: Primitive) -> Callable[..., Any]:
    """The ufunc by NumPy's conventions, ending in the strict primitive."""
    known = direct.setdefault(ufunc, {})

    def call(*operands: Any, **settings: Any) -> Any:
        if settings:
            return _with_settings(ufunc, call, operands, settings)
        operands = tuple([x if isinstance(x, (Tracer, float, int, complex)) else as_array(x) for x in operands])
        dtypes = loop_dtypes(ufunc, tuple([kind_of(x) for x in operands]))
        result = primitive(*broadcast_together([operand(x, d) for x, d in zip(operands, dtypes, strict=True)]))
        x = next((y for y in operands if isinstance(y, Tracer)), operands[0])
        alike = all(y is x or y.__class__ is float or isinstance(y, Tracer) and y.aval is x.aval for y in operands)
        if alike and all(d == x.dtype for d in dtypes):  # next time such operands go straight to the builder
            known[x.aval] = primitive, result.aval
        return result

    call.__name__ = ufunc.__name__
    return call


def _with_settings(ufunc: Any, call: Callable[..., Any], operands: tuple[Any, ...], settings: dict[str, Any]) -> Any:
    into = settings.pop("into", None)
    dtype = settings.pop("dtype", None)
    for name, value in settings.items():
        if name == "where" and value is not True:
            raise MissingRuleError(f"fad has no rule for numpy.{ufunc.__name__} with where= and no out=",
                                   why="NumPy leaves the entries that are left out as it finds them in memory",
                                   edit=f"write np.where(mask, np.{ufunc.__name__}(...), otherwise), or give an out= "
                                   "made by fad.numpy.zeros or np.zeros_like(x)")
        if name not in _NO_SETTING or (value is not True and value != _NO_SETTING[name]):
            raise missing_rule(f"numpy.{ufunc.__name__}", f"{name}=")
    if dtype is not None and not _is_predicate(ufunc):
        operands = tuple([operand(x, np.dtype(dtype)) for x in operands])
    result = call(*operands)
    return result if into is None else _as_if_written_into(into, result)


def _is_predicate(ufunc: Any) -> bool:
    """Whether the results are truth values whatever the operands: then their dtype is not that of the computation."""
    return all(loop.endswith("->?") for loop in ufunc.types if "O" not in loop)


_HARMLESS = {np.arccosh: 2.0, np.arcsin: 0.0, np.arccos: 0.0, np.arctanh: 0.0}  # 1.0 elsewhere: where a ufunc is smooth


@rule_for("out")
def out(ufunc: Any, rule: Callable[..., Any], operands: tuple[Any, ...], settings: dict[str, Any]) -> Any:
    """A ufunc whose out= is traced: a write into it. Where `where` leaves an entry out, nothing is computed from it."""
    target, = settings.pop("out")
    mask = settings.pop("where", True)
    if mask is not True:
        harmless = _HARMLESS.get(ufunc, 1.0)
        operands = tuple([np.where(mask, x, harmless) if _is_inexact(x) else x for x in operands])
    result = rule(*operands, **settings)
    target[...] = result if mask is True else np.where(mask, result, target)
    return target


def _is_inexact(x: Any) -> bool:
    return as_array(x).dtype.kind in "fc"


def _as_if_written_into(array: np.ndarray[Any, Any], result: Tracer) -> Value:
    """What `array += traced` leaves in the variable: the result, in the array's dtype; the array is not touched."""
    if result.shape != array.shape:
        raise ShapeError(f"an array of shape {array.shape} cannot hold, in place, a result of shape {result.shape}",
                         why="an in-place operation keeps the shape", edit="write b = b + x")
    if not np.can_cast(result.dtype, array.dtype, "same_kind"):
        raise DtypeError(f"an array of dtype {array.dtype} cannot hold, in place, a result of dtype {result.dtype}",
                         why="an in-place operation keeps the dtype",
                         edit="make the array a float array, or write b = b + x")
    return overrides["astype"](result, array.dtype)


_PRIMITIVES: dict[str, Primitive] = {
    "divide": ew.divide, "true_divide": ew.divide, "absolute": ew.absolute, "conjugate": ew.conjugate,
    **{name: getattr(ew, name) for name in (
        "negative positive add subtract multiply power float_power square reciprocal sqrt cbrt exp exp2 expm1 log log2 "
        "log10 log1p logaddexp sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh hypot arctan2 "
        "maximum minimum sign floor ceil rint trunc floor_divide remainder equal not_equal less less_equal greater "
        "greater_equal logical_and logical_or logical_xor logical_not isnan isinf isfinite signbit bitwise_and bitwise_or "
        "bitwise_xor invert").split()},
    **{name: getattr(rare, name) for name in (
        "deg2rad radians rad2deg degrees logaddexp2 fmax fmin fabs fmod copysign heaviside bitwise_count gcd lcm left_shift "
        "right_shift").split()},
}

for _name, _primitive in _PRIMITIVES.items():
    rule_for(getattr(np, _name))(_lenient(getattr(np, _name), _primitive))


def lenient_ufuncs() -> list[Any]:
    """The ufuncs that have a primitive each."""
    return [getattr(np, name) for name in _PRIMITIVES]


_power = overrides[np.power]


@rule_for(np.power)
def power(x: Any, y: Any, **settings: Any) -> Any:
    """x ** 2 is a square, as it is in NumPy."""
    if type(y) in (int, float) and y == 2 and isinstance(x, Tracer) and x.dtype.kind in "fc" and not settings:
        return overrides[np.square](x)
    return _power(x, y, **settings)


@rule_for(np.round, np.around)
def round(a: Any, decimals: Any = 0, out: Any = None) -> Any:
    return ew.round_(a, decimals=operator.index(decimals))


# -- ufuncs with two results ----------------------------------------------------------------------


@rule_for(np.divmod)
def divmod(x: Any, y: Any) -> Any:
    return overrides[np.floor_divide](x, y), overrides[np.remainder](x, y)


def _floating(x: Any) -> Value:
    """The operand, in the dtype in which NumPy computes functions of real numbers."""
    return operand(x, loop_dtypes(np.fabs, (kind_of(x),))[0])


@rule_for(np.modf)
def modf(x: Any) -> Any:
    return rare.fraction(_floating(x)), ew.trunc(_floating(x))


@rule_for(np.frexp)
def frexp(x: Any) -> Any:
    return rare.mantissa(_floating(x)), rare.exponent(_floating(x))


@rule_for(np.ldexp)
def ldexp(x: Any, n: Any) -> Any:
    """x · 2ⁿ: exact, as powers of 2 are."""
    x = _floating(x)
    return overrides[np.multiply](x, ew.exp2(operand(n, x.dtype)))


# -- functions of each entry that are no ufuncs ---------------------------------------------------


@rule_for(np.sinc)
def sinc(x: Any) -> Any:
    return sinc_p(x if x.dtype.kind in "fc" else operand(x, np.dtype(np.float64)), order=0)


@rule_for(np.i0)
def i0(x: Any) -> Any:
    if x.dtype.kind == "c":
        raise TypeError("i0 not supported for complex values")
    return bessel_i_p(x if x.dtype.kind == "f" else operand(x, np.dtype(np.float64)), order=0)


@rule_for(np.fix)
def fix(x: Any, out: Any = None) -> Any:
    return overrides[np.trunc](x)


@rule_for(np.clip)
def clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None, max: Any = None) -> Any:
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    if low is None and high is None:
        return overrides[np.positive](a)
    low, high = -np.inf if low is None else low, np.inf if high is None else high
    dtype = loop_dtypes(np.add, (loop_dtypes(np.add, (kind_of(a), kind_of(low)))[0], kind_of(high)))[0]
    return ew.clip(*broadcast_together([operand(x, dtype) for x in (a, low, high)]))


@rule_for(np.where)
def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    if x is None and y is None:
        return overrides[np.nonzero](condition)
    x, y = as_array(x) if isinstance(x, (list, tuple)) else x, as_array(y) if isinstance(y, (list, tuple)) else y
    dtype = _promoted(x, y)
    mask = operand(condition, np.dtype(np.bool_))
    mask, x, y = broadcast_together([mask, operand(x, dtype), operand(y, dtype)])
    return ew.select(mask, x, y)


def _promoted(x: Any, y: Any) -> Any:
    return loop_dtypes(np.add, (kind_of(x), kind_of(y)))[0]


@rule_for("astype", np.astype)
def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    """A copy in another dtype."""
    result = operand(x, np.dtype(dtype))
    return result.alias() if result is x else result


@rule_for(np.real)
def real(val: Any) -> Any:
    return ew.real(val) if val.dtype.kind == "c" else val


@rule_for(np.imag)
def imag(val: Any) -> Any:
    return ew.imag(val) if val.dtype.kind == "c" else np.zeros_like(val)


@rule_for(np.angle)
def angle(z: Any, deg: bool = False) -> Any:
    result = ew.angle(operand(z, np.result_type(z.dtype, np.complex64)))
    return result * (180.0 / np.pi) if deg else result


@rule_for(np.iscomplexobj)
def iscomplexobj(x: Any) -> bool:
    return bool(x.dtype.kind == "c")


@rule_for(np.isrealobj)
def isrealobj(x: Any) -> bool:
    return bool(x.dtype.kind != "c")


@rule_for(np.result_type)
def result_type(*arrays_and_dtypes: Any) -> Any:
    return np.result_type(*[x.dtype if isinstance(x, Tracer) else x for x in arrays_and_dtypes])


@rule_for(np.can_cast)
def can_cast(from_: Any, to: Any, casting: Any = "safe") -> bool:
    return np.can_cast(from_.dtype if isinstance(from_, Tracer) else from_, to, casting)
