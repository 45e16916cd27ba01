"""The gradient of a function of anything that returns one number.

    grad : (x... → y)  becomes  (x... → ∂y/∂x...)

It is the vjp of a scalar result, applied to 1. Trace, and look up what was derived and compiled for a
graph like this one; only a new graph pays for jvp, split, transpose and compilation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Concatenate, Literal, overload

import numpy as np

from ..core.graph import Graph, memoised
from ..core.primitive import Value
from ..execute import Program
from ..passes.linearize import gradient_graph
from ..passes.simplify import drop_dead
from ..typing import X0, X1, A, P, S, Scalar, X
from .call import Argnames, Argnums, Call, check_scalar, moving, named, places_of, trace_call
from .jit import compiled_like

__all__ = ["grad", "value_and_grad"]


@memoised
def _program(graph: Graph, moves: tuple[bool, ...], with_value: bool) -> Program:
    whole = gradient_graph(graph, moves)
    return Program(whole if with_value else drop_dead(Graph(whole.inputs, whole.equations, whole.outputs[1:])))


def _differentiate(transform: str, f: Callable[..., object], argnums: Argnums, argnames: Argnames, has_aux: bool,
                   args: tuple[object, ...], kwargs: dict[str, object], *,
                   with_value: bool) -> tuple[Value | None, object, object]:
    """The value, where it is wanted, aux and gradient at one call."""
    places, single = places_of(f, argnums, argnames, args, kwargs)
    call = Call(f, args, kwargs, places)
    moved = moving(transform, call.selected)
    traced = trace_call(transform, call, moved, has_aux=has_aux)
    check_scalar(transform, traced)
    results = _program(traced.graph, traced.moves, with_value)(traced.inputs)
    value, results = (results[0], results[1:]) if with_value else (None, results)
    n_aux = len(traced.graph.outputs) - 1
    gradients = moved.like(results[n_aux:])
    aux = traced.aux.rebuilt(results[:n_aux]) if traced.aux is not None else None
    return value, aux, gradients[0] if single else tuple(gradients)


# NumPy's own functions come first: their stubs have forms for strings as well, and a checker takes the first form. Then
# argnums=0, 1 and (0, 1), of which all is known. Of the others a checker learns how they are called. Any and `| Any` are for
# lambdas as well, whose types are unknown: between forms that differ in them, mypy settles for Any.


@overload
def grad(f: np.ufunc, argnums: Argnums = 0) -> Any: ...


@overload
def grad(f: Callable[Concatenate[X, P], Scalar], argnums: Literal[0] = 0) -> Callable[Concatenate[X, P], X]: ...


@overload
def grad(f: Callable[Concatenate[X0, X, P], Scalar], argnums: Literal[1]) -> Callable[Concatenate[X0, X, P], X]: ...


@overload
def grad(f: Callable[Concatenate[X0, X1, P], Scalar],
         argnums: tuple[Literal[0], Literal[1]]) -> Callable[Concatenate[X0, X1, P], tuple[X0, X1]]: ...


@overload
def grad(f: Callable[Concatenate[X, P], tuple[Scalar, A]], argnums: Literal[0] = 0, *,
         has_aux: Literal[True]) -> Callable[Concatenate[X, P], tuple[X, A]]: ...


@overload
def grad(f: Callable[P, Scalar | tuple[Scalar, Any]], argnums: Argnums, *,
         has_aux: bool = False) -> Callable[P, Any] | Any: ...


@overload
def grad(f: Callable[P, Scalar | tuple[Scalar, Any]], *, argnames: str | Sequence[str],
         has_aux: bool = False) -> Callable[P, Any] | Any: ...


def grad(f: Callable[..., Any], argnums: Argnums = 0, *, argnames: Argnames = None,
         has_aux: bool = False) -> Callable[..., Any]:
    """The function that returns the gradient of a scalar function.

    Args:
        f: returns one real number, of any shape-() kind; its differentiated arguments are trees of float or
            complex arrays and numbers. (A type checker takes `x @ A @ x` for an array: write `(x @ A @ x).item()`.)
        argnums: the position of the argument to differentiate, or a sequence of positions.
        argnames: names instead of positions, keyword-only parameters included.
        has_aux: f returns (value, aux), and the gradient is returned as (gradient, aux).

    Returns:
        A function of f's parameters. It returns the gradient, in the structure, shapes and dtypes of the argument,
        or a tuple of gradients where several arguments were selected. For a complex argument x + iy it is
        ∂f/∂x - i ∂f/∂y.

    Raises:
        NonScalarError: the result is not one number.
        IntegerArgumentError: an argument to differentiate has an integer or boolean dtype.
        ArgumentError: `argnums` or `argnames` selects an argument that is not there.

    >>> import numpy as np
    >>> grad(lambda x: np.sum(np.sin(x) ** 2))(np.array([0.0, np.pi / 4]))
    array([0., 1.])

    Reverse mode as transposed forward mode: Radul et al., You Only Linearize Once (2023).
    """

    @named("grad", f)
    def gradient(*args: object, **kwargs: object) -> object:
        _, aux, gradients = _differentiate("grad", f, argnums, argnames, has_aux, args, kwargs, with_value=False)
        return (gradients, aux) if has_aux else gradients

    return compiled_like(f, gradient)


@overload
def value_and_grad(f: np.ufunc, argnums: Argnums = 0) -> Any: ...


@overload
def value_and_grad(f: Callable[Concatenate[X, P], S],
                   argnums: Literal[0] = 0) -> Callable[Concatenate[X, P], tuple[S, X]]: ...


@overload
def value_and_grad(f: Callable[Concatenate[X0, X, P], S],
                   argnums: Literal[1]) -> Callable[Concatenate[X0, X, P], tuple[S, X]]: ...


@overload
def value_and_grad(f: Callable[Concatenate[X0, X1, P], S], argnums: tuple[Literal[0], Literal[1]]
                   ) -> Callable[Concatenate[X0, X1, P], tuple[S, tuple[X0, X1]]]: ...


@overload
def value_and_grad(f: Callable[Concatenate[X, P], tuple[S, A]], argnums: Literal[0] = 0, *,
                   has_aux: Literal[True]) -> Callable[Concatenate[X, P], tuple[tuple[S, A], X]]: ...


@overload
def value_and_grad(f: Callable[P, Scalar | tuple[Scalar, Any]], argnums: Argnums, *,
                   has_aux: bool = False) -> Callable[P, Any] | Any: ...


@overload
def value_and_grad(f: Callable[P, Scalar | tuple[Scalar, Any]], *, argnames: str | Sequence[str],
                   has_aux: bool = False) -> Callable[P, Any] | Any: ...


def value_and_grad(f: Callable[..., Any], argnums: Argnums = 0, *, argnames: Argnames = None,
                   has_aux: bool = False) -> Callable[..., Any]:
    """The function that returns the value and the gradient of a scalar function, for the price of the gradient.

    Args:
        f, argnums, argnames, has_aux: as for `grad`.

    Returns:
        A function that returns (value, gradient); with `has_aux`, ((value, aux), gradient).

    Raises:
        NonScalarError, IntegerArgumentError, ArgumentError: as for `grad`.

    >>> value_and_grad(lambda x: x ** 3)(2.0)
    (np.float64(8.0), np.float64(12.0))
    """

    @named("value_and_grad", f)
    def value_and_gradient(*args: object, **kwargs: object) -> object:
        value, aux, gradients = _differentiate(
            "value_and_grad", f, argnums, argnames, has_aux, args, kwargs, with_value=True)
        return ((value, aux) if has_aux else value), gradients

    return compiled_like(f, value_and_gradient)
