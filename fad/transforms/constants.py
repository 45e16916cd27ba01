"""Ways out of a derivative: a value taken for a constant, and the plain number behind a traced one.

    stop_gradient : x → x, with the tangent 0
    value         : a traced value → the array that it stands for
"""

from __future__ import annotations

from .. import tree
from ..core.primitive import Traced
from ..core.tracing import concrete
from ..primitives import elementwise as ew
from ..typing import X

__all__ = ["stop_gradient", "value"]


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
    result: X = tree.map(lambda leaf: ew.stop_gradient(leaf) if isinstance(leaf, Traced) and leaf.aval.inexact else leaf, x)  # type: ignore[attr-defined]  # a Tracer
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
