"""Compiled functions: what they are keyed by, the paths that Python's questions open, and how they nest."""

from __future__ import annotations

import functools
import itertools
import math
import operator
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pytest

import fad
from fad.errors import AbstractValueError, ArgumentError, DtypeError, RuleError
from fad.transforms.jit import CacheInfo, Jitted

X = np.array([1.0, 2.0, 3.0])


class Counted:
    """A function that counts how often Python runs it."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f, self.calls = f, 0
        functools.update_wrapper(self, f)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.calls += 1
        return self.f(*args, **kwargs)


# -- one trace for each tree, shapes and dtypes ---------------------------------------------------


def test_the_function_runs_once() -> None:
    g = Counted(lambda x, a: np.sum(np.sin(x) * a))
    f = fad.jit(g)
    for i in range(5):
        assert np.isclose(f(X + i, 2.0 * i), np.sum(np.sin(X + i) * 2.0 * i))
    assert g.calls == 1
    assert f.cache_info() == CacheInfo(hits=4, misses=1, types=1, paths=1)


@pytest.mark.parametrize(("args", "others"), [
    ((X,), (X[:2],)), ((X,), (X.astype(np.float32),)), ((X,), (X.reshape(1, 3),)), ((1.0,), (1,)),
    ((1.0,), (np.float64(1.0),)),
    ((1.0,), (np.float32(1.0),)), ((1.0,), (1j,)), ((1.0,), (True,)), ((1.0,), (np.array([1.0]),)), ((X,), ([X],)),
    (([X],), ((X,),)),
    (({"a": X},), ({"b": X},)), ((X,), (X, X)), ((X, None), (X, X)), ((X, "a"), (X, "b")), ((X, "1"), (X, 1)),
    ((X, {"a": 1.0, "b": 2.0}), (X, {"b": 1.0, "a": 5.0})), (({1: X},), ({1.0: X},)),
    ((X, (1.0, 2.0)), (X, (1.0, (2.0,)))), ((np.arange(3),), (np.arange(3, dtype=np.int32),))])
def test_what_traces_anew(args: tuple[Any, ...], others: tuple[Any, ...]) -> None:
    g = Counted(lambda *xs: [np.sum(x) * 2 for x in fad.tree.leaves(xs) if not isinstance(x, str)])
    f = fad.jit(g)
    for _ in range(2):
        for given in (args, others):
            for found, expected in zip(f(*given), g.f(*given), strict=True):
                assert np.asarray(found).dtype == np.asarray(expected).dtype
                assert np.array_equal(found, expected)
    assert g.calls == 2
    assert f.cache_info() == CacheInfo(hits=2, misses=2, types=2, paths=2)


@pytest.mark.parametrize(("args", "others"), [
    ((X,), (X * 2.0,)), ((X,), (X[::-1],)), ((np.ones((2, 3)),), (np.ones((3, 2)).T,)), ((1.0,), (-0.0,)),
    ((np.array(1.0),), (np.float64(2.0),)),
    ((3,), (7,)), ((X, {"a": 1.0, "b": 2.0}), (X, {"a": 1.0, "b": 5.0}))])
def test_what_does_not(args: tuple[Any, ...], others: tuple[Any, ...]) -> None:
    g = Counted(lambda *xs: [np.sum(x) * 2.0 for x in fad.tree.leaves(xs)])
    f = fad.jit(g)
    for given in (args, others, args):
        assert np.allclose(f(*given), g.f(*given), rtol=1e-15)
    assert f.cache_info() == CacheInfo(hits=2, misses=1, types=1, paths=1)


def test_keywords_and_defaults() -> None:
    def f(x: Any, y: Any = 2.0, *, z: Any = 0.0) -> Any:
        return x * y + z

    compiled = fad.jit(f)
    for args, kwargs in [((3.0,), {}), ((3.0, 4.0), {}), ((3.0,), {"y": 5.0}), ((), {"y": 7.0, "x": 3.0}),
                         ((3.0,), {"z": 1.0}),
                         ((), {"x": X, "z": X})]:
        for _ in range(2):
            assert np.array_equal(compiled(*args, **kwargs), f(*args, **kwargs))
    assert compiled(x=1.0, y=2.0, z=3.0) == compiled(z=3.0, y=2.0, x=1.0) == 5.0
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        compiled()
    with pytest.raises(TypeError, match="unexpected keyword argument 'w'"):
        compiled(1.0, w=2.0)


def test_the_order_of_keywords_is_the_callers() -> None:
    first = fad.jit(lambda **kw: next(iter(kw.values())) * 2.0)
    for _ in range(2):
        assert (first(b=2.0, a=3.0), first(a=3.0, b=2.0)) == (4.0, 6.0)
    named = fad.jit(lambda a, b: a - b)
    assert (named(b=2.0, a=3.0), named(a=3.0, b=2.0)) == (1.0, 1.0)
    assert named.cache_info().paths == 1  # it cannot see their order


INTS = (0, 1, 2, -1, 7, 63, True, False, 10 ** 10, 2 ** 62, -2 ** 62)


@pytest.mark.filterwarnings("ignore:Bitwise inversion:DeprecationWarning")  # as Python has it since 3.12
@pytest.mark.parametrize("f", [operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod,
                               operator.pow, operator.and_, operator.or_, operator.lt, operator.eq, divmod,
                               lambda a, b: (-a, +b, ~a, abs(b), a - b, sum([a, 3]))])
def test_ints_and_bools_are_pythons(f: Callable[..., Any]) -> None:
    compiled = fad.jit(lambda a, b: f(a, b))
    for a, b in itertools.product(INTS, INTS):
        if f is operator.pow and (abs(b) > 64 or abs(a) > 7 and b > 7):  # too large for a float
            continue
        for _ in range(2):  # traced, and then looked up
            try:
                expected = f(a, b)
            except ZeroDivisionError:
                with pytest.raises(ZeroDivisionError):
                    compiled(a, b)
                continue
            if max(abs(x) for x in fad.tree.leaves(expected)) >= 2 ** 63:
                with pytest.raises(DtypeError, match="does not fit into 64 bits"):
                    compiled(a, b)
                continue
            for x, y in zip(fad.tree.leaves(compiled(a, b)), fad.tree.leaves(expected), strict=True):
                assert x == y
                assert np.asarray(x).dtype == np.asarray(y).dtype


def test_ints_that_are_too_large() -> None:
    for f in (lambda n: n * n, lambda n: n + 2 ** 70, lambda n: 10 ** 10 * n):
        with pytest.raises(DtypeError, match="make the argument static"):
            fad.jit(f, guards="error")(10 ** 10)
    assert fad.jit(lambda n: n * n, guards="error")(10 ** 9) == 10 ** 18
    with pytest.raises(DtypeError, match="argument 0, an int"):
        fad.jit(lambda n: n)(2 ** 70)
    assert fad.jit(lambda n: n * n, static_argnums=0)(10 ** 10) == 10 ** 20


class Point(NamedTuple):
    x: Any
    y: Any


@dataclass
class Model:
    w: Any
    name: str
    b: Any = None


def test_trees_in_and_out() -> None:
    def f(p: Point, models: dict[str, Any], *rest: Any) -> Any:
        return {"point": Point(p.y, p.x * 2.0), "models": [Model(models["a"].w + 1.0, "out"), None, "text", abs],
                "rest": rest, "n": 7}

    compiled = fad.jit(f)
    for i in range(3):
        out = compiled(Point(1.0 * i, X), {"a": Model(X * i, "in")}, (2.0, [i * 3.0]))
        assert isinstance(out["point"], Point)
        assert np.array_equal(out["point"].x, X)
        assert out["point"].y == 2.0 * i
        model, none, text, function = out["models"]
        assert isinstance(model, Model)
        assert model.name == "out"
        assert np.array_equal(model.w, X * i + 1.0)
        assert (none, text, function) == (None, "text", abs)
        assert out["rest"] == ((2.0, [3.0 * i]),)
        assert out["n"] == 7
    assert compiled.cache_info().paths == 1


def test_results_are_new_containers() -> None:
    f = fad.jit(lambda x: {"a": [x], "b": []})
    first = f(1.0)
    first["a"].append(2.0)
    first["b"].append(3.0)
    assert f(1.0) == {"a": [1.0], "b": []}


def test_weak_numbers_give_way() -> None:
    f = fad.jit(lambda x, a: x * a)
    assert f(np.float32(2.0), 3.0).dtype == np.float32
    assert f(np.float32(2.0), np.float64(3.0)).dtype == np.float64
    assert f(np.ones(2, np.float32), 3).dtype == np.float32
    assert f(np.ones(2, np.int32), 3).dtype == np.int32
    assert f(np.ones(2, np.float32), np.arange(2)).dtype == np.float64
    assert f(np.ones(2, np.float32), 1j).dtype == np.complex64


def test_arguments_are_not_written_to() -> None:
    def f(x: Any) -> Any:
        x[0] = 100.0
        x += 1.0
        return x

    x = X.copy()
    for _ in range(2):
        assert fad.jit(f)(x).tolist() == [101.0, 3.0, 4.0]
        assert np.array_equal(x, X)


def test_numbers_come_back_as_numpys() -> None:
    for found in (fad.jit(lambda x: x)(1.5), fad.jit(lambda x: x + 1.0)(0.5), fad.jit(lambda x: 1.5)(0.0),
                  fad.jit(np.sum)(X / 4.0)):
        assert type(found) is np.float64
        assert found == 1.5


# -- closures are frozen --------------------------------------------------------------------------


def test_captures_are_frozen() -> None:
    small, large, number = np.ones(3), np.ones(5000), [2.0]
    f = fad.jit(lambda x: x * number[0] + np.sum(small) + np.sum(large))
    expected = f(1.0)
    assert expected == 2.0 + 3.0 + 5000.0
    small[:] = 7.0
    large[:] = 7.0
    number[0] = 7.0
    assert f(1.0) == expected
    assert "frozen" in " ".join((fad.jit.__doc__ or "").split("\n\n")[1].split())


def test_the_attributes_of_an_instance_are_frozen_with_it() -> None:
    class Line:
        def __init__(self, slope: float) -> None:
            self.slope = slope

        @fad.jit
        def at(self, x: Any) -> Any:
            return self.slope * x

    a, b = Line(2.0), Line(5.0)
    assert (a.at(1.0), b.at(1.0), a.at(3.0), b.at(x=3.0)) == (2.0, 5.0, 6.0, 15.0)
    a.slope = 100.0
    assert a.at(1.0) == 2.0
    assert Line(100.0).at(1.0) == 100.0


# -- static arguments, decorators, methods --------------------------------------------------------


def test_static_arguments() -> None:
    g = Counted(lambda x, n, kind="sin": sum(getattr(np, kind)(x) * i for i in range(n)))
    for f in (fad.jit(g, static_argnums=(1, 2)), fad.jit(g, static_argnames=("n", "kind")),
              fad.jit(g, static_argnums=1, static_argnames="kind"), fad.jit(g, static_argnums=(-2, -1))):
        g.calls = 0
        for n, kind in [(2, "sin"), (3, "sin"), (2, "cos"), (2, "sin")]:
            expected = sum(getattr(np, kind)(0.5) * i for i in range(n))
            assert np.isclose(f(0.5, n, kind), expected, rtol=1e-15)
            assert np.isclose(f(0.5, n=n, kind=kind), expected, rtol=1e-15)
        assert g.calls == 3 + 3  # by position, and by name


@dataclass(frozen=True)
class Held:
    it: Any
    notes: Any = field(default_factory=list, compare=False)  # which has no hash


class Once(NamedTuple):
    it: Any


@pytest.mark.parametrize("held", [
    lambda x: x, lambda x: (x,), lambda x: frozenset([x]), Held, Once, lambda x: (frozenset([Held((x,))]),)])
def test_static_arguments_that_are_equal_and_differ(held: Callable[[Any], Any]) -> None:
    def flat(kind: Any) -> Any:
        kind = kind.it if isinstance(kind, Held) else kind
        return flat(next(iter(kind))) if isinstance(kind, (tuple, frozenset)) else kind

    def f(x: Any, kind: Any) -> Any:
        number = flat(kind)
        return x * {int: 1.0, float: 2.0, bool: 3.0, np.float32: 4.0}[type(number)] * math.copysign(1.0, number)

    compiled = fad.jit(f, static_argnums=1)
    numbers = (1, 1.0, True, 0.0, -0.0, 0, False, np.float32(0.0), np.float32(-0.0))
    for number in (*numbers, *numbers):
        assert compiled(1.0, held(number)) == f(1.0, held(number)), number
    assert compiled.cache_info().paths == len(numbers)


def test_static_arguments_of_any_signature() -> None:
    assert fad.jit(lambda *xs: xs[0] * len(xs[1]), static_argnums=1)(2.0, "abc") == 6.0
    assert fad.jit(lambda x, **kw: x * len(kw["n"]), static_argnames="n")(2.0, n=frozenset({1, 2})) == 4.0

    def f(*xs: Any, n: Any) -> Any:
        return sum(np.sum(x) for x in xs) * len(n)

    assert fad.jit(f, static_argnames="n")(1.0, X, n="ab") == 14.0


def test_wrong_static_arguments() -> None:
    for arguments, word in [({"static_argnums": 2}, "2"), ({"static_argnums": -3}, "-3"),
                            ({"static_argnames": "z"}, "'z'"),
                            ({"static_argnames": ("x", "w")}, "'w'")]:
        with pytest.raises(ArgumentError, match=word) as caught:
            fad.jit(lambda x, y: x, **arguments)
        assert "(x, y)" in str(caught.value)
    with pytest.raises(ArgumentError, match="cannot be hashed"):
        fad.jit(lambda x, n: x, static_argnums=1)(1.0, [1])
    with pytest.raises(ArgumentError, match="argument 1, a static value of type set"):
        fad.jit(lambda x, n: x)(1.0, {1})
    with pytest.raises(ArgumentError, match="guards='never'"):
        fad.jit(lambda x: x, guards="never")  # type: ignore[call-overload]


def test_decorators_and_methods() -> None:
    class Scale:
        def __init__(self, a: float) -> None:
            self.a = a

        @fad.jit
        def plain(self, x: Any) -> Any:
            """The docstring."""
            return self.a * x

        @fad.jit(static_argnames="n")
        def static(self, x: Any, n: int = 2) -> Any:
            return sum(self.a * x for _ in range(n))

        @staticmethod
        @fad.jit
        def alone(x: Any) -> Any:
            return 3.0 * x

        @classmethod
        @fad.jit
        def of_class(cls, x: Any) -> Any:
            return 4.0 * x

        @property
        @fad.jit
        def half(self) -> Any:
            return self.a / 2.0

    s = Scale(2.0)
    assert (s.plain(1.5), Scale.plain(s, 1.5), s.static(1.0), s.static(1.0, n=3), s.static(1.0, 4)) == (3.0, 3.0, 4.0,
                                                                                                        6.0, 8.0)
    assert (s.alone(1.0), Scale.alone(1.0), s.of_class(1.0), Scale.of_class(1.0), s.half) == (3.0, 3.0, 4.0, 4.0, 1.0)
    assert isinstance(Scale.plain, Jitted)
    assert (Scale.plain.__name__, Scale.plain.__doc__) == ("plain", "The docstring.")
    assert fad.grad(s.plain)(1.0) == 2.0
    assert fad.grad(Scale.alone)(1.0) == 3.0


@fad.jit
def decorated(x: Any) -> Any:
    """Twice x."""
    return x * 2.0


def test_metadata() -> None:
    assert (decorated.__name__, decorated.__doc__, decorated.__module__) == ("decorated", "Twice x.", __name__)
    gradient = fad.grad(decorated)
    assert gradient.__name__ == "decorated"
    assert (gradient(3.0), decorated(3.0)) == (2.0, 6.0)


def test_functions_of_other_kinds() -> None:
    assert np.array_equal(fad.jit(np.negative)(X), -X)
    assert np.array_equal(fad.jit(functools.partial(np.multiply, 2.0))(X), 2.0 * X)
    assert np.array_equal(fad.jit(fad.trace(lambda x: x * 2.0, X))(X), 2.0 * X)
    assert np.array_equal(fad.jit(fad.jit(lambda x: x * 2.0))(X), 2.0 * X)
    assert len({fad.jit(np.sin), fad.jit(np.sin)}) == 2


# -- looking inside -------------------------------------------------------------------------------


def test_source_and_graph() -> None:
    @fad.jit
    def f(x: Any, n: Any = 1) -> Any:
        return np.sin(x) * n if x > 0.0 else x * 5.0

    line = f._f.__code__.co_firstlineno + 2
    source = f.source(1.0)
    assert "def program(" in source
    assert "sin(" in source
    assert f"{__file__}:{line}" in source
    assert "sin(" not in f.source(-1.0)
    assert "sin(" in f.source(1.0)
    graph = f.graph(1.0)
    assert isinstance(graph, fad.Graph)
    assert "sin" in str(graph)
    assert "guard" in str(graph)
    assert "sin" not in str(f.graph(-2.0))
    assert f.cache_info().paths == 2


# -- guards ---------------------------------------------------------------------------------------


def _huber(x: Any) -> Any:
    return x * x if abs(x) < 1.0 else 2.0 * abs(x) - 1.0


def _halve(x: Any) -> Any:
    while x > 1.0:
        x = x / 2.0
    return x * 3.0


def _power(x: Any, n: Any) -> Any:
    y = 1.0
    for _ in range(int(n)):
        y = y * x
    return y


def _count(x: Any) -> Any:
    n = int(np.sum(x > 0.0))
    return np.sum(x[:n]) * 1.0


def _masked(x: Any) -> Any:
    return np.sum(x[x > 0.0] ** 2)


def _sorted(x: Any) -> Any:
    """Decisions at each step of an insertion sort."""
    items = list(x)
    for i in range(1, len(items)):
        while i > 0 and items[i] < items[i - 1]:
            items[i], items[i - 1] = items[i - 1], items[i]
            i -= 1
    return sum(y * (i + 1.0) for i, y in enumerate(items))


def _ternary(x: Any) -> Any:
    a = x[0] if x[0] > x[1] else x[1]
    b = np.sum(x) if a > x[2] and x[1] > 0.0 else a
    return a * b if b != 0.0 else a


def _found(x: Any) -> Any:
    return x[np.argmax(x)] * (2.0 if 3.0 in x else 1.0)


def _rounded(x: Any) -> Any:
    return x * math.floor(x) + x * math.ceil(x) + round(x) * x


def _any_all(x: Any) -> Any:
    return np.sum(x) if (x > 0.0).all() else np.sum(x * x) if np.any(x > 0.0) else -np.sum(x)


SCALARS = [0.5, -0.25, 3.0, -7.0, 0.5, 3.0, 1.0, 100.0]
VECTORS = [X, -X, np.array([3.0, -1.0, 2.0]), np.array([0.5, 0.25, -2.0]), X, np.zeros(3), -X]

GUARDED: dict[str, tuple[Callable[..., Any], list[tuple[Any, ...]]]] = {
    "if": (_huber, [(x,) for x in SCALARS]),
    "while": (_halve, [(x,) for x in SCALARS]),
    "range": (_power, [(1.5, float(n)) for n in (2, 0, 3, 2, 5, 0)]),
    "int": (_count, [(x,) for x in VECTORS]),
    "mask": (_masked, [(x,) for x in VECTORS]),
    "sort": (_sorted, [(x,) for x in VECTORS]),
    "ternary": (_ternary, [(x,) for x in VECTORS]),
    "in": (_found, [(x,) for x in VECTORS]),
    "floor": (_rounded, [(x + 0.1,) for x in SCALARS]),
    "any": (_any_all, [(x,) for x in VECTORS]),
}


@pytest.mark.parametrize("name", GUARDED)
def test_every_path_is_right(name: str) -> None:
    f, points = GUARDED[name]
    compiled = fad.jit(f)
    twice = fad.jit(lambda *xs: compiled(*xs) * 2.0)
    gradient = fad.jit(fad.grad(f))
    outside = fad.jit(lambda *xs: fad.grad(compiled)(*xs))
    for _ in range(2):
        for point in points:
            expected, slope = f(*point), fad.grad(f)(*point)
            assert np.isclose(compiled(*point), expected, rtol=1e-14)
            assert np.isclose(twice(*point), 2.0 * expected, rtol=1e-14)
            assert np.allclose(gradient(*point), slope, rtol=1e-14)
            assert np.allclose(fad.grad(compiled)(*point), slope, rtol=1e-14)
            assert np.allclose(outside(*point), slope, rtol=1e-14)
            assert np.isclose(fad.jvp(compiled, point, tuple(np.ones_like(x) for x in point))[1],
                              fad.jvp(f, point, tuple(np.ones_like(x) for x in point))[1], rtol=1e-14)
    for g in (compiled, twice, gradient, outside):
        assert 1 < g.cache_info().paths <= len(points)
        assert g.cache_info().types == 1


@pytest.mark.parametrize("name", GUARDED)
def test_a_known_path_is_not_traced_again(name: str) -> None:
    f, points = GUARDED[name]
    for wrap in (lambda g: g, fad.grad, lambda g: lambda *xs: fad.jit(g)(*xs) * 2.0):
        g = Counted(f)
        compiled = fad.jit(wrap(g))
        for point in points:
            compiled(*point)
        calls = g.calls
        for point in points[::-1]:
            compiled(*point)
        assert g.calls == calls
        assert compiled.cache_info().hits >= len(points)


def test_jit_in_jit_in_jit() -> None:
    inner = fad.jit(_huber)
    middle = fad.jit(lambda x, y: inner(x) + inner(y) if x > y else inner(x * y))
    outer = fad.jit(lambda z: middle(z[0], z[1]) * (2.0 if inner(z[2]) > 1.0 else 3.0))

    def plain(z: Any) -> Any:
        x, y = z[0], z[1]
        return (_huber(x) + _huber(y) if x > y else _huber(x * y)) * (2.0 if _huber(z[2]) > 1.0 else 3.0)

    points = [np.array(p) for p in [(0.5, 0.2, 0.1), (2.0, 0.2, 0.1), (0.1, 5.0, 0.1), (0.1, 50.0, 4.0),
                                    (0.5, 0.2, 9.0), (3.0, 2.0, 1.0)]]
    for _ in range(2):
        for z in points:
            assert np.isclose(outer(z), plain(z), rtol=1e-14)
            assert np.allclose(fad.jit(fad.grad(outer))(z), fad.grad(plain)(z), rtol=1e-14)
            assert np.allclose(fad.grad(outer)(z), fad.grad(plain)(z), rtol=1e-14)
            assert np.allclose(fad.hessian(outer)(z), fad.hessian(plain)(z), rtol=1e-14)


def test_guards_on_arrays_inside_another_trace() -> None:
    inner = fad.jit(lambda x: np.sum(x * 2.0) if x[0] > 0.0 else np.sum(x))
    outer = fad.jit(lambda x: inner(x) * 3.0)
    for _ in range(2):
        assert (outer(X), outer(-X)) == (36.0, -18.0)
        assert fad.grad(outer)(X).tolist() == [6.0] * 3
        assert fad.grad(outer)(-X).tolist() == [3.0] * 3
    assert outer.cache_info().paths == 2
    assert inner.cache_info().paths == 2


def test_questions_of_inner_values_do_not_mix_with_those_of_outer_ones() -> None:
    """Each path has as many questions as the function asks, in the order in which it asks them."""
    inner = fad.jit(lambda x: 1.0 if x > 0.0 else 2.0)
    outer = fad.jit(lambda a, b,
                    c: [0.0 + (10.0 if a > 0.0 else 20.0), inner(b), (100.0 if c > 0.0 else 200.0), a + b + c])
    for _ in range(2):
        for a in (1.0, -1.0):
            for b in (1.0, -1.0):
                for c in (1.0, -1.0):
                    assert outer(a, b, c) == [10.0 if a > 0 else 20.0, 1.0 if b > 0 else 2.0, 100.0 if c > 0 else 200.0,
                                              a + b + c]
    assert 8 <= outer.cache_info().paths <= 10  # a question may be asked twice on the way to a new inner path


def test_work_behind_a_guard_waits_for_it() -> None:
    """No warning of a path that is not taken, on numbers, on small arrays and in blocks."""
    def f(x: Any) -> Any:
        return np.sum(np.log(x) * np.sqrt(x)) if np.sum(x) > 0.0 else np.sum(x * 2.0)

    for n in (1, 3, 100_000):
        x = np.linspace(1.0, 2.0, n)
        for compiled in (fad.jit(f), fad.jit(fad.grad(f)), fad.jit(lambda x: f(x) + 1.0)):
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                for point in (x, -x, x, -x):
                    compiled(point)
            assert compiled.cache_info() == CacheInfo(hits=2, misses=2, types=1, paths=2)
    scalar = fad.jit(lambda x: math.pi * np.log(x) if x > 0.0 else x)
    assert (scalar(1.0), scalar(-1.0), scalar(1.0)) == (0.0, -1.0, 0.0)


def test_an_answer_in_the_last_place() -> None:
    """A compiled predicate may differ by a bit from the one that the trace has seen: no path, and no end of paths."""
    xs = [x for x in np.linspace(0.1, 30.0, 4000).tolist() if float(np.exp(x)) != math.exp(x)]
    if not xs:
        pytest.skip("this machine's NumPy and libm agree")
    f = fad.jit(lambda x, bound: x * 2.0 if np.exp(x) == bound else -x)
    for x in xs[:20]:
        assert f(x, float(np.exp(x))) in (x * 2.0, -x)
    assert f.cache_info().paths <= 2


def test_a_path_is_chosen_by_value_not_by_truth() -> None:
    f = fad.jit(lambda x, n: x * int(n))
    assert [f(2.0, float(n)) for n in (0, 1, 2, 0, -1, 1)] == [0.0, 2.0, 4.0, 0.0, -2.0, 2.0]
    g = fad.jit(lambda x, i: {0: "zero", 1: "one", 2: "two"}[int(i)])
    assert [g(1.0, i) for i in (0, 1, 2, 1)] == ["zero", "one", "two", "one"]


def test_values_asked_for_by_name() -> None:
    f = fad.jit(lambda x: x * fad.value(x))
    assert [f(v) for v in (2.0, 3.0, 2.0, np.nan)][:3] == [4.0, 9.0, 4.0]
    sign = fad.jit(lambda x: x + np.copysign(1.0, fad.value(x)))
    assert [sign(v) for v in (0.0, -0.0, 0.0, np.float32(0.0), np.float32(-0.0))] == [1.0, -1.0, 1.0, 1.0, -1.0]
    g = fad.jit(lambda x: x * (1.0 if fad.value(x)[0] == 1.0 else 2.0))
    assert g(X).tolist() == X.tolist()
    assert g(2.0 * X).tolist() == (4.0 * X).tolist()
    assert g(X).tolist() == X.tolist()


def test_showing_a_tracer_is_no_guard(capsys: pytest.CaptureFixture[str]) -> None:
    def f(x: Any) -> Any:
        print(f"{x} {x!r}")
        return x * 2.0

    compiled = fad.jit(f)
    assert [compiled(v) for v in (1.0, 2.0, 3.0)] == [2.0, 4.0, 6.0]
    assert compiled.cache_info().paths == 1
    assert capsys.readouterr().out == "f64[] = 1.0 Tracer(f64[] = 1.0)\n"
    assert fad.jit(f, guards="error")(1.0) == 2.0


def test_a_formatted_value_is_a_guard() -> None:
    f = fad.jit(lambda x: x * float(f"{x:.1f}"))
    assert [f(v) for v in (1.0, 2.0, 1.01, 2.0)] == [1.0, 4.0, 1.01, 4.0]
    assert f.cache_info().paths == 2
    table = {"1.0": 10.0, "2.0": 20.0}
    g = fad.jit(fad.grad(lambda x: x * table[format(x, ".1f")]))
    assert [g(v) for v in (1.0, 2.0, 1.0)] == [10.0, 20.0, 10.0]
    with pytest.raises(AbstractValueError, match="format"):
        fad.jit(lambda x: x * float(f"{x:.1f}"), guards="error")(1.0)


def test_nan_is_an_answer() -> None:
    f = fad.jit(lambda x: 1.0 if x > 0.0 else 2.0 if x <= 0.0 else 3.0)
    for _ in range(2):
        assert [f(v) for v in (1.0, -1.0, np.nan, np.inf)] == [1.0, 2.0, 3.0, 1.0]
    assert f.cache_info().paths == 3


def test_guards_error() -> None:
    f = fad.jit(_huber, guards="error")
    with pytest.raises(AbstractValueError) as caught:
        f(1.0)
    line = _huber.__code__.co_firstlineno + 1
    assert f"{__file__}:{line}" in str(caught.value)
    assert "np.where" in str(caught.value)
    assert f.cache_info().paths == 0
    with pytest.raises(AbstractValueError):
        fad.grad(f)(1.0)
    assert fad.jit(np.sin, guards="error")(0.0) == 0.0


def test_a_guard_under_vmap_is_refused() -> None:
    f = fad.jit(_huber)
    f(0.5)
    for g in (fad.vmap(f), fad.jit(fad.vmap(f)), fad.vmap(fad.grad(f))):
        with pytest.raises(AbstractValueError, match="vmap"):
            g(X)
    assert np.allclose(fad.vmap(f, in_axes=None, axis_size=2)(0.5), 0.25)
    with pytest.raises(AbstractValueError):
        fad.trace(f, 1.0)
    mixed = fad.vmap(lambda x, a: f(a) * x, in_axes=(0, None))
    assert mixed(X, 3.0).tolist() == (5.0 * X).tolist()
    assert mixed(X, 0.5).tolist() == (0.25 * X).tolist()


def test_paths_that_keep_multiplying() -> None:
    def f(x: Any, n: Any) -> Any:
        return x * int(n)

    compiled = fad.jit(f)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        for n in range(100):
            assert compiled(2.0, float(n)) == 2.0 * n
    (warning,) = seen
    assert warning.category is RuntimeWarning
    assert warning.filename == __file__
    assert f"{__file__}:{f.__code__.co_firstlineno + 1}" in str(warning.message)
    assert "np.where" in str(warning.message)
    assert compiled.cache_info().paths == 64
    assert compiled(2.0, 99.0) == 198.0
    assert compiled(2.0, 0.0) == 0.0  # long forgotten


def test_types_that_keep_coming(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are warned of, once, and the oldest are forgotten, with their programs."""
    monkeypatch.setattr("fad.transforms.jit._MOST_TYPES", 8)
    monkeypatch.setattr("fad.transforms.jit._WARN_AT_TYPES", 4)
    by_shape, by_value = fad.jit(lambda x: x * 2.0), fad.jit(lambda x, n: x * n, static_argnums=1)
    for compiled, arguments in ((by_shape, lambda n: (np.ones(n),)), (by_value, lambda n: (2.0, n))):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            for n in range(20):
                compiled(*arguments(n))
        assert "compiled for 4 types" in str(seen[0].message)
        assert [w.filename for w in seen] == [__file__]
        assert compiled.cache_info() == CacheInfo(hits=0, misses=20, types=8, paths=8)
        compiled(*arguments(19))
        compiled(*arguments(0))
        assert compiled.cache_info() == CacheInfo(hits=1, misses=21, types=8, paths=8)


