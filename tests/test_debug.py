"""The lenses: the first value that is not finite, operations run when they are traced, printing, and the user's line
in every warning and error."""

from __future__ import annotations

import threading
import traceback
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import fad
from fad.core.tracing import Builder
from fad.debug import eager, nans
from fad.errors import NonFiniteError
from fad.execute import Loop, Program

X = np.array([0.0, 1.0, 4.0])


def _line(f: Callable[..., Any], offset: int = 0) -> int:
    return f.__code__.co_firstlineno + offset


def _caught(f: Callable[[], Any]) -> NonFiniteError:
    with pytest.raises(NonFiniteError) as caught, nans():
        f()
    assert isinstance(caught.value, FloatingPointError)
    return caught.value


# -- nans -----------------------------------------------------------------------------------------


def _roots(x: Any) -> Any:
    y = x * 2.0
    return np.sum(np.sqrt(y))  # line 2


def _logs(x: Any) -> Any:
    y = x * 2.0
    z = np.log(y)
    return np.sum(z)


@pytest.mark.parametrize("run", [
    lambda: fad.jit(_logs)(X), lambda: fad.value_and_grad(_logs)(X), lambda: fad.jvp(_logs, (X,), (X,)),
    lambda: fad.vjp(_logs, X), lambda: fad.linearize(_logs, X), lambda: fad.vmap(_logs)(X[:, None]),
    lambda: fad.jit(fad.value_and_grad(_logs))(X)])
def test_forward(run: Callable[[], Any]) -> None:
    error = _caught(run)
    assert "log of f64[3" in error.what
    assert "from 0.0 to 8.0" in error.what
    assert "1 inf" in error.what
    assert "the function was being computed" in str(error)
    assert (error.source.file, error.source.line) == (__file__, _line(_logs, 2))


@pytest.mark.parametrize("run", [
    lambda: fad.grad(_roots)(X), lambda: fad.jit(fad.grad(_roots))(X), lambda: fad.jacfwd(_roots)(X),
    lambda: fad.vjp(_roots, X)[1](1.0), lambda: fad.grad(fad.jit(_roots))(X), lambda: fad.vmap(fad.grad(_roots))(X[:, None]),
    lambda: fad.hessian(_roots)(X)])
def test_backward(run: Callable[[], Any]) -> None:
    error = _caught(run)
    assert "divide of" in error.what
    assert "the derivative was being computed" in str(error)
    assert (error.source.file, error.source.line) == (__file__, _line(_roots, 2))


def test_numbers_and_nan() -> None:
    error = _caught(lambda: fad.jit(lambda x: np.sqrt(x) + 1.0)(-1.0))
    assert error.what == "sqrt of f64[] = -1.0 made f64[] = nan"
    assert "log of f32[] = 0.0 made f32[] = -inf" in _caught(lambda: fad.jit(np.log)(np.float32(0.0))).what


def test_inside_loops_and_branches() -> None:
    def step(c: Any, a: Any) -> Any:
        return np.sqrt(c - a), c

    def loop(x: Any) -> Any:
        return fad.scan(step, x[0] + 2.0, x)[0]

    for run in (fad.jit(loop), fad.value_and_grad(loop)):
        error = _caught(lambda run=run: run(np.array([0.0, 1.0, 4.0])))
        assert "sqrt of f64[] = " in error.what
        assert error.__notes__ == ["  loop:  in turn 2"]
        assert error.source.line == _line(step, 1)
    for f in (fad.checkpoint(_roots), lambda x: fad.cond(x[0] < 1, _roots, _logs, x)):
        assert "divide of" in _caught(lambda f=f: fad.grad(f)(X)).what
    error = _caught(lambda: fad.jit(lambda x: fad.while_loop(lambda c: c > -3.0, lambda c: np.log(c), x))(5.0))
    assert error.what.startswith("log of f64[] = ")


