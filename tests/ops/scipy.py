"""The table of SciPy's functions. Those that fad composes and SciPy does not are near its results, and not equal to them."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.integrate
import scipy.linalg
import scipy.signal
import scipy.stats
from scipy import special

from .elementwise import ComplexOp
from .row import Op

__all__ = ["ROWS"]

ROWS: list[Op] = []

# -- ufuncs ---------------------------------------------------------------------------------------

_UNARY: dict[str, tuple[float, float]] = {
    **{name: (-2.0, 2.0) for name in (
        "expit log_expit erf erfc erfcx erfi dawsn ndtr log_ndtr i0 i1 j0 j1 exprel expm1 exp2 exp10 cosm1 sindg cosdg "
        "softplus").split()},
    **{name: (0.4, 2.0) for name in (
        "gamma gammaln loggamma psi digamma rgamma i0e i1e y0 y1 k0 k1 k0e k1e entr expi exp1 log1p cbrt").split()},
    **{name: (0.2, 0.8) for name in "logit erfinv ndtri".split()},
    "erfcinv": (0.4, 1.6), "ndtri_exp": (-3.0, -0.5), "gammasgn": (0.4, 2.0),
}
for _name, (_low, _high) in sorted(_UNARY.items()):
    if hasattr(special, _name):
        ROWS += [Op(f"special.{_name}{list(shape)}", getattr(special, _name), (shape,), _low, _high)
                 for shape in ((2, 3), (), (0,))]
ROWS += [Op(f"special.{name} left of 0", getattr(special, name), ((4,),), -0.8, -0.2)
         for name in "gamma gammaln psi rgamma i0e i1e erfcx log_ndtr expi".split()]
ROWS += [ComplexOp(f"complex special.{name}", getattr(special, name), ((3,),), 0.4, 1.5)
         for name in "erf erfc erfcx erfi dawsn ndtr wofz expi exp1 expm1 log1p".split()]
ROWS += [ComplexOp(f"complex special.{name}", getattr(special, name), ((3,),), 0.4, 1.5, smooth=1)
         for name in "gamma loggamma rgamma".split()]  # of the digamma function there is no complex derivative

for _name in "beta betaln poch xlogy xlog1py rel_entr kl_div owens_t boxcox binom".split():
    _f = getattr(special, _name)
    ROWS += [Op(f"special.{_name}{list(left)}{list(right)}", _f, (left, right), 0.4, 2.0)
             for left, right in (((2, 3), (3,)), ((3, 1), ()), ((), (2,)))]
    ROWS.append(Op(f"special.{_name} with numbers", lambda x, f=_f: f(x, 1.5) + f(0.75, x), ((3,),), 0.4, 2.0))
ROWS += [
    Op("special.huber", lambda r: special.huber(1.0, r), ((4,),), 1.2, 2.0),
    Op("special.huber inside", lambda d, r: special.huber(2.0 + d, r), ((), (4,)), 0.5, 1.0),
    Op("special.pseudo_huber", special.pseudo_huber, ((), (4,)), 0.5, 2.0),
    Op("special.xlogy with whole numbers", lambda y: special.xlogy(np.arange(3), y), ((3,),), 0.4, 2.0),
]
for _name in "jv yv iv ive kv kve jn yn kn".split():
    _f = getattr(special, _name)
    ROWS += [Op(f"special.{_name} of order {order}", lambda x, f=_f, order=order: f(order, x), ((3,),), 0.4, 2.0)
             for order in ((0, 1, 3) if _name in ("yn", "kn") else (0, 1, 2, 1.5))]
ROWS += [
    Op("special.jv of many orders", lambda x: special.jv(np.arange(3)[:, None], x), ((2,),), 0.4, 2.0),
    Op("special.zeta", lambda q: special.zeta(2.5, q), ((3,),), 0.4, 2.0),
    Op("special.expn", lambda x: special.expn(2, x), ((3,),), 0.4, 2.0),
    Op("special.hyp1f1", lambda x: special.hyp1f1(0.5, 1.5, x), ((3,),), -1.0, 1.0),
    *[ComplexOp(f"complex special.{name}", lambda x, f=getattr(special, name): f(1.5, x), ((3,),), 0.4, 1.5)
      for name in "jv yv iv kv hankel1 hankel2".split()],
]
for _name in "gammainc gammaincc chdtr chdtrc stdtr".split():
    ROWS.append(Op(f"special.{_name}", lambda x, f=getattr(special, _name): f(2.5, x), ((3,),), 0.4, 2.0))
for _name in "gammaincinv gammainccinv stdtrit chdtri".split():
    ROWS.append(Op(f"special.{_name}", lambda x, f=getattr(special, _name): f(2.5, x), ((3,),), 0.2, 0.8))
for _name in "betainc betaincc betaincinv betainccinv".split():
    ROWS.append(Op(f"special.{_name}", lambda x, f=getattr(special, _name): f(1.5, 2.5, x), ((3,),), 0.2, 0.8))

# -- sums -----------------------------------------------------------------------------------------

for _name in "logsumexp softmax log_softmax".split():
    _f = getattr(special, _name)
    ROWS += [
        Op(f"special.{_name}", _f, ((2, 3),)), Op(f"special.{_name} of one", _f, ((1,),)),
        Op(f"special.{_name} axis=-1", lambda x, f=_f: f(x, axis=-1), ((2, 3),)),
        Op(f"special.{_name} axis=0", lambda x, f=_f: f(x, 0), ((2, 3, 2),)),
        Op(f"special.{_name} axis=(0, 2)", lambda x, f=_f: f(x, axis=(0, 2)), ((2, 3, 2),)),
        Op(f"special.{_name} of a list", lambda x, y, f=_f: f([x, y]), ((), ())),
    ]
ROWS += [
    Op("special.logsumexp keepdims", lambda x: x - special.logsumexp(x, axis=1, keepdims=True), ((2, 3),)),
    Op("special.logsumexp with weights", lambda x, w: special.logsumexp(x, b=w, axis=1), ((2, 3), (3,)), 0.4, 2.0, ulps=8),
    Op("special.logsumexp with more weights", lambda x: special.logsumexp(x, b=[[1.0], [3.0]]), ((2,),), ulps=8),
    Op("special.logsumexp with weights of a number", lambda x: special.logsumexp(x, b=[1.0, 3.0]), ((),), ulps=8),
    Op("special.softmax of a number", lambda x: (special.softmax(x, -1), special.log_softmax(x, 0) * x), ((),)),
    Op("special.logsumexp with signs", lambda x: special.logsumexp(x, b=[1.0, -3.0], return_sign=True), ((2,),), -0.2, 0.2,
       ulps=8),
    Op("special.polygamma", lambda x: special.polygamma(2, x), ((3,),), 0.4, 2.0),
    Op("special.polygamma of order 0", lambda x: special.polygamma(0, x), ((3,),), 0.4, 2.0),
    Op("special.polygamma of many orders", lambda x: special.polygamma([[0], [1]], x), ((3,),), 1.0, 2.0),
    Op("special.multigammaln", lambda x: special.multigammaln(x, 3), ((2,),), 2.0, 3.0, ulps=8),
]

# -- linear algebra -------------------------------------------------------------------------------

def _regular(x: Any) -> Any:
    return x + 4 * np.eye(x.shape[-1], dtype=x.dtype)


def _double(x: Any) -> Any:
    """In double precision, in which SciPy computes with some matrices in any case, or gives the result at least."""
    return x.astype(np.result_type(x, np.float64))


def _positive(x: Any) -> Any:
    """A symmetric positive definite matrix, far from singular."""
    return x + np.conj(np.swapaxes(x, -1, -2)) + 12 * np.eye(x.shape[-1], dtype=x.dtype)


_BOTH: list[tuple[str, Any, int, int]] = [  # of a matrix and perhaps a vector: how many arguments, how many ulps
    ("solve", lambda a, b: scipy.linalg.solve(_regular(a), b), 2, 32),
    ("solve_triangular", lambda a, b: scipy.linalg.solve_triangular(_regular(a), b), 2, 8),
    ("cholesky", lambda a: scipy.linalg.cholesky(_positive(a)), 1, 8),
    ("inv", lambda a: scipy.linalg.inv(_regular(a)), 1, 32),
    ("det", lambda a: scipy.linalg.det(_double(_regular(a))), 1, 64),
    ("expm", scipy.linalg.expm, 1, 0),
    ("sqrtm", lambda a: scipy.linalg.sqrtm(_regular(a)), 1, 8),
    ("logm", lambda a: scipy.linalg.logm(_double(_regular(a))), 1, 64),
]
for _name, _f, _n, _ulps in _BOTH:
    for _shape in ((2, 2), (3, 3)):
        _shapes = (_shape, _shape[:1])[:_n]
        ROWS += [Op(f"linalg.{_name}{list(_shape)}", _f, _shapes, -1.0, 1.0, ulps=_ulps),
                 ComplexOp(f"complex linalg.{_name}{list(_shape)}", _f, _shapes, -1.0, 1.0, ulps=_ulps)]
for _settings in ({"lower": True}, {"trans": 1}, {"trans": "C", "lower": True}, {"unit_diagonal": True}):
    ROWS.append(Op(f"linalg.solve_triangular {_settings}", lambda a, b, s=_settings: scipy.linalg.solve_triangular(
        _regular(a), b, **s), ((2, 2), (2,)), -1.0, 1.0, ulps=8))
for _assumed in ("sym", "pos", "gen"):
    ROWS.append(Op(f"linalg.solve assume_a={_assumed}", lambda a, b, s=_assumed: scipy.linalg.solve(
        _positive(a), b, assume_a=s), ((3, 3), (3,)), ulps=32))
ROWS += [
    Op("linalg.solve transposed", lambda a, b: scipy.linalg.solve(_regular(a), b, transposed=True), ((2, 2), (2, 3)),
       ulps=32),
    Op("linalg.cholesky lower", lambda a: scipy.linalg.cholesky(_positive(a), lower=True), ((3, 3),), ulps=8),
    Op("linalg.cho_solve", lambda a, b: scipy.linalg.cho_solve(scipy.linalg.cho_factor(_positive(a)), b), ((2, 2), (2,)),
       ulps=32),
    Op("linalg.cho_factor lower", lambda a: scipy.linalg.cho_factor(_positive(a), lower=True)[0], ((2, 2),), ulps=8),
    Op("linalg.block_diag", lambda a, b: scipy.linalg.block_diag(a, b, 2.0 * b[0]), ((2, 3), (2,))),
    Op("linalg.toeplitz", lambda c: scipy.linalg.toeplitz(c), ((3,),)),
    Op("linalg.toeplitz of two", lambda c, r: scipy.linalg.toeplitz(c, r), ((3,), (2,))),
    ComplexOp("complex linalg.toeplitz", lambda c: scipy.linalg.toeplitz(c), ((3,),)),
    Op("linalg.norm", lambda a: scipy.linalg.norm(a), ((2, 3),), ulps=8),
    Op("linalg.eigh", lambda a: scipy.linalg.eigh(_positive(a) + np.diag([0.0, 1.0, 2.0]).astype(a.dtype),
                                                  eigvals_only=True), ((3, 3),), ulps=64),
    *[Op(f"linalg.{name}", getattr(scipy.linalg, name), ((2, 2),), -1.0, 1.0) for name in "sinm cosm sinhm coshm".split()],
]

# -- statistics -----------------------------------------------------------------------------------

_POINTS = np.array([0.3, 1.25, 2.5])
_DISTRIBUTIONS: dict[str, tuple[tuple[float, ...], float]] = {  # their shapes, and the scale that takes 0.3 ... 2.5 in
    "norm": ((), 1.0), "t": ((3.5,), 1.0), "gamma": ((2.5,), 1.0), "beta": ((1.5, 2.5), 3.0), "chi2": ((3.5,), 1.0),
    "expon": ((), 1.0), "lognorm": ((0.75,), 1.0), "laplace": ((), 1.0), "logistic": ((), 1.0), "cauchy": ((), 1.0),
    "weibull_min": ((1.5,), 1.0), "uniform": ((), 4.0), "halfnorm": ((), 1.0),
}
for _name, (_shapes, _scale) in _DISTRIBUTIONS.items():
    _d = getattr(scipy.stats, _name)
    for _method in ("logpdf", "pdf", "cdf", "logcdf", "sf"):
        ROWS.append(Op(f"stats.{_name}.{_method}", lambda x, d=_d, m=_method, s=_shapes, k=_scale: getattr(d, m)(
            x, *s, scale=k), ((2, 3),), 0.4, 2.0, ulps=32))
    ROWS.append(Op(f"stats.{_name}.ppf", lambda q, d=_d, s=_shapes: d.ppf(_double(q), *s, loc=0.25), ((3,),), 0.2, 0.8,
                   ulps=32))
    ROWS.append(Op(f"stats.{_name}.logpdf in its parameters", lambda p, scale, loc, d=_d, s=_shapes, k=_scale: d.logpdf(
        _POINTS, *[c * p for c in s], loc=loc * 0.1, scale=k * scale), ((), (), ()), 0.9, 1.1, ulps=32))
ROWS += [
    Op("stats.norm(mu, s).logpdf", lambda mu, s: scipy.stats.norm(mu, s).logpdf(_POINTS), ((), ()), 0.4, 2.0, ulps=8),
    Op("stats.poisson.logpmf", lambda mu: scipy.stats.poisson.logpmf(np.array([0, 1, 3]), mu), ((3,),), 0.4, 2.0),
    Op("stats.poisson.pmf", lambda mu: scipy.stats.poisson.pmf([2, 3], mu), ((),), 0.4, 2.0, ulps=8),
    Op("stats.multivariate_normal.logpdf", lambda x, m, a: scipy.stats.multivariate_normal.logpdf(x, m, _positive(a)),
       ((2, 3), (3,), (3, 3)), ulps=64),
    Op("stats.multivariate_normal.logpdf of one point",
       lambda x, a: scipy.stats.multivariate_normal.logpdf(x, cov=_positive(a)), ((2,), (2, 2)), ulps=64),
    Op("stats.multivariate_normal(m, c).logpdf", lambda x: scipy.stats.multivariate_normal([1.0, 2.0], np.eye(2)).logpdf(x),
       ((3, 2),), ulps=64),
    Op("stats.multivariate_normal.pdf, variances", lambda x, v: scipy.stats.multivariate_normal.pdf(x, cov=v), ((2,), ()),
       0.5, 1.5, ulps=64),
]

# -- signals and integrals ------------------------------------------------------------------------

for _mode in ("full", "same", "valid"):
    for _left, _right in (((5,), (3,)), ((3, 4), (2, 3)), ((2,), (4,)), ((1,), (1,))):
        ROWS.append(Op(f"signal.convolve {_mode}{list(_left)}{list(_right)}", lambda a, v, mode=_mode: scipy.signal.convolve(
            a, v, mode), (_left, _right), ulps=8))
ROWS += [
    ComplexOp("complex signal.convolve", scipy.signal.convolve, ((3,), (2,))),
    Op("signal.convolve fft", lambda a: scipy.signal.convolve(a, a[:3], "same", "fft"), ((6,),), ulps=32),
    Op("integrate.trapezoid", scipy.integrate.trapezoid, ((2, 4),), ulps=4),
    Op("integrate.trapezoid at x", lambda y: scipy.integrate.trapezoid(y, x=[0.0, 1.0, 4.0], axis=0), ((3, 2),), ulps=4),
]
for _n in (1, 2, 3, 4, 5, 6):
    ROWS.append(Op(f"integrate.simpson of {_n}", lambda y: scipy.integrate.simpson(y, dx=0.5), ((2, _n),), ulps=16))
    ROWS.append(Op(f"integrate.simpson of {_n} at x", lambda y, x: scipy.integrate.simpson(y, x=np.cumsum(x)),
                   ((_n,), (_n,)), 0.4, 2.0, ulps=64))
