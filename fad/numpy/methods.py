"""The methods of NumPy's ufuncs: outer of all that take two operands, the reductions of logaddexp, running extremes.

The reductions that are functions of their own (np.add.reduce is np.sum) are in reductions.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.lib.array_utils import normalize_axis_index
from numpy.typing import DTypeLike

from ..core.dispatch import missing_rule, overrides
from ..core.primitive import Operand, Primitive, Value
from ..core.tracer import Tracer
from ..errors import InPlaceError
from ..primitives.logsum import logsum2_p, logsum_p, running_logsum2_p, running_logsum_p
from ..primitives.ordering import running_max_p, running_min
from ..primitives.structural import reshape
from .conventions import UNSET, Axis, as_array, operand, rule_for
from .indexing import added
from .reductions import Where, chosen, finish, reducible
from .ufuncs import lenient_ufuncs

__all__: list[str] = []


# -- outer ----------------------------------------------------------------------------------------


def _outer(ufunc: np.ufunc) -> None:

    @rule_for((ufunc, "outer"))
    def outer(a: Value, b: Value, /, **settings: object) -> Value:
        x, y = as_array(a), as_array(b)
        result: Value = overrides[ufunc](reshape(x, (*x.shape, *(1,) * y.ndim)), y, **settings)
        return result


for _ufunc in lenient_ufuncs():
    if _ufunc.nin == 2:
        _outer(_ufunc)


# -- log of a sum of exponentials -----------------------------------------------------------------


def _log_sum(ufunc: np.ufunc, reduction: Primitive, running: Primitive) -> None:

    @rule_for((ufunc, "reduce"))
    def reduce(array: Value, axis: Axis = 0, dtype: DTypeLike | None = None, out: None = None, keepdims: bool = False,
               initial: Operand | None = UNSET, where: Where = True) -> Value:
        x, axes = reducible(f"{ufunc.__name__}.reduce", array, axis, out)
        terms = operand(x, np.dtype(dtype) if dtype is not None else x.dtype)
        if chosen(where):
            terms = np.where(where, terms, terms.dtype.type(-np.inf))
        total = reduction(terms, axes=axes) if axes else terms
        if initial is not UNSET and initial is not None:
            total = overrides[ufunc](initial, total)
        return finish(total, x, x.shape, axes, keepdims)

    @rule_for((ufunc, "accumulate"))
    def accumulate(array: Value, axis: int = 0, dtype: DTypeLike | None = None, out: None = None) -> Value:
        x = as_array(array)
        terms = operand(x, np.dtype(dtype) if dtype is not None else x.dtype)
        return running(terms, axis=normalize_axis_index(axis, x.ndim))


_log_sum(np.logaddexp, logsum_p, running_logsum_p)
_log_sum(np.logaddexp2, logsum2_p, running_logsum2_p)


# -- running extremes -----------------------------------------------------------------------------


def _running(ufunc: np.ufunc, primitive: Callable[[Value, int], Value]) -> None:

    @rule_for((ufunc, "accumulate"))
    def accumulate(array: Value, axis: int = 0, dtype: DTypeLike | None = None, out: None = None) -> Value:
        x = as_array(array)
        terms = operand(x, np.dtype(dtype) if dtype is not None else x.dtype)
        return primitive(terms, normalize_axis_index(axis, x.ndim))


_running(np.maximum, lambda x, axis: running_max_p(x, axis=axis))
_running(np.minimum, running_min)


# -- at: an update in place -----------------------------------------------------------------------


@rule_for((np.add, "at"))
def add_at(a: Value, indices: object, b: Operand) -> None:
    """a[indices] += b, where an index that comes twice counts twice."""
    _update("add", a, indices, b)


@rule_for((np.subtract, "at"))
def subtract_at(a: Value, indices: object, b: Operand) -> None:
    """a[indices] -= b, where an index that comes twice counts twice."""
    _update("subtract", a, indices, overrides[np.negative](b) if isinstance(b, Tracer) else np.negative(b))


def _update(name: str, a: Value, indices: object, b: Operand) -> None:
    if not isinstance(a, Tracer):
        raise InPlaceError(f"np.{name}.at was asked to add traced values to a plain array, of shape {np.shape(a)}",
                           why="a plain array holds numbers, so the entries would lose their derivatives",
                           edit="make the array with fad.numpy, as in b = fad.numpy.zeros(n)")
    if a.dtype.kind not in "fc":
        raise missing_rule(f"numpy.{name}.at", f"an array of dtype {a.dtype}")
    a[...] = added(a, indices, b)
