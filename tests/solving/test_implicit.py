"""fad.implicit: roots and fixed points, whatever solver found them, under every transform."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import numpy as np
import pytest
import scipy.optimize

import fad
from fad.errors import AbstractValueError, ArgumentError, ConvergenceError, MissingPackageError, ShapeError, TreeError
from fad.implicit import fixed_point, gmres, root
from fad.testing import check_grads

RNG = np.random.default_rng(0)
A = RNG.normal(size=(4, 4)) + 4.0 * np.eye(4)
B = np.array([0.1, 0.2, 0.3, 0.4])


def by_scipy(f: Any, x0: Any) -> Any:
    """A solver as a user writes it: on trees of plain arrays, here by way of a vector."""
    start, back = fad.tree.ravel(x0)
    return back(scipy.optimize.root(lambda v: fad.tree.ravel(f(back(v)))[0], start, tol=1e-13).x)


SETTINGS: dict[str, dict[str, Any]] = {
    "newton": {},
    "matrix-free": {"linear": gmres},
    "hybr": {"solve": "hybr", "tol": 1e-13},
    "krylov": {"solve": "krylov", "tol": 1e-11},
    "the user's own": {"solve": by_scipy},
    "another root": {"solve": lambda f, x0: root(f, x0)},
}


def equations(x: Any, a: Any, b: Any) -> Any:
    """As many residuals as unknowns, in a tree of another structure."""
    u, v = x["u"], x["v"]
    return [a @ u + 0.1 * u ** 3 - b * v, (v - np.sum(u * u) - 1.0,)]


def solution(a: Any, b: Any, **settings: Any) -> Any:
    return root(equations, {"u": np.zeros(4), "v": 1.0}, a, b, **settings)


# -- derivatives ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SETTINGS)
def test_a_root_solves_and_has_derivatives(name: str) -> None:
    settings = SETTINGS[name]
    x = solution(A, B, **settings)
    for r in fad.tree.leaves(equations(x, A, B)):
        np.testing.assert_allclose(r, 0.0, atol=1e-9)
    check_grads(lambda a, b: solution(a, b, **settings), (A, B), order=1)
    check_grads(lambda b: solution(A, b, **settings), (B,), order=2)


def test_derivatives_are_those_of_the_formula() -> None:
    """dx = -(∂f/∂x)⁻¹ ∂f/∂b db, and its second derivative by differences of the first."""
    x = solution(A, B)
    at, back = fad.tree.ravel(x)

    def residual(v: Any, b: Any) -> Any:
        return fad.tree.ravel(equations(back(v), A, b))[0]

    expected = -np.linalg.solve(fad.jacobian(residual)(at, B), fad.jacobian(residual, 1)(at, B))
    for transform in (fad.jacfwd, fad.jacrev):
        found = transform(lambda b: fad.tree.ravel(solution(A, b))[0])(B)
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-13)


def test_higher_orders() -> None:
    def cube_root(a: Any) -> Any:
        return root(lambda x, a: x ** 3 - a, 1.0, a)

    f, exact = cube_root, 1.0
    for k in range(5):
        np.testing.assert_allclose(f(8.0), exact * 8.0 ** (1 / 3 - k), rtol=1e-12)
        f, exact = fad.grad(f), exact * (1 / 3 - k)


@pytest.mark.parametrize("solve", ["iteration", "newton", "hybr", lambda f, x0: f(f(f(f(f(f(f(f(f(f(f(f(x0))))))))))))],
                         ids=["iteration", "newton", "hybr", "own"])
def test_fixed_points(solve: Any) -> None:
    def settled(e: Any) -> Any:
        return fixed_point(lambda x, e: {"a": 1.0 + e * np.sin(x["a"]), "b": 0.1 * x["a"] * x["b"] + e},
                           {"a": 1.0, "b": np.ones(2)}, e, solve=solve)

    x = settled(0.05)
    np.testing.assert_allclose(x["a"], 1.0 + 0.05 * np.sin(x["a"]), rtol=1e-10)
    np.testing.assert_allclose(x["b"], 0.05 / (1 - 0.1 * x["a"]), rtol=1e-10)
    np.testing.assert_allclose(fad.grad(lambda e: settled(e)["a"])(0.05), np.sin(x["a"]) / (1 - 0.05 * np.cos(x["a"])),
                               rtol=1e-10)
    check_grads(settled, (0.05,))


def test_a_stack_of_roots() -> None:
    bs = np.stack([B, 2.0 * B, -B])
    for settings in ({}, {"linear": gmres}):
        second = fad.hessian(lambda b, s=settings: solution(A, b, **s)["v"])
        np.testing.assert_allclose(fad.vmap(second)(bs), np.stack([second(b) for b in bs]), rtol=1e-12, atol=1e-14)
        both = fad.vmap(fad.vmap(lambda a, b, s=settings: solution(a, b, **s)["u"], (None, 0)), (0, None))
        found = both(np.stack([A, 2.0 * A]), bs)
        np.testing.assert_allclose(found[1, 2], solution(2.0 * A, -B, **settings)["u"], rtol=1e-12)
        pulled = fad.grad(lambda a, both=both: np.sum(both(a, bs)))(np.stack([A, 2.0 * A]))
        one = fad.grad(lambda a, s=settings: sum(np.sum(solution(a, b, **s)["u"]) for b in bs))(A)
        np.testing.assert_allclose(pulled[0], one, rtol=1e-11, atol=1e-14)
        for n in (0, 1):
            assert fad.vmap(lambda b, s=settings: solution(A, b, **s)["u"])(bs[:n]).shape == (n, 4)
            assert fad.vmap(fad.grad(lambda b, s=settings: solution(A, b, **s)["v"]))(bs[:n]).shape == (n, 4)


def test_a_mapped_start() -> None:
    both = fad.vmap(lambda x0: root(lambda x: x * x - 4.0, x0))(np.array([1.0, -1.0]))
    np.testing.assert_allclose(both, [2.0, -2.0])


def test_compiled() -> None:
    def loss(b: Any) -> Any:
        return np.sum(solution(A, b)["u"] ** 2)

    for f in (fad.jit(loss), fad.jit(fad.grad(loss)), fad.grad(fad.jit(loss)), fad.jit(fad.hessian(loss))):
        f(B)
    for b in (B, 1.5 * B):  # with other values, the solver runs anew
        np.testing.assert_allclose(fad.jit(fad.grad(loss))(b), fad.grad(loss)(b), rtol=1e-12)
        np.testing.assert_allclose(fad.grad(fad.jit(loss))(b), fad.grad(loss)(b), rtol=1e-12)


def test_inside_control_flow() -> None:
    def f(a: Any) -> Any:
        return fad.scan(lambda c, k: (root(lambda x, c: x * x - c * k, 1.0, c), c), a, np.array([1.0, 2.0, 3.0]))[0]

    np.testing.assert_allclose(f(2.0), np.sqrt(3 * np.sqrt(2 * np.sqrt(2.0))), rtol=1e-12)
    check_grads(f, (2.0,))


def test_a_root_within_a_root() -> None:
    def f(a: Any) -> Any:
        return root(lambda y: y - root(lambda x: x * x - a * y, 1.0), 2.0)  # y = √(a y)

    np.testing.assert_allclose([f(3.0), fad.grad(f)(3.0)], [3.0, 1.0], rtol=1e-10)


def test_closures_are_parameters() -> None:
    def f(a: Any) -> Any:
        scale = np.sin(a) if a > 0 else a  # Python may ask for what is closed over
        return root(lambda x: x ** 2 - scale * a, 1.0)

    np.testing.assert_allclose(f(0.5), np.sqrt(0.5 * np.sin(0.5)), rtol=1e-12)
    check_grads(f, (0.5,))
    np.testing.assert_allclose(fad.jit(fad.grad(f))(0.5), fad.grad(f)(0.5), rtol=1e-12)


def test_the_start_has_no_derivative() -> None:
    assert fad.grad(lambda x0: root(lambda x: x * x - 4.0, x0))(1.0) == 0.0


def test_other_dtypes() -> None:
    x = root(lambda x, a: x * x - a, np.float32(1.0), np.float32(2.0))
    assert x.dtype == np.float32
    assert abs(x - 2 ** 0.5) < 1e-6
    assert fad.grad(lambda a: root(lambda x, a: x * x - a, np.float32(1.0), a))(np.float32(2.0)).dtype == np.float32
    z = root(lambda z, c: z * z - c, 1.0 + 1.0j, 2.0j)
    np.testing.assert_allclose(z, 1.0 + 1.0j)
    check_grads(lambda c: root(lambda z, c: z * z - c, 1.0 + 1.0j, c), (2.0j,))
    check_grads(lambda c: root(lambda z, c: z * z - c, 1.0 + 1.0j, c, linear=gmres), (2.0j,))
    assert root(lambda x: x, np.zeros(0)).shape == (0,)
    mixed = root(lambda x: (x[0] - 1.0, x[1] - 2.0), (np.zeros(2, np.float32), 0.0))
    assert mixed[0].dtype == np.float32
    assert mixed[1].dtype == np.float64


class _State(NamedTuple):
    h: Any
    q: Any


def test_trees_come_back_as_they_are() -> None:
    seen = []

    def solver(f: Any, x0: Any) -> Any:
        seen.append((type(x0), type(f(x0))))
        return root(f, x0)

    x = root(lambda s, p: _State(s.h - p["a"], s.q * s.h - 1.0), _State(np.ones(2), np.ones(2)), {"a": 2.0, "name": "a"},
             solve=solver)
    assert isinstance(x, _State)
    np.testing.assert_allclose(x.q, 0.5)
    assert seen == [(_State, _State)]


# -- solvers --------------------------------------------------------------------------------------


def test_newton_halves_steps() -> None:
    np.testing.assert_allclose(root(np.arctan, 10.0), 0.0, atol=1e-12)  # whole steps would run away


def test_many_unknowns_without_a_matrix() -> None:
    n = 400

    def f(u: Any, q: Any) -> Any:
        padded = np.concatenate([np.zeros(1), u, np.zeros(1)])
        return 2.0 * u - padded[2:] - padded[:-2] + 0.5 * u ** 3 + u - q

    q = np.sin(np.arange(n))
    found = fad.grad(lambda q: np.sum(root(f, np.zeros(n), q, linear=gmres) ** 2))(q)
    np.testing.assert_allclose(found, fad.grad(lambda q: np.sum(root(f, np.zeros(n), q) ** 2))(q), rtol=1e-9, atol=1e-12)


def test_a_linear_solver_of_ones_own() -> None:
    def cg(multiply: Any, b: Any) -> Any:
        operator = scipy.sparse.linalg.LinearOperator((b.size, b.size), multiply)
        return scipy.sparse.linalg.cg(operator, b, rtol=1e-13)[0]

    matrix = A @ A.T
    check_grads(lambda b: root(lambda x: matrix @ x + 0.1 * x - b, np.zeros(4), linear=cg), (B,))


def test_errors() -> None:
    with pytest.raises(ConvergenceError, match="Newton"):
        root(lambda x: x * x + 1.0, 0.5)
    with pytest.raises(ConvergenceError, match="singular"):
        root(lambda x: x * x + 1.0, 0.0)
    with pytest.raises(ConvergenceError, match="come to rest"):
        fixed_point(lambda x: 2.0 * x + 1.0, 1.0, max_steps=10)
    with pytest.raises(ConvergenceError, match="hybr"):
        root(lambda x: x * x + 1.0, 0.5, solve="hybr")
    with pytest.raises(ConvergenceError, match="gmres"):
        gmres(lambda x: np.zeros_like(x), np.ones(2))
    with pytest.raises(ShapeError, match="3 numbers"):
        root(lambda x: np.concatenate([x, x[:1]]), np.ones(2))
    with pytest.raises(TreeError, match="structure"):
        fixed_point(lambda x: (x, x), np.ones(2))
    with pytest.raises(AbstractValueError):
        root(lambda x: x if x > 0 else -x, 1.0)
    with pytest.raises(ArgumentError, match="solve=3"):
        root(lambda x: x, 1.0, solve=3)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="linear"):
        root(lambda x: x, 1.0, linear="sparse")
    with pytest.raises(TreeError, match="not numbers"):
        root(lambda x: x, (1.0, "a"))
    with pytest.raises(fad.errors.IntegerArgumentError):
        root(lambda x: x, np.arange(3))


def test_without_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    with pytest.raises(MissingPackageError, match=r"fad\[scipy\]"):
        root(lambda x: x, 1.0, solve="hybr")
    assert issubclass(MissingPackageError, ImportError)
    assert root(lambda x: x - 1.0, 0.0) == 1.0


def test_an_error_names_the_users_line() -> None:
    with pytest.raises(ConvergenceError, match="test_implicit"):
        root(lambda x: x * x + 1.0, 0.5)
