"""Polynomials by their coefficients, highest power first, and the sliding products that multiply them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..core.dispatch import missing_rule, overrides
from ..core.primitive import Value
from ..core.tracing import concrete
from ..errors import ShapeError
from ..primitives.correlation import correlate_p, paddings
from ..primitives.decompositions import eigvals_p
from ..primitives.structural import flip_p, reshape
from .conventions import as_array, broadcast_to, operand, rule_for
from .linear_algebra import real_if_possible
from .views import as_new

__all__: list[str] = []


# -- sliding products -----------------------------------------------------------------------------

_MODES: dict[str | int, str] = {
    0: "valid", 1: "same", 2: "full", "v": "valid", "s": "same", "f": "full",
    "valid": "valid", "same": "same", "full": "full"}


def _lines(a: Value, v: Value) -> tuple[Value, Value]:
    x, y = (np.atleast_1d(as_array(z)) for z in (a, v))
    dtype = np.result_type(x.dtype, y.dtype)
    for name, z in (("first", x), ("second", y)):
        if z.ndim != 1:
            raise ShapeError(f"the {name} argument has the shape {z.shape}", why="a sliding product is of two lines",
                             edit="take an axis at a time, or use fad.vmap")
        if not z.size:
            raise ValueError(f"{name} argument cannot be empty")
    return operand(x, dtype), operand(y, dtype)


def _flipped(x: Value) -> Value:
    return flip_p(x, axes=(0,))


def _slid(a: Value, v: Value, mode: str | int) -> Value:
    if mode not in _MODES:
        raise ValueError(f"mode must be one of 'valid', 'same', or 'full' (got {mode!r})")
    low, high = paddings(_MODES[mode], v.size)
    return correlate_p(a, v, low=low, high=high)


@rule_for(np.convolve)
def convolve(a: Value, v: Value, mode: str | int = "full") -> Value:
    x, y = _lines(a, v)
    if y.size > x.size:
        x, y = y, x
    return _slid(x, _flipped(y), mode)


@rule_for(np.correlate)
def correlate(a: Value, v: Value, mode: str | int = "valid") -> Value:
    x, y = _lines(a, v)
    if x.size >= y.size:
        return _slid(x, np.conj(y), mode)
    return _flipped(_slid(np.conj(y), x, mode))


# -- polynomials ----------------------------------------------------------------------------------


@rule_for(np.polyval)
def polyval(p: Value, x: Value) -> Value:
    """By Horner's rule."""
    coefficients, at = as_array(p), as_array(x)
    y = np.zeros(at.shape, at.dtype)
    for c in coefficients:
        y = y * at + c
    return y


@rule_for(np.polyder)
def polyder(p: Value, m: int = 1) -> Value:
    y, m = as_array(p), int(m)
    if m < 0:
        raise ValueError("Order of derivative must be positive (see polyint)")
    for _ in range(m):
        y = y[:-1] * np.arange(len(y) - 1, 0, -1)
    return y


@rule_for(np.polyint)
def polyint(p: Value, m: int = 1, k: Value | None = None) -> Value:
    y, m = as_array(p), int(m)
    if m < 0:
        raise ValueError("Order of integral must be positive (see polyder)")
    constants = np.atleast_1d(np.zeros(m) if k is None else as_array(k))
    if len(constants) == 1 and m > 1:
        constants = broadcast_to(constants, (m,))
    if len(constants) < m:
        raise ValueError("k must be a scalar or a rank-1 array of length 1 or >m.")
    for i in range(m):
        y = np.concatenate([y / np.arange(len(y), 0, -1), constants[i:i + 1]])
    return y


def _added(function: Callable[..., Value]) -> None:

    @rule_for(function)
    def combine(a1: Value, a2: Value) -> Value:
        x, y = (np.atleast_1d(as_array(z)) for z in (a1, a2))
        n = max(len(x), len(y))
        x, y = (np.pad(z, (n - len(z), 0)) for z in (x, y))
        total: Value = x + y if function is np.polyadd else x - y
        return total


_added(np.polyadd)
_added(np.polysub)


def _proper(a: Value, function: str) -> Value:
    """The coefficients from the first that is not 0 on, as their values have it; of the polynomial 0 the last one."""
    x = np.atleast_1d(as_array(a))
    if x.ndim > 1:
        raise ValueError("Polynomial must be 1d only.")
    nonzero = np.flatnonzero(concrete(x != 0, f"np.{function}, which drops leading zeros as np.convolve does not"))
    return x[int(nonzero[0]) if len(nonzero) else -1:] if x.size else np.zeros(1, x.dtype)


@rule_for(np.polymul)
def polymul(a1: Value, a2: Value) -> Value:
    return convolve(_proper(a1, "polymul"), _proper(a2, "polymul"))


