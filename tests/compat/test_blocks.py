"""Blocks: the built-in ones as classes, and users' own in both modes."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

import fad.compat as ad
from fad.compat.blocks.block import Block, SimpleBlock
from fad.compat.blocks.expo import exp, log, logistic, sqrt
from fad.compat.blocks.operations import (
    add,
    divide,
    extract,
    multiply,
    power,
    power_const_base,
    power_const_exponent,
    subtract,
    sum_elts,
)
from fad.compat.blocks.trigo import sin
from fad.compat.session import Mode
from fad.compat.variable import Constant, Variable

X = np.array([0.2, 0.5, 0.8])
FAMILIES = {"trigo": "sin cos tan arcsin arccos arctan", "hyperbolic": "sinh cosh tanh",
            "expo": "exp log sqrt logistic"}


@pytest.mark.parametrize(("family", "name"), [(f, n) for f, names in FAMILIES.items() for n in names.split()])
def test_blocks_do_what_the_functions_do(mode: Mode, family: str, name: str) -> None:
    block = getattr(importlib.import_module(f"fad.compat.blocks.{family}"), name)
    assert issubclass(block, Block)
    x = Variable(X)
    found, expected = block()(x), getattr(ad, name)(x)
    np.testing.assert_array_equal(found.data, expected.data)
    np.testing.assert_array_equal(found.compute_gradients(), expected.compute_gradients())
    assert isinstance(block()(0.5), Constant)
    np.testing.assert_array_equal(block().data_fn(x), expected.data)
    np.testing.assert_array_equal(block().get_jacobians(x)[0], expected.compute_gradients())


def test_blocks_of_two(mode: Mode) -> None:
    x = Variable(X)
    for block in (add, subtract, multiply, divide, power):
        f = getattr(ad, block.__name__)
        found, expected = block()(x, 2.0), f(x, 2.0)
        np.testing.assert_array_equal(found.data, expected.data)
        np.testing.assert_array_equal(found.compute_gradients(), expected.compute_gradients())
        assert [j.shape for j in block().get_jacobians([1.0, 2.0], [3.0, 4.0])] == [(2, 2), (2, 2)]


def test_blocks_with_settings(mode: Mode) -> None:
    x = Variable(X)
    np.testing.assert_allclose(power_const_exponent()(x, power_exponent=4).compute_gradients(), np.diag(4 * X ** 3))
    np.testing.assert_allclose(power_const_base()(x, base=2).compute_gradients(), np.diag(np.log(2) * 2 ** X))
    np.testing.assert_allclose(log(base=10)(x).data, np.log10(X))
    np.testing.assert_allclose(log(base=10)(x).compute_gradients(), np.diag(1 / (X * np.log(10))))
    np.testing.assert_array_equal(extract()(x, key=slice(0, 2)).compute_gradients(), np.eye(3)[:2])
    np.testing.assert_array_equal(sum_elts()(x).compute_gradients(), [[1.0, 1.0, 1.0]])
    assert logistic()(0.0).data == [0.5]
    assert sqrt()(4.0).data == [2.0]
    np.testing.assert_array_equal(sum_elts().get_jacobians(X)[0], [[1.0, 1.0, 1.0]])


# -- users' own -----------------------------------------------------------------------------------


class Cube(SimpleBlock):
    def data_fn(self, x: Variable) -> Any:
        return x.data ** 3

    def gradient_fn(self, x: Variable) -> Any:
        return 3 * x.data ** 2


class Scaled(SimpleBlock):
    """With settings of its own, and a slope that is one number."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def data_fn(self, x: Variable, shift: float = 0.0) -> Any:
        return list(self.factor * x.data + shift)

    def gradient_fn(self, x: Variable, shift: float = 0.0) -> Any:
        return self.factor


class Dot(Block):
    def data_fn(self, x: Variable, y: Variable) -> Any:
        return x.data @ y.data

    def get_jacobians(self, x: Variable, y: Variable) -> Any:
        return [y.data[None, :], x.data[None, :]]


class Polynomial(Block):
    """Powers of one entry, as many as asked for."""

    def data_fn(self, x: Variable, *, degree: int) -> Any:
        return x.data[0] ** np.arange(degree + 1)

    def get_jacobians(self, x: Variable, *, degree: int) -> Any:
        n = np.arange(degree + 1)
        return [(n * x.data[0] ** np.maximum(n - 1, 0))[:, None]]


