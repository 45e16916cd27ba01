"""Rows of other tables, once more with complex arguments: one for each function that NumPy defines for them."""

from __future__ import annotations

import numpy as np

from . import choosing, contraction, elementwise, indexing, lines, reductions, shape, statistics, ufuncs, writing
from .elementwise import ComplexOp
from .row import Op

__all__ = ["ROWS"]

_TABLES = (choosing, contraction, elementwise, indexing, lines, reductions, shape, statistics, ufuncs, writing)
_REAL: dict[str, Op] = {op.name: op for table in _TABLES for op in table.ROWS}

_NAMES = (
    "select", "select, broadcast", "choose", "compress", "extract", "triu_indices", "unravel_index",
    "ravel_multi_index", "indices into ix_", "piecewise", "apply_along_axis", "apply_over_axes", "array_equal",
    "allclose", "array_equiv", "dtypes", "shapes", "kinds", "einsum_path", "cross[3][3]", "matvec[2, 3][3]",
    "vecmat[3][3, 2]", "x @ x.T", "arccos(2, 3)", "arccosh(2, 3)", "rint", "isnan", "isinf", "isfinite", "logical_not",
    "float_power(2, 3)(2, 3)", "maximum(2, 3)(2, 3)", "minimum(2, 3)(2, 3)", "equal", "not_equal", "less_equal",
    "logical_and", "logical_or", "logical_xor", "clip(x, -1, 1)", "np.copy(x)", "take", "zeros_like", "ones_like",
    "full_like", "empty_like", "linspace from x", "diff", "ediff1d", "cumulative_sum", "gradient, 1", "trapezoid",
    "logspace", "polyval", "polyder", "polyint", "polyadd, polysub, polymul", "poly", "roots", "vander", "polyfit",
    "ptp()", "amax()", "amin()", "the method argmin", "add.reduce", "multiply.reduce", "maximum.reduce",
    "minimum.reduce", "logical_and.reduce", "logical_or.reduce", "add.accumulate", "multiply.accumulate",
    "take_along_axis by argsort", "average", "expand_dims", "squeeze", "atleast_3d", "matrix_transpose", "rollaxis",
    "flip", "fliplr", "flipud", "rot90, 1", "meshgrid", "tile", "repeat", "resize", "hstack, rows", "vstack", "dstack",
    "column_stack", "append", "block", "split", "array_split", "hsplit", "vsplit", "dsplit", "unstack", "roll",
    "delete", "insert", "diag of a row, 0", "diagflat", "median()", "nanmedian()", "nanmax()", "nanmin()", "nancumsum",
    "nancumprod", "nanargmax", "nanargmin", "partition", "argpartition", "sort_complex", "lexsort", "searchsorted",
    "unique", "unique_values", "unique_all", "sets", "trim_zeros", "round(2, 3)", "around(2, 3)", "fmax(2, 3)(2, 3)",
    "fmin(2, 3)(2, 3)", "isclose", "add.outer", "maximum.accumulate", "minimum.accumulate", "copyto", "put", "putmask",
    "place", "put_along_axis", "fill_diagonal", "add.at", "subtract.at",
)

ROWS: list[Op] = [
    ComplexOp(f"{op.name}, complex", op.fun, op.shapes, op.low, op.high, op.smooth, op.distinct, max(op.ulps, 4), op.since)
    for op in map(_REAL.__getitem__, _NAMES)]
ROWS += [ComplexOp("complex sign", lambda z: np.sign(z) * z, ((2, 3),)),
         ComplexOp("complex sign of a product", lambda z, w: np.sign(z * w), ((3,), (3,)), low=0.3),
         ComplexOp("complex cumulative_prod", lambda z: np.cumulative_prod(z, axis=1), ((2, 3),), since="2.1.0"),
         ComplexOp("complex polydiv", lambda p, q: np.polydiv(p, q)[0], ((5,), (3,)), ulps=16)]
