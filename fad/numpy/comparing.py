"""Comparisons of arrays, and questions about their entries, their dtypes and their text.

What NumPy answers with one Python truth value, fad answers by the values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from ..core.avals import Dtype
from ..core.primitive import Value
from ..core.tracer import Tracer
from ..core.tracing import concrete
from ..primitives import elementwise as ew
from ..primitives.rare import isclose_p
from .conventions import as_array, broadcast_together, operand, rule_for

__all__: list[str] = []

T = TypeVar("T")

_einsum_path: Callable[..., tuple[object, ...]] = np.einsum_path  # whose stubs know fewer forms


# -- near -----------------------------------------------------------------------------------------


@rule_for(np.isclose)
def isclose(a: Value, b: Value, rtol: Value | float = 1e-5, atol: Value | float = 1e-8, equal_nan: bool = False) -> Value:
    x, y = (as_array(z) for z in (a, b))
    if not isinstance(rtol, (int, float)) or not isinstance(atol, (int, float)):
        near: Value = np.abs(x - y) <= atol + rtol * np.abs(y)
        near = near & np.isfinite(y) | (x == y)
        if equal_nan:
            near = near | np.isnan(x) & np.isnan(y)
        return near
    dtype = np.result_type(x.dtype, y.dtype, *([] if y.dtype.kind in "fc" else [np.float64]))
    if x.dtype != y.dtype and {x.dtype.kind, y.dtype.kind} <= set("fc"):
        dtype = np.result_type(x.dtype, y.dtype)
    pair = broadcast_together([operand(z, dtype) for z in (x, y)])
    return isclose_p(*pair, rtol=float(rtol), atol=float(atol), equal_nan=bool(equal_nan))


@rule_for(np.allclose)
def allclose(a: Value, b: Value, rtol: Value | float = 1e-5, atol: Value | float = 1e-8, equal_nan: bool = False) -> bool:
    return bool(np.all(isclose(a, b, rtol, atol, equal_nan)))


# -- equal ----------------------------------------------------------------------------------------


@rule_for(np.array_equal)
def array_equal(a1: Value, a2: Value, equal_nan: bool = False) -> bool:
    x, y = as_array(a1), as_array(a2)
    if x.shape != y.shape:
        return False
    return np.array_equal(concrete(x, "np.array_equal"), concrete(y, "np.array_equal"), equal_nan)


@rule_for(np.array_equiv)
def array_equiv(a1: Value, a2: Value) -> bool:
    return np.array_equiv(concrete(as_array(a1), "np.array_equiv"), concrete(as_array(a2), "np.array_equiv"))


# -- of what kind ---------------------------------------------------------------------------------


def _falsehoods(x: Value) -> Value:
    return np.zeros(x.shape, np.bool_)[()]


@rule_for(np.isposinf)
def isposinf(x: Value, out: None = None) -> Value:
    return ew.equal(x, x.dtype.type(np.inf)) if x.dtype.kind == "f" else _falsehoods(x)


@rule_for(np.isneginf)
def isneginf(x: Value, out: None = None) -> Value:
    return ew.equal(x, x.dtype.type(-np.inf)) if x.dtype.kind == "f" else _falsehoods(x)


@rule_for(np.iscomplex)
def iscomplex(x: Value) -> Value:
    return np.imag(x) != 0 if x.dtype.kind == "c" else _falsehoods(x)


@rule_for(np.isreal)
def isreal(x: Value) -> Value:
    return np.imag(x) == 0 if x.dtype.kind == "c" else ~_falsehoods(x)


@rule_for(np.real_if_close)
def real_if_close(a: Value, tol: float = 100) -> Value:
    """The real parts, if by their values the imaginary ones are next to nothing."""
    x = as_array(a)
    if x.dtype.kind != "c":
        return x
    near = np.finfo(x.dtype).eps * tol if tol > 1 else tol
    return np.real(x) if bool(np.all(np.abs(np.imag(x)) < near)) else x


# -- dtypes and text ------------------------------------------------------------------------------


def _stand_in(x: T) -> T | Value:
    return np.empty(x.shape, x.dtype) if isinstance(x, Tracer) else x


@rule_for(np.common_type)
def common_type(*arrays: Value) -> type:
    return np.common_type(*[_stand_in(x) for x in arrays])


@rule_for(np.min_scalar_type)
def min_scalar_type(a: Value, /) -> Dtype:
    return np.min_scalar_type(concrete(a, "np.min_scalar_type"))


@rule_for(np.einsum_path)
def einsum_path(*operands: object, optimize: object = "greedy", einsum_call: bool = False) -> tuple[object, ...]:
    return _einsum_path(*[_stand_in(x) for x in operands], optimize=optimize, einsum_call=einsum_call)


def _text(function: Callable[..., str]) -> None:

    @rule_for(function)
    def text(a: Value, *args: object, **settings: object) -> str:
        return function(concrete(a, f"np.{function.__name__}"), *args, **settings)


for _function in (np.array2string, np.array_repr, np.array_str):
    _text(_function)
