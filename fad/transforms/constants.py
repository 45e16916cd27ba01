"""Ways out of a derivative: a value taken for a constant, and the plain number behind a traced one.

    stop_gradient : x → x, with the tangent 0
    value         : a traced value → the array that it stands for
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from .. import tree
from ..avals import Aval
from ..primitive import Primitive, Tangent, Traced, Value, Zero
from ..tracing import concrete

__all__ = ["stop_gradient", "value"]

X = TypeVar("X")


def _stop_infer(x: Aval) -> Aval:
    return x


def _stop_jvp(primals: Sequence[Value], tangents: Sequence[Tangent], result: Value, /) -> Tangent:
    return Zero(result.aval)


stop_p: Primitive = Primitive("stop_gradient", np.positive, _stop_infer, _stop_jvp, lambda operands, mapped: stop_p(operands[0]))


def stop_gradient(x: X) -> X:
    """The same values, constant to every derivative.

    Args:
        x: a tree of arrays and numbers.

    Returns:
        A tree like x.

    >>> import fad
    >>> fad.grad(lambda x: x * stop_gradient(x))(3.0)
    np.float64(3.0)
    """
    result: X = tree.map(lambda leaf: stop_p(leaf) if isinstance(leaf, Traced) and leaf.aval.inexact else leaf, x)  # type: ignore[attr-defined]  # a Tracer
    return result


def value(x: X) -> X:
    """The plain arrays behind traced values, for printing, logging and decisions: no derivative comes through.

    Args:
        x: a tree of arrays and numbers, traced or not.

    Returns:
        A tree of plain arrays and numbers.

    Raises:
        AbstractValueError: under `vmap`, where a traced value stands for many numbers.

    >>> import fad
    >>> seen = []
    >>> def f(x):
    ...     y = x ** 2
    ...     seen.append(value(y))
    ...     return y
    >>> fad.grad(f)(3.0), seen
    (np.float64(6.0), [np.float64(9.0)])
    """
    result: X = tree.map(concrete, x)
    return result
