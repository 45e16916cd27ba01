"""Recomputation instead of storage.

    checkpoint : f  becomes  f, of which reverse mode keeps the arguments alone

A call is one equation that holds f's graph. Cut in two, it gives its results now, and is run again, whole,
when the tangents or cotangents are there: then the residuals are made inside, used and forgotten. As the
graph stays inside its equation, no sharing of equations undoes this.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from .. import tree
from ..avals import Aval
from ..equation import Atom, Equation
from ..execute import Program
from ..graph import Graph, inlined, memoised
from ..primitive import Linear, Primitive, Tangent, Value, Zero
from ..tracing import active_builder
from ..typing import P, R
from .call import Results, aval_of_value, is_array
from .inner import New, chosen, cut, filled, holding, stack_size, traced_inside, trimmed, unchosen
from .jvp import jvp_graph, moved_outputs
from .split import late_outputs
from .transpose import transposed
from .vmap import vmap_graph

__all__ = ["checkpoint", "checkpoint_p"]

Flags = tuple[bool, ...]


def _infer(*avals: Aval, graph: Graph) -> tuple[Aval, ...]:
    assert list(avals) == [v.aval for v in graph.inputs], (avals, graph.inputs)
    return tuple([a.aval for a in graph.outputs])


def _push(primals: Sequence[Value], tangents: Sequence[Tangent], *, graph: Graph) -> tuple[list[Value], list[Tangent]]:
    moves = tuple([not isinstance(t, Zero) for t in tangents])
    moved = moved_outputs(graph, moves)
    results = checkpoint_p(*primals, *chosen(tangents, moves), graph=jvp_graph(graph, moves, moved))
    out, d_out = cut(results, len(moved))
    return out, filled(moved, d_out, [Zero(y.aval) for y in unchosen(out, moved)])


def _batch(operands: Sequence[Value], mapped: Sequence[bool], *, graph: Graph) -> Sequence[Value]:
    mapped_graph = vmap_graph(graph, tuple(mapped), stack_size(operands, mapped))
    results: Sequence[Value] = checkpoint_p(*operands, graph=mapped_graph)
    return results


def _split(equation: Equation, late: Sequence[bool], new: New) -> tuple[list[Equation], list[Equation]]:
    waiting = late_outputs(dict(equation.params)["graph"], tuple(late))
    now = [] if all(waiting) else [_trim(equation, [not w for w in waiting])]
    return now, [_trim(equation, waiting)] if any(waiting) else []


def _transpose(cts: Sequence[Tangent], /, *operands: Value, graph: Graph) -> list[Tangent | None]:
    linear = tuple([isinstance(x, Linear) for x in operands])
    moved = tuple([not isinstance(ct, Zero) for ct in cts])
    results = checkpoint_p(*unchosen(operands, linear), *chosen(cts, moved), graph=_turned(graph, linear, moved))
    nothing: list[Tangent | None] = [None] * len(operands)
    return filled(linear, results, nothing)


@memoised
def _turned(graph: Graph, linear: Flags, moved: Flags) -> Graph:
    """The values once more, and then the way back."""
    inputs = (*unchosen(graph.inputs, linear), *chosen(graph.inputs, linear))
    return transposed(Graph(inputs, graph.equations, tuple(chosen(graph.outputs, moved))), len(linear) - sum(linear))


def _trim(equation: Equation, wanted: Sequence[bool]) -> Equation:
    smaller, used = trimmed(dict(equation.params)["graph"], wanted)
    operands: tuple[Atom, ...] = tuple(chosen(equation.operands, used))
    graph = Graph(tuple(chosen(smaller.inputs, used)), smaller.equations, smaller.outputs)
    results = tuple(chosen(equation.results, wanted))
    return Equation(checkpoint_p, operands, (("graph", graph),), results, equation.source)


@memoised
def _program(graph: Graph) -> Program:
    return Program(graph)


def _compiled(*, graph: Graph) -> Callable[..., Any]:
    program = _program(graph)
    return lambda *operands: program(operands)


checkpoint_p: Primitive = holding("checkpoint", _infer, _push, _batch, _split, _transpose, _trim, _compiled)


# -- the function of functions --------------------------------------------------------------------


def checkpoint(f: Callable[P, R]) -> Callable[P, R]:
    """The same function, recomputed in the pullback instead of stored.

    Reverse mode keeps what it needs of a function from the way there for the way back. Of a checkpointed one it keeps
    the arguments, and runs it again: less memory, for the time of one more evaluation. A chain of n steps, in √n
    checkpointed groups, needs memory for 2√n steps.

    Args:
        f: a function of trees of arrays; other arguments reach it untouched.

    Returns:
        A function like f, whose derivatives are f's, of every order and under every transform.

    >>> import numpy as np, fad
    >>> layer = checkpoint(lambda w, x: np.tanh(w @ x))
    >>> fad.grad(lambda w: np.sum(layer(w, layer(w, np.ones(2)))))(np.zeros((2, 2)))
    array([[0., 0.],
           [0., 0.]])

    Griewank & Walther, Algorithm 799: revolve (2000).
    """

    @functools.wraps(f)
    def recomputed(*args: P.args, **kwargs: P.kwargs) -> R:
        if active_builder() is None:
            return f(*args, **kwargs)
        leaves, structure = tree.flatten((args, kwargs))
        positions = [i for i, leaf in enumerate(leaves) if is_array(leaf)]
        found: list[Results] = []

        def function(*tracers: Value) -> list[Value]:
            given = list(leaves)
            for i, x in zip(positions, tracers, strict=True):
                given[i] = x
            inner_args, inner_kwargs = tree.unflatten(structure, given)
            out, shape = tree.flatten(f(*inner_args, **inner_kwargs))
            places = [i for i, leaf in enumerate(out) if is_array(leaf)]
            found.append(Results(shape, [None if i in places else x for i, x in enumerate(out)], places))
            return [out[i] for i in places]

        values = [leaves[i] for i in positions]
        weak = [type(x) in (float, int, complex, bool) or getattr(x, "weak", False) for x in values]
        traced = traced_inside(function, [aval_of_value(x) for x in values], values, weak)
        result: R = found[0].rebuilt(checkpoint_p(*values, *traced.captures, graph=inlined(traced.graph)))
        return result

    return recomputed
