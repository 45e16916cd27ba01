"""A call of a function with a rule of its own, taken apart; and its graph, which both kinds of rules share."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from .. import tree
from ..core.avals import Aval
from ..core.graph import Graph, memoised
from ..core.leaves import aval_of_value, is_array
from ..core.primitive import Tangent, Value, Values, Zero
from ..core.tracing import Trace, trace
from ..errors import RuleError
from ..execute import Program
from ..tree import Structure

__all__ = ["Arguments", "compiled", "infer", "no_rule", "own_rule", "positional", "refuse_moving", "run", "stack_size",
           "traced_function", "tracing_rules"]

class _Held:
    """An object that cannot be hashed, as part of a rule: equal to itself alone."""

    def __init__(self, it: object) -> None:
        self.it = it


def _hashable(x: object) -> Hashable:
    try:
        hash(x)
    except TypeError:
        return _Held(x)
    return x


class Arguments(NamedTuple):
    """The arguments of a call: a tree, some of whose leaves are arrays; the others are handed through as they are."""

    structure: Structure
    leaves: tuple[object, ...]  # None in the place of an array
    positions: tuple[int, ...]  # of the arrays
    order: Hashable  # of the structure: see `tree.in_order`

    @classmethod
    def of(cls, args: tuple[object, ...]) -> tuple[Arguments, list[Value]]:
        leaves, structure = tree.flatten(args)
        positions = tuple([i for i, leaf in enumerate(leaves) if is_array(leaf)])
        rest = tuple([None if is_array(leaf) else _hashable(leaf) for leaf in leaves])
        return cls(structure, rest, positions, tree.in_order(structure)), [leaves[i] for i in positions]

    def rebuilt(self, values: Sequence[object], rest: bool = True) -> tuple[Any, ...]:
        """The arguments with these arrays; without the rest, None stands for what is not an array."""
        filled: list[object] = [None] * len(self.leaves)
        if rest:
            filled = [x.it if isinstance(x, _Held) else x for x in self.leaves]
        for i, x in zip(self.positions, values, strict=True):
            filled[i] = x
        args: tuple[Any, ...] = tree.unflatten(self.structure, filled)
        return args


class _Out:
    """The structure of a result, learnt while it is traced."""

    structure: Structure = tree.LEAF

    def leaves(self, result: object) -> list[Value]:
        leaves, self.structure = tree.flatten(result)
        return leaves


def positional(f: Callable[..., object], args: tuple[object, ...],
               kwargs: dict[str, object]) -> tuple[tuple[object, ...], dict[str, object]]:
    """The arguments of a call by position, as rules take them; keyword-only ones stay keywords."""
    if not kwargs:
        return args, kwargs
    bound = inspect.signature(f).bind(*args, **kwargs)
    bound.apply_defaults()
    return bound.args, bound.kwargs


def traced_function(f: Callable[..., object], arguments: Arguments, values: Sequence[Value]) -> tuple[Trace, Structure]:
    """The graph of f at these values: of its arrays, then of what it closes over."""
    out = _Out()
    traced = trace(lambda *xs: out.leaves(f(*arguments.rebuilt(xs))), [aval_of_value(x) for x in values], values)
    return traced, out.structure


@memoised
def compiled(graph: Graph) -> Program:
    """The program of a graph that is part of an equation."""
    return Program(graph)


def run(*operands: Value, graph: Graph, rule: object) -> Values:
    """What the function itself computes; the last operands are the rule's alone."""
    return compiled(graph)(operands[:len(graph.inputs)])


def infer(*avals: Aval, graph: Graph, rule: object) -> tuple[Aval, ...]:
    """The avals of the function's results."""
    return tuple([a.aval for a in graph.outputs])


def stack_size(operands: Sequence[Value], mapped: Sequence[bool]) -> int:
    """How many examples a stack of operands has."""
    size: int = next(x.shape[0] for x, m in zip(operands, mapped, strict=True) if m)
    return size


# -- rules ----------------------------------------------------------------------------------------


class TracingRules(threading.local):
    """The functions whose own rules are being traced in this thread: calls of them in there are of the next order."""

    def __init__(self) -> None:
        self.functions: list[object] = []


tracing_rules = TracingRules()


@contextmanager
def own_rule(function: object) -> Iterator[None]:
    """While a function's own rule is traced."""
    tracing_rules.functions.append(function)
    try:
        yield
    finally:
        tracing_rules.functions.pop()


def refuse_moving(tangents: Sequence[Tangent]) -> None:
    """See that what the function closes over does not move."""
    if not all(isinstance(t, Zero) for t in tangents):
        raise RuleError("a function with a rule of its own closes over a traced value, and is differentiated by it",
                        why="the rule speaks of the arguments alone", edit="make the value an argument of the function")


def no_rule(f: Callable[..., object], kind: str, decorator: str) -> RuleError:
    """The error for a function that was to have a rule and has none."""
    return RuleError(f"{getattr(f, '__name__', 'a function')} is a custom_{kind} without a rule",
                     why="it was traced, and its derivative is asked for by its rule",
                     edit=f"define the rule with {decorator}")
