"""Where the time of one workload goes: the functions that take most of it, and the program that runs.

    python -m benchmarks.profiling mlp [--library fad] [--first] [--source]
"""

from __future__ import annotations

import argparse
import cProfile
import pstats

from .libraries import LIBRARIES
from .library import Library
from .timing import QUICK, duration, median_duration, seconds_text
from .workload import Workload
from .workloads import WORKLOADS


def profile(library: Library, workload: Workload, seconds: float, first: bool, lines: int) -> None:
    """Print the profile of the first call, or of as many later ones as fit into these seconds."""
    args = library.arguments(workload.arguments(), workload.wanted)
    library.warm_up()
    derivative = library.derivative(workload.wanted, workload.define(library))
    profiler = cProfile.Profile()
    calls = 1
    if not first:
        print(f"first call {seconds_text(duration(lambda: derivative(*args)))}")
        each = median_duration(lambda: library.finished(derivative(*args)), QUICK)
        calls = max(1, round(seconds / each))
        print(f"later calls {seconds_text(each)}, without the profiler")
    with profiler:
        for _ in range(calls):
            library.finished(derivative(*args))
    print(f"{calls} calls:")
    pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profiling", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload", choices=[*WORKLOADS], metavar="WORKLOAD", help=f"of {', '.join(WORKLOADS)}")
    parser.add_argument("--library", choices=[*LIBRARIES], default="fad", metavar="NAME", help=f"of {', '.join(LIBRARIES)}")
    parser.add_argument("--first", action="store_true", help="the first call, not later ones")
    parser.add_argument("--source", action="store_true", help="the text of the program that fad makes, and no profile")
    parser.add_argument("--lines", type=int, default=15, help="functions to show (15)")
    options = parser.parse_args()
    workload = WORKLOADS[options.workload]
    if options.source:
        library = LIBRARIES["fad.jit"]()
        print(library.derivative(workload.wanted, workload.define(library)).source(*workload.arguments()))  # type: ignore[attr-defined]  # a Jitted's
    else:
        profile(LIBRARIES[options.library](), workload, 1.0, options.first, options.lines)


if __name__ == "__main__":
    main()
