"""How programs run: in blocks, on threads and on Python numbers, a program gives what its graph gives when replayed.

The blocks are made for arrays of many thousand entries. Here they are made small, so that the table of operations goes
through them.
"""

from __future__ import annotations

import itertools
import linecache
import math
import traceback
import warnings
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import fad
from fad.core.avals import make_aval
from fad.core.equation import Literal, Var
from fad.core.graph import Graph, inlined, replay
from fad.core.primitive import Primitive
from fad.core.tracing import Builder, trace
from fad.execute import Program, blocks, order
from fad.execute.scalars import _TEMPLATES
from fad.execute.writing import write
from fad.passes.linearize import gradient_graph
from fad.passes.simplify import simplify
from fad.passes.vmap import vmap_graph
from fad.primitives.structural import sum_p

from ..cases import Case, aval_of, case_of, direction, largest, roundoff
from ..laws import pulled_back, pushed_forward
from ..ops import OPS, Op

Function = Callable[..., Any]

SMALL = [(1, 3), (1, 7)]  # the least size of an array for a block, and the entries of a block


@pytest.fixture(params=SMALL, ids=lambda p: f"{p[1]} entries")
def small_blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    _shrink(monkeypatch, *request.param)


def _shrink(patch: pytest.MonkeyPatch, least: int, entries: int) -> None:
    patch.setattr(blocks, "_LEAST_SIZE", least)
    patch.setattr(blocks, "_BLOCK_ENTRIES", entries)
    patch.setattr(order, "_LEAST_SIZE", least)


def _function(graph: Graph, python_numbers: bool) -> Callable[..., tuple[Any, ...]]:
    """A graph as the function that the executor makes of it."""
    text = write(simplify(inlined(graph)), python_numbers=python_numbers)
    exec(compile(text.source, "<a program>", "exec"), text.scope)
    function: Callable[..., tuple[Any, ...]] = text.scope["program"]
    return function


def _assert_like(found: Sequence[Any], expected: Sequence[Any], tolerance: float, what: object = "") -> None:
    scale = max([largest(y) for y in expected if aval_of(y).inexact], default=0.0)
    assert len(found) == len(expected), what
    for x, y in zip(found, expected, strict=True):
        assert isinstance(x, np.ndarray | np.generic), f"{what}: a result of type {type(x)}"
        assert isinstance(x, np.generic) == (np.ndim(y) == 0), f"{what}: a result of type {type(x)}"
        assert aval_of(x) is aval_of(y), f"{what}: {aval_of(x)} for {aval_of(y)}"
        if aval_of(y).inexact:
            assert np.allclose(x, y, rtol=tolerance, atol=tolerance * max(scale, 1e-2),
                               equal_nan=True), f"{what}: {x} for {y}"
        else:
            assert np.array_equal(x, y), f"{what}: {x} for {y}"


def _assert_own_memory(results: Sequence[Any], others: Sequence[Any], what: object = "") -> None:
    """Each result can be written to, and a write to it changes nothing else."""
    arrays = [y for y in results if isinstance(y, np.ndarray)]
    for y in arrays:
        assert y.flags.writeable, f"{what}: a read-only result"
        for other in others:
            if isinstance(other, np.ndarray):
                assert not np.shares_memory(y, other), f"{what}: a result in memory of an input"
    for x, y in itertools.combinations(arrays, 2):
        assert not np.shares_memory(x, y), f"{what}: two results share memory"


def _check(graph: Graph, inputs: Sequence[Any], what: object = "", *, python_numbers: bool = True) -> None:
    expected = replay(graph, inputs)
    before = [np.array(x) for x in inputs]
    constants = [a.value for e in graph.equations for a in (*e.operands, *graph.outputs) if isinstance(a, Literal)]
    function = _function(graph, python_numbers)
    for _ in range(2):
        found = function(*inputs)
        _assert_like(found, expected, roundoff(graph), what)
        _assert_own_memory(found, [*inputs, *constants], what)
    for x, y in zip(before, inputs, strict=True):
        assert np.array_equal(x, y, equal_nan=x.dtype.kind in "fc"), f"{what}: an argument was written to"


# -- the table of operations ----------------------------------------------------------------------


