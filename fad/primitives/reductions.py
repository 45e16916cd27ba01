"""Primitives that combine the entries along axes: products, running sums and products, norms, any and all.

    cumsum ↔ cumsum from the other end        shift ↔ shift back
    recurrence ↔ recurrence from the other end
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..core.avals import Aval, Dtype, make_aval
from ..core.primitive import Linear, Operand, Primitive, Tangent, Traced, Value, Zero, linear, partials
from .elementwise import _part, _ratio, conjugate, elementwise, real, stacked
from .structural import Axes, broadcast, convert, inverse, permute, reshape, shifted, sum

__all__ = ["all_p", "any_p", "counting", "cumprod_p", "cumsum_p", "norm_p", "prod_p", "recurrence_p", "root",
           "shift_p", "squared_deviations_p", "sum_as_p"]


def _reduced(x: Aval, axes: Axes, dtype: Dtype) -> Aval:
    return make_aval(tuple([n for i, n in enumerate(x.shape) if i not in axes]), dtype)


# -- sum_as: add up in another dtype, without first making an array of that dtype ------------------


def counting(dtype: Dtype) -> Dtype:
    """A dtype that counts entries beside arrays of this one: float16 has no number between 2048 and 2050."""
    return np.dtype(np.float32) if dtype == np.float16 else dtype


def _sum_as_jvp(primals: Sequence[Value], tangents: Sequence[Tangent], result: Traced, /, *, axes: Axes,
                dtype: Dtype) -> Tangent:
    t = tangents[0]
    return Zero(result.aval) if isinstance(t, Zero) or not result.aval.inexact else sum(convert(t, dtype), axes)


def _sum_as_batch(operands: Sequence[Value], mapped: Sequence[bool], *, axes: Axes, dtype: Dtype) -> Value:
    return sum_as_p(operands[0], axes=shifted(axes), dtype=dtype)


sum_as_p = Primitive("sum_as", lambda x, *, axes, dtype: np.add.reduce(x, axis=axes, dtype=dtype),
                     lambda x, *, axes, dtype: _reduced(x, axes, dtype), _sum_as_jvp, _sum_as_batch)


# -- any, all: of booleans -------------------------------------------------------------------------


def _logical(name: str, ufunc: np.ufunc) -> Primitive:

    def batch(operands: Sequence[Value], mapped: Sequence[bool], *, axes: Axes) -> Value:
        return primitive(operands[0], axes=shifted(axes))

    primitive = Primitive(name, lambda x, *, axes: ufunc.reduce(x, axis=axes),
                          lambda x, *, axes: _reduced(x, axes, x.dtype),
                          lambda primals, tangents, result, *, axes: Zero(result.aval), batch)
    return primitive


any_p, all_p = _logical("any", np.logical_or), _logical("all", np.logical_and)


# -- cumsum: running sums; `reverse` runs from the other end ---------------------------------------


def _accumulated(ufunc: np.ufunc, x: Value, axis: int, reverse: bool) -> Value:
    return np.flip(ufunc.accumulate(np.flip(x, axis), axis), axis) if reverse else ufunc.accumulate(x, axis)


def _cumsum_batch(operands: Sequence[Value], mapped: Sequence[bool], *, axis: int, reverse: bool) -> Value:
    return cumsum_p(operands[0], axis=axis + 1, reverse=reverse)


def _cumsum_transpose(ct: Value, x: Linear, *, axis: int, reverse: bool) -> Sequence[Tangent]:
    return (cumsum_p(ct, axis=axis, reverse=not reverse),)


cumsum_p = linear("cumsum", lambda x, *, axis, reverse: _accumulated(np.add, x, axis, reverse),
                  lambda x, *, axis, reverse: x, _cumsum_batch, _cumsum_transpose)


# -- shift: each entry moved on by one place along an axis (back, with `reverse`); `fill` moves in --


def _shift_evaluate(x: Value, *, axis: int, reverse: bool, fill: int) -> Value:
    result = np.full(x.shape, fill, x.dtype)
    into, out = [slice(None)] * x.ndim, [slice(None)] * x.ndim
    into[axis], out[axis] = slice(1, None), slice(None, -1)
    if reverse:
        into, out = out, into
    result[tuple(into)] = x[tuple(out)]
    return result


def _shift_rule(t: Value, z: Value, x: Value, *, axis: int, reverse: bool, fill: int) -> Value:
    return shift_p(t, axis=axis, reverse=reverse, fill=0)


def _shift_batch(operands: Sequence[Value], mapped: Sequence[bool], *, axis: int, reverse: bool, fill: int) -> Value:
    return shift_p(operands[0], axis=axis + 1, reverse=reverse, fill=fill)


def _shift_transpose(ct: Value, x: Linear, *, axis: int, reverse: bool, fill: int) -> Sequence[Tangent]:
    return (shift_p(ct, axis=axis, reverse=not reverse, fill=0),)


shift_p = Primitive("shift", _shift_evaluate, lambda x, *, axis, reverse, fill: x, partials(_shift_rule), _shift_batch,
                    _shift_transpose)


# -- recurrence: h_k = a_k h_{k-1} + b_k, with nothing before the first ----------------------------
# Linear in b; its transpose in b is the recurrence from the other end, with the factors one place on.
# dh_k = a_k dh_{k-1} + (da_k h_{k-1} + db_k): a recurrence again. So the derivatives of running products
# need no division, which would fail at zeros, and take linear time in every order.

_FEW_LANES = 8  # below it, Python's floats take each lane faster than NumPy takes a step of all of them


def _recurrence_evaluate(a: Value, b: Value, *, axis: int, reverse: bool) -> Value:
    h = np.empty(b.shape, b.dtype)
    steps = slice(None, None, -1 if reverse else 1)
    a_steps, b_steps, h_steps = [np.moveaxis(x, axis, 0)[steps] for x in (a, b, h)]
    if not h.size:
        return h
    if b_steps[0].size <= _FEW_LANES:
        for lane in np.ndindex(b_steps.shape[1:]):
            here: tuple[slice | int, ...] = slice(None), *lane
            h_steps[here] = list(_run(a_steps[here].tolist(), b_steps[here].tolist()))
        return h
    h_steps[0] = b_steps[0]
    for last, a_k, b_k, h_k in zip(h_steps, a_steps[1:], b_steps[1:], h_steps[1:], strict=False):
        np.multiply(a_k, last, out=h_k)
        h_k += b_k
    return h


def _run(factors: list[complex], terms: list[complex]) -> Iterator[complex]:
    h = terms[0]
    yield h
    for a, b in zip(factors[1:], terms[1:], strict=True):
        h = a * h + b
        yield h


def _recurrence_infer(a: Aval, b: Aval, *, axis: int, reverse: bool) -> Aval:
    assert a is b, (a, b)
    return b


def _recurrence_by_factors(t: Value, h: Value, a: Value, b: Value, *, axis: int, reverse: bool) -> Value:
    return recurrence_p(a, t * shift_p(h, axis=axis, reverse=reverse, fill=0), axis=axis, reverse=reverse)


def _recurrence_by_terms(t: Value, h: Value, a: Value, b: Value, *, axis: int, reverse: bool) -> Value:
    return recurrence_p(a, t, axis=axis, reverse=reverse)


def _recurrence_batch(operands: Sequence[Value], mapped: Sequence[bool], *, axis: int, reverse: bool) -> Value:
    n = next(x.shape[0] for x, m in zip(operands, mapped, strict=True) if m)
    a, b = [x if m else broadcast(x, (n, *x.shape), (0,)) for x, m in zip(operands, mapped, strict=True)]
    return recurrence_p(a, b, axis=axis + 1, reverse=reverse)


def _recurrence_transpose(ct: Value, a: Value, b: Linear, *, axis: int, reverse: bool) -> Sequence[Tangent | None]:
    following = shift_p(a, axis=axis, reverse=not reverse, fill=0)
    return None, recurrence_p(following, ct, axis=axis, reverse=not reverse)


recurrence_p = Primitive("recurrence", _recurrence_evaluate, _recurrence_infer,
                         partials(_recurrence_by_factors, _recurrence_by_terms), _recurrence_batch,
                         _recurrence_transpose)


# -- cumprod: running products y_k = x_k y_{k-1} ---------------------------------------------------


def _before(x: Value, axis: int, reverse: bool) -> Value:
    """The product of all entries before each."""
    return shift_p(cumprod_p(x, axis=axis, reverse=reverse), axis=axis, reverse=reverse, fill=1)


def _cumprod_rule(t: Value, y: Value, x: Value, *, axis: int, reverse: bool) -> Value:
    """dy_k = x_k dy_{k-1} + y_{k-1} dx_k."""
    before = shift_p(y, axis=axis, reverse=reverse, fill=1)
    return recurrence_p(x, t * before, axis=axis, reverse=reverse)


def _cumprod_batch(operands: Sequence[Value], mapped: Sequence[bool], *, axis: int, reverse: bool) -> Value:
    return cumprod_p(operands[0], axis=axis + 1, reverse=reverse)


cumprod_p = Primitive("cumprod", lambda x, *, axis, reverse: _accumulated(np.multiply, x, axis, reverse),
                      lambda x, *, axis, reverse: x, partials(_cumprod_rule), _cumprod_batch)


# -- prod: dz = Σ_k dx_k · the product of all entries but the k-th ---------------------------------


def _prod_rule(t: Value, z: Value, x: Value, *, axes: Axes) -> Value:
    return sum(t * _all_but_each(x, axes), axes)


def _all_but_each(x: Value, axes: Axes) -> Value:
    """The product, along the axes, of all entries but each: those before it times those after it."""
    order = (*[i for i in range(x.ndim) if i not in axes], *axes)
    in_lines = permute(x, order)
    shape, last = in_lines.shape, x.ndim - len(axes)
    lines = reshape(in_lines, (*shape[:last], int(np.prod(shape[last:]))))
    others = _before(lines, last, False) * _before(lines, last, True)
    return permute(reshape(others, shape), inverse(order))


def _prod_batch(operands: Sequence[Value], mapped: Sequence[bool], *, axes: Axes) -> Value:
    return prod_p(operands[0], axes=shifted(axes))


prod_p = Primitive("prod", lambda x, *, axes: np.multiply.reduce(x, axis=axes),
                   lambda x, *, axes: _reduced(x, axes, x.dtype), partials(_prod_rule), _prod_batch)


# -- norm: z = √Σ|x|²;  dz = Σ Re(x̄ dx) / z, and 0 at 0 --------------------------------------------
# NumPy adds up the squares of a whole array as a dot product, and those along axes otherwise: `flat` is the first.


def _norm_evaluate(x: Any, *, axes: Axes, flat: bool) -> Operand:  # Any: a Value, whose `real` pyright does not find
    return np.linalg.norm(x) if flat else np.sqrt(np.add.reduce((x.conj() * x).real, axis=axes))


def _norm_rule(t: Value, z: Value, x: Value, *, axes: Axes, flat: bool) -> Value:
    return _ratio(sum(real(conjugate(x) * t) if x.dtype.kind == "c" else x * t, axes), z)


def _norm_batch(operands: Sequence[Value], mapped: Sequence[bool], *, axes: Axes, flat: bool) -> Value:
    return norm_p(operands[0], axes=shifted(axes), flat=False)


norm_p = Primitive("norm", _norm_evaluate, lambda x, *, axes, flat: _reduced(x, axes, _part(x).dtype),
                   partials(_norm_rule), _norm_batch)


# -- squared_deviations: z = Σ|d|² where d = x - mean x;  dz = 2 Σ Re(d̄ dx) -----------------------
# The term that the mean would add to dz, -2 Re(Σ d̄ d mean), is 0 for every x, and so are all of its derivatives: the
# tangent of d is not looked at. That spares reverse mode two passes over the array.


def _squared_deviations_evaluate(d: Value, x: Value, *, axes: Axes, dtype: Dtype) -> Value:
    squares = np.square(np.real(d)) + np.square(np.imag(d)) if np.iscomplexobj(d) else np.square(d)
    total: Value = np.add.reduce(squares, axis=axes, dtype=dtype)
    return total


def _squared_deviations_infer(d: Aval, x: Aval, *, axes: Axes, dtype: Dtype) -> Aval:
    assert d is x, (d, x)
    return _reduced(d, axes, dtype)


def _squared_deviations_jvp(primals: Sequence[Value], tangents: Sequence[Tangent], result: Traced, /, *, axes: Axes,
                 dtype: Dtype) -> Tangent:
    d, t = primals[0], tangents[1]
    if isinstance(t, Zero) or not result.aval.inexact:
        return Zero(result.aval)
    return convert(sum(real(conjugate(2.0 * d) * t) if d.dtype.kind == "c" else 2.0 * d * t, axes), dtype)


def _squared_deviations_batch(operands: Sequence[Value], mapped: Sequence[bool], *, axes: Axes, dtype: Dtype) -> Value:
    return squared_deviations_p(*stacked(operands, mapped), axes=shifted(axes), dtype=dtype)


squared_deviations_p = Primitive("squared_deviations", _squared_deviations_evaluate, _squared_deviations_infer,
                                 _squared_deviations_jvp, _squared_deviations_batch)


# -- root: the square root of a sum of squares, such as a variance; 0 has the derivative of a norm at 0 ----

root = elementwise(np.sqrt, lambda t, z, x: _ratio(0.5 * t, z), name="root")
