"""Rows of quantiles, of reductions that pass over NaNs, and of covariances."""

from __future__ import annotations

from typing import Any

import numpy as np

from .elementwise import ComplexOp
from .row import Op

__all__ = ["ROWS"]

ROWS: list[Op] = []

_GAPS = np.array([[False, True, False, False], [False, False, True, True], [False, False, False, False]])
_METHODS = ("inverted_cdf averaged_inverted_cdf closest_observation interpolated_inverted_cdf hazen weibull linear "
            "median_unbiased normal_unbiased lower higher midpoint nearest")


def _row(name: str, fun: Any, *shapes: tuple[int, ...], **settings: Any) -> None:
    ROWS.append(Op(name, fun, shapes or ((3, 4),), **settings))


def _gapped(x: Any) -> Any:
    """x with some NaNs."""
    return np.where(_GAPS, np.nan, x)


def _settings(settings: dict[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in settings.items())


# -- medians and quantiles ------------------------------------------------------------------------

_FORMS: tuple[dict[str, Any], ...] = ({}, {"axis": 0}, {"axis": -1}, {"axis": (0, 1)}, {"axis": 1, "keepdims": True},
                                      {"keepdims": True}, {"axis": (1, 0), "keepdims": True})
for _form in _FORMS:
    _said = _settings(_form)
    _row(f"median({_said})", lambda x, form=_form: np.median(x, **form), distinct=True)
    _row(f"nanmedian({_said})", lambda x, form=_form: np.nanmedian(x, **form), distinct=True, ulps=1)
    _row(f"nanmedian of NaNs ({_said})", lambda x, form=_form: np.nanmedian(_gapped(x), **form), distinct=True, ulps=1)
    _row(f"quantile({_said})", lambda x, form=_form: np.quantile(x, 0.3, **form), distinct=True)
    _row(f"percentile({_said})", lambda x, form=_form: np.percentile(x, [10.0, 25.0, 83.0], **form), distinct=True)
    _row(f"nanquantile({_said})", lambda x, form=_form: np.nanquantile(x, 0.7, **form), distinct=True, ulps=4)
    _row(f"nanpercentile of NaNs ({_said})", lambda x, form=_form: np.nanpercentile(_gapped(x), [20, 60], **form),
         distinct=True, ulps=4)
for _method in _METHODS.split():
    _row(f"quantile by {_method}", lambda x, m=_method: np.quantile(x, [0.0, 0.13, 0.25, 0.5, 0.62, 1.0], axis=1, method=m),
         (2, 4), distinct=True, ulps=2)
    _row(f"quantile of a number by {_method}", lambda x, m=_method: np.quantile(x, 0.37, method=m), (5,), distinct=True,
         ulps=2)
    _row(f"nanquantile by {_method}", lambda x, m=_method: np.nanquantile(_gapped(x), 0.61, axis=1, method=m), distinct=True,
         ulps=4)
_row("median of one", np.median, (1,))
_row("mean, var, std of a number", lambda x: (np.mean(x), np.var(x), np.std(x, keepdims=True), np.var(x * x, axis=None)), ())
_row("median of a number", np.median, ())
_row("median of squares", lambda x: np.median(x * x, axis=0) * x, (4, 3), distinct=True, low=0.1)
_row("median of ints", lambda x: np.median((9 * x).astype(int)), (5,))
_row("quantile in q", lambda x, q: np.quantile(x, q), (5,), (), low=0.05, high=0.95, distinct=True, ulps=4)
_row("quantile in several q", lambda x, q: np.quantile(x, q, axis=1), (2, 5), (2,), low=0.05, high=0.95, distinct=True,
     ulps=4)
_row("percentile in q", lambda q: np.percentile(np.array([1.0, 2.0, 4.0, 8.0]), q), (), low=5.0, high=30.0, ulps=4)
_row("quantile at many places", lambda x: np.quantile(x, np.linspace(0, 1, 7).reshape(1, 7)), (6,), distinct=True, ulps=2)

# -- passing over NaNs ----------------------------------------------------------------------------

for _name in "nansum nanprod nanmean nanmax nanmin nanvar nanstd".split():
    _f = getattr(np, _name)
    for _form in ({}, {"axis": 0}, {"axis": -1, "keepdims": True}, {"axis": (0, 1)}):
        _row(f"{_name}({_settings(_form)})", lambda x, f=_f, form=_form: f(x, **form), distinct=True, ulps=4)
        _row(f"{_name} of NaNs ({_settings(_form)})", lambda x, f=_f, form=_form: f(_gapped(x), **form), distinct=True,
             ulps=4)
    _row(f"{_name} of ints", lambda x, f=_f: f((9 * x).astype(int), axis=0), (3, 2), ulps=4)
for _name in "nancumsum nancumprod nanargmax nanargmin".split():
    _f = getattr(np, _name)
    _row(_name, lambda x, f=_f: (f(_gapped(x)), f(_gapped(x), axis=1)), distinct=True)
for _name in "nanvar nanstd".split():
    _row(f"{_name}, ddof", lambda x, f=getattr(np, _name): f(_gapped(x), axis=1, ddof=1), ulps=4)
    _row(f"{_name}, correction", lambda x, f=getattr(np, _name): f(_gapped(x), correction=1), ulps=4)
_row("nanmean where", lambda x: np.nanmean(_gapped(x), axis=0, where=np.array([[True], [True], [False]])), ulps=4)
_row("nansum in float64", lambda x: np.nansum(_gapped(x), dtype=np.float64))
ROWS += [ComplexOp(f"complex {name}", lambda z, f=getattr(np, name): f(_gapped(z), axis=1), ((3, 4),), ulps=4)
         for name in "nansum nanprod nanmean nanvar nanstd".split()]

# -- covariances ----------------------------------------------------------------------------------

for _name in "cov corrcoef".split():
    _f = getattr(np, _name)
    _row(_name, _f, (3, 5), ulps=8)
    _row(f"{_name} of one", lambda x, f=_f: f(x) * x, (5,), ulps=8)
    _row(f"{_name} of two", lambda x, y, f=_f: f(x, y), (5,), (5,), ulps=8)
    _row(f"{_name} of columns", lambda x, f=_f: f(x, rowvar=False), (5, 2), ulps=8)
    _row(f"{_name} in float32", lambda x, f=_f: f(x, dtype=np.float32), (2, 5), ulps=32, smooth=0)
_row("cov, bias", lambda x: np.cov(x, bias=True), (2, 4), ulps=8)
_row("cov, ddof", lambda x: np.cov(x, ddof=0), (2, 4), ulps=8)
_row("cov, fweights", lambda x: np.cov(x, fweights=[1, 2, 1, 3]), (2, 4), ulps=8)
_row("cov, aweights", lambda x, w: np.cov(x, aweights=w), (2, 4), (4,), low=0.4, ulps=8)
_row("cov, both weights", lambda x, w: np.cov(x, aweights=w, fweights=np.array([2, 1, 1, 3])), (2, 4), (4,), low=0.4, ulps=8)
ROWS += [ComplexOp("complex cov", np.cov, ((2, 4),), ulps=8), ComplexOp("complex corrcoef", np.corrcoef, ((2, 4),), ulps=16)]

# -- order ----------------------------------------------------------------------------------------

_row("partition", lambda x: (np.partition(x, 1), np.partition(x, (0, -1), axis=0), np.partition(x, 5, axis=None)), (3, 4),
     distinct=True)
_row("partition of a product", lambda x: np.partition(x * x, 2) * x, (5,), distinct=True, low=0.1)
_row("partition of ties", lambda x: np.partition(np.concatenate([x, x]), 3), (3,), distinct=True)
_row("argpartition", lambda x: (np.argpartition(x, 1), np.argpartition(x, 2, axis=0), x.argpartition(1)), (3, 4),
     distinct=True)
_row("sort_complex", lambda x: np.sort_complex(x).real, (4,), distinct=True)
_row("lexsort", lambda x, y: x[np.lexsort((y, x))], (4,), (4,), distinct=True)
_row("searchsorted", lambda x, y: (np.searchsorted(np.sort(x), y), np.searchsorted(np.sort(x), y, side="right"),
                                   np.sort(x).searchsorted(y[0])), (4,), (2, 3))
_row("searchsorted with a sorter", lambda x: np.searchsorted(x, 0.5, sorter=np.argsort(x)), (4,))
_row("digitize", lambda x: (np.digitize(x, [-1.0, 0.0, 1.0]), np.digitize(x, [1.0, 0.0, -1.0], right=True)), (5,))
_row("unique", lambda x: np.unique(np.concatenate([x, x[:2]])) * 2.0, (4,), distinct=True)
_row("unique, with places", lambda x: np.unique(np.concatenate([x, x[:2]]), True, True, True), (4,), distinct=True)
_row("unique rows", lambda x: np.unique(np.concatenate([x, x[:1]]), axis=0), (3, 2), distinct=True)
_row("unique_values", lambda x: np.sort(np.unique_values(x * 2.0)), (4,), distinct=True)
_row("unique_all", lambda x: (*np.unique_all(np.concatenate([x, x[:2]])), *np.unique_counts(x), *np.unique_inverse(x)), (4,),
     distinct=True)
_row("sets", lambda x: (np.union1d(x, x[:2] * 2), np.intersect1d(x, x[1:]), np.setdiff1d(x, x[:1]),
                        np.setxor1d(x[:3], x[1:]), np.isin(x, x[:2])), (4,), distinct=True)
_row("trim_zeros", lambda x: np.trim_zeros(np.concatenate([x[:2] * 0, x, x[:1] * 0])), (3,), low=0.1)
_row("bincount", lambda x, w: (np.bincount(np.array([0, 2, 2, 5]), weights=w), np.bincount((9 * x).astype(int), w, 4)),
     (4,), (4,), low=0.1)
