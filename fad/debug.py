"""Looking into derivatives and compiled programs while they run.

    nans   the first value that is not finite raises, with its operation, inputs, file and line
    eager  every operation runs when it is traced, so that NumPy's warnings and errors come from the user's line
    print  a line on the screen whenever a program gets there

>>> import numpy as np, fad
>>> with fad.debug.nans():
...     fad.value_and_grad(lambda x: np.log(x) * 2.0)(0.0)
Traceback (most recent call last):
    ...
fad.errors.NonFiniteError: log of f64[] = 0.0 made f64[] = -inf
  where: <doctest fad.debug[1]>:2, in <lambda>
  why:   the function was being computed there
  edit:  keep the operation away from that input: choose a harmless one first, as in np.sqrt(np.where(x > 0, x, 1.0))
"""

from __future__ import annotations

import builtins
import itertools
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, TypeAlias

import numpy as np

from . import tree
from .config import Lock, renewed_in_a_fork
from .core.avals import aval_of
from .core.equation import Atom, Equation, Var
from .core.graph import Graph, inlined
from .core.leaves import is_array
from .core.primitive import Traced, Value, Values, innermost
from .core.tracer import Tracer
from .core.tracing import Builder, active_builder
from .errors import NonFiniteError
from .execute import Loop, Program
from .primitives.printing import Line, print_p

__all__ = ["eager", "nans", "print"]


# -- switches: while a context is open somewhere, the methods that run or record things are others ------------------
# So nothing is asked on the way of a program or a trace while there is none. Other threads meet the other methods,
# too, and go on from there as always.


class _Switch:
    """Other methods in place of some, as long as somebody wants them."""

    def __init__(self, methods: dict[tuple[type, str], Callable[..., object]]) -> None:
        self._methods = methods
        self._usual = {place: place[0].__dict__[place[1]] for place in methods}
        self._lock = Lock()
        self._open = 0
        renewed_in_a_fork(self._renew)

    def _renew(self) -> None:
        if self._open:  # it may be half done
            self._put(self._methods)

    @contextmanager
    def on(self) -> Iterator[None]:
        with self._lock:
            self._open += 1
            self._put(self._methods)
        try:
            yield
        finally:
            with self._lock:
                self._open -= 1
                if not self._open:
                    self._put(self._usual)

    @staticmethod
    def _put(methods: dict[tuple[type, str], Callable[..., object]]) -> None:
        for (owner, name), method in methods.items():
            setattr(owner, name, method)


# -- nans ---------------------------------------------------------------------------------------------------------

_checking: ContextVar[bool] = ContextVar("checking", default=False)


@contextmanager
def nans() -> Iterator[None]:
    """Within this context, the first value of a traced computation that is not finite raises an error.

    Programs run equation by equation, slowly. A nan counts wherever it comes up, also in a branch that a selection
    discards later. An inf counts where it is made, and not where it comes in: -inf for what a mask leaves out is fine.

    Raises:
        NonFiniteError: a FloatingPointError, with the operation, its inputs, the user's file and line, and whether the
            function or its derivative was being computed.

    >>> import numpy as np, fad
    >>> with nans():
    ...     fad.grad(lambda x: np.sum(np.sqrt(x)))(np.array([0.0, 1.0]))
    Traceback (most recent call last):
        ...
    fad.errors.NonFiniteError: divide of f64[2] all 1.0 and f64[2] from 0.0 to 2.0 made f64[2] from 0.5 to inf, with 1 inf
      ...
    """
    token = _checking.set(True)
    try:
        with _programs.on():
            yield
    finally:
        _checking.reset(token)


_usual_call, _usual_run = Program.__call__, Loop.run


def _call(self: Program, values: Sequence[Value]) -> tuple[Value, ...]:
    if not _checking.get() or innermost(values) is not None:
        return _usual_call(self, values)
    return tuple([_own(y, v) for y, v in zip(_checked(self.graph, values), self.graph.outputs, strict=True)])


