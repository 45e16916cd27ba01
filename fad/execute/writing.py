"""The text of a program: a statement an equation, a loop a block."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from keyword import iskeyword
from typing import Any, NamedTuple, SupportsIndex, TypeAlias

import numpy as np

from ..core.avals import Dtype, Shape
from ..core.equation import Atom, Equation, Literal, Var, variables
from ..core.graph import Graph
from ..core.primitive import AnyPrimitive, Params
from ..core.render import letters
from ..primitives.indexing import getitem_p
from ..primitives.structural import broadcast_p, convert_p, reshape_p, sum_p
from ..source import Source
from .blocks import Block, schedule
from .lines import Line, comment, plain
from .memory import Memory, members, repeated_by_numpy
from .running import run_blocks, settled
from .scalars import NAMES, expression, literal_text, numbers_text, setting_text

__all__ = ["Scope", "Text", "Writer", "write"]

_LEAST_REUSED = 256  # entries of an array for which writing into old memory is worth the words
_FLOAT64 = np.dtype(np.float64)
_BASICS = {"float64": np.float64, "boolean": np.bool_, "empty": np.empty, "zeros": np.zeros, "full": np.full,
           "run_blocks": run_blocks, "settled": settled, "add_reduce": np.add.reduce}
# No name of ours ends in _, as variables do, or in __ and a number, as constants do.
_KEYWORD = re.compile("[a-z][a-z0-9_]*", re.ASCII)
_UFUNCS = {f.__name__: f for f in vars(np).values() if isinstance(f, np.ufunc)}
_LONGEST = 40  # letters of a primitive's name that are shown


Scope: TypeAlias = dict[str, Any]
"""The names that a generated text uses, and what they stand for."""


class Text(NamedTuple):
    """A program's text, and the names in it."""

    lines: list[Line]
    scope: Scope

    @property
    def source(self) -> str:
        return "\n".join([line.text for line in self.lines]) + "\n"


def write(graph: Graph, *, python_numbers: bool) -> Text:
    """The text of the function `program`."""
    writer = Writer(graph, python_numbers)
    writer.statements()
    outputs = ", ".join(map(writer.output, range(len(graph.outputs))))
    result = Line(f"return ({outputs}{',' if len(graph.outputs) == 1 else ''})")
    return writer.text(map(writer.name, graph.inputs), [*plain(writer.first), *writer.lines, result])


