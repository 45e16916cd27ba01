"""The ways through a compiled function: each a program, and the answers to Python's questions that lead down it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..core.graph import Graph
from ..execute import Program
from ..passes.simplify import drop_dead
from ..primitives.control import guard_p
from .call import Results

__all__ = ["Path", "beginning"]


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """One way through the function, and the answers that lead there."""

    program: Program
    answers: tuple[object, ...]
    results: Results
    body: Graph  # the program without its guards, for traced arguments
    asked: Graph  # what Python asked about
    questions: tuple[str, ...]

    @classmethod
    def of(cls, graph: Graph, answers: tuple[object, ...], results: Results) -> Path:
        guards = [e for e in graph.equations if e.primitive is guard_p]
        rest = tuple([e for e in graph.equations if e.primitive is not guard_p])
        silent = tuple([e for e in rest if e.primitive.kind != "effect"])
        asked = drop_dead(Graph(graph.inputs, silent, tuple([e.operands[0] for e in guards])))
        body = Graph(graph.inputs, rest, graph.outputs)
        questions = tuple([dict(e.params)["question"] for e in guards])
        return cls(Program(_guards_first(graph)), answers, results, body, asked, questions)


def _guards_first(graph: Graph) -> Graph:
    """The same program, with what is printed after all guards: a path that turns out to be the wrong one prints nothing."""
    places = [i for i, e in enumerate(graph.equations) if e.primitive is guard_p]
    if not places:
        return graph
    first, rest = graph.equations[:places[-1] + 1], graph.equations[places[-1] + 1:]
    printed = [e for e in first if e.primitive.kind == "effect" and e.primitive is not guard_p]
    computed = [e for e in first if e not in printed] if printed else first
    return Graph(graph.inputs, (*computed, *printed, *rest), graph.outputs)


def beginning(paths: Sequence[Path], answers: tuple[object, ...]) -> Path | None:
    """The path used last among those that begin with these answers."""
    return next((p for p in reversed(paths) if p.answers[:len(answers)] == answers), None)
