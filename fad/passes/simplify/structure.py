"""Identities of shapes: what moves entries about and back again, and what is repeated only to be added up."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ...core.avals import Dtype, Shape
from ...core.equation import Atom, literal
from ...core.primitive import Params, Primitive
from ...primitives import elementwise as ew
from ...primitives.contraction import canonical, contract_p, labels, parts
from ...primitives.indexing import getitem_p, scatter_add_p
from ...primitives.structural import broadcast_p, convert_p, permute_p, reshape_p, sum_p
from .rewriting import Identities, Writer, enter, number

__all__ = ["identities"]

identities: Identities = {}

Axes = tuple[int, ...]

_MOST_HALF = 65504  # the largest float16


# -- numbers that were spread over arrays ---------------------------------------------------------


def _number_below(w: Writer, x: Atom) -> Atom | None:
    """The number that was repeated to make x."""
    made = w.made(x, broadcast_p)
    return made.operands[0] if made is not None and not made.operands[0].aval.shape else None


_ENTRYWISE = [p for p in vars(ew).values() if isinstance(p, Primitive) and p.kind == "entrywise"]


def _rides_along(primitive: Primitive) -> None:
    @enter(identities, primitive)
    def identity(w: Writer, *operands: Atom) -> Atom | None:
        """f(spread a, y) → f(a, y): a number rides along;  f(spread a, spread b) → spread f(a, b)"""
        below = [_number_below(w, x) for x in operands]
        if not any(below):
            return None
        thin = [x if b is None else b for x, b in zip(operands, below, strict=True)]
        if any(x.aval.shape for x in thin):
            return w(primitive, *thin)
        shape = next(x.aval.shape for x in operands if x.aval.shape)
        return w(broadcast_p, w(primitive, *thin), shape=shape, axes=tuple(range(len(shape))))


for _primitive in _ENTRYWISE:
    if _primitive is not ew.angle:
        _rides_along(_primitive)


@enter(identities, convert_p)
def _convert(w: Writer, x: Atom, *, dtype: Dtype) -> Atom | None:
    """convert(spread a) → spread convert(a);  to its own dtype → x"""
    if x.aval.dtype == dtype:
        return x
    below = _number_below(w, x)
    if below is None:
        return None
    return w(broadcast_p, w(convert_p, below, dtype=dtype), shape=x.aval.shape, axes=tuple(range(x.aval.ndim)))


# -- broadcast ------------------------------------------------------------------------------------


@enter(identities, broadcast_p)
def _broadcast(w: Writer, x: Atom, *, shape: Shape, axes: Axes) -> Atom | None:
    """broadcast along no axes → x;  broadcast∘broadcast → broadcast;  new axes of size 1 → reshape"""
    if not axes:
        return x
    if x.aval.shape and all(shape[a] == 1 for a in axes):
        return w(reshape_p, x, shape=shape)
    made = w.made(x, broadcast_p)
    if made is None:
        return None
    inner: Axes = dict(made.params)["axes"]
    kept = [i for i in range(len(shape)) if i not in axes]  # where the axes of x are in the result
    return w(broadcast_p, made.operands[0], shape=shape, axes=tuple(sorted({*axes, *[kept[a] for a in inner]})))


# -- sum ------------------------------------------------------------------------------------------


@enter(identities, sum_p)
def _sum(w: Writer, x: Atom, *, axes: Axes) -> Atom | None:
    """sum over axes of size 1 → reshape;  sum∘sum → sum;  sum of a broadcast → its number of terms times it;
    sum(a x) → a sum(x) with a number a > 0: any other would turn the sign of a sum that comes to 0"""
    shape = x.aval.shape
    if all(shape[a] == 1 for a in axes):
        return w(reshape_p, x, shape=tuple([n for i, n in enumerate(shape) if i not in axes]))
    made = w.definitions.get(x)
    if made is None:
        return None
    if made.primitive is sum_p:
        inner: Axes = dict(made.params)["axes"]
        below = made.operands[0]
        kept = [i for i in range(below.aval.ndim) if i not in inner]
        return w(sum_p, below, axes=tuple(sorted({*inner, *[kept[a] for a in axes]})))
    if made.primitive is broadcast_p:
        new: Axes = dict(made.params)["axes"]
        both = [a for a in axes if a in new]
        if not both:
            return None
        count = prod(shape[a] for a in both)
        if not count or x.aval.dtype == np.float16 and count > _MOST_HALF:
            return None
        times = literal(x.aval.dtype.type(count))
        rest = tuple([a for a in axes if a not in new])  # axes to sum that were there before
        below = made.operands[0]
        before = [i for i in range(len(shape)) if i not in new]
        if rest:
            below = w(sum_p, below, axes=tuple([before.index(a) for a in rest]))
        left = [i for i in range(len(shape)) if i not in axes]
        still_new = tuple([left.index(a) for a in new if a not in axes])
        if still_new:
            below = w(broadcast_p, below, shape=tuple([shape[i] for i in left]), axes=still_new)
        return w(ew.multiply, times, below)
    if made.primitive is ew.multiply and not made.operands[0].aval.shape:
        factor = number(made.operands[0])
        if factor is not None and factor.dtype.kind != "c" and factor > 0:
            return w(ew.multiply, made.operands[0], w(sum_p, made.operands[1], axes=axes))
    return None


# -- reshape and permute --------------------------------------------------------------------------


@enter(identities, reshape_p)
def _reshape(w: Writer, x: Atom, *, shape: Shape) -> Atom | None:
    """reshape to its own shape → x;  reshape∘reshape → reshape;  of a spread number → spread"""
    if x.aval.shape == shape:
        return x
    made = w.made(x, reshape_p)
    if made is not None:
        return w(reshape_p, made.operands[0], shape=shape)
    below = _number_below(w, x)
    if below is None:
        return None
    return w(broadcast_p, below, shape=shape, axes=tuple(range(len(shape)))) if shape else below


@enter(identities, permute_p)
def _permute(w: Writer, x: Atom, *, order: Axes) -> Atom | None:
    """permute in order → x;  permute∘permute → permute;  of a spread number → spread;  of a contraction → contraction"""
    if order == tuple(range(len(order))):
        return x
    shape = tuple([x.aval.shape[i] for i in order])
    made = w.made(x, permute_p)
    if made is not None:
        inner: Axes = dict(made.params)["order"]
        return w(permute_p, made.operands[0], order=tuple([inner[i] for i in order]))
    below = _number_below(w, x)
    if below is not None:
        return w(broadcast_p, below, shape=shape, axes=tuple(range(len(shape))))
    made = w.made(x, contract_p)
    if made is not None:
        of_x, of_y, of_z = parts(dict(made.params)["subscripts"])
        a, b = made.operands
        return _contracted(w, a, b, of_x, of_y, "".join([of_z[i] for i in order]))
    return None


# -- contractions ---------------------------------------------------------------------------------


def _contracted(w: Writer, x: Atom, y: Atom, of_x: str, of_y: str, of_z: str) -> Atom:
    return w(contract_p, x, y, subscripts=canonical(f"{of_x},{of_y}->{of_z}"))


@enter(identities, contract_p)
def _contract(w: Writer, x: Atom, y: Atom, *, subscripts: str, by: str = "") -> Atom | None:
    """by the function that the user named → by the fastest;  contract(permute x, y) → contract(x, y);
    (a b) y → a (b y) where that is less work"""
    of_x, of_y, of_z = parts(subscripts)
    if by in ("matmul", "matvec", "vecdot", "vecmat") and max(len(of_x), len(of_y)) > 2:
        return None  # on stacks they are as fast, and lighter
    if by:
        return _contracted(w, x, y, of_x, of_y, of_z)
    flipped = w.made(x, permute_p)
    if flipped is not None:
        return _contracted(w, flipped.operands[0], y, _before(flipped.params, of_x), of_y, of_z)
    flipped = w.made(y, permute_p)
    if flipped is not None:
        return _contracted(w, x, flipped.operands[0], of_x, _before(flipped.params, of_y), of_z)
    return _chained(w, x, y, of_x, of_y, of_z) or _chained(w, y, x, of_y, of_x, of_z)


def _chained(w: Writer, x: Atom, y: Atom, of_x: str, of_y: str, of_z: str) -> Atom | None:
    """(a b) y as a (b y) or b (a y), if x = a b is used here alone, and one of them multiplies fewer numbers."""
    made = w.made(x, contract_p)
    if made is None or not w.shared or w.uses.get(x, 0) != 1:
        return None
    size = dict(zip(of_x + of_y, (*x.aval.shape, *y.aval.shape), strict=True))
    *inner, of_ab = parts(dict(made.params)["subscripts"])
    fresh = iter(labels(len(set("".join(inner) + of_x + of_y)) * 2))
    name = dict(zip(of_ab, of_x, strict=True))  # the labels of a b are those of x; what a b sums over gets new ones
    for label in dict.fromkeys("".join(inner)):
        if label not in name:
            name[label] = next(new for new in fresh if new not in of_x + of_y + of_z and new not in name.values())
    factors = list(zip(made.operands, ["".join(name[label] for label in labels_) for labels_ in inner], strict=True))
    for atom, of_atom in factors:
        size.update(zip(of_atom, atom.aval.shape, strict=True))

    def work(*terms: str) -> int:
        return prod(size[label] for label in set("".join(terms)))

    best, chosen = work(*[of for _, of in factors]) + work(of_x, of_y), None
    for (a, of_a), (b, of_b) in (factors, factors[::-1]):
        of_by = "".join([label for label in dict.fromkeys(of_b + of_y) if label in of_a + of_z])
        if all((label in of_b) + (label in of_y) + (label in of_by) >= 2 for label in of_b + of_y) and all(
                (label in of_a) + (label in of_by) + (label in of_z) >= 2 for label in of_a + of_by):
            cost = work(of_b, of_y) + work(of_a, of_by)
            if cost < best:
                best, chosen = cost, (a, of_a, b, of_b, of_by)
    if chosen is None:
        return None
    a, of_a, b, of_b, of_by = chosen
    if not of_by or not of_b or not of_y or of_b == of_y == of_by or of_a == of_by == of_z:
        return None  # a multiplication, and no contraction
    return _contracted(w, a, _contracted(w, b, y, of_b, of_y, of_by), of_a, of_by, of_z)


def _before(params: Params, labels: str) -> str:
    """The labels of an array's axes before it was permuted."""
    order: Axes = dict(params)["order"]
    return "".join([labels[order.index(i)] for i in range(len(order))])


# -- indexing -------------------------------------------------------------------------------------


@enter(identities, getitem_p)
def _getitem(w: Writer, x: Atom, *indices: Atom, **params: Any) -> Atom | None:
    """a slice of a spread number → spread"""
    below = _number_below(w, x)
    if below is None or indices:
        return None
    shape: Shape = getitem_p.infer(x.aval, **params).shape
    return w(broadcast_p, below, shape=shape, axes=tuple(range(len(shape)))) if shape else below


def _is_zeros(w: Writer, x: Atom) -> bool:
    below = _number_below(w, x)
    return below is not None and number(below) == 0


@enter(identities, ew.add)
def _add_scattered(w: Writer, x: Atom, y: Atom) -> Atom | None:
    """x + scatter_add(zeros, u) → scatter_add(x, u): no array of zeros is made for each cotangent of an index"""
    for one, other in ((x, y), (y, x)):
        made = w.made(one, scatter_add_p)
        if made is not None and _is_zeros(w, made.operands[0]) and other.aval.shape == one.aval.shape:
            return w(scatter_add_p, other, *made.operands[1:], **dict(made.params))
    return None
