"""A graph in one equation, which is run again where its residuals are wanted.

    checkpoint[graph] : x...  →  y...

Cut in two, the equation gives its results now, and is run again, whole, when the tangents or cotangents are
there: then the residuals are made inside, used and forgotten. As the graph stays inside its equation, no
sharing of equations undoes this.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..core.avals import Aval
from ..core.equation import Atom, Equation
from ..core.graph import Graph, memoised
from ..core.leaves import aval_of_value
from ..core.primitive import Linear, Primitive, Tangent, Value, Values, Zero
from ..execute import Program
from ..passes.jvp import jvp_graph, moved_outputs
from ..passes.split import late_outputs
from ..passes.transpose import transposed
from ..passes.vmap import vmap_graph
from .inner import New, chosen, cut, filled, holding, stack_size, there, trimmed, unchosen

__all__ = ["checkpoint_p"]

Flags = tuple[bool, ...]


def _infer(*avals: Aval, graph: Graph) -> tuple[Aval, ...]:
    assert list(avals) == [v.aval for v in graph.inputs], (avals, graph.inputs)
    return tuple([a.aval for a in graph.outputs])


def _push(primals: Sequence[Value], tangents: Sequence[Tangent], *, graph: Graph) -> tuple[list[Value], list[Tangent]]:
    moves = tuple([not isinstance(t, Zero) for t in tangents])
    moved = moved_outputs(graph, moves)
    results = checkpoint_p(*primals, *there(tangents), graph=jvp_graph(graph, moves, moved))
    out, d_out = cut(results, len(moved))
    return out, filled(moved, d_out, [Zero(aval_of_value(y)) for y in unchosen(out, moved)])


def _batch(operands: Sequence[Value], mapped: Sequence[bool], *, graph: Graph) -> Values:
    mapped_graph = vmap_graph(graph, tuple(mapped), stack_size(operands, mapped))
    return checkpoint_p(*operands, graph=mapped_graph)


def _split(equation: Equation, late: Sequence[bool], new: New) -> tuple[list[Equation], list[Equation]]:
    waiting = late_outputs(dict(equation.params)["graph"], tuple(late))
    now = [] if all(waiting) else [_trim(equation, [not w for w in waiting])]
    return now, [_trim(equation, waiting)] if any(waiting) else []


def _transpose(cts: Sequence[Tangent], /, *operands: Value, graph: Graph) -> list[Tangent | None]:
    linear = tuple([isinstance(x, Linear) for x in operands])
    moved = tuple([not isinstance(ct, Zero) for ct in cts])
    results = checkpoint_p(*unchosen(operands, linear), *there(cts), graph=_turned(graph, linear, moved))
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


def _compiled(*, graph: Graph) -> Callable[..., Values]:
    program = _program(graph)
    return lambda *operands: program(operands)


checkpoint_p: Primitive[Values] = holding("checkpoint", _infer, _push, _batch, _split, _transpose, _trim, _compiled)
