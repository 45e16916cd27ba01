"""The transforms as a user calls them: which arguments, what trees, what comes back, and how they nest."""

from __future__ import annotations

import copy
import functools
import pickle
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pytest

import fad
from fad.errors import ArgumentError, CaptureChangedError

X = np.array([0.5, -1.0, 2.0])
Y = np.array([1.5, 0.25, -0.75])


def same(found: Any, expected: Any, rtol: float = 1e-12) -> None:
    """Equal trees: structures, shapes, dtypes, and entries up to a few roundings."""
    assert str(fad.tree.structure(found)) == str(fad.tree.structure(expected))
    for x, y in zip(fad.tree.leaves(found), fad.tree.leaves(expected), strict=True):
        if isinstance(y, float | int | complex | np.ndarray | np.generic):
            assert np.shape(x) == np.shape(y), f"{x} for {y}"
            assert np.asarray(x).dtype == np.asarray(y).dtype, f"{np.asarray(x).dtype} for {np.asarray(y).dtype}"
            assert np.allclose(x, y, rtol=rtol, atol=rtol), f"{x} for {y}"
        else:
            assert x is y or x == y


# -- which arguments ------------------------------------------------------------------------------


def f3(a: Any, b: Any, *, c: Any = 2.0) -> Any:
    return np.sum(a * b ** 2) * c


def test_argnums() -> None:
    a, b = X, Y
    same(fad.grad(f3)(a, b), b ** 2 * 2.0)
    same(fad.grad(f3, 1)(a, b), 4.0 * a * b)
    same(fad.grad(f3, argnums=-1)(a, b, c=2.0), np.float64(np.sum(a * b ** 2)))
    same(fad.grad(f3, argnums=(0, 1))(a, b), (b ** 2 * 2.0, 4.0 * a * b))
    same(fad.grad(f3, argnums=[1, 0])(a, b), (4.0 * a * b, b ** 2 * 2.0))
    same(fad.grad(f3, argnums=(1,))(a, b), (4.0 * a * b,))
    same(fad.grad(lambda *xs: xs[0] * xs[1] * xs[2], argnums=(2, 0))(2.0, 3.0, 5.0),
         (np.float64(6.0), np.float64(15.0)))
    same(fad.jacobian(f3, argnums=(0, 1))(a, b), (b ** 2 * 2.0, 4.0 * a * b))


@pytest.mark.parametrize("selected", [
    {"argnums": (0, 0)}, {"argnums": (1, -2)}, {"argnums": [-3, 1, 0]}, {"argnames": ("a", "a")}])
@pytest.mark.parametrize("transform", [fad.grad, fad.value_and_grad, fad.jacfwd, fad.jacrev, fad.hessian])
def test_an_argument_is_selected_once(transform: Any, selected: Any) -> None:
    with pytest.raises(ArgumentError, match="selected twice"):
        transform(f3, **selected)(X, Y)
    if "argnames" in selected:
        with pytest.raises(ArgumentError, match="'a' was selected twice"):
            transform(f3, **selected)(a=X, b=Y)


def test_argnames_and_keywords() -> None:
    a, b = X, Y
    da, db, dc = b ** 2 * 3.0, 6.0 * a * b, np.float64(np.sum(a * b ** 2))
    same(fad.grad(f3, argnames="a")(a, b, c=3.0), da)
    same(fad.grad(f3, argnames="b")(a, b=b, c=3.0), db)
    same(fad.grad(f3, argnames="c")(a, b, c=3.0), dc)
    same(fad.grad(f3, argnames=("c", "a"))(c=3.0, b=b, a=a), (dc, da))
    same(fad.grad(f3, argnames=("b",))(a, b, c=3.0), (db,))
    same(fad.grad(f3)(b=b, a=a, c=3.0), da)
    same(fad.grad(f3, argnums=1)(a, b=b, c=3.0), db)
    same(fad.value_and_grad(f3, argnames="c")(a, b, c=3.0), (3.0 * dc, dc))
    same(fad.jacrev(f3, argnames=("a", "c"))(a, b, c=3.0), (da, dc))
    same(fad.hessian(f3, argnames="b")(a, b, c=3.0), np.diag(6.0 * a))
    same(fad.grad(lambda **kw: kw["x"] ** 2 * kw["y"], argnames=("y", "x"))(x=3.0, y=2.0),
         (np.float64(9.0), np.float64(12.0)))
    same(fad.grad(functools.partial(f3, c=3.0), argnames="b")(a, b), db)


def test_functions_of_all_kinds() -> None:
    class Model:
        def __init__(self, w: float) -> None:
            self.w = w

        def loss(self, x: Any) -> Any:
            return self.w * x ** 2

        def __call__(self, x: Any) -> Any:
            return self.w * x ** 3

        @fad.grad
        def slope(self: Any, x: Any) -> Any:
            return self * x ** 2

    model = Model(2.0)
    assert fad.grad(model.loss)(3.0) == 12.0
    assert fad.grad(model)(3.0) == 54.0
    assert fad.grad(Model.loss, argnums=1)(model, 3.0) == 12.0
    assert Model.slope(3.0, 2.0) == 4.0
    assert fad.grad(np.sin)(0.0) == 1.0
    assert fad.grad(functools.partial(np.power, 2.0))(3.0) == 8.0 * np.log(2.0)
    assert fad.grad(fad.trace(lambda x: x ** 2, 1.0))(3.0) == 6.0
    assert fad.jacobian(np.multiply, argnums=1)(X, Y).tolist() == np.diag(X).tolist()


