"""Control flow as one equation, over trees: the graph of a loop is as large as one turn.

    cond       : (which, x...)  →  one function's results or the other's
    while_loop : carry          →  carry, for as long as a function of it says so
    fori_loop  : carry          →  carry, for i = lo, lo + 1, ..., hi - 1
    scan       : carry, xs      →  carry, ys

Here the users' functions are traced and what they return is checked; the equations are in `branches`,
`loops` and `scan`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from .. import tree
from ..avals import Aval, make_aval
from ..equation import Var
from ..errors import ArgumentError, DtypeError, FadError, ShapeError, TreeError
from ..graph import Graph, inlined, replay
from ..primitive import Value
from ..primitives.structural import convert, reshape
from ..tracer import Tracer
from ..tracing import Builder, trace
from ..tree import Structure
from ..typing import R, Ts
from .branches import cond_p
from .call import aval_of_value, is_array
from .checkpoint import checkpoint_p
from .inner import cut
from .loops import while_p
from .scan import scan_p

__all__ = ["cond", "fori_loop", "scan", "while_loop"]

C = TypeVar("C", bound=Any)
"""A carry: a tree of arrays and numbers."""

_NUMBERS = (float, int, complex, bool)


# -- trees of arrays ------------------------------------------------------------------------------


class _Arrays(NamedTuple):
    """A tree of arrays: its leaves as operands, and its structure."""

    values: list[Value]
    structure: Structure

    @classmethod
    def of(cls, what: str, x: Any) -> _Arrays:
        leaves, structure = tree.flatten(x)
        for leaf in leaves:
            if not is_array(leaf):
                raise TreeError(f"{what} has a leaf of type {type(leaf).__name__}", why="only arrays and numbers can be in it",
                                edit="let the function close over what stays the same")
        return cls([x if isinstance(x, (Tracer, np.ndarray)) and x.shape else _number(x) for x in leaves], structure)

    @property
    def avals(self) -> list[Aval]:
        return [aval_of_value(x) for x in self.values]

    @property
    def types(self) -> str:
        return _types(self.structure, self.avals)


def _number(x: Any) -> Value:
    return x if isinstance(x, Tracer) else np.asarray(x)[()]


def _is_number(x: Any) -> bool:
    """Whether a leaf is a Python number, traced or not."""
    return x.weak if isinstance(x, Tracer) else type(x) in _NUMBERS


def _types(structure: Structure, avals: Sequence[Aval]) -> str:
    return str(tree.unflatten(structure, avals))


class _Function(NamedTuple):
    """A user's function of leaves, traced: Graph(captures..., arguments... → results...)."""

    graph: Graph
    captures: tuple[Value, ...]

    @classmethod
    def of(cls, function: Callable[..., Sequence[Value]], avals: Sequence[Aval], weak: Sequence[bool] = ()) -> _Function:
        traced = trace(function, avals, (), weak)
        inputs = traced.graph.inputs
        ordered = Graph((*inputs[len(avals):], *inputs[:len(avals)]), traced.graph.equations, traced.graph.outputs)
        return cls(inlined(ordered), traced.captures)


    def fitted(self, numbers: Sequence[bool], avals: Sequence[Aval]) -> _Function:
        """The same with those results that are Python numbers in these dtypes."""
        if all(a.aval.dtype == aval.dtype or not n for a, aval, n in zip(self.graph.outputs, avals, numbers, strict=True)):
            return self
        builder = Builder(embeds=True)
        results = replay(self.graph, [builder.argument(v.aval) for v in self.graph.inputs])
        return self._replace(graph=builder.build([_fitted(y, aval) if n else y for y, aval, n in zip(
            results, avals, numbers, strict=True)]))


def _carried(what: str, result: Any, structure: Structure, avals: Sequence[Aval]) -> list[Value]:
    """The leaves of a new carry, of the types of the old one; a Python number takes the type that is there."""
    leaves, found = tree.flatten(result)
    if found != structure:
        raise TreeError(f"{what} was given a carry of structure {structure} and returned one of structure {found}",
                        why="each turn of a loop begins where the last one ended", edit="return a carry like the one given")
    for leaf in leaves:
        if not is_array(leaf):
            raise TreeError(f"{what} returned a carry with a leaf of type {type(leaf).__name__}",
                            why="a loop hands on arrays and numbers", edit="return arrays")
    fitted = [_fitted(x, aval) if _is_number(x) else x for x, aval in zip(leaves, avals, strict=True)]
    new = [aval_of_value(x) for x in fitted]
    if new != list(avals):
        shapes = [a.shape for a in new] != [a.shape for a in avals]
        kind: type[FadError] = ShapeError if shapes else DtypeError
        raise kind(
            f"{what} was given a carry of type {_types(structure, avals)} and returned one of type {_types(structure, new)}",
            why="each turn of a loop begins where the last one ended, and all turns are one program",
            edit="start from an array of the shape that is carried" if shapes else
                 "start from a value of the dtype that is carried, 0.0 instead of 0, or cast in the function: .astype(...)")
    return fitted


