"""Where in the user's code: the file and line behind an equation or an error message.

A trace must know, for every equation, which line of the user's program asked for it, and must know it
within a fraction of a microsecond. So a `Source` keeps the code object and the instruction, which cost
nothing to read off a frame, and works out the file and the line only when somebody asks.
"""

from __future__ import annotations

import itertools
import linecache
import opcode
import os
import sys
from types import CodeType, FrameType

import numpy as np

__all__ = ["Source", "here", "source_of"]

_FAD = os.path.dirname(os.path.abspath(__file__)) + os.sep
_NUMPY = os.path.dirname(os.path.abspath(np.__file__)) + os.sep
_SCIPY = os.path.join(os.path.dirname(_NUMPY.rstrip(os.sep)), "scipy") + os.sep  # where it is installed, it is beside NumPy
_TOUR = (_FAD + "__main__.py", _FAD + "tour.py")  # ours, but written and read as a user's program

_CACHE = opcode.opmap["CACHE"]

_getframe = sys._getframe


class Source:
    """One place in the user's code; interned, so that equal places are the same object."""

    __slots__ = ("code", "instruction", "in_derivative", "_line", "_derivative")

    def __init__(self, code: CodeType, instruction: int, in_derivative: bool = False) -> None:
        self.code, self.instruction, self.in_derivative = code, instruction, in_derivative
        self._line: int | None = None
        self._derivative: Source | None = None

    @property
    def derivative(self) -> Source:
        """The same place, for what a derivative has to compute because of it."""
        if self.in_derivative:
            return self
        if self._derivative is None:
            self._derivative = Source(self.code, self.instruction, in_derivative=True)
        return self._derivative

    @property
    def file(self) -> str:
        return self.code.co_filename

    @property
    def line(self) -> int:
        if self._line is None:
            self._line = self._found_line()
        return self._line

    def _found_line(self) -> int:
        for start, end, line in self.code.co_lines():
            if start <= self.instruction < end and line is not None:
                return line
        return self.code.co_firstlineno

    @property
    def text(self) -> str:
        """The expression that was being run, as its author wrote it; empty where that is not at hand."""
        nowhere = None, None, None, None  # of code without a table of lines
        line, last, start, end = next(itertools.islice(self.code.co_positions(), self.instruction // 2, None), nowhere)
        if line is None or start is None or "\0" in self.file:  # no file has such a name
            return ""
        written = linecache.getline(self.file, line).encode(errors="surrogatepass")  # columns count bytes
        return written[start:end if last == line else None].decode(errors="replace").strip()

    @property
    def operation(self) -> tuple[int, int]:
        """The opcode and argument of the instruction, for the rare message that depends on the syntax."""
        text = self.code.co_code
        return text[self.instruction], text[self.instruction + 1]

    def __str__(self) -> str:
        return f"{self.file}:{self.line}, in {self.code.co_name}"


_interned: dict[tuple[int, int], Source] = {}  # by id: the Source keeps its code object alive
_internal: dict[str, bool] = {}  # file name -> is it fad's or NumPy's own?
_LIMIT = 1 << 16  # programs that make code without end (a notebook, eval) must not grow us without end


def _is_internal(file: str) -> bool:
    if len(_internal) > _LIMIT:
        _internal.clear()
    answer = _internal[file] = file.startswith((_FAD, _NUMPY, _SCIPY, "<fad ", "<__array_function__")) and file not in _TOUR
    return answer


def here(depth: int = 2) -> Source | None:
    """The place in the user's code, at least `depth` calls up: the innermost frame not of fad's own or NumPy's."""
    return source_of(_getframe(depth))


def source_of(frame: FrameType | None) -> Source | None:
    """The place in the user's code that led to this frame."""
    while frame is not None:
        code = frame.f_code
        internal = _internal.get(code.co_filename)
        if internal is None:
            internal = _is_internal(code.co_filename)
        if not internal:
            return _interned.get((id(code), frame.f_lasti)) or _intern(code, frame.f_lasti)
        frame = frame.f_back
    return None


def _intern(code: CodeType, instruction: int) -> Source:
    if len(_interned) > _LIMIT:
        _interned.clear()
    start, text = instruction, code.co_code
    while start and text[start] == _CACHE:  # Python's specialised instructions point behind themselves
        start -= 2
    source = _interned.get((id(code), start)) or Source(code, start)
    _interned[id(code), start] = _interned[id(code), instruction] = source
    return source
