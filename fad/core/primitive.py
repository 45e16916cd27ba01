"""What a primitive must answer, and how one is applied.

A primitive is an operation on arrays that fad knows from the inside: how to compute it, what comes
out, how it carries a small change, what it does to a stack of arguments and, if it is linear, what
its transpose is. Those five answers are all that fad ever asks of it. Reverse mode is not among them:
it is made from `jvp` and `transpose`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, Self, TypeAlias, TypeVar

import numpy as np

from ..errors import FadError
from ..source import Source
from .avals import Aval

if TYPE_CHECKING:
    from typing_extensions import TypeVar as TypeVarWithDefault

__all__ = ["AnyPrimitive", "Inner", "Linear", "Operand", "Out", "Params", "Primitive", "Recorder", "Tangent", "Traced",
           "Value", "Values", "Zero", "bind", "innermost", "linear", "partials"]

Value: TypeAlias = np.ndarray[Any, np.dtype[Any]]
"""What a rule computes with. To a checker it is an array; when a rule runs it is an array, a number or a `Traced`, which all
look like one: a rule is written once, and runs on all three."""

Operand: TypeAlias = Value | np.generic | complex
"""The same, where it matters which of them it is: an array, a `Traced`, a number of NumPy's or Python's."""

Values: TypeAlias = tuple[Value, ...]
"""The results of a primitive that has several."""

Params = tuple[tuple[str, Any], ...]
"""A primitive's static settings (axes, shapes, a dtype): names and hashable values, sorted by name."""

if TYPE_CHECKING:
    Array: TypeAlias = Value
    Out = TypeVarWithDefault("Out", default=Value, covariant=True)
else:
    Array = object
    Out = TypeVar("Out", covariant=True)
"""What a primitive returns: one Value or, if it has `several` results, Values."""


@dataclass(frozen=True, slots=True)
class Zero:
    """A tangent or cotangent that is known to vanish before anything is computed."""

    aval: Aval


Tangent: TypeAlias = Value | Zero
"""A tangent or cotangent, of the aval of its primal."""


@dataclass(frozen=True, slots=True)
class Linear:
    """Stands, in a transpose, for an operand in which the primitive is linear and whose value is unknown."""

    aval: Aval

    @property
    def shape(self) -> tuple[int, ...]:
        return self.aval.shape

    @property
    def ndim(self) -> int:
        return len(self.aval.shape)


# -- the five answers ---------------------------------------------------------
# Each rule is an ordinary function that names its operands and params, so the types say `...` for them.
# A primitive with `several` results answers with tuples, and its rules are given tuples.


Evaluate = Callable[..., Any]
"""(*operands, **params) -> the result, computed by NumPy from arrays and numbers."""

Infer = Callable[..., Any]
"""(*avals, **params) -> the Aval of the result. Any: a tuple of them from a primitive with several results."""

Jvp = Callable[..., Any]
"""(primals, tangents, result, **params) -> the Tangent of the result: the derivative at the primals, applied to the
tangents. Any: a sequence of them from a primitive with several results."""

Batch = Callable[..., Any]
"""(operands, mapped, **params) -> the results for a stack of operands: those that are mapped have the stack as their
axis 0, and so has the result."""

Transpose = Callable[..., Sequence[Tangent | None]]
"""(ct, *operands, **params) -> a cotangent for each operand that is `Linear`, and None for the others."""


@dataclass(frozen=True, slots=True, eq=False)
class Inner:
    """What a primitive that holds programs answers besides, so that transforms reach into them: loops, branches."""

    push: Callable[..., tuple[Sequence[Value], Sequence[Tangent]]]
    """(primals, tangents, **params) -> the results and their tangents, from one program that computes both."""

    split: Callable[..., tuple[Sequence[Any], Sequence[Any]]]
    """(equation, late, new) -> the equations that can run now, and those that wait for the late operands; `new(aval)`
    is a variable for what the first hand over to the second."""

    trim: Callable[..., Any]
    """(equation, wanted) -> the equation without the results that are not wanted."""

    compiled: Callable[..., Callable[..., Values]]
    """(**params) -> a function of the operands."""


@dataclass(frozen=True, slots=True, eq=False)
class Primitive(Generic[Out]):
    """An operation, and the five answers about it.

    `several` results come in tuples. `kind` says what may be done with an equation: an "entrywise" one acts on each
    entry by itself, so that its operands may be cut into blocks, and numbers ride along with arrays; the result of a
    "view" may share memory with its first operand; an "effect" is kept even if nobody uses its results. `body` names
    the param that holds a graph, to be written out in the equation's place before any transform; what holds graphs
    and is not written out has an `inner`. `overwrite` evaluates, too, but may write the result into the first operand.
    """

    name: str
    evaluate: Evaluate
    infer: Infer
    jvp: Jvp
    batch: Batch
    transpose: Transpose | None = None
    several: bool = False
    kind: Literal["", "entrywise", "view", "effect"] = ""
    body: str | None = None
    overwrite: Evaluate | None = None
    inner: Inner | None = None

    def __call__(self, *operands: Value, **params: Any) -> Out:
        return bind(self, *operands, **params)

    def __repr__(self) -> str:
        return self.name


