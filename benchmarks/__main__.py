"""The same derivatives by fad and by others, timed and compared.

    python -m benchmarks --quick --libraries fad fad.jit autograd --workloads chain mlp
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .libraries import LIBRARIES, is_installed
from .report import Measurements, report, write_between
from .timing import FULL, QUICK, Effort, seconds_text
from .worker import Measurement, measure
from .workload import Workload
from .workloads import WORKLOADS

TOLERANCE = 1e-8  # of the largest entry of an array


def disagreement(expected: Sequence[np.ndarray], found: Sequence[np.ndarray]) -> str:
    """How two results differ; empty where they agree."""
    if [x.shape for x in expected] != [x.shape for x in found]:
        return f"shapes {[x.shape for x in found]}, not {[x.shape for x in expected]}"
    for x, y in zip(expected, found, strict=True):
        error = float(np.max(np.abs(x - y), initial=0.0)) / max(float(np.max(np.abs(x), initial=0.0)), 1e-300)
        if not error <= TOLERANCE:
            return f"off by {error:.1e} of the largest entry"
    return ""


def run(libraries: Sequence[str], workloads: Sequence[Workload], effort: Effort) -> tuple[Measurements, list[str]]:
    """All measurements, and what there is to say about them: failures, and results that do not agree."""
    import fad

    found: dict[tuple[str, str], Measurement] = {}
    notes: list[str] = []
    for workload in workloads:
        if workload.needs and not hasattr(fad, workload.needs):
            notes.append(f"{workload.title}: left out, for there is no fad.{workload.needs} yet")
            continue
        reference: tuple[str, list[np.ndarray]] | None = None
        for library in libraries:
            if library == "numpy" and workload.by_hand is None:
                continue
            m = found[workload.name, library] = measure(library, workload, effort)
            if m.problem:
                notes.append(f"{workload.title}, {library}: {m.problem}")
            elif reference is None:
                reference = library, m.result
            elif difference := disagreement(reference[1], m.result):
                notes.append(f"**{workload.title}: {library} disagrees with {reference[0]}: {difference}**")
            m.result = []
            said = m.problem or f"{seconds_text(m.steady):>8}, first call {seconds_text(m.first)}"
            print(f"{workload.name:15} {library:9} {said}", file=sys.stderr, flush=True)
    return found, notes


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--libraries", nargs="+", choices=[*LIBRARIES], default=[*LIBRARIES], metavar="NAME",
                        help=f"of {', '.join(LIBRARIES)}; all that are installed")
    parser.add_argument("--workloads", nargs="+", choices=[*WORKLOADS], default=[*WORKLOADS], metavar="NAME",
                        help=f"of {', '.join(WORKLOADS)}; all")
    parser.add_argument("--quick", action="store_true", help="see that all runs; the numbers mean little")
    parser.add_argument("--repeat", type=int, help=f"samples of each time, of which the median is taken ({FULL.repeat})")
    parser.add_argument("--limit", type=float, help=f"seconds for one library on one workload ({FULL.limit:.0f})")
    parser.add_argument("--output", type=Path, metavar="FILE", help="put the tables there, and not on the screen")
    parser.add_argument("--write", type=Path, metavar="FILE",
                        help="put the tables into a file that has marks for them, as docs/performance.md does")
    options = parser.parse_args()

    effort = QUICK if options.quick else FULL
    effort = effort._replace(repeat=options.repeat or effort.repeat, limit=options.limit or effort.limit)
    missing = [name for name in options.libraries if not is_installed(name)]
    if missing:
        print(f"not installed: {', '.join(missing)} (pip install -e '.[bench]')", file=sys.stderr)
    libraries = [name for name in options.libraries if name not in missing]
    found, notes = run(libraries, [WORKLOADS[name] for name in options.workloads], effort)
    text = report(found, libraries, [*[f"not installed: {name}" for name in missing], *notes])
    if options.write:
        write_between(options.write, "comparison", text)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")
    if not options.write and not options.output:
        print(text)
    if any("disagrees" in note for note in notes):
        sys.exit(1)


if __name__ == "__main__":
    main()
