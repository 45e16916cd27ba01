"""The forms of calls that fad refuses, each with an example: see docs/coverage.md."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

__all__ = ["REFUSALS", "Refusal"]


class Refusal(NamedTuple):
    """A function, a form of its call, and an example, which takes a (3, 3) array."""

    name: str
    form: str
    example: Callable[[Any], Any]

    def __str__(self) -> str:
        return f"{self.name}, {self.form}"


_MASK = np.array([True, False, True])

REFUSALS: list[Refusal] = [Refusal(*row) for row in (
    *[(name, "order=", lambda x, f=getattr(np, name): f(x, order="a")) for name in ("sort", "argsort")],
    *[(name, "order=", lambda x, f=getattr(np, name): f(x, 1, order="a")) for name in ("partition", "argpartition")],
    *[(name, "order='A', order='K' of more than one axis", lambda x, f=f: f(x)) for name, f in (
        ("ravel", lambda x: np.ravel(x, "K")), ("reshape", lambda x: np.reshape(x, (9,), order="A")))],
    *[(name, "weights=", lambda x, f=getattr(np, name): f(x[0], 0.5, weights=_MASK + 1.0, method="inverted_cdf"))
      for name in ("quantile", "percentile", "nanquantile", "nanpercentile")],
    ("pad", "the modes linear_ramp, maximum, mean, median, minimum, empty", lambda x: np.pad(x, 1, "mean")),
    ("pad", "reflect_type='odd'", lambda x: np.pad(x, 1, "reflect", reflect_type="odd")),
    ("polyfit", "full=True", lambda x: np.polyfit(x[0], x[1], 1, full=True)),
    ("apply_along_axis", "arrays without entries", lambda x: np.apply_along_axis(np.sum, 0, x[:0])),
    ("linalg.qr", "mode='raw'", lambda x: np.linalg.qr(x, "raw")),
    ("linalg.pinv", "an array for rcond", lambda x: np.linalg.pinv(np.stack([x, x]), rcond=np.array([1e-3, 1e-4]))),
    *[(name, "axes=, axis=, order=, casting=, subok=", lambda x, f=getattr(np, name): f(x, x, casting="unsafe"))
      for name in ("matmul", "vecdot")],
    ("geomspace", "complex ends", lambda x: np.geomspace(x[0], 1j)),
    ("log", "where= without out=", lambda x: np.log(x, where=x > 0)),
    ("add.at", "integer arrays", lambda x: np.add.at((x > 0).astype(int), [0], 1)),
)]
