"""`from autograd.variable import Variable, Constant`: vectors with operators, and how an operation is applied."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import DtypeError, ShapeError
from .calculus import ADD, DIVIDE, EXTRACT, MULTIPLY, NEGATIVE, POWER, SUBTRACT, power_by
from .local import Local
from .matrix import Array, Matrix, plus
from .operation import Elementwise, Linear
from .record import Inputs, Link, Node
from .session import session
from .utils import Data, as_vector
from .vector import Vector, jacobian_of, moves, node_of

__all__ = ["Constant", "Operand", "Variable"]

Operand: TypeAlias = "Variable | Data"
"""What takes part in an operation: a Variable, a number, a list of numbers or an array with one axis."""


def _comparison(ufunc: Callable[[Any, Any], Any]) -> Any:  # Any: an __eq__ that returns an array is not object's
    def compare(self: Variable, other: object) -> Any:
        if isinstance(other, Variable):
            return ufunc(self._data, other._data)
        try:
            return ufunc(self._data, as_vector(other))
        except DtypeError:  # not a number: Python decides, as it does for any two objects
            return NotImplemented

    return compare


class Variable(Vector):
    """A vector of floats that takes part in derivatives.

    Args:
        data: a number, a list of numbers or an array of shape (n,). It is copied; a number becomes shape (1,).
        gradient: its Jacobian with respect to the input, of shape (n, m); by default, of an input, eye(n).
        constant: whether it takes part in values alone.
        input_node: whether it becomes *the* input of the graph, in place of the one before.

    Raises:
        ShapeError: data with two or more axes, ragged or empty; a gradient of another shape; a ValueError.
        DtypeError: data that is not numeric; a TypeError.

    >>> x = Variable([1.0, 2.0])
    >>> (x * x + 1).data
    array([2., 5.])
    >>> (x * x + 1).gradient
    array([[2., 0.],
           [0., 4.]])
    """

    __hash__ = object.__hash__  # by identity, though == compares entries
    __array_ufunc__ = None  # NumPy leaves the whole of `array * variable` to the Variable

    def __init__(self, data: Data, gradient: ArrayLike | None = None, constant: bool = False,
                 input_node: bool = True) -> None:
        self._data = as_vector(data)
        self._inputs = self._jacobian = self._node = self._gradient = None
        if constant:
            return
        if input_node:
            inputs = Inputs([self._data], several=False)
            session.begin(inputs)
            self._inputs, self._node, self._jacobian = inputs, inputs.node, inputs.node.jacobian
        if gradient is not None:
            self.set_gradient(gradient)

    @staticmethod
    def multi_variables(*data: Data) -> list[Variable]:
        """Several inputs at once; Jacobians are then lists, one array an input, in this order.

        Args:
            *data: for each input a number, a list of numbers or an array of shape (n_i,).

        Returns:
            A Variable for each.

        >>> x, y = Variable.multi_variables(2.0, [1.0, 3.0])
        >>> [g.tolist() for g in (x * y).gradient]
        [[[1.0], [3.0]], [[2.0, 0.0], [0.0, 2.0]]]
        """
        if not data:
            raise ShapeError("multi_variables without data", edit="give the data of at least one input")
        vectors = [as_vector(x) for x in data]
        inputs = Inputs(vectors, several=True)
        session.begin(inputs)
        return [_make(v, inputs, rows, Node(v, jacobian=rows)) for v, rows in zip(vectors, inputs.rows(), strict=True)]

    # -- operators --

    def __add__(self, other: Operand) -> Variable:
        return apply(ADD, self, other)

    def __radd__(self, other: Data) -> Variable:
        return apply(ADD, other, self)

    def __sub__(self, other: Operand) -> Variable:
        return apply(SUBTRACT, self, other)

    def __rsub__(self, other: Data) -> Variable:
        return apply(SUBTRACT, other, self)

    def __mul__(self, other: Operand) -> Variable:
        return apply(MULTIPLY, self, other)

    def __rmul__(self, other: Data) -> Variable:
        return apply(MULTIPLY, other, self)

    def __truediv__(self, other: Operand) -> Variable:
        return apply(DIVIDE, self, other)

    def __rtruediv__(self, other: Data) -> Variable:
        return apply(DIVIDE, other, self)

    def __pow__(self, other: Operand) -> Variable:
        if isinstance(other, (int, float)):
            return apply(power_by(float(other)), self)
        return apply(POWER, self, other)

    def __rpow__(self, other: Data) -> Variable:
        return apply(POWER, other, self)

    def __neg__(self) -> Variable:
        return apply(NEGATIVE, self)

    __lt__, __le__ = _comparison(np.less), _comparison(np.less_equal)
    __gt__, __ge__ = _comparison(np.greater), _comparison(np.greater_equal)
    __eq__, __ne__ = _comparison(np.equal), _comparison(np.not_equal)

    # -- entries --

    def __getitem__(self, key: Any) -> Variable:  # Any: whatever indexes an array with one axis
        """Entries, as a Variable: v[1], v[-1], v[1:3], v[::-1], v[[0, 2]], v[v.data > 0]."""
        where = np.arange(self._data.size)[key]
        if where.ndim > 1:
            raise ShapeError(f"an index that gives shape {where.shape}", why="a Variable has one axis",
                             edit="index with an integer, a slice, or an array with one axis")
        return apply_linear(EXTRACT, self, where.reshape(-1))

    def __len__(self) -> int:
        return self._data.size

    def __iter__(self) -> Iterator[Variable]:
        return (self[i] for i in range(self._data.size))


class Constant(Variable):
    """A vector that takes part in values and not in derivatives.

    Args:
        data: a number, a list of numbers or an array of shape (n,).

    >>> (Constant(2.0) * 3.0).data
    array([6.])
    """

    def __init__(self, data: Data) -> None:
        super().__init__(data, constant=True)


def variable_of(x: Operand) -> Variable:
    """A Variable as it is, and data as a Constant."""
    return x if isinstance(x, Variable) else Constant(x)


def _make(data: Array, inputs: Inputs | None, jacobian: Matrix | None, node: Node | None,
          kind: type[Variable] = Variable) -> Variable:
    made = object.__new__(kind)
    made._data, made._inputs, made._jacobian, made._node, made._gradient = data, inputs, jacobian, node, None
    return made


# -- applying operations --------------------------------------------------------------------------


def apply(operation: Elementwise, *operands: Operand) -> Variable:
    """The result of an elementwise operation; a Constant if no operand is a Variable."""
    inputs = session.inputs or moves(operands)[0]
    values: list[Any] = []
    moving: list[int] = []
    size, plain = 1, True
    for x in operands:
        if isinstance(x, Variable):
            plain = False
            value = x._data
            if x._inputs is inputs and (x._jacobian is not None or x._node is not None):
                moving.append(len(values))
        elif isinstance(x, float):
            values.append(x)
            continue
        else:
            value = as_vector(x)
        values.append(value)
        if value.size != 1:
            if size not in (1, value.size):
                raise ShapeError(f"{operation.name} of operands with {size} and {value.size} entries",
                                 why="an elementwise operation takes operands of one size, or of a single entry",
                                 edit="give operands of one size")
            size = value.size
    if plain:
        values = [as_vector(v) for v in values]
    if size != 1:
        values = [v[0] if isinstance(v, np.ndarray) and v.size == 1 else v for v in values]
    result, locals_ = operation(values, tuple(moving))
    if plain:
        return _make(result, None, None, None, Constant)
    return result_of(result, inputs, locals_, [operands[i] for i in moving])  # type: ignore[misc]  # those are Variables


def apply_linear(operation: Linear, x: Operand, *where: NDArray[np.intp]) -> Variable:
    """The result of a linear operation; a Constant if x is plain data."""
    if not isinstance(x, Variable):
        return _make(operation(as_vector(x), *where)[0], None, None, None, Constant)
    inputs, moving = moves((x,))
    result, local = operation(x._data, *where)
    return result_of(result, inputs, [local], [x]) if moving else result_of(result, inputs, (), ())


def result_of(data: Array, inputs: Inputs | None, locals_: Sequence[Local], operands: Sequence[Variable]) -> Variable:
    """A result, from the derivatives of the operation with respect to its moving operands.

    Forward mode applies them at once, and stores nothing but the Jacobian. Reverse mode records them.
    """
    if session.mode == "forward":
        jacobian: Matrix | None = None
        for local, x in zip(locals_, operands, strict=True):
            term = local.push(jacobian_of(x))
            jacobian = term if jacobian is None else plus(jacobian, term)
        return _make(data, inputs, jacobian, None)
    links = tuple([Link(local, node_of(x)) for local, x in zip(locals_, operands, strict=True)])
    return _make(data, inputs, None, session.record(Node(data, links)) if links else None)
