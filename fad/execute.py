"""How a program runs: as one generated Python function over NumPy arrays, whose text a traceback can show.

    compile_graph : Graph(x... → y...)  becomes  a function of arrays

An equation becomes a statement, with the user's file and line behind it; a value is dropped after its
last use. The text is registered with `linecache`, so that tracebacks, debuggers and profilers show it.
"""

from __future__ import annotations

import itertools
import linecache
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .equation import Atom, Literal, Var, variables
from .graph import Graph, inlined, replay
from .optimise import optimise
from .primitive import Value, innermost
from .render import letters
from .source import Source

__all__ = ["Program"]

_serial = itertools.count(1)


class Program:
    """A graph that can be run: compiled on the first call with arrays, replayed when called with traced values."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._function: Callable[..., tuple[Any, ...]] | None = None
        self._source = ""

    def __call__(self, values: Sequence[Value]) -> tuple[Value, ...]:
        if innermost(values) is not None:
            return replay(self.graph, values)
        if self._function is None:
            self._compile()
        assert self._function is not None
        return self._function(*values)

    @property
    def source(self) -> str:
        """The text of the generated function."""
        if self._function is None:
            self._compile()
        return self._source

    def _compile(self) -> None:
        graph = optimise(inlined(self.graph))
        self._source, scope = _generate(graph)
        file = f"<fad program {next(_serial)}>"
        linecache.cache[file] = len(self._source), None, self._source.splitlines(keepends=True), file
        exec(compile(self._source, file, "exec"), scope)
        self._function = scope["program"]
        weakref.finalize(self, linecache.cache.pop, file, None)


def _generate(graph: Graph) -> tuple[str, dict[str, Any]]:
    """The source of the function `program`, and the names that it uses."""
    scope: dict[str, Any] = {"own": own}
    names: dict[Var, str] = {}
    functions: dict[int, str] = {}

    def name(v: Var) -> str:
        return names.setdefault(v, f"{letters(len(names))}_")

    def constant(value: Any, hint: str) -> str:
        known = functions.get(id(value))
        if known is None:
            known = functions[id(value)] = hint if hint not in scope and hint.isidentifier() else f"{hint}_{len(scope)}"
            scope[known] = value
        return known

    def read(atom: Atom) -> str:
        return constant(atom.value, "constant") if isinstance(atom, Literal) else name(atom)

    last_use: dict[Var, int] = {}
    for i, equation in enumerate(graph.equations):
        last_use.update((v, i) for v in (*variables(equation.operands), *equation.results))
    last_use.update((v, len(graph.equations)) for v in variables(graph.outputs))
    dying: dict[int, list[Var]] = {}
    for v, i in last_use.items():
        dying.setdefault(i, []).append(v)

    lines = [f"def program({', '.join(map(name, graph.inputs))}):"]
    for i, (primitive, operands, params, results, source) in enumerate(graph.equations):
        arguments = [*map(read, operands), *(f"{key}={_setting(value, constant, key)}" for key, value in params)]
        call = f"{constant(primitive.evaluate, primitive.name)}({', '.join(arguments)})"
        targets = f"{', '.join(map(name, results))}{',' if primitive.several else ''} = " if results else ""
        lines.append(f"    {targets}{call}{_comment(source, results)}")
        dead = [name(v) for v in dying.get(i, ())]
        if dead:
            lines.append(f"    {' = '.join(dead)} = None")
    used: set[Atom] = set(graph.inputs)
    outputs = []
    for atom in graph.outputs:
        outputs.append(f"own({read(atom)}, {atom in used or isinstance(atom, Literal)})")
        used.add(atom)
    lines.append(f"    return ({', '.join(outputs)}{',' if len(outputs) == 1 else ''})")
    return "\n".join(lines) + "\n", scope


def _setting(value: Any, constant: Callable[[Any, str], str], key: str) -> str:
    text = repr(value)
    plain = value is None or isinstance(value, (bool, int, str)) or (
        isinstance(value, tuple) and all(isinstance(v, int) for v in value))
    return text if plain else constant(value, f"the_{key}")


def _comment(source: Source | None, results: Sequence[Var]) -> str:
    return f"  # {', '.join(str(v.aval) for v in results)}{f' {source.file}:{source.line}' if source else ''}"


def own(x: Any, shared: bool) -> Any:
    """A result that shares memory with nobody: a copy, if it is a view or `shared` with an argument or another result."""
    if not isinstance(x, np.ndarray):
        return x
    if x.ndim == 0:
        return x[()]
    return x.copy() if shared or x.base is not None or not x.flags.writeable else x
