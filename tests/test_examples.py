"""The examples run, and find what they look for."""

from __future__ import annotations

import math
import re
import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


def output(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    return capsys.readouterr().out


def test_every_example_is_tested() -> None:
    tested = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert {path.stem for path in EXAMPLES.glob("*.py")} <= tested


def test_curve_fit(capsys: pytest.CaptureFixture[str]) -> None:
    lines = output("curve_fit", capsys).splitlines()
    rows = [re.findall(r"\d+\.\d+|\d+\.", line) for line in lines[:3]]
    assert len(rows) == 3
    for value, error, true in (map(float, row) for row in rows):
        assert abs(value - true) < 3.0 * error < 0.1


def test_design(capsys: pytest.CaptureFixture[str]) -> None:
    text = output("design", capsys)
    assert float(re.search(r"volume: (\d+)", text)[1]) == pytest.approx(65420, rel=1e-3)  # type: ignore[index]  # the book's
    assert all(float(line.split()[-1]) < 1.0001 for line in text.splitlines()[1:6])


def test_euler(capsys: pytest.CaptureFixture[str]) -> None:
    pairs = re.findall(r"(\S+)\s+central difference:\s+(\S+)", output("euler", capsys))
    assert len(pairs) == 4
    for derivative, difference in pairs:
        assert float(derivative) == pytest.approx(float(difference), rel=1e-4)


def test_logistic_regression(capsys: pytest.CaptureFixture[str]) -> None:
    text = output("logistic_regression", capsys)
    losses = [float(x) for x in re.findall(r"loss (\S+)", text)]
    assert losses == sorted(losses, reverse=True)
    assert float(text.split()[-1]) > 0.95


def test_maximum_likelihood(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [re.findall(r"\d+\.\d+", line) for line in output("maximum_likelihood", capsys).splitlines()[1:]]
    assert len(rows) == 3
    for value, error, true in (map(float, row) for row in rows):
        assert abs(value - true) < 2.0 * error < 0.15 * true


def test_newton_solver(capsys: pytest.CaptureFixture[str]) -> None:
    text = output("newton_solver", capsys)
    hottest = [float(x) for x in re.findall(r"u\(1/2\) = (\S+)", text)]
    assert len(hottest) == 3
    s = 1.0
    for _ in range(50):  # the exact solution for λ = 1: u(1/2) = 2 log cosh(s/4), where s = √(2λ) cosh(s/4)
        s = math.sqrt(2.0) * math.cosh(s / 4.0)
    assert hottest[0] == pytest.approx(2.0 * math.log(math.cosh(s / 4.0)), abs=1e-4)


def test_per_example_gradients(capsys: pytest.CaptureFixture[str]) -> None:
    assert re.search(r"measurement (\d+)", output("per_example_gradients", capsys))[1] == "17"  # type: ignore[index]
