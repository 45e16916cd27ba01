"""docs/coverage.md says what is so: it is found from the code, and nothing is refused, or works, that it does not know."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fad
from fad.core.dispatch import overrides
from fad.numpy import coverage as coverage_of
from fad.numpy import creation, making, names
from fad.numpy.coverage import TABLE, Covered

from .. import coverage_table
from ..refusals import REFUSALS, Refusal

_NEWER = {"matvec", "vecmat"}  # than the oldest NumPy that fad works with: no names of fad.numpy

_WRITE = "out of date: run python -m tests.coverage_table"


@lru_cache(maxsize=1)
def _found() -> dict[str, Covered]:
    return coverage_table.found()


def _same_numpy() -> None:
    written = Path(TABLE).read_text("utf-8").splitlines()[0].removeprefix("# NumPy ")
    if written != coverage_table.VERSION:
        pytest.skip(f"the table tells of NumPy {written}")


def test_the_table_is_up_to_date() -> None:
    _same_numpy()
    assert Path(TABLE).read_text("utf-8") == coverage_table.table(_found()), _WRITE


def test_the_document_is_up_to_date() -> None:
    _same_numpy()
    assert coverage_table.DOCUMENT.read_text("utf-8") == coverage_table.document(_found()), _WRITE


def test_every_rule_has_a_row() -> None:
    assert [line.name for line in _found().values() if line.derivative == "no row"] == []


@pytest.mark.parametrize("name", [name for name, function in coverage_table.public()
                                  if isinstance(function, (np.ufunc, type(np.sum))) and function not in overrides])
def test_what_is_not_supported_is_refused_by_name(name: str) -> None:
    """However it is called: the refusal comes before the arguments are looked at."""
    function = dict(coverage_table.public())[name]
    n_operands = function.nin if isinstance(function, np.ufunc) else None

    def call(x: Any) -> Any:
        if n_operands is not None:
            return function(*[x] * n_operands)
        for arguments in ((x,), (x, x), ("file", x), (x, x, x)):  # the first that NumPy's signature takes
            try:
                return function(*arguments)
            except TypeError as error:
                if isinstance(error, fad.errors.FadError):
                    raise
        raise AssertionError(name)

    with pytest.raises(fad.errors.MissingRuleError, match=name):
        fad.trace(call, np.ones(3))


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_what_is_refused_raises(refusal: Refusal) -> None:
    with pytest.raises(fad.errors.MissingRuleError):
        fad.jvp(refusal.example, (np.arange(9.0).reshape(3, 3),), (np.ones((3, 3)),))


def test_refused_functions_are_in_the_table() -> None:
    assert {refusal.name for refusal in REFUSALS} <= set(_found())


def test_fad_numpy_has_every_function_with_a_rule() -> None:
    makers = {*creation.__all__, *making.__all__}
    for name, function in coverage_table.public():
        if function in overrides and name not in _NEWER | makers and "." not in name:
            assert getattr(fad.numpy, name, None) is function, f"enter {name} in fad/numpy/names.py"
    for name, function in vars(names).items():
        if callable(function):
            assert function in overrides, f"{name} has no rule: take it out of fad/numpy/names.py"
    assert fad.numpy.linalg is np.linalg
    assert fad.numpy.fft is np.fft


def test_coverage_at_the_prompt() -> None:
    assert coverage_of("numpy.interp") == coverage_of("np.interp") == coverage_of("interp")
    assert coverage_of("linalg.solve").startswith("numpy.linalg.solve: forward, reverse, batched, second order")
    assert "not supported" in coverage_of("histogram")
    assert "bincount" in coverage_of("histogram")
    assert "refused: weights=" in coverage_of("quantile")
    assert "fad.numpy.zeros" in coverage_of("zeros")
    assert coverage_of("add.accumulate").startswith("numpy.add.accumulate: forward")
    with pytest.raises(ValueError, match="there is interp"):
        coverage_of("interpp")


@pytest.mark.parametrize("plain", [  # written out, as the message reads the line
    lambda x: np.asanyarray(x), lambda x: np.ascontiguousarray(x), lambda x: np.asfortranarray(x), lambda x: np.require(x),
    lambda x: np.asarray_chkfinite(x)], ids="asanyarray ascontiguousarray asfortranarray require asarray_chkfinite".split())
def test_functions_that_see_to_memory(plain: Any, request: pytest.FixtureRequest) -> None:
    name = request.node.callspec.id
    function = getattr(fad.numpy, name)
    assert fad.grad(lambda x: np.sum(function(x) ** 2))(np.ones((2, 2))).tolist() == [[2.0, 2.0], [2.0, 2.0]]
    assert np.array_equal(function([1.0, 2.0]), [1.0, 2.0])
    with pytest.raises(fad.errors.ConversionError, match=f"fad.numpy.{name}"):
        fad.trace(plain, np.ones(3))


def test_asarray_chkfinite_looks() -> None:
    with pytest.raises(ValueError, match="infs or NaNs"):
        fad.grad(lambda x: np.sum(fad.numpy.asarray_chkfinite(x)))(np.array([1.0, np.nan]))


def test_piecewise_under_vmap() -> None:
    def f(x: Any) -> Any:
        return np.piecewise(x, [x < 0], [lambda v: -v, lambda v: v * v])

    x = np.array([[-1.0, 2.0], [3.0, -4.0]])
    assert np.array_equal(fad.vmap(f)(x), f(x))


def test_plain_arguments_are_looked_at_on_every_call() -> None:
    """What a rule does with plain counts, shares and edges depends on their values, and is not remembered by type."""
    x = np.array([1.0, 2.0, 3.0])
    for counts in ([1, 2, 0], [0, 2, 1]):
        expected = np.repeat(np.eye(3), counts, axis=0)
        assert np.array_equal(fad.jacobian(lambda x, n=np.array(counts): np.repeat(x, n))(x), expected)
    for q, expected in ((0.0, [1, 0, 0]), (1.0, [0, 0, 1]), (0.3, [0.4, 0.6, 0])):
        np.testing.assert_allclose(fad.grad(lambda x, q=q: np.quantile(x, q))(x), expected)
    for bins in ([0.0, 1.5, 9.0], [9.0, 1.5, 0.0]):
        found = fad.jvp(lambda x, b=np.array(bins): np.digitize(x, b), (x,), (x,))[0]
        assert np.array_equal(found, np.digitize(x, bins))
    for p in ([1.0, 2.0], [2.0, 1.0]):
        assert fad.grad(lambda x, p=np.array(p): np.polyval(p, x))(3.0) == p[0]
    for tolerance in (1e-3, 0.3):
        found = fad.jvp(lambda x, t=tolerance: np.isclose(x, 1.1, t), (x,), (x,))[0]
        assert np.array_equal(found, np.isclose(x, 1.1, tolerance))
    scale = 1.0

    def line(v: Any) -> Any:
        return np.sum(v) * scale

    for scale in (1.0, 2.0):
        found = fad.grad(lambda x: np.sum(np.apply_along_axis(line, 0, x)))(np.ones((2, 2)))
        assert np.array_equal(found, np.full((2, 2), scale))
