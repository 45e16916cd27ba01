"""SciPy's optimisers: fad's functions as they are, and fad.optimize.minimize on trees."""

from __future__ import annotations

import io
import sys
from typing import Any

import numpy as np
import pytest
from scipy import optimize

import fad
from fad.errors import ArgumentError, DtypeError, MissingPackageError, NonScalarError, TreeError
from fad.optimize import Bounds, Constraint, Result, minimize

X0 = np.array([-1.2, 1.0, 0.5])


def rosenbrock(x: Any) -> Any:
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


# -- fad's functions, given to SciPy as they are --------------------------------------------------


def seen(f: Any, shape: tuple[int, ...], contiguous: bool = True) -> Any:
    """A function whose results are what SciPy's compiled code wants."""
    def checked(*args: Any) -> Any:
        y = f(*args)
        for array in [y] if not isinstance(y, tuple) else y[1:]:
            assert array.dtype == np.float64
            assert array.shape == shape
            assert array.flags.c_contiguous or not contiguous
        return y

    return checked


@pytest.mark.parametrize("method", ["BFGS", "CG", "L-BFGS-B", "TNC", "SLSQP", "Newton-CG"])
def test_value_and_grad_with_jac_true(method: str) -> None:
    found = optimize.minimize(seen(fad.value_and_grad(rosenbrock), (3,)), X0, jac=True, method=method, tol=1e-10,
                              options={"maxfun": 1000} if method == "TNC" else {})
    np.testing.assert_allclose(found.x, 1.0, rtol=1e-4)


@pytest.mark.parametrize("wrap", [lambda f: f, fad.jit], ids=["plain", "jit"])
def test_derivatives_one_by_one(wrap: Any) -> None:
    gradient = seen(wrap(fad.grad(rosenbrock)), (3,))
    hess = seen(wrap(fad.hessian(rosenbrock)), (3, 3), contiguous=wrap is not fad.jit)
    hessp = seen(wrap(lambda x, v: fad.hvp(rosenbrock, x, v)), (3,))
    for method in ("trust-exact", "trust-ncg", "Newton-CG", "trust-constr"):
        found = optimize.minimize(rosenbrock, X0, jac=gradient, hess=hess, method=method)
        np.testing.assert_allclose(found.x, 1.0, rtol=1e-4)
    for method in ("trust-krylov", "trust-ncg", "Newton-CG", "trust-constr"):
        found = optimize.minimize(rosenbrock, X0, jac=gradient, hessp=hessp, method=method)
        np.testing.assert_allclose(found.x, 1.0, rtol=1e-4)


@pytest.mark.parametrize("method", ["trf", "dogbox", "lm"])
@pytest.mark.parametrize("jacobian", [fad.jacobian, fad.jacfwd, fad.jacrev])
def test_least_squares(method: Any, jacobian: Any) -> None:
    t = np.linspace(0.0, 2.0, 20)

    def residuals(p: Any) -> Any:
        return p[0] * np.exp(-p[1] * t) - 2.0 * np.exp(-0.7 * t)

    found = optimize.least_squares(residuals, np.array([1.0, 1.0]), jac=seen(jacobian(residuals), (20, 2)), method=method)
    np.testing.assert_allclose(found.x, [2.0, 0.7], rtol=1e-6)


@pytest.mark.parametrize("method", ["hybr", "lm"])
def test_root(method: str) -> None:
    def f(x: Any) -> Any:
        return np.stack([x[0] + 0.5 * (x[0] - x[1]) ** 3 - 1.0, 0.5 * (x[1] - x[0]) ** 3 + x[1]])

    found = optimize.root(f, np.zeros(2), jac=seen(fad.jacobian(f), (2, 2)), method=method)
    np.testing.assert_allclose(f(found.x), 0.0, atol=1e-8)
    scalar = optimize.root_scalar(lambda x: x ** 3 - 2.0, x0=1.0, fprime=fad.grad(lambda x: x ** 3 - 2.0), method="newton")
    np.testing.assert_allclose(scalar.root, 2.0 ** (1 / 3))


