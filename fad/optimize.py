"""SciPy's minimisers on trees, with the derivatives filled in.

    minimize : (f, tree)  →  Result, whose x is a tree

SciPy minimises functions of one vector of float64, and wants to be told gradients, products with the Hessian, and the
Jacobians of constraints. Here it gets them from fad, as the method that is used has need of them. SciPy is imported
when something is minimised.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Concatenate, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from . import tree
from .errors import ArgumentError, DtypeError, TreeError
from .solving.packing import Packing, vector
from .solving.solvers import scipy_module
from .transforms.grad import grad, value_and_grad
from .transforms.jacobian import hessian, jacobian
from .transforms.jit import jit as compiled
from .transforms.linearize import linearize
from .tree import Structure
from .typing import P, Scalar

__all__ = ["Bounds", "Constraint", "Result", "minimize"]

X = TypeVar("X", bound=Any)
Vector = NDArray[np.float64]

_WITHOUT_GRADIENT = ("nelder-mead", "powell", "cobyla", "cobyqa")
_WITH_HESSP = ("newton-cg", "trust-ncg", "trust-krylov", "trust-constr")
_WITH_HESS = ("dogleg", "trust-exact")
_WITH_NEW_CONSTRAINTS = ("trust-constr", "cobyqa")


@dataclass(frozen=True, slots=True)
class Constraint:
    """lower ≤ fun(x) ≤ upper, entry by entry; where the two are equal, an equation.

    Args:
        fun: a function of a tree like x; returns a tree of numbers.
        lower, upper: trees like what it returns, or what stands for one, as for `Bounds`.
    """

    fun: Callable[..., Any]
    lower: Any = None
    upper: Any = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """lower ≤ x ≤ upper, entry by entry.

    Args:
        lower, upper: trees like x. Where one number is for all of an array, or of a part of the tree, it stands in its
            place; None is for no bound, and so is an entry of a dict that is left out.
    """

    lower: Any = None
    upper: Any = None


@dataclass(frozen=True, slots=True)
class Result(Generic[X]):
    """What a minimisation has found.

    Args:
        x: the minimum: a tree like the one at which it began.
        fun: the value there.
        grad: the gradient there, a tree like x; None where the method works without.
        success: whether the method says that it has converged.
        message: what it says.
        nit, nfev: the numbers of iterations, and of values (with gradients) that were computed.
        raw: what SciPy returned, for whatever else the method tells.
    """

    x: X
    fun: float
    grad: X | None
    success: bool
    message: str
    nit: int
    nfev: int
    raw: Any = field(repr=False)


# -- what SciPy is given --------------------------------------------------------------------------


class _Objective:
    """A function of a tree as functions of a vector; what it has computed last is remembered."""

    def __init__(self, f: Callable[..., Any], packing: Packing, args: tuple[Any, ...], jit: bool) -> None:
        self.packing = packing

        def value(v: Any) -> Any:
            return f(packing.unpack(v), *args)

        wrap: Callable[[Any], Any] = compiled if jit else _as_it_is
        self._value, self._value_and_grad = wrap(value), wrap(value_and_grad(value))
        self._gradient, self._hessian = grad(value), wrap(hessian(value))
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


def _as_it_is(f: Any) -> Any:
    return f


def _settled(x: Any) -> Vector:
    """As SciPy's compiled code takes it."""
    return np.ascontiguousarray(x, np.float64)


class _Restriction:
    """A constraint on trees, as functions of a vector."""

    def __init__(self, constraint: Constraint, packing: Packing, start: Vector, jit: bool) -> None:
        def fun(v: Any) -> Any:
            return vector(tree.leaves(constraint.fun(packing.unpack(v))), np.dtype(np.float64))

        def weighted(v: Any, weights: Any) -> Any:
            return np.sum(weights * fun(v))

        wrap: Callable[[Any], Any] = compiled if jit else _as_it_is
        self._fun, self._jacobian, self._weighted = wrap(fun), wrap(jacobian(fun)), wrap(hessian(weighted))
        found = constraint.fun(packing.unpack(start))
        self.lower = _limits("a constraint", constraint.lower, found, -np.inf)
        self.upper = _limits("a constraint", constraint.upper, found, np.inf)

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


