"""How a scan is written down: in one loop, in checkpointed groups of turns, or with some turns in a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ..core.avals import make_aval
from ..core.graph import Graph, replay
from ..core.leaves import aval_of_value
from ..core.primitive import Value, Values
from ..core.tracing import Builder
from ..primitives.structural import reshape
from .inner import cut
from .recomputation import checkpoint_p
from .scan import scan_p

__all__ = ["Turns"]


class Turns(NamedTuple):
    """A scan to be written down: its body, and how."""

    body: Graph
    n_consts: int
    n_carry: int
    reverse: bool
    unroll: int

    def __call__(self, length: int, group: int, state: Sequence[Value], xs: Sequence[Value]) -> list[Value]:
        """The results for consts and carry, and the xs."""
        if group:
            return self._in_groups(length, group, self._checkpointed, state, xs)
        if self.unroll > 1:
            return self._in_groups(length, self.unroll, self._in_a_row, state, xs)
        return list(self._scan(self.body, length, state, xs))

    def _scan(self, body: Graph, length: int, state: Sequence[Value], xs: Sequence[Value]) -> Values:
        return scan_p(*state, *xs, body=body, n_consts=self.n_consts, n_carry=self.n_carry, length=length,
                      reverse=self.reverse)

    def _in_groups(self, length: int, size: int, group: Callable[[int], Graph], state: Sequence[Value],
                   xs: Sequence[Value]) -> list[Value]:
        """A scan of groups of turns, and a group for the turns that are left; `group(n)` is the program for n turns."""
        size = max(1, min(size, length))
        n = length // size
        whole = n * size
        stacks = [reshape(x[:whole], (n, size, *x.shape[1:])) for x in xs]
        parts: list[Sequence[Value]] = []

        def run(is_rest: bool) -> None:
            nonlocal state
            results = replay(group(length - whole), [*state, *[x[whole:] for x in xs]]) if is_rest else self._scan(
                group(size), n, state, stacks)
            new, ys = cut(results, self.n_carry)
            state = [*state[:self.n_consts], *new]
            parts.append(ys if is_rest else [reshape(y, (whole, *aval_of_value(y).shape[2:])) for y in ys])

        order = [False, True] if length > whole else [False]
        for is_rest in reversed(order) if self.reverse else order:
            run(is_rest)
        if self.reverse:
            parts.reverse()
        ys = parts[0] if len(parts) == 1 else [np.concatenate(pair) for pair in zip(*parts, strict=True)]
        return [*state[self.n_consts:], *ys]

    def _inputs(self, length: int, builder: Builder) -> tuple[list[Value], list[Value]]:
        first, xs = cut([v.aval for v in self.body.inputs], self.n_consts + self.n_carry)
        return ([builder.argument(a) for a in first],
                [builder.argument(make_aval((length, *a.shape), a.dtype)) for a in xs])

    def _checkpointed(self, length: int) -> Graph:
        """A group as one checkpointed loop."""
        builder = Builder(embeds=True)
        state, xs = self._inputs(length, builder)
        inside = builder.build(self(length, 0, state, xs))
        outer = Builder(embeds=True)
        return outer.build(checkpoint_p(*[outer.argument(v.aval) for v in inside.inputs], graph=inside))

    def _in_a_row(self, length: int) -> Graph:
        """A group as one turn after another."""
        builder = Builder(embeds=True)
        state, xs = self._inputs(length, builder)
        rows: list[Sequence[Value]] = []
        for i in reversed(range(length)) if self.reverse else range(length):
            new, ys = cut(replay(self.body, [*state, *[x[i] for x in xs]]), self.n_carry)
            state = [*state[:self.n_consts], *new]
            rows.append(ys)
        if self.reverse:
            rows.reverse()
        avals = [a.aval for a in self.body.outputs[self.n_carry:]]
        stacks = [np.stack([row[k] for row in rows]) if rows else np.zeros((0, *a.shape), a.dtype)
                  for k, a in enumerate(avals)]
        return builder.build([*state[self.n_consts:], *stacks])
