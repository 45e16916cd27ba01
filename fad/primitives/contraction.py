"""Products with sums: one primitive for dot, matmul, inner, outer, tensordot and the pairs of an einsum.

    z = contract["ij,jk->ik"](x, y)     z_ik = Σ_j x_ij y_jk
    dz = contract(dx, y) + contract(x, dy)
    x̄ = contract["ik,jk->ij"](z̄, y)    ȳ = contract["ij,ik->jk"](x, z̄)

A label stands once in x, once in y, once in z, and in at least two of the three: nothing is summed within one
operand alone. So the transpose of a contraction is a contraction, with the roles of the three exchanged, and a
stack of contractions is one with a label more. The product is without conjugation: linear over the complex numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from ..core.avals import Aval, make_aval
from ..core.primitive import Linear, Params, Primitive, Tangent, Value, innermost, partials
from ..errors import DtypeError, ShapeError
from .elementwise import multiply
from .structural import permute

__all__ = ["canonical", "contract", "contract_p", "labels", "parts"]

Run = Callable[[Value, Value], Value]

_FIRST = "ijklmnopqrstuvwxyzabcdefghIJKLMNOPQRSTUVWXYZABCDEFGH"
_N_REMEMBERED = 4096


def labels(n: int) -> str:
    """The first n labels; they are single characters, and after 52 no longer letters of einsum's."""
    return _FIRST[:n] + "".join(map(chr, range(0x100, 0x100 + n - len(_FIRST))))


@lru_cache(_N_REMEMBERED)
def parts(subscripts: str) -> tuple[str, str, str]:
    """The labels of x, of y and of the result."""
    operands, result = subscripts.split("->")
    x, y = operands.split(",")
    return x, y, result


@lru_cache(_N_REMEMBERED)
def canonical(subscripts: str) -> str:
    """The same contraction by its usual labels: i, j, k, ... in order of appearance. Equal ones become equal."""
    x, y, _ = parts(subscripts)
    found = "".join(dict.fromkeys(x + y))
    return subscripts.translate(str.maketrans(found, labels(len(found))))


# -- the five answers -----------------------------------------------------------------------------


def _contract_evaluate(x: Value, y: Value, *, subscripts: str, by: str = "") -> Value:
    return _plan(subscripts, by)(x, y)


def _contract_infer(x: Aval, y: Aval, *, subscripts: str, by: str = "") -> Aval:
    of_x, of_y, of_z = parts(subscripts)
    for one, others in ((of_x, of_y + of_z), (of_y, of_x + of_z), (of_z, of_x + of_y)):
        assert len(set(one)) == len(one) and set(one) <= set(others), subscripts
    if x.dtype != y.dtype:
        raise DtypeError(f"contract {subscripts} of {x} and {y}", why="a strict primitive takes operands of one dtype",
                         edit="convert them first")
    size = dict(zip(of_x, x.shape, strict=True))
    for label, n in zip(of_y, y.shape, strict=True):
        if size.setdefault(label, n) != n:
            raise ShapeError(f"contract {subscripts} of {x} and {y}", edit="give the axes of one label one size",
                             why=f"the axis {label} has size {size[label]} in one and {n} in the other")
    return make_aval(tuple([size[label] for label in of_z]), x.dtype)


def _contract_batch(operands: Sequence[Value], mapped: Sequence[bool], *, subscripts: str, by: str = "") -> Value:
    of_x, of_y, of_z = parts(subscripts)
    stack = labels(len(set(of_x + of_y)) + 1)[-1]
    x_stack, y_stack = (stack if m else "" for m in mapped)
    return contract(operands[0], operands[1], f"{x_stack}{of_x},{y_stack}{of_y}->{stack}{of_z}")


def _contract_transpose(ct: Value, x: Value | Linear, y: Value | Linear, *, subscripts: str,
                        by: str = "") -> Sequence[Tangent | None]:
    of_x, of_y, of_z = parts(subscripts)
    if not isinstance(y, Linear):
        return contract(ct, y, f"{of_z},{of_y}->{of_x}"), None
    assert not isinstance(x, Linear)
    return None, contract(x, ct, f"{of_x},{of_z}->{of_y}")


contract_p: Primitive = Primitive(
    "contract", _contract_evaluate, _contract_infer,
    partials(lambda t, z, x, y, *, subscripts, by="": contract_p(t, y, subscripts=subscripts),
             lambda t, z, x, y, *, subscripts, by="": contract_p(x, t, subscripts=subscripts)),
    _contract_batch, _contract_transpose)


