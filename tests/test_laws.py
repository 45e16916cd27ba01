"""Every row of the table of operations obeys every law, in float64 and in float32."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from .cases import case_of
from .laws import LAWS
from .ops import OPS, Op


def test_every_row_has_a_name_of_its_own() -> None:
    names = Counter(op.name for op in OPS)
    assert [name for name, n in names.items() if n > 1] == []


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("op", OPS, ids=str)
def test_laws(op: Op, dtype: str, law: str) -> None:
    LAWS[law](case_of(op, dtype))


def test_draws_differ_between_rows_and_not_between_runs() -> None:
    first, second = OPS[:2]
    assert np.array_equal(case_of(first, "f8").args[0], case_of(first, "f8").args[0])
    assert not np.array_equal(np.sum(case_of(first, "f8").args[0]), np.sum(case_of(second, "f8").args[0]))
