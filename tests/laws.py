"""What every operation must satisfy, whatever it computes: six laws of a traced function.

    typing    infer predicts what evaluate gives; replaying the trace is the plain call, bit for bit
    tangent   jvp agrees with central differences, to the second order; float32 agrees with float64
    duality   ⟨ȳ, J t⟩ = ⟨Jᵀ ȳ, t⟩: the transpose is the transpose, to the second order too
    batch     vmap is the loop, for every choice of mapped arguments and for stacks of 0, 1 and 3
    identity  optimising, compiling and jit change nothing but the last few bits
    dtype     float32 stays float32 through every public transform

A law is a function of a `Case`: a row of the table traced at one point in one dtype. It raises AssertionError,
and does not look at the row: so a graph with a mistake planted in it can be put in its place (see test_tester).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import fad
from fad.core.avals import make_aval
from fad.core.graph import Graph, replay
from fad.core.tracing import Builder
from fad.execute import Program
from fad.passes.jvp import jvp_graph
from fad.passes.simplify import simplify
from fad.passes.split import split
from fad.passes.transpose import transpose
from fad.passes.vmap import vmap_graph

from .cases import (
    Arrays,
    Case,
    assert_close,
    assert_same,
    aval_of,
    direction,
    doubled,
    inexact,
    largest,
    make_case,
    roundoff,
    run,
)

__all__ = ["LAWS", "central_difference", "pulled_back", "pushed_forward"]

STEP = 1e-3
DIFFERENCES = 1e-7  # how near a derivative and a difference must be, relative to what is computed
SINGLE = 3e-4  # ... a float32 derivative and the float64 one


# -- typing ---------------------------------------------------------------------------------------


def check_typing(case: Case) -> None:
    """infer predicts what evaluate gives, and the replayed trace is the plain call."""
    plain = case.at(case.args)
    for found, expected in zip(run(case.graph, case.inputs), plain, strict=True):
        assert_same(found, expected, case.ulps)
    for found, expected in zip(replay(case.graph, case.inputs), plain, strict=True):
        assert_same(found, expected, case.ulps)


# -- tangent --------------------------------------------------------------------------------------


def pushed_forward(graph: Graph, moving: tuple[bool, ...]) -> Graph:
    """Graph(x... → y...) becomes Graph(x..., dx... → y..., dy...), each dy of its y's aval."""
    pushed = jvp_graph(graph, moving)
    expected = [a.aval for a in graph.outputs if a.aval.inexact]
    found = [a.aval for a in pushed.outputs[len(graph.outputs):]]
    assert found == expected, f"tangents of {found} for results of {expected}"
    return pushed


def central_difference(f: Callable[[Arrays], Arrays], x: Arrays, t: Arrays, step: float = STEP) -> list[Any]:
    """The derivative of f at x along t: central differences of two steps, extrapolated (Richardson, 1911)."""
    def difference(h: float) -> list[Any]:
        ahead, behind = (f([a + s * h * b for a, b in zip(x, t, strict=True)]) for s in (1.0, -1.0))
        return [(np.asarray(p) - np.asarray(q)) / (2.0 * h) for p, q in zip(ahead, behind, strict=True)]

    return [(4.0 * fine - coarse) / 3.0 for fine, coarse in zip(difference(step / 2), difference(step), strict=True)]


