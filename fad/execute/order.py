"""When an equation runs: just before its result is wanted, if that keeps less in memory.

A pullback needs 1 - tanh² x, and the forward part could make it; but tanh x is kept in any case, and so
1 - tanh² x is better made when it is wanted: an array less is kept in memory meanwhile, and the work is
done in the same block as what it is for.
"""

from __future__ import annotations

from math import inf

from ..core.equation import Atom, Equation, Literal
from ..core.graph import Graph

__all__ = ["late"]

_LEAST_SIZE = 1024  # entries of an array that is worth moving work about
_NEVER = 1 << 60
_DEPTH = 4  # equations that wait together


def late(graph: Graph) -> list[Equation]:
    """The equations, entrywise ones moved to just before their first use where that keeps less in memory."""
    made_by: dict[Atom, Equation] = {v: e for e in graph.equations for v in e.results}
    uses: dict[Atom, int] = {}
    for e in graph.equations:
        for a in e.operands:
            uses[a] = uses.get(a, 0) + 1
    numbers = {e: i for i, e in enumerate(graph.equations)}
    kept = set(graph.outputs)
    first: dict[Atom, int] = {}  # a variable -> where the first equation that uses it goes
    last: dict[Atom, int] = {a: _NEVER for a in (*graph.inputs, *graph.outputs)}  # and where the last one goes

    def price(e: Equation, until: int, depth: int = _DEPTH) -> float:
        """What it costs to run an equation as late as that: entries, times the steps for which they are kept longer."""
        if e.primitive.kind != "entrywise" or depth == 0:
            return inf
        total = 0.0
        for a in dict.fromkeys(e.operands):
            if isinstance(a, Literal) or last.get(a, -1) >= until:
                continue
            maker = made_by.get(a)
            alone = maker is not None and uses[a] == e.operands.count(a)
            kept_longer = a.aval.size * (until - max(last.get(a, -1), numbers[e]))
            total += min(kept_longer, price(maker, until, depth - 1)) if alone and maker is not None else kept_longer
        return total

    places = [0] * len(graph.equations)
    for i in range(len(graph.equations) - 1, -1, -1):
        e = graph.equations[i]
        at = i
        if e.results and e.results[0].aval.size >= _LEAST_SIZE and e.results[0] not in kept:
            wanted = first.get(e.results[0], i)
            if wanted > i and price(e, wanted) < e.results[0].aval.size * (wanted - i):
                at = wanted
        places[i] = at
        for a in e.operands:
            first[a] = min(first.get(a, _NEVER), at)
            last[a] = max(last.get(a, -1), at)
    return [graph.equations[i] for i in sorted(range(len(places)), key=lambda i: (places[i], i))]
