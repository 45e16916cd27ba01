"""What goes wrong, goes wrong with one clear message: what happened, where in the user's file, why, and the edit."""

from __future__ import annotations

import builtins
import contextlib
import copy
import inspect
import math
import pickle
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import fad
from fad import errors, source
from fad.core.tracing import active_builder
from fad.errors import FadError

X = np.array([1.0, 2.0, 3.0])
A = np.ones((2, 3))
N = np.arange(3)
kept: list[Any] = []


class Case(NamedTuple):
    """A mistake, the exception it raises, the builtin that this is as well, and words of the message."""

    name: str
    mistake: Callable[[], Any]
    error: type[FadError]
    base: type[Exception]
    words: tuple[str, ...]
    line: str = ""  # the line to which the message points; "": that of the mistake itself


# -- mistakes that take a few lines ---------------------------------------------------------------


def _store(x: Any) -> Any:
    b = np.zeros(3)
    b[0] = x[0]  # store
    return np.sum(b)


def _store_slice(x: Any) -> Any:
    b = np.zeros((2, 3))
    b[1, 0:2] = x[0:2]  # store slice
    return np.sum(b)


def _store_mask(x: Any) -> Any:
    b = np.zeros(3)
    b[b == 0.0] = x  # store mask
    return np.sum(b)


def _fill(x: Any) -> Any:
    b = np.zeros(3)
    b.fill(x)  # fill
    return np.sum(b)


def _keep(x: Any) -> Any:
    y = x * 2.0  # made here
    kept[:] = [x, y]
    return np.sum(y)


def _escaped(use: Callable[[Any, Any], Any]) -> Any:
    kept.clear()
    fad.grad(_keep)(X)
    return use(*kept)


def _leaked(x: Any) -> Any:
    """A value of the inner trace reaches the outer one."""
    fad.grad(_keep)(X)
    return np.sum(x * kept[1])  # leaked


def _reshaped_below(x: Any) -> Any:
    y = np.concatenate([x, x])
    v = y[1:]
    y.shape = (2, 3)
    return np.sum(v)  # of the old shape


def _read_only(x: Any) -> Any:
    y = np.broadcast_to(x, (2, 3))
    y[0, 0] = 1.0  # read only
    return np.sum(y)


def _view_reshaped(x: Any) -> Any:
    y = np.sin(x)[1:]
    y.shape = 2, 1  # reshaped
    return np.sum(y)


def _changed(x: Any) -> Any:
    b = np.ones(200_000)
    y = x[0] * b  # read here
    b[:] = 0.0
    return np.sum(y)


def _too_long(x: Any) -> Any:
    x[0] = np.ones(2)  # too long
    return np.sum(x)


def _deep(x: Any) -> Any:
    def inner(y: Any) -> Any:
        return math.exp(y)  # deep

    return fad.grad(lambda z: inner(z) * z)(x)


def _table(i: Any) -> Any:
    return X[i]  # table


def _if_deep(x: Any) -> Any:
    return fad.vmap(fad.grad(lambda y: y if y > 0.0 else -y))(x)  # if deep


@fad.custom_jvp
def _no_rule(x: Any) -> Any:
    return x * 2.0


@fad.custom_vjp
def _wrong_rule(x: Any) -> Any:
    return x * 2.0


_wrong_rule.defvjp(lambda x: (x * 2.0, None), lambda r, ct: (ct, ct))


@fad.custom_jvp
def _no_pair(x: Any) -> Any:
    return x * 2.0


_no_pair.defjvp(lambda primals, tangents: tangents[0])  # type: ignore[arg-type,return-value]


def f2(a: Any, b: Any) -> Any:
    return a * b


_PULLBACK = fad.vjp(np.sin, X)[1]
_PUSHFORWARD = fad.linearize(lambda x, d: x * d["a"], X, {"a": 2.0})[1]
_GRAPH = fad.trace(np.sin, X)


