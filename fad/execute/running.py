"""What a running program calls beside NumPy: the loop over blocks, and the last touch to a result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import copy_context
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ..config import renewed_in_a_fork, settings
from ..core.primitive import Operand, Value, Values

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

__all__ = ["run_blocks", "settled"]

_LEAST_SHARE = 4  # blocks that make a thread worth waking


@lru_cache(maxsize=4)
def _pool(threads: int) -> Executor:
    from concurrent.futures import ThreadPoolExecutor  # here: it would be an eighth of the time of `import fad`

    return ThreadPoolExecutor(threads, thread_name_prefix="fad")


renewed_in_a_fork(_pool.cache_clear)


def run_blocks(function: Callable[..., Values], n: int, rows: int, combine: Sequence[np.ufunc],
               *arrays: Value) -> Values:
    """Run a block's function from 0 to n, in one go or in a share for each thread; the totals, combined."""
    shares = min(settings.threads, n // (rows * _LEAST_SHARE))
    if shares <= 1:
        return function(0, n, *arrays)
    blocks = -(-n // rows)
    cuts = [min(n, rows * (blocks * i // shares)) for i in range(shares)] + [n]
    jobs: list[Future[Values]] = []
    try:
        for i in range(1, shares):  # np.errstate is part of the context
            jobs.append(_pool(shares).submit(copy_context().run, function, cuts[i], cuts[i + 1], *arrays))
    except RuntimeError:  # no thread is to be had: Python is about to end, or the system has no more of them
        for job in jobs:
            job.result()
        return function(0, n, *arrays)
    parts = [function(cuts[0], cuts[1], *arrays), *[job.result() for job in jobs]]
    return tuple([_combined(ufunc, [part[k] for part in parts]) for k, ufunc in enumerate(combine)])


def _combined(ufunc: np.ufunc, parts: list[Value]) -> Value:
    total = parts[0]
    for part in parts[1:]:
        total = ufunc(total, part)
    return total


def settled(x: Operand) -> Operand:
    """A number as a NumPy scalar, where an operation has left an array of rank 0."""
    return x[()] if isinstance(x, np.ndarray) else x
