"""What computes by other rules than arrays do is refused, wherever it comes in; what only looks different is taken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fad
from fad.core.avals import refuse_other_arithmetic
from fad.errors import DtypeError, FadError

X = np.array([1.0, 2.0, 3.0])
MASK = np.array([False, True, False])


class Degrees(np.ndarray[Any, Any]):
    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return getattr(ufunc, method)(*[np.asarray(x) * np.pi / 180.0 for x in inputs], **kwargs)


class Asked(np.ndarray[Any, Any]):
    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return 77.0


class Product(np.ndarray[Any, Any]):
    def __rmul__(self, other: Any) -> Any:
        return 5.0


class Wrapped(np.ndarray[Any, Any]):
    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return array * 0.0


class Total(np.ndarray[Any, Any]):
    def sum(self, *args: Any, **kwargs: Any) -> Any:  # which np.sum calls
        return -1.0


class FromOne(np.ndarray[Any, Any]):
    def __getitem__(self, key: Any) -> Any:
        return np.asarray(self)[key - 1 if isinstance(key, int) else key]


class Mixin:
    def __add__(self, other: Any) -> Any:
        return 3.0


class Mixed(Mixin, np.ndarray[Any, Any]):  # type: ignore[misc]
    pass


class Under(Degrees):
    pass


class Labelled(np.ndarray[Any, Any]):
    """Computes as arrays do."""

    def __array_finalize__(self, array: Any) -> None:
        self.label = getattr(array, "label", "none")

    def __repr__(self) -> str:
        return "labelled"


class WithUnit:
    """No array, but NumPy asks it."""

    shape, ndim = (3,), 1

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return X

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return self


class Silent(WithUnit):
    __array_ufunc__ = None  # type: ignore[assignment]


class Dual(float):
    def __mul__(self, other: Any) -> Any:
        return 9.0


OTHERS: dict[str, Any] = {
    "masked": np.ma.array(X, mask=MASK), "masked integers": np.ma.array([1, 2, 3], mask=MASK),
    **{kind.__name__: X.view(kind) for kind in (Degrees, Asked, Product, Wrapped, Total, FromOne, Mixed, Under)}}
OBJECTS: dict[str, Any] = {"an object that NumPy asks": WithUnit(), "an object that takes no part": Silent()}

USES: dict[str, Callable[[Any, Any], Any]] = {
    "times": lambda x, q: np.sum(x * q), "a ufunc": lambda x, q: np.sum(np.multiply(x, q)),
    "where": lambda x, q: np.sum(np.where(x > 1.5, x, q)), "concatenate": lambda x, q: np.sum(np.concatenate([x, q])),
    "stack": lambda x, q: np.sum(np.stack([x, q])), "einsum": lambda x, q: np.einsum("i,i", x, q), "dot": np.dot,
    "matmul": lambda x, q: x @ q, "clip": lambda x, q: np.sum(np.clip(x, q, 9.0)),
    "interp": lambda x, q: np.sum(np.interp(x, X, q)),
    "broadcast": lambda x, q: np.sum(np.outer(x, x) * q), "outer": lambda x, q: np.sum(np.outer(x, q)),
    "a write": lambda x, q: _written(x, q)}


def _written(x: Any, q: Any) -> Any:
    y = x * 1.0
    y[:] = q
    return np.sum(y * y)


CAPTURED: dict[str, Callable[[Any, Any], Any]] = {
    "grad": lambda use, q: fad.grad(lambda x: use(x, q))(X), "jit": lambda use, q: fad.jit(lambda x: use(x, q))(X),
    "jvp": lambda use, q: fad.jvp(lambda x: use(x, q), (X,), (X,)),
    "trace": lambda use, q: fad.trace(lambda x: use(x, q), X),
    "vmap": lambda use, q: fad.vmap(lambda x: use(x, q))(np.stack([X, X])), "still": lambda use, q: fad.grad(use)(X, q)}


@pytest.mark.parametrize("name", [*OTHERS, *OBJECTS])
@pytest.mark.parametrize("transform", CAPTURED)
@pytest.mark.parametrize("use", USES)
def test_beside_a_traced_value(use: str, transform: str, name: str) -> None:
    error, words = (TypeError, "other rules|unsupported operand|not support ufuncs") if name in OBJECTS else (
        DtypeError, "other rules")
    with pytest.raises(error, match=words):
        CAPTURED[transform](USES[use], {**OTHERS, **OBJECTS}[name])


ARGUMENTS: dict[str, Callable[[Any], Any]] = {
    "jit": lambda q: fad.jit(lambda x: np.sum(x * 2.0))(q), "jit, in a tree": lambda q: fad.jit(lambda t: t["q"])({"q": q}),
    "jit of grad": lambda q: fad.jit(fad.grad(lambda x, y: np.sum(x * y)))(X, q), "vmap": lambda q: fad.vmap(np.sin)(q),
    "grad": lambda q: fad.grad(np.sum)(q), "tangent": lambda q: fad.jvp(np.sin, (X,), (q,)),
    "primal": lambda q: fad.jvp(np.sin, (q,), (X,)), "cotangent": lambda q: fad.vjp(np.sin, X)[1](q),
    "pushforward": lambda q: fad.linearize(np.sin, X)[1](q), "hvp": lambda q: fad.hvp(lambda x: np.sum(x ** 3), X, q),
    "hessian": lambda q: fad.hessian(lambda x: np.sum(x ** 3))(q), "trace": lambda q: fad.trace(np.sin, q),
    "graph": lambda q: fad.trace(np.sin, X)(q), "scan": lambda q: fad.scan(lambda c, y: (c * y, y), 1.0, q),
    "scan, carry": lambda q: fad.scan(lambda c, y: (c * y, y), q, X), "cond": lambda q: fad.cond(True, np.sin, np.cos, q),
    "while": lambda q: fad.while_loop(lambda c: np.sum(c) < 9.0, lambda c: c * 2.0, q)}


@pytest.mark.parametrize("transform", ARGUMENTS)
@pytest.mark.parametrize("name", OTHERS)
def test_as_arguments(name: str, transform: str) -> None:
    with pytest.raises(FadError):
        ARGUMENTS[transform](OTHERS[name])


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_the_matrix() -> None:
    M, A = np.matrix([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 2.0], [3.0, 4.0]])
    for call in (lambda: fad.jit(lambda a: a * M)(A), lambda: fad.jit(lambda a: a * a)(M),
                 lambda: fad.jit(np.sin)(Dual(2.0))):
        with pytest.raises(DtypeError, match="other rules"):
            call()


def test_arrays_of_other_classes_that_compute_as_arrays_do(tmp_path: Path) -> None:
    kept = np.memmap(tmp_path / "kept", dtype=float, mode="w+", shape=(3,))
    kept[:] = X
    for q in (X.view(Labelled), X.view(np.recarray), kept, kept.view(Labelled), X.astype(np.float32), np.float16(2.0)):
        refuse_other_arithmetic(q)
        for use in ("times", "where", "a ufunc"):
            for transform in CAPTURED.values():
                transform(USES[use], q)
        assert np.allclose(fad.jit(np.sin)(q), np.sin(np.asarray(q)), rtol=1e-2)
        assert np.allclose(fad.grad(lambda x: np.sum(np.sin(x)))(q), np.cos(np.asarray(q)), rtol=1e-2)
