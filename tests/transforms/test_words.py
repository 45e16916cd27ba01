"""Transforms compose in any order: every word of up to three letters over {jvp, vjp, grad, vmap, jit}.

A word is read as it is written: grad-jvp is grad(x ↦ jvp(f, ...)). Of a scalar function every word is a derivative of
known order, which is written out by hand; of a vector function the first letter is held against central
differences of the rest of the word.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import fad

from ..laws import central_difference

Function = Callable[[Any], Any]
Letter = Callable[[Function], Function]

LETTERS = ("jvp", "vjp", "grad", "vmap", "jit")
WORDS = [word for n in (1, 2, 3) for word in itertools.product(LETTERS, repeat=n)]


def _name(word: tuple[str, ...]) -> str:
    return "-".join(word)


def _apply(letters: dict[str, Letter], word: tuple[str, ...], f: Function) -> Function:
    for letter in reversed(word):
        f = letters[letter](f)
    return f


# -- functions of one number, with their derivatives ----------------------------------------------

SCALAR: dict[str, Letter] = {
    "jvp": lambda f: lambda x: fad.jvp(f, (x,), (1.0,))[1],
    "vjp": lambda f: lambda x: fad.vjp(f, x)[1](1.0)[0],
    "grad": lambda f: fad.grad(f),
    "vmap": lambda f: lambda x: fad.vmap(f)(np.stack([x, x + 0.5, 2.0 * x]))[0],
    "jit": lambda f: fad.jit(f),
}


def _branch(x: Any) -> Any:
    return x * x * x if x > 0.5 else -x


def _loop(x: Any) -> Any:
    y = x
    for _ in range(2):
        y = y * x
    return y


def _in_place(x: Any) -> Any:
    y = fad.numpy.zeros(3)
    y[1] = x * x
    y[1:] *= x
    return np.sum(y)


def _in_a_dict(x: Any) -> Any:
    parts = {"a": x, "b": (np.exp(x), None)}
    return parts["a"] * parts["b"][0]


_A = np.array([[1.0, 2.0], [3.0, 4.0]])

TABLE: dict[str, tuple[Function, ...]] = {
    "sin": (np.sin, np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x)),
    "exp(2x)": (lambda x: np.exp(2 * x), *(lambda x, n=n: 2 ** n * np.exp(2 * x) for n in (1, 2, 3))),
    "x³": (lambda x: x ** 3, lambda x: 3 * x ** 2, lambda x: 6 * x, lambda x: 6.0),
    "1/x": (lambda x: 1 / x, lambda x: -1 / x ** 2, lambda x: 2 / x ** 3, lambda x: -6 / x ** 4),
    "log": (np.log, lambda x: 1 / x, lambda x: -1 / x ** 2, lambda x: 2 / x ** 3),
    "x exp(x)": (_in_a_dict, *(lambda x, n=n: (x + n) * np.exp(x) for n in (1, 2, 3))),
    "quadratic form": (lambda x: (x * np.ones(2)) @ _A @ (x * np.ones(2)), lambda x: 20 * x, lambda x: 20.0,
                       lambda x: 0.0),
    "sum of powers": (lambda x: np.sum(np.stack([x, x * x, x ** 3])), lambda x: 1 + 2 * x + 3 * x * x,
                      lambda x: 2 + 6 * x, lambda x: 6.0),
    "where": (lambda x: np.where(x > 0.5, x ** 3, -x), lambda x: 3 * x ** 2, lambda x: 6 * x, lambda x: 6.0),
    "if": (_branch, lambda x: 3 * x ** 2, lambda x: 6 * x, lambda x: 6.0),
    "loop": (_loop, lambda x: 3 * x ** 2, lambda x: 6 * x, lambda x: 6.0),
    "in place": (_in_place, lambda x: 3 * x ** 2, lambda x: 6 * x, lambda x: 6.0),
    "grad inside": (lambda x: x * fad.grad(lambda y: x * y * y)(x), lambda x: 6 * x ** 2, lambda x: 12 * x,
                    lambda x: 12.0),
    "vmap inside": (lambda x: np.sum(fad.vmap(lambda y: y * x * x)(np.stack([x, 2 * x]))), lambda x: 9 * x ** 2,
                    lambda x: 18 * x, lambda x: 18.0),
    "constant": (lambda x: 3.0 + 0.0 * x, lambda x: 0.0, lambda x: 0.0, lambda x: 0.0),
}


@pytest.mark.parametrize("word", WORDS, ids=_name)
@pytest.mark.parametrize("name", TABLE)
def test_words_of_scalar_functions(name: str, word: tuple[str, ...]) -> None:
    f, *_ = derivatives = TABLE[name]
    order = sum(letter in ("jvp", "vjp", "grad") for letter in word)
    if name == "if" and "vmap" in word:
        with pytest.raises(fad.errors.AbstractValueError):
            _apply(SCALAR, word, f)(0.7)
        return
    for x in (0.7, np.float64(0.9)):
        found = _apply(SCALAR, word, f)(x)
        assert np.shape(found) == ()
        np.testing.assert_allclose(found, derivatives[order](x), rtol=1e-12, atol=1e-12)


# -- functions of a vector ------------------------------------------------------------------------

_T, _C = np.array([0.5, -1.0, 0.75]), np.array([1.0, 0.5, -2.0])
_W = np.array([[0.2, -0.4, 0.1], [0.3, 0.5, -0.6], [0.7, -0.8, 0.9]])

VECTOR: dict[str, Letter] = {
    "jvp": lambda f: lambda x: fad.jvp(f, (x,), (_T,))[1],
    "vjp": lambda f: lambda x: fad.vjp(f, x)[1](_C)[0],
    "grad": lambda f: fad.grad(lambda x: np.sum(_C * f(x))),
    "vmap": lambda f: lambda x: fad.vmap(f)(np.stack([x, 0.5 * x]))[0],
    "jit": lambda f: fad.jit(f),
}

VECTORS: dict[str, Function] = {
    "tanh layer": lambda x: np.tanh(_W @ x),
    "softmax": lambda x: np.exp(x) / np.sum(np.exp(x)),
    "outer": lambda x: np.outer(x, np.sin(x)) @ x,
    "pieces": lambda x: np.concatenate([x[1:] * x[:-1], x[:1] ** 2]),
    "gather": lambda x: np.cumsum(x[np.array([2, 0, 0])] * x),
    "sorted": lambda x: np.sort(x) ** 2 * x,
    "maximum": lambda x: np.maximum(x, x[::-1] ** 2) * x,
    "norm": lambda x: x / np.linalg.norm(x),
    "cross entropy": lambda x: np.log(1.0 + np.exp(_W @ x)) * x.mean(),
}


def _expected(letter: str, f: Function, x: Any) -> Any:
    """What a letter does to a function, by differences alone."""
    if letter in ("vmap", "jit"):
        return f(x)
    if letter == "jvp":
        return central_difference(lambda at: [f(at[0])], [x], [_T])[0]
    jacobian = np.stack([central_difference(lambda at: [f(at[0])], [x], [e])[0] for e in np.eye(3)], axis=1)
    return _C @ jacobian


@pytest.mark.parametrize("word", WORDS, ids=_name)
@pytest.mark.parametrize("name", VECTORS)
def test_words_of_vector_functions(name: str, word: tuple[str, ...]) -> None:
    f, x = VECTORS[name], np.array([0.4, -0.3, 0.8])
    expected = _expected(word[0], _apply(VECTOR, word[1:], f), x)
    np.testing.assert_allclose(_apply(VECTOR, word, f)(x), expected, rtol=1e-7, atol=1e-8)


# -- words over trees, and the matrices ------------------------------------------------------------


def _model(params: dict[str, Any], x: Any) -> Any:
    return np.sum(np.tanh(params["w"] @ x + params["b"]) ** 2)


PARAMS, POINT = {"w": _W, "b": _C}, np.array([0.4, -0.3, 0.8])


def test_gradients_per_example() -> None:
    xs = np.stack([POINT, 2 * POINT, -POINT])
    found = fad.vmap(fad.grad(_model), in_axes=(None, 0))(PARAMS, xs)
    for i, x in enumerate(xs):
        one = fad.grad(_model)(PARAMS, x)
        np.testing.assert_allclose(found["w"][i], one["w"], rtol=1e-13)
        np.testing.assert_allclose(found["b"][i], one["b"], rtol=1e-13)


def test_four_ways_to_a_hessian() -> None:
    def f(x: Any) -> Any:
        return _model(PARAMS, x)

    hessian = fad.hessian(f)(POINT)
    np.testing.assert_allclose(fad.jacfwd(fad.grad(f))(POINT), hessian, rtol=1e-12)
    np.testing.assert_allclose(fad.jacrev(fad.grad(f))(POINT), hessian, rtol=1e-12)
    np.testing.assert_allclose(fad.jacrev(fad.jacfwd(f))(POINT), hessian, rtol=1e-12)
    np.testing.assert_allclose(fad.jacfwd(fad.jacfwd(f))(POINT), hessian, rtol=1e-12)
    np.testing.assert_allclose(np.stack([fad.hvp(f, POINT, e) for e in np.eye(3)]), hessian, rtol=1e-12)
    np.testing.assert_allclose(fad.vmap(lambda v: fad.hvp(f, POINT, v))(np.eye(3)), hessian, rtol=1e-12)
    differences = [central_difference(lambda at: [fad.grad(f)(at[0])], [POINT], [e])[0] for e in np.eye(3)]
    np.testing.assert_allclose(np.stack(differences), hessian, rtol=1e-8, atol=1e-9)


def test_values_of_two_enclosing_traces_are_two() -> None:
    """Variables are shared between traces: the number of one says nothing without its trace."""
    def product(x: Any) -> Any:
        def inner(u: Any) -> Any:
            a, b = x * 1.5, u * 1.5  # each the first equation of its trace
            return fad.grad(lambda w: w * a * b)(1.0)

        return fad.grad(inner)(2.0)

    assert fad.grad(product)(3.0) == 2.25


def test_no_perturbation_is_confused() -> None:
    """Siskind & Pearlmutter (2005): d/dx (x · d/dy (x + y)) is 1, not 2; and its cousins in every mode."""
    def with_inner(inner: Callable[[Function, Any], Any]) -> Function:
        return lambda x: x * inner(lambda y: x + y, 1.0)

    derivatives: tuple[Callable[[Function, Any], Any], ...] = (
        lambda f, x: fad.grad(f)(x), lambda f, x: fad.jvp(f, (x,), (1.0,))[1], lambda f, x: fad.vjp(f, x)[1](1.0)[0],
        lambda f, x: fad.jacfwd(f)(x), lambda f, x: fad.jacrev(f)(x))
    for outer, inner in itertools.product(derivatives, repeat=2):
        assert outer(with_inner(inner), 3.0) == 1.0
