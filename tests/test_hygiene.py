"""What a call leaves behind: no reference cycles, no state, nothing in other threads; and what an import costs."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import fad
from fad.core.tracing import active_builder


def _f(x: Any) -> Any:
    y = np.sin(x) * x
    y[0] = 2.0 * x[1]
    return np.sum(np.where(x > 0.5, y, -x) ** 2) if x[0] < 10.0 else x[0]


def _smooth(x: Any) -> Any:
    return np.sum(np.tanh(np.outer(x, x)) @ np.exp(-x))


X = np.array([0.3, 0.7, 1.1])

CALLS: dict[str, Callable[[Any], Any]] = {
    "grad": lambda x: fad.grad(_f)(x),
    "value_and_grad": lambda x: fad.value_and_grad(_f)(x),
    "jvp": lambda x: fad.jvp(_f, (x,), (x,)),
    "vjp": lambda x: fad.vjp(_f, x)[1](1.0),
    "linearize": lambda x: fad.linearize(_f, x)[1](x),
    "jacfwd": lambda x: fad.jacfwd(_smooth)(x),
    "jacrev": lambda x: fad.jacrev(_smooth)(x),
    "hessian": lambda x: fad.hessian(_smooth)(x),
    "hvp": lambda x: fad.hvp(_smooth, x, x),
    "vmap": lambda x: fad.vmap(_smooth)(np.stack([x, x])),
    "vmap of grad": lambda x: fad.vmap(fad.grad(_smooth))(np.stack([x, x])),
    "grad of grad": lambda x: fad.grad(lambda y: np.sum(fad.grad(_smooth)(y)))(x),
    "jit": lambda x: fad.jit(_f)(x),
    "grad of jit": lambda x: fad.grad(fad.jit(_smooth))(x),
    "trace": lambda x: str(fad.trace(_smooth, x)),
}


# -- reference cycles -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def only_what_is_new() -> Iterator[None]:
    """The collector looks at what is made from here on, and not at all that other tests have left in caches."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("only_what_is_new")
@pytest.mark.parametrize("name", CALLS)
def test_no_reference_cycle_survives(name: str) -> None:
    """Memory is given back when a call returns, and not when the collector gets around to it."""
    call = CALLS[name]
    call(X)
    gc.collect()
    gc.disable()
    try:
        call(X)
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        left = [type(x).__name__ for x in gc.garbage]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert left == []


def test_arguments_are_given_back() -> None:
    """No cache holds on to the arrays of a call: neither its arguments nor what the function closed over."""
    def call() -> list[weakref.ref[Any]]:
        argument, captured = np.ones(5000), np.ones(5000)
        fad.grad(lambda x: np.sum(x * captured))(argument)
        fad.vjp(lambda x: x * captured, argument)[1](argument)
        return [weakref.ref(argument), weakref.ref(captured)]

    assert [ref() for ref in call()] == [None, None]


def test_an_exception_gives_back_the_arguments() -> None:
    argument = np.ones(5000)
    seen = weakref.ref(argument)

    def fails(x: Any) -> Any:
        raise KeyError(np.sum(x))

    with contextlib.suppress(KeyError):
        fad.grad(fails)(argument)
    del argument
    gc.collect()  # a traceback and its frames are a cycle of Python's own making
    assert seen() is None


# -- exceptions -----------------------------------------------------------------------------------


class _Own(Exception):
    """An exception of the user's."""


