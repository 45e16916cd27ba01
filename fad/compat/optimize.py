"""`from autograd.optimize import GD, Adam`: optimisers that keep their parameters, and call the loss themselves.

Each is a loop around a pure pair of `fad.optimizers`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, Literal, TypeAlias, overload

import numpy as np

from .. import optimizers
from ..errors import ShapeError
from .errors import NonFiniteError
from .matrix import Array
from .utils import Data, as_vector
from .variable import Variable

__all__ = ["GD", "Adam", "Optimizer"]

Loss: TypeAlias = Callable[[Array], tuple[Any, Any]]
"""Takes the parameters, of shape (n,); returns the value and the gradient, of shape (1, n) or (n,) or, as
`multi_variables` gives it, a list of (1, n_i)."""

Callback: TypeAlias = Callable[[int, Array, float], object]
"""Takes the number of the step, from 1, the parameters after it and the loss that it started from."""


class Optimizer:
    """What GD and Adam have in common.

    Args:
        loss_func: takes the parameters; returns the loss and its gradient.
        params: where to start: a number, a list of numbers or an array of shape (n,). It is copied.
        lr: the learning rate.
        max_iter: how many steps to make at most.
        tol: two successive losses that differ by less end the search.
        callback: is called after each step with its number, the parameters and the loss.
        progress: whether to draw a line on stderr, where that is a terminal.

    Attributes:
        params: the parameters, of shape (n,), as they are now.
        iteration: the number of steps made.
        loss: the latest loss, of the parameters before the latest step; nan before the first.
    """

    def __init__(self, loss_func: Loss, params: Data, lr: float = 0.01, max_iter: int = 100000, tol: float = 1e-14, *,
                 callback: Callback | None = None, progress: bool = False) -> None:
        self.loss_func, self.lr, self.max_iter, self.tol = loss_func, lr, max_iter, tol
        self.callback, self.progress = callback, progress
        self.params = as_vector(params)
        self.iteration = 0
        self.loss = float("nan")
        self._pair = self.pair()
        self._state = self._pair.init(self.params)

    def pair(self) -> Any:  # Any: a pair whose update takes the state that its init has made
        """The pure optimiser, as in `fad.optimizers`: what a class derived from this one defines."""
        raise NotImplementedError(f"{type(self).__name__} has no pair (init, update)")

    def step(self) -> float:
        """Make one step: evaluate the loss once, and move the parameters.

        Returns:
            The loss of the parameters before the step.

        Raises:
            NonFiniteError: the loss or the gradient is nan or infinite; a FloatingPointError.
            ShapeError: the gradient has more or fewer entries than the parameters; a ValueError.
        """
        value, gradient = self.loss_func(self.params.copy())
        self.loss = _number(value)
        g = self._fitting(gradient)
        if not np.isfinite(self.loss) or not np.isfinite(g).all():
            raise NonFiniteError(
                f"step {self.iteration + 1} met a loss of {self.loss} and a gradient of {g}, at "
                f"the parameters {self.params}",
                why="from there, no step leads anywhere",
                edit="take a smaller lr or another start; fad.debug.nans() shows where the first one arises")
        updates, self._state = self._pair.update(g, self._state, self.params)
        self.params = self.params + updates
        self.iteration += 1
        if self.callback is not None:
            self.callback(self.iteration, self.params.copy(), self.loss)
        return self.loss

    def _fitting(self, gradient: Any) -> Array:
        parts = gradient if isinstance(gradient, (list, tuple)) else [gradient]
        g: Array = np.concatenate([np.ravel(np.asarray(part, np.float64)) for part in parts])
        if g.size != self.params.size:
            raise ShapeError(f"step {self.iteration + 1} was given a gradient of {g.size} entries for "
                             f"{self.params.size} parameters",
                             why="a gradient has one entry a parameter",
                             edit=f"return the gradient with shape (1, {self.params.size}) or ({self.params.size},)")
        return g

    @overload
    def solve(self, return_steps: Literal[False] = False) -> Array: ...

    @overload
    def solve(self, return_steps: Literal[True]) -> tuple[Array, list[Array]]: ...

    @overload
    def solve(self, return_steps: bool) -> Array | tuple[Array, list[Array]]: ...

    def solve(self, return_steps: bool = False) -> Array | tuple[Array, list[Array]]:
        """Make steps until two successive losses differ by less than `tol`, or `max_iter` steps have been made.

        Args:
            return_steps: whether to return the way as well.

        Returns:
            The final parameters, of shape (n,); with `return_steps`, a pair of them and the list of the parameters
            after each step.

        Raises:
            NonFiniteError, ShapeError: as for `step`.
        """
        steps: list[Array] = []
        line = _ProgressLine() if self.progress and sys.stderr.isatty() else None
        before = float("nan")
        try:
            for _ in range(self.max_iter):
                loss = self.step()
                if return_steps:
                    steps.append(self.params.copy())
                if line is not None:
                    line.draw(self.iteration, loss)
                if abs(loss - before) < self.tol:
                    break
                before = loss
        finally:
            if line is not None:
                line.end(self.iteration, self.loss)
        return (self.params.copy(), steps) if return_steps else self.params.copy()


class GD(Optimizer):
    """Gradient descent: p ← p - lr g.

    Args:
        loss_func: takes the parameters, of shape (n,); returns the loss and its gradient, as `compute_gradients`
            gives it, (1, n), or flat, as `fad.value_and_grad` does.
        params: where to start: a number, a list of numbers or an array of shape (n,). It is copied.
        lr: the learning rate.
        max_iter: how many steps to make at most.
        tol: two successive losses that differ by less end the search.
        callback: is called after each step with its number, from 1, the parameters and the loss.
        progress: whether to draw a line on stderr, where that is a terminal.

    >>> GD(lambda p: (p[0] ** 2, 2 * p), [10.0], lr=0.5).solve()
    array([0.])
    """

    def pair(self) -> optimizers.GradientDescent:
        """`fad.optimizers.gradient_descent`."""
        return optimizers.gradient_descent(self.lr)


class Adam(Optimizer):
    """Adam, with both bias corrections and ε outside the root; `fad.optimizers.adam` has the formulas.

    Args:
        loss_func, params, lr, max_iter, tol, callback, progress: as for `GD`.
        beta1: the part of the mean gradient that is kept from step to step.
        beta2: the same for the mean square.
        eps: added to the root.

    >>> bool(abs(Adam(lambda p: (p[0] ** 2, 2 * p), [1.0], lr=0.1, max_iter=2000).solve()[0]) < 1e-3)
    True
    """

    def __init__(self, loss_func: Loss, params: Data, lr: float = 0.01, max_iter: int = 100000,
                 tol: float = 1e-14, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8, *,
                 callback: Callback | None = None, progress: bool = False) -> None:
        self.beta1, self.beta2, self.eps = beta1, beta2, eps
        super().__init__(loss_func, params, lr, max_iter, tol, callback=callback, progress=progress)

    def pair(self) -> optimizers.Adam:
        """`fad.optimizers.adam`."""
        return optimizers.adam(self.lr, self.beta1, self.beta2, self.eps)


def _number(value: Any) -> float:
    """A loss as a number; of a Variable, its entry."""
    entries = np.ravel(np.asarray(value.data if isinstance(value, Variable) else value, np.float64))
    if entries.size != 1:
        raise ShapeError(f"the loss has {entries.size} entries", why="an optimiser makes one number smaller",
                         edit="return one number, such as the sum of the entries")
    return float(entries[0])


class _ProgressLine:
    """A line on stderr that is drawn over again, ten times a second at most."""

    def __init__(self) -> None:
        self.drawn = 0.0

    def draw(self, iteration: int, loss: float) -> None:
        now = time.monotonic()
        if now - self.drawn >= 0.1:
            self.drawn = now
            self._write(iteration, loss)

    def end(self, iteration: int, loss: float) -> None:
        self._write(iteration, loss)
        sys.stderr.write("\n")
        sys.stderr.flush()

    @staticmethod
    def _write(iteration: int, loss: float) -> None:
        sys.stderr.write(f"\r\x1b[Kstep {iteration}, loss {loss:.6g}")
        sys.stderr.flush()
