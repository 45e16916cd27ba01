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


def test_the_page_lists_every_example() -> None:
    listed = re.findall(r"^\| \[(\w+)\]", (EXAMPLES.parent / "docs" / "examples.md").read_text("utf-8"), re.M)
    assert listed == sorted(path.stem for path in EXAMPLES.glob("*.py"))


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


# -- NumPy programs as they are: each prints its derivatives beside what they should be -------------------------------


def numbers(text: str) -> list[float]:
    return [float(x) for x in re.findall(r"-?\d+\.?\d*(?:e[+-]\d+)?", text)]


def line(lines: list[str], start: str) -> list[float]:
    """The numbers in the line that starts like this, after it."""
    (found,) = (text for text in lines if text.strip().startswith(start))
    return numbers(found.strip().removeprefix(start))


def test_bayesian_logistic(capsys: pytest.CaptureFixture[str]) -> None:
    lines = output("bayesian_logistic", capsys).splitlines()
    accepted, spread = numbers(lines[0])
    assert accepted > 80
    assert spread < 1.02
    rows = [numbers(text)[1:] for text in lines[2:8]]
    assert len(rows) == 6
    for mode, error, mean, deviation, true in rows:
        assert abs(mode - mean) < 0.25 * error
        assert deviation == pytest.approx(error, rel=0.25)
        assert abs(mean - true) < 3.0 * deviation


def test_fft_pde(capsys: pytest.CaptureFixture[str]) -> None:
    lines = output("fft_pde", capsys).splitlines()
    growth, singular, differences = (line(lines, start) for start in (
        "growth over 6 time units:", "largest singular values:", "by central differences:"))
    assert growth == pytest.approx(singular, rel=1e-6)
    assert growth == pytest.approx(differences, rel=1e-6)
    assert min(growth) > 2.0


def test_gaussian_process(capsys: pytest.CaptureFixture[str]) -> None:
    lines = output("gaussian_process", capsys).splitlines()
    first, second, third = line(lines, "length scales")
    assert first < second < 0.01 * third
    assert line(lines, "noise")[0] == pytest.approx(0.1, abs=0.02)
    assert line(lines, "means are within")[0] < 3.0
    error, difference = line(lines, "slopes are within")
    assert error < 0.3
    assert difference < 1e-6


def test_hidden_markov(capsys: pytest.CaptureFixture[str]) -> None:
    lines = output("hidden_markov", capsys).splitlines()
    before, after, _ = line(lines, "loss")
    assert after < before
    means = line(lines, "means")
    assert means[:3] == pytest.approx(means[3:], abs=0.5)
    assert line(lines, "probabilities of states: gradient and backward pass differ by")[0] < 1e-10
    assert line(lines, "states guessed right:")[0] > 0.9


def test_image_filter(capsys: pytest.CaptureFixture[str]) -> None:
    lines = output("image_filter", capsys).splitlines()
    noisy, untuned = line(lines, "untuned:")
    _, tuned = line(lines, "tuned:")
    assert noisy + 5.0 < untuned + 1.0 < tuned
    blurred, restored, _ = line(lines, "restored:")
    assert restored > blurred + 5.0


def test_kalman_filter(capsys: pytest.CaptureFixture[str]) -> None:
    lines = output("kalman_filter", capsys).splitlines()
    assert lines[0] == "gradient and Hessian agree with central differences"
    for name in ("gusts", "x", "y"):
        value, error, true = line(lines, f"{name} =")
        assert abs(value - true) < 3.0 * error < 1.5 * true


def test_lu_factorisation(capsys: pytest.CaptureFixture[str]) -> None:
    lines = output("lu_factorisation", capsys).splitlines()
    errors = [numbers(text)[-1] for text in lines if "largest error" in text]
    assert len(errors) == 7
    assert max(errors) < 1e-12


def test_robot_arm(capsys: pytest.CaptureFixture[str]) -> None:
    lines = output("robot_arm", capsys).splitlines()
    assert line(lines, "jacobian and cross products differ by")[0] < 1e-14
    reached = [numbers(text.split("[")[1]) for text in lines if text.startswith("hand at")]
    (*first, _, before), (*second, after) = reached
    assert first == second == [0.45, 0.25, 0.55]
    assert after > before


def test_spline(capsys: pytest.CaptureFixture[str]) -> None:
    lines = output("spline", capsys).splitlines()
    assert line(lines, "spline and SciPy's differ by")[0] < 1e-14
    assert line(lines, "its slopes by jvp and SciPy's differ by")[0] < 1e-12
    assert line(lines, "moved knots")[-1] < 0.2 * line(lines, "even knots")[-1]


def test_survival(capsys: pytest.CaptureFixture[str]) -> None:
    lines = output("survival", capsys).splitlines()
    for name in ("shape", "log scale", "treatment", "age", "pressure"):
        value, error, true = line(lines, f"{name} =")
        assert abs(value - true) < 3.0 * error < 0.5
    *cox, slope = line(lines, "Cox: effects")
    assert cox == pytest.approx([line(lines, f"{name} =")[0] for name in ("treatment", "age", "pressure")], abs=0.05)
    assert abs(slope) < 1e-12
