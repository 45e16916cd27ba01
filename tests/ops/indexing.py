"""The table of indexing: keys of every kind, read and written, and the functions that make arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import fad.numpy as fnp

from .elementwise import ComplexOp
from .row import Op

__all__ = ["ROWS"]

Function = Callable[..., Any]


class _Key:
    """key[1:, None] is the key that x[1:, None] has."""

    def __getitem__(self, k: Any) -> Any:
        return k


key = _Key()
_MASK = np.array([True, False, True])
_TWICE = np.array([2, 0, 2, -1])

# -- reading --------------------------------------------------------------------------------------


def _get(k: Any) -> Function:
    return lambda x: x[k]


_KEYS: dict[str, Any] = {
    "1": key[1], "-1": key[-1], "1, -2": key[1, -2], "1, 2, 0": key[1, 2, 0], "numpy integer": key[np.int32(1)],
    ":": key[:], "1:": key[1:], "::-1": key[::-1], ":, ::2": key[:, ::2], "::-1, ::-2": key[::-1, ::-2], "5:": key[5:],
    "..., 1": key[..., 1], "0, ...": key[0, ...], "...": key[...], "None": key[None], ":, None": key[:, None],
    "1, None, 1:": key[1, None, 1:], "1, 2, 0, ...": key[1, 2, 0, ...],
    "list": key[[1, 0, 1]], "array": key[:, _TWICE], "2-d array": key[:, [[0, 1], [2, 2]]], "empty list": key[[]],
    "arrays": key[[0, 1], [2, 0]], "arrays of two shapes": key[[[0], [1]], [2, 0, 0]], "apart": key[[0, 1], :, [1, 0]],
    "array and integer": key[1, _TWICE], "integer apart": key[0, :, [1, 0]], "array, slice": key[[1, 0], 1:, ::-1],
    "slice, arrays": key[:, [2, 0], [1, 1]], "empty ellipsis apart": key[:, [0, 1], ..., [1, 0]],
    "array, None": key[[0, 1], None], "apart by None": key[[0, 1], None, [1, 0]], "0-d array": key[np.array(1)],
    "mask": key[:, _MASK], "2-d mask": key[np.array([[True, False, True], [False, False, True]])],
    "mask and integer": key[0, _MASK], "mask and array": key[:, _MASK, [0, 1]], "True": key[True], "False": key[False],
    "True, 1": key[True, 1], "empty mask": key[:, np.zeros(3, bool)],
}
ROWS: list[Op] = [Op(f"x[{name}]", _get(k), ((2, 3, 2),)) for name, k in _KEYS.items()]
ROWS += [ComplexOp(f"complex x[{name}]", _get(_KEYS[name]), ((2, 3, 2),)) for name in (
    "1:", "array", "apart", "2-d mask")]
ROWS += [
    Op("x[i] of a vector", lambda x: x[1] * x[-1], ((3,),)),
    Op("x[i, j] in a loop", lambda x: sum(x[i, j] * x[j, i] for i in range(3) for j in range(i)), ((3, 3),)),
    Op("x[x > 0]", lambda x: x[x > 0] ** 2, ((3, 2),), 0.2, 2.0),
    Op("x[~(x > 0)]", lambda x: x[~(x > 0)] ** 2, ((3, 2),), 0.2, 2.0),
    Op("x[argsort]", lambda x: x[np.argsort(x)] * np.arange(1, 6), ((5,),), distinct=True),
    Op("x[argmax]", lambda x: x[np.argmax(x)] ** 2, ((5,),), distinct=True),
    Op("x[:, argmax, None]", lambda x: x[:, np.argmax(x[0]), None] * x, ((2, 3),), distinct=True),
    Op("x[:argmax + 1]", lambda x: np.sum(x[:np.argmax(x) + 1] ** 2), ((5,),), distinct=True),
    Op("x[argsort, argsort]", lambda x: x[np.argsort(x[:, 0]), np.argsort(x[0])], ((3, 3),), distinct=True),
    Op("x[:, argsort of rows]", lambda x: x[:, np.argsort(x, axis=1)], ((2, 2),), distinct=True),
    Op("array[traced integer]", lambda x: x * np.array([1, 2, 3])[np.argmax(x)], ((3,),), distinct=True),
    Op("a view of a view", lambda x: x[1:][::2][0] * x[0], ((4, 2),)),
    Op("rows, unpacked", lambda x: (lambda a, b: a * b)(*x), ((2, 3),)),
    Op("of no rows", lambda x: x[:, 1:], ((0, 3),)),
    Op("no entries of some", lambda x: x[np.zeros(0, int)], ((3,),)),
    Op("None of a number", lambda x: x[None] * x[..., None] + x[()], ((),)),
    Op("item", lambda x: x.item(1, 0) * x.item(3), ((2, 2),)),
]

# -- writing --------------------------------------------------------------------------------------


def _set(k: Any) -> Function:
    def write(x: Any, y: Any) -> Any:
        z = x * 1
        z[k] = y
        return z

    return write


def _add(k: Any) -> Function:
    def write(x: Any, y: Any) -> Any:
        z = x * 1
        z[k] += y
        z[k] *= y
        return z

    return write


_SHAPES = {name: np.zeros((2, 3, 2))[k].shape for name, k in _KEYS.items()}
ROWS += [Op(f"x[{name}] = y", _set(k), ((2, 3, 2), _SHAPES[name])) for name, k in _KEYS.items()]
ROWS += [Op(f"x[{name}] = number", _set(k), ((2, 3, 2), ())) for name, k in _KEYS.items()]
ROWS += [Op(f"x[{name}] += y", _add(k), ((2, 3, 2), _SHAPES[name])) for name, k in _KEYS.items()]
ROWS += [ComplexOp(f"complex x[{name}] = y", _set(_KEYS[name]), ((2, 3, 2), _SHAPES[name])) for name in (
    "1:", "array", "apart")]


def _written(write: Callable[..., None]) -> Function:
    """The array after `write(array, *others)`."""
    def fun(x: Any, *others: Any) -> Any:
        z = x * 1
        write(z, *others)
        return z

    return fun


def _mask_number(z: Any, y: Any) -> None:
    z[z > 0.5] = y


def _mask_constant(z: Any) -> None:
    z[z > 0.5] = 0.25


def _mask_of_rows(z: Any, y: Any) -> None:
    z[z[:, 0] > 0.5] = y


def _at_argmax(z: Any, y: Any) -> None:
    z[np.argmax(z)] = y
    z[np.argsort(z)[:2]] *= y


def _repeated(z: Any, y: Any) -> None:
    z[[0, 1, 0, 0]] = y


def _broadcast(z: Any, y: Any) -> None:
    z[1:, :2] = y
    z[:, None, 1] = y[0]


ROWS += [
    Op("x[mask of (3, 2)] = number", _written(_mask_number), ((3, 2), ()), distinct=True),
    Op("x[mask] = constant", _written(_mask_constant), ((3, 2),), distinct=True),
    Op("x[mask of rows] = row", _written(_mask_of_rows), ((3, 2), (2,)), distinct=True),
    Op("x[argmax] = y", _written(_at_argmax), ((4,), ()), distinct=True),
    Op("the last write wins", _written(_repeated), ((3,), (4,))),
    Op("the last row wins", _written(_repeated), ((3, 2), (4, 2))),
    Op("a value is broadcast", _written(_broadcast), ((3, 3), (2,))),
]

# -- functions that read at positions -------------------------------------------------------------

ROWS += [
    Op("take", lambda x: np.take(x, [3, 0, 3, -1]), ((2, 3),)),
    Op("take of one", lambda x: np.take(x, 2), ((2, 3),)),
    Op("take, axis", lambda x: np.take(x, _TWICE, axis=1), ((2, 3, 2),)),
    Op("take, axis -1, 2-d", lambda x: np.take(x, [[0, 1], [1, 1]], axis=-1), ((2, 3, 2),)),
    Op("take, clip", lambda x: np.take(x, [5, -7, 1], mode="clip"), ((3,),)),
    Op("take, wrap", lambda x: np.take(x, [5, -7, 1], axis=0, mode="wrap"), ((3, 2),)),
    Op("take at argsort", lambda x: np.take(x, np.argsort(x)), ((4,),), distinct=True),
    Op("take from a table", lambda x: np.take(np.arange(4), np.argsort(x)) * x, ((4,),), distinct=True),
    Op("x.take", lambda x: x.take([0, 0, 1], axis=1), ((2, 3),)),
    Op("compress axis 1", lambda x: np.compress(_MASK, x, axis=1), ((2, 3),)),
    Op("compress of all", lambda x: x.compress([False, True, True]), ((2, 2),)),
    Op("extract squared", lambda x: np.extract(x > 0, x) ** 2, ((2, 3),), 0.2, 2.0),
]

# -- functions that make arrays -------------------------------------------------------------------


def _filled(make: Callable[[Any], Any]) -> Function:
    def fun(x: Any) -> Any:
        z = make(x)
        z[1] = x[0] * x[1]
        z[0] = z[1] * 2
        return z

    return fun


ROWS += [
    Op("zeros", _filled(lambda x: fnp.zeros(3, x.dtype)), ((3,),)),
    Op("ones", _filled(lambda x: fnp.ones((2, 3), x.dtype)), ((3,),)),
    Op("full", _filled(lambda x: fnp.full(3, 2.5, x.dtype)), ((3,),)),
    Op("full of x", _filled(lambda x: fnp.full((2, 3), x)), ((3,),)),
    Op("full of a number", lambda x: fnp.full((2, 3), x), ((),)),
    Op("eye", _filled(lambda x: fnp.eye(3, dtype=x.dtype)), ((3,),)),
    Op("identity", _filled(lambda x: fnp.identity(3, x.dtype)), ((3,),)),
    Op("arange", _filled(lambda x: fnp.arange(3, dtype=x.dtype)), ((3,),)),
    Op("linspace", _filled(lambda x: fnp.linspace(0.0, 1.0, 3, dtype=x.dtype)), ((3,),)),
    Op("zeros_like", _filled(np.zeros_like), ((3,),)),
    Op("ones_like", _filled(np.ones_like), ((3, 2),)),
    Op("full_like", _filled(lambda x: np.full_like(x, 1.5)), ((3,),)),
    Op("full_like of x", _filled(lambda x: np.full_like(x, x[1])), ((3,),)),
    Op("empty_like", lambda x: (lambda z: (z.fill(x[0]), z)[1])(np.empty_like(x)), ((3,),)),
    Op("zeros_like, shape", lambda x: np.zeros_like(x, shape=(2, 2)) + x, ((2,),)),
    Op("copy", _filled(np.copy), ((3,),)),
    Op("array", lambda x: fnp.array([x, x * x]), ((3,),)),
    Op("array of entries", lambda x: fnp.array([[x[0], x[1]], [x[1], x[2] * x[0]]]), ((3,),)),
    Op("array of a list", _filled(lambda x: fnp.array([1.0, 2.0, 3.0], x.dtype)), ((3,),)),
    Op("array, ndmin", lambda x: fnp.array(x, ndmin=3), ((3,),)),
    Op("asarray", lambda x: fnp.asarray([x, 2 * x]), ((3,),)),
    Op("linspace from x", lambda x: np.linspace(x, 2.0, 4, dtype=x.dtype), ((),)),
    Op("linspace to x", lambda x: np.linspace(0.0, x, 5, endpoint=False), ((),)),
    Op("linspace of arrays", lambda x: np.linspace(x, x * x, 4, axis=1), ((3,),), 0.2, 0.9),
    Op("linspace, retstep", lambda x: np.linspace(x[0], x[1], 4, retstep=True), ((2,),), distinct=True),
    Op("linspace of one and of none", lambda x: (np.linspace(x, 1.0, 1), np.linspace(x, 1.0, 0)), ((),)),
]
