"""A program's text holds nothing that somebody else has written: file names, settings, names of primitives."""

from __future__ import annotations

import builtins
import enum
import keyword
from collections import namedtuple
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import fad
from fad.core.avals import Aval
from fad.core.primitive import Primitive
from fad.execute import writing

X = np.array([0.3, 0.7, 1.1])
WICKED = "__import__('builtins').HIT = True"


@pytest.fixture(autouse=True)
def nothing_of_it_runs() -> Iterator[None]:
    yield
    hit = builtins.__dict__.pop("HIT", False)
    assert not hit, "foreign text has run as code"


# -- file names -----------------------------------------------------------------------------------

FILES = ["plain.py", "a b.py", "café.py", f"cell.py\n    {WICKED}  #", f"cell.py\r    {WICKED}  #", f"cell.py\r\n{WICKED}",
         "back\\", "back\\\n", "nul\0.py", "caf\udce9.py", "a\x0bb.py", "a\x0cb.py", "a\x1cb.py", "a\x1db.py", "a\x1eb.py",
         "a\x85b.py", "a\u2028b.py", "a\u2029b.py", "# coding: cp037", "x:3", "x:3 y:4", "", "\n", "'''", "<fad program 1>",
         "a\u202eb", "x" * 5000]

SHAPES = {"a number": np.float64(0.4), "an array": X, "blocks": np.linspace(0.1, 1.0, 70_000)}


def _of_file(name: str) -> Callable[[Any], Any]:
    scope: dict[str, Any] = {"np": np}
    exec(compile("def f(x):\n    return np.sum(\n      np.sin(x) * np.exp(x) + np.log(x))\n", "a file", "exec"), scope)
    f: Callable[[Any], Any] = scope["f"]
    f.__code__ = f.__code__.replace(co_filename=name)  # which takes names that compile() does not
    return f


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", FILES, ids=ascii)
def test_file_names(name: str, shape: str) -> None:
    f, x = _of_file(name), SHAPES[shape]
    slope = np.cos(x) * np.exp(x) + np.sin(x) * np.exp(x) + 1.0 / x
    assert np.allclose(fad.grad(f)(x), slope)
    assert np.allclose(fad.jit(f)(x), f(x))
    text = fad.jit(f).source(x)
    assert text.isascii() or "é" in text
    assert len(text.split("\n")) == len(text.splitlines()) + 1
    with np.errstate(all="ignore", invalid="warn"), pytest.warns(RuntimeWarning, match="invalid value") as seen:
        fad.jit(f)(-x)
    if not name.startswith("<fad"):  # of our own files no line is the user's
        assert (seen[0].filename, seen[0].lineno) == (name, 3)


def test_programs_of_two_files() -> None:
    """The lines of such a program are its own, and its text names the user's."""
    for name in FILES:
        f, g = _of_file(name), _of_file(name + "2")
        compiled = fad.jit(lambda x, f=f, g=g: f(np.linalg.inv(x) + 1.0) + g(x))
        x = np.eye(2) + 1.0
        assert np.allclose(compiled(x), f(np.linalg.inv(x) + 1.0) + g(x))
        with pytest.raises(np.linalg.LinAlgError) as caught:
            compiled(np.zeros((2, 2)))
        assert f"{__file__}:" in caught.value.__notes__[0]


def test_loops_in_foreign_files() -> None:
    for name in FILES:
        f = _of_file(name)
        x = np.array([0.5, 0.7])
        carry, ys = fad.jit(lambda x, f=f: fad.scan(lambda c, y: (c + f(y), c * f(y)), 0.0, x))(x)
        assert np.allclose(carry, f(x[0]) + f(x[1]))
        assert np.allclose(ys, [0.0, f(x[0]) * f(x[1])])


# -- settings -------------------------------------------------------------------------------------


class Stable(enum.StrEnum):
    IT = "stable"
    LEFT = "left"


class OldStable(str, enum.Enum):  # noqa: UP042  # its repr is another
    IT = "stable"
    LEFT = "left"


class Told(str):
    """A text that writes itself as it likes."""

    def __repr__(self) -> str:
        return WICKED

    __str__ = __repr__

    def __format__(self, how: str) -> str:
        return WICKED


class Counted(int):
    __repr__ = __str__ = Told.__repr__  # type: ignore[assignment]

    def __format__(self, how: str) -> str:
        return WICKED


class Number(enum.IntEnum):
    ZERO, ONE, TWO, THREE = range(4)


TEXTS: list[Callable[[str], Any]] = [
    lambda text: Stable(text), lambda text: OldStable(text), np.str_, Told, str]


@pytest.mark.parametrize("make", TEXTS)
@pytest.mark.parametrize("f", [
    lambda x, text: np.sum(np.sort(x, kind=text("stable")) * X), lambda x, text: x[np.argsort(x, kind=text("stable"))],
    lambda x, text: x * np.searchsorted(X, x, side=text("left"))])