def _constraint(given: Any) -> Any:
    """A constraint as it was given, or made of a dict as SciPy has it."""
    if not isinstance(given, dict):
        return given
    kind, fun, args = given.get("type"), given.get("fun"), tuple(given.get("args", ()))
    if kind not in ("eq", "ineq") or not callable(fun):
        raise ArgumentError(f"minimize got the constraint {given!r}", why="it says of what kind it is, and of what",
                            edit='give {"type": "eq" or "ineq", "fun": f}, or fad.optimize.Constraint(f, lower, upper)')
    return Constraint(lambda x: fun(x, *args), 0.0, 0.0 if kind == "eq" else None)


# -- bounds ---------------------------------------------------------------------------------------


def _limits(what: str, given: Any, like: Any, otherwise: float) -> Vector:
    """A bound for each number of a tree, from a tree of bounds that may stop short of its leaves."""
    leaves, structure = tree.flatten(like)
    bounds, shape = tree.flatten(given)
    parts = _limits_of(shape, iter(bounds), structure, iter([np.shape(leaf) for leaf in leaves]), otherwise)
    if parts is None:
        raise TreeError(f"{what} has bounds of structure {shape} for a tree of structure {structure}",
                        why="a bound belongs to each entry",
                        edit="give a tree like that, with None for no bound and one number for many")
    return np.concatenate([np.zeros(0), *parts])


def _limits_of(given: Structure | None, bounds: Iterator[Any], structure: Structure, shapes: Iterator[Any],
               otherwise: float) -> list[Vector] | None:
    """The bounds for the leaves of one part of the tree; None where they do not fit it."""
    if given is None or given == tree.LEAF or given.kind is type(None):
        limit = np.asarray(next(bounds) if given == tree.LEAF else otherwise, np.float64)
        return [np.broadcast_to(limit, next(shapes)).reshape(-1) for _ in range(structure.n_leaves)]
    children = _children(given, structure)
    if children is None:
        return None
    parts: list[Vector] = []
    for child, of in zip(children, structure.children, strict=True):
        below = _limits_of(child, bounds, of, shapes, otherwise)
        if below is None:
            return None
        parts.extend(below)
    return parts


def _children(bounds: Structure, structure: Structure) -> Sequence[Structure | None] | None:
    """The bounds for each child of a container; None where the two do not fit. A dict may leave some out."""
    if bounds.kind is not structure.kind:
        return None
    if bounds.kind is dict and isinstance(bounds.names, tuple) and isinstance(structure.names, tuple):
        given = dict(zip(bounds.names, bounds.children, strict=True))
        return [given.get(name) for name in structure.names] if set(given) <= set(structure.names) else None
    return bounds.children if bounds.names == structure.names and len(bounds.children) == len(structure.children) else None


# -- what is told on the way ----------------------------------------------------------------------


class _Watcher:
    """Called by SciPy after each iteration: shows the progress on a terminal, and calls the user's function."""

    def __init__(self, objective: _Objective, callback: Callable[[Any], Any] | None, progress: bool) -> None:
        self._objective, self._callback = objective, callback
        self._shows = progress and sys.stderr.isatty()
        self._began = time.perf_counter()
        self.iterations = 0

    def __call__(self, v: Vector, *state: Any) -> Any:
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


# -- the function ---------------------------------------------------------------------------------