@rule_for(np.polydiv)
def polydiv(u: Value, v: Value) -> tuple[Value, Value]:
    """The quotient, and the remainder, whose leading zeros, by their values, are left out."""
    x, y = (np.atleast_1d(as_array(z)) + 0.0 for z in (u, v))
    dtype, n = np.result_type(x.dtype, y.dtype), len(y)
    rest, scale = operand(x, dtype), 1.0 / y[0]
    quotient = []
    for k in range(len(x) - n + 1):
        quotient.append(scale * rest[k:k + 1])
        kept = [rest[:k], rest[k:k + n] - quotient[-1] * y, rest[k + n:]]
        rest = np.concatenate([piece for piece in kept if len(piece)])
    while len(rest) > 1 and np.allclose(rest[0], 0, rtol=1e-14):
        rest = rest[1:]
    return np.concatenate(quotient) if quotient else np.zeros(1, dtype), rest


@rule_for(np.poly)
def poly(seq_of_zeros: Value) -> Value | float:
    """The coefficients of the polynomial with these roots, or of a matrix's characteristic one."""
    zeros = np.atleast_1d(as_array(seq_of_zeros))
    if zeros.ndim == 2 and zeros.shape[0] == zeros.shape[1] != 0:
        zeros = np.linalg.eigvals(zeros)
    if zeros.ndim != 1:
        raise ValueError("input must be 1d or non-empty square 2d array.")
    coefficients: Value = np.ones(1, zeros.dtype)
    for i in range(len(zeros)):
        coefficients = convolve(coefficients, np.concatenate([np.ones(1, zeros.dtype), -zeros[i:i + 1]]))
    if zeros.dtype.kind == "c":
        roots = np.asarray(concrete(zeros, "np.poly"))
        if np.all(np.sort(roots) == np.sort(roots.conjugate())):
            coefficients = np.real(coefficients)
    return coefficients if len(zeros) else 1.0


@rule_for(np.roots)
def roots(p: Value) -> Value:
    """The eigenvalues of the companion matrix; which coefficients are 0 at the ends is asked of their values."""
    coefficients = np.atleast_1d(as_array(p))
    if coefficients.ndim != 1:
        raise ValueError("Input must be a rank-1 array.")
    nonzero = np.flatnonzero(concrete(coefficients != 0, "np.roots"))
    if not len(nonzero):
        return np.array([])
    trailing = len(coefficients) - int(nonzero[-1]) - 1
    kept = coefficients[int(nonzero[0]):int(nonzero[-1]) + 1]
    n = len(kept) - 1
    if n < 1:
        return np.zeros(trailing)
    top = reshape(-kept[1:] / kept[0], (1, n))
    companion = np.concatenate([top, np.eye(n - 1, n, dtype=top.dtype)]) if n > 1 else top
    found = real_if_possible(companion, eigvals_p(companion))[0]
    return np.concatenate([found, np.zeros(trailing, found.dtype)]) if trailing else found


@rule_for(np.vander)
def vander(x: Value, N: int | None = None, increasing: bool = False) -> Value:
    points = as_array(x)
    if points.ndim != 1:
        raise ValueError("x must be a one-dimensional array or sequence.")
    n = len(points)
    columns = n if N is None else int(N)
    points = operand(points, np.promote_types(points.dtype, np.int_))
    one = np.ones((n, 1), points.dtype)[:, :max(columns, 0)]
    if columns > 1:
        powers = overrides[np.cumprod](broadcast_to(reshape(points, (n, 1)), (n, columns - 1)), axis=1)
        one = np.concatenate([one, powers], axis=1)
    return one if increasing else as_new(one[:, ::-1])


@rule_for(np.polyfit)
def polyfit(x: Value, y: Value, deg: int, rcond: float | None = None, full: bool = False, w: Value | None = None,
            cov: bool | str = False) -> Value | tuple[Value, Value]:
    """The coefficients of the polynomial of a degree that is nearest to the points (x, y), by least squares."""
    if full or not isinstance(cov, (bool, str)):
        raise missing_rule("numpy.polyfit", "full=")
    points, values, order = as_array(x) + 0.0, as_array(y) + 0.0, int(deg) + 1
    if deg < 0:
        raise ValueError("expected deg >= 0")
    if points.ndim != 1 or not points.size:
        raise TypeError("expected 1D vector for x" if points.ndim != 1 else "expected non-empty vector for x")
    if values.ndim not in (1, 2):
        raise TypeError("expected 1D or 2D array for y")
    if points.shape[0] != values.shape[0]:
        raise TypeError("expected x and y to have same length")
    rcond = float(len(points) * np.finfo(points.dtype).eps) if rcond is None else rcond
    left, right = np.vander(points, order), values
    if w is not None:
        weights = as_array(w) + 0.0
        if weights.ndim != 1 or weights.shape[0] != values.shape[0]:
            raise TypeError("expected a 1-d array for weights, of the length of y")
        left = left * weights[:, None]
        right = right * (weights[:, None] if values.ndim == 2 else weights)
    scale = np.sqrt(np.sum(left * left, axis=0))
    left = left / scale
    solution, squares, _, _ = np.linalg.lstsq(left, right, rcond)
    coefficients: Value = (solution.T / scale).T
    if cov is False:
        return coefficients
    base = np.linalg.inv(np.dot(left.T, left)) / np.outer(scale, scale)
    if cov == "unscaled":
        factor: Value | int = 1
    elif len(points) <= order:
        raise ValueError("the number of data points must exceed order to scale the covariance matrix")
    else:
        factor = squares / (len(points) - order)
    return coefficients, base * factor if values.ndim == 1 else base[:, :, None] * factor
