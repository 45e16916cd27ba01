"""What a call costs beside the work itself, and whether a changed constant or minibatch costs more than an old one.

    python -m benchmarks.overhead [--quick] [--write docs/performance.md]
"""

from __future__ import annotations

import argparse
import itertools
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import fad

from .libraries import LIBRARIES
from .report import table, versions, write_between
from .timing import FULL, QUICK, Effort, median_duration, seconds_text
from .workloads import WORKLOADS
from .workloads.scalars import chain

Row = tuple[str, str, str]  # what, how much, the most that it may be


def square(x: Any) -> Any:
    return x * x + 1.0


# -- calls of compiled functions --------------------------------------------------------------------------------


def jit_rows(effort: Effort) -> list[Row]:
    """A compiled function of a number, beside its generated program called directly."""
    rows = []
    for what, f in (("2 operations", square), ("40 operations", chain(LIBRARIES["fad"]()))):
        for name, compiled in ((f"`jit` of {what}", fad.jit(f)), (f"`jit(grad)` of {what}", fad.jit(fad.grad(f)))):
            compiled(0.7)
            direct = compiled._path((0.7,), {}).program._run
            assert direct is not None, "has run"
            whole = median_duration(lambda call=compiled: call(0.7), effort)  # type: ignore[misc]  # a lambda's defaults
            alone = median_duration(lambda run=direct: run(0.7), effort)  # type: ignore[misc]
            rows.append((name, f"{seconds_text(whole)}, of which {seconds_text(alone)} are the program's own", ""))
            rows.append((f"{name}, above the program", seconds_text(max(whole - alone, 1e-9)), "6 µs"))
    return rows


# -- default calls that see something new -----------------------------------------------------------------------


def _compilations() -> int:
    return fad.config.cache_info().misses


def _compared(call: Callable[[Any], Any], values: Sequence[Any], effort: Effort) -> tuple[float, int]:
    """The time of calls that go through these values, relative to calls with the first of them; and how many of the
    calls compiled anew. The two are measured in turn, so that neither has the machine at a better time."""
    call(values[0])
    before = _compilations()
    ratios = []
    for _ in range(max(3, effort.repeat // 3)):
        same, other = itertools.repeat(values[0]), itertools.cycle(values)
        few = effort._replace(repeat=3)
        old = median_duration(lambda same=same: call(next(same)), few)  # type: ignore[misc]  # a lambda's defaults
        new = median_duration(lambda other=other: call(next(other)), few)  # type: ignore[misc]
        ratios.append(new / old)
    return statistics.median(ratios), _compilations() - before


def change_rows(effort: Effort) -> list[Row]:
    """What changes between calls is a number that the function closes over, an array that it closes over, or an
    argument that is not differentiated."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal(100)

    def with_rate(rate: float) -> Any:
        return fad.grad(lambda x: np.sum(np.sin(rate * x) ** 2))(x)

    workload = WORKLOADS["logistic"]
    loss = workload.define(LIBRARIES["fad"]())
    weights, features, labels = workload.arguments()
    batches = [(features[i:i + 64].copy(), labels[i:i + 64].copy()) for i in range(0, 256, 64)]  # all in the cache
    gradient = fad.grad(loss)

    cases: list[tuple[str, Callable[[Any], Any], Sequence[Any]]] = [
        ("a number it closes over", with_rate, [float(r) for r in rng.random(50)]),
        ("a minibatch it closes over", lambda batch: fad.grad(lambda w: loss(w, *batch))(weights), batches),
        ("a minibatch given as an argument", lambda batch: gradient(weights, *batch), batches),
    ]
    rows = []
    for what, call, values in cases:
        ratio, compiled = _compared(call, values, effort)
        rows.append((f"default call after a change of {what}, over one without", f"{ratio:.2f}", "1.20"))
        rows.append(("programs compiled meanwhile", str(compiled), "0"))
    return rows


# -- derivatives of compiled functions --------------------------------------------------------------------------


def order_rows(effort: Effort) -> list[Row]:
    """`grad(jit(f))` and `vmap(jit(f))` beside the compiled derivative."""
    workload, library = WORKLOADS["logistic"], LIBRARIES["fad"]()
    f, loss = chain(library), workload.define(library)
    cases: tuple[tuple[str, Callable[..., Any], Callable[..., Any], tuple[Any, ...]], ...] = (
        ("grad, 40 operations on a number", fad.grad(fad.jit(f)), fad.jit(fad.grad(f)), (0.7,)),
        ("vmap, 40 operations on 10⁴ numbers", fad.vmap(fad.jit(f)), fad.jit(fad.vmap(f)), (np.linspace(0.0, 1.0, 10_000),)),
        ("grad, " + workload.title, fad.grad(fad.jit(loss)), fad.jit(fad.grad(loss)), workload.arguments()))
    rows = []
    for what, outside, inside, args in cases:
        one = median_duration(lambda g=outside, args=args: g(*args), effort)  # type: ignore[misc]  # a lambda's defaults
        other = median_duration(lambda g=inside, args=args: g(*args), effort)  # type: ignore[misc]
        rows.append((f"`jit` inside over `jit` outside: {what}",
                     f"{one / other:.2f} ({seconds_text(one)}, {seconds_text(other)})", "1.30"))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overhead", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="see that all runs; the numbers mean little")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table between a file's marks for it")
    options = parser.parse_args()
    effort = QUICK if options.quick else FULL
    rows = [*jit_rows(effort), *change_rows(effort), *order_rows(effort)]
    text = versions() + "\n\n" + table(["what", "measured", "to reach"], rows)
    if options.write:
        write_between(options.write, "overhead", text)
    else:
        print(text)


if __name__ == "__main__":
    main()
