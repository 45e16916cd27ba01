"""NumPy's conventions over strict primitives, and NumPy's names: `fad.numpy.zeros` where entries are to be assigned,
`fad.numpy.coverage("interp")` for what fad can do with a function."""
# ruff: noqa: F401, F403  # `rules` enters rules; the names are those of the other three

from typing import TYPE_CHECKING

from . import creation, making, names, rules
from .coverage import coverage as coverage
from .creation import *
from .making import *
from .names import *

if TYPE_CHECKING:
    from numpy import fft as fft
else:  # a checker is told of all names above, and so of a misspelt one
    from importlib import import_module  # for numpy.fft, which is loaded when it is named

    __all__ = sorted(["coverage", "fft", *creation.__all__, *making.__all__,  # noqa: PLE0605
                      *(name for name in vars(names) if name[0] != "_")])

    def __getattr__(name: str) -> object:
        if name == "fft":
            return import_module("numpy.fft")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return [*__all__, "__doc__"]
