"""What can go wrong: one exception a mistake, each with the mistake and its cure in the docstring.

Every message has the same four parts: what happened, with shapes and dtypes; where, in the user's
file; why fad cannot go on; and the edit that mends it. Every class is a `FadError` and also the
builtin exception that a reader would expect there.
"""

from __future__ import annotations

from .source import Source, here

__all__ = [
    "AbstractValueError", "ArgumentError", "AxisError", "CaptureChangedError", "ConversionError", "ConvergenceError",
    "DerivativeMismatchError", "DtypeError", "EscapedTracerError", "FadError", "InPlaceError", "IntegerArgumentError",
    "MissingMethodError", "MissingPackageError", "MissingRuleError", "NonFiniteError", "NonScalarError", "ObjectArrayError",
    "RuleError", "ShapeError", "TreeError",
]


class FadError(Exception):
    """The base of every error that fad raises on purpose.

    Args:
        what: what happened, with the shapes and dtypes concerned.
        why: why it cannot be otherwise.
        edit: the change to the user's code that mends it.
        source: the place in the user's code; by default, the line being run. An error that has come from another
            process has its text alone, `place`.
    """

    def __init__(self, what: str, *, why: str = "", edit: str = "", source: Source | None = None) -> None:
        source = source or here()
        self.what, self.why, self.edit, self.source = what, why, edit, source
        self.place = str(source) if source else ""
        parts = (("where", self.place), ("why", why), ("edit", edit))
        super().__init__("\n".join([what, *(f"  {name + ':':<7}{text}" for name, text in parts if text)]))

    def __reduce__(self) -> tuple[object, ...]:
        """For another process the place is text: a code object does not travel."""
        return _restored, (type(self), self.args), {**self.__dict__, "source": None}


def _restored(error: type[FadError], args: tuple[object, ...]) -> FadError:
    restored = error.__new__(error)
    super(FadError, restored).__init__(*args)
    return restored


class NonScalarError(FadError, TypeError):
    """`grad` was given a function whose result is not one number.

    `grad(lambda x: np.sin(x))(np.ones(3))`: call `fad.jacobian`, or reduce: `np.sum(np.sin(x))`.
    """


class IntegerArgumentError(FadError, TypeError):
    """An argument to differentiate has an integer or boolean dtype.

    `grad(f)(np.arange(3))`: cast it, `grad(f)(np.arange(3).astype(float))`.
    """


class ArgumentError(FadError, ValueError):
    """`argnums` or `argnames` selects an argument that is not there.

    `grad(f, argnums=2)(x)`: count from 0, among the parameters that the message lists.
    """


class TreeError(FadError, TypeError):
    """Two trees that must have the same structure do not.

    `jvp(f, ({"w": w},), (dw,))`: give a tangent tree shaped like its primal, `({"w": dw},)`.
    """


class ShapeError(FadError, ValueError):
    """Two arrays that must have the same shape do not, or a shape cannot be had.

    `pullback(np.ones(2))` of a result of shape (3,): give a cotangent of shape (3,).
    """


class DtypeError(FadError, TypeError):
    """An array has a dtype that the operation does not take.

    A complex tangent for a real primal: take `.real`, or make the primal complex.
    """


class AxisError(FadError, ValueError):
    """`in_axes` or `out_axes` does not fit the arguments of a `vmap`.

    Two mapped arguments whose mapped axes differ in size; an axis that the array does not have.
    """


class ConversionError(FadError, TypeError):
    """A traced value was turned into a plain number or array, which would drop its derivative.

    `math.sin(x)`, `float(x)`, `np.asarray(x)`, `b[0] = x` with a plain array `b`: use `np.sin(x)`,
    `fad.value(x)` when only the number is wanted, `fad.numpy.zeros(n)` to assign into.
    """


class ObjectArrayError(FadError, TypeError):
    """An array of Python objects, which has no derivative.

    `np.array([x, y])` with traced values: `np.stack([x, y])`.
    """


class AbstractValueError(FadError, TypeError):
    """The number behind a traced value was asked for where there is no single number.

    `if x > 0:` under `vmap`: `np.where(x > 0, a, b)`, which chooses an entry at a time.
    """


class EscapedTracerError(FadError, RuntimeError):
    """A traced value was used after the call that traced it had returned.

    `kept.append(x)` inside a differentiated function: return it, with `has_aux=True`.
    """


class InPlaceError(FadError, TypeError):
    """A write that would have to change memory that fad must leave as it is.

    `np.add(x, y, out=b)`: `b = np.add(x, y)`.
    """


class CaptureChangedError(FadError, RuntimeError):
    """A plain array was written to after a traced operation had read it, within one trace.

    `y = x * b; b[:] = 0.0`: write to a copy, `b = b.copy()`.
    """


class MissingRuleError(FadError, NotImplementedError, TypeError):
    """A function of NumPy, or a form of it, that fad has no rule for.

    `np.packbits(x)`: the message names what can be used in its place.
    """


class MissingMethodError(MissingRuleError, AttributeError):
    """A method or property of ndarray that fad has no rule for.

    `x.tobytes()`: the message says what can be used in its place.
    """


class NonFiniteError(FadError, FloatingPointError):
    """Under `fad.debug.nans()`, an operation has made the first value that is not finite.

    `np.log(x)` at 0: keep the argument away from there, `np.log(np.maximum(x, tiny))`, or choose with `np.where`.
    """


class DerivativeMismatchError(FadError, AssertionError):
    """`fad.testing.check_grads` found a derivative that differences do not confirm.

    `check_grads(np.abs, (0.0,))`: check at a point where the function is smooth, or mend the rule.
    """


class RuleError(FadError, TypeError):
    """A rule given to `custom_jvp` or `custom_vjp` is missing or does not fit its function."""


class ConvergenceError(FadError, ArithmeticError):
    """A solver of `fad.implicit` has not found a solution.

    `root(lambda x: x * x + 1.0, 0.5)`: start nearer to a solution, or give a solver of your own with `solve=`.
    """


class MissingPackageError(FadError, ImportError):
    """Something was asked of a package that is not installed.

    `fad.optimize.minimize(f, x)` without SciPy: `pip install 'fad[scipy]'`.
    """
