"""What fad can do with each of NumPy's functions: `fad.numpy.coverage("interp")`.

The facts are in coverage.tsv, which `python -m tests.coverage_table` finds from the rules and from their tests; the page
docs/coverage.md shows them all.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import NamedTuple

from ..core.dispatch import missing_rule

__all__ = ["FORWARD", "TABLE", "Covered", "coverage", "read"]

TABLE = os.path.splitext(__file__)[0] + ".tsv"  # and no Path, which is a tenth of the time of `import fad`
FORWARD = "forward, reverse, batched"

_DTYPES = {"f4": "float32", "f8": "float64", "c8": "complex64", "c16": "complex128"}
_MEANING = {
    "zero": "the derivative is 0 almost everywhere, and taken to be 0 everywhere",
    "constant": "integers or truth values, which have no derivative; traced, also under vmap",
    "by value": "a plain result, found from the values of the arguments; an error under vmap",
    "made by fad.numpy": "fad.numpy.{name} makes arrays that traced values can be assigned into",
}


class Covered(NamedTuple):
    """What there is to say of one function."""

    name: str
    derivative: str
    dtypes: str
    refused: str


@lru_cache(maxsize=1)
def read() -> dict[str, Covered]:
    """The table, by name."""
    with open(TABLE, encoding="utf-8") as file:
        lines = [Covered(*line.rstrip("\n").split("\t")) for line in file if not line.startswith("#")]
    return {line.name: line for line in lines}


def coverage(name: str) -> str:
    """What fad can do with one of NumPy's functions, in a few words.

    Args:
        name: the function's, with or without "numpy." before it, as "interp", "linalg.solve", "fft.rfft", "add.reduce".

    Returns:
        A text of one to three lines: which derivatives there are, for which dtypes, and which forms of a call are refused.

    Raises:
        ValueError: there is no function of that name.

    >>> import fad
    >>> print(fad.numpy.coverage("interp"))
    numpy.interp: forward, reverse, batched, second order
      dtypes: float32, float64, complex64, complex128
    >>> print(fad.numpy.coverage("floor"))
    numpy.floor: zero (the derivative is 0 almost everywhere, and taken to be 0 everywhere)
      dtypes: float32, float64
    """
    short = name.removeprefix("numpy.").removeprefix("np.")
    line = read().get(short)
    if line is None:
        from difflib import get_close_matches  # here: only who mistypes a name needs it

        near = get_close_matches(short, read(), 3)
        raise ValueError(f"there is no function numpy.{short} that takes arrays"
                         + (f"; there is {', '.join(near)}" if near else ""))
    if line.derivative == "not supported":
        return f"numpy.{short}: not supported\n  instead: {missing_rule(f'numpy.{short}').edit}"
    meaning = _MEANING.get(line.derivative, "").format(name=short)
    said = [f"numpy.{short}: {line.derivative}" + (f" ({meaning})" if meaning else "")]
    if line.dtypes:
        said.append(f"  dtypes: {', '.join(_DTYPES[d] for d in line.dtypes.split())}")
    if line.refused:
        said.append(f"  refused: {line.refused}")
    return "\n".join(said)
