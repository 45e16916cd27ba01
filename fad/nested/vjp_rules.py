"""The primitive of a function with a vjp rule of its own, and the linear function that its rule describes.

    custom_vjp[graph, rule]  : x..., what f and the rule close over...  →  y...
    linear_call[pullback]    : r..., dx...  ⊸  dy...
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from .. import tree
from ..core.avals import Aval, make_aval
from ..core.graph import Graph, memoised, replay
from ..core.leaves import aval_of_value, fitting
from ..core.primitive import Linear, Primitive, Tangent, Traced, Value, Values, Zero, innermost
from ..core.tracing import Builder, trace
from ..errors import RuleError
from ..passes.jvp import jvp_graph
from ..passes.transpose import transposed
from ..passes.vmap import vmap_graph
from ..primitives.structural import broadcast, instantiate
from ..tree import Structure
from .ruled import Arguments, compiled, infer, refuse_moving, run, stack_size

__all__ = ["TracedVjp", "VjpRule", "custom_vjp_p", "linear_call_p"]


# -- the rule -------------------------------------------------------------------------------------


class VjpRule(NamedTuple):
    """A user's vjp rule, as functions of leaves."""

    f: Callable[..., object]
    forward: Callable[..., object]
    backward: Callable[..., object]
    arguments: Arguments
    out: Structure
    order: Hashable  # of out: see `tree.in_order`

    def linearized(self, primals: Sequence[Value], avals: Sequence[Aval]) -> tuple[list[Value], Graph]:
        """The residuals at the primals, and the pullback Graph(r..., ȳ... ⊸ x̄...)."""
        name = getattr(self.f, "__name__", "f")
        result = self.forward(*self.arguments.rebuilt(primals))
        if not isinstance(result, tuple) or len(result) != 2:
            raise RuleError(f"the forward rule of {name} returned a {type(result).__name__}",
                            why="a forward rule returns the result and what the backward rule needs of this call",
                            edit="return (out, residuals)")
        kept, residuals = Arguments.of((result[1],))
        n = len(residuals)
        inputs = [aval_of_value(x) for x in primals]

        def backward(*values: Value) -> list[Value]:
            cts = self.backward(*kept.rebuilt(values[:n]), tree.unflatten(self.out, values[n:]))
            return self._cotangents(name, cts, inputs)

        pullback = trace(backward, [*[aval_of_value(r) for r in residuals], *avals])
        order = [*pullback.graph.inputs[:n], *pullback.graph.inputs[n + len(avals):],
                 *pullback.graph.inputs[n:n + len(avals)]]  # what it closes over is a residual as well
        return ([*residuals, *pullback.captures],
                Graph(tuple(order), pullback.graph.equations, pullback.graph.outputs))

    def _cotangents(self, name: str, cts: object, inputs: Sequence[Aval]) -> list[Value]:
        """The cotangents of the arrays among the arguments; None means zero."""
        given = cts if isinstance(cts, (tuple, list)) else (cts,)
        expected = self.arguments.structure.children
        if len(given) != len(expected):
            raise RuleError(f"the backward rule of {name} returned {len(given)} cotangents for {len(expected)} arguments",
                            why="each argument has one", edit="return a tuple with a cotangent, or None, for each argument")
        leaves: list[Any] = []
        for i, (ct, structure) in enumerate(zip(given, expected, strict=True)):
            found, shape = ([None] * structure.n_leaves, structure) if ct is None else tree.flatten(ct)
            if shape != structure:
                raise RuleError(f"the backward rule of {name} returned, for argument {i} of structure {structure}, a "
                                f"cotangent of structure {shape}", why="a cotangent is like its argument",
                                edit="return a cotangent of that structure")
            leaves.extend(found)
        found = [leaves[i] for i in self.arguments.positions]
        return [np.zeros(a.shape, a.dtype)[()] if ct is None or not a.inexact
                else fitting(f"the backward rule of {name}", "cotangent", ct, a)
                for ct, a in zip(found, inputs, strict=True)]


