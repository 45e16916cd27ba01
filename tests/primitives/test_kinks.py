"""The policy where there is no derivative, or where a formula for it breaks down: one table of special values.

A useful subgradient: abs'(0) = 0; ties share evenly, so that relu written np.maximum(x, 0) has 1/2 at 0 and written
x * (x > 0) or np.where(x > 0, x, 0) has 0; norm'(0) = 0; 1 on both edges of a clip. Where the derivative is infinite
it is inf, and no 0 * inf becomes a nan that a masked branch would spread.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from math import comb
from typing import Any, NamedTuple

import numpy as np
import pytest

import fad

inf, nan = np.inf, np.nan


class Kink(NamedTuple):
    """A real function of numbers or arrays, a point, and the derivative there in each argument."""

    name: str
    f: Callable[..., Any]
    point: tuple[Any, ...]
    derivative: tuple[Any, ...]

    def __str__(self) -> str:
        return self.name


def _kinks(*rows: tuple[Any, ...]) -> list[Kink]:
    return [Kink(*row) for row in rows]


KINKS = _kinks(
    # -- corners --
    ("abs at 0", np.abs, (0.0,), (0.0,)),
    ("abs at -0", np.abs, (-0.0,), (0.0,)),
    ("sign at 0", np.sign, (0.0,), (0.0,)),
    ("floor at 1", np.floor, (1.0,), (0.0,)),
    ("ceil at 1", np.ceil, (1.0,), (0.0,)),
    ("rint at 0.5", np.rint, (0.5,), (0.0,)),
    ("round at 0.5", np.round, (0.5,), (0.0,)),
    ("remainder at 0", lambda x: x % 1.0, (1.0,), (1.0,)),
    ("maximum of a tie", np.maximum, (1.0, 1.0), (0.5, 0.5)),
    ("minimum of a tie", np.minimum, (1.0, 1.0), (0.5, 0.5)),
    ("maximum of zeros of both signs", np.maximum, (0.0, -0.0), (0.5, 0.5)),
    ("maximum of x and x", lambda x: np.maximum(x, x), (1.0,), (1.0,)),
    ("relu as maximum", lambda x: np.maximum(x, 0), (0.0,), (0.5,)),
    ("relu as where", lambda x: np.where(x > 0, x, 0.0), (0.0,), (0.0,)),
    ("relu as a product", lambda x: x * (x > 0), (0.0,), (0.0,)),
    ("relu as clip", lambda x: np.clip(x, 0, None), (0.0,), (1.0,)),
    ("clip on its lower edge", lambda x: np.clip(x, -1, 1), (-1.0,), (1.0,)),
    ("clip on its upper edge", lambda x: np.clip(x, -1, 1), (1.0,), (1.0,)),
    ("clip outside", lambda x: np.clip(x, -1, 1), (2.0,), (0.0,)),
    ("clip in all its arguments", np.clip, (2.0, 0.0, 1.0), (0.0, 0.0, 1.0)),
    ("clip on its lower edge, in all its arguments", np.clip, (0.0, 0.0, 1.0), (1.0, 0.0, 0.0)),
    ("clip on its upper edge, in all its arguments", np.clip, (1.0, 0.0, 1.0), (1.0, 0.0, 0.0)),
    ("clip below, in all its arguments", np.clip, (-1.0, 0.0, 1.0), (0.0, 1.0, 0.0)),
    ("clip with crossed bounds, below both", np.clip, (-0.3, 0.5, 0.1), (0.0, 0.0, 1.0)),
    ("clip with crossed bounds, between", np.clip, (0.3, 0.5, 0.1), (0.0, 0.0, 1.0)),
    ("clip with crossed bounds, on the upper", np.clip, (0.1, 0.5, 0.1), (0.0, 0.0, 1.0)),
    ("clip with crossed bounds, on the lower", np.clip, (0.5, 0.5, 0.1), (0.0, 0.0, 1.0)),
    ("clip with crossed bounds, above both", np.clip, (0.7, 0.5, 0.1), (0.0, 0.0, 1.0)),
    ("clip with equal bounds, below", np.clip, (-1.0, 0.5, 0.5), (0.0, 0.5, 0.5)),
    ("clip with equal bounds, on them", np.clip, (0.5, 0.5, 0.5), (0.0, 0.0, 1.0)),
    ("clip with equal bounds, above", np.clip, (0.7, 0.5, 0.5), (0.0, 0.0, 1.0)),
    ("clip between equal numbers", lambda x: np.clip(x, 0.5, 0.5), (0.5,), (0.0,)),
    ("max of a tie", np.max, (np.array([1.0, 2.0, 2.0]),), (np.array([0.0, 0.5, 0.5]),)),
    ("min of a tie of all", np.min, (np.ones(4),), (np.full(4, 0.25),)),
    ("max along an axis", lambda x: np.sum(np.max(x, axis=0)), (np.array([[1.0, 3.0], [1.0, 2.0]]),),
     (np.array([[0.5, 1.0], [0.5, 0.0]]),)),
    ("sort of a tie", lambda x: np.sum(np.sort(x) * np.array([1.0, 1.0, 2.0])), (np.array([1.0, 1.0, 0.0]),),
     (np.array([1.0, 2.0, 1.0]),)),
    ("round to decimals", lambda x: np.round(x, 1), (0.25,), (0.0,)),
    ("fix at 1", np.fix, (1.0,), (0.0,)),
    ("fabs at 0", np.fabs, (0.0,), (0.0,)),
    ("copysign at 0", np.copysign, (0.0, -1.0), (0.0, 0.0)),
    ("copysign of a sign", np.copysign, (-2.0, 3.0), (-1.0, 0.0)),
    ("heaviside at 0", np.heaviside, (0.0, 0.5), (0.0, 1.0)),
    ("heaviside beside 0", np.heaviside, (1.0, 0.5), (0.0, 0.0)),
    ("fmod at 0", np.fmod, (-2.0, 1.0), (1.0, 2.0)),
    ("fraction at 1", lambda x: np.modf(x)[0], (1.0,), (1.0,)),
    ("fmax of a tie", np.fmax, (1.0, 1.0), (0.5, 0.5)),
    ("fmin of a tie", np.fmin, (1.0, 1.0), (0.5, 0.5)),
    ("fmax with a NaN", np.fmax, (nan, 1.0), (0.0, 1.0)),
    ("fmin with a NaN", np.fmin, (1.0, nan), (1.0, 0.0)),
    ("running max of a tie", lambda x: np.sum(np.maximum.accumulate(x) * np.array([1.0, 1.0, 4.0])),
     (np.array([2.0, 1.0, 2.0]),), (np.array([4.0, 0.0, 2.0]),)),
    ("median of a tie of all", np.median, (np.ones(3),), (np.array([0.0, 1.0, 0.0]),)),
    ("median of a pair", np.median, (np.array([3.0, 1.0]),), (np.array([0.5, 0.5]),)),
    ("median with a NaN", np.median, (np.array([1.0, nan, 2.0]),), (np.array([0.0, 1.0, 0.0]),)),
    ("nanmedian with a NaN", np.nanmedian, (np.array([1.0, nan, 2.0]),), (np.array([0.5, 0.0, 0.5]),)),
    ("quantile on an entry", lambda x: np.quantile(x, 0.5), (np.array([3.0, 1.0, 2.0]),), (np.array([0.0, 0.0, 1.0]),)),
    ("interp on a knot", lambda x: np.interp(x, [0.0, 1.0, 2.0], [0.0, 1.0, 3.0]), (1.0,), (2.0,)),
    ("interp on the last knot", lambda x: np.interp(x, [0.0, 1.0, 2.0], [0.0, 1.0, 3.0]), (2.0,), (2.0,)),
    ("interp beyond", lambda x: np.interp(x, [0.0, 1.0, 2.0], [0.0, 1.0, 3.0]), (5.0,), (0.0,)),
    ("piecewise on its edge", lambda x: np.sum(np.piecewise(x, [x < 0, x >= 0], [lambda v: -v, np.sqrt])),
     (np.array([-1.0, 4.0]),), (np.array([-1.0, 0.25]),)),
    ("nan_to_num of a NaN", np.nan_to_num, (nan,), (0.0,)),
    ("nan_to_num of inf", np.nan_to_num, (inf,), (0.0,)),
    ("divide where not 0", lambda x, y: np.sum(np.divide(x, y, out=np.zeros_like(x), where=y != 0)),
     (np.array([1.0, 3.0]), np.array([0.0, 2.0])), (np.array([0.0, 0.5]), np.array([0.0, -0.75]))),
    # -- tips of cones --
    ("hypot at inf", np.hypot, (inf, 1.0), (1.0, 0.0)),
    ("hypot at -inf and inf", np.hypot, (-inf, inf), (-np.sqrt(0.5), np.sqrt(0.5))),
    ("hypot of very small numbers", np.hypot, (3e-38, -4e-38), (0.6, -0.8)),
    ("hypot of large numbers", np.hypot, (3e37, -4e37), (0.6, -0.8)),
    ("arctan2 of small numbers", np.arctan2, (3e-30, 4e-30), (0.16e30, -0.12e30)),
    ("arctan2 of large numbers", np.arctan2, (3e30, 4e30), (0.16e-30, -0.12e-30)),
    ("arctan2 at inf", np.arctan2, (1.0, inf), (0.0, 0.0)),
    ("arctan2 at inf and inf", np.arctan2, (inf, -inf), (0.0, 0.0)),
    ("angle of small numbers", lambda x, y: np.angle(x + 1j * y), (4e-30, 3e-30), (-0.12e30, 0.16e30)),
    ("angle of large numbers", lambda x, y: np.angle(x + 1j * y), (4e30, 3e30), (-0.12e-30, 0.16e-30)),
    ("hypot at 0", np.hypot, (0.0, 0.0), (0.0, 0.0)),
    ("arctan2 at 0", np.arctan2, (0.0, 0.0), (0.0, 0.0)),
    ("arctan2 on its cut", np.arctan2, (0.0, -2.0), (-0.5, 0.0)),
    ("norm at 0", np.linalg.norm, (np.zeros(3),), (np.zeros(3),)),
    ("Frobenius norm at 0", np.linalg.norm, (np.zeros((2, 2)),), (np.zeros((2, 2)),)),
    ("1-norm at 0", lambda x: np.linalg.norm(x, 1), (np.array([0.0, -2.0]),), (np.array([0.0, -1.0]),)),
    ("maximum norm of a tie", lambda x: np.linalg.norm(x, np.inf), (np.array([2.0, -2.0]),), (np.array([0.5, -0.5]),)),
    ("complex abs at 0", lambda x, y: np.abs(x + 1j * y), (0.0, 0.0), (0.0, 0.0)),
    ("complex angle at 0", lambda x, y: np.angle(x + 1j * y), (0.0, 0.0), (0.0, 0.0)),
    ("std of equal entries", np.std, (np.ones(3),), (np.zeros(3),)),
    ("var of equal entries", np.var, (np.ones(3),), (np.zeros(3),)),
    # -- vertical tangents and poles --
    ("sqrt at 0", np.sqrt, (0.0,), (inf,)),
    ("cbrt at 0", np.cbrt, (0.0,), (inf,)),
    ("arcsin at 1", np.arcsin, (1.0,), (inf,)),
    ("arccos at 1", np.arccos, (1.0,), (-inf,)),
    ("arccosh at 1", np.arccosh, (1.0,), (inf,)),
    ("log at 0", np.log, (0.0,), (inf,)),
    ("x ** 0.5 at 0", lambda x: x ** 0.5, (0.0,), (inf,)),
    ("x ** -1 at inf", lambda x: x ** -1.0, (inf,), (-0.0,)),
    # -- where a sum of squares or a difference of them leaves the range, or cancels --
    ("arcsin near 1", np.arcsin, (1.0 - 2.0 ** -20,), (724.0775165685780,)),
    ("arcsinh far out", np.arcsinh, (3e30,), (1.0 / 3e30,)),
    ("arccosh far out", np.arccosh, (3e30,), (1.0 / 3e30,)),
    # -- powers --
    ("x ** 0 at 0", lambda x: x ** 0, (0.0,), (0.0,)),
    ("x ** 0.0 at 0", lambda x: x ** 0.0, (0.0,), (0.0,)),
    ("x ** 1 at 0", lambda x: x ** 1, (0.0,), (1.0,)),
    ("x ** 1.0 at 0", lambda x: x ** 1.0, (0.0,), (1.0,)),
    ("x ** 2 at 0", lambda x: x ** 2, (0.0,), (0.0,)),
    ("x ** 3 at 0", lambda x: x ** 3, (0.0,), (0.0,)),
    ("x ** 1.5 at 0", lambda x: x ** 1.5, (0.0,), (0.0,)),
    ("x ** 3 below 0", lambda x: x ** 3, (-2.0,), (12.0,)),
    ("x ** 3.0 below 0", lambda x: x ** 3.0, (-2.0,), (12.0,)),
    ("0 ** x", lambda x: 0.0 ** x, (2.0,), (0.0,)),
    ("x ** y at (0, 0)", np.power, (0.0, 0.0), (0.0, 0.0)),
    ("x ** y at (0, 1)", np.power, (0.0, 1.0), (1.0, 0.0)),
    ("x ** y at (0, 2)", np.power, (0.0, 2.0), (0.0, 0.0)),
    ("x ** y at (1, 0)", np.power, (1.0, 0.0), (0.0, 0.0)),
    ("x ** y at (0, 1.5)", np.power, (0.0, 1.5), (0.0, 0.0)),
    ("x ** array below 0", lambda x: np.sum(x ** np.array([0.0, 1.0, 3.0])), (-2.0,), (13.0,)),
    ("x ** array at 0", lambda x: np.sum(x ** np.array([0.0, 1.0, 3.0])), (0.0,), (1.0,)),
    ("x ** y at (e, 0)", np.power, (np.e, 0.0), (0.0, 1.0)),
    ("float_power at (0, 0)", np.float_power, (0.0, 0.0), (0.0, 0.0)),
    ("square at 0", np.square, (0.0,), (0.0,)),
    # -- infinities that must not become nan --
    ("logaddexp of -inf and -inf", np.logaddexp, (-inf, -inf), (0.0, 0.0)),
    ("logaddexp of -inf and 0", np.logaddexp, (-inf, 0.0), (0.0, 1.0)),
    ("logaddexp of a tie", np.logaddexp, (0.0, 0.0), (0.5, 0.5)),
    ("logaddexp far apart", np.logaddexp, (1000.0, -1000.0), (1.0, 0.0)),
    ("logaddexp2 of -inf and -inf", np.logaddexp2, (-inf, -inf), (0.0, 0.0)),
    ("logaddexp of inf and 0", np.logaddexp, (inf, 0.0), (1.0, 0.0)),
    ("logaddexp of inf and inf", np.logaddexp, (inf, inf), (0.5, 0.5)),
    ("logaddexp of -inf and inf", np.logaddexp, (-inf, inf), (0.0, 1.0)),
    ("logaddexp of a NaN", np.logaddexp, (nan, 0.0), (nan, nan)),
    ("logaddexp2 of inf and 0", np.logaddexp2, (inf, 0.0), (1.0, 0.0)),
    ("logaddexp2 of inf and inf", np.logaddexp2, (inf, inf), (0.5, 0.5)),
    ("logaddexp2 far apart", np.logaddexp2, (1000.0, -1000.0), (1.0, 0.0)),
    ("logaddexp.reduce of -inf", np.logaddexp.reduce, (np.array([-inf, 0.0]),), (np.array([0.0, 1.0]),)),
    ("logaddexp.reduce of -inf alone", np.logaddexp.reduce, (np.full(2, -inf),), (np.zeros(2),)),
    ("logaddexp.reduce of inf", np.logaddexp.reduce, (np.array([inf, 0.0, inf, -inf]),), (np.array([0.5, 0.0, 0.5, 0.0]),)),
    ("logaddexp2.reduce of inf", np.logaddexp2.reduce, (np.array([0.0, inf]),), (np.array([0.0, 1.0]),)),
    ("logaddexp.reduce along an axis", lambda x: np.sum(np.logaddexp.reduce(x, axis=1)),
     (np.array([[inf, 0.0], [0.0, 0.0], [-inf, -inf]]),), (np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 0.0]]),)),
    ("logaddexp.accumulate of inf", lambda x: np.sum(np.logaddexp.accumulate(x)), (np.array([0.0, inf, 0.0]),),
     (np.array([1.0, 2.0, 0.0]),)),
    ("logaddexp.accumulate of -inf", lambda x: np.sum(np.logaddexp.accumulate(x)[1:]), (np.array([-inf, 0.0, -inf]),),
     (np.array([0.0, 2.0, 0.0]),)),
    ("sinc at 0", np.sinc, (0.0,), (0.0,)),
    ("i0 at 0", np.i0, (0.0,), (0.0,)),
    ("nansum of NaNs", np.nansum, (np.array([nan, 2.0]),), (np.array([0.0, 1.0]),)),
    ("nanmean of NaNs", np.nanmean, (np.array([nan, 2.0]),), (np.array([0.0, 1.0]),)),
    ("nanstd of equal entries", np.nanstd, (np.array([2.0, nan, 2.0]),), (np.zeros(3),)),
    ("nanmax of NaNs", np.nanmax, (np.array([nan, 2.0, 2.0]),), (np.array([0.0, 0.5, 0.5]),)),
    ("exp at -inf", np.exp, (-inf,), (0.0,)),
    ("tanh far out", np.tanh, (1000.0,), (0.0,)),
    ("arctan at inf", np.arctan, (inf,), (0.0,)),
    ("log1p at 0", np.log1p, (0.0,), (1.0,)),
    ("expm1 at 0", np.expm1, (0.0,), (1.0,)),
    ("a branch not taken", lambda x: np.where(x > 0, x, x * 2.0), (0.0,), (2.0,)),
    ("a guarded branch", lambda x: np.where(x > 0, np.log(np.where(x > 0, x, 1.0)), 0.0), (0.0,), (0.0,)),
    # -- products and sums --
    ("prod with one zero", np.prod, (np.array([2.0, 0.0, 3.0]),), (np.array([0.0, 6.0, 0.0]),)),
    ("prod with two zeros", np.prod, (np.array([0.0, 0.0, 3.0]),), (np.zeros(3),)),
    ("prod with zeros along an axis", lambda x: np.sum(np.prod(x, axis=0)), (np.array([[0.0, 0.0], [2.0, 0.0]]),),
     (np.array([[2.0, 0.0], [0.0, 0.0]]),)),
    ("prod of none", np.prod, (np.zeros(0),), (np.zeros(0),)),
    ("sum of none", np.sum, (np.zeros((0, 2)),), (np.zeros((0, 2)),)),
)


@pytest.mark.parametrize("kink", KINKS, ids=str)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
class TestKinks:
    """The same number from every transform; the formulas may divide by zero on their way, and say so in warnings."""

    @staticmethod
    def point(kink: Kink, dtype: Any) -> tuple[Any, ...]:
        return tuple(dtype(x) if np.ndim(x) == 0 else x.astype(dtype) for x in kink.point)

    @staticmethod
    def check(kink: Kink, found: Any, dtype: Any) -> None:
        for g, expected in zip(found, kink.derivative, strict=True):
            assert g.dtype == dtype
            np.testing.assert_allclose(g, expected, rtol=1e-6 if dtype is np.float32 else 1e-14)

    def test_grad(self, kink: Kink, dtype: Any) -> None:
        with np.errstate(all="ignore"):
            self.check(kink, fad.grad(kink.f, tuple(range(len(kink.point))))(*self.point(kink, dtype)), dtype)

    def test_jvp(self, kink: Kink, dtype: Any) -> None:
        """Along each entry of each argument by itself."""
        point = self.point(kink, dtype)
        for i, x in enumerate(point):
            for at in np.ndindex(np.shape(x)):
                tangents = [np.zeros_like(p) for p in point]
                tangents[i] = _unit(x, at)
                with np.errstate(all="ignore"):
                    value, found = fad.jvp(kink.f, point, tuple(tangents))
                assert found.dtype == value.dtype
                np.testing.assert_allclose(found, np.asarray(kink.derivative[i])[at],
                                           rtol=1e-6 if dtype is np.float32 else 1e-14)

    def test_grad_under_vmap(self, kink: Kink, dtype: Any) -> None:
        stacks = [np.stack([x, x]) for x in self.point(kink, dtype)]
        with np.errstate(all="ignore"):
            found = fad.vmap(fad.grad(kink.f, tuple(range(len(stacks)))))(*stacks)
        for row in range(2):
            self.check(kink, [g[row] for g in found], dtype)


@pytest.mark.parametrize("f", [
    np.max, np.min, np.nanmax, np.maximum.reduce, lambda x: np.max(x.reshape(7, -1)), lambda x: np.max(np.abs(x)),
    lambda x: np.maximum.accumulate(x)[-1], lambda x: np.minimum.accumulate(x)[-1]])
def test_very_many_half_precision_entries_that_tie(f: Callable[[Any], Any]) -> None:
    """More than the largest float16, and than the largest integer up to which it can count."""
    for n in (3500, 70_000):
        x = np.ones(n, np.float16)
        found = fad.grad(f)(x)
        assert found.dtype == np.float16
        np.testing.assert_array_equal(found, np.float16(1.0 / n))
        value, moved = fad.jvp(f, (x,), (x,))
        assert value.dtype == moved.dtype == np.float16
        np.testing.assert_allclose(moved, 1.0, rtol=1e-3)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_exp2_where_it_overflows_and_its_derivative_does_not(dtype: Any) -> None:
    x = dtype(np.finfo(dtype).maxexp + 0.25)
    with np.errstate(over="ignore"):
        assert np.exp2(x) == inf
        np.testing.assert_allclose(fad.grad(np.exp2)(x) / np.exp2(x - 2), 4.0 * np.log(2.0), rtol=1e-3)


@pytest.mark.parametrize(("x", "y"), [(1.5e308, 1e308), (-1.5e308, 1.5e308), (1e-310, -2e-310), (3e200, 4e-200)])
def test_hypot_where_it_overflows_and_its_derivative_does_not(x: float, y: float) -> None:
    size = np.hypot(x * 2.0 ** -3, y * 2.0 ** -3)
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(fad.grad(np.hypot, (0, 1))(x, y), (x / 8 / size, y / 8 / size), rtol=1e-12, atol=1e-300)


def _unit(x: Any, at: tuple[int, ...]) -> Any:
    t = np.zeros(np.shape(x), x.dtype)
    t[at] = 1.0
    return t[()]


@pytest.mark.parametrize(("f", "z", "expected"), [
    (np.abs, 0j, 0.0),
    (lambda z: np.abs(z) ** 2, 0j, 0.0),
    (lambda z: np.angle(z), 0j, 0.0),
    (lambda z: np.real(z * z), 0j, 0.0),
    (np.abs, 3 + 4j, 0.6 - 0.8j),
    (np.real, 1j, 1.0),
    (np.imag, 1j, -1j),
    (lambda z: np.linalg.norm(z), np.zeros(2, complex), np.zeros(2)),
])
def test_complex_arguments(f: Callable[[Any], Any], z: Any, expected: Any) -> None:
    """∂u/∂x - i ∂u/∂y, and 0 at the tip of a cone."""
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(fad.grad(f)(np.asarray(z)[()]), expected, atol=1e-15)


@pytest.mark.parametrize(("f", "x", "expected"), [
    (np.abs, 0.0, 0.0),
    (lambda x: x ** 2, 0.0, 2.0),
    (lambda x: x ** 3, 0.0, 0.0),
    (lambda x: x ** 1, 0.0, 0.0),
    (lambda x: x ** 0, 0.0, 0.0),
    (lambda x: np.maximum(x, 0), 0.0, 0.0),
    (lambda x: np.logaddexp(x, 0.0), 0.0, 0.25),
    (lambda x: np.logaddexp(x, 0.0), -40.0, np.exp(-40.0)),
    (lambda x: np.logaddexp(x, 0.0), 40.0, np.exp(-40.0)),
    (lambda x: np.logaddexp2(x, 0.0), 0.0, 0.25 * np.log(2.0)),
    (lambda x: np.hypot(x, 3e-200), 4e-200, 0.072e200),
    (lambda x: np.arctan2(x, 1e-100), 1e-100, -0.5e200),
    (lambda x: x * np.abs(x), 0.0, 0.0),
    (np.sinc, 0.0, -np.pi ** 2 / 3),
    (np.i0, 0.0, 0.5),
])
def test_second_derivatives(f: Callable[[Any], Any], x: float, expected: float) -> None:
    np.testing.assert_allclose(fad.grad(fad.grad(f))(x), expected, atol=1e-15)


def _slope(x: float, y: float, order: tuple[int, ...]) -> Any:
    f: Callable[..., Any] = np.power
    for argument in order:
        f = fad.grad(f, argument)
    return f(x, y)


@pytest.mark.parametrize("counts", [(1, 1), (2, 1), (1, 2), (3, 1), (2, 2), (0, 3)], ids=str)
@pytest.mark.parametrize(("x", "y"), [(2.0, 0.0), (2.0, 1.0), (2.0, 2.0), (0.7, 3.0), (2.0, -1.0), (3.0, 0.5)])
def test_mixed_derivatives_of_powers(x: float, y: float, counts: tuple[int, int]) -> None:
    """∂ⁿ⁺ᵏ x^y / ∂xⁿ ∂yᵏ in every order, by Leibniz's rule: x^(y-n) Σⱼ C(k, j) (y (y-1) ... (y-n+1))⁽ʲ⁾ logᵏ⁻ʲ x."""
    n, k = counts
    falling = np.poly1d([1.0])
    for i in range(n):
        falling *= np.poly1d([1.0, -i])
    expected = x ** (y - n) * sum(comb(k, j) * falling.deriv(j)(y) * np.log(x) ** (k - j) for j in range(k + 1))
    for order in sorted(set(permutations((0,) * n + (1,) * k))):
        np.testing.assert_allclose(_slope(x, y, order), expected, rtol=1e-12, atol=1e-12, err_msg=str(order))