CASES = [
    # -- results that have no gradient --
    Case("array result", lambda: fad.grad(np.sin)(X), errors.NonScalarError, TypeError,
         ("grad", "f64[3]", "(3,)", "fad.jacobian")),
    Case("array result of value_and_grad", lambda: fad.value_and_grad(np.sin)(A), errors.NonScalarError, TypeError,
         ("value_and_grad", "f64[2,3]", "fad.jacobian")),
    Case("array result of hvp", lambda: fad.hvp(np.sin, X, X), errors.NonScalarError, TypeError, ("hvp", "f64[3]")),
    Case("one entry", lambda: fad.grad(lambda x: x)(np.ones(1)), errors.NonScalarError, TypeError, ("f64[1]", "(1,)")),
    Case("tuple result", lambda: fad.grad(lambda x: (x, x))(1.0), errors.NonScalarError, TypeError,
         ("tuple", "(*, *)", "has_aux=True")),
    Case("dict result", lambda: fad.grad(lambda x: {"a": x})(1.0), errors.NonScalarError, TypeError,
         ("dict", "has_aux")),
    Case("no result", lambda: fad.grad(lambda x: None)(1.0), errors.NonScalarError, TypeError,
         ("NoneType", "return one number")),
    Case("text result", lambda: fad.grad(lambda x: "a")(1.0), errors.NonScalarError, TypeError, ("str",)),
    Case("complex result", lambda: fad.grad(lambda x: x * 1j)(1.0), errors.DtypeError, TypeError,
         ("c128[]", "np.abs(z) ** 2")),
    Case("integer result", lambda: fad.grad(lambda x: np.argmax(x))(X), errors.DtypeError, TypeError,
         ("i64[]", "float")),
    Case("no aux", lambda: fad.grad(lambda x: x, has_aux=True)(1.0), errors.TreeError, TypeError,
         ("has_aux=True", "(value, aux)")),
    Case("aux too many", lambda: fad.jacobian(lambda x: (x, 1, 2), has_aux=True)(X), errors.TreeError, TypeError,
         ("has_aux=True", "tuple")),
    # -- arguments --
    Case("integer array", lambda: fad.grad(np.sum)(N), errors.IntegerArgumentError, TypeError,
         ("i64[3]", "x.astype(float)")),
    Case("truth values", lambda: fad.grad(np.sum)(N > 1), errors.IntegerArgumentError, TypeError,
         ("bool[3]", "x.astype(float)")),
    Case("truth value", lambda: fad.grad(lambda x: x)(True), errors.IntegerArgumentError, TypeError,
         ("bool[]", "float(x)")),
    Case("integer in a tree", lambda: fad.grad(lambda d: d["a"])({"a": 1.0, "b": N}), errors.IntegerArgumentError,
         TypeError,
         ("i64[3]", ".astype(float)")),
    *[Case(f"integer array of {name}", lambda f=f: f(N), errors.IntegerArgumentError, TypeError,
           (name, "i64[3]", "astype"))
      for name, f in {"jvp": lambda x: fad.jvp(np.sin, (x,), (X,)), "vjp": lambda x: fad.vjp(np.sin, x),
                      "linearize": lambda x: fad.linearize(np.sin, x), "jacfwd": fad.jacfwd(np.sin),
                      "jacrev": fad.jacrev(np.sin),
                      "jacobian": fad.jacobian(np.sin), "hessian": fad.hessian(np.sum),
                      "hvp": lambda x: fad.hvp(np.sum, x, X)}.items()],
    Case("text argument", lambda: fad.grad(lambda s: 1.0)("a"), errors.IntegerArgumentError, TypeError,
         ("str", "argnums")),
    Case("function argument", lambda: fad.grad(lambda s: 1.0)(abs), errors.IntegerArgumentError, TypeError,
         ("builtin_function", "argnames")),
    Case("object array argument", lambda: fad.grad(np.sum)(np.array([1, 2.0], object)), errors.ObjectArrayError,
         TypeError,
         ("(2,)", "astype(float)")),
    Case("masked array", lambda: fad.grad(lambda x: np.sum(x * np.ma.array([1.0, 2.0], mask=[0, 1])))(np.ones(2)),
         errors.DtypeError, TypeError, ("MaskedArray", "(2,)", "np.where")),
    Case("masked array argument", lambda: fad.grad(np.sum)(np.ma.array([1.0, 2.0], mask=[0, 1])), errors.DtypeError,
         TypeError, ("MaskedArray", "(2,)")),
    Case("argnums too large", lambda: fad.grad(f2, argnums=2)(1.0, 2.0), errors.ArgumentError, ValueError,
         ("argnums", "2", "f2", "(a, b)")),
    Case("argnums too small", lambda: fad.grad(f2, argnums=-3)(1.0, 2.0), errors.ArgumentError, ValueError,
         ("-3", "(a, b)")),
    Case("one of the argnums", lambda: fad.jacobian(f2, argnums=(0, 5))(1.0, 2.0), errors.ArgumentError, ValueError,
         ("5", "(a, b)")),
    Case("argnames unknown", lambda: fad.grad(f2, argnames="c")(1.0, 2.0), errors.ArgumentError, ValueError,
         ("argnames", "'c'", "(a, b)")),
    Case("argnames not given", lambda: fad.grad(lambda a, b=1.0: a * b, argnames=("a", "b"))(1.0), errors.ArgumentError,
         ValueError,
         ("'b'", "(a, b)", "1 positional")),
    Case("argnums of no arguments", lambda: fad.grad(f2)(), errors.ArgumentError, ValueError,
         ("argnums", "0", "0 positional")),
    Case("chunk_size", lambda: fad.jacobian(np.sin, chunk_size=0)(X), errors.ArgumentError, ValueError,
         ("chunk_size=0", "1 or more")),
    Case("threads", lambda: setattr(fad.config, "threads", 0), errors.ArgumentError, ValueError,
         ("threads=0", "1 or more")),
    # -- conversions, stores --
    Case("store", lambda: fad.grad(_store)(X), errors.ConversionError, TypeError,
         ("f64[]", "stored into", "fad.numpy.zeros", "np.stack"),
         "# store"),
    Case("store into a slice", lambda: fad.grad(_store_slice)(X), errors.ConversionError, TypeError,
         ("f64[2]", "fad.numpy"), "# store slice"),
    Case("store by a mask", lambda: fad.grad(_store_mask)(X), errors.ConversionError, TypeError,
         ("f64[3]", "fad.numpy"), "# store mask"),
    Case("store under vmap", lambda: fad.vmap(_store)(A), errors.ConversionError, TypeError,
         ("stored into", "fad.numpy"), "# store"),
    Case("store under jit", lambda: fad.jit(_store)(X), errors.ConversionError, TypeError, ("stored into", "fad.numpy"),
         "# store"),
    Case("store in a nest", lambda: fad.jacfwd(fad.grad(_store))(X), errors.ConversionError, TypeError,
         ("stored into",), "# store"),
    Case("fill", lambda: fad.grad(_fill)(1.0), errors.ConversionError, TypeError, ("f64[]",), "# fill"),
    Case("math.sin", lambda: fad.grad(lambda x: math.sin(x))(1.0), errors.ConversionError, TypeError,
         ("math.sin(x)", "numpy.sin", "fad.value")),
    Case("math.pow", lambda: fad.grad(lambda x: math.pow(x, 2))(1.0), errors.ConversionError, TypeError,
         ("numpy.power", "fad.value")),
    Case("math, deep", lambda: fad.grad(_deep)(1.0), errors.ConversionError, TypeError, ("math.exp(y)", "numpy.exp"),
         "# deep"),
    Case("float", lambda: fad.grad(lambda x: float(x) * 2.0)(1.0), errors.ConversionError, TypeError,
         ("float(x)", "fad.value(x)", "f64[]")),
    Case("complex", lambda: fad.grad(lambda x: abs(complex(x)))(1.0), errors.ConversionError, TypeError,
         ("complex(x)",)),
    Case("asarray", lambda: fad.grad(lambda x: np.sum(np.asarray(x)))(X), errors.ConversionError, TypeError,
         ("np.asarray(x)", "fad.numpy.asarray")),
    Case("array of traced numbers", lambda: fad.grad(lambda x: np.sum(np.array([x, x])))(1.0), errors.ConversionError,
         TypeError,
         ("np.array([x, x])", "np.stack")),
    Case("array of traced arrays", lambda: fad.grad(lambda x: np.sum(np.array([x, x])))(X), errors.ConversionError,
         TypeError, ("np.stack",)),
    Case("array of both", lambda: fad.grad(lambda x: np.sum(np.array([x, 1.0])))(1.0), errors.ConversionError,
         TypeError, ("np.stack",)),
    Case("float of float32", lambda: fad.grad(lambda x: float(x))(np.float32(1.0)), errors.ConversionError, TypeError,
         ("f32[]",)),
    Case("object operand", lambda: fad.grad(lambda x: np.sum(x * np.array([object()], object)))(X),
         errors.ObjectArrayError, TypeError,
         ("objects", "np.stack")),
    Case("object operand, left", lambda: fad.grad(lambda x: np.sum(np.array([None, 1.0], object) * x[0]))(X),
         errors.ObjectArrayError, TypeError,
         ("objects",)),
    # -- writes --
    Case("out=", lambda: fad.grad(lambda x: np.sum(np.add(x, x, out=np.zeros(3))))(X), errors.InPlaceError, TypeError,
         ("add", "out=", "float64[3]", "b = np.add(...)")),
    Case("out= of a reduction", lambda: fad.grad(lambda x: np.sum(x, out=np.zeros(())))(X), errors.InPlaceError,
         TypeError, ("sum", "out=")),
    Case("view of an array of another shape now", lambda: fad.grad(_reshaped_below)(X), errors.InPlaceError, TypeError,
         ("f64[5]", "f64[6]", "f64[2,3]", "reshape"), "# of the old shape"),
    Case("write to a read-only view", lambda: fad.grad(_read_only)(X), errors.InPlaceError, TypeError,
         ("f64[2,3]", "copy"), "# read only"),
    Case("shape of a view", lambda: fad.grad(_view_reshaped)(X), errors.InPlaceError, TypeError,
         ("f64[2]", "y = y.reshape(...)"), "# reshaped"),
    Case("write to a captured array", lambda: fad.grad(_changed)(X), errors.CaptureChangedError, RuntimeError,
         ("f64[200000]", "b.copy()"),
         "# read here"),
    Case("a value that does not fit", lambda: fad.grad(_too_long)(X), errors.ShapeError, ValueError, ("(2,)", "()"),
         "# too long"),
    # -- rules --
    Case("no rule", lambda: fad.grad(lambda x: np.sum(np.packbits(x)))(X), errors.MissingRuleError, TypeError,
         ("numpy.packbits", "fad.value")),
    Case("no rule, not implemented", lambda: fad.vmap(lambda x: np.sum(np.packbits(x)))(A), errors.MissingRuleError,
         NotImplementedError, ("numpy.packbits",)),
    Case("no method", lambda: fad.grad(lambda x: x.tobytes())(X), errors.MissingMethodError, AttributeError,
         ("ndarray.tobytes",)),
    Case("no ufunc method", lambda: fad.grad(lambda x: np.sum(np.hypot.reduceat(x, [0, 1])))(X),
         errors.MissingRuleError, TypeError, ("hypot.reduceat",)),
    Case("copyto", lambda: fad.grad(lambda x: np.copyto(np.zeros(3), x))(X), errors.InPlaceError, TypeError,
         ("copyto", "(3,)", "fad.numpy.zeros")),
    Case("custom_jvp without a rule", lambda: fad.grad(_no_rule)(1.0), errors.RuleError, TypeError,
         ("_no_rule", "defjvp")),
    Case("custom_vjp with a wrong rule", lambda: fad.grad(_wrong_rule)(1.0), errors.RuleError, TypeError,
         ("2 cotangents", "1 argument")),
    Case("custom_jvp with a wrong rule", lambda: fad.grad(_no_pair)(1.0), errors.RuleError, TypeError,
         ("(out, tangent_out)",)),
    # -- escaped values --
    Case("escaped argument", lambda: _escaped(lambda x, y: x + 1.0), errors.EscapedTracerError, RuntimeError,
         ("ended", "has_aux=True")),
    Case("escaped value", lambda: _escaped(lambda x, y: np.sin(y)), errors.EscapedTracerError, RuntimeError,
         ("made", "# made here")),
    Case("escaped value in bool", lambda: _escaped(lambda x, y: bool(y[0] > 0)), errors.EscapedTracerError,
         RuntimeError, ("fad.value",)),
    Case("escaped value in a method", lambda: _escaped(lambda x, y: y.sum()), errors.EscapedTracerError, RuntimeError,
         ("ended",)),
    Case("escaped value in a write", lambda: _escaped(lambda x, y: y.__setitem__(0, 1.0)), errors.EscapedTracerError,
         RuntimeError, ("ended",)),
    Case("escaped value in fad.value", lambda: _escaped(lambda x, y: fad.value(y)), errors.EscapedTracerError,
         RuntimeError, ("ended",)),
    Case("escaped value as an argument", lambda: _escaped(lambda x, y: fad.grad(lambda z: np.sum(z * z))(y)),
         errors.EscapedTracerError, RuntimeError, ("ended",)),
    Case("leaked to an outer trace", lambda: fad.grad(_leaked)(X), errors.EscapedTracerError, RuntimeError, ("trace",),
         "# leaked"),
    # -- trees and shapes of primals, tangents, cotangents --
    Case("tangent tree", lambda: fad.jvp(lambda d: d["a"], ({"a": 1.0},), (1.0,)), errors.TreeError, TypeError,
         ("{'a': *}", "*", "tangent")),
    Case("tangent shape", lambda: fad.jvp(np.sin, (X,), (np.ones(2),)), errors.ShapeError, ValueError,
         ("(2,)", "(3,)")),
    Case("tangent number", lambda: fad.jvp(np.sin, (X,), (1.0,)), errors.ShapeError, ValueError, ("()", "(3,)")),
    Case("tangent dtype", lambda: fad.jvp(np.sin, (X,), (X * 1j,)), errors.DtypeError, TypeError,
         ("complex128", "float64", "astype")),
    Case("tangent None", lambda: fad.jvp(np.sin, (X,), (None,)), errors.TreeError, TypeError, ("None",)),
    Case("tangent text", lambda: fad.jvp(np.sin, (X,), ("a",)), errors.TreeError, TypeError, ("str", "f64[3]")),
    Case("too few tangents", lambda: fad.jvp(f2, (X, X), (X,)), errors.TreeError, TypeError,
         ("1 tangents", "2 primals")),
    Case("primals not in a tuple", lambda: fad.jvp(np.sin, X, X), errors.TreeError, TypeError,
         ("ndarray", "(primals,)")),
    Case("tangents not in a tuple", lambda: fad.jvp(np.sin, (X,), X), errors.TreeError, TypeError,
         ("ndarray", "(tangents,)")),
    Case("pushforward shape", lambda: _PUSHFORWARD(np.ones(2), {"a": 1.0}), errors.ShapeError, ValueError,
         ("pushforward", "(2,)", "(3,)")),
    Case("pushforward tree", lambda: _PUSHFORWARD(X, 1.0), errors.TreeError, TypeError, ("pushforward", "{'a': *}")),
    Case("too few for the pushforward", lambda: _PUSHFORWARD(X), errors.TreeError, TypeError,
         ("1 tangents", "2 primals")),
    Case("cotangent shape", lambda: _PULLBACK(np.ones(2)), errors.ShapeError, ValueError, ("pullback", "(2,)", "(3,)")),
    Case("cotangent tree", lambda: _PULLBACK((X,)), errors.TreeError, TypeError, ("pullback", "(*,)")),
    Case("cotangent dtype", lambda: _PULLBACK(1j * X), errors.DtypeError, TypeError, ("complex128", "float64")),
    Case("vector shape", lambda: fad.hvp(np.sum, X, np.ones(2)), errors.ShapeError, ValueError,
         ("hvp", "(2,)", "(3,)")),
    Case("vector tree", lambda: fad.hvp(lambda d: d["a"], {"a": 1.0}, {"b": 1.0}), errors.TreeError, TypeError,
         ("hvp", "{'a': *}", "{'b': *}")),
    Case("graph's arguments", lambda: _GRAPH((X, X)), errors.TreeError, TypeError, ("(*,)", "((*, *),)")),
    # -- vmap --
    Case("stacks that differ", lambda: fad.vmap(np.add)(X, np.ones(2)), errors.AxisError, ValueError,
         ("has 3", "has 2", "in_axes=None")),
    Case("axis_size differs", lambda: fad.vmap(np.sin, axis_size=4)(X), errors.AxisError, ValueError,
         ("axis_size=4", "has 3")),
    Case("no such axis", lambda: fad.vmap(np.add, in_axes=(0, 1))(X, X), errors.AxisError, ValueError,
         ("axis 1", "argument 1", "f64[3]")),
    Case("a stack of numbers", lambda: fad.vmap(np.sin)(1.0), errors.AxisError, ValueError, ("f64[]", "None")),
    Case("nothing stacked", lambda: fad.vmap(np.sin, in_axes=None)(X), errors.AxisError, ValueError, ("axis_size=",)),
    Case("too few in_axes", lambda: fad.vmap(np.add, in_axes=(0,))(X, X), errors.TreeError, TypeError,
         ("in_axes=(0,)", "2 positional")),
    Case("in_axes tree", lambda: fad.vmap(lambda d: d["a"], in_axes=({"b": 0},))({"a": X}), errors.TreeError, TypeError,
         ("in_axes", "{'a': *}")),
    Case("in_axes of a text", lambda: fad.vmap(lambda x, s: x, in_axes=(0, [0]))(X, ["a"]), errors.TreeError, TypeError,
         ("str", "None")),
    Case("in_axes of a wrong kind", lambda: fad.vmap(np.sin, in_axes="a")(X), errors.TreeError, TypeError,
         ("in_axes='a'",)),
    Case("out_axes None", lambda: fad.vmap(np.sin, out_axes=None)(X), errors.AxisError, ValueError,
         ("out_axes", "differs")),
    Case("out_axes too large", lambda: fad.vmap(np.sin, out_axes=1)(X), errors.AxisError, ValueError,
         ("out_axes", "1 axes")),
    Case("out_axes tree", lambda: fad.vmap(lambda x: (x, x), out_axes=(0, 0, 0))(X), errors.TreeError, TypeError,
         ("out_axes", "(*, *)")),
    Case("if under vmap", lambda: fad.vmap(lambda x: x if x > 0 else -x)(X), errors.AbstractValueError, TypeError,
         ("bool(x)", "np.where")),
    Case("if, deeper under vmap", lambda: _if_deep(X), errors.AbstractValueError, TypeError, ("np.where",),
         "# if deep"),
    Case("int under vmap", lambda: fad.vmap(lambda x: x * int(x))(X), errors.AbstractValueError, TypeError,
         ("int(x)",)),
    Case("fad.value under vmap", lambda: fad.vmap(lambda x: fad.value(x) * x)(X), errors.AbstractValueError, TypeError,
         ("fad.value",)),
    Case("index of a plain table", lambda: fad.vmap(_table)(N), errors.AbstractValueError, TypeError,
         ("fad.numpy.asarray",), "# table"),
    Case("mask under vmap", lambda: fad.vmap(lambda x: np.sum(x[x > 0.0]))(A), errors.AbstractValueError, TypeError,
         ("vmap",)),
    Case("if in trace", lambda: fad.trace(lambda x: x if x > 0 else -x, 1.0), errors.AbstractValueError, TypeError,
         ("bool(x)", "shapes")),
    # -- shapes --
    Case("broadcasting", lambda: fad.grad(lambda x: np.sum(x + np.ones(2)))(X), errors.ShapeError, ValueError,
         ("(3,)", "(2,)", "reshape")),
    Case("jit static", lambda: fad.jit(lambda x, n: x, static_argnums=1)(1.0, [1]), errors.ArgumentError, ValueError,
         ("list", "hashed")),
]


