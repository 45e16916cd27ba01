"""Primitives that read and write entries at an index.

    getitem : x, arrays...              →  x[index]
    scatter_add : base, updates, arrays →  base, with the updates added at the index; repeated entries add up
    setitem : base, value, arrays       →  base, with the value written at the index; the last write wins

    getitem ↔ scatter_add into zeros

An index has a static part, the `Index`, which is a param, and arrays of integers, which are operands. What
NumPy does with a key that has both (where the axes of the arrays go in the result) is said once, in `Index`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from math import prod
from types import EllipsisType
from typing import Any, Final, Literal, NamedTuple, TypeAlias
from weakref import WeakValueDictionary

import numpy as np

from ..core.avals import Aval, Shape, make_aval
from ..core.primitive import Linear, Primitive, Tangent, Traced, Value, Zero, innermost, linear
from .elementwise import equal, select
from .structural import broadcast, full, gather_up, instantiate, inverse, permute, reshape

__all__ = ["ARRAY", "Cut", "Index", "Item", "cut", "getitem_p", "make_index", "scatter_add_p", "setitem_p"]

# -- the static part of an index ------------------------------------------------------------------


class Cut(NamedTuple):
    """A slice that has met its axis: the positions range(start, stop, step)."""

    start: int
    stop: int
    step: int

    @property
    def size(self) -> int:
        return len(range(*self))

    @property
    def slice(self) -> slice:
        """The same for NumPy, which counts a negative stop from the end."""
        return slice(self.start, self.stop if self.stop >= 0 else None, self.step)


class _Hole(Enum):
    ARRAY = "@"


ARRAY: Final = _Hole.ARRAY
"""Where an array of integers goes in an index."""

Item: TypeAlias = int | Cut | EllipsisType | Literal[_Hole.ARRAY] | None
Key: TypeAlias = tuple[int | slice | EllipsisType | Value | None, ...]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Index:
    """The static part of a key that NumPy would take, one item an axis; made by `make_index` alone, which interns it.

    None makes an axis, and an Ellipsis is one that stands for no axes at all: it has a meaning still, as it keeps
    arrays apart. `unique` says that no entry is met twice. `key` is what NumPy takes, with holes for the arrays.
    """

    items: tuple[Item, ...]
    unique: bool
    key: tuple[Any, ...]  # Any: a Key where it has no holes

    @property
    def n_arrays(self) -> int:
        return self.items.count(ARRAY)

    def __str__(self) -> str:
        return f"[{','.join(map(_show, self.items))}]"

    __repr__ = __str__

    def __reduce__(self) -> tuple[object, ...]:
        return make_index, (self.items, self.unique)

    def filled(self, arrays: Sequence[Value | int]) -> Key:
        """NumPy's key."""
        if not arrays:
            return self.key
        rest = iter(arrays)
        return tuple([next(rest) if item is ARRAY else item for item in self.key])

    @property
    def block(self) -> int:
        """Which axis of the result is the first that comes from the arrays.

        NumPy leaves these axes where the arrays were, if the arrays (and the integers, which then count
        as arrays) are next to each other; else they come first.
        """
        places = [i for i, item in enumerate(self.items) if item is ARRAY or isinstance(item, int)]
        if places[-1] - places[0] >= len(places):
            return 0
        return len([item for item in self.items[:places[0]] if item is not Ellipsis])

    def shape(self, arrays: Sequence[Shape] = ()) -> Shape:
        """The shape of the result, given the arrays' shapes."""
        kept = [1 if item is None else item.size for item in self.items if item is None or isinstance(item, Cut)]
        if arrays:
            kept[self.block:self.block] = np.broadcast_shapes(*arrays) if len(arrays) > 1 else arrays[0]
        return tuple(kept)


_interned: WeakValueDictionary[tuple[tuple[Item, ...], bool], Index] = WeakValueDictionary()


def make_index(items: tuple[Item, ...], unique: bool = False) -> Index:
    """The index of these items; without arrays it meets no entry twice in any case."""
    unique = unique or ARRAY not in items
    found = _interned.get((items, unique))
    if found is not None:
        return found
    key = tuple([item.slice if isinstance(item, Cut) else item for item in items])
    return _interned.setdefault((items, unique), Index(items, unique, key))


def _show(item: Item) -> str:
    if isinstance(item, Cut):
        step = f":{item.step}" if item.step != 1 else ""
        return f"{item.start}:{item.stop if item.stop >= 0 else ''}{step}"
    return "..." if item is Ellipsis else str(item.value if isinstance(item, _Hole) else item)


@dataclass(frozen=True, slots=True)
class _Stacked:
    """An index for a stack: `order` brings the stack to the front of its result, and leaves the rest as it was."""

    index: Index
    arrays: list[Value]
    order: tuple[int, ...]


