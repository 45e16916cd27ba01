"""Logarithms of sums of exponentials, without an overflow: the reductions by logaddexp, and the running ones.

    z = log Σ eˣ                        dz = Σ e^(x - z) dx
    z_k = log(e^z_{k-1} + e^x_k)        dz_k = e^(z_{k-1} - z_k) dz_{k-1} + e^(x_k - z_k) dx_k, a recurrence

Infinite terms share an infinite sum evenly; where all terms are -inf, nothing moves.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..core.avals import make_aval
from ..core.primitive import Primitive, Value, partials
from .elementwise import equal, exp, exp2, maximum, select
from .indexing import cut
from .joining import pad_p
from .reductions import counting, recurrence_p, sum_as_p
from .slopes import share, share2
from .structural import Axes, broadcast, convert, shifted, sum

__all__ = ["logsum2_p", "logsum_p", "running_logsum2_p", "running_logsum_p"]


def _weights(x: Value, z: Value, axes: Axes, power: Primitive) -> Value:
    """The shares e^(x - z) of the terms."""
    inf, zero = z.dtype.type(np.inf), z.dtype.type(0)
    wide = counting(z.dtype)

    def spread(v: Value) -> Value:
        return broadcast(v, x.shape, axes) if v.shape else v

    infinite = equal(x, inf)
    among = convert(1 / maximum(sum_as_p(infinite, axes=axes, dtype=wide), wide.type(1)), z.dtype)
    finite = select(equal(z, -inf), zero, z)
    return select(infinite, spread(among), power(select(infinite, zero, x) - spread(finite)))


def _reduction(name: str, ufunc: np.ufunc, power: Primitive) -> Primitive:

    def rule(t: Value, z: Value, x: Value, *, axes: Axes) -> Value:
        return sum(t * _weights(x, z, axes, power), axes)

    def batch(operands: Sequence[Value], mapped: Sequence[bool], *, axes: Axes) -> Value:
        return primitive(operands[0], axes=shifted(axes))

    primitive = Primitive(
        name, lambda x, *, axes: ufunc.reduce(x, axis=axes),
        lambda x, *, axes: make_aval(tuple([n for i, n in enumerate(x.shape) if i not in axes]), x.dtype),
        partials(rule), batch)
    return primitive


def _running(name: str, ufunc: np.ufunc, part: Primitive) -> Primitive:

    def rule(t: Value, z: Value, x: Value, *, axis: int) -> Value:
        n, nothing = x.shape[axis], x.dtype.type(-np.inf)
        if n < 2:
            return t * part(z, x, nothing)
        first, rest = [[cut(v, axis, *ends) for v in (z, x)] for ends in ((0, 1), (1, n))]
        before = cut(z, axis, 0, n - 1)
        none = (0,) * x.ndim
        front, back = [tuple([m * (i == axis) for i in range(x.ndim)]) for m in (1, n - 1)]
        kept = pad_p(part(rest[0], before, rest[1]), low=front, high=none, gap=none)
        came = (pad_p(part(*first, nothing), low=none, high=back, gap=none)
                + pad_p(part(*rest, before), low=front, high=none, gap=none))
        return recurrence_p(kept, t * came, axis=axis, reverse=False)

    def batch(operands: Sequence[Value], mapped: Sequence[bool], *, axis: int) -> Value:
        return primitive(operands[0], axis=axis + 1)

    primitive = Primitive(name, lambda x, *, axis: ufunc.accumulate(x, axis), lambda x, *, axis: x, partials(rule), batch)
    return primitive


logsum_p, running_logsum_p = _reduction("logsum", np.logaddexp, exp), _running("running_logsum", np.logaddexp, share)
logsum2_p, running_logsum2_p = _reduction("logsum2", np.logaddexp2, exp2), _running("running_logsum2", np.logaddexp2, share2)
