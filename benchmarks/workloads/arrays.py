"""Entrywise work on small and large arrays: what is measured is overhead for the former, memory traffic for the latter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from ..library import Library
from ..workload import Workload

__all__ = ["WORKLOADS", "rosenbrock"]


def rosenbrock(library: Library) -> Callable[[Any], Any]:
    """Rosenbrock's banana-shaped valley, in n dimensions."""
    np = library.np

    def f(x: Any) -> Any:
        return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)

    return f


def _rosenbrock_by_hand(x: Any) -> Any:
    left = x[:-1]
    bend, short = x[1:] - left ** 2, 1.0 - left
    gradient = numpy.zeros_like(x)
    gradient[1:] = 200.0 * bend
    gradient[:-1] -= 400.0 * left * bend + 2.0 * short
    return numpy.sum(100.0 * bend ** 2 + short ** 2), gradient


def _near_one(n: int) -> Callable[[], tuple[Any, ...]]:
    return lambda: (1.0 + 0.1 * numpy.random.default_rng(0).standard_normal(n),)


def entrywise(library: Library) -> Callable[[Any], Any]:
    """A sum over entries of a formula with four functions in it."""
    np = library.np

    def f(x: Any) -> Any:
        return np.sum(np.exp(-x ** 2) * np.sin(x) + np.log1p(x ** 2) * np.tanh(x))

    return f


def _entrywise_by_hand(x: Any) -> Any:
    square = x * x
    bell, sine, log, tanh = numpy.exp(-square), numpy.sin(x), numpy.log1p(square), numpy.tanh(x)
    value = numpy.sum(bell * sine + log * tanh)
    double = 2.0 * x
    gradient = bell * (numpy.cos(x) - double * sine) + double / (1.0 + square) * tanh + log * (1.0 - tanh * tanh)
    return value, gradient


def _normal(n: int) -> Callable[[], tuple[Any, ...]]:
    return lambda: (numpy.random.default_rng(0).standard_normal(n),)


WORKLOADS = (
    Workload("rosenbrock-10", "Rosenbrock, n = 10", rosenbrock, _near_one(10), by_hand=_rosenbrock_by_hand),
    Workload("rosenbrock-1e6", "Rosenbrock, n = 10⁶", rosenbrock, _near_one(10 ** 6), by_hand=_rosenbrock_by_hand),
    Workload("entrywise-1e3", "entrywise sum, 10³", entrywise, _normal(10 ** 3), by_hand=_entrywise_by_hand),
    Workload("entrywise-1e6", "entrywise sum, 10⁶", entrywise, _normal(10 ** 6), by_hand=_entrywise_by_hand, memory=True),
)
