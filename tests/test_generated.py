"""Programs nobody thought of: a dozen random operations that share their intermediates obey the laws of the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from .cases import make_case
from .laws import LAWS

Step = tuple[str, int, int]  # a name in the table, and two numbers that pick the operands

_MOST = 24  # entries; larger intermediates are summed up
_SHAPES: tuple[tuple[int, ...], ...] = ((), (3,), (2, 3), (2, 1), (1, 3), (0, 3), (3, 3))


# -- operations: total, smooth, and bounded, whatever they are given ---------------------------------


def _in_place(x: Any, y: Any) -> Any:
    z = x.copy() if x.ndim else x
    z += 0.5
    if z.ndim and z.shape[0] and z.shape[-1]:
        z[0] *= 2.0
        z[..., -1] = np.tanh(np.sum(y))
    return z


def _indexed(x: Any, y: Any) -> Any:
    return x[np.array([0, -1, 0])] if x.ndim and x.shape[0] else x


def _matmul(x: Any, y: Any) -> Any:
    fits = x.ndim in (1, 2) and y.ndim in (1, 2) and x.shape[-1] == y.shape[0]
    return np.tanh(x @ y) if fits else np.sum(x) * y


_UNARY: dict[str, Callable[[Any, Any], Any]] = {
    "sin": lambda x, y: np.sin(x),
    "tanh": lambda x, y: np.tanh(x) ** 2,
    "bell": lambda x, y: np.exp(-x * x),
    "affine": lambda x, y: 0.5 * x + 1,
    "hyperbola": lambda x, y: np.sqrt(1.0 + x * x),
    "log": lambda x, y: np.log(2.0 + np.sin(x)),
    "reciprocal": lambda x, y: 1.0 / (2.0 + np.cos(x)),
    "sum": lambda x, y: np.sum(x, axis=0) if x.ndim else x,
    "mean": lambda x, y: np.mean(x, axis=-1, keepdims=True) if x.ndim and x.shape[-1] else x,
    "norm": lambda x, y: x / np.sqrt(1.0 + np.sum(x * x)),
    "cumsum": lambda x, y: np.cumsum(x) / 4.0,
    "reshape": lambda x, y: np.reshape(x, -1),
    "transpose": lambda x, y: x.T,
    "reverse": lambda x, y: x[::-1] if x.ndim else x,
    "column": lambda x, y: x[..., :1] if x.ndim else x,
    "rows": _indexed,
    "axis": lambda x, y: np.expand_dims(x, 0) if x.ndim < 3 else x,
    "twice": lambda x, y: np.stack([x, 2.0 * x]),
    "join": lambda x, y: np.concatenate([x, x[:1]]) if x.ndim else x,
    "float64": lambda x, y: x.astype(np.float64),
    "in place": _in_place,
}
_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: y - x,
    "multiply": lambda x, y: x * np.tanh(y),
    "divide": lambda x, y: x / (1.0 + y * y),
    "arctan2": lambda x, y: np.arctan2(x, 1.0 + y * y),
    "logaddexp": lambda x, y: np.logaddexp(x, y),
    "power": lambda x, y: (1.5 + np.sin(x)) ** np.tanh(y),
    "where": lambda x, y: np.where(np.arange(max((x + y).shape[-1:] or (1,))) % 2 == 0, x, y),
    "matmul": _matmul,
}
_OPERATIONS = {**_UNARY, **_BINARY}


def _program(steps: list[Step], margins: list[float]) -> Callable[..., Any]:
    """The function that takes these steps; how far each decision was from going the other way is noted in `margins`."""
    def run(*args: Any) -> Any:
        values = list(args)
        for name, i, j in steps:
            x, y = values[i % len(values)], values[j % len(values)]
            if name == "if":
                total = np.sum(x)
                margins.append(abs(float(total)) if isinstance(total, float | np.floating) else 1.0)
                z = np.cos(x) if total > 0.0 else 0.5 * x
            else:
                if name in _BINARY and name != "matmul" and not _broadcastable(x, y):
                    y = np.sum(y)
                z = _OPERATIONS[name](x, y)
            values.append(z if z.size <= _MOST else np.sum(z, axis=0) if z.ndim > 1 else np.sum(z))
        return {"last": values[-1], "all": sum(np.sum(v) for v in values)}

    return run


def _broadcastable(x: Any, y: Any) -> bool:
    try:
        np.broadcast_shapes(x.shape, y.shape)
    except ValueError:
        return False
    return True


# -- the laws -------------------------------------------------------------------------------------

STEPS = st.lists(st.tuples(st.sampled_from([*sorted(_OPERATIONS), "if"]), st.integers(0, 11), st.integers(0, 11)),
                 min_size=1, max_size=12)
INPUTS = st.lists(st.sampled_from(_SHAPES), min_size=1, max_size=2)


def _check(steps: list[Step], shapes: list[tuple[int, ...]], seed: int, dtype: Any) -> None:
    rng, margins = np.random.default_rng(seed), list[float]()

    def draw(rng: np.random.Generator) -> tuple[Any, ...]:
        return tuple(rng.uniform(-1.5, 1.5, shape).astype(dtype)[()] for shape in shapes)

    args, program = draw(rng), _program(steps, margins)
    program(*args)
    assume(min(margins, default=1.0) > 0.05)
    powers = any(name == "power" for name, _, _ in steps)  # NumPy's x ** y of scalars and np.power may differ in an ulp
    case = make_case(program, args, seed=seed, draw=draw, ulps=64 if powers else 0)
    for name, law in LAWS.items():
        if name != "tangent" or dtype is np.float64:  # a dozen roundings of float32 may be many
            law(case)


@settings(max_examples=60)
@given(STEPS, INPUTS, st.integers(0, 1000))
def test_programs_obey_the_laws(steps: list[Step], shapes: list[tuple[int, ...]], seed: int) -> None:
    _check(steps, shapes, seed, np.float64)


@settings(max_examples=20)
@given(STEPS, INPUTS, st.integers(0, 1000))
def test_programs_in_float32_obey_the_laws(steps: list[Step], shapes: list[tuple[int, ...]], seed: int) -> None:
    _check(steps, shapes, seed, np.float32)


@pytest.mark.slow
@settings(max_examples=3000, derandomize=False)
@given(STEPS, INPUTS, st.integers(0, 10 ** 6), st.sampled_from([np.float64, np.float32]))
def test_many_programs_obey_the_laws(steps: list[Step], shapes: list[tuple[int, ...]], seed: int, dtype: Any) -> None:
    _check(steps, shapes, seed, dtype)
