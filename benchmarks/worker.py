"""One library on one workload, in a process of its own, on one thread: prints what it measured as JSON.

    python -m benchmarks.worker LIBRARY WORKLOAD RESULT.npz --repeat 21 ...

`measure` starts such a process, and is what the command line uses. The limits on threads are in the environment before
any library is imported.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .libraries import LIBRARIES, ByHand
from .library import Library, leaves
from .timing import Effort, duration, median_duration
from .workload import Workload
from .workloads import WORKLOADS

__all__ = ["ONE_THREAD", "Measurement", "measure"]

ONE_THREAD = {
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "VECLIB_MAXIMUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1", "JAX_PLATFORMS": "cpu",
}


@dataclass
class Measurement:
    """What one process found out.

    Args:
        first, steady: seconds of the first call, and of a later one.
        memory: peak bytes that a later call holds, its result included, beyond what there was before the first call;
            NumPy's arrays alone are seen.
        problem: why there are no numbers.
        limit: the seconds after which the process was given up, if it was.
        result: the arrays that came out.
    """

    first: float = float("nan")
    steady: float = float("nan")
    memory: int | None = None
    problem: str = ""
    limit: float | None = None
    result: list[Any] = field(default_factory=list)


# -- in this process --------------------------------------------------------------------------------------------


def _prepared(library: Library, workload: Workload) -> Callable[[], Any]:
    """The call to be measured, with its arguments made."""
    args = library.arguments(workload.arguments(), workload.wanted)
    if isinstance(library, ByHand):
        by_hand = workload.by_hand
        assert by_hand is not None, "is not asked for"
        return lambda: by_hand(*args)
    library.warm_up()
    derivative = library.derivative(workload.wanted, workload.define(library))
    return lambda: library.finished(derivative(*args))


def _timed(library: Library, workload: Workload, effort: Effort) -> Measurement:
    call = _prepared(library, workload)
    first = duration(call)
    result = call()
    return Measurement(first, median_duration(call, effort), result=[library.plain(x) for x in leaves(result)])


def _peak_memory(library: Library, workload: Workload) -> int:
    call = _prepared(library, workload)
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    call()
    gc.collect()
    tracemalloc.reset_peak()
    call()
    return tracemalloc.get_traced_memory()[1] - before


def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("library")
    parser.add_argument("workload")
    parser.add_argument("result", help="where to put the arrays that come out; peak memory is measured if it is empty")
    for name in Effort._fields:
        parser.add_argument(f"--{name}", type=float, required=True)
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):  # one core, whatever a library thinks of the variables above
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    library, workload = LIBRARIES[options.library](), WORKLOADS[options.workload]
    if not options.result:
        print(json.dumps({"memory": _peak_memory(library, workload)}))
        return
    found = _timed(library, workload, Effort(round(options.repeat), options.sample, options.budget, options.limit))
    np.savez(options.result, *found.result)
    found.result = []
    print(json.dumps(asdict(found)))


# -- in a process of its own ------------------------------------------------------------------------------------


def measure(library: str, workload: Workload, effort: Effort) -> Measurement:
    """Run a process for times and, where the workload asks for it and NumPy makes the arrays, another for memory."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "result.npz"
        found = _in_a_process(library, workload.name, str(file), effort)
        if not found.problem:
            with np.load(file) as arrays:
                found.result = [arrays[name] for name in arrays.files]
    if workload.memory and not found.problem and not library.startswith(("jax", "torch")):
        found.memory = _in_a_process(library, workload.name, "", effort).memory
    return found


def _in_a_process(library: str, workload: str, result: str, effort: Effort) -> Measurement:
    command = [sys.executable, "-m", "benchmarks.worker", library, workload, result]
    for name, value in effort._asdict().items():
        command += [f"--{name}", str(value)]
    try:
        done = subprocess.run(command, env={**os.environ, **ONE_THREAD}, capture_output=True, text=True, check=False,
                              timeout=effort.limit)
    except subprocess.TimeoutExpired:
        return Measurement(problem=f"more than {effort.limit:.0f} s", limit=effort.limit)
    if done.returncode:
        return Measurement(problem=(done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1])
    return Measurement(**json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    _main()
