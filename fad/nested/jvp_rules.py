"""The primitive of a function with a jvp rule of its own.

    custom_jvp[graph, rule] : x..., what f closes over..., what the rule closes over...  →  y...

The graph runs when nobody differentiates. A rule is traced when the function is called, with the values at hand: so what
it closes over is as it is now, and it may ask for values. Where a rule calls its own function, the rule of that call is
traced when somebody differentiates twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from .. import tree
from ..core.avals import Aval
from ..core.graph import Graph, replay
from ..core.leaves import aval_of_value, fitting
from ..core.primitive import Primitive, Tangent, Traced, Value, Values, Zero, innermost
from ..core.tracing import trace
from ..errors import RuleError
from ..passes.vmap import vmap_graph
from ..primitives.structural import instantiate
from ..tree import Structure
from .ruled import Arguments, infer, refuse_moving, run, stack_size

__all__ = ["JvpRule", "TracedJvp", "custom_jvp_p"]


class JvpRule(NamedTuple):
    """A user's jvp rule, as a function of leaves."""

    f: Callable[..., object]
    rule: Callable[..., object]
    arguments: Arguments
    out: Structure

    def __call__(self, primals: Sequence[Value], tangents: Sequence[Value]) -> list[Value]:
        name = getattr(self.f, "__name__", "f")
        result = self.rule(self.arguments.rebuilt(primals), self.arguments.rebuilt(tangents, rest=False))
        if not isinstance(result, tuple) or len(result) != 2:
            raise RuleError(f"the jvp rule of {name} returned a {type(result).__name__}",
                            why="a jvp rule takes (primals, tangents) and returns the result and its tangent",
                            edit="return (out, tangent_out)")
        leaves, structure = tree.flatten(result[1])
        if structure != self.out:
            raise RuleError(f"the jvp rule of {name} returned a tangent of structure {structure} for a result of "
                            f"structure {self.out}", why="a tangent is like the result it belongs to",
                            edit="return a tangent of that structure")
        return leaves


class _MappedJvpRule(NamedTuple):
    """The same rule for stacks of arguments."""

    rule: JvpRule | _MappedJvpRule
    avals: tuple[Aval, ...]  # of the arguments of one example
    mapped: tuple[bool, ...]
    size: int

    def __call__(self, primals: Sequence[Value], tangents: Sequence[Value]) -> Sequence[Value]:
        n = len(self.avals)
        one = trace(lambda *xs: self.rule(xs[:n], xs[n:]), [*self.avals, *self.avals])
        flags = (*self.mapped, *self.mapped, *(False for _ in one.captures))
        return replay(vmap_graph(one.graph, flags, self.size), [*primals, *tangents, *one.captures])


class TracedJvp(NamedTuple):
    """A rule as a Graph(x..., dx..., what the rule closes over... → dy...), for `n` arguments; the function closes over
    `n_held` more values."""

    graph: Graph
    n: int
    n_held: int

    @classmethod
    def of(cls, rule: JvpRule, arrays: Sequence[Value], n_held: int) -> tuple[TracedJvp, tuple[Value, ...]]:
        n = len(arrays)
        avals = [aval_of_value(x) for x in arrays]
        traced = trace(lambda *xs: rule(xs[:n], xs[n:]), [*avals, *avals], arrays)
        return cls(traced.graph, n, n_held), traced.captures

    def pushed(self, primals: Sequence[Value], tangents: Sequence[Value]) -> Sequence[Value]:
        return replay(self.graph, [*primals[:self.n], *tangents, *primals[self.n + self.n_held:]])

    def mapped(self, mapped: Sequence[bool], size: int) -> TracedJvp:
        flags = (*mapped[:self.n], *mapped[:self.n], *mapped[self.n + self.n_held:])
        return self._replace(graph=vmap_graph(self.graph, flags, size))


AnyJvpRule: TypeAlias = JvpRule | _MappedJvpRule | TracedJvp


def _n_arguments(rule: JvpRule | _MappedJvpRule) -> int:
    return len(rule.avals if isinstance(rule, _MappedJvpRule) else rule.arguments.positions)


def _custom_jvp_jvp(primals: Sequence[Value], tangents: Sequence[Tangent], result: Sequence[Traced], /, *, graph: Graph,
                    rule: AnyJvpRule) -> tuple[Tangent, ...]:
    recorder = innermost(primals)
    if isinstance(rule, TracedJvp):
        n = rule.n
        refuse_moving(tangents[n:n + rule.n_held])
        moved = rule.pushed(primals, [instantiate(t, recorder) for t in tangents[:n]])
    else:
        n = _n_arguments(rule)
        refuse_moving(tangents[n:])
        moved = rule(list(primals[:n]), [instantiate(t, recorder) for t in tangents[:n]])
    return tuple([fitting("a jvp rule", "tangent", t, y.aval) if y.aval.inexact else Zero(y.aval)
                  for t, y in zip(moved, result, strict=True)])


def _custom_jvp_batch(operands: Sequence[Value], mapped: Sequence[bool], /, *, graph: Graph, rule: AnyJvpRule) -> Values:
    size = stack_size(operands, mapped)
    if isinstance(rule, TracedJvp):
        flags = tuple(mapped[:len(graph.inputs)])
        return custom_jvp_p(*operands, graph=vmap_graph(graph, flags, size), rule=rule.mapped(mapped, size))
    n = _n_arguments(rule)
    avals = tuple([v.aval for v in graph.inputs[:n]])
    return custom_jvp_p(*operands, graph=vmap_graph(graph, tuple(mapped), size),
                        rule=_MappedJvpRule(rule, avals, tuple(mapped[:n]), size))


custom_jvp_p: Primitive[Values] = Primitive("custom_jvp", run, infer, _custom_jvp_jvp, _custom_jvp_batch, several=True)