def test_nonlinear_constraints() -> None:
    def g(x: Any) -> Any:
        return np.stack([np.sum(x ** 2), x[0] * x[1]])

    constraint = optimize.NonlinearConstraint(g, [1.0, -np.inf], [1.0, 0.1], jac=seen(fad.jacobian(g), (2, 3)), hess=seen(
        lambda x, v: fad.hessian(lambda x: v @ g(x))(x), (3, 3)))
    found = optimize.minimize(fad.value_and_grad(rosenbrock), np.array([0.1, 0.5, 0.5]), jac=True, method="trust-constr",
                              hess=fad.hessian(rosenbrock), constraints=constraint, options={"gtol": 1e-9, "xtol": 1e-12})
    np.testing.assert_allclose(np.sum(found.x ** 2), 1.0, rtol=1e-8)
    assert found.x[0] * found.x[1] <= 0.1 + 1e-8
    dicts = [{"type": "eq", "fun": lambda x: g(x)[0] - 1.0, "jac": fad.grad(lambda x: g(x)[0])},
             {"type": "ineq", "fun": lambda x: 0.1 - g(x)[1], "jac": fad.grad(lambda x: 0.1 - g(x)[1])}]
    again = optimize.minimize(fad.value_and_grad(rosenbrock), found.x + 0.01, jac=True, constraints=dicts)
    np.testing.assert_allclose(again.fun, found.fun, rtol=1e-5)


# -- minimize -------------------------------------------------------------------------------------

START: dict[str, Any] = {"x": -1.0, "y": np.array([2.0, 0.0])}
ALL = ["Nelder-Mead", "Powell", "CG", "BFGS", "Newton-CG", "L-BFGS-B", "TNC", "COBYQA", "SLSQP", "trust-constr", "trust-ncg",
       "trust-krylov", "trust-exact"]


def valley(p: Any, steepness: Any = 10.0) -> Any:
    return (1.0 - p["x"]) ** 2 + steepness * (p["y"][0] - p["x"] ** 2) ** 2 + (p["y"][1] - 1.0) ** 2


@pytest.mark.parametrize("jit", [False, True], ids=["plain", "jit"])
@pytest.mark.parametrize("method", [None, *ALL])
def test_every_method(method: str | None, jit: bool) -> None:
    found = minimize(valley, START, args=(5.0,), method=method, jit=jit)
    assert isinstance(found, Result)
    assert found.success, found.message
    np.testing.assert_allclose(found.x["x"], 1.0, atol=2e-3)
    np.testing.assert_allclose(found.x["y"], 1.0, atol=2e-3)
    assert found.x["y"].shape == (2,)
    assert found.fun == valley(found.x, 5.0)
    if method in ("Nelder-Mead", "Powell", "COBYQA"):
        assert found.grad is None
    else:
        assert found.grad is not None
        np.testing.assert_array_equal(found.grad["y"], fad.grad(valley)(found.x, 5.0)["y"])


def test_dogleg() -> None:
    assert minimize(lambda x: np.sum(np.cosh(x - 1.0)), np.zeros(3), method="dogleg").success


def test_a_method_of_ones_own() -> None:
    def descend(fun: Any, x0: Any, jac: Any, **_: Any) -> Any:
        x = x0
        for _ in range(200):
            x = x - 0.1 * jac(x)
        return optimize.OptimizeResult(x=x, fun=fun(x), success=True, message="done", nit=200)

    found = minimize(lambda p: np.sum((p[0] - 2.0) ** 2), (np.zeros(2),), method=descend)
    np.testing.assert_allclose(found.x[0], 2.0)
    assert (found.nit, found.message) == (200, "done")


def test_hessian_products_are_of_the_point_asked_for() -> None:
    """They are remembered by the point: a count of the traces says how often it is taken apart."""
    calls = []

    def f(x: Any) -> Any:
        calls.append(1)
        return np.sum(np.cosh(x * np.arange(1.0, 6.0)) + x[0] * x)

    found = minimize(f, np.full(5, 0.3), method="trust-krylov")
    assert found.success
    assert len(calls) <= 2 * found.nfev + 3


@pytest.mark.parametrize("method", [None, "SLSQP", "trust-constr", "COBYQA"])
def test_constraints_and_bounds(method: str | None) -> None:
    both = Constraint(lambda p: {"sum": p["x"] + p["y"], "x": p["x"]}, lower={"sum": np.array([1.0, 2.5])},
                      upper={"sum": np.array([1.0, np.inf]), "x": 0.4})
    bounds = Bounds({"x": -1.0}, {"y": np.array([5.0, 3.2])})
    found = minimize(valley, START, method=method, constraints=[both], bounds=bounds)
    assert found.success, found.message
    x, y = found.x["x"], found.x["y"]
    np.testing.assert_allclose(x + y[0], 1.0, atol=1e-6)
    assert x + y[1] >= 2.5 - 1e-6
    assert -1.0 - 1e-6 <= x <= 0.4 + 1e-6
    assert y[1] <= 3.2 + 1e-6
    for kind in ({"type": "ineq", "fun": lambda p: 1.0 - np.sum(p["y"] ** 2)},
                 {"type": "eq", "fun": lambda p, r: r - np.sum(p["y"] ** 2), "args": (1.0,)},
                 Constraint(lambda p: np.sum(p["y"] ** 2), upper=1.0)):
        found = minimize(valley, {"x": 0.5, "y": np.array([0.5, 0.5])}, method=method, constraints=kind)
        np.testing.assert_allclose(np.sum(found.x["y"] ** 2), 1.0, rtol=1e-4)
        np.testing.assert_allclose(found.fun, 0.0886994, rtol=1e-4)


