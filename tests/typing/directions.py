"""jvp, vjp, linearize, hvp, and trace. Checked, and not run: see test_typing.py."""

from collections.abc import Callable
from typing import assert_type

import numpy as np
from numpy.typing import NDArray

import fad

F = NDArray[np.float64]

x: F = np.ones(3)


def vector(x: F, *, scale: float = 1.0) -> F:
    return x * scale


def of_float(x: float) -> float:
    return x ** 3


def number(p: dict[str, F], x: F, scale: float = 1.0) -> np.float64:
    return np.sum(p["w"] * x)


def array_number(x: F) -> np.float64:
    return np.sum(x)


def with_aux(x: F, y: float) -> tuple[F, str]:
    return x * y, "aux"


assert_type(fad.jvp(vector, (x,), (x,)), tuple[F, F])
assert_type(fad.jvp(of_float, (1.0,), (1.0,)), tuple[float, float])
assert_type(fad.jvp(number, ({"w": x}, x), ({"w": x}, x)), tuple[np.float64, np.float64])  # [not ty]
assert_type(fad.jvp(with_aux, (x, 1.0), (x, 1.0), has_aux=True), tuple[F, F, str])
fad.jvp(vector, [x], [x])
fad.jvp(lambda x, y: x * y, (1.0, x), (1.0, x))

fad.jvp(vector, (x,), (x, x))  # type: ignore[arg-type]
fad.jvp(vector, ("x",), (x,))  # type: ignore[arg-type]
fad.jvp(vector, x, x)  # type: ignore[call-overload]

assert_type(fad.vjp(vector, x), tuple[F, Callable[[F], tuple[F]]])
assert_type(fad.vjp(number, {"w": x}, x)[1](1.0), tuple[dict[str, F], F])  # [not ty]
assert_type(fad.vjp(number, {"w": x}, x)[0], np.float64)
assert_type(fad.vjp(of_float, 2.0)[1](np.float64(1.0)), tuple[float])
assert_type(fad.vjp(with_aux, x, 1.0, has_aux=True), tuple[F, Callable[[F], tuple[F, float]], str])
fad.vjp(lambda x, y: x * y, 1.0, x)
fad.vjp(np.sin, x)

fad.vjp(vector, x)[1]("x")  # type: ignore[arg-type]
fad.vjp(vector, x)[1](x, x)  # type: ignore[call-arg]
fad.vjp(of_float, "x")  # type: ignore[arg-type]
fad.vjp(of_float, 1.0, 2.0)  # type: ignore[arg-type, call-arg]
fad.vjp(of_float, 1.0, has_aux=True)  # type: ignore[call-overload]

assert_type(fad.linearize(vector, x), tuple[F, Callable[[F], F]])
assert_type(fad.linearize(number, {"w": x}, x)[1]({"w": x}, x), np.float64)  # [not ty]

fad.linearize(number, {"w": x}, x)[1](x)  # type: ignore[arg-type, call-arg]
fad.linearize(vector, 1.0)  # type: ignore[arg-type]

assert_type(fad.hvp(array_number, x, x), F)
assert_type(fad.hvp(of_float, 1.0, 1.0), float)  # [not ty]
assert_type(fad.hvp(lambda x: np.sum(x ** 3), x, x), F)

fad.hvp(vector, x, x)  # type: ignore[arg-type]
fad.hvp(array_number, x, "x")  # type: ignore[arg-type]

assert_type(fad.trace(vector, x), fad.Graph)
fad.trace(lambda x, y: x * y, 1.0, x)
fad.trace(np.sin, x)

fad.trace(vector, "x")  # type: ignore[arg-type]
