"""JAX-style functional differentiation for plain NumPy.

>>> import numpy as np, fad
>>> fad.grad(lambda x: np.sum(np.sin(x) ** 2))(np.array([0.0, np.pi / 4]))
array([0., 1.])
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from . import errors as errors
from . import numpy as numpy
from . import scipy as scipy
from . import tree as tree
from .config import settings as config  # noqa: F401  # a name of its own, on purpose
from .core.graph import Graph as Graph
from .errors import FadError as FadError
from .transforms.checkpoint import checkpoint as checkpoint
from .transforms.constants import stop_gradient as stop_gradient
from .transforms.constants import value as value
from .transforms.control import cond as cond
from .transforms.control import fori_loop as fori_loop
from .transforms.control import scan as scan
from .transforms.control import while_loop as while_loop
from .transforms.custom import custom_jvp as custom_jvp
from .transforms.custom import custom_vjp as custom_vjp
from .transforms.grad import grad as grad
from .transforms.grad import value_and_grad as value_and_grad
from .transforms.jacobian import hessian as hessian
from .transforms.jacobian import jacfwd as jacfwd
from .transforms.jacobian import jacobian as jacobian
from .transforms.jacobian import jacrev as jacrev
from .transforms.jit import jit as jit
from .transforms.linearize import hvp as hvp
from .transforms.linearize import jvp as jvp
from .transforms.linearize import linearize as linearize
from .transforms.linearize import vjp as vjp
from .transforms.mapping import vmap as vmap
from .transforms.staging import trace as trace

__version__ = "0.1.0"

_ON_DEMAND = ("compat", "debug", "extend", "implicit", "integrate", "optimize", "optimizers", "testing")
"""Modules that are loaded when they are first named: `import fad` is quicker without them."""

if _TYPE_CHECKING:
    from . import compat as compat
    from . import debug as debug
    from . import extend as extend
    from . import implicit as implicit
    from . import integrate as integrate
    from . import optimize as optimize
    from . import optimizers as optimizers
    from . import testing as testing


def __getattr__(name: str) -> _Any:
    if name in _ON_DEMAND:
        return _import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