def test_metadata_is_kept() -> None:
    for transform in (fad.grad, fad.value_and_grad, fad.jacobian, fad.hessian, fad.vmap, fad.jit):
        g = transform(f3)
        assert g.__name__ == "f3"
        assert g.__wrapped__ is f3
        assert g.__module__ == __name__


# -- aux ------------------------------------------------------------------------------------------


def test_aux() -> None:
    marker = object()

    def f(x: Any) -> Any:
        return np.sum(x ** 2), {"y": np.sin(x), "n": 3, "s": "text", "none": None, "o": marker, "plain": X, "f": abs,
                                "x": x}

    aux = {"y": np.sin(X), "n": 3, "s": "text", "none": None, "o": marker, "plain": X, "f": abs, "x": X}
    for found, rest in [fad.grad(f, has_aux=True)(X), fad.jacobian(f, has_aux=True)(X), fad.jacfwd(f, has_aux=True)(X),
                        fad.jacrev(f, has_aux=True, chunk_size=2)(X)]:
        same(found, 2.0 * X)
        same(rest, aux)
        assert type(rest["n"]) is int
        assert rest["o"] is marker
    (value, rest), found = fad.value_and_grad(f, has_aux=True)(X)
    same((value, found), (np.sum(X ** 2), 2.0 * X))
    same(rest, aux)
    found, rest = fad.hessian(f, has_aux=True)(X)
    same(found, 2.0 * np.eye(3))
    same(rest, aux)
    out, tangent, rest = fad.jvp(f, (X,), (Y,), has_aux=True)
    same((out, tangent), (np.sum(X ** 2), 2.0 * np.sum(X * Y)))
    same(rest, aux)
    out, pullback, rest = fad.vjp(f, X, has_aux=True)
    same((out, pullback(2.0)), (np.sum(X ** 2), (4.0 * X,)))
    same(rest, aux)


def test_aux_in_nests() -> None:
    def f(x: Any) -> Any:
        return x ** 3, x * 2.0

    def g(x: Any) -> Any:
        slope, aux = fad.grad(f, has_aux=True)(x)
        return slope * aux, aux

    same(fad.grad(g, has_aux=True)(3.0), (np.float64(6.0 * 9.0 * 3.0), np.float64(6.0)))  # (3 x²)(2 x) = 6 x³
    same(fad.vmap(fad.grad(f, has_aux=True))(X), (3.0 * X ** 2, 2.0 * X))
    same(fad.jit(fad.value_and_grad(f, has_aux=True))(2.0), ((np.float64(8.0), np.float64(4.0)), np.float64(12.0)))
    same(fad.grad(lambda x: (x, ()), has_aux=True)(1.0), (np.float64(1.0), ()))


# -- trees ----------------------------------------------------------------------------------------


class Pair(NamedTuple):
    first: Any
    second: Any


@dataclass
class Layer:
    w: Any
    name: str
    b: Any = None
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Frozen:
    x: Any
    y: Any


class Registered:
    def __init__(self, value: Any, label: str) -> None:
        self.value, self.label = value, label

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Registered) and self.label == other.label and np.array_equal(self.value, other.value)

    __hash__ = None  # type: ignore[assignment]


fad.tree.register(Registered, lambda r: ((r.value,), r.label), lambda label, children: Registered(children[0], label))

TREES: dict[str, Any] = {
    "tuple": (X, 2.0), "list": [X, [2.0]], "dict": {"a": X, "b": {"c": 2.0}}, "named tuple": Pair(X, Pair(2.0, X)),
    "dataclass": Layer(X, "name", 2.0), "frozen dataclass": Frozen(X, (2.0, X)), "registered": Registered(X, "label"),
    "None inside": (None, X, [None, 2.0]), "empty containers": ((), X, [], {}, 2.0),
    "ordered dict": OrderedDict(b=X, a=2.0),
    "default dict": defaultdict(list, a=X, b=2.0), "keys that do not compare": {1: X, "a": 2.0, None: X},
    "deep": [[[[[X]]]]],
    "floats and ints": {"a": 2, "b": 3.5, "c": np.float64(1.5)},
    "mixed dtypes": (X.astype(np.float32), X, np.float32(2.0)),
    "zero entries": (X, np.zeros((0, 3))),
}


def _energy(t: Any) -> Any:
    return sum(np.sum(leaf ** 3) for leaf in fad.tree.leaves(t) if not isinstance(leaf, str))


def _each(f: Callable[[Any], Any], t: Any) -> Any:
    """f of each array and number, in its dtype; None for texts, which have no derivative."""
    def of(x: Any) -> Any:
        return None if isinstance(x, str) else np.asarray(f(x), getattr(x, "dtype", np.float64))[()]

    return fad.tree.unflatten(fad.tree.structure(t), [of(x) for x in fad.tree.leaves(t)])


