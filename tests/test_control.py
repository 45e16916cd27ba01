"""Control flow as one equation: the laws over it, and what it says when it cannot go on."""

from __future__ import annotations

import itertools
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import fad
from fad import tree
from fad.avals import make_aval
from fad.errors import AbstractValueError, ArgumentError, DtypeError, MissingRuleError, ShapeError, TreeError
from fad.execute import Program
from fad.graph import Graph, replay
from fad.optimise import drop_dead, optimise
from fad.transforms.grad import gradient_graph
from fad.transforms.vmap import vmap_graph

from .cases import assert_close, case_of, direction, roundoff, run
from .laws import LAWS, central_difference, pushed_forward
from .ops.row import Op

# -- loops written out ----------------------------------------------------------------------------


def plain_scan(f: Callable[..., Any], init: Any, xs: Any, reverse: bool = False, **_: Any) -> Any:
    """What `fad.scan` is to compute, as a Python loop."""
    n = len(tree.leaves(xs)[0])
    carry, ys = init, []
    for i in reversed(range(n)) if reverse else range(n):
        carry, y = f(carry, tree.map(lambda x, i=i: x[i], xs))
        ys.append(y)
    return carry, tree.map(lambda *rows: np.stack(rows), *(ys[::-1] if reverse else ys))


def cell(w: Any) -> Callable[..., Any]:
    """A step that closes over a weight, carries an array, a number and a counter, and collects a tree."""
    def step(carry: Any, x: Any) -> Any:
        h, total, k = carry
        h = np.tanh(w @ h + x["u"])
        total = total + np.sum(h) * x["s"]
        return (h, total, k + 1), {"h": h * total, "k": k, "s": np.sin(total)}

    return step


def recurrent(w: Any, h: Any, u: Any, s: Any, scan: Callable[..., Any] = fad.scan, **settings: Any) -> Any:
    (h, total, k), ys = scan(cell(w), (h, s[0] * 0.5, 0), {"u": u, "s": s}, **settings)
    return h, total, ys["h"], ys["s"]


def accumulated(x: Any, u: Any) -> Any:
    """Writes into what it carries, at a place that it counts."""
    def turn(i: Any, a: Any) -> Any:
        a[i] = np.sin(a[i - 1]) * u + a[i]
        return a

    return fad.fori_loop(1, 4, turn, x * 1.0)


def branched(x: Any, y: Any) -> Any:
    def step(c: Any, t: Any) -> Any:
        c = fad.cond(np.sum(c) * t > 0.1, lambda c: np.sin(c) * t + y, lambda c: c * np.exp(y), c)
        return c, fad.cond(t > 0, lambda: (t * y, c), lambda: (y, c * c))

    return fad.scan(step, x, np.array([0.7, -0.4, 0.9], np.asarray(fad.value(y)).dtype) if not isinstance(y, fad.tracer.Tracer)
                    else np.array([0.7, -0.4, 0.9], y.dtype))


def nested(x: Any, w: Any) -> Any:
    """A loop in a loop, whose inner one closes over the outer one's carry."""
    def outer(c: Any, row: Any) -> Any:
        inner, ys = fad.scan(lambda d, e: (d * np.cos(e * c), d * e), c * w, row)
        return inner + c, ys

    return fad.scan(outer, w, x)


def only_carry(x: Any) -> Any:
    return fad.fori_loop(0, 3, lambda i, c: np.cos(c) * (i + 1), x)


def swapped(x: Any, y: Any) -> Any:
    """What is carried changes places, is passed on as it is, or is the same twice."""
    return fad.scan(lambda c, e: ((c[1], c[0], c[3], c[0] * e), (c[0], e)), (x, y, x * y, y), x)


def held(x: Any, n: int) -> Any:
    return fad.scan(lambda c, e: (c * e + 1.0, np.sin(c)), x[0], x[:n])


ROWS = [
    Op("recurrent", recurrent, ((2, 2), (2,), (4, 2), (4,)), -0.8, 0.8),
    *[Op(f"recurrent {settings}", lambda *xs, settings=settings: recurrent(*xs, **settings), ((2, 2), (2,), (5, 2), (5,)), -0.8, 0.8)
      for settings in ({"reverse": True}, {"unroll": 2}, {"checkpoint": True}, {"checkpoint": 2, "reverse": True},
                       {"checkpoint": 3, "unroll": 2}, {"unroll": True})],
    Op("fori_loop with writes", accumulated, ((4,), ()), 0.2, 1.0),
    Op("cond in scan", branched, ((2,), ()), 0.2, 0.9),
    Op("scan in scan", nested, ((3, 2), ()), 0.2, 0.9),
    Op("fori_loop", only_carry, ((2,),)),
    Op("scan that swaps", swapped, ((3,), (3,)), 0.2, 1.0),
    Op("scan of length 0", lambda x: held(x, 0), ((2,),)),
    Op("scan of length 1", lambda x: held(x, 1), ((2,),)),
    Op("cond", lambda p, x, y: fad.cond(p > 0, lambda x, y: (x * np.sin(y), x), lambda x, y: (np.exp(x) + y, y * y), x, y),
       ((), (2,), (2,)), 0.2, 1.0),
]


@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("op", ROWS, ids=str)
def test_laws(op: Op, dtype: str) -> None:
    for name, law in LAWS.items():
        try:
            law(case_of(op, dtype))
        except Exception as error:
            error.add_note(f"the law of {name}, of {op.name!r} in {dtype}")
            raise
