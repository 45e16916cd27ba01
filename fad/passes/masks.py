"""Where a cotangent is known to be zero, so that no infinite partial derivative makes a nan of it.

    np.where(x > 0, np.sqrt(x), 0)    x̄ = select(x > 0, z̄ / (2 √x), 0), and not select(x > 0, z̄, 0) / (2 √x)

Both are the same for finite numbers, but at x = 0 the second is 0 / 0. So a selection does not write its zeros
at once: it marks the cotangent that it sends with a Mask, which says where it may be other than zero, and the
zeros are written later, behind the products with partial derivatives. On the way from a selection to the next
sum there is one `select`, as there was before; it has only moved.

How a mask goes along with its cotangent through the equations is said in `pulling`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..core.primitive import Value
from ..primitives import elementwise as ew

__all__ = ["Marked", "Mask", "Test", "cleaned", "together"]

_MOST_WAITING = 50  # tests that wait for each other; more of them are made at once, to spare the stack


# -- masks ----------------------------------------------------------------------------------------


class Test:
    """A boolean array, made when it is first asked for: most never are."""

    __slots__ = ("_make", "_arguments", "_made", "waiting")

    def __init__(self, make: Callable[..., Value], *arguments: object) -> None:
        self._make, self._arguments = make, arguments
        self._made: Value | None = None
        self.waiting: int = 1 + max([a.waiting for a in arguments if isinstance(a, (Test, Mask))], default=0)
        if self.waiting > _MOST_WAITING:
            self.value()

    def value(self) -> Value:
        """The array."""
        if self._made is None:
            self._made = self._make(*self._arguments)
            self._arguments, self.waiting = (), 0
        return self._made


class Mask:
    """True where another mask is, and a test comes out as it must; `within` None is everywhere."""

    __slots__ = ("within", "test", "outcome", "depth", "_relative")

    def __init__(self, within: Mask | None, test: Test, outcome: bool = True) -> None:
        self.within, self.test, self.outcome = within, test, outcome
        self.depth: int = 1 + (within.depth if within is not None else 0)
        self._relative: dict[Mask | None, Value] = {}

    @property
    def waiting(self) -> int:
        """How many tests wait for each other to be made."""
        return self.test.waiting

    def relative(self, to: Mask | None) -> Value:
        """The truth value at the entries where `to`, which this mask is within, is true."""
        chain: list[Mask] = []
        mask: Mask | None = self
        while mask is not to and mask is not None and to not in mask._relative:
            chain.append(mask)
            mask = mask.within
        value = mask._relative[to] if mask is not None and mask is not to else None
        for mask in reversed(chain):
            test = mask.test.value()
            own = test if mask.outcome else ew.logical_not(test)
            value = mask._relative[to] = own if value is None else ew.logical_and(value, own)
        assert value is not None  # a mask is not within itself
        return value


def _common(a: Mask, b: Mask) -> Mask | None:
    """The narrowest mask that both are within."""
    one: Mask | None = a
    other: Mask | None = b
    while one is not other:
        if one is not None and (other is None or one.depth >= other.depth):
            one = one.within
        else:
            assert other is not None
            other = other.within
    return one


def _is_other_branch(a: Mask, b: Mask) -> bool:
    return a.within is b.within and a.test is b.test and a.outcome is not b.outcome


def _either(a: Mask, b: Mask) -> Mask | None:
    """Where one of the two is true; None for everywhere."""
    both = _common(a, b)
    if both is a or both is b:
        return both
    if _is_other_branch(a, b):
        return both
    return Mask(both, Test(_or, a, b, both))


def _or(a: Mask, b: Mask, to: Mask | None) -> Value:
    return ew.logical_or(a.relative(to), b.relative(to))


class Marked(NamedTuple):
    """What is known of a cotangent: it is zero outside `mask`, or ought to be; it has been written to be zero outside
    `written`, which is that mask, or a wider one, or None for everywhere."""

    mask: Mask
    written: Mask | None


def cleaned(ct: Value, marked: Marked) -> Value:
    """The cotangent with its zeros written."""
    mask, written = marked
    if written is mask:
        return ct
    zero = ct.dtype.type(0)
    if written is mask.within:
        test = mask.test.value()
        return ew.select(test, ct, zero) if mask.outcome else ew.select(test, zero, ct)
    return ew.select(mask.relative(written), ct, zero)


def together(a: Value, of_a: Marked | None, b: Value, of_b: Marked | None) -> tuple[Value, Marked | None]:
    """The sum of two cotangents; of the two branches of one selection, that is the selection."""
    if of_a is None or of_b is None:
        return ew.add(a if of_a is None else cleaned(a, of_a), b if of_b is None else cleaned(b, of_b)), None
    one, other = of_a.mask, of_b.mask
    if _is_other_branch(one, other):
        mask, test = one.within, one.test.value()
        chosen = ew.select(test, a, b) if one.outcome else ew.select(test, b, a)
        kept = of_a.written in (one, mask) and of_b.written in (other, mask)
        return chosen, Marked(mask, mask if kept else None) if mask is not None else None
    if one is other:
        return ew.add(a, b), Marked(one, of_a.written if of_a.written is of_b.written else None)
    mask = _either(one, other)
    return ew.add(cleaned(a, of_a), cleaned(b, of_b)), Marked(mask, mask) if mask is not None else None