@pytest.mark.parametrize(("y", "counts", "expected"), [
    (0.0, (1, 1), 0.0),
    (1.0, (1, 1), -inf),
    (1.0, (2, 1), inf),
    (1.5, (1, 1), 0.0),
    (2.0, (1, 1), 0.0),
    (2.0, (2, 1), -inf),
    (3.0, (2, 1), 0.0),
    (3.0, (3, 0), 6.0),
    (3.0, (4, 0), 0.0),
])
def test_mixed_derivatives_of_powers_of_0(y: float, counts: tuple[int, int], expected: float) -> None:
    """The limits as x falls to 0, in every order; 0 where y is 0 as well."""
    for order in sorted(set(permutations((0,) * counts[0] + (1,) * counts[1]))):
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(_slope(0.0, y, order), expected, err_msg=str(order))


@pytest.mark.parametrize("point", [(2.0, 0.0), (2.0, 1.0), (0.0, 0.0), (0.0, 2.0), (0.0, 3.0)])
def test_the_hessian_of_a_power_is_symmetric(point: tuple[float, float]) -> None:
    for transform in (fad.hessian, lambda f: fad.jacrev(fad.jacrev(f)), lambda f: fad.jacfwd(fad.jacfwd(f))):
        with np.errstate(all="ignore"):
            found = transform(lambda v: v[0] ** v[1])(np.array(point))
        assert np.all(np.isfinite(found))
        np.testing.assert_allclose(found, found.T, rtol=1e-14)


