"""NumPy's conventions over strict primitives, and NumPy's names: `fad.numpy.zeros` where entries are to be assigned,
`fad.numpy.coverage("interp")` for what fad can do with a function."""
# ruff: noqa: F401, F403, I001  # the public names are those of the three modules at the end; what comes before enters rules

from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from ..core.dispatch import newcomers as _newcomers
from . import ufuncs as _ufuncs
from . import indexing as _indexing
from . import reductions as _reductions
from . import sorting as _sorting
from . import statistics as _statistics
from . import norms as _norms
from . import shape as _shape
from . import joining as _joining
from . import arranging as _arranging
from . import contractions as _contractions
from . import methods as _methods
from . import writing as _writing
from .names import *
from .creation import *
from .making import *
from .coverage import coverage as coverage

_SELDOM_USED = (
    "linear_algebra", "fourier", "subscripts", "products", "calculus", "interpolation", "polynomials", "ordering",
    "quantiles", "nans", "choosing", "comparing")


def _load_rules(missing: bool) -> None:
    """Enter the rules for functions that are seldom used, when one of them is met: `import fad` is quicker without."""
    if missing:
        for name in _SELDOM_USED:
            _import_module(f"{__name__}.{name}")


_newcomers.append(_load_rules)

if _TYPE_CHECKING:
    from numpy import fft as fft


def __getattr__(name: str) -> _Any:
    if name == "fft":
        return _import_module("numpy.fft")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
