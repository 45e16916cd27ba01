"""Every row of the table of operations obeys every law, in float64 and in float32."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

import fad
from fad import tree
from fad.errors import ConversionError, InPlaceError

from .cases import assert_same, case_of
from .laws import LAWS
from .ops import OPS, Op


@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("op", OPS, ids=str)
def test_laws(op: Op, dtype: str) -> None:
    """All laws in one test: with a test for each, pytest would take longer than they do."""
    broken: dict[str, Exception] = {}
    for name, law in LAWS.items():
        try:
            law(case_of(op, dtype))
        except Exception as error:  # of any kind: a law that breaks says nothing about the others
            broken[name] = error
    for error in broken.values():
        error.add_note(f"broken laws of {op.name!r} in {dtype}: {', '.join(broken)}")
        raise error


@pytest.mark.parametrize("op", [op for op in OPS if () in op.shapes], ids=str)
def test_numbers_may_be_pythons(op: Op) -> None:
    """Where a row takes numbers, Python's own do, compiled and pushed forward, with the others or among constants."""
    args = tuple([float(x) if np.ndim(x) == 0 and np.isrealobj(x) else x for x in op.draw(np.random.default_rng(5))])

    def f(*xs: Any) -> list[Any]:
        return tree.leaves(op.fun(*[x.copy() if isinstance(x, np.ndarray) else x for x in xs]))

    try:
        expected = f(*args)
    except (AttributeError, TypeError):  # a number has no shape and no entries
        return
    for i in (None, *[i for i, x in enumerate(args) if isinstance(x, float)]):
        def g(*xs: Any, i: int | None = i) -> list[Any]:
            return f(*xs) if i is None else f(*args[:i], *xs, *args[i + 1:])

        moving = args if i is None else args[i:i + 1]
        try:
            pairs = [(fad.jit(g)(*moving), expected), (fad.jvp(g, moving, moving)[0], expected)]
        except (InPlaceError, ConversionError):  # a write into a constant
            assert i is not None
            continue
        for x, y in [pair for found, wanted in pairs for pair in zip(found, wanted, strict=True)]:
            assert_same(np.asarray(x) + 0, np.asarray(y) + 0, ulps=64)


def test_every_row_has_a_name_of_its_own() -> None:
    names = Counter(op.name for op in OPS)
    assert [name for name, n in names.items() if n > 1] == []


def test_draws_differ_between_rows_and_not_between_runs() -> None:
    first, second = OPS[:2]
    assert np.array_equal(first.draw(np.random.default_rng(1))[0], first.draw(np.random.default_rng(1))[0])
    assert case_of(first, "f8").seed != case_of(second, "f8").seed
