"""sin(cos(x + 3)) + exp(sin(x)²) at 1, built out of blocks, an operation at a time."""

import sys

import autograd as ad
import autograd.variable as av
import numpy as np
from autograd.blocks.expo import exp
from autograd.blocks.operations import add, power_const_exponent
from autograd.blocks.trigo import cos, sin

ad.set_mode("reverse" if "reverse" in sys.argv else "forward")

x = av.Variable(1.0)
shifted = add()(x, 3)
left = sin()(cos()(shifted))
squared = power_const_exponent()(sin()(x), power_exponent=2)
right = exp()(squared)
y = left + right
y.compute_gradients()

for name, step in (("x + 3", shifted), ("sin(cos(x + 3))", left), ("sin(x)^2", squared),
                   ("exp(sin(x)^2)", right), ("y", y)):
    print(f"{name:>16} = {step.data[0]:.8f}")
print("gradient", y.gradient)
assert np.allclose(y.gradient, [[2.44674864]])