def test_loops_give_the_same_values() -> None:
    def f(x: Any) -> Any:
        carried, ys = fad.scan(lambda c, a: (c * a, (c + a, a)), x[0], x, length=3)
        return carried + np.sum(ys[0] * ys[1]) + fad.while_loop(lambda c: c < 10.0, lambda c: c * 2.0, x[1])

    def g(x: Any) -> Any:
        return fad.scan(lambda c, a: (c * a, np.sin(c)), x[0], x)[1]

    x = X + 0.5
    with nans():
        found = fad.jit(f)(x), fad.jit(g)(x), fad.jacrev(g)(x), fad.jvp(f, (x,), (x,)), fad.grad(lambda v: v[0] * 2.0)(x)
    expected = f(x), fad.jit(g)(x), fad.jacrev(g)(x), fad.jvp(f, (x,), (x,)), np.array([2.0, 0.0, 0.0])
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-14)


def test_what_comes_in_is_no_discovery() -> None:
    with nans():
        assert fad.jit(lambda x: np.where(x > 0, x, -np.inf))(X)[0] == -np.inf
        assert fad.jit(lambda x: np.maximum(x, -np.inf) * 2.0)(np.array([-np.inf]))[0] == -np.inf
    assert "come from outside" in str(_caught(lambda: fad.jit(lambda x: x * 2.0)(np.array([np.nan]))))
    assert "subtract" in _caught(lambda: fad.jit(lambda x: x - x)(np.array([np.inf]))).what


def test_results_are_the_callers_own() -> None:
    x = np.ones((2, 3))
    with nans():
        y = fad.jit(lambda v: v.T)(x)
        n = fad.jit(lambda v: v + 1.0)(2.0)
    y[:] = 0.0
    assert np.all(x == 1.0)
    assert type(n) is np.float64


def test_only_within_the_context_and_in_this_thread() -> None:
    usual = Program.__call__, Loop.run
    elsewhere: list[Any] = []

    def run_elsewhere() -> None:
        with np.errstate(all="ignore"):
            elsewhere.append(fad.jit(np.sqrt)(np.array([-1.0])))

    with np.errstate(all="ignore"), nans():
        assert (Program.__call__, Loop.run) != usual
        thread = threading.Thread(target=run_elsewhere)
        thread.start()
        thread.join()
        with nans():
            pass
        with pytest.raises(NonFiniteError):
            fad.jit(np.sqrt)(np.array([-1.0]))
    assert np.isnan(elsewhere[0][0])
    assert (Program.__call__, Loop.run) == usual
    with np.errstate(all="ignore"):
        assert np.isnan(fad.jit(np.sqrt)(np.array([-1.0]))[0])


# -- eager ----------------------------------------------------------------------------------------


def _singular(x: Any) -> Any:
    a = np.outer(x, x)
    return np.sum(np.linalg.inv(a * 0.0))


@pytest.mark.parametrize("transform", [fad.jit, fad.grad, lambda f: fad.grad(lambda x: np.sum(fad.grad(f)(x))),
                                       lambda f: fad.jit(fad.grad(f))])
def test_an_error_is_raised_in_the_users_function(transform: Callable[[Any], Any]) -> None:
    with pytest.raises(np.linalg.LinAlgError) as caught, eager():
        transform(_singular)(X)
    names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert "_singular" in names
    assert not any(name.startswith("<fad program") for name in names)


def test_a_warning_is_at_the_users_line() -> None:
    with warnings.catch_warnings(record=True) as seen, eager():
        warnings.simplefilter("always")
        fad.trace(_logs, X)
        assert not seen  # there are no values
        fad.vmap(lambda x: _logs(x[None]) * 0.0)(np.ones(3))
        assert not seen
        with pytest.raises(ZeroDivisionError):
            fad.jit(lambda x: [_logs(x), 1 / 0])(X)
    assert [(w.filename, w.lineno) for w in seen] == [(__file__, _line(_logs, 2))]
    assert "divide by zero encountered in log" in str(seen[0].message)


def test_settings_of_numpy_hold() -> None:
    with eager(), np.errstate(divide="raise"), pytest.raises(FloatingPointError) as caught:
        fad.grad(_logs)(X)
    assert "_logs" in [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]


