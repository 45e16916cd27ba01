"""Augmented assignments are NumPy's: each of them, for every kind of array and number, under every name of the array."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import fad

X = np.array([1.0, 2.0, 3.0, 4.0])

OPERATORS = [operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ifloordiv, operator.imod,
             operator.ipow, operator.imatmul, operator.iand, operator.ior, operator.ixor, operator.ilshift, operator.irshift]

TARGETS: dict[str, Callable[[Any], Any]] = {
    "floats": lambda x: x * 2.0, "integers": lambda x: np.floor(x).astype(int), "truths": lambda x: x > 2.0,
    "bytes": lambda x: np.floor(x).astype(np.uint8), "float32": lambda x: x.astype(np.float32),
    "complex": lambda x: x + 0j, "a matrix": lambda x: np.outer(x, x) * 1.0, "a row": lambda x: np.outer(x, x)[1],
    "a number": np.sum, "an integer": lambda x: np.floor(x).astype(int)[1]}

VALUES: dict[str, Callable[[Any], Any]] = {
    "2": lambda x: 2, "2.5": lambda x: 2.5, "True": lambda x: True, "1j": lambda x: 1j, "float32": lambda x: np.float32(3.0),
    "float64": lambda x: np.float64(3.0), "traced": lambda x: x, "traced integers": lambda x: np.floor(x).astype(int),
    "traced truths": lambda x: x > 2.0, "a traced matrix": lambda x: np.outer(x, x), "an array": lambda x: X[::-1],
    "integers": lambda x: np.array([1, 2, 2, 1]), "a matrix": lambda x: np.eye(4)}


def _outcome(f: Callable[[Any], Any]) -> tuple[Any, ...]:
    """What a call gives; for an exception, which of the two that NumPy raises here it is."""
    with np.errstate(all="ignore"):
        try:
            return tuple(f(X))
        except (TypeError, ValueError) as error:
            return (TypeError if isinstance(error, TypeError) else ValueError,)


@pytest.mark.parametrize("assign", OPERATORS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("target", TARGETS)
def test_augmented_assignments(assign: Callable[[Any, Any], Any], target: str) -> None:
    if assign is operator.imatmul and target in ("a number", "an integer"):
        pytest.skip("NumPy raises for any operand: a TypeError for its numbers, and a ValueError for arrays of rank 0")
    for name, value in VALUES.items():
        seen: list[str] = []

        def f(x: Any, value: Callable[[Any], Any] = value, seen: list[str] = seen) -> Any:
            first = second = TARGETS[target](x)
            second = assign(second, value(x))
            seen[:] = [str(first.dtype), str(second.dtype)]
            return first * 1.0, second * 1.0

        def traced(x: Any, f: Callable[[Any], Any] = f) -> Any:
            return fad.jvp(f, (x,), (x,))[0]

        wanted, dtypes = _outcome(f), list(seen)
        found = _outcome(traced)
        if isinstance(wanted[0], type):
            both = assign is operator.imatmul and np.ndim(value(X)) == 0  # no matrix, and perhaps of another kind
            assert isinstance(found[0], type) if both else found == wanted, name
            continue
        assert not isinstance(found[0], type), (name, found)
        assert seen == dtypes, name
        for one, other in zip(found, wanted, strict=True):
            assert np.array_equal(one, other, equal_nan=True), (name, one, other)


def test_numbers_are_shifted() -> None:
    assert fad.jit(lambda n: (1 << n, n << 2, n >> 1, 256 >> n))(np.int64(3)) == (8, 12, 1, 32)
