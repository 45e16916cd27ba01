"""Systems of linear equations whose matrix is a program, and the loop over a stack of systems.

    linear_solve[graph] : (r..., b)  →  x  with  A(r) x = b,  where the Graph(r..., x ⊸ A x) is A

    A dx = db - dA x,   b̄ = A⁻ᵀ x̄

A solver runs on plain arrays and for one system at a time. Under vmap the primitive has `stacks`: for each
axis in front, the outermost first, which operands have it. The rules are those for one system, mapped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..core.avals import Aval
from ..core.graph import Graph, memoised, replay
from ..core.primitive import Linear, Primitive, Tangent, Traced, Value, Zero
from ..core.tracing import Builder
from ..execute import Program
from ..passes.jvp import jvp_graph
from ..passes.transpose import transposed
from ..passes.vmap import vmap_graph
from .inner import chosen, instantiated, stack_size, stacked_first, there

__all__ = ["Stacks", "linear_solve_p", "looped", "mapped_rule"]

Flags = tuple[bool, ...]
Stacks = tuple[Flags, ...]

_LinearSolver = Callable[[Callable[[Value], Value], Value], Value]


# -- one system after another ---------------------------------------------------------------------


def looped(one: Callable[..., Value], operands: Sequence[Value], stacks: Stacks, like: int) -> Value:
    """The results for all systems, each like the operand of that number, which every stack has."""
    if not stacks:
        return one(*operands)
    flags, *inside = stacks
    size = len(operands[like])
    if size == 0:
        return np.array(operands[like])
    return np.stack([looped(one, [x[i] if m else x for x, m in zip(operands, flags, strict=True)], tuple(inside), like)
                     for i in range(size)])


def mapped_rule(rule: Graph, stacks: Stacks, flags: Callable[[Flags], Flags], shape: Sequence[int]) -> Graph:
    """A rule for one system, for the stacks of these sizes; `flags` are those of the rule's inputs in one stack."""
    for level in reversed(range(len(stacks))):
        rule = vmap_graph(rule, flags(stacks[level]), shape[level])
    return rule


# -- linear_solve ---------------------------------------------------------------------------------


@memoised
def _program(graph: Graph) -> Program:
    return Program(graph)


def _evaluate(*operands: Value, graph: Graph, solver: _LinearSolver, stacks: Stacks) -> Value:
    multiply = _program(graph)

    def one(*values: Value) -> Value:
        *residuals, b = values
        x = solver(lambda v: multiply([*residuals, v])[0], b)
        return np.array(x, b.dtype).reshape(b.shape)

    return looped(one, operands, stacks, len(operands) - 1)


def _infer(*avals: Aval, graph: Graph, solver: _LinearSolver, stacks: Stacks) -> Aval:
    return avals[-1]


def _jvp(primals: Sequence[Value], tangents: Sequence[Tangent], result: Traced, /, *, graph: Graph, solver: _LinearSolver,
         stacks: Stacks) -> Tangent:
    moves = tuple([not isinstance(t, Zero) for t in tangents])
    if not any(moves):
        return Zero(result.aval)
    rule = mapped_rule(_rule(graph, solver, moves), stacks,
                       lambda stack: (*stack[:-1], True, *chosen(stack, moves)), result.shape)
    return replay(rule, [*primals[:-1], result, *there(tangents)])[0]


@memoised
def _rule(graph: Graph, solver: _LinearSolver, moves: Flags) -> Graph:
    """Graph(r..., x, dr..., db → dx) for one system, with the tangents of what moves."""
    builder = Builder(embeds=True)
    *residuals, x = [builder.argument(v.aval) for v in graph.inputs]
    tangents = [builder.argument(v.aval) for v in chosen(graph.inputs, moves)]
    right: list[Value] = [tangents.pop()] if moves[-1] else []
    if any(moves[:-1]):
        pushed = jvp_graph(graph, (*moves[:-1], False), (True,))
        right.append(-replay(pushed, [*residuals, x, *tangents])[-1])
    total = right[0] if len(right) == 1 else right[0] + right[1]
    return builder.build([linear_solve_p(*residuals, total, graph=graph, solver=solver, stacks=())])


def _batch(operands: Sequence[Value], mapped: Sequence[bool], /, *, graph: Graph, solver: _LinearSolver,
           stacks: Stacks) -> Value:
    *residuals, b = operands
    b = stacked_first(b, mapped[-1], stack_size(operands, mapped))
    return linear_solve_p(*residuals, b, graph=graph, solver=solver, stacks=((*mapped[:-1], True), *stacks))


def _transpose(ct: Value, /, *operands: Value, graph: Graph, solver: _LinearSolver,
               stacks: Stacks) -> Sequence[Tangent | None]:
    *residuals, b = operands
    assert isinstance(b, Linear), "it is linear in the right-hand side alone"
    back = linear_solve_p(*residuals, *instantiated([ct]), graph=_turned(graph), solver=solver, stacks=stacks)
    return [*[None] * len(residuals), back]


@memoised
def _turned(graph: Graph) -> Graph:
    return transposed(graph, len(graph.inputs) - 1)


linear_solve_p: Primitive = Primitive("linear_solve", _evaluate, _infer, _jvp, _batch, _transpose)
