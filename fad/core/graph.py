"""What a program is: an immutable, typed list of equations.

    { a:f64[3] ->
      b:f64[3] = sin a
      c:f64[] = sum[axes=(0,)] b
      return c }

Variables are numbered in the order in which they are defined, so that two traces that did the same are
equal. That is what makes it possible to trace every call and yet to compile only once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

from ..config import Info, settings
from .avals import refuse_other_arithmetic
from .equation import Atom, Equation, Literal, Var, literal, small_literal, variables
from .primitive import Traced, Value, innermost
from .render import render

__all__ = ["Atom", "Equation", "Graph", "Literal", "Signature", "Var", "inlined", "literal", "memoised", "replay",
           "small_literal", "variables", "verify"]

P = ParamSpec("P")
R = TypeVar("R")


class Signature(NamedTuple):
    """How the arguments of a call become the inputs of a graph, and its outputs the result."""

    flatten: Callable[[tuple[object, ...]], Sequence[Value]]
    rebuild: Callable[[Sequence[Value]], Any]


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A program: `inputs` in, `outputs` out, and the equations between, each variable defined once before use.

    `signature`, where there is one, says how a call's arguments are flattened and its results rebuilt; without
    it a call takes one value an input and returns a tuple. It plays no part in equality, and neither do sources.
    """

    inputs: tuple[Var, ...]
    equations: tuple[Equation, ...]
    outputs: tuple[Atom, ...]
    signature: Signature | None = None
    _hash: int = field(default=0, init=False)

    def _structure(self) -> tuple[object, ...]:
        return self.inputs, tuple([e[:4] for e in self.equations]), self.outputs

    def __eq__(self, other: object) -> bool:
        return self is other or isinstance(other, Graph) and self._structure() == other._structure()

    def __hash__(self) -> int:
        if not self._hash:  # once: a graph that is part of another's params is hashed on every call
            object.__setattr__(self, "_hash", hash(self._structure()))
        return self._hash

    def __call__(self, *args: Any) -> Any:
        """Apply the program to arrays, or to traced values."""
        values = args if self.signature is None else self.signature.flatten(args)
        for x in values:
            if not isinstance(x, Traced):
                refuse_other_arithmetic(x)
        results = replay(self, values)
        return results if self.signature is None else self.signature.rebuild(results)

    def __str__(self) -> str:
        return render(self.inputs, self.equations, self.outputs)

    def __repr__(self) -> str:
        return f"<Graph of {len(self.equations)} equations, {len(self.inputs)} -> {len(self.outputs)}>"


def replay(graph: Graph, values: Sequence[Value]) -> tuple[Value, ...]:
    """Apply a graph to values: arrays give arrays; with traced values among them, the equations are recorded there."""
    recorder = innermost(values)
    env: dict[Atom, Value] = dict(zip(graph.inputs, values, strict=True))
    outer_source = recorder.source if recorder is not None else None
    in_derivative = outer_source is not None and outer_source.in_derivative  # in a user's own rule
    try:
        for primitive, operands, params, results, source in graph.equations:
            arguments = [env[a] if isinstance(a, Var) else a.value for a in operands]
            if recorder is None:
                out = primitive.evaluate(*arguments, **dict(params))
            else:
                recorder.source = source.derivative if in_derivative and source is not None else source
                out = recorder.record(primitive, arguments, params)
            if primitive.several:
                env.update(zip(results, out, strict=True))
            else:
                env[results[0]] = out
    finally:  # the user's function may catch an error, and go on at lines of its own
        if recorder is not None:
            recorder.source = outer_source
    return tuple([env[a] if isinstance(a, Var) else a.value for a in graph.outputs])


def inlined(graph: Graph) -> Graph:
    """The same program with the graphs of its calls written out."""
    if not any(e.primitive.body for e in graph.equations):
        return graph
    number = max((v.number for e in graph.equations for v in e.results), default=len(graph.inputs)) + 1
    number = max([number, *[v.number + 1 for v in graph.inputs]])
    equations: list[Equation] = []
    instead: dict[Atom, Atom] = {}

    def write(program: Graph, rename: dict[Atom, Atom]) -> None:
        nonlocal number
        for primitive, operands, params, results, source in program.equations:
            operands = tuple([rename.get(a, a) for a in operands])
            if primitive.body:
                body: Graph = dict(params)[primitive.body]
                inside: dict[Atom, Atom] = dict(zip(body.inputs, operands, strict=True))
                write(body, inside)
                rename.update(zip(results, [inside.get(a, a) for a in body.outputs], strict=True))
                continue
            if program is not graph:
                renamed = tuple([Var(number + i, v.aval) for i, v in enumerate(results)])
                number += len(results)
                rename.update(zip(results, renamed, strict=True))
                results = renamed
            equations.append(Equation(primitive, operands, params, results, source))

    write(graph, instead)
    return Graph(graph.inputs, tuple(equations), tuple([instead.get(a, a) for a in graph.outputs]))


def memoised(transform: Callable[Concatenate[Graph, P], R]) -> Callable[Concatenate[Graph, P], R]:
    """A pure function of a graph (and hashable settings), remembered for the graphs used most recently.

    Two graphs are the same here only when their sources are, so that what is remembered shows the right lines.
    """

    def by_text(inputs: tuple[Var, ...], equations: tuple[Equation, ...], outputs: tuple[Atom, ...],
                *args: P.args, **settings: P.kwargs) -> R:
        return transform(Graph(inputs, equations, outputs), *args, **settings)

    cached: Callable[..., R]  # an lru_cache: it is thread-safe, and as fast as a dict

    def remember(n: int) -> Info:
        nonlocal cached
        remembering = cached = lru_cache(maxsize=n)(by_text)
        return remembering.cache_info

    settings.remember_by(remember)

    def remembered(graph: Graph, /, *args: P.args, **settings: P.kwargs) -> R:
        return cached(graph.inputs, graph.equations, graph.outputs, *args, **settings)

    return remembered


def verify(graph: Graph) -> Graph:
    """The graph itself, if each variable is defined once, before use, and at the aval that its primitive infers.

    Raises:
        AssertionError: it is not well formed; a mistake in a transform or a rule, never the user's.
    """
    defined: set[Var] = set()

    def define(v: Var) -> None:
        assert v not in defined, f"variable {v} is defined twice"
        defined.add(v)

    for v in graph.inputs:
        define(v)
    for equation in graph.equations:
        primitive, operands, params, results, _ = equation
        assert defined.issuperset(variables(operands)), f"{primitive} uses a variable before its definition"
        inferred = primitive.infer(*(a.aval for a in operands), **dict(params))
        found = tuple(v.aval for v in results)
        expected = inferred if primitive.several else (inferred,)
        assert expected == found, f"{primitive} infers {expected}, and the graph says {found}"
        for v in results:
            define(v)
    assert defined.issuperset(variables(graph.outputs)), "an output is not defined"
    return graph


