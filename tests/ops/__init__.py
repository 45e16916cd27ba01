"""The table of operations: each row a function, and arguments fair to it. All obey the laws of tests/laws.py."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from .row import Op

__all__ = ["OPS", "Op"]

_TABLES = ("elementwise", "reductions", "shape", "indexing", "contraction", "linalg", "fft")

OPS: list[Op] = [row for table in _TABLES if find_spec(f"{__name__}.{table}")
                 for row in import_module(f"{__name__}.{table}").ROWS]
