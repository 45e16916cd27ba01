"""How masks go along with their cotangents through transposed equations.

Through entrywise equations a mask goes as it is; through those that move entries, by the same moves; through
sums, as "any of these". After a product with something that may be infinite, its zeros have to be written
again. Where nothing better is known, a cotangent that is zero everywhere makes zeros.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, TypeAlias

import numpy as np

from ..core.avals import make_aval
from ..core.equation import Atom, Equation
from ..core.graph import replay
from ..core.primitive import AnyPrimitive, Linear, Params, Tangent, Value, Zero, innermost
from ..core.tracing import Builder
from ..primitives import elementwise as ew
from ..primitives.contraction import contract_p, parts
from ..primitives.indexing import ARRAY, getitem_p, scatter_add_p, setitem_p
from ..primitives.joining import concatenate_p, diagonal_p, pad_p, stack_p
from ..primitives.rare import deg2rad, degrees, rad2deg, radians
from ..primitives.reductions import any_p, shift_p
from ..primitives.selection import put_along_axis_add_p, take_along_axis_p
from ..primitives.structural import (
    broadcast,
    broadcast_p,
    convert_p,
    flip_p,
    full,
    gather_up,
    permute_p,
    reshape_p,
    sum_p,
)
from .masks import Marked, Mask, Test, cleaned

__all__ = ["Pulling"]

_BOOL = np.dtype(np.bool_)

Settings: TypeAlias = dict[str, Any]
"""The params of an equation, by name."""

Slot: TypeAlias = Value | Linear
"""An operand of a linear equation, or the hole where it is."""

Sent = tuple[Tangent | None, Marked | None]
"""What an operand is sent: its cotangent, and what is known of that."""

_EXACT: tuple[AnyPrimitive, ...] = (ew.negative, ew.positive, ew.add, ew.subtract, ew.conjugate, ew.real, ew.imag, convert_p,
                                 deg2rad, degrees, rad2deg, radians)
"""Entrywise, and no zero of the cotangent is multiplied by anything infinite."""

_MOVING: tuple[AnyPrimitive, ...] = (sum_p, reshape_p, permute_p, flip_p, concatenate_p, stack_p, pad_p,
                                  put_along_axis_add_p, scatter_add_p, setitem_p)
"""Their transposes give each operand some of the entries of the cotangent, as they are."""

_GATHERING: tuple[AnyPrimitive, ...] = (getitem_p, take_along_axis_p, diagonal_p, shift_p)
"""Their transposes write the entries of the cotangent into zeros, or add them up there."""


class Pulling:
    """Transposes equations for cotangents with masks, and remembers the tests that it has made."""

    def __init__(self) -> None:
        self._tests: dict[Hashable, Test] = {}
        self._masks: dict[Hashable, Mask] = {}

    def concerns(self, primitive: AnyPrimitive, params: Params) -> bool:
        """Whether an equation selects, so that a mask begins here."""
        if primitive is ew.select:
            return True
        if primitive is getitem_p or primitive is setitem_p:
            index = dict(params)["index"]
            return index.unique and ARRAY in index.items  # a boolean mask, as positions; slices stay as cheap as they are
        return False

    def sent(self, equation: Equation, cts: Sequence[Tangent], marks: Sequence[Marked | None],
             operands: Sequence[Slot]) -> Sequence[Sent]:
        """The cotangents of the operands, whose linear ones are holes, and their marks."""
        primitive, params = equation.primitive, dict(equation.params)
        if primitive.inner is not None and params.keys() == {"graph"}:
            return _inside(equation, cts, marks, operands)
        if primitive.several:
            return _whole(equation, cts, marks, operands)
        ct, marked = cts[0], marks[0]
        assert not isinstance(ct, Zero)  # then nothing would be sent
        if primitive is ew.select:
            return self._select(ct, marked, equation.operands[0], operands)
        if primitive.kind == "entrywise" and marked is not None:
            return _entrywise(primitive, ct, marked, operands, params)
        if primitive in _MOVING:
            return self._move(equation, ct, marked, operands)
        if primitive in _GATHERING:
            return _gather(primitive, ct, marked, operands, params)
        assert marked is not None
        if primitive is broadcast_p:
            return [_summed(ct, marked, params["axes"])]
        if primitive is contract_p:
            return _contract(ct, marked, operands, params)
        return _whole(equation, cts, marks, operands)

    def _select(self, ct: Value, marked: Marked | None, atom: Atom, operands: Sequence[Slot]) -> Sequence[Sent]:
        truth, *branches = operands
        key = id(atom) if not isinstance(atom, tuple) else atom
        test = self._tests.setdefault(key, Test(lambda value: value, truth))
        if marked is not None and all(isinstance(x, Linear) for x in branches):
            ct, marked = cleaned(ct, marked), Marked(marked.mask, marked.mask)
        mask, written = marked if marked is not None else (None, None)
        return [(None, None), *[_fitting(ct, Marked(self._mask(mask, test, outcome), written), x) if isinstance(x, Linear)
                                else (None, None) for x, outcome in zip(branches, (True, False), strict=True)]]

    def _mask(self, within: Mask | None, test: Test, outcome: bool) -> Mask:
        key = within, test, outcome  # interned, so that two selections by one test have one mask
        return self._masks.get(key) or self._masks.setdefault(key, Mask(*key))

    def _move(self, equation: Equation, ct: Value, marked: Marked | None, operands: Sequence[Slot]) -> Sequence[Sent]:
        primitive, params = equation.primitive, dict(equation.params)
        assert primitive.transpose is not None
        if marked is None:  # a write by a mask: what was there before has no part in the result
            sent = primitive.transpose(ct, *operands, **params)
            keeps = Mask(None, Test(_kept, ct, operands[2:], params))
            return [(c, Marked(keeps, keeps) if i == 0 and c is not None else None) for i, c in enumerate(sent)]
        if sum(isinstance(x, Linear) for x in operands) > 1:
            ct, marked = cleaned(ct, marked), Marked(marked.mask, marked.mask)
        if any(isinstance(x, Linear) and not x.shape for x in operands) and ct.shape:  # a number written to many entries
            sent = primitive.transpose(cleaned(ct, marked), *operands, **params)
            return [(c, None) for c in sent]
        sent = primitive.transpose(ct, *operands, **params)
        return [(None, None) if c is None else (c, self._moved(marked, equation, i, ct, operands))
                for i, c in enumerate(sent)]

    def _moved(self, marked: Marked, equation: Equation, i: int, ct: Value, operands: Sequence[Slot]) -> Marked:
        mask = self._moved_mask(marked.mask, equation, i, ct, operands)
        written = marked.written
        return Marked(mask, self._moved_mask(written, equation, i, ct, operands) if written is not None else None)

    def _moved_mask(self, mask: Mask, equation: Equation, i: int, ct: Value, operands: Sequence[Slot]) -> Mask:
        """The mask of the cotangent that operand i is sent: every test with its entries moved alike."""
        chain: list[Mask] = []
        at: Mask | None = mask
        while at is not None and (at, equation.results, i) not in self._masks:
            chain.append(at)
            at = at.within
        within = self._masks[at, equation.results, i] if at is not None else None
        for at in reversed(chain):
            key = at.test, equation.results, i
            if key not in self._tests:
                self._tests[key] = Test(_moved_test, at.test, equation, i, ct.shape, operands)
            within = self._masks[at, equation.results, i] = self._mask(within, self._tests[key], at.outcome)
        assert within is not None
        return within


def _moved_test(test: Test, equation: Equation, i: int, shape: tuple[int, ...], operands: Sequence[Slot]) -> Value:
    value = test.value()
    if shape and not value.shape:  # a number, which rides along
        return value
    return _transposed(equation.primitive, value, operands, dict(equation.params), i)


def _transposed(primitive: AnyPrimitive, value: Value, operands: Sequence[Slot], params: Settings, i: int) -> Value:
    """The transpose of what moves entries, applied to booleans: 'some entry that comes to operand i is true'."""
    assert primitive.transpose is not None
    holes = [Linear(make_aval(x.shape, _BOOL)) if isinstance(x, Linear) else x for x in operands]
    moved = primitive.transpose(value, *holes, **params)[i]
    assert moved is not None and not isinstance(moved, Zero)
    return moved


def _kept(ct: Value, arrays: Sequence[Value], params: Settings) -> Value:
    everywhere = _everywhere(ct, arrays)
    return setitem_p(everywhere, everywhere.dtype.type(False), *arrays, index=params["index"])


def _everywhere(ct: Value, others: Sequence[Slot]) -> Value:
    return full(True, make_aval(ct.shape, _BOOL), innermost((ct, *others)))


def _entrywise(primitive: AnyPrimitive, ct: Value, marked: Marked, operands: Sequence[Slot],
               params: Settings) -> Sequence[Sent]:
    """Each entry by itself. A zero times something infinite is no zero any more, and has to be written again. Nothing is
    divided by zero, so that NumPy does not warn of what nobody has asked for."""
    assert primitive.transpose is not None
    if sum(isinstance(x, Linear) for x in operands) > 1:
        ct, marked = cleaned(ct, marked), Marked(marked.mask, marked.mask)
    exact = primitive in _EXACT or all(isinstance(x, Linear) or _is_harmless(primitive, x) for x in operands)
    if primitive is ew.divide and not exact:
        x, divisor = operands
        assert not isinstance(divisor, Linear)
        operands, exact = (x, ew.select(marked.mask.relative(None), divisor, ct.dtype.type(1))), True
    holes = [Linear(make_aval(ct.shape, x.aval.dtype)) if isinstance(x, Linear) else x for x in operands]
    sent = primitive.transpose(ct, *holes, **params)
    after = marked if exact else Marked(marked.mask, None)
    return [(None, None) if c is None else _fitting(c, after, x) for c, x in zip(sent, operands, strict=True)]


def _is_harmless(primitive: AnyPrimitive, x: object) -> bool:
    """Whether an operand is a number of the program's own that leaves a zero a zero."""
    if not isinstance(x, np.generic) or primitive not in (ew.multiply, ew.divide):
        return False
    return bool(np.isfinite(x)) and (primitive is ew.multiply or x != 0)


