"""The static types of the public functions, by the checkers: tests/typing, where `type: ignore[code]` holds the wrong calls.

mypy and pyright know all of it; where pyright does not, a line says `pyright: ignore`. What pyrefly and ty do not know is
marked `[not pyrefly]` and `[not ty]`. And what the types inside fad leave open is counted.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import fad
from fad.transforms.jit import Jitted
from fad.typing import Array

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "tests" / "typing").glob("*.py"))
SOURCES = sorted((ROOT / "fad").rglob("*.py"))

_NUMPY = np.lib.NumpyVersion(np.__version__)
_WITH_THESE_STUBS = pytest.mark.skipif(_NUMPY < "2.2.0" or _NUMPY >= "2.5.0", reason="NumPy's stubs are others")


def run(*command: str | Path) -> str:
    return subprocess.run([sys.executable, "-m", *map(str, command)], cwd=ROOT, capture_output=True, text=True,
                          check=False).stdout


def mypy(*arguments: str | Path) -> str:
    """What mypy, as pyproject.toml configures it, has to say of the files given, and not of what they import.

    NumPy's older stubs say Any of many reductions.
    """
    return run("mypy", "--follow-imports=silent", "--no-warn-return-any", "--no-error-summary", "--hide-error-context",
               *arguments)


def pyright(folder: Path, *files: Path) -> list[str]:
    """What pyright has to say, in its standard mode; also of comments that hold nothing."""
    settings = {"include": [str(f) for f in files], "extraPaths": [str(ROOT)], "typeCheckingMode": "standard",
                "reportUnnecessaryTypeIgnoreComment": "error"}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    said = run("basedpyright", "--project", folder, "--pythonpath", sys.executable)
    assert re.search(r"\d+ errors?, ", said), said
    return [line.strip() for line in said.splitlines() if " - error: " in line]


def test_typed_programs_are_what_they_say() -> None:
    assert len(FILES) >= 7
    assert mypy(*FILES, *sorted((ROOT / "examples").glob("*.py"))) == ""


@_WITH_THESE_STUBS
def test_pyright_says_the_same(tmp_path: Path) -> None:
    assert pyright(tmp_path, *FILES) == []


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
    found = "\n".join(pyright(tmp_path, program))
    for rule in ("reportAssertTypeFailure", "wrong.py:5", "reportUnnecessaryTypeIgnoreComment"):
        assert rule in found


OTHERS = {
    "pyrefly": ("check", "--output-format", "min-text", "--ignore", "implicit-any-lambda", "--ignore", "unused-ignore"),
    "ty": ("check", "--output-format", "concise"),
}


@_WITH_THESE_STUBS
@pytest.mark.parametrize("checker", OTHERS)
def test_what_other_checkers_do_not_know(checker: str) -> None:
    """They have nothing to say of right lines, but where it is known of them; they are young, and change."""
    pytest.importorskip(checker, reason="not installed: it is in the extra `dev`")
    said = run(checker, *OTHERS[checker], *FILES)
    complaints = {(name, int(line)) for name, line in re.findall(r"tests/typing/(\w+\.py):(\d+)", said)}
    known = set()
    for path in FILES:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if f"[not {checker}]" in line:
                known.add((path.name, number))
            elif "type: ignore" in line:
                complaints.discard((path.name, number))
    assert complaints == known


# -- the types inside ---------------------------------------------------------------------------------------------


def tokens(name: str) -> Iterator[Path]:
    for path in SOURCES:
        with path.open("rb") as file:
            yield from (path for token in tokenize.tokenize(file.readline)
                        if token.type == tokenize.NAME and token.string == name)


def functions() -> Iterator[ast.FunctionDef]:
    for path in SOURCES:
        yield from (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef))


def test_values_have_types() -> None:
    """A rule that takes and gives Any is checked by nobody."""
    assert sum(1 for _ in tokens("Any")) <= 550
    returned = [ast.unparse(f.returns) if f.returns is not None else "" for f in functions()]
    loose = sum(r in ("Any", "Callable[..., Any]") for r in returned)
    assert loose <= 0.05 * len(returned), f"{loose} of {len(returned)} functions return Any"


def test_what_is_ignored_says_why() -> None:
    found = [f"{path}:{number}" for path in SOURCES for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
             if "type: ignore" in line and not re.search(r"type: ignore\[[\w, -]+\]  # \w", line)]
    assert found == []


# -- what the types promise of methods, when it runs ---------------------------------------------------------------


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


# -- what a person sees -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", [fad, fad.numpy])
def test_names_are_listed_and_no_others(module: ModuleType) -> None:
    assert set(module.__all__) <= set(dir(module))
    assert all(hasattr(module, name) for name in dir(module))
    assert not [name for name in dir(module) if name.startswith("_") and not name.endswith("__")]
    assert module.__file__ is not None
    for node in ast.parse(Path(module.__file__).read_text("utf-8")).body:  # as an editor reads it
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            assert not [a.asname or a.name for a in node.names if (a.asname or a.name).startswith("_")]
        assert not isinstance(node, (ast.FunctionDef, ast.Assign)) or "__" in ast.unparse(node)[:8]


def test_functions_say_what_was_made_of_what() -> None:
    def loss(x: float) -> float:
        return x ** 2

    for made, name in (
            (fad.grad(loss), "<function grad(loss) at"), (fad.vmap(fad.grad(loss)), "<function vmap(grad(loss)) at"),
            (fad.jit(loss), "<jit(loss)>"), (fad.grad(fad.jit(loss)), "<jit(grad(loss))>"), (fad.jit(np.sin), "<jit(sin)>"),
            (fad.checkpoint(loss), "<function checkpoint(loss) at"), (fad.custom_jvp(loss), "<custom_jvp(loss)>"),
            (fad.hessian(Layer(1.0).total), "<function hessian(vmap(Layer.total)) at"),
            (fad.grad(Layer(1.0).apply), "<function grad(Layer.apply) at"),
            (fad.jvp, "<function jvp at")):
        assert repr(made).startswith(name), made
    assert fad.grad(loss).__name__ == "loss"
    assert str(inspect.signature(fad.grad(loss))) == "(x: 'float') -> 'float'"
