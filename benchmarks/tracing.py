"""What a first call is made of: tracing, transforming, compiling, running; and what `import fad` takes.

    python -m benchmarks.tracing [--quick] [--write docs/performance.md]
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import fad
from fad.core.avals import aval_of
from fad.core.graph import Graph
from fad.core.tracing import trace
from fad.execute import Program
from fad.passes.linearize import gradient_graph

from .libraries import LIBRARIES, is_installed
from .report import table, versions, write_between
from .timing import FULL, QUICK, Effort, duration, median_duration, seconds_text
from .worker import ONE_THREAD
from .workloads.scalars import chain, runge_kutta

STEPS = 84  # of Runge and Kutta, 48 equations each: 4,000

Row = tuple[str, str, str]  # what, how much, the most that it may be


def traced(f: Callable[[Any], Any], x: Any = 0.7) -> Graph:
    """The graph that a default call at x makes of f, which takes and returns one value."""
    return trace(lambda tracer: [f(tracer)], [aval_of(x)], [x], [True]).graph


def outputs(code: str, times: int) -> list[Any]:
    """What this code prints as JSON, in fresh processes on one thread, all modules byte-compiled by one before them."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, **ONE_THREAD, "PYTHONPYCACHEPREFIX": folder, "PYTHONDONTWRITEBYTECODE": ""}
        for _ in range(1 + times):
            done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
            found.append(json.loads(done.stdout))
    return found[1:]


# -- an equation at a time --------------------------------------------------------------------------------------


def operators(x: Any) -> Any:
    y = x
    for _ in range(250):
        y = y * x + y - x * y
    return y


def calls(x: Any) -> Any:
    y = x
    for _ in range(1000):
        y = np.sin(y)
    return y


def constants(x: Any) -> Any:
    y = x
    for _ in range(500):
        y = 1.1 * y + 0.3
    return y


def calls_on_arrays(x: Any) -> Any:
    """With axes and keywords: NumPy's conventions, and not the short way that operators on numbers take."""
    y = x
    for _ in range(250):
        y = y - np.mean(y, axis=-1, keepdims=True)
    return np.sum(y)


def tracing_rows(effort: Effort) -> list[Row]:
    """The cost of an equation while a function is traced."""
    cases: tuple[tuple[str, Callable[[Any], Any], Any, str], ...] = (
        ("operators on numbers", operators, 0.7, "2 µs"), ("np.sin of numbers", calls, 0.7, "2 µs"),
        ("constants and numbers", constants, 0.7, "2 µs"),
        ("np.mean of arrays, and -", calls_on_arrays, np.ones((3, 4)), ""))
    rows = []
    for what, f, x, goal in cases:
        seconds = median_duration(lambda f=f, x=x: traced(f, x), effort)  # type: ignore[misc]  # a lambda's defaults
        rows.append((f"trace: {what}, an equation", seconds_text(seconds / len(traced(f, x).equations)), goal))
    return rows


def against_autograd(effort: Effort) -> list[Row]:
    """Tracing 40 operations on a number, beside autograd's gradient of them."""
    f = chain(LIBRARIES["fad"]())
    seconds = median_duration(lambda: traced(f), effort)
    rows = [("trace: 40 operations on a number", seconds_text(seconds), "")]
    if is_installed("autograd"):
        gradient = importlib.import_module("autograd").grad(chain(LIBRARIES["autograd"]()))
        other = median_duration(lambda: gradient(0.7), effort)
        rows.append(("the same over one `grad` call of autograd's", f"{seconds / other:.2f}", "0.25"))
    return rows


# -- a long program ---------------------------------------------------------------------------------------------


def hares(rate: Any) -> Any:
    """A Runge-Kutta method that is written out, as a function of one number."""
    return runge_kutta(LIBRARIES["fad"](), STEPS)((rate, 0.4, 0.4, 0.1), 10.0, 5.0)


def first_call() -> dict[str, float]:
    """The times of a gradient's first call and of the second; for a process of its own."""
    fad.grad(lambda x: x * x)(1.0)  # what only the first call of all has to do
    gradient = fad.grad(hares)
    return {"first": duration(lambda: gradient(1.1)), "second": duration(lambda: gradient(1.1))}


def stages() -> dict[str, float]:
    """What such a first call is made of; for a process of its own."""
    fad.grad(lambda x: x * x)(1.0)
    found: dict[str, float] = {}

    def stage(name: str, do: Callable[[], Any]) -> Any:
        result: list[Any] = []
        found[name] = duration(lambda: result.append(do()))
        return result[0]

    graph = stage("trace", lambda: traced(hares, 1.1))
    captures = trace(lambda x: [hares(x)], [aval_of(1.1)], [1.1], [True]).captures
    program = Program(stage("transform", lambda: gradient_graph(graph, (True,) + (False,) * len(captures))))
    stage("simplify", lambda: program.simplified)
    stage("compile", lambda: program.source)
    stage("run", lambda: program([1.1, *captures]))
    return {**found, "equations": len(graph.equations), "of gradient": len(program.simplified.equations)}


def in_processes(function: str, times: int) -> dict[str, float]:
    """The medians of what a function of this file returns, in fresh processes on one thread."""
    code = f"import json; from benchmarks.tracing import {function}; print(json.dumps({function}()))"
    runs = outputs(code, times)
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def first_call_rows(times: int) -> list[Row]:
    parts, whole = in_processes("stages", times), in_processes("first_call", times)
    n = round(parts["equations"])
    rows = [(f"{n:,} equations: {stage}", f"{seconds_text(parts[stage])}, {seconds_text(parts[stage] / n)} an equation", "")
            for stage in ("trace", "transform", "simplify", "compile", "run")]
    return [*rows, (f"{n:,} equations: first call, whole", seconds_text(whole["first"]), "0.6 s"),
            (f"{n:,} equations: second call", seconds_text(whole["second"]), ""),
            (f"{n:,} equations: those of the gradient's program", f"{parts['of gradient']:,.0f}", "")]


# -- importing --------------------------------------------------------------------------------------------------

_IMPORT = """
import json, sys, time
import numpy
before, start = set(sys.modules), time.perf_counter()
import fad
seconds = time.perf_counter() - start
names = {name.partition(".")[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names) - {"fad", "numpy"}
print(json.dumps([seconds, sorted(names)]))
"""


def import_rows(times: int) -> list[Row]:
    runs = outputs(_IMPORT, times)
    return [("`import fad`, after `import numpy`", seconds_text(statistics.median(run[0] for run in runs)), "40 ms"),
            ("what else it imports, outside the standard library", ", ".join(runs[0][1]) or "nothing", "nothing")]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tracing", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="see that all runs; the numbers mean little")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table between a file's marks for it")
    options = parser.parse_args()
    effort, times = (QUICK, 2) if options.quick else (FULL, 9)
    rows = [*tracing_rows(effort), *against_autograd(effort), *first_call_rows(times), *import_rows(times)]
    text = versions() + "\n\n" + table(["what", "measured", "to reach"], rows)
    if options.write:
        write_between(options.write, "tracing", text)
    else:
        print(text)


if __name__ == "__main__":
    main()
