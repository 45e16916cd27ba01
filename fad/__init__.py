"""JAX-style functional differentiation for plain NumPy.

>>> import numpy as np, fad
>>> fad.grad(lambda x: np.sum(np.sin(x) ** 2))(np.array([0.0, np.pi / 4]))
array([0., 1.])
"""

from typing import TYPE_CHECKING

from . import errors, numpy, scipy, tree
from .config import settings as config
from .core.graph import Graph
from .errors import FadError
from .transforms.constants import stop_gradient, value
from .transforms.grad import grad, value_and_grad
from .transforms.jacobian import hessian, jacfwd, jacobian, jacrev
from .transforms.jit import jit
from .transforms.linearize import hvp, jvp, linearize, vjp
from .transforms.mapping import vmap
from .transforms.staging import trace

__all__ = [
    "FadError", "Graph", "checkpoint", "compat", "cond", "config", "custom_jvp", "custom_vjp", "debug", "errors", "extend",
    "fori_loop", "grad", "hessian", "hvp", "implicit", "integrate", "jacfwd", "jacobian", "jacrev", "jit", "jvp",
    "linearize", "numpy", "optimize", "optimizers", "scan", "scipy", "stop_gradient", "testing", "trace", "tree", "value",
    "value_and_grad", "vjp", "vmap", "while_loop",
]
__version__ = "0.1.0"

if TYPE_CHECKING:
    from . import compat, debug, extend, implicit, integrate, optimize, optimizers, testing
    from .transforms.checkpoint import checkpoint
    from .transforms.control import cond, fori_loop, scan, while_loop
    from .transforms.custom import custom_jvp, custom_vjp
else:  # a checker is told of all names, and so of a misspelt one
    from importlib import import_module  # for what is loaded when it is first named: `import fad` is quicker without

    _HOMES = {**dict.fromkeys(("cond", "fori_loop", "scan", "while_loop"), "control"), "checkpoint": "checkpoint",
              **dict.fromkeys(("custom_jvp", "custom_vjp"), "custom")}

    def __getattr__(name: str) -> object:
        if name in _HOMES:
            found = globals()[name] = getattr(import_module(f"{__name__}.transforms.{_HOMES[name]}"), name)
            return found
        if name in __all__:
            return import_module(f"{__name__}.{name}")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return [*__all__, "__doc__", "__version__"]