def check_tangent(case: Case) -> None:
    """The tangents, of order 1 and 2, against differences; those of float32 against those of float64."""
    single = any(np.finfo(np.asarray(x).dtype).bits == 32 for x in inexact(case.args))
    rng, args = case.rng(), case.args
    t, u = ([direction(rng, x) for x in args] for _ in range(2))
    n_captured = len(case.inputs) - case.n_args
    pushed = pushed_forward(case.graph, case.moving)
    n_out = len(case.graph.outputs)
    twice = pushed_forward(pushed, (*case.moving, *(False,) * case.n_args)) if case.smooth > 1 else None
    if single:
        double = make_case(case.fun, tuple(map(doubled, args)))
        double_pushed = pushed_forward(double.graph, double.moving)
        _check_single(pushed, double_pushed, case, double, t)
        if twice is not None:
            double_twice = pushed_forward(double_pushed, (*double.moving, *(False,) * case.n_args))
            _check_single(twice, double_twice, case, double, [*t, *u])
        return

    def tangents(x: Arrays) -> list[Any]:
        return run(pushed, [*x, *case.inputs[case.n_args:], *t])[n_out:]

    scale = max(map(largest, inexact(case.at(args))), default=0.0)
    if case.smooth > 0:
        expected = central_difference(lambda x: inexact(case.at(x)), args, t)
        for found, difference in zip(tangents(args), expected, strict=True):
            assert_close(found, difference, DIFFERENCES, scale)
    if twice is not None:
        found_twice = run(twice, [*case.inputs, *t, *u])
        second = found_twice[len(found_twice) - len(tangents(args)):]
        scale = max([scale, *map(largest, tangents(args))])
        for found, difference in zip(second, central_difference(tangents, args, u), strict=True):
            assert_close(found, difference, DIFFERENCES, scale)
    assert n_captured == len(pushed.inputs) - 2 * case.n_args


def _check_single(graph: Graph, double_graph: Graph, case: Case, double: Case, t: Arrays) -> None:
    found = run(graph, [*case.inputs, *t])
    expected = run(double_graph, [*double.inputs, *map(doubled, t)])
    scale = max(map(largest, inexact(expected)), default=0.0)
    for a, b in zip(found, expected, strict=True):
        if aval_of(b).inexact:
            assert_close(a, b, SINGLE, scale)


# -- duality --------------------------------------------------------------------------------------


def pulled_back(graph: Graph, moving: tuple[bool, ...]) -> Graph:
    """Graph(x... → y...) becomes Graph(x..., ȳ... → x̄...), as reverse mode makes it."""
    pushed = pushed_forward(graph, moving)
    n_tangents = len(pushed.outputs) - len(graph.outputs)
    now, later = split(pushed, sum(moving), n_tangents)
    pulled = transpose(later, len(later.inputs) - sum(moving))
    builder = Builder(embeds=True)
    primals = [builder.argument(v.aval) for v in graph.inputs]
    cts = [builder.argument(a.aval) for a in later.outputs]
    residuals = replay(now, primals)[len(graph.outputs):]
    return builder.build(replay(pulled, [*residuals, *cts]))


def check_duality(case: Case, order: int = 2) -> None:
    """⟨ȳ, J t⟩ = ⟨Jᵀ ȳ, t⟩, and the same of the pullback itself, which is a function of x and ȳ."""
    rng = case.rng()
    t = [direction(rng, x) for x, m in zip(case.inputs, case.moving, strict=True) if m]
    out = run(pushed_forward(case.graph, case.moving), [*case.inputs, *t])
    pushed = out[len(case.graph.outputs):]
    cts = [direction(rng, y) for y in pushed]
    pull = pulled_back(case.graph, case.moving)
    pulled = run(pull, [*case.inputs, *cts])
    _assert_dual(cts, pushed, pulled, t, roundoff(case.graph))
    if order > 1 and case.smooth > 1 and pushed:
        moving = (*case.moving, *(True,) * len(cts))
        second = Case(case.fun, pull, (*case.inputs, *cts), 0)
        u = [direction(rng, x) for x, m in zip(second.inputs, moving, strict=True) if m]
        moved = run(pushed_forward(pull, moving), [*second.inputs, *u])[len(pulled):]
        cts = [direction(rng, y) for y in moved]
        _assert_dual(cts, moved, run(pulled_back(pull, moving), [*second.inputs, *cts]), u, roundoff(pull))


