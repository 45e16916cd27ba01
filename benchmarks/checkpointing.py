"""Time and peak memory of the gradient of a chain of steps: stored, checkpointed, and in √n groups.

    python -m benchmarks.checkpointing [--steps 256] [--size 100000]
"""

from __future__ import annotations

import argparse
import math
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

import fad


def step(x: Any) -> Any:
    """Not entry by entry: a chain of entrywise steps runs block by block, and keeps nothing as it is."""
    return np.sin(np.exp(np.cos(np.cumsum(x) / x.size))) + x


def chain(n: int, group: int) -> Callable[[Any], Any]:
    """The sum of n steps' result, in checkpointed groups; 0: of n steps."""
    def run(x: Any, k: int) -> Any:
        for _ in range(k):
            x = step(x)
        return x

    again = fad.checkpoint(run)

    def total(x: Any) -> Any:
        if not group:
            return np.sum(run(x, n))
        for start in range(0, n, group):
            x = again(x, min(group, n - start))
        return np.sum(x)

    return total


def scanned(n: int, checkpoint: bool | int) -> Callable[[Any], Any]:
    """The same as a scan."""
    return lambda x: np.sum(fad.scan(lambda c, _: (step(c), None), x, length=n, checkpoint=checkpoint)[0])


def measured(gradient: Callable[[Any], Any], x: Any) -> tuple[float, float]:
    """The time of a call in seconds, and its peak memory in arrays like x; both after a first call."""
    gradient(x)
    times = []
    for _ in range(3):
        start = time.perf_counter()
        gradient(x)
        times.append(time.perf_counter() - start)
    tracemalloc.start()
    gradient(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return min(times), peak / x.nbytes


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=256)
    parser.add_argument("--size", type=int, default=100_000)
    arguments = parser.parse_args()
    n, x = arguments.steps, np.linspace(0.0, 1.0, arguments.size)
    root = math.isqrt(n)
    print(f"the gradient of {n} steps on {x.size} numbers\n\n| schedule | time | peak memory, in arrays |\n|---|---:|---:|")
    for name, f in (("stored", chain(n, 0)), ("each step checkpointed", chain(n, 1)), (f"groups of {root}", chain(n, root)),
                    ("scan, stored", scanned(n, False)), ("scan, each step checkpointed", scanned(n, 1)),
                    ("scan, checkpoint=True", scanned(n, True))):
        seconds, arrays = measured(fad.grad(f), x)
        print(f"| {name} | {seconds * 1e3:.0f} ms | {arrays:.0f} |")


if __name__ == "__main__":
    main()
