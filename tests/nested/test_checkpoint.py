"""Recomputation instead of storage: the same derivatives, from less memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import fad
from fad.passes.linearize import gradient_graph
from fad.passes.simplify import drop_dead

from ..cases import case_of
from ..laws import LAWS
from ..ops.row import Op


def layer(w: Any, x: Any) -> Any:
    return np.tanh(w * np.sin(x)) + x


def nested(w: Any, x: Any) -> Any:
    inner = fad.checkpoint(layer)
    return fad.checkpoint(lambda w, x: inner(w, np.cos(inner(w, x))))(w, x)


def closing_over(w: Any, x: Any) -> Any:
    return fad.checkpoint(lambda y: {"a": layer(w, y), "b": (w * y, y)})(x)


def in_a_scan(w: Any, x: Any) -> Any:
    step = fad.checkpoint(lambda c, t: (layer(w, c) * t, np.exp(c)))
    return fad.scan(step, x, np.array([0.5, -0.3, 0.8], w.dtype))


def without_derivative(w: Any, x: Any) -> Any:
    inner = fad.checkpoint(lambda y, z: (np.trunc(y), fad.cond(np.sum(z) > 100.0, np.ceil, np.floor, y), z * np.sin(y)))
    steps, _, rest = fad.checkpoint(inner)(w, x)
    constant = fad.checkpoint(fad.checkpoint(lambda y: 3.0))
    return fad.checkpoint(fad.checkpoint(np.rint))(x), steps, rest, fad.checkpoint(lambda y: inner(y, x)[1])(w), constant(w)


ROWS = [Op("checkpoint", fad.checkpoint(layer), ((), (3,))), Op("checkpoint, nested", nested, ((3,), (3,))),
        Op("checkpoint of a closure", closing_over, ((), (2,))), Op("checkpoint in scan", in_a_scan, ((), (2,))),
        Op("checkpoint of steps", without_derivative, ((2,), (2,)))]


@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("op", ROWS, ids=str)
def test_laws(op: Op, dtype: str) -> None:
    for name, law in LAWS.items():
        try:
            law(case_of(op, dtype))
        except Exception as error:
            error.add_note(f"the law of {name}, of {op.name!r} in {dtype}")
            raise


def test_other_arguments_reach_the_function_untouched() -> None:
    @fad.checkpoint
    def f(x: Any, kind: str, *, scale: float, note: Any = None) -> Any:
        """Documented."""
        assert kind == "sin"
        return {"y": np.sin(x) * scale, "note": note}

    assert fad.grad(lambda x: f(x, "sin", scale=2.0, note="kept")["y"])(0.0) == 2.0
    assert f(0.0, "sin", scale=1.0)["note"] is None
    assert f.__doc__ == "Documented."


def test_python_branches_inside() -> None:
    f = fad.checkpoint(lambda x: x * x if x > 0 else -x)
    assert [fad.grad(f)(x) for x in (2.0, -2.0)] == [4.0, -1.0]
    compiled = fad.jit(fad.grad(f))
    assert [compiled(x) for x in (2.0, -2.0, 3.0)] == [4.0, -1.0, 6.0]


def test_only_the_arguments_are_kept() -> None:
    graph = fad.trace(lambda x: np.sum(fad.checkpoint(lambda x: np.exp(np.sin(x)) * np.cos(x))(x)), np.ones(3))
    outside = [e.primitive.name for e in gradient_graph(graph, (True,)).equations]
    assert outside.count("checkpoint") == 2
    assert not {"exp", "sin", "cos"} & set(outside)


def test_what_it_closes_over_is_recomputed_too() -> None:
    graph = fad.trace(lambda x: np.sum(fad.checkpoint(lambda: np.exp(np.sin(x)) * np.cos(x))()), np.ones(3))
    outside = [e.primitive.name for e in drop_dead(gradient_graph(graph, (True,))).equations]
    assert outside.count("checkpoint") == 2
    assert not {"exp", "sin", "cos"} & set(outside)


def peak(f: Callable[[Any], Any], x: Any) -> float:
    """The memory that a call takes, in arrays like x."""
    f(x)
    tracemalloc.start()
    f(x)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return float(most / x.nbytes)


def step(x: Any) -> Any:
    """A step in which each entry depends on others: entry by entry, a chain of steps would run in the cache as it is."""
    return np.sin(np.exp(np.cos(np.cumsum(x) / x.size))) + x


def chain(n: int, group: int) -> Callable[[Any], Any]:
    """The gradient of n steps in checkpointed groups; 0: of n steps."""
    def steps(x: Any, k: int) -> Any:
        for _ in range(k):
            x = step(x)
        return x

    run = fad.checkpoint(steps)

    def loss(x: Any) -> Any:
        for _ in range(n // group if group else 0):
            x = run(x, group)
        return np.sum(x if group else steps(x, n))

    return fad.grad(loss)


def test_memory_falls() -> None:
    x = np.linspace(0.0, 1.0, 10_000)
    n = 64
    stored, each, groups = chain(n, 0), chain(n, 1), chain(n, 8)
    for other in (each, groups):
        np.testing.assert_allclose(other(x), stored(x), rtol=1e-12)
    assert peak(each, x) < 0.6 * peak(stored, x)
    assert peak(groups, x) < peak(stored, x) / 4


def test_memory_of_a_checkpointed_scan_grows_as_the_root_of_its_length() -> None:
    x = np.linspace(0.0, 1.0, 10_000)

    def gradient(n: int, checkpoint: bool | int) -> Callable[[Any], Any]:
        return fad.grad(lambda x: np.sum(fad.scan(lambda c, _: (step(c), None), x, length=n, checkpoint=checkpoint)[0]))

    np.testing.assert_allclose(gradient(30, True)(x), gradient(30, False)(x), rtol=1e-12)
    assert peak(gradient(64, True), x) < peak(gradient(64, False), x) / 3
    assert peak(gradient(256, True), x) < 2.5 * peak(gradient(64, True), x)