def _fitted(x: Value, aval: Aval) -> Value:
    """A number in the dtype of the array whose place it takes, if it is of a kind that fits."""
    found = aval_of_value(x)
    if found is aval or found.shape != aval.shape or not np.can_cast(found.dtype, aval.dtype, "same_kind"):
        return x
    return convert(x, aval.dtype) if isinstance(x, Tracer) else aval.dtype.type(x)


# -- cond -----------------------------------------------------------------------------------------


def cond(pred: Any, true_f: Callable[[*Ts], R], false_f: Callable[[*Ts], R], *operands: *Ts) -> R:
    """One of two functions, chosen when the program runs.

    In a plain derivative an `if` does as well, and traces one branch alone. Under `vmap` and inside loops, where a
    truth value is not known while the function is traced, it takes `cond`. Under `vmap`, where examples choose
    differently, both functions run for all of them.

    Args:
        pred: a truth value or a number, traced or not, of shape ().
        true_f: called, with the operands, where pred is true (or not 0); may close over traced values.
        false_f: called where it is false; must return a tree of the same structure, shapes and dtypes.
        *operands: trees of arrays; what is not an array reaches the functions untouched.

    Returns:
        The chosen function's result.

    Raises:
        ShapeError: pred is not one truth value, or the results differ in shape.
        TreeError, DtypeError: the results differ in structure or dtype.

    >>> import fad
    >>> fad.vmap(lambda x: fad.cond(x > 0, np.sqrt, lambda x: 0.0 * x, x))(np.array([4.0, -1.0]))
    array([ 2., -0.])
    """
    which = _truth("cond", pred)
    leaves, structure = tree.flatten(operands)
    positions = [i for i, leaf in enumerate(leaves) if is_array(leaf)]
    values = [leaves[i] for i in positions]
    weak = list(map(_is_number, values))
    avals = [aval_of_value(x) for x in values]

    def traced(f: Callable[[*Ts], R]) -> tuple[_Function, Structure, list[bool]]:
        shape: list[Structure] = []
        numbers: list[bool] = []

        def function(*tracers: Value) -> list[Value]:
            given = list(leaves)
            for i, x in zip(positions, tracers, strict=True):
                given[i] = x
            result = f(*tree.unflatten(structure, given))
            numbers.extend(map(_is_number, tree.leaves(result)))
            results = _Arrays.of("the result of a branch of cond", result)
            shape.append(results.structure)
            return results.values

        return _Function.of(function, avals, weak), shape[0], numbers

    (then, shape, numbers), (otherwise, other_shape, other_numbers) = traced(true_f), traced(false_f)
    if shape == other_shape:  # a number takes the dtype of the array in its place
        wanted = [b.aval if n and not m else a.aval for a, n, b, m in zip(
            then.graph.outputs, numbers, otherwise.graph.outputs, other_numbers, strict=True)]
        then, otherwise = then.fitted(numbers, wanted), otherwise.fitted(other_numbers, wanted)
    types = [[a.aval for a in g.graph.outputs] for g in (then, otherwise)]
    if shape != other_shape or types[0] != types[1]:
        kind: type[FadError] = TreeError if shape != other_shape else (
            ShapeError if [a.shape for a in types[0]] != [a.shape for a in types[1]] else DtypeError)
        raise kind(f"the functions of a cond return {_types(shape, types[0])} where it is true, and "
                   f"{_types(other_shape, types[1])} where it is false",
                   why="what follows is one program, whichever is chosen", edit="return the same structure, shapes and dtypes")
    n, m = len(then.captures), len(otherwise.captures)
    none = [v.aval for v in otherwise.graph.inputs[:m]]
    results = cond_p(which, *then.captures, *otherwise.captures, *values,
                     then=_with_inputs(then.graph, n, none), otherwise=_with_inputs(
                         otherwise.graph, 0, [v.aval for v in then.graph.inputs[:n]]))
    result: R = tree.unflatten(shape, results)
    return result


