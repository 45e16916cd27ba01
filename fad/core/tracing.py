"""How a function becomes a Graph: it is run on tracers, and a builder writes down what it does.

    trace : (function, avals) -> Graph, captures

`Builder.record` is where every equation of every graph is made. It runs on every call of every
derivative, and 2 microseconds an equation, the Tracer's share included, is its budget: an odd-looking
line in it is measured, and says so.
"""

from __future__ import annotations

import itertools
import sys
import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from types import FrameType
from typing import Any, NamedTuple

import numpy as np

from ..errors import AbstractValueError, CaptureChangedError, EscapedTracerError, FadError, ObjectArrayError
from ..source import Source, here, source_of
from .avals import Aval, aval_of, make_aval
from .dispatch import newcomers
from .equation import Atom, Equation, Literal, Var, literal, small_literal
from .graph import Graph
from .primitive import AnyPrimitive, Operand, Out, Params, Primitive, Traced, Value, innermost
from .recipes import Recipe
from .tracer import Tracer

__all__ = ["Builder", "Trace", "active_builder", "active_builders", "concrete", "trace"]

_getframe = sys._getframe
_FLOAT64 = np.dtype(np.float64)
_SCALAR = make_aval((), _FLOAT64)

_births = itertools.count()
_tuple = tuple.__new__  # makes a NamedTuple in half the time of its own constructor

_inferred: dict[Hashable, Aval | tuple[Aval, ...]] = {}  # (primitive, params, avals) -> what the primitive infers
_INFERRED_LIMIT = 1 << 14

_MOST_SHARED = 1 << 14  # variables of one type that are kept
_SNAPSHOT_BYTES = 1 << 20  # a captured array up to this size is copied, which takes less than using it; a larger one
# is watched: a write to few entries of it, after a traced operation has read it, is not seen
_FEW_BYTES = 8192


def _numbered(aval: Aval, number: int) -> tuple[Var]:
    """The results of an equation that defines the variable of this number and type."""
    results = (Var(number, aval),)
    if number < _MOST_SHARED:
        aval.numbered[number] = results
    return results


