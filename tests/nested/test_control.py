"""Control flow as one equation: the laws over it, and what it says when it cannot go on."""

from __future__ import annotations

import re
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import fad
from fad import tree
from fad.core.graph import Graph
from fad.errors import AbstractValueError, ArgumentError, DtypeError, FadError, MissingRuleError, ShapeError, TreeError
from fad.execute import Loop
from fad.execute.writing import Text
from fad.passes.linearize import gradient_graph
from fad.passes.simplify import drop_dead
from fad.testing import check_grads

from ..cases import case_of
from ..laws import LAWS, check_tangent, check_typing
from ..ops.row import Op

# -- loops written out ----------------------------------------------------------------------------


def plain_scan(f: Callable[..., Any], init: Any, xs: Any, reverse: bool = False, **_: Any) -> Any:
    """What `fad.scan` is to compute, as a Python loop."""
    n = len(tree.leaves(xs)[0])
    carry, ys = init, []
    for i in reversed(range(n)) if reverse else range(n):
        carry, y = f(carry, tree.map(lambda x, i=i: x[i], xs))
        ys.append(y)
    return carry, tree.map(lambda *rows: np.stack(rows), *(ys[::-1] if reverse else ys))


def cell(w: Any) -> Callable[..., Any]:
    """A step that closes over a weight, carries an array, a number and a counter, and collects a tree."""
    def step(carry: Any, x: Any) -> Any:
        h, total, k = carry
        h = np.tanh(w @ h + x["u"])
        total = total + np.sum(h) * x["s"]
        return (h, total, k + 1), {"h": h * total, "k": k, "s": np.sin(total)}

    return step


def recurrent(w: Any, h: Any, u: Any, s: Any, scan: Callable[..., Any] = fad.scan, **settings: Any) -> Any:
    (h, total, _), ys = scan(cell(w), (h, s[0] * 0.5, 0), {"u": u, "s": s}, **settings)
    return h, total, ys["h"], ys["s"]


def accumulated(x: Any, u: Any) -> Any:
    """Writes into what it carries, at a place that it counts."""
    def turn(i: Any, a: Any) -> Any:
        a[i] = np.sin(a[i - 1]) * u + a[i]
        return a

    return fad.fori_loop(1, 4, turn, x * 1.0)


def branched(x: Any, y: Any) -> Any:
    def step(c: Any, t: Any) -> Any:
        c = fad.cond(np.sum(c) * t > 0.1, lambda c: np.sin(c) * t + y, lambda c: c * np.exp(y), c)
        return c, fad.cond(t > 0, lambda: (t * y, c), lambda: (y, c * c))

    return fad.scan(step, x, np.array([0.7, -0.4, 0.9], y.dtype))


def nested(x: Any, w: Any) -> Any:
    """A loop in a loop, whose inner one closes over the outer one's carry."""
    def outer(c: Any, row: Any) -> Any:
        inner, ys = fad.scan(lambda d, e: (d * np.cos(e * c), d * e), c * w, row)
        return inner + c, ys

    return fad.scan(outer, w, x)


def only_carry(x: Any) -> Any:
    return fad.fori_loop(0, 3, lambda i, c: np.cos(c) * (i + 1), x)


def swapped(x: Any, y: Any) -> Any:
    """What is carried changes places, is passed on as it is, or is the same twice."""
    return fad.scan(lambda c, e: ((c[1], c[0], c[3], c[0] * e), (c[0], e)), (x, y, x * y, y), x)


def held(x: Any, n: int) -> Any:
    return fad.scan(lambda c, e: (c * e + 1.0, np.sin(c)), x[0], x[:n])


