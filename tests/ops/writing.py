"""Rows of NumPy's functions that write into an array."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .row import Op

__all__ = ["ROWS"]

ROWS: list[Op] = []

_MASK = np.array([[True, False, True], [False, True, True]])


def _row(name: str, write: Callable[..., Any], *shapes: tuple[int, ...], **settings: Any) -> None:
    def fun(x: Any, *others: Any) -> Any:
        y = x * x
        write(y, *others)
        return y * x

    ROWS.append(Op(name, fun, shapes or ((2, 3),), **settings))


def _rows_of(y: Any, v: Any) -> None:
    np.copyto(y[1], v)


def _partition(y: Any) -> None:
    y.partition(1)


_row("copyto", lambda y, v: np.copyto(y, v), (2, 3), (3,))
_row("copyto where", lambda y, v: np.copyto(y, v * 2.0, where=_MASK), (2, 3), (2, 3))
_row("copyto where traced", lambda y: np.copyto(y, 0.5, where=y > 1))
_row("copyto into a view", _rows_of, (2, 3), (3,))
_row("put", lambda y, v: np.put(y, [0, -1, 4], v), (2, 3), (3,))
_row("put of a number", lambda y: np.put(y, [1, 2], 7.0))
_row("put again", lambda y, v: np.put(y, [1, 1, 2], v), (2, 3), (3,))
_row("put of few", lambda y, v: np.put(y, np.arange(5), v), (2, 3), (2,))
_row("put, wrap and clip", lambda y, v: (np.put(y, [7], v, mode="wrap"), np.put(y, [-3, 9], v, mode="clip")), (2, 3), ())
_row("x.put", lambda y, v: y.put([0, 5], v), (2, 3), (2,))
_row("putmask", lambda y, v: np.putmask(y, _MASK, v), (2, 3), (2,))
_row("putmask traced", lambda y, v: np.putmask(y, y > 1, v), (2, 3), (2, 3))
_row("place", lambda y, v: np.place(y, _MASK, v), (2, 3), (3,))
_row("put_along_axis", lambda y, v: np.put_along_axis(y, np.array([[1], [0]]), v, axis=1), (2, 3), (2, 1))
_row("put_along_axis of a number", lambda y: np.put_along_axis(y, np.argmax(y, axis=1, keepdims=True), 0.5, axis=1),
     distinct=True)
_row("put_along_axis of all", lambda y, v: np.put_along_axis(y, np.array([1, 0, 5]), v, axis=None), (2, 3), (3,))
_row("fill_diagonal", lambda y, v: np.fill_diagonal(y, v), (3, 3), ())
_row("fill_diagonal with several", lambda y, v: np.fill_diagonal(y, v), (3, 4), (2,))
_row("fill_diagonal of a tall array", lambda y: np.fill_diagonal(y, 1.0), (5, 2))
_row("fill_diagonal, wrap", lambda y, v: np.fill_diagonal(y, v, wrap=True), (7, 3), (4,))
_row("fill_diagonal of a cube", lambda y, v: np.fill_diagonal(y, v), (3, 3, 3), ())
_row("add.at", lambda y, v: np.add.at(y, (np.array([0, 1, 0]), np.array([2, 2, 2])), v), (2, 3), (3,))
_row("add.at of a slice", lambda y, v: np.add.at(y, (0, slice(1, 3)), v), (2, 3), (2,))
_row("add.at of rows", lambda y, v: np.add.at(y, [0, 0, 1], v), (2, 3), (3,))
_row("add.at of a number", lambda y: np.add.at(y, (1, 1), 2.0))
_row("subtract.at", lambda y, v: np.subtract.at(y, [1, 1], v), (2, 3), (2, 3))
_row("x.partition", _partition, (2, 3), distinct=True)
