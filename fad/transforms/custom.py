"""A user's own rules, written in plain NumPy.

    custom_jvp : f with a rule (x, dx) → y, dy
    custom_vjp : f with a rule x → y, r and a rule (r, ȳ) → x̄

A call of such a function is one equation. Its params hold the function's own graph, which is what runs
when nobody differentiates, and the rule, which is traced when somebody does.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any, Concatenate, Generic, NamedTuple, Self, overload

import numpy as np

from .. import tree
from ..avals import Aval, make_aval
from ..errors import RuleError
from ..execute import Program
from ..graph import Graph, memoised, replay
from ..primitive import Linear, Primitive, Tangent, Value, Zero, innermost
from ..primitives.structural import broadcast, instantiate
from ..tracing import Builder, Trace, trace
from ..tree import Structure
from ..typing import A, Instance, P, Q, R
from .call import aval_of_value, fitting, is_array
from .jvp import jvp_graph
from .transpose import transposed
from .vmap import vmap_graph

__all__ = ["custom_jvp", "custom_vjp"]


# -- a call, taken apart --------------------------------------------------------------------------


class _Held:
    """An object that cannot be hashed, as part of a rule: equal to itself alone."""

    def __init__(self, it: Any) -> None:
        self.it = it


def _hashable(x: Any) -> Any:
    try:
        hash(x)
    except TypeError:
        return _Held(x)
    return x


class _Arguments(NamedTuple):
    """The arguments of a call: a tree, some of whose leaves are arrays; the others are handed through as they are."""

    structure: Structure
    leaves: tuple[Any, ...]  # None in the place of an array
    positions: tuple[int, ...]  # of the arrays

    @classmethod
    def of(cls, args: tuple[Any, ...]) -> tuple[_Arguments, list[Value]]:
        leaves, structure = tree.flatten(args)
        positions = tuple([i for i, leaf in enumerate(leaves) if is_array(leaf)])
        rest = tuple([None if is_array(leaf) else _hashable(leaf) for leaf in leaves])
        return cls(structure, rest, positions), [leaves[i] for i in positions]

    def rebuilt(self, values: Sequence[Any], rest: bool = True) -> tuple[Any, ...]:
        """The arguments with these arrays; without the rest, None stands for what is not an array."""
        filled = [x.it if isinstance(x, _Held) else x for x in self.leaves] if rest else [None] * len(self.leaves)
        for i, x in zip(self.positions, values, strict=True):
            filled[i] = x
        args: tuple[Any, ...] = tree.unflatten(self.structure, filled)
        return args


class _Out:
    """The structure of a result, learnt while it is traced."""

    structure: Structure = tree.LEAF

    def leaves(self, result: Any) -> list[Value]:
        leaves, self.structure = tree.flatten(result)
        return leaves


def _positional(f: Callable[..., Any], args: tuple[Any, ...],
                kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a call by position, as rules take them; keyword-only ones stay keywords."""
    if not kwargs:
        return args, kwargs
    bound = inspect.signature(f).bind(*args, **kwargs)
    bound.apply_defaults()
    return bound.args, bound.kwargs


def _traced(f: Callable[..., Any], arguments: _Arguments, values: Sequence[Value]) -> tuple[Trace, Structure]:
    """The graph of f at these values: of its arrays, then of what it closes over."""
    out = _Out()
    traced = trace(lambda *xs: out.leaves(f(*arguments.rebuilt(xs))), [aval_of_value(x) for x in values], values)
    return traced, out.structure


@memoised
def _compiled(graph: Graph) -> Program:
    return Program(graph)


def _run(*operands: Value, graph: Graph, rule: Any) -> tuple[Any, ...]:
    return _compiled(graph)(operands)


def _infer(*avals: Aval, graph: Graph, rule: Any) -> tuple[Aval, ...]:
    return tuple([a.aval for a in graph.outputs])


def _stacks(operands: Sequence[Value], mapped: Sequence[bool]) -> int:
    size: int = next(x.shape[0] for x, m in zip(operands, mapped, strict=True) if m)
    return size


# -- custom_jvp -----------------------------------------------------------------------------------


