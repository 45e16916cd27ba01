"""Trace every call, compile once: what changes from call to call neither recompiles nor goes stale."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import fad
from fad.core.graph import Graph, memoised
from fad.execute import Program

X = np.array([0.5, -1.0, 2.0])


class Compilations:
    """How many programs were compiled since the last look."""

    def __init__(self) -> None:
        self._n = 0

    def one_more(self) -> None:
        self._n += 1

    def new(self) -> int:
        n, self._n = self._n, 0
        return n


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> Compilations:
    count = Compilations()
    for name in ("_compile", "_compile_carefully"):
        def counted(self: Program, original: Callable[..., Any] = getattr(Program, name)) -> Any:
            count.one_more()
            return original(self)

        monkeypatch.setattr(Program, name, counted)
    return count


RATE = 0.123
TABLE = np.ones(3)


def _loss(w: Any, x: Any, y: Any, rate: Any) -> Any:
    return np.sum((np.tanh(x @ w) - y) ** 2) * rate


# -- what does not recompile ----------------------------------------------------------------------


def test_equal_calls(compilations: Compilations) -> None:
    def f(x: Any) -> Any:
        return np.sum(np.sin(x) ** 2)

    for i in range(5):
        assert np.allclose(fad.grad(f)(X * i), np.sin(2.0 * X * i))
    assert compilations.new() == 1


def test_minibatches_and_rates(compilations: Compilations) -> None:
    rng = np.random.default_rng(0)
    found = []
    for i in range(6):
        x, y, w = rng.normal(size=(8, 3)), rng.normal(size=8), rng.normal(size=3)
        rate = 0.1 + 0.01 * i
        found.append(np.allclose(fad.grad(_loss)(w, x, y, rate),
                                 (2.0 * (np.tanh(x @ w) - y) / np.cosh(x @ w) ** 2) @ x * rate))
    assert all(found)
    assert compilations.new() == 1
    fad.grad(_loss)(w, x[:4], y[:4], rate)
    assert compilations.new() == 1  # other shapes are another program


def test_closures(compilations: Compilations) -> None:
    def make(a: float, b: np.ndarray[Any, Any], large: np.ndarray[Any, Any]) -> Callable[[Any], Any]:
        return lambda x: np.sum(x ** 2 * b) * a + np.sum(large) * np.sum(x)

    for i in range(5):
        a, b, large = 0.11 + 0.1 * i, X + i, np.full(5000, 1.0 + i)
        assert np.allclose(fad.grad(make(a, b, large))(X), 2.0 * X * b * a + np.sum(large))
    assert compilations.new() == 1


def test_globals_and_attributes(compilations: Compilations, monkeypatch: pytest.MonkeyPatch) -> None:
    class Model:
        scale = 0.77

        def loss(self, x: Any) -> Any:
            return np.sum(x ** 2 * TABLE) * RATE * self.scale

    model = Model()
    for i in range(4):
        monkeypatch.setitem(globals(), "RATE", 0.123 + 0.1 * i)
        monkeypatch.setitem(globals(), "TABLE", np.ones(3) + i)
        model.scale = 0.77 + i * 0.1
        assert np.allclose(fad.grad(model.loss)(X), 2.0 * X * (1.0 + i) * RATE * model.scale)
    assert compilations.new() == 1


def test_arrays_written_to_between_calls(compilations: Compilations) -> None:
    small, large = np.ones(3), np.ones(3000)
    for i in range(4):
        small[:], large[:] = 1.0 + i, 2.0 + i
        assert np.allclose(fad.grad(lambda x: np.sum(x * small) + x[0] * np.sum(large))(X),
                           [1.0 + i + 3000.0 * (2.0 + i), 1.0 + i, 1.0 + i])
    assert compilations.new() == 1


def test_the_other_transforms(compilations: Compilations) -> None:
    def calls(a: float, b: np.ndarray[Any, Any]) -> list[Any]:
        def f(x: Any) -> Any:
            return np.sum(np.sin(x * b) * a)

        return [fad.value_and_grad(f)(X), fad.jvp(f, (X,), (b,)), fad.vjp(f, X)[1](a), fad.linearize(f, X)[1](b),
                fad.jacfwd(f)(X), fad.jacrev(f)(X),
                fad.hessian(f)(X), fad.hvp(f, X, b), fad.vmap(f)(np.stack([X, b])), fad.jacfwd(f, chunk_size=2)(X),
                fad.vmap(fad.grad(f))(np.stack([X, b])), fad.grad(lambda x: np.sum(fad.grad(f)(x) ** 2) * a)(X),
                fad.grad(lambda x: np.sum(fad.vmap(lambda t: f(x * t))(b)))(X)]

    first = calls(0.31, X + 0.1)
    assert compilations.new() > 10
    for i in range(3):
        again = calls(0.41 + 0.1 * i, X + 0.2 + i)
    assert compilations.new() == 0
    assert not np.allclose(np.concatenate([np.ravel(leaf) for leaf in fad.tree.leaves(first)]),
                           np.concatenate([np.ravel(leaf) for leaf in fad.tree.leaves(again)]))
    expected = [fad.tree.leaves(r) for r in calls(0.61, X + 2.2)]
    assert compilations.new() == 0
    b = X + 2.2
    slope = np.cos(X * b) * 0.61 * b
    assert np.allclose(expected[0][1], slope)
    assert np.allclose(expected[3][0], slope @ b)
    assert np.allclose(expected[6][0], np.diag(-np.sin(X * b) * 0.61 * b * b))


def test_a_pullback_called_again(compilations: Compilations) -> None:
    _, pullback = fad.vjp(np.sin, X)
    _, pushforward = fad.linearize(np.sin, X)
    for i in range(4):
        assert np.allclose(pullback(X * i)[0], np.cos(X) * X * i)
        assert np.allclose(pushforward(X * i), np.cos(X) * X * i)
    assert compilations.new() == 4


def test_trees_and_static_arguments(compilations: Compilations) -> None:
    def f(p: dict[str, Any], kind: str) -> Any:
        return np.sum(getattr(np, kind)(p["a"]) * p["b"])

    for i in range(3):
        assert np.allclose(fad.grad(f)({"a": X * i, "b": 2.5 * i}, "sin")["a"], np.cos(X * i) * 2.5 * i)
        assert np.allclose(fad.grad(f)({"b": 2.5 * i, "a": X * i}, "cos")["a"], -np.sin(X * i) * 2.5 * i)
    assert compilations.new() == 2


def test_functions_made_anew(compilations: Compilations) -> None:
    """A lambda in a loop is a new function, of the same code: its trace is what counts."""
    for i in range(4):
        assert fad.grad(lambda x: x ** 3 * 1.7)(float(i)) == 3.0 * i ** 2 * 1.7
    assert compilations.new() == 1


def test_inner_functions_of_nests(compilations: Compilations) -> None:
    def run(a: float) -> Any:
        return fad.grad(lambda x: fad.grad(lambda y: fad.grad(lambda z: z ** 3 * x * a)(y) * y)(x))(1.5)

    first = run(0.3)
    n = compilations.new()
    assert n == 1
    assert np.isclose(run(0.6), 2.0 * first)
    assert compilations.new() == 0


# -- what does --------------------------------------------------------------------------------------


def test_paths_are_programs(compilations: Compilations) -> None:
    def f(x: Any) -> Any:
        return x ** 2 if x > 0.0 else -x

    for _ in range(3):
        assert [fad.grad(f)(x) for x in (1.0, -1.0, 2.0, -3.0)] == [2.0, -1.0, 4.0, -1.0]
    assert compilations.new() == 2


def test_exact_small_numbers_are_part_of_a_program(compilations: Compilations) -> None:
    """And so `x ** 2` is a square: each such number has a program of its own, and there are a few dozen."""
    def f(x: Any, a: Any) -> Any:
        return np.sum(x ** a)

    for _ in range(2):
        for a in (1.0, 2.0, 3.0, 0.5, -1.0):
            assert np.allclose(fad.grad(f)(np.abs(X), a), a * np.abs(X) ** (a - 1.0))
    assert 2 <= compilations.new() <= 5
    for a in np.linspace(2.1, 2.9, 7):
        assert np.allclose(fad.grad(f)(np.abs(X), a), a * np.abs(X) ** (a - 1.0))
    assert compilations.new() <= 2  # one for 2.5, and one for all others


@pytest.mark.parametrize(("a", "b"), [(0.0, -0.0), (1, 1.0), (1, True), (1.0, np.float32(1.0)), (2, 2.0), (0.0, 0),
                                      (1.0, 1.0 + 0j), (16.0, 17.0), (1e300, 1.0)])
def test_constants_that_are_equal_and_differ(a: Any, b: Any) -> None:
    def f(x: Any, c: Any) -> Any:
        return np.copysign(1.0, c) * x * c if not isinstance(c, complex) else np.real(x * c * (1.0 + 1.0j))

    x32 = np.float32(1.5)
    for _ in range(2):
        for c in (a, b):
            with np.errstate(all="ignore"):
                value, slope = fad.value_and_grad(f)(X[2], c)
                assert value == f(X[2], c)
                assert np.signbit(np.real(slope)) == np.signbit(np.real(f(1.0, c)))
                assert fad.value_and_grad(f)(x32, c)[0].dtype == np.asarray(f(x32, c)).dtype


def test_params_that_are_equal_and_differ() -> None:
    """1, 1.0 and True are one key of a dict: the programs that they make are not one."""
    for _ in range(2):
        for dtype in (np.float64, np.float32, np.int64):
            assert fad.jit(lambda x, d=dtype: x.astype(d))(X).dtype == dtype
        for axis in (0, 1, -1, (0, 1), None):
            m = np.arange(6.0).reshape(2, 3)
            assert np.array_equal(fad.jit(lambda x, a=axis: np.sum(x, axis=a))(m), np.sum(m, axis=axis))
        for order in (1, 2, np.inf, -np.inf, 0.5, 3):
            assert np.allclose(fad.grad(lambda x, o=order: np.linalg.norm(x, o))(X),
                               fad.jacfwd(lambda x, o=order: np.linalg.norm(x, o))(X))
        for fill in (0.0, -0.0, 1.0, True, 1):
            found = fad.jit(lambda x, v=fill: np.pad(x, 1, constant_values=v))(X)
            assert np.array_equal(np.signbit(found), np.signbit(np.pad(X, 1, constant_values=fill)))
            assert np.array_equal(found, np.pad(X, 1, constant_values=fill))
        for z in (complex(1.0, 0.0), complex(1.0, -0.0), complex(-0.0, 1.0), complex(-2.0, -0.0), complex(0.0, 1.0)):
            for c in (z, np.complex128(z), np.complex64(z)):
                found, plain = fad.vjp(lambda x, c=c: np.multiply(c, x), 1.0 + 0.0j)[0], np.multiply(c, 1.0 + 0.0j)
                assert np.array_equal(np.signbit([found.real, found.imag]), np.signbit([plain.real, plain.imag]))


def test_lines_are_part_of_the_key() -> None:
    """A program shows the lines of the function that it was made for."""
    def f(a: Any) -> Any:
        return np.sum(np.linalg.inv(a))

    def g(a: Any) -> Any:
        return np.sum(np.linalg.inv(a))

    programs = [fad.jit(h).source(np.eye(2)) for h in (f, g)]
    for h, source in zip((f, g), programs, strict=True):
        assert f"{__file__}:{h.__code__.co_firstlineno + 1}" in source


# -- the cache itself -----------------------------------------------------------------------------


def test_the_caches_are_bounded_and_can_be_inspected() -> None:
    fad.config.forget()
    assert fad.config.cache_info().size == 0
    fad.grad(lambda x: x ** 2 * 1.5)(2.0)
    first = fad.config.cache_info()
    assert first.size == first.misses > 0
    fad.grad(lambda x: x ** 2 * 1.5)(2.0)
    fad.grad(lambda x: np.sum(x ** 2) * 1.5)(X)
    again = fad.config.cache_info()
    assert again.size > first.size
    fad.config.forget()
    assert fad.grad(lambda x: x ** 2 * 1.5)(2.0) == 6.0


def test_memoised_is_keyed_by_the_graph_and_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    monkeypatch.setattr(fad.config, "_remember", [])
    monkeypatch.setattr(fad.config, "_infos", [])

    @memoised
    def double(graph: Graph, flag: bool) -> Any:
        calls.append(flag)
        return object()

    def traced() -> Graph:
        return fad.trace(lambda x: np.sin(x) * 2.0, X)

    assert double(traced(), True) is double(traced(), True)
    assert double(traced(), True) is not double(traced(), False)
    assert calls == [True, False]
    assert fad.config.cache_info() == (2, 2, 2)


def test_many_programs_do_not_grow_without_end() -> None:
    f = fad.grad(lambda x, b: np.sum(x) * np.sum(b))
    with fad.config(cache_size=4):
        sizes = []
        for n in range(1, 60):
            assert f(X, np.ones(n)).tolist() == [float(n)] * 3
            sizes.append(fad.config.cache_info().size)
        assert max(sizes) == sizes[-1] <= 4 * len(fad.config._infos)
        assert sizes[-1] == sizes[20]
    assert f(X, np.ones(3)).tolist() == [3.0] * 3
    with fad.config(cache_size=0):
        assert f(X, np.ones(3)).tolist() == [3.0] * 3


def test_no_program_holds_on_to_arrays() -> None:
    def call() -> Any:
        captured = np.ones(5000)
        fad.grad(lambda x: np.sum(x * captured))(np.ones(5000))
        fad.hessian(lambda x: np.sum(x * captured[:3]) * x[0])(X)
        return weakref.ref(captured)

    seen = call()
    gc.collect()
    assert seen() is None


def test_a_program_that_fails_to_compile_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def f(x: Any) -> Any:
        return np.sum(np.cosh(x) * 1.234)

    with monkeypatch.context() as patch:
        patch.setattr("fad.execute.program.write", lambda *a, **k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            fad.grad(f)(X)
    assert np.allclose(fad.grad(f)(X), np.sinh(X) * 1.234)


# -- threads --------------------------------------------------------------------------------------


def test_threads_share_programs(compilations: Compilations) -> None:
    def f(x: Any, a: Any) -> Any:
        return np.sum(np.sin(x * a) ** 2)

    barrier = threading.Barrier(8)

    def run(seed: int) -> bool:
        barrier.wait()
        good = True
        for i in range(30):
            a = 0.1 + 0.01 * (seed * 31 + i)
            good &= np.allclose(fad.grad(f)(X, a), np.sin(2.0 * X * a) * a)
            good &= np.allclose(fad.hessian(f)(X, a), np.diag(2.0 * np.cos(2.0 * X * a) * a * a))
        return good

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(run, range(8)))
    assert compilations.new() <= 24  # 2, and a few more where threads met at the first call, and for exact small numbers
    fad.grad(f)(X, 0.555)
    assert compilations.new() == 0
