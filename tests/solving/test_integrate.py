"""fad.integrate: solutions of differential equations, differentiated in two ways that know nothing of each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import fad
from fad.errors import AbstractValueError, ArgumentError, DtypeError, ShapeError, TreeError
from fad.integrate import odeint
from fad.testing import check_grads

METHODS = ("discretise", "adjoint")
Y0: dict[str, Any] = {"q": np.array([1.0, 0.5]), "v": np.zeros(2)}
P: dict[str, Any] = {"k": 2.0, "c": np.array([0.1, 0.2])}
T = np.array([0.0, 0.3, 1.0, 1.5])
WEIGHTS = np.arange(1.0, 5.0)[:, None]


def pendulum(y: Any, t: Any, p: Any) -> Any:
    return {"q": y["v"], "v": -p["k"] * np.sin(y["q"]) - p["c"] * y["v"] + 0.1 * np.cos(t)}


def loss(method: Any, steps: int = 8) -> Any:
    return lambda y0, t, p: np.sum(odeint(pendulum, y0, t, p, method=method, steps=steps)["q"] ** 2 * WEIGHTS)


# -- the solution ---------------------------------------------------------------------------------


def test_the_solution_is_scipys() -> None:
    reference = solve_ivp(lambda t, y: np.concatenate([y[2:], -2.0 * np.sin(y[:2]) - P["c"] * y[2:] + 0.1 * np.cos(t)]),
                          (0.0, 1.5), [1.0, 0.5, 0.0, 0.0], t_eval=T, rtol=1e-12, atol=1e-12)
    for method in METHODS:
        y = odeint(pendulum, Y0, T, P, method=method, steps=50)
        np.testing.assert_allclose(y["q"], reference.y[:2].T, rtol=1e-8)
        np.testing.assert_allclose(y["v"], reference.y[2:].T, rtol=1e-7, atol=1e-9)


def test_the_order_is_four() -> None:
    errors = [abs(odeint(lambda y, t: -2.0 * t * y, 1.0, np.array([0.0, 1.0]), steps=n)[-1] - np.exp(-1.0)) for n in (8, 16)]
    assert 14.0 < errors[0] / errors[1] < 18.0


def test_time_may_fall_and_may_stand_still() -> None:
    there = odeint(pendulum, Y0, T, P, steps=40)
    back = odeint(pendulum, {k: y[-1] for k, y in there.items()}, T[::-1], P, steps=40)
    np.testing.assert_allclose(back["q"][-1], Y0["q"], rtol=1e-7)
    for method in METHODS:
        alone = odeint(pendulum, Y0, T[:1], P, method=method)
        np.testing.assert_array_equal(alone["q"], Y0["q"][None])
        gradient = fad.grad(lambda y, m=method: np.sum(odeint(pendulum, y, T[:1], P, method=m)["q"]))(Y0)
        np.testing.assert_array_equal(gradient["q"], 1.0)


# -- derivatives ----------------------------------------------------------------------------------


def test_discretised_derivatives_are_exact() -> None:
    check_grads(loss("discretise", steps=1), (Y0, T, P), order=1)
    check_grads(loss("discretise", steps=3), (Y0, T, P), order=1)
    check_grads(lambda p: loss("discretise", steps=2)(Y0, T, p), (P,), order=2)


def test_the_adjoint_method_agrees_with_differences() -> None:
    check_grads(loss("adjoint", steps=60), (Y0, T, P), order=1)


def test_the_two_agree_and_the_better_the_shorter_the_steps() -> None:
    distances = []
    for steps in (4, 8):
        one, other = (fad.grad(loss(m, steps), (0, 1, 2))(Y0, T, P) for m in METHODS)
        distances.append(max(float(np.max(np.abs(a - b))) for a, b in zip(
            fad.tree.leaves(one), fad.tree.leaves(other), strict=True)))
    assert distances[0] < 1e-3
    assert 10.0 < distances[0] / distances[1] < 40.0


@pytest.mark.parametrize("transform", [fad.jacfwd, fad.jacrev, fad.hessian])
def test_the_two_agree_in_every_mode(transform: Any) -> None:
    one, other = (transform(lambda p, m=m: loss(m, 40)(Y0, T, p))(P) for m in METHODS)
    for a, b in zip(fad.tree.leaves(one), fad.tree.leaves(other), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_against_scipys_sensitivities(method: Any) -> None:
    """y' = -k y² with its derivative in k: s' = -2 k y s - y²."""
    k, end = 0.7, 2.0
    reference = solve_ivp(lambda t, z: [-k * z[0] ** 2, -2 * k * z[0] * z[1] - z[0] ** 2], (0.0, end), [1.5, 0.0],
                          rtol=1e-12, atol=1e-12).y[1, -1]
    times = np.array([0.0, end])
    found = fad.grad(lambda k: odeint(lambda y, t, k: -k * y * y, 1.5, times, k, method=method, steps=100)[-1])(k)
    np.testing.assert_allclose(found, reference, rtol=1e-7)


@pytest.mark.parametrize("method", METHODS)
def test_under_the_other_transforms(method: Any) -> None:
    def f(k: Any) -> Any:
        return loss(method, 3)(Y0, T, {"k": k, "c": P["c"]})

    ks = np.array([1.0, 2.0, 3.0])
    expected = np.stack([fad.grad(f)(k) for k in ks])
    np.testing.assert_allclose(fad.vmap(fad.grad(f))(ks), expected, rtol=1e-10)
    np.testing.assert_allclose(fad.grad(lambda ks: np.sum(fad.vmap(f)(ks)))(ks), expected, rtol=1e-10)
    np.testing.assert_allclose(fad.jit(fad.grad(f))(2.0), expected[1], rtol=1e-10)
    np.testing.assert_allclose(fad.grad(fad.jit(f))(2.0), expected[1], rtol=1e-10)
    for n in (0, 1):
        assert fad.vmap(fad.grad(f))(ks[:n]).shape == (n,)


@pytest.mark.parametrize("method", METHODS)
def test_closures_and_other_arguments(method: Any) -> None:
    table = np.array([3.0, 1.0, 2.0])

    def f(w: Any) -> Any:
        rates = np.sin(w * table) if w > 0 else table  # Python may ask for what is closed over
        order = np.argsort(table * w)  # integers, which are carried along without a derivative
        return odeint(lambda y, t, kind: -rates[order] * y if kind == "decay" else y, np.ones(3), T, "decay", method=method,
                      steps=20)[-1]

    ordered = np.sort(table)
    np.testing.assert_allclose(f(0.4), np.exp(-1.5 * np.sin(0.4 * ordered)), rtol=1e-6)
    np.testing.assert_allclose(fad.jacobian(f)(0.4), -1.5 * ordered * np.cos(0.4 * ordered) * f(0.4), rtol=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_other_dtypes(method: Any) -> None:
    single = odeint(lambda y, t: -y * np.sin(t), np.ones(2, np.float32), T, method=method)
    assert single.dtype == np.float32
    check_grads(lambda w: np.abs(odeint(lambda z, t: 1j * w * z, 1.0 + 0.5j, T, method=method, steps=40)[-1] - 1.0) ** 2,
                (0.7,), order=1)
    check_grads(lambda z, t: np.sum(np.real(odeint(lambda z, t: 1j * t * z, z, t, method=method, steps=40) * (1 + 2j))),
                (1.0 + 2.0j, T), order=1)
    assert odeint(lambda y, t: y, 1, [0, 1], method=method).dtype == np.float64


def test_the_adjoint_method_keeps_no_steps() -> None:
    """What the way there hands to the way back does not grow with the number of steps."""
    def kept(method: Any, steps: int) -> int:
        _, pullback = fad.vjp(lambda p: odeint(pendulum, Y0, T, p, method=method, steps=steps)["q"], P)
        return sum(np.size(r) for r in _arrays(pullback))

    assert kept("adjoint", 8) == kept("adjoint", 64)
    assert kept("discretise", 64) > 6 * kept("discretise", 8)


def _arrays(function: Any) -> list[Any]:
    """The arrays that a function closes over, in tuples and lists as well."""
    found: list[Any] = []
    pending = [cell.cell_contents for cell in function.__closure__ or ()]
    while pending:
        x = pending.pop()
        if isinstance(x, (tuple, list)):
            pending.extend(x)
        elif isinstance(x, np.ndarray):
            found.append(x)
    return found


# -- errors ---------------------------------------------------------------------------------------


def test_errors() -> None:
    with pytest.raises(ArgumentError, match="euler"):
        odeint(pendulum, Y0, T, P, method="euler")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="steps=0"):
        odeint(pendulum, Y0, T, P, steps=0)
    with pytest.raises(ShapeError, match="times"):
        odeint(pendulum, Y0, np.float64(1.0), P)
    with pytest.raises(DtypeError, match="time is real"):
        odeint(pendulum, Y0, T * 1j, P)
    with pytest.raises(TreeError, match="structure"):
        odeint(lambda y, t: y["q"], Y0, T)
    with pytest.raises(ShapeError, match="odeint"):
        odeint(lambda y, t: np.ones(3), np.ones(2), T)
    with pytest.raises(AbstractValueError):
        odeint(lambda y, t: y if t > 0.5 else -y, 1.0, T)