def test_paths_used_often_are_not_forgotten() -> None:
    g = Counted(lambda x, n: x * int(n))
    compiled = fad.jit(g)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for n in range(1, 200):
            compiled(2.0, float(n))
            compiled(2.0, 0.0)
    assert g.calls == 200


# -- inside other transforms, and with what they trace --------------------------------------------


def test_a_compiled_function_is_not_traced_again_inside() -> None:
    g = Counted(lambda x: np.sum(np.tanh(x) ** 2))
    f = fad.jit(g)
    expected = fad.grad(g.f)(X)
    for _ in range(3):
        assert np.allclose(fad.grad(f)(X), expected)
        assert np.allclose(fad.jit(fad.grad(f))(X), expected)
        assert np.allclose(fad.vmap(fad.grad(f))(np.stack([X, X])), [expected, expected])
        assert np.allclose(fad.hessian(f)(X), fad.hessian(g.f)(X))
        assert np.allclose(f(X), g.f(X))
    assert g.calls == 1


def test_values_of_an_enclosing_trace() -> None:
    """A function that closes over a traced value is compiled for that call alone, whatever its arguments are."""
    assert fad.grad(lambda x: fad.jit(lambda y: y * x)(2.0))(3.0) == 2.0
    assert fad.grad(lambda x: fad.jit(lambda y: y * x)(x))(3.0) == 6.0
    assert fad.jit(lambda x: fad.jit(lambda y: y * x)(2.0))(3.0) == 6.0
    assert fad.vmap(lambda x: fad.jit(lambda y: y * x)(2.0))(X).tolist() == [2.0, 4.0, 6.0]
    assert fad.grad(lambda x: fad.grad(lambda y: fad.jit(lambda z: z * x * y)(2.0))(5.0))(3.0) == 2.0
    held: list[Any] = [1.0]
    f = fad.jit(lambda y: y * held[0])

    def outer(x: Any) -> Any:
        held[0] = x
        return f(2.0) * f(x)

    assert [fad.grad(outer)(x) for x in (3.0, -1.0, 4.0)] == [6.0 * x ** 2 for x in (3.0, -1.0, 4.0)]
    assert f.cache_info().paths == 0