class _JvpRule(NamedTuple):
    """A user's jvp rule, as a function of leaves."""

    f: Callable[..., Any]
    rule: Callable[..., Any]
    arguments: _Arguments
    out: Structure

    def __call__(self, primals: Sequence[Value], tangents: Sequence[Value]) -> list[Value]:
        name = getattr(self.f, "__name__", "f")
        result = self.rule(self.arguments.rebuilt(primals), self.arguments.rebuilt(tangents, rest=False))
        if not isinstance(result, tuple) or len(result) != 2:
            raise RuleError(f"the jvp rule of {name} returned a {type(result).__name__}",
                            why="a jvp rule takes (primals, tangents) and returns the result and its tangent",
                            edit="return (out, tangent_out)")
        leaves, structure = tree.flatten(result[1])
        if structure != self.out:
            raise RuleError(f"the jvp rule of {name} returned a tangent of structure {structure} for a result of "
                            f"structure {self.out}", why="a tangent is like the result it belongs to",
                            edit="return a tangent of that structure")
        return leaves


class _MappedJvpRule(NamedTuple):
    """The same rule for stacks of arguments."""

    rule: Any
    avals: tuple[Aval, ...]  # of the arguments of one example
    mapped: tuple[bool, ...]
    size: int

    def __call__(self, primals: Sequence[Value], tangents: Sequence[Value]) -> Sequence[Value]:
        n = len(self.avals)
        one = trace(lambda *xs: self.rule(xs[:n], xs[n:]), [*self.avals, *self.avals])
        flags = (*self.mapped, *self.mapped, *(False for _ in one.captures))
        return replay(vmap_graph(one.graph, flags, self.size), [*primals, *tangents, *one.captures])


def _custom_jvp_jvp(primals: Sequence[Value], tangents: Sequence[Tangent], result: Any, /, *, graph: Graph,
                    rule: Any) -> tuple[Tangent, ...]:
    recorder = innermost(primals)
    n = len(rule.avals if isinstance(rule, _MappedJvpRule) else rule.arguments.positions)
    _refuse_moving(tangents[n:])
    moved = rule(list(primals[:n]), [instantiate(t, recorder) for t in tangents[:n]])
    return tuple([fitting("a jvp rule", "tangent", t, y.aval) if y.aval.inexact else Zero(y.aval)
                  for t, y in zip(moved, result, strict=True)])


def _refuse_moving(tangents: Sequence[Tangent]) -> None:
    if not all(isinstance(t, Zero) for t in tangents):
        raise RuleError("a function with a rule of its own closes over a traced value, and is differentiated by it",
                        why="the rule speaks of the arguments alone", edit="make the value an argument of the function")


def _custom_jvp_batch(operands: Sequence[Value], mapped: Sequence[bool], /, *, graph: Graph, rule: Any) -> Any:
    size = _stacks(operands, mapped)
    n = len(rule.avals if isinstance(rule, _MappedJvpRule) else rule.arguments.positions)
    avals = tuple([v.aval for v in graph.inputs[:n]])
    return custom_jvp_p(*operands, graph=vmap_graph(graph, tuple(mapped), size),
                        rule=_MappedJvpRule(rule, avals, tuple(mapped[:n]), size))


custom_jvp_p: Primitive = Primitive("custom_jvp", _run, _infer, _custom_jvp_jvp, _custom_jvp_batch, several=True)


