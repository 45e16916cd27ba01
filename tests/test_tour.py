"""`python -m fad`: the tour, and the gradient of a user's function on the command line."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fad
from fad.__main__ import load_argument, main
from fad.tour import difference, iris, loss, scores

USER_FILE = '''
"""A user's file."""
from dataclasses import dataclass
import numpy as np

rate = 2.0

@dataclass
class Model:
    a: float

def wave(x):
    return np.exp(-x[0]) * np.sin(x[1])

def line(a, x=1.0):
    return a * x + rate

def several(x):
    return x * 2.0

def kinked(x):
    return np.abs(x)

def broken(x):
    raise KeyError("mine")

def turned(x):
    import math
    return math.sin(x)
'''


@pytest.fixture
def user_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(USER_FILE)
    return "mine.py"


# -- the tour -----------------------------------------------------------------------------------------


def test_the_tour_in_a_process_of_its_own() -> None:
    done = subprocess.run([sys.executable, "-W", "error", "-m", "fad"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    lines = done.stdout.splitlines()
    assert 40 <= len(lines) <= 90
    assert max(map(len, lines)) <= 160
    steps = re.findall(r"^ +(\d+) +(\d\.\d+) +(\d\.\de[-+]\d+) +(\d+\.\d)%$", done.stdout, re.M)
    assert [int(step) for step, *_ in steps] == list(range(len(steps)))
    assert len(steps) <= 12  # Newton's
    losses, sizes, accuracies = (np.array([float(row[i]) for row in steps]) for i in (1, 2, 3))
    assert np.all(np.diff(losses) <= 0.0)
    assert losses[0] == pytest.approx(np.log(3.0), abs=1e-6)
    assert sizes[-1] < 1e-10
    assert accuracies[-1] > 97.0
    assert "ConversionError" in done.stdout
    assert "tour.py:" in done.stdout  # the line of the mistake, as a user sees the line of hers


def test_the_measurements_are_fishers() -> None:
    features, species = iris()
    assert features.shape == (150, 4)
    assert np.array_equal(np.bincount(species), [50, 50, 50])
    # the two rows that are wrong in the copy of the UCI repository
    assert np.array_equal(features[[34, 37]], [[4.9, 3.1, 1.5, 0.2], [4.9, 3.6, 1.4, 0.1]])
    # table 1 of the paper has these means
    means = np.array([features[species == k].mean(axis=0) for k in range(3)])
    assert np.allclose(means, [
        [5.006, 3.428, 1.462, 0.246], [5.936, 2.770, 4.260, 1.326], [6.588, 2.974, 5.552, 2.026]])


def test_the_fit_has_vanishing_gradient_by_hand() -> None:
    """The gradient of the multinomial loss is Xᵀ (p - y) / n + ridge w: no differentiation involved."""
    features, species = iris()
    weights = np.random.default_rng(0).normal(size=(5, 3))
    z = scores(weights, features)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    extended = np.column_stack([features, np.ones(150)])
    by_hand = extended.T @ (p - np.eye(3)[species]) / 150 + 1e-3 * weights
    assert np.allclose(fad.grad(loss)(weights, features, species), by_hand, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("x", [2.0, np.float32(2.0), 1.5 + 0.5j, np.array([0.5, 2.0])])
def test_difference(x: object) -> None:
    def f(x: object) -> object:
        return np.real(np.sum(x**3))  # type: ignore[operator]  # any of the four

    entry = (1,) if isinstance(x, np.ndarray) else ()
    exact = 3 * np.asarray(x)[entry] ** 2
    assert difference(f, (x,), 0, entry) == pytest.approx(exact, rel=1e-2 if isinstance(x, np.float32) else 1e-9)


# -- python -m fad grad -------------------------------------------------------------------------------


def test_value_gradient_and_check(user_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["grad", f"{user_file}:wave", "--at", "0.0, 1.0"]) == 0
    out = capsys.readouterr().out
    value, gradient = np.sin(1.0), np.array([-np.sin(1.0), np.cos(1.0)])
    assert str(value) in out
    assert str(gradient) in out
    assert "gradient in x" in out
    assert "agrees with central differences in 2 entries" in out


def test_an_argument_for_each_at(user_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["grad", f"{user_file}:line", "--at", "-3", "--at=4"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "value", "  -10.0",
        "gradient in a", "  4.0", "  agrees with central differences (relative difference at most 0e+00)",
        "gradient in x", "  -3.0", "  agrees with central differences (relative difference at most 0e+00)"]


def test_arrays_from_files(user_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    np.save("x.npy", np.array([0.25, 0.5]))
    np.savetxt("x.csv", [0.25, 0.5], delimiter=",")
    assert main(["grad", f"{user_file}:wave", "--at", "x.npy"]) == 0
    from_npy = capsys.readouterr().out
    assert main(["grad", f"{user_file}:wave", "--at", "x.csv"]) == 0
    assert capsys.readouterr().out == from_npy


def test_single_precision_is_checked_as_such(user_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    np.save("x.npy", np.array([0.25, 0.5], np.float32))
    assert main(["grad", f"{user_file}:wave", "--at", "x.npy"]) == 0
    assert "agrees" in capsys.readouterr().out


def test_a_kink_near_by_is_told(user_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["grad", f"{user_file}:kinked", "--at", "1e-9"]) == 0
    assert "differs from central differences: 1.0 here" in capsys.readouterr().out


@pytest.mark.parametrize(("text", "expected"), [
    ("1.5", 1.5), ("-1e3", -1e3), ("1, 2", np.array([1.0, 2.0])), ("1,", np.array([1.0])), (" 2 ", 2.0)])
def test_numbers(text: str, expected: object) -> None:
    found = load_argument(text)
    assert type(found) is type(expected)
    assert np.array_equal(found, expected)  # type: ignore[arg-type]  # a float or an array


@pytest.mark.parametrize(("words", "message"), [
    (["nowhere.py:f", "--at", "1"], "there is no file nowhere.py"),
    (["mine.py", "--at", "1"], "not of the form FILE.py:FUNCTION"),
    (["mine.py:", "--at", "1"], "not of the form FILE.py:FUNCTION"),
    (["mine.py:weave", "--at", "1"], "no function weave; it has wave, line"),
    (["mine.py:rate", "--at", "1"], "rate in mine.py is a float"),
    (["data.txt:f", "--at", "1"], "its name must end in .py"),
    (["bad_import.py:f", "--at", "1"], r"bad_import.py could not be imported: ModuleNotFoundError.* \(line 2\)"),
    (["bad_syntax.py:f", "--at", "1"], "bad_syntax.py could not be imported: SyntaxError"),
    (["mine.py:wave", "--at", "one"], "'one' is neither a number"),
    (["mine.py:wave", "--at", "1,,2"], "'1,,2' is neither a number"),
    (["mine.py:wave", "--at", "no.npy"], "no.npy: there is no such file"),
    (["mine.py:wave", "--at", "bad.npy"], "bad.npy: the file has no array of numbers"),
    (["mine.py:wave", "--at", "bad.csv"], "bad.csv: the file has no array of numbers"),
    (["mine.py:wave", "--at", "1", "--at", "2"], r"mine.py:wave takes the arguments \(x\), and --at was given 2 times"),
])
@pytest.mark.usefixtures("user_file")
def test_wrong_words_are_told_and_exit_with_2(
        words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("data.txt").write_text("1.0\n")
    Path("bad_import.py").write_text("import math\nimport no_such_module_anywhere\n")
    Path("bad_syntax.py").write_text("def f(x:\n")
    Path("bad.npy").write_text("1.0\n")
    Path("bad.csv").write_text("a,b\n")
    assert main(["grad", *words]) == 2
    captured = capsys.readouterr()
    assert not captured.out
    assert captured.err.startswith("python -m fad grad: ")
    assert re.search(message, captured.err), captured.err


@pytest.mark.parametrize(("words", "code"), [
    (["--help"], 0), (["grad", "--help"], 0), (["grad", "mine.py:wave"], 2), (["grad"], 2), (["integrate"], 2)])
def test_usage(words: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert stopped.value.code == code
    captured = capsys.readouterr()
    assert "usage: python -m fad" in captured.out + captured.err


@pytest.mark.parametrize(("words", "name", "where"), [
    (["mine.py:several", "--at", "1, 2"], "NonScalarError", "where: mine.py:several"),
    (["mine.py:turned", "--at", "1"], "ConversionError", "mine.py:29, in turned"),
    (["mine.py:line", "--at", "whole.npy"], "IntegerArgumentError", "where: mine.py:line"),
])
@pytest.mark.usefixtures("user_file")
def test_an_error_of_fad_is_printed_and_exits_with_1(
        words: list[str], name: str, where: str, capsys: pytest.CaptureFixture[str]) -> None:
    np.save("whole.npy", np.arange(3))
    assert main(["grad", *words]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith(f"{name}: ")
    assert where in captured.err
    assert "Traceback" not in captured.err


def test_an_error_of_the_function_passes_through(user_file: str) -> None:
    with pytest.raises(KeyError, match="mine"):
        main(["grad", f"{user_file}:broken", "--at", "1"])
