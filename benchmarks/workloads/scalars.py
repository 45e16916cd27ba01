"""Numbers one at a time: what is measured is the cost of an operation that does almost nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..library import Library
from ..workload import Workload

__all__ = ["WORKLOADS", "chain", "runge_kutta"]


def chain(library: Library) -> Callable[[Any], Any]:
    """40 operations, one after another."""
    np = library.np

    def f(x: Any) -> Any:
        y = x
        for _ in range(8):
            y = np.tanh(np.sin(y) * x + 0.5) / 1.25
        return y

    return f


def runge_kutta(library: Library, steps: int) -> Callable[[Any, float, float], Any]:
    """The classical method of order 4 on the equations of Lotka and Volterra, 48 operations a step, written out.

    Hares x and lynxes y: x' = a x - b x y, y' = d x y - c y. The derivative of x at the end in a, b, c, d.
    """

    def f(rates: Any, x: Any, y: Any) -> Any:
        a, b, c, d = rates
        h = 10.0 / steps

        def slope(x: Any, y: Any) -> tuple[Any, Any]:
            return x * (a - b * y), y * (d * x - c)

        for _ in range(steps):
            x1, y1 = slope(x, y)
            x2, y2 = slope(x + h / 2 * x1, y + h / 2 * y1)
            x3, y3 = slope(x + h / 2 * x2, y + h / 2 * y2)
            x4, y4 = slope(x + h * x3, y + h * y3)
            x = x + h / 6 * (x1 + 2.0 * (x2 + x3) + x4)
            y = y + h / 6 * (y1 + 2.0 * (y2 + y3) + y4)
        return x

    return f


def _rates_and_start() -> tuple[Any, ...]:
    return (1.1, 0.4, 0.4, 0.1), 10.0, 5.0


WORKLOADS = (
    Workload("chain", "40 operations on a number", chain, lambda: (0.7,)),
    Workload("rk4-30", "Runge-Kutta, 30 steps written out", partial(runge_kutta, steps=30), _rates_and_start),
    Workload("rk4-100", "Runge-Kutta, 100 steps written out", partial(runge_kutta, steps=100), _rates_and_start),
)