class custom_jvp(Generic[P, R]):  # noqa: N801  # used like a function
    """A function with a jvp rule of its own, from which every transform works.

    Args:
        f: a function of trees of arrays, in plain NumPy.

    Returns:
        A function like f, with the method `defjvp(rule)`. `rule(primals, tangents)` gets two tuples, the arguments
        and, tree by tree, their tangents (None for what is not an array), and returns (out, tangent_out); tangent_out
        must be linear in the tangents. Keyword-only arguments are handed to the rule as keywords.

    Raises:
        RuleError: the function was differentiated before it had a rule, or the rule does not fit it.

    >>> import fad
    >>> @fad.custom_jvp
    ... def log1pexp(x):
    ...     return np.log1p(np.exp(x))
    >>> @log1pexp.defjvp
    ... def _(primals, tangents):
    ...     (x,), (dx,) = primals, tangents
    ...     return log1pexp(x), dx / (1 + np.exp(-x))
    >>> fad.grad(log1pexp)(100.0)
    np.float64(1.0)
    """

    def __init__(self, f: Callable[P, R]) -> None:
        self.f = f
        self.rule: Callable[..., Any] | None = None
        functools.update_wrapper(self, f, updated=())  # not its __dict__: see Jitted

    def defjvp(self, rule: Callable[Q, tuple[R, R]]) -> Callable[Q, tuple[R, R]]:
        """Give the rule; returns it, so as to serve as a decorator."""
        self.rule = rule
        return rule

    @overload
    def __get__(self, instance: None, owner: Any = None) -> Self: ...

    @overload
    def __get__(self: custom_jvp[Concatenate[Instance, Q], R], instance: Instance, owner: Any = None) -> Callable[Q, R]: ...

    @overload
    def __get__(self, instance: object, owner: Any = None) -> Self: ...  # under @staticmethod

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        values, keywords = _positional(self.f, args, kwargs)
        arguments, arrays = _Arguments.of(values)
        if innermost(arrays) is None:
            return self.f(*args, **kwargs)
        if self.rule is None:
            raise _no_rule(self.f, "jvp", "@f.defjvp")
        traced, out = _traced(functools.partial(self.f, **keywords), arguments, arrays)
        rule = _JvpRule(self.f, functools.partial(self.rule, **keywords) if keywords else self.rule, arguments, out)
        result: R = tree.unflatten(out, custom_jvp_p(*arrays, *traced.captures, graph=traced.graph, rule=rule))
        return result


def _no_rule(f: Callable[..., Any], kind: str, decorator: str) -> RuleError:
    return RuleError(f"{getattr(f, '__name__', 'a function')} is a custom_{kind} without a rule",
                     why="it was traced, and its derivative is asked for by its rule",
                     edit=f"define the rule with {decorator}")


# -- custom_vjp -----------------------------------------------------------------------------------


class _VjpRule(NamedTuple):
    """A user's vjp rule, as functions of leaves."""

    f: Callable[..., Any]
    forward: Callable[..., Any]
    backward: Callable[..., Any]
    arguments: _Arguments
    out: Structure

    def linearized(self, primals: Sequence[Value], avals: Sequence[Aval]) -> tuple[list[Value], Graph]:
        """The residuals at the primals, and the pullback Graph(r..., ȳ... ⊸ x̄...)."""
        name = getattr(self.f, "__name__", "f")
        result = self.forward(*self.arguments.rebuilt(primals))
        if not isinstance(result, tuple) or len(result) != 2:
            raise RuleError(f"the forward rule of {name} returned a {type(result).__name__}",
                            why="a forward rule returns the result and what the backward rule needs of this call",
                            edit="return (out, residuals)")
        kept, residuals = _Arguments.of((result[1],))
        n = len(residuals)
        inputs = [aval_of_value(x) for x in primals]

        def backward(*values: Value) -> list[Value]:
            cts = self.backward(*kept.rebuilt(values[:n]), tree.unflatten(self.out, values[n:]))
            return self._cotangents(name, cts, inputs)

        pullback = trace(backward, [*[aval_of_value(r) for r in residuals], *avals])
        order = [*pullback.graph.inputs[:n], *pullback.graph.inputs[n + len(avals):],
                 *pullback.graph.inputs[n:n + len(avals)]]  # what it closes over is a residual as well
        return ([*residuals, *pullback.captures],
                Graph(tuple(order), pullback.graph.equations, pullback.graph.outputs))

    def _cotangents(self, name: str, cts: Any, inputs: Sequence[Aval]) -> list[Value]:
        """The cotangents of the arrays among the arguments; None means zero."""
        given = cts if isinstance(cts, (tuple, list)) else (cts,)
        expected = self.arguments.structure.children
        if len(given) != len(expected):
            raise RuleError(f"the backward rule of {name} returned {len(given)} cotangents for {len(expected)} arguments",
                            why="each argument has one", edit="return a tuple with a cotangent, or None, for each argument")
        leaves: list[Any] = []
        for i, (ct, structure) in enumerate(zip(given, expected, strict=True)):
            found, shape = ([None] * structure.n_leaves, structure) if ct is None else tree.flatten(ct)
            if shape != structure:
                raise RuleError(f"the backward rule of {name} returned, for argument {i} of structure {structure}, a "
                                f"cotangent of structure {shape}", why="a cotangent is like its argument",
                                edit="return a cotangent of that structure")
            leaves.extend(found)
        found = [leaves[i] for i in self.arguments.positions]
        return [np.zeros(a.shape, a.dtype)[()] if ct is None or not a.inexact
                else fitting(f"the backward rule of {name}", "cotangent", ct, a)
                for ct, a in zip(found, inputs, strict=True)]


