"""What a traced function holds in its hands: a Tracer, which looks like an array that is not computed yet.

A tracer knows its builder, its variable in the graph, and so its shape and dtype. Whatever NumPy is
asked to do with it arrives here: through operators, through methods, through `__array_ufunc__` (NEP 13)
and `__array_function__` (NEP 18). From here it goes to the table `overrides`, which `fad.numpy` fills
with NumPy's conventions, and from there, as strict primitives, to `Builder.record`.
"""

from __future__ import annotations

import opcode
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, SupportsIndex

import numpy as np
from numpy.typing import DTypeLike

from ..errors import (
    AbstractValueError,
    ConversionError,
    DtypeError,
    FadError,
    InPlaceError,
    MissingMethodError,
    ShapeError,
)
from ..source import here
from . import recipes
from .avals import Aval, Dtype, Shape
from .dispatch import IN_SCIPY, direct, instead_of, missing_rule, newcome, overrides, without_out
from .equation import Var
from .primitive import Recorder, Traced, Value

__all__ = ["Tracer", "View"]

Order = Literal["C", "F", "A"]

_getframe = sys._getframe
_FLOAT64 = np.dtype(np.float64)
_STORES = ("STORE_SUBSCR", "STORE_SLICE")  # the second, since Python 3.12, for a slice: b[0:2] = x
_LOOKING_INTO_MEMORY = {f"fad.numpy.{name}" for name in ("shape", "indexing", "creation", "joining", "arranging")}
_N_OPERANDS = {np.where: 3, np.clip: 3, np.dot: 2, np.inner: 2, np.outer: 2, np.vdot: 2, np.tensordot: 2, np.kron: 2,
               np.concatenate: 1, np.stack: 1, np.hstack: 1, np.vstack: 1, np.linalg.solve: 2}  # see recipes.call
_PYTHON_NUMBERS = {int, float, complex, bool}
_NUMBER_OF_KIND = {"f": float, "c": complex, "i": int, "u": int, "b": bool}
_OPERANDS = (int, float, complex, np.ndarray, np.generic, list, tuple, Traced)


def _infix(ufunc: np.ufunc, *, reflected: bool = False) -> Any:  # Any: a checker takes ndarray's own for what it returns
    """A binary operator.

    Two tracers of one aval, or a float64 tracer and a Python float, are by far the usual operands. They need
    none of the conventions, and go straight to the builder: it takes a quarter of the time.
    """
    known = direct.setdefault(ufunc, {})

    def operator(self: Tracer, other: Any) -> object:
        if self.__class__ is Tracer:
            atom, builder = self.atom, self.builder
            entry = known.get(atom.aval)
            if entry is not None:
                if other.__class__ is Tracer:
                    if other.builder is builder and other.atom.aval is atom.aval:
                        atoms = (other.atom, atom) if reflected else (atom, other.atom)
                        result = builder.note(entry[0], atoms, entry[1], _getframe(1))
                        result.weak = self.weak and other.weak
                        return result
                elif other.__class__ is float and atom.aval.dtype is _FLOAT64:
                    number = builder.number(other)
                    result = builder.note(entry[0], (number, atom) if reflected else (atom, number), entry[1], _getframe(1))
                    result.weak = self.weak
                    return result
        if not isinstance(other, _OPERANDS):
            return NotImplemented
        if self.weak and self.dtype.kind in "ib" and _is_int(other):
            return overrides["ints"](ufunc, other, self) if reflected else overrides["ints"](ufunc, self, other)
        result = recipes.call((Tracer, View), self.builder, overrides[ufunc], ufunc,
                              (other, self) if reflected else (self, other), {}, _getframe(1))
        if self.weak and (other.__class__ in _PYTHON_NUMBERS or isinstance(other, Tracer) and other.weak):
            result.weak = True
        return result

    return operator


def _is_int(x: object) -> bool:
    """Whether a value is an int or a bool in a plain call."""
    return x.weak and x.dtype.kind in "ib" if isinstance(x, Tracer) else x.__class__ is int or x.__class__ is bool


def _prefix(ufunc: np.ufunc) -> Any:  # Any: as above
    def operator(self: Tracer) -> Tracer:
        result: Tracer = overrides["ints"](ufunc, self) if self.weak and _is_int(self) else overrides[ufunc](self)
        result.weak = self.weak
        return result

    return operator


