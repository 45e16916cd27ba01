"""The table of operations: each row a function, and arguments fair to it. All obey the laws of tests/laws.py.

Every module of this package is a part of it, and has its rows in `ROWS`.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from fad.numpy.conventions import since

from .row import Op

__all__ = ["OPS", "Op"]

OPS: list[Op] = [row for module in sorted(m.name for m in iter_modules(__path__)) if module != "row"
                 for row in import_module(f"{__name__}.{module}").ROWS if since(row.since)]
