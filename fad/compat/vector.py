"""What a Variable is but for its operators: a vector that carries its Jacobian, or the way to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import DtypeError, ShapeError
from .matrix import Array, Matrix
from .record import Inputs, Node, pull_back
from .session import session
from .utils import Data, as_vector

__all__ = ["Gradient", "Vector", "jacobian_of", "moves", "node_of"]

Gradient: TypeAlias = "Array | list[Array]"
"""A Jacobian as the user sees it: of shape (p, n) or, after `multi_variables`, a list of (p, n_i), one an input."""


class Vector:
    """Entries, and how they depend on the input: by a Jacobian (forward mode), a node (reverse mode) or not at all."""

    _data: Array
    _inputs: Inputs | None  # what it may depend on; None: on nothing
    _jacobian: Matrix | None  # forward mode's; None: it vanishes, or the node leads to it
    _node: Node | None  # reverse mode's
    _gradient: Gradient | None  # what the user has been shown

    # -- data --

    @property
    def data(self) -> Array:
        """The entries, of shape (n,)."""
        return self._data

    @data.setter
    def data(self, data: Data) -> None:
        self.set_data(data)

    def set_data(self, data: Data) -> None:
        """Replace the entries by as many others.

        Raises:
            ShapeError: there are more or fewer; a ValueError.
        """
        vector = as_vector(data)
        if vector.shape != self._data.shape:
            raise ShapeError(f"data of shape {vector.shape} for a Variable of shape {self._data.shape}",
                             why="what has been computed from it has that many entries",
                             edit="give as many entries, or make a new Variable")
        self._data = vector

    # -- gradient --

    @property
    def gradient(self) -> Any:  # Any: an array for one input, a list for several, None before compute_gradients
        """The Jacobian, of shape (p, n); after `multi_variables` a list of (p, n_i), one an input.

        In reverse mode, of a result: None until `compute_gradients` has been called on it.
        """
        if self._gradient is None:
            if self._jacobian is not None and self._inputs is not None:
                self._gradient = self._inputs.presented(self._jacobian, self._data.size)
            elif self._node is None and session.mode == "forward":
                return self._vanishing()
        return self._gradient

    @gradient.setter
    def gradient(self, gradient: ArrayLike) -> None:
        self.set_gradient(gradient)

    def _vanishing(self) -> Gradient | None:
        inputs = self._inputs or session.inputs
        return None if inputs is None else inputs.presented(None, self._data.size)

    def set_gradient(self, gradient: ArrayLike) -> None:
        """Replace the Jacobian; what is computed from this Variable later on starts from it.

        Args:
            gradient: of shape (p, n), with a row for each entry; after `multi_variables`, or a list of (p, n_i).

        Raises:
            ShapeError: another shape; a ValueError.
        """
        inputs, p = self._inputs or session.inputs, self._data.size
        if inputs is not None and inputs.several and isinstance(gradient, (list, tuple)):
            gradient = np.concatenate([np.reshape(np.asarray(g, np.float64), (p, -1)) for g in gradient], axis=1)
        matrix = np.array(gradient, np.float64)
        if inputs is None and matrix.ndim == 2:  # with respect to numbers that no Variable stands for
            inputs = Inputs([np.full(matrix.shape[1], np.nan)], several=False)
            session.begin(inputs)
        if inputs is None or matrix.shape != (p, inputs.total):
            columns = "n" if inputs is None else inputs.total
            raise ShapeError(f"a gradient of shape {matrix.shape} for a Variable of {p} entries",
                             why="a gradient has a row for each entry, and a column for each entry of the input",
                             edit=f"give an array of shape ({p}, {columns})")
        self._inputs, self._jacobian, self._node = inputs, matrix, Node(self._data, jacobian=matrix)
        self._gradient = inputs.presented(matrix, p)

    def compute_gradients(self) -> Any:  # Any: as for `gradient`
        """The Jacobian with respect to the input; afterwards also in `.gradient`.

        Returns:
            An array of shape (p, n); after `multi_variables` a list of arrays of shape (p, n_i), one an input. None
            where there has been no input yet.

        >>> from fad.compat.variable import Variable
        >>> Variable(3.0).compute_gradients()
        array([[1.]])
        """
        if self._jacobian is None and self._inputs is not None and self._node is not None:
            session.latest = self._node
            self._gradient = self._inputs.presented(pull_back(self._node), self._data.size)
        elif self._jacobian is None:
            self._gradient = self._vanishing()
        return self.gradient

    def backward(self) -> None:
        """Compute the Jacobian, and leave it in `.gradient`."""
        self.compute_gradients()

    # -- as text, and as what it must not become --

    def __str__(self) -> str:
        return f"data : {self._data} \ngrad : {self.gradient}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._data}, gradient={self.gradient})"

    if not TYPE_CHECKING:  # a checker would take `array * variable` for an array
        def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
            raise DtypeError("a Variable was converted to a plain array", why="its derivative would be lost without a word",
                             edit="use fad.compat's functions on it, or v.data where only the numbers are wanted")


def moves(operands: Sequence[object]) -> tuple[Inputs | None, list[int]]:
    """The input that derivatives are with respect to, and the positions of the operands that move with it.

    It is the session's or, in a thread that has made none, the operands' latest.
    """
    inputs = session.inputs
    if inputs is None:
        known = [x._inputs for x in operands if isinstance(x, Vector) and x._inputs is not None]
        inputs = max(known, key=lambda found: found.serial, default=None)
    return inputs, [i for i, x in enumerate(operands) if isinstance(x, Vector) and x._inputs is inputs
                    and (x._jacobian is not None or x._node is not None)]


def jacobian_of(x: Vector) -> Matrix:
    """The Jacobian that forward mode pushes on; of what reverse mode has recorded, it is pulled back once."""
    if x._jacobian is None:
        assert x._node is not None and x._inputs is not None
        found = pull_back(x._node)
        x._jacobian = np.zeros((x._data.size, x._inputs.total)) if found is None else found
    return x._jacobian


def node_of(x: Vector) -> Node:
    """The node that reverse mode links to; what forward mode has made gets one with its Jacobian."""
    if x._node is None:
        x._node = Node(x._data, jacobian=x._jacobian)
    return x._node
