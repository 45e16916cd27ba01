"""All partial derivatives at once: Jacobians and Hessians.

    jacfwd : (x... → y)  becomes  (x... → ∂y/∂x), a pushed tangent for each column
    jacrev : the same, a pulled cotangent for each row
    hessian = jacfwd of jacrev

What makes the program is in `passes.jacobian`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Concatenate, Literal, overload

import numpy as np
from numpy.typing import NDArray

from ..core.graph import Graph, memoised
from ..core.primitive import Operand, Value
from ..errors import ArgumentError
from ..execute import Program
from ..passes.jacobian import Mode, Moves, at_a_point, blocks_of, jacobian_graph, sides, total, unit_vectors
from ..passes.vmap import vmap_graph
from ..typing import X0, A, Flat, G, P, Scalar, Shape, X
from .call import Argnames, Argnums, Call, Moving, moving, named, places_of, trace_call
from .jit import compiled_like

__all__ = ["hessian", "jacfwd", "jacobian", "jacrev"]


@memoised
def _program(graph: Graph, moves: Moves, n_out: int, mode: Mode) -> Program:
    return Program(jacobian_graph(graph, moves, n_out, mode))


@memoised
def _in_chunks(graph: Graph, moves: Moves, n_out: int, mode: Mode, size: int) -> tuple[Program, Program]:
    now, linear = at_a_point(graph, moves, n_out, mode)
    takes, _ = sides(graph, moves, n_out, mode)
    flags = (False,) * (len(linear.inputs) - len(takes)) + (True,) * len(takes)
    return Program(now), Program(vmap_graph(linear, flags, size))


@memoised
def _hessian_program(graph: Graph, moves: Moves, n_out: int) -> Program:
    reverse = jacobian_graph(graph, moves, n_out, "reverse")
    return Program(jacobian_graph(reverse, moves, n_out * sum(moves), "forward"))


# -- functions ------------------------------------------------------------------------------------

def _jacobian(transform: str, f: Callable[..., object], mode: Mode | None, argnums: Argnums, argnames: Argnames,
              has_aux: bool, chunk_size: int | None) -> Callable[..., Any]:
    if chunk_size is not None and chunk_size < 1:
        raise ArgumentError(f"{transform} got chunk_size={chunk_size}", why="a chunk has at least one row",
                            edit="give a chunk_size of 1 or more, or None for all rows at once")

    @named(transform, f)
    def jacobian_of_f(*args: object, **kwargs: object) -> object:
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


def _arranged(moved: Moving, single: bool, blocks: Sequence[Operand], depth: int) -> Any:
    """The blocks of one leaf of the result as a tree like the arguments or, at depth 2, as a tree of such trees."""
    if depth == 0:
        block = blocks[0]  # as compiled code takes it, which often wants rows one after another
        return np.ascontiguousarray(block) if isinstance(block, np.ndarray) and block.ndim > 1 else block
    n = len(moved.values)
    each = len(blocks) // n
    arguments = moved.like([_arranged(moved, single, blocks[i * each:(i + 1) * each], depth - 1) for i in range(n)])
    return arguments[0] if single else tuple(arguments)


def _cheaper(graph: Graph, moves: Moves, n_out: int) -> Mode:
    columns, rows = map(total, sides(graph, moves, n_out, "forward"))
    return "reverse" if rows < columns else "forward"


def _chunked(graph: Graph, moves: Moves, n_out: int, mode: Mode, inputs: Sequence[Value],
             chunk_size: int) -> tuple[list[Value], Sequence[Value]]:
    """The same blocks, a bounded number of unit vectors at a time."""
    takes, gives = sides(graph, moves, n_out, mode)
    size, pieces, results = total(takes), [], None
    for start in range(0, max(size, 1), chunk_size):
        stop = min(start + chunk_size, size)
        now, linear = _in_chunks(graph, moves, n_out, mode, stop - start)
        results = now(inputs) if results is None else results
        pieces.append(linear([*results[len(graph.outputs):], *unit_vectors(takes, start, stop)]))
    assert results is not None
    rows = [np.concatenate([piece[j] for piece in pieces]) for j in range(len(gives))]
    return blocks_of(graph, moves, n_out, mode, rows), results[n_out:len(graph.outputs)]


# The argument's type where the result is one number; an array where argument and result are arrays or numbers; and Any for
# all other trees, and for lambdas: see `grad`.


@overload
def jacfwd(f: np.ufunc, argnums: Argnums = 0, *, chunk_size: int | None = None) -> Any: ...


@overload
def jacfwd(f: Callable[Concatenate[X, P], Scalar], argnums: Literal[0] = 0, *,
           chunk_size: int | None = None) -> Callable[Concatenate[X, P], X]: ...


@overload
def jacfwd(f: Callable[Concatenate[Flat, P], np.ndarray[Any, np.dtype[G]]], argnums: Literal[0] = 0, *,
           chunk_size: int | None = None) -> Callable[Concatenate[Flat, P], NDArray[G]]: ...


@overload
def jacfwd(f: Callable[Concatenate[X0, Flat, P], np.ndarray[Any, np.dtype[G]]], argnums: Literal[1], *,
           chunk_size: int | None = None) -> Callable[Concatenate[X0, Flat, P], NDArray[G]]: ...


@overload
def jacfwd(f: Callable[Concatenate[Flat, P], tuple[np.ndarray[Any, np.dtype[G]], A]], argnums: Literal[0] = 0, *,
           has_aux: Literal[True], chunk_size: int | None = None
           ) -> Callable[Concatenate[Flat, P], tuple[NDArray[G], A]]: ...


@overload
def jacfwd(f: Callable[P, Any], argnums: Argnums = 0, *, argnames: Argnames = None, has_aux: Literal[False] = False,
           chunk_size: int | None = None) -> Any: ...


@overload
def jacfwd(f: Callable[P, tuple[Any, A]], argnums: Argnums = 0, *, argnames: Argnames = None, has_aux: Literal[True],
           chunk_size: int | None = None) -> Callable[P, tuple[Any, A]] | Any: ...


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


@overload
def jacrev(f: np.ufunc, argnums: Argnums = 0, *, chunk_size: int | None = None) -> Any: ...


@overload
def jacrev(f: Callable[Concatenate[X, P], Scalar], argnums: Literal[0] = 0, *,
           chunk_size: int | None = None) -> Callable[Concatenate[X, P], X]: ...


@overload
def jacrev(f: Callable[Concatenate[Flat, P], np.ndarray[Any, np.dtype[G]]], argnums: Literal[0] = 0, *,
           chunk_size: int | None = None) -> Callable[Concatenate[Flat, P], NDArray[G]]: ...


@overload
def jacrev(f: Callable[Concatenate[X0, Flat, P], np.ndarray[Any, np.dtype[G]]], argnums: Literal[1], *,
           chunk_size: int | None = None) -> Callable[Concatenate[X0, Flat, P], NDArray[G]]: ...


@overload
def jacrev(f: Callable[Concatenate[Flat, P], tuple[np.ndarray[Any, np.dtype[G]], A]], argnums: Literal[0] = 0, *,
           has_aux: Literal[True], chunk_size: int | None = None
           ) -> Callable[Concatenate[Flat, P], tuple[NDArray[G], A]]: ...


@overload
def jacrev(f: Callable[P, Any], argnums: Argnums = 0, *, argnames: Argnames = None, has_aux: Literal[False] = False,
           chunk_size: int | None = None) -> Any: ...


@overload
def jacrev(f: Callable[P, tuple[Any, A]], argnums: Argnums = 0, *, argnames: Argnames = None, has_aux: Literal[True],
           chunk_size: int | None = None) -> Callable[P, tuple[Any, A]] | Any: ...


def jacrev(f: Callable[..., Any], argnums: Argnums = 0, *, argnames: Argnames = None, has_aux: bool = False,
           chunk_size: int | None = None) -> Callable[..., Any]:
    """The function that returns the Jacobian, made row by row in reverse mode: for few outputs.

    Args, returns and raises: as for `jacfwd`; `chunk_size` bounds the rows at a time.

    >>> jacrev(lambda x: x ** 2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    return _jacobian("jacrev", f, "reverse", argnums, argnames, has_aux, chunk_size)


@overload
def jacobian(f: np.ufunc, argnums: Argnums = 0, *, chunk_size: int | None = None) -> Any: ...


@overload
def jacobian(f: Callable[Concatenate[X, P], Scalar], argnums: Literal[0] = 0, *,
             chunk_size: int | None = None) -> Callable[Concatenate[X, P], X]: ...


@overload
def jacobian(f: Callable[Concatenate[Flat, P], np.ndarray[Any, np.dtype[G]]], argnums: Literal[0] = 0, *,
             chunk_size: int | None = None) -> Callable[Concatenate[Flat, P], NDArray[G]]: ...


@overload
def jacobian(f: Callable[Concatenate[X0, Flat, P], np.ndarray[Any, np.dtype[G]]], argnums: Literal[1], *,
             chunk_size: int | None = None) -> Callable[Concatenate[X0, Flat, P], NDArray[G]]: ...


@overload
def jacobian(f: Callable[Concatenate[Flat, P], tuple[np.ndarray[Any, np.dtype[G]], A]], argnums: Literal[0] = 0, *,
             has_aux: Literal[True], chunk_size: int | None = None
             ) -> Callable[Concatenate[Flat, P], tuple[NDArray[G], A]]: ...


@overload
def jacobian(f: Callable[P, Any], argnums: Argnums = 0, *, argnames: Argnames = None, has_aux: Literal[False] = False,
             chunk_size: int | None = None) -> Any: ...


@overload
def jacobian(f: Callable[P, tuple[Any, A]], argnums: Argnums = 0, *, argnames: Argnames = None, has_aux: Literal[True],
             chunk_size: int | None = None) -> Callable[P, tuple[Any, A]] | Any: ...


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
def hessian(f: np.ufunc, argnums: Argnums = 0) -> Any: ...


@overload
def hessian(f: Callable[Concatenate[np.ndarray[Shape, np.dtype[G]], P], Scalar], argnums: Literal[0] = 0
            ) -> Callable[Concatenate[np.ndarray[Shape, np.dtype[G]], P], NDArray[G]]: ...


@overload
def hessian(f: Callable[Concatenate[X0, np.ndarray[Shape, np.dtype[G]], P], Scalar], argnums: Literal[1]
            ) -> Callable[Concatenate[X0, np.ndarray[Shape, np.dtype[G]], P], NDArray[G]]: ...


@overload
def hessian(f: Callable[Concatenate[float, P], Scalar],
            argnums: Literal[0] = 0) -> Callable[Concatenate[float, P], float]: ...


@overload
def hessian(f: Callable[Concatenate[np.ndarray[Shape, np.dtype[G]], P], tuple[Scalar, A]], argnums: Literal[0] = 0, *,
            has_aux: Literal[True]
            ) -> Callable[Concatenate[np.ndarray[Shape, np.dtype[G]], P], tuple[NDArray[G], A]]: ...


@overload
def hessian(f: Callable[P, Any], argnums: Argnums = 0, *, argnames: Argnames = None,
            has_aux: Literal[False] = False) -> Any: ...


@overload
def hessian(f: Callable[P, tuple[Any, A]], argnums: Argnums = 0, *, argnames: Argnames = None,
            has_aux: Literal[True]) -> Callable[P, tuple[Any, A]] | Any: ...


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
