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
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from .. import tree
from ..core.avals import Aval, make_aval
from ..core.equation import Var
from ..core.graph import Graph, replay
from ..core.leaves import aval_of_value, is_array, is_number
from ..core.primitive import Value
from ..core.tracer import Tracer
from ..core.tracing import Builder
from ..errors import ArgumentError, DtypeError, FadError, ShapeError, TreeError
from ..nested.bodies import Arrays, Function, carried, truth, types
from ..nested.branches import cond_p
from ..nested.loops import while_p
from ..nested.turns import Turns
from ..tree import Structure
from ..typing import Array, Floating, G, Tree, Ts

__all__ = ["cond", "fori_loop", "scan", "while_loop"]

C = TypeVar("C", bound=Any)
"""A carry: a tree of arrays and numbers."""
T = TypeVar("T", bound=Tree)
"""A tree of arrays and numbers that two functions return. The bound is what a checker sees their disagreement by: without
one it would find a type that has both."""


# -- cond -----------------------------------------------------------------------------------------


def cond(pred: object, true_f: Callable[[*Ts], T], false_f: Callable[[*Ts], T], *operands: *Ts) -> T:
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
    >>> fad.vmap(lambda x: fad.cond(x > 0, np.square, np.negative, x))(np.array([4.0, -1.0]))
    array([16.,  1.])
    """
    which = truth("cond", pred)
    leaves, structure = tree.flatten(operands)
    positions = [i for i, leaf in enumerate(leaves) if is_array(leaf)]
    values = [leaves[i] for i in positions]
    weak = list(map(is_number, values))
    avals = [aval_of_value(x) for x in values]

    def traced(f: Callable[..., object]) -> tuple[Function, Structure, list[bool]]:
        shape: list[Structure] = []
        numbers: list[bool] = []

        def function(*tracers: Value) -> list[Value]:
            given = list(leaves)
            for i, x in zip(positions, tracers, strict=True):
                given[i] = x
            result = f(*tree.unflatten(structure, given))
            numbers.extend(map(is_number, tree.leaves(result)))
            results = Arrays.of("the result of a branch of cond", result)
            shape.append(results.structure)
            return results.values

        return Function.of(function, avals, weak, whole=True), shape[0], numbers

    (then, shape, numbers), (otherwise, other_shape, other_numbers) = traced(true_f), traced(false_f)
    if shape == other_shape:  # a number takes the dtype of the array in its place
        wanted = [b.aval if n and not m else a.aval for a, n, b, m in zip(
            then.graph.outputs, numbers, otherwise.graph.outputs, other_numbers, strict=True)]
        then, otherwise = then.fitted(numbers, wanted), otherwise.fitted(other_numbers, wanted)
    found = [[a.aval for a in g.graph.outputs] for g in (then, otherwise)]
    if shape != other_shape or found[0] != found[1]:
        kind: type[FadError] = TreeError if shape != other_shape else (
            ShapeError if [a.shape for a in found[0]] != [a.shape for a in found[1]] else DtypeError)
        raise kind(f"the functions of a cond return {types(shape, found[0])} where it is true, and "
                   f"{types(other_shape, found[1])} where it is false",
                   why="what follows is one program, whichever is chosen",
                   edit="return the same structure, shapes and dtypes")
    n, m = len(then.captures), len(otherwise.captures)
    none = [v.aval for v in otherwise.graph.inputs[:m]]
    results = cond_p(which, *then.captures, *otherwise.captures, *values,
                     then=_with_inputs(then.graph, n, none), otherwise=_with_inputs(
                         otherwise.graph, 0, [v.aval for v in then.graph.inputs[:n]]))
    result: T = tree.unflatten(shape, results)
    return result


def _with_inputs(graph: Graph, at: int, avals: Sequence[Aval]) -> Graph:
    """The graph with more inputs, which it does not use."""
    numbers = [v.number for v in graph.inputs] + [v.number for e in graph.equations for v in e.results]
    start = 1 + max(numbers, default=-1)
    more = [Var(start + i, aval) for i, aval in enumerate(avals)]
    return Graph((*graph.inputs[:at], *more, *graph.inputs[at:]), graph.equations, graph.outputs)


# -- while_loop, fori_loop ------------------------------------------------------------------------


def while_loop(cond_f: Callable[[C], object], body_f: Callable[[C], C], init: C) -> C:
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
    (np.float64(1.414213562373095), np.float64(0.35355339059327373))
    """
    start = Arrays.of("the initial carry of while_loop", init)
    avals = start.avals

    def go_on(*tracers: Value) -> list[Value]:
        return [truth("while_loop", cond_f(tree.unflatten(start.structure, tracers)))]

    def turn(*tracers: Value) -> list[Value]:
        new = body_f(tree.unflatten(start.structure, tracers))
        return carried("the body of a while_loop", new, start.structure, avals)

    test, body = Function.of(go_on, avals), Function.of(turn, avals)
    builder = Builder(embeds=True)
    m, n = len(test.captures), len(body.captures)
    test_consts, body_consts, carry = [[builder.argument(v.aval) for v in run] for run in (
        test.graph.inputs[:m], body.graph.inputs[:n], body.graph.inputs[n:])]
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
            kind = aval_of_value(bound) if is_array(bound) else type(bound).__name__
            raise DtypeError(f"fori_loop got a bound of type {kind}", why="a loop counts in integers", edit="give ints")

    def turn(state: tuple[Any, C]) -> tuple[Any, C]:
        i, carry = state
        counter = i.alias()
        counter.weak = True  # as range gives Python ints, which leave the dtype of what they meet
        return i + 1, body_f(counter, carry)

    start = (lo if isinstance(lo, Tracer) else np.int64(lo), init)
    if isinstance(lo, Tracer) or isinstance(hi, Tracer):
        _, result = while_loop(lambda state: state[0] < hi, turn, start)
    else:
        n = max(0, int(hi) - int(lo))
        (_, result), _ = scan(lambda state, _: (turn(state), None), start, length=n, unroll=unroll, checkpoint=checkpoint)
    return result


