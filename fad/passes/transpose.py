"""Reverse a linear program: cotangents of the results in, cotangents of the inputs out.

    transpose : Graph(r..., dx... ⊸ dy...)  becomes  Graph(r..., ȳ... ⊸ x̄...)

The r are what the program is not linear in.

A linear equation dz = L dx, read from right to left, is x̄ += Lᵀ z̄. The equations are walked backwards,
and what several of them send to one variable is added up. This is all of reverse mode: jvp made the
program linear, split cut it free, and here it is turned around.

What a selection sends to the branch that was not chosen is zero, and stays so: see `masks`.
"""

from __future__ import annotations

from ..core.equation import Atom, Literal, Var
from ..core.graph import Graph, replay
from ..core.primitive import Linear, Tangent, Value, Zero
from ..core.tracing import Builder
from ..primitives.elementwise import add
from ..primitives.structural import instantiate
from .masks import Marked, cleaned, together
from .pulling import Pulling
from .simplify import drop_dead
from .split import split

__all__ = ["transpose", "transposed"]


def transpose(graph: Graph, n_residuals: int) -> Graph:
    """The transpose of a program that is linear in all inputs but the first `n_residuals`, and in every equation."""
    builder = Builder(embeds=True)
    residuals, unknowns = graph.inputs[:n_residuals], graph.inputs[n_residuals:]
    known: dict[Atom, Value] = {v: builder.argument(v.aval) for v in residuals}
    cotangent: dict[Atom, Value] = {}

    def read(atom: Atom) -> Value | Linear:
        if isinstance(atom, Literal):
            value: Value = atom.value
            return value
        return known[atom] if atom in known else Linear(atom.aval)

    marks: dict[Atom, Marked] = {}  # what is known of some cotangents
    pulling = Pulling()

    def accumulate(atom: Atom, ct: Tangent | None, marked: Marked | None = None) -> None:
        if not isinstance(atom, Var) or atom in known or ct is None or isinstance(ct, Zero):
            return
        if atom in cotangent and marked is None and atom not in marks:
            ct = add(cotangent[atom], ct)
        elif atom in cotangent:
            ct, marked = together(cotangent[atom], marks.pop(atom, None), ct, marked)
        cotangent[atom] = ct
        if marked is not None:
            marks[atom] = marked

    for atom, argument in zip(graph.outputs, [builder.argument(a.aval) for a in graph.outputs], strict=True):
        accumulate(atom, argument)
    masked = False
    for equation in builder.following(reversed(graph.equations)):
        primitive, operands, params, results, _ = equation
        cts = [cotangent.pop(v, Zero(v.aval)) for v in results]
        if all(isinstance(ct, Zero) for ct in cts):
            continue
        assert primitive.transpose is not None, f"{primitive} is not linear, and has no transpose"
        if pulling.concerns(primitive, params) or marks and not marks.keys().isdisjoint(results):
            masked = True
            of_results = [marks.pop(v, None) for v in results]
            for atom, (ct, marked) in zip(operands, pulling.sent(
                    equation, cts, of_results, [*map(read, operands)]), strict=True):
                accumulate(atom, ct, marked)
            continue
        sent = primitive.transpose(tuple(cts) if primitive.several else cts[0], *map(read, operands), **dict(params))
        for atom, ct in zip(operands, sent, strict=True):
            accumulate(atom, ct)
    for atom, marked in marks.items():
        cotangent[atom] = cleaned(cotangent[atom], marked)
    pulled = builder.build([instantiate(cotangent.get(v, Zero(v.aval)), builder) for v in unknowns])
    return drop_dead(pulled) if masked else pulled


def transposed(graph: Graph, n_residuals: int) -> Graph:
    """The same where some of the equations are about residuals alone: they are computed first."""
    n_linear = len(graph.inputs) - n_residuals
    now, later = split(graph, n_linear, len(graph.outputs))
    pulled = transpose(later, len(later.inputs) - n_linear)
    builder = Builder(embeds=True)
    residuals = [builder.argument(v.aval) for v in graph.inputs[:n_residuals]]
    cts = [builder.argument(a.aval) for a in graph.outputs]
    return builder.build(replay(pulled, [*replay(now, residuals), *cts]))