def contract(x: Value, y: Value, subscripts: str, by: str = "") -> Value:
    """The product of x and y, summed over the labels that the result lacks.

    Args:
        x, y: of one dtype; axes of one label have one size.
        subscripts: "labels of x,labels of y->labels of the result", one character an axis.
        by: the NumPy function that rounds as the result is to be rounded, where it is not the fastest call that will
            do: "dot", "inner", "tensordot", "vdot" and the ufuncs "matmul", "matvec", "vecdot" and "vecmat".
    """
    params = _params(subscripts, by)
    if params is None:
        of_x, of_y, of_z = parts(subscripts)
        x, y = (permute(v, _order(own, of_z)) if own else v for v, own in ((x, of_x), (y, of_y)))
        return multiply(x, y)
    recorder = innermost((x, y))
    return _plan(canonical(subscripts), by)(x, y) if recorder is None else recorder.record(contract_p, (x, y), params)


@lru_cache(_N_REMEMBERED)
def _params(subscripts: str, by: str) -> Params | None:
    """The params of contract_p; None where it would be a multiplication entry by entry, or by a number."""
    of_x, of_y, of_z = parts(subscripts)
    if not by and (not of_x or not of_y or of_x == of_y == of_z):
        return None
    usual = ("subscripts", canonical(subscripts))
    return (("by", by), usual) if by else (usual,)


# -- evaluation: which call of NumPy's ------------------------------------------------------------
# A label is summed (in x and y alone), shared (in all three), or free (in z and one operand).


@lru_cache(_N_REMEMBERED)
def _plan(subscripts: str, by: str) -> Run:
    of_x, of_y, of_z = parts(subscripts)
    if by in _STACKS:
        return _broadcasting(by, of_x, of_y, of_z)
    if by in _CALLS:
        return _CALLS[by]
    summed = "".join([a for a in of_x if a in of_y and a not in of_z])
    shared = "".join([a for a in of_z if a in of_x and a in of_y])
    if by == "tensordot":
        return _matrix_product(of_x, of_y, of_z, summed, vectors=False)
    if not summed:
        return _product(of_x, of_y, of_z)
    if not shared:
        return _small_dot(of_x, of_y, of_z, summed) if max(len(of_x), len(of_y)) <= 2 and len(summed) == 1 else (
            _matrix_product(of_x, of_y, of_z, summed, vectors=True))
    if len(of_x) == len(of_y) == len(summed) + len(shared) and subscripts.isascii():
        return _row_sums(subscripts, rows=of_x == of_y == of_z + summed and len(summed) == 1)
    return _stack_of_products(of_x, of_y, of_z, summed, shared)


_CALLS: dict[str, Callable[[Value, Value], Any]] = {  # Any: to NumPy's stubs some are numbers
    "dot": np.dot, "inner": np.inner, "vdot": lambda x, y: np.vdot(x.conj(), y)}
_STACKS = {"matmul": (2, 2), "matvec": (2, 1), "vecdot": (1, 1), "vecmat": (1, 2)}  # axes of each operand, at most


def _broadcasting(by: str, of_x: str, of_y: str, of_z: str) -> Run:
    """A ufunc on stacks that broadcast: with an axis of size 1 for each that an operand lacks."""
    ufunc = getattr(np, by)
    x_core, y_core = (own[-n:] for own, n in zip((of_x, of_y), _STACKS[by], strict=True))
    stack = "".join([a for a in of_z if a not in x_core + y_core])
    x_index, y_index = (_new_axes(own, stack) for own in (_without(of_x, x_core), _without(of_y, y_core)))
    if by in ("vecdot", "vecmat"):  # which conjugate the first operand; conj() of a real array is the array
        return lambda x, y: ufunc(x[(*x_index, ...)].conj(), y[(*y_index, ...)])
    if not x_index and not y_index:
        run: Run = ufunc
        return run
    return lambda x, y: ufunc(x[(*x_index, ...)], y[(*y_index, ...)])


def _new_axes(own: str, wanted: str) -> tuple[slice | None, ...]:
    """The index that gives an array with the axes `own` those it lacks of `wanted`; leading ones broadcast anyway."""
    first = min([wanted.index(a) for a in own], default=len(wanted))
    index = [slice(None) if a in own else None for a in wanted[first:]]
    return tuple(index) if None in index else ()


def _product(of_x: str, of_y: str, of_z: str) -> Run:
    """Nothing is summed: one multiplication of broadcast views. A number, which may be Python's, rides along."""
    x_order, y_order = (_order(own, "".join([a for a in of_z if a in own])) for own in (of_x, of_y))
    x_index, y_index = (tuple([slice(None) if a in own else None for a in of_z]) for own in (of_x, of_y))
    if not of_x:
        return lambda x, y: np.multiply(x, y.transpose(y_order) if y_order else y)
    if not of_y:
        return lambda x, y: np.multiply(x.transpose(x_order), y)
    return lambda x, y: np.multiply(x.transpose(x_order)[x_index], y.transpose(y_order)[y_index])


