"""Batching: from a program for one example to the program for a stack of them.

    vmap : Graph(x... → y...)  becomes  Graph(x[n]... → y[n]...)

The stack is always axis 0 inside. An equation none of whose operands is mapped is left as it is: it is
computed once for all.
"""

from __future__ import annotations

from ..core.avals import make_aval
from ..core.equation import Atom, Var
from ..core.graph import Graph, inlined, memoised
from ..core.primitive import Value
from ..core.tracing import Builder
from ..primitives.structural import broadcast_p

__all__ = ["depends", "vmap_graph"]


@memoised
def depends(graph: Graph, mapped: tuple[bool, ...]) -> tuple[bool, ...]:
    """Which outputs depend on the mapped inputs."""
    graph = inlined(graph)
    reached: set[Atom] = {v for v, m in zip(graph.inputs, mapped, strict=True) if m}
    for equation in graph.equations:
        if not reached.isdisjoint(equation.operands):
            reached.update(equation.results)
    return tuple([a in reached for a in graph.outputs])


@memoised
def vmap_graph(graph: Graph, mapped: tuple[bool, ...], size: int, stacked: tuple[bool, ...] | None = None) -> Graph:
    """The program for a stack of `size` examples: the mapped inputs have it as axis 0, and so have all outputs, or
    those that are `stacked`."""
    graph = inlined(graph)
    builder = Builder(embeds=True)
    value: dict[Atom, Value] = {
        v: builder.argument(make_aval((size, *v.aval.shape), v.aval.dtype) if m else v.aval)
        for v, m in zip(graph.inputs, mapped, strict=True)}
    stacks: set[Atom] = {v for v, m in zip(graph.inputs, mapped, strict=True) if m}

    def read(atom: Atom) -> Value:
        found: Value = value[atom] if isinstance(atom, Var) else atom.value
        return found

    for primitive, operands, params, results, _ in builder.following(graph.equations):
        xs = [read(a) for a in operands]
        flags = [a in stacks for a in operands]
        if any(flags):
            out = primitive.batch(xs, flags, **dict(params))
            stacks.update(results)
        else:
            out = builder.record(primitive, xs, params)
        value.update(zip(results, out if primitive.several else (out,), strict=True))

    def output(atom: Atom, whole: bool) -> Value:
        y = read(atom)
        if atom in stacks or not whole:
            return y
        spread: Value = builder.record(broadcast_p, (y,), (("axes", (0,)), ("shape", (size, *atom.aval.shape))))
        return spread

    return builder.build([output(a, whole) for a, whole in zip(
        graph.outputs, stacked or (True,) * len(graph.outputs), strict=True)])
