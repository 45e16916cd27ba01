"""SciPy's minimisers on trees, with the derivatives filled in.

    minimize : (f, tree)  →  Result, whose x is a tree

SciPy minimises functions of one vector of float64, and wants to be told gradients, products with the Hessian, and the
Jacobians of constraints. Here it gets them from fad, as the method that is used has need of them. SciPy is imported
when something is minimised.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from . import tree
from .errors import ArgumentError, DtypeError, TreeError
from .packing import Packing, vector
from .solvers import scipy_module
from .transforms.grad import grad, value_and_grad
from .transforms.jacobian import hessian, jacobian
from .transforms.jit import jit as compiled
from .transforms.linearize import linearize

__all__ = ["Bounds", "Constraint", "Result", "minimize"]

X = TypeVar("X", bound=Any)
Vector = NDArray[np.float64]

_WITHOUT_GRADIENT = ("nelder-mead", "powell", "cobyla", "cobyqa")
_WITH_HESSP = ("newton-cg", "trust-ncg", "trust-krylov", "trust-constr")
_WITH_HESS = ("dogleg", "trust-exact")
_WITH_NEW_CONSTRAINTS = ("trust-constr", "cobyqa")


@dataclass(frozen=True, slots=True)
class Constraint:
    """lower ≤ fun(x, *args) ≤ upper, entry by entry; where the two are equal, an equation.

    Args:
        fun: a function of a tree like x, and of the args; returns a tree of numbers.
        lower, upper: numbers, trees like what fun returns, or None for no bound.
    """

    fun: Callable[..., Any]
    lower: Any = None
    upper: Any = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """lower ≤ x ≤ upper, entry by entry.

    Args:
        lower, upper: trees like x, with a number in place of an array where that is for all of its entries, and None
            where there is no bound; or one number, or None, for all.
    """

    lower: Any = None
    upper: Any = None


@dataclass(frozen=True, slots=True)
class Result(Generic[X]):
    """What a minimisation has found.

    Args:
        x: the minimum: a tree like the one at which it began.
        fun: the value there.
        grad: the gradient there, a tree like x.
        success: whether the method says that it has converged.
        message: what it says.
        nit, nfev: the numbers of iterations, and of values (with gradients) that were computed.
        raw: what SciPy returned, for whatever else the method tells.
    """

    x: X
    fun: float
    grad: X
    success: bool
    message: str
    nit: int
    nfev: int
    raw: Any = field(repr=False)


# -- what SciPy is given --------------------------------------------------------------------------


class _Objective:
    """A function of a tree as functions of a vector; what it has computed last is remembered."""

    def __init__(self, f: Callable[..., Any], packing: Packing, args: tuple[Any, ...], jit: bool) -> None:
        self.packing, self.args = packing, args
        wrap: Callable[[Any], Any] = compiled if jit else lambda g: g
        self._value = wrap(lambda v: f(packing.unpack(v), *args))
        self._value_and_grad = wrap(value_and_grad(lambda v: f(packing.unpack(v), *args)))
        self._gradient = grad(lambda v: f(packing.unpack(v), *args))
        self._hessian = wrap(hessian(lambda v: f(packing.unpack(v), *args)))
        self._linearized_at: Vector | None = None
        self._multiply: Callable[[Vector], Vector] | None = None
        self.last: tuple[Vector, float] | None = None

    def value(self, v: Vector) -> float:
        return self._seen(v, self._value(np.array(v)))

    def value_and_grad(self, v: Vector) -> tuple[float, Vector]:
        value, gradient = self._value_and_grad(np.array(v))
        return self._seen(v, value), _settled(gradient)

    def hess(self, v: Vector) -> Vector:
        return _settled(self._hessian(np.array(v)))

    def hessp(self, v: Vector, p: Vector) -> Vector:
        """The product with the Hessian; what it takes at one point is computed once for all directions."""
        if self._multiply is None or not np.array_equal(v, self._linearized_at):  # type: ignore[arg-type]  # None is unequal
            self._linearized_at = np.array(v)
            _, self._multiply = linearize(self._gradient, self._linearized_at)
        return _settled(self._multiply(np.asarray(p, np.float64)))

    def _seen(self, v: Vector, value: Any) -> float:
        number = float(value)
        self.last = np.array(v), number
        return number


def _settled(x: Any) -> Vector:
    """As SciPy's compiled code takes it."""
    return np.ascontiguousarray(x, np.float64)