def _line_of(case: Case) -> int:
    """The line to which the message of a case must point."""
    lines, first = inspect.getsourcelines(inspect.getmodule(_line_of))  # type: ignore[arg-type]  # this module
    if case.line:
        (found,) = [i for i, text in enumerate(lines, 1) if text.rstrip().endswith(case.line)]
        return found
    return first


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_mistakes(case: Case) -> None:
    with pytest.raises(case.error) as caught:
        case.mistake()
    error, text = caught.value, str(caught.value)
    assert type(error) is case.error
    assert isinstance(error, case.base)
    assert isinstance(error, FadError)
    for word in case.words:
        assert word in text or word == "# made here", f"{word!r} is not in\n{text}"
    _check_form(case, error, text)
    _check_travels(error)
    assert "setting an array element" not in text
    assert active_builder() is None
    assert fad.grad(lambda x: np.sum(np.sin(x)))(X).tolist() == np.cos(X).tolist()


def _check_travels(error: FadError) -> None:
    """From another process comes the same error; the place is text."""
    error.add_note("a note")
    for found in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
        assert type(found) is type(error)
        assert str(found) == str(error)
        for name in ("what", "why", "edit", "place", "__notes__"):
            assert getattr(found, name) == getattr(error, name)
        assert found.place in str(found)


