"""Tune a filter on one image, and restore another by going down a gradient of 4096 pixels.

A bilateral filter averages each pixel with its neighbours, the near ones and those of like brightness first. How near
and how alike is found by gradient descent on the error of its result, through an image padded by reflection. The
blurred image is restored by least squares with a penalty on steps (total variation), written with slices.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.signal import convolve

import fad
from fad.testing import check_grads

Array = NDArray[np.float64]

N, REACH = 64, 2


def scene(phase: float) -> Array:
    """Discs on a wavy ground, between 0 and 1."""
    v, u = np.mgrid[0:N, 0:N] / N
    image = 0.1 + 0.08 * np.sin(24.0 * u + phase) + np.where((u - 0.4) ** 2 + (v - 0.5 - 0.1 * phase) ** 2 < 0.05, 0.5, 0.0)
    sharp: Array = image + np.where((u - 0.8) ** 2 + (v - 0.2) ** 2 < 0.01 * (1.0 + phase), 0.2, 0.0)
    return sharp


def bilateral(image: Array, log_widths: Array) -> Array:
    """Each pixel averaged with its neighbours, weighted by distance and by difference in brightness."""
    near, alike = np.exp(log_widths)
    rows, columns = image.shape
    padded = np.pad(image, REACH, mode="reflect")
    total, weights = np.zeros_like(image), np.zeros_like(image)
    for dv in range(-REACH, REACH + 1):
        for du in range(-REACH, REACH + 1):
            neighbour = padded[REACH + dv:rows + REACH + dv, REACH + du:columns + REACH + du]
            weight = np.exp(-0.5 * (dv ** 2 + du ** 2) / near ** 2 - 0.5 * ((neighbour - image) / alike) ** 2)
            total += weight * neighbour
            weights += weight
    smooth: Array = total / weights
    return smooth


def error(log_widths: Array, noisy: Array, sharp: Array) -> np.floating[Any]:
    return np.mean((bilateral(noisy, log_widths) - sharp) ** 2)


def blur(image: Array) -> Array:
    t = np.arange(-4, 5)
    kernel = np.exp(-0.5 * (t / 1.5) ** 2)
    smooth: Array = convolve(image, np.outer(kernel, kernel) / np.sum(kernel) ** 2, mode="same")
    return smooth


def restoration(image: Array, blurred: Array, penalty: float) -> np.float64:
    across, down = image[:-1, 1:] - image[:-1, :-1], image[1:, :-1] - image[:-1, :-1]
    steps = np.sum(np.sqrt(across ** 2 + down ** 2 + 1e-6))
    total: np.float64 = 0.5 * np.sum((blur(image) - blurred) ** 2) + penalty * steps
    return total


def quality(image: Array, sharp: Array) -> float:
    """The ratio of signal to noise at its peak (dB)."""
    return float(-10.0 * np.log10(np.mean((image - sharp) ** 2)))


def main() -> None:
    rng = np.random.default_rng(0)
    sharp, other = scene(0.0), scene(1.0)
    noisy, noisy_other = (image + 0.08 * rng.standard_normal(image.shape) for image in (sharp, other))
    start = np.log([1.0, 0.3])
    check_grads(lambda w, image: error(w, image, sharp[:8, 25:33]), (start, noisy[:8, 25:33]), order=1)

    found = minimize(fad.jit(fad.value_and_grad(error)), start, args=(noisy, sharp), jac=True, method="BFGS")
    print(f"widths: {np.exp(found.x[0]):.2f} pixels, {np.exp(found.x[1]):.3f} in brightness")
    for name, widths in (("untuned", start), ("tuned", found.x)):
        print(f"{name:>8}: {quality(noisy_other, other):.2f} dB -> {quality(bilateral(noisy_other, widths), other):.2f} dB")

    blurred = blur(sharp) + 0.003 * rng.standard_normal(sharp.shape)
    restored = fad.optimize.minimize(restoration, blurred, args=(blurred, 2e-4), method="L-BFGS-B", jit=True, maxiter=60)
    print(f"restored: {quality(blurred, sharp):.2f} dB -> {quality(restored.x, sharp):.2f} dB in {restored.nit} iterations")


if __name__ == "__main__":
    main()
