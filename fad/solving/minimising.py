"""What SciPy's minimisers are given: a function of a tree, and constraints on one, as functions of a vector with all their
derivatives; and what is told on the way."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import tree
from ..transforms.grad import grad, value_and_grad
from ..transforms.jacobian import hessian, jacobian
from ..transforms.jit import jit as compiled
from ..transforms.linearize import linearize
from ..typing import Q, R, Scalar
from .limits import limits
from .packing import Packing, vector

__all__ = ["Objective", "Restriction", "Watcher", "settled"]

Vector = NDArray[np.float64]


class Objective:
    """A function of a tree as functions of a vector; what it has computed last is remembered."""

    def __init__(self, f: Callable[..., Scalar], packing: Packing, args: tuple[object, ...], jit: bool) -> None:
        self.packing = packing

        def value(v: Vector) -> Scalar:
            return f(packing.unpack(v), *args)

        self._value, self._value_and_grad = wrapped(value, jit), wrapped(value_and_grad(value), jit)
        self._gradient, self._hessian = grad(value), wrapped(hessian(value), jit)
        self._linearized_at: Vector | None = None
        self._multiply: Callable[[Vector], Vector] | None = None
        self.last: tuple[Vector, float] | None = None

    def value(self, v: Vector) -> float:
        return self._seen(v, self._value(np.array(v)))

    def value_and_grad(self, v: Vector) -> tuple[float, Vector]:
        value, gradient = self._value_and_grad(np.array(v))
        return self._seen(v, value), settled(gradient)

    def hess(self, v: Vector) -> Vector:
        return settled(self._hessian(np.array(v)))

    def hessp(self, v: Vector, p: Vector) -> Vector:
        """The product with the Hessian; what it takes at one point is computed once for all directions."""
        at = self._linearized_at
        if self._multiply is None or at is None or not np.array_equal(v, at):
            self._linearized_at = np.array(v)
            _, self._multiply = linearize(self._gradient, self._linearized_at)
        return settled(self._multiply(np.asarray(p, np.float64)))

    def _seen(self, v: Vector, value: Scalar) -> float:
        number = float(value)
        self.last = np.array(v), number
        return number


def wrapped(f: Callable[Q, R], jit: bool) -> Callable[Q, R]:
    """The function, compiled if that is wanted."""
    return compiled(f) if jit else f


def settled(x: ArrayLike) -> Vector:
    """As SciPy's compiled code takes it."""
    return np.ascontiguousarray(x, np.float64)


class Restriction:
    """A constraint on trees, as functions of a vector."""

    def __init__(self, function: Callable[..., object], lower: object, upper: object, packing: Packing, start: Vector,
                 jit: bool) -> None:
        def fun(v: Vector) -> Vector:
            return vector(tree.leaves(function(packing.unpack(v))), np.dtype(np.float64))

        def weighted(v: Vector, weights: Vector) -> np.float64:
            total: np.float64 = np.sum(weights * fun(v))
            return total

        self._fun, self._jacobian = wrapped(fun, jit), wrapped(jacobian(fun), jit)
        self._weighted = wrapped(hessian(weighted), jit)
        found = function(packing.unpack(start))
        self.lower = limits("a constraint", lower, found, -np.inf)
        self.upper = limits("a constraint", upper, found, np.inf)

    def fun(self, v: Vector) -> Vector:
        return settled(self._fun(np.array(v)))

    def jac(self, v: Vector) -> Vector:
        return settled(self._jacobian(np.array(v)))

    def hess(self, v: Vector, weights: Vector) -> Vector:
        return settled(self._weighted(np.array(v), np.asarray(weights, np.float64)))

    def as_object(self, optimize: ModuleType) -> object:
        return optimize.NonlinearConstraint(self.fun, self.lower, self.upper, jac=self.jac, hess=self.hess)

    def as_dicts(self) -> list[dict[str, object]]:
        """Equations h(x) = 0 and inequalities h(x) ≥ 0, as the older methods take them."""
        equal = self.lower == self.upper
        below, above = np.isfinite(self.lower) & ~equal, np.isfinite(self.upper) & ~equal
        parts = [("eq", equal, self.lower, 1.0), ("ineq", below, self.lower, 1.0), ("ineq", above, self.upper, -1.0)]
        return [{"type": kind, "fun": lambda v, rows=rows, limit=limit, sign=sign: sign * (self.fun(v) - limit)[rows],
                 "jac": lambda v, rows=rows, sign=sign: sign * self.jac(v)[rows]}
                for kind, rows, limit, sign in parts if np.any(rows)]


class Watcher:
    """Called by SciPy after each iteration: shows the progress on a terminal, and calls the user's function."""

    def __init__(self, objective: Objective, callback: Callable[[Any], object] | None, progress: bool) -> None:
        self._objective, self._callback = objective, callback
        self._shows = progress and sys.stderr.isatty()
        self._began = time.perf_counter()
        self.iterations = 0

    def __call__(self, v: Vector, *state: object) -> object:
        self.iterations += 1
        if self._shows:
            _, value = self._objective.last or (v, np.nan)
            seconds = time.perf_counter() - self._began
            sys.stderr.write(f"\r{self.iterations:6d}  f = {value:<14.8g}  {seconds:8.1f} s")
            sys.stderr.flush()
        if self._callback is not None:
            return self._callback(self._objective.packing.unpack(np.array(v)))
        return None

    def close(self) -> None:
        if self._shows and self.iterations:
            sys.stderr.write("\n")
            sys.stderr.flush()