def _fitting(ct: Tangent, marked: Marked, hole: Slot) -> Sent:
    """The cotangent of an operand that may be a number riding along: what all entries send it, added up."""
    assert not isinstance(ct, Zero)
    if hole.shape or not ct.shape:
        return ct, marked
    return _summed(ct, marked, tuple(range(ct.ndim)))


def _summed(ct: Value, marked: Marked, axes: tuple[int, ...]) -> Sent:
    """The sum along axes, zero where all that is added up is."""
    if not axes:
        return ct, marked
    mask = Mask(None, Test(_any, marked.mask, ct.ndim, axes))
    total = cleaned(ct, marked)
    total = gather_up(total, make_aval((), total.dtype)) if len(axes) == ct.ndim else sum_p(total, axes=axes)
    return total, Marked(mask, mask)


def _any(mask: Mask, ndim: int, axes: tuple[int, ...]) -> Value:
    value = mask.relative(None)
    return value if ndim and not value.shape else any_p(value, axes=axes)


def _gather(primitive: AnyPrimitive, ct: Value, marked: Marked | None, operands: Sequence[Slot],
            params: Settings) -> Sequence[Sent]:
    assert primitive.transpose is not None
    sent = primitive.transpose(ct if marked is None else cleaned(ct, marked), *operands, **params)
    mask = Mask(None, Test(_gathered, primitive, marked.mask if marked is not None else None, ct, operands, params))
    return [(sent[0], Marked(mask, mask)), *[(c, None) for c in sent[1:]]]


