"""What one needs to teach fad an operation: a primitive with its five answers, and the rule for a NumPy function.

    Primitive(name, evaluate, infer, jvp, batch, transpose)   an operation on arrays
    linear(...)        one that is linear in its first operand, and so is its own jvp
    elementwise(f, *rules)   a function of each entry by itself, from its partial derivatives
    partials(*rules)   a jvp from one rule an operand
    rule_for(function) what a NumPy function comes to, when it meets a traced value

`docs/extending.md` makes one, step by step.

>>> import numpy as np, fad
>>> cube = elementwise(lambda x: x * x * x, lambda t, z, x: t * (3.0 * x * x), name="cube")
>>> fad.grad(lambda x: np.sum(cube(x)))(np.array([1.0, 2.0]))
array([ 3., 12.])
>>> print(fad.trace(cube, np.ones(2)))
{ a:f64[2] ->
  b:f64[2] = cube a
  return b }
"""

from __future__ import annotations

from .core.avals import Aval as Aval
from .core.avals import aval_of as aval_of
from .core.avals import make_aval as make_aval
from .core.dispatch import missing_rule as missing_rule
from .core.primitive import Linear as Linear
from .core.primitive import Primitive as Primitive
from .core.primitive import Tangent as Tangent
from .core.primitive import Value as Value
from .core.primitive import Zero as Zero
from .core.primitive import linear as linear
from .core.primitive import partials as partials
from .numpy.conventions import rule_for as rule_for
from .primitives.elementwise import elementwise as elementwise
from .primitives.structural import broadcast as broadcast
from .primitives.structural import convert as convert

__all__ = ["Aval", "Linear", "Primitive", "Tangent", "Value", "Zero", "aval_of", "broadcast", "convert", "elementwise",
           "linear", "make_aval", "missing_rule", "partials", "rule_for"]
