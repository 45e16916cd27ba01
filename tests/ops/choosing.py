"""Rows of choices among values, of functions on parts of an array, and of questions about entries."""

from __future__ import annotations

from typing import Any

import numpy as np

from .elementwise import ComplexOp
from .row import Op

__all__ = ["ROWS"]

ROWS: list[Op] = []


def _row(name: str, fun: Any, *shapes: tuple[int, ...], **settings: Any) -> None:
    ROWS.append(Op(name, fun, shapes or ((4,),), **settings))


# -- among values ---------------------------------------------------------------------------------

_row("select", lambda x: np.select([x < -0.5, x < 0.5], [x * x, 2 * x], default=x ** 3))
_row("select of numbers", lambda x: np.select([x < -0.5, x < 0.5], [1.0, x]))
_row("select, broadcast", lambda x, y: np.select([np.array([True, False, False]), x > 0], [y, x * y], x), (2, 3), (3,))
_row("select by constants", lambda x: np.select([np.array([True, False, True, False])], [x], 7.0))
_row("select of a number", lambda x: np.select([x > 0, x < 0], [x * x, -x]), ())
_row("choose", lambda x, y: np.choose(np.array([0, 1, 1, 0]), [x, y]), (4,), (4,))
_row("choose, broadcast", lambda x, y: np.choose(np.array([[0], [2]]), (x, y, 1.5)), (3,), (2, 3))
_row("choose by traced places", lambda x: np.choose((x > 0).astype(int), [x * x, 2 * x]))
_row("choose, wrap and clip", lambda x: (np.choose([5, -1, 2, 0], [x, x * x], mode="wrap"),
                                         np.choose([5, -1, 2, 0], [x, x * x], mode="clip")))
_row("x.choose", lambda x: (x > 0).choose([x, 2.0 * x]))
_row("compress", lambda x: (np.compress([True, False, True], x, axis=1), x.compress([False, True], axis=0)), (2, 3))
_row("extract", lambda x: np.extract(x > 0, x * x), (2, 3))
_row("triu_indices", lambda x: (x[np.triu_indices(3)], x[np.tril_indices_from(x)], x[np.triu_indices_from(x, 1)],
                                x[np.diag_indices_from(x)], x[np.ix_([0, 2], [1, 0])]), (3, 3))
_row("unravel_index", lambda x: x[np.unravel_index(np.argmax(x), x.shape)], (2, 3), distinct=True)
_row("ravel_multi_index", lambda x: x.ravel()[np.ravel_multi_index((np.argmax(x, axis=1), np.array([1, 0])), (3, 2))],
     (2, 3), distinct=True)
_row("indices into ix_", lambda x: x[np.ix_(np.argsort(x[0]), np.array([1]))], (3, 3), distinct=True)

# -- functions on parts ---------------------------------------------------------------------------

_row("piecewise", lambda x: np.piecewise(x, [x < 0, x >= 0], [lambda v: -v, lambda v: np.exp(v) * v]))
_row("piecewise, otherwise", lambda x: np.piecewise(x, [x < -1, x > 1], [-1.0, 1.0, lambda v: v ** 3]))
_row("piecewise, one condition", lambda x: np.piecewise(x, x > 0, [lambda v, a: a * v, 0.5], 3.0))
_row("piecewise by constants", lambda x: np.piecewise(x, [np.array([True, False, True, False])], [np.sin, np.cos]))
_row("apply_along_axis", lambda x: np.apply_along_axis(lambda v: np.sum(v * v), 0, x), (3, 2), ulps=2)
_row("apply_along_axis, lines", lambda x: np.apply_along_axis(lambda v: np.cumsum(v) * v[0], 1, x), (2, 3))
_row("apply_along_axis, matrices", lambda x: np.apply_along_axis(np.diag, -1, x), (2, 3))
_row("apply_over_axes", lambda x: np.apply_over_axes(np.sum, x, [0, 2]), (2, 3, 2))

# -- questions about entries ----------------------------------------------------------------------

_row("array_equal", lambda x: x * (1.0 if np.array_equal(x, x * 1.0) and not np.array_equal(x, x[1:]) else 2.0))
_row("allclose", lambda x: x * (1.0 if np.allclose(x, x + 1e-12) and not np.allclose(x, 9.0) else 2.0))
_row("array_equiv", lambda x: x * (1.0 if np.array_equiv(x, np.stack([x, x])) else 2.0))
_row("real_if_close", lambda x: np.real_if_close(x * x))
_row("dtypes", lambda x: x * (1.0 if np.common_type(x, x) == x.dtype and x.nbytes == x.size * x.itemsize else 2.0))
_row("shapes", lambda x: x * (np.ndim(x) + np.size(x) + np.size(x, 0) + len(np.shape(x))), (2, 3))
_row("kinds", lambda x: x * (1.0 if np.isrealobj(x) and not np.iscomplexobj(x) and np.can_cast(x, complex)
                             and np.result_type(x, np.float32) == x.dtype else 2.0))
_row("by a value", lambda x: x * (1.0 if np.min_scalar_type(x[0]).kind == "f" else 2.0))
_row("text", lambda x: x * len(np.array2string(x) + np.array_str(x) + np.array_repr(x)) ** 0)
_row("einsum_path", lambda x: x * len(np.einsum_path("i,i->", x, x)[0]))
ROWS += [ComplexOp("complex select", lambda z: np.select([np.real(z) > 0], [z * z], 1j), ((4,),))]