def _check_form(case: Case, error: FadError, text: str) -> None:
    """Four parts, and the place: this file, and the line of the mistake."""
    assert re.search(r"^  edit:  \S", text, re.M), f"no edit in\n{text}"
    where = re.search(r"^  where: (.*):(\d+), in (\S+)$", text, re.M)
    assert where is not None, f"no place in\n{text}"
    assert where[1] == __file__, text
    line = int(where[2])
    if case.line:
        assert line == _line_of(case), text
    else:
        code = case.mistake.__code__
        last = max(n for *_, n in code.co_lines() if n is not None)
        names = {code.co_firstlineno, *range(code.co_firstlineno, last + 1)}
        assert line in names or case.name.startswith("integer array of"), f"{line} is not {sorted(names)}\n{text}"
    assert error.what in text
    assert not error.what.endswith(".")


def test_where_an_escaped_value_was_made() -> None:
    lines = inspect.getsource(inspect.getmodule(_keep)).splitlines()  # type: ignore[arg-type]  # this module
    (made,) = [i for i, text in enumerate(lines, 1) if text.endswith("# made here")]
    with pytest.raises(errors.EscapedTracerError) as caught:
        _escaped(lambda x, y: y * 2.0)
    assert f"made at {__file__}:{made}, in _keep" in str(caught.value)
    with pytest.raises(errors.EscapedTracerError) as caught:
        _escaped(lambda x, y: x * 2.0)
    call = _escaped.__code__.co_firstlineno + 2
    assert f"an argument of a call at {__file__}:{call}, in _escaped" in str(caught.value)


