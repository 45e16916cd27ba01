"""`from autograd.blocks.block import Block, SimpleBlock`: operations as classes, the user's own among them.

A block's instance is called on Variables. What it computes is `data_fn`; how the result moves with its
operands is `get_jacobians` or, for an elementwise function of one operand, `gradient_fn`. Both modes ask for
no more, and so a user's blocks mix freely with the built-in ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from ...errors import ShapeError
from ..local import Dense, Diagonal, Local
from ..matrix import Array
from ..operation import Elementwise
from ..session import apart
from ..variable import Constant, Operand, Variable, apply, result_of, variable_of
from ..vector import moves

__all__ = ["BinaryBlock", "Block", "BuiltIn", "SimpleBlock", "UnaryBlock"]


class Block:
    """An operation with a Jacobian of its own. Derive from it, and define the two methods.

    >>> class Total(Block):
    ...     def data_fn(self, x): return np.array([x.data.sum()])
    ...     def get_jacobians(self, x): return [np.ones((1, len(x)))]
    >>> Total()(Variable([1.0, 2.0])).gradient
    array([[1., 1.]])
    """

    def data_fn(self, *args: Any, **kwargs: Any) -> Any:  # Any: users' methods take what they need
        """The result, of shape (p,), from Variables: read their `.data`."""
        raise NotImplementedError(f"{type(self).__name__} has no data_fn")

    def get_jacobians(self, *args: Any, **kwargs: Any) -> Sequence[Any]:
        """A list of Jacobians, one an operand, each of shape (p, n_i)."""
        raise NotImplementedError(f"{type(self).__name__} has no get_jacobians")

    def __call__(self, *args: Any, **kwargs: Any) -> Variable:
        """Apply the block.

        Args:
            *args: Variables or data.
            **kwargs: settings, handed to the block's methods.

        Returns:
            A Variable; a Constant if no argument is a Variable.

        Raises:
            ShapeError: a Jacobian does not fit its operand and the result; a ValueError.
        """
        xs = [variable_of(x) for x in args]
        data = _entries(self.data_fn(*xs, **kwargs))
        if not any(isinstance(x, Variable) for x in args):
            return Constant(data)
        inputs, moving = moves(xs)
        locals_ = self._locals(data, xs, moving, kwargs) if moving else ()
        return result_of(data, inputs, locals_, [xs[i] for i in moving])

    def _locals(self, data: Array, xs: Sequence[Variable], moving: Sequence[int],
                kwargs: dict[str, Any]) -> list[Local]:
        jacobians = self.get_jacobians(*xs, **kwargs)
        if len(jacobians) != len(xs):
            raise ShapeError(f"{type(self).__name__}.get_jacobians gave {len(jacobians)} arrays for {len(xs)} operands",
                             why="a block gives one Jacobian for each operand", edit="return a list of as many arrays")
        return [Dense(self._fitting(jacobians[i], (data.size, len(xs[i])), i)) for i in moving]

    def _fitting(self, jacobian: Any, shape: tuple[int, int], i: int) -> Array:
        matrix: Array = np.array(jacobian, np.float64)
        if matrix.shape != shape:
            raise ShapeError(f"{type(self).__name__}.get_jacobians gave shape {matrix.shape} for operand {i}",
                             why=f"the result has {shape[0]} entries and the operand {shape[1]}",
                             edit=f"return an array of shape {shape}")
        return matrix


class SimpleBlock(Block):
    """An elementwise function of one operand. Derive from it, and define the two methods.

    >>> class Cube(SimpleBlock):
    ...     def data_fn(self, x): return x.data ** 3
    ...     def gradient_fn(self, x): return 3 * x.data ** 2
    >>> Cube()(Variable([1.0, 2.0])).gradient
    array([[ 3.,  0.],
           [ 0., 12.]])
    """

    def gradient_fn(self, *args: Any, **kwargs: Any) -> Any:
        """The derivative at each entry, of the shape of the operand."""
        raise NotImplementedError(f"{type(self).__name__} has no gradient_fn")

    def get_jacobians(self, *args: Any, **kwargs: Any) -> Sequence[Any]:
        """The diagonal matrix of `gradient_fn`."""
        return [np.diag(self._slopes(args[0], args, kwargs))]

    def _locals(self, data: Array, xs: Sequence[Variable], moving: Sequence[int],
                kwargs: dict[str, Any]) -> list[Local]:
        return [Diagonal(self._slopes(data, xs, kwargs))]

    def _slopes(self, like: Any, xs: Sequence[Any], kwargs: dict[str, Any]) -> Array:
        slopes = np.array(self.gradient_fn(*xs, **kwargs), np.float64)
        if slopes.shape not in ((), (1,), (len(like),)) or len(like) != len(xs[0]):
            raise ShapeError(f"{type(self).__name__} gave {len(like)} entries and slopes of shape {slopes.shape} "
                             f"for an operand of {len(xs[0])} entries",
                             why="a SimpleBlock acts on each entry by itself",
                             edit="return arrays of the operand's shape, or derive from Block")
        return np.broadcast_to(slopes, (len(like),))


def _entries(data: Any) -> Array:
    """What a user's data_fn returned, as a vector."""
    values: Array = np.array(data.data if isinstance(data, Variable) else data, np.float64, ndmin=1)
    if values.ndim != 1:
        raise ShapeError(f"data_fn returned shape {values.shape}", why="a Variable has one axis",
                         edit="return an array with one axis")
    return values


class BuiltIn(Block):
    """A built-in operation as a block: its Jacobians are fad's."""

    def data_fn(self, *args: Any, **kwargs: Any) -> Any:
        """The result, of shape (p,)."""
        return self(*[Constant(variable_of(x).data) for x in args], **kwargs).data

    def get_jacobians(self, *args: Any, **kwargs: Any) -> Sequence[Any]:
        """A list of Jacobians, one an operand, each of shape (p, n_i)."""
        with apart():
            result = self(*Variable.multi_variables(*[variable_of(x).data for x in args]), **kwargs)
            jacobians: list[Array] = result.compute_gradients()
        return jacobians


class UnaryBlock(BuiltIn):
    """A built-in elementwise operation of one operand."""

    _operation: ClassVar[Elementwise]

    def __call__(self, x: Operand) -> Variable:
        """Apply the operation to a Variable or to data of shape (n,)."""
        return apply(self._operation, x)


class BinaryBlock(BuiltIn):
    """A built-in elementwise operation of two operands."""

    _operation: ClassVar[Elementwise]

    def __call__(self, x: Operand, y: Operand) -> Variable:
        """Apply the operation to Variables or data, of one size or of a single entry."""
        return apply(self._operation, x, y)