ROWS = [
    Op("recurrent", recurrent, ((2, 2), (2,), (4, 2), (4,)), -0.8, 0.8),
    *[Op(f"recurrent {settings}", lambda *xs, settings=settings: recurrent(*xs, **settings),
         ((2, 2), (2,), (5, 2), (5,)), -0.8, 0.8)
      for settings in ({"reverse": True}, {"unroll": 2}, {"checkpoint": True}, {"checkpoint": 2, "reverse": True},
                       {"checkpoint": 3, "unroll": 2}, {"unroll": True})],
    Op("fori_loop with writes", accumulated, ((4,), ()), 0.2, 1.0),
    Op("cond in scan", branched, ((2,), ()), 0.2, 0.9),
    Op("scan in scan", nested, ((3, 2), ()), 0.2, 0.9),
    Op("fori_loop", only_carry, ((2,),)),
    Op("scan that swaps", swapped, ((3,), (3,)), 0.2, 1.0),
    Op("scan of length 0", lambda x: held(x, 0), ((2,),)),
    Op("scan of length 1", lambda x: held(x, 1), ((2,),)),
    Op("cond", lambda p, x, y: fad.cond(p > 0, lambda x, y: (x * np.sin(y), x), lambda x, y: (np.exp(x) + y, y * y), x, y),
       ((), (2,), (2,)), 0.2, 1.0),
]




@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("op", ROWS, ids=str)
def test_laws(op: Op, dtype: str) -> None:
    for name, law in LAWS.items():
        try:
            law(case_of(op, dtype))
        except Exception as error:
            error.add_note(f"the law of {name}, of {op.name!r} in {dtype}")
            raise


