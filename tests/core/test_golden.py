"""How graphs read: the same text every time, from the trace of a function to its gradient."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent
from typing import Any

import numpy as np
import pytest

import fad
from fad.core.graph import Graph
from fad.passes.jvp import jvp_graph
from fad.passes.simplify import simplify
from fad.passes.split import split
from fad.passes.transpose import transpose
from fad.passes.vmap import vmap_graph

X = np.array([0.25, 0.5, 0.75])


def f(x: Any) -> Any:
    return np.sum(np.sin(x) * x)


TRACED = fad.trace(f, X)
PUSHED = jvp_graph(TRACED, (True,))
NOW, LATER = split(PUSHED, 1, 1)


def _in_place(x: Any) -> Any:
    y = fad.numpy.zeros(3)
    y[1:] = x[:2] * 2.0
    return y


def _model(params: dict[str, Any], x: Any) -> Any:
    return {"out": np.tanh(params["w"] @ x + params["b"]), "n": 3}


GOLDEN: dict[str, tuple[Callable[[], Graph], str]] = {
    # -- reverse mode, step by step --
    "trace": (lambda: TRACED, """\
        { a:f64[3] ->
          b:f64[3] = sin a
          c:f64[3] = multiply b a
          d:f64[] = sum[axes=(0,)] c
          return d }"""),
    "jvp": (lambda: PUSHED, """\
        { a:f64[3] b:f64[3] ->
          c:f64[3] = sin a
          d:f64[3] = cos a
          e:f64[3] = multiply b d
          f:f64[3] = multiply c a
          g:f64[3] = multiply e a
          h:f64[3] = multiply c b
          i:f64[3] = add g h
          j:f64[] = sum[axes=(0,)] f
          k:f64[] = sum[axes=(0,)] i
          return j k }"""),
    "split: now": (lambda: NOW, """\
        { a:f64[3] ->
          b:f64[3] = sin a
          c:f64[3] = cos a
          d:f64[3] = multiply b a
          e:f64[] = sum[axes=(0,)] d
          return e c a b }"""),
    "split: later": (lambda: LATER, """\
        { a:f64[3] b:f64[3] c:f64[3] d:f64[3] ->
          e:f64[3] = multiply d a
          f:f64[3] = multiply e b
          g:f64[3] = multiply c d
          h:f64[3] = add f g
          i:f64[] = sum[axes=(0,)] h
          return i }"""),
    "transpose": (lambda: transpose(LATER, 3), """\
        { a:f64[3] b:f64[3] c:f64[3] d:f64[] ->
          e:f64[3] = broadcast[axes=(0,), shape=(3,)] d
          f:f64[3] = multiply c e
          g:f64[3] = multiply e b
          h:f64[3] = multiply g a
          i:f64[3] = add f h
          return i }"""),
    "vmap": (lambda: vmap_graph(TRACED, (True,), 5), """\
        { a:f64[5,3] ->
          b:f64[5,3] = sin a
          c:f64[5,3] = multiply b a
          d:f64[5] = sum[axes=(1,)] c
          return d }"""),
    "grad": (lambda: fad.trace(fad.grad(f), X), """\
        { a:f64[3] ->
          b:f64[3] = sin a
          c:f64[3] = cos a
          d:f64[3] = broadcast[axes=(0,), shape=(3,)] 1.0
          e:f64[3] = multiply b d
          f:f64[3] = multiply d a
          g:f64[3] = multiply f c
          h:f64[3] = add e g
          return h }"""),
    "grad, simplified": (lambda: simplify(fad.trace(fad.grad(f), X)), """\
        { a:f64[3] ->
          b:f64[3] = sin a
          c:f64[3] = cos a
          d:f64[3] = multiply a c
          e:f64[3] = add b d
          return e }"""),
    # -- what a trace writes down --
    "numbers": (lambda: fad.trace(lambda x: x ** 2 + 3 * x - 0.1, 1.0), """\
        { a:f64[] ->
          b:f64[] = square a
          c:f64[] = multiply 3.0 a
          d:f64[] = add b c
          e:f64[] = subtract d 0.1
          return e }"""),
    "float32": (lambda: fad.trace(lambda x: 2 * np.exp(x) / x, X.astype(np.float32)), """\
        { a:f32[3] ->
          b:f32[3] = exp a
          c:f32[3] = multiply 2.0 b
          d:f32[3] = divide c a
          return d }"""),
    "broadcasting": (lambda: fad.trace(lambda x, y: x[:, None] * y, X, np.ones(2)), """\
        { a:f64[3] b:f64[2] ->
          c:f64[3,1] = reshape[shape=(3,1)] a
          d:f64[3] = reshape[shape=(3,)] c
          e:f64[3,2] = broadcast[axes=(1,), shape=(3,2)] d
          f:f64[3,2] = broadcast[axes=(0,), shape=(3,2)] b
          g:f64[3,2] = multiply e f
          return g }"""),
    "choices": (lambda: fad.trace(lambda x: np.where(x > 0.3, x, 2.5), X), """\
        { a:f64[3] ->
          b:bool[3] = greater a 0.3
          c:f64[3] = select b a 2.5
          return c }"""),
    "constants": (lambda: fad.trace(lambda x: x * np.array([1.0, 2.0, 3.0]) + np.arange(12.0).reshape(4, 3), X), """\
        { a:f64[3] ->
          b:f64[3] = multiply a [1.0,2.0,3.0]
          c:f64[4,3] = broadcast[axes=(0,), shape=(4,3)] b
          d:f64[4,3] = add c <f64[4,3]>
          return d }"""),
    "in place": (lambda: fad.trace(_in_place, X), """\
        { a:f64[3] ->
          b:f64[3] = broadcast[axes=(0,), shape=(3,)] 0.0
          c:f64[2] = getitem[index=[0:2]] a
          d:f64[2] = multiply c 2.0
          e:f64[3] = setitem[index=[1:3]] b d
          return e }"""),
    "trees": (lambda: fad.trace(_model, {"w": np.ones((2, 3)), "b": np.ones(2)}, X), """\
        { a:f64[2] b:f64[2,3] c:f64[3] ->
          d:f64[2] = contract[by=matmul, subscripts=ij,j->i] b c
          e:f64[2] = add d a
          f:f64[2] = tanh e
          return 3 f }"""),
    "compiled": (lambda: fad.trace(lambda x: fad.jit(f)(x) * 2.0, X), """\
        { a:f64[3] ->
          b:f64[] = call[graph=
            { a:f64[3] ->
              b:f64[3] = sin a
              c:f64[3] = multiply b a
              d:f64[] = sum[axes=(0,)] c
              return d }] a
          c:f64[] = multiply b 2.0
          return c }"""),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_graphs_read_like_this(name: str) -> None:
    make, text = GOLDEN[name]
    assert str(make()) == dedent(text)


@pytest.mark.parametrize("name", GOLDEN)
def test_the_text_is_the_same_every_time(name: str) -> None:
    make, _ = GOLDEN[name]
    assert str(make()) == str(make())


def test_graphs_of_the_same_program_are_equal() -> None:
    again = fad.trace(lambda v: np.sum(np.sin(v) * v), X + 1.0)
    assert again == TRACED
    assert hash(again) == hash(TRACED)
    assert fad.trace(f, X[:2]) != TRACED
    assert fad.trace(f, X.astype(np.float32)) != TRACED
    assert fad.trace(lambda x: np.sum(x * np.sin(x)), X) != TRACED


def test_a_graph_is_a_function() -> None:
    assert TRACED(X) == f(X)
    np.testing.assert_array_equal(fad.grad(TRACED)(X), fad.grad(f)(X))
    assert str(fad.trace(TRACED, X)) == str(TRACED)
    assert repr(TRACED) == "<Graph of 3 equations, 1 -> 1>"
