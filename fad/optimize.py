"""SciPy's minimisers on trees, with the derivatives filled in.

    minimize : (f, tree)  →  Result, whose x is a tree

SciPy minimises functions of one vector of float64, and wants to be told gradients, products with the Hessian, and the
Jacobians of constraints. Here it gets them from fad, as the method that is used has need of them. SciPy is imported
when something is minimised.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, Required, TypeAlias, TypedDict, Unpack, overload

import numpy as np
from numpy.typing import ArrayLike

from .errors import ArgumentError, DtypeError
from .solving.limits import limits
from .solving.minimising import Objective, Restriction, Watcher, settled
from .solving.packing import Packing
from .solving.solvers import scipy_module
from .typing import Scalar, Ts, X

__all__ = ["Bounds", "Constraint", "Result", "minimize"]

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

    fun: Callable[..., object]
    lower: object = None
    upper: object = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """lower ≤ x ≤ upper, entry by entry.

    Args:
        lower, upper: trees like x. Where one number is for all of an array, or of a part of the tree, it stands in its
            place; None is for no bound, and so is an entry of a dict that is left out.
    """

    lower: object = None
    upper: object = None


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


# -- what may be given ------------------------------------------------------------------------------


class Limits(Protocol):
    """SciPy's own Bounds and constraints, about the vector."""

    lb: Any
    ub: Any


class ConstraintDict(TypedDict, total=False):
    """g(x) = 0 or g(x) ≥ 0, as SciPy writes it."""

    type: Required[Literal["eq", "ineq"]]
    fun: Required[Callable[..., object]]
    args: tuple[object, ...]


SomeBounds: TypeAlias = Bounds | Limits | Sequence[tuple[float | None, float | None]] | None
SomeConstraint: TypeAlias = Constraint | ConstraintDict | Limits
Method: TypeAlias = Literal[
    "Nelder-Mead", "nelder-mead", "Powell", "powell", "CG", "cg", "BFGS", "bfgs", "Newton-CG", "newton-cg", "L-BFGS-B",
    "l-bfgs-b", "TNC", "tnc", "COBYLA", "cobyla", "COBYQA", "cobyqa", "SLSQP", "slsqp", "trust-constr", "dogleg",
    "trust-ncg", "trust-exact", "trust-krylov"] | Callable[..., Any]
"""One of SciPy's methods, or a function like them."""


class Options(TypedDict, total=False):
    """The options of all methods, as scipy.optimize.minimize has them for each."""

    accuracy: float
    adaptive: bool
    barrier_tol: float
    c1: float
    c2: float
    catol: float
    direc: ArrayLike
    disp: bool | int
    eps: float
    eta: float
    factorization_method: str
    fatol: float
    feasibility_tol: float
    final_tr_radius: float
    ftol: float
    f_target: float
    gtol: float
    hess_inv0: ArrayLike
    inexact: bool
    initial_barrier_parameter: float
    initial_barrier_tolerance: float
    initial_constr_penalty: float
    initial_simplex: ArrayLike
    initial_tr_radius: float
    initial_trust_radius: float
    iprint: int
    maxcor: int
    maxCGit: int
    maxfev: int
    maxfun: int
    maxiter: int
    maxls: int
    max_trust_radius: float
    minfev: float
    norm: float
    offset: float
    rescale: float
    return_all: bool
    rhobeg: float
    scale: ArrayLike | bool
    sparse_jacobian: bool
    stepmx: float
    subproblem_maxiter: int
    verbose: int
    xatol: float
    xrtol: float
    xtol: float


# -- the function ---------------------------------------------------------------------------------


def _constraint(given: object) -> object:
    """A constraint as it was given, or made of a dict as SciPy has it."""
    if not isinstance(given, dict):
        return given
    kind, fun, args = given.get("type"), given.get("fun"), tuple(given.get("args", ()))
    if kind not in ("eq", "ineq") or not callable(fun):
        raise ArgumentError(f"minimize got the constraint {given!r}", why="it says of what kind it is, and of what",
                            edit='give {"type": "eq" or "ineq", "fun": f}, or fad.optimize.Constraint(f, lower, upper)')
    return Constraint(lambda x: fun(x, *args), 0.0, 0.0 if kind == "eq" else None)


@overload
def minimize(f: Callable[[X], Scalar], x0: X, *, method: Method | None = None, bounds: SomeBounds = None,
             constraints: SomeConstraint | Sequence[SomeConstraint] = (), jit: bool = False, progress: bool = False,
             callback: Callable[[X], object] | None = None, tol: float | None = None,
             **options: Unpack[Options]) -> Result[X]: ...


@overload
def minimize(f: Callable[[X, *Ts], Scalar], x0: X, *, args: tuple[*Ts], method: Method | None = None,
             bounds: SomeBounds = None, constraints: SomeConstraint | Sequence[SomeConstraint] = (), jit: bool = False,
             progress: bool = False, callback: Callable[[X], object] | None = None, tol: float | None = None,
             **options: Unpack[Options]) -> Result[X]: ...


def minimize(f: Callable[..., Scalar], x0: X, *, args: tuple[object, ...] = (), method: Method | None = None,
             bounds: SomeBounds = None, constraints: SomeConstraint | Sequence[SomeConstraint] = (), jit: bool = False,
             progress: bool = False, callback: Callable[[X], object] | None = None, tol: float | None = None,
             **options: Unpack[Options]) -> Result[X]:
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
    start = settled(start)
    given = list(constraints) if isinstance(constraints, (list, tuple)) else [constraints]
    if method is None:
        method = "SLSQP" if given else "L-BFGS-B" if bounds is not None else "BFGS"
    name = method.lower() if isinstance(method, str) else ""
    if isinstance(bounds, Bounds):
        bounds = optimize.Bounds(limits("minimize", bounds.lower, x0, -np.inf),
                                 limits("minimize", bounds.upper, x0, np.inf))
    restrictions: list[object] = []
    for constraint in map(_constraint, given):
        if not isinstance(constraint, Constraint):
            restrictions.append(constraint)
            continue
        restriction = Restriction(constraint.fun, constraint.lower, constraint.upper, packing, start, jit)
        restrictions.extend([restriction.as_object(optimize)] if name in _WITH_NEW_CONSTRAINTS else restriction.as_dicts())
    objective = Objective(f, packing, args, jit)
    with_gradient = name not in _WITHOUT_GRADIENT
    watcher = Watcher(objective, callback, progress)
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
