"""Solutions of ordinary differential equations, and two ways to differentiate them.

    odeint : (f, y₀, t[m], p...)  →  y[m]  with  dy/dt = f(y, t, p...),  y[0] = y₀

"discretise": the steps of the Runge-Kutta method are differentiated as they are, by a `scan`. The derivatives are exactly
those of the numbers that are returned.

"adjoint": the costate λ = ∂L/∂y obeys an equation of its own, solved from the end to the beginning:

    dλ/dt = -λ ∂f/∂y,   dL/dp = ∫ λ ∂f/∂p dt,   λ jumps by ȳ[i] at t[i]

Both are solved with the same steps, y along with λ, and so nothing is kept of the way but y at the times t. The derivatives
are those of the exact solution, as far as the steps are short enough. See Pontryagin et al., The Mathematical Theory of
Optimal Processes (1962), and Chen et al., Neural Ordinary Differential Equations (2018).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import index
from typing import Any, Literal, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from . import tree
from .core.avals import make_aval
from .core.graph import Graph, inlined, memoised, replay
from .core.leaves import aval_of_value
from .core.primitive import Value
from .core.tracer import Tracer
from .core.tracing import trace
from .errors import ArgumentError, DtypeError, ShapeError
from .nested.inner import chosen, filled, unchosen
from .solving.packing import Packing
from .transforms.control import fori_loop, scan
from .transforms.custom import custom_vjp
from .transforms.linearize import vjp
from .typing import Array, G, K, Ts, Y

__all__ = ["odeint"]

Field = Callable[[Sequence[Value], Value], Sequence[Value]]
"""(state, t) ↦ its slope, where the state is of one array or several."""


# -- the method of Runge and Kutta ----------------------------------------------------------------


def _moved(state: Sequence[Value], h: Value, slope: Sequence[Value]) -> list[Value]:
    """The state after a step along a slope; the time step takes the dtype of each array."""
    return [y + h.astype(y.dtype) * k for y, k in zip(state, slope, strict=True)]


def _step(field: Field, state: Sequence[Value], t: Value, h: Value) -> list[Value]:
    """One step of the classical method of order 4. Kutta, Beitrag zur näherungsweisen Integration (1901)."""
    middle = t + 0.5 * h
    k1 = field(state, t)
    k2 = field(_moved(state, 0.5 * h, k1), middle)
    k3 = field(_moved(state, 0.5 * h, k2), middle)
    k4 = field(_moved(state, h, k3), t + h)
    return _moved(state, h / 6.0, [a + 2.0 * (b + c) + d for a, b, c, d in zip(k1, k2, k3, k4, strict=True)])


def _over(field: Field, state: Sequence[Value], start: Value, end: Value,
          steps: int) -> list[Value]:
    """The state after an interval, in equal steps."""
    h = (end - start) / steps
    if steps == 1:
        return _step(field, state, start, h)
    return fori_loop(0, steps, lambda i, now: _step(field, now, start + i * h, h), list(state))


# -- one equation for a vector of unknowns --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Equation:
    """dy/dt = f(y, t, c...), of vectors y: Graph(y, t, c... → dy/dt)."""

    graph: Graph
    steps: int

    def slope(self, y: Value, t: Value, *rest: Value) -> Value:
        return replay(self.graph, [y, t, *rest])[0]

    def solution(self, y: Value, t: Value, *rest: Value) -> Value:
        """y at all times t."""
        def interval(carry: list[Value], ends: tuple[Value, Value]) -> tuple[list[Value], Value]:
            state = _over(lambda s, at: [self.slope(s[0], at, *rest)], carry, *ends, self.steps)
            return state, state[0]

        _, ys = scan(interval, [y], (t[:-1], t[1:]))
        return np.concatenate([np.reshape(y, (1, y.size)), ys])

    # -- the costate --

    def kept(self, y: Value, t: Value, *rest: Value) -> tuple[Value, tuple[Value, ...]]:
        """The solution, and what the way back needs of it."""
        ys = self.solution(y, t, *rest)
        return ys, (ys, t, *rest)

    def pulled(self, kept: tuple[Value, ...], ct: Value) -> tuple[Value | None, ...]:
        """The cotangents of y[0], t and c..., by the costate's equation; None for what is not a float."""
        ys, t, *rest = kept
        moves = [aval_of_value(c).inexact for c in rest]

        def slope(y: Value, at: Value, *moving: Value) -> Value:
            return self.slope(y, at, *filled(moves, moving, unchosen(rest, moves)))

        def backwards(state: Sequence[Value], at: Value) -> Sequence[Value]:
            """The slopes of y, of the costate, and of the integrals that are the cotangents of c..."""
            dy, pull = vjp(slope, state[0], at, *chosen(rest, moves))
            to_y, _, *to_rest = pull(state[1])
            return [dy, -to_y, *[-c for c in to_rest]]

        def interval(carry: list[Value], here: tuple[Value, ...]) -> tuple[list[Value], Value]:
            y, jump, start, end = here
            state = [y, carry[0] + jump, *carry[1:]]
            _, *state = _over(backwards, state, end, start, self.steps)
            return state, _product(jump, slope(y, end, *chosen(rest, moves)), t)  # as t[i] moves, y[i] moves along

        nothing = [np.zeros_like(ys[0]), *[np.zeros_like(c) for c in chosen(rest, moves)]]
        (costate, *to_rest), to_t = scan(interval, nothing, (ys[1:], ct[1:], t[:-1], t[1:]), reverse=True)
        to_start = -_product(costate, slope(ys[0], t[0], *chosen(rest, moves)), t)
        return (costate + ct[0], np.concatenate([np.reshape(to_start, (1,)), to_t]),
                *filled(moves, to_rest, [None] * len(rest)))


