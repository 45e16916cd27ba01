"""The static types of the public functions: mypy on tests/typing, where `type: ignore[code]` holds the wrong calls."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fad
from fad.transforms.jit import Jitted
from fad.typing import Array

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "tests" / "typing").glob("*.py"))


def mypy(*arguments: str | Path) -> str:
    """What mypy, as pyproject.toml configures it, has to say of the files given, and not of what they import."""
    command = [sys.executable, "-m", "mypy", "--follow-imports=silent", "--no-error-summary", "--hide-error-context",
               *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout


def test_typed_programs_are_what_they_say() -> None:
    assert len(FILES) >= 4
    assert mypy(*FILES, *sorted((ROOT / "examples").glob("*.py"))) == ""


def test_the_test_sees_a_wrong_type(tmp_path: Path) -> None:
    program = tmp_path / "wrong.py"
    program.write_text("from typing import assert_type\n"
                       "import fad\n"
                       "def f(x: float) -> float: return x\n"
                       "assert_type(fad.grad(f)(1.0), str)\n"
                       "fad.grad(f)('1')\n"
                       "fad.grad(f)(1.0)  # type: ignore[arg-type]\n")
    said = mypy(program)
    for code in ("assert-type", "arg-type", "unused-ignore"):
        assert f"[{code}]" in said


# -- what the types promise of methods, when it runs ------------------------------------------------


class Layer:
    def __init__(self, weight: float) -> None:
        self.weight = weight

    @fad.jit
    def apply(self, x: Array, *, bias: float = 0.0) -> Array:
        return self.weight * x + bias

    @fad.jit(static_argnames="power")
    def powered(self, x: Array, power: int = 2) -> Array:
        y: Array = self.weight * x ** power
        return y

    @fad.custom_jvp
    def scaled(self, x: Array) -> Array:
        return self.weight * x

    @staticmethod
    @fad.grad
    def slope(x: float) -> float:
        return x ** 2

    @staticmethod
    @fad.jit
    def doubled(x: Array) -> Array:
        return 2.0 * x

    @fad.vmap
    def total(self, x: Array) -> np.float64:
        return self.weight * np.sum(x)


@pytest.mark.parametrize("weight", [2.0, 3.0])
def test_methods_stay_methods(weight: float) -> None:
    layer, x = Layer(weight), np.arange(3.0)
    np.testing.assert_array_equal(layer.apply(x, bias=1.0), weight * x + 1.0)
    np.testing.assert_array_equal(Layer.apply(layer, x), weight * x)
    np.testing.assert_array_equal(layer.powered(x, power=3), weight * x ** 3)
    np.testing.assert_array_equal(layer.scaled(x), weight * x)
    np.testing.assert_array_equal(Layer.doubled(x), 2.0 * x)
    np.testing.assert_array_equal(layer.total(np.ones((2, 3))), [3.0 * weight] * 2)
    assert layer.slope(3.0) == 6.0


def test_a_compiled_method_is_looked_into_through_its_class() -> None:
    assert isinstance(Layer.apply, Jitted)
    layer, x = Layer(2.0), np.arange(3.0)
    assert Layer.apply.source(layer, x).startswith("def ")
    assert isinstance(Layer.apply.graph(layer, x), fad.Graph)
    assert Layer.apply.cache_info().misses >= 1
