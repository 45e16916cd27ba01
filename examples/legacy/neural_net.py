"""A small neural network that learns to tell the inside of a ring from the outside, by hand-written updates.

All weights are entries of one vector Variable, which is what the gradient is with respect to. The hidden layer
has a neuron a loop turn, and each neuron looks at all the points at once.
"""

import sys

import autograd as ad
import numpy as np
from autograd.blocks.block import SimpleBlock
from autograd.blocks.hyperbolic import tanh
from autograd.variable import Constant, Variable
from numpy.typing import NDArray

ad.set_mode("reverse" if "reverse" in sys.argv else "forward")

N_POINTS, N_HIDDEN = 60, 6
RATE, MOMENTUM, STEPS = 0.8, 0.9, 120

rng = np.random.RandomState(3)
angles = rng.uniform(0, 2 * np.pi, N_POINTS)
inside = np.arange(N_POINTS) % 2 == 0
radius = np.where(inside, rng.uniform(0, 0.8, N_POINTS), rng.uniform(1.2, 2, N_POINTS))
xs, ys = radius * np.cos(angles), radius * np.sin(angles)
targets = inside.astype(float)


Floats = NDArray[np.float64]


class Softplus(SimpleBlock):
    """log(1 + exp(x)), a block of the user's own."""

    def data_fn(self, x: Variable) -> Floats:
        return np.logaddexp(0.0, x.data)

    def gradient_fn(self, x: Variable) -> Floats:
        return 1 / (1 + np.exp(-x.data))


def network(weights: Variable) -> Variable:
    """The logits of all the points."""
    total = weights[-1]
    for i in range(N_HIDDEN):
        a, b, c, out = weights[4 * i:4 * i + 4]
        total = total + out * tanh()(a * xs + b * ys + c)
    return total


def cross_entropy(logits: Variable) -> Variable:
    """The mean of log(1 + exp(z)) - t z."""
    terms = Softplus()(logits) - Constant(targets) * logits
    return ad.sum_elts(terms) / N_POINTS


def accuracy(values: Floats) -> float:
    weights = Variable(values, input_node=False)
    return float(np.mean((network(weights).data > 0) == inside))


values = rng.normal(size=4 * N_HIDDEN + 1)
velocity = np.zeros_like(values)
history = []
print(f"before: {accuracy(values):.0%} right")

for step in range(STEPS):
    weights = Variable(values)
    loss = cross_entropy(network(weights))
    loss.compute_gradients()
    velocity = MOMENTUM * velocity - RATE * loss.gradient[0] / (1 + step / 50)
    values = values + velocity
    history.append(loss.data[0])
    if bool(loss < 0.02):
        break
    ad.reset_graph()
    if step % 20 == 0:
        print(f"step {step:3d}: loss {loss.data[0]:.4f}")

print(f"after:  {accuracy(values):.0%} right, loss {history[-1]:.4f}")
assert history[-1] < 0.2 * history[0]
assert accuracy(values) > 0.95