@pytest.mark.parametrize("name", TREES)
def test_trees(name: str) -> None:
    t = TREES[name]
    expected = _each(lambda x: 3.0 * np.asarray(x) ** 2, t)
    gradient = fad.grad(_energy)(t)
    same(gradient, expected)
    assert type(gradient) is type(t)
    value, gradient = fad.value_and_grad(_energy)(t)
    assert np.isclose(value, _energy(t))
    same(gradient, expected)
    same(fad.jit(fad.grad(_energy))(t), expected)
    same(fad.vjp(_energy, t)[1](value.dtype.type(1.0))[0], expected)
    same(fad.jacrev(_energy)(t), expected, 1e-6 if name == "mixed dtypes" else 1e-12)
    ones = fad.tree.map(lambda x: x if isinstance(x, str) else x * 0 + 1, t)
    _, tangent = fad.jvp(_energy, (t,), (ones,))
    assert np.isclose(tangent, sum(np.sum(x) for x in fad.tree.leaves(expected) if x is not None))
    assert np.isclose(fad.linearize(_energy, t)[1](ones), tangent)
    same(fad.hvp(_energy, t, ones), _each(lambda x: 6.0 * np.asarray(x), t), 1e-6)


def test_a_defaultdict_keeps_its_factory() -> None:
    gradient = fad.grad(_energy)(TREES["default dict"])
    assert gradient.default_factory is list
    assert list(fad.grad(_energy)(TREES["ordered dict"])) == ["b", "a"]


@pytest.mark.parametrize("kind", [dict, OrderedDict, lambda pairs: defaultdict(float, pairs)])
def test_dicts_reach_the_function_in_their_own_order(kind: Any) -> None:
    def f(p: Any) -> Any:
        first, second = p.values()
        return first * 10.0 + second

    compiled = fad.jit(fad.value_and_grad(f))
    for keys in ("za", "az") * 2:
        p = kind(zip(keys, (3.0, 2.0), strict=True))
        for value, gradient in (fad.value_and_grad(f)(p), compiled(p)):
            assert value == f(p)
            assert list(gradient.items()) == list(zip(keys, (10.0, 1.0), strict=True))
        assert fad.grad(fad.checkpoint(f))(p) == fad.grad(f)(p)
        assert list(fad.jit(lambda x, keys=keys: {k: x for k in keys})(1.0)) == list(keys)


@pytest.mark.parametrize("kind", [dict, lambda pairs: defaultdict(float, pairs)])
def test_dicts_that_are_equal_are_trees_of_one_structure(kind: Any) -> None:
    p, q = kind({"z": 3.0, "a": [2.0]}), kind({"a": [2.0], "z": 3.0})
    assert fad.tree.structure({1: 0.0, "a": 0.0, None: 0.0}) == fad.tree.structure({None: 0.0, "a": 0.0, 1: 0.0})
    shape = fad.tree.structure(p)
    assert (shape, hash(shape)) == (fad.tree.structure(q), hash(fad.tree.structure(q)))
    assert list(fad.tree.map(np.subtract, p, q).items()) == [("z", 0.0), ("a", [0.0])]
    for same_shape in (pickle.loads(pickle.dumps(shape)), copy.deepcopy(shape)):
        assert same_shape == shape
        assert list(fad.tree.unflatten(same_shape, [2.0, 3.0]).items()) == [("z", 3.0), ("a", [2.0])]


@pytest.mark.parametrize("keys", ["za", "az"])
def test_custom_rules_see_the_order_of_dicts(keys: str) -> None:
    @fad.custom_vjp
    def f(p: Any) -> Any:
        return p["a"] * p["z"]

    def forward(p: Any) -> Any:
        return f(p), p

    f.defvjp(forward, lambda p, ct: ({k: ct * (i + 1.0) for i, k in enumerate(p)},))
    p = dict.fromkeys(keys, 2.0)
    assert fad.grad(f)(p) == {keys[0]: 1.0, keys[1]: 2.0}
    assert fad.jit(fad.grad(f))(p) == {keys[0]: 1.0, keys[1]: 2.0}


def test_results_are_trees() -> None:
    def f(x: Any) -> Any:
        return {"a": (x ** 2, None, "text"), "b": Pair(np.sum(x), [x[0], 3.0])}

    out, tangent = fad.jvp(f, (X,), (Y,))
    same(out, {"a": (X ** 2, None, "text"), "b": Pair(np.sum(X), [X[0], 3.0])})
    same(tangent["a"][0], 2.0 * X * Y)
    same(tangent["b"], Pair(np.sum(Y), [Y[0], np.float64(0.0)]))
    out, pullback = fad.vjp(f, X)
    same(pullback({"a": (Y, None, "text"), "b": Pair(2.0, [3.0, 0.0])})[0], 2.0 * X * Y + 2.0 + 3.0 * np.eye(3)[0])
    jacobian = fad.jacobian(lambda x: {"a": x ** 2, "b": Pair(np.sum(x), [x[0]])})(X)
    same(jacobian, {"a": np.diag(2.0 * X), "b": Pair(np.ones(3), [np.eye(3)[0]])})
    mapped = fad.vmap(f)(np.stack([X, Y]))
    same(mapped["a"], (np.stack([X ** 2, Y ** 2]), None, "text"))
    same(mapped["b"], Pair(np.array([X.sum(), Y.sum()]), [np.array([X[0], Y[0]]), np.array([3.0, 3.0])]))


