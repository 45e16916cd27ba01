"""fad.optimizers: textbook iterates bit for bit, on any tree, under the other transforms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fad
from fad import tree
from fad.optimizers import AdamState, adam, gradient_descent

START: dict[str, Any] = {"w": np.array([[1.0, -2.0], [0.5, 3.0]]), "b": (0.25, [np.array([2.0])])}


def _loss(p: Any) -> Any:
    return np.sum(np.sin(p["w"]) ** 2) + p["b"][0] ** 4 + np.sum(p["b"][1][0] ** 2)


def _run(optimizer: Any, n: int) -> Any:
    params, state = START, optimizer.init(START)
    for _ in range(n):
        updates, state = optimizer.update(fad.grad(_loss)(params), state, params)
        params = tree.map(lambda p, u: p + u, params, updates)
    return params


def _leaves(x: Any) -> list[Any]:
    return tree.leaves(x)


def test_gradient_descent_is_the_textbooks() -> None:
    leaves, structure = tree.flatten(START)
    for _ in range(20):
        grads = _leaves(fad.grad(_loss)(tree.unflatten(structure, leaves)))
        leaves = [p - 0.1 * g for p, g in zip(leaves, grads, strict=True)]
    for found, expected in zip(_leaves(_run(gradient_descent(0.1), 20)), leaves, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_adam_is_the_textbooks() -> None:
    lr, beta1, beta2, eps = 0.05, 0.8, 0.99, 1e-7
    leaves, structure = tree.flatten(START)
    m = [np.zeros_like(p) for p in leaves]
    v = [np.zeros_like(p) for p in leaves]
    for t in range(1, 31):
        grads = _leaves(fad.grad(_loss)(tree.unflatten(structure, leaves)))
        m = [beta1 * a + (1 - beta1) * g for a, g in zip(m, grads, strict=True)]
        v = [beta2 * a + (1 - beta2) * g ** 2 for a, g in zip(v, grads, strict=True)]
        m_hat = [a / (1 - beta1 ** t) for a in m]
        v_hat = [a / (1 - beta2 ** t) for a in v]
        leaves = [p - lr * a / (np.sqrt(b) + eps) for p, a, b in zip(leaves, m_hat, v_hat, strict=True)]
    for found, expected in zip(_leaves(_run(adam(lr, beta1, beta2, eps), 30)), leaves, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_states_and_updates_have_the_parameters_structure() -> None:
    init, update = adam(0.1)
    state = init(START)
    assert isinstance(state, AdamState)
    assert state.step == 0
    grads = fad.grad(_loss)(START)
    updates, after = update(grads, state, START)
    assert after.step == 1
    for found in (state.mean, state.square, updates, after.mean, gradient_descent(0.1).update(grads, None, START)[0]):
        assert tree.structure(found) == tree.structure(START)
        assert [np.shape(x) for x in _leaves(found)] == [np.shape(x) for x in _leaves(START)]


@pytest.mark.parametrize("optimizer", [gradient_descent(0.1), adam(0.1)], ids=["gradient_descent", "adam"])
def test_float32_stays_float32(optimizer: Any) -> None:
    params = np.ones(3, np.float32)
    updates, _ = optimizer.update(params, optimizer.init(params), params)
    assert updates.dtype == np.float32


@pytest.mark.parametrize("optimizer", [gradient_descent(0.1), adam(0.1)], ids=["gradient_descent", "adam"])
def test_nothing_is_written_in_place(optimizer: Any) -> None:
    params, grads = np.ones(3), np.full(3, 2.0)
    state = optimizer.init(params)
    before = [np.copy(x) for x in tree.leaves((params, grads, state))]
    first, _ = optimizer.update(grads, state, params)
    again, _ = optimizer.update(grads, state, params)
    np.testing.assert_array_equal(first, again)
    for x, old in zip(tree.leaves((params, grads, state)), before, strict=True):
        np.testing.assert_array_equal(x, old)


def test_a_step_can_be_differentiated() -> None:
    """The derivative of the parameters after two steps with respect to the learning rate."""
    def after(lr: Any) -> Any:
        params = np.array([1.0, 2.0])
        for make in (gradient_descent, gradient_descent):
            params = params + make(lr).update(2 * params, None, params)[0]
        return np.sum(params)

    np.testing.assert_allclose(fad.grad(after)(0.1), 3 * 2 * (1 - 0.2) * -2)


def test_a_step_can_be_compiled() -> None:
    init, update = adam(0.1)
    params = np.array([1.0, -2.0])
    plain, compiled = (params, init(params)), (params, init(params))
    step = fad.jit(lambda p, s: update(2 * p, s, p))
    for _ in range(5):
        updates, state = update(2 * plain[0], plain[1], plain[0])
        plain = plain[0] + updates, state
        updates, state = step(*compiled)
        compiled = compiled[0] + updates, state
    np.testing.assert_allclose(compiled[0], plain[0], rtol=1e-14)