class Writer:
    """The text so far, the names in it, and what is known of the values that they stand for."""

    def __init__(self, graph: Graph, python_numbers: bool) -> None:
        self.graph = graph
        self.python_numbers = python_numbers
        self.steps = schedule(graph)
        self.step = 0
        self.memory = Memory(graph, self.steps)
        self.results_in = Counter(self.memory.owner[v] for v in variables(graph.outputs))
        self.users: dict[Var, set[int]] = {}  # the numbers of the steps that use a value
        for at, item in enumerate(self.steps):
            for user in members(item):
                for v in variables(user.operands):
                    self.users.setdefault(v, set()).add(at)
        self.thin = repeated_by_numpy(graph, self.steps)
        self.scope: Scope = dict(_BASICS)
        self.names: dict[Var, str] = {}
        self.constants: dict[int, str] = {}
        self.functions: list[list[Line]] = []  # one for each block, above the program
        self.first: list[str] = []  # lines before all others
        self.lines: list[Line] = []
        self.assigned: set[Var] = set()  # values that have a name of the program's
        self.numbers = self._as_python_numbers() if python_numbers else set()
        self.dying: dict[int, list[Var]] = {}
        kept_by_caller = set(graph.inputs)
        self.instead: dict[Var, Atom] = {}  # thin arrays that are another one, as it is
        for step in reversed(self.steps):
            if not isinstance(step, Block) and step.results and step.results[0] in self.thin:
                (x,), (v,) = step.operands, step.results
                if x.aval.shape == self.thin[v]:
                    self.instead[v] = x
                    if isinstance(x, Var):  # what is read in its place lives as long
                        self.memory.last[x] = max(self.memory.last[x], self.memory.last[v])
        for v, number in self.memory.last.items():
            if v.aval.shape and v.aval.size >= _LEAST_REUSED and v not in kept_by_caller:
                self.dying.setdefault(number, []).append(v)

    def _as_python_numbers(self) -> set[Var]:
        """The values that are Python numbers: results of expressions, and what goes into them."""
        found: set[Var] = set()
        for equation in self.graph.equations:
            if expression(equation) is not None:
                found.update(equation.results)
                found.update(v for v in variables(equation.operands) if v.aval.dtype == _FLOAT64)
        if found:
            self.scope.update(NAMES)
        self.first = [f"{self.name(v)} = float({self.name(v)})" for v in self.graph.inputs if v in found]
        return found

    def statements(self) -> None:
        """Write the lines for all steps."""
        for number, step in enumerate(self.steps):
            self.step = number
            if isinstance(step, Block):
                self.block(step)
            else:
                self.equation(step)
            self.let_go()

    def text(self, arguments: Iterable[str], body: Iterable[Line]) -> Text:
        """The function `program` of these lines, below those of its blocks."""
        head = Line(f"def program({', '.join(arguments)}):")
        above = [line for function in self.functions for line in (*function, Line(""))]
        return Text([*above, head, *[line.inside() for line in body]], self.scope)

    # -- names --

    def name(self, v: Var) -> str:
        found = self.names.get(v)
        if found is None:
            found = self.names[v] = f"{letters(len(self.names))}_"
        return found

    def constant(self, value: object, hint: str) -> str:
        """The name of a constant: a name of ours, and the hint in it, which is a user's, for the reader alone."""
        known = self.constants.get(id(value))
        if known is None:
            word = re.sub("^[0-9]|[^A-Za-z0-9_]", "_", str.__str__(hint)[:_LONGEST])
            own = isinstance(value, np.ufunc) and _UFUNCS.get(word) is value and word not in self.scope
            known = word if own else f"{word}__{len(self.scope)}"
            self.constants[id(value)] = known
            self.scope[known] = value
        return known

    def read(self, atom: Atom) -> str:
        if isinstance(atom, Literal):
            text = literal_text(atom) if atom.aval.dtype == _FLOAT64 or atom.aval.dtype == np.bool_ else None
            return self.constant(atom.value, "constant") if text is None else text
        return self.read(self.instead[atom]) if atom in self.instead else self.name(atom)

    # -- a statement for an equation --

    def equation(self, equation: Equation) -> None:
        primitive, operands, _, results, source = equation
        if results and results[0] in self.instead:
            return
        self.assigned.update(results)
        note = comment(source, results)
        template = expression(equation) if self.python_numbers else None
        if template is not None:
            self._say(f"{self.name(results[0])} = {template.format(*map(self.read, operands))}{note}", source)
            return
        call = self._call(equation)
        if primitive.several:
            targets = ", ".join(map(self.name, results)) + ", = "[len(results) > 1:] if results else ""
            self._say(f"{targets}{call}{note}", source)
        else:
            if results[0] in self.numbers:
                call = f"float({call})"
            elif primitive.kind == "view" and not results[0].aval.shape:
                call = f"settled({call})"
            self._say(f"{self.name(results[0])} = {call}{note}", source)

    def _say(self, text: str, source: Source | None = None) -> None:
        self.lines.append(Line(text, source))

    def _call(self, equation: Equation) -> str:
        primitive, operands, params, results, _ = equation
        x = operands[0] if operands else None
        settings = dict(params)
        if results and results[0] in self.thin and x is not None:
            return f"{self.read(x)}.reshape({numbers_text(self.thin[results[0]])})"
        if x is not None and x.aval.shape:
            if primitive is reshape_p:
                return f"{self.read(x)}.reshape({numbers_text(settings['shape'])})"
            if primitive is getitem_p and len(operands) == 1:
                return f"{self.read(x)}[{self.constant(settings['index'].key, 'key')}]"
            if primitive is sum_p:
                return f"add_reduce({self.read(x)}, {_axes(settings['axes'])})"
            if primitive is convert_p and x.aval.dtype.kind != "c":
                return f"{self.read(x)}.astype({self.constant(results[0].aval.dtype, 'dtype')})"
        elif primitive is broadcast_p and x is not None:
            shape, dtype = numbers_text(settings["shape"]), self.constant(results[0].aval.dtype, "dtype")
            zero = isinstance(x, Literal) and x.value == 0
            return f"zeros({shape}, {dtype})" if zero else f"full({shape}, {self.read(x)}, {dtype})"
        if primitive.inner is not None:
            function = self.constant(primitive.inner.compiled(**settings), primitive.name)
            return f"{function}({', '.join(map(self.read, operands))})"
        evaluate = primitive.evaluate
        if primitive.overwrite is not None and isinstance(x, Var) and self._free(x, equation):
            evaluate = primitive.overwrite
        arguments = [*map(self.read, operands), *self.keywords(params)]
        into = [_out_argument(primitive, name) for name in self._into(equation)]
        return f"{self.constant(evaluate, primitive.name)}({', '.join([*arguments, *into])})"

    def keywords(self, params: Params) -> list[str]:
        """Settings as arguments. Their names are a user's where the primitive is."""
        words: list[str] = []
        others: dict[str, object] = {}
        for key, value in params:
            if type(key) is str and len(key) <= _LONGEST and _KEYWORD.fullmatch(key) and not iskeyword(key):
                words.append(f"{key}={setting_text(value) or self.constant(value, f'the_{key}')}")
            else:
                others[key] = value
        return [*words, f"**{self.constant(others, 'settings')}"] if others else words

    def _free(self, v: Var, equation: Equation) -> bool:
        """Whether this equation may write into the memory of one of its operands."""
        memory = self.memory
        return (v not in self.thin and memory.is_own(v) and memory.ends_at(v, self.step)
                and sum(memory.owner[u] == memory.owner[v] for u in variables(equation.operands)) == 1)

    def _into(self, equation: Equation) -> list[str]:
        """The array into which a ufunc is to write, if there is one to spare."""
        primitive, operands, _, (result, *_), _ = equation if equation.results else (*equation[:3], (None,), None)
        if result is None or not isinstance(primitive.evaluate, np.ufunc) or result.aval.size < _LEAST_REUSED:
            return []
        for v in variables(operands):
            if v.aval is result.aval and self._free(v, equation):
                return [self.name(v)]
        return []

    # -- memory --

    def let_go(self) -> None:
        """Forget the values that have been used for the last time."""
        names = [self.name(v) for v in self.dying.get(self.step, ()) if v in self.assigned]
        if names:
            self._say(" = ".join(names) + " = None")

    def output(self, number: int) -> str:
        """A result, in memory that it shares with nobody."""
        atom = self.graph.outputs[number]
        text = self.read(atom)
        if isinstance(atom, Literal):
            name = self.constant(atom.value, "constant")
            return f"{name}.copy()" if atom.aval.shape else name
        if atom in self.numbers:
            return f"{'boolean' if atom.aval.dtype == np.bool_ else 'float64'}({text})"
        if not atom.aval.shape:
            own = atom in self.memory.fresh
            return f"settled({text})" if own else f"{self.constant(atom.aval.dtype.type, 'scalar')}({text})"
        memory = self.memory
        owner = memory.owner[atom]
        if memory.is_own(atom) and self.results_in[owner] == 1 and owner.aval.size == atom.aval.size:
            return text
        return f"{text}.copy()"

    # -- a loop for a block --

    def block(self, block: Block) -> None:
        """A function that runs the block from `start` to `stop`, and a statement that calls it."""
        text = _BlockText(self, block)
        name = f"block_{len(self.functions)}"
        totals = text.totals
        made = list(text.kept)
        self.assigned.update((*made, *totals))
        for v in made:
            self._say(f"{self.name(v)} = empty({numbers_text(v.aval.shape)}, {self.constant(v.aval.dtype, 'dtype')})")
        arguments = [self.name(v) for v in (*text.taken, *made)]
        head = Line(f"def {name}(start, stop{''.join(', ' + a for a in arguments)}):")
        self.functions.append([head, *[line.inside() for line in text.lines]])
        combine = self.constant(tuple([np.add for _ in totals]), "combine")
        targets = ", ".join(map(self.name, totals)) + ("," if len(totals) == 1 else "")
        call = f"run_blocks({', '.join([name, str(block.n), str(block.rows), combine, *arguments])})"
        self._say(f"{targets + ' = ' if totals else ''}{call}")
        for v in totals:
            if v in self.numbers:
                self._say(f"{self.name(v)} = float({self.name(v)})")


