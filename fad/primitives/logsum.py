"""Logarithms of sums of exponentials, without an overflow: the reductions by logaddexp, and the running ones.

    z = log Σ eˣ                        dz = Σ e^(x - z) dx
    z_k = log(e^z_{k-1} + e^x_k)        dz_k = e^(z_{k-1} - z_k) dz_{k-1} + e^(x_k - z_k) dx_k, a recurrence
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..core.avals import make_aval
from ..core.primitive import Primitive, Value, partials
from .elementwise import equal, exp, exp2, select
from .indexing import cut
from .joining import pad_p
from .reductions import recurrence_p
from .structural import Axes, broadcast, shifted, sum

__all__ = ["logsum2_p", "logsum_p", "running_logsum2_p", "running_logsum_p"]


def _finite(z: Value) -> Value:
    """z, and 0 where all terms are -inf, and so z is."""
    return select(equal(z, -z.dtype.type(np.inf)), z.dtype.type(0), z)


def _reduction(name: str, ufunc: np.ufunc, power: Primitive) -> Primitive:

    def rule(t: Value, z: Value, x: Value, *, axes: Axes) -> Value:
        z = _finite(z)
        return sum(t * power(x - (broadcast(z, x.shape, axes) if z.shape else z)), axes)

    def batch(operands: Sequence[Value], mapped: Sequence[bool], *, axes: Axes) -> Value:
        return primitive(operands[0], axes=shifted(axes))

    primitive = Primitive(
        name, lambda x, *, axes: ufunc.reduce(x, axis=axes),
        lambda x, *, axes: make_aval(tuple([n for i, n in enumerate(x.shape) if i not in axes]), x.dtype),
        partials(rule), batch)
    return primitive


def _running(name: str, ufunc: np.ufunc, power: Primitive) -> Primitive:

    def rule(t: Value, z: Value, x: Value, *, axis: int) -> Value:
        n = x.shape[axis]
        z = _finite(z)
        terms = t * power(x - z)
        if n < 2:
            return terms
        kept = power(cut(z, axis, 0, n - 1) - cut(z, axis, 1, n))
        zeros = (0,) * x.ndim
        low = tuple([int(i == axis) for i in range(x.ndim)])
        return recurrence_p(pad_p(kept, low=low, high=zeros, gap=zeros), terms, axis=axis, reverse=False)

    def batch(operands: Sequence[Value], mapped: Sequence[bool], *, axis: int) -> Value:
        return primitive(operands[0], axis=axis + 1)

    primitive = Primitive(name, lambda x, *, axis: ufunc.accumulate(x, axis), lambda x, *, axis: x, partials(rule), batch)
    return primitive


logsum_p, running_logsum_p = _reduction("logsum", np.logaddexp, exp), _running("running_logsum", np.logaddexp, exp)
logsum2_p, running_logsum2_p = _reduction("logsum2", np.logaddexp2, exp2), _running("running_logsum2", np.logaddexp2, exp2)
