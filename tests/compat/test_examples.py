"""The documented examples, as scripts under the legacy import name, in both modes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = ROOT / "examples" / "legacy"
SCRIPTS = sorted(path.name for path in EXAMPLES.glob("*.py"))

SAID = {  # the last line, or what is in it
    "sine_and_cosine.py": "grad : [[-1.]]",
    "step_by_step.py": "gradient [[2.44674864]]",
    "wrapped_function.py": "3.9751   0.45172  -0.26672",
    "surface.py": "[array([[-0.41386736]]), array([[-0.14048257]])]",
    "mixed_sizes.py": "[1. 0. 0.]]",
    "descent.py": "Adam: [-4.9999",
    "neural_net.py": "after:  100% right",
    "pictures.py": "wrote",
}


def run(script: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-W", "error", "-m", "fad.compat", script, *arguments], cwd=EXAMPLES,
                          env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_every_example_is_known() -> None:
    assert set(SCRIPTS) == set(SAID)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("script", [name for name in SCRIPTS if name != "pictures.py"])
def test_the_example_runs(script: str, mode: str) -> None:
    assert SAID[script] in run(script, mode).splitlines()[-1]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_the_pictures_are_drawn(tmp_path: Path, mode: str) -> None:
    pytest.importorskip("matplotlib")
    file = tmp_path / "pictures.png"
    assert run("pictures.py", mode, str(file)) == f"wrote {file}\n"
    assert file.read_bytes().startswith(b"\x89PNG")
    assert file.stat().st_size > 20_000


def test_the_examples_use_the_legacy_names_alone() -> None:
    for name in SCRIPTS:
        text = (EXAMPLES / name).read_text("utf-8")
        assert "import autograd as ad" in text
        assert "fad" not in text


def test_one_of_them_is_a_program() -> None:
    assert len((EXAMPLES / "neural_net.py").read_text("utf-8").splitlines()) >= 60