def test_jacobians_of_trees_by_trees() -> None:
    def f(p: dict[str, Any], s: Any) -> Any:
        return [p["w"] @ p["x"] * s, np.sum(p["x"] ** 2)]

    p = {"w": np.arange(6.0).reshape(2, 3), "x": X}
    for jac in (fad.jacfwd, fad.jacrev, fad.jacobian, functools.partial(fad.jacfwd, chunk_size=2),
                functools.partial(fad.jacrev, chunk_size=1)):
        first, second = jac(f)(p, 2.0)
        same(first["w"], 2.0 * np.einsum("ij,k->ijk", np.eye(2), X))
        same(first["x"], 2.0 * p["w"])
        same(second, {"w": np.zeros((2, 3)), "x": 2.0 * X})
        (dp, ds), (ep, es) = jac(f, (0, 1))(p, 2.0)
        same((ds, es), (p["w"] @ X, np.float64(0.0)))
        same((dp, ep), (first, second))
    hessian = fad.hessian(lambda p: f(p, 1.0)[1] + np.sum(p["w"]) * p["x"][0])(p)
    same(hessian["x"]["x"], 2.0 * np.eye(3))
    same(hessian["w"]["x"], np.broadcast_to(np.eye(3)[0], (2, 3, 3)))
    same(hessian["x"]["w"], np.einsum("i,jk->ijk", np.eye(3)[0], np.ones((2, 3))))
    same(hessian["w"]["w"], np.zeros((2, 3, 2, 3)))


def test_other_arguments_pass_through() -> None:
    marker = object()

    def f(x: Any, kind: str, g: Callable[[Any], Any], o: object, n: Any, m: np.ndarray[Any, Any], flag: bool) -> Any:
        assert (kind, o is marker, type(n), m.dtype, flag) == ("sin", True, int, np.int64, True)
        return np.sum(getattr(np, kind)(x) * g(x)) + m[n]

    args = ("sin", np.cos, marker, 1, np.arange(3), True)
    expected = np.cos(X) ** 2 - np.sin(X) ** 2
    same(fad.grad(f)(X, *args), expected)
    same(fad.jacobian(f)(X, *args), expected)
    same(fad.vmap(f, in_axes=(0, None, None, None, None, None, None))(np.stack([X, X]), *args), np.full(2, f(X, *args)))
    same(fad.grad(lambda x, **kw: x * kw["m"]["k"])(3.0, m={"k": 2.0, "s": "text"}), np.float64(2.0))


# -- shapes, dtypes, chunks -----------------------------------------------------------------------


@pytest.mark.parametrize("chunk_size", [None, 1, 2, 3, 4, 5, 100])
def test_chunks(chunk_size: int | None) -> None:
    def f(x: Any, y: Any) -> Any:
        return np.outer(np.sin(x), y), np.sum(x)

    for jac in (fad.jacfwd, fad.jacrev, fad.jacobian):
        found = jac(f, (0, 1), chunk_size=chunk_size)(X, Y[:2])
        same(found[0][0], np.einsum("i,ik,j->ijk", np.cos(X), np.eye(3), Y[:2]))
        same(found[0][1], np.einsum("i,jk->ijk", np.sin(X), np.eye(2)))
        same(found[1], (np.ones(3), np.zeros(2)))
    same(fad.jacfwd(lambda x: x ** 2, chunk_size=chunk_size)(3.0), np.float64(6.0))
    same(fad.jacrev(lambda x: x ** 2, chunk_size=chunk_size)(np.zeros(0)), np.zeros((0, 0)))
    same(fad.grad(lambda x: np.sum(fad.jacfwd(np.sin, chunk_size=chunk_size)(x)))(X), -np.sin(X))
    same(fad.vmap(fad.jacrev(np.sin, chunk_size=chunk_size))(np.stack([X, Y])),
         np.stack([np.diag(np.cos(X)), np.diag(np.cos(Y))]))
    same(fad.jit(fad.jacrev(np.sin, chunk_size=chunk_size))(X), np.diag(np.cos(X)))


def test_shapes_of_jacobians() -> None:
    def f(x: Any) -> Any:
        return np.tensordot(np.arange(24.0).reshape(2, 3, 4), np.sin(x), ([2], [0]))

    x = np.ones((4, 5))
    for jac in (fad.jacfwd, fad.jacrev, fad.jacobian):
        assert jac(f)(x).shape == (2, 3, 5, 4, 5)
        assert jac(np.sum)(x).shape == (4, 5)
        assert jac(lambda t: x * t)(1.0).shape == (4, 5)
        assert jac(np.sin)(1.0).shape == ()
        assert jac(lambda x: x[:0])(x).shape == (0, 5, 4, 5)
        same(jac(lambda x: np.argmax(x))(X), np.zeros(3))
        same(jac(lambda x: (np.argsort(x), x * 2.0))(X), (np.zeros((3, 3)), 2.0 * np.eye(3)))
    assert fad.hessian(f)(x).shape == (2, 3, 5, 4, 5, 4, 5)
    same(fad.jacfwd(f)(x), fad.jacrev(f)(x))


