"""How a function that is no ufunc comes to fad: it is given a body that looks at its arguments first.

NumPy asks a traced argument what to do (NEP 13, NEP 18). SciPy's Python functions do not: they turn their arguments
into plain arrays. So `enter` puts another code object into the function. With a traced value among the arguments it
calls the rule, and with none the function's own code, which it keeps. The function object stays the same one, so it does
not matter whether it was imported by name, put into a table, or bound before fad had met it; and `leave` puts the
code back.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from types import FunctionType
from typing import Any

from ..config import Lock
from ..core.dispatch import Rule, overrides
from ..core.primitive import Traced

__all__ = ["enter", "enter_again", "leave", "return_to"]

_entered: dict[Hashable, Rule] = {}  # functions and ufuncs -> what to do with traced arguments
_kept: dict[FunctionType, FunctionType] = {}  # the functions that have our body -> functions with their own
_lock = Lock()


def enter(function: Hashable, rule: Rule) -> None:
    """From now on, calls of a ufunc or of a Python function with traced arguments go to the rule."""
    with _lock:
        _entered[function] = overrides[function] = rule
        if isinstance(function, FunctionType):
            _give_body(function, rule)


def leave() -> None:
    """Give all functions their own code back."""
    with _lock:
        for function, original in _kept.items():
            function.__code__ = original.__code__
            function.__kwdefaults__ = original.__kwdefaults__
            function.__dict__.clear()
            function.__dict__.update(original.__dict__)
        _kept.clear()


def return_to() -> None:
    """Give the functions that were entered our body again, after `leave`."""
    with _lock:
        for function, rule in _entered.items():
            if isinstance(function, FunctionType):
                _give_body(function, rule)


def enter_again() -> None:
    """Put back what was taken out of the table of rules, as tests do."""
    if not _entered.keys() <= overrides.keys():
        overrides.update(_entered)


# -- the body -------------------------------------------------------------------------------------


def _body(*args: object, _by_arguments: Callable[..., object], **kwargs: object) -> object:
    return _by_arguments(args, kwargs)


def _give_body(function: FunctionType, rule: Rule) -> None:
    if function in _kept:
        return
    original = FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__,
                            function.__closure__)
    original.__kwdefaults__ = function.__kwdefaults__
    original.__qualname__, original.__module__ = function.__qualname__, function.__module__
    original.__doc__ = function.__doc__
    original.__dict__.update(function.__dict__)

    def by_arguments(args: tuple[object, ...], kwargs: dict[str, object]) -> object:
        if _any_traced(args) or kwargs and _any_traced(kwargs.values()):
            return rule(*args, **kwargs)
        return original(*args, **kwargs)

    _kept[function] = original
    function.__dict__["__wrapped__"] = original  # where inspect looks for the signature
    # The code comes last, in one step: another thread may be calling the function.
    function.__kwdefaults__ = {**(function.__kwdefaults__ or {}), "_by_arguments": by_arguments}
    # A function keeps its closure, which has to fit its code: so ours says that it has the same variables, and uses none.
    function.__code__ = _body.__code__.replace(co_freevars=function.__code__.co_freevars)


def _any_traced(values: Iterable[Any]) -> bool:  # Any: arguments
    for x in values:
        if isinstance(x, Traced):
            return True
        if (x.__class__ is list or x.__class__ is tuple) and _any_traced(x):
            return True
    return False