def test_names_of_the_parameters_are_in_the_message() -> None:
    class Model:
        def loss(self, weights: Any, *, rate: Any = 1.0) -> Any:
            return weights * rate

    for arguments in ({"argnums": 4}, {"argnames": "wieghts"}):
        with pytest.raises(errors.ArgumentError, match=r"loss has the parameters \(weights, rate\)"):
            fad.grad(Model().loss, **arguments)(1.0)


@pytest.mark.parametrize(("mistake", "error", "words"), [
    (lambda: fad.grad(lambda x: x + "a")(1.0), TypeError, "unsupported operand"),
    (lambda: fad.grad(lambda x: x[7])(X), IndexError, "index 7 is out of bounds for axis 0 with size 3"),
    (lambda: fad.grad(lambda x: x.foo)(X), AttributeError, "'foo'"),
    (lambda: fad.grad(lambda x: np.sum(x) if x > 0 else 0.0)(X), ValueError, "truth value of an array"),
    (lambda: fad.grad(lambda x: np.sum(x, axis=3))(X), np.exceptions.AxisError, "axis 3 is out of bounds"),
    (lambda: fad.grad(lambda x: len(x))(1.0), TypeError, "len"),
    (lambda: fad.grad(lambda x: sum(x))(1.0), TypeError, "iteration over a 0-d array"),
    (lambda: fad.grad(lambda x: np.sum(x.reshape(2, 2)))(X), ValueError, "reshape"),
    (lambda: fad.grad(lambda x: np.sum(x @ np.ones(2)))(X), ValueError, "mismatch|shapes"),
    (lambda: fad.grad(lambda x: {x: 1})(1.0), TypeError, "unhashable"),
    (lambda: fad.grad(lambda a, b: a)(1.0), TypeError, "missing 1 required positional argument: 'b'"),
    (lambda: fad.grad(lambda a: a)(1.0, c=2.0), TypeError, "unexpected keyword argument 'c'"),
    (lambda: fad.grad(lambda a: {}["k"])(1.0), KeyError, "k"),
])
def test_pythons_and_numpys_own_errors(mistake: Callable[[], Any], error: type[Exception], words: str) -> None:
    """What is wrong without fad, too, raises what it raises without fad."""
    with pytest.raises(error, match=words):
        mistake()
    assert active_builder() is None


