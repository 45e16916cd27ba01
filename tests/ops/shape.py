"""Rows of the functions that reshape, join, split, repeat and rearrange."""

from __future__ import annotations

import numpy as np

from .row import Op

__all__ = ["ROWS"]

_ROW, _BOX, _CUBE = (4,), (2, 3), (2, 3, 4)

_RESHAPING = [
    Op("reshape", lambda x: np.reshape(x, (3, 2)), (_BOX,)),
    Op("reshape, -1", lambda x: np.reshape(x, (4, -1)), (_CUBE,)),
    Op("reshape, int", lambda x: np.reshape(x, 6), (_BOX,)),
    Op("reshape, F", lambda x: np.reshape(x, (4, 6), order="F"), (_CUBE,)),
    Op("reshape, copy", lambda x: np.reshape(x, (3, -1), copy=True), (_BOX,), since="2.1.0"),
    Op("reshape, no entries", lambda x: np.reshape(x, (3, 0, 2)), ((0, 2),)),
    Op("reshape, a number", lambda x: np.reshape(x, (1, 1)), ((),)),
    Op("reshape, to a number", lambda x: np.reshape(x, ()), ((1, 1),)),
    Op("x.reshape", lambda x: x.reshape(3, 2) * x.reshape((3, 2), order="F"), (_BOX,)),
    Op("ravel", np.ravel, (_CUBE,)),
    Op("ravel, F", lambda x: np.ravel(x, "F"), (_CUBE,)),
    Op("x.flatten", lambda x: x.flatten(), (_BOX,)),
    Op("ravel of a transpose", lambda x: x.T.ravel(), (_BOX,)),
    Op("expand_dims", lambda x: np.expand_dims(x, 1), (_BOX,)),
    Op("expand_dims, tuple", lambda x: np.expand_dims(x, (0, -1)), (_BOX,)),
    Op("squeeze", np.squeeze, ((1, 3, 1),)),
    Op("squeeze, repeat, take, axis of a number",
       lambda x: (np.squeeze(x, -1), np.repeat(x, 3, axis=0), np.take(x, [0, 0], axis=0)), ((),)),
    Op("squeeze, axis", lambda x: np.squeeze(x, -1), ((1, 3, 1),)),
    Op("squeeze, tuple", lambda x: x.squeeze((0, 2)), ((1, 3, 1),)),
    Op("atleast_1d", np.atleast_1d, ((),)),
    Op("atleast_2d", np.atleast_2d, (_ROW,)),
    Op("atleast_3d", lambda x: np.atleast_3d(x), (_BOX,)),
    Op("atleast_3d, a row", np.atleast_3d, (_ROW,)),
    *[Op(f"atleast_{n}d, more axes", lambda x, n=n: getattr(np, f"atleast_{n}d")(x)[1] * 1.0, ((2, 1, 3, 2),))
      for n in (1, 2, 3)],
    Op("atleast_2d, several", lambda x, y: np.atleast_2d(x, y)[0] * y, ((), _BOX)),
]

_PERMUTING = [
    Op("transpose", np.transpose, (_CUBE,)),
    Op("transpose, axes", lambda x: np.transpose(x, (1, -1, 0)), (_CUBE,)),
    Op("x.T", lambda x: x.T, (_BOX,)),
    Op("x.transpose", lambda x: x.transpose(2, 0, 1), (_CUBE,)),
    Op("swapaxes", lambda x: np.swapaxes(x, 0, -1), (_CUBE,)),
    Op("matrix_transpose", np.matrix_transpose, (_CUBE,)),
    Op("linalg.matrix_transpose", np.linalg.matrix_transpose, (_CUBE,)),
    Op("moveaxis", lambda x: np.moveaxis(x, 0, -1), (_CUBE,)),
    Op("moveaxis, tuples", lambda x: np.moveaxis(x, (0, 1), (-1, 0)), (_CUBE,)),
    Op("rollaxis", lambda x: np.rollaxis(x, 2), (_CUBE,)),
    Op("rollaxis, start", lambda x: np.rollaxis(x, 0, 2), (_CUBE,)),
    Op("rollaxis, negative start", lambda x: np.rollaxis(x, 0, -1), (_CUBE,)),
    Op("flip", np.flip, (_CUBE,)),
    Op("flip, axis", lambda x: np.flip(x, (0, -1)), (_CUBE,)),
    Op("fliplr", np.fliplr, (_BOX,)),
    Op("flipud", np.flipud, (_BOX,)),
    *[Op(f"rot90, {k}", lambda x, k=k: np.rot90(x, k), (_BOX,)) for k in (1, 2, 3, 4)],
    Op("rot90, axes", lambda x: np.rot90(x, -1, (2, 0)), (_CUBE,)),
]

