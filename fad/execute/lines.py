"""Which of the user's lines a compiled program is at.

A generated program is compiled with the user's file for its file, and the user's lines for those of its statements.
So NumPy's warnings, tracebacks and profilers point at the line that asked for the operation, and a program
that runs pays nothing for it. That works where all of a program comes from one file; the lines of any other program
are those of its own text, each of which names the user's.
"""

from __future__ import annotations

import linecache
import re
from collections.abc import Sequence
from functools import lru_cache
from types import CodeType, TracebackType

__all__ = ["relabelled", "users_line"]

_COMMENT = re.compile(r"(?:\S+, )*\S* (.+):(\d+)$")

_MOST_UNITS = 8  # of bytecode, two bytes each, that an entry of a table of lines can be about
_NO_COLUMNS, _NO_LINE = 13, 15


def relabelled(code: CodeType, text: Sequence[str], name: str) -> CodeType:
    """The same code, with the lines that are named in the comments of its text; as it is if they are of several files."""
    places = [_place(line) for line in text]
    files = {place[0] for place in places if place is not None}
    if len(files) != 1:
        return code
    lines: list[int] = []
    line = next(place[1] for place in places if place is not None)
    for place in places:  # a line without a comment belongs to the one before it
        line = line if place is None else place[1]
        lines.append(line)
    return _moved(code, files.pop(), lines, name)


def _place(line: str) -> tuple[str, int] | None:
    return _named(line.rpartition("  # ")[2])


@lru_cache(1024)
def _named(comment: str) -> tuple[str, int] | None:
    """The file and line that a comment ends with."""
    found = _COMMENT.match(comment)
    return (found[1], int(found[2])) if found is not None else None


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
        if code.co_filename.startswith("<fad program"):
            place = _place(linecache.getline(code.co_filename, traceback.tb_lineno).rstrip("\n"))
            found = f"{place[0]}:{place[1]}" if place is not None else found
        elif code.co_name.startswith("<fad program"):
            found = f"{code.co_filename}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return found
