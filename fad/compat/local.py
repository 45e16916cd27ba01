"""The derivative of one operation at one point: how it pushes Jacobians and pulls cotangents back.

    push : J  ↦ L J      forward mode, as the operation is evaluated
    pull : C  ↦ C L      reverse mode, when the operation is walked over again

L is the operation's own Jacobian with respect to one operand, and is written out for users' blocks alone.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from .matrix import Array, Matrix, dense

__all__ = ["Column", "Dense", "Diagonal", "Local", "Same"]


class Local(Protocol):
    """The derivative of an operation with respect to one operand."""

    def push(self, jacobian: Matrix) -> Matrix:
        """L J, for the Jacobian J of the operand."""
        ...

    def pull(self, cotangents: Matrix) -> Matrix:
        """C L, for rows C of cotangents of the result."""
        ...


class Same:
    """The identity: an addition."""

    __slots__ = ()

    def push(self, jacobian: Matrix) -> Matrix:
        return jacobian

    def pull(self, cotangents: Matrix) -> Matrix:
        return cotangents


class Diagonal:
    """An elementwise operation: L = diag(entries)."""

    __slots__ = ("entries",)

    def __init__(self, entries: Array) -> None:
        self.entries = entries

    def push(self, jacobian: Matrix) -> Matrix:
        return self.entries * jacobian if jacobian.ndim == 1 else self.entries[:, None] * jacobian

    def pull(self, cotangents: Matrix) -> Matrix:
        return cotangents * self.entries


class Column:
    """An elementwise operation on an operand of one entry, which takes part in every entry of the result."""

    __slots__ = ("entries",)

    def __init__(self, entries: Array) -> None:
        self.entries = entries

    def push(self, jacobian: Matrix) -> Matrix:
        return self.entries[:, None] * dense(jacobian)

    def pull(self, cotangents: Matrix) -> Matrix:
        column: Array = cotangents * self.entries if cotangents.ndim == 1 else cotangents @ self.entries
        return column[:, None]


class Dense:
    """A user's block, which gives its Jacobian in full."""

    __slots__ = ("matrix",)

    def __init__(self, matrix: Array) -> None:
        self.matrix = matrix

    def push(self, jacobian: Matrix) -> Matrix:
        return self.matrix * jacobian if jacobian.ndim == 1 else np.matmul(self.matrix, jacobian)

    def pull(self, cotangents: Matrix) -> Matrix:
        return cotangents[:, None] * self.matrix if cotangents.ndim == 1 else np.matmul(cotangents, self.matrix)
