"""NumPy's ufuncs on traced values: promotion and broadcasting, then the elementwise primitive."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from ..core.avals import Dtype
from ..core.dispatch import Rule, direct, missing_rule, overrides
from ..core.primitive import Operand, Primitive, Traced, Value, Values
from ..core.tracer import Tracer
from ..core.tracing import concrete
from ..errors import AbstractValueError, DtypeError, MissingRuleError, ShapeError
from ..primitives import elementwise as ew
from ..primitives import rare
from ..primitives.bessel import bessel_i_p, sinc_p
from ..primitives.control import INT_CHECK
from .conventions import Casting, as_array, broadcast_together, kind_of, loop_dtypes, operand, rule_for

__all__ = ["lenient_ufuncs"]

Call: TypeAlias = Callable[..., Value]

_NO_SETTING = {"casting": "same_kind", "order": "K", "subok": True, "where": True, "dtype": None}


def _lenient(ufunc: np.ufunc, primitive: Primitive) -> Call:
    """The ufunc by NumPy's conventions, ending in the strict primitive."""
    known = direct.setdefault(ufunc, {})

    def call(*operands: Operand, **settings: Any) -> Value:  # Any: the settings of a ufunc
        if settings:
            return _with_settings(ufunc, call, operands, **settings)
        operands = tuple([x if isinstance(x, (Tracer, float, int, complex)) else as_array(x) for x in operands])
        dtypes = loop_dtypes(ufunc, tuple([kind_of(x) for x in operands]))
        result = primitive(*broadcast_together([operand(x, d) for x, d in zip(operands, dtypes, strict=True)]))
        aval = next((x.aval for x in operands if isinstance(x, Tracer)), None)
        alike = all(x.aval is aval if isinstance(x, Tracer) else x.__class__ is float for x in operands)
        if aval is not None and alike and all(d == aval.dtype for d in dtypes) and (aval.shape or aval.inexact):
            assert isinstance(result, Traced)
            known[aval] = primitive, result.aval  # next time such operands go straight to the builder
        return result

    call.__name__ = ufunc.__name__
    return call


def _with_settings(ufunc: np.ufunc, call: Call, operands: Sequence[Operand], *, into: Value | None = None,
                   dtype: DTypeLike | None = None, **settings: object) -> Value:
    for name, value in settings.items():
        if name == "where" and value is not True:
            raise MissingRuleError(f"fad has no rule for numpy.{ufunc.__name__} with where= and no out=",
                                   why="NumPy leaves the entries that are left out as it finds them in memory",
                                   edit=f"write np.where(mask, np.{ufunc.__name__}(...), otherwise), or give an out= "
                                   "made by fad.numpy.zeros or np.zeros_like(x)")
        if name not in _NO_SETTING or (value is not True and value != _NO_SETTING[name]):
            raise missing_rule(f"numpy.{ufunc.__name__}", f"{name}=")
    if dtype is not None and not _is_predicate(ufunc):
        operands = [operand(x, np.dtype(dtype)) for x in operands]
    result = call(*operands)
    return result if into is None else _as_if_written_into(into, result)


def _is_predicate(ufunc: np.ufunc) -> bool:
    """Whether the results are truth values whatever the operands: then their dtype is not that of the computation."""
    return all(loop.endswith("->?") for loop in ufunc.types if "O" not in loop)


_HARMLESS: dict[np.ufunc, float] = {  # where a ufunc is smooth; 1.0 for the others
    np.arccosh: 2.0, np.arcsin: 0.0, np.arccos: 0.0, np.arctanh: 0.0}


@rule_for("out")
def out(ufunc: np.ufunc, rule: Rule, operands: Values, settings: dict[str, Any]) -> Value | Values:  # Any: as above
    """A ufunc whose out= is traced: a write into it. Where `where` leaves an entry out, nothing is computed from it."""
    targets: tuple[Value | None, ...] = settings.pop("out")
    mask: Value | bool = settings.pop("where", True)
    if mask is not True:
        harmless = _HARMLESS.get(ufunc, 1.0)
        operands = tuple([np.where(mask, x, harmless) if _is_inexact(x) else x for x in operands])
    found: Value | Values = rule(*operands, **settings)
    results = [result if target is None else _written(target, result if mask is True else np.where(mask, result, target))
               for result, target in zip(found if isinstance(found, tuple) else (found,), targets, strict=True)]
    return results[0] if ufunc.nout == 1 else tuple(results)


