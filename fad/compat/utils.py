"""What the legacy API takes for numbers: a number, a list of them, or an array with one axis."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..errors import DtypeError, ShapeError
from .matrix import Array

__all__ = ["Data", "as_vector"]

Data: TypeAlias = float | np.generic | Sequence[float | np.generic] | NDArray[Any]
"""A number, a list of numbers, or an array of shape (n,)."""

_ACCEPTED = "a number, a list of numbers or an array with one axis"


def as_vector(data: Any) -> Array:  # Any: what is not Data is refused with words
    """Data as a vector of floats, in memory of its own.

    Args:
        data: a number, a list of numbers or an array of shape (n,).

    Returns:
        A float64 array of shape (n,); a number becomes shape (1,). NaN and infinities pass through.

    Raises:
        ShapeError: two or more axes, a ragged list, no entries; a ValueError.
        DtypeError: entries that are not real numbers; a TypeError.

    >>> as_vector(3), as_vector([1, 2])
    (array([3.]), array([1., 2.]))
    """
    if isinstance(data, (float, int)):
        return np.array([data], np.float64)
    try:
        array = np.asarray(data)
    except ValueError:
        raise ShapeError("a ragged list was given as data", why=f"data is {_ACCEPTED}",
                         edit="give entries that are all numbers") from None
    if array.dtype == object:
        entries = array.ravel().tolist()
        if not all(isinstance(x, Real) for x in entries):
            strange = next(type(x).__name__ for x in entries if not isinstance(x, Real))
            raise DtypeError(f"data of type {strange} is not numeric", why=f"data is {_ACCEPTED}",
                             edit="give plain numbers; of a Variable v, v.data")
    elif array.dtype.kind not in "biuf":
        raise DtypeError(f"data of dtype {array.dtype} is not numeric", why=f"data is {_ACCEPTED}",
                         edit="give real numbers")
    if array.ndim > 1:
        raise ShapeError(f"data of shape {array.shape} has {array.ndim} axes", why=f"data is {_ACCEPTED}",
                         edit="flatten it: data.ravel()")
    if array.size == 0:
        raise ShapeError("data without entries", why=f"data is {_ACCEPTED}", edit="give at least one number")
    return np.array(array, np.float64, ndmin=1)
