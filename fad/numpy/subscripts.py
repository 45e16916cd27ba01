"""np.einsum: each operand by itself (diagonals, sums), and then one pair after the other.

    einsum("ii,ij,jk->k", a, b, c)  =  contract("j,jk->k", contract("i,ij->j", diagonal(a), b), c)

Pairs go to BLAS, so the result may differ in the last places from np.einsum's own, which adds up in one long loop
unless it is asked to optimize.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import lru_cache
from types import EllipsisType
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from ..core.avals import Dtype, Shape
from ..core.dispatch import missing_rule
from ..core.primitive import Value
from ..errors import ArgumentError, ShapeError
from ..primitives.contraction import contract, labels
from ..primitives.joining import diagonal_p
from ..primitives.structural import convert, permute, reshape, sum
from .contractions import product_operands
from .conventions import Casting, Order, as_array, operand, rule_for
from .shape import with_axes
from .views import as_new, view

__all__ = ["einsum"]

Optimize: TypeAlias = bool | Literal["greedy", "optimal"] | Sequence[object]
"""In which order pairs are contracted: by which method it is found, or the path itself, as np.einsum_path returns it."""

_LONG = np.dtype(np.int64)


@rule_for(np.einsum)
def einsum(*operands: Any, out: None = None, optimize: Optimize = False, dtype: DTypeLike | None = None,
           order: Order = "K", casting: Casting = "safe", **settings: object) -> Value:
    """Products of arrays, summed over the axes whose letters the result lacks."""
    for setting in settings:
        raise missing_rule("numpy.einsum", "out=" if setting == "into" else f"{setting}=")
    subscripts, arrays = _spelled(operands)
    arrays = product_operands(*arrays) if dtype is None else [operand(as_array(x), np.dtype(dtype)) for x in arrays]
    inputs, result, sizes, pair = _parsed(subscripts, tuple([x.shape for x in arrays]))
    if pair and arrays[0].dtype.kind in "fc":
        return as_new(contract(arrays[0], arrays[1], pair))
    if len(arrays) == 1 and set(result) == set(inputs[0]):
        return _rearranged(arrays[0], inputs[0], result)
    found: Dtype = arrays[0].dtype
    # NumPy's sums of small integers and of truth values are integers of 64 bits; einsum's are not.
    arrays = [x if found.kind in "fc" else convert(x, _LONG) for x in arrays]
    labelled = [_distinct(x, names, dict(sizes)) for x, names in zip(arrays, inputs, strict=True)]
    value = _contracted(labelled, result, sizes, _hashable(optimize))
    return as_new(convert(value, found))


# -- subscripts -----------------------------------------------------------------------------------


def _spelled(operands: Sequence[Any]) -> tuple[str, Sequence[Value]]:  # Any: arrays, and a text or lists of axes
    """The subscripts and the arrays; np.einsum also takes an array and a list of axes for it, by turns."""
    if not operands:
        raise ValueError("must specify the einstein sum subscripts string and at least one operand, or at least one "
                         "operand and its corresponding subscripts list")
    if isinstance(operands[0], str):
        return operands[0], operands[1:]
    arrays, lists = operands[0:len(operands) // 2 * 2:2], operands[1::2]
    subscripts = ",".join(map(_letters, lists))
    return (f"{subscripts}->{_letters(operands[-1])}" if len(operands) % 2 else subscripts), arrays


def _letters(axes: Sequence[EllipsisType | int]) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    return "".join(["..." if isinstance(i, EllipsisType) else alphabet[int(i)] for i in axes])


def _malformed(subscripts: str, why: str) -> ArgumentError:
    return ArgumentError(f'np.einsum with the subscripts "{subscripts}"', why=why,
                         edit='write a letter for each axis, as in "ij,jk->ik", and "..." for axes that broadcast')


class Parsed(NamedTuple):
    """The labels of the operands and of the result."""

    inputs: tuple[str, ...]
    result: str
    sizes: tuple[tuple[str, int], ...]
    pair: str  # for two operands without diagonals and sums of their own: the subscripts of the contraction


@lru_cache(maxsize=1024)
def _parsed(subscripts: str, shapes: tuple[Shape, ...]) -> Parsed:
    """What the subscripts mean for operands of these shapes; an ellipsis has labels of its own."""
    before, arrow, after = subscripts.replace(" ", "").partition("->")
    terms = before.split(",")
    if len(terms) != len(shapes):
        raise _malformed(subscripts, f"there are {len(terms)} terms for {len(shapes)} operands")
    hidden = [len(shape) - len(term.replace("...", "")) for term, shape in zip(terms, shapes, strict=True)]
    for i, (term, n, shape) in enumerate(zip(terms, hidden, shapes, strict=True)):
        if n < 0 or n and "..." not in term:
            raise _malformed(subscripts, f'the term of operand {i}, of shape {shape}, is "{term}"')
    longest = max(n if "..." in term else 0 for term, n in zip(terms, hidden, strict=True))
    ellipsis = labels(60 + longest)[60:]  # no letters
    inputs = tuple([term.replace("...", ellipsis[longest - n:]) for term, n in zip(terms, hidden, strict=True)])
    joined = "".join(inputs)
    if arrow:
        if ellipsis and "..." not in after:
            raise _malformed(subscripts, 'an operand has "..." and the result has none')
        result = after.replace("...", ellipsis)
    else:
        result = ellipsis + "".join(sorted({a for a in joined if joined.count(a) == 1 and a not in ellipsis}))
    for a in joined + result:
        if not a.isalpha() or a not in joined or result.count(a) > 1:
            raise _malformed(subscripts, f'"{a}" is not a letter' if not a.isalpha() else
                             f'"{a}" stands in the result {"twice" if a in joined else "but in no operand"}')
    sizes = _sizes(subscripts, inputs, shapes)
    return Parsed(inputs, result, sizes, _as_pair(inputs, result, dict(sizes), shapes))


def _as_pair(inputs: Sequence[str], result: str, sizes: dict[str, int], shapes: Sequence[Shape]) -> str:
    """The subscripts of `contract` that do it at once, if there are."""
    if len(inputs) != 2:
        return ""
    for names, other, shape in zip(inputs, inputs[::-1], shapes, strict=True):
        broadcasts = shape != tuple([sizes[a] for a in names])
        if broadcasts or len(set(names)) < len(names) or set(names) - set(other + result):
            return ""
    return f"{inputs[0]},{inputs[1]}->{result}"


def _sizes(subscripts: str, inputs: Sequence[str], shapes: Sequence[Shape]) -> tuple[tuple[str, int], ...]:
    sizes: dict[str, int] = {}
    for term, shape in zip(inputs, shapes, strict=True):
        for a, n in zip(term, shape, strict=True):
            known = sizes.setdefault(a, n)
            if known == 1:
                sizes[a] = n
            elif n not in (1, known):
                raise ShapeError(f'np.einsum of "{subscripts}" with arrays of shapes {", ".join(map(str, shapes))}',
                                 why=f'axes with one label, "{a}", have sizes {known} and {n}',
                                 edit="give them different labels, or one size")
    return tuple(sizes.items())


# -- one operand ----------------------------------------------------------------------------------

Labelled = tuple[Value, str]  # an array, and a label for each of its axes


def _distinct(x: Value, names: str, sizes: dict[str, int]) -> Labelled:
    """An operand with each of its labels once, and without the axes of size 1 that broadcast."""
    kept = [i for i, (a, n) in enumerate(zip(names, x.shape, strict=True)) if n == sizes[a] or names.count(a) > 1]
    x, names = reshape(x, tuple([x.shape[i] for i in kept])), "".join([names[i] for i in kept])
    for a in dict.fromkeys(names):
        if names.count(a) > 1:
            x, names = _diagonal(x, names, a)
    return x, names


def _summed(x: Value, names: str, wanted: str) -> Labelled:
    """An operand without the labels that nobody wants."""
    axes = tuple([i for i, a in enumerate(names) if a not in wanted])
    return sum(x, axes), "".join([a for a in names if a in wanted])


def _diagonal(x: Value, names: str, repeated: str) -> Labelled:
    """The entries whose positions along the axes of one label are equal; that axis comes last."""
    while names.count(repeated) > 1:
        first = names.index(repeated)
        second = names.index(repeated, first + 1)
        if x.shape[first] != x.shape[second]:
            raise ShapeError(f"np.einsum of an operand in which two axes have the label {repeated!r}",
                             why=f"they have different sizes, {x.shape[first]} and {x.shape[second]}",
                             edit="give them different labels, or one size")
        x = diagonal_p(x, offset=0, axes=(first, second))
        names = "".join([a for i, a in enumerate(names) if i not in (first, second)]) + repeated
    return x, names


def _rearranged(x: Value, names: str, result: str) -> Value:
    """Nothing is summed: a view, which can be written to where no axes are joined in a diagonal."""
    if len(names) == len(result):
        return with_axes(x, _order(names, result))
    numbers = {a: i for i, a in enumerate(result)}
    lists = [numbers[a] for a in names], [*numbers.values()]
    sizes = dict(zip(names, x.shape, strict=True))
    return view(lambda x: _arranged(*_distinct(x, names, sizes), result), x, None, lambda a: np.einsum(a, *lists))


def _arranged(x: Value, names: str, result: str) -> Value:
    return permute(x, _order(names, result))


def _order(names: str, wanted: str) -> tuple[int, ...]:
    return tuple([names.index(a) for a in wanted])


# -- several operands -----------------------------------------------------------------------------


def _contracted(operands: Sequence[Labelled], result: str, sizes: tuple[tuple[str, int], ...],
                optimize: Hashable) -> Value:
    path: Sequence[tuple[int, ...]] = [tuple(range(len(operands)))]
    if len(operands) > 2:
        path = _path(tuple([names for _, names in operands]), result, sizes, optimize)
    waiting = list(operands)
    for chosen in path:
        group = [waiting.pop(i) for i in sorted(chosen, reverse=True)]
        while len(group) > 1:
            first, second = group.pop(), group.pop()
            rest = [names for _, names in (*waiting, *group)]
            group.append(_pair(first, second, result, "".join(rest), last=not rest))
        waiting.extend(group)
    x, names = waiting[0]
    return _arranged(*_summed(x, names, result), result)


def _pair(first: Labelled, second: Labelled, result: str, others: str, *, last: bool) -> Labelled:
    """The contraction of two operands: labels that nobody else needs are summed."""
    x, of_x = _summed(*first, second[1] + others + result)
    y, of_y = _summed(*second, of_x + others + result)
    if not last:
        needed = [a for a in dict.fromkeys(of_x + of_y) if a in others + result]
        shared = [a for a in needed if a in of_x and a in of_y]
        result = "".join(shared + [a for a in needed if a not in shared])
    return contract(x, y, f"{of_x},{of_y}->{result}"), result


def _hashable(setting: object) -> Hashable:
    return tuple(map(_hashable, setting)) if isinstance(setting, (list, tuple)) else setting


@lru_cache(maxsize=1024)
def _path(inputs: tuple[str, ...], result: str, sizes: tuple[tuple[str, int], ...],
          optimize: Any) -> tuple[tuple[int, ...], ...]:  # Any: an Optimize of tuples
    """The order of pairs: as the call names it, or as np.einsum_path finds it."""
    if isinstance(optimize, tuple) and optimize and optimize[0] == "einsum_path":
        return optimize[1:]
    size = dict(sizes)
    if len(size) > 52:  # more than einsum_path has letters for
        return ((0, 1),) * (len(inputs) - 1)
    stand_ins = [np.broadcast_to(np.int8(0), [size[a] for a in names]) for names in inputs]
    subscripts = ",".join(inputs) + "->" + result
    found = np.einsum_path(subscripts.translate(str.maketrans("".join(size), labels(len(size)))), *stand_ins,
                           optimize="greedy" if isinstance(optimize, bool) else optimize)[0]
    return tuple(map(tuple, found[1:]))
