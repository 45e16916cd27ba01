"""Reverse a linear program: cotangents of the results in, cotangents of the inputs out.

    transpose : Graph(r..., dx... ⊸ dy...)  becomes  Graph(r..., ȳ... ⊸ x̄...)

A linear equation dz = L dx, read from right to left, is x̄ += Lᵀ z̄. The equations are walked backwards,
and what several of them send to one variable is added up. This is all of reverse mode: jvp made the
program linear, split cut it free, and here it is turned around.
"""

from __future__ import annotations

from typing import Any

from ..equation import Atom, Literal, Var
from ..graph import Graph
from ..primitive import Linear, Tangent, Value, Zero
from ..primitives.elementwise import add
from ..primitives.structural import instantiate
from ..tracing import Builder

__all__ = ["transpose"]


def transpose(graph: Graph, n_residuals: int) -> Graph:
    """The transpose of a program that is linear in all inputs but the first `n_residuals`."""
    builder = Builder(embeds=True)
    residuals, unknowns = graph.inputs[:n_residuals], graph.inputs[n_residuals:]
    known: dict[Atom, Value] = {v: builder.argument(v.aval) for v in residuals}
    cotangent: dict[Atom, Value] = {}

    def read(atom: Atom) -> Any:
        return atom.value if isinstance(atom, Literal) else known[atom] if atom in known else Linear(atom.aval)

    def accumulate(atom: Atom, ct: Tangent | None) -> None:
        if isinstance(atom, Var) and atom not in known and ct is not None and not isinstance(ct, Zero):
            cotangent[atom] = add(cotangent[atom], ct) if atom in cotangent else ct

    for atom, ct in zip(graph.outputs, [builder.argument(a.aval) for a in graph.outputs], strict=True):
        accumulate(atom, ct)
    for primitive, operands, params, results, _ in builder.following(reversed(graph.equations)):
        cts = [cotangent.pop(v, Zero(v.aval)) for v in results]
        if all(isinstance(ct, Zero) for ct in cts):
            continue
        assert primitive.transpose is not None, f"{primitive} is not linear, and has no transpose"
        sent = primitive.transpose(cts[0] if len(cts) == 1 else tuple(cts), *map(read, operands), **dict(params))
        for atom, ct in zip(operands, sent, strict=True):
            accumulate(atom, ct)
    return builder.build([instantiate(cotangent.get(v, Zero(v.aval)), builder) for v in unknowns])
