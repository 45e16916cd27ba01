"""Forward mode: from a program to the program that also pushes tangents through it.

    jvp : Graph(x... → y...)  becomes  Graph(x..., dx... → y..., dy...)

Each equation is written down again, and after it the tangent of its result, which the primitive's jvp
rule makes from the tangents of its operands. A tangent that is known to vanish stays symbolic and costs
nothing. See Griewank & Walther, Evaluating Derivatives (2008), chapter 3.
"""

from __future__ import annotations

from typing import Any

from ..core.equation import Atom, Var
from ..core.graph import Graph, inlined, memoised
from ..core.primitive import Tangent, Value, Zero
from ..core.tracing import Builder
from ..primitives.structural import instantiate

__all__ = ["jvp_graph", "moved_outputs"]


@memoised
def jvp_graph(graph: Graph, moving: tuple[bool, ...], wanted: tuple[bool, ...] | None = None) -> Graph:
    """The program with tangents: one more input for each input that is `moving`, one more output for each
    output that is `wanted`, by default for those whose dtype has tangents (float or complex)."""
    builder, primals, tangents = _pushed(graph, moving)
    chosen = [a.aval.inexact for a in graph.outputs] if wanted is None else wanted
    moved = [instantiate(t, builder) for t, w in zip(tangents, chosen, strict=True) if w]
    return builder.build([*primals, *moved])


@memoised
def moved_outputs(graph: Graph, moving: tuple[bool, ...]) -> tuple[bool, ...]:
    """Which outputs have a tangent that is not known to vanish."""
    return tuple([not isinstance(t, Zero) for t in _pushed(graph, moving)[2]])


def _pushed(graph: Graph, moving: tuple[bool, ...]) -> tuple[Builder, list[Value], list[Tangent]]:
    graph = inlined(graph)
    builder = Builder(embeds=True)
    primal: dict[Atom, Value] = {v: builder.argument(v.aval) for v in graph.inputs}
    tangent: dict[Atom, Tangent] = {v: builder.argument(v.aval)
                                    for v, moves in zip(graph.inputs, moving, strict=True) if moves}

    def primal_of(atom: Atom) -> Value:
        return primal[atom] if isinstance(atom, Var) else atom.value

    def tangent_of(atom: Atom) -> Tangent:
        return tangent[atom] if atom in tangent else Zero(atom.aval)

    for equation in builder.following(graph.equations):
        primitive, operands, params, results, _ = equation
        xs = [primal_of(a) for a in operands]
        moves = any(a in tangent for a in operands)
        out: Any  # one, or several
        moved: Any = ()
        if moves and primitive.inner is not None:
            out, moved = primitive.inner.push(xs, [tangent_of(a) for a in operands], **dict(params))
        else:
            out = builder.record(primitive, xs, params)
            if moves:
                builder.source = equation.source and equation.source.derivative
                moved = primitive.jvp(xs, [tangent_of(a) for a in operands], out, **dict(params))
        primal.update(zip(results, out if primitive.several else (out,), strict=True))
        if moves:
            for v, t in zip(results, moved if primitive.several else (moved,), strict=True):
                if not isinstance(t, Zero) and v.aval.inexact:
                    tangent[v] = t
    return builder, [primal_of(a) for a in graph.outputs], [tangent_of(a) for a in graph.outputs]