def _row_sums(subscripts: str, *, rows: bool) -> Run:
    """Σ_j x_ij y_ij: along the last axis by BLAS, a row at a time, otherwise by einsum's own loop."""
    if not rows:
        return lambda x, y: np.einsum(subscripts, x, y)
    return lambda x, y: np.einsum(subscripts, x, y) if x.dtype.kind == "c" else np.vecdot(x, y)  # which conjugates


def _small_dot(of_x: str, of_y: str, of_z: str, summed: str) -> Run:
    """Matrices and vectors: np.dot of them as they are, transposed or not, in this order or the other.

    BLAS takes transposed views for free, but making one takes as long as a small product: the fewer the better.
    """
    x_free, y_free = _without(of_x, summed), _without(of_y, summed)
    straight = of_x != x_free + summed, of_y != summed + y_free
    swapped = of_y != y_free + summed, of_x != summed + x_free
    if of_z == x_free + y_free and (of_z != y_free + x_free or sum(straight) <= sum(swapped)):
        turns: dict[tuple[bool, bool], Run] = {
            (False, False): np.dot, (True, False): lambda x, y: np.dot(x.T, y),
            (False, True): lambda x, y: np.dot(x, y.T), (True, True): lambda x, y: np.dot(x.T, y.T)}
        return turns[straight]
    turns = {(False, False): lambda x, y: np.dot(y, x), (True, False): lambda x, y: np.dot(y.T, x),
             (False, True): lambda x, y: np.dot(y, x.T), (True, True): lambda x, y: np.dot(y.T, x.T)}
    return turns[swapped]


def _matrix_product(of_x: str, of_y: str, of_z: str, summed: str, *, vectors: bool) -> Run:
    """No label is shared: np.dot of matrices into which the axes are merged.

    Where an operand has no free label it is a vector, or, as np.tensordot has it, a matrix of one row or column.
    """
    x_free, y_free = _without(of_x, summed), _without(of_y, summed)
    swaps = bool(x_free) and bool(y_free) and of_z[0] in y_free
    if swaps:
        of_x, of_y, x_free, y_free = of_y, of_x, y_free, x_free
    if not of_x or not of_y:
        return _product(of_x, of_y, of_z)
    x_order, y_order = _order(of_x, x_free + summed), _order(of_y, summed + y_free)
    x_is_vector, y_is_vector = vectors and not x_free, vectors and not y_free
    n_rows, n_summed = len(x_free), len(summed)
    z_order = None if of_z == x_free + y_free else _order(x_free + y_free, of_z)

    def run(x: Value, y: Value) -> Value:
        if swaps:
            x, y = y, x
        x, y = x.transpose(x_order), y.transpose(y_order)
        rows, columns = x.shape[:n_rows], y.shape[n_summed:]
        k = prod(y.shape[:n_summed])
        x = x.reshape(k) if x_is_vector else x.reshape(prod(rows), k)
        y = y.reshape(k) if y_is_vector else y.reshape(k, prod(columns))
        if not rows and not columns:
            z: Value = np.dot(x, y) if vectors else np.dot(x, y)[0, 0]
            return z
        z = np.empty(rows + columns, x.dtype)  # made here, so that it is not a view of what dot made
        np.dot(x, y, out=z.reshape(x.shape[:-1] + y.shape[1:]))
        return z if z_order is None else z.transpose(z_order)

    return run


def _stack_of_products(of_x: str, of_y: str, of_z: str, summed: str, shared: str) -> Run:
    """Some labels are shared: np.matmul of stacks of matrices, with the free axes of each operand merged into one."""
    x_free, y_free = (_without(own, summed + shared) for own in (of_x, of_y))
    swaps = bool(x_free) and bool(y_free) and _without(of_z, shared)[0] in y_free
    if swaps:
        of_x, of_y, x_free, y_free = of_y, of_x, y_free, x_free
    x_order, y_order = _order(of_x, shared + x_free + summed), _order(of_y, shared + summed + y_free)
    n_stack, n_summed, n_rows = len(shared), len(summed), len(x_free)
    natural = shared + x_free + y_free
    z_order = None if of_z == natural else _order(natural, of_z)

    def run(x: Value, y: Value) -> Value:
        if swaps:
            x, y = y, x
        x, y = x.transpose(x_order), y.transpose(y_order)
        stack, rows, columns = y.shape[:n_stack], x.shape[n_stack:n_stack + n_rows], y.shape[n_stack + n_summed:]
        m, k, n = prod(rows), prod(y.shape[n_stack:n_stack + n_summed]), prod(columns)
        z = np.empty(stack + rows + columns, x.dtype)
        np.matmul(x.reshape(*stack, m, k), y.reshape(*stack, k, n), out=z.reshape(*stack, m, n))
        return z if z_order is None else z.transpose(z_order)

    return run


def _order(own: str, wanted: str) -> tuple[int, ...]:
    return tuple([own.index(a) for a in wanted])


def _without(own: str, others: str) -> str:
    return "".join([a for a in own if a not in others])