def _all_transforms(f: Callable[[Any], Any], x: Any) -> list[Any]:
    """Everything that has the dtype of x, for a scalar function."""
    one = f(x) * 0 + 1
    return [fad.grad(f)(x), *fad.value_and_grad(f)(x), *fad.jvp(f, (x,), (x,)), fad.vjp(f, x)[0],
            fad.vjp(f, x)[1](one)[0],
            fad.linearize(f, x)[1](x), fad.jacfwd(f)(x), fad.jacrev(f)(x), fad.jacrev(f, chunk_size=1)(x),
            fad.hessian(f)(x),
            fad.hvp(f, x, x), fad.vmap(f)(np.stack([x, x])), fad.vmap(fad.grad(f))(np.stack([x, x])), fad.jit(f)(x),
            fad.grad(lambda y: np.sum(fad.grad(f)(y) ** 2))(x), fad.jit(fad.hessian(f))(x)]


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_dtypes_stay(dtype: Any) -> None:
    table = np.arange(1.0, 4.0, dtype=dtype)

    def f(x: Any) -> Any:
        y = np.where(x > 0.0, x ** 2 * 0.5, np.sin(x)) / 3.0 + np.maximum(x, 0) * np.pi
        z = fad.numpy.zeros(3, dtype)
        z[1:] = y[:2] * 2
        return np.mean(y * table + z) + np.sum(x[np.array([0, 0])]) * 1e-3 + np.std(x)

    for found in _all_transforms(f, X.astype(dtype)):
        assert np.asarray(found).dtype == dtype
        assert np.all(np.isfinite(found))


def test_mixed_dtypes() -> None:
    a, b = fad.grad(lambda a, b: np.sum(a * b), (0, 1))(X.astype(np.float32), Y)
    assert (a.dtype, b.dtype) == (np.float32, np.float64)
    same(a, Y.astype(np.float32), 1e-6)
    jacobian = fad.jacobian(lambda a: a.astype(np.float64) * Y)(X.astype(np.float32))
    assert np.allclose(jacobian, np.diag(Y))
    _, tangent = fad.jvp(lambda x: x * 2, (X.astype(np.float32),), (Y,))
    assert tangent.dtype == np.float32
    (ct,) = fad.vjp(lambda x: x * 2, X.astype(np.float32))[1](Y)
    assert ct.dtype == np.float32


def test_numbers_of_all_kinds() -> None:
    for x in (3.0, 3, np.float64(3.0), np.array(3.0)):
        assert fad.grad(lambda x: x ** 2)(x) == 6.0
        assert np.shape(fad.grad(lambda x: x ** 2)(x)) == ()
        assert fad.jvp(lambda x: x ** 2, (x,), (1.0,)) == (9.0, 6.0)
        assert fad.jvp(lambda x: x ** 2, (x,), (1,)) == (9.0, 6.0)
    assert fad.vjp(lambda x: x ** 2, 3.0)[1](1) == (6.0,)
    assert fad.grad(lambda x: x)(1.0) == 1.0
    assert fad.grad(lambda x: 5.0)(1.0) == 0.0
    same(fad.grad(lambda x: 5.0)(X), np.zeros(3))
    same(fad.value_and_grad(lambda x: np.float32(5.0))(X), (np.float32(5.0), np.zeros(3)))
    same(fad.jacobian(lambda x: Y)(X), np.zeros((3, 3)))
    same(fad.hessian(lambda x: 1.0)(X), np.zeros((3, 3)))


# -- complex --------------------------------------------------------------------------------------


def test_complex_gradients() -> None:
    """∂u/∂x − i ∂u/∂y for a real u of z = x + iy."""
    z = np.array([1.0 + 2.0j, -0.5 + 0.25j])
    same(fad.grad(lambda z: np.sum(np.abs(z) ** 2))(z), 2.0 * np.conj(z))
    same(fad.grad(lambda z: np.sum(z.real))(z), np.ones(2, complex))
    same(fad.grad(lambda z: np.sum(z.imag))(z), np.full(2, -1.0j))
    same(fad.grad(lambda z: np.sum(np.real(z ** 3)))(z), 3.0 * z ** 2)
    same(fad.grad(lambda z: np.sum((z * np.conj(z)).real))(z), 2.0 * np.conj(z))
    same(fad.grad(lambda x: np.sum(np.abs(np.exp(1j * x) + 2.0)))(X),
         np.real(np.conj(np.exp(1j * X) + 2.0) * 1j * np.exp(1j * X)) / np.abs(np.exp(1j * X) + 2.0))
    same(fad.grad(lambda z: np.abs(z))(3.0 + 4.0j), np.complex128(0.6 - 0.8j))
    assert fad.grad(lambda z: np.abs(z))(np.complex64(3.0 + 4.0j)).dtype == np.complex64
    h = 1e-6
    for f in (lambda z: np.sum(np.abs(np.sin(z)) * z.real), lambda z: np.sum(np.angle(z) * np.abs(z))):
        found = fad.grad(f)(z)
        for k, e in enumerate(np.eye(2)):
            expected = (f(z + h * e) - f(z - h * e)) / (2 * h) - 1j * (f(z + 1j * h * e) - f(z - 1j * h * e)) / (2 * h)
            assert np.isclose(found[k], expected, rtol=1e-6)


def test_complex_pushforwards_and_pullbacks() -> None:
    z, t = np.array([1.0 + 2.0j, -0.5 + 0.25j]), np.array([0.5 - 1.0j, 2.0j])
    same(fad.jvp(lambda z: z ** 2, (z,), (t,)), (z ** 2, 2.0 * z * t))
    same(fad.jvp(np.conj, (z,), (t,)), (np.conj(z), np.conj(t)))
    same(fad.jvp(np.abs, (z,), (t,))[1], np.real(np.conj(z) * t) / np.abs(z))
    same(fad.vjp(lambda z: z ** 2, z)[1](t)[0], 2.0 * z * t)
    same(fad.jvp(lambda x: x * (1.0 + 1.0j), (X,), (Y,))[1], Y * (1.0 + 1.0j))
    same(fad.jvp(lambda z: z ** 2, (z,), (t.real,))[1], 2.0 * z * t.real)  # a real tangent is a complex one
    same(fad.jacfwd(lambda z: z ** 2)(z), np.diag(2.0 * z))