def _gathered(primitive: AnyPrimitive, mask: Mask | None, ct: Value, operands: Sequence[Slot], params: Settings) -> Value:
    value = mask.relative(None) if mask is not None else _everywhere(ct, operands[1:])
    if ct.shape and not value.shape:
        value = broadcast(value, ct.shape, tuple(range(ct.ndim)))
    return _transposed(primitive, value, operands, params, 0)


def _contract(ct: Value, marked: Marked, operands: Sequence[Slot], params: Settings) -> Sequence[Sent]:
    """A product with sums. The other operand is taken to be finite, but in a mere dot product, where the entries of the
    operand are only multiplied by it: writing zeros costs as much as that, and far less than a product of matrices."""
    assert contract_p.transpose is not None
    of_x, of_y, of_z = parts(params["subscripts"])
    at = 0 if isinstance(operands[0], Linear) else 1
    of_hole, of_other = (of_x, of_y) if at == 0 else (of_y, of_x)
    is_dot = all(a in of_hole and a in of_other for a in of_z)
    mask = Mask(None, Test(_along, marked.mask, of_z, of_hole, operands[at].shape))
    c = contract_p.transpose(cleaned(ct, marked), *operands, **params)[at]
    sent: list[Sent] = [(None, None), (None, None)]
    sent[at] = c, Marked(mask, None if is_dot else mask)
    return sent