_COMPLEX: dict[str, Callable[[Any], Any]] = {
    **{name: getattr(np, name) for name in (
        "sqrt exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh "
        "square reciprocal").split()},
    "power(z, 0.5)": lambda z: np.power(z, 0.5), "power(z, -1.5)": lambda z: np.power(z, -1.5), "z ** 3": lambda z: z ** 3,
    "power(z, 1+2j)": lambda z: np.power(z, 1 + 2j), "power(2+1j, z)": lambda z: np.power(2 + 1j, z),
    "power(-2, z)": lambda z: np.power(-2 + 0j, z), "z ** z": lambda z: z ** z,
}
_SIZES = (-2.3, -0.4, 0.4, 2.3)
_SIDES = ([complex(x, y) for x in _SIZES for y in _SIZES] + [complex(x, zero) for x in _SIZES for zero in (0.0, -0.0)],
          [complex(zero, y) for y in _SIZES for zero in (0.0, -0.0)])


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("name", _COMPLEX)
def test_complex_functions_in_all_quadrants_and_on_both_sides_of_cuts(name: str, compiled: bool) -> None:
    """Against differences along the axis that a point is on, and so along a cut: the sign of a zero stays as it is."""
    f, h = _COMPLEX[name], 1e-4

    def derivative(z: Any) -> Any:
        return fad.jvp(f, (z,), (np.complex128(1.0),))[1]

    run = fad.jit(derivative) if compiled else derivative
    for points, along in zip(_SIDES, (1.0, 1j), strict=True):
        for z in points:
            def at(step: float, z: complex = z, along: complex = along) -> Any:
                return f(np.complex128(complex(z.real + step, z.imag) if along == 1.0 else complex(z.real, z.imag + step)))

            slope = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h * along)
            np.testing.assert_allclose(run(np.complex128(z)), slope, rtol=1e-8, err_msg=f"at {z}")