class _MappedVjpRule(NamedTuple):
    """The same rule for stacks of arguments."""

    rule: VjpRule | _MappedVjpRule
    avals: tuple[Aval, ...]
    mapped: tuple[bool, ...]
    size: int

    def linearized(self, primals: Sequence[Value], avals: Sequence[Aval]) -> tuple[list[Value], Graph]:
        found: list[Graph] = []
        one_out = [make_aval(a.shape[1:], a.dtype) for a in avals]

        def forward(*xs: Value) -> list[Value]:
            residuals, pullback = self.rule.linearized(xs, one_out)
            found.append(pullback)
            return residuals

        one = trace(forward, self.avals)
        residuals = replay(vmap_graph(one.graph, (*self.mapped, *(False for _ in one.captures)), self.size),
                           [*primals, *one.captures])
        pullback = vmap_graph(found[0], (True,) * len(found[0].inputs), self.size)
        return list(residuals), _summed(pullback, self.mapped)


class TracedVjp(NamedTuple):
    """A rule as graphs: `forward`(x..., what it closes over... → r...) and `pullback`(r..., what that closes over...,
    ȳ... ⊸ x̄...), for `n` arguments; the function closes over `n_held` more values, and `forward` over `n_forward`."""

    forward: Graph
    pullback: Graph
    n: int
    n_held: int
    n_forward: int

    @classmethod
    def of(cls, rule: VjpRule, arrays: Sequence[Value], outputs: Sequence[Aval],
           n_held: int) -> tuple[TracedVjp, tuple[Value, ...]]:
        pullbacks: list[Graph] = []

        def forward(*xs: Value) -> list[Value]:
            residuals, pullback = rule.linearized(xs, outputs)
            pullbacks.append(pullback)
            return residuals

        traced = trace(forward, [aval_of_value(x) for x in arrays], arrays)
        return cls(traced.graph, pullbacks[0], len(arrays), n_held, len(traced.captures)), traced.captures

    def linearized(self, primals: Sequence[Value]) -> tuple[list[Value], Graph]:
        """The residuals at the primals, and the pullback."""
        after = self.n + self.n_held
        return list(replay(self.forward, [*primals[:self.n], *primals[after:]])), self.pullback

    def mapped(self, mapped: Sequence[bool], size: int) -> TracedVjp:
        flags = (*mapped[:self.n], *mapped[self.n + self.n_held:])
        pullback = vmap_graph(self.pullback, (True,) * len(self.pullback.inputs), size)
        return self._replace(forward=vmap_graph(self.forward, flags, size),
                             pullback=_summed(pullback, mapped[:self.n]))


def _summed(pullback: Graph, mapped: Sequence[bool]) -> Graph:
    """A pullback of a stack, with the cotangents of what all examples share added up."""
    builder = Builder(embeds=True)
    cts = replay(pullback, [builder.argument(v.aval) for v in pullback.inputs])
    return builder.build([ct if m else np.sum(ct, 0) for ct, m in zip(cts, mapped, strict=True)])


AnyVjpRule: TypeAlias = VjpRule | _MappedVjpRule | TracedVjp


def _n_arguments(rule: VjpRule | _MappedVjpRule) -> int:
    return len(rule.avals if isinstance(rule, _MappedVjpRule) else rule.arguments.positions)


def _custom_vjp_jvp(primals: Sequence[Value], tangents: Sequence[Tangent], result: Sequence[Traced], /, *, graph: Graph,
                    rule: AnyVjpRule) -> tuple[Tangent, ...]:
    if isinstance(rule, TracedVjp):
        n = rule.n
        refuse_moving(tangents[n:n + rule.n_held])
        residuals, pullback = rule.linearized(primals)
    else:
        n = _n_arguments(rule)
        refuse_moving(tangents[n:])
        residuals, pullback = rule.linearized(list(primals[:n]), [y.aval for y in result])
    recorder = innermost(primals)
    moved = linear_call_p(*residuals, *[instantiate(t, recorder) for t in tangents[:n]], n_residuals=len(residuals),
                          pullback=pullback)
    return tuple([t if y.aval.inexact else Zero(y.aval) for t, y in zip(moved, result, strict=True)])


