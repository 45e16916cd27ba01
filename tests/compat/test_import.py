"""The legacy import name: every spelling of the contract, install and uninstall, other packages of that name."""

from __future__ import annotations

import importlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import fad.compat
from fad.compat.alias import LEGACY, MODULES

ROOT = Path(__file__).parent.parent.parent

SPELLINGS = {
    "autograd": "set_mode mode reset_graph c_graph sin cos tan arcsin arccos arctan sinh cosh tanh exp log sqrt add "
                "subtract multiply divide power sum_elts logistic config utils",
    "autograd.variable": "Variable Constant",
    "autograd.optimize": "GD Adam Optimizer",
    "autograd.blocks.operations": "add subtract multiply divide power power_const_exponent power_const_base "
                                  "sum_elts extract",
    "autograd.blocks.trigo": "sin cos tan arcsin arccos arctan",
    "autograd.blocks.hyperbolic": "sinh cosh tanh",
    "autograd.blocks.expo": "exp log sqrt logistic",
    "autograd.blocks.block": "Block SimpleBlock",
    "autograd.config": "list_of_nodes",
    "autograd.node": "Node C_graph",
    "autograd.utils": "as_vector",
}


@pytest.fixture(autouse=True)
def _without_others(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Another package of that name may have been imported by other tests."""
    for name in [name for name in sys.modules if name == LEGACY or name.startswith(LEGACY + ".")]:
        monkeypatch.delitem(sys.modules, name)
    yield
    fad.compat.uninstall()


@pytest.mark.parametrize("module", SPELLINGS)
def test_every_name_under_both_roofs(module: str) -> None:
    with fad.compat.installed():
        legacy = importlib.import_module(module)
    assert legacy is importlib.import_module(module.replace(LEGACY, "fad.compat", 1))
    for name in SPELLINGS[module].split():
        assert hasattr(legacy, name)
        if name not in ("mode", "list_of_nodes"):
            assert name in legacy.__all__
            assert getattr(legacy, name).__doc__


def test_all_names_are_there() -> None:
    for name in MODULES:
        module = importlib.import_module("fad.compat" + name)
        assert all(hasattr(module, public) for public in getattr(module, "__all__", ()))


def test_install_and_uninstall() -> None:
    before, finders = set(sys.modules), list(sys.meta_path)
    fad.compat.install()
    fad.compat.install()
    assert sys.modules[LEGACY] is fad.compat
    assert importlib.util.find_spec(LEGACY) is not None
    fad.compat.uninstall()
    fad.compat.uninstall()
    assert set(sys.modules) == before
    assert sys.meta_path == finders


def test_the_context_leaves_an_outer_install_alone() -> None:
    fad.compat.install()
    with fad.compat.installed():
        pass
    assert sys.modules[LEGACY] is fad.compat
    fad.compat.uninstall()
    with pytest.raises(RuntimeError, match="inside"), fad.compat.installed():
        raise RuntimeError("inside")
    assert LEGACY not in sys.modules


def test_names_of_other_packages_are_not_there() -> None:
    with fad.compat.installed(), pytest.raises(ModuleNotFoundError, match=r"'autograd.numpy'.*legacy package"):
        importlib.import_module("autograd.numpy")


def test_the_state_is_one_under_both_names() -> None:
    with fad.compat.installed():
        ad = importlib.import_module(LEGACY)
        ad.set_mode("reverse")
        assert fad.compat.mode == "reverse"
        assert importlib.import_module("autograd.variable").Variable is fad.compat.Variable


@pytest.mark.parametrize("name", [LEGACY, LEGACY + ".numpy"])
def test_another_package_that_is_imported_already_is_respected(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    other = ModuleType(name)
    other.__file__ = "/elsewhere/autograd/__init__.py"
    monkeypatch.setitem(sys.modules, name, other)
    with pytest.raises(ImportError, match=f"another package named autograd.*as {name}, from /elsewhere"):
        fad.compat.install()
    assert sys.modules[name] is other


def test_another_package_on_the_path_is_shadowed_for_the_process(tmp_path: Path) -> None:
    (tmp_path / "autograd").mkdir()
    (tmp_path / "autograd" / "__init__.py").write_text("raise SystemExit('the wrong one')")
    (tmp_path / "autograd" / "numpy.py").write_text("raise SystemExit('the wrong one')")
    (tmp_path / "script.py").write_text(
        "import autograd\nprint(autograd.__name__)\n"
        "try:\n    import autograd.numpy\nexcept ImportError:\n    print('refused')\n")
    ran = subprocess.run([sys.executable, "-m", "fad.compat", "script.py"], cwd=tmp_path, env=_environment(),
                         capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("fad.compat\nrefused\n", "")


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def test_the_page_on_migrating_has_every_name() -> None:
    text = (ROOT / "docs" / "migrating.md").read_text("utf-8")
    missing = [name for names in SPELLINGS.values() for name in names.split() if name not in text]
    assert not missing
