"""cond, while_loop, fori_loop, scan, and maps over trees. Checked, and not run: see test_typing.py."""

from dataclasses import dataclass
from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

import fad

F = NDArray[np.float64]

x: F = np.ones(3)


@dataclass
class State:
    position: F


def double(x: F) -> F:
    return 2.0 * x


def half(x: F) -> F:
    return 0.5 * x


def word(x: F) -> str:
    return "x"


def pair(x: F) -> tuple[F, F]:
    return x, x


def moved(s: State) -> State:
    return s


# -- cond: both functions return one type -------------------------------------

assert_type(fad.cond(True, double, half, x), F)
assert_type(fad.cond(x[0] > 0, pair, pair, x), tuple[F, F])
assert_type(fad.cond(True, moved, moved, State(x)), State)
fad.cond(True, lambda y: y, lambda y: -y, x)
fad.cond(True, np.square, np.negative, x)

fad.cond(True, double, word, x)  # type: ignore[type-var]
fad.cond(True, double, half, "x")  # type: ignore[arg-type]
fad.cond(True, double, half)  # type: ignore[arg-type]

# -- loops --------------------------------------------------------------------


def sums(total: F, entry: F) -> tuple[F, F]:
    return total + entry, total


def numbers(total: float, entry: float) -> tuple[float, float]:
    return total + entry, total * entry


def scalars(total: F, entry: F) -> tuple[F, np.float64]:
    return total + entry, np.sum(total)


def records(total: F, entry: F) -> tuple[F, State]:
    return total + entry, State(total)


def times(i: int, y: F) -> F:
    return i * y


assert_type(fad.while_loop(lambda y: y[0] > 0, half, x), F)
assert_type(fad.fori_loop(0, 3, times, x), F)
assert_type(fad.scan(sums, x, np.ones((4, 3))), tuple[F, F])
assert_type(fad.scan(numbers, 0.0, x), tuple[float, F])
assert_type(fad.scan(scalars, x, np.ones((4, 3))), tuple[F, F])
assert_type(fad.scan(records, x, np.ones((4, 3))), tuple[F, Any])
fad.scan(lambda carry, _: (carry, None), 1.0, length=3)

fad.while_loop(lambda y: True, half, "x")  # type: ignore[arg-type]
fad.scan(double, x)  # type: ignore[arg-type]

# -- trees --------------------------------------------------------------------

def of_both(p: F, u: F) -> F:
    return p + u


weights = {"w": x, "b": x}

assert_type(fad.tree.map(double, weights), dict[str, F])
assert_type(fad.tree.map(of_both, weights, weights), dict[str, F])
assert_type(fad.tree.map(of_both, [x, x], [x, x]), list[F])
fad.tree.map(lambda p, u: p + u, weights, weights)
fad.tree.map(np.sum, [x, x])
assert_type(fad.tree.map(lambda p: p, State(x)), Any)
assert_type(fad.tree.leaves(weights), list[Any])
vector, back = fad.tree.ravel(weights)
assert_type(back(vector), dict[str, F])