class _Restriction:
    """A constraint on trees, as functions of a vector."""

    def __init__(self, constraint: Constraint, packing: Packing, args: tuple[Any, ...], start: Vector, jit: bool) -> None:
        def fun(v: Any) -> Any:
            return vector(tree.leaves(constraint.fun(packing.unpack(v), *args)), np.dtype(np.float64))

        wrap: Callable[[Any], Any] = compiled if jit else lambda g: g
        self._fun, self._jacobian = wrap(fun), wrap(jacobian(fun))
        self._weighted = wrap(hessian(lambda v, weights: np.sum(weights * fun(v))))
        found = constraint.fun(packing.unpack(start), *args)
        self.lower = _limits(constraint.lower, found, -np.inf)
        self.upper = _limits(constraint.upper, found, np.inf)

    def fun(self, v: Vector) -> Vector:
        return _settled(self._fun(np.array(v)))

    def jac(self, v: Vector) -> Vector:
        return _settled(self._jacobian(np.array(v)))

    def hess(self, v: Vector, weights: Vector) -> Vector:
        return _settled(self._weighted(np.array(v), np.asarray(weights, np.float64)))

    def as_object(self, optimize: Any) -> Any:
        return optimize.NonlinearConstraint(self.fun, self.lower, self.upper, jac=self.jac, hess=self.hess)

    def as_dicts(self) -> list[dict[str, Any]]:
        """Equations h(x) = 0 and inequalities h(x) ≥ 0, as the older methods take them."""
        equal = self.lower == self.upper
        below, above = np.isfinite(self.lower) & ~equal, np.isfinite(self.upper) & ~equal
        parts = [("eq", equal, self.lower, 1.0), ("ineq", below, self.lower, 1.0), ("ineq", above, self.upper, -1.0)]
        return [{"type": kind, "fun": lambda v, rows=rows, limit=limit, sign=sign: sign * (self.fun(v) - limit)[rows],
                 "jac": lambda v, rows=rows, sign=sign: sign * self.jac(v)[rows]}
                for kind, rows, limit, sign in parts if np.any(rows)]


def _limits(given: Any, like: Any, otherwise: float) -> Vector:
    """A bound for each number of a tree: from a tree like it, with numbers and None in places, or from one of those."""
    if given is None or isinstance(given, (int, float, np.number)):
        limit = otherwise if given is None else float(given)
        return np.full(sum(np.size(leaf) for leaf in tree.leaves(like)), limit)
    return np.concatenate([np.zeros(0), *_entries(given, like, otherwise)])


def _entries(given: Any, like: Any, otherwise: float) -> list[Vector]:
    shape = tree.structure(like)
    if shape == tree.LEAF:
        limit = np.asarray(otherwise if given is None else given, np.float64)
        return [np.broadcast_to(limit, np.shape(like)).reshape(-1)]
    if given is None or isinstance(given, (int, float, np.number)):
        return [_limits(given, like, otherwise)]
    ours, theirs = tree.children(like), tree.children(given)
    if ours is None or theirs is None or ours[0] != theirs[0]:
        raise TreeError(f"bounds of structure {tree.structure(given)} for a tree of structure {shape}",
                        why="a bound belongs to each entry", edit="give a tree of that structure, with None for no bound")
    return [part for x, g in zip(ours[1], theirs[1], strict=True) for part in _entries(g, x, otherwise)]
