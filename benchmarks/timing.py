"""How long a function takes: the median of samples, each long enough for the clock."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["FULL", "QUICK", "Effort", "duration", "median_duration", "seconds_text"]


class Effort(NamedTuple):
    """How carefully to measure.

    Args:
        repeat: samples at most.
        sample: seconds that a sample takes at least; short calls are repeated within it.
        budget: seconds after which there are no more samples, once there are three.
        limit: seconds after which a process is given up.
    """

    repeat: int
    sample: float
    budget: float
    limit: float


FULL = Effort(repeat=21, sample=0.02, budget=10.0, limit=600.0)
QUICK = Effort(repeat=3, sample=0.002, budget=1.0, limit=60.0)


def duration(f: Callable[[], Any], number: int = 1) -> float:
    """The seconds that a call takes, as the mean of this many."""
    calls = range(number)
    start = time.perf_counter()
    for _ in calls:
        f()
    return (time.perf_counter() - start) / number


def median_duration(f: Callable[[], Any], effort: Effort) -> float:
    """The seconds that a call takes. The garbage collector stays on, as it is in a user's program."""
    gc.collect()
    number = 1
    while (seconds := duration(f, number)) * number < effort.sample:
        number = max(2 * number, min(10 * number, round(1.2 * effort.sample / seconds)))
    samples: list[float] = []
    deadline = time.perf_counter() + effort.budget
    while len(samples) < 3 or len(samples) < effort.repeat and time.perf_counter() < deadline:
        samples.append(duration(f, number))
    return statistics.median(samples)


def seconds_text(seconds: float) -> str:
    """Three figures and a unit."""
    unit, factor = ("s", 1.0) if seconds >= 1.0 else ("ms", 1e3) if seconds >= 1e-3 else ("µs", 1e6)
    number = seconds * factor
    return f"{number:.{0 if number >= 100 else 1 if number >= 10 else 2}f} {unit}"
