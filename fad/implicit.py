"""Derivatives through the solutions of equations: roots and fixed points.

    root        : (f, x₀, p...)  →  x  with  f(x, p...) = 0
    fixed_point : (f, x₀, p...)  →  x  with  f(x, p...) = x

By the implicit function theorem the solution moves with the parameters by dx = -(∂f/∂x)⁻¹ ∂f/∂p dp, however it
was found. A solution is one equation of a program: the solver runs on plain arrays when the program runs, and no
derivative goes through it. See Krantz & Parks, The Implicit Function Theorem (2002), and, for the use made of it
here, Blondel et al., Efficient and modular implicit differentiation (2022).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar

from . import tree
from .core.avals import Aval, make_aval
from .core.graph import Graph, inlined, memoised, replay
from .core.leaves import aval_of_value, fitting
from .core.primitive import Primitive, Tangent, Traced, Value, Zero
from .core.tracer import Tracer
from .core.tracing import Builder, trace
from .errors import ArgumentError, ShapeError
from .execute import Program
from .nested.inner import chosen, stack_size, stacked_first, there
from .nested.matrix_free import Stacks, linear_solve_p, looped, mapped_rule
from .passes.jacobian import jacobian_graph
from .passes.jvp import jvp_graph
from .passes.linearize import linearized
from .primitives.linalg import solve_p
from .solving.packing import Packing, vector
from .solving.solvers import FixedPointIteration, LinearSolver, Multiply, Newton, SciPyRoot, Solver, Users, Vector, gmres
from .tree import Structure
from .typing import Tree, Ts, X

__all__ = ["fixed_point", "gmres", "root"]

C = TypeVar("C", bound=Callable[..., Any])

Flags = tuple[bool, ...]


# -- what is asked of the equations ---------------------------------------------------------------
# Graph(x, c... → f): x is the vector of unknowns, and the c are what else f depends on. A fixed point is a root of
# f - x.


@memoised
def _residual(graph: Graph, fixed: bool) -> Graph:
    if not fixed:
        return graph
    builder = Builder(embeds=True)
    values = [builder.argument(v.aval) for v in graph.inputs]
    return builder.build([replay(graph, values)[0] - values[0]])


def _only_x(graph: Graph) -> Flags:
    return True, *[False] * (len(graph.inputs) - 1)


@memoised
def _step_program(graph: Graph) -> Program:
    return Program(graph)


@memoised
def _residual_program(graph: Graph, fixed: bool) -> Program:
    return Program(_residual(graph, fixed))


@memoised
def _linearized_program(graph: Graph, fixed: bool) -> Program:
    """Graph(x, c... → ∂r/∂x, r)."""
    r = _residual(graph, fixed)
    return Program(jacobian_graph(Graph(r.inputs, r.equations, r.outputs * 2), _only_x(r), 1, "forward"))


@memoised
def _multiplying(graph: Graph, fixed: bool) -> tuple[Program, Program]:
    """Graph(x, c... → r, kept...) and Graph(kept..., dx ⊸ dr)."""
    r = _residual(graph, fixed)
    now, later = linearized(r, _only_x(r), 1)
    return Program(now), Program(later)


@dataclass(frozen=True, slots=True)
class _Equations:
    """The equations for given values of what they depend on: see `solvers.Equations`."""

    graph: Graph
    fixed: bool
    rest: Sequence[Value]

    def step(self, x: Vector) -> Vector:
        image: Vector = _step_program(self.graph)([x, *self.rest])[0]
        return image

    def residual(self, x: Vector) -> Vector:
        r: Vector = _residual_program(self.graph, self.fixed)([x, *self.rest])[0]
        return r

    def linearized(self, x: Vector) -> tuple[Vector, Vector]:
        jacobian, r = _linearized_program(self.graph, self.fixed)([x, *self.rest])
        return r, jacobian

    def multiplied(self, x: Vector) -> Multiply:
        now, later = _multiplying(self.graph, self.fixed)
        kept = now([x, *self.rest])[1:]
        return lambda dx: later([*kept, dx])[0]


# -- the primitive --------------------------------------------------------------------------------
# (x₀, c...) → x


def _evaluate(x: Value, *rest: Value, graph: Graph, fixed: bool, solver: Solver, linear: LinearSolver | None,
              stacks: Stacks) -> Value:
    return looped(lambda start, *c: solver(_Equations(graph, fixed, c), start), [x, *rest], stacks, 0)


def _infer(x: Aval, *rest: Aval, **_: object) -> Aval:
    return x


def _jvp(primals: Sequence[Value], tangents: Sequence[Tangent], result: Traced, /, *, graph: Graph, fixed: bool,
         solver: Solver, linear: LinearSolver | None, stacks: Stacks) -> Tangent:
    moves = tuple([not isinstance(t, Zero) for t in tangents[1:]])  # where the search began does not matter
    if not any(moves):
        return Zero(result.aval)
    rule = mapped_rule(_rule(graph, fixed, linear, moves), stacks, lambda stack: (*stack, *chosen(stack[1:], moves)),
                       result.shape)
    return replay(rule, [result, *primals[1:], *there(tangents[1:])])[0]


@memoised
def _rule(graph: Graph, fixed: bool, linear: LinearSolver | None, moves: Flags) -> Graph:
    """Graph(x, c..., dc... → dx) for one system, with the tangents of what moves: dx = -(∂r/∂x)⁻¹ ∂r/∂c dc."""
    r = _residual(graph, fixed)
    builder = Builder(embeds=True)
    at = [builder.argument(v.aval) for v in r.inputs]
    tangents = [builder.argument(v.aval) for v in chosen(r.inputs[1:], moves)]
    moved = -replay(jvp_graph(r, (False, *moves), (True,)), [*at, *tangents])[-1]
    if linear is None:
        jacobian, = replay(jacobian_graph(r, _only_x(r), 1, "forward"), at)
        return builder.build([solve_p(jacobian, moved)])
    now, later = linearized(r, _only_x(r), 1)
    kept = replay(now, at)[1:]
    return builder.build([linear_solve_p(*kept, moved, graph=later, solver=linear, stacks=())])


def _batch(operands: Sequence[Value], mapped: Sequence[bool], /, *, stacks: Stacks, **params: Any) -> Value:
    x, *rest = operands
    x = stacked_first(x, mapped[0], stack_size(operands, mapped))
    return root_p(x, *rest, stacks=((True, *mapped[1:]), *stacks), **params)


root_p: Primitive = Primitive("root", _evaluate, _infer, _jvp, _batch)


# -- the functions --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Unpacked:
    """A residual as the tree that the user's function returned."""

    structure: Structure
    avals: tuple[Aval, ...]

    def __call__(self, v: Vector) -> object:
        return Packing(self.structure, self.avals).unpack(v)