def _product(ct: Value, slope: Value, t: Value) -> Value:
    """The cotangent of a time, along which a value moves with this slope."""
    product = np.sum(ct * slope)
    real: Value = (np.real(product) if product.dtype.kind == "c" else product).astype(t.dtype)
    return real


@memoised
def _by_adjoint(graph: Graph, steps: int) -> custom_vjp[..., Any]:
    """The solution with the costate's equation for a rule: one object an equation, so that programs are found again."""
    equation = _Equation(graph, steps)
    solution = custom_vjp(equation.solution)
    solution.defvjp(equation.kept, equation.pulled)
    return solution


# -- the function ---------------------------------------------------------------------------------


Times: TypeAlias = Sequence[float] | np.ndarray[Any, np.dtype[Any]]
Method: TypeAlias = Literal["discretise", "adjoint"]

# A number becomes an array, of the times; of other trees than arrays, numbers and dicts of arrays a checker is told nothing.


@overload
def odeint(f: Callable[[float, Any, *Ts], float], y0: float, t: Times, *params: *Ts, method: Method = "discretise",
           steps: int = 1) -> Array: ...


@overload
def odeint(f: Callable[[np.ndarray[Any, np.dtype[G]], Any, *Ts], np.ndarray[Any, np.dtype[G]]],
           y0: np.ndarray[Any, np.dtype[G]], t: Times, *params: *Ts, method: Method = "discretise",
           steps: int = 1) -> NDArray[G]: ...


@overload
def odeint(f: Callable[[dict[K, np.ndarray[Any, np.dtype[G]]], Any, *Ts], dict[K, np.ndarray[Any, np.dtype[G]]]],
           y0: dict[K, np.ndarray[Any, np.dtype[G]]], t: Times, *params: *Ts, method: Method = "discretise",
           steps: int = 1) -> dict[K, NDArray[G]]: ...


@overload
def odeint(f: Callable[[Y, Any, *Ts], Y], y0: Y, t: Times, *params: *Ts, method: Method = "discretise",
           steps: int = 1) -> Any: ...


def odeint(f: Callable[..., Any], y0: object, t: Times, *params: object, method: Method = "discretise",
           steps: int = 1) -> Any:
    """The solution of dy/dt = f(y, t, *params) that begins at y0, with derivatives in y0, t and params.

    The classical Runge-Kutta method takes equal steps from each time to the next: the error falls with the fourth power
    of their number. f is traced once, for a y and a t that stand for all values: it must not ask for them, as `if t > 0`
    does. It may close over traced values; derivatives reach these as well.

    Args:
        f: takes a tree y, a time of shape () and the params, and returns dy/dt, a tree like y.
        y0: the state at t[0]: a tree of float or complex arrays and numbers.
        t: the times at which the solution is wanted, of shape (m,), rising or falling.
        *params: trees of arrays; what is not an array reaches f untouched.
        method: "discretise" differentiates the steps, exactly, and in reverse mode keeps all of them; "adjoint" solves
            the costate's equation backwards with as many steps, and keeps the m states alone. The two agree up to the
            error of the method. Where the equation forgets its beginning fast, the way back is unstable: then take
            "discretise", or times t that are closer together.
        steps: how many steps there are from each time to the next.

    Returns:
        A tree like y0, its arrays with a first axis more, of the m times.

    Raises:
        TreeError, ShapeError, DtypeError: f returns a tree unlike y.
        ShapeError: t is not a vector of at least one time.
        ArgumentError: the method is another word, or steps is below 1.
        AbstractValueError: f asks for the value of y or t.

    >>> import fad
    >>> t = np.array([0.0, 1.0])
    >>> decay = lambda rate: odeint(lambda y, t, k: -k * y, 1.0, t, rate, steps=20)[-1]
    >>> print(f"{decay(0.5):.6f} {fad.grad(decay)(0.5):.6f} {-np.exp(-0.5):.6f}")
    0.606531 -0.606531 -0.606531
    """
    if method not in ("discretise", "adjoint"):
        raise ArgumentError(f"odeint got method={method!r}", edit='give "discretise" or "adjoint"')
    steps = index(steps)
    if steps < 1:
        raise ArgumentError(f"odeint got steps={steps!r}", why="it is a number of steps from one time to the next",
                            edit="give an int of 1 or more")
    times = _times(t)
    packing, start = Packing.of("odeint", y0)
    given = tree.map(lambda x: x.alias() if isinstance(x, Tracer) else x, params)  # which f may write to
    state, time = make_aval((packing.size,), packing.dtype), make_aval((), times.dtype)
    traced = trace(lambda y, at: [packing.pack("the result of the function of odeint", f(packing.unpack(y), at, *given))],
                   [state, time])
    graph = inlined(traced.graph)
    solution = _by_adjoint(graph, steps) if method == "adjoint" else _Equation(graph, steps).solution
    return packing.unpack_rows(solution(start, times, *traced.captures))


def _times(t: Times) -> Value:
    times = t if isinstance(t, Tracer) else np.asarray(t)
    if times.ndim != 1 or not times.size:
        raise ShapeError(f"odeint got times of shape {times.shape}", why="the first is that of y0, and the others follow",
                         edit="give a vector, such as np.array([0.0, 1.0])")
    if times.dtype.kind in "iu":
        return times.astype(np.float64)
    if times.dtype.kind != "f":
        raise DtypeError(f"odeint got times of dtype {times.dtype}", why="time is real", edit="give floats")
    return times
