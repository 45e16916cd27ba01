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
from typing import Any, Literal, TypeVar, TypeVarTuple

import numpy as np

from . import tree
from .avals import make_aval
from .errors import ArgumentError, DtypeError, ShapeError
from .graph import Graph, inlined, replay
from .packing import Packing
from .primitive import Value
from .tracer import Tracer
from .tracing import trace
from .transforms.call import aval_of_value, is_array
from .transforms.control import scan
from .transforms.custom import custom_vjp
from .transforms.linearize import vjp

__all__ = ["odeint"]

Y = TypeVar("Y", bound=Any)
Ts = TypeVarTuple("Ts")

Field = Callable[[Value, Value], Sequence[Value]]
"""(state, t) ↦ its slope: of a state of one array or several."""


# -- the method of Runge and Kutta ----------------------------------------------------------------


def _moved(state: Sequence[Value], h: Value, slope: Sequence[Value]) -> list[Value]:
    """The state after a step along a slope; the time step takes the dtype of each array."""
    return [y + h.astype(y.dtype) * k for y, k in zip(state, slope, strict=True)]


def _step(field: Callable[[Sequence[Value], Value], Sequence[Value]], state: Sequence[Value], t: Value, h: Value) -> list[Value]:
    """One step of the classical method of order 4. Kutta, Beitrag zur näherungsweisen Integration (1901)."""
    middle = t + 0.5 * h
    k1 = field(state, t)
    k2 = field(_moved(state, 0.5 * h, k1), middle)
    k3 = field(_moved(state, 0.5 * h, k2), middle)
    k4 = field(_moved(state, h, k3), t + h)
    return _moved(state, h / 6.0, [a + 2.0 * (b + c) + d for a, b, c, d in zip(k1, k2, k3, k4, strict=True)])


def _over(field: Callable[[Sequence[Value], Value], Sequence[Value]], state: Sequence[Value], start: Value, end: Value,
          steps: int) -> list[Value]:
    """The state after an interval, in equal steps."""
    h = (end - start) / steps

    def turn(carry: list[Value], i: Value) -> tuple[list[Value], None]:
        return _step(field, carry, start + i * h, h), None

    if steps == 1:
        return _step(field, state, start, h)
    end_state: list[Value] = scan(turn, list(state), np.arange(steps, dtype=aval_of_value(h).dtype))[0]
    return end_state


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

    def pulled(self, kept: tuple[Value, ...], ct: Value) -> tuple[Value, ...]:
        """The cotangents of y₀, t and c..., by the costate's equation."""
        ys, t, *rest = kept

        def backwards(state: Sequence[Value], at: Value) -> Sequence[Value]:
            """The slopes of y, of the costate and of the cotangents of c..., which are integrals."""
            slope, pull = vjp(self.slope, state[0], at, *rest)
            to_y, _, *to_rest = pull(state[1])
            return [slope, -to_y, *[-c for c in to_rest]]

        def interval(carry: list[Value], here: tuple[Value, ...]) -> tuple[list[Value], Value]:
            y, ct_here, start, end = here
            costate = carry[0] + ct_here
            moved_with_t = np.sum(ct_here * self.slope(y, end, *rest))  # y[i] moves along the solution as t[i] does
            _, *state = _over(backwards, [y, costate, *carry[1:]], end, start, self.steps)
            return state, moved_with_t

        still = [np.zeros_like(ys[0]), *[np.zeros_like(c) for c in rest]]
        carry, moved_with_t = scan(interval, still, (ys[1:], ct[1:], t[:-1], t[1:]), reverse=True)
        costate, *to_rest = carry
        with_start = -np.sum(costate * self.slope(ys[0], t[0], *rest))  # later: a shorter way
        to_t = np.concatenate([np.reshape(with_start, (1,)), moved_with_t])
        return costate + ct[0], to_t.astype(t.dtype), *to_rest
