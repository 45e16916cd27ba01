"""Which of NumPy's results look into the memory of an argument, and how a write finds its way there.

A tracer has no memory, but a view of one knows how it was made: the same views of an array in C order, as new arrays are,
tell what NumPy would do.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.array_utils import byte_bounds
from numpy.typing import DTypeLike

from ..core.dispatch import missing_rule
from ..core.primitive import Value
from ..core.tracer import Tracer, View
from ..primitives import elementwise as ew
from ..primitives.structural import reshape
from .conventions import as_array, operand, rule_for
from .indexing import Through

__all__ = ["as_new", "memory_of", "view"]

Rearrangement: TypeAlias = Callable[[Value], Value]
"""One array from another, of the same entries."""


class _Rearranged(View):
    """A view that knows how NumPy would make it from its base."""

    __slots__ = ("like",)

    def __init__(self, taken: Rearrangement, base: Tracer, restore: Rearrangement | None, like: Rearrangement) -> None:
        value = taken(base)
        assert isinstance(value, Tracer)
        super().__init__(value, base, taken, restore)
        self.like = like


def view(taken: Rearrangement, base: Value, restore: Rearrangement | None, like: Rearrangement) -> Value:
    """What is taken from a base, as a view where NumPy would make it one: numbers have no memory to look into."""
    if isinstance(base, Tracer) and (base.shape or isinstance(base, View)):
        return _Rearranged(taken, base, restore, like)
    return as_new(taken(base))


def as_new(value: Value) -> Value:
    """The value as an array of its own, where NumPy would have made one: no write to another name changes it."""
    return Tracer(value.builder, value.atom) if isinstance(value, Tracer) else value


def memory_of(x: Value) -> Value:
    """An array that lies in memory as NumPy's x would, of whatever entries."""
    if not isinstance(x, View):
        return np.empty(x.shape, np.int8)
    base = memory_of(x.viewed)
    if isinstance(x, _Rearranged):
        return x.like(base)
    assert isinstance(x.restore, Through)
    key = x.restore.key
    places: list[Any] = [0] * len(key.arrays)  # Any: integers, for traced ones
    part: Value = base[key.index.filled(places)]
    return part


# -- parts of complex numbers ---------------------------------------------------------------------


@rule_for(np.real)
def real(val: Value) -> Value:
    x = as_array(val)
    if x.dtype.kind != "c":
        return x
    return view(ew.real, x, lambda new: _joined(new, ew.imag(x)), _every_second)


@rule_for(np.imag)
def imag(val: Value) -> Value:
    x = as_array(val)
    if x.dtype.kind != "c":
        return np.zeros_like(x)  # read-only in NumPy
    return view(ew.imag, x, lambda new: _joined(ew.real(x), new), _every_second)


def _every_second(memory: Value) -> Value:
    """The same array with a gap behind each entry, where the other part lies."""
    low, high = byte_bounds(memory)
    return np.ndarray(memory.shape, np.int8, np.empty(2 * (high - low), np.int8), 2 * (memory.ctypes.data - low),
                      tuple([2 * n for n in memory.strides]))


def _joined(x: Value, y: Value) -> Value:
    """x + iy."""
    i: Value = np.result_type(x.dtype, np.complex64).type(1j)
    return ew.add(operand(x, i.dtype), ew.multiply(i, operand(y, i.dtype)))


# -- the same entries, of the same type -----------------------------------------------------------


@rule_for("astype", np.astype)
def astype(x: Value, dtype: DTypeLike, /, *, copy: bool = True, device: str | None = None) -> Value:
    """The array in another dtype; of its own, a copy or the array itself."""
    result = operand(x, np.dtype(dtype))
    return as_new(result) if copy and result is x else result


@rule_for("flat")
def flat(x: Tracer) -> Value:
    """ndarray.flat: all entries in C order, however they lie."""
    before = x.shape
    return view(lambda x: reshape(x, (prod(before),)), x, lambda new: reshape(new, before), np.ravel)


@rule_for("view")
def same(x: Tracer, dtype: DTypeLike | None = None, type: object = None) -> Value:
    """ndarray.view: another name for the entries."""
    if type is not None or dtype is not None and np.dtype(dtype) != x.dtype:
        raise missing_rule("ndarray.view", "another dtype or class")
    return view(lambda x: x, x, lambda new: new, lambda a: a.view())
