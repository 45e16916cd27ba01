"""jacobian, jacfwd, jacrev and hessian. Checked, and not run: see test_typing.py."""

from typing import assert_type

import numpy as np
from numpy.typing import NDArray

import fad

F = NDArray[np.float64]
F32 = NDArray[np.float32]

x: F = np.ones(3)
x32: F32 = np.ones(3, np.float32)


def vector(x: F, *, scale: float = 1.0) -> F:
    return x * scale


def vector32(x: F32) -> F32:
    return x


def curve(t: float) -> F:
    return np.array([t, t])


def two(a: float, b: F) -> F:
    return a * b


def number(x: F, y: float = 1.0) -> np.float64:
    return np.sum(x) * y


def of_float(x: float) -> float:
    return x ** 3


def of_dict(p: dict[str, F]) -> np.float64:
    return np.sum(p["w"])


def from_dict(p: dict[str, F], x: F) -> F:
    return p["w"] * x


def with_aux(x: F) -> tuple[F, str]:
    return x, "aux"


def number_with_aux(x: F) -> tuple[np.float64, str]:
    return np.sum(x), "aux"


assert_type(fad.jacobian(vector)(x, scale=2.0), F)
assert_type(fad.jacfwd(vector, chunk_size=2)(x), F)
assert_type(fad.jacrev(vector32)(x32), F32)
assert_type(fad.jacobian(curve)(1.0), F)
assert_type(fad.jacobian(number)(x), F)
assert_type(fad.jacobian(of_float)(1.0), float)
assert_type(fad.jacobian(of_dict)({"w": x}), dict[str, F])
assert_type(fad.jacobian(two)(1.0, x), F)
assert_type(fad.jacobian(two, argnums=1)(1.0, x), F)
fad.jacobian(two, argnums=(0, 1))(1.0, x)  # Any, as for all trees
assert_type(fad.jacobian(from_dict, argnums=1)({"w": x}, x), F)
assert_type(fad.jacobian(with_aux, has_aux=True)(x), tuple[F, str])
fad.jacobian(from_dict)({"w": x}, x)  # [not ty]
fad.jacobian(two, argnames="b")(a=1.0, b=x)

fad.jacobian(vector)("x")  # type: ignore[arg-type]
fad.jacobian(vector)(x, size=2.0)  # type: ignore[call-arg]
fad.jacobian(two, argnums=1)(x, x)  # type: ignore[arg-type]
fad.jacobian(vector, has_aux=True)  # type: ignore[call-overload]
fad.jacobian(vector, chunk_size="2")  # type: ignore[call-overload]

assert_type(fad.hessian(number)(x, 2.0), F)
assert_type(fad.hessian(number)(x, y=2.0), F)
assert_type(fad.hessian(of_float)(2.0), float)
assert_type(fad.hessian(number_with_aux, has_aux=True)(x), tuple[F, str])
fad.hessian(of_dict)({"w": x})
fad.hessian(number, argnums=(0, 1))(x, 2.0)

fad.hessian(number)("x")  # type: ignore[arg-type]
fad.hessian(number)(x, z=2.0)  # type: ignore[call-arg]

fad.jacobian(lambda x: x * 2)(x)
fad.jacobian(lambda x, y: x * y, argnums=(0, 1))(x, x)
fad.hessian(lambda x: np.sum(x ** 2))(x)
fad.jacobian(np.sin)(x)
fad.jacobian(np.linalg.inv)(np.eye(3))  # pyright: ignore[reportCallIssue, reportArgumentType]  # takes the first form
fad.jacfwd(np.cumsum)(x)  # [not pyrefly] [not ty]
fad.hessian(np.prod)(x)  # [not ty]
fad.hessian(np.hypot)(3.0, 4.0)
fad.jacobian(fad.jacobian(vector))(x)
