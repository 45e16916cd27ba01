"""Directional derivatives: tangents pushed forward, cotangents pulled back, at one point.

    jvp       : (x..., dx...)  →  y, dy
    linearize : x...  →  y, (dx... ⊸ dy)
    vjp       : x...  →  y, (ȳ ⊸ x̄...)
    hvp       : (x, v)  →  H(x) v

`linearize` is jvp, then split; `vjp` is linearize, then transpose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, overload

import numpy as np

from .. import tree
from ..core.graph import Graph, memoised
from ..core.leaves import fitting
from ..core.primitive import Value
from ..errors import TreeError
from ..execute import Program
from ..passes.linearize import gradient_graph, linearized, pushforward_graph
from ..passes.simplify import drop_dead
from ..passes.transpose import transpose
from ..typing import A, S, Scalar, Ts, X, Y
from .call import Call, Moving, TracedCall, check_scalar, matching, moving, trace_call

__all__ = ["hvp", "jvp", "linearize", "vjp"]


# -- graphs ---------------------------------------------------------------------------------------


@memoised
def _pushing(graph: Graph, moves: tuple[bool, ...], n_out: int) -> Program:
    return Program(pushforward_graph(graph, moves, n_out))


@memoised
def _linearizing(graph: Graph, moves: tuple[bool, ...], n_out: int) -> tuple[Program, Program]:
    now, later = linearized(graph, moves, n_out)
    return Program(now), Program(later)


@memoised
def _pulling(graph: Graph, moves: tuple[bool, ...], n_out: int) -> tuple[Program, Program]:
    now, later = linearized(graph, moves, n_out)
    return Program(now), Program(transpose(later, len(later.inputs) - sum(moves)))


@memoised
def _hessian_times(graph: Graph, moves: tuple[bool, ...]) -> Program:
    gradient = gradient_graph(graph, moves)
    n = sum(moves)
    only = drop_dead(Graph(gradient.inputs, gradient.equations, gradient.outputs[-n:] if n else ()))
    pushed = pushforward_graph(only, moves, n)
    return Program(drop_dead(Graph(pushed.inputs, pushed.equations, pushed.outputs[n:])))


# -- functions ------------------------------------------------------------------------------------


def _at(transform: str, f: Callable[..., Any], primals: Sequence[Any], has_aux: bool) -> tuple[Moving, TracedCall]:
    moved = moving(transform, primals)
    call = Call(f, tuple(primals), {}, range(len(primals)))
    return moved, trace_call(transform, call, moved, has_aux=has_aux)


def _tangent_out(traced: TracedCall, tangents: Sequence[Value]) -> Any:
    """The tangents of the results, in their structure; zeros where a result has a dtype without tangents."""
    rest = iter(tangents)
    return traced.out.rebuilt([next(rest) if a.aval.inexact else np.zeros(a.aval.shape, a.aval.dtype)[()]
                               for a in traced.graph.outputs[:traced.n_out]])


@overload
def jvp(f: Callable[[*Ts], Y], primals: tuple[*Ts], tangents: tuple[*Ts], *,
        has_aux: Literal[False] = False) -> tuple[Y, Y]: ...


@overload
def jvp(f: Callable[[*Ts], tuple[Y, A]], primals: tuple[*Ts], tangents: tuple[*Ts], *,
        has_aux: Literal[True]) -> tuple[Y, Y, A]: ...


@overload
def jvp(f: Callable[..., Any], primals: list[Any], tangents: list[Any], *, has_aux: bool = False) -> Any: ...


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], *, has_aux: bool = False) -> Any:
    """The value of a function and its derivative in one direction: forward mode.

    Args:
        f: a function of trees of float or complex arrays and numbers.
        primals: its arguments, in a tuple or list.
        tangents: the direction: for each primal a tree of the same structure and shapes.
        has_aux: f returns (out, aux), and aux is returned as a third entry.

    Returns:
        (out, tangent_out), the second like the first.

    Raises:
        TreeError, ShapeError, DtypeError: the tangents are not like the primals.
        IntegerArgumentError: a primal has an integer or boolean dtype.

    >>> jvp(np.sin, (0.0,), (2.0,))
    (np.float64(0.0), np.float64(2.0))

    Griewank & Walther, Evaluating Derivatives (2008), chapter 3.
    """
    for name, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, (tuple, list)):
            raise TreeError(f"jvp got {name} of type {type(given).__name__}",
                            why="they are given in a tuple, one an argument",
                            edit=f"write ({name},) for one argument")
    moved, traced = _at("jvp", f, primals, has_aux)
    directions = matching("jvp", "tangent", tangents, moved)
    results = _pushing(traced.graph, traced.moves, traced.n_out)([*traced.inputs, *directions])
    n_out, n = traced.n_out, len(traced.graph.outputs)
    out, tangent_out = traced.out.rebuilt(results[:n_out]), _tangent_out(traced, results[n:])
    return (out, tangent_out) if traced.aux is None else (out, tangent_out, traced.aux.rebuilt(results[n_out:n]))


def linearize(f: Callable[[*Ts], Y], *primals: *Ts) -> tuple[Y, Callable[[*Ts], Y]]:
    """The value of a function at a point, and its derivative there as a linear function of the direction.

    Args:
        f: a function of trees of float or complex arrays and numbers.
        *primals: its arguments.

    Returns:
        (out, pushforward). `pushforward(*tangents)` is `jvp`'s tangent_out without running f again; it can be called
        any number of times.

    Raises:
        IntegerArgumentError: a primal has an integer or boolean dtype.
        TreeError, ShapeError, DtypeError: in a call of pushforward, the tangents are not like the primals.

    >>> out, pushforward = linearize(np.sin, 0.0)
    >>> pushforward(1.0), pushforward(3.0)
    (np.float64(1.0), np.float64(3.0))

    Radul et al., You Only Linearize Once (2023).
    """
    moved, traced = _at("linearize", f, primals, False)
    now, later = _linearizing(traced.graph, traced.moves, traced.n_out)
    results = now(traced.inputs)
    residuals = results[traced.n_out:]

    def pushforward(*tangents: *Ts) -> Y:
        tangent_out: Y = _tangent_out(traced, later([*residuals, *matching("pushforward", "tangent", tangents, moved)]))
        return tangent_out

    return traced.out.rebuilt(results[:traced.n_out]), pushforward


@overload
def vjp(f: Callable[[*Ts], S], *primals: *Ts,
        has_aux: Literal[False] = False) -> tuple[S, Callable[[Scalar], tuple[*Ts]]]: ...


@overload
def vjp(f: Callable[[*Ts], Y], *primals: *Ts,
        has_aux: Literal[False] = False) -> tuple[Y, Callable[[Y], tuple[*Ts]]]: ...


@overload
def vjp(f: Callable[[*Ts], tuple[S, A]], *primals: *Ts,
        has_aux: Literal[True]) -> tuple[S, Callable[[Scalar], tuple[*Ts]], A]: ...


@overload
def vjp(f: Callable[[*Ts], tuple[Y, A]], *primals: *Ts,
        has_aux: Literal[True]) -> tuple[Y, Callable[[Y], tuple[*Ts]], A]: ...


def vjp(f: Callable[[*Ts], Any], *primals: *Ts, has_aux: bool = False) -> Any:
    """The value of a function at a point, and the pullback, which carries cotangents of the result to the arguments.

    Args:
        f: a function of trees of float or complex arrays and numbers.
        *primals: its arguments.
        has_aux: f returns (out, aux), and aux is returned as a third entry.

    Returns:
        (out, pullback). `pullback(ct)`, with ct like out, is a tuple of trees, one like each primal: the transposed
        Jacobian times ct. It can be called any number of times.

    Raises:
        IntegerArgumentError: a primal has an integer or boolean dtype.
        TreeError, ShapeError, DtypeError: in a call of pullback, ct is not like out.

    >>> out, pullback = vjp(lambda x, y: x * y, 2.0, 3.0)
    >>> pullback(1.0)
    (np.float64(3.0), np.float64(2.0))

    Radul et al., You Only Linearize Once (2023).
    """
    moved, traced = _at("vjp", f, primals, has_aux)
    now, back = _pulling(traced.graph, traced.moves, traced.n_out)
    results = now(traced.inputs)
    n_out, n = traced.n_out, len(traced.graph.outputs)
    residuals = results[n:]
    outputs = traced.graph.outputs[:n_out]

    def pullback(ct: Any) -> tuple[Any, ...]:
        leaves, structure = tree.flatten(ct)
        if structure != traced.out.structure:
            raise TreeError(f"a pullback got a cotangent of structure {structure} for a result of structure "
                            f"{traced.out.structure}", why="a cotangent has an entry for each entry of the result",
                            edit="give it the structure of the result")
        cts = [fitting("a pullback", "cotangent", leaves[at], a.aval)
               for at, a in zip(traced.out.positions, outputs, strict=True) if a.aval.inexact]
        return tuple(moved.like(back([*residuals, *cts])))

    out = traced.out.rebuilt(results[:n_out])
    return (out, pullback) if traced.aux is None else (out, pullback, traced.aux.rebuilt(results[n_out:n]))


def hvp(f: Callable[[X], Scalar], x: X, v: X) -> X:
    """The Hessian of a scalar function times a vector, without the Hessian: forward over reverse.

    Args:
        f: a function of one tree of arrays that returns one real number.
        x: where; any tree of float arrays and numbers.
        v: a tree like x.

    Returns:
        A tree like x, for a small multiple of the cost of f.

    Raises:
        NonScalarError: the result is not one number.
        TreeError, ShapeError, DtypeError: v is not like x.

    >>> hvp(lambda x: np.sum(x ** 3), np.array([1.0, 2.0]), np.array([1.0, 0.0]))
    array([6., 0.])

    Pearlmutter, Fast Exact Multiplication by the Hessian (1994).
    """
    moved, traced = _at("hvp", f, (x,), False)
    check_scalar("hvp", traced)
    direction = matching("hvp", "vector", (v,), moved)
    product: X = moved.like(_hessian_times(traced.graph, traced.moves)([*traced.inputs, *direction]))[0]
    return product
