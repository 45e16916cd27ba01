"""Every row of the table of operations obeys every law, in float64 and in float32."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from .cases import case_of
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


def test_every_row_has_a_name_of_its_own() -> None:
    names = Counter(op.name for op in OPS)
    assert [name for name, n in names.items() if n > 1] == []


def test_draws_differ_between_rows_and_not_between_runs() -> None:
    first, second = OPS[:2]
    assert np.array_equal(first.draw(np.random.default_rng(1))[0], first.draw(np.random.default_rng(1))[0])
    assert case_of(first, "f8").seed != case_of(second, "f8").seed