def _stacked(index: Index, n: int, x_mapped: bool, arrays: Sequence[Value], mapped: Sequence[bool]) -> _Stacked:
    """The index for a stack of n operands: of arrays to be indexed, of index arrays, or of both."""
    shapes = [a.shape[1:] if m else a.shape for a, m in zip(arrays, mapped, strict=True)]
    k = max(map(len, shapes), default=0)
    rank = len(index.shape(shapes))
    block = index.block if arrays else 0
    if not any(mapped):
        cut_first = make_index((Cut(0, n, 1), *index.items), index.unique)
        at = k if arrays and cut_first.block == 0 else 0  # where the stack is: behind arrays that are apart
        return _Stacked(cut_first, list(arrays), (at, *range(at), *range(at + 1, rank + 1)))
    aligned = [reshape(a, (n, *[1] * (k - len(s)), *s)) if m else a
               for a, m, s in zip(arrays, mapped, shapes, strict=True)]
    if not x_mapped:
        return _Stacked(make_index(index.items), aligned, (block, *range(block), *range(block + 1, rank + 1)))
    row = np.arange(n).reshape(n, *[1] * k)  # each operand reads from its own row
    order = (0, *range(k + 1, k + 1 + block), *range(1, k + 1), *range(k + 1 + block, rank + 1))
    return _Stacked(make_index((ARRAY, *index.items), index.unique), [row, *aligned], order)


# -- getitem --------------------------------------------------------------------------------------


def _getitem_evaluate(x: Value, *arrays: Value, index: Index) -> Value:
    return x[index.filled(arrays)]


def _getitem_infer(x: Aval, *arrays: Aval, index: Index) -> Aval:
    _check(x, arrays, index)
    return make_aval(index.shape([a.shape for a in arrays]), x.dtype)


def _check(x: Aval, arrays: Sequence[Aval], index: Index) -> None:
    assert len(arrays) == index.n_arrays and all(a.dtype.kind in "iu" for a in arrays), (arrays, index)
    assert x.ndim == len([item for item in index.items if item is not None and item is not Ellipsis]), (x, index)


def _getitem_batch(operands: Sequence[Value], mapped: Sequence[bool], *, index: Index) -> Value:
    x, *arrays = operands
    n = next(a.shape[0] for a, m in zip(operands, mapped, strict=True) if m)
    for_stack = _stacked(index, n, mapped[0], arrays, mapped[1:])
    return permute(getitem_p(x, *for_stack.arrays, index=for_stack.index), for_stack.order)


def _getitem_transpose(ct: Value, x: Linear, *arrays: Value, index: Index) -> Sequence[Tangent | None]:
    zeros = full(0, x.aval, innermost((ct, *arrays)))
    return (scatter_add_p(zeros, ct, *arrays, index=index), *[None] * len(arrays))


getitem_p = linear("getitem", _getitem_evaluate, _getitem_infer, _getitem_batch, _getitem_transpose, kind="view")


def cut(x: Value, axis: int, start: int, stop: int, step: int = 1) -> Value:
    """The positions range(start, stop, step) of one axis."""
    items: list[Item] = [Cut(0, n, 1) for n in x.shape]
    items[axis] = Cut(start, stop, step)
    return getitem_p(x, index=make_index(tuple(items)))


# -- scatter_add: z = base, z[index] += updates; linear in both -----------------------------------

_add_at: Callable[..., None] = np.add.at  # it takes keys that its stub does not know


def _scatter_add_overwrite(base: Value, updates: Value, *arrays: Value, index: Index) -> Value:
    key = index.filled(arrays)
    if index.unique:
        base[key] += updates
    elif base.ndim == 1 or not base.flags.c_contiguous:
        _add_at(base, key, updates)
    else:  # NumPy adds at one index array quickly, and at several, or with slices, six times slower
        positions = np.arange(base.size).reshape(base.shape)[key]
        np.add.at(base.reshape(-1), positions.ravel(), np.ravel(updates))
    return base


def _scatter_add_evaluate(base: Value, updates: Value, *arrays: Value, index: Index) -> Value:
    return _scatter_add_overwrite(base.copy(), updates, *arrays, index=index)


def _scatter_add_infer(base: Aval, updates: Aval, *arrays: Aval, index: Index) -> Aval:
    _check(base, arrays, index)
    assert updates == make_aval(index.shape([a.shape for a in arrays]), base.dtype), (base, updates, index)
    return base


def _scatter_add_jvp(primals: Sequence[Value], tangents: Sequence[Tangent], result: Traced, /, *,
                     index: Index) -> Tangent:
    t, u = tangents[:2]
    if isinstance(u, Zero):
        return t
    return scatter_add_p(instantiate(t, innermost((u, *primals[2:]))), u, *primals[2:], index=index)


