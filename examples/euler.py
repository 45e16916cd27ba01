"""Differentiate a time-stepping scheme that fills an array in place.

Predators and prey, after Lotka and Volterra, by explicit Euler steps. The trajectory is written row by row into an
array made with `fad.numpy`; without a transform around it, that is NumPy's own.
"""

import numpy as np
from numpy.typing import NDArray

import fad
import fad.numpy as fnp

Array = NDArray[np.float64]

STEPS, DT = 200, 0.02  # four years


def trajectory(rates: Array, start: Array) -> Array:
    """The populations after each step, of shape (STEPS + 1, 2). The rates (1/year): birth, hunt, growth, death."""
    birth, hunt, growth, death = rates
    y = fnp.zeros((STEPS + 1, 2))
    y[0] = start
    for i in range(STEPS):
        prey, predators = y[i]
        y[i + 1] = y[i]
        y[i + 1, 0] += DT * (birth * prey - hunt * prey * predators)
        y[i + 1, 1] += DT * (growth * prey * predators - death * predators)
    return y


def final_prey(rates: Array, start: Array) -> np.float64:
    population: np.float64 = trajectory(rates, start)[-1, 0]
    return population


def main() -> None:
    rates, start = np.array([1.1, 0.4, 0.1, 0.4]), np.array([10.0, 5.0])
    sensitivity = fad.grad(final_prey)(rates, start)
    print(f"prey in the end: {final_prey(rates, start):.3f}")
    for i, name in enumerate(("birth", "hunt", "growth", "death")):
        step = 1e-6 * np.eye(4)[i]
        difference = (final_prey(rates + step, start) - final_prey(rates - step, start)) / 2e-6
        print(f"  by {name:>6}: {sensitivity[i]:9.4f}   central difference: {difference:9.4f}")


if __name__ == "__main__":
    main()