class _MappedVjpRule(NamedTuple):
    """The same rule for stacks of arguments."""

    rule: Any
    avals: tuple[Aval, ...]
    mapped: tuple[bool, ...]
    size: int

    def linearized(self, primals: Sequence[Value], avals: Sequence[Aval]) -> tuple[list[Value], Graph]:
        found: list[Graph] = []
        one_out = [make_aval(a.shape[1:], a.dtype) for a in avals]

        def forward(*xs: Value) -> list[Value]:
            residuals: list[Value]
            residuals, pullback = self.rule.linearized(xs, one_out)
            found.append(pullback)
            return residuals

        one = trace(forward, self.avals)
        residuals = replay(vmap_graph(one.graph, (*self.mapped, *(False for _ in one.captures)), self.size),
                           [*primals, *one.captures])
        pullback = vmap_graph(found[0], (True,) * len(found[0].inputs), self.size)
        builder = Builder(embeds=True)
        arguments = [builder.argument(v.aval) for v in pullback.inputs]
        cts = replay(pullback, arguments)
        shared = [ct if m else np.sum(ct, 0) for ct, m in zip(cts, self.mapped, strict=True)]
        return list(residuals), builder.build(shared)


def _custom_vjp_jvp(primals: Sequence[Value], tangents: Sequence[Tangent], result: Any, /, *, graph: Graph,
                    rule: Any) -> tuple[Tangent, ...]:
    n = len(rule.avals if isinstance(rule, _MappedVjpRule) else rule.arguments.positions)
    _refuse_moving(tangents[n:])
    recorder = innermost(primals)
    residuals, pullback = rule.linearized(list(primals[:n]), [y.aval for y in result])
    moved = linear_call_p(*residuals, *[instantiate(t, recorder) for t in tangents[:n]], n_residuals=len(residuals),
                          pullback=pullback)
    return tuple([t if y.aval.inexact else Zero(y.aval) for t, y in zip(moved, result, strict=True)])


def _custom_vjp_batch(operands: Sequence[Value], mapped: Sequence[bool], /, *, graph: Graph, rule: Any) -> Any:
    size = _stacks(operands, mapped)
    n = len(rule.avals if isinstance(rule, _MappedVjpRule) else rule.arguments.positions)
    avals = tuple([v.aval for v in graph.inputs[:n]])
    return custom_vjp_p(*operands, graph=vmap_graph(graph, tuple(mapped), size),
                        rule=_MappedVjpRule(rule, avals, tuple(mapped[:n]), size))


custom_vjp_p: Primitive = Primitive("custom_vjp", _run, _infer, _custom_vjp_jvp, _custom_vjp_batch, several=True)


# -- linear_call: a linear function known by its transpose ----------------------------------------
# dy = L(r) dx, given as the pullback Graph(r..., ȳ... ⊸ x̄...). Forward mode transposes it back.


@memoised
def pushforward(pullback: Graph, n_residuals: int) -> Graph:
    """Graph(r..., ȳ... ⊸ x̄...) becomes Graph(r..., dx... ⊸ dy...)."""
    try:
        return transposed(pullback, n_residuals)
    except AssertionError as error:
        raise RuleError("forward mode through a custom_vjp whose backward rule cannot be transposed",
                        why=f"its cotangents are not computed from ȳ by linear operations alone: {error}",
                        edit="give the function a jvp rule with fad.custom_jvp, or use reverse mode") from None


def _linear_run(*operands: Value, n_residuals: int, pullback: Graph) -> tuple[Any, ...]:
    return _compiled(pushforward(pullback, n_residuals))(operands)


def _linear_infer(*avals: Aval, n_residuals: int, pullback: Graph) -> tuple[Aval, ...]:
    return tuple([v.aval for v in pullback.inputs[n_residuals:]])