# -- vmap -----------------------------------------------------------------------------------------


def test_in_axes_and_out_axes() -> None:
    a, b = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)
    same(fad.vmap(np.dot, (1, 0))(a, np.stack([X[:2]] * 3)), np.array([a[:, i] @ X[:2] for i in range(3)]))
    same(fad.vmap(lambda x, y: np.outer(x, y), (1, 0), -1)(a, b),
         np.stack([np.outer(a[:, i], b[i]) for i in range(3)], -1))
    same(fad.vmap(lambda x, y: np.outer(x, y), (-1, 0), 1)(a, b),
         np.stack([np.outer(a[:, i], b[i]) for i in range(3)], 1))
    same(fad.vmap(lambda x, y: (x * y, y), (0, None), (0, None))(X, 2.0), (2.0 * X, np.float64(2.0)))
    same(fad.vmap(lambda d, p: d["x"] * p.first + d["y"], in_axes=({"x": 0, "y": None}, Pair(1, None)), out_axes=1)(
        {"x": X, "y": 1.0}, Pair(a, "s")), np.stack([X[i] * a[:, i] + 1.0 for i in range(3)], 1))
    same(fad.vmap(lambda layer: layer.w * layer.b, in_axes=(Layer(0, None, None),))(Layer(X, "n", 2.0)),
         2.0 * X)  # type: ignore[arg-type]
    same(fad.vmap(lambda xs: xs[0] + xs[1], in_axes=([0, None],))([X, 1.0]), X + 1.0)
    same(fad.vmap(lambda x, *, y: x * y)(X, y=Y), X * Y)
    same(fad.vmap(lambda: np.float64(3.0), axis_size=2)(), np.full(2, 3.0))
    same(fad.vmap(lambda x: x, in_axes=None, axis_size=2)(X), np.stack([X, X]))
    same(fad.vmap(lambda x: {"a": (x, x)}, out_axes={"a": (0, 1)})(a), {"a": (a, a.T)})
    same(fad.vmap(lambda x: (x, None, "s"))(X), (X, None, "s"))
    same(fad.vmap(lambda t: t[0] * 2)((np.arange(3), "text")), 2 * np.arange(3))


@pytest.mark.parametrize("n", [0, 1, 5])
def test_nested_maps(n: int) -> None:
    a, b = np.arange(3.0 * n).reshape(n, 3), np.arange(8.0).reshape(4, 2)

    def f(x: Any, y: Any) -> Any:
        return np.sum(np.sin(x)) * y

    table = fad.vmap(fad.vmap(f, (None, 0)), (0, None))(a, b)
    assert table.shape == (n, 4, 2)
    same(table, np.sin(a).sum(1)[:, None, None] * b)
    same(fad.vmap(fad.vmap(f, (0, None)), (None, 0), 1)(a, b), table)
    same(fad.jit(fad.vmap(fad.vmap(f, (None, 0)), (0, None)))(a, b), table)
    same(fad.vmap(fad.grad(lambda x: f(x, 1.0)))(a), np.cos(a))
    same(fad.grad(lambda a: np.sum(fad.vmap(lambda x: f(x, 2.0))(a)))(a), 2.0 * np.cos(a))
    same(fad.vmap(fad.hessian(lambda x: f(x, 1.0)))(a), -np.sin(a)[:, :, None] * np.eye(3))
    same(fad.vmap(lambda x: fad.vmap(lambda y: x @ x * y)(b))(a), (a * a).sum(1)[:, None, None] * b)


def test_integers_and_truth_values_are_mapped() -> None:
    same(fad.vmap(lambda i, m: np.where(m, i + 1, 0))(np.arange(3), np.array([True, False, True])), np.array([1, 0, 3]))
    same(fad.vmap(lambda x, i: fad.numpy.asarray(X)[i] * x)(Y, np.array([2, 0, 1])), Y * X[[2, 0, 1]])
    same(fad.grad(lambda x: np.sum(fad.vmap(lambda i: x[i] ** 2)(np.array([0, 0, 2]))))(X),
         2.0 * X * np.array([2.0, 0.0, 1.0]))


# -- compositions ---------------------------------------------------------------------------------


def test_five_orders() -> None:
    f: Callable[[Any], Any] = np.sin
    for k, expected in enumerate([np.sin, np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x), np.sin, np.cos]):
        assert np.isclose(f(0.7), expected(0.7), rtol=1e-13), k
        f = fad.grad(f) if k % 2 else (lambda g: lambda x: fad.jvp(g, (x,), (1.0,))[1])(f)


