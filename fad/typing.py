"""The types that signatures are made of: what a scalar is, and the variables that stand for a user's types.

A transform's type is that of its arrow: the gradient of a function of an X is a function to an X, whatever tree X is.
What NumPy's stubs call Any (many a reduction, arithmetic of mixed types) is taken for whatever is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, ParamSpec, Protocol, TypeAlias, TypeVar, TypeVarTuple, overload

import numpy as np
from numpy.typing import NDArray

__all__ = ["A", "Argnames", "Argnums", "Array", "Bound", "Flat", "Floating", "Floating1", "G", "K", "Numbers", "Out", "P",
           "Primals", "Q", "R", "S", "Scalar", "Shape", "Tangents", "Tree", "Ts", "X", "X0", "X1", "Y"]

Array: TypeAlias = NDArray[np.float64]
"""What most programs are about."""

Scalar: TypeAlias = float | np.floating[Any]
"""One real number. NumPy's stubs give `x @ A @ x` the type of any other array: to a type checker it is no number, though it
is one when the program runs. `(x @ A @ x).item()` satisfies both."""

Numbers: TypeAlias = float | np.ndarray[Any, np.dtype[Any]]
"""Where a function takes a number, a mapped one takes an array of them."""

Argnums = int | Sequence[int]
"""Arguments by position."""
Argnames = str | Sequence[str] | None
"""Arguments by name."""

class Dataclass(Protocol):
    """An instance of a dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


Tree: TypeAlias = (np.ndarray[Any, Any] | np.generic | complex | tuple[Any, ...] | list[Any] | dict[Any, Any] | Dataclass
                   | None)
"""A tree of arrays and numbers, as far as a checker can tell: strings and functions are none."""

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
Out = TypeVar("Out", covariant=True)
"""What a function returns."""
A = TypeVar("A")
"""What a function with has_aux returns beside its value."""
S = TypeVar("S", bound=Scalar)
"""The scalar that a function returns: float, np.float64, np.float32."""
G = TypeVar("G", bound=Any)
"""The type of an array's entries."""
Shape = TypeVar("Shape", bound=Any)
"""The type of an array's shape."""
K = TypeVar("K")
"""The keys of a dict."""
Floating = TypeVar("Floating", bound=np.floating[Any])
"""The type of a real number of NumPy's."""
Floating1 = TypeVar("Floating1", bound=np.floating[Any])
"""That of a second one."""
Primals = TypeVar("Primals")
"""What a jvp rule takes first: the arguments, in a tuple."""
Tangents = TypeVar("Tangents")
"""What it takes second."""
P = ParamSpec("P")
"""The parameters, or those after the ones that are named."""
Q = ParamSpec("Q")
"""The parameters of a method, without self; or those of a rule."""
Ts = TypeVarTuple("Ts")
"""The arguments, one type each."""

Flat = TypeVar("Flat", bound=float | np.number[Any] | np.ndarray[Any, Any])
"""An argument that is one array or number."""


class Bound(Protocol[Q, Out]):
    """A decorated function as an attribute of an instance. A checker cannot tell whether it is a method, whose first
    argument is the instance, or stands under @staticmethod: either call is right."""

    @overload
    def __call__(self, *args: Q.args, **kwargs: Q.kwargs) -> Out: ...

    @overload
    def __call__(self, first: Any, /, *args: Q.args, **kwargs: Q.kwargs) -> Out: ...
