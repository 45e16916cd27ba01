"""Which of the user's lines a compiled program is at.

A generated program is compiled with the user's file for its file, and the user's lines for those of its statements.
So NumPy's warnings, tracebacks and profilers point at the line that asked for the operation, and a program
that runs pays nothing for it. That works where all of a program comes from one file; the lines of any other program
are those of its own text, each of which names the user's.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from types import CodeType, TracebackType
from typing import NamedTuple

from ..core.equation import Var
from ..source import Source

__all__ = ["SOURCES", "Line", "comment", "plain", "relabelled", "users_line"]

SOURCES = "the user's lines"
"""The key under which a program's scope has the place behind each of its lines: no name, so that no text can use it."""

_MOST_UNITS = 8  # of bytecode, two bytes each, that an entry of a table of lines can be about
_NO_COLUMNS, _NO_LINE = 13, 15


class Line(NamedTuple):
    """A line of a program, and the place of the user's that it is there for; None: that of the line before."""

    text: str
    source: Source | None = None

    def inside(self, depth: int = 1) -> Line:
        """The same line in a function, or in a loop in one."""
        return Line("    " * depth + self.text, self.source)


def plain(texts: Sequence[str]) -> list[Line]:
    """Lines that are there for nobody in particular."""
    return [Line(text) for text in texts]


def comment(source: Source | None, results: Sequence[Var]) -> str:
    """What stands behind a statement, to be read and never to be parsed: the types of its results, the user's line.

    The name of a file is the user's, and may hold whatever ends a line.
    """
    types = ", ".join(str(v.aval) for v in results)
    return f"  # {_shown(types if source is None else f'{types} {source.file}:{source.line}')}"


@lru_cache(1024)
def _shown(text: str) -> str:
    return text if text.isprintable() else "".join([c if c.isprintable() else ascii(c)[1:-1] for c in text])


def relabelled(code: CodeType, lines: Sequence[Line], name: str) -> CodeType:
    """The same code, at the user's lines; as it is if they are of several files."""
    sources = [line.source for line in lines]
    named = [source for source in sources if source is not None]
    files = {source.file for source in named}
    if len(files) != 1:
        return code
    numbers: list[int] = []
    number = named[0].line
    for source in sources:
        number = number if source is None else source.line
        numbers.append(number)
    return _moved(code, files.pop(), numbers, name)


def _moved(code: CodeType, file: str, lines: Sequence[int], name: str) -> CodeType:
    first = lines[code.co_firstlineno - 1]
    inside = tuple([_moved(c, file, lines, name) if isinstance(c, CodeType) else c for c in code.co_consts])
    table = _table(code, first, lines)
    return code.replace(co_consts=inside, co_filename=file, co_firstlineno=first, co_linetable=table,
                        co_name=name)


def _table(code: CodeType, first: int, lines: Sequence[int]) -> bytes:
    """A new table of lines. Its format: CPython's Objects/locations.md, the same since 3.11."""
    table = bytearray()
    at: int | None = first
    units = 0
    for start, stop, own in code.co_lines():
        line = lines[own - 1] if own else None
        if line != at and units:
            first = _write(table, units, at, first)
            units = 0
        at = line
        units += (stop - start) // 2
    _write(table, units, at, first)
    return bytes(table)


def _write(table: bytearray, units: int, line: int | None, before: int) -> int:
    """Enter that these units of bytecode are at a line, after units at the line `before`; the line."""
    if line is None:
        step, after = b"", before
    else:
        step, after = _signed(line - before), line
    kind = 0x80 | (_NO_LINE if line is None else _NO_COLUMNS) << 3
    while units > 0:
        n = min(units, _MOST_UNITS)
        table.append(kind | n - 1)
        table += step
        step = step and b"\0"
        units -= n
    return after


@lru_cache(1024)
def _signed(x: int) -> bytes:
    """A signed number, six bits a byte."""
    x = -x << 1 | 1 if x < 0 else x << 1
    digits = bytearray()
    while x > 63:
        digits.append(0x40 | x & 63)
        x >>= 6
    digits.append(x)
    return bytes(digits)


def users_line(traceback: TracebackType | None) -> str:
    """The user's file and line behind the innermost statement of a program that raised an error."""
    found = ""
    while traceback is not None:
        code = traceback.tb_frame.f_code
        sources: Sequence[Source | None] | None = traceback.tb_frame.f_globals.get(SOURCES)
        if sources is not None:
            if not code.co_filename.startswith("<fad program"):
                found = f"{code.co_filename}:{traceback.tb_lineno}"
            elif (source := sources[traceback.tb_lineno - 1]) is not None:
                found = f"{source.file}:{source.line}"
        traceback = traceback.tb_next
    return found
