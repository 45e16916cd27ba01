"""Printing from inside a program: an effect, which happens when the program runs.

    print[text] : values...  →  nothing, and a line on the screen

It is written down once, for the values, and not for their tangents. Of a stack of examples it prints the stack.
"""

from __future__ import annotations

import builtins
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from .. import tree
from ..core.primitive import Primitive, Tangent, Value, Values
from ..tree import Structure

__all__ = ["Line", "print_p"]


@dataclass(frozen=True, slots=True)
class Line:
    """What to print: a format, and how its arguments are rebuilt around the values; all of it is part of the program."""

    fmt: str
    structure: Structure  # of the arguments and keyword arguments
    fixed: tuple[tuple[int, object], ...]  # the leaves that are no arrays, each with its place
    order: Hashable  # of the structure: see `tree.in_order`

    def __str__(self) -> str:
        return repr(self.fmt)

    def text(self, values: Sequence[object]) -> str:
        """The line for these values."""
        leaves = [_shown(x) for x in values]
        for i, x in self.fixed:
            leaves.insert(i, x)
        args, kwargs = tree.unflatten(self.structure, leaves)
        return self.fmt.format(*args, **kwargs)


class _Readable(Value):
    """An array that takes a number's format, for each of its entries."""

    def __format__(self, spec: str) -> str:
        array = np.asarray(self)
        return np.array2string(array, formatter={"all": lambda entry: format(entry, spec)}) if spec else str(array)

    def __repr__(self) -> str:
        return repr(np.asarray(self))


def _shown(x: object) -> object:
    """A value as it is written: a number of Python's where nothing is lost by that."""
    if isinstance(x, np.ndarray):
        if x.shape:
            return x.view(_Readable)
        x = x[()]
    return x.item() if isinstance(x, (np.float64, np.complex128, np.integer, np.bool_)) else x


def _evaluate(*values: Value, line: Line) -> tuple[()]:
    builtins.print(line.text(values), flush=True)
    return ()


def _jvp(primals: Sequence[Value], tangents: Sequence[Tangent], result: Values, /, *, line: Line) -> tuple[()]:
    return ()


def _batch(operands: Sequence[Value], mapped: Sequence[bool], /, *, line: Line) -> Values:
    return print_p(*operands, line=line)


print_p: Primitive[Values] = Primitive("print", _evaluate, lambda *_, line: (), _jvp, _batch, several=True, kind="effect")
