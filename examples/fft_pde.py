"""Which small disturbance of a chaotic flame front grows the most?

The Kuramoto-Sivashinsky equation, u_t = -u u_x - u_xx - u_xxxx on a ring, in Fourier space, with fourth-order
Runge-Kutta steps for all but its linear part, which is solved exactly (the integrating factor). Where the
disturbance that grows most is the first right singular vector of the Jacobian of the final state in the first one,
power iteration finds it, with one product with the Jacobian and one with its transpose a round, and no matrix.
"""

import numpy as np
from numpy.typing import NDArray

import fad

Array = NDArray[np.float64]
Modes = NDArray[np.complex128]

N, LENGTH, DT, STEPS = 128, 32.0 * np.pi, 0.1, 60
K = 2.0 * np.pi * np.fft.rfftfreq(N, d=LENGTH / N)
HALF = np.exp((K ** 2 - K ** 4) * 0.5 * DT)  # half a step of the linear part
KEPT = K < 2.0 / 3.0 * K[-1]  # what products of two modes do not alias to


def nonlinear(modes: Modes) -> Modes:
    u = np.fft.irfft(modes, n=N)
    slope: Modes = np.where(KEPT, -0.5j * K * np.fft.rfft(u * u), 0.0)
    return slope


def step(modes: Modes) -> Modes:
    a = DT * nonlinear(modes)
    b = DT * nonlinear(HALF * (modes + 0.5 * a))
    c = DT * nonlinear(HALF * modes + 0.5 * b)
    d = DT * nonlinear(HALF ** 2 * modes + HALF * c)
    after: Modes = HALF ** 2 * modes + (HALF ** 2 * a + 2.0 * HALF * (b + c) + d) / 6.0
    return after


def evolve(u: Array) -> Array:
    modes = np.fft.rfft(u)
    for _ in range(STEPS):
        modes = step(modes)
    return np.fft.irfft(modes, n=N)


def most_growing(u: Array, rounds: int = 60) -> tuple[Array, float]:
    """The first disturbance of norm 1 that is largest in the end, and how much it has grown."""
    _, push = fad.linearize(evolve, u)
    _, pull = fad.vjp(evolve, u)
    v = np.random.default_rng(0).standard_normal(N)
    growth = 0.0
    for _ in range(rounds):
        v /= np.linalg.norm(v)
        w = push(v)
        growth = float(np.linalg.norm(w))
        (v,) = pull(w)
    return v / np.linalg.norm(v), growth


def main() -> None:
    x = np.linspace(0.0, LENGTH, N, endpoint=False)
    u = np.cos(x / 16.0) * (1.0 + np.sin(x / 16.0))  # Kassam and Trefethen's
    for _ in range(5):  # until it is chaotic
        u = evolve(u)
    print(f"front between {u.min():.2f} and {u.max():.2f}")

    v, growth = most_growing(u)
    _, s, vt = np.linalg.svd(fad.jacobian(evolve)(u))
    print(f"growth over {DT * STEPS:.0f} time units: {growth:.6f}; largest singular value {s[0]:.6f}")
    print(f"overlap with the singular vector: {abs(v @ vt[0]):.6f}")
    h = 1e-5
    difference = np.linalg.norm(evolve(u + h * v) - evolve(u - h * v)) / (2.0 * h)
    print(f"growth by central differences: {difference:.6f}")


if __name__ == "__main__":
    main()
