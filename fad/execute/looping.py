"""A loop over a program, as one generated Python function with the body's statements inside.

    Loop : Graph(consts..., carry..., x... → carry..., y...)  as a function of consts, carry and stacks of x

What does not change from turn to turn is computed once, before. An array that is carried belongs to the
loop, which may write into it; numbers are read from and written to stacks as Python numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..core.equation import Atom, Equation, Literal, Var, variables
from ..core.graph import Graph
from ..core.primitive import Value, Values
from ..passes.simplify import drop_dead
from .lines import Line, plain
from .program import Program
from .scalars import RAISED, literal_text, numbers_text
from .writing import Text, Writer

__all__ = ["Loop"]

_FLOAT64 = np.dtype(np.float64)


class Loop(Program):
    """A body as a function of operands: `length` turns, from the other end if it is in `reverse`.

    Without a length the loop goes on for as long as the first operand, and then the body's first output, is true.
    """

    __slots__ = ("_prepared", "_settings")

    def __init__(self, body: Graph, n_consts: int, n_carry: int, length: int | None, reverse: bool = False) -> None:
        super().__init__(body)
        self._settings = n_consts, n_carry, length, reverse
        self._prepared: tuple[Program, Graph] | None = None  # at once: other threads see both or neither

    @property
    def settings(self) -> tuple[int, int, int | None, bool]:
        """How many consts and parts of a carry, how many turns, and whether from the other end."""
        return self._settings

    def _parts(self) -> tuple[Program, Graph]:
        """What is computed before the loop, from the consts, and the body, whose first inputs are what that leaves."""
        if self._prepared is None:
            n_consts, _, length, _ = self._settings
            before, body = _without_invariants(self.simplified, n_consts, sure=bool(length))
            self._prepared = Program(before), body
        return self._prepared

    def run(self, *operands: Value) -> Values:
        """The results for these operands."""
        function = self._run or self._compile()
        before, _ = self._parts()
        if before.graph.outputs:
            n_consts, n_first = self._settings[0], self._settings[2] is None
            operands = (*operands[:n_first], *before(operands[n_first:n_first + n_consts]), *operands[n_first:])
        try:
            return function(*operands)
        except RAISED:
            return (self._careful or self._compile_carefully())(*operands)

    def __call__(self, values: Sequence[Value]) -> Values:
        return self.run(*values)

    def _text(self, *, python_numbers: bool) -> Text:
        (before, body), (n_consts, n_carry, length, reverse) = self._parts(), self._settings
        n_consts += len(before.graph.outputs)
        return _LoopText(body, python_numbers, n_consts, n_carry, length, reverse).text()


def _without_invariants(body: Graph, n_consts: int, sure: bool) -> tuple[Graph, Graph]:
    """What of a body depends on the consts alone, Graph(consts → invariants), and the rest, with the invariants as
    its first inputs. Views stay, as they cost nothing, and NumPy makes the best of a broadcast where it is used; so
    does what may raise an error, such as an inverse, where it is not sure that the loop runs at all."""
    varying: set[Atom] = set(body.inputs[n_consts:])
    rest: list[Equation] = []
    moved: set[Atom] = set()
    steady: list[Equation] = []
    for equation in body.equations:
        kind = equation.primitive.kind
        if not varying.isdisjoint(equation.operands) or kind == "effect" or not sure and kind not in ("entrywise", "view"):
            varying.update(equation.results)
            rest.append(equation)
        elif kind == "view":
            steady.append(equation)
            rest.append(equation)
        else:
            steady.append(equation)
            moved.update(equation.results)
    used = variables([*[a for e in rest for a in e.operands], *body.outputs])
    kept = tuple(dict.fromkeys(v for v in used if v in moved))
    return (drop_dead(Graph(body.inputs[:n_consts], tuple(steady), kept)),
            drop_dead(Graph((*kept, *body.inputs), tuple(rest), body.outputs)))


class _LoopText:
    """The text of a loop."""

    def __init__(self, body: Graph, python_numbers: bool, n_consts: int, n_carry: int, length: int | None,
                 reverse: bool) -> None:
        self.body, self.length, self.reverse = body, length, reverse
        self.writer = Writer(body, python_numbers)
        self.consts, self.carry = body.inputs[:n_consts], body.inputs[n_consts:n_consts + n_carry]
        self.xs = body.inputs[n_consts + n_carry:]
        n_first = length is None
        self.going = body.outputs[:n_first]
        self.carried, self.ys = body.outputs[n_first:n_carry + n_first], body.outputs[n_carry + n_first:]
        self.writer.memory.fresh.update(v for v in self.carry if v.aval.shape)
        self.writer.statements()

    def text(self) -> Text:
        writer, name = self.writer, self.writer.name
        before = [f"{name(v)} = float({name(v)})" for v in (*self.consts, *self.carry) if self._is_float(v)]
        before += [f"{name(v)} = {name(v)}.copy()" for v in self.carry if v.aval.shape]
        turn: list[Line] = []
        for v in self.xs:
            if self._is_float(v):
                before.append(f"{name(v)}s = memoryview({name(v)}s)")
            turn.append(Line(f"{name(v)} = {name(v)}s[i]"))
        turn += writer.lines
        for k, y in enumerate(self.ys):
            shape = numbers_text((self.length or 0, *y.aval.shape))
            before.append(f"y{k} = empty({shape}, {writer.constant(y.aval.dtype, 'dtype')})")
            if self._is_float(y):
                before.append(f"y{k}s = memoryview(y{k})")
            turn.append(Line(f"y{k}{'s' if self._is_float(y) else ''}[i] = {writer.read(y)}"))
        going = ["going"] if self.length is None else []
        names = [*going, *map(name, self.carry)]
        values = [*map(writer.read, self.going), *map(self._carried, self.carried, self.carry)]
        moved = [(n, v) for n, v in zip(names, values, strict=True) if n != v]
        if moved:
            turn.append(Line(f"{', '.join(n for n, _ in moved)} = {', '.join(v for _, v in moved)}"))
        n = self.length
        loop = "while going:" if n is None else f"for i in range({f'{n - 1}, -1, -1' if self.reverse else n}):"
        results = [*map(self._final, self.carry), *[f"y{k}" for k in range(len(self.ys))]]
        arguments = [*going, *map(name, (*self.consts, *self.carry)), *[f"{name(v)}s" for v in self.xs]]
        lines = [*plain([*before, loop]), *[line.inside() for line in turn or [Line("pass")]],
                 Line(f"return ({''.join(r + ', ' for r in results)})")]
        return writer.text(arguments, lines)

    def _is_float(self, atom: Atom) -> bool:
        """Whether a value is a Python float while the loop runs."""
        return atom in self.writer.numbers and atom.aval.dtype == _FLOAT64

    def _carried(self, atom: Atom, v: Var) -> str:
        """What a turn hands to the next: an array in memory of its own, or a number of the kind of the first."""
        text = self.writer.read(atom)
        if v.aval.shape:
            return text if self._is_own(atom) else f"{text}.copy()"
        if self._is_float(v):
            plain = atom in self.writer.numbers or isinstance(atom, Literal) and literal_text(atom) is not None
            return text if plain else f"float({text})"
        if atom in self.writer.numbers or isinstance(atom, Literal):
            return f"{self.writer.constant(v.aval.dtype.type, 'number')}({text})"
        return f"settled({text})"

    def _is_own(self, atom: Atom) -> bool:
        memory = self.writer.memory
        if isinstance(atom, Literal) or not memory.is_own(atom):
            return False
        return sum(isinstance(a, Var) and memory.owner[a] == memory.owner[atom] for a in self.carried) == 1

    def _final(self, v: Var) -> str:
        """A part of the carry when the loop has ended."""
        name = self.writer.name(v)
        if v.aval.shape:
            return name
        return f"{self.writer.constant(v.aval.dtype.type, 'number')}({name})"