# -- the user's own exceptions --------------------------------------------------------------------


class _Own(Exception):
    pass


@pytest.mark.parametrize("kind", [_Own, KeyError, TypeError, ValueError, StopIteration, KeyboardInterrupt,
                                  AssertionError, RecursionError])
def test_the_users_exceptions_pass_through(kind: type[BaseException]) -> None:
    mistake, cause = kind("mine"), ZeroDivisionError("why")

    def f(x: Any) -> Any:
        y = np.sin(x) * x
        if fad.value(np.sum(y)) > -100.0:
            raise mistake from cause
        return np.sum(y)

    transforms: list[Callable[[], Any]] = [
        lambda: fad.grad(f)(X), lambda: fad.jacobian(f)(X), lambda: fad.hessian(f)(X), lambda: fad.jvp(f, (X,), (X,)),
        lambda: fad.vjp(f, X), lambda: fad.linearize(f, X), lambda: fad.jit(f)(X), lambda: fad.hvp(f, X, X),
        lambda: fad.grad(lambda x: np.sum(fad.grad(f)(x)))(X), lambda: fad.jit(fad.grad(f))(X),
        lambda: fad.grad(fad.jit(f))(X),
        lambda: fad.vmap(lambda x: f(X) * x)(X), lambda: fad.jit(lambda x: fad.vmap(lambda y: f(X) + y)(x))(X)]
    for transform in transforms:
        with pytest.raises(kind) as caught:
            transform()
        assert caught.value is mistake
        assert caught.value.__cause__ is cause
        assert caught.value.args == ("mine",)
        assert active_builder() is None
        assert fad.grad(lambda x: np.sum(x * x))(X).tolist() == [2.0, 4.0, 6.0]