def test_python_may_ask_as_ever() -> None:
    def f(x: Any) -> Any:
        y = x * 2.0
        return np.sum(y) if y[1] > 1.0 else y[0]

    usual = Builder.record, Builder.note, Builder.follow
    with eager():
        assert fad.jit(f)(X) == 10.0
        np.testing.assert_array_equal(fad.grad(fad.jit(f))(X), [2.0, 2.0, 2.0])
        np.testing.assert_array_equal(fad.hessian(f)(X * 0.1), np.zeros((3, 3)))
        compiled = fad.jit(lambda x: fad.grad(f)(x))
        np.testing.assert_array_equal(compiled(X), [2.0, 2.0, 2.0])
        np.testing.assert_array_equal(compiled(X * 0.1), [2.0, 0.0, 0.0])
    assert (Builder.record, Builder.note, Builder.follow) == usual


# -- print ----------------------------------------------------------------------------------------


def _printing(x: Any) -> Any:
    y = np.sum(x * x)
    fad.debug.print("y = {:.1f} at {x}, {}", y, "fixed", x=x)
    return y


LINE = "y = 17.0 at [0. 1. 4.], fixed\n"

ONCE: dict[str, Callable[[], Any]] = {
    "plain": lambda: _printing(X), "jit": lambda: fad.jit(_printing)(X), "grad": lambda: fad.grad(_printing)(X),
    "value_and_grad": lambda: fad.value_and_grad(_printing)(X), "jvp": lambda: fad.jvp(_printing, (X,), (X,)),
    "vjp": lambda: fad.vjp(_printing, X)[1](1.0), "linearize": lambda: fad.linearize(_printing, X)[1](X),
    "hessian": lambda: fad.hessian(_printing)(X), "hvp": lambda: fad.hvp(_printing, X, X),
    "jacfwd": lambda: fad.jacfwd(_printing)(X), "jacrev": lambda: fad.jacrev(_printing)(X),
    "grad of jit": lambda: fad.grad(fad.jit(_printing))(X), "jit of grad": lambda: fad.jit(fad.grad(_printing))(X),
    "grad of grad": lambda: fad.grad(lambda x: np.sum(fad.grad(_printing)(x)))(X),
}