def _custom_vjp_batch(operands: Sequence[Value], mapped: Sequence[bool], /, *, graph: Graph, rule: AnyVjpRule) -> Values:
    size = stack_size(operands, mapped)
    if isinstance(rule, TracedVjp):
        flags = tuple(mapped[:len(graph.inputs)])
        return custom_vjp_p(*operands, graph=vmap_graph(graph, flags, size), rule=rule.mapped(mapped, size))
    n = _n_arguments(rule)
    avals = tuple([v.aval for v in graph.inputs[:n]])
    return custom_vjp_p(*operands, graph=vmap_graph(graph, tuple(mapped), size),
                        rule=_MappedVjpRule(rule, avals, tuple(mapped[:n]), size))


custom_vjp_p: Primitive[Values] = Primitive("custom_vjp", run, infer, _custom_vjp_jvp, _custom_vjp_batch, several=True)


# -- linear_call: a linear function known by its transpose ----------------------------------------
# dy = L(r) dx, given as the pullback Graph(r..., ȳ... ⊸ x̄...). Forward mode transposes it back.


@memoised
def pushforward(pullback: Graph, n_residuals: int) -> Graph:
    """Graph(r..., ȳ... ⊸ x̄...) becomes Graph(r..., dx... ⊸ dy...)."""
    try:
        return transposed(pullback, n_residuals)
    except AssertionError as error:
        raise RuleError("forward mode through a custom_vjp whose backward rule cannot be transposed",
                        why=f"its cotangents are not computed from ȳ by linear operations alone: {error}",
                        edit="give the function a jvp rule with fad.custom_jvp, or use reverse mode") from None


def _linear_run(*operands: Value, n_residuals: int, pullback: Graph) -> Values:
    return compiled(pushforward(pullback, n_residuals))(operands)


def _linear_infer(*avals: Aval, n_residuals: int, pullback: Graph) -> tuple[Aval, ...]:
    return tuple([v.aval for v in pullback.inputs[n_residuals:]])


def _linear_jvp(primals: Sequence[Value], tangents: Sequence[Tangent], result: Values, /, *, n_residuals: int,
                pullback: Graph) -> Values:
    if all(isinstance(t, Zero) for t in tangents[:n_residuals]):
        recorder = innermost(primals)
        return linear_call_p(*primals[:n_residuals], *[instantiate(t, recorder) for t in tangents[n_residuals:]],
                             n_residuals=n_residuals, pullback=pullback)
    graph = pushforward(pullback, n_residuals)
    moves = tuple([not isinstance(t, Zero) for t in tangents])
    moving = [t for t in tangents if not isinstance(t, Zero)]
    return replay(jvp_graph(graph, moves), [*primals, *moving])[len(graph.outputs):]


def _linear_batch(operands: Sequence[Value], mapped: Sequence[bool], /, *, n_residuals: int, pullback: Graph) -> Values:
    size = stack_size(operands, mapped)
    stacked = [x if m else broadcast(x, (size, *x.shape), (0,)) for x, m in zip(operands, mapped, strict=True)]
    return linear_call_p(*stacked, n_residuals=n_residuals,
                         pullback=vmap_graph(pullback, (True,) * len(pullback.inputs), size))


def _linear_transpose(cts: Sequence[Tangent], /, *operands: Value | Linear, n_residuals: int,
                      pullback: Graph) -> Sequence[Tangent | None]:
    residuals = [x for x in operands[:n_residuals] if not isinstance(x, Linear)]
    recorder = innermost([*[ct for ct in cts if not isinstance(ct, Zero)], *residuals])
    pulled = replay(pullback, [*residuals, *[instantiate(ct, recorder) for ct in cts]])
    return [*[None] * n_residuals, *[ct if isinstance(x, Linear) else None for ct, x in zip(
        pulled, operands[n_residuals:], strict=True)]]


linear_call_p: Primitive[Values] = Primitive("linear_call", _linear_run, _linear_infer, _linear_jvp, _linear_batch,
                                             _linear_transpose, several=True)
