"""fad.implicit, fad.integrate, fad.optimize and fad.testing keep the types of trees. Checked, and not run: see
test_typing.py.
"""

from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

import fad

F = NDArray[np.float64]

x: F = np.ones(3)


def residual(x: dict[str, F], a: F, n: int) -> dict[str, F]:
    return {k: y - a for k, y in x.items()}


def word(x: F, a: float) -> str:
    return "x"


def field(y: tuple[F, float], t: float, k: F) -> tuple[F, float]:
    return -k * y[0], y[1]


def decay(y: float, t: float) -> float:
    return -y


def flow(y: F, t: float, k: float) -> F:
    return -k * y


def flows(y: dict[str, F], t: float) -> dict[str, F]:
    return y


def loss(p: dict[str, F], c: float) -> np.float64:
    return np.sum(p["a"]) * c


def alone(p: F) -> np.float64:
    return np.sum(p * p)


# -- solutions of equations ---------------------------------------------------

assert_type(fad.implicit.root(residual, {"a": x}, x, 3), dict[str, F])
assert_type(fad.implicit.fixed_point(lambda y, a: y * a, x, 2.0), F)  # [not ty]
assert_type(fad.implicit.root(lambda y, a: y * y - a, 1.0, 2.0, solve=lambda f, x0: x0), float)  # [not ty]
assert_type(fad.implicit.root(lambda y: y * y - 2.0, 1.0, solve="krylov", linear=fad.implicit.gmres), float)  # [not ty]

fad.implicit.root(residual, {"a": x}, x, "s")  # type: ignore[arg-type]
fad.implicit.root(residual, {"a": x}, x, 3, solve="newtn")  # type: ignore[arg-type]
fad.implicit.root(word, x, 1.0)  # type: ignore[arg-type]
fad.implicit.root(word, x, 1.0, linear="dens")  # type: ignore[arg-type]

# -- solutions of differential equations: one state for each time --------------

assert_type(fad.integrate.odeint(decay, 1.0, x), F)
assert_type(fad.integrate.odeint(flow, x, x, 2.0), F)
assert_type(fad.integrate.odeint(flows, {"a": x}, [0.0, 1.0], method="adjoint", steps=3), dict[str, F])
assert_type(fad.integrate.odeint(field, (x, 1.0), x, x), Any)
fad.integrate.odeint(lambda y, t: -y, 1.0, x)

fad.integrate.odeint(decay, 1.0, "times")  # type: ignore[arg-type, call-arg]
fad.integrate.odeint(decay, 1.0, x, method="euler")  # type: ignore[call-arg, call-overload]
fad.integrate.odeint(flow, x, x, "k")  # type: ignore[arg-type]

# -- minima -------------------------------------------------------------------

found = fad.optimize.minimize(loss, {"a": x}, args=(2.0,), method="BFGS", maxiter=3)
assert_type(found, fad.optimize.Result[dict[str, F]])
assert_type(found.x, dict[str, F])
assert_type(found.fun, float)
fad.optimize.minimize(alone, x, bounds=fad.optimize.Bounds(0.0), constraints=fad.optimize.Constraint(np.sum, 1.0, 1.0))
fad.optimize.minimize(alone, x, bounds=[(0.0, None)] * 3, constraints=[{"type": "eq", "fun": np.sum}], disp=False)
fad.optimize.minimize(lambda p: np.sum(p ** 2), x, jit=True, callback=print)

fad.optimize.minimize(residual, {"a": x})  # type: ignore[arg-type]
fad.optimize.minimize(loss, {"a": x})  # type: ignore[arg-type]
fad.optimize.minimize(loss, {"a": x}, args=("c",))  # type: ignore[arg-type]
fad.optimize.minimize(alone, x, method="BFSG")  # type: ignore[call-overload]
fad.optimize.minimize(alone, x, maxitr=3)  # type: ignore[call-overload]
fad.optimize.minimize(alone, x, bounds="none")  # type: ignore[arg-type]

# -- checks -------------------------------------------------------------------

fad.testing.check_grads(alone, (x,), order=1, modes=("fwd",))
fad.testing.check_grads(alone, [x], modes=["rev"])
fad.testing.check_grads(alone, (x,), modes=("forward",))  # type: ignore[arg-type]
