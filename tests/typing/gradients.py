"""grad and value_and_grad keep the user's types. Checked, and not run: see test_typing.py."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, assert_type

import numpy as np
from numpy.typing import NDArray

import fad

F = NDArray[np.float64]
F32 = NDArray[np.float32]

x: F = np.ones(3)
x32: F32 = np.ones(3, np.float32)


class Line(NamedTuple):
    slope: float
    offset: F


@dataclass
class Model:
    weights: F


# -- the type of the argument -------------------------------------------------


def of_float(x: float, *, scale: float = 1.0) -> float:
    return x * scale


def of_array(x: F) -> np.float64:
    return np.sum(x ** 2)


def of_float32(x: F32) -> np.float32:
    return np.sum(x)


def of_dict(p: dict[str, F], x: F, scale: float = 1.0) -> np.float64:
    return np.sum(p["w"] * x)


def of_pairs(p: tuple[F, list[F]]) -> np.float64:
    return np.sum(p[0])


def of_named(p: Line) -> float:
    return p.slope


def of_model(p: Model, /) -> np.floating[Any]:
    return np.mean(p.weights)  # floating[Any] is what NumPy's stubs say


def of_anything(x: F) -> Any:
    return np.dot(x, x)


def of_complex(z: complex) -> float:
    return abs(z)


assert_type(fad.grad(of_float)(1.0, scale=2.0), float)
assert_type(fad.grad(of_array)(x), F)
assert_type(fad.grad(of_float32)(x32), F32)
assert_type(fad.grad(of_dict)({"w": x}, x, scale=2.0), dict[str, F])
assert_type(fad.grad(of_dict)({"w": x}, x=x), dict[str, F])
assert_type(fad.grad(of_pairs)((x, [x])), tuple[F, list[F]])
assert_type(fad.grad(of_named)(Line(1.0, x)), Line)
assert_type(fad.grad(of_model)(Model(x)), Model)
assert_type(fad.grad(of_anything)(x), F)
assert_type(fad.grad(of_complex)(1j), complex)
assert_type(fad.grad(fad.grad(of_float))(1.0, scale=2.0), float)

keeps: Callable[[F], F] = fad.grad(of_array)

fad.grad(of_float)("1")  # type: ignore[arg-type]
fad.grad(of_float)(1.0, 2.0)  # type: ignore[call-arg]
fad.grad(of_float)(1.0, size=2.0)  # type: ignore[call-arg]
fad.grad(of_float)()  # type: ignore[call-arg]
fad.grad(of_dict)({"w": 1.0}, x)  # type: ignore[dict-item]
fad.grad(of_dict)({"w": x}, x, scale="2")  # type: ignore[arg-type]
wrong: Callable[[F], float] = fad.grad(of_array)  # type: ignore[assignment]


# -- several arguments --------------------------------------------------------


def of_two(a: float, b: F, *, scale: float = 1.0) -> np.float64:
    return np.sum(a * b * scale)


def of_three(a: float, b: F, c: dict[str, F]) -> np.float64:
    return np.sum(a * b)


def of_names(*, a: float, b: F) -> np.float64:
    return np.sum(a * b)


assert_type(fad.grad(of_two)(1.0, x), float)
assert_type(fad.grad(of_two, argnums=0)(1.0, x), float)
assert_type(fad.grad(of_two, argnums=1)(1.0, x, scale=2.0), F)
assert_type(fad.grad(of_two, 1)(1.0, x), F)
assert_type(fad.grad(of_two, argnums=(0, 1))(1.0, x), tuple[float, F])
assert_type(fad.grad(of_three, argnums=(0, 1))(1.0, x, c={}), tuple[float, F])
fad.grad(of_three, argnums=2)(1.0, x, {})  # Any, but the call is checked
fad.grad(of_three, argnums=(0, 2))(1.0, x, c={})
fad.grad(of_names, argnames="a")(a=1.0, b=x)
fad.grad(of_names, argnames=("a", "b"))(a=1.0, b=x)

fad.grad(of_two, argnums=1)(x, x)  # type: ignore[arg-type]
fad.grad(of_two, argnums=(0, 1))(1.0, x, size=2.0)  # type: ignore[call-arg]
fad.grad(of_three, argnums=2)(1.0, x, c=1.0)  # type: ignore[arg-type]
fad.grad(of_names, argnames="a")(a=1.0, c=x)  # type: ignore[call-arg]
fad.grad(of_two, argnums="a")  # type: ignore[arg-type]


# -- what is no gradient ------------------------------------------------------


def vector(x: F) -> F:
    return x


def with_aux(x: F, *, k: int = 0) -> tuple[np.float64, str]:
    return np.sum(x), "aux"


def two_with_aux(a: float, b: F) -> tuple[float, F]:
    return a, b


fad.grad(vector)  # type: ignore[arg-type]
fad.grad(vector, argnums=0)  # type: ignore[arg-type]
fad.grad(vector, argnums=(0,))  # type: ignore[arg-type]
fad.grad(vector, argnames="x")  # type: ignore[arg-type]
fad.grad(vector, has_aux=True)  # type: ignore[call-overload]
fad.value_and_grad(vector)  # type: ignore[type-var]
fad.grad(with_aux)  # type: ignore[arg-type]
fad.value_and_grad(with_aux)  # type: ignore[type-var]
fad.grad(of_array, has_aux=True)  # type: ignore[call-overload]


# -- has_aux ------------------------------------------------------------------


assert_type(fad.grad(with_aux, has_aux=True)(x, k=1), tuple[F, str])
assert_type(fad.grad(two_with_aux, has_aux=True)(1.0, x), tuple[float, F])
fad.grad(two_with_aux, 1, has_aux=True)(1.0, x)  # Any

fad.grad(with_aux, has_aux=True)(x, k="1")  # type: ignore[arg-type]


# -- the value as well --------------------------------------------------------


assert_type(fad.value_and_grad(of_float)(1.0), tuple[float, float])
assert_type(fad.value_and_grad(of_array)(x), tuple[np.float64, F])
assert_type(fad.value_and_grad(of_float32)(x32), tuple[np.float32, F32])
assert_type(fad.value_and_grad(of_dict)({"w": x}, x, scale=2.0), tuple[np.float64, dict[str, F]])
assert_type(fad.value_and_grad(of_two, argnums=1)(1.0, x), tuple[np.float64, F])
assert_type(fad.value_and_grad(of_two, argnums=(0, 1))(1.0, x), tuple[np.float64, tuple[float, F]])
assert_type(fad.value_and_grad(with_aux, has_aux=True)(x), tuple[tuple[np.float64, str], F])

fad.value_and_grad(of_two, argnums=1)(1.0, x, size=2.0)  # type: ignore[call-arg]


# -- functions of no declared type: accepted, and no more is known ------------


fad.grad(lambda x: x ** 2)(3.0)
fad.grad(np.sin)(3.0)
fad.value_and_grad(np.hypot, argnums=1)(3.0, 4.0)
fad.grad(lambda x: np.sum(np.sin(x) ** 2))(x)
fad.grad(lambda a, b: a * b, argnums=(0, 1))(3.0, 2.0)
fad.value_and_grad(lambda a, b: a * b, argnums=1)(3.0, 2.0)
fad.grad(lambda x: (np.sum(x), x), has_aux=True)(x)
fad.grad(partial(of_dict, scale=3.0))({"w": x}, x)
fad.grad(fad.trace(of_array, x))(x)


# -- methods ------------------------------------------------------------------


class Spring:
    stiffness: float = 2.0

    def energy(self, x: F) -> float:
        return self.stiffness * np.sum(x ** 2)

    @staticmethod
    @fad.grad
    def force(x: float) -> float:
        return x ** 2


assert_type(fad.grad(Spring().energy)(x), F)
assert_type(fad.grad(Spring.energy, argnums=1)(Spring(), x), F)
assert_type(Spring().force(1.0), float)