def _solution(name: str, f: Callable[..., object], x0: object, params: tuple[object, ...], fixed: bool, solve: object,
              linear: str | LinearSolver, tol: float | None, max_steps: int | None) -> Any:
    packing, start = Packing.of(f"fad.implicit.{name}", x0)
    given = tree.map(lambda x: x.alias() if isinstance(x, Tracer) else x, params)  # which f may write to
    results: list[_Unpacked] = []

    def function(v: Value) -> list[Value]:
        out = f(packing.unpack(v), *given)
        if fixed:
            results.append(_Unpacked(packing.structure, packing.avals))
            return [packing.pack(f"the result of the function of {name}", out)]
        unpacked, r = _residuals(out, packing)
        results.append(unpacked)
        return [r]

    traced = trace(function, [make_aval((packing.size,), packing.dtype)])
    linear_solver = _linear_solver(linear)
    solver = _solver(solve, fixed, packing, results[0], linear_solver, tol, max_steps)
    x = root_p(start, *traced.captures, graph=inlined(traced.graph), fixed=fixed, solver=solver, linear=linear_solver,
               stacks=())
    return packing.unpack(x)


def _residuals(out: object, packing: Packing) -> tuple[_Unpacked, Value]:
    """A tree of residuals as one vector, of as many entries as there are unknowns, in their dtype."""
    leaves, structure = tree.flatten(out)
    what = "the function of root"
    avals = [aval_of_value(x) for x in leaves]
    if sum(a.size for a in avals) != packing.size:
        raise ShapeError(f"{what} returned {sum(a.size for a in avals)} numbers, {tree.unflatten(structure, avals)}, for "
                         f"{packing.size} unknowns, {tree.unflatten(packing.structure, packing.avals)}",
                         why="there must be as many equations as unknowns", edit="return a residual for each unknown")
    alike = tuple([make_aval(a.shape, packing.dtype) for a in avals])
    return _Unpacked(structure, alike), vector([fitting(what, "residual", x, a) for x, a in zip(leaves, alike, strict=True)],
                                               packing.dtype)


def _hashable(function: C) -> C:
    """A function as part of a program: an object that cannot be hashed is known by its method, that is, by identity."""
    try:
        hash(function)
    except TypeError:
        method: C = getattr(function, "__call__")  # noqa: B004, B009  # the bound method: to a checker it is no C
        return method
    return function