# -- scan -----------------------------------------------------------------------------------------


@overload
def scan(f: Callable[[C, Any], tuple[C, Floating]], init: C, xs: Any = None, length: int | None = None, *,
         reverse: bool = False, unroll: int | bool = 1, checkpoint: int | bool = False) -> tuple[C, NDArray[Floating]]: ...


@overload
def scan(f: Callable[[C, Any], tuple[C, float]], init: C, xs: Any = None, length: int | None = None, *,
         reverse: bool = False, unroll: int | bool = 1, checkpoint: int | bool = False) -> tuple[C, Array]: ...


@overload
def scan(f: Callable[[C, Any], tuple[C, np.ndarray[Any, np.dtype[G]]]], init: C, xs: Any = None,
         length: int | None = None, *, reverse: bool = False, unroll: int | bool = 1,
         checkpoint: int | bool = False) -> tuple[C, NDArray[G]]: ...


@overload
def scan(f: Callable[[C, Any], tuple[C, Any]], init: C, xs: Any = None, length: int | None = None, *,
         reverse: bool = False, unroll: int | bool = 1, checkpoint: int | bool = False) -> tuple[C, Any]: ...


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
            arrays, whose entries then stay in the cache for that many turns; small ones lose. True for all of them.
        checkpoint: True: reverse mode keeps the carry of every √n-th turn alone and runs the turns between once more,
            in memory for 2√n turns instead of n. A number: of every so many turns.

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
    start, stacks = Arrays.of("the initial carry of scan", init), Arrays.of("the xs of scan", xs)
    n = _length(stacks, length)
    n_carry = len(start.values)
    shape: list[Structure] = []
    avals = start.avals

    def turn(*tracers: Value) -> list[Value]:
        carry, x = tree.unflatten(start.structure, tracers[:n_carry]), tree.unflatten(stacks.structure, tracers[n_carry:])
        result: Any = f(carry, x)
        if not isinstance(result, tuple) or len(result) != 2:
            raise TreeError(f"the function of a scan returned a {type(result).__name__}",
                            why="each turn gives the next carry and what is collected",
                            edit="return (carry, y); y may be None")
        new = carried("the function of a scan", result[0], start.structure, avals)
        collected = Arrays.of("what the function of a scan collects", result[1])
        shape.append(collected.structure)
        return [*new, *collected.values]

    body = Function.of(turn, [*avals, *[make_aval(a.shape[1:], a.dtype) for a in stacks.avals]])
    loop = Turns(body.graph, len(body.captures), n_carry, reverse, n if unroll is True else max(1, int(unroll)))
    group = math.isqrt(max(n - 1, 0)) + 1 if checkpoint is True else int(checkpoint)
    results = loop(n, group, [*body.captures, *start.values], stacks.values)
    carry: C = tree.unflatten(start.structure, results[:n_carry])
    return carry, tree.unflatten(shape[0], results[n_carry:])


def _length(stacks: Arrays, length: int | None) -> int:
    """The number of turns."""
    if any(not a.shape for a in stacks.avals):
        raise ShapeError(f"scan got xs of type {stacks.types}", why="it goes through them along their first axis",
                         edit="give arrays with at least one axis, and close over what stays the same")
    sizes = {a.shape[0] for a in stacks.avals} | ({length} if length is not None else set())
    if not sizes:
        raise ArgumentError("scan got neither xs nor a length", why="the number of turns is not known",
                            edit="give length=")
    if len(sizes) > 1:
        also = f" and length={length}" if length is not None else ""
        raise ShapeError(f"scan got xs of type {stacks.types}{also}",
                         why="one turn takes an entry of each", edit="give arrays of one length")
    return int(sizes.pop())
