"""What fad can do with NumPy's functions, found from the code: `python -m tests.coverage_table` writes it down.

The names come from NumPy, the rules from fad's table of overrides; what a rule is good for comes from the rows of the
table of operations (tests/ops), which obey the laws: each row is traced, and the functions that it calls are noted. The
forms that are refused come from the examples of tests/refusals.py, each of which is refused.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import fad
from fad import tree
from fad.core import recipes
from fad.core.dispatch import direct, overrides
from fad.core.equation import Literal
from fad.core.graph import Graph
from fad.core.leaves import aval_of_value
from fad.core.tracer import Tracer
from fad.core.tracing import Builder, trace
from fad.numpy import creation, making
from fad.numpy.coverage import FORWARD, TABLE, Covered, read
from fad.passes.jvp import jvp_graph
from fad.primitives.structural import broadcast_p

from .ops import OPS, Op
from .refusals import REFUSALS

__all__ = ["DOCUMENT", "VERSION", "document", "found", "public", "table"]

fad.numpy.rules.load(missing=True)  # the rules that wait until they are needed

DOCUMENT = Path(__file__).parent.parent / "docs" / "coverage.md"
NAMESPACES = {"": np, "linalg.": np.linalg, "fft.": np.fft}
VERSION = ".".join(np.__version__.split(".")[:2])
_DISPATCHED = type(np.sum), np.ufunc  # what asks its arguments


# -- NumPy's names --------------------------------------------------------------------------------


def public() -> Iterator[tuple[str, Any]]:
    """The functions of NumPy's public namespaces, by name."""
    for prefix, module in NAMESPACES.items():
        for name in sorted(dir(module)):
            function = getattr(module, name)
            if not name.startswith("_") and callable(function) and not isinstance(function, type):
                yield prefix + name, function


# -- what the rows show ---------------------------------------------------------------------------


@dataclass
class Shown:
    """What the rows have shown of one function."""

    dtypes: set[str] = field(default_factory=set)
    order: int = 0  # of the highest derivative that is checked against differences
    inexact: bool = False  # whether there are results with tangents
    moves: bool = False  # ... that are not 0
    traced: bool = False  # whether the result is traced, and not a plain value


class _Watch:
    """Stands in for the rules, and notes the calls that come from the rows themselves."""

    def __init__(self) -> None:
        self.shown: dict[Any, Shown] = {}
        self.op: Op = OPS[0]
        self.inside = False

    def rule(self, key: Any, rule: Callable[..., Any]) -> Callable[..., Any]:

        @functools.wraps(rule)
        def watched(*args: Any, **kwargs: Any) -> Any:
            if self.inside:
                return rule(*args, **kwargs)
            self.inside = True
            try:
                before = [x.alias() for x in _tracers((args, kwargs))]
                result = rule(*args, **kwargs)
                self.note(key, before, result if result is not None else [x for x in args if isinstance(x, Tracer)])
                return result
            finally:
                self.inside = False

        return watched

    def note(self, key: Any, args: list[Tracer], result: Any) -> None:
        shown = self.shown.setdefault(key, Shown())
        results = [x for x in _tracers(result) if x.dtype.kind in "fc"]
        shown.dtypes |= {x.dtype.str[1:] for x in args if x.dtype.kind in "fc"}
        shown.traced |= bool(_tracers(result))
        if results:
            shown.inexact = True
            order = min(self.op.smooth, 2)
            if (not shown.moves or shown.order < order) and _moves(results[0].builder, results):
                shown.moves, shown.order = True, max(shown.order, order)


def _tracers(values: Any) -> list[Tracer]:
    """The tracers among nested values."""
    if isinstance(values, Tracer):
        return [values]
    if isinstance(values, dict):
        values = list(values.values())
    return [x for v in values for x in _tracers(v)] if isinstance(values, (list, tuple)) else []


def _moves(builder: Builder, results: list[Tracer]) -> bool:
    """Whether the results have tangents, for the arguments of the trace, that are not known to be 0."""
    graph = Graph((*builder.arguments, *builder._captured), tuple(builder.equations), tuple([x.atom for x in results]))
    pushed = jvp_graph(graph, tuple([v in builder.arguments and v.aval.inexact for v in graph.inputs]))
    zeros = {e.results[0] for e in pushed.equations if e.primitive is broadcast_p and _is_zero(e.operands[0])}
    return any(not _is_zero(a) and a not in zeros for a in pushed.outputs[len(results):])


def _is_zero(atom: Any) -> bool:
    return isinstance(atom, Literal) and not np.any(atom.value)


def _close_short_cuts() -> None:
    recipes._recipes.clear()
    for known in direct.values():
        known.clear()


@contextmanager
def _watching(watch: _Watch) -> Iterator[None]:
    """The rules replaced."""
    rules = dict(overrides)
    for key, rule in rules.items():
        if key not in ("setitem", "out"):
            overrides[key] = watch.rule(key, rule)
    try:
        yield
    finally:
        overrides.clear()
        overrides.update(rules)
        _close_short_cuts()


def shown_by_rows() -> dict[Any, Shown]:
    """What all rows, in both widths, show of each function, by the keys of the table of overrides."""
    watch = _Watch()
    with _watching(watch):
        for op in OPS:
            watch.op = op
            for dtype in (np.float32, np.float64):
                _close_short_cuts()
                args = op.draw(np.random.default_rng(len(op.name)), np.dtype(dtype))
                with np.errstate(all="ignore"):
                    trace(lambda *xs, f=op.fun: [x for x in tree.leaves(f(*xs)) if isinstance(x, Tracer)],
                          [aval_of_value(x) for x in args], args)
    return watch.shown


