"""Operators and functions: values, Jacobians against fad.jacobian, broadcasting, and where scripts are stopped."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import fad
import fad.compat as ad
from fad.compat.session import Mode
from fad.compat.variable import Constant, Variable

# -- operators ------------------------------------------------------------------------------------

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": operator.pow}
OTHERS: dict[str, Any] = {
    "float": 1.5, "int": 3, "numpy scalar": np.float64(0.75), "list": [0.5, 1.0, 2.0],
    "array": np.array([0.5, 1.0, 2.0]),
    "integers": np.array([1, 2, 3]), "one entry": [2.0]}
X = np.array([0.5, 1.5, 2.5])


def check(f: Callable[[Any], Any], found: Variable, x: Any) -> None:
    """A result against the plain function and its Jacobian."""
    x = np.asarray(x, float)
    np.testing.assert_allclose(found.data, np.atleast_1d(f(x)), rtol=1e-14)
    np.testing.assert_allclose(found.compute_gradients(), fad.jacobian(f)(x), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("name", BINARY)
def test_operators_with_data_on_either_side(mode: Mode, name: str, other: str) -> None:
    f, c = BINARY[name], OTHERS[other]
    plain = np.asarray(c, float)
    check(lambda x: f(x, plain), f(Variable(X), c), X)
    check(lambda x: f(plain, x), f(c, Variable(X)), X)


@pytest.mark.parametrize("name", BINARY)
def test_operators_between_variables(mode: Mode, name: str) -> None:
    f = BINARY[name]
    y = np.array([1.5, 0.5, 2.0])
    check(lambda v: f(v[:3], v[3:]), f(*_halves()), np.r_[X, y])
    u, v = Variable.multi_variables(X, y)
    by_u, by_v = f(u, v).compute_gradients()
    np.testing.assert_allclose(by_u, fad.jacobian(lambda x: f(x, y))(X))
    np.testing.assert_allclose(by_v, fad.jacobian(lambda x: f(X, x))(y))


def _halves() -> tuple[Variable, Variable]:
    v = Variable(np.r_[X, [1.5, 0.5, 2.0]])
    return v[:3], v[3:]


@pytest.mark.parametrize("name", BINARY)
def test_a_scalar_goes_with_every_entry(mode: Mode, name: str) -> None:  # ★
    f = BINARY[name]
    s, v = Variable.multi_variables(1.5, X)
    for found, g in ((f(s, v), lambda a, b: f(a, b)), (f(v, s), lambda a, b: f(b, a))):
        by_s, by_v = found.compute_gradients()
        assert by_s.shape == (3, 1)
        assert by_v.shape == (3, 3)
        np.testing.assert_allclose(by_s[:, 0], fad.jacobian(lambda a: g(a, X))(1.5))  # noqa: B023
        np.testing.assert_allclose(by_v, fad.jacobian(lambda b: g(1.5, b))(X))  # noqa: B023
    x = Variable(2.0)
    np.testing.assert_array_equal((x * [1.0, 2.0, 3.0]).compute_gradients(), [[1.0], [2.0], [3.0]])


def test_negation_and_unequal_sizes(mode: Mode) -> None:
    np.testing.assert_array_equal((-Variable(X)).compute_gradients(), -np.eye(3))
    with pytest.raises(ValueError, match="3 and 2 entries"):
        _ = Variable(X) + [1.0, 2.0]
    with pytest.raises(TypeError):
        _ = Variable(X) + "x"  # type: ignore[operator]  # what the test is about


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, -1, 0.5, 2.5, -2])
def test_constant_powers(mode: Mode, exponent: float) -> None:
    check(lambda x: x ** exponent, Variable(X) ** exponent, X)
    if exponent == int(exponent):
        check(lambda x: x ** exponent, Variable(-X) ** exponent, -X)


def test_powers_of_zero(mode: Mode) -> None:
    np.testing.assert_array_equal((Variable([0.0, -2.0]) ** 2).compute_gradients(), np.diag([0.0, -4.0]))
    np.testing.assert_array_equal((Variable(0.0) ** 0).compute_gradients(), [[0.0]])
    np.testing.assert_array_equal((Variable(0.0) ** 1).compute_gradients(), [[1.0]])


def test_a_negative_base_is_an_error_where_the_exponent_varies(mode: Mode) -> None:
    x = Variable([2.0, -1.0])
    with pytest.raises(ValueError, match="entry 1"):
        _ = x ** x
    with pytest.raises(ValueError, match="negative base"):
        _ = (-2) ** x
    np.testing.assert_array_equal((x ** Constant([2.0, 3.0])).compute_gradients(), np.diag([4.0, 3.0]))
    np.testing.assert_array_equal((x ** [2, 3]).data, [4.0, -1.0])


def test_division_by_zero_stops_the_script(mode: Mode) -> None:
    x = Variable([1.0, 0.0, 2.0])
    for divide in (lambda: 1 / x, lambda: x / x, lambda: x / [1.0, 0.0, 1.0], lambda: ad.divide(1, [1.0, 0.0])):
        with pytest.raises(ZeroDivisionError, match="entry 1 of the divisor"):
            divide()
    with pytest.raises(ZeroDivisionError, match="entry 0"):
        _ = x / 0
    with pytest.raises(ZeroDivisionError, match="entry 0"):
        _ = x / Constant(-0.0)
    np.testing.assert_array_equal((x / np.nan).data, [np.nan] * 3)


# -- functions ------------------------------------------------------------------------------------

INSIDE = np.array([-0.9, -0.3, 0.2, 0.8])
FUNCTIONS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    **{name: (getattr(np, name), INSIDE) for name in "sin cos tan arcsin arccos arctan sinh cosh tanh exp".split()},
    "log": (np.log, X), "sqrt": (np.sqrt, X), "logistic": (lambda x: 1 / (1 + np.exp(-x)), INSIDE)}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(mode: Mode, name: str) -> None:  # ★ sqrt and logistic
    f, x = FUNCTIONS[name]
    check(f, getattr(ad, name)(Variable(x)), x)
    v = Variable(x)
    check(lambda at: f(at)[:2] * f(at[2:3]), getattr(ad, name)(v)[:2] * getattr(ad, name)(v[2]), x)


@pytest.mark.parametrize("base", [2, 10, 3, 0.5, 2.5])
def test_logarithms_to_a_base(mode: Mode, base: float) -> None:  # ★
    check(lambda x: np.log(x) / np.log(base), ad.log(Variable(X), base=base), X)
    check(lambda x: np.log(x) / np.log(base), ad.log(Variable(X), base), X)
    assert ad.log(Variable(8.0), base=2).data == [3.0]
    assert ad.log(Variable(1000.0), base=10).data == [np.log10(1000.0)]


@pytest.mark.parametrize("base", [0, -2, 1, np.nan])
def test_a_base_that_has_no_logarithm(base: float) -> None:  # ★
    with pytest.raises(ValueError, match="positive number other than 1"):
        ad.log(Variable(2.0), base=base)


def test_logistic_is_stable(mode: Mode) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        y = ad.logistic(Variable([-1000.0, -40.0, 0.0, 40.0, 1000.0]))
        slopes = np.diag(y.compute_gradients())
    np.testing.assert_allclose(y.data, [0.0, np.exp(-40.0), 0.5, 1.0, 1.0], rtol=1e-14)
    np.testing.assert_allclose(slopes, [0.0, np.exp(-40.0), 0.25, np.exp(-40.0), 0.0], rtol=1e-13)


@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "divide", "power"])
def test_functions_of_two(mode: Mode, name: str) -> None:
    f, c = getattr(np, name), np.array([0.5, 1.0, 2.0])
    check(lambda x: f(x, c), getattr(ad, name)(Variable(X), c), X)
    check(lambda x: f(c, x), getattr(ad, name)(c, Variable(X)), X)
    check(lambda x: f(x, 2.0), getattr(ad, name)(Variable(X), 2), X)


def test_the_sum_has_one_entry(mode: Mode) -> None:
    y = ad.sum_elts(Variable(X) ** 2)
    assert y.data.shape == (1,)
    check(lambda x: np.reshape(np.sum(x ** 2), (1,)), y, X)


def test_plain_data_gives_constants() -> None:
    for name in (*FUNCTIONS, "sum_elts"):
        found = getattr(ad, name)(0.5)
        assert isinstance(found, Constant)
        assert found.data.shape == (1,)
    for name in ("add", "subtract", "multiply", "divide", "power"):
        found = getattr(ad, name)([1.0, 2.0], 2)
        assert isinstance(found, Constant)
        np.testing.assert_array_equal(found.data, getattr(np, name)([1.0, 2.0], 2))
    assert isinstance(ad.log(8, base=3), Constant)
    assert not isinstance(ad.sin(Constant(0.5)) * Variable(1.0), Constant)


@pytest.mark.parametrize(("name", "at"), [("log", -1.0), ("sqrt", -1.0), ("arcsin", 2.0), ("arccos", -2.0)])
def test_other_domain_errors_follow_numpy(mode: Mode, name: str, at: float) -> None:
    with pytest.warns(RuntimeWarning, match="invalid value"):
        y = getattr(ad, name)(Variable(at))
    assert np.isnan(y.data[0])


# -- compositions ---------------------------------------------------------------------------------


def _chain(np_like: Any, x: Any, s: Any) -> Any:
    y = np_like.sin(x) * x + 1.0
    for _ in range(5):
        y = np_like.exp(-0.1 * y * y) / (2.0 + np_like.cos(y * s))
    return y ** 2 - y[::-1] * x[0]


def test_a_composition_against_jacobian(mode: Mode) -> None:
    v = Variable(np.r_[X, 0.7])
    check(lambda at: _chain(np, at[:3], at[3]), _chain(ad, v[:3], v[3]), np.r_[X, 0.7])


def test_random_compositions_agree_between_the_modes() -> None:
    rng = np.random.default_rng(0)
    unary = [ad.sin, ad.cos, ad.arctan, ad.tanh, ad.logistic, lambda v: -v, lambda v: v[::-1], lambda v: 0.5 * v ** 2]
    binary = [ad.add, ad.subtract, ad.multiply, lambda u, v: u / (2 + v * v), lambda u, v: u * v[0],
              lambda u, v: ad.sum_elts(u) - v]
    for _ in range(40):
        plan = [(rng.integers(len(unary) + len(binary)), rng.integers(1 << 30, size=2)) for _ in range(12)]
        data = rng.normal(size=4)
        found = []
        for mode in ("forward", "reverse"):
            ad.set_mode(mode)
            made: list[Any] = list(Variable.multi_variables(data, 0.3, data[:1]))
            for which, picks in plan:
                u, v = (made[pick % len(made)] for pick in picks)
                made.append(unary[which](u) if which < len(unary) else binary[which - len(unary)](u, v))
            found.append(np.hstack(made[-1].compute_gradients()))
        np.testing.assert_allclose(*found, rtol=1e-11, atol=1e-12)