class Builder:
    """The equations recorded so far by one trace, and the values it closed over.

    Args:
        embeds: whether constants become part of the graph, as the transforms of graphs want it, and
            not inputs, as the trace of a user's function does.
    """

    __slots__ = ("birth", "embeds", "arguments", "equations", "captures", "count", "source", "closed", "demands", "origin",
                 "known", "on_demand", "_captured", "_definitions", "_indexed", "_watched")

    def __init__(self, *, embeds: bool = False) -> None:
        self.birth = next(_births)
        self.embeds = embeds
        self.arguments: list[Var] = []
        self.equations: list[Equation] = []
        self.captures: dict[Hashable, tuple[Var, object]] = {}  # see _capture
        self._captured: dict[Var, Value] = {}  # the values of captures, in the order of their variables
        self.count = 0  # variables so far: the number of the next one
        self.source: Source | None = None  # of the equations to come; None: the line that the user is running
        self.closed = False
        self.demands = 0  # how many values were asked for
        self.origin: Source | None = None  # the call that is traced
        self.on_demand: Callable[[Builder, Tracer, str, Value], None] | None = None  # told what Python has asked for
        self.known: dict[Var, Value] = {}  # the values of arguments, and what was computed on demand
        self._definitions: dict[Var, Equation] = {}
        self._indexed = 0
        self._watched: list[tuple[Value, bytes, Source | None]] = []

    # -- writing down --

    def argument(self, aval: Aval, value: Value | None = None, weak: bool = False) -> Tracer:
        """A new argument; with a value, where the trace belongs to a call on concrete arrays."""
        var = Var(self.count, aval)
        self.count += 1
        self.arguments.append(var)
        if value is not None:
            self.known[var] = value
        return Tracer(self, var, weak)

    def record(self, primitive: Primitive[Out], operands: Sequence[Any], params: Params = ()) -> Any:  # Out, made here
        """Write down one equation; return a tracer of its result, or a tuple of them."""
        if self.closed:
            raise self.escaped(operands)
        # An operand of this very builder is by far the usual case: spelled out, not sent through atom().
        atoms = tuple([x.atom if x.__class__ is Tracer and x.builder is self else self.atom(x) for x in operands])
        key = (primitive, params, *[a.aval for a in atoms])
        inferred = _inferred.get(key)
        if inferred is None:
            inferred = self._infer(key, atoms)
        if isinstance(inferred, Aval):
            return self.note(primitive, atoms, inferred, _getframe(1), params)
        results = tuple([Var(self.count + i, aval) for i, aval in enumerate(inferred)])
        self.count += len(results)
        self.equations.append(Equation(primitive, atoms, params, results, self.source or here(2)))
        return tuple([Tracer(self, v) for v in results])

    def note(self, primitive: AnyPrimitive, atoms: tuple[Atom, ...], aval: Aval, frame: FrameType,
             params: Params = ()) -> Tracer:
        """Write down one equation of one result, with operands that are atoms already."""
        if self.closed:
            raise self.escaped(atoms)
        number = self.count
        self.count = number + 1
        # Variables are shared between traces: it takes half the time of making them, and spares the garbage collector.
        results = aval.numbered.get(number) or _numbered(aval, number)
        self.equations.append(_tuple(Equation, (primitive, atoms, params, results, self.source or source_of(frame))))
        return Tracer(self, results[0])

    def follow(self, recipe: Recipe, atoms: list[Atom], frame: FrameType) -> Tracer:
        """Write down the equations of a recipe."""
        if self.closed:
            raise self.escaped(atoms)
        source = self.source or source_of(frame)
        number = self.count
        for primitive, operands, params, avals in recipe.steps:
            results: tuple[Var, ...]
            if len(avals) == 1:
                results = avals[0].numbered.get(number) or _numbered(avals[0], number)
            else:
                results = tuple([Var(number + i, aval) for i, aval in enumerate(avals)])
            number += len(avals)
            self.equations.append(_tuple(Equation, (
                primitive, tuple([atoms[a] if isinstance(a, int) else a for a in operands]), params, results, source)))
            atoms += results
        self.count = number
        result = atoms[recipe.result]
        assert isinstance(result, Var)  # it was a tracer's
        return Tracer(self, result, recipe.weak)

    def number(self, x: float) -> Atom:
        """A Python float as a float64 operand."""
        return small_literal(x, _FLOAT64) or (literal(x) if self.embeds else self._capture(x, x, _SCALAR))

    @staticmethod
    def _infer(key: Any, atoms: Sequence[Atom]) -> Aval | tuple[Aval, ...]:
        primitive, params = key[:2]
        inferred: Aval | tuple[Aval, ...] = primitive.infer(*[a.aval for a in atoms], **dict(params))
        if len(_inferred) > _INFERRED_LIMIT:
            _inferred.clear()
        _inferred[key] = inferred
        return inferred

    def atom(self, x: Operand | Literal) -> Atom:
        """A value as an operand: this trace's own variable, a literal, or a constant from outside."""
        if isinstance(x, Tracer) and x.builder is self:
            return x.atom
        if isinstance(x, Literal):
            return x
        if isinstance(x, Traced):
            if x.builder.birth > self.birth or x.builder.closed:
                raise x.builder.escaped((x,))
            assert isinstance(x, Tracer)  # of an enclosing trace: captured as it is now, for it may be written to
            return self._capture(x.atom, x.alias(), x.aval, (x.builder.birth, x.atom.number))
        aval = aval_of(x)
        if aval.dtype == object:
            raise ObjectArrayError(
                f"an operand of type {type(x).__name__} would be an array of Python objects",
                why="Python objects have no derivative", edit="stack traced values with np.stack([x, y])")
        if self.embeds:
            return literal(x.copy() if isinstance(x, np.ndarray) and x.flags.writeable else x)
        if aval.shape == ():
            x = x[()] if isinstance(x, np.ndarray) else x  # a 0-d array can be written to later
            return small_literal(x, aval.dtype) or self._capture(x, x, aval)
        assert isinstance(x, np.ndarray)
        return self._capture_array(x, aval)

    def _capture(self, x: object, value: Any, aval: Aval, key: Hashable = None) -> Var:
        """The variable of a value from outside. It is known by its id, and so the object of that id is kept; or, as traces
        share variables, by another key."""
        key = id(x) if key is None else key
        entry = self.captures.get(key)
        if entry is not None:
            return entry[0]
        var = Var(self.count, aval)
        self.count += 1
        self.captures[key] = var, x
        self._captured[var] = value
        return var

    def _capture_array(self, x: Value, aval: Aval) -> Var:
        """Capture an array as it is now: the program runs later, and the user's code may write to it until then."""
        if x.nbytes <= _SNAPSHOT_BYTES:
            entry = self.captures.get(id(x))
            if entry is not None and not _same(self._captured[entry[0]], x):  # written to since: another constant
                self.captures[-self.count - 1] = self.captures.pop(id(x))
            elif entry is not None:
                return entry[0]
            return self._capture(x, x.copy(), aval)
        if id(x) not in self.captures:
            self._watched.append((x, _sample(x), here(3)))
        return self._capture(x, x, aval)

    def following(self, equations: Iterable[Equation]) -> Iterator[Equation]:
        """The equations of another graph, one by one; what is recorded meanwhile is attributed to their lines."""
        before = self.source
        try:
            for equation in equations:
                self.source = equation.source
                yield equation
        finally:
            self.source = before

    # -- closing --

    def build(self, outputs: Sequence[Value]) -> Graph:
        """The graph so far, with these outputs; its last inputs are the captures."""
        atoms = tuple([self.atom(x) for x in outputs])
        for array, sample, source in self._watched:
            if _sample(array) != sample:
                raise CaptureChangedError(
                    f"a plain array of type {aval_of(array)} was written to after a traced operation had read it",
                    why="traced operations run when the function has returned, and would see the new entries",
                    edit="write to a copy instead: b = b.copy()", source=source)
        return Graph((*self.arguments, *self._captured), tuple(self.equations), atoms)

    def captured(self) -> tuple[Value, ...]:
        """The values of the captures, in the order of the graph's last inputs."""
        return tuple(self._captured.values())

    def constant_of(self, v: Var, otherwise: Value) -> Value:
        """The value that was captured as this variable, if one was."""
        return self._captured.get(v, otherwise)

    def seen_from_outside(self, v: Var) -> Tracer:
        """A variable as the value that an enclosing trace knows it by, if it was captured from there."""
        outer = self._captured.get(v)
        return outer if isinstance(outer, Tracer) else Tracer(self, v)

    def escaped(self, values: Sequence[object]) -> FadError:
        """The error for values that outlived this trace, or left it for one that encloses it."""
        escaped = [x.atom if isinstance(x, Tracer) else x for x in values if not isinstance(x, Tracer) or x.builder is self]
        made = [e.source for e in self.equations if not set(e.results).isdisjoint(a for a in escaped if isinstance(a, Var))]
        origin = made[0] if made else self.origin
        return EscapedTracerError(
            f"a traced value, {'made' if made else 'an argument of a call'} at {origin}, was used after that call had "
            "ended, or in a trace outside its own",
            why="it stood for an array within one call of grad, vmap, jit or another transform",
            edit="return the value from the function, with has_aux=True if need be, and use what the transform "
                 "returns; or keep fad.value(x)")

    # -- values on demand --

    def demand(self, tracer: Tracer, purpose: str) -> Value:
        """The array behind a tracer, computed from the equations recorded so far, each at most once."""
        if self.closed:
            raise self.escaped((tracer,))
        self.demands += 1
        value = concrete(self._evaluate(tracer.atom, purpose), purpose)
        if self.on_demand is not None:
            self.on_demand(self, tracer, purpose, value)
        return value

    def _evaluate(self, wanted: Var, purpose: str) -> Value:
        """The value of a variable. It is a plain array, unless an enclosing trace wants to be told what is asked of
        its values: then it is computed in there, as a traced value, and asked for there."""
        known, definitions = self.known, self._definitions
        for equation in self.equations[self._indexed:]:
            for v in equation.results:
                definitions[v] = equation
        self._indexed = len(self.equations)
        told = any(builder.on_demand is not None for builder in _active.builders if builder.birth < self.birth)
        stack = [wanted]
        while stack:
            v = stack[-1]
            if v in known:
                if not told and isinstance(known[v], Traced):
                    known[v] = concrete(known[v], purpose)
                stack.pop()
                continue
            maker = definitions.get(v)
            if maker is None:
                known[v] = self._outside(v, purpose)
                continue
            missing = [a for a in maker.operands if isinstance(a, Var) and (
                a not in known or not told and isinstance(known[a], Traced))]
            if missing:
                stack.extend(missing)
                continue
            operands = [known[a] if isinstance(a, Var) else a.value for a in maker.operands]
            recorder = innermost(operands)
            out = (maker.primitive.evaluate(*operands, **dict(maker.params)) if recorder is None else
                   recorder.record(maker.primitive, operands, maker.params))
            known.update(zip(maker.results, out if maker.primitive.several else (out,), strict=True))
        return known[wanted]

    def _outside(self, v: Var, purpose: str) -> Value:
        if v in self._captured:
            return self._captured[v]
        raise AbstractValueError(
            f"the value of a traced {v.aval} was asked for, by {purpose}",
            why="under vmap, in the body of a loop, or in a Graph made from shapes alone, it stands for many values, or for "
                "none yet",
            edit="index fad.numpy.asarray(table)[i], not the plain table[i]" if purpose in ("an index", "a plain array")
            else "choose entry by entry with np.where(condition, a, b), or use fad.cond")