def _graphs(case: Case, size: int) -> list[tuple[Graph, list[Any]]]:
    """The graph of a case, its pushforward, its pullback, and a stack of both of these."""
    rng = case.rng()
    ts = [direction(rng, x) for x, m in zip(case.inputs, case.moving, strict=True) if m]
    pushed, pulled = pushed_forward(case.graph, case.moving), pulled_back(case.graph, case.moving)
    cts = [direction(rng, np.zeros(v.aval.shape, v.aval.dtype)) for v in pulled.inputs[len(case.inputs):]]
    found = [(case.graph, [*case.inputs]), (pushed, [*case.inputs, *ts]), (pulled, [*case.inputs, *cts])]
    for graph, inputs in found[1:]:
        flags = tuple([i < case.n_args or i >= len(case.inputs) for i in range(len(inputs))])
        if any(flags):
            stacks = [np.stack([x] * size) if m else x for x, m in zip(inputs, flags, strict=True)]
            found.append((vmap_graph(graph, flags, size), stacks))
    return found


_SETTINGS = list(itertools.product(SMALL, (True, False), (1, 2)))


def _choices(op: Op) -> list[Any]:
    """The settings under which a row is tried: all of them are, by some of the rows of each module."""
    return [_SETTINGS[zlib.crc32(op.name.encode()) % len(_SETTINGS)]]


def _try(op: Op, dtype: str, chosen: Sequence[Any], patch: pytest.MonkeyPatch) -> None:
    for (least, entries), python_numbers, threads in chosen:
        with patch.context() as small, fad.config(threads=threads):
            _shrink(small, least, entries)
            for number, (graph, inputs) in enumerate(_graphs(case_of(op, dtype), 9)):
                _check(graph, inputs, f"{op}, graph {number}", python_numbers=python_numbers)