def test_simple_blocks(mode: Mode) -> None:
    x = Variable(X)
    np.testing.assert_allclose(Cube()(x).compute_gradients(), np.diag(3 * X ** 2))
    y = Scaled(2.0)(x, shift=1.0)
    np.testing.assert_array_equal(y.data, 2 * X + 1)
    np.testing.assert_array_equal(y.compute_gradients(), 2 * np.eye(3))
    np.testing.assert_array_equal(Cube().get_jacobians(Variable([2.0]))[0], [[12.0]])


def test_blocks_with_jacobians(mode: Mode) -> None:
    x, y = Variable.multi_variables(X, [1.0, 2.0, 3.0])
    by_x, by_y = Dot()(x, y).compute_gradients()
    np.testing.assert_array_equal(by_x, [[1.0, 2.0, 3.0]])
    np.testing.assert_array_equal(by_y, [X])
    z = Variable(2.0)
    np.testing.assert_array_equal(Polynomial()(z, degree=3).compute_gradients()[:, 0], [0.0, 1.0, 4.0, 12.0])
    np.testing.assert_array_equal(Dot()(Variable(X), [1.0, 2.0, 3.0]).compute_gradients(), [[1.0, 2.0, 3.0]])


def test_blocks_of_users_mix_with_the_built_in(mode: Mode) -> None:
    v = Variable(X)
    y = sin()(Cube()(v) * v) + Dot()(v, ad.exp(v)) * Scaled(0.5)(v)
    expected = np.diag(np.cos(X ** 4) * 4 * X ** 3 + 0.5 * (X @ np.exp(X)))
    expected = expected + np.outer(0.5 * X, np.exp(X) + X * np.exp(X))
    np.testing.assert_allclose(y.compute_gradients(), expected)


def test_blocks_of_constants_are_constants(mode: Mode) -> None:
    assert isinstance(Cube()(2.0), Constant)
    Variable(1.0)
    np.testing.assert_array_equal(Cube()(Constant(2.0)).compute_gradients(), [[0.0]])


def test_blocks_may_use_functions_on_plain_data(mode: Mode) -> None:
    class Wave(SimpleBlock):
        def data_fn(self, x: Variable) -> Any:
            return ad.sin(x.data)

        def gradient_fn(self, x: Variable) -> Any:
            return np.cos(x.data)

    np.testing.assert_array_equal(Wave()(Variable(X)).compute_gradients(), np.diag(np.cos(X)))


def test_mistakes_in_blocks_name_the_block(mode: Mode) -> None:
    class Wrong(Block):
        def data_fn(self, x: Variable) -> Any:
            return x.data

        def get_jacobians(self, x: Variable) -> Any:
            return [np.ones((1, 3))]

    class Fewer(Wrong):
        def get_jacobians(self, x: Variable) -> Any:
            return []

    class Square(Wrong):
        def data_fn(self, x: Variable) -> Any:
            return np.eye(3)

    class Slopes(SimpleBlock):
        def data_fn(self, x: Variable) -> Any:
            return x.data

        def gradient_fn(self, x: Variable) -> Any:
            return [1.0, 2.0]

    x = Variable(X)
    with pytest.raises(ValueError, match=r"Wrong.get_jacobians gave shape \(1, 3\) for operand 0"):
        Wrong()(x)
    with pytest.raises(ValueError, match=r"Fewer.get_jacobians gave 0 arrays for 1 operands"):
        Fewer()(x)
    with pytest.raises(ValueError, match=r"data_fn returned shape \(3, 3\)"):
        Square()(x)
    with pytest.raises(ValueError, match=r"Slopes gave 3 entries and slopes of shape \(2,\)"):
        Slopes()(x)
    with pytest.raises(NotImplementedError, match="Block has no data_fn"):
        Block()(x)
    with pytest.raises(NotImplementedError, match="SimpleBlock has no gradient_fn"):
        SimpleBlock().get_jacobians(x)


def test_exp_is_a_class_and_a_function() -> None:
    assert exp()(0.0).data == ad.exp(0.0).data == [1.0]
