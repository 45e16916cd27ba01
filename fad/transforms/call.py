"""What a call of a transformed function is made of: which arguments move, what was returned, and the graph between.

    trace_call : (f, args, kwargs) -> Graph(moving leaves..., captures... → results...), and how to put all back

Every call is traced. Only the leaves that are to be differentiated (or mapped, or compiled) become
arguments of the graph; the other arguments reach the user's function untouched, and what it takes from
them is captured, as are globals and closures.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import tree
from ..core.avals import Aval, aval_of, refuse_other_arithmetic
from ..core.graph import Graph
from ..core.leaves import aval_of_value, fitting, is_array
from ..core.primitive import Value
from ..core.tracer import Tracer
from ..core.tracing import trace
from ..errors import ArgumentError, DtypeError, IntegerArgumentError, NonScalarError, ObjectArrayError, TreeError
from ..primitives.structural import convert
from ..tree import Structure
from ..typing import Argnames, Argnums, P, R

__all__ = ["Argnames", "Argnums", "Call", "Moving", "Results", "TracedCall", "check_aux", "check_scalar", "matching",
           "moving", "named", "places_of", "shown", "trace_call"]

Place = int | str  # of an argument in a call: a position, or a keyword


# -- names ----------------------------------------------------------------------------------------


def shown(f: Callable[..., object]) -> str:
    """A function as it is named in the name of what was made of it."""
    whole = f.func if isinstance(f, functools.partial) else f
    name: str = getattr(whole, "__qualname__", getattr(whole, "__name__", type(whole).__name__))
    return name.rpartition("<locals>.")[2]


def named(transform: str, f: Callable[..., object]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """What a transform makes of f: documented like f, with f's signature, and called grad(f) in a repr."""

    def name(derived: Callable[P, R]) -> Callable[P, R]:
        functools.update_wrapper(derived, f)
        derived.__qualname__ = f"{transform}({shown(f)})"
        return derived

    return name


# -- which arguments ------------------------------------------------------------------------------


def places_of(f: Callable[..., object], argnums: Argnums, argnames: Argnames, args: Sequence[object],
              kwargs: dict[str, object]) -> tuple[list[Place], bool]:
    """Where the selected arguments of this call are, and whether one alone was selected."""
    if argnames is None and type(argnums) is int and 0 <= argnums < len(args):
        return [argnums], True  # the usual case, without a look at the signature
    selected: Sequence[Any] = [argnums] if argnames is None else [argnames]
    single = isinstance(selected[0], (int, str))
    if not single:
        selected = list(selected[0])
    places = [_place(f, s, args, kwargs) for s in selected]
    for i, place in enumerate(places):
        if place in places[:i]:
            first = selected[places.index(place)]
            raise ArgumentError(
                f"argument {place!r} was selected twice, by {first!r} and by {selected[i]!r}",
                why="each selected argument moves on its own, and one argument cannot move in two ways",
                edit="select it once, and use its derivative twice")
    return places, single


def _place(f: Callable[..., object], selected: Place, args: Sequence[object], kwargs: dict[str, object]) -> Place:
    names = _parameters(f)
    if isinstance(selected, str):
        if selected in kwargs:
            return selected
        if selected in names[:len(args)]:
            return names.index(selected)
    else:
        position = selected + max(len(names), len(args)) if selected < 0 else selected
        if 0 <= position < len(args):
            return position
        if 0 <= position < len(names) and names[position] in kwargs:
            return names[position]
    name = getattr(f, "__name__", "the function")
    raise ArgumentError(
        f"{'argnames' if isinstance(selected, str) else 'argnums'} selects {selected!r}, but {name} has the parameters "
        f"({', '.join(names)}) and was called with {len(args)} positional arguments"
        + (f" and the keywords {', '.join(kwargs)}" if kwargs else ""),
        why="only an argument that is given can be differentiated",
        edit="count argnums from 0, or name the argument with argnames=, and pass it in the call")


def _parameters(f: Callable[..., object]) -> list[str]:
    try:
        return list(inspect.signature(f).parameters)
    except (TypeError, ValueError):  # some builtins have no signature
        return []


# -- the moving leaves ----------------------------------------------------------------------------


