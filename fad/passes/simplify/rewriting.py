"""How a program is written anew: the engine below the tables of identities.

An identity is a function of the writer and of an equation's operands and params. It returns the atom
that has the same value, having written what that needs, or None if it does not apply. Operands have been
simplified before, so one walk through the program finds nearly everything; it takes time linear in the
number of equations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...core.avals import Aval
from ...core.equation import Atom, Equation, Literal, Var, literal
from ...core.graph import Graph
from ...core.primitive import AnyPrimitive, Params
from ...primitives import elementwise as ew
from ...source import Source

__all__ = ["Identities", "Identity", "Writer", "enter", "number", "rewrite"]

Identity = Callable[..., Atom | None]
Identities = dict[AnyPrimitive, list[Identity]]

_MOST_FOLDED = 64  # entries of a constant that is computed beforehand


def enter(table: Identities, *primitives: AnyPrimitive) -> Callable[[Identity], Identity]:
    """Put an identity into a table, under these primitives."""

    def put(identity: Identity) -> Identity:
        for primitive in primitives:
            table.setdefault(primitive, []).append(identity)
        return identity

    return put


def rewrite(graph: Graph, identities: Identities, *, shared: bool = False) -> Graph:
    """The same program, simplified as it is written; `shared` says that nothing is written twice in it any more."""
    writer = Writer(graph, identities, shared)
    for equation in graph.equations:
        writer.copy(equation)
    return Graph(graph.inputs, tuple(writer.equations), tuple([writer.instead.get(a, a) for a in graph.outputs]))


class Writer:
    """A program being written: its equations so far, which of them made what, and which were seen before."""

    def __init__(self, graph: Graph, identities: Identities, shared: bool = False) -> None:
        self.identities = identities
        self.shared = shared
        self.equations: list[Equation] = []
        self.definitions: dict[Atom, Equation] = {}
        self.instead: dict[Atom, Atom] = {}
        self.source: Source | None = None
        self.uses: dict[Atom, int] = {}  # how often the old program uses a variable
        for e in graph.equations:
            for a in e.operands:
                self.uses[a] = self.uses.get(a, 0) + 1
        for a in graph.outputs:
            self.uses[a] = self.uses.get(a, 0) + 1
        self._seen: dict[tuple[AnyPrimitive, tuple[Atom, ...], Params], tuple[Atom, ...]] = {}
        self._count = max([v.number for v in graph.inputs] + [
            v.number for e in graph.equations for v in e.results], default=-1) + 1

    def copy(self, equation: Equation) -> None:
        """Write an equation of the old program, or what has the same value."""
        primitive, operands, params, results, self.source = equation
        instead = self.instead
        atoms = _ordered(primitive, tuple([instead.get(a, a) for a in operands]))
        found = self._find(primitive, atoms, params) or self._add(primitive, atoms, params, results)
        for old, new in zip(results, found, strict=True):
            if old is not new:
                instead[old] = new
                self.uses[new] = self.uses.get(new, 0) + self.uses.get(old, 0)

    def __call__(self, primitive: AnyPrimitive, *operands: Atom, **params: Any) -> Atom:
        """Write an equation of one result, or what has the same value."""
        operands = _ordered(primitive, operands)
        settings = tuple(sorted(params.items()))
        found = self._find(primitive, operands, settings)
        if found is None:
            aval: Aval = primitive.infer(*[a.aval for a in operands], **params)
            found = self._add(primitive, operands, settings, (self._new(aval),))
        return found[0]

    def made(self, atom: Atom, by: AnyPrimitive) -> Equation | None:
        """The equation that made an atom, if this primitive did."""
        equation = self.definitions.get(atom)
        return equation if equation is not None and equation.primitive is by else None

    def _find(self, primitive: AnyPrimitive, operands: tuple[Atom, ...], params: Params) -> tuple[Atom, ...] | None:
        known = self._seen.get((primitive, operands, params))
        if known is not None:
            return known
        if not primitive.several and primitive.kind != "effect":
            for identity in self.identities.get(primitive, ()):
                atom = identity(self, *operands, **dict(params))
                if atom is not None:
                    self._seen[primitive, operands, params] = (atom,)
                    return (atom,)
            if all(a.__class__ is Literal for a in operands):
                return self._folded(primitive, operands, params)
        return None

    def _folded(self, primitive: AnyPrimitive, operands: tuple[Atom, ...], params: Params) -> tuple[Atom, ...] | None:
        """f of constants → a constant, if it is a small one, or a part of one that is there."""
        settings = dict(params)
        aval = primitive.infer(*[a.aval for a in operands], **settings)
        if primitive.kind == "view" and not operands[0].aval.shape or aval.size > max(
                _MOST_FOLDED, operands[0].aval.size if primitive.kind == "view" else 0):
            return None  # a number that is repeated says more than its copies
        with np.errstate(all="ignore"):
            return (literal(primitive.evaluate(*[a.value for a in operands if isinstance(a, Literal)], **settings)),)

    def _add(self, primitive: AnyPrimitive, operands: tuple[Atom, ...], params: Params,
             results: tuple[Var, ...]) -> tuple[Atom, ...]:
        equation = Equation(primitive, operands, params, results, self.source)
        self.equations.append(equation)
        for v in results:
            self.definitions[v] = equation
        self._seen[primitive, operands, params] = results
        return results

    def _new(self, aval: Aval) -> Var:
        self._count += 1
        return Var(self._count - 1, aval)


_COMMUTATIVE = {ew.add, ew.multiply, ew.hypot, ew.logaddexp, ew.equal, ew.not_equal, ew.logical_and, ew.logical_or,
                ew.logical_xor}  # and not maximum: of 0.0 and -0.0 it is the one or the other


def _ordered(primitive: AnyPrimitive, operands: tuple[Atom, ...]) -> tuple[Atom, ...]:
    """The operands of a commutative primitive in one order: numbers first, and then the older variable."""
    if primitive in _COMMUTATIVE and _place(operands[1]) < _place(operands[0]):
        return operands[1], operands[0]
    return operands


def _place(atom: Atom) -> tuple[bool, int]:
    return bool(atom.aval.shape), -1 if isinstance(atom, Literal) else atom.number


def number(atom: Atom) -> Any:
    """The value of a literal of rank 0; None for anything else."""
    return atom.value if isinstance(atom, Literal) and atom.aval.shape == () else None
