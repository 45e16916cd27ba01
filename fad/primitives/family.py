"""What the elementwise primitives have in common: an operation from its ufunc and its partial derivatives.

The operands of an elementwise primitive have one shape and one dtype, except that a number (rank 0)
may ride along with arrays. What that means for the rules is said here, once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import DTypeLike

from ..core.avals import Aval, Dtype, make_aval
from ..core.primitive import (
    Infer,
    Jvp,
    Linear,
    Operand,
    Partial,
    Primitive,
    Tangent,
    Traced,
    Transpose,
    Value,
    Zero,
    partials,
)
from ..errors import DtypeError, ShapeError
from .structural import broadcast, gather_up, spread

__all__ = ["elementwise", "infer_alike", "stacked"]



def elementwise(ufunc: Callable[..., Operand], *rules: Partial | None, transpose: Transpose | None = None,
                dtype: DTypeLike | None = None, name: str = "") -> Primitive:
    """The primitive of a ufunc, from its partial derivatives; `dtype` where the result has one of its own."""
    name = name or ufunc.__name__
    result_dtype = None if dtype is None else np.dtype(dtype)

    def batch(operands: Sequence[Value], mapped: Sequence[bool], /) -> Value:
        return primitive(*stacked(operands, mapped))

    primitive = Primitive(name, ufunc, infer_alike(name, result_dtype), _jvp(rules), batch, _fitted(transpose),
                          kind="entrywise")
    return primitive


def infer_alike(name: str, dtype: Dtype | None) -> Infer:
    """The shape that the operands share, and their dtype or the one that is given."""

    def infer(*avals: Aval) -> Aval:
        shapes = {a.shape for a in avals if a.shape}
        dtypes = {a.dtype for a in avals}
        if len(shapes) > 1:
            raise ShapeError(f"{name} of arrays of shapes {', '.join(map(str, avals))}",
                             why="an elementwise primitive takes operands of one shape", edit="broadcast them first")
        if len(dtypes) > 1:
            raise DtypeError(f"{name} of arrays of dtypes {', '.join(map(str, avals))}",
                             why="an elementwise primitive takes operands of one dtype", edit="convert them first")
        return make_aval(shapes.pop() if shapes else (), dtype or avals[0].dtype)

    return infer


def _jvp(rules: Sequence[Partial | None]) -> Jvp:
    if not rules:  # constant almost everywhere, or with a result that has no tangents
        return lambda primals, tangents, result: Zero(result.aval)
    total = partials(*rules)

    def jvp(primals: Sequence[Value], tangents: Sequence[Tangent], result: Traced, /) -> Tangent:
        t = total(primals, tangents, result)
        return t if isinstance(t, Zero) else spread(t, result.aval)

    return jvp if len(rules) > 1 else total


def _fitted(transpose: Transpose | None) -> Transpose | None:
    if transpose is None:
        return None

    def fitted(ct: Value, /, *operands: Value | Linear) -> Sequence[Tangent | None]:
        return [gather_up(c, x.aval) if isinstance(x, Linear) and c is not None and not isinstance(c, Zero) else None
                for c, x in zip(transpose(ct, *operands), operands, strict=True)]

    return fitted


def stacked(operands: Sequence[Value], mapped: Sequence[bool]) -> list[Value]:
    """Operands of one shape, some of them mapped, as operands of one shape again; numbers may still ride along."""
    n = next(x.shape[0] for x, m in zip(operands, mapped, strict=True) if m)
    shape = max((x.shape[1:] if m else x.shape for x, m in zip(operands, mapped, strict=True)), key=len)
    axes = tuple(range(1, 1 + len(shape)))

    def stack(x: Value, m: bool) -> Value:
        if m:
            return x if x.ndim == 1 + len(shape) else broadcast(x, (n, *shape), axes)
        return broadcast(x, (n, *shape), (0,)) if x.shape else x

    return [stack(x, m) for x, m in zip(operands, mapped, strict=True)]
