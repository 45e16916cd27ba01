"""What can go wrong in the legacy API alone; the rest are `fad.errors`."""

from __future__ import annotations

from ..errors import FadError

__all__ = ["BaseError", "DivisionByZeroError", "ForeignPackageError", "ModeError", "NegativeBaseError",
           "NonFiniteError"]


class ModeError(FadError, ValueError):
    """`set_mode` was given a word that is not a mode.

    `ad.set_mode("backward")`: `ad.set_mode("reverse")`.
    """


class DivisionByZeroError(FadError, ZeroDivisionError):
    """A divisor has an entry that is exactly zero.

    `x / Variable([1.0, 0.0])`: keep zeros out of the divisor.
    """


class BaseError(FadError, ValueError):
    """A logarithm was asked for to a base that has none.

    `ad.log(x, base=1)`: a positive base other than 1.
    """


class NegativeBaseError(FadError, ValueError):
    """A negative number was raised to a power that varies.

    `(-2) ** x`: where the exponent is a constant, give it as a number, `x ** 3`; elsewhere keep the base positive.
    """


class NonFiniteError(FadError, FloatingPointError):
    """The loss or its gradient became nan or infinite on the way of an optimiser.

    `GD(loss, [10.0], lr=1e3).solve()`: a smaller `lr`, or another start.
    """


class ForeignPackageError(FadError, ImportError):
    """Another package named `autograd` has been imported in this process, and `fad.compat` would take its place.

    `import autograd; fad.compat.install()`: install first, or run the script by `python -m fad.compat script.py`.
    """
