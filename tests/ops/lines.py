"""Rows of functions of samples along a line: differences, integrals, interpolation, polynomials, sliding products."""

from __future__ import annotations

from typing import Any

import numpy as np

from .elementwise import ComplexOp
from .row import Op

__all__ = ["ROWS"]

ROWS: list[Op] = []

_PLACES = np.array([0.0, 0.5, 1.25, 2.0, 3.5])
_EVEN = np.array([0.0, 0.5, 1.0, 1.5, 2.0])


def _row(name: str, fun: Any, *shapes: tuple[int, ...], **settings: Any) -> None:
    ROWS.append(Op(name, fun, shapes or ((5,),), **settings))


# -- differences and running sums -----------------------------------------------------------------

_row("diff", np.diff)
_row("diff, n=2, axis=0", lambda x: np.diff(x, 2, axis=0), (4, 2))
_row("diff, n=0", lambda x: np.diff(x, 0) * x)
_row("diff, prepend and append", lambda x: np.diff(x, prepend=0.0, append=x[:1]))
_row("diff, prepend along an axis", lambda x, y: np.diff(x, axis=0, prepend=y), (3, 2), (1, 2))
_row("diff of bools", lambda x: np.diff(x > 0))
_row("diff of one", np.diff, (1,))
_row("ediff1d", lambda x: np.ediff1d(x * x), (2, 3))
_row("ediff1d with ends", lambda x: np.ediff1d(x, to_end=x[:2], to_begin=np.float32(1.0)))
_row("cumulative_sum", lambda x: (np.cumulative_sum(x, axis=1), np.cumulative_sum(x, axis=0, include_initial=True)), (3, 2),
     since="2.1.0")
_row("cumulative_prod", lambda x: (np.cumulative_prod(x), np.cumulative_prod(x, include_initial=True, dtype=np.float64)),
     since="2.1.0")
_row("unwrap", np.unwrap, low=-9.0, high=9.0)
_row("unwrap with settings", lambda x: (np.unwrap(x, discont=4.0, axis=0), np.unwrap(x, period=3.0)), (4, 2),
     low=-9.0, high=9.0)

# -- gradient and trapezoid -----------------------------------------------------------------------

for _order in (1, 2):
    _row(f"gradient, {_order}", lambda y, o=_order: np.gradient(y, edge_order=o))
    _row(f"gradient, {_order}, by a step", lambda y, o=_order: np.gradient(y, 0.25, edge_order=o))
    _row(f"gradient, {_order}, at places", lambda y, o=_order: np.gradient(y, _PLACES, edge_order=o))
    _row(f"gradient, {_order}, at even places", lambda y, o=_order: np.gradient(y, _EVEN, edge_order=o))
    _row(f"gradient, {_order}, at traced places",
         lambda y, x, o=_order: np.gradient(y, _PLACES + 0.1 * x, edge_order=o), (5,), (5,))
    _row(f"gradient, {_order}, in a step", lambda h, o=_order: np.gradient(_PLACES, h, edge_order=o), (), low=0.3)
    _row(f"gradient, {_order}, along all axes", lambda y, o=_order: np.gradient(y, edge_order=o), (3, 4))
    _row(f"gradient, {_order}, along an axis", lambda y, o=_order: np.gradient(y, 2.0, axis=1, edge_order=o), (2, 4))
_row("gradient with a step and places", lambda y: np.gradient(y, 0.5, _PLACES), (3, 5))
_row("gradient along two axes", lambda y: np.gradient(y, _PLACES, 2.0, axis=(1, 0)), (3, 5))
_row("gradient of ints", lambda y: np.gradient((9 * y).astype(int)))
_row("trapezoid", np.trapezoid)
_row("trapezoid, dx", lambda y: np.trapezoid(y, dx=0.25, axis=0), (4, 2), ulps=1)
_row("trapezoid, x", lambda y, x: np.trapezoid(y, x), (3, 5), (5,), ulps=1)
_row("trapezoid, all of x", lambda y, x: np.trapezoid(y, x, axis=0), (4, 2), (4, 2), ulps=1)
_row("trapezoid in x", lambda x: np.trapezoid(_PLACES ** 2, x), ulps=1)

_row("logspace", lambda a, b: (np.logspace(a, b, 4), np.logspace(a, 1.0, 3, base=2.0)), (), (), ulps=2)
_row("logspace, in its base", lambda b: np.logspace(0.0, 2.0, 4, base=b), (), low=0.5, ulps=2)
_row("geomspace", lambda a, b: (np.geomspace(a, b, 4), np.geomspace(-a, -b, 3, endpoint=False)), (), (), low=0.4, ulps=4)
_row("geomspace of two", lambda a: np.geomspace(a, 8.0, 3, axis=-1), (2,), low=0.4, ulps=4)

# -- interpolation --------------------------------------------------------------------------------

