"""typings/autograd: legacy scripts type-check under their own import name, and the stubs say what the code does."""

from __future__ import annotations

import ast
import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mypy")

ROOT = Path(__file__).parent.parent.parent
TYPINGS = ROOT / "typings"
EXAMPLES = sorted((ROOT / "examples" / "legacy").glob("*.py"))


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """A user's configuration: strict, and with the stubs on the path."""
    file = tmp_path / "mypy.ini"
    file.write_text(f"[mypy]\nstrict = True\nmypy_path = {TYPINGS}\ncache_dir = {ROOT / '.mypy_cache' / 'legacy'}\n")
    return file


def check(settings: Path, *files: Path) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-m", "mypy", "--config-file", str(settings), *map(str, files)],
                          cwd=settings.parent, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_examples_type_check(settings: Path) -> None:
    code, report = check(settings, *EXAMPLES)
    assert code == 0, report


def test_planted_errors_are_found(settings: Path) -> None:
    text = next(path for path in EXAMPLES if path.name == "surface.py").read_text("utf-8")
    planted = {
        'ad.cos(0.5 * s)': 'ad.cosine(0.5 * s)',
        'Variable([1.5, -0.5])': 'Variable("1.5")',
        'z.compute_gradients()': 'z.compute_gradients(1)',
        'def f(x: Variable, y: Variable) -> Variable:': 'def f(x: Variable, y: Variable) -> float:',
    }
    for right, wrong in planted.items():
        assert right in text
        script = settings.parent / "script.py"
        script.write_text(text.replace(right, wrong, 1), encoding="utf-8")
        code, report = check(settings, script)
        assert code == 1, wrong
        assert "script.py" in report
    script.write_text("import autograd as ad\nad.set_mode('backward')\n")
    assert "arg-type" in check(settings, script)[1]


def stubtest(settings: Path, typings: Path) -> tuple[int, str]:
    """mypy.stubtest, with fad.compat under its legacy name as what the stubs are about."""
    allowed = settings.parent / "allowed"
    allowed.write_text("autograd.Mode\nautograd.variable.Operand\nfad\\.compat.*\n")  # aliases; the modules' own names
    code = ("import sys, fad.compat; fad.compat.install(); from mypy.stubtest import parse_options, test_stubs; "
            "sys.exit(test_stubs(parse_options(sys.argv[1:])))")
    done = subprocess.run(
        [sys.executable, "-c", code, "autograd", "--concise", "--mypy-config-file", str(settings), "--allowlist",
         str(allowed), "--ignore-unused-allowlist"],
        cwd=settings.parent, env={**os.environ, "PYTHONPATH": str(ROOT), "MYPYPATH": str(typings)}, capture_output=True,
        text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_stubs_and_implementation_agree(settings: Path) -> None:
    code, report = stubtest(settings, TYPINGS)
    assert code == 0, report


@pytest.mark.slow
def test_the_test_sees_a_difference(settings: Path, tmp_path: Path) -> None:
    copy = tmp_path / "typings"
    shutil.copytree(TYPINGS, copy)
    for file, right, wrong in (("__init__.pyi", "def tan(x: Operand)", "def tan(y: Operand)"),
                               ("optimize.pyi", "lr: float = 0.01", "lr: float = 0.02"),
                               ("variable.pyi", "def __neg__(self)", "def __neg__(self, x: int)")):
        path = copy / "autograd" / file
        assert right in path.read_text("utf-8")
        path.write_text(path.read_text("utf-8").replace(right, wrong), encoding="utf-8")
    settings.write_text(settings.read_text().replace(str(TYPINGS), str(copy)))
    code, report = stubtest(settings, copy)
    assert code == 1
    for name in ("autograd.tan", "autograd.optimize.Adam.__init__", "autograd.variable.Variable.__neg__"):
        assert name in report


# -- what stubtest does not look at: members that a class inherits from one that has no stub ----------------------


def declared(module: str) -> dict[str, set[str]]:
    """The names that a stub declares in each of its classes, those of its bases there included."""
    found: dict[str, set[str]] = {}
    path = TYPINGS / "autograd" / (module.replace(".", "/") + ".pyi")
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef):
            names = {item.name if isinstance(item, ast.FunctionDef) else ast.unparse(item.target)
                     for item in node.body if isinstance(item, (ast.FunctionDef, ast.AnnAssign))}
            for base in node.bases:
                names |= found.get(ast.unparse(base), set())
            found[node.name] = names
    return found


@pytest.mark.parametrize("module", ["variable", "optimize", "node", "blocks.block"])
def test_every_public_member_is_declared(module: str) -> None:
    runtime = importlib.import_module(f"fad.compat.{module}")
    for name, members in declared(module).items():
        public = {member for member in dir(getattr(runtime, name)) if not member.startswith("_")}
        assert public <= members, f"{name}: {public - members}"
