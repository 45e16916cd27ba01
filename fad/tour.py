"""The tour: fad's main job on real data, in about sixty lines of output. Run it with `python -m fad`.

This file is written as a user's would be: plain NumPy, and `fad` for the derivatives. It also has the
command `python -m fad grad`'s check, which is what anybody can do to a gradient: compare it with differences.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

import fad

__all__ = ["difference", "fit_iris", "iris", "tour"]

Floats = NDArray[np.float64]

SPECIES = ("setosa", "versicolor", "virginica")
MEASUREMENTS = ("sepal length", "sepal width", "petal length", "petal width")


# -- the data: 150 flowers, 4 measurements each, 3 species ------------------------------------------


def iris() -> tuple[Floats, NDArray[np.int64]]:
    """Fisher's iris measurements of 1936: lengths in cm, of shape (150, 4), and species 0, 1, 2, of shape (150,)."""
    table = np.loadtxt(files("fad").joinpath("data/iris.csv").read_text("utf-8").splitlines(), delimiter=",")
    return table[:, :4], table[:, 4].astype(np.int64)


# -- 1: a model, its loss, and Newton's method --------------------------------------------------------


def scores(weights: Any, features: Any) -> Any:
    """How well each species fits each flower: features (n, 4) and weights (5, 3), intercepts last, give (n, 3)."""
    return features @ weights[:-1] + weights[-1]


def loss(weights: Any, features: Any, species: Any, ridge: float = 1e-3) -> Any:
    """Mean of -log(probability of the true species), and a small ridge that makes the weights unique."""
    z = scores(weights, features)
    z = z - z.max(axis=1, keepdims=True)
    log_probabilities = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    truth = log_probabilities[np.arange(len(species)), species]
    return -truth.mean() + ridge / 2 * np.sum(weights**2)


def fit_iris(features: Floats, species: NDArray[np.int64], tolerance: float = 1e-10) -> Floats:
    """Fit by Newton's method: w ← w - H⁻¹ g, until the gradient vanishes; prints a line a step."""
    value_and_gradient = fad.value_and_grad(loss)
    hessian = fad.hessian(loss)
    weights: Floats = np.zeros((5, 3))
    print("   step        loss   |gradient|   accuracy")
    for step in range(50):
        value, gradient = value_and_gradient(weights, features, species)
        size = np.linalg.norm(gradient)
        accuracy = np.mean(scores(weights, features).argmax(axis=1) == species)
        print(f"   {step:4d}  {value:10.6f}   {size:10.1e}   {accuracy:7.1%}")
        if size < tolerance:
            break
        curvature = hessian(weights, features, species).reshape(15, 15)
        weights = weights - np.linalg.solve(curvature, gradient.ravel()).reshape(5, 3)
    return weights


# -- 2: the check that anybody can make ---------------------------------------------------------------


def difference(f: Callable[..., Any], arguments: Sequence[Any], argument: int, entry: tuple[int, ...] = ()) -> Any:
    """The derivative of f in one entry of one argument by central differences, (f(x + h) - f(x - h)) / 2h.

    With h near ε^(1/3) max(1, |x|), where ε is the spacing of numbers at 1, it is good to about ε^(2/3), 10 digits. A
    power of two makes x + h and x - h exact. For a complex entry x + iy it is ∂f/∂x - i ∂f/∂y, as for `fad.grad`.
    """
    x = np.asarray(arguments[argument])
    h = 2.0 ** np.round(np.log2(np.cbrt(float(np.finfo(x.dtype).eps)) * max(1.0, abs(x[entry]))))

    def at(step: complex) -> Any:
        moved = x.copy()
        moved[entry] += step
        return f(*arguments[:argument], moved[()], *arguments[argument + 1:])

    slope = (at(h) - at(-h)) / (2 * h)
    if np.iscomplexobj(x):
        slope = slope - 1j * (at(1j * h) - at(-1j * h)) / (2 * h)
    return slope


# -- 3: a function to look at -------------------------------------------------------------------------


def ripple(x: Any) -> Any:
    """Add up a damped wave."""
    return np.sum(np.exp(-x) * np.sin(x))


# -- 4: a mistake -------------------------------------------------------------------------------------


def squares(x: Any) -> Any:
    """Add up squares, the long way, and with a mistake."""
    b = np.zeros(3)
    for i in range(3):
        b[i] = x[i] ** 2
    return np.sum(b)


# -- the tour -----------------------------------------------------------------------------------------


def heading(number: int, text: str) -> None:
    print(f"\n{number}. {text}\n")


def indented(text: object) -> str:
    return "\n".join("   " + line for line in str(text).splitlines())


def tour() -> None:
    """Print the tour."""
    print("fad differentiates plain NumPy functions: fad.grad(f) is the function that returns the gradient of f.")

    heading(1, "Logistic regression on Fisher's iris measurements (1936): 150 flowers, 4 lengths each, 3 species")
    features, species = iris()
    start = time.perf_counter()
    weights = fit_iris(features, species)
    seconds = time.perf_counter() - start
    print(f"\n   Newton's method with fad.value_and_grad(loss) and fad.hessian(loss), of 15 x 15: {seconds:.2f} s.")
    print("   The weights that turn measurements in cm into a score for each species:\n")
    print(f"   {'':14}" + "".join(f"{name:>12}" for name in SPECIES))
    for name, row in zip((*MEASUREMENTS, "intercept"), weights, strict=True):
        print(f"   {name:14}" + "".join(f"{w:12.4f}" for w in row))

    heading(2, "One derivative against central differences: d loss / d (petal length for virginica), halfway there")
    halfway = weights / 2
    exact = fad.grad(loss)(halfway, features, species)[2, 2]
    approximate = difference(loss, (halfway, features, species), 0, (2, 2))
    print(f"   fad.grad                     {exact:.15f}")
    print(f"   (f(w + h) - f(w - h)) / 2h   {approximate:.15f}")
    print(f"   relative difference          {abs(exact - approximate) / abs(exact):.0e}")

    heading(3, "A function as fad sees it: a Graph, which is a list of typed equations")
    print(indented(inspect.getsource(ripple)))
    x = np.linspace(0.0, 1.0, 3)
    print("\n   fad.trace(ripple, x), and the gradient, fad.trace(fad.grad(ripple), x):\n")
    print(indented(fad.trace(ripple, x)))
    print(indented(fad.trace(fad.grad(ripple), x)))

    heading(4, "What a mistake looks like: fad.grad(squares)(x)")
    print(indented(inspect.getsource(squares)))
    print()
    try:
        fad.grad(squares)(x)
    except fad.errors.FadError as error:
        print(indented(f"{type(error).__name__}: {error}"))

    print("\nYour own function: python -m fad grad FILE.py:FUNCTION --at '1.0, 2.0'")