def test_texts_as_settings(f: Callable[..., Any], make: Callable[[str], Any]) -> None:
    """And the plain text afterwards, which is equal."""
    for text in (make, str):
        assert np.array_equal(fad.jit(lambda x, text=text: f(x, text))(X), f(X, str))
        assert np.array_equal(fad.jacobian(lambda x, text=text: f(x, text))(X), fad.jacobian(lambda x: f(x, str))(X))


Pair = namedtuple("Pair", "rows columns")
Pair.__repr__ = Told.__repr__  # type: ignore[method-assign, assignment]


@pytest.mark.parametrize("number", [Counted, Number, np.int64, np.intp, np.uint8])
@pytest.mark.parametrize("f", [
    lambda x, n: np.sum(x, axis=n(1)), lambda x, n: np.max(x, axis=n(0)), lambda x, n: x.reshape(n(3), n(2)) * 2.0,
    lambda x, n: np.broadcast_to(x * 1.5, Pair(n(2), n(3))), lambda x, n: np.reshape(x, Pair(n(3), n(2))) + 1.0,
    lambda x, n: np.roll(x, n(1), axis=n(1)), lambda x, n: np.cumsum(x, axis=n(1)),
    lambda x, n: np.sum(x, axis=Pair(n(0), n(1))),
    lambda x, n: fad.numpy.zeros(Pair(n(2), n(3))) + x, lambda x, n: np.diff(x, n=n(1)), lambda x, n: x[n(1)] * 2.0,
    lambda x, n: fad.scan(lambda c, _: (c * 2.0, c), x, None, length=n(2))[0]])
def test_numbers_as_settings(f: Callable[..., Any], number: Callable[[int], Any]) -> None:
    x = np.arange(6.0).reshape(2, 3) + 1.0
    assert np.array_equal(fad.jit(lambda x: f(x, number))(x), f(x, int))
    assert np.array_equal(fad.jacobian(lambda x: f(x, number))(x), fad.jacobian(lambda x: f(x, int))(x))


# -- primitives -----------------------------------------------------------------------------------

NAMES = ["", "my prim", "pde.solve", "a_", "b_", "program", "block_0", "block", "scratch0", "i", "j", "start", "y0", "a_s",
         "going", "2d", "settled", "float64", "empty", "constant", "dtype", "sin", "multiply", "pow", "café", "\ufb01x",
         "x__8", f"x\n    {WICKED}", f"x, {WICKED}", "\0", "\udce9", "x" * 5000, *keyword.kwlist, *keyword.softkwlist,
         *writing._BASICS,
         *[name for name in dir(builtins) if name not in keyword.kwlist]]


def _times_ten(name: str) -> Primitive:
    def evaluate(x: Any, **settings: Any) -> Any:
        assert set(settings.values()) <= {1}
        return x * 10.0

    def infer(x: Aval, **settings: Any) -> Aval:
        return x

    return Primitive(name, evaluate, infer, lambda P, T, R, **settings: T[0], lambda X, M, **settings: X[0])


@pytest.mark.parametrize("name", [*NAMES, Told("sum")], ids=lambda name: ascii(str.__str__(name))[:20])
def test_names_of_primitives(name: str) -> None:
    p = _times_ten(name)
    for x in (np.float64(-0.7), X, np.linspace(0.1, 1.0, 70_000)):
        assert np.allclose(fad.jit(lambda a: p(a) + np.abs(a) + np.exp(a) * np.sin(a))(x),
                           x * 10.0 + np.abs(x) + np.exp(x) * np.sin(x))
    total, _ = fad.jit(lambda x: fad.scan(lambda c, y: (c + p(y) + np.abs(y), p(c)), 0.0, x))(X)
    assert np.isclose(total, np.sum(11.0 * X))


@pytest.mark.parametrize("key", [*NAMES, "__debug__"], ids=lambda key: ascii(key)[:20])
def test_names_of_settings(key: str) -> None:
    p = _times_ten("p")
    assert np.allclose(fad.jit(lambda a: p(a, **{key: 1}) + np.exp(a))(X), X * 10.0 + np.exp(X))


def test_settings_that_are_no_words() -> None:
    seen: list[Any] = []

    def evaluate(x: Any, *, a: Any, b: Any) -> Any:
        seen.append((a, b))
        return x * 1.0

    p: Primitive = Primitive("p", evaluate, lambda x, **settings: x, lambda P, T, R, **settings: T[0],
                             lambda X, M, **settings: X[0])
    values = [10 ** 5000, -(1 << 63), "x" * 10_000, "\udce9", "\n", "'", "\\", (1,) * 1000, (True,), Pair(1, 2), 1.5, -0.0,
              float("nan"), None, False, (), "", frozenset({1}), Told("x"), Counted(3)]
    for value in values:
        fad.jit(lambda x, value=value: p(x, a=value, b=1))(X)
        assert seen[-1][0] is value or seen[-1][0] == value and type(seen[-1][0]) is type(value)
