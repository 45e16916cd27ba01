"""A branch that was not chosen has no part in a derivative, also where its own derivative is infinite or nan; and a
genuine nan is not hidden."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from textwrap import dedent
from typing import Any, NamedTuple

import numpy as np
import pytest

import fad
import fad.numpy
from fad.core.graph import verify
from fad.passes.linearize import gradient_graph

inf, nan = np.inf, np.nan


@pytest.fixture(autouse=True)
def _numpy_may_warn() -> Iterator[None]:
    """The branch that is not chosen is computed all the same, and NumPy warns of it in a plain call, too."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        yield


class Case(NamedTuple):
    """A function of an array, a point, the gradient of its sum there, and its second derivatives in the direction of
    (1, 1, ...)."""

    name: str
    f: Callable[[Any], Any]
    point: list[float]
    gradient: list[float]
    second: list[float]

    def __str__(self) -> str:
        return self.name


def _normalised(x: Any) -> Any:
    norm = np.sqrt(np.sum(x * x))
    return np.where(norm > 0, x / norm, 0.0)


def _normalised_by_dot(x: Any) -> Any:
    norm = np.sqrt(x @ x)
    return np.where(norm > 0, x / norm, 0.0)


def _rows_normalised(x: Any) -> Any:
    rows = x.reshape(2, 2)
    norms = np.sqrt(np.sum(rows * rows, axis=1, keepdims=True))
    return np.where(norms > 0, rows / norms, 0.0)


def _written_over(x: Any) -> Any:
    y = np.sqrt(x)
    y[x <= 0] = 0.0
    return y


def _written_over_by_an_array(x: Any) -> Any:
    y = np.sqrt(x)
    y[x <= 0] = 2.0 * x[x <= 0]
    return y


def _written_where_it_holds(x: Any) -> Any:
    y = fad.numpy.zeros(x.shape, x.dtype)
    y[x > 0] = np.sqrt(x[x > 0])
    return y


def _in_place(x: Any) -> Any:
    x = x * 1.0
    x[x > 0] = np.sqrt(x[x > 0])
    return x


def _out_where(x: Any) -> Any:
    y = fad.numpy.zeros(x.shape, x.dtype)
    np.sqrt(x, out=y, where=x > 0)
    return y


def _deep(x: Any) -> Any:
    """A mask through shapes, sums, products and another selection."""
    y = np.sqrt(np.stack([x, x * x])) * 2.0
    z = np.concatenate([y[0], y[1]])[::-1].reshape(2, -1).T
    return np.where((x > 0)[:, None], np.log(z) ** 2, 0.0)