def _in_place(ufunc: np.ufunc) -> Any:  # Any: as above
    """`y += v` writes into the array y, so that every name for it sees the change; a number is replaced."""
    plain = _infix(ufunc)

    def operator(self: Tracer, other: object) -> object:
        result = plain(self, other)
        if not self.shape or result is NotImplemented:
            return result
        if result.aval is not self.aval:
            _fits(ufunc, result, self)
        self[...] = result
        return self

    return operator


def _fits(ufunc: np.ufunc, result: Tracer, array: Tracer) -> None:
    """Refuse what NumPy does not write back: another shape, or another kind of numbers."""
    given = f"numpy.{ufunc.__name__} in place gave {result.aval} for an array {array.aval}"
    edit = f"make a new array: x = np.{ufunc.__name__}(x, y)"
    if not np.can_cast(result.dtype, array.dtype, "same_kind"):
        raise DtypeError(given, edit=edit, why="NumPy writes back what is of the same kind, or a lower one: truths, "
                                               "unsigned and signed integers, floats, complex numbers")
    if result.shape != array.shape:
        raise ShapeError(given, edit=edit, why="an array keeps its shape")


def _fewer_forms(member: object) -> Any:
    """A member of ndarray's that a traced array answers in fewer forms: Any, so that checkers do not compare the two."""
    return member


