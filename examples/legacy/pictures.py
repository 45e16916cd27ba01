"""A function beside its derivative, and the way of an optimiser over a surface.

    pictures.py [reverse] FILE.png
"""

import sys

import autograd as ad
import numpy as np
from autograd.optimize import Adam
from autograd.variable import Constant, Variable
from numpy.typing import NDArray

ad.set_mode("reverse" if "reverse" in sys.argv else "forward")

Floats = NDArray[np.float64]


def curve(at: float) -> tuple[float, float]:
    """Value and derivative of exp(-x²/20) sin(2x)."""
    x = Variable(at)
    y = ad.exp(-(x ** 2) / 20) * ad.sin(2 * x)
    y.compute_gradients()
    return y.data[0], y.gradient[0, 0]


def surface(x: Variable, y: Variable) -> Variable:
    """exp(-0.1(x² + y²)) cos(0.5(x + y)) + 0.1(x + y) + exp(0.1(3 - (x + y)))."""
    s = x + y
    return ad.exp(-0.1 * (x ** 2 + y ** 2)) * ad.cos(0.5 * s) + 0.1 * s + ad.exp(0.1 * (3 - s))


def loss(params: Floats) -> tuple[Floats, Floats]:
    """Value and gradient of the surface."""
    x, y = Variable(params)
    value = surface(x, y)
    value.compute_gradients()
    return value.data, value.gradient


def draw(file: str) -> None:
    """Compute both pictures, and write them to a file."""
    from matplotlib.figure import Figure  # type: ignore[import-not-found, unused-ignore]  # is optional

    figure = Figure(figsize=(12, 5))
    left, right = figure.subplots(1, 2)

    xs = np.linspace(-2 * np.pi, 2 * np.pi, 300)
    values, slopes = np.transpose([curve(at) for at in xs])
    left.plot(xs, values, label=r"$f(x) = e^{-x^2/20}\,\sin 2x$")
    left.plot(xs, slopes, linestyle="--", label=r"$f'(x)$")
    left.axhline(0, color="0.8", zorder=0)
    left.set(xlabel="x", title="a function and its derivative")
    left.legend(loc="upper right")

    grid = np.linspace(-6, 6, 97)
    heights = np.array([surface(Constant(grid), Constant(y)).data for y in grid])
    start = [-0.5, 1.0]
    minimum, steps = Adam(loss, start, lr=0.1, max_iter=500, tol=1e-10).solve(return_steps=True)
    path = np.vstack([start, *steps])
    filled = right.contourf(grid, grid, heights, levels=30)
    figure.colorbar(filled, ax=right)
    right.plot(path[:, 0], path[:, 1], color="white")
    right.plot(*start, "o", color="white", markeredgecolor="black", label="start")
    right.plot(*minimum, "*", color="red", markersize=14, label=f"end, after {len(steps)} steps")
    right.set(xlabel="x", ylabel="y", title="a surface, and the way of Adam", aspect="equal")
    right.legend(loc="lower left")

    figure.tight_layout()
    figure.savefig(file, dpi=80)
    print("wrote", file)


if __name__ == "__main__":
    draw(sys.argv[-1])
