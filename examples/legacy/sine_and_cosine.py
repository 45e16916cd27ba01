"""Value and gradient of sin(x) + cos(x) at π."""

import sys

import autograd as ad
import numpy as np
from autograd.variable import Variable

ad.set_mode("reverse" if "reverse" in sys.argv else "forward")

x = Variable(np.pi)
y = ad.sin(x) + ad.cos(x)
y.compute_gradients()

print(y)
assert np.allclose(y.data, [-1.0])
assert np.allclose(y.gradient, [[-1.0]])
