"""Bounds for the numbers of a tree, from a tree of bounds that may stop short of its leaves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import tree
from ..core.avals import Shape
from ..errors import TreeError
from ..tree import Structure

__all__ = ["limits"]

Vector = NDArray[np.float64]


def limits(what: str, given: object, like: object, otherwise: float) -> Vector:
    """A bound for each number of a tree, from a tree of bounds that may stop short of its leaves."""
    leaves, structure = tree.flatten(like)
    bounds, shape = tree.flatten(given)
    parts = _limits_of(shape, iter(bounds), structure, iter([np.shape(leaf) for leaf in leaves]), otherwise)
    if parts is None:
        raise TreeError(f"{what} has bounds of structure {shape} for a tree of structure {structure}",
                        why="a bound belongs to each entry",
                        edit="give a tree like that, with None for no bound and one number for many")
    return np.concatenate([np.zeros(0), *parts])


def _limits_of(given: Structure | None, bounds: Iterator[Any], structure: Structure, shapes: Iterator[Shape],
               otherwise: float) -> list[Vector] | None:
    """The bounds for the leaves of one part of the tree; None where they do not fit it."""
    if given is None or given == tree.LEAF or given.kind is type(None):
        limit = np.asarray(next(bounds) if given == tree.LEAF else otherwise, np.float64)
        return [np.broadcast_to(limit, next(shapes)).reshape(-1) for _ in range(structure.n_leaves)]
    children = _children(given, structure)
    if children is None:
        return None
    parts: list[Vector] = []
    for child, of in zip(children, structure.children, strict=True):
        below = _limits_of(child, bounds, of, shapes, otherwise)
        if below is None:
            return None
        parts.extend(below)
    return parts


def _children(bounds: Structure, structure: Structure) -> Sequence[Structure | None] | None:
    """The bounds for each child of a container; None where the two do not fit. A dict may leave some out."""
    if bounds.kind is not structure.kind:
        return None
    if bounds.kind is dict and isinstance(bounds.names, tuple) and isinstance(structure.names, tuple):
        given = dict(zip(bounds.names, bounds.children, strict=True))
        return [given.get(name) for name in structure.names] if set(given) <= set(structure.names) else None
    return bounds.children if bounds.names == structure.names and len(bounds.children) == len(structure.children) else None
