"""scipy.special's ufuncs: one line of calculus a function, as in primitives.elementwise.

In these, t is the tangent of one operand, z the result, and the others are the operands. Where a derivative has no
closed form (in the order of a Bessel function, in the parameters of the incomplete gamma and beta functions) it is
refused, with the function's and the argument's name.

The formulas are those of the NIST Digital Library of Mathematical Functions (DLMF) and of Abramowitz & Stegun, Handbook
of Mathematical Functions (1964); the chapter of DLMF stands over each section.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import pi, sqrt
from typing import Any, NoReturn

import numpy as np
import scipy.special as sc

from ..core.avals import Aval, make_aval
from ..core.primitive import Primitive, Traced, Value, partials
from ..errors import MissingRuleError
from ..numpy.ufuncs import _lenient
from ..primitives.elementwise import (
    absolute,
    cos,
    elementwise,
    equal,
    exp,
    greater,
    less,
    log,
    log1p,
    maximum,
    minimum,
    select,
    sign,
    sin,
    stacked,
)
from ..primitives.elementwise import sqrt as root
from .functions import enter

__all__ = ["POLYGAMMA", "refused"]

ROOT_PI, ROOT_2PI, ROOT_2 = sqrt(pi), sqrt(2.0 * pi), sqrt(2.0)


# -- what is not there ----------------------------------------------------------------------------


def refused(function: str, argument: str) -> Callable[..., NoReturn]:
    """The rule for an operand in which a function has no derivative in closed form."""

    def rule(t: object, z: Traced, /, *operands: object, **params: object) -> NoReturn:
        raise MissingRuleError(
            f"fad has no derivative of scipy.special.{function} in its argument {argument}",
            why="it has no closed form in functions that SciPy computes",
            edit=f"keep {argument} constant, if need be with fad.stop_gradient({argument}), or give a rule with "
                 "fad.custom_jvp", source=z.builder.source)

    return rule


def _where(mask: Value, x: Any, y: Any) -> Value:  # Any: Values, or one of them and a float
    """select, with numbers among the choices."""
    like = x if hasattr(x, "dtype") else y
    return select(mask, *[c if hasattr(c, "dtype") else like.dtype.type(c) for c in (x, y)])


def _quotient(x: Value, y: Value) -> Value:
    """x / y, and 0 where x is 0, whatever y is: the slope of x log y in y."""
    nothing = equal(x, x.dtype.type(0))
    return _where(nothing, 0.0, x / _where(nothing, 1.0, y))


# -- logistic functions ---------------------------------------------------------------------------
# 1 - expit x is expit -x, which does not cancel.

expit: Primitive = elementwise(sc.expit, lambda t, z, x: t * (z * expit(-x)))
logit = elementwise(sc.logit, lambda t, z, x: t / (x * (1.0 - x)))
log_expit = elementwise(sc.log_expit, lambda t, z, x: t * expit(-x))

# -- error functions: DLMF 7 ----------------------------------------------------------------------


def _erfcx_slope(z: Value, x: Value) -> Value:
    """2x erfcx x - 2/√π, which cancels for large x: there, its asymptotic series (DLMF 7.12.1)."""
    near = 2.0 * x * z - 2.0 / ROOT_PI
    if x.dtype.kind == "c":
        return near
    large = greater(x, x.dtype.type(10.0))
    u = 0.5 / _where(large, x * x, 100.0)
    series: Value | float = 1.0
    for k in range(16, 0, -1):  # Σ (-1)ᵏ (2k + 1)!! uᵏ
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


def _polygamma_evaluate(x: Value, *, order: int) -> Value:
    z: Value = np.asarray(sc.polygamma(order, x)).astype(np.asarray(x).dtype)[()]
    return z


POLYGAMMA: Primitive = Primitive(
    "polygamma", _polygamma_evaluate, lambda x, *, order: x,
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
beta = elementwise(sc.beta, lambda t, z, a, b: t * (z * (psi(a) - psi(a + b))),
                   lambda t, z, a, b: t * (z * (psi(b) - psi(a + b))))
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
betaincc = elementwise(sc.betaincc, refused("betaincc", "a"), refused("betaincc", "b"),
                       lambda t, z, a, b, x: -(t * _beta_density(a, b, x)))
betainccinv = elementwise(sc.betainccinv, refused("betainccinv", "a"), refused("betainccinv", "b"),
                          lambda t, z, a, b, y: -(t / _beta_density(a, b, z)))
betaincinv = elementwise(sc.betaincinv, refused("betaincinv", "a"), refused("betaincinv", "b"),
                         lambda t, z, a, b, y: t / _beta_density(a, b, z))

# The same, as distribution functions: of χ² with v degrees of freedom, and of Student's t with df.


def _chi_density(v: Value, x: Value) -> Value:
    return 0.5 * _gamma_density(0.5 * v, 0.5 * x)


def _student_density(df: Value, x: Value) -> Value:
    return exp(-0.5 * (df + 1.0) * log1p(x * x / df) - betaln(0.5 * df, df.dtype.type(0.5))) / root(df)


chdtr = elementwise(sc.chdtr, refused("chdtr", "v"), lambda t, z, v, x: t * _chi_density(v, x))
chdtrc = elementwise(sc.chdtrc, refused("chdtrc", "v"), lambda t, z, v, x: -(t * _chi_density(v, x)))
chdtri = elementwise(sc.chdtri, refused("chdtri", "v"), lambda t, z, v, p: -(t / _chi_density(v, z)))
stdtr = elementwise(sc.stdtr, refused("stdtr", "df"), lambda t, z, df, x: t * _student_density(df, x))
stdtrit = elementwise(sc.stdtrit, refused("stdtrit", "df"), lambda t, z, df, p: t / _student_density(df, z))

# -- functions of a last operand, in whose others there is no closed form ------------------------


def _infer(*avals: Aval) -> Aval:
    shapes = {a.shape for a in avals if a.shape}
    assert len(shapes) < 2, avals
    return make_aval(shapes.pop() if shapes else (), avals[-1].dtype)  # the only one that may be complex


def _in_last(ufunc: np.ufunc, arguments: str, slope: Callable[..., Value]) -> Primitive:
    """From the names of the operands but the last, and the slope in that one, a function of the result and of all."""

    def rule(t: Value, z: Value, /, *operands: Value) -> Value:
        return t * slope(z, *operands)

    def batch(operands: Sequence[Value], mapped: Sequence[bool], /) -> Value:
        return primitive(*stacked(operands, mapped))

    name = ufunc.__name__
    rules = [refused(name, argument) for argument in arguments.split()]
    primitive = Primitive(name, ufunc, _infer, partials(*rules, rule), batch, kind="entrywise")
    return primitive


hyp1f1: Primitive = _in_last(sc.hyp1f1, "a b", lambda z, a, b, x: (a / b) * hyp1f1(a + 1.0, b + 1.0, x))
expn: Primitive = _in_last(sc.expn, "n", lambda z, n, x: -expn(n - 1, x))
zeta: Primitive = _in_last(sc._ufuncs._zeta, "x", lambda z, x, q: -(x * zeta(x + 1.0, q)))  # Hurwitz's: DLMF 25.11

# -- Bessel functions: DLMF 10.6, 10.29 -----------------------------------------------------------


def _real_alone(name: str, x: Value, z: Value) -> None:
    if x.dtype.kind == "c":
        refused(name, "z, where it is complex")(None, z)


def _ive_slope(z: Value, v: Value, x: Value) -> Value:
    _real_alone("ive", x, z)
    slope: Value = 0.5 * (ive(v - 1.0, x) + ive(v + 1.0, x)) - sign(x) * z
    return slope


jv: Primitive = _in_last(sc.jv, "v", lambda z, v, x: 0.5 * (jv(v - 1.0, x) - jv(v + 1.0, x)))
yv: Primitive = _in_last(sc.yv, "v", lambda z, v, x: 0.5 * (yv(v - 1.0, x) - yv(v + 1.0, x)))
iv: Primitive = _in_last(sc.iv, "v", lambda z, v, x: 0.5 * (iv(v - 1.0, x) + iv(v + 1.0, x)))
ive: Primitive = _in_last(sc.ive, "v", _ive_slope)
kv: Primitive = _in_last(sc.kv, "v", lambda z, v, x: -0.5 * (kv(v - 1.0, x) + kv(v + 1.0, x)))
kve: Primitive = _in_last(sc.kve, "v", lambda z, v, x: z - 0.5 * (kve(v - 1.0, x) + kve(v + 1.0, x)))
yn: Primitive = _in_last(sc.yn, "n", lambda z, n, x: 0.5 * (yn(n - 1, x) - yn(n + 1, x)))
kn: Primitive = _in_last(sc.kn, "n", lambda z, n, x: -0.5 * (kn(n - 1, x) + kn(n + 1, x)))
hankel1: Primitive = _in_last(sc.hankel1, "v", lambda z, v, x: 0.5 * (hankel1(v - 1.0, x) - hankel1(v + 1.0, x)))
hankel2: Primitive = _in_last(sc.hankel2, "v", lambda z, v, x: 0.5 * (hankel2(v - 1.0, x) - hankel2(v + 1.0, x)))


def _second(family: Primitive, x: Value) -> Value:
    """The function of order 2."""
    return family(x.dtype.type(2), x)


j0: Primitive = elementwise(sc.j0, lambda t, z, x: -(t * j1(x)))
j1: Primitive = elementwise(sc.j1, lambda t, z, x: t * (0.5 * (j0(x) - _second(jv, x))))
y0: Primitive = elementwise(sc.y0, lambda t, z, x: -(t * y1(x)))
y1: Primitive = elementwise(sc.y1, lambda t, z, x: t * (0.5 * (y0(x) - _second(yv, x))))
i0: Primitive = elementwise(sc.i0, lambda t, z, x: t * i1(x))
i1: Primitive = elementwise(sc.i1, lambda t, z, x: t * (0.5 * (i0(x) + _second(iv, x))))
i0e: Primitive = elementwise(sc.i0e, lambda t, z, x: t * (i1e(x) - sign(x) * z))
i1e: Primitive = elementwise(sc.i1e, lambda t, z, x: t * (0.5 * (i0e(x) + _second(ive, x)) - sign(x) * z))
k0: Primitive = elementwise(sc.k0, lambda t, z, x: -(t * k1(x)))
k1: Primitive = elementwise(sc.k1, lambda t, z, x: t * (-0.5 * (k0(x) + _second(kv, x))))
k0e: Primitive = elementwise(sc.k0e, lambda t, z, x: t * (z - k1e(x)))
k1e: Primitive = elementwise(sc.k1e, lambda t, z, x: t * (z - 0.5 * (k0e(x) + _second(kve, x))))

# -- logarithms, entropies ------------------------------------------------------------------------
# x log y is 0 where x is, whatever y is, and so is its slope in y. The slope in x is log y, -inf at y = 0.

xlogy: Primitive = elementwise(sc.xlogy, lambda t, z, x, y: t * log(y), lambda t, z, x, y: t * _quotient(x, y))
xlog1py: Primitive = elementwise(sc.xlog1py, lambda t, z, x, y: t * log1p(y), lambda t, z, x, y: t * _quotient(x, 1.0 + y))
entr = elementwise(sc.entr, lambda t, z, x: -(t * (1.0 + log(x))))
rel_entr = elementwise(sc.rel_entr, lambda t, z, x, y: t * (1.0 + log(x / y)), lambda t, z, x, y: -(t * _quotient(x, y)))
kl_div = elementwise(sc.kl_div, lambda t, z, x, y: t * log(x / y), lambda t, z, x, y: t * (1.0 - _quotient(x, y)))

# -- exponentials and their integrals: DLMF 6, 13 -------------------------------------------------


def _exprel_slope(x: Value) -> Value:
    """∫₀¹ s exp(s x) ds, which does not cancel at 0."""
    return 0.5 * hyp1f1(x.dtype.type(2), x.dtype.type(3), x)


exprel = elementwise(sc.exprel, lambda t, z, x: t * _exprel_slope(x))
expi = elementwise(sc.expi, lambda t, z, x: t * (exp(x) / x))
exp1 = elementwise(sc.exp1, lambda t, z, x: -(t * (exp(-x) / x)))
expm1 = elementwise(sc.expm1, lambda t, z, x: t * exp(x))
sc_log1p = elementwise(sc.log1p, lambda t, z, x: t / (1.0 + x))
exp2 = elementwise(sc.exp2, lambda t, z, x: t * (float(np.log(2.0)) * z))
exp10 = elementwise(sc.exp10, lambda t, z, x: t * (float(np.log(10.0)) * z))
cbrt = elementwise(sc.cbrt, lambda t, z, x: t / (3.0 * (z * z)))
cosm1 = elementwise(sc.cosm1, lambda t, z, x: -(t * sin(x)))
sindg: Primitive = elementwise(sc.sindg, lambda t, z, x: t * ((pi / 180.0) * cosdg(x)))
cosdg: Primitive = elementwise(sc.cosdg, lambda t, z, x: t * ((-pi / 180.0) * sindg(x)))
boxcox = elementwise(sc.boxcox, lambda t, z, x, m: t * exp(xlogy(m - 1.0, x)),
                     lambda t, z, x, m: t * (log(x) * log(x) * _exprel_slope(xlogy(m, x))))

# -- losses: Huber, Robust estimation of a location parameter (1964) ------------------------------


def _pseudo_huber_in_delta(t: Value, z: Value, d: Value, r: Value) -> Value:
    u = r / d
    s = root(1.0 + u * u)
    slope: Value = d * (u * u) * (2.0 / (1.0 + s) - 1.0 / s)
    return t * slope


huber = elementwise(sc.huber, lambda t, z, d, r: t * maximum(absolute(r) - d, d.dtype.type(0)),
                    lambda t, z, d, r: t * minimum(maximum(r, -d), d))
pseudo_huber = elementwise(sc.pseudo_huber, _pseudo_huber_in_delta,
                           lambda t, z, d, r: t * (r / root(1.0 + (r / d) * (r / d))))

# -- their names ----------------------------------------------------------------------------------

PRIMITIVES: tuple[Primitive, ...] = (
    expit, logit, log_expit, erf, erfc, erfcx, erfi, dawsn, wofz, erfinv, erfcinv, ndtr, ndtri, log_ndtr, ndtri_exp, owens_t,
    psi, gamma, gammaln, loggamma, rgamma, gammasgn, beta, betaln, poch, binom, gammainc, gammaincc, gammaincinv,
    gammainccinv, betainc, betaincc, betaincinv, betainccinv, chdtr, chdtrc, chdtri, stdtr, stdtrit, hyp1f1, expn, zeta, jv,
    yv, iv, ive, kv, kve, yn, kn, hankel1, hankel2, j0, j1, y0, y1, i0, i1, i0e, i1e, k0, k1, k0e, k1e, xlogy, xlog1py, entr,
    rel_entr, kl_div, exprel, expi, exp1, expm1, sc_log1p, exp2, exp10, cbrt, cosm1, sindg, cosdg, boxcox, huber,
    pseudo_huber)

for _primitive in PRIMITIVES:
    assert isinstance(_primitive.evaluate, np.ufunc)
    enter(_primitive.evaluate, _lenient(_primitive.evaluate, _primitive))