def test_perturbations_are_not_confused() -> None:
    assert fad.grad(lambda x: x * fad.grad(lambda y: x + y)(2.0))(1.0) == 1.0
    assert fad.grad(lambda x: x * fad.jvp(lambda y: x * y, (2.0,), (1.0,))[1])(3.0) == 6.0
    assert fad.jvp(lambda x: fad.jvp(lambda y: x * y ** 2, (x,), (1.0,))[1], (3.0,), (1.0,))[1] == 12.0
    assert fad.grad(lambda x: fad.grad(lambda y: fad.grad(lambda z: x * y * z)(x))(y := x) * y)(2.0) == 4.0
    same(fad.vmap(lambda x: fad.grad(lambda y: fad.vmap(lambda z: x * y * z)(X).sum())(x))(Y), Y * X.sum())
    same(fad.grad(lambda x: np.sum(fad.jacfwd(lambda y: y * x)(x) @ x))(X), 2.0 * X)
    same(fad.jacfwd(lambda x: fad.jacrev(lambda y: x * y ** 2)(x) @ np.ones(3))(X), np.diag(4.0 * X))
    assert fad.grad(lambda x: fad.vjp(lambda y: y * x, x)[1](x)[0])(3.0) == 6.0
    pushforward = fad.linearize(lambda y: y ** 2, 3.0)[1]
    assert fad.grad(lambda x: pushforward(x) * x)(2.0) == 24.0
    pullback = fad.vjp(lambda y: y ** 2, 3.0)[1]
    assert fad.grad(lambda x: pullback(x)[0] * x)(2.0) == 24.0
    same(fad.vmap(pushforward)(X), 6.0 * X)
    same(fad.vmap(lambda x: pullback(x)[0])(X), 6.0 * X)


def test_a_pullback_in_a_trace_can_be_used_again() -> None:
    def f(x: Any) -> Any:
        out, pullback = fad.vjp(lambda y: np.sin(y) * y, x)
        return np.sum(out + pullback(np.ones(3))[0] + pullback(x)[0])

    def g(x: Any) -> Any:
        slope = np.cos(x) * x + np.sin(x)
        return np.sum(np.sin(x) * x + slope + slope * x)

    same(fad.grad(f)(X), fad.grad(g)(X))
    same(fad.hessian(f)(X), fad.hessian(g)(X), 1e-11)


def test_stop_gradient_and_value() -> None:
    assert fad.grad(lambda x: fad.stop_gradient(x) * x)(3.0) == 3.0
    assert fad.grad(lambda x: fad.stop_gradient({"a": x, "s": "t"})["a"] * x)(3.0) == 3.0
    assert fad.jvp(lambda x: fad.stop_gradient(x ** 2) * x, (3.0,), (1.0,)) == (27.0, 9.0)
    assert fad.grad(lambda x: x * fad.value(x))(3.0) == 3.0
    assert fad.grad(lambda x: fad.grad(lambda y: y * fad.value(x) * x)(x))(3.0) == 3.0
    assert fad.hessian(lambda x: fad.stop_gradient(x) * x ** 2)(3.0) == 6.0
    assert fad.stop_gradient(3) == 3
    assert fad.value({"a": [1.0, "s", None]}) == {"a": [1.0, "s", None]}
    seen = []
    fad.hessian(lambda x: seen.append(fad.value(x)) or np.sum(x ** 2))(X)
    assert type(seen[0]) is np.ndarray
    assert seen[0].tolist() == X.tolist()
    same(fad.vmap(lambda x: fad.stop_gradient(x) * x)(X), X * X)


# -- values on demand -----------------------------------------------------------------------------


def _asking(x: Any) -> Any:
    """x**2 or so, with every question that Python can ask."""
    y = x[x > -10.0] if np.all(np.abs(x) < 10.0) else x
    n = int(np.sum(y > -5.0))
    total = 0.0 * np.sum(y)
    for i in range(n):
        total = total + y[i] ** 2 if y[i] > -100.0 and not y[i] > 100.0 else total
    while total > 1e6:
        total = total / 2.0
    assert f"{total:.3f}" == f"{float(fad.value(total)):.3f}"
    assert total in (total, 1.0)
    return total if bool(np.isfinite(total)) else x[0]


def test_values_on_demand_in_every_transform() -> None:
    one, two = 2.0 * X, 2.0 * np.eye(3)
    same(fad.grad(_asking)(X), one)
    same(fad.value_and_grad(_asking)(X), (np.float64(np.sum(X ** 2)), one))
    same(fad.jvp(_asking, (X,), (Y,)), (np.float64(np.sum(X ** 2)), np.float64(2.0 * X @ Y)))
    same(fad.vjp(_asking, X)[1](1.0), (one,))
    same(fad.linearize(_asking, X)[1](Y), np.float64(2.0 * X @ Y))
    for jac in (fad.jacfwd, fad.jacrev, fad.jacobian):
        same(jac(_asking)(X), one)
        same(jac(fad.grad(_asking))(X), two)
        same(fad.jit(jac(_asking))(X), one)
    same(fad.hessian(_asking)(X), two)
    same(fad.hvp(_asking, X, Y), 2.0 * Y)
    same(fad.jit(_asking)(X), np.float64(np.sum(X ** 2)))
    same(fad.jit(fad.hessian(_asking))(X), two)
    same(fad.grad(fad.jit(_asking))(X), one)
    same(fad.grad(lambda x: np.sum(fad.grad(_asking)(x) ** 2))(X), 8.0 * X)
    same(fad.grad(lambda x: fad.jvp(_asking, (x,), (x,))[1])(X), 4.0 * X)
    same(fad.grad(lambda x: np.sum(fad.vjp(_asking, x)[1](1.0)[0] * x))(X), 4.0 * X)
    same(fad.vmap(lambda y: _asking(X) * y)(Y), np.sum(X ** 2) * Y)
    same(fad.grad(lambda x: np.sum(fad.vmap(lambda y: _asking(x) * y)(Y)))(X), one * np.sum(Y))
    same(fad.grad(lambda x: fad.vmap(lambda y: fad.grad(_asking)(x) @ x * y)(Y)[0])(X), 4.0 * X * Y[0])