@pytest.mark.parametrize("name", [name for name in CALLS if name != "trace"])
def test_the_users_exception_passes_through_and_leaves_no_state(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mistake = _Own("mine")

    def fails(x: Any) -> Any:
        np.sin(x)
        raise mistake

    expected = CALLS[name](X)
    with monkeypatch.context() as patch:
        patch.setitem(globals(), "_f", fails)
        patch.setitem(globals(), "_smooth", fails)
        with pytest.raises(_Own) as caught:
            CALLS[name](X)
    assert caught.value is mistake
    assert mistake.__cause__ is None
    assert active_builder() is None
    for found, wanted in zip(fad.tree.leaves(CALLS[name](X)), fad.tree.leaves(expected), strict=True):
        assert np.array_equal(found, wanted)


def test_an_exception_in_an_inner_call_can_be_caught_inside() -> None:
    def fails(x: Any) -> Any:
        raise _Own

    def f(x: Any) -> Any:
        try:
            return fad.grad(fails)(x)
        except _Own:
            return x * x

    assert fad.grad(f)(3.0) == 6.0
    assert fad.grad(fad.grad(f))(3.0) == 2.0


def test_the_arguments_of_a_call_are_not_written_to() -> None:
    x = X.copy()
    for call in CALLS.values():
        call(x)
    assert np.array_equal(x, X)


# -- threads --------------------------------------------------------------------------------------


def test_eight_threads() -> None:
    """Different derivatives of different functions at once, the first of each included, are what one thread gets."""
    def family(n: int) -> Callable[[Any], Any]:
        def f(x: Any) -> Any:
            for _ in range(n % 5 + 1):
                x = np.sin(x) * n + x * x
            return np.sum(x) if n % 2 else np.sum(np.outer(x, x))

        return f

    jitted = [fad.jit(family(n)) for n in range(8)]

    def work(n: int) -> list[Any]:
        f, x = family(n % 8), np.linspace(0.1, 0.9, n % 3 + 2)
        return [fad.grad(f)(x), fad.jvp(f, (x,), (x,))[1], fad.vmap(fad.grad(f))(np.stack([x, -x])),
                fad.hessian(f)(x), jitted[n % 8](x), fad.grad(jitted[n % 8])(x)]

    start = threading.Barrier(8)

    def together(worker: int) -> list[list[Any]]:
        start.wait()
        return [work((worker + n) % 24) for n in range(24)]

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(together, range(8)))
    expected = [work(n) for n in range(24)]
    for worker, result in enumerate(results):
        for n, found in enumerate(result):
            for a, b in zip(found, expected[(worker + n) % 24], strict=True):
                np.testing.assert_array_equal(a, b)


def test_a_trace_belongs_to_its_thread() -> None:
    """A thread that a traced function starts is not inside the trace."""
    seen: list[Any] = []

    def f(x: Any) -> Any:
        thread = threading.Thread(target=lambda: seen.append((active_builder(), fad.grad(np.sin)(0.0))))
        thread.start()
        thread.join()
        return x * x

    assert fad.grad(f)(3.0) == 6.0
    assert seen == [(None, 1.0)]


# -- settings -------------------------------------------------------------------------------------


def test_settings_of_tasks_that_overlap() -> None:
    sizes = []

    async def one(n: int, time: float) -> None:
        with fad.config(threads=n, cache_size=n):
            await asyncio.sleep(time)
            assert fad.config.threads == n
            fad.config.threads = n + 10
            await asyncio.sleep(time)
            assert fad.config.threads == n + 10
            sizes.append(fad.config.cache_size)

    async def both() -> None:
        await asyncio.gather(one(2, 0.01), one(3, 0.02), one(4, 0.005))

    before = fad.config.threads, fad.config.cache_size
    asyncio.run(both())
    assert (fad.config.threads, fad.config.cache_size) == before
    assert set(sizes) <= {2, 3, 4}


def test_settings_of_threads_that_overlap() -> None:
    before = fad.config.threads, fad.config.cache_size
    steps = [threading.Barrier(2, timeout=20.0) for _ in range(3)]

    def block(n: int, leaves_first: bool) -> int:
        with fad.config(threads=n, cache_size=100 + n):
            steps[0].wait()
            if not leaves_first:
                steps[1].wait()
            seen = fad.config.threads
        if leaves_first:
            steps[1].wait()
        return seen

    with ThreadPoolExecutor(2) as pool:
        jobs = pool.submit(block, 2, True), pool.submit(block, 3, False)
        assert [job.result() for job in jobs] == [2, 3]
    assert (fad.config.threads, fad.config.cache_size) == before


def test_settings_after_a_block() -> None:
    before = fad.config.threads, fad.config.cache_size
    with fad.config(threads=2), fad.config(cache_size=7):
        assert (fad.config.threads, fad.config.cache_size) == (2, 7)
        fad.config.threads, fad.config.cache_size = 3, 8
        with contextlib.suppress(fad.FadError), fad.config(threads=4, cache_size=-1):
            pass
        with contextlib.suppress(fad.FadError), fad.config(threads=0, cache_size=5):
            pass
        assert (fad.config.threads, fad.config.cache_size) == (3, 8)
    assert (fad.config.threads, fad.config.cache_size) == before


