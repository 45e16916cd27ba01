"""scipy.stats: the densities and distribution functions of its distributions, and the multivariate normal density.

SciPy's public methods (`norm.logpdf`) check arguments, standardise, and call a private one (`norm._logpdf`) where x is in
the support. The private ones are formulas in NumPy's and scipy.special's functions, so they run on traced values as they
are, and here is what stands around them. A distribution whose formula does not trace is refused by name.

Outside the support, and where a parameter is not valid, nothing is computed from x: the slope there is 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
import scipy.special as sc
import scipy.stats as ss

from ..core.avals import Dtype
from ..core.dispatch import missing_rule
from ..core.primitive import Value
from ..core.tracer import Tracer
from ..errors import FadError, MissingRuleError
from ..numpy.conventions import as_array, operand
from ..primitives.linalg import cholesky_p
from .functions import enter
from .linalg import triangular_p

__all__: list[str] = []

Formula: TypeAlias = Callable[..., Value]
Point: TypeAlias = Value | float

_DOUBLE: Dtype = np.dtype(np.float64)


def _array(x: Point) -> Value:
    """An array, also of a number: scipy.stats makes arrays of all arguments, and they do not give way in promotion."""
    if isinstance(x, Tracer):
        return Tracer(x.builder, x.atom) if x.weak else x
    return as_array(x)


def _double(x: Point) -> Value:
    """In double precision, in which the results are, and the standardised variable."""
    return operand(_array(x), _DOUBLE)


# -- distributions of one variable ----------------------------------------------------------------


class Distribution(Protocol):
    """What is used here of SciPy's distributions, which have no types."""

    name: str
    _logpdf: Formula
    _logpmf: Formula

    def _argcheck(self, *shapes: Value) -> Value: ...
    def _get_support(self, *shapes: Value) -> tuple[Point, Point]: ...
    def _parse_args(self, *args: object, **kwds: object) -> tuple[Sequence[Point], Point, Point]: ...


def _t_logpdf(x: Value, df: Value) -> Value:
    """Without the case of infinitely many degrees of freedom."""
    factor: Value = np.log(sc.poch(0.5 * df, 0.5)) - 0.5 * (np.log(df) + np.log(np.pi))
    power: Value = (df + 1) / 2 * np.log1p(x * x / df)
    return factor - power


def _beta_logpdf(x: Value, a: Value, b: Value) -> Value:
    density: Value = sc.xlog1py(b - 1.0, -x) + sc.xlogy(a - 1.0, x) - sc.betaln(a, b)
    return density


def _lognorm_logpdf(x: Value, s: Value) -> Value:
    safe = np.where(x == 0, 1.0, x)
    return np.where(x == 0, -np.inf, -np.log(safe) ** 2 / (2 * s ** 2) - np.log(s * safe * np.sqrt(2 * np.pi)))


_OURS: dict[tuple[str, str], Formula] = {
    ("t", "_logpdf"): _t_logpdf, ("t", "_pdf"): lambda x, df: np.exp(_t_logpdf(x, df)),
    ("beta", "_logpdf"): _beta_logpdf, ("beta", "_pdf"): lambda x, a, b: np.exp(_beta_logpdf(x, a, b)),
    ("beta", "_cdf"): lambda x, a, b: sc.betainc(a, b, x), ("beta", "_sf"): lambda x, a, b: sc.betaincc(a, b, x),
    ("beta", "_ppf"): lambda q, a, b: sc.betaincinv(a, b, q),
    ("lognorm", "_logpdf"): _lognorm_logpdf, ("lognorm", "_pdf"): lambda x, s: np.exp(_lognorm_logpdf(x, s)),
    ("cauchy", "_logpdf"): lambda x: -np.log(np.pi * (1.0 + x * x)),
    ("cauchy", "_ppf"): lambda q: np.tan(np.pi * q - np.pi / 2.0),
    ("cauchy", "_isf"): lambda q: np.tan(np.pi / 2.0 - np.pi * q),
}
"""Formulas of our own, where SciPy's does not run on traced values, or writes into arrays."""


def _formula(distribution: Distribution, method: str) -> Formula:
    """The private method, where the distribution has one that is not made of differences or integrals."""
    ours = _OURS.get((distribution.name, method))
    if ours is not None:
        return ours
    by_logarithm = {"_logpdf": "_pdf", "_logpmf": "_pmf", "_logcdf": "_cdf", "_logsf": "_sf"}
    generic = ss.rv_continuous if isinstance(distribution, ss.rv_continuous) else ss.rv_discrete

    def has(name: str) -> bool:
        return getattr(type(distribution), name, None) is not getattr(generic, name, None)

    if has(method):
        scipys: Formula = getattr(distribution, method)
        return scipys
    if method in by_logarithm:
        plain = _formula(distribution, by_logarithm[method])
        return lambda *values: np.log(plain(*values))
    if method == "_pdf" and has("_logpdf"):
        return lambda *values: np.exp(distribution._logpdf(*values))
    if method == "_pmf" and has("_logpmf"):
        return lambda *values: np.exp(distribution._logpmf(*values))
    if method == "_sf":
        cdf = _formula(distribution, "_cdf")
        return lambda *values: 1.0 - cdf(*values)
    if method == "_isf":
        ppf = _formula(distribution, "_ppf")
        return lambda q, *shapes: ppf(1.0 - q, *shapes)
    raise _missing(distribution, method)


