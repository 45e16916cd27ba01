"""What a library must do to be measured: a namespace like NumPy's, and five derivatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy

__all__ = ["Function", "Library", "leaves", "mapped"]

Function = Callable[..., Any]


def mapped(f: Callable[[Any], Any], tree: Any) -> Any:
    """The same tuples and lists, with f applied to what is in them."""
    return type(tree)([mapped(f, x) for x in tree]) if isinstance(tree, (tuple, list)) else f(tree)


def leaves(tree: Any) -> list[Any]:
    """What is in nested tuples and lists, from left to right."""
    return [leaf for x in tree for leaf in leaves(x)] if isinstance(tree, (tuple, list)) else [tree]


class Library:
    """A library on one thread, in float64.

    `np` is its namespace, written to like NumPy's, and `scan` its loop: (carry, x) -> (carry, y), from a first carry,
    over an array of x. A subclass has a method for each derivative that a workload may want (`workload.Wanted`), which
    takes a function to a function of the same arguments.
    """

    name: ClassVar[str]
    module: ClassVar[str]
    np: Any

    def array(self, x: Any) -> Any:
        """A NumPy array or Python number as this library's own."""
        return x

    def arguments(self, args: Sequence[Any], wanted: str) -> list[Any]:
        """The arguments of a workload as this library's own."""
        return [mapped(self.array, x) for x in args]

    def finished(self, result: Any) -> Any:
        """The result, when it has really been computed."""
        return result

    def plain(self, x: Any) -> numpy.ndarray[Any, Any]:
        """An array of this library's as NumPy's."""
        return numpy.asarray(x)

    def warm_up(self) -> None:
        """Do once what only the first call of all has to do, such as starting a backend."""
        f = self.derivative("value_and_grad", lambda x: self.np.sum(x * x))
        self.finished(f(*self.arguments((numpy.ones(2),), "value_and_grad")))

    def derivative(self, wanted: str, f: Function) -> Function:
        """The wanted derivative of f, compiled if this library compiles."""
        return self.compiled(getattr(self, wanted)(f))

    def compiled(self, f: Function) -> Function:
        return f

    def scan(self, f: Function, carry: Any, xs: Any) -> tuple[Any, Any]:
        """A Python loop, where a library has nothing better."""
        ys = []
        for x in xs:
            carry, y = f(carry, x)
            ys.append(y)
        return carry, self.stacked(ys)

    def stacked(self, rows: Sequence[Any]) -> Any:
        """Many arrays of one shape as one array."""
        return self.np.stack(rows)
