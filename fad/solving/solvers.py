"""Solvers of equations and of linear systems, on plain arrays: what runs inside `fad.implicit`.

    solver : (Equations, x₀)  →  x  with  r(x) = 0

Derivatives do not go through a solver: they follow from the equations at the solution. So it may do what it likes.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import ConvergenceError, MissingPackageError
from .packing import Packing

__all__ = ["Equations", "FixedPointIteration", "LinearSolver", "Multiply", "Newton", "SciPyRoot", "Solver", "Users", "gmres",
           "scipy_module"]

Vector = NDArray[Any]  # float or complex, of shape (n,)
Multiply = Callable[[Vector], Vector]
"""x ↦ A x, for a square matrix A."""
LinearSolver = Callable[[Multiply, Vector], Vector]
"""(x ↦ A x, b) ↦ A⁻¹ b."""


def scipy_module(name: str, purpose: str) -> ModuleType:
    """A module of SciPy, which is imported when it is needed."""
    try:
        return importlib.import_module(f"scipy.{name}")
    except ImportError:
        raise MissingPackageError(f"{purpose} needs SciPy, which is not installed", why="fad itself needs NumPy alone",
                                  edit="pip install 'fad[scipy]'") from None


class Equations(Protocol):
    """r(x) = 0, in n unknowns; of a fixed-point problem x = g(x) also g, and r(x) = g(x) - x."""

    def residual(self, x: Vector) -> Vector: ...

    def step(self, x: Vector) -> Vector:
        """g(x)."""
        ...

    def linearized(self, x: Vector) -> tuple[Vector, Vector]:
        """r(x) and the matrix ∂r/∂x."""
        ...

    def multiplied(self, x: Vector) -> Multiply:
        """The product with ∂r/∂x, without the matrix."""
        ...


Solver = Callable[[Equations, Vector], Vector]
"""Hashable, as it is part of a program. It returns an array of its own."""


def _largest(x: Vector) -> float:
    return float(np.max(np.abs(x), initial=0.0))


def _precision(x: Vector) -> float:
    return float(np.finfo(x.dtype).eps)


# -- Newton ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Newton:
    """x ← x - (∂r/∂x)⁻¹ r(x), with steps halved until the residual becomes smaller."""

    tol: float | None
    max_steps: int
    linear: LinearSolver | None

    def __call__(self, equations: Equations, x: Vector) -> Vector:
        x = np.array(x)
        tol = 32.0 * _precision(x) if self.tol is None else self.tol
        r = equations.residual(x)
        for _ in range(self.max_steps):
            if not np.any(r):
                return x
            dx = self._step(equations, x, r)
            x, r, length, smaller = _halved_until_smaller(equations, x, r, dx)
            if length <= tol * _largest(x):
                return x
            if not smaller:  # as good as rounding lets it be, or stuck
                if length <= _precision(x) ** 0.5 * _largest(x):
                    return x
                break
        raise ConvergenceError(
            f"Newton's method has not found a root within {self.max_steps} steps: the largest residual is {_largest(r):.3g}",
            why="it converges from a start near enough to a root at which the Jacobian is regular",
            edit="start nearer to the root, raise max_steps=, loosen tol=, or give another solver with solve=")

    def _step(self, equations: Equations, x: Vector, r: Vector) -> Vector:
        if self.linear is not None:
            return self.linear(equations.multiplied(x), -r)
        r, jacobian = equations.linearized(x)
        try:
            return np.linalg.solve(jacobian, -r)
        except np.linalg.LinAlgError:
            raise ConvergenceError("Newton's method has come to a point with a singular Jacobian",
                                   why="there is no next step from there",
                                   edit="start elsewhere, or give another solver with solve=") from None


def _halved_until_smaller(equations: Equations, x: Vector, r: Vector, dx: Vector) -> tuple[Vector, Vector, float, bool]:
    """The next x, its residual, the length of the whole step, and whether the residual is smaller than it was."""
    size = np.linalg.norm(r)
    length = _largest(dx)
    if not np.isfinite(length):
        return x, r, np.inf, False
    for _ in range(40):
        new = x + dx
        with np.errstate(all="ignore"):  # a trial may leave the domain
            there = equations.residual(new)
        if np.linalg.norm(there) < size:
            return new, there, length, True
        dx = 0.5 * dx
    return x, r, length, False


# -- iteration ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FixedPointIteration:
    """x ← g(x), until that changes nothing."""

    tol: float | None
    max_steps: int

    def __call__(self, equations: Equations, x: Vector) -> Vector:
        x = np.array(x)
        tol = 32.0 * _precision(x) if self.tol is None else self.tol
        change = np.inf
        for _ in range(self.max_steps):
            new = equations.step(x)
            change = _largest(new - x)
            x = np.array(new)
            if change <= tol * _largest(x):
                return x
        raise ConvergenceError(
            f"the iteration x ← f(x) has not come to rest within {self.max_steps} steps; the last changed x by {change:.3g}",
            why="it converges where f brings points closer together",
            edit="raise max_steps=, loosen tol=, or find the fixed point with solve=\"newton\"")


# -- SciPy's, and the user's own ------------------------------------------------------------------

_WITH_JACOBIAN = ("hybr", "lm")


@dataclass(frozen=True, slots=True)
class SciPyRoot:
    """scipy.optimize.root, by one of its methods; those that use a Jacobian are given it."""

    method: str
    tol: float | None

    def __call__(self, equations: Equations, x: Vector) -> Vector:
        optimize = scipy_module("optimize", f'solve="{self.method}"')
        if self.method in _WITH_JACOBIAN:
            found = optimize.root(equations.linearized, x, jac=True, method=self.method, tol=self.tol)
        else:
            found = optimize.root(equations.residual, x, method=self.method, tol=self.tol)
        if not found.success:
            raise ConvergenceError(f'scipy.optimize.root, method "{self.method}", has not found a root: {found.message}',
                                   edit="start nearer to the root, or choose another solver with solve=")
        return np.asarray(found.x).astype(x.dtype)


@dataclass(frozen=True, slots=True)
class Users:
    """A user's solver, which takes a function of trees and a tree."""

    solve: Callable[..., Any]
    packing: Packing
    result: Callable[[Vector], object]  # a residual, or an image, as the user's function returned it
    fixed: bool

    def __call__(self, equations: Equations, x: Vector) -> Vector:
        values = equations.step if self.fixed else equations.residual

        def f(at: object) -> object:
            return self.result(values(self.packing.pack("the argument that a solver gave", at)))

        return np.array(self.packing.pack("what the solver returned", self.solve(f, self.packing.unpack(np.array(x)))))