def _linear_jvp(primals: Sequence[Value], tangents: Sequence[Tangent], result: Any, /, *, n_residuals: int,
                pullback: Graph) -> tuple[Tangent, ...]:
    if all(isinstance(t, Zero) for t in tangents[:n_residuals]):
        recorder = innermost(primals)
        moved: tuple[Tangent, ...] = linear_call_p(
            *primals[:n_residuals], *[instantiate(t, recorder) for t in tangents[n_residuals:]],
            n_residuals=n_residuals, pullback=pullback)
        return moved
    graph = pushforward(pullback, n_residuals)
    moves = tuple([not isinstance(t, Zero) for t in tangents])
    moving = [t for t in tangents if not isinstance(t, Zero)]
    return replay(jvp_graph(graph, moves), [*primals, *moving])[len(graph.outputs):]


def _linear_batch(operands: Sequence[Value], mapped: Sequence[bool], /, *, n_residuals: int, pullback: Graph) -> Any:
    size = _stacks(operands, mapped)
    stacked = [x if m else broadcast(x, (size, *x.shape), (0,)) for x, m in zip(operands, mapped, strict=True)]
    return linear_call_p(*stacked, n_residuals=n_residuals,
                         pullback=vmap_graph(pullback, (True,) * len(pullback.inputs), size))


def _linear_transpose(cts: Any, /, *operands: Any, n_residuals: int, pullback: Graph) -> Sequence[Tangent | None]:
    residuals = operands[:n_residuals]
    recorder = innermost([*[ct for ct in cts if not isinstance(ct, Zero)], *residuals])
    pulled = replay(pullback, [*residuals, *[instantiate(ct, recorder) for ct in cts]])
    return [*[None] * n_residuals, *[ct if isinstance(x, Linear) else None for ct, x in zip(
        pulled, operands[n_residuals:], strict=True)]]


linear_call_p: Primitive = Primitive("linear_call", _linear_run, _linear_infer, _linear_jvp, _linear_batch,
                                     _linear_transpose, several=True)


class custom_vjp(Generic[P, R]):  # noqa: N801  # used like a function
    """A function with a vjp rule of its own, from which every transform works.

    Args:
        f: a function of trees of arrays, in plain NumPy.

    Returns:
        A function like f, with the method `defvjp(fwd, bwd)`. `fwd` takes f's arguments and returns (out, residuals);
        `bwd(residuals, ct)` returns a tuple with a cotangent for each argument, or None for zero, and must be linear in
        ct. Forward mode transposes bwd, which takes a bwd made of operations that fad can transpose.

    Raises:
        RuleError: the function was differentiated before it had a rule, or the rule does not fit it.

    >>> import fad
    >>> @fad.custom_vjp
    ... def clipped(x):
    ...     return x
    >>> clipped.defvjp(lambda x: (x, None), lambda _, ct: (np.clip(ct, -1.0, 1.0),))
    >>> fad.grad(lambda x: 5.0 * clipped(x))(2.0)
    np.float64(1.0)
    """

    def __init__(self, f: Callable[P, R]) -> None:
        self.f = f
        self.rules: tuple[Callable[..., Any], Callable[..., Any]] | None = None
        functools.update_wrapper(self, f, updated=())  # not its __dict__: see Jitted

    def defvjp(self, fwd: Callable[..., tuple[R, A]], bwd: Callable[[A, R], Any]) -> None:
        """Give the two rules."""
        self.rules = fwd, bwd

    @overload
    def __get__(self, instance: None, owner: Any = None) -> Self: ...

    @overload
    def __get__(self: custom_vjp[Concatenate[Instance, Q], R], instance: Instance, owner: Any = None) -> Callable[Q, R]: ...

    @overload
    def __get__(self, instance: object, owner: Any = None) -> Self: ...  # under @staticmethod

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        values, keywords = _positional(self.f, args, kwargs)
        arguments, arrays = _Arguments.of(values)
        if innermost(arrays) is None:
            return self.f(*args, **kwargs)
        if self.rules is None:
            raise _no_rule(self.f, "vjp", "f.defvjp(fwd, bwd)")
        forward, backward = self.rules
        traced, out = _traced(functools.partial(self.f, **keywords), arguments, arrays)
        rule = _VjpRule(self.f, functools.partial(forward, **keywords) if keywords else forward, backward, arguments, out)
        result: R = tree.unflatten(out, custom_vjp_p(*arrays, *traced.captures, graph=traced.graph, rule=rule))
        return result
