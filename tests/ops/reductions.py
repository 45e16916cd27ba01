"""The table of reductions, running sums and products, sorting, statistics and norms, in NumPy's forms of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from .elementwise import ComplexOp
from .row import Op

__all__ = ["ROWS"]

ROWS: list[Op] = []

_SHAPE = (2, 3, 2)
_MASK = np.array([[True, False, True], [False, True, True]])
_A = np.array([[0.5, -1.25, 2.0], [1.0, 3.0, -0.5]])
_ZEROS = {"no zero": (1.0, 1.0, 1.0, 1.0), "a zero": (1.0, 0.0, 1.0, 1.0), "two zeros": (0.0, 1.0, 0.0, 1.0),
          "three zeros": (0.0, 1.0, 0.0, 0.0), "four zeros": (0.0, 0.0, 0.0, 0.0)}
_PLACES = np.array([[0, 2, -1, 1], [1, 1, 0, 0]])


def _row(name: str, fun: Any, *shapes: tuple[int, ...], **settings: Any) -> None:
    ROWS.append(Op(name, fun, shapes or ((2, 3),), **settings))


def _settings(settings: dict[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in settings.items())


# -- every reduction, along every kind of axis ----------------------------------------------------

_REDUCTIONS = "sum prod mean var std max min ptp amax amin any all count_nonzero"
_FORMS: tuple[dict[str, Any], ...] = (
    {}, {"axis": None}, {"axis": 0}, {"axis": -1}, {"axis": (0, 2)}, {"axis": (-1, 1)}, {"axis": (0, 1, 2)},
    {"keepdims": True}, {"axis": 1, "keepdims": True}, {"axis": (2, 0), "keepdims": True})
for _name in _REDUCTIONS.split():
    _function = getattr(np, _name)
    for _form in _FORMS:
        _row(f"{_name}({_settings(_form)})", lambda x, f=_function, form=_form: f(x, **form), _SHAPE, distinct=True)
    _row(f"{_name} of one", _function, (1,), smooth=2 if _name != "std" else 0)
    _row(f"{_name} of no lines", lambda x, f=_function: f(x, axis=1), (0, 2))
for _name in "sum prod max min any all count_nonzero".split():
    _function = getattr(np, _name)
    _row(f"{_name} of a number", _function, ())
    _row(f"{_name} of a number, axis=0", lambda x, f=_function: f(x, axis=0), ())
    _row(f"{_name} along no axis", lambda x, f=_function: f(x, axis=()))
for _name in "sum prod any all count_nonzero cumsum cumprod".split():
    _row(f"{_name} of none", getattr(np, _name), (0,))
for _name in "sum mean prod max min var std cumsum cumprod any all argmax argmin argsort".split():
    _row(f"the method {_name}", lambda x, name=_name: getattr(x, name)(), distinct=True)
    if _name not in ("argsort",):
        _row(f"the method {_name} along an axis", lambda x, name=_name: getattr(x, name)(1), distinct=True)

# -- dtypes, masks, initial values, and the methods of ufuncs -------------------------------------

for _name in "sum mean prod var std cumsum cumprod".split():
    _function = getattr(np, _name)
    _row(f"{_name} in float64", lambda x, f=_function: f(x, dtype=np.float64), low=0.5)
    _row(f"{_name} in float32", lambda x, f=_function: f(x, dtype="f4"), low=0.5, smooth=0)
    _row(f"{_name} of bools", lambda x, f=_function: (f(x > 0), f(x > 0, axis=0)), (3, 2))
    _row(f"{_name} of ints", lambda x, f=_function: f((3 * x).astype(int), axis=0), (3, 2))
    _row(f"{_name} of small ints", lambda x, f=_function: f(x.astype(np.uint8), axis=-1), (3, 2), low=0.0, high=9.0)
for _name in "max min ptp argmax argmin sort argsort".split():
    _row(f"{_name} of ints", lambda x, f=getattr(np, _name): f((3 * x).astype(int), axis=0), (3, 2))
_row("max of bools", lambda x: np.max(x > 0))
for _name in "sum mean prod var std".split():
    _function = getattr(np, _name)
    _row(f"{_name} where", lambda x, f=_function: f(x, where=_MASK), ulps=4)
    _row(f"{_name} where, axis=1", lambda x, f=_function: f(x, axis=1, where=_MASK), ulps=4)
    _row(f"{_name} where, keepdims", lambda x, f=_function: f(x, axis=1, keepdims=True, where=_MASK[:1]), ulps=4)
_row("sum where traced", lambda x: np.sum(x, where=x > 0), ulps=4)
_row("mean where traced", lambda x: np.mean(x, where=x > -3), ulps=4)
for _name in "any all".split():
    _row(f"{_name} where", lambda x, f=getattr(np, _name): (f(x > 0, where=_MASK), f(x > 0, axis=0, where=_MASK)))
for _name in "max min".split():
    _function = getattr(np, _name)
    for _initial in (-3.0, 0.125, 3.0):
        _row(f"{_name} from {_initial}", lambda x, f=_function, i=_initial: f(x, axis=0, initial=i), distinct=True)
        _row(f"{_name} from {_initial} where",
             lambda x, f=_function, i=_initial: f(x, axis=1, initial=i, where=_MASK), distinct=True)
    _row(f"{_name} of none from -1", lambda x, f=_function: f(x, axis=1, initial=-1), (2, 0))
_row("sum from 2", lambda x: np.sum(x, axis=1, initial=2.0), ulps=4)
_row("prod from 2", lambda x: np.prod(x, axis=1, initial=2.0), ulps=4)
for _ufunc in (np.add, np.multiply, np.maximum, np.minimum, np.logical_and, np.logical_or):
    _row(f"{_ufunc.__name__}.reduce", lambda x, f=_ufunc.reduce: (f(x), f(x, axis=None), f(x, 1, keepdims=True)),
         distinct=True)
for _ufunc in (np.add, np.multiply):
    _row(f"{_ufunc.__name__}.accumulate", lambda x, f=_ufunc.accumulate: (f(x), f(x, 1)))

# -- ties, zeros, second orders -------------------------------------------------------------------

_row("max of ties", lambda x: np.max(np.stack([x, x]), axis=0), distinct=True)
_row("min of squares", lambda x: np.min(x * x, axis=1), distinct=True, low=0.1)
_row("max of a product", lambda x, y: np.max(x * y, axis=-1) * np.min(y), (2, 3), (2, 3), distinct=True)
for _name, _zeros in _ZEROS.items():
    _factors = np.array(_zeros)
    _row(f"prod with {_name}", lambda x, z=_factors: np.prod(x * z), (4,))
    _row(f"prod along an axis with {_name}", lambda x, z=_factors: np.prod(x * z, axis=1), (2, 4))
    _row(f"prod along two axes with {_name}", lambda x, z=_factors: np.prod(x * z, axis=(0, 2)), (2, 3, 4))
    _row(f"cumprod with {_name}", lambda x, z=_factors: np.cumprod(x * z), (4,))
    _row(f"cumprod along an axis with {_name}", lambda x, z=_factors: np.cumprod(x * z, axis=1), (2, 4))
_row("cumprod of many lines", lambda x: np.cumprod(x, axis=1), (5, 3, 4))
_row("std of sines", lambda x: np.std(np.sin(x), axis=0, ddof=1), (4, 2))

# -- running sums and products, places ------------------------------------------------------------

for _name in "cumsum cumprod".split():
    _function = getattr(np, _name)
    for _axis in (None, 0, 1, -1):
        _row(f"{_name}, axis={_axis}", lambda x, f=_function, a=_axis: f(x, a), _SHAPE)
    _row(f"{_name} of a number", _function, ())
    _row(f"{_name} of no lines", lambda x, f=_function: f(x, axis=1), (0, 2))
for _name in "argmax argmin".split():
    _function = getattr(np, _name)
    for _form in ({}, {"axis": 0}, {"axis": -2}, {"keepdims": True}, {"axis": 1, "keepdims": True}):
        _row(f"{_name}({_settings(_form)})", lambda x, f=_function, form=_form: f(x, **form), _SHAPE, distinct=True)
    _row(f"{_name} of a number", _function, ())

# -- sorting --------------------------------------------------------------------------------------

for _form in ({}, {"axis": 0}, {"axis": 1}, {"axis": None}, {"kind": "stable"}, {"stable": True}, {"kind": "heapsort"}):
    for _name in "sort argsort".split():
        _row(f"{_name}({_settings(_form)})", lambda x, f=getattr(np, _name), form=_form: f(x, **form), _SHAPE,
             distinct=True)
_row("sort of one", np.sort, (1,))
_row("sort of none", np.sort, (0,))
_row("sort of a number", lambda x: np.sort(x, axis=None), ())
_row("sort of a product", lambda x: np.sort(x * x, axis=0) * x, (3, 2), distinct=True, low=0.1)
_row("take_along_axis by argsort", lambda x, y: np.take_along_axis(y, np.argsort(x, axis=1), axis=1), (2, 4), (2, 4),
     distinct=True)
_row("take_along_axis", lambda x: np.take_along_axis(x, _PLACES, axis=1), (2, 3))
_row("take_along_axis, axis=0", lambda x: np.take_along_axis(x, _PLACES.T, axis=0), (3, 2))
_row("take_along_axis, axis=None", lambda x: np.take_along_axis(x, _PLACES[0], axis=None), (2, 3))
_row("take_along_axis of one line", lambda x: np.take_along_axis(x, _PLACES, axis=1), (1, 3))
_row("take_along_axis with one line", lambda x: np.take_along_axis(x * x, _PLACES[:1], axis=-1), (2, 3))
_row("nonzero", lambda x: (np.nonzero(x > 0), np.flatnonzero(x > 0), np.argwhere(x > 0), (x > 0).nonzero()), (2, 3))

# -- statistics -----------------------------------------------------------------------------------

for _name in "var std".split():
    _function = getattr(np, _name)
    for _form in ({"ddof": 1}, {"ddof": 0.5}, {"axis": 1, "ddof": 1}, {"axis": 0, "correction": 1},
                  {"axis": 1, "ddof": 2}, {"axis": 1, "mean": np.array([[[0.5]]])}):
        _row(f"{_name}({_settings(_form)})", lambda x, f=_function, form=_form: f(x, **form), _SHAPE)
    _row(f"{_name} about a mean", lambda x, f=_function: f(x, axis=1, mean=np.mean(x, axis=1, keepdims=True)), (2, 5))
    _row(f"{_name} of a transpose", lambda x, f=_function: f(x.T, axis=0), (2, 5))
_row("mean of many", np.mean, (300,))
_row("var of many", lambda x: np.var(x, axis=0), (40, 11))
_row("average", lambda x: np.average(x, axis=1), (2, 3))
_row("average by weights", lambda x, w: np.average(x, weights=w), (2, 3), (2, 3), low=0.5)
_row("average by weights of an axis", lambda x, w: np.average(x, axis=-1, weights=w), (2, 3), (3,), low=0.5)
_row("average by weights of two axes", lambda x, w: np.average(x, axis=(2, 0), weights=w, keepdims=True),
     _SHAPE, (2, 2), low=0.5)
_row("average and weights", lambda x, w: np.average(x, axis=0, weights=w, returned=True), (2, 3), (2,), low=0.5)
_row("average of constants by weights", lambda w: np.average(_A, axis=1, weights=w), (3,), low=0.5)
_row("average by constants", lambda x: np.average(x, axis=1, weights=[1, 2, 3]), (2, 3))
_row("average and count", lambda x: np.average(x, axis=0, returned=True), (2, 3))

# -- norms ----------------------------------------------------------------------------------------

for _ord in (None, 2, 1, np.inf, -np.inf, 0):
    _row(f"norm of a vector, {_ord}", lambda x, o=_ord: np.linalg.norm(x, o), (5,), distinct=True, low=0.2)
    _row(f"norm of vectors, {_ord}", lambda x, o=_ord: np.linalg.norm(x, o, axis=0), (3, 2), distinct=True, low=0.2)
    _row(f"norm of vectors, {_ord}, kept", lambda x, o=_ord: np.linalg.norm(x, ord=o, axis=-2, keepdims=True), _SHAPE,
         low=0.2)
for _ord in (3, 1.5, -1, 2.5, 3.0):
    _row(f"norm of a vector, {_ord}", lambda x, o=_ord: np.linalg.norm(x, o), (5,), low=0.2, ulps=2)
    _row(f"norm of vectors, {_ord}", lambda x, o=_ord: np.linalg.norm(x, o, axis=1), (3, 2), low=0.2, ulps=2)
for _ord in (None, "fro", "f", 1, -1, np.inf, -np.inf):
    _row(f"norm of a matrix, {_ord}", lambda x, o=_ord: np.linalg.norm(x, o), (3, 2), distinct=True)
    _row(f"norm of matrices, {_ord}", lambda x, o=_ord: np.linalg.norm(x, o, axis=(2, 0)), _SHAPE, distinct=True)
    _row(f"norm of matrices, {_ord}, kept", lambda x, o=_ord: np.linalg.norm(x, o, (0, 1), keepdims=True), _SHAPE,
         distinct=True)
_row("norm of all", np.linalg.norm, _SHAPE)
_row("norm of all, kept", lambda x: np.linalg.norm(x, keepdims=True), _SHAPE)
_row("norm of a transpose", lambda x: np.linalg.norm(x.T), (4, 3))
_row("norm of negatives", lambda x: np.linalg.norm(x, 1), (4,), low=-2.0, high=-0.1)
_row("norm of a number", np.linalg.norm, (), low=0.2)
_row("norm of none", np.linalg.norm, (0,))
_row("norm inf of none", lambda x: np.linalg.norm(x, np.inf), (0,), since="2.3.0")
_row("norm of ints", lambda x: np.linalg.norm((5 * x).astype(int)), (3,))
_row("vector_norm", np.linalg.vector_norm, (2, 3))
_row("vector_norm along an axis", lambda x: np.linalg.vector_norm(x, axis=1, ord=1), (2, 3), low=0.2)
_row("vector_norm along axes", lambda x: np.linalg.vector_norm(x, axis=(2, 0), keepdims=True), _SHAPE)
_row("matrix_norm", lambda x: np.linalg.matrix_norm(x, keepdims=True), _SHAPE)

# -- complex numbers ------------------------------------------------------------------------------


def _complex(name: str, fun: Any, *shapes: tuple[int, ...]) -> None:
    ROWS.append(ComplexOp(f"complex {name}", fun, shapes or ((2, 3),)))


for _name in "sum prod mean var std any all count_nonzero".split():
    _function = getattr(np, _name)
    _complex(_name, _function)
    _complex(f"{_name}, axis=0", lambda x, f=_function: f(x, axis=0, keepdims=True))
for _name in "cumsum cumprod sort max min".split():
    _complex(_name, lambda x, f=getattr(np, _name): f(x, axis=1))
for _ord in (None, 1, 2, np.inf, 0):
    _complex(f"norm, {_ord}", lambda x, o=_ord: np.linalg.norm(x, o), (4,))
    _complex(f"norm of vectors, {_ord}", lambda x, o=_ord: np.linalg.norm(x, o, axis=1))
_complex("norm of a matrix", np.linalg.norm)