def _with_inputs(graph: Graph, at: int, avals: Sequence[Aval]) -> Graph:
    """The graph with more inputs, which it does not use."""
    start = 1 + max([v.number for v in graph.inputs] + [v.number for e in graph.equations for v in e.results], default=-1)
    more = [Var(start + i, aval) for i, aval in enumerate(avals)]
    return Graph((*graph.inputs[:at], *more, *graph.inputs[at:]), graph.equations, graph.outputs)


def _truth(what: str, x: Any) -> Value:
    """A value as one truth value."""
    if not is_array(x) or aval_of_value(x).shape != ():
        kind = aval_of_value(x) if is_array(x) else type(x).__name__
        raise ShapeError(f"{what} got a condition of type {kind}", why="it is one truth value that decides",
                         edit="reduce it with np.any or np.all, or choose entry by entry with np.where")
    if aval_of_value(x).dtype == np.bool_:
        return x if isinstance(x, Tracer) else np.bool_(x)
    return np.not_equal(x, 0)


# -- while_loop, fori_loop ------------------------------------------------------------------------


def while_loop(cond_f: Callable[[C], Any], body_f: Callable[[C], C], init: C) -> C:
    """A loop that goes on while a condition holds, as one equation: `while cond_f(x): x = body_f(x)`.

    It has derivatives in forward mode (`jvp`, `jacfwd`), in constant memory. Reverse mode needs a number of turns that
    is known: `scan` and `fori_loop`.

    Args:
        cond_f: takes the carry and returns one truth value.
        body_f: takes the carry and returns the next, of the same structure, shapes and dtypes.
        init: the carry at the start: a tree of arrays and numbers.

    Returns:
        The first carry for which the condition does not hold.

    Raises:
        TreeError, ShapeError, DtypeError: a turn changes the type of the carry; the message shows both.
        AbstractValueError: body_f asks for the value of its argument, as `if x > 0` does.
        MissingRuleError: in reverse mode.

    >>> import fad
    >>> newton = lambda a: while_loop(lambda x: abs(x * x - a) > 1e-12, lambda x: 0.5 * (x + a / x), a)
    >>> fad.jvp(newton, (2.0,), (1.0,))
    (np.float64(1.414213562373095), np.float64(0.3535533905932738))
    """
    start = _Arrays.of("the initial carry of while_loop", init)
    avals = start.avals

    def go_on(*tracers: Value) -> list[Value]:
        return [_truth("while_loop", cond_f(tree.unflatten(start.structure, tracers)))]

    def turn(*tracers: Value) -> list[Value]:
        return _carried("the body of a while_loop", body_f(tree.unflatten(start.structure, tracers)), start.structure, avals)

    test, body = _Function.of(go_on, avals), _Function.of(turn, avals)
    builder = Builder(embeds=True)
    test_consts, body_consts, carry = [[builder.argument(v.aval) for v in run] for run in (
        test.graph.inputs[:len(test.captures)], body.graph.inputs[:len(body.captures)], body.graph.inputs[len(body.captures):])]
    new = replay(body.graph, [*body_consts, *carry])
    both = builder.build([*replay(test.graph, [*test_consts, *new]), *new])
    going, = replay(test.graph, [*test.captures, *start.values])
    consts = (*test.captures, *body.captures)
    result: C = tree.unflatten(start.structure, while_p(going, *consts, *start.values, body=both, n_consts=len(consts)))
    return result


