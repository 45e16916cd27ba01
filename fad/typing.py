"""The types that signatures are made of: what a scalar is, and the variables that stand for a user's types.

A transform's type is that of its arrow: the gradient of a function of an X is a function to an X, whatever tree X is.
What NumPy's stubs call Any (many a reduction, arithmetic of mixed types) is taken for whatever is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeAlias, TypeVar, TypeVarTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["A", "Array", "G", "Instance", "Loose", "P", "Q", "R", "S", "Scalar", "Shape", "Ts", "X", "X0", "X1", "Y"]

Array: TypeAlias = NDArray[np.float64]
"""What most programs are about."""

Scalar: TypeAlias = float | np.floating[Any]
"""One real number. An array without axes has the type of any other array in NumPy's stubs, and is none to a type
checker, though it is one when the program runs: `y[()]` satisfies both."""

X = TypeVar("X", bound=Any)
"""An argument: a tree of arrays and numbers."""
X0 = TypeVar("X0", bound=Any)
"""The first of several arguments."""
X1 = TypeVar("X1", bound=Any)
"""The second of several arguments."""
Y = TypeVar("Y", bound=Any)
"""A result: a tree of arrays and numbers."""
R = TypeVar("R")
"""A result of any type."""
A = TypeVar("A")
"""What a function with has_aux returns beside its value."""
S = TypeVar("S", bound=Scalar)
"""The scalar that a function returns: float, np.float64, np.float32."""
G = TypeVar("G", bound=Any)
"""The type of an array's entries."""
Shape = TypeVar("Shape", bound=Any)
"""The type of an array's shape."""
Instance = TypeVar("Instance")
"""What a method is called on."""
P = ParamSpec("P")
"""The parameters, or those after the ones that are named."""
Q = ParamSpec("Q")
"""The parameters of a method, without self; or those of a rule."""
Ts = TypeVarTuple("Ts")
"""The arguments, one type each."""

Loose: TypeAlias = Callable[P, R] | Any
"""A function that is checked where it is called, but which gives way to a stricter overload. A checker that cannot
choose between overloads, as for a lambda, then settles for Any and does not complain about an untyped function."""
