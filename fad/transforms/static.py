"""Arguments that a compiled function is handed as they are: where they are, and what tells their values apart.

Python takes 1, 1.0 and True for equal, and 0.0 and -0.0, and what holds one for what holds another. A program made for
one is not the other's; nor is that for a dict the program for a dict with its keys in another order.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable
from numbers import Number

from ..errors import ArgumentError
from ..tree import Structure, own_names

__all__ = ["static_key", "static_places", "structure_key", "takes_any_name"]


def static_key(x: object, place: int | str) -> Hashable:
    """What stands for a static value in the key under which a program is found."""
    try:
        hash(x)
    except TypeError:
        raise ArgumentError(f"jit got, for argument {place!r}, a static value of type {type(x).__name__}, which cannot be "
                            "hashed",
                            why="a static value is part of the key under which the program is found",
                            edit="give a hashable value, such as a tuple for a list") from None
    return _told_apart(x)


def _told_apart(x: object) -> Hashable:
    """A static value as a key, under which 1, 1.0 and True are three values, and 0.0 and -0.0 two, whatever holds them."""
    kind = type(x)
    if isinstance(x, (str, int)) or kind.__eq__ is object.__eq__:
        return kind, x
    if isinstance(x, Number):
        return kind, repr(x)
    if isinstance(x, tuple):
        return kind, tuple(map(_told_apart, x))
    if isinstance(x, frozenset):
        return kind, frozenset(map(_told_apart, x))
    if isinstance(x, slice):
        return kind, _told_apart((x.start, x.stop, x.step))
    fields = getattr(kind, "__dataclass_fields__", None) or getattr(kind, "__attrs_attrs__", None)
    if fields is None:
        return kind, x
    names = fields if isinstance(fields, dict) else [a.name for a in fields]
    return kind, x, tuple([_told_apart(y) for y in [getattr(x, name, None) for name in names] if _has_hash(y)])


def _has_hash(x: object) -> bool:
    try:
        hash(x)
    except TypeError:  # a field that its class leaves out of comparisons
        return False
    return True


def structure_key(s: Structure) -> Hashable:
    """A structure as a key."""
    unseen = _unseen(s)
    return s if unseen is None else (s, unseen)


def _unseen(s: Structure) -> Hashable:
    """What equality of structures does not see; None for nothing, as is usual: the lines are short since all calls pay."""
    _, names, children = s
    own: Hashable = None
    if isinstance(names, tuple) and names.__class__ is tuple:
        try:
            "".join(names)  # whether all is text: the quickest way to ask
        except TypeError:
            own = _told_apart(own_names(s))
    elif names is not None:
        own = _told_apart(own_names(s))
    inside = [_unseen(child) for child in children if child[2]]
    return None if own is None and inside.count(None) == len(inside) else (own, *inside)


def static_places(f: Callable[..., object], argnums: tuple[int, ...], argnames: tuple[str, ...]) -> frozenset[int | str]:
    """Static arguments by position and by name, each in both ways."""
    if not argnums and not argnames:
        return frozenset()
    parameters = inspect.signature(f).parameters.values()
    kinds = {p.kind for p in parameters}
    named = [p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    places: set[int | str] = set()
    for i in argnums:
        if -len(names) <= i < len(names):
            places |= {i % len(names), names[i]}
        elif i >= 0 and inspect.Parameter.VAR_POSITIONAL in kinds:
            places.add(i)
        else:
            raise ArgumentError(f"static_argnums has {i}, but the function has the parameters ({', '.join(named)})",
                                edit="count from 0")
    for name in argnames:
        if name not in named and inspect.Parameter.VAR_KEYWORD not in kinds:
            raise ArgumentError(f"static_argnames has {name!r}, but the function has the parameters ({', '.join(named)})",
                                edit="give one of those names")
        places |= {name, names.index(name)} if name in names else {name}
    return frozenset(places)


def takes_any_name(f: Callable[..., object]) -> bool:
    """Whether a function has **kwargs, and so sees the order of its keywords."""
    try:
        parameters = inspect.signature(f, follow_wrapped=False).parameters.values()
    except (TypeError, ValueError):  # some builtins have no signature
        return True
    return any(p.kind is p.VAR_KEYWORD for p in parameters)
