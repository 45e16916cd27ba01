"""GD and Adam as objects: iterates, evaluations, where they stop, what they refuse."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import fad
import fad.optimizers
from fad.compat.optimize import GD, Adam, Optimizer
from fad.compat.session import Mode
from fad.compat.variable import Variable

Loss = Callable[[Any], tuple[Any, Any]]


def bowl(params: Any) -> tuple[Any, Any]:
    """(x + 5)² + (y + 3)², by a Variable."""
    x, y = Variable(params)
    z = (x + 5) ** 2 + (y + 3) ** 2
    z.compute_gradients()
    return z.data, z.gradient


def bowl_of_two(params: Any) -> tuple[Any, Any]:
    """The same by two Variables: a list of gradients, and the Variable itself as the value."""
    x, y = Variable.multi_variables(*params)
    z = (x + 5) ** 2 + (y + 3) ** 2
    z.compute_gradients()
    return z, z.gradient


def bowl_of_fad(params: Any) -> tuple[Any, Any]:  # ★ a flat gradient
    """The same by fad.value_and_grad."""
    value, gradient = fad.value_and_grad(lambda p: (p[0] + 5) ** 2 + (p[1] + 3) ** 2)(params)
    return value, gradient


@pytest.mark.parametrize("loss", [bowl, bowl_of_two, bowl_of_fad])
@pytest.mark.parametrize("kind", [GD, Adam])
def test_they_reach_the_minimum(mode: Mode, kind: type[GD] | type[Adam], loss: Loss) -> None:
    found = kind(loss, [10, 4], lr=0.1, max_iter=1000, tol=1e-13).solve()
    np.testing.assert_allclose(found, [-5, -3], atol=1e-4)


def test_gd_is_the_textbooks() -> None:
    p = np.array([10.0, 4.0])
    _, steps = GD(bowl, p, lr=0.1, max_iter=50, tol=0).solve(return_steps=True)
    assert len(steps) == 50
    for step in steps:
        p = p - 0.1 * bowl(p)[1][0]
        np.testing.assert_array_equal(step, p)


def test_adam_is_the_textbooks() -> None:
    p, m, v = np.array([10.0, 4.0]), np.zeros(2), np.zeros(2)
    lr, beta1, beta2, eps = 0.1, 0.8, 0.99, 1e-7
    _, steps = Adam(bowl, p, lr, 50, 0, beta1=beta1, beta2=beta2, eps=eps).solve(return_steps=True)
    for t, step in enumerate(steps, 1):
        g = bowl(p)[1][0]
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g ** 2
        m_hat, v_hat = m / (1 - beta1 ** t), v / (1 - beta2 ** t)
        p = p - lr * m_hat / (np.sqrt(v_hat) + eps)
        np.testing.assert_array_equal(step, p)


def test_the_loss_is_evaluated_once_a_step() -> None:  # ★
    calls: list[Any] = []

    def counted(params: Any) -> tuple[Any, Any]:
        calls.append(params)
        return bowl(params)

    optimizer = GD(counted, [10, 4], lr=0.1, max_iter=7)
    optimizer.solve()
    assert len(calls) == optimizer.iteration == 7
    optimizer = GD(counted, [10, 4], lr=0.1, tol=1e-6)
    calls.clear()
    _, steps = optimizer.solve(return_steps=True)
    assert len(calls) == len(steps) == optimizer.iteration < 100


def test_it_stops_when_two_losses_are_close() -> None:
    losses = iter([5.0, 4.0, 3.9, 3.89, 1.0])
    optimizer = GD(lambda p: (next(losses), [1.0]), [0.0], lr=1.0, tol=0.05)
    np.testing.assert_array_equal(optimizer.solve(), [-4.0])
    assert optimizer.loss == 3.89


def test_a_single_step() -> None:
    optimizer = GD(bowl, [10, 4], lr=0.1)
    assert optimizer.step() == 15 ** 2 + 7 ** 2
    np.testing.assert_array_equal(optimizer.params, [10 - 0.1 * 30, 4 - 0.1 * 14])
    assert optimizer.iteration == 1


def test_the_callback_sees_each_step() -> None:  # ★
    seen: list[tuple[int, list[float], float]] = []
    optimizer = GD(bowl, [10, 4], lr=0.1, max_iter=3, callback=lambda i, p, loss: seen.append((i, p.tolist(), loss)))
    _, steps = optimizer.solve(return_steps=True)
    assert [i for i, _, _ in seen] == [1, 2, 3]
    assert [p for _, p, _ in seen] == [s.tolist() for s in steps]
    assert seen[0][2] == 274.0


def test_progress_is_drawn_on_a_terminal_alone(monkeypatch: pytest.MonkeyPatch) -> None:  # ★
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream, expected in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        GD(bowl, [10, 4], lr=0.1, max_iter=3, progress=True).solve()
        assert ("step 3, loss" in stream.getvalue()) == expected
    monkeypatch.setattr(sys, "stderr", quiet := Terminal())
    GD(bowl, [10, 4], lr=0.1, max_iter=3).solve()
    assert quiet.getvalue() == ""


@pytest.mark.parametrize("kind", [GD, Adam])
def test_a_loss_that_turns_nan_stops_it(kind: type[GD] | type[Adam]) -> None:  # ★
    def breaks(params: Any) -> tuple[Any, Any]:
        return (params[0], [1.0]) if params[0] > -0.5 else (np.nan, [1.0])

    optimizer = kind(breaks, [0.0], lr=0.3)
    with pytest.raises(FloatingPointError, match=r"step 3 met a loss of nan .* parameters \[-0\.(6|59999)"):
        optimizer.solve()
    with pytest.raises(FloatingPointError, match=r"step 1 met .* gradient of \[inf\]"):
        kind(lambda p: (1.0, [np.inf]), [0.0]).solve()


def test_a_gradient_of_the_wrong_size_is_refused() -> None:  # ★
    for wrong in (np.ones((1, 3)), np.ones(3), [np.ones((1, 2)), np.ones((1, 1))], 1.0):
        with pytest.raises(ValueError, match=r"gradient of [13] entries for 2 parameters"):
            GD(lambda p: (1.0, wrong), [0.0, 1.0]).step()  # noqa: B023
    with pytest.raises(ValueError, match="the loss has 2 entries"):
        GD(lambda p: ([1.0, 2.0], p), [0.0, 1.0]).step()


def test_the_callers_start_is_not_modified() -> None:
    start, array = [10, 4], np.array([10.0, 4.0])

    def careless(params: Any) -> tuple[Any, Any]:
        value, gradient = bowl(params)
        params[:] = 0.0
        return value, gradient

    for given in (start, array):
        _, steps = GD(careless, given, lr=0.1, max_iter=3).solve(return_steps=True)
        np.testing.assert_array_equal(given, [10, 4])
        np.testing.assert_allclose(steps[0], [7.0, 2.6])


def test_they_have_a_base_class() -> None:
    assert issubclass(GD, Optimizer)
    assert issubclass(Adam, Optimizer)
    optimizer = Adam(bowl, 1.0, 0.5)
    assert (optimizer.lr, optimizer.max_iter, optimizer.tol) == (0.5, 100000, 1e-14)
    assert (optimizer.beta1, optimizer.beta2, optimizer.eps) == (0.9, 0.999, 1e-8)
    assert (GD(bowl, 1.0).lr, GD(bowl, 1.0).tol) == (0.01, 1e-14)


def test_users_derive_their_own() -> None:
    class Lookahead(Optimizer):
        def pair(self) -> Any:
            return fad.optimizers.gradient_descent(2 * self.lr)

    np.testing.assert_allclose(Lookahead(bowl, [10, 4], lr=0.05, max_iter=200).solve(), [-5, -3], atol=1e-4)
    with pytest.raises(NotImplementedError, match="Optimizer has no pair"):
        Optimizer(bowl, [10, 4])
