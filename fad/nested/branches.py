"""One of two programs, as one equation.

    cond[otherwise, then] : (which, x...) → y...

Both are Graphs(x... → y...) of the same types; the second runs where `which` is true. Transforms work on
both. Where `which` is mapped the examples go different ways: both programs run, and each example takes
its own results.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..core.avals import Aval
from ..core.equation import Atom, Equation, Var
from ..core.graph import Graph, memoised, replay
from ..core.leaves import aval_of_value
from ..core.primitive import Linear, Primitive, Tangent, Value, Values, Zero
from ..core.tracing import Builder
from ..execute import Program
from ..passes.jvp import jvp_graph, moved_outputs
from ..passes.split import late_outputs, split
from ..passes.transpose import transposed
from ..passes.vmap import vmap_graph
from ..primitives.elementwise import select
from ..primitives.structural import broadcast, full
from .inner import New, chosen, cut, filled, holding, instantiated, stack_size, there, trimmed, unchosen

__all__ = ["cond_p"]

Flags = tuple[bool, ...]


def _either(a: Sequence[bool], b: Sequence[bool]) -> Flags:
    return tuple([x or y for x, y in zip(a, b, strict=True)])


def _infer(which: Aval, *avals: Aval, otherwise: Graph, then: Graph) -> tuple[Aval, ...]:
    assert list(avals) == [v.aval for v in then.inputs] == [v.aval for v in otherwise.inputs], avals
    results = tuple([a.aval for a in then.outputs])
    assert results == tuple([a.aval for a in otherwise.outputs]), results
    return results


def _push(primals: Sequence[Value], tangents: Sequence[Tangent], *, otherwise: Graph,
          then: Graph) -> tuple[list[Value], list[Tangent]]:
    moves = tuple([not isinstance(t, Zero) for t in tangents[1:]])
    moved = _either(moved_outputs(otherwise, moves), moved_outputs(then, moves))
    results = cond_p(*primals, *instantiated(chosen(tangents[1:], moves), *primals),
                     otherwise=jvp_graph(otherwise, moves, moved), then=jvp_graph(then, moves, moved))
    out, d_out = cut(results, len(moved))
    return out, filled(moved, d_out, [Zero(aval_of_value(y)) for y in unchosen(out, moved)])


def _batch(operands: Sequence[Value], mapped: Sequence[bool], *, otherwise: Graph, then: Graph) -> Sequence[Value]:
    size = stack_size(operands, mapped)
    which, *xs = operands
    flags = tuple(mapped[1:])
    otherwise, then = vmap_graph(otherwise, flags, size), vmap_graph(then, flags, size)
    if not mapped[0]:
        return cond_p(which, *xs, otherwise=otherwise, then=then)
    pairs = zip(replay(then, xs), replay(otherwise, xs), strict=True)
    return [select(broadcast(which, y.shape, tuple(range(1, len(y.shape)))), y, z) for y, z in pairs]


# -- split ----------------------------------------------------------------------------------------


@memoised
def _halves(graph: Graph, late: Flags, late_out: Flags) -> tuple[Graph, Graph]:
    """Graph(early x → early y, r) and Graph(r, late x → late y)."""
    ordered = Graph((*unchosen(graph.inputs, late), *chosen(graph.inputs, late)), graph.equations,
                    (*unchosen(graph.outputs, late_out), *chosen(graph.outputs, late_out)))
    return split(ordered, sum(late), sum(late_out))


def _split(equation: Equation, late: Sequence[bool], new: New) -> tuple[list[Equation], list[Equation]]:
    params = dict(equation.params)
    if late[0]:
        return [], [equation]
    flags = tuple(late[1:])
    graphs: list[Graph] = [params["otherwise"], params["then"]]
    late_out = _either(*[late_outputs(g, flags) for g in graphs])
    halves = [_halves(g, flags, late_out) for g in graphs]
    which, *xs = equation.operands
    early, waiting = unchosen(xs, flags), chosen(xs, flags)
    n_early = len(late_out) - sum(late_out)

    # What the first half hands to the second goes through places that the two programs share, if they are of one type.
    places: list[Aval] = []
    kept = [g.outputs[n_early:] for g, _ in halves]
    homes = [_homes([a.aval for a in run], places) for run in kept]
    firsts = [_handing_over(g, n_early, home, places) for (g, _), home in zip(halves, homes, strict=True)]
    handed = [new(aval) for aval in places]
    results = [*unchosen(equation.results, late_out), *handed]
    now = [_equation([which, *early], results, equation, *firsts)] if results else []
    seconds = [_taking_over(g, home, places) for (_, g), home in zip(halves, homes, strict=True)]
    return now, [_equation([which, *handed, *waiting], chosen(equation.results, late_out), equation, *seconds)]


def _homes(avals: Sequence[Aval], places: list[Aval]) -> list[int]:
    """A place of its own for each value, new ones where need be."""
    taken: list[int] = []
    for aval in avals:
        home = next((i for i, place in enumerate(places) if place is aval and i not in taken), len(places))
        if home == len(places):
            places.append(aval)
        taken.append(home)
    return taken


def _handing_over(graph: Graph, n_early: int, homes: Sequence[int], places: Sequence[Aval]) -> Graph:
    """The first half, with its residuals in their places, and zeros in those of the other program."""
    builder = Builder(embeds=True)
    early, residuals = cut(replay(graph, [builder.argument(v.aval) for v in graph.inputs]), n_early)
    there = dict(zip(homes, residuals, strict=True))
    handed = [there[i] if i in there else full(0, aval, builder) for i, aval in enumerate(places)]
    return builder.build([*early, *handed])


def _taking_over(graph: Graph, homes: Sequence[int], places: Sequence[Aval]) -> Graph:
    """The second half, with an input for every place."""
    builder = Builder(embeds=True)
    there = [builder.argument(aval) for aval in places]
    late = [builder.argument(v.aval) for v in graph.inputs[len(homes):]]
    return builder.build(replay(graph, [*[there[i] for i in homes], *late]))


def _equation(operands: Sequence[Atom], results: Sequence[Var], like: Equation, otherwise: Graph,
              then: Graph) -> Equation:
    return Equation(cond_p, tuple(operands), (("otherwise", otherwise), ("then", then)), tuple(results), like.source)


# -- transpose, trim ------------------------------------------------------------------------------


def _transpose(cts: Sequence[Tangent], /, which: Value, *operands: Value, otherwise: Graph,
               then: Graph) -> list[Tangent | None]:
    linear = tuple([isinstance(x, Linear) for x in operands])
    moved = tuple([not isinstance(ct, Zero) for ct in cts])
    results = cond_p(which, *unchosen(operands, linear), *there(cts), then=_turned(then, linear, moved),
                     otherwise=_turned(otherwise, linear, moved))
    nothing: list[Tangent | None] = [None] * len(operands)
    return [None, *filled(linear, results, nothing)]


@memoised
def _turned(graph: Graph, linear: Flags, moved: Flags) -> Graph:
    inputs = (*unchosen(graph.inputs, linear), *chosen(graph.inputs, linear))
    return transposed(Graph(inputs, graph.equations, tuple(chosen(graph.outputs, moved))), len(linear) - sum(linear))


def _trim(equation: Equation, wanted: Sequence[bool]) -> Equation:
    params = dict(equation.params)
    (otherwise, used), (then, used_too) = trimmed(params["otherwise"], wanted), trimmed(params["then"], wanted)
    kept = _either(used, used_too)
    smaller = [Graph(tuple(chosen(g.inputs, kept)), g.equations, g.outputs) for g in (otherwise, then)]
    return _equation([equation.operands[0], *chosen(equation.operands[1:], kept)], chosen(equation.results, wanted),
                     equation, *smaller)


@memoised
def _program(graph: Graph) -> Program:
    return Program(graph)


def _compiled(*, otherwise: Graph, then: Graph) -> Callable[..., Values]:
    programs = _program(otherwise), _program(then)
    return lambda which, *xs: programs[bool(which)](xs)


cond_p: Primitive[Values] = holding("cond", _infer, _push, _batch, _split, _transpose, _trim, _compiled)
