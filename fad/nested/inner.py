"""What primitives that hold programs have in common: loops, branches, checkpoints.

Their params are graphs, and their rules are the transforms of graphs, applied inside. So a loop's
derivative is a loop, and a loop's graph stays as large as one turn.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, TypeVar

from ..core.avals import Aval
from ..core.equation import Atom, Equation, Literal, Var, variables
from ..core.graph import Graph, replay
from ..core.primitive import Batch, Infer, Inner, Primitive, Tangent, Transpose, Value, Values, Zero, innermost
from ..core.tracer import Tracer
from ..core.tracing import Builder, Trace, active_builders, trace
from ..passes.simplify import drop_dead
from ..primitives.structural import broadcast, instantiate

__all__ = ["New", "chosen", "copied", "cut", "filled", "holding", "instantiated", "stack_size", "stacked_first",
           "there", "traced_inside", "trimmed", "unchosen"]

T = TypeVar("T")

New = Callable[[Aval], Var]
"""Makes a variable that no equation has yet."""

Push = Callable[..., tuple[Sequence[Value], Sequence[Tangent]]]
Split = Callable[[Equation, Sequence[bool], New], tuple[Sequence[Equation], Sequence[Equation]]]
Trim = Callable[[Equation, Sequence[bool]], Equation]


Compiled = Callable[..., Callable[..., Values]]
"""(**params) -> a function of the operands: see `Inner`."""


def holding(name: str, infer: Infer, push: Push, batch: Batch, split: Split, transpose: Transpose, trim: Trim,
            compiled: Compiled) -> Primitive[Values]:
    """A primitive that holds programs, and has several results."""

    def evaluate(*operands: Value, **params: Any) -> Values:
        return compiled(**params)(*operands)

    def jvp(primals: Sequence[Value], tangents: Sequence[Tangent], result: Values, /, **params: Any) -> Sequence[Tangent]:
        return push(primals, tangents, **params)[1]

    inner = Inner(push, split, trim, compiled)
    return Primitive(name, evaluate, infer, jvp, batch, transpose, several=True, inner=inner)


# -- lists ----------------------------------------------------------------------------------------


def cut(items: Sequence[T], *sizes: int) -> list[list[T]]:
    """The items in runs of these sizes, and the rest."""
    runs, start = [], 0
    for size in sizes:
        runs.append(list(items[start:start + size]))
        start += size
    return [*runs, list(items[start:])]


def chosen(items: Iterable[T], flags: Iterable[bool]) -> list[T]:
    """The items whose flag is set."""
    return [x for x, flag in zip(items, flags, strict=True) if flag]


def unchosen(items: Iterable[T], flags: Iterable[bool]) -> list[T]:
    """The items whose flag is not set."""
    return [x for x, flag in zip(items, flags, strict=True) if not flag]


def filled(flags: Iterable[bool], there: Iterable[T], otherwise: Iterable[T]) -> list[T]:
    """Where a flag is set the next of the one, elsewhere the next of the other: `chosen` and `unchosen`, undone."""
    one, other = iter(there), iter(otherwise)
    return [next(one) if flag else next(other) for flag in flags]


# -- values ---------------------------------------------------------------------------------------


def there(tangents: Iterable[Tangent]) -> list[Value]:
    """The tangents that are not known to vanish."""
    return [t for t in tangents if not isinstance(t, Zero)]


def instantiated(tangents: Sequence[Tangent], *others: Value) -> list[Value]:
    """Tangents as arrays, symbolic zeros included; recorded where the values are, or the others."""
    recorder = innermost([x for x in (*tangents, *others) if not isinstance(x, Zero)])
    return [instantiate(t, recorder) for t in tangents]


def stack_size(operands: Sequence[Value], mapped: Sequence[bool]) -> int:
    """The number of examples of which the mapped operands are stacks."""
    size: int = next(x.shape[0] for x, m in zip(operands, mapped, strict=True) if m)
    return size


def stacked_first(x: Value, is_stack: bool, size: int) -> Value:
    """A stack as it is, and anything else repeated to make one."""
    return x if is_stack else broadcast(x, (size, *x.shape), (0,))


# -- traces ---------------------------------------------------------------------------------------


def traced_inside(function: Callable[..., Sequence[Value]], avals: Sequence[Aval], values: Sequence[Value] = (),
                  weak: Sequence[bool] = ()) -> Trace:
    """Trace a function, with all that it does: also what it does with values that it closes over, none of which is an
    argument, and which is recorded in the traces that they belong to. There it is left for dead."""
    before = [(b, len(b.equations)) for b in active_builders()]
    traced = trace(function, avals, values, weak)
    needed = {_key(x) for x in traced.captures if isinstance(x, Tracer)}
    wanted: list[tuple[Builder, Equation]] = []  # what was recorded elsewhere meanwhile, last first
    for outer, start in reversed(before):
        for e in reversed(outer.equations[start:]):
            if not needed.isdisjoint((id(outer), v) for v in e.results):
                wanted.append((outer, e))
                needed.update(_key(outer.seen_from_outside(v)) for v in variables(e.operands))
    if not wanted:
        return traced
    builder = Builder()
    arguments = [builder.argument(aval) for aval in avals]
    made: dict[Hashable, Value] = {}
    for outer, e in reversed(wanted):
        operands = [outer.seen_from_outside(a) if isinstance(a, Var) else a for a in e.operands]
        builder.source = e.source
        out = builder.record(e.primitive, [made.get(_key(x), x) for x in operands], e.params)
        made.update(zip([(id(outer), v) for v in e.results], out if e.primitive.several else (out,), strict=True))
    builder.source = None
    captures = [made.get(_key(x), x) for x in traced.captures]
    return Trace(builder.build(replay(traced.graph, [*arguments, *captures])), builder.captured())


def _key(x: Value | Literal) -> Hashable:
    """What names a traced value: its trace, and its variable there."""
    return (id(x.builder), x.atom) if isinstance(x, Tracer) else None


# -- graphs ---------------------------------------------------------------------------------------


def copied(graph: Graph, operands: Sequence[Atom], new: New) -> tuple[list[Equation], list[Atom]]:
    """A graph's equations with these operands for inputs and new variables for results; and its outputs."""
    instead: dict[Atom, Atom] = dict(zip(graph.inputs, operands, strict=True))
    equations = []
    for primitive, atoms, params, results, source in graph.equations:
        fresh = tuple([new(v.aval) for v in results])
        equations.append(Equation(primitive, tuple([instead.get(a, a) for a in atoms]), params, fresh, source))
        instead.update(zip(results, fresh, strict=True))
    return equations, [instead.get(a, a) for a in graph.outputs]


def trimmed(graph: Graph, wanted: Sequence[bool]) -> tuple[Graph, list[bool]]:
    """The graph of the wanted outputs, with all its inputs, and which of them it uses."""
    smaller = drop_dead(Graph(graph.inputs, graph.equations, tuple(chosen(graph.outputs, wanted))))
    used = set(variables([*smaller.outputs, *[a for e in smaller.equations for a in e.operands]]))
    return smaller, [v in used for v in graph.inputs]