def all_close(found: Any, expected: Any) -> None:
    for a, b in zip(tree.leaves(found), tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


POINT = tuple(np.random.default_rng(1).uniform(-0.8, 0.8, shape) for shape in ((2, 2), (2,), (5, 2), (5,)))


@pytest.mark.parametrize("settings", [{}, {"reverse": True}, {"unroll": 2}, {"checkpoint": True},
                                      {"checkpoint": 2, "unroll": 2, "reverse": True}], ids=str)
def test_a_scan_is_the_loop(settings: dict[str, Any]) -> None:
    def total(scan: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *xs: sum(np.sum(np.sin(y)) for y in recurrent(*xs, scan=scan, **settings))

    one, loop = total(fad.scan), total(plain_scan)
    all_close(one(*POINT), loop(*POINT))
    for transform in (lambda f: fad.grad(f, (0, 1, 2, 3)), lambda f: fad.jit(fad.grad(f, (0, 1, 2, 3))),
                      lambda f: fad.hessian(f, (1, 3)), lambda f: fad.jacfwd(fad.jacfwd(f, 1), 0),
                      lambda f: fad.jacrev(fad.jacrev(f, 1), 3), lambda f: lambda *xs: fad.jvp(f, xs, xs),
                      lambda f: lambda *xs: fad.hvp(lambda x: f(*xs[:3], x), xs[3], xs[3])):
        all_close(transform(one)(*POINT), transform(loop)(*POINT))


# -- while_loop -----------------------------------------------------------------------------------


def newton(a: Any) -> Any:
    return fad.while_loop(lambda x: abs(x * x - a) > 1e-13 * a, lambda x: 0.5 * (x + a / x), a)


def halved(x: Any, y: Any) -> Any:
    """How often differs between examples; part of the carry does not depend on x."""
    return fad.while_loop(lambda s: s[0] * s[0] + s[2] < 6, lambda s: (s[0] * 1.5, s[1] * np.cos(s[0] * y), s[2] + 1),
                          (x, y, 0))[:2]


WHILE = [Op("while_loop", lambda x, y: halved(x, y), ((), (2,)), 0.5, 0.9),
         Op("fori_loop to a traced bound", lambda x: fad.fori_loop(0, np.sum(x * 0.0, dtype=x.dtype).astype(int) + 3,
                                                                    lambda i, c: np.sin(c) * x * i, x), ((2,),))]


@pytest.mark.parametrize("op", WHILE, ids=str)
def test_laws_of_forward_mode(op: Op) -> None:
    for dtype in ("f8", "f4"):
        check_typing(case_of(op, dtype))
        check_tangent(case_of(op, dtype))


def test_a_while_loop_under_the_transforms() -> None:
    squares = np.array([2.0, 9.0, 1e4])
    all_close(newton(2.0), np.sqrt(2.0))
    all_close(fad.jvp(newton, (2.0,), (1.0,)), (np.sqrt(2.0), 0.5 / np.sqrt(2.0)))
    all_close(fad.vmap(newton)(squares), np.sqrt(squares))
    all_close(fad.vmap(newton)(np.zeros(0)), np.zeros(0))
    all_close(fad.jit(fad.vmap(newton))(squares[:1]), np.sqrt(squares[:1]))
    all_close(fad.jacfwd(fad.vmap(newton))(squares), np.diag(0.5 / np.sqrt(squares)))
    all_close(fad.jacfwd(fad.jacfwd(newton))(2.0), -0.25 * 2.0 ** -1.5)
    out, push = fad.linearize(newton, 2.0)
    all_close((out, push(1.0), push(4.0)), (np.sqrt(2.0), 0.5 / np.sqrt(2.0), 2.0 / np.sqrt(2.0)))


@pytest.mark.parametrize("mapped", [(0, None), (None, 0), (0, 0)])
def test_a_mapped_while_loop_is_the_loop(mapped: tuple[int | None, ...]) -> None:
    xs = np.array([0.5, 0.9, 2.0]), np.array([0.3, 0.7, 0.1])
    for n in (3, 1):
        args = [x[:n] if m == 0 else x[0] for x, m in zip(xs, mapped, strict=True)]
        rows = [halved(*[a[i] if m == 0 else a for a, m in zip(args, mapped, strict=True)]) for i in range(n)]
        all_close(fad.vmap(halved, mapped)(*args), tree.map(lambda *r: np.stack(r), *rows))


def test_reverse_mode_through_a_while_loop_points_to_scan() -> None:
    with pytest.raises(MissingRuleError, match=r"fad\.scan"):
        fad.grad(newton)(2.0)
    assert fad.grad(lambda x: x * fad.while_loop(lambda n: n < 3, lambda n: n + 1, 0))(2.0) == 3.0  # nothing moves in it


# -- cond -----------------------------------------------------------------------------------------


def test_cond_under_the_transforms() -> None:
    def f(x: Any, y: Any) -> Any:
        return fad.cond(x > 0, lambda y: np.sin(x) * y, lambda y: np.exp(x) + y * y, y)

    def g(x: Any, y: Any) -> Any:
        return np.sin(x) * y if x > 0 else np.exp(x) + y * y

    for x in (0.7, -0.3):
        for transform in (lambda f: fad.grad(f, (0, 1)), lambda f: fad.hessian(f, (0, 1)), fad.jit,
                          lambda f: fad.jit(fad.grad(f)), lambda f: lambda *a: fad.jvp(f, a, (1.0, 2.0))):
            all_close(transform(f)(x, 1.3), transform(g)(x, 1.3))
    both = np.array([0.7, -0.3])
    all_close(fad.vmap(fad.grad(f), (0, None))(both, 1.3), np.array([fad.grad(g)(x, 1.3) for x in both]))
    in_y = np.array([fad.grad(g, 1)(0.7, y) for y in both])
    all_close(fad.vmap(fad.grad(f, 1), (None, 0))(0.7, both), in_y)
    in_x = np.array([fad.grad(g)(x, 1.3) for x in both])
    all_close(fad.grad(lambda x: np.sum(fad.vmap(f, (0, None))(x, 1.3)))(both), in_x)


def test_cond_runs_one_branch() -> None:
    graph = fad.trace(lambda x: fad.cond(x > 0, np.sqrt, lambda x: x, x), 1.0)
    with np.errstate(all="raise"):
        assert graph(-1.0) == -1.0
        assert fad.grad(lambda x: fad.cond(x > 0, np.sqrt, lambda x: x, x))(-1.0) == 1.0


def test_what_a_branch_does_with_values_from_outside_belongs_to_it() -> None:
    def f(x: Any) -> Any:
        return fad.cond(x > 0, lambda: np.log(x), lambda: x * 2.0)

    def g(x: Any) -> Any:
        """The same in a loop, inside whose body the branch works on the carry and on x."""
        return fad.scan(lambda c, t: (fad.cond(x > 0, lambda: np.log(x) * c, lambda: c * x * t), None), x, np.ones(2))[0]

    for h in (f, g):
        with np.errstate(all="raise"):
            all_close(fad.jit(fad.grad(h))(-1.0), {f: 2.0, g: 3.0}[h])
            all_close(fad.jit(fad.grad(h))(1.5), fad.grad({f: np.log, g: lambda x: x * np.log(x) ** 2}[h])(1.5))
        check_grads(h, (1.5,))
    assert "log" not in [e.primitive.name for e in drop_dead(fad.trace(f, 1.0)).equations]


def test_numbers_in_branches_take_the_dtype_of_the_other() -> None:
    found = fad.cond(True, lambda: 1.0, lambda: np.float32(2))
    assert found == 1.0
    assert found.dtype == np.float32


# -- errors ---------------------------------------------------------------------------------------

XS = np.ones(3)


@pytest.mark.parametrize(("kind", "words", "call"), [
    (ShapeError, ["f64[]", "f64[2]"], lambda: fad.scan(lambda c, x: (c * np.ones(2), None), 1.0, XS)),
    (DtypeError, ["i64[]", "f64[]"], lambda: fad.scan(lambda c, x: (c * 1.5, None), 1, XS)),
    (TreeError, ["(*, *)"], lambda: fad.scan(lambda c, x: ((c, c), None), 1.0, XS)),
    (TreeError, ["(carry, y)"], lambda: fad.scan(lambda c, x: c, 1.0, XS)),
    (TreeError, ["str"], lambda: fad.scan(lambda c, x: (c, "a"), 1.0, XS)),
    (TreeError, ["str"], lambda: fad.scan(lambda c, x: (c, c), "a", XS)),
    (ShapeError, ["f64[3]", "f64[2]"], lambda: fad.scan(lambda c, x: (c, c), 1.0, (XS, np.ones(2)))),
    (ShapeError, ["f64[3]", "length=2"], lambda: fad.scan(lambda c, x: (c, c), 1.0, XS, 2)),
    (ShapeError, ["first axis"], lambda: fad.scan(lambda c, x: (c, c), 1.0, 2.0)),
    (ArgumentError, ["length="], lambda: fad.scan(lambda c, x: (c, c), 1.0)),
    (ShapeError, ["f64[]", "f64[3]"], lambda: fad.while_loop(lambda c: c < 1, lambda c: c * XS, 1.0)),
    (ShapeError, ["np.any"], lambda: fad.while_loop(lambda c: c < 1, lambda c: c, XS)),
    (DtypeError, ["f64[]"], lambda: fad.fori_loop(0, 3.0, lambda i, c: c, 1.0)),
    (ShapeError, ["bool[3]", "np.where"], lambda: fad.cond(XS > 0, lambda: 1.0, lambda: 2.0)),
    (ShapeError, ["f64[]", "f64[3]"], lambda: fad.cond(True, lambda: 1.0, lambda: XS)),
    (TreeError, ["(f64[],)"], lambda: fad.cond(True, lambda: 1.0, lambda: (1.0,))),
    (DtypeError, ["i64[3]", "f64[3]"], lambda: fad.cond(True, lambda: XS.astype(int), lambda: XS)),
])
def test_errors_show_both_types(kind: type[FadError], words: list[str], call: Callable[[], Any]) -> None:
    with pytest.raises(kind) as error:
        call()
    assert all(word in str(error.value) for word in words), str(error.value)
    assert "test_control.py" in str(error.value)


def test_python_asks_for_a_value_inside_a_loop() -> None:
    def step(c: Any, x: Any) -> Any:
        return (c * x, None) if c > 0 else (c, None)

    for run in (lambda: fad.scan(step, 1.0, XS), lambda: fad.grad(lambda a: fad.scan(step, a, XS)[0])(1.0)):
        with pytest.raises(AbstractValueError, match=r"fad\.cond"):
            run()


# -- programs -------------------------------------------------------------------------------------


def pendulum(p: Any, x: Any, n: int) -> Any:
    def step(s: Any, _: None) -> Any:
        x, v = s
        v = v - 0.01 * p * np.sin(x)
        return (x + 0.01 * v, v), x

    return fad.scan(step, (x, 0.0), length=n)


def equations(graph: Graph) -> int:
    """How many there are, those of inner programs included."""
    return sum(1 + sum(equations(v) for _, v in e.params if isinstance(v, Graph)) for e in graph.equations)


def test_the_graph_does_not_grow_with_the_length() -> None:
    def size(n: int) -> int:
        return equations(gradient_graph(fad.trace(lambda p: np.sum(pendulum(p, 0.5, n)[1]), 1.0), (True,)))

    assert size(10) == size(100_000) < 50


def test_forward_mode_in_constant_memory() -> None:
    def add_up(p: Any) -> Callable[[Any, Any], Any]:
        return lambda i, c: c + p * i

    peaks = []
    for n in (1_000, 20_000):
        def swing(p: float, n: int = n) -> Any:
            return pendulum(p, 0.5, n)[0][0] + fad.fori_loop(0, n, add_up(p), 0.0)

        fad.jvp(swing, (1.0,), (1.0,))
        tracemalloc.start()
        fad.jvp(swing, (1.0,), (1.0,))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 4096


def test_a_step_of_numbers_is_pythons_own_arithmetic(monkeypatch: pytest.MonkeyPatch) -> None:
    """And so takes no more than a microsecond or two an equation: the loops call nothing but Python's sin and cos."""
    written: list[Text] = []
    text = Loop._text

    def noted(self: Loop, *, python_numbers: bool) -> Any:
        written.append(text(self, python_numbers=python_numbers))
        return written[-1]

    monkeypatch.setattr(Loop, "_text", noted)
    fad.config.forget()
    inside = equations(gradient_graph(fad.trace(lambda p: np.sum(pendulum(p, 0.5, 100)[1]), 1.0), (True,)))
    fad.jit(fad.grad(lambda p: np.sum(pendulum(p, 0.5, 100)[1])))(1.0)
    assert len(written) == 2
    turns = 0
    for program in written:
        _, *turn = program.source.partition("    for i in ")[2].partition("    return")[0].splitlines()
        turns += len(turn)
        called = re.findall(r"(\w+)\(", "\n".join(line.partition("  # ")[0] for line in turn))
        assert {getattr(program.scope.get(name), "__module__", "builtins") for name in called} <= {"math"}, program.source
    assert turns <= inside + 8  # lines that hand on and store


def test_what_is_carried_is_written_to_in_place() -> None:
    def fill(x: Any) -> Any:
        def turn(i: Any, a: Any) -> Any:
            a[i] = a[i - 1] * 0.5
            return a

        return fad.fori_loop(1, 400, turn, x)

    gradient = fad.jit(fad.grad(lambda x: np.sum(fill(x)[:400])))
    x = np.ones(1_000)
    gradient(x)
    assert 0 < _copies(lambda: gradient(x), x.size) < 5  # and not one a turn
    assert np.all(x == 1.0)


def _copies(f: Callable[[], Any], size: int) -> int:
    """How often f() copies an array of this size."""
    n = 0

    def called(frame: Any, event: str, what: Any) -> None:
        nonlocal n
        owner = getattr(what, "__self__", None)
        n += event == "c_call" and what.__name__ == "copy" and isinstance(owner, np.ndarray) and owner.size == size

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        f()
    finally:
        sys.setprofile(before)
    return n


def test_nobody_else_sees_the_loops_memory() -> None:
    x, y = np.arange(4.0), np.ones(4)

    def turn(i: Any, state: Any) -> Any:
        a, b, _ = state
        a[0] += 1.0
        return b, a, a

    a, b, c = fad.fori_loop(0, 3, turn, (x, y, x))
    assert np.array_equal(x, np.arange(4.0))
    assert np.all(y == 1.0)
    a[:] = 7.0
    assert b[1] != 7.0
    assert c[1] != 7.0


def test_what_nobody_wants_is_not_computed() -> None:
    def f(x: Any) -> Any:
        (_, wanted), (_, ys) = fad.scan(lambda c, t: ((c[0] * t, c[1] + x), (np.exp(c[0]), c[1] * t)), (x, 0.0), XS)
        return wanted + ys[0]

    text = str(drop_dead(fad.trace(f, 1.0)))
    assert "exp" not in text
    assert "n_carry=1" in text
    all_close(fad.jit(fad.grad(f))(1.0), 3.0)


def test_invariants_are_neither_computed_nor_stored_again() -> None:
    graph = gradient_graph(fad.trace(lambda a: fad.scan(lambda c, x: (c * np.exp(a) + x, None), 1.0, XS)[0], 0.1), (True,))
    names = [e.primitive.name for e in graph.equations]
    assert names.index("exp") < names.index("scan")
    stacks = [v for e in graph.equations if e.primitive.name == "scan" for v in e.results if v.aval.shape == (3,)]
    assert len(stacks) == 1  # c before each turn


def test_what_never_runs_raises_nothing() -> None:
    def turn(a: Any) -> Callable[..., Any]:
        return lambda i, c: c + np.sum(np.linalg.inv(a * (1.0 + 0.0 * c)))

    singular = np.zeros((2, 2))
    assert fad.jit(lambda a: fad.fori_loop(0, 0, turn(a), 1.0))(singular) == 1.0
    assert fad.jit(lambda a: fad.while_loop(lambda c: c < 0, lambda c: turn(a)(0, c), 1.0))(singular) == 1.0
    with pytest.raises(np.linalg.LinAlgError):
        fad.jit(lambda a: fad.fori_loop(0, 1, turn(a), 1.0))(singular)


def test_a_division_by_zero_falls_back_to_numpys_numbers() -> None:
    with np.errstate(divide="ignore"):
        assert np.array_equal(fad.scan(lambda c, _: (1.0 / c, c), 0.0, length=2)[1], [0.0, np.inf])


def test_all_together() -> None:
    """A checkpointed scan with custom rules under vmap(grad(...)) and jit."""
    @fad.custom_jvp
    def softplus(x: Any) -> Any:
        return np.log1p(np.exp(x))

    @softplus.defjvp
    def _(primals: Any, tangents: Any) -> Any:
        return softplus(*primals), tangents[0] / (1.0 + np.exp(-primals[0]))

    @fad.custom_vjp
    def twice(x: Any) -> Any:
        return 2.0 * x

    twice.defvjp(lambda x: (2.0 * x, None), lambda _, ct: (2.0 * ct,))
    w, h = np.random.default_rng(0).normal(size=(3, 3)) * 0.3, np.random.default_rng(1).normal(size=(4, 3))

    def loss(w: Any, h: Any, plain: bool) -> Any:
        one = (lambda x: 2.0 * np.log1p(np.exp(x))) if plain else (lambda x: twice(softplus(x)))

        def step(h: Any, x: Any) -> Any:
            h = one(w @ h + x)
            return h * 0.3, np.sum(h)

        last, ys = (plain_scan(step, h, XS) if plain else fad.scan(step, h, XS, checkpoint=True))
        return np.sum(last) + np.sum(ys ** 2)

    found = fad.jit(fad.vmap(fad.grad(lambda w, h: loss(w, h, False), (0, 1)), (None, 0)))
    expected = fad.vmap(fad.grad(lambda w, h: loss(w, h, True), (0, 1)), (None, 0))
    for _ in range(2):
        all_close(found(w, h), expected(w, h))