def fori_loop(lo: Any, hi: Any, body_f: Callable[[Any, C], C], init: C, *, unroll: int | bool = 1,
              checkpoint: int | bool = False) -> C:
    """A counting loop as one equation: `for i in range(lo, hi): x = body_f(i, x)`.

    With bounds that are plain ints it is a `scan`, with derivatives in both modes; with traced bounds a `while_loop`,
    which has forward mode alone.

    Args:
        lo, hi: integers, of shape ().
        body_f: takes the counter, a traced integer, and the carry; returns the next carry.
        init: the carry at the start: a tree of arrays and numbers.
        unroll, checkpoint: as for `scan`.

    Returns:
        The carry at the end.

    Raises:
        TreeError, ShapeError, DtypeError: a turn changes the type of the carry; the message shows both.
        AbstractValueError: body_f asks for the value of an argument, as `if i > 0` does.

    >>> import fad
    >>> fad.grad(lambda x: fori_loop(0, 3, lambda i, y: y * x, 1.0))(2.0)
    np.float64(12.0)
    """
    for bound in (lo, hi):
        if not is_array(bound) or aval_of_value(bound).shape != () or aval_of_value(bound).dtype.kind not in "iu":
            raise DtypeError(f"fori_loop got a bound of type {aval_of_value(bound) if is_array(bound) else type(bound).__name__}",
                             why="a loop counts in integers", edit="give ints")

    def turn(state: tuple[Any, C]) -> tuple[Any, C]:
        i, carry = state
        counter = i.alias()
        counter.weak = True  # as range gives Python ints, which leave the dtype of what they meet
        return i + 1, body_f(counter, carry)

    start = (lo if isinstance(lo, Tracer) else np.int64(lo), init)
    if isinstance(lo, Tracer) or isinstance(hi, Tracer):
        _, result = while_loop(lambda state: state[0] < hi, turn, start)
    else:
        (_, result), _ = scan(lambda state, _: (turn(state), None), start, length=max(0, int(hi) - int(lo)), unroll=unroll,
                              checkpoint=checkpoint)
    return result


# -- scan -----------------------------------------------------------------------------------------


def scan(f: Callable[[C, Any], tuple[C, Any]], init: C, xs: Any = None, length: int | None = None, *,
         reverse: bool = False, unroll: int | bool = 1, checkpoint: int | bool = False) -> tuple[C, Any]:
    """A loop over the entries of arrays that hands something on, as one equation.

        for x in xs: carry, y = f(carry, x)

    Args:
        f: takes the carry and an entry of xs, and returns the next carry, of the same structure, shapes and dtypes,
            and what is to be collected, any tree of arrays; may close over traced values.
        init: the carry at the start: a tree of arrays and numbers.
        xs: a tree of arrays, which are gone through along their first axis; None for none.
        length: how many turns; needed where there are no xs.
        reverse: begin with the last entry.
        unroll: how many turns are written out one after another, where the optimiser sees them together: for large
            arrays, whose entries then stay in the cache for that many turns. True for all of them.
        checkpoint: True: reverse mode keeps the carry of every √n-th turn alone and runs the turns between once more, in
            memory for 2√n turns instead of n. A number: of every so many turns.

    Returns:
        (carry, ys): the carry at the end, and the tree of what was collected, stacked along a new first axis.

    Raises:
        TreeError, ShapeError, DtypeError: a turn changes the type of the carry (the message shows both), or the xs
            are of different lengths.
        AbstractValueError: f asks for the value of an argument, as `if x > 0` does.

    >>> scan(lambda total, x: (total + x, total * x), 0.0, np.array([1.0, 2.0, 3.0]))
    (np.float64(6.0), array([0., 2., 9.]))

    Reverse mode in √n memory: Griewank, Achieving logarithmic growth of temporal and spatial complexity (1992).
    """
    start, stacks = _Arrays.of("the initial carry of scan", init), _Arrays.of("the xs of scan", xs)
    n = _length(stacks, length)
    n_carry = len(start.values)
    shape: list[Structure] = []
    avals = start.avals

    def turn(*tracers: Value) -> list[Value]:
        result: Any = f(tree.unflatten(start.structure, tracers[:n_carry]), tree.unflatten(stacks.structure, tracers[n_carry:]))
        if not isinstance(result, tuple) or len(result) != 2:
            raise TreeError(f"the function of a scan returned a {type(result).__name__}",
                            why="each turn gives the next carry and what is collected", edit="return (carry, y); y may be None")
        new = _carried("the function of a scan", result[0], start.structure, avals)
        collected = _Arrays.of("what the function of a scan collects", result[1])
        shape.append(collected.structure)
        return [*new, *collected.values]

    body = _Function.of(turn, [*avals, *[make_aval(a.shape[1:], a.dtype) for a in stacks.avals]])
    loop = _Loop(body.graph, len(body.captures), n_carry, reverse, n if unroll is True else max(1, int(unroll)))
    group = math.isqrt(max(n - 1, 0)) + 1 if checkpoint is True else int(checkpoint)
    results = loop(n, group, [*body.captures, *start.values], stacks.values)
    carry: C = tree.unflatten(start.structure, results[:n_carry])
    return carry, tree.unflatten(shape[0], results[n_carry:])