_BROADCASTING = [
    Op("broadcast_to", lambda x: np.broadcast_to(x, (2, 4, 3)), ((1, 3),)),
    Op("broadcast_to, a number", lambda x: np.broadcast_to(x, 3), ((),)),
    Op("broadcast_arrays", lambda x, y: np.broadcast_arrays(x, y)[0] * y, ((3,), (2, 1))),
    Op("meshgrid", lambda x, y: sum(np.meshgrid(x, y)), ((3,), (2,))),
    Op("meshgrid, ij", lambda x, y, z: np.meshgrid(x, y, z, indexing="ij")[2], ((3,), (2,), (2,))),
    Op("meshgrid, three", lambda x, y, z: np.meshgrid(x, y, z)[0], ((3,), (2,), (2,))),
    Op("meshgrid, sparse", lambda x, y: np.multiply(*np.meshgrid(x, y, sparse=True)), ((3,), (2,))),
    Op("tile", lambda x: np.tile(x, 3), (_ROW,)),
    Op("tile, more axes", lambda x: np.tile(x, (2, 1, 3)), (_BOX,)),
    Op("tile, fewer", lambda x: np.tile(x, (2,)), (_BOX,)),
    Op("tile, none", lambda x: np.tile(x, (0, 2)), (_BOX,)),
    Op("tile, a number", lambda x: np.tile(x, 3), ((),)),
    Op("repeat", lambda x: np.repeat(x, 2), (_BOX,)),
    Op("repeat, axis", lambda x: np.repeat(x, 3, axis=1), (_CUBE,)),
    Op("repeat, counts", lambda x: np.repeat(x, [2, 0, 3], axis=1), (_CUBE,)),
    Op("repeat, many counts", lambda x: x.repeat([1, 2] * 8), ((4, 4),)),
    Op("repeat, never", lambda x: np.repeat(x, 0, axis=0), (_BOX,)),
    Op("resize", lambda x: np.resize(x, (3, 3)), (_ROW,)),
    Op("resize, smaller", lambda x: np.resize(x, 3), (_BOX,)),
]

_JOINING = [
    Op("concatenate", lambda x, y: np.concatenate([x, y]), ((2, 3), (1, 3))),
    Op("concatenate, axis", lambda x, y, z: np.concatenate((x, y, z), axis=-1), ((2, 3), (2, 0), (2, 1))),
    Op("concatenate, flat", lambda x, y: np.concatenate([x, y, 1.0], axis=None), ((2, 3), ())),
    Op("concatenate, repeated", lambda x: np.concatenate([x * x, x]), (_ROW,)),
    Op("concatenate, constant", lambda x: np.concatenate([x, np.arange(3, dtype=np.int8), x]), (_ROW,)),
    Op("concatenate, an array of arrays", np.concatenate, (_CUBE,)),
    Op("concatenate, one", lambda x: np.concatenate([x], axis=1), (_BOX,)),
    Op("stack", lambda x, y: np.stack([x, y, x * y]), (_BOX, _BOX)),
    Op("stack, last", lambda x, y: np.stack((x, y), axis=-1), (_BOX, _BOX)),
    Op("stack, numbers", lambda x, y: np.stack([x, y * x, y]), ((), ())),
    Op("hstack, rows", lambda x, y: np.hstack([x, y]), ((), (2,))),
    Op("hstack", lambda x, y: np.hstack((x, y)), ((2, 3), (2, 1))),
    Op("vstack", lambda x, y: np.vstack((x, y)), ((3,), (2, 3))),
    Op("dstack", lambda x, y: np.dstack((x, y)), ((2, 3), (2, 3))),
    Op("dstack, three axes and one", lambda x, y: np.dstack((x, y)), ((1, 3, 2), (3,))),
    Op("dstack, four axes", lambda x, y: np.dstack((x, y)), ((2, 1, 2, 3), (2, 1, 1, 3))),
    *[Op(f"{f.__name__}, three axes", lambda x, y, f=f: f((x, y)), ((2, 1, 3), (2, 1, 3)))
      for f in (np.hstack, np.vstack, np.column_stack)],
    Op("column_stack", lambda x, y: np.column_stack((x, y)), ((2,), (2, 3))),
    Op("append", lambda x, y: np.append(x, y), (_BOX, ())),
    Op("append, axis", lambda x, y: np.append(x, y, axis=0), ((2, 3), (1, 3))),
    Op("block", lambda x, y, z: np.block([[x, y[:, None]], [np.zeros((1, 3), np.float32), z]]), ((2, 3), (2,), ())),
    Op("block, a row", lambda x, y: np.block([x, y]), ((2,), ())),
    Op("block, no list", lambda x: np.block(x), (_BOX,)),
]