@pytest.mark.parametrize("part", range(16))
def test_operations_in_small_blocks(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for i, op in enumerate(OPS[part::16]):
        if i % 6 == 0:
            _try(op, "f4" if i % 24 == 0 else "f8", _choices(op), monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("op", OPS, ids=str)
def test_all_operations_in_small_blocks(op: Op, monkeypatch: pytest.MonkeyPatch) -> None:
    for dtype in ("f8", "f4"):
        _try(op, dtype, _SETTINGS, monkeypatch)


def test_primitives_give_memory_of_their_own() -> None:
    """An operation that is no view returns an array that is its caller's alone: the executor writes into it."""
    seen: set[tuple[Primitive, Any]] = set()
    for op in OPS[::3]:
        for graph, inputs in _graphs(case_of(op, "f8"), 2)[:3]:
            env: dict[Any, Any] = dict(zip(graph.inputs, inputs, strict=True))
            for e in inlined(graph).equations:
                operands = [env[a] if isinstance(a, Var) else a.value for a in e.operands]
                out = e.primitive.evaluate(*operands, **dict(e.params))
                results = out if e.primitive.several else (out,)
                env.update(zip(e.results, results, strict=True))
                if e.primitive.kind != "view":
                    _assert_own_memory(results, operands, f"{e.primitive}{dict(e.params)} of {op}")
                seen.add((e.primitive, e.params))
    assert len({primitive for primitive, _ in seen}) > 60


# -- larger programs ------------------------------------------------------------------------------


def _softmax(x: Any) -> Any:
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


def _layer_norm(x: Any, scale: Any, shift: Any) -> Any:
    centred = x - np.mean(x, axis=-1, keepdims=True)
    return centred / np.sqrt(np.mean(centred ** 2, axis=-1, keepdims=True) + 1e-5) * scale + shift


def _columns(x: Any) -> Any:
    """Each row needs the totals of all rows, twice over."""
    normal = (x - np.mean(x, axis=0)) / np.std(x, axis=0)
    return np.sum(normal ** 3, axis=0), np.max(normal, axis=0), normal


def _mlp(x: Any, a: Any, b: Any, c: Any) -> Any:
    return np.sum(np.tanh(np.tanh(x @ a + c) @ b) ** 2)


def _chain(x: Any) -> Any:
    """A block waits for the total of the one before, three times."""
    for _ in range(3):
        x = np.sin(x) / np.sqrt(1.0 + np.sum(np.cos(x) * x))
        x = x - np.mean(x)
    return x, np.sum(x * x)


def _interleaved(x: Any, y: Any) -> Any:
    """Blocks of two lengths that need each other's totals."""
    a, b = np.sin(x) * 2.0, np.cos(y) * 3.0
    c = np.exp(a) + np.sum(b)
    d = np.exp(b) * np.sum(c)
    e = np.tanh(c) - np.sum(d)
    return np.sum(e * a), d, e, np.sum(np.tanh(d))


def _columns_and_rows(x: Any, row: Any, column: Any) -> Any:
    y = np.sin(x) + row * column[:, None]
    return np.sum(y, axis=0) * row, np.sum(y, axis=1) * column, np.sum(y * y)


def _results_of_all_kinds(x: Any, y: Any) -> Any:
    z = np.sin(x) * y
    return x, z, z, z.T, z[::-1], np.ravel(z), y, np.ones(3), 2.0, z > 0.0, np.argsort(z, axis=0), np.sum(z), x.T, z[0]


def _logistic(w: Any, x: Any, y: Any) -> Any:
    return np.sum(np.logaddexp(0.0, -y * (x @ w)))


def _mixture(x: Any, means: Any, weights: Any) -> Any:
    """A log-likelihood: three axes, and a reduction in the middle."""
    distances = np.sum((x[:, None, :] - means) ** 2, axis=-1)
    return np.sum(np.log(np.sum(np.exp(-0.5 * distances) * weights, axis=1)))


def _in_place(x: Any) -> Any:
    y = np.sin(x)
    y[1:] += y[:-1] * 2.0
    y[::2] = np.cos(y[::2])
    z = np.cumsum(y, axis=0) * x
    return np.sum(z, axis=0), y


def _branches(x: Any) -> Any:
    mask = x > 0.0
    return np.where(mask, np.log1p(np.abs(x)), x ** 3), np.sum(mask), np.any(x > 9.0), np.argmax(x)


def _repeated_rows(x: Any, row: Any) -> Any:
    """Rows that NumPy repeats by itself are used again, long after they were made."""
    shift = np.sin(row)
    y = np.cos(x) + shift
    for _ in range(4):
        y = np.tanh(y) * 2.0
    return np.sum(y * shift - shift), shift


_R = np.random.default_rng(7)


def _draw(*shape: int) -> Any:
    return _R.uniform(0.2, 1.5, shape)


PROGRAMS: dict[str, tuple[Function, tuple[Any, ...]]] = {
    "softmax": (_softmax, (_draw(11, 4),)),
    "layer norm": (_layer_norm, (_draw(10, 5), _draw(5), _draw(5))),
    "columns": (_columns, (_draw(13, 3),)),
    "MLP": (_mlp, (_draw(9, 4), _draw(4, 5), _draw(5, 2), _draw(5))),
    "chain": (_chain, (_draw(17),)),
    "interleaved": (_interleaved, (_draw(12), _draw(15))),
    "interleaved, one length": (_interleaved, (_draw(12), _draw(12))),
    "columns and rows": (_columns_and_rows, (_draw(8, 6), _draw(6), _draw(8))),
    "columns and rows, square": (_columns_and_rows, (_draw(8, 8), _draw(8), _draw(8))),
    "results of all kinds": (_results_of_all_kinds, (_draw(9, 2), _draw(9, 2))),
    "results of all kinds, square": (_results_of_all_kinds, (_draw(8, 8), _draw(8, 8))),
    "logistic regression": (_logistic, (_draw(3), _draw(14, 3), np.sign(_draw(14) - 0.8))),
    "mixture": (_mixture, (_draw(10, 2), _draw(3, 2), _draw(3))),
    "in place": (_in_place, (_draw(12),)),
    "in place, rows": (_in_place, (_draw(12, 3),)),
    "branches": (_branches, (_draw(16) - 0.8,)),
    "repeated rows": (_repeated_rows, (_draw(9, 300), _draw(300))),
    "one row": (_softmax, (_draw(1, 5),)),
    "one column": (_layer_norm, (_draw(9, 1), _draw(1), _draw(1))),
    "no rows": (lambda x: (np.sum(np.sin(x) * 2.0, axis=0), np.sin(x) + 1.0), (_draw(0, 4),)),
    "float32": (_columns_and_rows, tuple([x.astype(np.float32) for x in (_draw(8, 6), _draw(6), _draw(8))])),
    "complex": (lambda x: (np.exp(1j * x) * x, np.sum(np.abs(np.exp(1j * x) + x))), (_draw(12),)),
    "converted": (lambda x: (np.sin(x.astype(np.float32)).astype(np.float64) * x, (x > 1.0) * x), (_draw(12),)),
    "transposed": (lambda x: np.sin(x.T) * 2.0 + x.T, (_draw(9, 4),)),
}


def _graph_of(f: Function, args: Sequence[Any]) -> Graph:
    return fad.trace(f, *args)


def _scalar(f: Function) -> Function:
    def total(*args: Any) -> Any:
        return sum(np.sum(np.abs(y) ** 2) for y in fad.tree.leaves(f(*args)) if aval_of(y).inexact)

    return total


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("python_numbers", [True, False])
@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_of_many_blocks(name: str, python_numbers: bool, threads: int) -> None:
    f, args = PROGRAMS[name]
    with fad.config(threads=threads):
        graph = _graph_of(f, args)
        _check(graph, args, name, python_numbers=python_numbers)
        loss = _graph_of(_scalar(f), args)
        moves = (True,) * len(args)
        gradient = gradient_graph(loss, moves)
        _check(gradient, args, f"the gradient of {name}", python_numbers=python_numbers)
        flags = (True, *(False for _ in args[1:]))
        stacks = [np.stack([args[0]] * 9), *args[1:]]
        _check(vmap_graph(gradient, flags, 9), stacks, f"the stacked gradient of {name}", python_numbers=python_numbers)


def test_blocks_are_made() -> None:
    """The programs above would be the same without any block: see that there are some, and where they end."""
    big = np.ones((300, 400))
    graph = _graph_of(lambda x: np.sum(np.sin(x) * np.cos(x) + x ** 2), (big,))
    source = Program(graph).source
    assert "def block_0(start, stop" in source
    assert "scratch0" in source
    assert np.allclose(Program(graph)((big,))[0], np.sum(np.sin(big) * np.cos(big) + big ** 2))
    assert "block_0" not in Program(_graph_of(lambda x: np.sum(np.sin(x) * 2.0), (np.ones(100),))).source


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("n", [32767, 32768, 65536, 100001])
def test_blocks_of_the_usual_size(n: int, threads: int) -> None:
    def f(x: Any, a: Any) -> Any:
        y = np.exp(-x ** 2) * np.sin(a * x)
        return np.sum(y), y

    x = np.linspace(-2.0, 2.0, n)
    with fad.config(threads=threads):
        total, y = fad.jit(f)(x, 3.0)
        (value, _), gradient = fad.value_and_grad(f, has_aux=True)(x, 3.0)
    e = np.exp(-x ** 2)
    expected = e * np.sin(3.0 * x)
    assert np.allclose(total, np.sum(expected), rtol=1e-12, atol=1e-12 * n)
    assert np.allclose(value, total, rtol=1e-12, atol=1e-12 * n)
    assert np.allclose(y, expected)
    assert np.allclose(gradient, e * (3.0 * np.cos(3.0 * x) - 2.0 * x * np.sin(3.0 * x)))


def test_exceptions_and_settings_on_another_thread() -> None:
    def f(x: Any) -> Any:
        return np.sum(np.exp(x) * np.sin(x))

    x = np.ones(200_000)
    x[-1] = 1e9  # in the last share
    with fad.config(threads=2), np.errstate(over="raise"), pytest.raises(FloatingPointError):
        fad.jit(f)(x)
    with fad.config(threads=2), np.errstate(over="ignore", invalid="ignore"):
        assert not np.isfinite(fad.jit(f)(x))
        assert np.allclose(fad.jit(f)(np.ones(200_000)), 200_000 * math.e * math.sin(1.0))


def test_many_threads_run_one_program() -> None:
    f = fad.jit(lambda x, a: np.sum(np.tanh(np.sin(x) * a) + np.cos(x)))
    x = np.linspace(0.0, 1.0, 70_000)
    expected = [float(np.sum(np.tanh(np.sin(x) * a) + np.cos(x))) for a in range(8)]
    with fad.config(threads=2), ThreadPoolExecutor(8) as pool:
        for _ in range(4):
            assert np.allclose(list(pool.map(lambda a: f(x, float(a)), range(8))), expected)


# -- random programs ------------------------------------------------------------------------------


def _random_program(seed: int) -> tuple[Function, tuple[Any, ...]]:
    """A dozen operations on arrays of three sizes whose first axes are equal or not, with every kind of detour."""
    draw = np.random.default_rng(seed)
    n, m = int(draw.integers(8, 14)), int(draw.integers(1, 5))
    args = tuple(draw.uniform(0.1, 1.0, shape) for shape in ((n,), (n, m), (m,), (n, n), ()))
    steps = draw.integers(0, 1 << 30, (int(draw.integers(6, 20)), 3))
    wanted = draw.integers(0, 1 << 30, 4)

    operations: list[Callable[[Any], Any]] = [
        lambda x: np.sin(x) * 0.5,
        np.tanh,
        lambda x: np.sum(x, axis=0) if x.ndim else x * x,
        lambda x: np.sum(x, axis=-1) if x.ndim else np.cos(x),
        lambda x: x.T,
        lambda x: x[::-1] if x.ndim else x + 1.0,
        lambda x: np.broadcast_to(x, (n, *x.shape)) if x.ndim < 2 else np.mean(x, axis=1, keepdims=True) * x,
        lambda x: x[:, None] if x.ndim == 1 else np.max(x, axis=1) if x.ndim == 2 and x.shape[1] else -x,
        lambda x: x.reshape(-1)[:n] if x.size >= n else -x,
        lambda x: np.concatenate([x, x]) if x.ndim == 1 and x.size < 20 else np.exp(-x),
        lambda x: np.where(x > 0.3, x, 0.1 * x),
        lambda x: x / (1.0 + np.max(x)) if x.size else x,
        lambda x: np.cumsum(x, axis=0) / n if x.ndim else x]

    def operation(kind: int, x: Any, y: Any) -> Any:
        if kind < len(operations):
            return operations[kind](x)
        if kind == len(operations):
            return x + np.sum(y)
        try:
            np.broadcast_shapes(x.shape, y.shape)
        except ValueError:
            return x - np.mean(y)
        return x * y if kind % 3 else x - y

    def program(*given: Any) -> Any:
        values = list(given)
        for kind, i, j in steps.tolist():
            z = operation(kind % 24, values[i % len(values)], values[j % len(values)])
            values.append(z if z.size <= 400 and z.ndim < 3 else np.tanh(np.sum(z, axis=0)))
        return [values[-1 - w % 8] for w in wanted.tolist()]

    return program, args


def _check_random(seed: int, patch: pytest.MonkeyPatch) -> None:
    (least, _), python_numbers, threads = _SETTINGS[seed % len(_SETTINGS)]
    program, args = _random_program(seed)
    _shrink(patch, least, (3, 7, 1, 40)[seed // 8 % 4])
    with fad.config(threads=threads):
        graph = _graph_of(program, args)
        _check(graph, args, f"program {seed}", python_numbers=python_numbers)
        loss = _graph_of(lambda *xs: sum(np.sum(np.tanh(y)) for y in program(*xs)), args)
        _check(gradient_graph(loss, (True,) * len(args)), args, f"gradient {seed}", python_numbers=python_numbers)


@pytest.mark.parametrize("part", range(8))
def test_random_programs(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(part * 25, part * 25 + 25):
        _check_random(seed, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(40))
def test_more_random_programs(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(1000 + part * 100, 1100 + part * 100):
        _check_random(seed, monkeypatch)


# -- results --------------------------------------------------------------------------------------


def test_results_share_no_memory() -> None:
    constant, x = np.arange(4.0), np.ones((4, 4))
    functions: list[Function] = [
        lambda x: x, lambda x: (x, x), lambda x: x.T, lambda x: x[1:], lambda x: x.reshape(-1), lambda x: constant,
        lambda x: (constant, constant), lambda x: (x + 1.0, x + 1.0), lambda x: np.broadcast_to(constant, (4, 4)),
        lambda x: (lambda y: (y, y.T, y[0], y.ravel()))(np.sin(x)), lambda x: np.broadcast_to(np.sin(x), (3, 4, 4)),
        lambda x: (x.real, x.copy()), lambda x: x.astype(np.float64), lambda x: fad.stop_gradient(x), lambda x: x + 0.0,
        lambda x: np.diagonal(x), lambda x: np.squeeze(x[None]), lambda x: np.zeros((4, 4)),
        lambda x: np.transpose(x.T),
        lambda x: np.where(True, x, x), lambda x: np.concatenate([x]), lambda x: np.split(np.sin(x), 2),
        lambda x: list(np.sin(x)), lambda x: np.positive(x), lambda x: np.clip(x, None, 9.0),
        lambda x: np.sum(x[None], axis=0)]
    for i, f in enumerate(functions):
        compiled = fad.jit(f)
        first = fad.tree.leaves(compiled(x))
        _assert_own_memory([*first, *fad.tree.leaves(compiled(x))], [x, constant], f"function {i}")
        out, pullback = fad.vjp(f, x)
        cts = fad.tree.map(np.ones_like, out)
        pulled = [*pullback(cts), *pullback(cts)]
        _assert_own_memory([*fad.tree.leaves(out), *pulled], [x, constant, *fad.tree.leaves(cts)],
                           f"the vjp of function {i}")
        out, pushforward = fad.linearize(f, x)
        t = np.ones_like(x)
        _assert_own_memory([*fad.tree.leaves(pushforward(t)), *fad.tree.leaves(pushforward(t)), *fad.tree.leaves(out)],
                           [x, t, constant], f"the pushforward of function {i}")
        _assert_own_memory(fad.tree.leaves(fad.jvp(f, (x,), (t,))), [x, t, constant], f"the jvp of function {i}")
        _assert_own_memory(fad.tree.leaves(fad.vmap(f)(np.stack([x, x]))), [constant], f"the vmap of function {i}")


def test_a_result_written_to_changes_no_later_one() -> None:
    f = fad.jit(lambda x: (np.ones(3), x + np.arange(3.0), np.zeros(3)))
    for _ in range(3):
        a, b, c = f(np.zeros(3))
        assert (a.tolist(), b.tolist(), c.tolist()) == ([1.0] * 3, [0.0, 1.0, 2.0], [0.0] * 3)
        a += 5.0
        b += 5.0
        c += 5.0


@pytest.mark.parametrize(("f", "x", "expected"), [
    (lambda x: x + 1, 3, np.int64(4)), (lambda x: x / 2, 3, np.float64(1.5)),
    (lambda x: x // 2, np.int32(7), np.int32(3)),
    (lambda x: x > 0, 1.0, np.True_), (lambda x: ~(x > 0), np.float64(1.0), np.False_),
    (lambda x: ~(x > 0), 1.0, np.int64(-2)),  # as ~True is -2 in Python
    (lambda x: (x > 0) & (x < 2), 1.0, np.True_),
    (lambda x: np.isnan(x), np.nan, np.True_), (lambda x: np.floor(x), 2.5, np.float64(2.0)),
    (lambda x: x * 2.5, np.float32(3), np.float32(7.5)), (lambda x: x * x, 1j, np.complex128(-1)),
    (lambda x: np.argmax(x), np.array([1.0, 3.0]), np.int64(1)), (lambda x: x.astype(np.int32), 2.7, np.int32(2)),
    (lambda x: np.sum(x > 0), np.ones(3), np.int64(3)), (lambda x: x ** 2, np.array(3.0), np.float64(9.0)),
    (lambda x: (x > 0.0).astype(np.float64) * x, 2.0, np.float64(2.0)),
    (lambda x: np.where(x > 0.0, x, 1), 2.0, np.float64(2.0)),
    (lambda x: np.sign(x), np.float16(-2), np.float16(-1)), (lambda x: x, True, np.True_),
    (lambda x: x, 7, np.int64(7)),
    (lambda x: x % 3, np.uint8(7), np.uint8(1)), (lambda x: x, 1.5, np.float64(1.5))])
def test_numbers_of_every_kind(f: Function, x: Any, expected: Any) -> None:
    for found in (fad.jit(f)(x), _function(fad.trace(f, x), False)(x)[0]):
        assert type(found) is type(expected)
        assert found == expected


def test_programs_without_equations_inputs_or_outputs() -> None:
    assert fad.jit(lambda: 2.0)() == 2.0
    assert fad.jit(lambda x: ())(1.0) == ()
    assert fad.jit(lambda x: None)(np.ones(3)) is None
    assert fad.jit(lambda x: (x, x, x))(1.5) == (1.5, 1.5, 1.5)
    assert fad.jit(lambda x: {"a": "text", "b": None, "c": x})(1.0) == {"a": "text", "b": None, "c": 1.0}


# -- Python numbers -------------------------------------------------------------------------------

_SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -3.0, 7.3, -7.3, np.inf, -np.inf, np.nan, 1e308, 5e-324, 1e-200,
            -1e-200,
            709.9, -750.0, 1e16]
_FLOAT, _BOOL = make_aval((), np.dtype(np.float64)), make_aval((), np.dtype(np.bool_))
_ARITY = {"select": 3, "clip": 3}


def _same_number(found: Any, expected: Any, signs: bool) -> bool:
    if np.isnan(expected):
        return bool(np.isnan(found))
    if found == expected:
        return not signs or bool(np.copysign(1.0, found) == np.copysign(1.0, expected))
    return bool(expected != 0.0 and abs(found - expected) <= abs(np.spacing(expected)))


def _arguments_of(name: str, n: int) -> list[Any]:
    if name == "select":
        return [_BOOL, _FLOAT, _FLOAT]
    return [_BOOL] if name == "logical_not" else [_FLOAT] * n


@pytest.mark.parametrize("primitive", _TEMPLATES, ids=str)
def test_python_numbers_are_numpys(primitive: Primitive) -> None:
    """At the edges of the range too: the same to the last bit but one, the same sign of zero, and nan for nan."""
    n = primitive.evaluate.nin if isinstance(primitive.evaluate, np.ufunc) else _ARITY[primitive.name]
    avals = _arguments_of(primitive.name, n)
    builder = Builder(embeds=True)
    graph = builder.build([primitive(*map(builder.argument, avals))])
    program = Program(graph)
    assert "float(a_)" in program.source or primitive.name in ("positive", "logical_not"), "no Python numbers here"
    points = list(itertools.product(*[_SPECIAL if a is _FLOAT else [False, True] for a in avals]))
    with np.errstate(all="ignore"):
        for point in points[::1 if len(points) < 1000 else 7]:
            values = [(np.float64 if a is _FLOAT else np.bool_)(x) for a, x in zip(avals, point, strict=True)]
            if primitive.name.endswith("power") and point[1] == 0.5 and not point[0] > 0.0:
                continue  # np.power(-0.0, 0.5) is -0.0 in some versions of NumPy, and 0.0 in others
            (expected,), (found,) = replay(graph, values), program(values)
            assert isinstance(found, np.generic), f"{primitive}{point}"
            assert aval_of(found) is aval_of(expected), f"{primitive}{point}"
            signs = primitive.name not in ("maximum", "minimum",
                                           "clip")  # of zeros: NumPy's own differ between machines
            assert _same_number(found, expected, signs), f"{primitive}{point}: {found} for {expected}"


@pytest.mark.parametrize(("f", "x", "expected", "warning"), [
    (np.log, -1.0, np.nan, "invalid value"), (np.log, 0.0, -np.inf, "divide by zero"),
    (np.exp, 1e4, np.inf, "overflow"),
    (lambda x: 1.0 / x, 0.0, np.inf, "divide by zero"), (np.sqrt, -1.0, np.nan, "invalid value"),
    (lambda x: x ** 0.3, -2.0, np.nan, "invalid value"), (lambda x: 10.0 ** x, 400.0, np.inf, "overflow"),
    (lambda x: 1.0 % x, 0.0, np.nan, "invalid value"), (lambda x: 1.0 // x, 0.0, np.inf, "divide by zero"),
    (np.arctanh, 1.0, np.inf, "divide by zero"), (np.arccos, 2.0, np.nan, "invalid value"),
    (np.sin, np.inf, np.nan, "invalid value"),
    (np.reciprocal, -0.0, -np.inf, "divide by zero"), (np.sinh, -1e5, -np.inf, "overflow"),
    (np.expm1, 1e5, np.inf, "overflow"),
    (np.log1p, -1.0, -np.inf, "divide by zero"), (np.log2, -3.0, np.nan, "invalid value")])
def test_numpys_warnings_and_not_pythons_exceptions(f: Function, x: float, expected: float, warning: str) -> None:
    compiled = fad.jit(lambda x: f(x) * 1.0 if f is not np.log else f(x))
    assert np.isfinite(compiled(0.5))
    with pytest.warns(RuntimeWarning, match=warning):
        found = compiled(x)
    assert type(found) is np.float64
    assert np.array_equal(found, expected, equal_nan=True)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("error")
        assert np.array_equal(compiled(x), expected, equal_nan=True)
    with np.errstate(all="raise"), pytest.raises(FloatingPointError):
        compiled(x)
    assert np.isfinite(compiled(0.5))


def test_an_exception_of_pythons_after_work_on_arrays_spoils_nothing() -> None:
    """The program runs again from the start: its arguments must be as they were."""
    def f(x: Any, a: Any) -> Any:
        y = np.sin(x)
        y *= 2.0
        y += x
        return np.sum(y) + np.log(a), y

    x = np.linspace(0.0, 1.0, 1000)
    before = x.copy()
    with np.errstate(all="ignore"):
        total, y = fad.jit(f)(x, -1.0)
    assert np.isnan(total)
    assert np.array_equal(x, before)
    assert np.allclose(y, 2.0 * np.sin(x) + x)


def test_python_numbers_where_arrays_are_near() -> None:
    def f(x: Any, a: Any) -> Any:
        norm = np.sqrt(np.sum(x * x))
        scale = a / (1.0 + norm) if norm > 0.1 else a
        return np.sum(x) * scale + x[0] ** 3, x * scale, np.maximum(norm, a)

    x = np.array([0.6, 0.8, 0.0])
    for found, expected in zip(fad.jit(f)(x, 3.0), f(x, 3.0), strict=True):
        assert np.allclose(found, expected, rtol=1e-15)
    assert np.allclose(fad.grad(lambda x: f(x, 3.0)[0])(x), _difference(lambda x: f(x, 3.0)[0], x), rtol=1e-6)


def _difference(f: Function, x: Any, h: float = 1e-6) -> Any:
    return np.array([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(len(x))])


# -- tracebacks -----------------------------------------------------------------------------------


def test_a_traceback_shows_the_program_and_the_users_line() -> None:
    def f(a: Any) -> Any:
        b = a * 2.0
        return np.linalg.inv(b)  # the line

    compiled = fad.jit(f)
    compiled(np.eye(2))
    with pytest.raises(np.linalg.LinAlgError) as caught:
        compiled(np.zeros((2, 2)))
    text = "".join(traceback.format_exception(caught.value))
    line = f.__code__.co_firstlineno + 2
    assert "<fad program" in text
    assert "inv" in text
    assert f"{__file__}:{line}" in text


def test_a_warning_is_at_the_users_line() -> None:
    f = lambda x: np.log(x) + 1.0
    compiled = fad.jit(f)
    with pytest.warns(RuntimeWarning, match="invalid value") as seen:
        compiled(np.array([-1.0, 1.0]))
    assert (seen[0].filename, seen[0].lineno) == (__file__, f.__code__.co_firstlineno)
    assert "np.log(x) + 1.0" in linecache.getline(seen[0].filename, seen[0].lineno)


def test_the_text_of_a_dropped_program_is_dropped() -> None:
    def files() -> set[str]:
        return {name for name in linecache.cache if name.startswith("<fad program")}

    before = files()
    compiled = fad.jit(lambda x: np.sin(x) + 17.25)
    compiled(1.0)
    assert files() - before
    del compiled
    assert files() <= before


# -- long programs --------------------------------------------------------------------------------


def test_thousands_of_equations() -> None:
    def f(x: Any) -> Any:
        for i in range(800):
            x = x + np.sin(x) * (0.001 * (i % 7))
        return np.sum(x)

    x = np.linspace(0.1, 1.0, 4)
    assert np.allclose(fad.jit(f)(x), f(x), rtol=1e-12)
    assert np.allclose(fad.grad(f)(x), _difference(f, x), rtol=1e-5)


def test_thousands_of_equations_on_numbers() -> None:
    def f(x: Any) -> Any:
        y = 1.0
        for _ in range(1000):
            x, y = x + 1e-3 * y, y - 1e-3 * x
        return x

    assert np.isclose(fad.jit(f)(0.5), f(0.5), rtol=1e-13)
    assert np.isclose(fad.grad(f)(0.5), (f(1.0) - f(0.0)), rtol=1e-9)  # it is linear


@pytest.mark.parametrize("entries", [3, 40])
def test_thousands_of_equations_in_blocks(entries: int, monkeypatch: pytest.MonkeyPatch) -> None:
    _shrink(monkeypatch, 1, entries)

    def f(x: Any, y: Any) -> Any:
        for i in range(400):
            x = np.tanh(x) + (np.sum(y) if i % 40 == 7 else 0.1)
            y = np.cos(y) * (np.mean(x) if i % 40 == 23 else 1.0)
        return x, y

    args = (np.linspace(0.0, 1.0, 20), np.linspace(0.0, 1.0, 30))
    _check(_graph_of(f, args), args)


def test_a_trace_that_embeds_nothing_runs_too() -> None:
    traced = trace(lambda x: [np.sin(x) * 0.123, x[0] * 5.5], [make_aval((3,), np.dtype(np.float64))])
    _check(traced.graph, [np.ones(3), *traced.captures])


# -- constants larger than any memory -------------------------------------------------------------

N = 1 << 50


@pytest.mark.parametrize(("f", "value", "slope"), [
    (lambda x: np.sum(fad.numpy.zeros(N) + x), 2.0 * N, N),
    (lambda x: np.sum(np.broadcast_to(x, (1 << 25, 1 << 25))), 2.0 * N, N),
    (lambda x: np.mean(fad.numpy.ones((N, 3)) * x), 2.0, 1.0),
    (lambda x: np.sum(fad.numpy.zeros(N) * x ** 2) + x * x, 4.0, 4.0),
    (lambda x: np.sum(np.sum(np.broadcast_to(x, (1 << 25, 1 << 25)), axis=0) * 2.0), 4.0 * N, 2.0 * N)])
def test_sums_of_more_entries_than_can_be_added(f: Function, value: float, slope: float) -> None:
    assert fad.value_and_grad(f)(2.0) == (value, slope)
    assert fad.jit(f)(2.0) == value
    assert fad.jvp(f, (2.0,), (1.0,)) == (value, slope)
    with pytest.raises(MemoryError):
        fad.jit(lambda x: np.max(fad.numpy.zeros(N) + x))(2.0)


@pytest.mark.parametrize("dtype", "i1 i8 u2 f2 f4 f8 c8 c16".split())
def test_the_sum_of_a_repeated_array_as_a_product(dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fad.primitives.structural._LARGE", 0)
    x = np.broadcast_to((np.arange(3.0) - 1.0)[:, None, None].astype(dtype), (3, 5, 4))
    for axes in ((0,), (1,), (2,), (1, 2), (0, 1, 2), (0, 2)):
        found, expected = sum_p(x, axes=axes), np.add.reduce(x, axis=axes)
        assert found.dtype == expected.dtype
        assert np.array_equal(found, expected)
    with np.errstate(all="ignore"):  # inf is left alone, and 0 times more than float16 holds is 0
        assert np.isinf(sum_p(np.broadcast_to(np.array(np.inf), (5,)), axes=(0,)))
        assert sum_p(np.broadcast_to(np.float16(0.0), (100_000,)), axes=(0,)) == 0.0
