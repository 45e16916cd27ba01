"""Programs inside programs, and the questions that Python asks of values.

    call  : a graph as one equation, so that a compiled function is not traced again where it is used
    guard : a value on which the trace's path through the user's `if` and `while` depends
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from ..core.avals import Aval
from ..core.graph import Graph, replay
from ..core.primitive import Primitive, Tangent, Traced, Value, Values
from ..errors import AbstractValueError

__all__ = ["INT_CHECK", "Diverged", "answer_to", "call_p", "guard_p"]


# -- call: a graph as one equation ----------------------------------------------------------------
# Every transform begins by writing the called graph out (`inlined`), so the rules are never asked.


def _call_evaluate(*operands: Value, graph: Graph) -> Values:
    return replay(graph, operands)


def _call_infer(*avals: Aval, graph: Graph) -> tuple[Aval, ...]:
    return tuple([a.aval for a in graph.outputs])


def _written_out(*_: object, **__: object) -> NoReturn:
    raise AssertionError("a call is written out before a graph is transformed")


call_p: Primitive[Values] = Primitive("call", _call_evaluate, _call_infer, _written_out, _written_out, several=True,
                                      body="graph")


# -- guard: the path taken depends on this value --------------------------------------------------


class Diverged(Exception):
    """A value would have sent Python down another path than the one that was traced."""

    def __init__(self, index: int, answer: object) -> None:
        self.index, self.answer = index, answer


INT_CHECK = "a check of a Python int"
"""The question whether an int64 is still what Python's int would be: not one of the user's, and asked in silence."""


def _exactly(x: object) -> object:
    """The bits, for 0.0 and -0.0 are equal and a nan is not equal to itself."""
    array = np.asarray(x)
    return array.shape, array.dtype.str, array.tobytes()


_answers: dict[str, Callable[[Any], object]] = {  # Any: whatever takes the question, or else refuses it
    "bool(x)": bool, "int(x)": int, "an index": int, "math.floor(x)": math.floor, "math.ceil(x)": math.ceil,
    "round(x)": round}
_FORMAT = "format(x) as "


def answer_to(question: str, x: object) -> object:
    """What Python learnt from a value when it asked this question: of a text, the text."""
    if question.startswith(_FORMAT):
        return format(x, question.removeprefix(_FORMAT))
    return _answers.get(question, _exactly)(x)


def _guard_evaluate(x: Value, *, index: int, question: str, answer: object) -> tuple[()]:
    actual = answer_to(question, x)
    if actual != answer:
        raise Diverged(index, actual)
    return ()


def _guard_batch(operands: Sequence[Traced], mapped: Sequence[bool], /, *, index: int, question: str,
                 answer: object) -> NoReturn:
    raise AbstractValueError(
        f"the value of a traced {operands[0].aval} was asked for, by {question}, and the function was then mapped",
        why="under vmap it stands for many values, and they could answer differently",
        edit="choose entry by entry with np.where(condition, a, b)")


def _guard_jvp(primals: Sequence[Value], tangents: Sequence[Tangent], result: Values, /, **_: object) -> tuple[()]:
    return ()


guard_p: Primitive[Values] = Primitive("guard", _guard_evaluate, lambda x, *, index, question, answer: (), _guard_jvp,
                                       _guard_batch, several=True, kind="effect")
