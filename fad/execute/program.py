"""A graph that can be run: compiled when it is first called with arrays, replayed when called with traced values."""

from __future__ import annotations

import itertools
import linecache
import weakref
from collections.abc import Callable, Sequence
from typing import Any

from ..graph import Graph, inlined, replay
from ..optimise import optimise
from ..primitive import Traced, Value
from .scalars import RAISED
from .writing import write

__all__ = ["Program"]

_serial = itertools.count(1)

Function = Callable[..., tuple[Any, ...]]


class Program:
    """A graph as a function of values."""

    __slots__ = ("graph", "_optimised", "_run", "_careful", "_source", "__weakref__")

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._optimised: Graph | None = None
        self._run: Function | None = None
        self._careful: Function | None = None  # the same on NumPy's scalars, where the first is on Python's numbers
        self._source = ""

    def __call__(self, values: Sequence[Value]) -> tuple[Value, ...]:
        for x in values:
            if isinstance(x, Traced):
                return replay(self.graph, values)
        run = self._run or self._compile()
        try:
            return run(*values)
        except RAISED:
            return (self._careful or self._compile_carefully())(*values)

    @property
    def source(self) -> str:
        """The text of the generated function."""
        if self._run is None:
            self._compile()
        return self._source

    @property
    def optimised(self) -> Graph:
        """The graph that is run: the same meaning, less work."""
        if self._optimised is None:
            self._optimised = optimise(inlined(self.graph))
        return self._optimised

    def _compile(self) -> Function:
        self._source, scope = self._text(python_numbers=True)
        self._run = self._made(self._source, scope)
        return self._run

    def _compile_carefully(self) -> Function:
        self._careful = self._made(*self._text(python_numbers=False))
        return self._careful

    def _text(self, *, python_numbers: bool) -> tuple[str, dict[str, Any]]:
        return write(self.optimised, python_numbers=python_numbers)

    def _made(self, source: str, scope: dict[str, Any]) -> Function:
        file = f"<fad program {next(_serial)}>"
        linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
        weakref.finalize(self, linecache.cache.pop, file, None)
        exec(compile(source, file, "exec"), scope)
        function: Function = scope.pop("program")  # which holds the scope: if that held it too, they would be a cycle
        return function
