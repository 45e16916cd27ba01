"""What makes a function of a function of the same type: jit, custom rules, vmap; and their methods.
Checked, and not run: see test_typing.py.
"""

from collections.abc import Callable
from typing import assert_type

import numpy as np
from numpy.typing import NDArray

import fad

F = NDArray[np.float64]

x: F = np.ones(3)


# -- jit ----------------------------------------------------------------------


@fad.jit
def compiled(x: F, *, k: int = 1) -> F:
    return x * k


@fad.jit(static_argnames="k")
def static(x: F, *, k: int = 1) -> np.float64:
    return np.sum(x) * k


assert_type(compiled(x, k=2), F)
assert_type(compiled.source(x, k=2), str)
assert_type(compiled.graph(x), fad.Graph)
assert_type(compiled.cache_info().hits, int)
assert_type(static(x, k=2), np.float64)
assert_type(fad.grad(static)(x, k=2), F)
assert_type(fad.jit(fad.grad(static))(x, k=2), F)
a_function: Callable[[F], F] = compiled
fad.jit(lambda x, y: x * y)(2.0, 3.0)
fad.jit(np.sin)(x)
fad.jit(np.hypot)(x, x)

compiled("x")  # type: ignore[arg-type]
compiled(x, size=2)  # type: ignore[call-arg]
compiled.source(1.0)  # type: ignore[arg-type]
static(x, k="2")  # type: ignore[arg-type]
fad.grad(compiled)  # type: ignore[arg-type]
fad.jit(compiled, guards="never")  # type: ignore[call-overload]


# -- rules of one's own -------------------------------------------------------


@fad.custom_jvp
def log1pexp(x: F) -> F:
    return np.logaddexp(0.0, x)


@log1pexp.defjvp
def log1pexp_jvp(primals: tuple[F], tangents: tuple[F]) -> tuple[F, F]:
    (x,), (dx,) = primals, tangents
    return log1pexp(x), dx / (1.0 + np.exp(-x))


@log1pexp.defjvp  # type: ignore[arg-type]
def no_tangent(primals: tuple[F], tangents: tuple[F]) -> F:
    return primals[0]


@log1pexp.defjvp  # type: ignore[arg-type]
def primals_alone(primals: tuple[F]) -> tuple[F, F]:
    return primals[0], primals[0]


@fad.custom_vjp
def clipped(x: F) -> F:
    return x


def forward(x: F) -> tuple[F, float]:
    return x, 1.0


def backward(limit: float, ct: F) -> tuple[F]:
    return (np.clip(ct, -limit, limit),)


def of_other_residuals(kept: str, ct: F) -> tuple[F]:
    return (ct,)


clipped.defvjp(forward, backward)
clipped.defvjp(lambda x: (x, None), lambda _, ct: (ct,))
clipped.defvjp(forward, of_other_residuals)  # type: ignore[misc]
clipped.defvjp(log1pexp, backward)  # type: ignore[arg-type]


def of_two(x: F, y: F) -> tuple[F, float]:
    return x, 1.0


clipped.defvjp(of_two, backward)  # type: ignore[arg-type]

assert_type(log1pexp(x), F)
assert_type(clipped(x), F)

log1pexp("x")  # type: ignore[arg-type]
clipped(x, x)  # type: ignore[call-arg]


# -- methods ------------------------------------------------------------------


class Layer:
    weights: F = np.eye(3)

    @fad.jit
    def apply(self, x: F, *, bias: float = 0.0) -> F:
        return self.weights @ x + bias

    @fad.jit(static_argnames="power")
    def powered(self, x: F, power: int = 2) -> F:
        y: F = x ** power
        return y

    @fad.custom_jvp
    def scaled(self, x: F) -> F:
        return x

    @fad.custom_vjp
    def clipped(self, x: F) -> F:
        return x

    @classmethod
    @fad.jit
    def of_class(cls, x: F) -> F:
        return cls.weights @ x

    @staticmethod
    @fad.jit
    def alone(x: F) -> F:
        return 2.0 * x

    @staticmethod
    @fad.jit
    def nothing() -> F:
        return np.ones(3)

    @staticmethod
    @fad.custom_jvp
    def square(x: float) -> float:
        return x * x

    @fad.vmap
    def total(self, x: F) -> np.float64:
        return np.sum(self.weights @ x)

    @fad.checkpoint
    def deep(self, x: F) -> F:
        return self.weights @ x


class Deep(Layer):
    pass