def _assert_dual(cts: Arrays, pushed: Arrays, pulled: Arrays, t: Arrays, rounding: float) -> None:
    assert [aval_of(x) for x in pulled] == [aval_of(x) for x in t], "a cotangent is not of its primal's aval"
    left, left_size = _inner(cts, pushed)
    right, right_size = _inner(pulled, t)
    bound = rounding * max(left_size, right_size)
    assert abs(left - right) <= bound, f"⟨ȳ, J t⟩ = {left}, ⟨Jᵀ ȳ, t⟩ = {right}: {left - right} apart, bound {bound}"


def _inner(xs: Arrays, ys: Arrays) -> tuple[float, float]:
    """Re Σ x y, and Σ |x y|: the pairing of cotangents and tangents does not conjugate."""
    products = [np.asarray(doubled(x) * doubled(y)) for x, y in zip(xs, ys, strict=True)]
    return float(sum(p.sum().real for p in products)), float(sum(np.abs(p).sum() for p in products))


# -- batch ----------------------------------------------------------------------------------------


def check_batch(case: Case) -> None:
    """vmap of the function, of its pushforward and of its pullback, against the loop."""
    rng = case.rng()
    n_captured = len(case.inputs) - case.n_args
    points = [case.args if case.draw is None else case.draw(rng) for _ in range(3)]
    for mapped in _choices(case.n_args):
        for size in (3, 1, 0):
            _check_stack(case.graph, (*mapped, *(False,) * n_captured), case.inputs, points[:size])
    stacks = [tuple(direction(rng, x) for x, m in zip(case.inputs, case.moving, strict=True) if m) for _ in range(3)]
    pushed = pushed_forward(case.graph, case.moving)
    _check_linear_stack(case, pushed, points, stacks)
    pull = pulled_back(case.graph, case.moving)
    n_x = len(case.inputs)
    stacks = [tuple(direction(rng, np.zeros(v.aval.shape, v.aval.dtype)) for v in pull.inputs[n_x:]) for _ in range(3)]
    _check_linear_stack(case, pull, points, stacks)


def _choices(n: int) -> list[tuple[bool, ...]]:
    """Which of n arguments to map: every choice, for up to three of them."""
    if n <= 3:
        return [c for c in itertools.product((True, False), repeat=n) if any(c)]
    return [(True,) * n, *(tuple(i == j for j in range(n)) for i in range(n))]


def _check_linear_stack(case: Case, graph: Graph, points: Sequence[Arrays], stacks: Sequence[tuple[Any, ...]]) -> None:
    """A stack of tangents or cotangents at one point, as a Jacobian has it; and at a stack of points."""
    if not stacks[0]:
        return
    n_x, n_t = len(case.inputs), len(stacks[0])
    captured = case.inputs[case.n_args:]
    late = (False,) * n_x + (True,) * n_t
    for size in (3, 0):
        _check_stack(graph, late, (*case.inputs, *stacks[0]), [(*case.inputs, *s) for s in stacks[:size]])
    both = (True,) * case.n_args + (False,) * len(captured) + (True,) * n_t
    _check_stack(graph, both, (*case.inputs, *stacks[0]),
                 [(*p, *captured, *s) for p, s in zip(points, stacks, strict=True)])


def _check_stack(graph: Graph, mapped: tuple[bool, ...], inputs: Arrays, points: Sequence[Arrays]) -> None:
    size = len(points)
    stacked: list[Any] = []
    for i, (x, m) in enumerate(zip(inputs, mapped, strict=True)):
        aval = aval_of(x)
        rows = [np.asarray(p[i]) for p in points] if m else []
        stacked.append(x if not m else np.stack(rows) if rows else np.zeros((0, *aval.shape), aval.dtype))
    found = run(vmap_graph(graph, mapped, size), stacked)
    loop = [replay(graph, [s[i] if m else s for s, m in zip(stacked, mapped, strict=True)]) for i in range(size)]
    for j, (y, atom) in enumerate(zip(found, graph.outputs, strict=True)):
        assert aval_of(y) is make_aval((size, *atom.aval.shape), atom.aval.dtype), (
            f"a stack of {size} results of {atom.aval} is of {aval_of(y)}, with mapped = {mapped}")
        if size and atom.aval.inexact:
            rows = [out[j] for out in loop]
            assert_close(y, np.stack(rows), roundoff(graph), max(map(largest, rows)))
        elif size:
            assert_same(y, np.stack([out[j] for out in loop]))