def _scatter_add_batch(operands: Sequence[Value], mapped: Sequence[bool], *, index: Index) -> Value:
    base, for_stack, (updates,) = _written(operands, mapped, index)
    if not updates.shape:  # one entry, at which all of the stack is added to by the same number
        updates = broadcast(updates, base.shape[:1], (0,))
    return scatter_add_p(base, updates, *for_stack.arrays, index=for_stack.index)


def _scatter_add_transpose(ct: Value, base: Value | Linear, updates: Value | Linear, *arrays: Value,
                           index: Index) -> Sequence[Tangent | None]:
    return (ct if isinstance(base, Linear) else None,
            getitem_p(ct, *arrays, index=index) if isinstance(updates, Linear) else None, *[None] * len(arrays))


def _written(operands: Sequence[Value], mapped: Sequence[bool], index: Index) -> tuple[Value, _Stacked, list[Value]]:
    """For a write into a stack: the base as a stack, the index for it, and what is written, ordered for that index."""
    base, value, *arrays = operands
    n = next(a.shape[0] for a, m in zip(operands, mapped, strict=True) if m)
    base = base if mapped[0] else broadcast(base, (n, *base.shape), (0,))
    for_stack = _stacked(index, n, True, arrays, mapped[2:])
    if not mapped[1] and not value.shape:  # a number, for all entries of all
        return base, for_stack, [value]
    region = index.shape([a.shape[1:] if m else a.shape for a, m in zip(arrays, mapped[2:], strict=True)])
    if not mapped[1]:
        value = broadcast(value, (n, *region), (0,))
    elif value.ndim == 1:
        value = broadcast(value, (n, *region), tuple(range(1, 1 + len(region))))
    return base, for_stack, [permute(value, inverse(for_stack.order))]


scatter_add_p = Primitive("scatter_add", _scatter_add_evaluate, _scatter_add_infer, _scatter_add_jvp,
                          _scatter_add_batch, _scatter_add_transpose, overwrite=_scatter_add_overwrite)


# -- setitem: z = base, z[index] = value; linear in both together; a number may stand for all entries ----------


def _setitem_overwrite(base: Value, value: Value, *arrays: Value, index: Index) -> Value:
    base[index.filled(arrays)] = value
    return base


def _setitem_evaluate(base: Value, value: Value, *arrays: Value, index: Index) -> Value:
    return _setitem_overwrite(base.copy(), value, *arrays, index=index)


def _setitem_infer(base: Aval, value: Aval, *arrays: Aval, index: Index) -> Aval:
    _check(base, arrays, index)
    region = index.shape([a.shape for a in arrays])
    assert value.dtype == base.dtype and value.shape in (region, ()), (base, value, index)
    return base


def _setitem_jvp(primals: Sequence[Value], tangents: Sequence[Tangent], result: Traced, /, *, index: Index) -> Tangent:
    t, u = tangents[:2]
    if isinstance(t, Zero) and isinstance(u, Zero):
        return Zero(result.aval)
    recorder = innermost((*[s for s in (t, u) if not isinstance(s, Zero)], *primals[2:]))
    written = result.dtype.type(0) if isinstance(u, Zero) else u
    return setitem_p(instantiate(t, recorder), written, *primals[2:], index=index)


def _setitem_batch(operands: Sequence[Value], mapped: Sequence[bool], *, index: Index) -> Value:
    base, for_stack, (value,) = _written(operands, mapped, index)
    return setitem_p(base, value, *for_stack.arrays, index=for_stack.index)


def _setitem_transpose(ct: Value, base: Value | Linear, value: Value | Linear, *arrays: Value,
                       index: Index) -> Sequence[Tangent | None]:
    to_value = None
    if isinstance(value, Linear):
        to_value = getitem_p(ct, *arrays, index=index)
        if not index.unique:  # of several values for one entry, the last alone has reached the result
            to_value = select(_last(ct.shape, to_value.shape, arrays, index), to_value, ct.dtype.type(0))
        to_value = gather_up(to_value, value.aval)
    to_base = None
    if isinstance(base, Linear):  # after ct has been read, so that it may be written to
        to_base = setitem_p(ct, ct.dtype.type(0), *arrays, index=index)
    return (to_base, to_value, *[None] * len(arrays))


def _last(shape: Shape, region: Shape, arrays: Sequence[Value], index: Index) -> Value:
    """Which of the values written are still there in the end: write their numbers, and see which one finds its own."""
    numbers = np.arange(prod(region)).reshape(region)
    found = getitem_p(setitem_p(np.zeros(shape, numbers.dtype), numbers, *arrays, index=index), *arrays, index=index)
    return equal(found, numbers)


setitem_p = Primitive("setitem", _setitem_evaluate, _setitem_infer, _setitem_jvp, _setitem_batch, _setitem_transpose,
                      overwrite=_setitem_overwrite)
