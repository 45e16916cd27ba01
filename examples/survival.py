"""Tell what a treatment does for survival, though not everybody was watched to the end.

A Weibull model of times to an event, with covariates, for patients who came in late (truncated on the left) and
of whom some were alive when the study ended (censored on the right); by maximum likelihood with SciPy's Newton
method. Then Cox's partial likelihood, which leaves the shape of the hazard open.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

import fad
from fad.testing import check_grads

Array = NDArray[np.float64]

TRUTH = np.array([1.6, 2.0, -0.7, 0.5, 0.3])  # shape, log scale, effects of treatment, age and pressure
NAMES = ("shape", "log scale", "treatment", "age", "pressure")


@dataclass(frozen=True)
class Patients:
    entered: Array  # years
    left: Array  # years
    died: NDArray[np.bool_]
    covariates: Array  # of shape (n, 3)


def simulate(n: int, seed: int) -> Patients:
    rng = np.random.default_rng(seed)
    covariates = np.column_stack([rng.random(n) < 0.5, rng.standard_normal((n, 2))])
    risk = covariates @ TRUTH[2:]
    death = np.exp(TRUTH[1] - risk / TRUTH[0]) * rng.weibull(TRUTH[0], n)
    entered, study_end = rng.uniform(0.0, 2.0, n), rng.uniform(3.0, 12.0, n)
    seen = death > entered  # nobody knows of the others
    left = np.minimum(death, study_end)
    return Patients(entered[seen], left[seen], (death < study_end)[seen], covariates[seen])


def weibull(p: Array, data: Patients) -> np.float64:
    """The negative log likelihood per patient: of hazard for deaths, and of hazard survived for all."""
    log_shape, log_scale, effects = p[0], p[1], p[2:]
    shape, log_risk = np.exp(log_shape), data.covariates @ effects
    log_time = np.log(data.left) - log_scale
    log_hazard = log_shape - log_scale + (shape - 1.0) * log_time + log_risk
    survived = np.exp(log_risk) * ((data.left / np.exp(log_scale)) ** shape - (data.entered / np.exp(log_scale)) ** shape)
    mean: np.float64 = -np.mean(np.where(data.died, log_hazard, 0.0) - survived)
    return mean


def cox(effects: Array, data: Patients) -> np.floating[Any]:
    """The negative log of Cox's partial likelihood, per death. Late entries are left out of account."""
    order = np.argsort(-data.left)
    log_risk = (data.covariates @ effects)[order]
    at_risk = np.logaddexp.accumulate(log_risk)  # of all who stayed at least as long
    return -np.mean((log_risk - at_risk)[data.died[order]])


def main() -> None:
    data = simulate(800, seed=1)
    print(f"{data.left.size} patients, {np.mean(data.died):.0%} deaths")
    start = np.zeros(5)
    check_grads(lambda p: weibull(p, data), (start,))
    check_grads(lambda e: cox(e, data), (start[2:],))

    found = minimize(fad.jit(weibull), start, args=(data,), method="trust-exact", jac=fad.jit(fad.grad(weibull)),
                     hess=fad.jit(fad.hessian(weibull)))
    errors = np.sqrt(np.diag(np.linalg.inv(fad.hessian(weibull)(found.x, data))) / data.left.size)
    stretch = np.array([np.exp(found.x[0]), 1.0, 1.0, 1.0, 1.0])  # the shape's logarithm was fitted
    values = np.where(np.arange(5) == 0, np.exp(found.x), found.x)
    print(f"Weibull, {found.nit} iterations")
    for name, value, error, true in zip(NAMES, values, errors * stretch, TRUTH, strict=True):
        print(f"  {name:>9} = {value:6.3f} ± {error:.3f}   (true: {true})")

    everybody = Patients(np.zeros_like(data.left), data.left, data.died, data.covariates)
    effects = np.zeros(3)
    for _ in range(8):  # Newton's method: the partial likelihood is concave
        effects = effects - np.linalg.solve(fad.hessian(cox)(effects, everybody), fad.grad(cox)(effects, everybody))
    print(f"Cox: effects {effects.round(3)}, gradient there {np.max(np.abs(fad.grad(cox)(effects, everybody))):.0e}")


if __name__ == "__main__":
    main()
