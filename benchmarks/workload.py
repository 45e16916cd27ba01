"""What a workload is: a function, where to differentiate it, and which derivative is wanted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from .library import Library

__all__ = ["Wanted", "Workload"]

Wanted = Literal["value_and_grad", "jacobian", "hessian", "hvp", "jacobians"]
"""A derivative in the first argument. "hvp": the Hessian times the second argument. "jacobians": one for each entry of
axis 0 of all arguments."""


@dataclass(frozen=True)
class Workload:
    """One line of the tables.

    Args:
        name: what it is called on the command line.
        title: what it is called in the tables.
        define: makes the function, written once over the namespace `library.np`.
        arguments: makes the function's arguments, as NumPy arrays and Python numbers; the same ones every time.
        wanted: which derivative.
        by_hand: the derivative as a NumPy programmer would write it, of the same arguments.
        memory: whether to measure peak memory as well.
        needs: a name that fad must have.
    """

    name: str
    title: str
    define: Callable[[Library], Callable[..., Any]]
    arguments: Callable[[], tuple[Any, ...]]
    wanted: Wanted = "value_and_grad"
    by_hand: Callable[..., Any] | None = None
    memory: bool = False
    needs: str = ""