def _missing(distribution: Distribution, method: str, why: str = "SciPy has no formula for it") -> FadError:
    return MissingRuleError(
        f"fad has no rule for scipy.stats.{distribution.name}.{method.lstrip('_')}", why=why,
        edit="write the formula, in functions of NumPy and of scipy.special; or call it on fad.value(x) where no derivative "
             "is wanted; or give a rule with fad.custom_jvp")


def _traced(distribution: Distribution, method: str, *values: Value) -> Value:
    """SciPy's formula on traced values."""
    formula = _formula(distribution, method)
    try:
        return formula(*values)
    except (AttributeError, NotImplementedError, TypeError, ValueError) as error:
        reason = error.what if isinstance(error, FadError) else f"{type(error).__name__}: {error}"
        raise _missing(distribution, method, f"SciPy's formula does not run on traced values: {reason}") from None


def _valid(distribution: Distribution, shapes: list[Value], scale: Value) -> Value:
    """Where the parameters are: by default, where they are positive."""
    generic = type(distribution)._argcheck is ss.rv_continuous._argcheck
    valid = scale > 0
    if not generic:
        return np.logical_and(valid, distribution._argcheck(*shapes))
    for shape in shapes:
        valid = np.logical_and(valid, shape > 0)
    return valid


def _inside(a: Point, b: Point) -> Value:
    """A point of the support."""
    low, high = np.isfinite(a), np.isfinite(b)
    a, b = np.where(low, a, 0.0), np.where(high, b, 0.0)
    return np.where(low, np.where(high, 0.5 * (a + b), a + 1.0), np.where(high, b - 1.0, 0.0))


def _parsed(distribution: Distribution, args: tuple[object, ...],
            kwds: dict[str, object]) -> tuple[list[Value], Value, Value]:
    shapes, loc, scale = distribution._parse_args(*args, **kwds)
    return [_array(s) for s in shapes], _array(loc), _array(scale)


def _density(method: str) -> Formula:
    """pdf and logpdf."""
    logarithm = method == "_logpdf"

    def rule(self: Distribution, x: Value, *args: object, **kwds: object) -> Value:
        shapes, loc, scale = _parsed(self, args, kwds)
        x = _double((_array(x) - loc) / scale)
        valid = _valid(self, shapes, scale)
        a, b = self._get_support(*shapes)
        within = np.logical_and(valid, np.logical_and(a <= x, x <= b))
        formula = _traced(self, method, np.where(within, x, _inside(a, b)), *shapes)
        inside = formula - np.log(scale) if logarithm else formula / scale
        return _chosen(within, inside, -np.inf if logarithm else 0.0, valid, x)

    return rule


def _chosen(within: Value, inside: Value, outside: Point, valid: Value, x: Value) -> Value:
    return np.where(np.logical_and(valid, np.logical_not(np.isnan(x))), np.where(within, inside, outside), np.nan)


def _distribution(method: str, below: float, above: float) -> Formula:
    """cdf, sf and their logarithms, with their values on the left and on the right of the support."""

    def rule(self: Distribution, x: Value, *args: object, **kwds: object) -> Value:
        shapes, loc, scale = _parsed(self, args, kwds)
        x = _double((_array(x) - loc) / scale)
        valid = _valid(self, shapes, scale)
        a, b = self._get_support(*shapes)
        within = np.logical_and(valid, np.logical_and(a < x, x < b))
        inside = _traced(self, method, np.where(within, x, _inside(a, b)), *shapes)
        return _chosen(within, inside, np.where(x >= b, above, below), valid, x)

    return rule


def _quantile(method: str) -> Formula:
    """ppf and isf."""

    def rule(self: Distribution, q: Value, *args: object, **kwds: object) -> Value:
        shapes, loc, scale = _parsed(self, args, kwds)
        q = _array(q)
        valid = np.logical_and(_valid(self, shapes, scale), np.logical_and(q >= 0, q <= 1))
        a, b = self._get_support(*shapes)
        within = np.logical_and(valid, np.logical_and(q > 0, q < 1))
        inside = _double(_traced(self, method, np.where(within, q, 0.5), *shapes) * scale + loc)
        first, last = (a, b) if method == "_ppf" else (b, a)
        ends = [scale * end + loc if np.ndim(end) or np.isfinite(end) else end for end in (first, last)]
        return np.where(valid, np.where(within, inside, np.where(q == 0, ends[0], ends[1])), np.nan)

    return rule


