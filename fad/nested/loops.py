"""A loop that goes on for as long as a truth value says, as one equation.

    while_loop[body] : (going, consts..., carry...) → carry...

The body is a Graph(consts..., carry... → going, carry...). Forward mode runs the tangents along with the
carry, in constant memory. Reverse mode would have to keep every turn, and how many there will be is not
known: `scan` has it, `while_loop` does not. Linearizing runs the loop once for the values, and once again
whenever a tangent is pushed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..core.avals import Aval
from ..core.equation import Atom, Equation, Var
from ..core.graph import Graph, memoised, replay
from ..core.leaves import aval_of_value
from ..core.primitive import Primitive, Tangent, Value, Values, Zero, innermost
from ..core.tracing import Builder
from ..errors import MissingRuleError
from ..execute import Loop
from ..passes.jvp import jvp_graph, moved_outputs
from ..passes.split import late_outputs
from ..passes.vmap import depends, vmap_graph
from ..primitives.elementwise import logical_and, select
from ..primitives.reductions import any_p
from ..primitives.structural import broadcast
from .inner import New, chosen, cut, filled, holding, instantiated, stack_size, stacked_first, trimmed, unchosen

__all__ = ["while_p"]

Flags = tuple[bool, ...]


def _settled(flags: Sequence[bool], n_consts: int, spread: Callable[[Flags], Sequence[bool]]) -> tuple[bool, Flags]:
    """Whether the end of the loop is flagged, and the flags of the body's inputs, grown until what is flagged at the
    end of a turn is flagged at its beginning."""
    settled = tuple(flags)
    while True:
        going, *out = spread(settled)
        grown = (*settled[:n_consts], *[a or b for a, b in zip(settled[n_consts:], out, strict=True)])
        if grown == settled:
            return going, settled
        settled = grown


def _infer(going: Aval, *avals: Aval, body: Graph, n_consts: int) -> tuple[Aval, ...]:
    assert list(avals) == [v.aval for v in body.inputs], (avals, body.inputs)
    assert [a.aval for a in body.outputs] == [going, *avals[n_consts:]], (avals, body.outputs)
    return avals[n_consts:]


def _push(primals: Sequence[Value], tangents: Sequence[Tangent], *, body: Graph,
          n_consts: int) -> tuple[list[Value], list[Tangent]]:
    n_carry = len(body.inputs) - n_consts
    _, moves = _settled([not isinstance(t, Zero) for t in tangents[1:]], n_consts, lambda m: moved_outputs(body, m))
    m_consts, m_carry = cut(moves, n_consts)
    pushed = jvp_graph(body, moves, (False, *m_carry))
    consts, carry, d_consts, d_carry = cut(pushed.inputs, n_consts, n_carry, sum(m_consts))
    both = Graph((*consts, *d_consts, *carry, *d_carry), pushed.equations, pushed.outputs)
    going, x_consts, x_carry = cut(primals, 1, n_consts)
    dx_consts, dx_carry = cut(instantiated(chosen(tangents[1:], moves), *primals), len(d_consts))
    results = while_p(*going, *x_consts, *dx_consts, *x_carry, *dx_carry, body=both, n_consts=n_consts + len(d_consts))
    carried, d_carried = cut(results, n_carry)
    return carried, filled(m_carry, d_carried, [Zero(aval_of_value(y)) for y in unchosen(carried, m_carry)])


# -- batch: the loop goes on for as long as one of the examples does ------------------------------


def _batch(operands: Sequence[Value], mapped: Sequence[bool], *, body: Graph, n_consts: int) -> list[Value]:
    size = stack_size(operands, mapped)
    stops_apart, flags = _settled(mapped[1:], n_consts, lambda m: depends(body, m))
    stops_apart = stops_apart or mapped[0]
    if stops_apart:
        flags = (*flags[:n_consts], *(True,) * (len(flags) - n_consts))
    going, consts, carry = cut(operands, 1, n_consts)
    m_carry = flags[n_consts:]
    carry = [stacked_first(x, given, size) if m else x
             for x, m, given in zip(carry, m_carry, mapped[1 + n_consts:], strict=True)]
    if stops_apart:
        each = stacked_first(going[0], mapped[0], size)
        results = while_p(any_p(each, axes=(0,)), *consts, each, *carry, body=_masked(body, n_consts, flags, size),
                          n_consts=n_consts)[1:]
    else:
        together = vmap_graph(body, flags, size, (False, *m_carry))
        results = while_p(*going, *consts, *carry, body=together, n_consts=n_consts)
    return [stacked_first(x, m, size) for x, m in zip(results, m_carry, strict=True)]


@memoised
def _masked(body: Graph, n_consts: int, flags: Flags, size: int) -> Graph:
    """The body for a stack of examples, of which those that have stopped keep what they carry; whether each is going
    on is carried, too."""
    mapped = vmap_graph(body, flags, size)
    builder = Builder(embeds=True)
    consts = [builder.argument(v.aval) for v in mapped.inputs[:n_consts]]
    going = builder.argument(mapped.outputs[0].aval)
    carry = [builder.argument(v.aval) for v in mapped.inputs[n_consts:]]
    still, *new = replay(mapped, [*consts, *carry])
    still = logical_and(going, still)
    kept = [select(broadcast(going, x.shape, tuple(range(1, x.ndim))), y, x) for x, y in zip(carry, new, strict=True)]
    return builder.build([any_p(still, axes=(0,)), still, *kept])


# -- split, transpose, trim -----------------------------------------------------------------------


def _split(equation: Equation, late: Sequence[bool], new: New) -> tuple[list[Equation], list[Equation]]:
    """Now: the loop for what does not wait, if it can end without the rest. Later: all of the loop, again."""
    params = dict(equation.params)
    body, n_consts = params["body"], params["n_consts"]
    waits, flags = _settled(late[1:], n_consts, lambda m: late_outputs(body, m))
    carry_late = flags[n_consts:]
    if waits or late[0] or all(carry_late):
        return [], [equation]
    now = _trim(equation, [not is_late for is_late in carry_late])
    again = [v if is_late else new(v.aval) for v, is_late in zip(equation.results, carry_late, strict=True)]
    return [now], [_equation(equation.operands, again, equation, **params)]


def _equation(operands: Sequence[Atom], results: Sequence[Var], like: Equation, **params: Any) -> Equation:
    return Equation(while_p, tuple(operands), tuple(sorted(params.items())), tuple(results), like.source)


def _transpose(cts: Sequence[Tangent], /, *operands: Value, body: Graph, n_consts: int) -> Sequence[Tangent | None]:
    recorder = innermost([ct for ct in cts if not isinstance(ct, Zero)])
    raise MissingRuleError(
        "reverse mode (grad, vjp, jacrev) through a while_loop",
        why="the way back goes through all turns of the loop, and how many there are is not known beforehand",
        edit="use fad.scan or a fad.fori_loop whose bounds are plain ints, with np.where for what is done early; or "
             "use forward mode: fad.jvp, fad.jacfwd", source=recorder.source if recorder is not None else None)


def _trim(equation: Equation, wanted: Sequence[bool]) -> Equation:
    params = dict(equation.params)
    body, n_consts = params["body"], params["n_consts"]
    kept = list(wanted)
    while True:
        smaller, used = trimmed(body, [True, *kept])
        grown = [a or b for a, b in zip(kept, used[n_consts:], strict=True)]
        if grown == kept:
            break
        kept = grown
    inputs = [*used[:n_consts], *kept]
    params |= {"body": Graph(tuple(chosen(body.inputs, inputs)), smaller.equations, smaller.outputs),
               "n_consts": sum(used[:n_consts])}
    return _equation([equation.operands[0], *chosen(equation.operands[1:], inputs)], chosen(equation.results, kept),
                     equation, **params)


@memoised
def _loop(body: Graph, n_consts: int) -> Loop:
    return Loop(body, n_consts, len(body.inputs) - n_consts, None)


while_p: Primitive[Values] = holding("while_loop", _infer, _push, _batch, _split, _transpose, _trim,
                             lambda *, body, n_consts: _loop(body, n_consts).run)