# -- the table ------------------------------------------------------------------------------------


def found() -> dict[str, Covered]:
    """What there is to say of each function, by name."""
    shown = shown_by_rows()
    refused: dict[str, list[str]] = {}
    for refusal in REFUSALS:
        refused.setdefault(refusal.name, []).append(refusal.form)
    made = {*creation.__all__, *making.__all__}
    lines: dict[str, Covered] = {}
    for name, function in public():
        if function in overrides:
            lines[name] = _covered(name, shown.get(function), refused)
        elif name in made:
            lines[name] = Covered(name, "made by fad.numpy", "", "")
        elif isinstance(function, _DISPATCHED):
            lines[name] = Covered(name, "not supported", "", "")
    for key in sorted([k for k in overrides if isinstance(k, tuple)], key=lambda k: (k[0].__name__, k[1])):
        name = f"{key[0].__name__}.{key[1]}"
        if key[1] != "outer":
            lines[name] = _covered(name, shown.get(key), refused)
    lines["ufunc.outer"] = _covered("ufunc.outer", shown.get((np.multiply, "outer")), refused)
    return lines


def _covered(name: str, shown: Shown | None, refused: dict[str, list[str]]) -> Covered:
    if shown is None:
        derivative, dtypes = "no row", ""
    else:
        dtypes = " ".join(sorted(shown.dtypes, key=lambda d: (d[0] == "c", int(d[1:]))))
        if shown.moves:
            derivative = FORWARD + (", second order" if shown.order > 1 else "")
        else:
            derivative = "zero" if shown.inexact else "constant" if shown.traced else "by value"
    return Covered(name, derivative, dtypes, "; ".join(refused.get(name, [])))


def table(lines: dict[str, Covered]) -> str:
    """As the file that fad.numpy.coverage reads; its first line says of which NumPy it tells."""
    return f"# NumPy {VERSION}\n" + "".join("\t".join(line) + "\n" for line in lines.values())


_HEAD = f"""# What fad can do with NumPy's functions

This page is written by `python -m tests.coverage_table`, and a test fails when it is out of date. At the prompt,
`fad.numpy.coverage("interp")` says the same. All functions go by their plain names, `numpy.sin`; `fad.numpy.sin` is the
same object. The names are those of NumPy {VERSION}.

What the words mean:

- **forward, reverse, batched, second order**: `jvp`, `vjp` and `vmap` hold the laws of `tests/laws.py` on every row of
  `tests/ops` that calls the function, and second derivatives agree with differences.
- **zero**: the derivative is 0 almost everywhere, and taken to be 0 everywhere.
- **constant**: the results are integers or truth values, still traced: they work under `vmap` and `jit`.
- **by value**: the results are plain, and found from the values of the arguments; an error under `vmap`.
- **made by fad.numpy**: NumPy does not ask its arguments. `fad.numpy.zeros` and its kin make arrays that traced values can
  be assigned into.

`out=` takes a traced array, and refuses a plain one. `where=` of a ufunc needs such an `out=`; without one, write
`np.where(mask, np.log(x), 0.0)`. Everything that is refused is refused by an error that says what to write.
"""


def document(lines: dict[str, Covered]) -> str:
    """As docs/coverage.md."""
    parts = [_HEAD]
    methods = {f"{u.__name__}." for u in vars(np).values() if isinstance(u, np.ufunc)} | {"ufunc."}
    groups = {"numpy": [], "numpy.linalg": [], "numpy.fft": [], "methods of ufuncs": []}
    for line in lines.values():
        prefix = line.name.rpartition(".")[0]
        group = "methods of ufuncs" if f"{prefix}." in methods else f"numpy.{prefix}" if prefix else "numpy"
        if line.derivative != "not supported":
            groups[group].append(line)
    for title, group in groups.items():
        parts.append(f"\n## {title}\n\n| function | derivative | dtypes | refused |\n|---|---|---|---|\n")
        parts += [f"| `{line.name}` | {line.derivative} | {line.dtypes} | {line.refused} |\n" for line in group]
    parts.append("\n## Not supported\n\nThey raise `fad.errors.MissingRuleError` when an argument is traced.\n\n")
    parts.append(_listed([line.name for line in lines.values() if line.derivative == "not supported"]))
    parts.append("\n## Methods of arrays\n\nA traced array has these methods and attributes of `numpy.ndarray`:\n\n")
    own = [name for name in sorted(dir(np.ndarray)) if not name.startswith("_")]
    has = [name for name in own if _has(name)]
    parts.append(_listed(has) + "\nand these raise:\n\n" + _listed([name for name in own if name not in has]))
    return "".join(parts)


def _listed(names: list[str]) -> str:
    lines, here = [], ""
    for name in names:
        if len(here) + len(name) > 110:
            lines.append(here.rstrip())
            here = ""
        here += f"`{name}` "
    return "\n".join([*lines, here.rstrip()]) + "\n"


def _has(name: str) -> bool:
    """Whether a traced array has this attribute."""
    has = False

    def look(x: Any) -> Any:
        nonlocal has
        try:
            getattr(x, name)
            has = True
        except (fad.errors.FadError, AttributeError):
            pass
        return x

    fad.trace(look, np.ones((2, 2)))
    return has


if __name__ == "__main__":
    lines = found()
    Path(TABLE).write_text(table(lines), "utf-8")
    DOCUMENT.write_text(document(lines), "utf-8")
    print(f"{DOCUMENT}: {len(read())} functions")
