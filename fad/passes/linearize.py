"""What jvp, split and transpose come to, one after another.

    pushforward_graph : Graph(x... → y...)  becomes  Graph(x..., dx... → y..., dy...)
    linearized        : Graph(x... → y...)  becomes  Graph(x... → y..., r...) and the linear Graph(r..., dx... ⊸ dy...)
    gradient_graph    : Graph(x... → y)     becomes  Graph(x... → y, ∂y/∂x...)

This is all of reverse mode. See Radul et al., You Only Linearize Once (2023).
"""

from __future__ import annotations

from ..core.graph import Graph, replay
from ..core.tracing import Builder
from .jvp import jvp_graph
from .simplify import drop_dead
from .split import split
from .transpose import transpose

__all__ = ["gradient_graph", "linearized", "pushforward_graph"]


def pushforward_graph(graph: Graph, moves: tuple[bool, ...], n_out: int) -> Graph:
    """Graph(x... → y..., aux...) becomes Graph(x..., dx... → y..., aux..., dy...), where each dy belongs to a y
    whose dtype has tangents."""
    pushed = jvp_graph(graph, moves)
    n_moved = sum(a.aval.inexact for a in graph.outputs[:n_out])
    return drop_dead(Graph(pushed.inputs, pushed.equations, pushed.outputs[:len(graph.outputs) + n_moved]))


def linearized(graph: Graph, moves: tuple[bool, ...], n_out: int) -> tuple[Graph, Graph]:
    """Graph(x... → y..., aux...) becomes Graph(x... → y..., aux..., r...) and the linear Graph(r..., dx... → dy...)."""
    pushed = pushforward_graph(graph, moves, n_out)
    return split(pushed, sum(moves), len(pushed.outputs) - len(graph.outputs))


def gradient_graph(graph: Graph, moves: tuple[bool, ...]) -> Graph:
    """Graph(x... → y, aux...) becomes Graph(x... → y, aux..., ∂y/∂x of each x that moves)."""
    pushed = jvp_graph(graph, moves)
    n, n_outputs = sum(moves), len(graph.outputs)
    now, later = split(drop_dead(Graph(pushed.inputs, pushed.equations, pushed.outputs[:n_outputs + 1])), n, 1)
    pulled = transpose(later, len(later.inputs) - n)
    builder = Builder(embeds=True)
    primals = [builder.argument(v.aval) for v in graph.inputs]
    outputs = replay(now, primals)
    seed = graph.outputs[0].aval.dtype.type(1)
    return builder.build([*outputs[:n_outputs], *replay(pulled, [*outputs[n_outputs:], seed])])