def test_demanded_values_are_computed_once() -> None:
    calls = []

    def f(x: Any) -> Any:
        y = np.sin(x) * x
        for _ in range(50):
            calls.append(bool(y > 0.0))
        return y

    assert fad.grad(f)(1.0) == np.cos(1.0) + np.sin(1.0)
    assert calls == [True] * 50


# -- captured arrays ------------------------------------------------------------------------------


def test_small_captures_are_snapshots() -> None:
    """What the function reads is what counts, and not what its arrays hold when it has returned."""
    b = np.ones(3)

    def f(x: Any) -> Any:
        total = np.sum(x * b)
        b[:] = 5.0
        total = total + np.sum(x * b)
        b[0] = -1.0
        total = total + np.sum(x * b)
        b[:] = 100.0
        return total

    same(fad.grad(f)(X), np.array([1.0 + 5.0 - 1.0, 11.0, 11.0]))
    assert b.tolist() == [100.0] * 3
    b[:] = 1.0
    same(fad.jit(f)(X), np.sum(X) * 11.0 - 6.0 * X[0])
    b[:] = 1.0
    assert np.isclose(fad.jvp(f, (X,), (X,))[1], np.sum(X) * 11.0 - 6.0 * X[0])


def test_large_captures_are_watched() -> None:
    b = np.ones((400, 400))

    def f(x: Any, write: bool) -> Any:
        y = x * b
        if write:
            b[3:] = 2.0
        return np.sum(y)

    same(fad.grad(f)(1.0, False), np.float64(160000.0))
    for transform in (fad.grad, fad.jacobian, fad.value_and_grad):
        b[:] = 1.0
        with pytest.raises(CaptureChangedError, match=r"f64\[400,400\]"):
            transform(f)(1.0, True)
    b[:] = 1.0
    same(fad.jit(f, static_argnums=1)(1.0, True), np.float64(160000.0))  # which has taken a copy
    b[:] = 1.0
    same(fad.grad(f)(1.0, False), np.float64(160000.0))


def test_captures_are_fresh_in_every_call() -> None:
    state = {"b": np.ones(3), "large": np.ones(5000), "n": 1.1}

    def f(x: Any) -> Any:
        return np.sum(x * state["b"]) * state["n"] + x[0] * np.sum(state["large"])

    for n in (1.1, 2.2, 3.0, 1e9):
        state["n"] = n
        state["b"] = np.full(3, n)
        state["large"][:] = n
        same(fad.grad(f)(X), np.full(3, n * n) + 5000.0 * n * np.eye(3)[0])


def test_captures_of_other_kinds() -> None:
    zero_d, view, strided = np.array(2.5), np.arange(6.0)[::2], np.arange(20000.0)[::4000]
    fortran = np.asfortranarray(np.ones((3, 2)) * 1.5)
    big_endian, integers, flags = np.arange(3, dtype=">f8"), np.arange(3), np.array([True, False, True])

    def f(x: Any) -> Any:
        first = np.sum(x * zero_d * view) + np.sum(x @ fortran) + np.sum(x * strided[:3]) + np.sum(x * big_endian)
        return first + np.sum(x * integers) + np.sum(x * flags) + np.sum(x * [1.0, 2.0, 3.0]) + np.sum((1, 2, 3) * x)

    expected = zero_d * view + fortran.sum(1) + strided[:3] + big_endian + integers + flags + 2.0 * np.arange(1.0, 4.0)
    same(fad.grad(f)(X), expected.astype(np.float64))
    zero_d[...] = 3.5
    same(fad.grad(f)(X), (expected + view).astype(np.float64))
    same(fad.jit(fad.grad(f))(X), (expected + view).astype(np.float64))


def test_an_outer_value_is_captured_as_it_is_then() -> None:
    def f(x: Any) -> Any:
        y = x * 2.0
        slope = fad.grad(lambda z: np.sum(z * y))(x)
        y[0] = 100.0
        again = fad.grad(lambda z: np.sum(z * y))(x)
        return np.sum(slope * x) + np.sum(again)

    same(fad.grad(f)(X), 4.0 * X + np.array([0.0, 2.0, 2.0]))


def test_arguments_are_not_written_to() -> None:
    x, t = X.copy(), {"a": [X.copy()]}

    def f(x: Any, t: Any) -> Any:
        x[0] = 5.0
        x *= 3.0
        t["a"][0] += x
        t["a"].append(x)
        return np.sum(t["a"][0] * t["a"][1])

    for call in (lambda: fad.grad(f, (0, 1))(x, t), lambda: fad.jit(f)(x, t), lambda: fad.vjp(f, x, t)[1](1.0),
                 lambda: fad.hessian(f)(x, {"a": [X.copy()]})):
        call()
        assert x.tolist() == X.tolist()
        assert len(t["a"]) == 1
        assert t["a"][0].tolist() == X.tolist()