_row("interp", lambda x, f: np.interp(x, _PLACES, f), (2, 3), (5,), low=0.1, high=3.4)
_row("interp in its knots", lambda x, p, f: np.interp(x, _PLACES + 0.2 * p, f), (6,), (5,), (5,), low=0.1, high=1.9)
_row("interp of constants", lambda x: np.interp(x, _PLACES, _PLACES ** 2), (6,), low=-2.0, high=5.0)
_row("interp with ends", lambda x, a, b: np.interp(x, _PLACES, _PLACES ** 2, left=a, right=b), (6,), (), (),
     low=-2.0, high=5.0)
_row("interp of a number", lambda x, f: np.interp(x, _PLACES, f), (), (5,), low=0.1)
_row("interp between two", lambda x, f: np.interp(x, [-3.0, 3.0], f), (4,), (2,))
_row("interp with one knot", lambda x, f: np.interp(x, [0.0], f, left=2.0), (4,), (1,))
_row("interp with a period", lambda x, f: np.interp(x, _PLACES, f, period=4.0), (6,), (5,), low=-5.0, high=9.0, ulps=2)
_row("interp with a period, in its knots", lambda x, p: np.interp(x, _PLACES + 0.1 * p, _PLACES ** 2, period=4.0),
     (6,), (5,), ulps=2)
ROWS += [ComplexOp("interp of complex values", lambda z: np.interp(np.array([0.3, 1.0, 7.0]), _PLACES, z, left=1j),
                   ((5,),), ulps=2)]

# -- sliding products and polynomials -------------------------------------------------------------

for _mode in "full same valid".split():
    for _n, _m in ((5, 3), (5, 2), (3, 5), (2, 4), (4, 4), (1, 1)):
        _row(f"convolve, {_mode}, {_n} and {_m}", lambda a, v, k=_mode: np.convolve(a, v, k), (_n,), (_m,))
        _row(f"correlate, {_mode}, {_n} and {_m}", lambda a, v, k=_mode: np.correlate(a, v, k), (_n,), (_m,))
    _row(f"convolve with constants, {_mode}", lambda a, k=_mode: np.convolve(a, [0.25, 0.5, 0.25], mode=k), (6,))
    ROWS.append(ComplexOp(f"complex convolve, {_mode}", lambda a, v, k=_mode: np.convolve(a, v, k), ((5,), (3,))))
    ROWS.append(ComplexOp(f"complex correlate, {_mode}",
                          lambda a, v, k=_mode: (np.correlate(a, v, k), np.correlate(v, a, k)), ((5,), (3,))))
_row("polyval", np.polyval, (4,), (2, 3))
_row("polyval of constants", lambda x: np.polyval([1, 2.0, 0.5], x), (3,))
_row("polyval at a constant", lambda p: np.polyval(p, 1.5), (4,))
_row("polyder", lambda p: (np.polyder(p), np.polyder(p, 2), np.polyder(p, 0) * p))
_row("polyint", lambda p: (np.polyint(p), np.polyint(p, 2, k=[1.0, 2.0])), (3,))
_row("polyint with constants", lambda p, k: (np.polyint(p, 2, k), np.polyint(p, 1, k[0])), (3,), (2,))
_row("polyadd, polysub, polymul", lambda p, q: (np.polyadd(p, q), np.polysub(q, p), np.polymul(p, q)), (3,), (2,))
_row("polymul, leading zeros", lambda p, q: (np.polymul(np.pad(p, (2, 0)), np.pad(q, (1, 0))), np.polymul(np.zeros(2), q)),
     (3,), (2,))
_row("roots, leading and trailing zeros", lambda p: np.sort(np.roots(np.pad(p, (1, 2))).real), (2,), low=0.5, ulps=8)
_row("polydiv", lambda p, q: np.polydiv(p, q), (5,), (3,), low=0.5, ulps=4)
_row("polydiv by a longer one", lambda p, q: np.polydiv(p, q), (2,), (3,), low=0.5)
_row("poly", np.poly, (3,), ulps=2)
_row("roots", lambda p: np.sort(np.roots(p).real), (2,), low=0.5, ulps=8)
_row("roots of a cubic", lambda p: np.sum(np.roots(np.concatenate([np.array([1.0, -6.0, 11.0]), p])) ** 3), (1,), low=-6.1,
     high=-5.9, ulps=64)
_row("vander", lambda x: (np.vander(x), np.vander(x, 2), np.vander(x, 4, increasing=True), np.vander(x, 1)), (3,))
_row("polyfit", lambda y: np.polyfit(_PLACES, y, 2), (5,), ulps=64)
_row("polyfit in x", lambda x, y: np.polyfit(_PLACES + 0.1 * x, y, 1), (5,), (5,), ulps=64)
_row("polyfit, weighted", lambda y, w: np.polyfit(_PLACES, y, 1, w=w), (5,), (5,), low=0.5, ulps=64)
_row("polyfit of two", lambda y: np.polyfit(_PLACES, y, 1), (5, 2), ulps=64)
_row("polyfit and covariance", lambda y: np.polyfit(_PLACES, y, 1, cov=True), (5,), ulps=256)
_row("polyfit and unscaled covariance", lambda x, y: np.polyfit(_PLACES + 0.1 * x, y, 1, cov="unscaled"), (5,), (5,),
     ulps=256)