def _written(target: Value, result: Value) -> Value:
    target[...] = result
    return target


def _is_inexact(x: Value) -> bool:
    return as_array(x).dtype.kind in "fc"


def _as_if_written_into(array: Value, result: Value) -> Value:
    """What `array += traced` leaves in the variable: the result, in the array's dtype; the array is not touched."""
    if result.shape != array.shape:
        raise ShapeError(f"an array of shape {array.shape} cannot hold, in place, a result of shape {result.shape}",
                         why="an in-place operation keeps the shape", edit="write b = b + x")
    if not np.can_cast(result.dtype, array.dtype, "same_kind"):
        raise DtypeError(f"an array of dtype {array.dtype} cannot hold, in place, a result of dtype {result.dtype}",
                         why="an in-place operation keeps the dtype",
                         edit="make the array a float array, or write b = b + x")
    return operand(result, array.dtype)


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


def lenient_ufuncs() -> list[np.ufunc]:
    """The ufuncs that have a primitive each."""
    return [getattr(np, name) for name in _PRIMITIVES]


_power: Call = overrides[np.power]


@rule_for(np.power)
def power(x: Operand, y: Operand, **settings: object) -> Value:
    """x ** 2 is a square, as it is in NumPy."""
    if type(y) in (int, float) and y == 2 and isinstance(x, Tracer) and x.dtype.kind in "fc" and not settings:
        squared: Value = overrides[np.square](x)
        return squared
    return _power(x, y, **settings)


@rule_for(np.round, np.around)
def round(a: Value, decimals: int = 0, out: None = None) -> Value:
    return ew.round_(a, decimals=operator.index(decimals))


# -- Python's ints: exact, of any size, and bools are some of them ---------------------------------
# In a compiled function they are int64. Where the two would part, the trace asks (a compiled function: on each call).

_INT, _FLOAT = np.dtype(np.int64), np.dtype(np.float64)
_LARGEST = 2.0 ** 63 * (1 - 2.0 ** -40)  # to be on the safe side of roundings
_AS_NUMPYS = {np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.equal, np.not_equal, np.less, np.less_equal, np.greater,
              np.greater_equal, np.matmul}
_DIVISIONS = {np.divide, np.floor_divide, np.remainder}


@rule_for("ints")
def ints(ufunc: np.ufunc, *operands: Any) -> Value:  # Any: ints, bools, and tracers that stand for such
    """An operator between what would be Python's ints and bools in a plain call.

    Raises:
        DtypeError: the result does not fit into 64 bits.
        ZeroDivisionError: as Python raises it.
    """
    if not all(isinstance(x, Traced) or -2 ** 63 <= x < 2 ** 63 for x in operands):
        raise _too_large(ufunc)
    exact = operands if ufunc in _AS_NUMPYS else tuple([operand(x, _INT) for x in operands])
    if ufunc in _DIVISIONS and not _known(overrides[np.not_equal](exact[1], 0), otherwise=True):
        raise ZeroDivisionError("division by zero")
    if ufunc is np.power and not _known(overrides[np.greater_equal](exact[1], 0), otherwise=True):
        if not _known(overrides[np.not_equal](exact[0], 0), otherwise=True):
            raise ZeroDivisionError("0.0 cannot be raised to a negative power")
        exact = tuple([operand(x, _FLOAT) for x in exact])
    elif ufunc in (np.add, np.subtract, np.multiply, np.power):
        rounded = overrides[ufunc](*[operand(x, _FLOAT) for x in exact])
        if not _known(overrides[np.less](overrides[np.absolute](rounded), _LARGEST), otherwise=True):
            raise _too_large(ufunc)
    result: Value = overrides[ufunc](*exact)
    if isinstance(result, Tracer):
        result.weak = True
    return result


def _known(truth: Value, *, otherwise: bool) -> bool:
    """Whether something holds; in the body of a loop nobody can tell."""
    try:
        return bool(concrete(truth, INT_CHECK))
    except AbstractValueError:
        return otherwise


