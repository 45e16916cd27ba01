"""`python -m fad.compat`: what a script sees and shows is what `python` itself would have it see and show.

Each script is run twice, by `python` and by the runner, and all that can be seen from outside is compared. Scripts
that import `autograd` are given a stand-in of that name by `python`, which the runner shadows.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}

Outcome = tuple[int, str, str]


def run(folder: Path, *command: str) -> Outcome:
    done = subprocess.run([sys.executable, *command], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True,
                          check=False)
    return done.returncode, done.stdout, done.stderr


def both(folder: Path, *command: str) -> Outcome:
    """The same outcome by `python` and by the runner."""
    plain, ours = run(folder, *command), run(folder, "-m", "fad.compat", *command)
    assert ours == plain
    return ours


LOOK = """\
import sys, __main__
print(sys.argv, repr(sys.path[0]), __name__, globals().get("__file__"), __main__.__dict__ is globals())
print(sorted(n for n in globals() if n not in ("sys", "__main__")), __package__, type(__loader__).__name__)
"""


def write(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return name


@pytest.mark.parametrize("arguments", [(), ("a", "-x", "--help", "-m")])
def test_a_script_sees_itself(tmp_path: Path, arguments: Sequence[str]) -> None:
    name = write(tmp_path, "folder/script.py", LOOK)
    code, out, _ = both(tmp_path, name, *arguments)
    assert code == 0
    assert out.startswith(str([name, *arguments]))


def test_a_module_sees_itself(tmp_path: Path) -> None:
    write(tmp_path, "package/__init__.py", "")
    write(tmp_path, "package/inner.py", LOOK)
    write(tmp_path, "package/__main__.py", LOOK)
    write(tmp_path, "single.py", LOOK)
    for command in (("-m", "package.inner"), ("-m", "package", "a", "-c"), ("-msingle", "-m")):
        assert both(tmp_path, *command)[0] == 0


def test_code_sees_itself(tmp_path: Path) -> None:
    code = "import sys; print(sys.argv, repr(sys.path[0]), __name__, '__file__' in globals())"
    assert both(tmp_path, "-c", code, "a", "-m")[0] == 0


def test_a_folder_is_run(tmp_path: Path) -> None:
    write(tmp_path, "application/__main__.py", LOOK)
    assert both(tmp_path, "application", "a")[0] == 0


ENDINGS = {
    "falls off the end": "",
    "exits": "import sys; sys.exit(7)",
    "exits with words": "import sys; sys.exit('no more')",
    "exits with nothing": "raise SystemExit",
    "raises": "def f(x):\n    return 1 / x\n\nf(\n    0)",
    "raises from": "try:\n    [][1]\nexcept IndexError as error:\n    raise ValueError('é') from error",
    "raises a group": "raise ExceptionGroup('two', [ValueError(1), TypeError(2)])",
    "is interrupted": "raise KeyboardInterrupt",
    "is no Python": "x = (\ny = 1",
    "imports what is not there": "import no_such_module_anywhere",
    "has a hook": "import sys\nsys.excepthook = lambda *shown: print('hook', shown[0], shown[2].tb_lineno)\n1 / 0",
    "says goodbye": "import atexit\natexit.register(print, 'goodbye')\n1 / 0",
    "is in Latin-1": "# coding: latin-1\nprint('fine')",
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_it_ends_as_it_would(tmp_path: Path, ending: str) -> None:
    name = write(tmp_path, "script.py", ENDINGS[ending])
    code, _, err = both(tmp_path, name)
    assert "compat" not in err
    assert code == {"falls off the end": 0, "exits": 7, "exits with nothing": 0, "is in Latin-1": 0,
                    "is interrupted": -signal.SIGINT}.get(ending, 1)
    if ending in ("exits", "raises", "raises from"):
        both(tmp_path, "-m", "script")
        both(tmp_path, "-c", ENDINGS[ending])


def test_what_is_not_there(tmp_path: Path) -> None:
    assert both(tmp_path, "nothing.py")[0] == 2
    assert both(tmp_path, "-m", "nothing")[0] == 1


def test_the_library_is_shown_below_the_script(tmp_path: Path) -> None:
    name = write(tmp_path, "script.py", "from autograd.variable import Variable\nx = Variable(1.0)\nx / 0\n")
    code, _, err = run(tmp_path, "-m", "fad.compat", name)
    assert code == 1
    lines = err.splitlines()
    assert lines[1] == f'  File "{tmp_path / name}", line 3, in <module>'
    assert "DivisionByZeroError: division by zero: entry 0 of the divisor is 0.0" in err
    assert f"where: {tmp_path / name}:3" in err
    assert "__main__.py" not in err


def test_the_name_is_bound_and_other_modules_see_it(tmp_path: Path) -> None:
    write(tmp_path, "model.py", """
import autograd as ad
from autograd.blocks.trigo import sin

def f(x):
    return sin()(x) * ad.cos(x)
""")
    name = write(tmp_path, "script.py", """
import autograd as ad
from autograd.variable import Variable
from model import f
print(f(Variable(0.0)).gradient, ad.mode)
""")
    for command in ([name], ["-m", "script"], ["-c", (tmp_path / name).read_text()]):
        assert run(tmp_path, "-m", "fad.compat", *command) == (0, "[[1.]] forward\n", "")


def test_the_command_explains_itself(tmp_path: Path) -> None:
    code, out, err = run(tmp_path, "-m", "fad.compat", "--help")
    assert (code, err) == (0, "")
    assert "python -m fad.compat script.py [ARGS...]" in out
    for wrong in ([], ["-c"], ["-m"], ["-z"]):
        code, out, err = run(tmp_path, "-m", "fad.compat", *wrong)
        assert (code, out) == (2, "")
        assert "usage: python -m fad.compat" in err
