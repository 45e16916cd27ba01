"""A user's own rules: what they are given, what they may return, and that every transform works from them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import fad
from fad.errors import RuleError, ShapeError

X = np.array([0.5, -1.0, 2.0])
Y = np.array([1.5, 0.25, -0.75])


@fad.custom_jvp
def softplus(x: Any) -> Any:
    """log(1 + exp(x))."""
    return np.log1p(np.exp(x))


@softplus.defjvp
def _softplus_jvp(primals: Any, tangents: Any) -> Any:
    (x,), (dx,) = primals, tangents
    return softplus(x), dx / (1.0 + np.exp(-x))


@fad.custom_vjp
def clipped(x: Any, limit: Any) -> Any:
    """x, whose cotangents are clipped on the way back."""
    return x * 1.0


def _clipped_forward(x: Any, limit: Any) -> Any:
    return x * 1.0, limit


def _clipped_backward(limit: Any, ct: Any) -> Any:
    return np.clip(ct, -limit, limit), None


clipped.defvjp(_clipped_forward, _clipped_backward)


@fad.custom_vjp
def cube(x: Any) -> Any:
    return x ** 3


cube.defvjp(lambda x: (x ** 3, x), lambda x, ct: (3.0 * x ** 2 * ct,))


def sigmoid(x: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-x))


# -- custom_jvp -----------------------------------------------------------------------------------


def test_every_transform_works_from_a_jvp_rule() -> None:
    s, d = sigmoid(X), sigmoid(X) * (1.0 - sigmoid(X))
    assert softplus(100.0) == 100.0
    assert fad.grad(softplus)(100.0) == 1.0  # where exp(x) / (1 + exp(x)) loses nothing either
    assert np.allclose(fad.jvp(softplus, (X,), (Y,))[1], s * Y)
    assert np.allclose(fad.vjp(softplus, X)[1](Y)[0], s * Y)
    assert np.allclose(fad.linearize(softplus, X)[1](Y), s * Y)
    assert np.allclose(fad.grad(lambda x: np.sum(softplus(x)))(X), s)
    assert np.allclose(fad.jacfwd(softplus)(X), np.diag(s))
    assert np.allclose(fad.jacrev(softplus)(X), np.diag(s))
    assert np.allclose(fad.jacrev(softplus, chunk_size=2)(X), np.diag(s))
    assert np.allclose(fad.hessian(lambda x: np.sum(softplus(x)))(X), np.diag(d))
    assert np.allclose(fad.hvp(lambda x: np.sum(softplus(x)), X, Y), d * Y)
    assert np.allclose(fad.vmap(softplus)(X), softplus(X))
    assert np.allclose(fad.vmap(fad.grad(softplus))(X), s)
    assert np.allclose(fad.grad(lambda x: np.sum(fad.vmap(softplus)(x)))(X), s)
    assert np.allclose(fad.vmap(fad.vmap(fad.grad(fad.grad(softplus))))(np.stack([X, Y])),
                       np.stack([d, sigmoid(Y) * (1 - sigmoid(Y))]))
    assert np.allclose(fad.jit(softplus)(X), softplus(X))
    assert np.allclose(fad.jit(fad.grad(softplus))(0.5), sigmoid(0.5))
    assert np.allclose(fad.grad(fad.jit(softplus))(0.5), sigmoid(0.5))
    assert np.allclose(fad.jit(fad.vmap(fad.grad(fad.jit(softplus))))(X), s)
    third = fad.grad(fad.grad(fad.grad(softplus)))(0.5)
    assert np.isclose(third, sigmoid(0.5) * (1 - sigmoid(0.5)) * (1 - 2 * sigmoid(0.5)))


def test_the_rule_is_what_counts() -> None:
    """With a wrong rule, wrong derivatives: nobody looks into the function."""
    @fad.custom_jvp
    def f(x: Any) -> Any:
        return x ** 2

    f.defjvp(lambda primals, tangents: (primals[0] ** 2, 100.0 * tangents[0]))
    assert fad.grad(f)(3.0) == 100.0
    assert fad.grad(lambda x: f(f(x)))(3.0) == 1e4
    assert fad.jit(fad.grad(f))(3.0) == 100.0
    assert fad.vmap(fad.grad(f))(X).tolist() == [100.0] * 3
    assert fad.grad(lambda x: np.sum(fad.vmap(f)(x)))(X).tolist() == [100.0] * 3
    assert fad.hessian(f)(3.0) == 0.0
    assert f(3.0) == 9.0


class Point(NamedTuple):
    x: Any
    y: Any


def test_trees_texts_and_none_in_jvp_rules() -> None:
    seen: list[Any] = []

    @fad.custom_jvp
    def f(p: Point, kind: str, n: int, extra: dict[str, Any]) -> Any:
        return {"a": getattr(np, kind)(p.x) * n, "b": (p.y * extra["k"], 3)}

    @f.defjvp
    def rule(primals: Any, tangents: Any) -> Any:
        p, kind, n, extra = primals
        dp, dkind, _, dextra = tangents
        seen.append((kind, dkind, type(dp), extra["none"], dextra["text"]))
        return f(*primals), {"a": np.cos(p.x) * dp.x * n, "b": (dp.y * extra["k"] + p.y * dextra["k"], 0)}

    assert rule is f.rule

    def loss(p: Point, k: Any) -> Any:
        out = f(p, "sin", 2, {"k": k, "none": None, "text": "t"})
        return np.sum(out["a"]) + out["b"][0] * 10.0

    gp, gk = fad.grad(loss, (0, 1))(Point(X, 2.0), 5.0)
    assert np.allclose(gp.x, 2.0 * np.cos(X))
    assert gp.y == 50.0
    assert gk == 20.0
    assert seen == [("sin", None, Point, None, None)]


def test_defaults_and_keywords() -> None:
    @fad.custom_jvp
    def f(x: Any, power: Any = 2.0, *, scale: Any = 1.0) -> Any:
        return x ** power * scale

    @f.defjvp
    def _(primals: Any, tangents: Any, *, scale: Any = 1.0) -> Any:
        x, power = primals
        return x ** power * scale, power * x ** (power - 1.0) * tangents[0] * scale

    assert fad.grad(f)(3.0, 2.0) == 6.0
    assert fad.grad(lambda x: f(x, power=3.0))(2.0) == 12.0
    assert fad.grad(lambda x: f(x, power=3.0, scale=10.0))(2.0) == 120.0
    assert fad.grad(lambda x: f(power=3.0, x=x))(2.0) == 12.0


def test_methods_with_rules() -> None:
    class Model:
        def __init__(self, a: float) -> None:
            self.a = a

        @fad.custom_jvp
        def f(self, x: Any) -> Any:
            return self.a * x

        @f.defjvp
        def _rule(primals: Any, tangents: Any) -> Any:  # noqa: N805  # a rule has no self
            (self, x), (_, dx) = primals, tangents
            return self.a * x, 100.0 * self.a * dx

        @fad.custom_vjp
        def g(self, x: Any) -> Any:
            return self.a * x

        g.defvjp(lambda self, x: (self.a * x, None), lambda r, ct: (None, 1000.0 * ct))

    m = Model(2.0)
    assert (m.f(3.0), m.g(3.0)) == (6.0, 6.0)
    assert fad.grad(m.f)(3.0) == 200.0
    assert fad.grad(Model(3.0).f)(3.0) == 300.0
    assert fad.grad(m.g)(3.0) == 1000.0
    assert isinstance(Model.f, fad.custom_jvp)


def test_metadata_of_functions_with_rules() -> None:
    assert (softplus.__name__, softplus.__doc__) == ("softplus", "log(1 + exp(x)).")
    assert clipped.__name__ == "clipped"
    assert fad.grad(softplus).__name__ == "softplus"


def test_unused_and_constant_arguments() -> None:
    @fad.custom_jvp
    def f(x: Any, y: Any) -> Any:
        return x * y

    calls = []

    @f.defjvp
    def _(primals: Any, tangents: Any) -> Any:
        calls.append(tangents)
        (x, y), (dx, dy) = primals, tangents
        return x * y, dx * y + x * dy

    assert fad.grad(lambda x: f(x, 3.0))(2.0) == 3.0
    assert fad.grad(lambda y: f(3.0, y))(2.0) == 3.0
    assert fad.grad(lambda x: f(3.0, 4.0) * x)(2.0) == 12.0
    assert fad.grad(lambda x: f(x, x))(2.0) == 4.0
    assert fad.grad(lambda x: fad.stop_gradient(f(x, x)) * x)(2.0) == 4.0
    assert np.allclose(fad.vmap(f, (0, None))(X, 2.0), 2.0 * X)
    assert np.allclose(fad.grad(lambda x, y: np.sum(fad.vmap(f, (0, None))(x, y)), (0, 1))(X, 2.0)[1], X.sum())


# -- custom_vjp -----------------------------------------------------------------------------------


def test_every_transform_works_from_a_vjp_rule() -> None:
    """Forward mode as well: the backward rule is linear in its cotangent, and is transposed back."""
    d = 3.0 * X ** 2
    assert np.allclose(fad.grad(lambda x: np.sum(cube(x)))(X), d)
    assert np.allclose(fad.vjp(cube, X)[1](Y)[0], d * Y)
    assert np.allclose(fad.jacrev(cube)(X), np.diag(d))
    assert np.allclose(fad.jvp(cube, (X,), (Y,))[1], d * Y)
    assert np.allclose(fad.linearize(cube, X)[1](Y), d * Y)
    assert np.allclose(fad.jacfwd(cube)(X), np.diag(d))
    assert np.allclose(fad.hessian(lambda x: np.sum(cube(x)))(X), np.diag(6.0 * X))
    assert np.allclose(fad.jacrev(fad.grad(lambda x: np.sum(cube(x))))(X), np.diag(6.0 * X))
    assert np.allclose(fad.hvp(lambda x: np.sum(cube(x)), X, Y), 6.0 * X * Y)
    assert np.allclose(fad.vmap(cube)(X), X ** 3)
    assert np.allclose(fad.vmap(fad.grad(cube))(X), d)
    assert np.allclose(fad.vmap(fad.grad(fad.grad(cube)))(X), 6.0 * X)
    assert np.allclose(fad.grad(lambda x: np.sum(fad.vmap(cube)(x)))(X), d)
    assert np.allclose(fad.jit(cube)(X), X ** 3)
    assert np.allclose(fad.jit(fad.grad(cube))(2.0), 12.0)
    assert np.allclose(fad.grad(fad.jit(cube))(2.0), 12.0)
    assert np.isclose(fad.grad(fad.grad(fad.grad(cube)))(2.0), 6.0)
    assert np.allclose(fad.vmap(lambda x: fad.jvp(cube, (x,), (2.0,))[1])(X), 2.0 * d)


def test_cotangents_that_are_clipped() -> None:
    assert fad.grad(lambda x: 10.0 * clipped(x, 2.0))(3.0) == 2.0
    assert fad.grad(lambda x: -10.0 * clipped(x, 2.0))(3.0) == -2.0
    assert fad.grad(lambda x: 10.0 * clipped(x, 2.0), argnums=0)(3.0) == 2.0
    assert fad.grad(lambda x, limit: 10.0 * clipped(x, limit), argnums=1)(3.0, 2.0) == 0.0
    assert np.allclose(fad.grad(lambda x: np.sum(X * 10.0 * clipped(x, 6.0)))(X), [5.0, -6.0, 6.0])
    assert np.allclose(fad.vmap(fad.grad(lambda x, a: a * clipped(x, 2.0)))(X, 3.0 * X), np.clip(3.0 * X, -2.0, 2.0))
    assert np.allclose(fad.vmap(fad.grad(lambda x, m: 3.0 * clipped(x, m)))(X, np.array([1.0, 2.0, 9.0])),
                       [1.0, 2.0, 3.0])
    with pytest.raises(RuleError, match="cannot be transposed"):
        fad.jvp(lambda x: clipped(x, 2.0), (3.0,), (1.0,))
    assert fad.jit(fad.grad(lambda x: 10.0 * clipped(x, 2.0)))(3.0) == 2.0


def test_trees_and_none_in_vjp_rules() -> None:
    @fad.custom_vjp
    def f(p: dict[str, Any], kind: str, n: Any) -> Any:
        return p["a"] * p["b"][0] * n, np.sum(p["a"])

    def forward(p: Any, kind: Any, n: Any) -> Any:
        return f(p, kind, n), {"p": p, "kind": kind, "n": n, "none": None}

    def backward(r: Any, cts: Any) -> Any:
        first, second = cts
        p = r["p"]
        assert r["kind"] == "text"
        assert r["none"] is None
        return {"a": first * p["b"][0] * r["n"] + second, "b": (np.sum(first * p["a"]) * r["n"],)}, None, None

    f.defvjp(forward, backward)

    def loss(p: Any) -> Any:
        out, total = f(p, "text", 2)
        return np.sum(out * Y) + 7.0 * total

    g = fad.grad(loss)({"a": X, "b": (3.0,)})
    assert np.allclose(g["a"], Y * 3.0 * 2.0 + 7.0)
    assert np.allclose(g["b"][0], 2.0 * X @ Y)


def test_residuals_of_all_kinds() -> None:
    marker = object()

    @fad.custom_vjp
    def f(x: Any) -> Any:
        return np.sin(x)

    f.defvjp(lambda x: (np.sin(x), (marker, {"cos": np.cos(x), "n": 3, "s": "t"}, None, [X])),
             lambda r, ct: (ct * r[1]["cos"] if r[0] is marker and r[1]["s"] == "t" and r[2] is None else 0.0 * ct,))
    assert np.allclose(fad.grad(lambda x: np.sum(f(x)))(X), np.cos(X))
    assert np.allclose(fad.vmap(fad.grad(f))(X), np.cos(X))
    assert np.allclose(fad.hessian(lambda x: np.sum(f(x)))(X), np.diag(-np.sin(X)))


def test_a_single_cotangent_needs_no_tuple() -> None:
    @fad.custom_vjp
    def f(x: Any) -> Any:
        return 2.0 * x

    f.defvjp(lambda x: (2.0 * x, None), lambda r, ct: 5.0 * ct)
    assert fad.grad(f)(1.0) == 5.0


def test_defvjp_as_it_is_given() -> None:
    @fad.custom_vjp
    def f(x: Any, y: Any) -> Any:
        return x * y

    f.defvjp(lambda x, y: (x * y, (x, y)), lambda r, ct: (ct * r[1], ct * r[0]))
    assert fad.grad(f, (0, 1))(2.0, 3.0) == (3.0, 2.0)
    assert np.allclose(fad.hessian(lambda z: f(z[0], z[1]))(X[:2]), [[0.0, 1.0], [1.0, 0.0]])
    assert fad.grad(f, (0, 1))(np.float32(2.0), np.float32(3.0))[0].dtype == np.float32


# -- closures, conditions, nests ------------------------------------------------------------------


def test_functions_with_rules_that_close_over_values() -> None:
    """What the function itself closes over is fresh at each call."""
    table, rate = np.ones(3), [0.3]

    @fad.custom_jvp
    def f(x: Any) -> Any:
        return x * table * rate[0]

    f.defjvp(lambda primals, tangents: (f(*primals), tangents[0] * 2.0))
    for r in (0.3, 0.7):
        rate[0], table[:] = r, 10.0 * r
        assert np.allclose(fad.value_and_grad(lambda x: np.sum(f(x)))(X)[0], np.sum(X) * 10.0 * r * r)
        assert np.allclose(fad.vmap(lambda x: np.sum(f(x)))(np.stack([X, Y])),
                           [np.sum(X) * 10.0 * r * r, np.sum(Y) * 10.0 * r * r])


def test_rules_that_close_over_values() -> None:
    table = np.arange(3.0)
    rate = [0.3]

    @fad.custom_jvp
    def f(x: Any) -> Any:
        return x * table * rate[0]

    f.defjvp(lambda primals, tangents: (f(*primals), tangents[0] * table * rate[0] * 10.0))
    for r in (0.3, 0.7):
        rate[0] = r
        assert np.allclose(fad.grad(lambda x: np.sum(f(x)))(X), table * r * 10.0)
        assert np.allclose(fad.vmap(lambda x: np.sum(f(x)))(np.stack([X, Y])),
                           [np.sum(X * table * r), np.sum(Y * table * r)])

    @fad.custom_vjp
    def g(x: Any) -> Any:
        return x * table

    g.defvjp(lambda x: (g(x), None), lambda r, ct: (ct * table * rate[0],))
    for r in (0.3, 0.7):
        rate[0] = r
        assert np.allclose(fad.grad(lambda x: np.sum(g(x)))(X), table * r)
        assert np.allclose(fad.jacfwd(g)(X), np.diag(table * r))


def test_a_rule_is_read_at_each_call() -> None:
    @fad.custom_jvp
    def f(x: Any) -> Any:
        return x * 1.0

    for factor in (2.0, 3.0):
        f.defjvp(lambda primals, tangents, a=factor: (primals[0], a * tangents[0]))
        assert fad.grad(f)(1.0) == factor


def test_closing_over_a_differentiated_value_is_refused() -> None:
    def loss(x: Any) -> Any:
        @fad.custom_jvp
        def f(y: Any) -> Any:
            return x * y

        f.defjvp(lambda primals, tangents: (x * primals[0], x * tangents[0]))
        return f(x)

    with pytest.raises(RuleError, match="closes over"):
        fad.grad(loss)(3.0)


def test_conditions_in_functions_with_rules() -> None:
    @fad.custom_jvp
    def f(x: Any) -> Any:
        return x if x > 0.0 else -x

    f.defjvp(lambda primals, tangents: (np.abs(primals[0]), tangents[0] * np.sign(primals[0])))
    assert [fad.grad(f)(x) for x in (2.0, -2.0)] == [1.0, -1.0]
    compiled = fad.jit(fad.grad(f))
    assert [compiled(x) for x in (2.0, -2.0, 3.0)] == [1.0, -1.0, 1.0]
    compiled = fad.jit(lambda x: f(x) * 2.0)
    assert [compiled(x) for x in (2.0, -2.0, 3.0, -4.0)] == [4.0, 4.0, 6.0, 8.0]


def test_conditions_in_rules() -> None:
    @fad.custom_jvp
    def f(x: Any) -> Any:
        return np.abs(x)

    @f.defjvp
    def _(primals: Any, tangents: Any) -> Any:
        (x,), (dx,) = primals, tangents
        return f(x), dx if x > 0.0 else -dx

    assert [fad.grad(f)(x) for x in (2.0, -2.0)] == [1.0, -1.0]


def test_rules_inside_rules() -> None:
    @fad.custom_jvp
    def f(x: Any) -> Any:
        return softplus(x) * cube(x)

    @f.defjvp
    def _(primals: Any, tangents: Any) -> Any:
        (x,), (dx,) = primals, tangents
        return f(x), (fad.grad(softplus)(x) * cube(x) + softplus(x) * fad.grad(cube)(x)) * dx

    def plain(x: Any) -> Any:
        return np.log1p(np.exp(x)) * x ** 3

    assert np.isclose(fad.grad(f)(0.7), fad.grad(plain)(0.7))
    assert np.isclose(fad.grad(fad.grad(f))(0.7), fad.grad(fad.grad(plain))(0.7))
    assert np.allclose(fad.vmap(fad.grad(f))(X), fad.vmap(fad.grad(plain))(X))


def test_iterative_solver_with_an_implicit_rule() -> None:
    """What custom rules are for: Newton's method forward, one division for the derivative."""
    @fad.custom_vjp
    def root(a: Any) -> Any:
        x = 1.0 + 0.0 * a
        for _ in range(30):
            x = x - (x ** 3 - a) / (3.0 * x ** 2)
        return x

    def forward(a: Any) -> Any:
        x = root(a)
        return x, x

    root.defvjp(forward, lambda x, ct: (ct / (3.0 * x ** 2),))
    assert np.isclose(fad.grad(root)(8.0), 1.0 / 12.0)
    assert np.isclose(fad.grad(fad.grad(root))(8.0), -2.0 / 9.0 * 8.0 ** (-5.0 / 3.0))
    assert np.allclose(fad.vmap(fad.grad(root))(np.array([1.0, 8.0, 27.0])), [1.0 / 3.0, 1.0 / 12.0, 1.0 / 27.0])


