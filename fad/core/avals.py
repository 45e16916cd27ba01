"""What is known of an array before it exists: its shape and its dtype.

Avals are interned: one object for each shape and dtype, so that comparing two is comparing two
addresses. Whether a number came from Python, and so gives way to an array's dtype in a promotion
(NEP 50), is known to the tracer that carries it: below NumPy's conventions it has no meaning.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

__all__ = ["Aval", "Dtype", "Shape", "aval_of", "make_aval"]

Shape = tuple[int, ...]
Dtype = np.dtype[Any]  # Any: which scalar type it holds is known at run time alone


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Aval:
    """The type of a variable in a graph; made by `make_aval` alone."""

    shape: Shape
    dtype: Dtype
    numbered: dict[int, tuple[Any]] = field(default_factory=dict, repr=False)  # see tracing.Builder.note

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def inexact(self) -> bool:
        """Whether values of this type have tangents: float or complex."""
        return self.dtype.kind in "fc"

    def __str__(self) -> str:
        kind = {"b": "bool"}.get(self.dtype.kind, f"{self.dtype.kind}{self.dtype.itemsize * 8}")
        return f"{kind}[{','.join(map(str, self.shape))}]"

    __repr__ = __str__

    def __reduce__(self) -> tuple[object, ...]:
        return make_aval, (self.shape, self.dtype)


_interned: WeakValueDictionary[tuple[Shape, Dtype], Aval] = WeakValueDictionary()


def make_aval(shape: Shape, dtype: Dtype) -> Aval:
    """The aval of this shape and dtype."""
    aval = _interned.get((shape, dtype))
    return _interned.setdefault((shape, dtype), Aval(shape, dtype)) if aval is None else aval


_FLOAT = make_aval((), np.dtype(np.float64))
_of_number = {float: _FLOAT, np.float64: _FLOAT, int: make_aval((), np.dtype(np.int64)),
              bool: make_aval((), np.dtype(np.bool_)), complex: make_aval((), np.dtype(np.complex128))}


def aval_of(x: object) -> Aval:
    """The aval of an array or a number.

    >>> aval_of(np.zeros((2, 3), np.float32)), aval_of(1.5)
    (f32[2,3], f64[])
    """
    known = _of_number.get(type(x))
    if known is not None:
        return known
    array = x if isinstance(x, (np.ndarray, np.generic)) else np.asarray(x)
    return make_aval(array.shape, array.dtype)