class Moving(NamedTuple):
    """The arguments to be differentiated, as leaves: `still` holds those that are neither arrays nor numbers."""

    values: list[Value]
    weak: list[bool]
    positions: list[int]  # of the values among all leaves
    still: list[object]  # all leaves, with the values' places to be filled in
    structures: list[Structure]  # of each argument

    def rebuilt(self, leaves: Sequence[Value], still: Sequence[object] | None = None) -> list[Any]:
        """The arguments again, with other values."""
        filled = list(self.still if still is None else still)
        for i, x in zip(self.positions, leaves, strict=True):
            filled[i] = x
        arguments, start = [], 0
        for structure in self.structures:
            if structure is tree.LEAF:
                arguments.append(filled[start])
                start += 1
            else:
                end = start + structure.n_leaves
                arguments.append(tree.unflatten(structure, filled[start:end]))
                start = end
        return arguments

    def like(self, leaves: Sequence[Value]) -> list[Any]:
        """Trees like the arguments, of these leaves; None where an argument had a leaf that does not move."""
        return self.rebuilt(leaves, [None] * len(self.still))


def moving(transform: str, arguments: Sequence[object]) -> Moving:
    """The leaves of the arguments that a transform moves, each checked: a float or complex array or number."""
    values: list[Value] = []
    weak: list[bool] = []
    positions: list[int] = []
    still: list[object] = []
    structures: list[Structure] = []
    for argument in arguments:
        if type(argument) in (float, np.ndarray, np.float64, Tracer):
            leaves, structure = [argument], tree.LEAF
        else:
            leaves, structure = tree.flatten(argument)
        structures.append(structure)
        for leaf in leaves:
            if is_array(leaf):
                positions.append(len(still))
                value, is_weak = _differentiable(transform, leaf)
                values.append(value)
                weak.append(is_weak)
            still.append(leaf)
        if leaves and not any(map(is_array, leaves)):
            raise IntegerArgumentError(
                f"{transform} was called at an argument of type {type(argument).__name__}, without a number in it",
                why="there is nothing in it that could change by a little",
                edit="select another argument with argnums= or argnames=")
    return Moving(values, weak, positions, still, structures)


def _differentiable(transform: str, x: Any) -> tuple[Value, bool]:
    value: Value = x
    if type(x) is float:
        return value, True
    if isinstance(x, Tracer):
        if x.aval.inexact:
            return x, x.weak
        if x.weak and x.dtype.kind == "i":  # a Python int, in a trace of its own
            return convert(x, np.dtype(np.float64)), True
    elif isinstance(x, (np.ndarray, np.generic)):
        refuse_other_arithmetic(x)
        if x.dtype.kind in "fc":
            return value, False
        if x.dtype == object:
            raise ObjectArrayError(
                f"{transform} was called at an array of Python objects, of shape {x.shape}",
                why="Python objects have no derivative", edit="give an array of a numeric dtype: x.astype(float)")
    elif isinstance(x, (int, complex)) and not isinstance(x, bool):
        number: Any = float(x) if isinstance(x, int) else x
        return number, True
    aval = aval_of(x)
    raise IntegerArgumentError(
        f"{transform} was called at an argument of type {aval}",
        why="a derivative needs numbers that can change by a little, and integers and truth values cannot",
        edit="cast it: x.astype(float)" if aval.shape else "give a float: float(x)")


def matching(transform: str, what: str, given: Sequence[object], moved: Moving) -> list[Value]:
    """The leaves of tangents that belong to these arguments: of their structure, shapes and, if need be, dtypes."""
    if len(given) != len(moved.structures):
        raise TreeError(f"{transform} got {len(given)} {what}s for {len(moved.structures)} primals",
                        why=f"each primal needs a {what}", edit=f"give {len(moved.structures)} of them, in one tuple")
    leaves: list[object] = []
    for i, (tangent, structure) in enumerate(zip(given, moved.structures, strict=True)):
        found, shape = tree.flatten(tangent)
        if shape != structure:
            raise TreeError(f"{transform} got a {what} of structure {shape} for primal {i}, of structure {structure}",
                            why=f"a {what} has an entry for each entry of its primal",
                            edit="give both the same structure")
        leaves.extend(found)
    return [fitting(transform, what, leaves[at], aval_of_value(x)) for at, x in zip(
        moved.positions, moved.values, strict=True)]


# -- tracing the call -----------------------------------------------------------------------------


class Results(NamedTuple):
    """What the user's function returned: its leaves, with the traced ones standing as outputs of the graph."""

    structure: Structure
    constants: list[object]  # all leaves, with the outputs' places to be filled in
    positions: list[int]  # of the outputs among all leaves

    def rebuilt(self, outputs: Sequence[Value]) -> Any:
        """The result again, with these values for the outputs."""
        filled = list(self.constants)
        for i, y in zip(self.positions, outputs, strict=True):
            filled[i] = y
        return tree.unflatten(self.structure, filled)


