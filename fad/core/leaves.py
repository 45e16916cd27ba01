"""What the leaves of a user's trees are: which of them are arrays, of which type, and whether one fits another."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DtypeError, ShapeError, TreeError
from .avals import Aval, aval_of
from .primitive import Operand, Value
from .tracer import Tracer

__all__ = ["aval_of_value", "fitting", "is_array", "is_number"]

_NUMBERS = (float, int, complex, bool)


def is_array(x: object) -> bool:
    """Whether a leaf is an array or a number, traced or not."""
    return isinstance(x, (float, np.ndarray, Tracer, int, complex, np.generic)) and not (
        isinstance(x, np.generic) and x.dtype.kind in "SUOMmV")


def is_number(x: object) -> bool:
    """Whether a leaf is a Python number, traced or not."""
    return x.weak if isinstance(x, Tracer) else type(x) in _NUMBERS


def aval_of_value(x: Operand) -> Aval:
    """The aval of an array, a number or a tracer."""
    return x.aval if isinstance(x, Tracer) else aval_of(x)


def fitting(transform: str, what: str, x: Any, aval: Aval) -> Value:
    """A tangent or cotangent as a value of this aval; an error if its shape or kind of numbers is another."""
    if not is_array(x):
        raise TreeError(f"{transform} got a {what} of type {type(x).__name__} for an array of type {aval}",
                        why=f"a {what} is an array like what it belongs to", edit=f"give an array of shape {aval.shape}")
    found = aval_of_value(x)
    value: Value = x
    if found is aval:
        return value
    if found.shape != aval.shape:
        raise ShapeError(f"{transform} got a {what} of shape {found.shape} for an array of shape {aval.shape}",
                         why=f"a {what} has an entry for each entry of what it belongs to",
                         edit=f"give it shape {aval.shape}, as np.broadcast_to or np.reshape does")
    if not np.can_cast(found.dtype, aval.dtype, "same_kind"):
        raise DtypeError(f"{transform} got a {what} of dtype {found.dtype} for an array of dtype {aval.dtype}",
                         why=f"a {what} has the kind of numbers of what it belongs to",
                         edit=f"cast it: .astype(np.{aval.dtype})")
    fitted: Value = aval.dtype.type(x) if not aval.shape and not isinstance(x, Tracer) else value.astype(aval.dtype)
    return fitted
