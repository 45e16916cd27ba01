"""Design the lightest cantilever that is strong and stiff enough.

Five segments of rectangular section carry a load at the tip.
Their widths and heights are chosen for the least volume, subject to limits of stress, deflection and proportion.
fad gives SciPy the gradient, and the Jacobian of the constraints.

Vanderplaats, Numerical Optimization Techniques for Engineering Design (1984).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import fad
from fad.optimize import Bounds, Constraint, minimize

Array = NDArray[np.float64]

LOAD = 50e3  # N
LENGTH = 100.0  # cm, of each segment
MODULUS = 2e7  # N/cm²
STRENGTH = 14e3  # N/cm²
SAG = 2.5  # cm
TO_TIP = LENGTH * np.arange(5.0, 0.0, -1.0)  # cm, from where each segment begins


@dataclass(frozen=True)
class Beam:
    width: Array  # cm
    height: Array  # cm


def volume(beam: Beam) -> np.float64:
    return np.sum(beam.width * beam.height) * LENGTH


def stress(beam: Beam) -> Array:
    """The largest stress in each segment."""
    largest: Array = LOAD * TO_TIP * 6.0 / (beam.width * beam.height ** 2)
    return largest


def deflection(beam: Beam) -> float:
    """How far the tip goes down: ∂U/∂P, by Castigliano's theorem, where U is the energy of bending."""
    def energy(load: float) -> np.float64:
        stiffness = MODULUS * beam.width * beam.height ** 3 / 12.0
        near = TO_TIP - LENGTH
        return np.sum(load ** 2 * (TO_TIP ** 3 - near ** 3) / (6.0 * stiffness))

    return fad.grad(energy)(LOAD)


def lightest(start: Beam) -> fad.optimize.Result[Beam]:
    strong = Constraint(lambda beam: stress(beam) / STRENGTH, upper=1.0)
    stiff = Constraint(lambda beam: deflection(beam) / SAG, upper=1.0)
    stocky = Constraint(lambda beam: beam.height / beam.width, upper=20.0)
    least = Bounds(lower=Beam(np.ones(5), np.full(5, 5.0)))
    return minimize(volume, start, constraints=[strong, stiff, stocky], bounds=least, method="trust-constr", maxiter=1000,
                    progress=True)


def main() -> None:
    found = lightest(Beam(np.full(5, 5.0), np.full(5, 60.0)))
    beam = found.x
    print("segment   width   height   stress / strength")
    for i, (b, h, s) in enumerate(zip(beam.width, beam.height, stress(beam) / STRENGTH, strict=True)):
        print(f"{i + 1:7d} {b:7.3f} {h:8.3f} {s:10.4f}")
    print(f"deflection: {deflection(beam):.4f} cm of {SAG} cm")
    print(f"volume: {volume(beam):.0f} cm³ after {found.nit} iterations")


if __name__ == "__main__":
    main()
