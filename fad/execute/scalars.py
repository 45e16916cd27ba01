"""Numbers as Python numbers: a float64 of rank 0 costs a quarter of what it costs as a NumPy scalar.

The functions of `math` and the operators of Python give NumPy's result to within a unit in the last place,
or raise an exception where NumPy gives inf or nan and a warning. A program that meets such an exception is
run again on NumPy's own scalars.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import SupportsIndex

import numpy as np

from ..core.equation import Equation, Literal
from ..core.primitive import AnyPrimitive
from ..primitives import elementwise as ew
from ..primitives.structural import convert_p

__all__ = ["NAMES", "RAISED", "expression", "literal_text", "numbers_text", "setting_text"]

RAISED = (ValueError, OverflowError, ZeroDivisionError)
"""What Python raises where NumPy would warn."""

_LONG = 64  # letters or numbers in a setting that is better off as a constant
_LARGE = 1 << 63
_PLAIN = (np.dtype(np.float64), np.dtype(np.bool_))

NAMES: dict[str, object] = {name: getattr(math, name) for name in (
    "sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh exp exp2 expm1 log log2 log10 log1p sqrt cbrt hypot "
    "atan2 floor ceil trunc copysign isfinite isinf pow").split()}
"""What the expressions below use."""

_TEMPLATES: dict[AnyPrimitive, str] = {
    ew.negative: "-{0}", ew.positive: "{0}", ew.add: "{0} + {1}", ew.subtract: "{0} - {1}", ew.multiply: "{0} * {1}",
    ew.divide: "{0} / {1}", ew.square: "{0} * {0}", ew.reciprocal: "1.0 / {0}", ew.power: "pow({0}, {1})",
    ew.float_power: "pow({0}, {1})", ew.absolute: "abs({0})", ew.floor_divide: "{0} // {1}", ew.remainder: "{0} % {1}",
    ew.maximum: "{0} if {0} > {1} or {0} != {0} else {1}", ew.minimum: "{0} if {0} < {1} or {0} != {0} else {1}",
    ew.select: "{1} if {0} else {2}",
    ew.clip: "{0} if {1} <= {0} <= {2} else {1} if {0} < {1} <= {2} else {2} if {0} == {0} and {1} == {1} and {2} == {2} "
             "else {0} + {1} + {2}",  # {2} where {1} > {2}, and nan where one of them is
    ew.equal: "{0} == {1}", ew.not_equal: "{0} != {1}", ew.less: "{0} < {1}", ew.less_equal: "{0} <= {1}",
    ew.greater: "{0} > {1}", ew.greater_equal: "{0} >= {1}", ew.logical_not: "not {0}", ew.isnan: "{0} != {0}",
    ew.isfinite: "isfinite({0})", ew.isinf: "isinf({0})", ew.hypot: "hypot({0}, {1})", ew.arctan2: "atan2({0}, {1})",
    ew.floor: "copysign(floor({0}), {0})", ew.ceil: "copysign(ceil({0}), {0})", ew.trunc: "copysign(trunc({0}), {0})",
    ew.sign: "copysign(1.0, {0}) if {0} != 0.0 and {0} == {0} else {0} + 0.0",
    **{primitive: f"{name}({{0}})" for primitive, name in (
        (ew.sin, "sin"), (ew.cos, "cos"), (ew.tan, "tan"), (ew.arcsin, "asin"), (ew.arccos, "acos"), (ew.arctan, "atan"),
        (ew.sinh, "sinh"), (ew.cosh, "cosh"), (ew.tanh, "tanh"), (ew.arcsinh, "asinh"), (ew.arccosh, "acosh"),
        (ew.arctanh, "atanh"), (ew.exp, "exp"), (ew.exp2, "exp2"), (ew.expm1, "expm1"), (ew.log, "log"),
        (ew.log2, "log2"), (ew.log10, "log10"), (ew.log1p, "log1p"), (ew.sqrt, "sqrt"), (ew.cbrt, "cbrt"))},
}


def expression(equation: Equation) -> str | None:
    """The Python expression for an equation between numbers, with {0}, {1}... for its operands; None for another one."""
    primitive, operands, _, results, _ = equation
    for a in (*operands, *results):
        if a.aval.shape or a.aval.dtype not in _PLAIN:
            return None
    if primitive is convert_p:
        return "float({0})" if results[0].aval.dtype == np.float64 else None
    if primitive in (ew.maximum, ew.minimum, ew.floor_divide, ew.absolute) and operands[0].aval.dtype == np.bool_:
        return None
    template = _TEMPLATES.get(primitive)
    if template is None:  # it may have no operand
        return None
    boolean = operands[0].aval.dtype == np.bool_
    return None if boolean and primitive not in (ew.select, ew.logical_not, ew.equal, ew.not_equal) else template


def literal_text(atom: Literal) -> str | None:
    """A number as it is written in Python; None for inf and nan, which cannot be."""
    if atom.aval.shape or atom.aval.dtype not in _PLAIN:
        return None
    value = atom.value.item() if isinstance(atom.value, (np.generic, np.ndarray)) else atom.value
    if type(value) not in (float, bool) or value != value or value in (math.inf, -math.inf):
        return None
    return f"({value!r})" if value < 0 else repr(value)


def numbers_text(numbers: Iterable[SupportsIndex]) -> str:
    """A tuple of whole numbers, of whatever class they are: another class may write itself as it likes."""
    texts = [str(n.__index__()) for n in numbers]
    return f"({texts[0]},)" if len(texts) == 1 else f"({', '.join(texts)})"


def setting_text(value: object) -> str | None:
    """A setting as it is written in Python; None for one that had better be a constant, as any that is of a class of its
    own, whose repr is not ours."""
    if value is None or type(value) is bool or type(value) is int and abs(value) < _LARGE:
        return repr(value)
    if type(value) is str:
        return repr(value) if len(value) < _LONG and value.isprintable() else None
    if type(value) is tuple and len(value) < _LONG and all(type(v) is int and abs(v) < _LARGE for v in value):
        return numbers_text(value)
    return None
