"""What was measured, as Markdown: the figures to reach, then tables of times, of first calls and of memory."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from .libraries import LIBRARIES, is_installed
from .timing import seconds_text
from .worker import Measurement
from .workloads import WORKLOADS

__all__ = ["Measurements", "report", "table", "versions", "write_between"]

Measurements = Mapping[tuple[str, str], Measurement]
"""(workload, library) -> what was found out."""

Quantity = Callable[[Measurement], float]


class Goal(NamedTuple):
    """A ratio of two columns, over some workloads (all, if none are named), and what its mean and its worst may be."""

    what: str
    quantity: Quantity
    above: str
    below: str
    at_most: float
    worst: float = math.inf
    workloads: tuple[str, ...] = ()


def _steady(m: Measurement) -> float:
    return m.steady


def _first(m: Measurement) -> float:
    """A call that was given up is counted as if it had ended at that moment."""
    return m.first if m.limit is None else m.limit


def _memory(m: Measurement) -> float:
    return math.nan if m.memory is None else float(m.memory)


GOALS = (
    Goal("default call over autograd", _steady, "fad", "autograd", 0.30, 1.0),
    Goal("default call over torch", _steady, "fad", "torch", 0.70),
    Goal("`jit` over autograd", _steady, "fad.jit", "autograd", 0.15),
    Goal("`jit` over `jax.jit`", _steady, "fad.jit", "jax.jit", 2.5),
    Goal("first call, default, over `jax.jit`'s", _first, "fad", "jax.jit", 0.15),
    Goal("first call, `jit`, over `jax.jit`'s", _first, "fad.jit", "jax.jit", 0.15),
    Goal("entrywise sum of 10⁶ over NumPy by hand", _steady, "fad", "numpy", 0.75, workloads=("entrywise-1e6",)),
    Goal("peak memory over autograd's", _memory, "fad", "autograd", 0.70, 0.70),
)


# -- parts ------------------------------------------------------------------------------------------------------


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, all columns but the first to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def geometric_mean(ratios: Sequence[float]) -> float:
    return math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else math.nan


def _ratios(goal: Goal, found: Measurements) -> dict[str, float]:
    """For each workload that both libraries did, the ratio."""
    ratios = {}
    for name in dict.fromkeys(workload for workload, _ in found):
        above, below = found.get((name, goal.above)), found.get((name, goal.below))
        if above and below and not above.problem and (not goal.workloads or name in goal.workloads):
            ratio = goal.quantity(above) / goal.quantity(below)
            if not math.isnan(ratio):
                ratios[name] = ratio
    return ratios


def _goals(found: Measurements) -> str:
    rows = []
    for goal in GOALS:
        ratios = _ratios(goal, found)
        if not ratios:
            continue
        mean, worst = geometric_mean(list(ratios.values())), max(ratios, key=lambda name: ratios[name])
        met = mean <= goal.at_most and ratios[worst] <= goal.worst
        limits = f"{goal.at_most:.2f}" + (f", none above {goal.worst:.2f}" if math.isfinite(goal.worst) else "")
        rows.append([goal.what, str(len(ratios)), f"**{mean:.2f}**", f"{ratios[worst]:.2f} ({WORKLOADS[worst].title})",
                     limits, "yes" if met else "no"])
    return table(["ratio", "workloads", "geometric mean", "largest", "to reach", "reached"], rows)


def _times(found: Measurements, libraries: Sequence[str], quantity: Quantity, goals: Sequence[Goal]) -> str:
    """Times, and to their right the ratios of these goals."""
    rows = []
    goals = [goal for goal in goals if _ratios(goal, found)]
    all_ratios = [_ratios(goal, found) for goal in goals]
    for name in dict.fromkeys(workload for workload, _ in found):
        cells = [_time(found.get((name, library)), quantity) for library in libraries]
        rows.append([WORKLOADS[name].title, *cells, *[f"{r[name]:.2f}" if name in r else "" for r in all_ratios]])
    means = [geometric_mean(list(r.values())) for r in all_ratios]
    rows.append(["**geometric mean**", *[""] * len(libraries), *[f"**{m:.2f}**" for m in means]])
    return table(["", *libraries, *[f"{goal.above} / {goal.below}" for goal in goals]], rows)


def _time(m: Measurement | None, quantity: Quantity) -> str:
    if m is None:
        return ""
    if m.limit is not None:
        return f"> {m.limit:.0f} s"
    return "failed" if m.problem else seconds_text(quantity(m))


def _memories(found: Measurements, libraries: Sequence[str]) -> str:
    measured = [n for n in libraries if any(library == n and m.memory is not None for (_, library), m in found.items())]
    rows = []
    for name in [name for name, workload in WORKLOADS.items() if workload.memory and (name, "fad") in found]:
        sizes = [_memory(found[name, n]) if (name, n) in found else math.nan for n in measured]
        ratio = _ratios(GOALS[-1], found).get(name, math.nan)
        rows.append([WORKLOADS[name].title, *["" if math.isnan(s) else f"{s / 1e6:.1f} MB" for s in sizes],
                     "" if math.isnan(ratio) else f"{ratio:.2f}"])
    return table(["", *measured, "fad / autograd"], rows) if rows else ""


def versions() -> str:
    """The machine, the date, and what was compared."""
    processor = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        processor = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), processor)
    modules = dict.fromkeys(["numpy", *[library.module for name, library in LIBRARIES.items() if is_installed(name)]])
    versions = ", ".join(f"{m} {_version(m)}" for m in modules)
    return f"{date.today()}; one core of {processor or 'an unknown processor'} ({os.cpu_count()} cores); " \
           f"Python {platform.python_version()}; {versions}."


def _version(module: str) -> str:
    try:
        return metadata.version(module)
    except metadata.PackageNotFoundError:  # fad on the path, and not installed
        return "(this checkout)"


# -- the whole --------------------------------------------------------------------------------------------------


def report(found: Measurements, libraries: Sequence[str], notes: Sequence[str]) -> str:
    """All tables, as Markdown."""
    steady = [goal for goal in GOALS if goal.quantity is _steady and not goal.workloads]
    first = [goal for goal in GOALS if goal.quantity is _first]
    compared = [name for name in libraries if name != "numpy"]
    parts = [versions(), "### Goals", _goals(found),
             "### Steady calls", _times(found, libraries, _steady, steady),
             "### First calls", _times(found, compared, _first, first)]
    if memories := _memories(found, libraries):
        parts += ["### Peak memory", memories]
    if notes:
        parts += ["### Notes", "\n".join(f"- {note}" for note in notes)]
    return "\n\n".join(parts)


def write_between(file: Path, name: str, text: str) -> None:
    """Put a text into a file, between the lines `<!-- begin NAME -->` and `<!-- end NAME -->`."""
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    whole = file.read_text(encoding="utf-8")
    before, found, rest = whole.partition(begin)
    _, found_end, after = rest.partition(end)
    if not found or not found_end:
        raise SystemExit(f"{file} does not have the lines {begin} and {end}")
    file.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")
