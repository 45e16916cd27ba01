"""A tree of arrays as one vector, and back: each leaf in its own shape and dtype.

    pack   : tree  →  x[n]
    unpack : x[n]  →  tree, and x[m, n]  →  tree of stacks

Solvers and minimisers work on vectors. A `Packing` is hashable, so that it can be part of a program.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import tree
from ..core.avals import Aval, Dtype
from ..core.leaves import aval_of_value, fitting
from ..core.primitive import Value
from ..errors import TreeError
from ..transforms.call import moving
from ..tree import Structure

__all__ = ["Packing", "vector"]


@dataclass(frozen=True, slots=True)
class Packing:
    """How trees of one structure, with leaves of these types, are laid end to end."""

    structure: Structure
    avals: tuple[Aval, ...]

    @classmethod
    def of(cls, what: str, x: object) -> tuple[Packing, Value]:
        """The packing of a tree of float or complex arrays and numbers (Python ints are floats), and its vector."""
        structure = tree.structure(x)
        moved = moving(what, [x])
        if len(moved.still) != len(moved.values):
            raise TreeError(f"{what} got a tree of structure {structure} with leaves that are not numbers",
                            why="all of its entries are unknowns", edit="let the function close over what stays the same")
        packing = cls(structure, tuple(map(aval_of_value, moved.values)))
        return packing, packing.of_leaves(moved.values)

    @property
    def size(self) -> int:
        """The number of entries."""
        return sum(a.size for a in self.avals)

    @property
    def dtype(self) -> Dtype:
        """The dtype of the vector: that to which those of the leaves are promoted."""
        return np.result_type(*{a.dtype for a in self.avals}) if self.avals else np.dtype(np.float64)

    def of_leaves(self, leaves: Sequence[Value]) -> Value:
        """The vector of these leaves."""
        return vector(leaves, self.dtype)

    def pack(self, what: str, x: object) -> Value:
        """The vector of a tree, which must have this structure and leaves of these shapes, and dtypes that fit."""
        leaves, structure = tree.flatten(x)
        if structure != self.structure:
            raise TreeError(f"{what} has the structure {structure}",
                            why=f"it belongs to a tree of structure {self.structure}",
                            edit="return a tree of that structure")
        return self.of_leaves([fitting(what, "value", leaf, aval) for leaf, aval in zip(leaves, self.avals, strict=True)])

    def unpack(self, v: Value) -> Any:
        """The tree of a vector."""
        parts = [v] if len(self.avals) == 1 else [v[start:end] for start, end in self._ranges()]
        leaves = [np.reshape(x, a.shape) if a.shape else x[0] for x, a in zip(parts, self.avals, strict=True)]
        return tree.unflatten(self.structure, [_cast(x, a.dtype) for x, a in zip(leaves, self.avals, strict=True)])

    def unpack_rows(self, m: Value) -> Any:
        """The tree of the rows of a matrix: its leaves are stacks, with a row's leaf for each."""
        leaves = [np.reshape(m[:, start:end], (m.shape[0], *a.shape))
                  for (start, end), a in zip(self._ranges(), self.avals, strict=True)]
        return tree.unflatten(self.structure, [_cast(x, a.dtype) for x, a in zip(leaves, self.avals, strict=True)])

    def _ranges(self) -> list[tuple[int, int]]:
        """Where the leaves are in the vector."""
        return list(itertools.pairwise(itertools.accumulate([a.size for a in self.avals], initial=0)))


def vector(leaves: Sequence[Value], dtype: Dtype) -> Value:
    """Arrays laid end to end, in one dtype."""
    flat = [_cast(np.reshape(x, -1), dtype) for x in leaves]
    return flat[0] if len(flat) == 1 else np.concatenate(flat) if flat else np.zeros(0, dtype)


def _cast(x: Value, dtype: Dtype) -> Value:
    return x if x.dtype == dtype else x.astype(dtype)
