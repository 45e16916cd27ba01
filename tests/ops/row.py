"""What a row of the table of ops says: a function, and arguments that are fair to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Op"]


@dataclass(frozen=True, slots=True)
class Op:
    """One row.

    `fun` takes an array for each of `shapes`, with entries between `low` and `high`, and is differentiable
    there `smooth` times. `distinct` asks for entries no two of which are close, for functions that compare
    them. `ulps` is for functions that fad composes and NumPy does not: how far, in units in the last place,
    the replayed trace may be from the plain call (0: bit for bit, the rule). `since` is the NumPy that first had it.
    """

    name: str
    fun: Callable[..., Any]
    shapes: tuple[tuple[int, ...], ...]
    low: float = -2.0
    high: float = 2.0
    smooth: int = 2
    distinct: bool = False
    ulps: int = 0
    since: str = "2.0.0"

    def __str__(self) -> str:
        return self.name

    def draw(self, rng: np.random.Generator, dtype: Any = np.float64) -> tuple[Any, ...]:
        """Arguments: arrays of the dtype, and NumPy scalars for the empty shape."""
        return tuple(self._draw(rng, shape).astype(dtype)[()] for shape in self.shapes)

    def _draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        if not self.distinct:
            return rng.uniform(self.low, self.high, shape)
        n = int(np.prod(shape))
        steps = (rng.permutation(n) + rng.uniform(0.25, 0.75, n)) / max(n, 1)
        return (self.low + (self.high - self.low) * steps).reshape(shape)
