"""What a program is made of: variables, literals and equations.

They are tuples, and literals are interned, so that programs compare and hash at the speed of C.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..source import Source
from .avals import Aval, Dtype, aval_of, make_aval
from .primitive import AnyPrimitive, Operand, Params

__all__ = ["Atom", "Equation", "Literal", "Var", "literal", "small_literal", "variables"]


class Var(NamedTuple):
    """A variable: the number that names it and the type of its values."""

    number: int
    aval: Aval


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """A value that is part of the program; small numbers are interned, arrays are equal to themselves alone."""

    value: Any  # a NumPy scalar or array
    aval: Aval

    def __repr__(self) -> str:
        return f"Literal({self.value}, {self.aval})"


Atom = Var | Literal


class Equation(NamedTuple):
    """`results = primitive[params] operands`, asked for at `source`."""

    primitive: AnyPrimitive
    operands: tuple[Atom, ...]
    params: Params
    results: tuple[Var, ...]
    source: Source | None


def variables(atoms: Iterable[Atom]) -> Iterator[Var]:
    """The variables among atoms."""
    return (a for a in atoms if isinstance(a, Var))


# -- literals -----------------------------------------------------------------

_SMALL = (*range(-16, 17), *(n + 0.5 for n in range(-4, 4)), 0.25, -0.25)
_small: dict[tuple[object, Dtype], Literal] = {}
for _dtype in map(np.dtype, (np.float64, np.float32, np.float16, np.complex128, np.complex64)):
    for _number in _SMALL:
        _small[_number, _dtype] = Literal(_dtype.type(_number), make_aval((), _dtype))
for _dtype in map(np.dtype, ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")):
    for _number in range(0 if _dtype.kind == "u" else -16, 17):
        _small[_number, _dtype] = Literal(_dtype.type(_number), make_aval((), _dtype))
for _truth in (False, True):
    _small[_truth, np.dtype(np.bool_)] = Literal(np.bool_(_truth), make_aval((), np.dtype(np.bool_)))


def small_literal(x: object, dtype: Dtype) -> Literal | None:
    """The literal of a small exact number, which simplification can use; None for any other.

    Other numbers enter a graph as inputs, so that a learning rate that changes changes no program.
    """
    known = _small.get((x, dtype))
    if known is not None and (not x or dtype.kind == "c") and _has_negative_zero(x):
        return None
    return known


def _has_negative_zero(x: Any) -> bool:  # Any: a number of Python's or NumPy's, of any kind
    """Whether a part of a number is -0.0, which equals 0.0: and yet 1 / -0.0 is not 1 / 0.0, nor is log(-1 - 0j) the
    logarithm of -1 + 0j."""
    return any(not part and math.copysign(1.0, part) < 0 for part in (x.real, x.imag))


def literal(x: Operand) -> Literal:
    """The literal of any number or array."""
    aval = aval_of(x)
    if aval.shape != ():
        return Literal(np.asarray(x), aval)
    number = x if isinstance(x, np.generic) else np.asarray(x)[()]
    return small_literal(number, aval.dtype) or Literal(number, aval)