def _same(a: Value, b: Value) -> bool:
    """Whether two arrays hold the same; with a nan among them they may be taken for different, which costs a capture."""
    return a.tobytes() == b.tobytes() if a.nbytes <= _FEW_BYTES else bool(np.array_equal(a, b))


def _sample(array: Value) -> bytes:
    """A few hundred entries, spread over an array: enough to see that it was written to."""
    each = max(2, round(512 ** (1 / array.ndim)))
    return array[tuple([slice(None, None, max(1, n // each)) for n in array.shape])].tobytes()


def concrete(x: Value, purpose: str = "fad.value") -> Value:
    """The plain array behind a value, traced or not."""
    while isinstance(x, Traced):
        x = x.builder.demand(x, purpose)
    return x


# -- tracing ------------------------------------------------------------------


class _Active(threading.local):
    """The traces of users' functions that are running in this thread, outermost first."""

    def __init__(self) -> None:
        self.builders: list[Builder] = []


_active = _Active()


def active_builder() -> Builder | None:
    """The innermost trace that is running in this thread: where `fad.numpy.zeros` makes its arrays."""
    return _active.builders[-1] if _active.builders else None


def active_builders() -> Sequence[Builder]:
    """All traces that are running in this thread, outermost first."""
    return tuple(_active.builders)


class Trace(NamedTuple):
    """A traced function: its graph, and the values of the graph's last inputs, which it closed over."""

    graph: Graph
    captures: tuple[Value, ...]


def trace(function: Callable[..., Sequence[Value]], avals: Sequence[Aval], values: Sequence[Value] = (),
          weak: Sequence[bool] = (), *, embeds: bool = False,
          on_demand: Callable[[Builder, Tracer, str, Value], None] | None = None) -> Trace:
    """Run a function on tracers of these avals; with values, which its `if` and `while` can then ask for."""
    for look in newcomers:
        look(False)
    builder = Builder(embeds=embeds)
    builder.on_demand = on_demand
    builder.origin = here(2)
    arguments = [builder.argument(aval, value, bool(is_weak)) for aval, value, is_weak in itertools.zip_longest(
        avals, values, weak)]
    _active.builders.append(builder)
    try:
        graph = builder.build(function(*arguments))
    except (TypeError, ValueError, SystemError) as error:  # the last is from compiled code that goes on after an error
        if isinstance(error.__cause__, FadError):  # NumPy has hidden our message behind a riddle of its own
            raise error.__cause__ from None
        raise
    finally:
        _active.builders.pop()
        builder.closed = True
    return Trace(graph, builder.captured())
