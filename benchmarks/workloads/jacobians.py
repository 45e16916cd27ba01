"""More than a gradient: Jacobians, Hessians and products with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from ..library import Library
from ..workload import Workload
from .arrays import rosenbrock

__all__ = ["WORKLOADS"]

N = 100


def field(library: Library) -> Callable[[Any, Any], Any]:
    """A map from vectors to vectors with a dense Jacobian."""
    np = library.np

    def f(x: Any, matrix: Any) -> Any:
        return np.tanh(matrix @ x) * np.exp(-x ** 2)

    return f


def potential(library: Library) -> Callable[[Any, Any], Any]:
    """A function of a vector with a dense Hessian."""
    np = library.np

    def f(x: Any, matrix: Any) -> Any:
        return np.sum(np.log1p((matrix @ x) ** 2)) + 0.25 * np.dot(x, x) ** 2

    return f


def _vector_and_matrix() -> tuple[Any, ...]:
    rng = numpy.random.default_rng(0)
    return 0.1 * rng.standard_normal(N), rng.standard_normal((N, N)) / numpy.sqrt(N)


def _point_and_direction() -> tuple[Any, ...]:
    rng = numpy.random.default_rng(0)
    return 1.0 + 0.1 * rng.standard_normal(10 ** 5), rng.standard_normal(10 ** 5)


def camera(library: Library) -> Callable[[Any, Any], Any]:
    """Where a camera sees a point: nine numbers of the camera, three of the point, two on the picture.

    The numbers are a rotation about an axis, a shift, a focal length and two of radial distortion, as in Agarwal,
    Snavely, Seitz & Szeliski, Bundle Adjustment in the Large (2010). Works on stacks, too, with the stack as last axis.
    """
    np = library.np

    def f(numbers: Any, point: Any) -> Any:
        a, b, c = numbers[0], numbers[1], numbers[2]
        x, y, z = point[0], point[1], point[2]
        angle = np.sqrt(a * a + b * b + c * c)
        a, b, c = a / angle, b / angle, c / angle
        cos, sin = np.cos(angle), np.sin(angle)
        along = (a * x + b * y + c * z) * (1.0 - cos)
        u = x * cos + (b * z - c * y) * sin + a * along + numbers[3]
        v = y * cos + (c * x - a * z) * sin + b * along + numbers[4]
        w = z * cos + (a * y - b * x) * sin + c * along + numbers[5]
        u, v = -u / w, -v / w
        radius = u * u + v * v
        scale = numbers[6] * (1.0 + radius * (numbers[7] + radius * numbers[8]))
        return np.stack([scale * u, scale * v])

    return f


def _observations() -> tuple[Any, ...]:
    rng = numpy.random.default_rng(0)
    n = 10_000
    rotations, shifts = 0.3 * rng.standard_normal((n, 3)), 0.1 * rng.standard_normal((n, 3)) + [0.0, 0.0, -8.0]
    lenses = [500.0, -0.1, 0.01] * (1.0 + 0.1 * rng.standard_normal((n, 3)))
    return numpy.concatenate([rotations, shifts, lenses], axis=1), rng.standard_normal((n, 3))


WORKLOADS = (
    Workload("jacobian", "Jacobian, n = 100", field, _vector_and_matrix, "jacobian"),
    Workload("hessian", "Hessian, n = 100", potential, _vector_and_matrix, "hessian"),
    Workload("hvp", "Hessian times vector, n = 10⁵", rosenbrock, _point_and_direction, "hvp"),
    Workload("camera", "10⁴ Jacobians of 2 x 9, of a camera", camera, _observations, "jacobians"),
)
