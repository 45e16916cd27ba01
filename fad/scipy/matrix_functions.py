"""Functions of square matrices (expm, sqrtm, logm, sinm, ...) and all of their derivatives.

    f, a          →  f(a)
    f, a, e₁...eₖ →  Dᵏf(a)[e₁, ..., eₖ], the k-th Fréchet derivative, linear in each of the e

The derivative is a block of the function of a larger matrix, exactly, whatever f is:

    f([a e]) = [f(a) Df(a)[e]]
      [0 a]    [ 0     f(a)  ]

and of higher ones of a matrix 2ᵏ times as large. So a primitive with its derivatives is one primitive, which moves with
a into one with an e more. And since tr(c Dᵏf(a)[e₁, ..., eₖ]) is symmetric in c and all e, its transpose in one of them
is itself, with the cotangent, transposed, in that place, and the result transposed.

Mathias, A chain rule for matrix functions and applications (1996); Higham & Relton, Higher order Fréchet derivatives of
matrix functions and the level-2 condition number (2014).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.linalg as sl

from ..core.avals import Aval
from ..core.dispatch import missing_rule
from ..core.primitive import Evaluate, Linear, Primitive, Tangent, Traced, Value, Zero
from ..core.tracing import concrete
from ..errors import AbstractValueError, DtypeError
from ..numpy.conventions import operand
from ..numpy.linear_algebra import _square
from ..primitives.linalg import stacked, turned
from .functions import enter

__all__: list[str] = []


def _one(function: Evaluate, a: Value, es: Sequence[Value]) -> Value:
    """f of one matrix, or a derivative of it: the last block of the first row of f of the large matrix."""
    n = a.shape[-1]
    large = a
    for k, e in enumerate(es):
        beside = np.kron(np.eye(2 ** k, dtype=a.dtype), e)
        large = np.block([[large, beside], [np.zeros_like(large), large]])
    result = np.asarray(function(large))[:n, -n:]
    if result.dtype.kind == "c" and a.dtype.kind != "c":
        rounding = 1e4 * np.finfo(result.dtype).eps * np.max(np.abs(result))
        if es or np.max(np.abs(np.imag(result))) <= rounding:  # where f of the matrix is real, so are the derivatives
            return np.real(result).astype(a.dtype)
        raise DtypeError(f"{function.__name__} of a real matrix, whose result was taken to be real, is complex",
                         why="under vmap there is one dtype for all results, and it is not known beforehand",
                         edit="make the matrices complex")
    return result.astype(a.dtype, copy=False)


def _family(function: Evaluate) -> Primitive:
    """The primitive of a function of one square matrix, with its derivatives."""

    def evaluate(a: Value, *es: Value) -> Value:
        if a.ndim == 2 and a.size:
            return _one(function, a, es)
        result = np.empty_like(a)
        for i in np.ndindex(a.shape[:-2]) if a.size else ():
            result[i] = _one(function, a[i], [e[i] for e in es])
        return result

    def infer(a: Aval, *es: Aval) -> Aval:
        assert all(e is a for e in es), (a, es)
        return a

    def jvp(primals: Sequence[Value], tangents: Sequence[Tangent], result: Traced, /) -> Tangent:
        a, *es = primals
        total: Tangent = Zero(result.aval)
        for i, t in enumerate(tangents):
            if not isinstance(t, Zero):
                term = primitive(a, *es, t) if i == 0 else primitive(a, *es[:i - 1], t, *es[i:])
                total = term if isinstance(total, Zero) else total + term
        return total

    def batch(operands: Sequence[Value], mapped: Sequence[bool], /) -> Value:
        return primitive(*stacked(operands, mapped))

    def transpose(ct: Value, a: Value, /, *es: Value | Linear) -> Sequence[Tangent | None]:
        pulled = turned(primitive(a, *[turned(ct) if isinstance(e, Linear) else e for e in es]))
        return [None, *[pulled if isinstance(e, Linear) else None for e in es]]

    primitive = Primitive(function.__name__, evaluate, infer, jvp, batch, transpose)
    return primitive


# -- their names ----------------------------------------------------------------------------------


def _is_complex(function: Evaluate, x: Value) -> bool:
    """Whether the function of a real matrix is a complex one. Under vmap there is no telling, and the answer is no."""
    try:
        matrix = concrete(x, f"scipy.linalg.{function.__name__}, for the dtype of its result")
    except AbstractValueError:
        return False
    return bool(matrix.size) and bool(np.iscomplexobj(function(matrix)))


def _enter(function: Evaluate, *, entire: bool) -> None:
    """The rule; a function that is not entire may have complex values at real matrices."""
    primitive = _family(function)

    def rule(A: Value, *args: object, **settings: object) -> Value:
        if args or settings:
            raise missing_rule(f"scipy.linalg.{function.__name__}", "more than a matrix")
        x = _square(A)
        if function is sl.logm:
            x = operand(x, np.result_type(x.dtype, np.float64))  # SciPy's result is in double precision
        if not entire and x.dtype.kind != "c" and _is_complex(function, x):
            x = operand(x, np.result_type(x.dtype, np.complex64))
        return primitive(x)

    enter(function, rule)


for _function in (sl.expm, sl.sinm, sl.cosm, sl.sinhm, sl.coshm):
    _enter(_function, entire=True)
for _function in (sl.sqrtm, sl.logm):
    _enter(_function, entire=False)
