"""Compiled once, for each tree, shapes and dtypes of arguments.

    jit : (x... → y)  becomes  a program, looked up by the types of its arguments

The first call traces. Where Python asks for a value on the way, in `if x > 0` or `range(int(n))`, the
answer becomes a guard of the program: a later call asks again, and where the answer is another, goes
down another path, which is traced when it is met for the first time.
"""

from __future__ import annotations

import functools
import inspect
import threading
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, Generic, Literal, NamedTuple, Self, overload

import numpy as np

from .. import tree
from ..errors import AbstractValueError, ArgumentError
from ..execute import Program
from ..graph import Graph
from ..optimise import drop_dead
from ..primitive import Traced, Value
from ..primitives.control import Diverged, answer_to, call_p, guard_p
from ..source import Source
from ..tracer import Tracer
from ..tracing import Builder, concrete, trace
from ..typing import Instance, P, Q, R
from .call import Results, aval_of_value, is_array

__all__ = ["CacheInfo", "Jitted", "jit"]

_MOST_PATHS = 64
_WARN_AT = 12
_UNGUARDED = ("repr", "format")  # questions whose answers end up on a screen and not in a program


class CacheInfo(NamedTuple):
    """What a compiled function has met: calls answered by a known path, calls that traced, types, and paths."""

    hits: int
    misses: int
    types: int
    paths: int


@dataclass(frozen=True, slots=True)
class _Path:
    """One way through the function, and the answers that lead there."""

    program: Program
    answers: tuple[Any, ...]
    guards: Program | None  # the questions alone, for traced arguments; None where there are none
    results: Results