layer = Layer()
assert_type(layer.apply(x, bias=1.0), F)
assert_type(Deep().apply(x), F)
assert_type(Layer.apply(layer, x), F)
assert_type(Layer.apply.source(layer, x), str)
assert_type(layer.powered(x, power=3), F)
assert_type(layer.scaled(x), F)
assert_type(layer.total(x), F)
assert_type(layer.deep(x), F)
assert_type(layer.clipped(x), F)
assert_type(Layer.of_class(x), F)
assert_type(layer.of_class(x), F)
assert_type(Layer.alone(x), F)
assert_type(layer.alone(x), F)
assert_type(Layer.nothing(), F)
assert_type(layer.nothing(), F)
assert_type(layer.square(2.0), float)
assert_type(Layer.square(2.0), float)
a_method: Callable[[F], F] = layer.apply
fad.jacobian(layer.alone)(x)

layer.apply("x")  # type: ignore[call-overload]
layer.apply(x, size=1.0)  # type: ignore[call-overload]
layer.powered(x, power="3")  # type: ignore[call-overload]
layer.scaled(1, 2, 3)  # type: ignore[call-overload]
layer.of_class("x")  # type: ignore[call-overload]
Layer.of_class("x")  # type: ignore[call-overload]
layer.apply.source(x)  # type: ignore[attr-defined]  # a bound method has no more than other methods have


# -- vmap ---------------------------------------------------------------------


def normalised(x: F, *, order: int = 2) -> F:
    y: F = x / np.linalg.norm(x, order)
    return y


def dot(x: F, y: F) -> np.float64:
    return np.sum(x * y)


def loss(w: F, x: F, y: float) -> np.float64:
    return (dot(w, x) - y) ** 2


def curve(t: float) -> F:
    return np.array([t, t])


def tree(x: F) -> dict[str, F]:
    return {"x": x}


assert_type(fad.vmap(normalised)(x, order=1), F)
assert_type(fad.vmap(dot, in_axes=(None, 0))(x, x), F)  # numbers become arrays
assert_type(fad.vmap(curve)(x), F)
assert_type(fad.vmap(tree)(x), dict[str, F])
assert_type(fad.vmap(loss, in_axes=(None, 0, 0))(x, x, x), F)
assert_type(fad.vmap(fad.grad(loss), in_axes=(None, 0, 0))(x, x, x), F)
assert_type(fad.vmap(fad.vmap(dot))(x, x), F)
fad.vmap(fad.value_and_grad(dot))(x, x)
fad.vmap(np.dot, in_axes=(0, None))(x, x)
fad.vmap(np.sin)(x)
fad.vmap(fad.grad(np.sin))(x)
fad.vmap(lambda x, y: x * y)(x, x)

def cube(t: float, *, scale: float = 1.0) -> float:
    return scale * t ** 3


def ratio(a: float, b: float) -> float:
    return a / b


def moments(x: F) -> tuple[np.float64, np.float64]:
    return np.sum(x), np.sum(x * x)


def named(x: F) -> dict[str, np.float64]:
    return {"sum": np.sum(x)}


assert_type(fad.vmap(cube)(x), F)
assert_type(fad.vmap(cube)(x, scale=2.0), F)
assert_type(fad.vmap(fad.grad(cube))(x), F)
assert_type(fad.jit(fad.vmap(fad.grad(cube)))(x), F)
assert_type(fad.vmap(fad.value_and_grad(cube))(x), tuple[F, F])
assert_type(fad.vmap(ratio)(x, x), F)
assert_type(fad.vmap(fad.grad(ratio))(x, x), F)
assert_type(fad.vmap(moments)(x), tuple[F, F])
assert_type(fad.vmap(named)(x), dict[str, F])

fad.vmap(cube)("a")  # type: ignore[arg-type]
fad.vmap(cube)()  # type: ignore[call-arg]
fad.vmap(cube)(x, zz=1)  # type: ignore[call-arg]
fad.vmap(ratio)("a", x)  # type: ignore[arg-type]
fad.vmap(normalised)("x")  # type: ignore[arg-type]
fad.vmap(normalised)(x, ord=1)  # type: ignore[call-arg]
fad.vmap(dot)(x)  # type: ignore[call-arg]
fad.vmap(dot, axis_size="3")  # type: ignore[call-overload]


# -- constants ----------------------------------------------------------------


assert_type(fad.stop_gradient({"x": x}), dict[str, F])
assert_type(fad.value(x), F)
