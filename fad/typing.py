"""The types that signatures are made of: what a scalar is, and the variables that stand for a user's types.

A transform's type is that of its arrow: the gradient of a function of an X is a function to an X, whatever tree X is.
What NumPy's stubs call Any (many a reduction, arithmetic of mixed types) is taken for whatever is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Concatenate, Literal, ParamSpec, Protocol, TypeAlias, TypeVar, TypeVarTuple, overload

import numpy as np
from numpy.typing import NDArray

__all__ = ["A", "Argnames", "Argnums", "Array", "Flat", "Flat1", "G", "Instance", "JacobianOf", "Loose", "P", "Q",
           "R", "S", "Scalar", "Shape", "Ts", "X", "X0", "X1", "Y"]

Array: TypeAlias = NDArray[np.float64]
"""What most programs are about."""

Scalar: TypeAlias = float | np.floating[Any]
"""One real number. An array without axes has the type of any other array in NumPy's stubs, and is none to a type
checker, though it is one when the program runs: `y[()]` satisfies both."""

Argnums = int | Sequence[int]
"""Arguments by position."""
Argnames = str | Sequence[str] | None
"""Arguments by name."""

# With bound=Any a checker lets the body of a lambda, whose parameter is such a variable, do with it what it likes.

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


# -- the types of Jacobians -----------------------------------------------------------------------

Flat = TypeVar("Flat", bound=float | np.number[Any] | np.ndarray[Any, Any])
"""An argument that is one array or number."""
Flat1 = TypeVar("Flat1", bound=float | np.number[Any] | np.ndarray[Any, Any])
"""The second of several such arguments."""


class JacobianOf(Protocol):
    """jacobian, jacfwd and jacrev: the argument's type where the result is one number; an array where result and
    argument are arrays or numbers; and Any for all other trees."""

    @overload
    def __call__(self, f: np.ufunc, argnums: Argnums = 0, *, has_aux: Literal[False] = False,
                 chunk_size: int | None = None) -> Callable[..., Any]: ...

    @overload
    def __call__(self, f: Callable[Concatenate[X, P], Scalar], argnums: Literal[0] = 0, *, argnames: None = None,
                 has_aux: Literal[False] = False, chunk_size: int | None = None) -> Callable[Concatenate[X, P], X]: ...

    @overload
    def __call__(self, f: Callable[Concatenate[Flat, P], np.ndarray[Any, np.dtype[G]]], argnums: Literal[0] = 0, *,
                 argnames: None = None, has_aux: Literal[False] = False,
                 chunk_size: int | None = None) -> Callable[Concatenate[Flat, P], NDArray[G]]: ...

    @overload
    def __call__(self, f: Callable[Concatenate[Flat, P], tuple[np.ndarray[Any, np.dtype[G]], A]],
                 argnums: Literal[0] = 0, *, argnames: None = None, has_aux: Literal[True],
                 chunk_size: int | None = None) -> Callable[Concatenate[Flat, P], tuple[NDArray[G], A]]: ...

    @overload
    def __call__(self, f: Callable[Concatenate[X0, Flat, P], np.ndarray[Any, np.dtype[G]]], argnums: Literal[1], *,
                 argnames: None = None, has_aux: Literal[False] = False,
                 chunk_size: int | None = None) -> Callable[Concatenate[X0, Flat, P], NDArray[G]]: ...

    @overload
    def __call__(self, f: Callable[Concatenate[Flat, Flat1, P], np.ndarray[Any, np.dtype[G]]],
                 argnums: tuple[Literal[0], Literal[1]], *, argnames: None = None, has_aux: Literal[False] = False,
                 chunk_size: int | None = None
                 ) -> Callable[Concatenate[Flat, Flat1, P], tuple[NDArray[G], NDArray[G]]]: ...

    @overload
    def __call__(self, f: Callable[P, Any], argnums: Argnums = 0, *, argnames: Argnames = None,
                 has_aux: Literal[False] = False, chunk_size: int | None = None) -> Loose[P, Any]: ...

    @overload
    def __call__(self, f: Callable[P, tuple[Any, A]], argnums: Argnums = 0, *, argnames: Argnames = None,
                 has_aux: Literal[True], chunk_size: int | None = None) -> Loose[P, tuple[Any, A]]: ...
