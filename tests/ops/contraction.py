"""The table of products: vectors, matrices and stacks of them, in every pairing of shapes that NumPy takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .elementwise import ComplexOp
from .row import Op

__all__ = ["ROWS"]

Shape = tuple[int, ...]

ROWS: list[Op] = []

_vecdot: Any = np.vecdot  # NumPy's own stub does not know its axis=


def _rows(name: str, fun: Callable[..., Any], *pairs: tuple[Shape, Shape], **settings: Any) -> None:
    ROWS.extend(Op(f"{name}{list(x)}{list(y)}", fun, (x, y), **settings) for x, y in pairs)


# -- pairs ----------------------------------------------------------------------------------------

_rows("dot", np.dot, ((), ()), ((), (3,)), ((2, 3), ()), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)),
      ((2, 2, 3), (3,)), ((3,), (2, 3, 2)), ((2, 2, 3), (3, 2)), ((2, 3), (2, 3, 2)), ((0, 3), (3, 2)),
      ((2, 0), (0, 3)), ((0,), (0,)), ((1, 1), (1, 1)))
_rows("matmul", np.matmul, ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((2, 2, 3), (3,)),
      ((3,), (2, 3, 2)), ((2, 2, 3), (3, 2)), ((2, 3), (2, 3, 2)), ((2, 2, 3), (2, 3, 2)), ((1, 2, 3), (2, 3, 2)),
      ((2, 1, 2, 3), (3, 3, 1)), ((2, 1, 1, 2), (1, 3, 2, 2)), ((2, 0, 3), (2, 3, 1)), ((2, 0), (0, 3)),
      ((0, 2, 3), (1, 3, 2)))
_rows("inner", np.inner, ((), (2,)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (2, 3)), ((2, 3), (4, 3)),
      ((2, 2, 3), (2, 3)))
_rows("outer", np.outer, ((), ()), ((3,), (2,)), ((2, 2), (3,)), ((0,), (2,)))
_rows("vdot", np.vdot, ((), ()), ((3,), (3,)), ((2, 3), (3, 2)))
_rows("kron", np.kron, ((), (2,)), ((2,), (3,)), ((2, 2), (1, 3)), ((2,), (2, 2)), ((2, 1, 2), (2, 2)))
_rows("cross", np.cross, ((3,), (3,)), ((2, 3), (3,)), ((2, 1, 3), (2, 3)))
_rows("cross along", lambda x, y: np.cross(x, y, axisa=0, axisb=1, axisc=0), ((3, 2), (2, 3)))
_rows("tensordot", np.tensordot, ((2, 3), (2, 3)), ((2, 2, 3), (2, 3)))
_rows("tensordot 0", lambda x, y: np.tensordot(x, y, 0), ((2,), (3,)), ((2, 2), (1, 2)), ((), (2,)))
_rows("tensordot 1", lambda x, y: np.tensordot(x, y, 1),
      ((2, 3), (3, 2)), ((2, 2, 3), (3, 2)), ((3,), (3, 2, 2)), ((3,), (3,)))
_rows("tensordot pairs", lambda x, y: np.tensordot(x, y, ((2, 0), (0, 1))), ((2, 2, 3), (3, 2)), ((2, 4, 3), (3, 2, 2)))
_rows("tensordot last", lambda x, y: np.tensordot(x, y, (-1, -1)), ((2, 3), (2, 3)), ((2, 3), (3,)))
_rows("vecdot", np.vecdot, ((3,), (3,)), ((2, 3), (3,)), ((2, 1, 3), (2, 3)))
_rows("vecdot along", lambda x, y: _vecdot(x, y, axis=0), ((3, 2), (3, 2)))
_rows("linalg.vecdot", np.linalg.vecdot, ((2, 3), (2, 3)))
_rows("linalg.matmul", np.linalg.matmul, ((2, 3), (3, 2)))
_rows("linalg.outer", np.linalg.outer, ((3,), (2,)))
_rows("linalg.cross", np.linalg.cross, ((2, 3), (2, 3)))
_rows("linalg.tensordot", lambda x, y: np.linalg.tensordot(x, y, axes=1), ((2, 3), (3, 2)))
_rows("matvec", lambda x, y: np.matvec(x, y), ((2, 3), (3,)), ((2, 2, 3), (3,)), ((2, 3), (2, 3)), since="2.2.0")
_rows("vecmat", lambda x, y: np.vecmat(x, y), ((3,), (3, 2)), ((2, 3), (3, 2)), ((3,), (2, 3, 2)), since="2.2.0")


# -- ways to write them ---------------------------------------------------------------------------


def _in_place(x: Any, y: Any) -> Any:
    z = x.copy()
    other_name = z
    z @= y
    return other_name


_A = np.array([[0.5, -1.25, 2.0], [1.5, 0.75, -0.5]])

ROWS += [
    Op("x @ y", lambda x, y: x @ y, ((2, 3), (3, 2))),
    Op("x @ constant", lambda x: x @ _A.T, ((2, 3),)),
    Op("constant @ x", lambda x: _A @ x, ((3, 2),)),
    Op("x @ integers", lambda x: x @ np.array([1, 0, 2]), ((2, 3),)),
    Op("x @ list", lambda x: x @ [[1.0], [2.0], [3.0]], ((2, 3),)),
    Op("x.dot(y)", lambda x, y: x.dot(y), ((2, 3), (3,))),
    Op("x @= y", _in_place, ((3, 2), (2, 2))),
    Op("x @ x.T", lambda x: x @ x.T, ((2, 3),)),
    Op("x[:, ::2] @ y", lambda x, y: x[:, ::2] @ y, ((2, 5), (3, 2))),
    Op("dot with a Python number", lambda x: np.dot(x, 2.0), ((2, 3),)),
    Op("outer of numbers", lambda x: np.outer([1.0, 2.0], x), ((3,),)),
    Op("matmul in one dtype", lambda x: np.matmul(x, x, dtype=np.float64), ((2, 2),)),
    Op("multi_dot of 2", lambda *xs: np.linalg.multi_dot(xs), ((2, 3), (3, 2))),
    Op("multi_dot of 3", lambda *xs: np.linalg.multi_dot(xs), ((2, 3), (3, 1), (1, 2))),
    Op("multi_dot of 4", lambda *xs: np.linalg.multi_dot(xs), ((4, 2), (2, 3), (3, 1), (1, 2)), smooth=1),
    Op("multi_dot between vectors", lambda *xs: np.linalg.multi_dot(xs), ((2,), (2, 3), (3,))),
    *[Op(f"matrix_power {n}", lambda x, n=n: np.linalg.matrix_power(x, n), ((2, 2),)) for n in (1, 2, 3, 5)],
    Op("matrix_power 2 of a stack", lambda x: np.linalg.matrix_power(x, 2), ((3, 2, 2),)),
]


# -- einsum: through BLAS, which rounds otherwise, and so without cancellation --------------------


def _einsum(subscripts: str, *shapes: Shape, **settings: Any) -> None:
    ROWS.append(Op(f"einsum {subscripts} {settings or ''}{list(map(list, shapes))}",
                   lambda *xs: np.einsum(subscripts, *xs, **settings), shapes, low=0.5, high=2.0, ulps=16))


for _subscripts, _shape in (
        ("ij->ji", (2, 3)), ("ij->", (2, 3)), ("ij->j", (2, 3)), ("ii->i", (3, 3)), ("ii", (3, 3)),
        ("iji->j", (2, 3, 2)), ("iii->i", (3, 3, 3)), ("...ij->...ji", (2, 2, 3)), ("ba", (2, 3)), ("ii->i", (0, 0)),
        ("iijj->ij", (2, 2, 3, 3))):
    _einsum(_subscripts, _shape)
for _subscripts, _first, _second in (
        ("i,i", (3,), (3,)), ("i,i->i", (3,), (3,)), ("i,j->ij", (3,), (2,)), ("ij,jk->ik", (2, 3), (3, 4)),
        ("ij,jk->ki", (2, 3), (3, 4)), ("ji,kj->ik", (3, 2), (4, 3)), ("ij,ij->i", (2, 3), (2, 3)),
        ("ij,ij->j", (2, 3), (2, 3)), ("ij,ij->", (2, 3), (2, 3)), ("ij,ji->", (2, 3), (3, 2)),
        ("ij,i->ij", (2, 3), (2,)), ("bij,bjk->bik", (2, 2, 3), (2, 3, 2)), ("ibj,kjb->kib", (2, 3, 2), (2, 2, 3)),
        ("bij,bj->ib", (2, 2, 3), (2, 3)),
        ("...j,j", (2, 2, 3), (3,)), ("...ij,...jk", (2, 1, 2), (2, 2, 2)), ("ij,kl->k", (2, 2), (3, 2)),
        ("ii,ij->j", (2, 2), (2, 3)), ("ij,jk", (1, 1), (2, 3)), ("ijk,jkl->il", (2, 2, 3), (2, 3, 2)),
        ("ijk,kjl->li", (2, 2, 3), (3, 2, 2)), ("bijk,blkj->bli", (2, 2, 2, 3), (2, 2, 3, 2)), (",ij", (), (2, 2)),
        ("i j , j k", (2, 3), (3, 2)), ("ij,jk->ik", (0, 3), (3, 2)), ("ij,jk->ik", (2, 0), (0, 2))):
    _einsum(_subscripts, _first, _second)
for _settings in ({}, {"optimize": True}, {"optimize": ["einsum_path", (1, 2), (0, 1)]}):
    _einsum("ij,jk,kl->il", (2, 3), (3, 2), (2, 2), **_settings)
ROWS += [
    Op("einsum of x and x", lambda x: np.einsum("ij,kj->ik", x, x), ((2, 3),), low=0.5, ulps=16),
    Op("einsum by lists", lambda x, y: np.einsum(x, [0, 1], y, [1, 2], [2, 0]), ((2, 3), (3, 2)), low=0.5, ulps=16),
    Op("einsum with a constant", lambda x: np.einsum("ij,j->i", _A**2, x), ((3,),), low=0.5, ulps=16),
]


# -- complex numbers ------------------------------------------------------------------------------

ROWS += [ComplexOp(f"complex {name}", fun, shapes) for name, fun, shapes in (
    ("dot", np.dot, ((2, 3), (3, 2))), ("a number dot an array", np.dot, ((), (3,))),
    ("matmul", np.matmul, ((2, 2, 3), (3, 2))),
    ("vdot", np.vdot, ((3,), (3,))), ("vecdot", np.vecdot, ((2, 3), (3,))), ("inner", np.inner, ((2, 3), (2, 3))),
    ("outer", np.outer, ((2,), (3,))), ("tensordot", np.tensordot, ((2, 3), (2, 3))), ("kron", np.kron, ((2,), (2,))))]
ROWS += [ComplexOp("complex einsum", lambda x, y: np.einsum("ij,ij->i", x, y), ((2, 3), (2, 3)), low=0.5, ulps=16)]