def _along(mask: Mask, of_ct: str, of_hole: str, shape: tuple[int, ...]) -> Value:
    """A mask of axes labelled one way, for axes labelled another way: any along those that go, repeated along new ones."""
    value = mask.relative(None)
    if not value.shape:
        return value
    gone = tuple([i for i, a in enumerate(of_ct) if a not in of_hole])
    value = any_p(value, axes=gone) if gone else value
    kept = "".join([a for a in of_ct if a in of_hole])
    wanted = "".join([a for a in of_hole if a in of_ct])
    order = tuple([kept.index(a) for a in wanted])
    value = value if order == tuple(range(len(order))) else permute_p(value, order=order)
    return broadcast(value, shape, tuple([i for i, a in enumerate(of_hole) if a not in of_ct]))


def _inside(equation: Equation, cts: Sequence[Tangent], marks: Sequence[Marked | None],
            operands: Sequence[Slot]) -> Sequence[Sent]:
    """A program run later on: the selection that made the mask moves into the program, to its end."""
    primitive, graph = equation.primitive, dict(equation.params)["graph"]
    assert primitive.transpose is not None
    builder = Builder(embeds=True)
    inputs = [builder.argument(v.aval) for v in graph.inputs]
    outputs = list(replay(graph, inputs))
    masks = []
    for i, marked in enumerate(marks):
        if marked is not None:
            masks.append(marked.mask.relative(None))
            outputs[i] = ew.select(builder.argument(make_aval(masks[-1].shape, _BOOL)), outputs[i], outputs[i].dtype.type(0))
    sent = primitive.transpose(tuple(cts), *operands, *masks, graph=builder.build(outputs))
    return [(c, None) for c in sent[:len(operands)]]


def _whole(equation: Equation, cts: Sequence[Tangent], marks: Sequence[Marked | None],
           operands: Sequence[Slot]) -> Sequence[Sent]:
    """Any other equation: where the cotangents of its results are zero everywhere, so are those of its operands."""
    primitive = equation.primitive
    assert primitive.transpose is not None
    there = [(ct, m) for ct, m in zip(cts, marks, strict=True) if not isinstance(ct, Zero)]
    clean = [ct if m is None or isinstance(ct, Zero) else cleaned(ct, m) for ct, m in zip(cts, marks, strict=True)]
    sent = primitive.transpose(tuple(clean) if primitive.several else clean[0], *operands, **dict(equation.params))
    masks = [(m.mask, ct.ndim) for ct, m in there if m is not None]
    if len(masks) < len(there):
        return [(c, None) for c in sent]
    mask = Mask(None, Test(_some, *[Test(_any, m, ndim, tuple(range(ndim))) for m, ndim in masks]))
    exact = not primitive.several and not any(getattr(x, "dtype", _BOOL).kind in "fc"
                                              for x in operands if not isinstance(x, Linear))
    return [(c, None) if c is None or isinstance(c, Zero) else (c, Marked(mask, mask if exact else None)) for c in sent]


def _some(*tests: Test) -> Value:
    value = tests[0].value()
    for test in tests[1:]:
        value = ew.logical_or(value, test.value())
    return value
