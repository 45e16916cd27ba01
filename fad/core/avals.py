"""What is known of an array before it exists: its shape and its dtype.

Avals are interned: one object for each shape and dtype, so that comparing two is comparing two
addresses. Whether a number came from Python, and so gives way to an array's dtype in a promotion
(NEP 50), is known to the tracer that carries it: below NumPy's conventions it has no meaning.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from math import prod
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from ..errors import DtypeError

__all__ = ["Aval", "Dtype", "Shape", "aval_of", "make_aval", "refuse_other_arithmetic"]

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
    """The aval of an array or a number; an error for what computes by other rules than arrays do.

    >>> aval_of(np.zeros((2, 3), np.float32)), aval_of(1.5)
    (f32[2,3], f64[])
    """
    known = _of_number.get(type(x))
    if known is not None:
        return known
    if type(x) is np.ndarray:
        return make_aval(x.shape, x.dtype)
    refuse_other_arithmetic(x)
    array = x if isinstance(x, (np.ndarray, np.generic)) else np.asarray(x)
    return make_aval(array.shape, array.dtype)


# -- arrays of other arithmetic: masked ones, matrices, quantities with units -----------------------

_NUMPYS: tuple[type, ...] = (np.ndarray, np.memmap, np.recarray)  # compute in one way
_HARMLESS = {  # what a class may say in its own words, and compute as before
    "__array_finalize__", "__array_priority__", "__class__", "__class_getitem__", "__copy__", "__deepcopy__", "__delattr__",
    "__dir__", "__doc__", "__format__", "__getstate__", "__hash__", "__init__", "__init_subclass__", "__module__", "__new__",
    "__reduce__", "__reduce_ex__", "__repr__", "__setattr__", "__setstate__", "__sizeof__", "__str__", "__subclasshook__",
    "dump", "dumps", "tofile"}
_ROOTS: tuple[type, ...] = (np.ndarray, np.generic, float, complex)
_MEANINGS = {kind: set(dir(kind)) - _HARMLESS for kind in _ROOTS}
_LABELLED = "pandas"  # beside an array, its tables compute as their values do


def refuse_other_arithmetic(x: object) -> None:
    """See that a value computes as arrays do: a program computes on arrays, whatever the class of what went in."""
    kind: type = type(x)
    if kind is np.ndarray or not _computes_otherwise(kind):
        return
    shape = f", of shape {x.shape}" if isinstance(x, np.ndarray) else ""
    masked = "np.ma.filled(x, 0.0) with np.where for the mask, or " if isinstance(x, np.ma.MaskedArray) else ""
    raise DtypeError(f"an operand of type {kind.__name__}{shape}",
                     why="it computes by other rules than an array, and fad knows those of arrays",
                     edit=f"give an array: {masked}np.asarray(x)")


@lru_cache(256)
def _computes_otherwise(kind: type) -> bool:
    """Whether a class says anew what one of NumPy's or Python's numbers means, or is asked by NumPy what it means."""
    for root, names in _MEANINGS.items():
        if issubclass(kind, root):
            for base in kind.__mro__:
                if base is root or base in _NUMPYS or issubclass(base, np.generic) and base.__module__ == "numpy":
                    return False
                if not names.isdisjoint(vars(base)):
                    return True
    asked = hasattr(kind, "__array_ufunc__") or hasattr(kind, "__array_function__")
    return asked and kind.__module__.partition(".")[0] != _LABELLED
