"""NumPy's functions that put arrays together, and those that cut them up into views."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from operator import index
from typing import TypeAlias

import numpy as np
from numpy.lib.array_utils import normalize_axis_index
from numpy.typing import DTypeLike

from ..core.avals import Dtype
from ..core.primitive import Value, Values
from ..primitives.joining import concatenate as join
from ..primitives.joining import stack_p
from ..primitives.structural import reshape
from .conventions import Casting, as_array, integers, operand, result_dtype, rule_for
from .shape import at_least_1d, at_least_2d, at_least_3d, flat, in_shape, moveaxis
from .views import as_new

__all__: list[str] = []

Nested: TypeAlias = "Value | list[Nested]"
"""What np.block takes."""

Sections: TypeAlias = int | Sequence[int]
"""How many parts, or where to cut."""


# -- putting arrays together ----------------------------------------------------------------------


def _converted(arrays: Sequence[Value], dtype: DTypeLike | None, casting: Casting) -> list[Value]:
    """Arrays in the one dtype to which they are promoted, or that was asked for."""
    dtypes: set[Dtype] = {x.dtype for x in arrays}
    if dtype is None and casting == "same_kind":
        common = dtypes.pop() if len(dtypes) == 1 else np.result_type(*dtypes)
    else:  # NumPy decides, and says what is wrong
        common = np.concatenate([np.empty(0, d) for d in dtypes], dtype=dtype, casting=casting).dtype
    return [operand(x, common) for x in arrays]


def _several(arrays: Iterable[Value]) -> list[Value]:
    """A sequence of arrays; an array of them is taken apart along its first axis."""
    return [as_array(a) for a in arrays]


@rule_for(np.concatenate)  # and np.concat, which is the same object
def concatenate(arrays: Iterable[Value], /, axis: int | None = 0, out: None = None, *, dtype: DTypeLike | None = None,
                casting: Casting = "same_kind") -> Value:
    items = list(arrays)
    if not items:
        raise ValueError("need at least one array to concatenate")
    if axis is None:
        common = result_dtype(*items) if dtype is None else dtype  # Python numbers among them give way
        xs, along = [flat(x) for x in _converted(_several(items), common, casting)], 0
    else:
        xs = _several(items)
        if any(x.ndim == 0 for x in xs):
            raise ValueError("zero-dimensional arrays cannot be concatenated")
        along, xs = normalize_axis_index(index(axis), xs[0].ndim), _converted(xs, dtype, casting)
    return as_new(join(xs, along))


@rule_for(np.stack)
def stack(arrays: Iterable[Value], axis: int = 0, out: None = None, *, dtype: DTypeLike | None = None,
          casting: Casting = "same_kind") -> Value:
    xs = _several(arrays)
    if not xs:
        raise ValueError("need at least one array to stack")
    return stack_p(*_converted(xs, dtype, casting), axis=normalize_axis_index(index(axis), xs[0].ndim + 1))


@rule_for(np.hstack)
def hstack(tup: Iterable[Value], *, dtype: DTypeLike | None = None, casting: Casting = "same_kind") -> Value:
    xs = [at_least_1d(a) for a in tup]
    return concatenate(xs, 0 if xs and xs[0].ndim == 1 else 1, dtype=dtype, casting=casting)


@rule_for(np.vstack)
def vstack(tup: Iterable[Value], *, dtype: DTypeLike | None = None, casting: Casting = "same_kind") -> Value:
    return concatenate([at_least_2d(a) for a in tup], 0, dtype=dtype, casting=casting)


@rule_for(np.dstack)
def dstack(tup: Iterable[Value]) -> Value:
    return concatenate([at_least_3d(a) for a in tup], 2)


@rule_for(np.column_stack)
def column_stack(tup: Iterable[Value]) -> Value:
    return concatenate([x if x.ndim >= 2 else in_shape(x, (x.size, 1)) for x in _several(tup)], 1)


@rule_for(np.append)
def append(arr: Value, values: Value, axis: int | None = None) -> Value:
    x, y = as_array(arr), as_array(values)
    return concatenate([flat(x), flat(y)]) if axis is None else concatenate([x, y], axis)


@rule_for(np.block)
def block(arrays: Nested) -> Value:
    depth = _depth(arrays)
    leaves = [as_array(a) for a in _leaves(arrays)]
    ndim = max(depth, *[x.ndim for x in leaves])

    def assembled(part: Nested, level: int) -> Value:
        if isinstance(part, list):
            return join([assembled(p, level + 1) for p in part], ndim - depth + level)
        x = as_array(part)
        return operand(reshape(x, (1,) * (ndim - x.ndim) + x.shape), common)

    common = np.result_type(*[x.dtype for x in leaves])
    return as_new(assembled(arrays, 0))


def _depth(arrays: Nested | Values) -> int:
    """How deep the lists of a block are nested: equally deep everywhere."""
    if isinstance(arrays, tuple):
        raise TypeError("np.block takes nested lists of arrays, and tuples are not lists: write [[a, b], [c, d]]")
    if not isinstance(arrays, list):
        return 0
    depths = {_depth(a) for a in arrays}
    if not depths:
        raise ValueError("a list of np.block cannot be empty")
    if len(depths) > 1:
        raise ValueError(f"List depths are mismatched: np.block got lists of depths {sorted(depths)} side by side")
    return 1 + depths.pop()


def _leaves(arrays: Nested) -> list[Value]:
    return [leaf for a in arrays for leaf in _leaves(a)] if isinstance(arrays, list) else [arrays]


# -- cutting them up ------------------------------------------------------------------------------


@rule_for(np.array_split)
def array_split(ary: Value, indices_or_sections: Sections, axis: int = 0) -> list[Value]:
    x = as_array(ary)
    along = normalize_axis_index(index(axis), x.ndim)
    n = x.shape[along]
    if np.iterable(indices_or_sections):
        cuts = [0, *integers(indices_or_sections), n]
    else:
        sections, = integers(indices_or_sections)
        if sections <= 0:
            raise ValueError("number sections must be larger than 0.")
        each, extra = divmod(n, sections)
        cuts = [i * each + min(i, extra) for i in range(sections + 1)]
    return [x[(slice(None),) * along + (slice(a, b),)] for a, b in pairwise(cuts)]


@rule_for(np.split)
def split(ary: Value, indices_or_sections: Sections, axis: int = 0) -> list[Value]:
    x = as_array(ary)
    if not np.iterable(indices_or_sections) and x.shape[axis] % integers(indices_or_sections)[0]:
        raise ValueError("array split does not result in an equal division")
    return array_split(x, indices_or_sections, axis)


@rule_for(np.hsplit)
def hsplit(ary: Value, indices_or_sections: Sections) -> list[Value]:
    x = as_array(ary)
    if x.ndim == 0:
        raise ValueError("hsplit only works on arrays of 1 or more dimensions")
    return split(x, indices_or_sections, 1 if x.ndim > 1 else 0)


@rule_for(np.vsplit)
def vsplit(ary: Value, indices_or_sections: Sections) -> list[Value]:
    x = as_array(ary)
    if x.ndim < 2:
        raise ValueError("vsplit only works on arrays of 2 or more dimensions")
    return split(x, indices_or_sections, 0)


@rule_for(np.dsplit)
def dsplit(ary: Value, indices_or_sections: Sections) -> list[Value]:
    x = as_array(ary)
    if x.ndim < 3:
        raise ValueError("dsplit only works on arrays of 3 or more dimensions")
    return split(x, indices_or_sections, 2)


@rule_for(getattr(np, "unstack", "unstack"))  # NumPy 2.1 and later
def unstack(x: Value, /, *, axis: int = 0) -> Values:
    x = as_array(x)
    if x.ndim == 0:
        raise ValueError("Input array must be at least 1-d.")
    return tuple(moveaxis(x, axis, 0))
