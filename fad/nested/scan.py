"""A loop whose number of turns is known, as one equation.

    scan[body] : (consts..., carry..., xs...) → (carry..., ys...)

The body is a Graph(consts..., carry..., x... → carry..., y...), run once for each entry along the first axis of
the xs; each run hands its carry to the next, and the y of all runs are stacked. Every transform works on
the body, and makes another scan:

    jvp        the carry and its tangent, side by side
    split      a first loop that also stacks residuals, and a second one, linear in the tangents, that reads them
    transpose  the second one from the other end: the carry is the cotangent, and so is the sum for each const
    vmap       the body for a stack of examples

Which parts of the carry move, wait or are mapped depends on the body, and is found by going round until
nothing is added. See Bradbury et al., JAX (2018), on whose scan this one is modelled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..core.avals import Aval, make_aval
from ..core.equation import Atom, Equation, Var
from ..core.graph import Graph, memoised, replay
from ..core.leaves import aval_of_value
from ..core.primitive import Linear, Primitive, Tangent, Value, Values, Zero
from ..core.tracing import Builder
from ..execute import Loop
from ..passes.jvp import jvp_graph, moved_outputs
from ..passes.simplify import simplify
from ..passes.split import late_outputs, split
from ..passes.transpose import transposed
from ..passes.vmap import depends, vmap_graph
from ..primitives.elementwise import add
from ..primitives.structural import permute
from .inner import (
    New,
    chosen,
    copied,
    cut,
    filled,
    holding,
    instantiated,
    stack_size,
    stacked_first,
    there,
    trimmed,
    unchosen,
)

__all__ = ["scan_p"]

Flags = tuple[bool, ...]


def _settled(flags: Sequence[bool], n_consts: int, n_carry: int, spread: Callable[[Flags], Sequence[bool]]) -> Flags:
    """Flags of the body's inputs, grown until a part of the carry that is flagged at the end of a turn, as `spread`
    says of the outputs, is flagged at its beginning."""
    settled = tuple(flags)
    while True:
        consts, carry, xs = cut(settled, n_consts, n_carry)
        out = spread(settled)[:n_carry]
        grown = (*consts, *[a or b for a, b in zip(carry, out, strict=True)], *xs)
        if grown == settled:
            return settled
        settled = grown


# -- infer, push, batch ---------------------------------------------------------------------------


def _infer(*avals: Aval, body: Graph, n_consts: int, n_carry: int, length: int, reverse: bool) -> tuple[Aval, ...]:
    one = [v.aval for v in body.inputs]
    split_at = n_consts + n_carry
    assert list(avals[:split_at]) == one[:split_at], (avals, one)
    assert [(a.shape, a.dtype) for a in avals[split_at:]] == [((length, *a.shape), a.dtype) for a in one[split_at:]]
    carry, ys = cut([a.aval for a in body.outputs], n_carry)
    assert carry == one[n_consts:split_at], (carry, one)
    return (*carry, *[make_aval((length, *y.shape), y.dtype) for y in ys])


def _push(primals: Sequence[Value], tangents: Sequence[Tangent], *, body: Graph, n_consts: int, n_carry: int,
          length: int, reverse: bool) -> tuple[list[Value], list[Tangent]]:
    moves = _settled([not isinstance(t, Zero) for t in tangents], n_consts, n_carry, lambda m: moved_outputs(body, m))
    m_consts, m_carry, m_xs = cut(moves, n_consts, n_carry)
    m_outputs = [*m_carry, *moved_outputs(body, moves)[n_carry:]]
    pushed = jvp_graph(body, moves, tuple(m_outputs))
    consts, carry, xs, d_consts, d_carry, d_xs = cut(
        pushed.inputs, n_consts, n_carry, len(m_xs), sum(m_consts), sum(m_carry))
    out, ys, d_out, d_ys = cut(pushed.outputs, n_carry, len(body.outputs) - n_carry, sum(m_carry))
    both = Graph((*consts, *d_consts, *carry, *d_carry, *xs, *d_xs), pushed.equations, (*out, *d_out, *ys, *d_ys))
    moving = instantiated(chosen(tangents, moves), *primals)
    runs = zip(cut(primals, n_consts, n_carry), cut(moving, len(d_consts), len(d_carry)), strict=True)
    results = scan_p(*[x for run, d_run in runs for x in (*run, *d_run)], body=both, n_consts=n_consts + len(d_consts),
                     n_carry=n_carry + len(d_carry), length=length, reverse=reverse)
    carried, d_carried, stacks, d_stacks = cut(results, n_carry, len(d_carry), len(ys))
    zeros = [Zero(aval_of_value(y)) for y in unchosen([*carried, *stacks], m_outputs)]
    return [*carried, *stacks], filled(m_outputs, [*d_carried, *d_stacks], zeros)


def _batch(operands: Sequence[Value], mapped: Sequence[bool], *, body: Graph, n_consts: int, n_carry: int, length: int,
           reverse: bool) -> list[Value]:
    size = stack_size(operands, mapped)
    flags = _settled(mapped, n_consts, n_carry, lambda m: depends(body, m))
    _, m_carry, m_xs = cut(flags, n_consts, n_carry)
    m_ys = depends(body, flags)[n_carry:]
    consts, carry, xs = cut(operands, n_consts, n_carry)
    carry = [stacked_first(x, given, size) if m else x
             for x, m, given in zip(carry, m_carry, mapped[n_consts:n_consts + n_carry], strict=True)]
    results = scan_p(*consts, *carry, *[_swapped(x) if m else x for x, m in zip(xs, m_xs, strict=True)],
                     body=vmap_graph(body, flags, size, (*m_carry, *m_ys)), n_consts=n_consts, n_carry=n_carry,
                     length=length, reverse=reverse)
    carried, stacks = cut(results, n_carry)
    return [*[stacked_first(x, m, size) for x, m in zip(carried, m_carry, strict=True)],
            *[_swapped(y) if m else stacked_first(y, False, size) for y, m in zip(stacks, m_ys, strict=True)]]


def _swapped(x: Value) -> Value:
    """The first two axes exchanged: a stack of examples each of n entries, and n stacks of examples."""
    return permute(x, (1, 0, *range(2, len(x.shape))))


# -- split ----------------------------------------------------------------------------------------


class _Halves(NamedTuple):
    """A body, cut in two: see `_halves`. `late` is about its inputs, `late_out` about its outputs."""

    late: Flags
    late_out: Flags
    before: Graph  # early consts → invariants
    first: Graph  # invariants, early carry, early x → early outputs, early y, residuals
    second: Graph  # residuals of any kind, late inputs → late outputs
    kept: tuple[Var, ...]  # the inputs of the second that are not late


@memoised
def _halves(body: Graph, n_consts: int, n_carry: int, late: Flags) -> _Halves:
    """What a loop can do now of each turn, what it can do now once for all turns, and what has to wait."""
    late = _settled(late, n_consts, n_carry, lambda flags: late_outputs(body, flags))
    waiting = late_outputs(body, late)
    late_out = (*late[n_consts:n_consts + n_carry], *waiting[n_carry:])
    ordered = Graph((*unchosen(body.inputs, late), *chosen(body.inputs, late)), body.equations,
                    (*unchosen(body.outputs, late_out), *chosen(body.outputs, late_out)))
    now, second = split(ordered, sum(late), sum(late_out))
    n_early_consts = n_consts - sum(late[:n_consts])
    before, first = split(now, len(now.inputs) - n_early_consts, len(now.outputs))
    return _Halves(late, late_out, before, first, second, second.inputs[:len(second.inputs) - sum(late)])


def _split(equation: Equation, late: Sequence[bool], new: New) -> tuple[list[Equation], list[Equation]]:
    params = dict(equation.params)
    n_consts, n_carry, length = params["n_consts"], params["n_carry"], params["length"]
    halves = _halves(simplify(params["body"]), n_consts, n_carry, tuple(late))
    early = cut(equation.operands, n_consts, n_carry)
    l_consts, l_carry, l_xs = cut(halves.late, n_consts, n_carry)
    carried_late, ys_late = cut(halves.late_out, n_carry)
    carried, ys = cut(equation.results, n_carry)

    now, invariants = copied(halves.before, unchosen(early[0], l_consts), new)
    first = halves.first
    xs = unchosen(early[2], l_xs)
    once: dict[Atom, Atom] = dict(zip(first.inputs, invariants, strict=False))
    each: dict[Atom, Atom] = dict(zip(first.inputs[len(first.inputs) - len(xs):], xs, strict=True))
    n_early = len(halves.late_out) - sum(halves.late_out)
    known_ys = unchosen(ys, ys_late)
    each.update(zip(first.outputs[n_early - len(known_ys):n_early], known_ys, strict=True))
    stacked = [v for v in halves.kept if v not in once and v not in each]
    made = [new(make_aval((length, *v.aval.shape), v.aval.dtype)) for v in stacked]
    each.update(zip(stacked, made, strict=True))

    same = {"length": length, "reverse": params["reverse"]}
    results = [*unchosen(carried, carried_late), *known_ys, *made]
    if results:
        body = Graph(first.inputs, first.equations, (*first.outputs[:n_early], *stacked))
        now.append(_equation((*invariants, *unchosen(early[1], l_carry), *xs), results, equation,
                             body=body, n_consts=len(invariants), n_carry=n_carry - sum(l_carry), **same))
    of_once, of_each = [v for v in halves.kept if v in once], [v for v in halves.kept if v not in once]
    in_consts, in_carry, in_xs = cut(halves.second.inputs[len(halves.kept):], sum(l_consts), sum(l_carry))
    body = Graph((*of_once, *in_consts, *in_carry, *of_each, *in_xs), halves.second.equations, halves.second.outputs)
    operands = [*[once[v] for v in of_once], *chosen(early[0], l_consts), *chosen(early[1], l_carry),
                *[each[v] for v in of_each], *chosen(early[2], l_xs)]
    later = _equation(operands, [*chosen(carried, carried_late), *chosen(ys, ys_late)], equation, body=body,
                      n_consts=len(of_once) + len(in_consts), n_carry=len(in_carry), **same)
    return now, [later]


def _equation(operands: Sequence[Atom], results: Sequence[Var], like: Equation, **params: Any) -> Equation:
    return Equation(scan_p, tuple(operands), tuple(sorted(params.items())), tuple(results), like.source)


# -- transpose ------------------------------------------------------------------------------------


def _transpose(cts: Sequence[Tangent], /, *operands: Value, body: Graph, n_consts: int, n_carry: int, length: int,
               reverse: bool) -> list[Tangent | None]:
    linear = [isinstance(x, Linear) for x in operands]
    l_consts, l_carry, l_xs = cut(linear, n_consts, n_carry)
    ct_carry, ct_ys = cut(cts, n_carry)
    moved = tuple([not isinstance(ct, Zero) for ct in ct_ys])
    turned = _turned(body, n_consts, n_carry, (*l_consts, *l_xs), moved)
    consts, _, xs = cut(operands, n_consts, n_carry)
    known = [*unchosen(consts, l_consts), *unchosen(xs, l_xs)]
    holes = [Zero(x.aval) for x in consts if isinstance(x, Linear)]
    start = instantiated([*holes, *ct_carry], *there(cts), *known)
    results = scan_p(*unchosen(consts, l_consts), *start, *unchosen(xs, l_xs), *there(ct_ys), body=turned,
                     n_consts=n_consts - sum(l_consts), n_carry=len(start), length=length, reverse=not reverse)
    to_consts, to_carry, to_xs = cut(results, sum(l_consts), n_carry)
    return [*filled(l_consts, to_consts, [None] * n_consts), *[ct if is_linear else None for ct, is_linear in zip(
        to_carry, l_carry, strict=True)], *filled(l_xs, to_xs, [None] * len(xs))]


@memoised
def _turned(body: Graph, n_consts: int, n_carry: int, linear: Flags, moved: Flags) -> Graph:
    """The body of the loop from the other end. A carry is linear, also one that starts as a known value: as all of the
    loop is linear, that value is a zero."""
    consts, carry, xs = cut(body.inputs, n_consts, n_carry)
    l_consts, l_xs = cut(linear, n_consts)
    out, ys = cut(body.outputs, n_carry)
    known = [*unchosen(consts, l_consts), *unchosen(xs, l_xs)]
    unknown = [*chosen(consts, l_consts), *carry, *chosen(xs, l_xs)]
    pulled = transposed(Graph((*known, *unknown), body.equations, (*out, *chosen(ys, moved))), len(known))
    builder = Builder(embeds=True)
    c, sums, ct_carry, x, ct_ys = [[builder.argument(a.aval) for a in run] for run in (
        unchosen(consts, l_consts), chosen(consts, l_consts), carry, unchosen(xs, l_xs), chosen(ys, moved))]
    to_consts, rest = cut(replay(pulled, [*c, *x, *ct_carry, *ct_ys]), len(sums))
    return builder.build([*map(add, sums, to_consts), *rest])


# -- trim, compiled -------------------------------------------------------------------------------


def _trim(equation: Equation, wanted: Sequence[bool]) -> Equation:
    params = dict(equation.params)
    body, n_consts, n_carry = params["body"], params["n_consts"], params["n_carry"]
    w_carry, w_ys = cut(wanted, n_carry)
    while True:
        smaller, used = trimmed(body, [*w_carry, *w_ys])
        grown = [a or b for a, b in zip(w_carry, used[n_consts:n_consts + n_carry], strict=True)]
        if grown == w_carry:
            break
        w_carry = grown
    u_consts, _, u_xs = cut(used, n_consts, n_carry)
    kept = [*u_consts, *w_carry, *u_xs]
    params |= {"body": Graph(tuple(chosen(body.inputs, kept)), smaller.equations, smaller.outputs),
               "n_consts": sum(u_consts), "n_carry": sum(w_carry)}
    return _equation(chosen(equation.operands, kept), chosen(equation.results, [*w_carry, *w_ys]), equation, **params)


@memoised
def _loop(body: Graph, n_consts: int, n_carry: int, length: int, reverse: bool) -> Loop:
    return Loop(body, n_consts, n_carry, length, reverse)


def _compiled(*, body: Graph, n_consts: int, n_carry: int, length: int, reverse: bool) -> Callable[..., Values]:
    return _loop(body, n_consts, n_carry, length, reverse).run


scan_p: Primitive[Values] = holding("scan", _infer, _push, _batch, _split, _transpose, _trim, _compiled)