def _too_large(ufunc: np.ufunc) -> DtypeError:
    return DtypeError(f"np.{ufunc.__name__} of Python ints has a result that does not fit into 64 bits",
                      why="a traced int is an int64, where Python's would go on",
                      edit="make the argument static, as in fad.jit(f, static_argnums=0), or give a float")


# -- ufuncs with two results ----------------------------------------------------------------------


@rule_for(np.divmod)
def divmod(x: Value, y: Value) -> tuple[Value, Value]:
    return overrides[np.floor_divide](x, y), overrides[np.remainder](x, y)


def _floating(x: Value) -> Value:
    """The operand, in the dtype in which NumPy computes functions of real numbers."""
    return operand(x, loop_dtypes(np.fabs, (kind_of(x),))[0])


@rule_for(np.modf)
def modf(x: Value) -> tuple[Value, Value]:
    return rare.fraction(_floating(x)), ew.trunc(_floating(x))


@rule_for(np.frexp)
def frexp(x: Value) -> tuple[Value, Value]:
    return rare.mantissa(_floating(x)), rare.exponent(_floating(x))


@rule_for(np.ldexp)
def ldexp(x: Value, n: Value) -> Value:
    """x · 2ⁿ: exact, as powers of 2 are."""
    x = _floating(x)
    product: Value = overrides[np.multiply](x, ew.exp2(operand(n, x.dtype)))
    return product


# -- functions of each entry that are no ufuncs ---------------------------------------------------


@rule_for(np.sinc)
def sinc(x: Value) -> Value:
    return sinc_p(x if x.dtype.kind in "fc" else operand(x, np.dtype(np.float64)), order=0)


@rule_for(np.i0)
def i0(x: Value) -> Value:
    if x.dtype.kind == "c":
        raise TypeError("i0 not supported for complex values")
    return bessel_i_p(x if x.dtype.kind == "f" else operand(x, np.dtype(np.float64)), order=0)


@rule_for(np.fix)
def fix(x: Value, out: None = None) -> Value:
    truncated: Value = overrides[np.trunc](x)
    return truncated


@rule_for(np.clip)
def clip(a: Value, a_min: Value | None = None, a_max: Value | None = None, out: None = None, *, min: Value | None = None,
         max: Value | None = None) -> Value:
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    if low is None and high is None:
        same: Value = overrides[np.positive](a)
        return same
    bounds = -np.inf if low is None else low, np.inf if high is None else high
    dtype = loop_dtypes(np.add, (loop_dtypes(np.add, (kind_of(a), kind_of(bounds[0])))[0], kind_of(bounds[1])))[0]
    return ew.clip(*broadcast_together([operand(x, dtype) for x in (a, *bounds)]))


@rule_for(np.where)
def where(condition: Value, x: Value | Sequence[Value] | None = None,
          y: Value | Sequence[Value] | None = None) -> Value | Values:
    if x is None and y is None:
        places: Values = overrides[np.nonzero](condition)
        return places
    x, y = as_array(x) if isinstance(x, (list, tuple)) else x, as_array(y) if isinstance(y, (list, tuple)) else y
    dtype = _promoted(x, y)
    mask = operand(condition, np.dtype(np.bool_))
    return ew.select(*broadcast_together([mask, operand(x, dtype), operand(y, dtype)]))


def _promoted(x: object, y: object) -> Dtype:
    return loop_dtypes(np.add, (kind_of(x), kind_of(y)))[0]


@rule_for(np.angle)
def angle(z: Value, deg: bool = False) -> Value:
    result = ew.angle(operand(z, np.result_type(z.dtype, np.complex64)))
    return result * (180.0 / np.pi) if deg else result


@rule_for(np.iscomplexobj)
def iscomplexobj(x: Value) -> bool:
    return x.dtype.kind == "c"


@rule_for(np.isrealobj)
def isrealobj(x: Value) -> bool:
    return x.dtype.kind != "c"


@rule_for(np.result_type)
def result_type(*arrays_and_dtypes: Value | DTypeLike) -> Dtype:
    return np.result_type(*[x.dtype if isinstance(x, Tracer) else x for x in arrays_and_dtypes])


@rule_for(np.can_cast)
def can_cast(from_: Value | DTypeLike, to: DTypeLike, casting: Casting = "safe") -> bool:
    return np.can_cast(from_.dtype if isinstance(from_, Tracer) else from_, to, casting)
