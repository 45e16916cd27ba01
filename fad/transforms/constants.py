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
    leaves, structure = tree.flatten(x)
    still: X = tree.unflatten(structure, [
        ew.stop_gradient(y) if isinstance(y, Traced) and y.aval.inexact else y for y in leaves])
    return still


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
    leaves, structure = tree.flatten(x)
    plain: X = tree.unflatten(structure, map(concrete, leaves))
    return plain
