"""What is remembered of a call is a function of its key: with recipes and without, a call records the same equations.

The key has the types of the arguments, and which of them are one object. So the law is run on arguments that are, and on
arguments that are not, in many orders within one process: what a call leaves behind must not be seen by the next.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest
import scipy.special as sc

import fad
from fad.core import recipes
from fad.core.graph import Graph
from fad.core.tracing import Builder, Trace, trace

from ..cases import aval_of
from ..ops import OPS

X = np.array([0.3, 1.7, 0.9])
Y = np.arange(9.0).reshape(3, 3)


class Call(NamedTuple):
    """A function, its arguments, and which of them are traced."""

    name: str
    fun: Callable[..., Any]
    args: tuple[Any, ...]
    traced: tuple[bool, ...]

    def trace(self) -> Trace | type[Exception]:
        """What it records; or what it raises, as not all functions take constants in each place."""
        values = [x for x, t in zip(self.args, self.traced, strict=True) if t]

        def function(*tracers: Any) -> list[Any]:
            rest = iter(tracers)
            return fad.tree.leaves(self.fun(*[next(rest) if t else x for x, t in zip(self.args, self.traced, strict=True)]))

        try:
            return trace(function, [aval_of(x) for x in values], values)
        except (fad.FadError, AttributeError) as error:
            return type(error)


def patterns(args: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    """The arguments as they are; and with one object for all that are of one type."""
    yield tuple(args)
    first: dict[Any, Any] = {}
    same = tuple([first.setdefault(aval_of(x), x) for x in args])
    if any(a is not b for a, b in zip(same, args, strict=True)):
        yield same


def calls_of_the_table() -> Iterator[Call]:
    for op in OPS:
        args = op.draw(np.random.default_rng(zlib.crc32(op.name.encode())))
        for given in patterns(args):
            for i in range(len(args)):  # one argument is traced, the others are constants; and then all are traced
                yield Call(op.name, op.fun, given, tuple([j == i for j in range(len(args))]))
            yield Call(op.name, op.fun, given, (True,) * len(args))


def assert_same_trace(found: Trace | type[Exception], expected: Trace | type[Exception], name: str) -> None:
    if isinstance(found, type) or isinstance(expected, type):
        assert found is expected, name
        return
    (text, constants), (other_text, other_constants) = essence(found), essence(expected)
    assert text == other_text, f"{name}\n{text}\nfor\n{other_text}"
    assert all(np.array_equal(x, y, equal_nan=True) for x, y in zip(constants, other_constants, strict=True)), name


def essence(traced: Trace) -> tuple[str, list[Any]]:
    """The text of a graph without constants that it does not use, and the constants that it does."""
    graph, n = traced.graph, len(traced.graph.inputs) - len(traced.captures)
    used = {a for e in graph.equations for a in e.operands} | set(graph.outputs)
    kept = [i for i, v in enumerate(graph.inputs) if i < n or v in used]
    return (str(Graph(tuple([graph.inputs[i] for i in kept]), graph.equations, graph.outputs)),
            [traced.captures[i - n] for i in kept if i >= n])


def test_the_table_is_recorded_alike_with_recipes_and_without(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = list(calls_of_the_table())
    with monkeypatch.context() as without:
        without.setattr(recipes, "call", lambda tracers, builder, rule, name, args, kwargs, frame, n_operands=None: rule(
            *args, **kwargs))
        expected = [call.trace() for call in calls]
    numbers = [*range(len(calls)), *range(len(calls))]
    random.Random(0).shuffle(numbers)
    followed = recipes_followed(monkeypatch)
    for i in numbers:
        assert_same_trace(calls[i].trace(), expected[i], f"{calls[i].name}, {calls[i].traced}")
    assert len(followed) > len(calls) / 2, "the law is about recipes"


def recipes_followed(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    followed: list[None] = []
    usual = Builder.follow

    def follow(self: Builder, *args: Any) -> Any:
        followed.append(None)
        return usual(self, *args)

    monkeypatch.setattr(Builder, "follow", follow)
    return followed


# -- calls that follow each other: the same types, other objects or other settings ------------------------------------

A, B = np.array([2.0]), np.array([5.0])
P, Q = np.array([0.2, 0.4, 0.6]), np.array([1.2, 1.4, 1.6])
TRUE = np.array([True, False, True])
HALF, THIRD = 0.5 + 0.1, 0.5 + 0.2  # two numbers that are no literals

SEQUENCES: dict[str, tuple[Callable[..., Any], Sequence[tuple[Any, ...]]]] = {
    "concatenate": (lambda t, a, b: np.concatenate([a, t, b]), ((A, A), (A, B), (B, A), (B, B))),
    "stack": (lambda t, a, b: np.stack([a, t, b]), ((P, P), (P, Q), (Q, P))),
    "hstack": (lambda t, a, b: np.hstack([a, t, b]), ((P, P), (P, Q), (Q, P))),
    "where": (lambda t, a, b: t * np.where(TRUE, a, b), ((P, P), (P, Q), (Q, P))),
    "where of a traced condition": (lambda t, a, b: t * np.where(t > 0.5, a, b), (
        (P, P), (P, Q), (HALF, HALF), (HALF, THIRD))),
    "clip": (lambda t, a, b: np.clip(t, a, b), ((HALF, HALF), (HALF, THIRD), (P, P), (P, Q))),
    "choose": (lambda t, a, b: np.choose([0, 1, 2], [a, t, b]), ((P, P), (P, Q), (Q, P))),
    "select": (lambda t, a, b: np.select([TRUE, ~TRUE], [a * t, b * t]), ((P, P), (P, Q))),
    "einsum": (lambda t, a, b: np.einsum("i,i,i", t, a, b), ((P, P), (P, Q), (Q, P))),
    "einsum by sublists": (lambda t, a, b: np.einsum(t, a, Y, b), (
        (np.array([0]), np.array([0, 1])), (np.array([0]), np.array([1, 0])))),
    "tensordot by an array": (lambda t, a: np.tensordot(Y * t, Y, a), (
        (np.array([[0], [0]]),), (np.array([[1], [0]]),), (np.array([[0], [1]]),))),
    "max from a zero": (lambda t, a: np.max(-t * 0.0, initial=a), ((0.0,), (-0.0,), (0.0,))),
    "true and one": (lambda t, a: np.sum(np.stack([t, t]), axis=0, keepdims=a), ((True,), (1,), (False,), (0,))),
    "hyp1f1": (lambda t, a, b: sc.hyp1f1(a, b, t), ((HALF, HALF), (HALF, THIRD))),
    "betainc": (lambda t, a, b: sc.betainc(a, b, t / 2.0), ((P, P), (P, Q), (Q, P))),
    "logaddexp": (lambda t, a, b: np.logaddexp(np.logaddexp(a, t), b), ((P, P), (P, Q))),
    "interp": (lambda t, a, b: np.interp(t, a, b), ((P, P), (P, Q))),
}


@pytest.mark.parametrize("name", SEQUENCES)
def test_a_call_does_not_answer_for_another(name: str) -> None:
    fun, sequence = SEQUENCES[name]
    for args in (*sequence, *reversed(sequence), *sequence):
        def total(t: Any, args: tuple[Any, ...] = args) -> Any:
            y = fun(t, *args)
            return np.sum(y) if np.ndim(y) else y

        value, gradient = fad.value_and_grad(total)(X)
        np.testing.assert_allclose(value, total(X), rtol=1e-14)
        assert np.signbit(value) == np.signbit(total(X))
        h = 1e-6
        differences = [(total(X + h * e) - total(X - h * e)) / (2 * h) for e in np.eye(3)]
        if name != "max from a zero":
            np.testing.assert_allclose(gradient, differences, rtol=1e-5, atol=1e-8)
