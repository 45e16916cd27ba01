"""All partial derivatives at once: Jacobians and Hessians.

    jacfwd : (x... → y)  becomes  (x... → ∂y/∂x), a pushed tangent for each column
    jacrev : the same, a pulled cotangent for each row
    hessian = jacfwd of jacrev

A row is the pullback of a unit vector, and all rows are one vmap of the pullback over the identity
matrix, never a Python loop.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Concatenate, Literal, overload

import numpy as np
from numpy.typing import NDArray

from ..core.avals import Aval
from ..core.graph import Graph, memoised, replay
from ..core.primitive import Value
from ..core.tracing import Builder
from ..errors import ArgumentError
from ..execute import Program
from ..passes.simplify import drop_dead
from ..passes.transpose import transpose
from ..passes.vmap import vmap_graph
from ..typing import X0, A, G, JacobianOf, Loose, P, Scalar, Shape
from .call import Argnames, Argnums, Call, Moving, moving, places_of, trace_call
from .jit import compiled_like
from .linearize import linearized

__all__ = ["hessian", "jacfwd", "jacobian", "jacobian_graph", "jacrev"]

Mode = Literal["forward", "reverse"]
Moves = tuple[bool, ...]


# -- graphs ---------------------------------------------------------------------------------------


def jacobian_graph(graph: Graph, moves: Moves, n_out: int, mode: Mode) -> Graph:
    """Graph(x... → y..., aux...) becomes Graph(x... → ∂y/∂x..., aux...), the blocks in order of y, then of x.

    The y are the first `n_out` outputs, and a block has shape y.shape + x.shape.
    """
    now, linear = _at_a_point(graph, moves, n_out, mode)
    takes, _ = _sides(graph, moves, n_out, mode)
    size = _total(takes)
    builder = Builder(embeds=True)
    results = replay(now, [builder.argument(v.aval) for v in graph.inputs])
    outputs, residuals = results[:len(graph.outputs)], results[len(graph.outputs):]
    mapped = vmap_graph(linear, (False,) * len(residuals) + (True,) * len(takes), size)
    rows = replay(mapped, [*residuals, *_unit_vectors(takes, 0, size)])
    return drop_dead(builder.build([*_blocks(graph, moves, n_out, mode, rows), *outputs[n_out:]]))


@memoised
def _at_a_point(graph: Graph, moves: Moves, n_out: int, mode: Mode) -> tuple[Graph, Graph]:
    """What can be computed at a point once, and the linear program that takes one unit vector after another."""
    now, later = linearized(graph, moves, n_out)
    return now, later if mode == "forward" else transpose(later, len(later.inputs) - sum(moves))


def _sides(graph: Graph, moves: Moves, n_out: int, mode: Mode) -> tuple[list[Aval], list[Aval]]:
    """The avals of what the linear program takes, and of what it gives."""
    xs = [v.aval for v, moves_ in zip(graph.inputs, moves, strict=True) if moves_]
    ys = [a.aval for a in graph.outputs[:n_out] if a.aval.inexact]
    return (xs, ys) if mode == "forward" else (ys, xs)


def _total(avals: Sequence[Aval]) -> int:
    return sum(a.size for a in avals)


def _unit_vectors(avals: Sequence[Aval], start: int, stop: int) -> list[np.ndarray[Any, Any]]:
    """Rows `start` to `stop` of the identity on all these arrays laid end to end: for each array, its part of them."""
    parts, first = [], 0
    for aval in avals:
        part = np.zeros((stop - start, aval.size), aval.dtype)
        ones = np.arange(max(start, first), min(stop, first + aval.size))
        part[ones - start, ones - first] = 1
        parts.append(part.reshape(stop - start, *aval.shape))
        first += aval.size
    return parts


def _blocks(graph: Graph, moves: Moves, n_out: int, mode: Mode, rows: Sequence[Value]) -> list[Value]:
    """What the linear program gave for all unit vectors, cut into the blocks ∂y/∂x."""
    takes, gives = _sides(graph, moves, n_out, mode)
    block: dict[tuple[int, int], Value] = {}  # (number of y, number of x) -> ∂y/∂x
    first = 0
    for i, taken in enumerate(takes):
        for j, given in enumerate(gives):
            part = rows[j] if len(takes) == 1 else rows[j][first:first + taken.size]
            part = np.reshape(part, (*taken.shape, *given.shape))
            if mode == "reverse":
                block[i, j] = part
            else:  # a column for each unit vector: those axes belong last
                n = len(taken.shape)
                block[j, i] = np.transpose(part, (*range(n, part.ndim), *range(n)))
        first += taken.size
    xs = takes if mode == "forward" else gives
    found: list[Value] = []
    number = 0
    for atom in graph.outputs[:n_out]:
        if atom.aval.inexact:
            found.extend(block[number, j] for j in range(len(xs)))
            number += 1
        else:
            found.extend(np.zeros((*atom.aval.shape, *x.shape), x.dtype) for x in xs)
    return found


@memoised
def _program(graph: Graph, moves: Moves, n_out: int, mode: Mode) -> Program:
    return Program(jacobian_graph(graph, moves, n_out, mode))


@memoised
def _in_chunks(graph: Graph, moves: Moves, n_out: int, mode: Mode, size: int) -> tuple[Program, Program]:
    now, linear = _at_a_point(graph, moves, n_out, mode)
    takes, _ = _sides(graph, moves, n_out, mode)
    flags = (False,) * (len(linear.inputs) - len(takes)) + (True,) * len(takes)
    return Program(now), Program(vmap_graph(linear, flags, size))


@memoised
def _hessian_program(graph: Graph, moves: Moves, n_out: int) -> Program:
    reverse = jacobian_graph(graph, moves, n_out, "reverse")
    return Program(jacobian_graph(reverse, moves, n_out * sum(moves), "forward"))


# -- functions ------------------------------------------------------------------------------------

def _typed(transform: Callable[..., Any]) -> JacobianOf:
    return transform


def _jacobian(transform: str, f: Callable[..., Any], mode: Mode | None, argnums: Argnums, argnames: Argnames,
              has_aux: bool, chunk_size: int | None) -> Callable[..., Any]:
    if chunk_size is not None and chunk_size < 1:
        raise ArgumentError(f"{transform} got chunk_size={chunk_size}", why="a chunk has at least one row",
                            edit="give a chunk_size of 1 or more, or None for all rows at once")

    @functools.wraps(f)
    def jacobian_of_f(*args: Any, **kwargs: Any) -> Any:
        places, single = places_of(f, argnums, argnames, args, kwargs)
        call = Call(f, args, kwargs, places)
        moved = moving(transform, call.selected)
        traced = trace_call(transform, call, moved, has_aux=has_aux)
        graph, moves, n_out = traced.graph, traced.moves, traced.n_out
        n_in = len(moved.values)
        found: Sequence[Value]
        blocks: Sequence[Value]
        aux: Sequence[Value]
        if transform == "hessian":
            found = _hessian_program(graph, moves, n_out)(traced.inputs)
            blocks, aux = found[:n_out * n_in * n_in], found[n_out * n_in * n_in:]
        else:
            chosen = mode or _cheaper(graph, moves, n_out)
            if chunk_size is None:
                found = _program(graph, moves, n_out, chosen)(traced.inputs)
                blocks, aux = found[:n_out * n_in], found[n_out * n_in:]
            else:
                blocks, aux = _chunked(graph, moves, n_out, chosen, traced.inputs, chunk_size)

        depth = 2 if transform == "hessian" else 1
        each = len(blocks) // n_out if n_out else 0
        result = traced.out.rebuilt([_arranged(moved, single, blocks[i * each:(i + 1) * each], depth)
                                     for i in range(n_out)])
        return result if traced.aux is None else (result, traced.aux.rebuilt(aux))

    return compiled_like(f, jacobian_of_f)


def _arranged(moved: Moving, single: bool, blocks: Sequence[Value], depth: int) -> Any:
    """The blocks of one leaf of the result as a tree like the arguments or, at depth 2, as a tree of such trees."""
    if depth == 0:
        block = blocks[0]  # as compiled code takes it, which often wants rows one after another
        return np.ascontiguousarray(block) if isinstance(block, np.ndarray) and block.ndim > 1 else block
    n = len(moved.values)
    each = len(blocks) // n
    arguments = moved.like([_arranged(moved, single, blocks[i * each:(i + 1) * each], depth - 1) for i in range(n)])
    return arguments[0] if single else tuple(arguments)


def _cheaper(graph: Graph, moves: Moves, n_out: int) -> Mode:
    columns, rows = map(_total, _sides(graph, moves, n_out, "forward"))
    return "reverse" if rows < columns else "forward"


def _chunked(graph: Graph, moves: Moves, n_out: int, mode: Mode, inputs: Sequence[Value],
             chunk_size: int) -> tuple[list[Value], Sequence[Value]]:
    """The same blocks, a bounded number of unit vectors at a time."""
    takes, gives = _sides(graph, moves, n_out, mode)
    size, pieces, results = _total(takes), [], None
    for start in range(0, max(size, 1), chunk_size):
        stop = min(start + chunk_size, size)
        now, linear = _in_chunks(graph, moves, n_out, mode, stop - start)
        results = now(inputs) if results is None else results
        pieces.append(linear([*results[len(graph.outputs):], *_unit_vectors(takes, start, stop)]))
    assert results is not None
    rows = [np.concatenate([piece[j] for piece in pieces]) for j in range(len(gives))]
    return _blocks(graph, moves, n_out, mode, rows), results[n_out:len(graph.outputs)]


@_typed
def jacfwd(f: Callable[..., Any], argnums: Argnums = 0, *, argnames: Argnames = None, has_aux: bool = False,
           chunk_size: int | None = None) -> Callable[..., Any]:
    """The function that returns the Jacobian, made column by column in forward mode: for few inputs.

    Args:
        f: returns a tree of arrays; its differentiated arguments are trees of float or complex arrays and numbers.
        argnums, argnames: which arguments, as for `grad`.
        has_aux: f returns (out, aux), and the result is (jacobian, aux).
        chunk_size: at most so many columns at a time, to bound memory; None for all.

    Returns:
        A function of f's parameters. Its result has the structure of out, with the structure of the argument at each
        leaf, and there an array of shape out.shape + in.shape.

    Raises:
        IntegerArgumentError, ArgumentError: as for `grad`.

    >>> jacfwd(lambda x: x ** 2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    return _jacobian("jacfwd", f, "forward", argnums, argnames, has_aux, chunk_size)


@_typed
def jacrev(f: Callable[..., Any], argnums: Argnums = 0, *, argnames: Argnames = None, has_aux: bool = False,
           chunk_size: int | None = None) -> Callable[..., Any]:
    """The function that returns the Jacobian, made row by row in reverse mode: for few outputs.

    Args, returns and raises: as for `jacfwd`; `chunk_size` bounds the rows at a time.

    >>> jacrev(lambda x: x ** 2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    return _jacobian("jacrev", f, "reverse", argnums, argnames, has_aux, chunk_size)


@_typed
def jacobian(f: Callable[..., Any], argnums: Argnums = 0, *, argnames: Argnames = None, has_aux: bool = False,
             chunk_size: int | None = None) -> Callable[..., Any]:
    """The function that returns the Jacobian, in the mode that is cheaper for its sizes.

    Args, returns and raises: as for `jacfwd`.

    >>> jacobian(lambda x: np.array([[1.0, 2.0], [3.0, 4.0]]) @ x)(np.zeros(2))
    array([[1., 2.],
           [3., 4.]])
    """
    return _jacobian("jacobian", f, None, argnums, argnames, has_aux, chunk_size)


@overload
def hessian(f: np.ufunc, argnums: Argnums = 0, *, has_aux: Literal[False] = False) -> Callable[..., Any]: ...


@overload
def hessian(f: Callable[Concatenate[np.ndarray[Shape, np.dtype[G]], P], Scalar], argnums: Literal[0] = 0, *,
            argnames: None = None, has_aux: Literal[False] = False
            ) -> Callable[Concatenate[np.ndarray[Shape, np.dtype[G]], P], NDArray[G]]: ...


@overload
def hessian(f: Callable[Concatenate[np.ndarray[Shape, np.dtype[G]], P], tuple[Scalar, A]], argnums: Literal[0] = 0, *,
            argnames: None = None, has_aux: Literal[True]
            ) -> Callable[Concatenate[np.ndarray[Shape, np.dtype[G]], P], tuple[NDArray[G], A]]: ...


@overload
def hessian(f: Callable[Concatenate[X0, np.ndarray[Shape, np.dtype[G]], P], Scalar], argnums: Literal[1], *,
            argnames: None = None, has_aux: Literal[False] = False
            ) -> Callable[Concatenate[X0, np.ndarray[Shape, np.dtype[G]], P], NDArray[G]]: ...


@overload
def hessian(f: Callable[Concatenate[float, P], Scalar], argnums: Literal[0] = 0, *, argnames: None = None,
            has_aux: Literal[False] = False) -> Callable[Concatenate[float, P], float]: ...


@overload
def hessian(f: Callable[P, Any], argnums: Argnums = 0, *, argnames: Argnames = None,
            has_aux: Literal[False] = False) -> Loose[P, Any]: ...


@overload
def hessian(f: Callable[P, tuple[Any, A]], argnums: Argnums = 0, *, argnames: Argnames = None,
            has_aux: Literal[True]) -> Loose[P, tuple[Any, A]]: ...


def hessian(f: Callable[..., Any], argnums: Argnums = 0, *, argnames: Argnames = None,
            has_aux: bool = False) -> Callable[..., Any]:
    """The function that returns the second derivatives: forward over reverse.

    Args:
        f: usually returns one number; with more of them, there is a Hessian for each.
        argnums, argnames, has_aux: as for `jacfwd`.

    Returns:
        A function of f's parameters. Its result has the structure of out, with the structure of the argument at each
        leaf, and that again at each of its leaves, and there an array of shape out.shape + in.shape + in.shape.

    Raises:
        IntegerArgumentError, ArgumentError: as for `grad`.

    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    return _jacobian("hessian", f, None, argnums, argnames, has_aux, None)