def test_transforms_inside() -> None:
    f = fad.jit(lambda x: fad.vmap(fad.grad(lambda y: y ** 3))(x) + fad.jacfwd(lambda y: y ** 2)(x) @ x)
    assert np.allclose(f(X), 3.0 * X ** 2 + 2.0 * X * X)
    g = fad.jit(lambda x: fad.hvp(lambda y: np.sum(y ** 3), x, x))
    assert np.allclose(g(X), 6.0 * X * X)
    h = fad.jit(lambda x: fad.vjp(np.sin, x)[1](np.ones(3))[0] + fad.linearize(np.cos, x)[1](x))
    assert np.allclose(h(X), np.cos(X) - np.sin(X) * X)


def test_custom_rules_inside() -> None:
    @fad.custom_jvp
    def f(x: Any) -> Any:
        return x ** 2

    @f.defjvp
    def _(primals: Any, tangents: Any) -> Any:
        return primals[0] ** 2, 100.0 * tangents[0]

    assert fad.jit(f)(3.0) == 9.0
    assert fad.jit(fad.grad(f))(3.0) == 100.0
    assert fad.grad(fad.jit(f))(3.0) == 100.0

    @fad.custom_vjp
    def g(x: Any) -> Any:
        return x ** 2

    with pytest.raises(RuleError):
        fad.jit(g)(3.0)