def _run(self: Loop, *operands: Value) -> Values:
    if not _checking.get():
        return _usual_run(self, *operands)
    n_consts, n_carry, length, reverse = self.settings
    goes_on = length is None
    going: Sequence[Value] = operands[:goes_on]
    consts, carry, xs = _runs(operands[goes_on:], n_consts, n_carry)
    stacked: list[Sequence[Value]] = []
    turns = itertools.count() if length is None else range(length)
    for i in reversed(turns) if reverse and isinstance(turns, range) else turns:
        if goes_on and not going[0]:
            break
        try:
            results = _checked(self.graph, [*consts, *carry, *[x[i] for x in xs]])
        except NonFiniteError as error:
            error.add_note(f"  loop:  in turn {i}")
            raise
        going, (carry, ys, _) = results[:goes_on], _runs(results[goes_on:], n_carry, len(results))
        stacked.append(ys)
    if reverse:
        stacked.reverse()
    outputs = self.graph.outputs[goes_on:]
    last = [_own(x, v) for x, v in zip(carry, outputs, strict=False)]
    ys_of = outputs[n_carry:]
    stacks = [np.stack([ys[k] for ys in stacked]) if stacked else np.empty((0, *v.aval.shape), v.aval.dtype)
              for k, v in enumerate(ys_of)]
    return (*last, *[y.astype(v.aval.dtype, copy=False) for y, v in zip(stacks, ys_of, strict=True)])


def _runs(items: Sequence[Value], first: int, second: int) -> tuple[Sequence[Value], Sequence[Value], Sequence[Value]]:
    return items[:first], items[first:first + second], items[first + second:]


_programs = _Switch({(Program, "__call__"): _call, (Loop, "run"): _run})


def _own(x: Value, atom: Atom) -> Value:
    """A result, in memory that it shares with nobody."""
    own: Value = np.array(x, atom.aval.dtype) if atom.aval.shape else atom.aval.dtype.type(x)
    return own


def _checked(graph: Graph, values: Sequence[Value]) -> list[Value]:
    """The outputs of a graph, each equation's results looked at."""
    graph = inlined(graph)
    env: dict[Atom, Value] = {
        v: x if v.aval.shape else v.aval.dtype.type(x) for v, x in zip(graph.inputs, values, strict=True)}

    def read(atom: Atom) -> Value:
        value: Value = env[atom] if isinstance(atom, Var) else atom.value
        return value

    for equation in graph.equations:
        operands = [read(a) for a in equation.operands]
        with np.errstate(all="ignore"):  # it is we who speak up
            out = equation.primitive.evaluate(*operands, **dict(equation.params))
        results = out if equation.primitive.several else (out,)
        for x in results:
            if not _is_finite(x):
                _look_at(equation, operands, x)
        env.update(zip(equation.results, results, strict=True))
    return [read(a) for a in graph.outputs]


def _is_finite(x: Value) -> bool:
    return np.asarray(x).dtype.kind not in "fc" or bool(np.all(np.isfinite(x)))


def _look_at(equation: Equation, operands: Sequence[Value], x: Value) -> None:
    """Raise for a result that is not finite, unless it is an inf that has come in."""
    if not np.any(np.isnan(x)) and any(np.any(np.isinf(y)) for y in operands if np.asarray(y).dtype.kind in "fc"):
        return
    source = equation.source
    given = " and ".join(map(_summary, operands)) or "nothing"
    came_in = any(not _is_finite(y) for y in operands)
    derivative = source is not None and source.in_derivative
    raise NonFiniteError(
        f"{equation.primitive} of {given} made {_summary(x)}",
        why=("the derivative" if derivative else "the function") + " was being computed there" + (
            "; the inputs have come from outside" if came_in else ""),
        edit="keep the operation away from that input: choose a harmless one first, as in "
             "np.sqrt(np.where(x > 0, x, 1.0))", source=source)


def _summary(x: Value) -> str:
    """A value in a few words: its type, its range, how much of it is not finite."""
    aval, array = aval_of(x), np.asarray(x)
    if not array.size:
        return str(aval)
    if array.size == 1:
        return f"{aval} = {array.reshape(())[()]}"
    if array.dtype.kind not in "fiu":
        counts = f"{np.count_nonzero(array)} of {array.size} true" if array.dtype.kind == "b" else ""
    else:
        kept = array[~np.isnan(array)]
        counts = f"from {kept.min()} to {kept.max()}" if kept.size else ""
        if kept.size == array.size and kept.min() == kept.max():
            counts = f"all {kept.min()}"
    if array.dtype.kind in "fc":
        n_nan, n_inf = np.count_nonzero(np.isnan(array)), np.count_nonzero(np.isinf(array))
        found = [f"{n} {name}" for n, name in ((n_nan, "nan"), (n_inf, "inf")) if n]
        counts += (", with " if counts and found else "") + " and ".join(found)
    return f"{aval} {counts}".rstrip()


