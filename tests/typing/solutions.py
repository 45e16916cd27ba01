"""fad.implicit, fad.integrate and fad.optimize keep the types of trees. Checked, and not run: see test_typing.py."""

from typing import assert_type

import numpy as np
from numpy.typing import NDArray

import fad

F = NDArray[np.float64]

x: F = np.ones(3)


def residual(x: dict[str, F], a: F, n: int) -> dict[str, F]:
    return {k: y - a for k, y in x.items()}


def field(y: tuple[F, float], t: float, k: F) -> tuple[F, float]:
    return -k * y[0], y[1]


def loss(p: dict[str, F], c: float) -> np.float64:
    return np.sum(p["a"]) * c


# -- solutions of equations ---------------------------------------------------

assert_type(fad.implicit.root(residual, {"a": x}, x, 3), dict[str, F])
assert_type(fad.implicit.fixed_point(lambda y, a: y * a, x, 2.0), F)
assert_type(fad.implicit.root(lambda y, a: y * y - a, 1.0, 2.0, solve=lambda f, x0: x0), float)
assert_type(fad.integrate.odeint(field, (x, 1.0), x, x), tuple[F, float])

# -- minima -------------------------------------------------------------------

found = fad.optimize.minimize(loss, {"a": x}, args=(2.0,), method="BFGS", maxiter=3)
assert_type(found, fad.optimize.Result[dict[str, F]])
assert_type(found.x, dict[str, F])
assert_type(found.fun, float)

# -- mistakes -----------------------------------------------------------------

fad.implicit.root(residual, {"a": x}, x, "s")  # type: ignore[arg-type]
fad.optimize.minimize(residual, {"a": x})  # type: ignore[arg-type]