def test_scipys_own_constraints_and_bounds() -> None:
    found = minimize(rosenbrock, X0, bounds=[(None, 0.5)] * 3)
    assert np.all(found.x <= 0.5)
    np.testing.assert_allclose(minimize(rosenbrock, X0, bounds=optimize.Bounds(-2.0, 0.5)).x, found.x, rtol=1e-6)
    line = optimize.LinearConstraint(np.ones((1, 3)), 1.0, 1.0)
    np.testing.assert_allclose(np.sum(minimize(rosenbrock, X0, constraints=line).x), 1.0)


def test_bounds_on_parts_of_a_tree() -> None:
    start = {"a": (0.0, np.zeros(2)), "b": [np.zeros((2, 2)), None]}
    found = minimize(lambda p: np.sum((p["a"][1] - 1.0) ** 2) + p["a"][0] ** 2 + np.sum((p["b"][0] + 1.0) ** 2), start,
                     bounds=Bounds({"a": 0.25, "b": [np.array([[-0.5, -3.0], [-0.5, -0.5]]), None]}, {"a": (None, 0.75)}))
    assert found.x["a"][0] == 0.25
    np.testing.assert_array_equal(found.x["a"][1], 0.75)
    np.testing.assert_allclose(found.x["b"][0], [[-0.5, -1.0], [-0.5, -0.5]], rtol=1e-5)
    with pytest.raises(TreeError, match="bounds"):
        minimize(valley, START, bounds=Bounds({"z": 1.0}))
    with pytest.raises(TreeError, match="bounds"):
        minimize(valley, START, bounds=Bounds((1.0, 2.0)))


def test_float32_trees_stay_float32() -> None:
    found = minimize(lambda p: np.sum((p["w"] - 2.0) ** 2) + (p["b"] - 1.0) ** 2, {"w": np.zeros(2, np.float32), "b": 0.0})
    assert found.x["w"].dtype == np.float32
    np.testing.assert_allclose(found.x["w"], 2.0, rtol=1e-5)


def test_what_is_closed_over_may_change_without_jit() -> None:
    weight = [1.0]
    found = minimize(lambda x: (x - 3.0) ** 2 * weight[0], 0.0, callback=lambda x: weight.__setitem__(0, 2.0))
    np.testing.assert_allclose(found.x, 3.0, rtol=1e-6)


def test_options_and_tolerance() -> None:
    found = minimize(rosenbrock, X0, maxiter=3)
    assert not found.success
    assert found.nit == 3
    assert minimize(rosenbrock, X0, tol=1e-1).nit < minimize(rosenbrock, X0, tol=1e-10, method="BFGS").nit


def test_the_callback_gets_trees_and_may_end_the_search() -> None:
    trees = []

    def watch(p: Any) -> None:
        trees.append(p)
        if len(trees) == 4:
            raise StopIteration

    found = minimize(valley, START, callback=watch)
    assert not found.success
    assert found.nit == 4
    assert [fad.tree.structure(p) for p in trees] == [fad.tree.structure(START)] * 4


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream, shows in ((_Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        found = minimize(valley, START, progress=True)
        text = stream.getvalue()
        assert bool(text) == shows
        if shows:
            assert f"{found.nit:6d}  f = " in text
            assert text.endswith("s\n")
    monkeypatch.setattr(sys, "stderr", terminal := _Terminal())
    minimize(valley, START)
    assert terminal.getvalue() == ""


def test_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DtypeError, match="complex"):
        minimize(lambda z: abs(z) ** 2, 1j)
    with pytest.raises(ArgumentError, match="constraint"):
        minimize(valley, START, constraints={"type": "le", "fun": valley})
    with pytest.raises(NonScalarError):
        minimize(lambda x: x, np.ones(2))
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    with pytest.raises(MissingPackageError, match=r"fad\[scipy\]"):
        minimize(valley, START)