def _mass(method: str) -> Formula:
    """pmf and logpmf, which move with the parameters; they are 0 and -inf between whole numbers."""
    logarithm = method == "_logpmf"

    def rule(self: Distribution, k: Value, *args: object, **kwds: object) -> Value:
        shapes, loc, _ = _parsed(self, args, kwds)
        k = _array(k) - loc
        valid = _valid(self, shapes, _DOUBLE.type(1.0))
        a, b = self._get_support(*shapes)
        within = np.logical_and(valid, np.logical_and(np.logical_and(a <= k, k <= b), np.floor(k) == k))
        inside = _double(_traced(self, method, np.where(within, k, np.ceil(_inside(a, b))), *shapes))
        return _chosen(within, inside, -np.inf if logarithm else 0.0, valid, k)

    return rule


enter(ss.rv_continuous.logpdf, _density("_logpdf"))
enter(ss.rv_continuous.pdf, _density("_pdf"))
enter(ss.rv_continuous.cdf, _distribution("_cdf", 0.0, 1.0))
enter(ss.rv_continuous.sf, _distribution("_sf", 1.0, 0.0))
enter(ss.rv_continuous.logcdf, _distribution("_logcdf", -np.inf, 0.0))
enter(ss.rv_continuous.logsf, _distribution("_logsf", 0.0, -np.inf))
enter(ss.rv_continuous.ppf, _quantile("_ppf"))
enter(ss.rv_continuous.isf, _quantile("_isf"))
enter(ss.rv_discrete.logpmf, _mass("_logpmf"))
enter(ss.rv_discrete.pmf, _mass("_pmf"))


# -- the multivariate normal distribution ---------------------------------------------------------


def _normal_logpdf(x: Value, mean: Value | None, cov: Point | None) -> Value:
    """-1/2 (|L⁻¹(x - μ)|² + log det 2πΣ), with Σ = L Lᵀ."""
    cov = _double(1.0 if cov is None else cov)
    mean = None if mean is None else _double(mean)
    dim = mean.size if mean is not None else cov.shape[0] if cov.ndim == 2 else 1
    if cov.ndim < 2:
        cov = cov * np.eye(dim) if not cov.ndim or cov.size == 1 else np.diag(cov)
    if cov.shape != (dim, dim):
        raise ValueError(f"Array 'cov' must be a square matrix of shape {(dim, dim)}, and is of shape {cov.shape}")
    x = _double(x)
    x = np.reshape(x, (1,)) if not x.ndim else x[:, np.newaxis] if x.ndim == 1 and dim == 1 else x
    difference = x if mean is None else x - np.reshape(mean, (dim,))
    factor = cholesky_p(cov, lower=True)
    flat = np.reshape(difference, (-1, dim)).T
    scaled = triangular_p(factor, flat, lower=True, unit=False)
    squares = np.reshape(np.sum(scaled * scaled, axis=0), difference.shape[:-1])
    density: Value = -0.5 * (squares + dim * np.log(2.0 * np.pi)) - np.sum(np.log(np.diagonal(factor)))
    return density


def _checked(cov: object, allow_singular: bool, method: str) -> None:
    if allow_singular or isinstance(cov, ss.Covariance):
        raise missing_rule(f"scipy.stats.multivariate_normal.{method}",
                           "allow_singular=True" if allow_singular else "a Covariance object")


def logpdf(self: object, x: Value, mean: Value | None = None, cov: Point | None = 1, allow_singular: bool = False) -> Value:
    _checked(cov, allow_singular, "logpdf")
    return np.squeeze(_normal_logpdf(x, mean, cov))


def pdf(self: object, x: Value, mean: Value | None = None, cov: Point | None = 1, allow_singular: bool = False) -> Value:
    _checked(cov, allow_singular, "pdf")
    density: Value = np.exp(np.squeeze(_normal_logpdf(x, mean, cov)))
    return density


def frozen_logpdf(self: Any, x: Value) -> Value:  # Any: SciPy's distribution with its parameters, which has no types
    _checked(None, bool(self.cov_object.rank < self.dim), "logpdf")
    return np.squeeze(_normal_logpdf(x, self.mean, self.cov))


def frozen_pdf(self: Any, x: Value) -> Value:  # Any: as above
    return np.exp(frozen_logpdf(self, x))


_normal, _frozen = type(ss.multivariate_normal), type(ss.multivariate_normal())
enter(_normal.logpdf, logpdf)
enter(_normal.pdf, pdf)
enter(_frozen.logpdf, frozen_logpdf)
enter(_frozen.pdf, frozen_pdf)