def _length(stacks: _Arrays, length: int | None) -> int:
    """The number of turns."""
    if any(not a.shape for a in stacks.avals):
        raise ShapeError(f"scan got xs of type {stacks.types}", why="it goes through them along their first axis",
                         edit="give arrays with at least one axis, and close over what stays the same")
    sizes = {a.shape[0] for a in stacks.avals} | ({length} if length is not None else set())
    if not sizes:
        raise ArgumentError("scan got neither xs nor a length", why="the number of turns is not known", edit="give length=")
    if len(sizes) > 1:
        raise ShapeError(f"scan got xs of type {stacks.types}" + (f" and length={length}" if length is not None else ""),
                         why="one turn takes an entry of each", edit="give arrays of one length")
    return int(sizes.pop())


class _Loop(NamedTuple):
    """A scan to be written down: in one, in checkpointed groups of turns, or with some turns in a row."""

    body: Graph
    n_consts: int
    n_carry: int
    reverse: bool
    unroll: int

    def __call__(self, length: int, group: int, state: Sequence[Value], xs: Sequence[Value]) -> list[Value]:
        """The results for consts and carry, and the xs."""
        if group:
            return self._in_groups(length, group, self._checkpointed, state, xs)
        if self.unroll > 1:
            return self._in_groups(length, self.unroll, self._in_a_row, state, xs)
        return list(self._scan(self.body, length, state, xs))

    def _scan(self, body: Graph, length: int, state: Sequence[Value], xs: Sequence[Value]) -> Sequence[Value]:
        results: Sequence[Value] = scan_p(*state, *xs, body=body, n_consts=self.n_consts, n_carry=self.n_carry, length=length,
                                          reverse=self.reverse)
        return results

    def _in_groups(self, length: int, size: int, group: Callable[[int], Graph], state: Sequence[Value],
                   xs: Sequence[Value]) -> list[Value]:
        """A scan of groups of turns, and a group for the turns that are left; `group(n)` is the program for n turns."""
        size = max(1, min(size, length))
        n = length // size
        whole = n * size
        stacks = [reshape(x[:whole], (n, size, *x.shape[1:])) for x in xs]
        parts: list[Sequence[Value]] = []

        def run(is_rest: bool) -> None:
            nonlocal state
            results = replay(group(length - whole), [*state, *[x[whole:] for x in xs]]) if is_rest else self._scan(
                group(size), n, state, stacks)
            new, ys = cut(results, self.n_carry)
            state = [*state[:self.n_consts], *new]
            parts.append(ys if is_rest else [reshape(y, (whole, *aval_of_value(y).shape[2:])) for y in ys])

        order = [False, True] if length > whole else [False]
        for is_rest in reversed(order) if self.reverse else order:
            run(is_rest)
        if self.reverse:
            parts.reverse()
        ys = parts[0] if len(parts) == 1 else [np.concatenate(pair) for pair in zip(*parts, strict=True)]
        return [*state[self.n_consts:], *ys]

    def _inputs(self, length: int, builder: Builder) -> tuple[list[Value], list[Value]]:
        first, xs = cut([v.aval for v in self.body.inputs], self.n_consts + self.n_carry)
        return ([builder.argument(a) for a in first],
                [builder.argument(make_aval((length, *a.shape), a.dtype)) for a in xs])

    def _checkpointed(self, length: int) -> Graph:
        """A group as one checkpointed loop."""
        builder = Builder(embeds=True)
        state, xs = self._inputs(length, builder)
        inside = builder.build(self(length, 0, state, xs))
        outer = Builder(embeds=True)
        return outer.build(checkpoint_p(*[outer.argument(v.aval) for v in inside.inputs], graph=inside))

    def _in_a_row(self, length: int) -> Graph:
        """A group as one turn after another."""
        builder = Builder(embeds=True)
        state, xs = self._inputs(length, builder)
        rows: list[Sequence[Value]] = []
        for i in reversed(range(length)) if self.reverse else range(length):
            new, ys = cut(replay(self.body, [*state, *[x[i] for x in xs]]), self.n_carry)
            state = [*state[:self.n_consts], *new]
            rows.append(ys)
        if self.reverse:
            rows.reverse()
        avals = [a.aval for a in self.body.outputs[self.n_carry:]]
        stacks = [np.stack([row[k] for row in rows]) if rows else np.zeros((0, *a.shape), a.dtype) for k, a in enumerate(avals)]
        return builder.build([*state[self.n_consts:], *stacks])
