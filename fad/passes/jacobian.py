"""All partial derivatives in one program.

    jacobian_graph : Graph(x... → y...)  becomes  Graph(x... → ∂y/∂x...)

A row is the pullback of a unit vector (a column the pushforward of one), and all rows are one vmap of the pullback
over the identity matrix, never a Python loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from ..core.avals import Aval
from ..core.graph import Graph, memoised, replay
from ..core.primitive import Value
from ..core.tracing import Builder
from .linearize import linearized
from .simplify import drop_dead
from .transpose import transpose
from .vmap import vmap_graph

__all__ = ["Mode", "Moves", "at_a_point", "blocks_of", "jacobian_graph", "sides", "total", "unit_vectors"]

Mode = Literal["forward", "reverse"]
Moves = tuple[bool, ...]


def jacobian_graph(graph: Graph, moves: Moves, n_out: int, mode: Mode) -> Graph:
    """Graph(x... → y..., aux...) becomes Graph(x... → ∂y/∂x..., aux...), the blocks in order of y, then of x.

    The y are the first `n_out` outputs, and a block has shape y.shape + x.shape.
    """
    now, linear = at_a_point(graph, moves, n_out, mode)
    takes, _ = sides(graph, moves, n_out, mode)
    size = total(takes)
    builder = Builder(embeds=True)
    results = replay(now, [builder.argument(v.aval) for v in graph.inputs])
    outputs, residuals = results[:len(graph.outputs)], results[len(graph.outputs):]
    mapped = vmap_graph(linear, (False,) * len(residuals) + (True,) * len(takes), size)
    rows = replay(mapped, [*residuals, *unit_vectors(takes, 0, size)])
    return drop_dead(builder.build([*blocks_of(graph, moves, n_out, mode, rows), *outputs[n_out:]]))


@memoised
def at_a_point(graph: Graph, moves: Moves, n_out: int, mode: Mode) -> tuple[Graph, Graph]:
    """What can be computed at a point once, and the linear program that takes one unit vector after another."""
    now, later = linearized(graph, moves, n_out)
    return now, later if mode == "forward" else transpose(later, len(later.inputs) - sum(moves))


def sides(graph: Graph, moves: Moves, n_out: int, mode: Mode) -> tuple[list[Aval], list[Aval]]:
    """The avals of what the linear program takes, and of what it gives."""
    xs = [v.aval for v, moves_ in zip(graph.inputs, moves, strict=True) if moves_]
    ys = [a.aval for a in graph.outputs[:n_out] if a.aval.inexact]
    return (xs, ys) if mode == "forward" else (ys, xs)


def total(avals: Sequence[Aval]) -> int:
    """How many entries these arrays have together."""
    return sum(a.size for a in avals)


def unit_vectors(avals: Sequence[Aval], start: int, stop: int) -> list[Value]:
    """Rows `start` to `stop` of the identity on all these arrays laid end to end: for each array, its part of them."""
    parts, first = [], 0
    for aval in avals:
        part = np.zeros((stop - start, aval.size), aval.dtype)
        ones = np.arange(max(start, first), min(stop, first + aval.size))
        part[ones - start, ones - first] = 1
        parts.append(part.reshape(stop - start, *aval.shape))
        first += aval.size
    return parts


def blocks_of(graph: Graph, moves: Moves, n_out: int, mode: Mode, rows: Sequence[Value]) -> list[Value]:
    """What the linear program gave for all unit vectors, cut into the blocks ∂y/∂x."""
    takes, gives = sides(graph, moves, n_out, mode)
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