class Jitted(Generic[P, R]):
    """A compiled function: see `jit`."""

    def __init__(self, f: Callable[P, R], static_argnums: tuple[int, ...], static_argnames: tuple[str, ...],
                 guards: str) -> None:
        self._f, self._guards = f, guards
        self._static = _static_places(f, static_argnums, static_argnames)
        self._paths: dict[Any, list[_Path]] = {}
        self._lock = threading.RLock()
        self._hits = self._misses = 0
        self._warned = False
        functools.update_wrapper(self, f, updated=())  # not its __dict__: that of grad(jit(f)) is a Jitted's own

    @overload
    def __get__(self, instance: None, owner: Any = None) -> Self: ...

    @overload
    def __get__(self: Jitted[Concatenate[Instance, Q], R], instance: Instance, owner: Any = None) -> Callable[Q, R]: ...

    @overload
    def __get__(self, instance: object, owner: Any = None) -> Self: ...  # under @staticmethod

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        key, values, traced = self._key(args, kwargs)
        paths = self._paths.get(key)
        if traced:
            return self._inside_a_trace(key, values, args, kwargs)
        if paths:
            path = paths[-1]
            while True:
                try:
                    results = path.program(values)
                except Diverged as question:
                    known = (*path.answers[:question.index], question.answer)
                    path_or_none = next((p for p in reversed(paths) if p.answers[:len(known)] == known), None)
                    if path_or_none is None:
                        break
                    path = path_or_none
                    continue
                self._hits += 1
                if path is not paths[-1]:
                    self._prefer(paths, path)
                return path.results.rebuilt(results)  # type: ignore[no-any-return]  # R: what f returned
        path, _ = self._trace(key, values, args, kwargs)
        return path.results.rebuilt(path.program(values))  # type: ignore[no-any-return]  # R: what f returned

    # -- looking up --

    def _key(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, list[Value], bool]:
        """What decides about the program, the values that it takes, and whether one of them is traced."""
        parts: list[Any] = []
        values: list[Value] = []
        traced = False
        for i, x in enumerate(args):
            if type(x) is np.ndarray and not (self._static and i in self._static):
                parts.append((x.shape, x.dtype))
                values.append(x)
            elif type(x) is float and not (self._static and i in self._static):
                parts.append(float)
                values.append(x)
            else:
                traced = self._add(parts, values, x, i) or traced
        for name in sorted(kwargs) if kwargs else ():
            parts.append(name)
            traced = self._add(parts, values, kwargs[name], name) or traced
        return tuple(parts), values, traced

    def _add(self, parts: list[Any], values: list[Value], x: Any, place: int | str) -> bool:
        if place in self._static:
            parts.append(("static", type(x), _hashable(x, place)))
            return False
        leaves, structure = tree.flatten(x)
        parts.append(structure)
        traced = False
        for leaf in leaves:
            if is_array(leaf):
                aval = aval_of_value(leaf)
                weak = leaf.weak if isinstance(leaf, Tracer) else type(leaf) in (float, int, complex, bool)
                parts.append(float if weak and aval.dtype == np.float64 else (
                    (aval.shape, aval.dtype, "weak") if weak else (aval.shape, aval.dtype)))
                traced = traced or isinstance(leaf, Traced)
                values.append(leaf)
            else:
                parts.append(("static", type(leaf), _hashable(leaf, place)))
        return traced

    def _prefer(self, paths: list[_Path], path: _Path) -> None:
        with self._lock:
            if path in paths:
                paths.remove(path)
            paths.append(path)

    # -- tracing --

    def _trace(self, key: Any, values: Sequence[Value], args: tuple[Any, ...],
               kwargs: dict[str, Any]) -> tuple[_Path, bool]:
        """A new path, and whether it may be remembered: not if it closes over values of a trace that is running."""
        answers: list[Any] = []
        found: list[Results] = []

        def asked(builder: Builder, tracer: Tracer, question: str, value: Any) -> None:
            if question in _UNGUARDED:
                return
            if self._guards == "error":
                raise AbstractValueError(
                    f"a compiled function asked for the value of a {tracer.aval}, by {question}",
                    why='it was made with guards="error", so that it has one path for all values',
                    edit="use np.where or fad.cond, or make the argument static")
            answer = answer_to(question, value)
            builder.record(guard_p, (tracer,), (("answer", answer), ("index", len(answers)), ("question", question)))
            answers.append(answer)

        def function(*tracers: Tracer) -> list[Value]:
            rest = iter(tracers)
            result = self._f(*[self._with(x, i, rest) for i, x in enumerate(args)],
                             **{k: self._with(kwargs[k], k, rest) for k in sorted(kwargs)})
            leaves, structure = tree.flatten(result)
            positions = [i for i, leaf in enumerate(leaves) if is_array(leaf)]
            found.append(Results(structure, [None if i in positions else x for i, x in enumerate(leaves)], positions))
            return [leaves[i] for i in positions]

        weak = [x.weak if isinstance(x, Tracer) else type(x) in (float, int, complex, bool) for x in values]
        traced = trace(function, [aval_of_value(x) for x in values], values, weak, embeds=True, on_demand=asked)
        graph = traced.graph
        guards = drop_dead(Graph(graph.inputs, graph.equations, ())) if answers else None
        path = _Path(Program(graph), tuple(answers), Program(guards) if guards else None, found[0])
        with self._lock:
            self._misses += 1
            if traced.captures:
                return path, False
            paths = self._paths.setdefault(key, [])
            paths.append(path)
            if len(paths) >= _WARN_AT and not self._warned:
                self._warned = True
                self._warn(paths)
            if len(paths) > _MOST_PATHS:
                del paths[0]
        return path, True

    def _with(self, x: Any, place: int | str, rest: Any) -> Any:
        """An argument with the next tracers for its arrays."""
        if place in self._static:
            return x
        if is_array(x):
            return next(rest)
        leaves, structure = tree.flatten(x)
        return tree.unflatten(structure, [next(rest) if is_array(leaf) else leaf for leaf in leaves])

    def _warn(self, paths: Sequence[_Path]) -> None:
        source: Source | None = None
        for equation in paths[-1].program.graph.equations:
            if equation.primitive is guard_p:
                source = equation.source
        name = getattr(self._f, "__name__", "a function")
        warnings.warn(f"{name} has been compiled for {len(paths)} paths, as Python asks for traced values at {source}: "
                      "each new answer traces and compiles anew. Use np.where or fad.cond there, or make the value "
                      "a static argument.", RuntimeWarning, stacklevel=5)

    # -- inside another trace --

    def _inside_a_trace(self, key: Any, values: Sequence[Value], args: tuple[Any, ...], kwargs: dict[str, Any]) -> R:
        """One equation, which holds the path's graph: an enclosing transform works on that, and does not trace again."""
        path: _Path | None = None
        paths = self._paths.get(key)
        if paths:
            path = paths[-1]
            while path is not None and path.guards is not None:
                try:
                    path.guards([concrete(x, "bool(x)") for x in values])
                    break
                except Diverged as question:
                    known = (*path.answers[:question.index], question.answer)
                    path = next((p for p in reversed(paths) if p.answers[:len(known)] == known), None)
        if path is None:
            path, remembered = self._trace(key, values, args, kwargs)
            if not remembered:
                return self._f(*args, **kwargs)
        else:
            self._hits += 1
        return path.results.rebuilt(call_p(*values, graph=path.program.graph))  # type: ignore[no-any-return]  # R

    # -- looking inside --

    def _path(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Path:
        self(*args, **kwargs)
        return self._paths[self._key(args, kwargs)[0]][-1]

    def source(self, *args: P.args, **kwargs: P.kwargs) -> str:
        """The text of the program for these arguments."""
        return self._path(args, kwargs).program.source

    def graph(self, *args: P.args, **kwargs: P.kwargs) -> Graph:
        """The graph for these arguments."""
        return self._path(args, kwargs).program.graph

    def cache_info(self) -> CacheInfo:
        """What the function has met so far."""
        return CacheInfo(self._hits, self._misses, len(self._paths), sum(map(len, self._paths.values())))


def _hashable(x: Any, place: int | str) -> Any:
    try:
        hash(x)
    except TypeError:
        raise ArgumentError(f"jit got, for argument {place!r}, a static value of type {type(x).__name__}, which cannot be hashed",
                            why="a static value is part of the key under which the program is found",
                            edit="give a hashable value, such as a tuple for a list") from None
    return x


def _static_places(f: Callable[..., Any], argnums: tuple[int, ...], argnames: tuple[str, ...]) -> frozenset[int | str]:
    """Static arguments by position and by name, each in both ways."""
    if not argnums and not argnames:
        return frozenset()
    names = list(inspect.signature(f).parameters)
    places: set[int | str] = set()
    for i in argnums:
        if not -len(names) <= i < len(names):
            raise ArgumentError(f"static_argnums has {i}, but the function has the parameters ({', '.join(names)})",
                                edit="count from 0")
        places |= {i % len(names), names[i]}
    for name in argnames:
        if name not in names:
            raise ArgumentError(f"static_argnames has {name!r}, but the function has the parameters ({', '.join(names)})",
                                edit="give one of those names")
        places |= {name, names.index(name)}
    return frozenset(places)


@overload
def jit(f: Callable[P, R], *, static_argnums: int | Sequence[int] = (), static_argnames: str | Sequence[str] = (),
        guards: Literal["retrace", "error"] = "retrace") -> Jitted[P, R]: ...


@overload
def jit(f: None = None, *, static_argnums: int | Sequence[int] = (), static_argnames: str | Sequence[str] = (),
        guards: Literal["retrace", "error"] = "retrace") -> Callable[[Callable[P, R]], Jitted[P, R]]: ...


def jit(f: Any = None, *, static_argnums: int | Sequence[int] = (), static_argnames: str | Sequence[str] = (),
        guards: Literal["retrace", "error"] = "retrace") -> Any:
    """The same function, traced and compiled once for each tree, shapes and dtypes of arguments.

    Arrays and other values that f closes over are frozen as they are at the first call: what may change must be an
    argument.

    Args:
        f: a function of trees of arrays; other arguments (strings, None, callables) are static: each new value
            compiles anew. Without f, a decorator: `@jit(static_argnames="n")`.
        static_argnums, static_argnames: arguments that are handed to f as they are, and not traced.
        guards: what to do where Python asks for a traced value, as `if x > 0` does: "retrace" follows the path of the
            answer, and traces a path when it is new; "error" refuses.

    Returns:
        A function of f's parameters, with `.source(*args)`, the program's text; `.graph(*args)`, its graph; and
        `.cache_info()`.

    Raises:
        AbstractValueError: f asks for a traced value, and `guards` is "error".
        ArgumentError: a static argument is not there, or cannot be hashed.

    >>> @jit
    ... def f(x):
    ...     return np.sin(x) * 2.0 if x > 0 else x
    >>> f(0.0), f(np.pi / 2), f.cache_info().paths
    (np.float64(0.0), np.float64(2.0), 2)
    """
    if guards not in ("retrace", "error"):
        raise ArgumentError(f"jit got guards={guards!r}", edit='give "retrace" or "error"')
    argnums = (static_argnums,) if isinstance(static_argnums, int) else tuple(static_argnums)
    argnames = (static_argnames,) if isinstance(static_argnames, str) else tuple(static_argnames)
    if f is None:
        return lambda g: Jitted(g, argnums, argnames, guards)
    return Jitted(f, argnums, argnames, guards)
