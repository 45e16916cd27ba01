"""How a graph reads as text: the same text every time, worth pasting into an issue.

One line an equation: the results with their types, the primitive with its params, the operands.
Variables are lettered in the order of their definition; programs inside a param are indented below it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .equation import Atom, Equation, Literal, Var
from .primitive import Params

__all__ = ["letters", "render"]


def render(inputs: Sequence[Var], equations: Sequence[Equation], outputs: Sequence[Atom]) -> str:
    """The text of a program."""
    names: dict[Var, str] = {}

    def show(atom: Atom) -> str:
        return _literal(atom) if isinstance(atom, Literal) else names.setdefault(atom, letters(len(names)))

    def define(v: Var) -> str:
        return f"{show(v)}:{v.aval}"

    lines = [" ".join(["{", *map(define, inputs), "->"])]
    for primitive, operands, params, results, _ in equations:
        used = " ".join(map(show, operands))
        lines.append(f"  {' '.join(map(define, results))} = {primitive.name}{_params(params)} {used}".rstrip())
    lines.append(f"  return {' '.join(map(show, outputs))} }}")
    return "\n".join(lines)


def letters(n: int) -> str:
    """a, b, ..., z, aa, ab, ...

    >>> letters(0), letters(25), letters(26)
    ('a', 'z', 'aa')
    """
    return (letters(n // 26 - 1) if n >= 26 else "") + chr(ord("a") + n % 26)


def _literal(atom: Literal) -> str:
    if atom.aval.shape == ():
        return str(atom.value)
    if atom.aval.size <= 4:
        return str(np.asarray(atom.value).tolist()).replace(" ", "")
    return f"<{atom.aval}>"


def _params(params: Params) -> str:
    return f"[{', '.join(f'{name}={_param(value)}' for name, value in params)}]" if params else ""


def _param(value: object) -> str:
    text = getattr(value, "__name__", None) or str(value)
    return "\n" + "\n".join("    " + line for line in text.splitlines()) if "\n" in text else text.replace(" ", "")