@pytest.mark.parametrize("name", ONCE)
def test_a_line_is_printed_once_a_call(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(3):
        ONCE[name]()
        assert capsys.readouterr().out == LINE


def test_compiled_code_prints_on_every_call(capsys: pytest.CaptureFixture[str]) -> None:
    compiled = fad.jit(lambda x: (fad.debug.print("{}", x), fad.debug.print("{}", x), x + 1.0)[2])
    for x in (1.0, 2.0, np.float32(0.5)):
        compiled(x)
    assert capsys.readouterr().out.split() == ["1.0", "1.0", "2.0", "2.0", "0.5", "0.5"]


def test_a_stack_is_printed_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    def f(x: Any, a: Any) -> Any:
        fad.debug.print("{} and {}", x, a)
        return x * a

    fad.vmap(f, in_axes=(0, None))(X, 2.0)
    fad.vmap(fad.grad(f), in_axes=(0, None))(X, 2.0)
    assert capsys.readouterr().out == "[0. 1. 4.] and 2.0\n" * 2
    fad.vmap(lambda x: (fad.debug.print("{:.2f} {x!r} {x.shape} {x[0]}", x, x=x), x)[1])(X)
    assert capsys.readouterr().out == "[0.00 1.00 4.00] array([0., 1., 4.]) (3,) 0.0\n"


def test_loops_print_in_every_turn(capsys: pytest.CaptureFixture[str]) -> None:
    def turn(c: Any, a: Any) -> Any:
        fad.debug.print("{c}", c=c)
        return c + a, c

    fad.jit(lambda x: fad.scan(turn, x[0], x)[0])(X)
    assert capsys.readouterr().out.split() == ["0.0", "0.0", "1.0"]


def test_a_path_that_is_left_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    def f(x: Any) -> Any:
        fad.debug.print("{}", x)
        return np.sin(x) if x > 0 else x * x

    compiled = fad.jit(f)
    for x in (1.0, -1.0, 1.0, -1.0):
        compiled(x)
        fad.grad(lambda v: compiled(v) * 2.0)(x)
    assert capsys.readouterr().out.split() == ["1.0", "1.0", "-1.0", "-1.0"] * 2


def test_a_program_that_starts_again_prints_once(capsys: pytest.CaptureFixture[str]) -> None:
    def f(x: Any) -> Any:
        fad.debug.print("{}", x)
        return 1.0 / x

    with np.errstate(all="ignore"):
        assert fad.jit(f)(0.0) == np.inf
    assert capsys.readouterr().out == "0.0\n"


def test_trees_and_constants(capsys: pytest.CaptureFixture[str]) -> None:
    fad.jit(lambda x: (fad.debug.print("{} {p}", [x, None], p={"a": 3, "b": (X, "word")}), x)[1])(1.5)
    assert capsys.readouterr().out == "[1.5, None] {'a': 3, 'b': (array([0., 1., 4.]), 'word')}\n"
    fad.jit(lambda x: (fad.debug.print("nothing traced: {}", 3), x)[1])(1.5)
    assert capsys.readouterr().out == "nothing traced: 3\n"


def test_a_line_shows_in_a_graph() -> None:
    graph = fad.trace(lambda x: (fad.debug.print("x = {}", x), x)[1], 1.0)
    assert "print[line='x={}'] a" in str(graph)


# -- the user's line, always ------------------------------------------------------------------------


def _scaled(x: Any) -> Any:
    y = x * 2.0
    return np.log(
        y) / (y - 2.0)


@pytest.mark.parametrize("shape", [(), (3,), (100_000,)], ids=["numbers", "arrays", "blocks"])
def test_warnings_of_programs_are_at_the_users_line(shape: tuple[int, ...]) -> None:
    x = np.zeros(shape)[()]
    for call in (fad.jit(_scaled), lambda v: fad.value_and_grad(lambda a: np.sum(_scaled(a)))(v)):
        with pytest.warns(RuntimeWarning) as seen:
            call(x)
        assert {w.filename for w in seen} == {__file__}
        assert {w.lineno for w in seen} <= {_line(_scaled, 2), _line(_scaled, 3)}


def test_warnings_in_loops_are_at_the_users_line() -> None:
    def turn(c: Any, a: Any) -> Any:
        b = np.log(a)
        return c + b, b

    with pytest.warns(RuntimeWarning, match="divide by zero") as seen:
        fad.jit(lambda x: fad.scan(turn, 0.0, x)[0])(X)
    assert {(w.filename, w.lineno) for w in seen} == {(__file__, _line(turn, 1))}


def test_errors_of_programs_name_the_users_line() -> None:
    compiled = fad.jit(_singular)
    with pytest.raises(np.linalg.LinAlgError) as caught:
        compiled(X)
    frame = next(f for f in traceback.extract_tb(caught.value.__traceback__) if f.name.startswith("<fad program"))
    assert (frame.filename, frame.lineno) == (__file__, _line(_singular, 2))
    assert caught.value.__notes__ == [f"  where: {__file__}:{_line(_singular, 2)}, in a program compiled by fad"]


def test_warnings_as_errors_name_the_users_line() -> None:
    compiled = fad.jit(_logs)
    with pytest.raises(RuntimeWarning) as caught:  # as all warnings are in these tests
        compiled(X)
    assert f"{__file__}:{_line(_logs, 2)}" in caught.value.__notes__[0]


def test_a_program_from_several_files_names_them_in_its_text() -> None:
    names: dict[str, Any] = {"np": np}
    exec(compile("def other(x):\n    return np.log(x)\n", "/elsewhere/other file.py", "exec"), names)
    compiled = fad.jit(lambda x: np.linalg.inv(names["other"](x) * 0.0))
    with np.errstate(all="ignore"), pytest.raises(np.linalg.LinAlgError) as caught:
        compiled(np.ones((2, 2)))
    assert f"{__file__}:{_line(compiled.__wrapped__)}" in caught.value.__notes__[0]


def test_lines_far_apart() -> None:
    """Steps of any size, in both directions, between the lines of neighbouring statements."""
    text = "def first(x):\n    return np.exp(x)\n" + "\n" * 3000 + "def second(x):\n    return np.log(first(x) * 0.0)\n"
    names: dict[str, Any] = {"np": np}
    exec(compile(text, "/elsewhere/long.py", "exec"), names)
    with pytest.warns(RuntimeWarning) as seen:
        fad.jit(names["second"])(np.ones(2))
    assert [(w.filename, w.lineno) for w in seen] == [("/elsewhere/long.py", 3004)]
