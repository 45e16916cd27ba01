"""The legacy API: Variables, two modes and a graph per session, as the 2018 package `autograd` had them.

>>> import fad.compat as ad
>>> from fad.compat.variable import Variable
>>> x = Variable(1.0)
>>> (ad.sin(ad.cos(x + 3)) + ad.exp(ad.sin(x) ** 2)).gradient
array([[2.44674864]])

It is a skin over fad: new code is better off with `fad.grad` and `fad.jacobian`. docs/migrating.md shows both
spellings side by side. A legacy script runs unmodified by `python -m fad.compat script.py`.
"""

from __future__ import annotations

import sys
from types import ModuleType

from . import blocks, config, node, optimize, utils, variable
from .alias import install, installed, uninstall
from .blocks import block, expo, hyperbolic, operations, trigo
from .functions import (
    add,
    arccos,
    arcsin,
    arctan,
    cos,
    cosh,
    divide,
    exp,
    log,
    logistic,
    multiply,
    power,
    sin,
    sinh,
    sqrt,
    subtract,
    sum_elts,
    tan,
    tanh,
)
from .optimize import GD, Adam
from .session import C_graph, Mode, c_graph, reset_graph, session, set_mode
from .variable import Constant, Variable

__all__ = [
    "Adam", "C_graph", "Constant", "GD", "Variable", "add", "arccos", "arcsin", "arctan", "block", "blocks", "c_graph",
    "config", "cos", "cosh", "divide", "exp", "expo", "hyperbolic", "install", "installed", "log", "logistic", "mode",
    "multiply", "node", "operations", "optimize", "power", "reset_graph", "set_mode", "sin", "sinh", "sqrt", "subtract",
    "sum_elts", "tan", "tanh", "trigo", "uninstall", "utils", "variable",
]

mode: Mode
"""The mode that `set_mode` has set, in this thread: "forward" or "reverse"."""


class _Package(ModuleType):
    """The package as a module whose `mode` is looked up when it is read, and set by `set_mode` alone."""

    @property
    def mode(self) -> Mode:
        return session.mode


sys.modules[__name__].__class__ = _Package