class Tracer(Traced):
    """An array or a number that is being traced.

    `weak` marks what would be a Python number in a plain call: it takes the dtype of the array it meets.
    """

    __slots__ = ("atom", "weak")
    __hash__ = None  # type: ignore[assignment]  # as for an array: == compares entries

    def __init__(self, builder: Recorder, atom: Var, weak: bool = False) -> None:
        self.builder, self.atom, self.weak = builder, atom, weak

    # -- what is known without computing --

    @property
    def aval(self) -> Aval:
        return self.atom.aval

    @property
    def shape(self) -> Shape:
        return self.atom.aval.shape

    @shape.setter
    def shape(self, value: SupportsIndex | Sequence[SupportsIndex]) -> None:
        if isinstance(self, View):
            raise InPlaceError(f"the shape of a view of type {self.aval} was assigned to",
                               why="a write to it would no longer find its way to the array that it looks into",
                               edit="reshape it: y = y.reshape(...), which is a view as well")
        self.rebind(np.reshape(self, value))

    @property
    def dtype(self) -> Dtype:
        return self.atom.aval.dtype

    @property
    def ndim(self) -> int:
        return len(self.atom.aval.shape)

    @property
    def size(self) -> int:
        return self.atom.aval.size

    @property
    def itemsize(self) -> int:
        return self.atom.aval.dtype.itemsize

    @property
    def nbytes(self) -> int:
        return self.atom.aval.size * self.atom.aval.dtype.itemsize

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    # -- operators --

    __add__, __radd__ = _infix(np.add), _infix(np.add, reflected=True)
    __sub__, __rsub__ = _infix(np.subtract), _infix(np.subtract, reflected=True)
    __mul__, __rmul__ = _infix(np.multiply), _infix(np.multiply, reflected=True)
    __truediv__, __rtruediv__ = _infix(np.divide), _infix(np.divide, reflected=True)
    __floordiv__, __rfloordiv__ = _infix(np.floor_divide), _infix(np.floor_divide, reflected=True)
    __mod__, __rmod__ = _infix(np.remainder), _infix(np.remainder, reflected=True)
    __pow__, __rpow__ = _infix(np.power), _infix(np.power, reflected=True)
    __matmul__, __rmatmul__ = _infix(np.matmul), _infix(np.matmul, reflected=True)
    __and__, __rand__ = _infix(np.bitwise_and), _infix(np.bitwise_and, reflected=True)
    __or__, __ror__ = _infix(np.bitwise_or), _infix(np.bitwise_or, reflected=True)
    __xor__, __rxor__ = _infix(np.bitwise_xor), _infix(np.bitwise_xor, reflected=True)
    __lshift__, __rlshift__ = _infix(np.left_shift), _infix(np.left_shift, reflected=True)
    __rshift__, __rrshift__ = _infix(np.right_shift), _infix(np.right_shift, reflected=True)
    __lt__, __le__ = _infix(np.less), _infix(np.less_equal)
    __gt__, __ge__ = _infix(np.greater), _infix(np.greater_equal)
    __eq__, __ne__ = _infix(np.equal), _infix(np.not_equal)  # entry by entry
    __neg__, __pos__ = _prefix(np.negative), _prefix(np.positive)
    __abs__, __invert__ = _prefix(np.absolute), _prefix(np.invert)
    __iadd__, __isub__, __imul__ = _in_place(np.add), _in_place(np.subtract), _in_place(np.multiply)
    __itruediv__, __ipow__, __ifloordiv__ = _in_place(np.divide), _in_place(np.power), _in_place(np.floor_divide)
    __imod__, __imatmul__ = _in_place(np.remainder), _in_place(np.matmul)
    __iand__, __ior__, __ixor__ = _in_place(np.bitwise_and), _in_place(np.bitwise_or), _in_place(np.bitwise_xor)
    __ilshift__, __irshift__ = _in_place(np.left_shift), _in_place(np.right_shift)

    def __divmod__(self, other: object) -> Any:
        return self // other, self % other

    # -- NumPy's two protocols --

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if not kwargs and len(inputs) == 1 and method == "__call__" and self.__class__ is Tracer:
            entry = direct[ufunc].get(self.atom.aval) if ufunc in direct else None
            if entry is not None:  # the usual case of a function of one operand, as for the operators
                return self.builder.note(entry[0], (self.atom,), entry[1], _getframe(1))
        override = overrides.get(ufunc if method == "__call__" else (ufunc, method)) or newcome(
            ufunc if method == "__call__" else (ufunc, method))
        if override is None:
            name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
            raise missing_rule(f"numpy.{name}" if getattr(np, ufunc.__name__, None) is ufunc else f"the ufunc {name}")
        if kwargs:
            out = kwargs.get("out", ())
            if any(isinstance(array, Tracer) for array in out):
                return overrides["out"](ufunc, override, inputs, kwargs)
            return override(*inputs, **without_out(ufunc, kwargs))
        return recipes.call((Tracer, View), self.builder, override, override, inputs, kwargs, _getframe(1))

    def __array_function__(self, function: Callable[..., Any], types: object, args: Any, kwargs: Any) -> Any:
        override = overrides.get(function) or newcome(function)
        if override is None:
            raise missing_rule(f"{function.__module__}.{function.__name__}")
        out = kwargs.get("out")
        if isinstance(out, Tracer):
            out[...] = override(*args, **{**kwargs, "out": None})
            return out
        if out is not None:
            without_out(function, kwargs)
        tracers = (Tracer,) if override.__module__ in _LOOKING_INTO_MEMORY else (Tracer, View)
        n_operands = _N_OPERANDS.get(function, 0)
        if function is np.einsum and isinstance(args[0], str):  # in its other form, subscripts stand among the operands
            n_operands = len(args)
        return recipes.call(tracers, self.builder, override, override, args, kwargs, _getframe(1), n_operands)

    # -- values on demand: what Python itself needs to know in order to go on --

    def __bool__(self) -> bool:
        return bool(self.builder.demand(self, "bool(x)"))

    def __int__(self) -> int:
        return int(self.builder.demand(self, "int(x)"))

    __trunc__ = __int__

    def __index__(self) -> int:
        if self.dtype.kind not in "iu":
            raise TypeError(f"only integer arrays can be used as an index, got {self.aval}")
        return self.builder.demand(self, "an index").__index__()

    def __floor__(self) -> int:
        return int(np.floor(self.builder.demand(self, "math.floor(x)")))

    def __ceil__(self) -> int:
        return int(np.ceil(self.builder.demand(self, "math.ceil(x)")))

    def __round__(self, digits: int | None = None) -> int | Value:
        return int(np.round(self.builder.demand(self, "round(x)"))) if digits is None else np.round(self, digits)

    def __float__(self) -> float:
        if self.dtype.kind in "biu":
            return float(self.builder.demand(self, "float(x)"))
        raise self._conversion("float(x)")

    def __complex__(self) -> complex:
        raise self._conversion("complex(x)")

    @_fewer_forms
    def __array__(self, dtype: Dtype | None = None, copy: bool | None = None) -> Value:
        if self.dtype.kind in "biu":  # has no derivative that could be lost
            return np.array(self.builder.demand(self, "a plain array"), dtype)
        raise self._conversion("np.asarray(x)")

    def _conversion(self, what: str) -> FadError:
        """The error for turning a traced value into a plain number; says what the user's line tried to do."""
        source = here(3)
        if source is not None and opcode.opname[source.operation[0]] in _STORES:
            return ConversionError(
                f"a traced value of type {self.aval} was stored into a plain NumPy array",
                why="a plain array holds numbers, so the entry would lose its derivative",
                edit="make the array with fad.numpy, as in b = fad.numpy.zeros(n), or build it at once with np.stack",
                source=source)
        text = source.text if source is not None else ""
        scipy = f"{os.sep}scipy{os.sep}" in _getframe(2).f_code.co_filename
        return ConversionError(
            f"a traced value of type {self.aval} was converted to a plain number or array, by {text or what}",
            why="the result would be a constant: its derivative would be lost without a word",
            edit=f"{IN_SCIPY if scipy else instead_of(text)}, or fad.value(x) where only the number is wanted",
            source=source)

    def __repr__(self) -> str:
        return f"Tracer({self._describe()})"

    def __str__(self) -> str:
        return self._describe()

    def __format__(self, spec: str) -> str:
        if not spec:
            return self._describe()
        return format(self.builder.demand(self, f"format(x) as {spec}"), spec)

    def _describe(self) -> str:
        try:
            return f"{self.aval} = {self.builder.demand(self, 'repr')}"
        except (AbstractValueError, RuntimeError):
            return str(self.aval)

    # -- reading and writing entries --

    def __getitem__(self, key: Any) -> Any:
        return overrides["getitem"](self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        new = overrides["setitem"](self, key, value)
        if new is not self:  # as it is where the value is a view of these very entries, and is there already
            self.rebind(new)

    def rebind(self, new: Value) -> None:
        """Let this object stand for another value from now on: a write, functional underneath."""
        assert isinstance(new, Tracer)
        self.builder, self.atom = new.builder, new.atom

    def alias(self) -> Tracer:
        """A new object for the same value: what NumPy would copy."""
        return Tracer(self.builder, self.atom, self.weak)

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(self.shape[0]))

    def __contains__(self, item: object) -> bool:
        return bool(np.any(self == item))

    def __copy__(self) -> Tracer:
        return self.alias()

    def __deepcopy__(self, memo: dict[int, object] | None, /) -> Tracer:
        return self.alias()

    # -- ndarray's properties and methods: NumPy's functions, which come back through the protocols --

    @property
    def T(self) -> Any:  # ndarray's is of its own type
        return np.transpose(self)

    @property
    def mT(self) -> Any:
        return np.swapaxes(self, -1, -2)

    @property
    def real(self) -> Value:
        part: Value = overrides[np.real](self)
        return part

    @real.setter
    def real(self, value: Any) -> None:
        self[...] = value + 1j * self.imag

    @property
    def imag(self) -> Value:
        part: Value = overrides[np.imag](self)
        return part

    @imag.setter
    def imag(self, value: Any) -> None:
        self[...] = self.real + 1j * value

    @property
    def flat(self) -> Any:  # NumPy's is an iterator that can be indexed
        return overrides["flat"](self)

    @flat.setter
    def flat(self, value: Any) -> None:
        np.put(self, np.arange(self.size), value)  # which begins again where the values end, as this does

    @_fewer_forms
    def copy(self, order: str = "C") -> Tracer:
        return self.alias()

    @_fewer_forms
    def sort(self, axis: int = -1, kind: str | None = None, order: None = None) -> None:
        """Sort in place."""
        self[...] = overrides[np.sort](self, axis=axis, kind=kind)

    @_fewer_forms
    def partition(self, kth: int | Sequence[int], axis: int = -1, kind: str = "introselect", order: None = None) -> None:
        """Partition in place."""
        partition: Callable[..., Value] = np.partition  # which is loaded when it is asked for
        self[...] = partition(self, kth, axis, kind, order)

    @_fewer_forms
    def flatten(self, order: Order = "C") -> Tracer:
        flat = np.ravel(self, order)
        assert isinstance(flat, Tracer)
        return flat.alias()

    @_fewer_forms
    def reshape(self, *shape: Any, order: Order = "C") -> Value:
        return np.reshape(self, shape[0] if len(shape) == 1 else shape, order)

    @_fewer_forms
    def transpose(self, *axes: Any) -> Value:
        return np.transpose(self, (axes[0] if len(axes) == 1 else axes) or None)

    @_fewer_forms
    def item(self, *index: int | tuple[int, ...]) -> Tracer:
        """The single entry, still traced, as the Python number that it is in a plain call."""
        if len(index) == 1 and not isinstance(index[0], tuple):  # a position in the flat array
            entry = np.ravel(self)[index[0]]
        elif index:
            entry = self[index[0] if len(index) == 1 else index]
        else:
            entry = np.reshape(self, ())
        number = overrides["astype"](entry, _NUMBER_OF_KIND[self.dtype.kind])
        return Tracer(number.builder, number.atom, weak=True)

    @_fewer_forms
    def tolist(self) -> object:
        """Nested lists of entries, still traced."""
        return [row.tolist() for row in self] if self.shape else self.item()

    @_fewer_forms
    def compress(self, condition: Value, axis: int | None = None) -> Value:
        return np.compress(condition, self, axis)

    @_fewer_forms
    def fill(self, value: object) -> None:
        self[...] = value

    @_fewer_forms
    def astype(self, dtype: DTypeLike, order: str = "K", casting: str = "unsafe", subok: bool = True,
               copy: bool = True) -> Value:
        converted: Value = overrides["astype"](self, dtype, copy=copy)
        return converted

    @_fewer_forms
    def view(self, dtype: DTypeLike | None = None, type: object = None) -> Value:
        same: Value = overrides["view"](self, dtype, type)
        return same

    @_fewer_forms
    def conj(self) -> Value:
        return np.conjugate(self) if self.dtype.kind == "c" else self

    conjugate = conj

    def __getattr__(self, name: str) -> Any:
        method = _METHODS.get(name)
        if method is not None:
            return lambda *args, **kwargs: method(self, *args, **kwargs)
        if hasattr(np.ndarray, name) and not name.startswith("__"):
            refusal = missing_rule(f"ndarray.{name}")
            raise MissingMethodError(refusal.what, why=refusal.why, edit=refusal.edit)
        raise AttributeError(f"a traced array has no attribute {name!r}")