# -- identity -------------------------------------------------------------------------------------


def check_identity(case: Case) -> None:
    """Optimised and compiled, the graph and its pushforward and pullback give what they give when replayed."""
    rng = case.rng()
    t = [direction(rng, x) for x, m in zip(case.inputs, case.moving, strict=True) if m]
    pull = pulled_back(case.graph, case.moving)
    cts = [direction(rng, np.zeros(v.aval.shape, v.aval.dtype)) for v in pull.inputs[len(case.inputs):]]
    before = [np.array(x) for x in case.inputs]
    for graph, inputs in ((case.graph, case.inputs), (pushed_forward(case.graph, case.moving), (*case.inputs, *t)),
                          (pull, (*case.inputs, *cts))):
        expected = replay(graph, inputs)
        scale = max(map(largest, inexact(expected)), default=0.0)
        for results in (run(simplify(graph), inputs), Program(graph)(inputs)):
            for found, wanted in zip(results, expected, strict=True):
                assert aval_of(found) is aval_of(wanted), f"{aval_of(found)} for {aval_of(wanted)}"
                if aval_of(wanted).inexact:
                    assert_close(found, wanted, roundoff(graph) / 4, scale)
                else:
                    assert_same(found, wanted)
    for x, y in zip(before, case.inputs, strict=True):
        assert_same(x, y)
    compiled = fad.jit(case.fun)
    for _ in range(2):  # traced, and then found again
        for found, wanted in zip(compiled(*case.args), case.at(case.args), strict=True):
            assert_same(found, wanted, max(case.ulps, roundoff(case.graph) / np.finfo(np.asarray(wanted).dtype).eps)
                        if aval_of(wanted).inexact else 0)


# -- dtype ----------------------------------------------------------------------------------------


def check_dtype(case: Case) -> None:
    """The public transforms return derivatives of the dtypes, and of the numbers, that the graphs give."""
    def f(*xs: Any) -> list[Any]:
        return inexact(case.at(xs))

    rng, args = case.rng(), case.args
    outs = f(*args)
    if not outs:
        return
    t, cts = tuple(direction(rng, x) for x in args), [direction(rng, y) for y in outs]
    found, pushed = fad.jvp(f, args, t)
    for a, b, c in zip(found, pushed, outs, strict=True):
        assert aval_of(a) is aval_of(b) is aval_of(c), f"jvp gives {aval_of(a)}, {aval_of(b)} for {aval_of(c)}"
    found, pullback = fad.vjp(f, *args)
    pulled = pullback(cts)
    for a, c in zip(found, outs, strict=True):
        assert aval_of(a) is aval_of(c), f"vjp gives {aval_of(a)} for {aval_of(c)}"
    _assert_dual(cts, pushed, pulled, t, roundoff(case.graph))
    if all(y.dtype.kind == "f" for y in map(np.asarray, outs)):
        gradients = fad.grad(lambda *xs: sum(np.sum(y) for y in f(*xs)), tuple(range(len(args))))(*args)
        expected = pullback([np.ones_like(y) for y in outs])
        for g, e in zip(gradients, expected, strict=True):
            assert aval_of(g) is aval_of(e), f"grad gives {aval_of(g)} for an argument of {aval_of(e)}"
            assert_close(g, e, roundoff(case.graph), max(map(largest, expected)))


LAWS: dict[str, Callable[[Case], None]] = {
    "typing": check_typing, "tangent": check_tangent, "duality": check_duality, "batch": check_batch,
    "identity": check_identity, "dtype": check_dtype,
}