def test_jit_of_integers_and_truth_values() -> None:
    table = np.array([10.0, 20.0, 30.0])
    f = fad.jit(lambda x, i: x[i] * 2.0)
    assert [f(table, i) for i in (0, 1, 2, -1)] == [20.0, 40.0, 60.0, 60.0]
    assert fad.jit(lambda x, m: np.sum(np.where(m, x, 0.0)))(X, np.array([True, False, True])) == 4.0
    assert [fad.jit(lambda x, flag: x if flag else -x)(1.0, b) for b in (True, False)] == [1.0, -1.0]


# -- exceptions, and threads ----------------------------------------------------------------------


def test_an_exception_in_the_middle() -> None:
    class Own(Exception):
        pass

    mistakes = [True]

    def f(x: Any) -> Any:
        y = np.sin(x)
        if mistakes.pop():
            raise Own
        return y * 2.0

    compiled = fad.jit(f)
    with pytest.raises(Own):
        compiled(X)
    assert compiled.cache_info().paths == 0
    mistakes[:] = [False]
    assert np.allclose(compiled(X), 2.0 * np.sin(X))

    g = fad.jit(lambda x: {1.0: x}[2.0] if x > 0.0 else x)
    assert g(-1.0) == -1.0
    for _ in range(2):
        with pytest.raises(KeyError):
            g(1.0)
        assert g(-2.0) == -2.0
    assert g.cache_info().paths == 1


def test_sixteen_threads_at_the_first_call() -> None:
    def f(x: Any, n: Any) -> Any:
        return np.sum(np.sin(x)) * int(n) if np.sum(x) > 0.0 else np.sum(x)

    compiled = fad.jit(f)
    barrier, failures = threading.Barrier(16), list[Any]()

    def run(seed: int) -> None:
        try:
            barrier.wait()
            for i in range(40):
                n, sign = float((seed + i) % 3), 1.0 if (seed + i) % 2 else -1.0
                assert np.isclose(compiled(X * sign, n), f(X * sign, n), rtol=1e-14)
                assert np.allclose(fad.grad(compiled)(X * sign, n), fad.grad(f)(X * sign, n), rtol=1e-14)
        except BaseException as error:  # pytest sees none of another thread's
            failures.append(error)

    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(16)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []
    assert compiled.cache_info().paths == 4
