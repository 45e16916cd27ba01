"""Is this derivative right? Derivatives against central differences, at a point of the user's choice.

    check_grads : (f, args) → None, or an error that shows the worst entry

Every entry of every argument is moved a little, both ways, and what the result does is held against what
forward and reverse mode say. For the order 2, the derivatives are themselves functions to be checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from . import tree
from .core.leaves import aval_of_value
from .core.primitive import Value
from .core.tracing import concrete
from .errors import ArgumentError, DerivativeMismatchError, TreeError
from .transforms.call import Moving, moving
from .transforms.linearize import jvp, vjp

__all__ = ["check_grads"]

Flat = Callable[..., list[Value]]  # of the moving leaves, to the float and complex leaves of the result
Mode: TypeAlias = Literal["fwd", "rev"]

_MODES: tuple[Mode, ...] = ("fwd", "rev")
_NUMBERS: tuple[type, ...] = (float, complex)
_MOST_ENTRIES = 256  # of one argument; of a larger one, that many are chosen


def check_grads(f: Callable[..., object], args: Sequence[object], order: int = 2, modes: Sequence[Mode] = _MODES) -> None:
    """Hold the derivatives of a function against central differences, and raise where the two disagree.

    Args:
        f: a function of trees of float or complex arrays and numbers, which returns such a tree. It should be smooth
            within about 0.001 of the arguments (0.04 for float32), relative to their size.
        args: the arguments, in a tuple or list. Of an array of more than 256 entries, 256 are checked.
        order: 1 checks the derivative, 2 also the derivative of the derivative, and so on.
        modes: "fwd" checks `jvp`, "rev" checks `vjp`; at the order 2 every mode is checked over every mode.

    Raises:
        DerivativeMismatchError: they disagree; an AssertionError, which shows the worst entry: its argument and index,
            the derivative, the difference and the tolerance.
        ArgumentError: `order` is below 1, or a mode is neither "fwd" nor "rev".

    >>> check_grads(lambda x: np.sin(x) * x, (np.array([0.5, 1.0]),))
    >>> from fad import stop_gradient
    >>> check_grads(lambda x: x * stop_gradient(x), (3.0,), order=1, modes=["fwd"])
    Traceback (most recent call last):
        ...
    fad.errors.DerivativeMismatchError: the derivative by fwd of <lambda> at args[0]: derivative 3.0, difference 6.0...

    Extrapolated differences: Richardson, The Approximate Arithmetical Solution by Finite Differences (1911).
    """
    if order < 1:
        raise ArgumentError(f"check_grads got order={order!r}", why="the first derivative is of order 1",
                            edit="give 1 or 2")
    for mode in modes:
        if mode not in _MODES:
            raise ArgumentError(f"check_grads got the mode {mode!r}",
                                why='there are "fwd", which is jvp, and "rev", which is vjp',
                                edit='give modes=("fwd", "rev"), or one of them')
    if not isinstance(args, (tuple, list)):
        raise TreeError(f"check_grads got args of type {type(args).__name__}",
                        why="they are given in a tuple, one an argument", edit="write (args,) for one argument")
    moved = moving("check_grads", args)
    values = [_own(x) for x in moved.values]

    def flat(*leaves: Value) -> list[Value]:
        return [y for y in tree.leaves(f(*moved.rebuilt(leaves))) if _inexact(y)]

    _Check(getattr(f, "__name__", "f"), _places(moved), tuple(modes)).run(flat, values, order, ())


# -- the check ------------------------------------------------------------------------------------


class _Entry(NamedTuple):
    """One entry of the derivative: where it is, what it is said to be, and what differences give."""

    place: str
    derivative: complex
    difference: complex
    tolerance: float

    @property
    def excess(self) -> float:
        """How many tolerances the two are apart; infinite where one of them is not finite."""
        distance = abs(self.derivative - self.difference)
        return float(distance / self.tolerance) if np.isfinite(distance) else np.inf


class _Check(NamedTuple):
    """What stays the same while a function and its derivatives are checked."""

    name: str
    places: list[str]  # of each moving leaf
    modes: tuple[str, ...]

    def run(self, f: Flat, values: list[Value], order: int, done: tuple[str, ...]) -> None:
        """Check the derivative of f in each mode and, up to the order, the derivative that the mode gives.

        `done` are the modes by which f has become what it is.
        """
        rng = np.random.default_rng(0)
        outs = f(*values)
        cts = [_random(rng, y) for y in outs]
        t = tuple(_random(rng, x) for x in values)
        steps = [_Step(values, i, at, unit, _precision([*values, *outs]))
                 for i, at, unit in _basis(values, rng)]
        differences = [step.difference(f) for step in steps]
        computed = (*outs, *(y for moved in differences for y in moved))
        scale = max((float(np.max(np.abs(y), initial=0.0)) for y in computed), default=0.0)
        rows = {"fwd": self._forward, "rev": self._reverse}
        for mode in self.modes:
            self._judge(list(rows[mode](f, values, cts, steps, differences, scale)), (mode, *done))
        if order > 1:
            for mode in self.modes:
                def derivative(*xs: Value, mode: str = mode) -> list[Value]:
                    if mode == "fwd":
                        pushed: list[Value] = jvp(f, xs, t)[1]
                        return pushed
                    return list(vjp(f, *xs)[1](cts))

                self.run(derivative, values, order - 1, (mode, *done))

    def _forward(self, f: Flat, values: list[Value], cts: list[Value], steps: list[_Step], differences: list[list[Value]],
                 scale: float) -> Iterator[_Entry]:
        """Each entry of each result, moved by each entry of each argument."""
        for step, moved in zip(steps, differences, strict=True):
            for k, (derivative, difference) in enumerate(zip(jvp(f, values, step.tangents())[1], moved, strict=True)):
                where = self._place(step) + (f", result {k}" if len(moved) > 1 else "")
                for at in np.ndindex(np.shape(difference)):
                    yield step.entry(where + (f" entry {list(at)}" if at else ""), np.asarray(derivative)[at],
                                     np.asarray(difference)[at], scale)

    def _reverse(self, f: Flat, values: list[Value], cts: list[Value], steps: list[_Step], differences: list[list[Value]],
                 scale: float) -> Iterator[_Entry]:
        """Each entry of each argument, for one random cotangent: a pullback x̄ has Re x̄ = ∂u/∂x and Im x̄ = -∂u/∂y."""
        pulled = vjp(f, *values)[1](cts)
        for step, moved in zip(steps, differences, strict=True):
            difference = sum(float(np.sum(ct * d).real) for ct, d in zip(cts, moved, strict=True))
            entry = np.asarray(pulled[step.leaf])[step.at]
            yield step.entry(self._place(step), -entry.imag if step.unit == 1j else entry.real, difference,
                             scale * sum(np.size(ct) for ct in cts))

    def _place(self, step: _Step) -> str:
        index = f"[{', '.join(map(str, step.at))}]" if step.at else ""
        return self.places[step.leaf] + index + (" along the imaginary axis" if step.unit == 1j else "")

    def _judge(self, entries: list[_Entry], modes: tuple[str, ...]) -> None:
        worst = max(entries, key=lambda entry: entry.excess, default=None)
        if worst is None or worst.excess <= 1.0:
            return
        wrong = sum(entry.excess > 1.0 for entry in entries)
        raise DerivativeMismatchError(
            f"the derivative by {' over '.join(modes)} of {self.name} at {worst.place}: derivative {worst.derivative}, "
            f"difference {worst.difference}, {abs(worst.derivative - worst.difference):.2g} apart with a tolerance of "
            f"{worst.tolerance:.2g}; it is the worst of {wrong} in {len(entries)} entries that disagree",
            why="a rule is wrong, or the function is not smooth or not finite near the arguments, or it ends a "
                "derivative on purpose, as stop_gradient and round do",
            edit="check at a point away from kinks, with numbers neither tiny nor huge; then check the functions that "
                 "it is made of")


# -- differences ----------------------------------------------------------------------------------


class _Step(NamedTuple):
    """One entry of one moving leaf, and the unit along which it is moved: 1, or 1j."""

    values: list[Value]
    leaf: int
    at: tuple[int, ...]
    unit: complex
    precision: float  # the distance of 1 to the next number, in the coarsest dtype that takes part

    def tangents(self, size: float = 1.0) -> list[Value]:
        """A tangent for each leaf: zero but for this entry."""
        directions = [np.zeros(np.shape(x), aval_of_value(x).dtype) for x in self.values]
        directions[self.leaf][self.at] = size * self.unit
        return [t[()] for t in directions]

    def difference(self, f: Flat) -> list[Value]:
        """What the results do, for each unit that the entry moves: of two steps, extrapolated to none."""
        x = self.values[self.leaf]
        size = float(np.clip(np.abs(np.asarray(x)[self.at]), 0.1, 10.0)) * self.precision ** 0.2
        coarse, fine = (self._central(f, h) for h in (size, size / 2))
        return [(4 * b - a) / 3 for a, b in zip(coarse, fine, strict=True)]

    def _central(self, f: Flat, h: float) -> list[Value]:
        ahead, behind = (self._moved(h), self._moved(-h))
        gap = np.asarray(ahead[self.leaf])[self.at] - np.asarray(behind[self.leaf])[self.at]  # what 2h was rounded to
        gap = gap.imag if self.unit == 1j else gap.real
        return [(np.asarray(p) - np.asarray(q)) / gap for p, q in zip(f(*ahead), f(*behind), strict=True)]

    def _moved(self, h: float) -> list[Value]:
        moved = list(self.values)
        x = moved[self.leaf]
        y = x + self.tangents(h)[self.leaf]
        moved[self.leaf] = type(x)(y) if type(x) in _NUMBERS else y  # a Python number stays one
        return moved

    def entry(self, place: str, derivative: Any, difference: Any, scale: float) -> _Entry:
        """The entry, with the distance that rounding and the steps account for."""
        tolerance = self.precision ** 0.5 * (10.0 * float(abs(difference)) + scale)
        return _Entry(place, derivative, difference, tolerance + 1e-300)  # never 0, which divides


def _basis(values: list[Value], rng: np.random.Generator) -> Iterator[tuple[int, tuple[int, ...], complex]]:
    """The leaf, index and unit of every entry to be moved."""
    for i, x in enumerate(values):
        indices = list(np.ndindex(np.shape(x)))
        if len(indices) > _MOST_ENTRIES:
            indices = [indices[j] for j in sorted(rng.choice(len(indices), _MOST_ENTRIES, replace=False))]
        for at in indices:
            yield from ((i, at, unit) for unit in ((1.0, 1j) if np.iscomplexobj(x) else (1.0,)))


def _inexact(x: object) -> bool:
    return isinstance(x, (float, complex)) or getattr(x, "dtype", np.dtype(bool)).kind in "fc"


def _own(x: Value) -> Value:
    """A plain copy of an argument; a Python number stays one."""
    return x if type(x) in _NUMBERS else np.array(concrete(x))[()]


def _precision(values: Sequence[Value]) -> float:
    return max([float(np.finfo(aval_of_value(x).dtype).eps) for x in values], default=1.0)


def _random(rng: np.random.Generator, like: Value) -> Value:
    """A random tangent or cotangent of this shape and dtype, of entries of about 1."""
    aval = aval_of_value(like)
    x = rng.uniform(0.5, 1.0, aval.shape) * rng.choice([-1.0, 1.0], aval.shape)
    if aval.dtype.kind == "c":
        x = x + 1j * rng.uniform(0.5, 1.0, aval.shape)
    return np.asarray(x).astype(aval.dtype)[()]


# -- names ----------------------------------------------------------------------------------------


def _places(moved: Moving) -> list[str]:
    """What the user calls each moving leaf: args[0]['w']."""
    names = [name for i, structure in enumerate(moved.structures) for name in _leaf_names(f"args[{i}]", structure)]
    return [names[position] for position in moved.positions]


def _leaf_names(name: str, structure: tree.Structure) -> Iterator[str]:
    if structure.kind is None:
        yield name
        return
    keys = structure.names if isinstance(structure.names, tuple) else range(len(structure.children))
    if len(keys) != len(structure.children):
        keys = range(len(structure.children))
    attributes = hasattr(structure.kind, "__dataclass_fields__")
    for key, child in zip(keys, structure.children, strict=True):
        yield from _leaf_names(f"{name}.{key}" if attributes else f"{name}[{key!r}]", child)