class _BlockText:
    """The body of a block's function."""

    def __init__(self, writer: Writer, block: Block) -> None:
        self.writer, self.block = writer, block
        inside = {v for e in block.members for v in e.results}
        used_later = self._used_elsewhere(inside)
        self.kept = [v for e in block.members for v in e.results if v in used_later and v in block.rows_of]
        self.totals = [v for e in block.members for v in e.results if v in used_later and v in block.totals]
        operands = dict.fromkeys(self._below(a) for e in block.members for a in e.operands)
        self.taken = [a for a in operands if isinstance(a, Var) and a not in inside]
        self.last: dict[Var, int] = {}
        for i, e in enumerate(block.members):
            self.last.update((v, i) for v in (*variables(e.operands), *e.results))
        for e in reversed(block.members):
            if e.primitive.kind == "view":  # what is looked into lives as long as the view
                self.last.update((v, max(self.last[v], self.last[e.results[0]])) for v in variables(e.operands))
        self.lines: list[Line] = []
        self._write()

    def _below(self, atom: Atom) -> Atom:
        instead = self.writer.instead
        return self._below(instead[atom]) if isinstance(atom, Var) and atom in instead else atom

    def _used_elsewhere(self, inside: set[Var]) -> set[Var]:
        writer = self.writer
        used = inside.intersection(variables(writer.graph.outputs))
        return used | {v for v in inside if writer.users.get(v, set()) - {writer.step}}

    def _write(self) -> None:
        writer, block = self.writer, self.block
        scratch = _Scratch(block.rows)
        here: dict[Atom, str] = {}  # values cut to the block
        body: list[Line] = []
        for v in (*self.taken, *self.kept):
            if v.aval.shape and v.aval.shape[0] == block.n and not (v in self.taken and self._only_whole(v)):
                here[v] = f"{writer.name(v)}i"
                body.append(Line(f"{here[v]} = {writer.name(v)}[i:j]"))

        def read(atom: Atom) -> str:
            if isinstance(atom, Literal) and atom.aval.shape and atom.aval.shape[0] == block.n:
                return f"{writer.read(atom)}[i:j]"
            if isinstance(atom, Var) and atom in writer.instead:
                return writer.read(atom)
            return here.get(atom) or writer.read(atom)

        for i, e in enumerate(block.members):
            (result,) = e.results
            if result in block.totals:
                part = f"add_reduce({read(e.operands[0])}, {_axes(dict(e.params)['axes'])})"
                name = writer.name(result)
                statement = f"{name} = {part} if {name} is None else {name} + {part}"
            else:
                target = here.get(result)
                words = list(map(read, e.operands))
                for v in variables(e.operands):  # a ufunc may write over an operand, entry by entry
                    if self.last[v] == i:
                        scratch.release(here.get(v, ""))
                here[result], statement = self._statement(e, words, target, scratch)
            body.append(Line(f"{statement}{comment(e.source, e.results)}", e.source))
        head = [f"{name} = empty({numbers_text((block.rows, *row))}, {writer.constant(dtype, 'dtype')})"
                for name, (row, dtype) in scratch.arrays.items()]
        totals = [writer.name(v) for e in block.members for v in e.results if v in block.totals]
        short = [f"        {name} = {name}[:stop - i]" for name in scratch.arrays]  # the last block may be shorter
        loop = f"for i in range(start, stop, {block.rows}):"
        first = [f"    j = i + {block.rows}", "    if j > stop:", "        j = stop", *short]
        self.lines = [*plain([*head, *[f"{t} = None" for t in totals], loop, *first]), *[line.inside() for line in body],
                      Line(f"return ({''.join(writer.name(v) + ', ' for v in self.totals)})")]

    def _only_whole(self, v: Var) -> bool:
        """Whether an array from outside is only repeated along the first axis, so that each block needs all of it."""
        thin = self.writer.thin.get(v)
        return thin[:1] != (self.block.n,) or len(thin) < v.aval.ndim if thin is not None else not any(
            v in e.operands for e in self.block.members)

    def _statement(self, e: Equation, words: Sequence[str], target: str | None, scratch: _Scratch) -> tuple[str, str]:
        """The name that holds the result, and the statement that computes it."""
        writer = self.writer
        primitive, operands, params, (result,), _ = e
        settings = dict(params)
        if primitive is broadcast_p:
            key = ", ".join("None" if a in settings["axes"] else ":" for a in range(result.aval.ndim))
            name = f"{writer.name(result)}i"
            if target:
                return target, f"{target}[...] = {words[0]}[{key}]"
            return name, f"{name} = {words[0]}[{key}]"
        if isinstance(primitive.evaluate, np.ufunc):
            into = target or scratch.take(result.aval.shape[1:], result.aval.dtype)
            function = writer.constant(primitive.evaluate, primitive.name)
            return into, f"{function}({', '.join(words)}, {_out_argument(primitive, into)})"
        if primitive is convert_p and operands[0].aval.dtype.kind != "c" and operands[0].aval.shape:
            call = f"{words[0]}.astype({writer.constant(result.aval.dtype, 'dtype')})"
        else:
            call = f"{writer.constant(primitive.evaluate, primitive.name)}({', '.join([*words, *writer.keywords(params)])})"
        if target:
            return target, f"{target}[...] = {call}"
        name = f"{writer.name(result)}i"
        return name, f"{name} = {call}"


class _Scratch:
    """Arrays of the size of a block, used again and again for the values inside it."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.arrays: dict[str, tuple[Shape, Dtype]] = {}
        self.free: dict[tuple[Shape, Dtype], list[str]] = {}

    def take(self, row: Shape, dtype: Dtype) -> str:
        free = self.free.setdefault((row, dtype), [])
        if free:
            return free.pop()
        name = f"scratch{len(self.arrays)}"
        self.arrays[name] = row, dtype
        return name

    def release(self, name: str) -> None:
        if name in self.arrays:
            free = self.free[self.arrays[name]]
            if name not in free:
                free.append(name)


def _out_argument(primitive: AnyPrimitive, name: str) -> str:
    """The array for a ufunc's result: by position, which is faster, where NumPy does not want it by name."""
    return f"out={name}" if primitive.evaluate in (np.maximum, np.minimum) else name


def _axes(axes: Sequence[SupportsIndex]) -> str:
    """Axes for a sum; one alone is given as a number, which is faster."""
    return str(axes[0].__index__()) if len(axes) == 1 else numbers_text(axes)