CASES = [
    Case("sqrt", lambda x: np.where(x > 0, np.sqrt(x), 0.0), [0.0, 4.0], [0.0, 0.25], [0.0, -1 / 32]),
    Case("sqrt of the negative", lambda x: np.where(x > 0, np.sqrt(x), x * x), [-3.0, 4.0], [-6.0, 0.25], [2.0, -1 / 32]),
    Case("in the other branch", lambda x: np.where(x <= 0, 3 * x, np.log(x)), [0.0, 4.0], [3.0, 0.25], [0.0, -1 / 16]),
    Case("both", lambda x: np.where(x > 0, np.sqrt(x), np.sqrt(-x)), [-4.0, 4.0], [-0.25, 0.25], [-1 / 32, -1 / 32]),
    Case("1/x", lambda x: np.where(x != 0, 1 / x, 0.0), [0.0, 2.0], [0.0, -0.25], [0.0, 0.25]),
    Case("sin(x)/x", lambda x: np.where(x != 0, np.sin(x) / x, 1.0), [0.0, np.pi], [0.0, -1 / np.pi],
         [0.0, 2 / np.pi ** 2]),
    Case("x log x", lambda x: np.where(x > 0, x * np.log(x), 0.0), [0.0, 1.0], [0.0, 1.0], [0.0, 1.0]),
    Case("a power", lambda x: np.where(x > 0, x ** 0.5, 0.0), [0.0, 4.0], [0.0, 0.25], [0.0, -1 / 32]),
    Case("an overflow", lambda x: np.where(x < 10, np.exp(x), 1.0), [0.0, 1e4], [1.0, 0.0], [1.0, 0.0]),
    Case("a chain", lambda x: np.where(x > 0, np.log(np.sqrt(x) * 3.0) ** 2, 0.0), [0.0, 1 / 9], [0.0, 0.0],
         [0.0, 40.5]),
    Case("nested", lambda x: np.where(x > 0, np.where(x > 1, np.log(x - 1), np.sqrt(x)), 0.0), [0.0, 1.0, 2.0],
         [0.0, 0.5, 1.0], [0.0, -0.25, -1.0]),
    Case("select", lambda x: np.select([x > 1, x > 0], [np.log(x - 1), np.sqrt(x)], 0.0), [0.0, 1.0, 2.0],
         [0.0, 0.5, 1.0], [0.0, -0.25, -1.0]),
    Case("piecewise", lambda x: np.piecewise(x, [x > 0], [np.sqrt, lambda v: -v]), [0.0, 4.0], [-1.0, 0.25],
         [0.0, -1 / 32]),
    Case("clip", lambda x: np.clip(np.sqrt(x), 0.5, 3.0), [0.0, 4.0, 100.0], [0.0, 0.25, 0.0], [0.0, -1 / 32, 0.0]),
    Case("maximum", lambda x: np.maximum(np.sqrt(x), 0.5), [0.0, 4.0], [0.0, 0.25], [0.0, -1 / 32]),
    Case("minimum", lambda x: np.minimum(1 / x, 0.6), [0.0, 2.0], [0.0, -0.25], [0.0, 0.25]),
    Case("max of all", lambda x: np.max(np.sqrt(x)), [0.0, 4.0], [0.0, 0.25], [0.0, -1 / 32]),
    Case("a norm", _normalised, [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]),
    Case("a norm by a dot product", _normalised_by_dot, [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]),
    Case("norms of rows", _rows_normalised, [0.0, 0.0, 3.0, 4.0], [0.0, 0.0, 4 / 125, -3 / 125],
         [0.0, 0.0, 0.0, 0.0]),
    Case("log of a sum", lambda x: np.where(np.all(x > 0), np.log(np.sum(x)), 0.0), [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]),
    Case("roots of a dot product", lambda x: np.where(np.all(x > 0), np.sqrt(np.sqrt(x) @ np.sqrt(x)), 0.0), [0.0, 0.0],
         [0.0, 0.0], [0.0, 0.0]),
    Case("a matrix product", lambda x: np.where(np.all(x > 0), np.ones((3, 2), x.dtype) @ np.sqrt(x), 0.0), [0.0, 0.0],
         [0.0, 0.0], [0.0, 0.0]),
    Case("running sums", lambda x: np.where(np.all(x > 0), np.sqrt(np.cumsum(x)), 0.0), [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]),
    Case("a mask read", lambda x: np.sqrt(x)[x > 0], [0.0, 4.0], [0.0, 0.25], [0.0, -1 / 32]),
    Case("a mask written over", _written_over, [0.0, 4.0], [0.0, 0.25], [0.0, -1 / 32]),
    Case("an array written over", _written_over_by_an_array, [0.0, 4.0], [2.0, 0.25], [0.0, -1 / 32]),
    Case("a mask written", _written_where_it_holds, [0.0, 4.0], [0.0, 0.25], [0.0, -1 / 32]),
    Case("a mask written in place", _in_place, [0.0, 4.0], [1.0, 0.25], [0.0, -1 / 32]),
    Case("out= and where=", _out_where, [0.0, 4.0], [0.0, 0.25], [0.0, -1 / 32]),
    Case("a function that is compiled", lambda x: np.where(x > 0, fad.jit(np.sqrt)(x), 0.0), [0.0, 4.0], [0.0, 0.25],
         [0.0, -1 / 32]),
    Case("a function that is recomputed", lambda x: np.where(x > 0, fad.checkpoint(np.sqrt)(x), 0.0), [0.0, 4.0],
         [0.0, 0.25], [0.0, -1 / 32]),
    Case("a loop", lambda x: fad.fori_loop(0, 3, lambda i, c: np.where(c > 1, np.sqrt(c - 1) + 1, c), x), [0.0, 1.0, 2.0],
         [1.0, 1.0, 0.125], [0.0, 0.0, -7 / 64]),
    Case("shapes", _deep, [0.0], [0.0], [0.0]),
]
_ROWS = [c for c in CASES if c.name != "norms of rows"]

MODES: dict[str, Callable[[Any], Any]] = {"rev": fad.jacrev, "fwd": fad.jacfwd}
NOT_MAPPED = {"a mask read", "an array written over", "a mask written", "a mask written in place",
              "piecewise"}  # their positions depend on the values


