"""The same meaning with less work: Graph -> Graph.

    simplify : Graph(x... → y...)  becomes  Graph(x... → y...)

A program is written anew, one equation after another, and each is simplified as it is written: what it
computes is looked up among the identities of `algebra` and `structure`, and among the equations already
there. Then what nobody uses is left out. Inputs and outputs stay as they are.
"""

from __future__ import annotations

from ...core.graph import Graph
from ...primitives.contraction import contract_p
from . import algebra, structure
from .rewriting import Identities, rewrite
from .unused import drop_dead

__all__ = ["drop_dead", "simplify"]

_IDENTITIES: Identities = {**structure.identities, **algebra.identities}
for _primitive in structure.identities.keys() & algebra.identities.keys():
    _IDENTITIES[_primitive] = [*structure.identities[_primitive], *algebra.identities[_primitive]]

_MOST_ROUNDS = 2  # the second finds what the first has laid bare; a third found nothing in any program tried


def simplify(graph: Graph) -> Graph:
    """All of it, until nothing changes."""
    graph = drop_dead(graph)
    for number in range(_MOST_ROUNDS):
        better = drop_dead(rewrite(graph, _IDENTITIES, shared=number > 0))
        if len(better.equations) == len(graph.equations) and (number > 0 or not _has_products(better)):
            return better
        graph = better
    return graph


def _has_products(graph: Graph) -> bool:
    """Whether there are contractions, which are put in order when it is known what is used how often."""
    return any(e.primitive is contract_p for e in graph.equations)
