"""scipy.special's ufuncs: one line of calculus a function, as in primitives.elementwise.

In these, t is the tangent of one operand, z the result, and the others are the operands. Where a derivative has no
closed form (in the order of a Bessel function, in the parameters of the incomplete gamma and beta functions) it is
refused, with the function's and the argument's name.

The formulas are those of the NIST Digital Library of Mathematical Functions (DLMF) and of Abramowitz & Stegun, Handbook
of Mathematical Functions (1964); the chapter of DLMF stands over each section.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi, sqrt
from typing import Any, NoReturn

import numpy as np
import scipy.special as sc  # type: ignore[import-untyped]  # SciPy has no types

from ..avals import Aval, make_aval
from ..errors import MissingRuleError
from ..numpy.ufuncs import lenient
from ..primitive import Partial, Primitive, Value, partials
from ..primitives.elementwise import cos, cosh, elementwise, equal, exp, greater, imag, less, log, log1p, real, select, sign, sin, sinh
from ..primitives.rare import copysign
from ..primitives.structural import convert, spread
from .functions import enter

__all__ = ["POLYGAMMA", "refused"]

ROOT_PI, ROOT_2PI, ROOT_2 = sqrt(pi), sqrt(2.0 * pi), sqrt(2.0)


# -- what is not there ----------------------------------------------------------------------------


def refused(function: str, argument: str) -> Partial:
    """The rule for an operand in which a function has no derivative in closed form."""

    def rule(t: Value, z: Value, /, *operands: Value, **params: Any) -> NoReturn:
        raise MissingRuleError(
            f"fad has no derivative of scipy.special.{function} in its argument {argument}",
            why="it has no closed form in functions that SciPy computes",
            edit=f"keep {argument} constant, if need be with fad.stop_gradient({argument}), or give a rule with "
                 "fad.custom_jvp", source=z.builder.source)

    return rule


def _where(mask: Value, x: Value, y: Value) -> Value:
    """select, with numbers among the choices."""
    like = x if hasattr(x, "dtype") else y
    return select(mask, *[c if hasattr(c, "dtype") else like.dtype.type(c) for c in (x, y)])


def _quotient(x: Value, y: Value) -> Value:
    """x / y, and 0 where x is 0, whatever y is: the slope of x log y in y."""
    nothing = equal(x, x.dtype.type(0))
    return _where(nothing, 0.0, x / _where(nothing, 1.0, y))


# -- logistic functions ---------------------------------------------------------------------------
# 1 - expit x is expit -x, which does not cancel.

expit = elementwise(sc.expit, lambda t, z, x: t * (z * expit(-x)))
logit = elementwise(sc.logit, lambda t, z, x: t / (x * (1.0 - x)))
log_expit = elementwise(sc.log_expit, lambda t, z, x: t * expit(-x))

# -- error functions: DLMF 7 ----------------------------------------------------------------------


def _erfcx_slope(z: Value, x: Value) -> Value:
    """2x erfcx x - 2/√π, which cancels for large x: there, its asymptotic series (DLMF 7.12.1)."""
    near = 2.0 * x * z - 2.0 / ROOT_PI
    if x.dtype.kind == "c":
        return near
    large = greater(x, x.dtype.type(25.0))
    u = 0.5 / _where(large, x * x, 625.0)
    series: Value = 1.0
    for k in range(8, 0, -1):  # Σ (-1)ᵏ (2k + 1)!! uᵏ
        series = 1.0 - (2 * k + 1) * (u * series)
    return _where(large, (-2.0 / ROOT_PI) * (u * series), near)


erf = elementwise(sc.erf, lambda t, z, x: t * ((2.0 / ROOT_PI) * exp(-(x * x))))
erfc = elementwise(sc.erfc, lambda t, z, x: t * ((-2.0 / ROOT_PI) * exp(-(x * x))))
erfcx = elementwise(sc.erfcx, lambda t, z, x: t * _erfcx_slope(z, x))
erfi = elementwise(sc.erfi, lambda t, z, x: t * ((2.0 / ROOT_PI) * exp(x * x)))
dawsn = elementwise(sc.dawsn, lambda t, z, x: t * (1.0 - 2.0 * x * z))
wofz = elementwise(sc.wofz, lambda t, z, x: t * (2j / ROOT_PI - 2.0 * x * z))
erfinv = elementwise(sc.erfinv, lambda t, z, x: t * ((ROOT_PI / 2.0) * exp(z * z)))
erfcinv = elementwise(sc.erfcinv, lambda t, z, x: t * ((-ROOT_PI / 2.0) * exp(z * z)))

ndtr = elementwise(sc.ndtr, lambda t, z, x: t * ((1.0 / ROOT_2PI) * exp(-0.5 * (x * x))))
ndtri = elementwise(sc.ndtri, lambda t, z, x: t * (ROOT_2PI * exp(0.5 * (z * z))))
log_ndtr = elementwise(sc.log_ndtr, lambda t, z, x: t * ((2.0 / ROOT_2PI) / erfcx(x * (-1.0 / ROOT_2))))
ndtri_exp = elementwise(sc.ndtri_exp, lambda t, z, x: t * ((ROOT_2PI / 2.0) * erfcx(z * (-1.0 / ROOT_2))))
owens_t = elementwise(
    sc.owens_t, lambda t, z, h, a: t * ((-0.5 / ROOT_2PI) * exp(-0.5 * (h * h)) * erf(a * h * (1.0 / ROOT_2))),
    lambda t, z, h, a: t * ((0.5 / pi) * exp(-0.5 * (h * h) * (1.0 + a * a)) / (1.0 + a * a)))

# -- gamma functions: DLMF 5 ----------------------------------------------------------------------


def _polygamma_rule(t: Value, z: Value, x: Value, *, order: int) -> Value:
    if x.dtype.kind == "c":
        refused("polygamma", "x, where it is complex")(t, z)
    return t * POLYGAMMA(x, order=order + 1)


POLYGAMMA: Primitive = Primitive(
    "polygamma", lambda x, *, order: np.asarray(sc.polygamma(order, x)).astype(x.dtype)[()], lambda x, *, order: x,
    partials(_polygamma_rule), lambda operands, mapped, *, order: POLYGAMMA(operands[0], order=order), kind="entrywise")
"""The derivatives of the digamma function, of order 1, 2, ..."""


def _psi_rule(t: Value, z: Value, x: Value) -> Value:
    if x.dtype.kind == "c":
        refused("digamma", "z, where it is complex,")(t, z)
    return t * POLYGAMMA(x, order=1)


def _rgamma_slope(z: Value, x: Value) -> Value:
    """-ψ(x)/Γ(x); left of 1/2 by the reflection formula (DLMF 5.5.3), which is finite at the poles of Γ as well."""
    if x.dtype.kind == "c":
        return -(psi(x) * z)
    left = less(x, x.dtype.type(0.5))
    mirrored = 1.0 - _where(left, x, 0.5)
    right = _where(left, 1.0, x)
    slope = gamma(mirrored) * (cos(pi * x) - psi(mirrored) * (sin(pi * x) * (1.0 / pi)))
    return _where(left, slope, -(psi(right) * rgamma(right)))


psi: Primitive = elementwise(sc.psi, _psi_rule)
gamma = elementwise(sc.gamma, lambda t, z, x: t * (z * psi(x)))
gammaln = elementwise(sc.gammaln, lambda t, z, x: t * psi(x))
loggamma = elementwise(sc.loggamma, lambda t, z, x: t * psi(x))
rgamma: Primitive = elementwise(sc.rgamma, lambda t, z, x: t * _rgamma_slope(z, x))
gammasgn = elementwise(sc.gammasgn)
beta = elementwise(sc.beta, lambda t, z, a, b: t * (z * (psi(a) - psi(a + b))), lambda t, z, a, b: t * (z * (psi(b) - psi(a + b))))
betaln = elementwise(sc.betaln, lambda t, z, a, b: t * (psi(a) - psi(a + b)), lambda t, z, a, b: t * (psi(b) - psi(a + b)))
poch = elementwise(sc.poch, lambda t, z, a, m: t * (z * (psi(a + m) - psi(a))), lambda t, z, a, m: t * (z * psi(a + m)))
binom = elementwise(sc.binom, lambda t, z, n, k: t * (z * (psi(n + 1.0) - psi(n - k + 1.0))),
                    lambda t, z, n, k: t * (z * (psi(n - k + 1.0) - psi(k + 1.0))))

# -- incomplete gamma and beta functions, by their densities: DLMF 8 ------------------------------


def _gamma_density(a: Value, x: Value) -> Value:
    return exp(xlogy(a - 1.0, x) - x - gammaln(a))


def _beta_density(a: Value, b: Value, x: Value) -> Value:
    return exp(xlogy(a - 1.0, x) + xlog1py(b - 1.0, -x) - betaln(a, b))


gammainc = elementwise(sc.gammainc, refused("gammainc", "a"), lambda t, z, a, x: t * _gamma_density(a, x))
gammaincc = elementwise(sc.gammaincc, refused("gammaincc", "a"), lambda t, z, a, x: -(t * _gamma_density(a, x)))
gammaincinv = elementwise(sc.gammaincinv, refused("gammaincinv", "a"), lambda t, z, a, y: t / _gamma_density(a, z))
gammainccinv = elementwise(sc.gammainccinv, refused("gammainccinv", "a"), lambda t, z, a, y: -(t / _gamma_density(a, z)))
betainc = elementwise(sc.betainc, refused("betainc", "a"), refused("betainc", "b"),
                      lambda t, z, a, b, x: t * _beta_density(a, b, x))
betaincinv = elementwise(sc.betaincinv, refused("betaincinv", "a"), refused("betaincinv", "b"),
                         lambda t, z, a, b, y: t / _beta_density(a, b, z))

# -- Bessel functions: DLMF 10.6, 10.29 -----------------------------------------------------------
# Of the order v, and of z. The order is real where z is complex; there is no closed form in it.


def _bessel_infer(v: Aval, x: Aval) -> Aval:
    assert v.shape == x.shape or not v.shape or not x.shape, (v, x)
    return make_aval(v.shape or x.shape, x.dtype)


def _bessel(ufunc: Any, slope: Any) -> Primitive:
    """From the slope in z, a function of (result, v, z)."""
    same = elementwise(ufunc)  # of which we take how it is batched
    total = partials(refused(ufunc.__name__, "v"), lambda t, y, v, x: spread(t, y.aval) * slope(y, v, x))

    def batch(operands: Sequence[Value], mapped: Sequence[bool], /) -> Value:
        return primitive(*stacked(operands, mapped))

    primitive = Primitive(ufunc.__name__, ufunc, _bessel_infer, total, batch, kind="entrywise")
    del same
    return primitive