class TracedCall(NamedTuple):
    """A call as a graph: of `inputs`, the moving values first, then the captures."""

    graph: Graph
    inputs: list[Value]
    n_moving: int
    out: Results
    aux: Results | None

    @property
    def moves(self) -> tuple[bool, ...]:
        """Which inputs of the graph move."""
        return (True,) * self.n_moving + (False,) * (len(self.inputs) - self.n_moving)

    @property
    def n_out(self) -> int:
        """How many of the graph's outputs are the result's, and not aux's."""
        return len(self.out.positions)


class Call(NamedTuple):
    """A call f(*args, **kwargs), with the places of the arguments that a transform is about."""

    f: Callable[..., object]
    args: tuple[object, ...]
    kwargs: dict[str, object]
    places: Sequence[Place]

    @property
    def selected(self) -> list[object]:
        return [self.args[p] if isinstance(p, int) else self.kwargs[p] for p in self.places]

    def run(self, arguments: Sequence[object]) -> object:
        """Call the function with other arguments in the selected places."""
        args, kwargs = list(self.args), self.kwargs
        for p, argument in zip(self.places, arguments, strict=True):
            if isinstance(p, int):
                args[p] = argument
            else:
                kwargs = {**kwargs, p: argument}
        return self.f(*args, **kwargs)


def trace_call(transform: str, call: Call, moved: Moving, *, has_aux: bool = False,
               avals: Sequence[Aval] | None = None) -> TracedCall:
    """Run the call on tracers of the moving leaves: on their values or, where `avals` are given, on types alone."""
    seen: list[Results] = []

    def function(*tracers: Tracer) -> list[Value]:
        result = call.run(moved.rebuilt(tracers))
        outputs: list[Value] = []
        if not has_aux:
            seen.append(_results(result, outputs, is_array))
        else:
            out, aux = check_aux(transform, result)
            seen.append(_results(out, outputs, is_array))
            seen.append(_results(aux, outputs, lambda leaf: isinstance(leaf, Tracer)))
        return outputs

    if avals is None:
        traced = trace(function, [aval_of_value(x) for x in moved.values],
                       moved.values, moved.weak)
    else:
        traced = trace(function, avals, (), moved.weak)
    return TracedCall(traced.graph, [*moved.values, *traced.captures], len(moved.values), seen[0],
                      seen[1] if has_aux else None)


def check_aux(transform: str, result: object) -> tuple[object, object]:
    """The two parts of a result with aux."""
    if not isinstance(result, tuple) or len(result) != 2:
        raise TreeError(f"{transform} with has_aux=True got a result of type {type(result).__name__}, not a pair",
                        why="the first entry is differentiated, and the second is handed through",
                        edit="return (value, aux), or leave has_aux out")
    out, aux = result
    return out, aux


def _results(result: object, outputs: list[Value], is_output: Callable[[object], bool]) -> Results:
    leaves: list[Any] = [result]
    structure = tree.LEAF
    if not isinstance(result, Tracer):
        leaves, structure = tree.flatten(result)
    positions = [i for i, leaf in enumerate(leaves) if is_output(leaf)]
    outputs.extend([leaves[i] for i in positions])
    return Results(structure, leaves, positions)


def check_scalar(transform: str, traced: TracedCall) -> None:
    """See that the result is one real number, as a gradient needs it."""
    out = traced.out
    if out.structure is not tree.LEAF or not out.positions:
        raise NonScalarError(
            f"{transform} got a result of type {type(tree.unflatten(out.structure, out.constants)).__name__}, "
            f"of structure {out.structure}",
            why="a gradient is the derivative of one number",
            edit="return one number; with more to return, return (value, more) and set has_aux=True")
    aval = traced.graph.outputs[0].aval
    if aval.shape != ():
        raise NonScalarError(
            f"{transform} got a result of type {aval}, of shape {aval.shape}, which is not a scalar",
            why="a gradient is the derivative of one number; an array of results has a Jacobian",
            edit="use fad.jacobian(f), or reduce the result to one number, as np.sum does")
    if aval.dtype.kind != "f":
        raise DtypeError(
            f"{transform} got a result of type {aval}",
            why="a gradient is the derivative of one real number", edit="return a real number, such as np.abs(z) ** 2"
            if aval.dtype.kind == "c" else "return a float")