_SPLITTING = [
    Op("split", lambda x: np.split(x, 2)[1] * np.split(x, [1, 3])[1], (_ROW,)),
    Op("split, axis", lambda x: np.split(x, 2, axis=-1)[0], (_CUBE,)),
    Op("array_split", lambda x: np.array_split(x, 3)[0] * np.array_split(x, 3)[1][0], (_ROW,)),
    Op("hsplit", lambda x: np.hsplit(x, [1])[1], (_BOX,)),
    Op("hsplit, a row", lambda x: np.hsplit(x, 2)[1], (_ROW,)),
    Op("vsplit", lambda x: np.vsplit(x, 2)[0], (_BOX,)),
    Op("dsplit", lambda x: np.dsplit(x, 2)[1], (_CUBE,)),
    Op("unstack", lambda x: np.multiply(*np.unstack(x)), (_BOX,), since="2.1.0"),
    Op("unstack, axis", lambda x: np.unstack(x, axis=1)[2], (_CUBE,), since="2.1.0"),
]

_ARRANGING = [
    Op("roll", lambda x: np.roll(x, 2), (_BOX,)),
    Op("roll, axis", lambda x: np.roll(x, -1, axis=1), (_CUBE,)),
    Op("roll, axes", lambda x: np.roll(x, (1, 5, 1), axis=(0, 2, 0)), (_CUBE,)),
    Op("roll, not at all", lambda x: np.roll(x, 4), (_ROW,)),
    Op("delete", lambda x: np.delete(x, [0, 2], axis=1), (_CUBE,)),
    Op("delete, flat", lambda x: np.delete(x, 1), (_BOX,)),
    Op("insert", lambda x, y: np.insert(x, 1, y, axis=1), (_BOX, (2,))),
    Op("insert, flat", lambda x, y: np.insert(x, [1, 3, 3], y), (_BOX, ())),
    Op("insert, several", lambda x, y: np.insert(x, slice(0, 2), y, axis=1), (_BOX, (2, 2))),
    Op("pad", lambda x: np.pad(x, 1), (_BOX,)),
    Op("pad, widths", lambda x: np.pad(x, ((0, 1), (2, 0))), (_BOX,)),
    Op("pad, one pair", lambda x: np.pad(x, (1, 2)), (_BOX,)),
    Op("pad, by axis", lambda x: np.pad(x, {-1: (1, 2)}), (_BOX,), since="2.4.0"),
    Op("pad, constants", lambda x: np.pad(x, 1, constant_values=((1.0, 2.0), (3.0, 4.0))), (_BOX,)),
    Op("pad, a constant", lambda x: np.pad(x, (2, 1), mode="constant", constant_values=1.5), (_ROW,)),
    *[Op(f"pad, {mode}", lambda x, mode=mode: np.pad(x, ((1, 1), (2, 1)), mode=mode), (_BOX,))
      for mode in ("edge", "reflect", "symmetric", "wrap")],
    *[Op(f"pad, far {mode}", lambda x, mode=mode: np.pad(x, (9, 7), mode=mode), ((3,),))
      for mode in ("edge", "reflect", "symmetric", "wrap")],
]

_DIAGONALS = [
    *[Op(f"diag of a row, {k}", lambda x, k=k: np.diag(x, k), ((3,),)) for k in (0, 1, -2)],
    *[Op(f"diag, {k}", lambda x, k=k: np.diag(x, k), ((3, 4),)) for k in (0, 2, -1, 4)],
    Op("diag, tall", lambda x: np.diag(x, -2), ((4, 2),)),
    Op("diagflat", lambda x: np.diagflat(x, 1), ((2, 2),)),
    Op("diagonal", lambda x: np.diagonal(x, 1), (_CUBE,)),
    Op("diagonal, axes", lambda x: x.diagonal(-1, 2, 0), (_CUBE,)),
    Op("linalg.diagonal", lambda x: np.linalg.diagonal(x, offset=1), (_CUBE,)),
    Op("trace", np.trace, ((3, 3),)),
    Op("trace, offset", lambda x: np.trace(x, 1), ((3, 4),)),
    Op("trace, axes", lambda x: x.trace(0, 2, 1), (_CUBE,)),
    Op("linalg.trace", lambda x: np.linalg.trace(x, offset=-1), (_CUBE,)),
    Op("tril", np.tril, ((3, 4),)),
    Op("tril, k", lambda x: np.tril(x, -1), ((2, 3, 3),)),
    Op("triu", lambda x: np.triu(x, 1), ((3, 4),)),
    Op("triu of a row", lambda x: np.triu(x), ((3,),)),
]

ROWS = [*_RESHAPING, *_PERMUTING, *_BROADCASTING, *_JOINING, *_SPLITTING, *_ARRANGING, *_DIAGONALS]