def minimize(f: Callable[Concatenate[X, P], Scalar], x0: X, *, args: tuple[Any, ...] = (), method: Any = None,
             bounds: Any = None, constraints: Any = (), jit: bool = False, progress: bool = False,
             callback: Callable[[X], Any] | None = None, tol: float | None = None, **options: Any) -> Result[X]:
    """The minimum of a function of a tree, by scipy.optimize.minimize, with all derivatives filled in.

    Args:
        f: a function of a tree of float arrays and numbers, and of args; returns one number. For a method that uses no
            derivatives (Nelder-Mead, Powell, COBYLA, COBYQA) it need not have any.
        x0: where the search begins: such a tree.
        args: further arguments of f, which stay as they are.
        method: one of SciPy's; by default "SLSQP" with constraints, "L-BFGS-B" with bounds alone, and else "BFGS". Methods
            that use a Hessian are given its products with vectors or, where they need it, the whole.
        bounds: `Bounds`; or SciPy's forms, for the vector `fad.tree.ravel(x0)[0]`.
        constraints: `Constraint`, or a dict {"type": "eq" or "ineq", "fun": g} for g(x) = 0 or g(x) ≥ 0, or a list of
            them; g is a function of a tree like x0. SciPy's constraint objects, about the vector, are handed through.
        jit: compile f and the constraints at the first call: faster, but what they close over is then frozen.
        progress: show iterations, value and time on stderr, if that is a terminal.
        callback: called after each iteration with a tree like x0; may raise StopIteration to end the search.
        tol, **options: as SciPy has them: `maxiter=100`.

    Returns:
        A `Result`, whose x is a tree like x0.

    Raises:
        MissingPackageError: SciPy is not installed.
        DtypeError: x0 has complex numbers in it.
        TreeError: bounds are unlike what they bound.
        ArgumentError: a dict is not a constraint.
        NonScalarError, IntegerArgumentError: as for `fad.grad`.

    >>> rosenbrock = lambda p: (1.0 - p["x"]) ** 2 + 100.0 * (p["y"] - p["x"] ** 2) ** 2
    >>> found = minimize(rosenbrock, {"x": -1.0, "y": 2.0}, method="trust-ncg")
    >>> found.success, f"{found.x['x']:.4f} {found.x['y']:.4f}"
    (True, '1.0000 1.0000')
    """
    optimize = scipy_module("optimize", "fad.optimize.minimize")
    packing, start = Packing.of("fad.optimize.minimize", x0)
    if packing.dtype.kind == "c":
        raise DtypeError("fad.optimize.minimize got a tree with complex numbers in it",
                         why="SciPy minimises over real ones", edit="give real and imaginary parts as two arrays")
    start = _settled(start)
    given = [constraints] if isinstance(constraints, (dict, Constraint)) or not isinstance(
        constraints, (list, tuple)) else list(constraints)
    if method is None:
        method = "SLSQP" if given else "L-BFGS-B" if bounds is not None else "BFGS"
    name = method.lower() if isinstance(method, str) else ""
    if isinstance(bounds, Bounds):
        bounds = optimize.Bounds(_limits("minimize", bounds.lower, x0, -np.inf),
                                 _limits("minimize", bounds.upper, x0, np.inf))
    restrictions: list[Any] = []
    for constraint in map(_constraint, given):
        if not isinstance(constraint, Constraint):
            restrictions.append(constraint)
            continue
        restriction = _Restriction(constraint, packing, start, jit)
        restrictions.extend([restriction.as_object(optimize)] if name in _WITH_NEW_CONSTRAINTS else restriction.as_dicts())
    objective = _Objective(f, packing, args, jit)
    with_gradient = name not in _WITHOUT_GRADIENT
    watcher = _Watcher(objective, callback, progress)
    try:
        raw = optimize.minimize(
            objective.value_and_grad if with_gradient else objective.value, start, jac=True if with_gradient else None,
            hess=objective.hess if name in _WITH_HESS else None, hessp=objective.hessp if name in _WITH_HESSP else None,
            method=method, bounds=bounds, constraints=restrictions, tol=tol, callback=watcher, options=options)
    finally:
        watcher.close()
    gradient = packing.unpack(objective.value_and_grad(raw.x)[1]) if with_gradient else None  # raw's may be of an older x
    return Result(packing.unpack(np.array(raw.x)), float(raw.fun), gradient, bool(raw.success), str(raw.message),
                  int(raw.get("nit", watcher.iterations)), int(raw.get("nfev", 0)), raw)