_METHODS: dict[str, Callable[..., Any]] = {name: getattr(np, name) for name in (
    "sum mean prod max min cumsum cumprod var std all any argmax argmin argsort ravel swapaxes squeeze dot "
    "take repeat clip round diagonal trace nonzero searchsorted choose argpartition put").split()}


class View(Tracer):
    """A tracer that looks into another one, as a slice of an array does.

    `restore` gives the base after a write to the view; None: it is read-only. After a write to the base the view is taken
    anew when it is used.
    """

    __slots__ = ("kept", "restore", "seen", "taken", "viewed")

    def __init__(self, value: Tracer, viewed: Tracer, taken: Callable[[Tracer], Value],
                 restore: Callable[[Value], Value] | None) -> None:
        self.builder, self.weak, self.kept = value.builder, value.weak, value.atom
        self.viewed, self.seen, self.taken, self.restore = viewed, viewed.atom, taken, restore

    @property
    def atom(self) -> Var:  # type: ignore[override]  # a plain tracer's is a slot, which is faster to read
        if self.viewed.atom is not self.seen:
            if self.viewed.shape != self.seen.aval.shape:
                raise InPlaceError(
                    f"a view of type {self.kept.aval} was used after the shape of its array, {self.seen.aval}, had "
                    f"been assigned to: it is {self.viewed.aval} now",
                    why="the view was taken from the array in its old shape",
                    edit="reshape in place of the assignment: y = y.reshape(...), which is a view as well")
            fresh = self.taken(self.viewed)
            assert isinstance(fresh, Tracer)
            self.builder, self.kept, self.seen = fresh.builder, fresh.atom, self.viewed.atom
        return self.kept

    def rebind(self, new: Value) -> None:
        if self.restore is None:
            raise InPlaceError(
                f"a write to a view of type {self.aval} that NumPy makes read-only, or that fad cannot write through",
                why="the write would have to reach the array that the view looks into",
                edit="write to a copy: b = view.copy()")
        _ = self.atom  # what was written to the base meanwhile must not be lost
        assert isinstance(new, Tracer)
        new = new.alias()  # which may be a view of this one, and so be stale in a moment
        self.builder, self.kept = new.builder, new.atom
        self.viewed.rebind(self.restore(new))
        self.seen = self.viewed.atom
