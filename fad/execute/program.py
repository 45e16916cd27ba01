"""A graph that can be run: compiled when it is first called with arrays, recorded when called with traced values."""

from __future__ import annotations

import itertools
import linecache
import weakref
from collections.abc import Callable, Sequence

from ..core.graph import Graph, inlined, replay
from ..core.primitive import Traced, Value, Values, innermost
from ..passes.simplify import simplify
from ..primitives.control import call_p, guard_p
from .lines import SOURCES, relabelled, users_line
from .scalars import RAISED
from .writing import Text, write

__all__ = ["Program"]

_serial = itertools.count(1)

Function = Callable[..., Values]


class Program:
    """A graph as a function of values."""

    __slots__ = ("graph", "_simplified", "_run", "_careful", "_source", "__weakref__")

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._simplified: Graph | None = None
        self._run: Function | None = None
        self._careful: Function | None = None  # the same on NumPy's scalars, where the first is on Python's numbers
        self._source = ""

    def __call__(self, values: Sequence[Value]) -> tuple[Value, ...]:
        for x in values:
            if isinstance(x, Traced):
                return self._recorded(values)
        run = self._run or self._compile()
        try:
            return run(*values)
        except RAISED:
            pass
        except Exception as error:
            _explain(error)
            raise
        try:
            return (self._careful or self._compile_carefully())(*values)
        except Exception as error:
            _explain(error)
            raise

    def _recorded(self, values: Sequence[Value]) -> Values:
        """The same in an enclosing trace: of a user's function one equation, as the trace runs on every call."""
        recorder = innermost(values)
        if recorder is None or recorder.embeds:
            return replay(self.graph, values)
        return recorder.record(call_p, values, (("graph", self.graph),))

    @property
    def source(self) -> str:
        """The text of the generated function."""
        if self._run is None:
            self._compile()
        return self._source

    @property
    def simplified(self) -> Graph:
        """The graph that is run: the same meaning, less work."""
        if self._simplified is None:
            self._simplified = simplify(inlined(self.graph))
        return self._simplified

    def _compile(self) -> Function:
        repeatable = all(e.primitive.kind != "effect" or e.primitive is guard_p for e in self.simplified.equations)
        text = self._text(python_numbers=repeatable)
        self._source = text.source
        self._run = self._made(text)
        return self._run

    def _compile_carefully(self) -> Function:
        self._careful = self._made(self._text(python_numbers=False))
        return self._careful

    def _text(self, *, python_numbers: bool) -> Text:
        return write(self.simplified, python_numbers=python_numbers)

    def _made(self, text: Text) -> Function:
        file = f"<fad program {next(_serial)}>"
        source, (lines, scope) = text.source, text
        scope[SOURCES] = [line.source for line in lines]
        linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
        weakref.finalize(self, linecache.cache.pop, file, None)
        exec(relabelled(compile(source, file, "exec", dont_inherit=True), lines, file), scope)
        function: Function = scope.pop("program")  # which holds the scope: if that held it too, they would be a cycle
        return function


def _explain(error: Exception) -> None:
    """Say in an error that a program has met which of the user's lines it is about; fad's own say so already."""
    notes = getattr(error, "__notes__", ())
    if type(error).__module__.startswith("fad.") or any("compiled by fad" in note for note in notes):
        return
    line = users_line(error.__traceback__)
    if line:
        error.add_note(f"  where: {line}, in a program compiled by fad")
