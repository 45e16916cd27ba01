"""SciPy's functions on traced values, for programs that use SciPy: fad itself never imports it.

When a trace begins, fad looks whether modules of SciPy have been imported since the last time, and enters rules for
those it knows: `scipy.special`, `linalg`, `stats`, `signal` and `integrate`. The ufuncs of scipy.special come to fad by
NumPy's protocol, and nothing of SciPy's is touched. Its Python functions turn their arguments into plain arrays at once;
so those that have a rule are given a body that looks at the arguments first (see `functions`). `uninstall` undoes
that, and `install` does it again.

>>> import numpy as np, fad
>>> from scipy.special import expit, logsumexp
>>> fad.grad(logsumexp)(np.zeros(4))
array([0.25, 0.25, 0.25, 0.25])
>>> fad.grad(expit)(0.0)
np.float64(0.25)
"""

from __future__ import annotations

import importlib
import sys
import warnings

from ..config import Lock
from ..core.dispatch import newcomers
from .functions import enter_again, leave, return_to

__all__ = ["install", "uninstall"]

_MODULES = {  # SciPy's -> ours
    "special": ("special", "sums"), "linalg": ("linalg", "matrix_functions"), "stats": ("stats",), "signal": ("signal",),
    "integrate": ("integrate",)}


class _State:
    """What has been entered so far; the functions below are about its only instance."""

    __slots__ = ("failed", "lock", "modules", "on", "seen")

    def __init__(self) -> None:
        self.lock = Lock()
        self.modules: set[str] = set()  # of SciPy's, whose functions have rules
        self.failed: dict[str, object] = {}  # modules under SciPy's names that our rules do not fit
        self.seen = -1  # how many modules Python had when we last looked
        self.on = True


_state = _State()


def _look(missing: bool = False) -> None:
    """Enter the rules for modules of SciPy that have been imported since the last time."""
    if missing:
        enter_again()
    if len(sys.modules) == _state.seen or not _state.on:
        return
    with _state.lock:
        _state.seen = len(sys.modules)
        for name, rules in _MODULES.items():
            module = sys.modules.get(f"scipy.{name}")
            spec = getattr(module, "__spec__", None)
            if spec is None or name in _state.modules or _state.failed.get(name) is module:
                continue  # without a spec it is no module that was imported: a stand-in, as tests and bundles make them
            if getattr(spec, "_initializing", False):
                continue
            try:
                for module_of_rules in rules:
                    # By name, and now: these modules import SciPy's, which fad does not do before the user's program has.
                    importlib.import_module(f"{__name__}.{module_of_rules}")
            except Exception as error:  # whatever a module has in store that is not the SciPy we know
                _state.failed[name] = module
                warnings.warn(f"fad knows no functions of scipy.{name}, as it is not the module that fad knows: "
                              f"{type(error).__name__}: {error}", RuntimeWarning, stacklevel=2)
            else:
                _state.modules.add(name)


def install() -> None:
    """Let SciPy's functions take traced values. This is the default; it is for after an `uninstall`."""
    with _state.lock:
        _state.on, _state.seen = True, -1
        return_to()
    _look()


def uninstall() -> None:
    """Give SciPy's functions their own bodies back, and let those that are imported later alone.

    The ufuncs of scipy.special that have rules keep them: they are in fad's tables, and not in SciPy.
    """
    with _state.lock:
        _state.on = False
        leave()


newcomers.append(_look)