BEYOND = {  # see docs/debugging.md: what crosses the border of a loop, and products of matrices with an infinite factor
    ("a loop", "rev", "rev"), ("a loop", "fwd", "rev"), ("roots of a dot product", "fwd", "rev")}


def _total(case: Case) -> Callable[[Any], Any]:
    return lambda x: np.sum(case.f(x))


def _tolerance(dtype: Any) -> dict[str, float]:
    return {"rtol": 1e-12, "atol": 1e-12} if dtype == np.float64 else {"rtol": 2e-5, "atol": 2e-5}


@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["f64", "f32"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_first_order(case: Case, dtype: Any) -> None:
    x = np.array(case.point, dtype)
    f = _total(case)
    for derivative in (fad.grad(f), fad.jacfwd(f), fad.jit(fad.grad(f)), fad.grad(fad.jit(f))):
        found = derivative(x)
        assert found.dtype == dtype
        np.testing.assert_allclose(found, case.gradient, **_tolerance(dtype))


@pytest.mark.parametrize("outer", MODES)
@pytest.mark.parametrize("inner", MODES)
@pytest.mark.parametrize("case", _ROWS, ids=str)
def test_second_order(case: Case, inner: str, outer: str) -> None:
    if (case.name, inner, outer) in BEYOND:
        return
    x = np.array(case.point)
    f = MODES[outer](MODES[inner](_total(case)))
    np.testing.assert_allclose(np.sum(f(x), axis=0), case.second, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(np.sum(fad.jit(f)(x), axis=0), case.second, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("case", [c for c in CASES if c.name not in NOT_MAPPED], ids=str)
def test_stacks(case: Case) -> None:
    x = np.stack([np.array(case.point), np.array(case.point)[::-1] + 0.5])
    f = _total(case)
    expected = np.stack([fad.grad(f)(row) for row in x])
    np.testing.assert_allclose(fad.vmap(fad.grad(f))(x), expected, rtol=1e-12)
    np.testing.assert_allclose(fad.grad(lambda y: np.sum(fad.vmap(f)(y)))(x), expected, rtol=1e-12)
    np.testing.assert_allclose(expected[0], case.gradient, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_graphs_are_well_formed(case: Case) -> None:
    if case.name not in NOT_MAPPED:
        graph = fad.trace(_total(case), np.array(case.point))
        gradient = gradient_graph(graph, (True,))
        verify(gradient)
        verify(gradient_graph(fad.trace(lambda x: np.sum(fad.grad(_total(case))(x)), np.array(case.point)), (True,)))


def test_a_number() -> None:
    f = fad.grad(lambda x: np.where(x > 0, np.sqrt(x), 0.0))
    assert f(0.0) == 0.0
    assert f(4.0) == 0.25
    assert fad.grad(f)(0.0) == 0.0
    assert fad.jit(f)(0.0) == 0.0


def test_a_number_beside_an_array() -> None:
    """A number's cotangent is a sum over the array that it was spread over, in which no term may be nan."""
    x = np.array([0.0, 4.0])
    assert fad.grad(lambda a: np.sum(np.where(x > 0, a / x, 0.0)))(3.0) == 0.25
    assert fad.grad(lambda a: np.sum(np.where(x > 0, np.log(a * x), 0.0)))(2.0) == 0.5
    assert fad.grad(lambda a: np.where(a > 0, np.sum(np.sqrt(a) * x), 0.0))(0.0) == 0.0
    assert fad.grad(lambda a: np.where(a > 0, np.sqrt(a), x)[0])(0.0) == 0.0


# -- a nan that is there is seen ------------------------------------------------------------------


GENUINE: dict[str, tuple[Callable[[Any], Any], list[float], list[float]]] = {
    "no selection": (lambda x: np.sqrt(x), [-1.0, 0.0, 4.0], [nan, inf, 0.25]),
    "the chosen branch": (lambda x: np.where(x > 0, np.sqrt(x), x * nan), [-1.0, 4.0], [nan, 0.25]),
    "chosen on the edge": (lambda x: np.where(x >= 0, np.sqrt(x), 0.0), [-1.0, 0.0], [0.0, inf]),
    "before the selection": (lambda x: np.where(x > 0, x, 0.0) * nan, [-1.0, 4.0], [0.0, nan]),
    "both branches": (lambda x: np.where(x > 0, np.log(x), np.sqrt(x)), [-1.0, 4.0], [nan, 0.25]),
    "beside the selection": (lambda x: np.where(x > 0, np.sqrt(x), 0.0) + np.sqrt(x), [-1.0, 4.0], [nan, 0.5]),
    "a use of its own": (lambda x: np.where(x > 0, y := np.sqrt(x), 0.0) + y, [-1.0, 4.0], [nan, 0.5]),
    "a maximum of nan": (lambda x: np.maximum(np.sqrt(x), 0.5) * np.sqrt(x), [-1.0], [nan]),
    "written": (_written_over, [0.0, nan], [0.0, nan]),
    "read": (lambda x: np.sqrt(x)[x < 2], [-1.0, 4.0], [nan, 0.0]),
}


@pytest.mark.parametrize("name", GENUINE)
def test_a_genuine_nan_is_not_hidden(name: str) -> None:
    f, point, expected = GENUINE[name]
    x = np.array(point)
    np.testing.assert_array_equal(fad.grad(lambda v: np.sum(f(v)))(x), expected)
    if name != "before the selection":  # there forward mode multiplies a tangent, which is zero, by nan
        pushed = fad.jvp(f, (x,), (np.ones_like(x),))[1]
        np.testing.assert_array_equal(pushed, expected[:1] if name == "read" else expected)


# -- what it costs --------------------------------------------------------------------------------


def test_a_program_without_selections_has_no_equation_more() -> None:
    graph = fad.trace(fad.grad(lambda x: np.sum(np.sqrt(x[1:]) / x[:-1])), np.ones(3))
    assert str(graph) == dedent("""\
        { a:f64[3] ->
          b:f64[2] = getitem[index=[1:3]] a
          c:f64[2] = sqrt b
          d:f64[2] = multiply 2.0 c
          e:f64[2] = getitem[index=[0:2]] a
          f:f64[2] = divide c e
          g:f64[2] = divide f e
          h:f64[2] = broadcast[axes=(0,), shape=(2,)] 1.0
          i:f64[2] = negative h
          j:f64[2] = multiply i g
          k:f64[2] = divide h e
          l:f64[3] = broadcast[axes=(0,), shape=(3,)] 0.0
          m:f64[3] = scatter_add[index=[0:2]] l j
          n:f64[2] = divide k d
          o:f64[3] = broadcast[axes=(0,), shape=(3,)] 0.0
          p:f64[3] = scatter_add[index=[1:3]] o n
          q:f64[3] = add m p
          return q }""")


def test_a_selection_is_one_equation_as_before() -> None:
    graph = fad.trace(fad.grad(lambda x: np.sum(np.where(x > 0, np.exp(x), 0.0))), np.ones(3))
    assert [e.primitive.name for e in graph.equations].count("select") == 1


def test_a_selection_before_a_division() -> None:
    graph = fad.trace(fad.grad(lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0.0))), np.ones(3))
    assert str(graph) == dedent("""\
        { a:f64[3] ->
          b:bool[3] = greater a 0.0
          c:f64[3] = sqrt a
          d:f64[3] = multiply 2.0 c
          e:f64[3] = broadcast[axes=(0,), shape=(3,)] 1.0
          f:f64[3] = select b d 1.0
          g:f64[3] = divide e f
          h:f64[3] = select b g 0.0
          return h }""")


def test_numpy_does_not_warn_of_a_partial_that_is_left_out() -> None:
    f = fad.grad(lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0.0)))
    with np.errstate(all="raise"):
        assert f(0.0) == 0.0
        np.testing.assert_array_equal(f(np.array([0.0, 4.0])), [0.0, 0.25])
        np.testing.assert_array_equal(fad.jit(f)(np.array([0.0, 4.0])), [0.0, 0.25])


def test_both_branches_share_one_selection() -> None:
    graph = fad.trace(fad.grad(lambda x: np.sum(np.where(x > 0, np.sin(x), np.exp(x)))), np.ones(3))
    assert [e.primitive.name for e in graph.equations].count("select") == 1


def test_many_selections_in_a_row() -> None:
    def f(x: Any) -> Any:
        y = x
        for i in range(1500):
            y = np.where(x > i - 1000.0, y * 0.999, y + 1.0)
        return np.sum(y)

    def g(x: Any) -> Any:
        return np.sum(np.select([x > i for i in range(200)], [np.sqrt(x - i) for i in range(200)], 0.0))

    x = np.array([0.5, 150.0])
    assert np.all(np.isfinite(fad.grad(f)(x)))
    np.testing.assert_allclose(fad.grad(g)(x), 0.5 / np.sqrt(x))