def _solver(solve: object, fixed: bool, packing: Packing, result: _Unpacked, linear: LinearSolver | None, tol: float | None,
            max_steps: int | None) -> Solver:
    if callable(solve):
        return Users(_hashable(solve), packing, result, fixed)
    if solve == "newton":
        return Newton(tol, 50 if max_steps is None else max_steps, linear)
    if solve == "iteration" and fixed:
        return FixedPointIteration(tol, 1000 if max_steps is None else max_steps)
    if not isinstance(solve, str) or solve == "iteration":
        raise ArgumentError(f"fad.implicit got solve={solve!r}", why="a solver is a function (f, x0) -> x or a name",
                            edit='give "newton", for a fixed point "iteration", or a method of scipy.optimize.root')
    return SciPyRoot(solve, tol)


def _linear_solver(linear: str | LinearSolver) -> LinearSolver | None:
    if linear == "dense":
        return None
    if not callable(linear):
        raise ArgumentError(f"fad.implicit got linear={linear!r}", why="it says how derivatives are solved for",
                            edit='give "dense", fad.implicit.gmres, or a function (multiply, b) -> x')
    return _hashable(linear)


UserSolver: TypeAlias = Callable[[Callable[[X], Any], X], object]
"""(f, x0) -> x."""
Linear: TypeAlias = Literal["dense"] | LinearSolver
Method: TypeAlias = Literal["newton", "hybr", "lm", "broyden1", "broyden2", "anderson", "linearmixing", "diagbroyden",
                            "excitingmixing", "krylov", "df-sane"]
"""Newton's, or one of scipy.optimize.root's."""


def root(f: Callable[[X, *Ts], Tree], x0: X, *params: *Ts, solve: Method | UserSolver[X] = "newton",
         linear: Linear = "dense", tol: float | None = None, max_steps: int | None = None) -> X:
    """The x near x0 with f(x, *params) = 0, with derivatives in params of any order, in both modes.

    f is traced once, for an x that stands for all values: it must not ask for it, as `if x > 0` does. It may close
    over traced values; derivatives reach these as well.

    Args:
        f: a function of a tree x and the params; returns a tree with as many numbers as x has. For complex x it must be
            complex differentiable in x.
        x0: where the search begins: a tree of float or complex arrays and numbers. The result does not depend on it, as
            far as derivatives are concerned.
        *params: trees of arrays; what is not an array reaches f untouched.
        solve: "newton", Newton's method with step halving; a method of scipy.optimize.root, such as "hybr" or "krylov";
            or a function (f, x0) -> x of your own, where f takes a tree like x0, all of plain arrays.
        linear: how the equations for derivatives (and Newton's steps) are solved: "dense" makes the Jacobian of f in x;
            `gmres`, or a function (multiply, b) -> x of vectors, works by products with it, for many unknowns.
        tol: of "newton", the last step relative to x, by default 32 roundings; of SciPy's methods, what it is there.
        max_steps: of "newton", by default 50.

    Returns:
        A tree like x0.

    Raises:
        ConvergenceError: the solver has not found a root.
        ShapeError: f returns another number of numbers than x has.
        MissingPackageError: SciPy is asked for, and not installed.
        AbstractValueError: f asks for the value of x.

    >>> import fad
    >>> square_root = lambda a: root(lambda x, a: x * x - a, 1.0, a)
    >>> square_root(4.0), fad.grad(square_root)(4.0)
    (np.float64(2.0), np.float64(0.25))
    """
    result: X = _solution("root", f, x0, params, False, solve, linear, tol, max_steps)
    return result


def fixed_point(f: Callable[[X, *Ts], X], x0: X, *params: *Ts,
                solve: Method | Literal["iteration"] | UserSolver[X] = "iteration", linear: Linear = "dense",
                tol: float | None = None, max_steps: int | None = None) -> X:
    """The x near x0 with f(x, *params) = x, with derivatives in params of any order, in both modes.

    Args:
        f: a function of a tree x and the params; returns a tree like x. The rest is as for `root`.
        x0, *params, linear: as for `root`.
        solve: "iteration", x ← f(x) until it comes to rest; what `root` takes, for the equation f(x) - x = 0; or a
            function (f, x0) -> x of your own.
        tol: of "iteration", the last change relative to x, by default 32 roundings.
        max_steps: of "iteration", by default 1000.

    Returns:
        A tree like x0.

    Raises:
        TreeError, ShapeError, DtypeError: f returns a tree unlike x.
        ConvergenceError, MissingPackageError, AbstractValueError: as for `root`.

    >>> import numpy as np, fad
    >>> kepler = lambda e: fixed_point(lambda x, e: 1.0 + e * np.sin(x), 1.0, e)  # the eccentric anomaly at 1 rad
    >>> print(f"{kepler(0.1):.6f} {fad.grad(kepler)(0.1):.6f}")
    1.088598 0.929061
    """
    result: X = _solution("fixed_point", f, x0, params, True, solve, linear, tol, max_steps)
    return result
