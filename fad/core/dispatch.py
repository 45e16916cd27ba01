"""Which rule a function of NumPy's has for traced values, and what is said when it has none.

The tables are empty here: `fad.numpy` fills them with NumPy's conventions.
"""

from __future__ import annotations

import math
import opcode
from collections.abc import Callable, Hashable
from typing import Any, TypeAlias

from ..errors import FadError, InPlaceError, MissingRuleError
from ..source import here
from .avals import Aval
from .primitive import AnyPrimitive

__all__ = ["IN_SCIPY", "Rule", "direct", "instead_of", "missing_rule", "newcome", "newcomers", "overrides", "without_out"]

Rule: TypeAlias = Callable[..., Any]
"""What a function of NumPy's does with traced arguments: a Value, a tuple of them, or what else that function returns."""

overrides: dict[Hashable, Rule] = {}
"""NumPy's functions and ufuncs, ufuncs' methods, and words such as "getitem" -> what to do with traced arguments."""

direct: dict[Hashable, dict[Aval, tuple[AnyPrimitive, Aval]]] = {}
"""ufunc -> the aval of all its operands -> the primitive, and the aval of its result, where nothing needs converting."""

newcomers: list[Callable[[bool], None]] = []
"""Called when a trace begins, with False, and when a rule is missing, with True: they enter rules for what is seldom used,
and for libraries that were imported meanwhile."""

_IN_PLACE = range(13, 26)  # the in-place variants, NB_INPLACE_ADD to NB_INPLACE_XOR, among the arguments of BINARY_OP


def newcome(name: Hashable) -> Rule | None:
    """The rule for a function that is seldom used, or of a library that was imported within the trace."""
    for look in newcomers:
        look(True)
    return overrides.get(name)


# -- refusals -----------------------------------------------------------------

IN_SCIPY = ("import SciPy's modules at the top of the file, so that fad meets them before it traces; it has rules for the "
             "functions that docs/scipy.md lists, and for any other one use functions of NumPy")
_NOT_IN_NUMPY_AS = {"pow": "numpy.power", "fabs": "numpy.abs", "fsum": "numpy.sum", "lgamma": "scipy.special.gammaln",
                    "gamma": "scipy.special.gamma", "erf": "scipy.special.erf", "erfc": "scipy.special.erfc"}
_MAKERS = {"asarray", "asanyarray", "ascontiguousarray", "asfortranarray", "asarray_chkfinite", "require", "full",
           "linspace"}


def instead_of(call: str) -> str:
    """What to write for a call that asks for plain numbers, such as math.sin(x)."""
    name = call.partition("(")[0].rpartition(".")[2]
    if name == "vectorize":
        return f"use {_ADVICE['numpy.vectorize']}"
    if name == "array":
        return "use np.stack([x, y]) for np.array([x, y]), or fad.numpy.array, which takes traced values"
    if name in _MAKERS:
        return f"use fad.numpy.{name}, which takes traced values"
    if name in ("float", "complex"):
        return f"leave {name}() out"
    if hasattr(math, name):
        return f"use {_NOT_IN_NUMPY_AS.get(name, f'numpy.{name}')} for {call.partition('(')[0]}"
    return "use NumPy's functions (numpy.sin for math.sin, fad.numpy.array for numpy.array)"


_ADVICE = {
    "numpy.vectorize": "fad.vmap(f), which maps a function over an axis",
    "numpy.histogram": "np.digitize and np.bincount(places, weights), if the weights are traced",
    "numpy.nextafter": "x itself, whose derivative is the same",
    "numpy.save": "the result of the traced function",
    "numpy.savetxt": "the result of the traced function",
    "numpy.savez": "the result of the traced function",
}


def missing_rule(name: str, form: str = "") -> FadError:
    """The error for a function that fad does not know; with `form`, for a form of a call that it does not take."""
    words = {getattr(f, "__name__", "") for f in overrides}
    word = name.rpartition(".")[2]
    near = sorted(w for w in words if w and word and (w.startswith(word[:4]) or word in w))[:5]
    advice = _ADVICE.get(name, "np." + ", np.".join(near) if near else "")
    return MissingRuleError(
        f"fad has no rule for {name}{f' with {form}' if form else ''}",
        why="without a rule its result would be a constant, or an array of Python objects",
        edit=(f"use {advice}; or " if advice else "compose it from functions that have rules; or ")
        + "call it on fad.value(x) where no derivative is wanted; or give a rule with fad.custom_jvp")


def without_out(function: Rule, kwargs: dict[str, Any]) -> dict[str, Any]:
    """The keywords of a call without `out`, which is accepted from `array += traced` alone."""
    out = kwargs.pop("out", None)
    if out is None:
        return kwargs
    array = out[0] if isinstance(out, tuple) else out
    source = here(3)
    code, argument = source.operation if source is not None else (0, 0)
    if opcode.opname[code] == "BINARY_OP" and argument in _IN_PLACE:
        return {**kwargs, "into": array}
    raise InPlaceError(
        f"{function.__name__} was asked to put a traced result into out=, an array of type "
        f"{array.dtype}[{','.join(map(str, array.shape))}]",
        why="a plain array holds numbers, so the result would lose its derivative",
        edit=f"take the result instead: b = np.{function.__name__}(...)", source=source)
