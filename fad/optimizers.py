"""Optimisers as pairs of pure functions on trees: `init` makes a state, `update` a step from a gradient.

>>> import numpy as np, fad
>>> from fad import tree
>>> loss = lambda p: np.sum((p["w"] - 3.0) ** 2)
>>> optimizer = gradient_descent(0.25)
>>> params = {"w": np.zeros(2)}
>>> state = optimizer.init(params)
>>> for _ in range(50):
...     updates, state = optimizer.update(fad.grad(loss)(params), state, params)
...     params = tree.map(np.add, params, updates)
>>> params
{'w': array([3., 3.])}

An update is to be added to the parameters. Nothing is written in place, and so a step can be traced, compiled,
mapped and differentiated like any other function. Of complex parameters, give the conjugate of what `fad.grad`
returns.
"""

from __future__ import annotations

from typing import Generic, NamedTuple, Protocol, TypeVar

import numpy as np

from . import tree

__all__ = ["Adam", "AdamState", "GradientDescent", "adam", "gradient_descent"]

X = TypeVar("X")


# -- gradient descent -----------------------------------------------------------------------------


class DescentInit(Protocol):
    def __call__(self, params: object, /) -> None:
        """The state of plain gradient descent: none."""
        ...


class DescentUpdate(Protocol):
    def __call__(self, grads: X, state: None, params: X, /) -> tuple[X, None]:
        """The update -lr * grads, a tree like the parameters, and the next state."""
        ...


class GradientDescent(NamedTuple):
    """A pair of pure functions: `init(params) -> state`, `update(grads, state, params) -> (updates, state)`."""

    init: DescentInit
    update: DescentUpdate


def gradient_descent(lr: float) -> GradientDescent:
    """Steps along the negative gradient: p ← p - lr g.

    Args:
        lr: the length of a step for a gradient of length 1, in units of parameter² per unit of loss.

    Returns:
        The pair (init, update). The state is None.

    >>> init, update = gradient_descent(0.5)
    >>> update([2.0], init([1.0]), [1.0])
    ([-1.0], None)

    Cauchy, Méthode générale pour la résolution des systèmes d'équations simultanées (1847).
    """

    def init(params: object, /) -> None:
        return None

    def update(grads: X, state: None, params: X, /) -> tuple[X, None]:
        updates: X = tree.map(lambda g: -(lr * g), grads)
        return updates, None

    return GradientDescent(init, update)


# -- Adam -----------------------------------------------------------------------------------------


class AdamState(NamedTuple, Generic[X]):
    """What Adam remembers: the number of steps, and moving means of the gradients and of their squares."""

    step: int
    mean: X
    square: X


class AdamInit(Protocol):
    def __call__(self, params: X, /) -> AdamState[X]:
        """The state before the first step: zeros, in trees like the parameters."""
        ...


class AdamUpdate(Protocol):
    def __call__(self, grads: X, state: AdamState[X], params: X, /) -> tuple[X, AdamState[X]]:
        """The update, a tree like the parameters, and the next state."""
        ...


class Adam(NamedTuple):
    """A pair of pure functions: `init(params) -> state`, `update(grads, state, params) -> (updates, state)`."""

    init: AdamInit
    update: AdamUpdate


def adam(lr: float, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> Adam:
    """Steps of about equal length in every direction, whatever the size of the gradient there.

        m ← β₁ m + (1 - β₁) g          v ← β₂ v + (1 - β₂) g²
        p ← p - lr m̂ / (√v̂ + ε)        where m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ) at step t

    Args:
        lr: the length of a step, in the units of the parameters.
        beta1: the part of the mean gradient that is kept from step to step.
        beta2: the same for the mean square.
        eps: added to the root, in the units of the gradient.

    Returns:
        The pair (init, update). The state is an `AdamState`.

    >>> init, update = adam(0.5)
    >>> updates, state = update([4.0], init([1.0]), [1.0])
    >>> round(float(updates[0]), 6), state.step
    (-0.5, 1)

    Kingma & Ba, Adam: A Method for Stochastic Optimization (2015), algorithm 1.
    """

    def init(params: X, /) -> AdamState[X]:
        return AdamState(0, _zeros_like(params), _zeros_like(params))

    def update(grads: X, state: AdamState[X], params: X, /) -> tuple[X, AdamState[X]]:
        step = state.step + 1
        mean: X = tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, state.mean, grads)
        square: X = tree.map(lambda v, g: beta2 * v + (1 - beta2) * g ** 2, state.square, grads)
        from_mean, from_square = 1 - beta1 ** step, 1 - beta2 ** step
        updates: X = tree.map(
            lambda m, v: -(lr * (m / from_mean) / (np.sqrt(v / from_square) + eps)), mean, square)
        return updates, AdamState(step, mean, square)

    return Adam(init, update)


def _zeros_like(params: X) -> X:
    zeros: X = tree.map(lambda p: 0.0 if isinstance(p, (int, float)) else np.zeros_like(p), params)
    return zeros
