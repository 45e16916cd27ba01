"""How nested containers are flattened into leaves, and rebuilt.

A tree is a tuple, list, dict, named tuple, dataclass or instance of a registered class whose entries are
trees; None is the tree without leaves; everything else is a leaf. Flattening a tree gives its leaves and
its structure, and the two give the tree back. A dict's leaves come in the order of its sorted keys, so that
dicts which are equal are equal trees; the dict that is rebuilt has its keys in the order of the first one.

    >>> leaves, structure = flatten({"w": 1.0, "b": (2.0, None)})
    >>> leaves, str(structure)
    ([2.0, 1.0], "{'b': (*, None), 'w': *}")
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from .errors import ArgumentError, TreeError

__all__ = ["Structure", "flatten", "leaves", "map", "ravel", "register", "structure", "unflatten"]

T = TypeVar("T")
X = TypeVar("X")
K = TypeVar("K")
L = TypeVar("L", bound=complex | np.generic | np.ndarray[Any, Any])
L1 = TypeVar("L1", bound=complex | np.generic | np.ndarray[Any, Any])


class Structure(NamedTuple):
    """The shape of a tree: everything but its leaves. Hashable, and compared by value, as dicts are: whatever the
    order of their keys (`in_order` tells it).

    `kind` is the container's class (None for a leaf), `names` what its children are called.
    """

    kind: type | None
    names: Hashable
    children: tuple[Structure, ...]

    @property
    def n_leaves(self) -> int:
        return 1 if self.kind is None else sum(child.n_leaves for child in self.children)

    def __str__(self) -> str:
        kind, inside = self.kind, [str(child) for child in self.children]
        if kind is None:
            return "*"
        if kind is type(None):
            return "None"
        if kind is tuple:
            return f"({', '.join(inside)}{',' if len(inside) == 1 else ''})"
        if kind is list:
            return f"[{', '.join(inside)}]"
        if kind is dict:
            return "{" + ", ".join(f"{k!r}: {s}" for k, s in zip(_names(self), inside, strict=True)) + "}"
        return f"{kind.__name__}({', '.join(f'{k}={s}' for k, s in zip(_names(self), inside, strict=True))})"


LEAF = Structure(None, None, ())
_NONE = Structure(type(None), None, ())


def _names(s: Structure) -> Iterable[object]:
    return s.names if isinstance(s.names, tuple) and len(s.names) == len(s.children) else range(len(s.children))


class Container(NamedTuple):
    """How a class of containers is taken apart and put together."""

    take: Callable[[Any], tuple[Iterable[object], Hashable]]  # instance -> children, names
    put: Callable[[Any, Sequence[Any]], object]  # names, children -> instance


class _Sorted(tuple[Hashable, ...]):
    """Keys that a dict has in another order, `own`, which is no part of equality."""

    own: tuple[Hashable, ...]


def _sorted(keys: tuple[Any, ...]) -> tuple[Hashable, ...]:
    try:
        return tuple(sorted(keys))
    except TypeError:  # of types that do not compare: type by type
        pass
    try:
        return tuple(sorted(keys, key=lambda k: (type(k).__qualname__, k)))
    except TypeError:  # without any order they keep the dict's
        return keys


def _dict_items(x: dict[Any, object]) -> tuple[Iterable[object], tuple[Hashable, ...]]:
    own = tuple(x)
    keys = _sorted(own)
    if keys == own:
        return x.values(), own
    kept = _Sorted(keys)
    kept.own = own
    return [x[k] for k in keys], kept


def _dict_of(keys: tuple[Hashable, ...], children: Sequence[object]) -> dict[Any, object]:
    result = dict(zip(keys, children, strict=True))
    return {k: result[k] for k in keys.own} if isinstance(keys, _Sorted) else result


def _defaultdict_items(x: defaultdict[Any, object]) -> tuple[Iterable[object], Hashable]:
    children, keys = _dict_items(x)
    return children, (x.default_factory, keys)


_containers: dict[type, Container] = {
    tuple: Container(lambda x: (x, None), lambda names, children: tuple(children)),
    list: Container(lambda x: (x, None), lambda names, children: list(children)),
    dict: Container(_dict_items, _dict_of),
    OrderedDict: Container(lambda x: (x.values(), tuple(x)),
                           lambda keys, children: OrderedDict(zip(keys, children, strict=True))),
    defaultdict: Container(_defaultdict_items, lambda names, children: defaultdict(names[0], _dict_of(names[1], children))),
}


def register(cls: type[T], flatten: Callable[[T], tuple[Iterable[object], Hashable]],
             unflatten: Callable[[Any, Sequence[Any]], T]) -> type[T]:
    """Make instances of a class trees.

    Args:
        cls: the class.
        flatten: takes an instance to its children and a hashable rest.
        unflatten: takes the rest and the children back to an instance.

    Returns:
        The class.

    >>> class Pair:
    ...     def __init__(self, a, b): self.a, self.b = a, b
    >>> _ = register(Pair, lambda p: ((p.a, p.b), None), lambda rest, children: Pair(*children))
    >>> leaves(Pair(1.0, [2.0]))
    [1.0, 2.0]
    """
    _containers[cls] = Container(flatten, unflatten)
    return cls


def _container(cls: type) -> Container | None:
    """What is known, or can be found out, of a class; None for the class of a leaf."""
    known = _containers.get(cls)
    if known is not None or cls in (np.ndarray, float):
        return known
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return _containers.setdefault(cls, Container(lambda x: (x, None), lambda names, children: cls(*children)))
    fields = getattr(cls, "__dataclass_fields__", None)
    if fields is not None:
        names = tuple(fields)
        return _containers.setdefault(cls, Container(
            lambda x: ([getattr(x, name) for name in names], names), lambda _, children: _rebuilt(cls, names, children)))
    return None


def _rebuilt(cls: type, names: Sequence[str], children: Sequence[object]) -> object:
    """A dataclass with these fields, made as copying makes it: __init__ and __post_init__ have had their say."""
    instance: object = object.__new__(cls)
    for name, child in zip(names, children, strict=True):
        object.__setattr__(instance, name, child)
    return instance


def flatten(tree: object) -> tuple[list[Any], Structure]:
    """The leaves of a tree, in order, and its structure.

    Args:
        tree: any tree.

    Returns:
        The list of leaves, and a `Structure` from which `unflatten` rebuilds the tree. A dict's entries come
        in the order of its sorted keys, and are put back into its own.

    >>> flatten([1.0, {"a": 2.0}])[0]
    [1.0, 2.0]
    """
    found: list[Any] = []
    return found, _flatten_into(found, tree)


def _flatten_into(found: list[Any], tree: object) -> Structure:
    if tree is None:
        return _NONE
    container = _container(type(tree))
    if container is None:
        found.append(tree)
        return LEAF
    children, names = container.take(tree)
    return Structure(type(tree), names, tuple([_flatten_into(found, child) for child in children]))


def unflatten(structure: Structure, leaves: Iterable[object]) -> Any:
    """The tree with this structure and these leaves.

    Raises:
        TreeError: there are fewer or more leaves than the structure has places.

    >>> unflatten(structure((0, [0])), ["x", "y"])
    ('x', ['y'])
    """
    rest = iter(leaves)
    try:
        tree = _unflatten_from(structure, rest)
    except StopIteration:
        raise TreeError(f"too few leaves for a tree of structure {structure}",
                        edit=f"give {structure.n_leaves} leaves") from None
    if next(rest, rest) is not rest:
        raise TreeError(f"too many leaves for a tree of structure {structure}",
                        edit=f"give {structure.n_leaves} leaves")
    return tree


def _unflatten_from(structure: Structure, rest: Iterator[object]) -> object:
    if structure.kind is None:
        return next(rest)
    if structure.kind is type(None):
        return None
    children = [_unflatten_from(child, rest) for child in structure.children]
    container = _container(structure.kind)
    assert container is not None
    return container.put(structure.names, children)


def own_names(s: Structure) -> Hashable:
    """What the children of this structure are called, in the tree's own order, for a dict's too."""
    names = s.names
    if s.kind is defaultdict and isinstance(names, tuple):
        factory, keys = names
        return factory, keys.own if isinstance(keys, _Sorted) else keys
    return names.own if isinstance(names, _Sorted) else names


def in_order(s: Structure) -> Hashable:
    """What two structures that are equal may differ in, the order of keys: part of the key where a tree is rebuilt for
    a user's function, which may ask for it. None where all are sorted.

    >>> in_order(structure({"b": 1.0, "a": 2.0})), in_order(structure({"a": 2.0, "b": 1.0}))
    ((('b', 'a'), (None, None)), None)
    """
    names = own_names(s)
    inside = tuple([in_order(child) if child.children else None for child in s.children])
    return None if names is s.names and not any(inside) else (names, inside)


def leaves(tree: object) -> list[Any]:
    """The leaves of a tree, in order.

    >>> leaves((1.0, None, [2.0]))
    [1.0, 2.0]
    """
    return flatten(tree)[0]


def structure(tree: object) -> Structure:
    """The structure of a tree.

    >>> str(structure((1.0, None, [2.0])))
    '(*, None, [*])'
    """
    return flatten(tree)[1]


# Of dicts and lists of arrays and numbers a checker knows the result. `| Any` is for lambdas: see `fad.grad`.


@overload
def map(f: Callable[[L], T], tree: dict[K, L]) -> dict[K, T]: ...


@overload
def map(f: Callable[[L, L1], T], tree: dict[K, L], rest: dict[K, L1], /) -> dict[K, T]: ...


@overload
def map(f: Callable[[L], T], tree: list[L]) -> list[T]: ...


@overload
def map(f: Callable[[L, L1], T], tree: list[L], rest: list[L1], /) -> list[T]: ...


@overload
def map(f: Callable[..., Any], tree: object, *rest: object) -> Any: ...


def map(f: Callable[..., Any], tree: object, *rest: object) -> Any:
    """Apply a function to the leaves of trees of one structure.

    Args:
        f: takes a leaf of each tree.
        tree, *rest: the trees.

    Returns:
        A tree of the results, in the structure of the first.

    Raises:
        TreeError: the structures differ.

    >>> map(lambda p, g: p - 0.1 * g, {"w": 1.0}, {"w": 10.0})
    {'w': 0.0}
    """
    first, shape = flatten(tree)
    columns = [first]
    for other in rest:
        column, found = flatten(other)
        if found != shape:
            raise TreeError(f"trees of different structures: {shape} and {found}",
                            why="a map over trees goes leaf by leaf", edit="give trees of one structure")
        columns.append(column)
    return unflatten(shape, [f(*leaves) for leaves in zip(*columns, strict=True)])


def ravel(tree: X) -> tuple[NDArray[Any], Callable[[Any], X]]:
    """A tree of arrays and numbers as one vector.

    Args:
        tree: its leaves are arrays or numbers.

    Returns:
        The vector, of shape (n,), and the function that makes a tree of such a vector. Both can be traced.

    Raises:
        ArgumentError: a vector of another length was given to that function.

    >>> vector, back = ravel({"w": np.ones((2, 2)), "b": 0.5})
    >>> vector, back(vector)["b"]
    (array([0.5, 1. , 1. , 1. , 1. ]), np.float64(0.5))
    """
    found, shape = flatten(tree)
    shapes = [np.shape(leaf) for leaf in found]
    ends = np.cumsum([int(np.prod(s)) for s in shapes], dtype=int)
    vector = np.concatenate([np.reshape(leaf, -1) for leaf in found]) if found else np.zeros(0)

    def back(v: Any) -> X:
        if np.shape(v) != (int(ends[-1]) if found else 0,):
            raise ArgumentError(f"a vector of shape {np.shape(v)} for a tree of {ends[-1] if found else 0} numbers",
                                edit="give a vector of that many numbers")
        tree: X = unflatten(shape, [np.reshape(v[end - int(np.prod(s)):end], s)[()]
                                    for end, s in zip(ends.tolist(), shapes, strict=True)])
        return tree

    return vector, back
