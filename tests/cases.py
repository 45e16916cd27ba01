"""A function traced at a point, and what the laws do with it: run it with its types checked, and compare."""

from __future__ import annotations

import functools
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fad import tree
from fad.core.equation import Var
from fad.core.graph import Graph, verify
from fad.core.primitive import Traced
from fad.core.tracing import trace
from fad.transforms.call import aval_of_value as aval_of

from .ops.row import Op

__all__ = ["Arrays", "Case", "assert_close", "assert_same", "aval_of", "case_of", "direction", "doubled", "inexact",
           "largest", "make_case", "roundoff", "run"]

Arrays = Sequence[Any]

ROUNDOFF = {"f8": 64 * 2.0 ** -52, "f4": 256 * 2.0 ** -23}  # between two ways to compute one thing, relatively


# -- cases ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A function traced at one point: `inputs` are the arguments, then what the function closed over."""

    fun: Callable[..., Any]  # of arrays, to a list of arrays
    graph: Graph
    inputs: tuple[Any, ...]
    n_args: int
    ulps: int = 0
    smooth: int = 2
    seed: int = 0
    draw: Callable[[np.random.Generator], tuple[Any, ...]] | None = None  # other points that are as fair

    @property
    def args(self) -> tuple[Any, ...]:
        return self.inputs[:self.n_args]

    @property
    def moving(self) -> tuple[bool, ...]:
        """Which inputs are differentiated: the arguments."""
        return tuple([i < self.n_args and aval_of(x).inexact for i, x in enumerate(self.inputs)])

    def rng(self) -> np.random.Generator:
        return np.random.default_rng(self.seed + 1)

    def at(self, args: Arrays) -> list[Any]:
        """The function of arrays, at other arguments."""
        return list(self.fun(*args))


def make_case(fun: Callable[..., Any], args: tuple[Any, ...], **settings: Any) -> Case:
    """A function, which may return any tree, traced at these arguments."""
    def leaves(*xs: Any) -> list[Any]:
        return tree.leaves(fun(*xs))

    traced = trace(leaves, [aval_of(x) for x in args], args)
    return Case(leaves, traced.graph, (*args, *traced.captures), len(args), **settings)


@functools.lru_cache(maxsize=4096)
def case_of(op: Op, dtype: str) -> Case:
    """A row of the table at a point that depends on its name alone; traced once for all laws."""
    seed = zlib.crc32(op.name.encode())
    args = op.draw(np.random.default_rng(seed), np.dtype(dtype))
    return make_case(op.fun, args, ulps=op.ulps, smooth=op.smooth, seed=seed,
                     draw=lambda rng: op.draw(rng, np.dtype(dtype)))


# -- running, and comparing -----------------------------------------------------------------------


def run(graph: Graph, values: Arrays) -> list[Any]:
    """The results of a graph; each equation's result is held against the aval that the graph gives it."""
    verify(graph)
    env: dict[Any, Any] = {}

    def define(v: Var, x: Any, what: object) -> None:
        assert not isinstance(x, Traced), f"{what} gives a traced value for arrays"
        found = aval_of(x)
        assert found is v.aval, f"{what} gives {found}, and the graph says {v.aval}"
        env[v] = x

    for v, x in zip(graph.inputs, values, strict=True):
        define(v, x, "an input")
    for equation in graph.equations:
        operands = [env[a] if isinstance(a, Var) else a.value for a in equation.operands]
        out = equation.primitive.evaluate(*operands, **dict(equation.params))
        for v, x in zip(equation.results, out if equation.primitive.several else (out,), strict=True):
            define(v, x, equation.primitive)
    return [env[a] if isinstance(a, Var) else a.value for a in graph.outputs]


def assert_same(found: Any, expected: Any, ulps: float = 0) -> None:
    """Equal in shape, dtype and bits; or within some units in the last place of the largest entry."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.dtype == expected.dtype, f"dtype {found.dtype} for {expected.dtype}"
    assert found.shape == expected.shape, f"shape {found.shape} for {expected.shape}"
    if ulps and found.dtype.kind in "fc":
        with np.errstate(invalid="ignore"):  # inf - inf
            distance = np.abs(found - expected)
        bound = ulps * np.finfo(found.dtype).eps * largest(expected)
        good = (distance <= bound) | (found == expected) | (np.isnan(found) & np.isnan(expected))
        assert np.all(good), f"{found} for {expected}: {np.max(distance[~good])} apart, with a bound of {bound}"
    else:
        assert np.array_equal(found, expected, equal_nan=found.dtype.kind in "fc"), f"{found} for {expected}"
        if found.dtype.kind == "f":
            signs = (np.signbit(found) == np.signbit(expected)) | np.isnan(expected)
            assert np.all(signs), f"{found} for {expected}: zeros of other signs"


def assert_close(found: Any, expected: Any, tolerance: float, scale: float = 0.0) -> None:
    """Equal in shape, and near relative to the largest entry (or to `scale`, where that is larger)."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape, f"shape {found.shape} for {expected.shape}"
    if found.size:
        bound = tolerance * max(largest(expected), scale)
        distance = np.abs(found - expected)
        assert np.all(distance <= bound), f"{found} for {expected}: {np.max(distance)} apart, with a bound of {bound}"


def largest(x: Any) -> float:
    x = np.abs(np.asarray(x))
    finite = x[np.isfinite(x)]
    return float(finite.max()) if finite.size else 0.0


def roundoff(graph: Graph) -> float:
    """How near two computations of one thing must be: by the coarsest float type that appears in the program."""
    atoms = [*graph.inputs, *(v for e in graph.equations for v in e.results), *graph.outputs]
    dtypes = {a.aval.dtype for a in atoms if a.aval.inexact}
    return max([ROUNDOFF["f4" if np.finfo(d).bits == 32 else "f8"] for d in dtypes], default=0.0)


def inexact(values: Arrays) -> list[Any]:
    return [x for x in values if aval_of(x).inexact]


def direction(rng: np.random.Generator, like: Any) -> Any:
    """A random tangent, with no entry near 0."""
    x = np.asarray(like)
    t = rng.uniform(0.5, 1.0, x.shape) * rng.choice([-1.0, 1.0], x.shape)
    if x.dtype.kind == "c":
        t = t + 1j * rng.uniform(0.5, 1.0, x.shape)
    return np.asarray(t).astype(x.dtype)[()]


def doubled(x: Any) -> Any:
    x = np.asarray(x)
    return x.astype({"f": np.float64, "c": np.complex128}[x.dtype.kind])[()] if x.dtype.kind in "fc" else x[()]
