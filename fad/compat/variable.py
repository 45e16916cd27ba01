"""`from autograd.variable import Variable, Constant`: a vector that carries its Jacobian, or the way to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import DtypeError, ShapeError
from .calculus import ADD, DIVIDE, EXTRACT, MULTIPLY, NEGATIVE, POWER, SUBTRACT, SUM, power_by
from .local import Local
from .matrix import Array, Matrix, ones, plus
from .operation import Elementwise, Linear
from .record import Inputs, Link, Node, pull_back
from .session import session
from .utils import as_vector

__all__ = ["Constant", "Operand", "Variable", "apply", "apply_linear", "result_of", "variable_of"]

Operand: TypeAlias = "Variable | ArrayLike"
"""What takes part in an operation: a Variable, a number, a list of numbers or an array with one axis."""

Jacobian: TypeAlias = "Array | list[Array]"
"""As the user sees it: an array of shape (p, n); with `multi_variables`, a list of such arrays, one an input."""


def _comparison(ufunc: Callable[[Any, Any], Any]) -> Any:  # Any: __eq__ that returns an array is no `object.__eq__`
    def compare(self: Variable, other: object) -> Any:
        if isinstance(other, Variable):
            return ufunc(self._data, other._data)
        try:
            return ufunc(self._data, as_vector(other))
        except DtypeError:  # not a number: Python decides, as it does for any two objects
            return NotImplemented

    return compare


class Variable:
    """A vector of floats that takes part in derivatives.

    Args:
        data: a number, a list of numbers or an array of shape (n,). It is copied; a number becomes shape (1,).
        gradient: its Jacobian with respect to the input, of shape (n, m); by default eye(n) for an input.
        constant: whether it takes part in values alone.
        input_node: whether it becomes *the* input of the graph, in place of the one before.

    Raises:
        ShapeError: data with two or more axes, ragged or empty; a gradient of another number of rows; a ValueError.
        DtypeError: data that is not numeric; a TypeError.

    >>> x = Variable([1.0, 2.0])
    >>> (x * x + 1).data
    array([2., 5.])
    >>> (x * x + 1).gradient
    array([[2., 0.],
           [0., 4.]])
    """

    __hash__ = object.__hash__  # by identity, though == compares entries
    __array_ufunc__ = None  # of `array * variable`, NumPy leaves the whole to the Variable

    _data: Array
    _inputs: Inputs | None  # the input that it may depend on; None: a constant
    _jacobian: Matrix | None  # forward mode's; None: it vanishes, or reverse mode will find it
    _node: Node | None  # reverse mode's
    _gradient: Jacobian | None  # as it has been shown to the user

    def __init__(self, data: ArrayLike, gradient: ArrayLike | None = None, constant: bool = False,
                 input_node: bool = True) -> None:
        self._data = as_vector(data)
        self._inputs = self._jacobian = self._node = self._gradient = None
        if constant:
            return
        if input_node:
            self._be_input(Inputs([self._data], several=False))
        if gradient is not None:
            self._inputs = session.inputs
            self.set_gradient(gradient)

    def _be_input(self, inputs: Inputs) -> None:
        session.begin(inputs)
        self._inputs, self._node, self._jacobian = inputs, inputs.node, inputs.node.jacobian

    @staticmethod
    def multi_variables(*data: ArrayLike) -> list[Variable]:
        """Several inputs at once; Jacobians are then lists, one array an input, in this order.

        Args:
            *data: for each input a number, a list of numbers or an array of shape (n_i,).

        Returns:
            A Variable for each.

        >>> x, y = Variable.multi_variables(2.0, [1.0, 3.0])
        >>> (x * y).gradient
        [array([[1.],
               [3.]]), array([[2., 0.],
               [0., 2.]])]
        """
        if not data:
            raise ShapeError("multi_variables without data", edit="give the data of at least one input")
        vectors = [as_vector(x) for x in data]
        inputs = Inputs(vectors, several=True)
        session.begin(inputs)
        return [_make(v, inputs, rows, Node(v, jacobian=rows)) for v, rows in zip(vectors, inputs.rows(), strict=True)]

    # -- data and gradient --

    @property
    def data(self) -> Array:
        """The entries, of shape (n,)."""
        return self._data

    @data.setter
    def data(self, data: ArrayLike) -> None:
        self.set_data(data)

    def set_data(self, data: ArrayLike) -> None:
        """Replace the entries by as many others.

        Raises:
            ShapeError: there are more or fewer.
        """
        vector = as_vector(data)
        if vector.shape != self._data.shape:
            raise ShapeError(f"data of shape {vector.shape} for a Variable of shape {self._data.shape}",
                             edit="give as many entries, or make a new Variable")
        self._data = vector

    @property
    def gradient(self) -> Jacobian | None:
        """The Jacobian, of shape (p, n); a list of (p, n_i) after `multi_variables`.

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

    def _vanishing(self) -> Jacobian | None:
        inputs = self._inputs or session.inputs
        return None if inputs is None else inputs.presented(None, self._data.size)

    def set_gradient(self, gradient: ArrayLike) -> None:
        """Replace the Jacobian; what is computed from this Variable later on starts from it.

        Args:
            gradient: of shape (p, n), with as many rows as there are entries; or a list of (p, n_i), one an input.

        Raises:
            ShapeError: another shape.
        """
        inputs = self._inputs or session.inputs
        if inputs is not None and inputs.several and isinstance(gradient, (list, tuple)) and len(
                gradient) == len(inputs.sizes):
            gradient = np.concatenate([np.asarray(g, np.float64).reshape(self._data.size, -1) for g in gradient], axis=1)
        matrix = np.array(gradient, np.float64)
        if matrix.ndim != 2 or len(matrix) != self._data.size or (inputs is not None and matrix.shape[1] != inputs.total):
            columns = "n" if inputs is None else inputs.total
            raise ShapeError(f"a gradient of shape {matrix.shape} for a Variable of {self._data.size} entries",
                             why="a gradient has a row for each entry, and a column for each entry of the input",
                             edit=f"give an array of shape ({self._data.size}, {columns})")
        self._inputs, self._jacobian, self._node = inputs, matrix, Node(self._data, jacobian=matrix)
        self._gradient = matrix.copy() if inputs is None else inputs.presented(matrix, len(matrix))

    def compute_gradients(self) -> Jacobian | None:
        """The Jacobian with respect to the input; afterwards also in `.gradient`.

        Returns:
            An array of shape (p, n) or, after `multi_variables`, a list of arrays of shape (p, n_i).

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

    def __str__(self) -> str:
        return f"data : {self._data} \ngrad : {self.gradient}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._data}, gradient={self.gradient})"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        raise DtypeError("a Variable was converted to a plain array", why="its derivative would be lost without a word",
                         edit="use fad.compat's functions on it, or v.data where only the numbers are wanted")

    # -- operators --

    def __add__(self, other: Operand) -> Variable:
        return apply(ADD, self, other)

    def __radd__(self, other: ArrayLike) -> Variable:
        return apply(ADD, other, self)

    def __sub__(self, other: Operand) -> Variable:
        return apply(SUBTRACT, self, other)

    def __rsub__(self, other: ArrayLike) -> Variable:
        return apply(SUBTRACT, other, self)

    def __mul__(self, other: Operand) -> Variable:
        return apply(MULTIPLY, self, other)

    def __rmul__(self, other: ArrayLike) -> Variable:
        return apply(MULTIPLY, other, self)

    def __truediv__(self, other: Operand) -> Variable:
        return apply(DIVIDE, self, other)

    def __rtruediv__(self, other: ArrayLike) -> Variable:
        return apply(DIVIDE, other, self)

    def __pow__(self, other: Operand) -> Variable:
        if isinstance(other, (int, float)):
            return apply(power_by(float(other)), self)
        return apply(POWER, self, other)

    def __rpow__(self, other: ArrayLike) -> Variable:
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

    def __init__(self, data: ArrayLike) -> None:
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


def _inputs_of(operands: Sequence[Any]) -> Inputs | None:
    """The input that derivatives are with respect to: the session's or, in a thread that has none, the operands' latest."""
    if session.inputs is not None:
        return session.inputs
    found = [x._inputs for x in operands if isinstance(x, Variable) and x._inputs is not None]
    return max(found, key=lambda inputs: inputs.serial, default=None)


def apply(operation: Elementwise, *operands: Operand) -> Variable:
    """The result of an elementwise operation; a Constant if no operand is a Variable."""
    inputs = session.inputs or _inputs_of(operands)
    values: list[Any] = []
    moving: list[int] = []
    size, plain = 0, True
    for x in operands:
        if isinstance(x, Variable):
            plain = False
            value = x._data
            if x._inputs is inputs and (x._jacobian is not None or x._node is not None):
                moving.append(len(values))
        elif x.__class__ is float:
            values.append(x)
            continue
        else:
            value = as_vector(x)
            if value.size == 1 and len(operands) > 1:
                values.append(value[0])
                continue
        values.append(value)
        if value.size != size:
            if size > 1 and value.size != 1:
                raise _unequal(operation.name, [variable_of(y)._data.size for y in operands])
            size = value.size if size <= 1 else size
    if plain:
        result, _ = operation([np.asarray(v) for v in np.atleast_1d(*values)] if len(values) > 1 else [
            np.atleast_1d(values[0])], ())
        return _make(result, None, None, None, Constant)
    if size > 1:
        values = [v[0] if v.__class__ is np.ndarray and v.size == 1 else v for v in values]
    result, locals_ = operation(values, tuple(moving))
    return result_of(result, inputs, locals_, [operands[i] for i in moving])  # type: ignore[misc]  # Variables, as they move


def apply_linear(operation: Linear, x: Operand, *where: Any) -> Variable:
    """The result of a linear operation; a Constant if x is plain data."""
    if not isinstance(x, Variable):
        return _make(operation(as_vector(x), *where)[0], None, None, None, Constant)
    inputs = session.inputs or _inputs_of((x,))
    result, local = operation(x._data, *where)
    moves = x._inputs is inputs and (x._jacobian is not None or x._node is not None)
    return result_of(result, inputs, [local] if moves else (), [x] if moves else ())


def result_of(data: Array, inputs: Inputs | None, locals_: Sequence[Local], operands: Sequence[Variable]) -> Variable:
    """A result, from the derivatives of the operation with respect to its moving operands.

    Forward mode applies them at once, and stores nothing but the Jacobian. Reverse mode records them.
    """
    if session.mode == "forward":
        jacobian: Matrix | None = None
        for local, x in zip(locals_, operands, strict=True):
            known = x._jacobian
            term = local.push(_jacobian_of(x) if known is None else known)
            jacobian = term if jacobian is None else plus(jacobian, term)
        return _make(data, inputs, jacobian, None)
    links = tuple([Link(local, x._node or _node_of(x)) for local, x in zip(locals_, operands, strict=True)])
    return _make(data, inputs, None, session.record(Node(data, links)) if links else None)


def _jacobian_of(x: Variable) -> Matrix:
    """The Jacobian of a Variable that reverse mode has recorded and forward mode now needs."""
    assert x._node is not None
    found = pull_back(x._node)
    x._jacobian = np.zeros((x._data.size, x._inputs.total)) if found is None else found
    return x._jacobian


def _node_of(x: Variable) -> Node:
    """A node for a Variable that forward mode has made and reverse mode now needs."""
    x._node = Node(x._data, jacobian=x._jacobian)
    return x._node
