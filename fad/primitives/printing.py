"""Printing from inside a program: an effect, which happens when the program runs.

    print[text] : values...  →  nothing, and a line on the screen

It is written down once, for the values, and not for their tangents. Of a stack of examples it prints the stack.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..primitive import Primitive, Tangent, Value

__all__ = ["Line", "print_p", "shown"]


@dataclass(frozen=True, slots=True)
class Line:
    """What to print: a format, and how its arguments are rebuilt around the values; both are part of the program."""

    fmt: str
    n_args: int
    names: tuple[str, ...]
    fixed: tuple[tuple[int, Any], ...]  # arguments that are no arrays, each with its place

    def __str__(self) -> str:
        return repr(self.fmt)

    def text(self, values: Sequence[Any]) -> str:
        """The line for these values."""
        rest, fixed = iter(values), dict(self.fixed)
        all_arguments = [fixed[i] if i in fixed else next(rest) for i in range(self.n_args + len(self.names))]
        return self.fmt.format(*all_arguments[:self.n_args], **dict(zip(self.names, all_arguments[self.n_args:], strict=True)))


def shown(x: Any) -> Any:
    """A value as the reader expects it: a number of Python's where nothing is lost by that."""
    if isinstance(x, np.ndarray) and not x.shape:
        x = x[()]
    return x.item() if isinstance(x, (np.float64, np.complex128, np.integer, np.bool_)) else x


def _evaluate(*values: Any, line: Line) -> tuple[()]:
    builtins.print(line.text([shown(x) for x in values]), flush=True)
    return ()


def _jvp(primals: Sequence[Value], tangents: Sequence[Tangent], result: Any, /, *, line: Line) -> tuple[()]:
    return ()


def _batch(operands: Sequence[Value], mapped: Sequence[bool], /, *, line: Line) -> Any:
    return print_p(*operands, line=line)


print_p: Primitive = Primitive("print", _evaluate, lambda *_, line: (), _jvp, _batch, several=True, kind="effect")
