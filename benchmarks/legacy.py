"""What an operation of fad.compat costs, in both modes.

Times are the least of a few repetitions, in microseconds an operation, gradients included. The last table compares
the Jacobian of 50 elementwise operations on a vector of 300 entries with an implementation of reverse mode that
multiplies by dense diagonal matrices, written with NumPy as the legacy package did it.
"""

from __future__ import annotations

import timeit
from collections.abc import Callable
from typing import Any

import numpy as np

import fad.compat as ad
from fad.compat.session import Mode
from fad.compat.variable import Variable

MODES: tuple[Mode, ...] = ("forward", "reverse")
BUDGET = 15.0  # microseconds an operation, on small vectors


def least(work: Callable[[], object], seconds: float = 0.3) -> float:
    """The least time of a call, in microseconds."""
    work()
    once = max(timeit.timeit(work, number=1), 1e-7)
    number = max(1, int(seconds / 5 / once))
    return min(timeit.repeat(work, number=number, repeat=5)) / number * 1e6


# -- the documented surface ----------------------------------------------------------------------------


def surface(x: Variable, y: Variable) -> Variable:
    s = x + y
    return ad.exp(-0.1 * (x ** 2 + y ** 2)) * ad.cos(0.5 * s) + 0.1 * s + ad.exp(0.1 * (3 - s))


SURFACE_OPERATIONS = 15


def surface_of_one() -> Any:
    v = Variable([1.5, -0.5])
    return surface(v[0], v[1]).compute_gradients()


def surface_of_two() -> Any:
    return surface(*Variable.multi_variables(1.5, -0.5)).compute_gradients()


# -- compositions of a vector ---------------------------------------------------------------------------

ROUNDS = 10
COMPOSED_OPERATIONS = 5 * ROUNDS


def composed(entries: Any) -> Callable[[], Any]:
    def work() -> Any:
        y = Variable(entries)
        for _ in range(ROUNDS):
            y = ad.sin(y)
            y = y * y
            y = y + 1.0
            y = ad.log(y)
            y = y / 2.0
        return y.compute_gradients()

    return work


def composed_densely(entries: Any) -> Callable[[], Any]:
    """The same by dense diagonal Jacobians, walked from the result to the input."""
    def work() -> Any:
        y, jacobians = entries, []
        for _ in range(ROUNDS):
            jacobians.append(np.diag(np.cos(y)))
            y = np.sin(y)
            jacobians.append(np.diag(2 * y))
            y = y * y
            jacobians.append(np.diag(np.ones_like(y)))
            y = y + 1.0
            jacobians.append(np.diag(1 / y))
            y = np.log(y)
            jacobians.append(np.diag(np.full_like(y, 0.5)))
            y = y / 2.0
        total = np.eye(y.size)
        for jacobian in reversed(jacobians):
            total = total @ jacobian
        return total

    return work


def main() -> None:
    ad.set_mode("forward")
    rows = [("surface, one vector", SURFACE_OPERATIONS + 2, surface_of_one),
            ("surface, two variables", SURFACE_OPERATIONS, surface_of_two),
            ("composition, 100 entries", COMPOSED_OPERATIONS, composed(np.linspace(0.1, 1.0, 100)))]
    print(f"{'microseconds an operation':<32}" + "".join(f"{mode:>10}" for mode in MODES))
    for name, operations, work in rows:
        times = []
        for mode in MODES:
            ad.set_mode(mode)
            times.append(least(work) / operations)
        verdict = "" if max(times) <= BUDGET else f"   over the budget of {BUDGET:g}"
        print(f"{name:<32}" + "".join(f"{t:10.1f}" for t in times) + verdict)

    entries = np.linspace(0.1, 1.0, 300)
    dense = least(composed_densely(entries))
    print(f"\n{'300 entries, 50 operations':<32}{'ms':>10}{'of dense':>12}")
    print(f"{'dense diagonal Jacobians':<32}{dense / 1e3:10.2f}{1:12.1%}")
    expected = composed_densely(entries)()
    for mode in MODES:
        ad.set_mode(mode)
        np.testing.assert_allclose(composed(entries)(), expected, rtol=1e-12)
        ours = least(composed(entries))
        print(f"{mode + ' mode':<32}{ours / 1e3:10.2f}{ours / dense:12.1%}")
    ad.set_mode("forward")


if __name__ == "__main__":
    main()