# -- imports --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run_python(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Runs a program in a process of its own, with bytecode that is kept from run to run."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path_factory.mktemp("bytecode"))}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def run(program: str) -> str:
        done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True,
                              check=False, env=environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_import_fad_imports_numpy_and_the_standard_library_alone(run_python: Callable[[str], str]) -> None:
    out = run_python("import sys, numpy; old = set(sys.modules); import fad; print(*sorted(set(sys.modules) - old))")
    names = {name.partition(".")[0] for name in out.split()} - {"fad", "numpy"}
    assert {name for name in names if name not in sys.stdlib_module_names} == set()
    assert names.isdisjoint({"asyncio", "concurrent", "difflib", "logging", "pathlib", "subprocess", "tempfile", "urllib"})


def test_import_changes_nothing_of_numpys(run_python: Callable[[str], str]) -> None:
    run_python("import numpy as np; old = np.geterr(), np.get_printoptions(); names = dict(vars(np)); import fad; "
               "assert old == (np.geterr(), np.get_printoptions()); assert all(vars(np)[k] is names[k] for k in names)")


_STAND_IN = """
import importlib.machinery, sys, types, warnings
from unittest.mock import MagicMock
import numpy as np, fad
for name in ("special", "linalg", "stats", "signal", "integrate"):
    sys.modules["scipy." + name] = {stand_in}
for n in range(2):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        assert fad.grad(np.sin)(0.0) == 1.0 and fad.jit(np.sin)(0.0) == 0.0
        sys.modules["another"] = types.ModuleType("another")
        assert fad.grad(np.sin)(0.0) == 1.0
    print(len(seen))
for name in list(sys.modules):
    if name.startswith("scipy"):
        del sys.modules[name]
import scipy.special
assert fad.grad(scipy.special.expit)(0.0) == 0.25
"""


@pytest.mark.parametrize(("stand_in", "n_warnings"), [
    ("types.ModuleType(name)", 0), ("types.SimpleNamespace()", 0), ("MagicMock()", 0), ("None", 0), ("object()", 0),
    ("types.SimpleNamespace(__spec__=importlib.machinery.ModuleSpec(name, None))", 5)])
def test_modules_under_scipys_names(run_python: Callable[[str], str], stand_in: str, n_warnings: int) -> None:
    """What is not SciPy is let alone, and where it looks like SciPy, once with a warning; SciPy itself may come later."""
    assert run_python(_STAND_IN.format(stand_in=stand_in)) == f"{n_warnings}\n0\n"


# -- processes ------------------------------------------------------------------------------------

_FORKED = """
import os, signal, sys, threading, warnings
import numpy as np, scipy.special, fad, fad.debug, fad.scipy
from fad.scipy import functions
warnings.simplefilter("ignore")
signal.alarm(30)  # which is not inherited
x = np.linspace(0.1, 1.0, 200_000)
f = fad.jit(lambda a: np.sum(np.exp(-a) * np.sin(a) + a))
fad.config.threads = 2
expected = f(x)

def in_the_child():
    signal.alarm(20)
    assert np.isclose(f(x), expected)
    assert fad.jit(lambda a: a * 3.0)(1.0) == 3.0 and f(1.0) == np.exp(-1.0) * np.sin(1.0) + 1.0
    with fad.debug.nans(), fad.debug.eager():
        assert fad.grad(np.sin)(0.0) == 1.0
    fad.scipy.uninstall(); fad.scipy.install()
    assert fad.grad(scipy.special.expit)(0.0) == 0.25

inside, done = threading.Barrier(2), threading.Event()
def hold():
    with f._lock, functions._lock, fad.scipy._state.lock, fad.debug._programs._lock, fad.debug._builders._lock:
        inside.wait(); done.wait()
thread = threading.Thread(target=hold); thread.start(); inside.wait()
child = os.fork()
if not child:
    in_the_child()
    os._exit(0)
done.set(); thread.join()
assert os.waitpid(child, 0)[1] == 0
assert np.isclose(f(x), expected)
"""

_AT_THE_END = """
import atexit, warnings
import numpy as np, fad
x = np.linspace(0.1, 1.0, 200_000)
f = fad.jit(lambda a: np.sum(np.exp(-a) * np.sin(a) + a))
expected = f(x)
fad.config.threads = 2
{before}
atexit.register(lambda: print(np.isclose(f(x), expected)))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
def test_a_fork_has_locks_and_threads_of_its_own(run_python: Callable[[str], str]) -> None:
    run_python(_FORKED)


@pytest.mark.parametrize("before", ["", "f(x)"])
def test_when_python_ends_there_are_no_threads(run_python: Callable[[str], str], before: str) -> None:
    assert run_python(_AT_THE_END.format(before=before)) == "True\n"