# -- mistakes -------------------------------------------------------------------------------------


def _jvp_with(rule: Callable[..., Any]) -> Any:
    f = fad.custom_jvp(lambda x: x * 2.0)
    f.defjvp(rule)
    return functools.partial(fad.grad(lambda x: np.sum(f(x))), X)


def _vjp_with(forward: Callable[..., Any], backward: Callable[..., Any]) -> Any:
    f = fad.custom_vjp(lambda x: x * 2.0)
    f.defvjp(forward, backward)
    return functools.partial(fad.grad(lambda x: np.sum(f(x))), X)


@pytest.mark.parametrize(("call", "error", "words"), [
    (_jvp_with(lambda p, t: t[0]), RuleError, "(out, tangent_out)"),
    (_jvp_with(lambda p, t: (p[0], (t[0],))), RuleError, "structure (*,)"),
    (_jvp_with(lambda p, t: (p[0], np.sum(t[0]))), ShapeError, "shape ()"),
    (_jvp_with(lambda p, t: (p[0], None)), RuleError, "structure None"),
    (_vjp_with(lambda x: x, lambda r, ct: (ct,)), RuleError, "(out, residuals)"),
    (_vjp_with(lambda x: (x, None), lambda r, ct: (ct, ct)), RuleError, "2 cotangents for 1 arguments"),
    (_vjp_with(lambda x: (x, None), lambda r, ct: ({"a": ct},)), RuleError, "{'a': *}"),
    (_vjp_with(lambda x: (x, None), lambda r, ct: (np.sum(ct),)), ShapeError, "shape ()"),
    (lambda: fad.grad(fad.custom_jvp(lambda x: x))(1.0), RuleError, "defjvp"),
    (lambda: fad.grad(fad.custom_vjp(lambda x: x))(1.0), RuleError, "defvjp"),
])
def test_wrong_rules(call: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)
    assert fad.grad(softplus)(0.0) == 0.5


def test_an_exception_in_a_rule_passes_through() -> None:
    class Own(Exception):
        pass

    def fails(*args: Any) -> Any:
        raise Own

    for call in (_jvp_with(fails), _vjp_with(fails, lambda r, ct: (ct,)), _vjp_with(lambda x: (x, None), fails)):
        with pytest.raises(Own):
            call()
        assert fad.grad(softplus)(0.0) == 0.5