# -- linear systems -------------------------------------------------------------------------------


def gmres(multiply: Multiply, b: Vector) -> Vector:
    """A⁻¹ b by products with A alone: the x in the span of b, A b, A² b, ... whose residual is the smallest.

    Args:
        multiply: x ↦ A x, for a regular matrix A of n rows.
        b: the right-hand side, of shape (n,).

    Returns:
        The solution, to a relative residual of about 10⁻¹³ (10⁻⁶ in float32).

    Raises:
        ConvergenceError: n products have not been enough, as for a matrix that is nearly singular.

    >>> gmres(lambda x: np.array([2.0, 4.0]) * x, np.array([2.0, 2.0]))
    array([1. , 0.5])

    Saad & Schultz, GMRES: A Generalized Minimal Residual Algorithm (1986).
    """
    size = np.linalg.norm(b)
    if not size:
        return np.zeros_like(b)
    basis = [b / size]
    rows = np.zeros((b.size + 1, b.size), b.dtype)  # of A on the basis: Hessenberg's matrix
    enough = 512.0 * _precision(b)
    left = size
    for k in range(b.size):
        v = multiply(basis[k])
        for _ in range(2):  # once more, for what rounding has left
            for i, e in enumerate(basis):
                part = np.vdot(e, v)
                rows[i, k] += part
                v = v - part * e
        rows[k + 1, k] = rest = np.linalg.norm(v)
        target = np.zeros(k + 2, b.dtype)
        target[0] = size
        small = rows[:k + 2, :k + 1]
        y = np.linalg.lstsq(small, target)[0]
        left = np.linalg.norm(small @ y - target)
        if left <= enough * size:
            solution: Vector = np.array(basis, b.dtype).T @ y
            return solution
        if not rest > 0.0:
            break
        basis.append(v / rest)
    raise ConvergenceError(f"gmres has not solved {b.size} equations: the relative residual is {left / size:.3g}",
                           why="the matrix is singular, or nearly so", edit='use linear="dense", or a solver of your own')