# -- eager --------------------------------------------------------------------------------------------------------

Warned: TypeAlias = dict[str, dict[str | tuple[str, type[Warning], int], int]]
"""What has been warned of, by file: see warnings.warn_explicit."""

Known: TypeAlias = dict[tuple[int, Var], Any]
"""Values of variables, each with the birth of its trace."""

_values: ContextVar[tuple[Known, Warned] | None] = ContextVar("values", default=None)  # and warnings, by file


@contextmanager
def eager() -> Iterator[None]:
    """Within this context, every operation is computed when it is traced, as well as later.

    So NumPy's warnings are about the user's line, its errors are raised there, in the middle of the user's function,
    and a debugger that is stopped there can print values. Under vmap, and where a Graph is made from shapes
    alone, there are no values to compute with, and nothing is.

    >>> import numpy as np, fad
    >>> with eager(), np.errstate(divide="raise"):
    ...     fad.jit(lambda x: 1.0 / x)(np.zeros(2))
    Traceback (most recent call last):
        ...
    FloatingPointError: divide by zero encountered in divide
    """
    token = _values.set(({}, {}))
    try:
        with _builders.on():
            yield
    finally:
        _values.reset(token)


def _computing(usual: Callable[..., object]) -> Callable[..., object]:
    @wraps(usual)
    def record(self: Builder, *args: object, **kwargs: object) -> object:
        n = len(self.equations)
        result = usual(self, *args, **kwargs)
        found = _values.get()
        if found is not None:
            for equation in self.equations[n:]:
                _compute(self, equation, *found)
        return result

    return record


_builders = _Switch({(Builder, name): _computing(Builder.__dict__[name]) for name in ("record", "note", "follow")})

_UNKNOWN = object()


def _compute(builder: Builder, equation: Equation, values: Known, warned: Warned) -> None:
    """The results of an equation, if its operands are known and it is not computed yet."""
    primitive, atoms, params, results, source = equation
    if primitive.kind == "effect" or results and (builder.birth, results[0]) in values:
        return
    operands = [_value_of(builder, a, values) if isinstance(a, Var) else a.value for a in atoms]
    if any(x is _UNKNOWN for x in operands):
        return
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        out = primitive.evaluate(*operands, **dict(params))
    values.update(((builder.birth, v), y) for v, y in zip(results, out if primitive.several else (out,), strict=True))
    for warning in caught:
        file, at = (source.file, source.line) if source is not None else (warning.filename, warning.lineno)
        warnings.warn_explicit(str(warning.message), warning.category, file, at, registry=warned.setdefault(file, {}))


def _value_of(builder: Builder, v: Var, values: Known) -> Any:
    unknown: Any = _UNKNOWN
    known = values.get((builder.birth, v), unknown)
    if known is unknown:
        known = builder.known.get(v, unknown)
    if known is unknown:
        known = builder.constant_of(v, unknown)
    if isinstance(known, Traced):
        assert isinstance(known, Tracer) and isinstance(known.builder, Builder)
        return _value_of(known.builder, known.atom, values)
    return known


# -- print --------------------------------------------------------------------------------------------------------


def print(fmt: str, *args: object, **kwargs: object) -> None:
    """Print a line when the program that is being traced runs, each time that it runs.

    Under `jit` that is every call. Under `grad` it is once, when the function's values are computed; a `checkpoint`
    may print again when it is recomputed. Under `vmap` the whole stack is printed at once; a
    number's format, such as {:.3f}, is for each entry of an array. Outside of any trace the line
    is printed at once.

    Args:
        fmt: a format, as for str.format.
        *args, **kwargs: what goes into it: trees of arrays, traced or not, and of anything else that can be hashed.

    >>> import numpy as np, fad
    >>> @fad.jit
    ... def f(x):
    ...     y = np.sin(x)
    ...     fad.debug.print("sin({}) = {y:.3f}", x, y=y)
    ...     return y * 2.0
    >>> _ = f(1.0), f(2.0)
    sin(1.0) = 0.841
    sin(2.0) = 0.909
    """
    leaves, structure = tree.flatten((args, kwargs))
    values = [x for x in leaves if is_array(x)]
    line = Line(fmt, structure, tuple([(i, x) for i, x in enumerate(leaves) if not is_array(x)]),
                tree.in_order(structure))
    recorder = innermost(values) or active_builder()
    if recorder is None:
        builtins.print(line.text(values), flush=True)
    else:
        recorder.record(print_p, values, (("line", line),))
