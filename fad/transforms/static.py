"""Arguments that a compiled function is handed as they are: where they are, and what tells their values apart."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable

from ..errors import ArgumentError

__all__ = ["static_key", "static_places"]


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
    """A static value as a key, under which 1, 1.0 and True are three values, and so are 0.0 and -0.0."""
    if type(x) is tuple:
        return tuple(map(_told_apart, x))
    return type(x), repr(x) if isinstance(x, (float, complex)) else x


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
