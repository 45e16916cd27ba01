"""Compiled once, for each tree, shapes and dtypes of arguments.

    jit : (x... → y)  becomes  a program, looked up by the types of its arguments

The first call traces. Where Python asks for a value on the way, in `if x > 0` or `range(int(n))`, the
answer becomes a guard of the program: a later call asks again, and where the answer is another, goes
down another path, which is traced when it is met for the first time.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, Concatenate, Generic, Literal, NamedTuple, Protocol, overload

import numpy as np

from .. import tree
from ..config import Lock
from ..core.graph import Graph, replay
from ..core.leaves import aval_of_value, is_array, is_number
from ..core.primitive import Traced, Value
from ..core.tracer import Tracer
from ..core.tracing import Builder, concrete, trace
from ..errors import AbstractValueError, ArgumentError, DtypeError
from ..primitives.control import INT_CHECK, Diverged, answer_to, call_p, guard_p
from ..source import Source
from ..typing import Bound, Out, P, Q, R
from .call import Results, shown
from .paths import Path, beginning
from .static import static_key, static_places, structure_key, takes_any_name

__all__ = ["CacheInfo", "Jitted", "jit"]

_MOST_PATHS = 64
_WARN_AT = 12
_MOST_TYPES = 1024  # kept: the oldest goes, and if it is used again is traced again
_WARN_AT_TYPES = 256
_UNGUARDED = "repr"  # whose answer is no text of the plain call's, and so ends up on a screen and not in a program


class CacheInfo(NamedTuple):
    """What a compiled function has met: calls answered by a known path, calls that traced, types, and paths."""

    hits: int
    misses: int
    types: int
    paths: int


class OfClass(Protocol[Q, Out]):
    """A compiled function as an attribute of its class. A checker cannot tell a method, which is called with the instance,
    from what stands under @classmethod or @staticmethod: either call is right."""

    @overload
    def __call__(self, instance: Any, /, *args: Q.args, **kwargs: Q.kwargs) -> Out: ...

    @overload
    def __call__(self, *args: Q.args, **kwargs: Q.kwargs) -> Out: ...

    def source(self, instance: Any, /, *args: Q.args, **kwargs: Q.kwargs) -> str: ...

    def graph(self, instance: Any, /, *args: Q.args, **kwargs: Q.kwargs) -> Graph: ...

    def cache_info(self) -> CacheInfo: ...


class Jitted(Generic[P, R]):
    """A compiled function: see `jit`."""

    _lock = Lock()  # one for all, as it is held for a moment only

    def __init__(self, f: Callable[P, R], static_argnums: tuple[int, ...], static_argnames: tuple[str, ...],
                 guards: str) -> None:
        self._f: Callable[..., R] = f
        self._guards = guards
        self._static = static_places(f, static_argnums, static_argnames)
        self._takes_any_name = takes_any_name(f)
        self._paths: dict[Hashable, list[Path]] = {}
        self._hits = self._misses = 0
        self._warned = self._warned_of_types = False
        functools.update_wrapper(self, f, updated=())  # not its __dict__: that of grad(jit(f)) is a Jitted's own

    @overload
    def __get__(self: Jitted[Concatenate[Any, Q], R], instance: None, owner: type | None = None) -> OfClass[Q, R]: ...

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> OfClass[..., R]: ...

    @overload
    def __get__(self: Jitted[Concatenate[Any, Q], R], instance: object, owner: type | None = None) -> Bound[Q, R]: ...

    @overload
    def __get__(self, instance: object, owner: type | None = None) -> Callable[..., R]: ...

    def __get__(self, instance: Any, owner: type | None = None) -> object:
        return self if instance is None else functools.partial(self, instance)

    def __repr__(self) -> str:
        return f"<jit({shown(self._f)})>"

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
                    known = beginning(paths, (*path.answers[:question.index], question.answer))
                    if known is None:
                        break
                    path = known
                    continue
                self._hits += 1
                if path is not paths[-1]:
                    self._prefer(paths, path)
                result: R = path.results.rebuilt(results)
                return result
        path, captures = self._trace(key, values, args, kwargs)
        try:
            results = path.program(values) if not captures else replay(path.body, [*values, *captures])
        except Diverged:  # compiled, a sum may differ in the last place, and so may the answer
            results = replay(path.body, values)
        new: R = path.results.rebuilt(results)
        return new

    # -- looking up --

    def _key(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Hashable, list[Value], bool]:
        """What decides about the program, the values that it takes, and whether one of them is traced."""
        parts: list[Hashable] = []
        values: list[Any] = []
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
        for name in self._names(kwargs) if kwargs else ():
            parts.append(name)
            traced = self._add(parts, values, kwargs[name], name) or traced
        return tuple(parts), values, traced

    def _add(self, parts: list[Hashable], values: list[Value], x: object, place: int | str) -> bool:
        if place in self._static:
            parts.append(("static", static_key(x, place)))
            return False
        leaves, structure = tree.flatten(x)
        if structure is not tree.LEAF:
            parts.append(structure_key(structure))
        elif not is_array(x):
            parts.append(structure)
        traced = False
        for leaf in leaves:
            if is_array(leaf):
                values.append(leaf)
                if isinstance(leaf, int) and not -2 ** 63 <= leaf < 2 ** 63:
                    raise DtypeError(f"jit got, for argument {place!r}, an int that does not fit into 64 bits",
                                     why="a traced int is an int64, where Python's may be of any size",
                                     edit="make the argument static, as in fad.jit(f, static_argnums=0), or give a float")
                aval = aval_of_value(leaf)
                weak = is_number(leaf)
                parts.append(float if weak and aval.dtype == np.float64 else (
                    (aval.shape, aval.dtype, "weak") if weak else (aval.shape, aval.dtype)))
                traced = traced or isinstance(leaf, Traced)
            else:
                parts.append(("static", static_key(leaf, place)))
        return traced

    def _names(self, kwargs: dict[str, Any]) -> Sequence[str]:
        """The keywords in an order that decides about the program: their own, where **kwargs shows it to the function."""
        return list(kwargs) if self._takes_any_name else sorted(kwargs)

    def _prefer(self, paths: list[Path], path: Path) -> None:
        with self._lock:
            if path in paths:
                paths[:] = [*(p for p in paths if p is not path), path]  # at once: other threads are reading

    # -- tracing --

    def _trace(self, key: Hashable, values: Sequence[Value], args: tuple[object, ...],
               kwargs: dict[str, object]) -> tuple[Path, tuple[Value, ...]]:
        """A new path, and the values of a running trace that it closes over: with any, it is not remembered."""
        answers: list[object] = []
        found: list[Results] = []

        def asked(builder: Builder, tracer: Tracer, question: str, value: Value) -> None:
            if question == _UNGUARDED:
                return
            if self._guards == "error" and question != INT_CHECK:
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
                             **{k: self._with(kwargs[k], k, rest) for k in self._names(kwargs)})
            leaves, structure = tree.flatten(result)
            positions = [i for i, leaf in enumerate(leaves) if is_array(leaf)]
            found.append(Results(structure, [None if i in positions else x for i, x in enumerate(leaves)], positions))
            return [leaves[i] for i in positions]

        weak = [is_number(x) for x in values]
        traced = trace(function, [aval_of_value(x) for x in values], values, weak, embeds=True, on_demand=asked)
        path = Path.of(traced.graph, tuple(answers), found[0])
        with self._lock:
            self._misses += 1
            if traced.captures:
                return path, traced.captures
            paths = self._paths.setdefault(key, [])
            if len(self._paths) > _MOST_TYPES:
                del self._paths[next(iter(self._paths))]
            if len(self._paths) >= _WARN_AT_TYPES and not self._warned_of_types:
                self._warned_of_types = True
                warnings.warn(f"{self._name} has been compiled for {len(self._paths)} types of arguments: each new shape, "
                              "dtype and static value traces and compiles anew. Bring arrays to a few shapes, or make a "
                              "number that changes an argument that is not static.", RuntimeWarning, stacklevel=3)
            paths[:] = [*(p for p in paths if p.answers != path.answers), path]  # another thread may have been here
            if len(paths) >= _WARN_AT and not self._warned:
                self._warned = True
                self._warn(paths)
            if len(paths) > _MOST_PATHS:
                del paths[0]
        return path, ()

    def _with(self, x: object, place: int | str, rest: Iterator[Tracer]) -> object:
        """An argument with the next tracers for its arrays."""
        if place in self._static:
            return x
        if is_array(x):
            return next(rest)
        leaves, structure = tree.flatten(x)
        return tree.unflatten(structure, [next(rest) if is_array(leaf) else leaf for leaf in leaves])

    @property
    def _name(self) -> str:
        return getattr(self._f, "__name__", "a function")

    def _warn(self, paths: Sequence[Path]) -> None:
        source: Source | None = None
        for equation in paths[-1].program.graph.equations:
            if equation.primitive is guard_p:
                source = equation.source
        warnings.warn(f"{self._name} has been compiled for {len(paths)} paths, as Python asks for traced values at "
                      f"{source}: each new answer traces and compiles anew. Use np.where or fad.cond there, or make the "
                      "value a static argument.", RuntimeWarning, stacklevel=4)

    # -- inside another trace --

    def _inside_a_trace(self, key: Hashable, values: Sequence[Value], args: tuple[object, ...],
                        kwargs: dict[str, object]) -> R:
        """One equation, which holds the path's graph: an enclosing transform works on that, and does not trace again."""
        paths = self._paths.get(key)
        path = paths[-1] if paths else None
        captures: tuple[Value, ...] = ()
        known: tuple[object, ...] = ()
        while path is not None:
            known = self._asked_again(path, values, known)
            if known == path.answers:
                break
            path = beginning(paths or (), known)
        if path is None:
            path, captures = self._trace(key, values, args, kwargs)
        else:
            self._hits += 1
        result: R = path.results.rebuilt(call_p(*values, *captures, graph=path.body))
        return result

    def _asked_again(self, path: Path, values: Sequence[Value], known: tuple[object, ...]) -> tuple[object, ...]:
        """The answers to a path's questions for these values, after those that are known, to the first that differs."""
        asked = replay(path.asked, values)
        for x, question, expected in list(zip(asked, path.questions, path.answers, strict=True))[len(known):]:
            known = (*known, answer_to(question, concrete(x, question)))
            if known[-1] != expected:
                break
        return known

    # -- looking inside --

    def _path(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Path:
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


def compiled_like(f: Callable[..., object], g: Callable[P, R]) -> Callable[P, R]:
    """g, compiled if f is: a transform of a compiled function does not trace it again either."""
    if not isinstance(f, Jitted):
        return g
    compiled = Jitted(g, (), (), f._guards)
    compiled._static, compiled._takes_any_name = f._static, f._takes_any_name
    return compiled


@overload
def jit(f: np.ufunc, *, guards: Literal["retrace", "error"] = "retrace") -> Any: ...


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
        `.cache_info()`. It keeps what it has compiled for 1024 types of arguments, and 64 paths of each.

    Raises:
        AbstractValueError: f asks for a traced value, and `guards` is "error".
        ArgumentError: a static argument is not there, or cannot be hashed.
        DtypeError: a Python int among the arguments, or made of them, does not fit into 64 bits.

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