def test_an_exception_caught_inside_is_forgotten() -> None:
    def f(x: Any) -> Any:
        with contextlib.suppress(KeyError):
            fad.grad(lambda y: np.sin(y) * {}["k"])(x)
        with contextlib.suppress(TypeError):
            float(x)
        return x ** 2

    assert fad.grad(f)(3.0) == 6.0
    assert fad.jit(fad.grad(f))(3.0) == 6.0


def test_code_without_lines_or_a_file() -> None:
    def f(x: Any) -> Any:
        return math.sin(x[0])

    code = f.__code__
    for other in (code.replace(co_linetable=b""), code.replace(co_filename="a\0b"), code.replace(co_filename="a\udce9")):
        f.__code__ = other
        with pytest.raises(errors.ConversionError, match="converted to a plain number"):
            fad.grad(f)(X)


def test_file_names_without_end() -> None:
    limit = source._LIMIT
    source._LIMIT = 10
    try:
        for n in range(50):
            f = eval(compile("lambda x: x * x", f"cell {n}", "eval"))
            assert fad.grad(f)(3.0) == 6.0
        assert len(source._internal) <= 11
    finally:
        source._LIMIT = limit


def test_after_an_error_that_was_caught_equations_are_at_their_own_lines() -> None:
    g = fad.trace(lambda a, b: np.sum(np.sin(a) * b), X, X)
    rule = fad.custom_vjp(lambda a: a * 2.0)
    rule.defvjp(lambda a: (a * 2.0, None), lambda res, ct: (ct + np.ones(4),))

    for failing in (lambda a: g(a, np.ones(4)), lambda a: fad.grad(lambda b: np.sum(rule(b)))(a),
                    lambda a: fad.vmap(g)(a[None], np.ones((1, 4)))):
        def f(a: Any, failing: Callable[[Any], Any] = failing) -> Any:
            with contextlib.suppress(Exception):
                failing(a)
            return np.log(a).sum()  # here

        lines = [e.source.line for e in fad.trace(f, X).equations if e.source is not None]
        assert lines[-2:] == [f.__code__.co_firstlineno + 3] * 2


