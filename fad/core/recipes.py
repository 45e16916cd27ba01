"""What NumPy's conventions come to for arguments of given types, remembered.

What `np.max(z, axis=1, keepdims=True)` records depends on the type of z, and on the settings, and on
nothing else. So it is watched once, and written down as a recipe: these primitives, with these operands,
these params and these types of results. From then on a call of the same kind follows the recipe, which
takes a microsecond an equation, and the conventions are not asked again.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from types import FrameType
from typing import Any, NamedTuple, Protocol

import numpy as np

from .avals import Aval, aval_of
from .dispatch import Rule
from .equation import Atom, Equation, Literal, Var, small_literal
from .primitive import AnyPrimitive, Operand, Params, Recorder, Traced

__all__ = ["Recipe", "Step", "Writer", "call"]

_FLOAT64 = np.dtype(np.float64)
_LIMIT = 1 << 14

_recipes: dict[Hashable, Recipe | None] = {}  # None: watched, and of another kind


class Step(NamedTuple):
    """One equation of a recipe; an operand is a literal or the number of an earlier value."""

    primitive: AnyPrimitive
    operands: tuple[int | Literal, ...]
    params: Params
    avals: tuple[Aval, ...]


class Recipe(NamedTuple):
    """Equations on numbered values, the arguments first; and the number of the result."""

    steps: tuple[Step, ...]
    result: int
    weak: bool


class Writer(Recorder, Protocol):
    """The recorder as a recipe needs it: see `tracing.Builder`."""

    equations: list[Equation]
    captures: dict[Hashable, tuple[Var, object]]
    demands: int

    def atom(self, x: Operand | Literal) -> Atom:
        """A value as an operand."""
        ...

    def follow(self, recipe: Recipe, atoms: list[Atom], frame: FrameType) -> object:
        """Write down the equations of a recipe; a tracer of its result."""
        ...


def call(tracers: Sequence[type], builder: Any, rule: Rule, name: Hashable, args: Sequence[object],
         kwargs: dict[str, object], frame: FrameType, n_operands: int | None = None) -> Any:
    """rule(*args, **kwargs), by its recipe where there is one.

    Args:
        tracers: the classes of the traced values that a recipe may take, the first that of results. (Views are left
            out where what is done with them depends on how they lie in memory.)
        builder: where the equations are recorded, a Writer.
        rule: what NumPy's function does with traced arguments.
        name: the function.
        args, kwargs: of the call.
        frame: the caller's, for the place in the user's code.
        n_operands: how many arguments are operands, of which the rule sees the types alone; None for all of them. At the
            others it may look, as np.repeat does at its counts and np.tensordot at its axes: then there is no recipe for
            plain arrays, and one for each number.

    The key says all that a recipe depends on: the types of the traced values and of the constants, and which of them are one
    object, since a trace has one variable for that; settings by value and class, zeros by their sign.
    """
    if builder.embeds or builder.closed:
        return rule(*args, **kwargs)
    key: list[Hashable] = [name]
    values: list[Any] = []
    if not _read(args if n_operands is None else args[:n_operands], tracers, builder, key, values, False):
        return rule(*args, **kwargs)
    if n_operands is not None and not _read(args[n_operands:], tracers, builder, key, values, True):
        return rule(*args, **kwargs)
    whole = (*key, *[(k, _setting(v)) for k, v in kwargs.items()]) if kwargs else tuple(key)
    try:
        recipe = _recipes.get(whole, whole)
    except TypeError:  # an argument without a hash
        return rule(*args, **kwargs)
    if recipe is None:
        return rule(*args, **kwargs)
    if recipe is whole:
        return _watched(whole, values, tracers[0], builder, rule, args, kwargs)
    assert isinstance(recipe, Recipe)
    return builder.follow(recipe, [v if v.__class__ is Var else builder.atom(v) for v in values], frame)


def _read(args: Sequence[Any], tracers: Sequence[type], builder: Writer, key: list[Hashable], values: list[object],
          by_value: bool) -> bool:
    """Sort the arguments into the key and the values that may change from call to call; False where that cannot be."""
    for x in args:
        kind = x.__class__
        if kind in tracers:
            if x.builder is not builder:
                return False
            atom = x.atom
            for i, v in enumerate(values):
                if v.__class__ is Var and v == atom:  # f(x, x) is not f(x, y)
                    key.append(("same as", i))
                    break
            else:
                key.append((atom.aval, x.weak))
            values.append(atom)
        elif (kind is float or kind is np.float64) and not by_value:
            key.append((kind, small_literal(x, _FLOAT64), _place(x, values)))
            values.append(x)
        elif kind is np.ndarray:
            if by_value or not x.ndim:  # (a number may become a literal)
                return False
            key.append((kind, aval_of(x), _place(x, values)))
            values.append(x)
        elif kind is list or kind is tuple and any(isinstance(y, Traced) for y in x):
            key.append((kind, len(x)))
            if not _read(x, tracers, builder, key, values, by_value):
                return False
        elif isinstance(x, (np.inexact, complex, Traced)) or callable(x) and kind is not type:
            # 0.0 and -0.0 would be one key; other traces have their own variables; what a function closes over may change
            return False
        else:
            key.append(_setting(x))
    return True


def _place(x: object, values: Sequence[object]) -> int:
    """Where this very object is among the values so far; behind them, if it is not."""
    for i, v in enumerate(values):
        if v is x:
            return i
    return len(values)


def _setting(x: Any) -> Hashable:
    """A setting as part of a key, under which 1, 1.0 and True are three values, and so are 0.0 and -0.0."""
    kind = x.__class__
    if kind is tuple:
        return kind, *map(_setting, x)
    return kind, repr(x) if isinstance(x, (float, complex)) else x


def _watched(key: Hashable, values: Sequence[object], tracer: Any, builder: Writer, rule: Rule, args: Sequence[object],
             kwargs: dict[str, object]) -> Any:
    """Run the rule, and remember what it did, if that can be told from the key alone."""
    before, demands = len(builder.equations), builder.demands
    result: Any = rule(*args, **kwargs)
    if len(_recipes) > _LIMIT:
        _recipes.clear()
    known: dict[Atom, int] = {}
    for i, x in enumerate(values):
        if isinstance(x, Var):
            known.setdefault(x, i)
        elif id(x) in builder.captures:
            known.setdefault(builder.captures[id(x)][0], i)
    n = len(values)
    steps: list[Step] = []
    recipe: Recipe | None = None
    for primitive, operands, params, results, _ in builder.equations[before:]:
        found = [a if isinstance(a, Literal) else known[a] for a in operands if isinstance(a, Literal) or a in known]
        if len(found) < len(operands):  # a constant of the rule's own making, or something that was recorded before
            break
        steps.append(Step(primitive, tuple(found), params, tuple([v.aval for v in results])))
        for v in results:
            known[v] = n
            n += 1
    else:
        if (result.__class__ is tracer and result.builder is builder and builder.demands == demands
                and result.atom in known and not any(result is x for x in args)):
            recipe = Recipe(tuple(steps), known[result.atom], result.weak)
    _recipes[key] = recipe
    return result
