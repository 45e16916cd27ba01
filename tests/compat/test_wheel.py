"""The stubs of the legacy names in an installed fad: they are in the wheel, and each checker takes them from there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("hatchling")

ROOT = Path(__file__).parent.parent.parent
TYPINGS = ROOT / "typings"
SCRIPT = """\
import autograd as ad
from autograd.variable import Variable
from model import square

y = square(Variable([1.0, 2.0]))
print(ad.sin(y).data)
ad.cosine(y)
"""
MODEL = """\
from autograd.variable import Variable


def square(x: Variable) -> Variable:
    return x * x
"""
CHECKERS = {
    "mypy": ["mypy", "--cache-dir", str(ROOT / ".mypy_cache" / "legacy"), "script.py"],
    "pyright": ["basedpyright", "--pythonpath", sys.executable, "script.py"],
    "pyrefly": ["pyrefly", "check", "--python-interpreter-path", sys.executable],
    "ty": ["ty", "check", "--python", sys.prefix],
}


def run(folder: Path, *command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(list(map(str, command)), cwd=folder, env={**os.environ, **environment}, capture_output=True,
                          text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the wheel puts into site-packages."""
    folder = tmp_path_factory.mktemp("wheel")
    built = run(ROOT, sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder)
    assert built.returncode == 0, built.stderr
    [wheel] = folder.glob("fad-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def stubs(site: Path, folder: Path, *into: str) -> str:
    """What the command says, from the wheel."""
    done = run(folder, sys.executable, "-m", "fad.compat", "--stubs", *into, PYTHONPATH=str(site))
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text("utf-8") for path in folder.rglob("*.pyi")}


def test_the_wheel_has_them_where_they_harm_nobody(site: Path, tmp_path: Path) -> None:
    top = sorted(path.name for path in site.iterdir())
    assert top == ["fad", *[name for name in top if re.fullmatch(r"fad-[\d.]+\.dist-info", name)]]
    found = Path(stubs(site, tmp_path))
    assert found == site / "fad" / "compat" / "stubs"
    assert files(found) == files(TYPINGS) != {}
    assert (site / "fad" / "py.typed").exists()


def test_a_checkout_has_them_too(tmp_path: Path) -> None:
    assert Path(stubs(ROOT, tmp_path)) == TYPINGS


def test_they_are_copied_into_a_project(site: Path, tmp_path: Path) -> None:
    for _ in range(2):  # again, to bring them up to date
        assert stubs(site, tmp_path, "typings") == "typings"
        assert files(tmp_path / "typings") == files(TYPINGS)
    (tmp_path / "others" / "autograd").mkdir(parents=True)
    done = run(tmp_path, sys.executable, "-m", "fad.compat", "--stubs", "others", PYTHONPATH=str(site))
    assert done.returncode == 1
    assert "not ours" in done.stderr
    assert files(tmp_path / "others") == {}


@pytest.mark.parametrize("checker", CHECKERS)
def test_one_line_is_all_that_a_checker_needs(site: Path, tmp_path: Path, checker: str) -> None:
    """The line that the document has finds the mistake, and that alone; pyrefly and ty where they are installed."""
    command, *arguments = CHECKERS[checker]
    program = Path(sys.executable).with_name(command)
    if not program.exists():
        pytest.skip(f"{command} is not installed")
    document = (ROOT / "docs" / "migrating.md").read_text("utf-8")
    [(table, line)] = re.findall(rf"^\| {checker} \| `(.*?)` \| `(.*?)` \|$", document, re.M)
    (tmp_path / "pyproject.toml").write_text(f"{table}\n{line}\n", "utf-8")
    (tmp_path / "script.py").write_text(SCRIPT, "utf-8")
    (tmp_path / "model.py").write_text(MODEL, "utf-8")
    stubs(site, tmp_path, "typings")
    done = run(tmp_path, program, *arguments)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "cosine" in done.stdout
    assert set(re.findall(r"script\.py:(\d+)", done.stdout)) == {"7"}, done.stdout  # none says a word about the imports