AnyPrimitive: TypeAlias = Primitive[Any]
"""A primitive of one result or of several."""


# -- two ways to write a jvp --------------------------------------------------


Partial = Callable[..., Tangent]
"""(t, result, *primals, **params) -> what the tangent t of one operand adds to the tangent of the result."""


def partials(*rules: Partial | None) -> Jvp:
    """The total derivative from the partial ones: dz = (∂z/∂x) dx + (∂z/∂y) dy + ...

    A rule of None says that the result does not move with that operand.
    """

    def jvp(primals: Sequence[Value], tangents: Sequence[Tangent], result: Traced, /, **params: Any) -> Tangent:
        total: Value | None = None
        for rule, t in zip(rules, tangents, strict=True):
            if rule is not None and not isinstance(t, Zero):
                term = rule(t, result, *primals, **params)
                if not isinstance(term, Zero):
                    total = term if total is None else total + term
        return Zero(result.aval) if total is None else total

    return jvp


def linear(name: str, evaluate: Evaluate, infer: Infer, batch: Batch, transpose: Transpose, *,
           kind: Literal["", "entrywise", "view"] = "") -> Primitive:
    """A primitive that is linear in its first operand; the others, if any, are indices and the like.

    The derivative of a linear function is the function itself.
    """

    def jvp(primals: Sequence[Value], tangents: Sequence[Tangent], result: Traced, /, **params: Any) -> Tangent:
        return Zero(result.aval) if isinstance(tangents[0], Zero) else bind(primitive, tangents[0], *primals[1:], **params)

    primitive: Primitive = Primitive(name, evaluate, infer, jvp, batch, transpose, kind=kind)
    return primitive


# -- application --------------------------------------------------------------


class Recorder(Protocol):
    """What collects equations: see `tracing.Builder`."""

    embeds: bool
    """Whether constants become part of the graph, as in the graphs that transforms make."""

    closed: bool
    """Whether the trace has ended."""

    source: Source | None
    """The place to which the equations to come are attributed; None: the line that the user is running."""

    @property
    def birth(self) -> int:
        """Grows with every trace begun: the youngest trace is the innermost."""
        ...

    def record(self, primitive: Primitive[Out], operands: Sequence[Any], params: Params = ()) -> Out:
        """Write down one equation of values or literals; a tracer of its result or a tuple of them."""
        ...

    def note(self, primitive: AnyPrimitive, atoms: tuple[Any, ...], aval: Aval, frame: FrameType) -> Any:
        """The same for one result of known aval, with operands that are atoms of this trace already."""
        ...

    def number(self, x: float) -> Any:
        """A float64 number as an atom."""
        ...

    def demand(self, tracer: Any, purpose: str) -> Value:
        """The array behind a tracer, now."""
        ...

    def escaped(self, values: Sequence[object]) -> FadError:
        """The error for values that outlived the trace."""
        ...


class Traced(Array):
    """The mark of a value that is recorded and not computed: see `tracer.Tracer`. To a checker it is an array."""

    __slots__ = ("builder",)
    builder: Recorder

    if TYPE_CHECKING:
        def __new__(cls, *arguments: object, **settings: object) -> Self:
            """Take what `__init__` takes, which is not what ndarray's takes."""
            ...

    @property
    def aval(self) -> Aval:
        """Its shape and dtype."""
        raise NotImplementedError


def innermost(values: Sequence[Value | Zero | Linear]) -> Recorder | None:
    """The youngest trace among values; None where all of them are plain arrays.

    For it, the values of the enclosing traces are constants: this is what keeps nested derivatives apart.
    """
    recorder: Recorder | None = None
    for x in values:
        if isinstance(x, Traced) and (recorder is None or x.builder.birth > recorder.birth):
            recorder = x.builder
    return recorder


def bind(primitive: Primitive[Out], *operands: Value, **params: Any) -> Out:
    """Apply a primitive: hand it to the innermost trace among its operands or, if there is none, compute it."""
    recorder = innermost(operands)
    if recorder is None:
        result: Out = primitive.evaluate(*operands, **params)
        return result
    return recorder.record(primitive, operands, tuple(sorted(params.items())))