def test_a_fad_error_can_be_caught_as_what_it_is() -> None:
    with pytest.raises(TypeError):
        fad.grad(np.sin)(X)
    with pytest.raises(ValueError, match="argnums"):
        fad.grad(f2, argnums=7)(1.0, 2.0)
    with pytest.raises(NotImplementedError):
        fad.grad(lambda x: np.sum(np.packbits(x)))(X)


# -- the classes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [n for n in errors.__all__ if n != "FadError"])
def test_every_class_is_documented_and_also_a_builtin(name: str) -> None:
    cls = getattr(errors, name)
    assert issubclass(cls, FadError)
    assert [base for base in cls.__mro__ if base.__module__ == "builtins" and base not in (object, BaseException,
                                                                                           Exception)]
    assert "`" in cls.__doc__  # the mistake, or its cure


def test_every_class_has_a_case() -> None:
    tried = {case.error.__name__ for case in CASES}
    elsewhere = {"FadError", "DerivativeMismatchError", "NonFiniteError", "ConvergenceError", "MissingPackageError"}
    assert set(errors.__all__) - tried <= elsewhere  # which have tests of their own
    assert all(hasattr(builtins, case.base.__name__) for case in CASES)


def test_the_message() -> None:
    error = FadError("what happened", why="the reason", edit="the edit")
    line = test_the_message.__code__.co_firstlineno + 1
    place = f"{__file__}:{line}, in test_the_message"
    assert str(error) == f"what happened\n  where: {place}\n  why:   the reason\n  edit:  the edit"
    assert (error.what, error.why, error.edit) == ("what happened", "the reason", "the edit")
