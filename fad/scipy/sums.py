"""Functions of scipy.special that are not ufuncs: logsumexp and softmax, and those of the gamma function's derivatives.

    logsumexp   : z = log Σ eˣ        dz = Σ e^(x - z) dx
    softmax     : z = eˣ / Σ eˣ       dz = z (dx - Σ z dx)
    log_softmax : z = x - log Σ eˣ    dz = dx - Σ e^z dx

Blanchard, Higham & Higham, Accurately computing the log-sum-exp and softmax functions (2021).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.special as sc

from ..core.avals import make_aval
from ..core.dispatch import missing_rule
from ..core.primitive import Evaluate, Infer, Partial, Primitive, Traced, Value, Values, partials
from ..numpy.conventions import Axis, as_array, axes_of, operand, result_dtype
from ..primitives.elementwise import equal, exp, select, stop_gradient
from ..primitives.structural import Axes, broadcast, reshape, shifted, sum
from .functions import enter
from .special import POLYGAMMA, refused

__all__: list[str] = []

_DOUBLE = np.dtype(np.float64)


def _floating(x: Value) -> Value:
    """An array of floats, where integers become float64."""
    array = as_array(x)
    return array if array.dtype.kind in "fc" else operand(array, _DOUBLE)


# -- logsumexp, softmax, log_softmax --------------------------------------------------------------


def _primitive(name: str, function: Evaluate, rule: Partial, infer: Infer) -> Primitive:
    def batch(operands: Sequence[Value], mapped: Sequence[bool], /, *, axes: Axes) -> Value:
        return primitive(operands[0], axes=shifted(axes))

    primitive = Primitive(name, lambda x, *, axes: function(x, axis=axes), infer, partials(rule), batch)
    return primitive


def _total(x: Value, axes: Axes) -> Value:
    """The sums along axes, repeated to the shape of x."""
    return broadcast(sum(x, axes), x.shape, axes)


def _logsumexp_rule(t: Value, z: Value, x: Value, *, axes: Axes) -> Value:
    finite = select(equal(z, -z.dtype.type(np.inf)), z.dtype.type(0), z)  # where all terms are -inf, nothing moves
    return sum(t * exp(x - broadcast(finite, x.shape, axes)), axes)


def _logsumexp(x: Value, *, axis: Axes) -> Value:
    x = np.asarray(x)
    z: Value = sc.logsumexp(x, axis=axis) if x.size else (
        np.full([n for i, n in enumerate(x.shape) if i not in axis], -np.inf, x.dtype)[()])
    return z


logsumexp_p = _primitive(
    "logsumexp", _logsumexp, _logsumexp_rule,
    lambda x, *, axes: make_aval(tuple([n for i, n in enumerate(x.shape) if i not in axes]), x.dtype))
softmax_p = _primitive("softmax", sc.softmax, lambda t, z, x, *, axes: z * (t - _total(z * t, axes)), lambda x, *, axes: x)
log_softmax_p = _primitive("log_softmax", sc.log_softmax, lambda t, z, x, *, axes: t - _total(exp(z) * t, axes),
                           lambda x, *, axes: x)


def logsumexp(a: Value, axis: Axis = None, b: Value | None = None, keepdims: bool = False,
              return_sign: bool = False) -> Value | Values:
    x = _floating(a)
    if not x.ndim and axis is not None:
        x = reshape(x, (1,))
    axes = axes_of(axis, max(x.ndim, np.ndim(0.0 if b is None else b)))
    if b is not None or return_sign or x.dtype.kind == "c":
        return _signed(x, axes, b, keepdims, return_sign)
    z = logsumexp_p(x, axes=axes) if axes else x
    return reshape(z, tuple([1 if i in axes else n for i, n in enumerate(x.shape)])) if keepdims else z


def _signed(x: Value, axes: Axes, b: Value | None, keepdims: bool, return_sign: bool) -> Value | Values:
    """log Σ b eˣ, from its definition, after the largest exponent is taken out."""
    if b is None:
        weights = np.ones_like(x)
    else:
        weights = _floating(b)
        dtype = result_dtype(x, weights)
        x, weights = operand(x, dtype), operand(weights, dtype)
        x, weights = np.broadcast_arrays(x, weights)
        x = np.where(weights == 0, -np.inf, x)
    largest = stop_gradient(np.max(np.real(x), axis=axes, keepdims=True))
    largest = np.where(np.isfinite(largest), largest, 0.0)
    total = np.sum(weights * np.exp(x - largest), axis=axes, keepdims=keepdims)
    largest = largest if keepdims else np.squeeze(largest, axis=axes)
    z: Value = np.log(np.abs(total) if return_sign else total) + largest
    return (z, np.sign(total)) if return_sign else z


def _axes(axis: Axis, x: Value) -> Axes:
    """A number may have an axis 0."""
    return () if not x.ndim and axis in (0, -1) else axes_of(axis, x.ndim)


def softmax(x: Value, axis: Axis = None) -> Value:
    x = _floating(x)
    return softmax_p(x, axes=_axes(axis, x))


def log_softmax(x: Value, axis: Axis = None) -> Value:
    x = _floating(x)
    return log_softmax_p(x, axes=_axes(axis, x))


# -- gamma functions ------------------------------------------------------------------------------


def _order(function: str, n: Value) -> Value:
    if isinstance(n, Traced):
        raise refused(function, "n")(None, n)
    return np.asarray(n)


def polygamma(n: Value, x: Value) -> Value:
    """The derivatives of the digamma function: in float64, as SciPy computes them whatever x is."""
    orders, digamma = _order("polygamma", n), operand(sc.psi(as_array(x)), _DOUBLE)
    x = operand(as_array(x), _DOUBLE)
    if not orders.ndim:
        return POLYGAMMA(x, order=int(orders)) if orders else digamma
    orders, x, result = np.broadcast_arrays(orders, x, digamma)
    for order in sorted({int(k) for k in orders.flat} - {0}):
        result = np.where(orders == order, POLYGAMMA(x, order=order), result)
    return result


def multigammaln(a: Value, d: Value | int) -> Value:
    """Muirhead, Aspects of multivariate statistical theory (1982), theorem 2.1.12."""
    a, d = _floating(a), int(d)
    half = 0.25 * d * (d - 1) * float(np.log(np.pi))
    total = sc.gammaln(a)
    for i in range(1, d):
        total = total + sc.gammaln(a - 0.5 * i)
    return operand(total, np.result_type(total.dtype, np.float64)) + half


def softplus(x: Value, **settings: object) -> Value:
    if settings:
        raise missing_rule("scipy.special.softplus", f"{next(iter(settings))}=")
    return np.logaddexp(x, 0)


for _rule in (logsumexp, softmax, log_softmax, polygamma, multigammaln, softplus):
    _function = getattr(sc, _rule.__name__, None)  # softplus is new
    if _function is not None:
        enter(_function, _rule)
