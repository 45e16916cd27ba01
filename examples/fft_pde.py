"""Find the small disturbances of a chaotic flame front that grow the most.

The Kuramoto-Sivashinsky equation, u_t = -u u_x - u_xx - u_xxxx on a ring, in Fourier space, with fourth-order
Runge-Kutta steps for all but its linear part, which is solved exactly (the integrating factor). The disturbances that
grow most are right singular vectors of the Jacobian of the final state in the first one. SciPy finds them from products
with the Jacobian and with its transpose: a pushforward and a pullback, and no matrix.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator, svds

import fad

Array = NDArray[np.float64]
Modes = NDArray[np.complex128]

N, LENGTH, DT, STEPS = 128, 32.0 * np.pi, 0.25, 24
K = 2.0 * np.pi * np.fft.rfftfreq(N, d=LENGTH / N)
HALF = np.exp((K ** 2 - K ** 4) * 0.5 * DT)  # half a step of the linear part
KEPT = K / K[-1] < 2.0 / 3.0  # what products of two modes do not alias to


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


def most_growing(u: Array, k: int) -> tuple[Array, Array]:
    """The k disturbances of norm 1 that are largest in the end, as rows, and how much they have grown."""
    _, push = fad.linearize(evolve, u)
    _, pull = fad.vjp(evolve, u)
    jacobian = LinearOperator((N, N), matvec=lambda v: push(v.ravel()), rmatvec=lambda ct: pull(ct.ravel())[0], dtype=float)
    _, growth, disturbances = svds(jacobian, k, rng=0)
    return disturbances[::-1], growth[::-1]


def main() -> None:
    x = np.linspace(0.0, LENGTH, N, endpoint=False)
    u = np.cos(x / 16.0) * (1.0 + np.sin(x / 16.0))  # Kassam and Trefethen's
    for _ in range(25):  # until it is chaotic
        u = evolve(u)
    print(f"front between {u.min():.2f} and {u.max():.2f}")

    disturbances, growth = most_growing(u, 3)
    print(f"growth over {DT * STEPS:.0f} time units: {growth}")
    print(f"largest singular values:    {np.linalg.svd(fad.jacobian(evolve)(u), compute_uv=False)[:3]}")
    h = 1e-5
    differences = [np.linalg.norm(evolve(u + h * v) - evolve(u - h * v)) / (2.0 * h) for v in disturbances]
    print(f"by central differences:     {np.array(differences)}")


if __name__ == "__main__":
    main()
