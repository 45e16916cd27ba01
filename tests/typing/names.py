"""What there is in fad, and what there is not. Checked, and not run: see test_typing.py."""

from typing import Any, TypeVar, assert_type

import numpy as np

import fad
from fad import config, implicit
from fad import nonsense as nonsense  # type: ignore[attr-defined]
from fad.numpy import sinus as sinus  # type: ignore[attr-defined]

E = TypeVar("E", bound=np.generic)

fad.gradd(np.sin)  # type: ignore[attr-defined]
fad.numpy.zeroz(3)  # type: ignore[attr-defined]
fad.optimize.minimise(np.sum, 1.0)  # type: ignore[attr-defined]
fad.compat.sine(1.0)  # type: ignore[attr-defined]

with fad.config(threads=2) as settings:
    assert_type(settings.threads, int)
assert_type(config.cache_size, int)
fad.config(thread=2)  # type: ignore[call-arg]
there = (fad.implicit.root, implicit.gmres, fad.extend.Primitive, fad.debug.nans, fad.testing.check_grads)

# NumPy's names have NumPy's types.



def entries(x: np.ndarray[Any, np.dtype[E]]) -> E:  # newer stubs know the number of axes as well
    raise NotImplementedError


assert_type(entries(fad.numpy.zeros(3)), np.float64)
assert_type(entries(fad.numpy.zeros((2, 3), np.float32)), np.float32)
assert_type(entries(fad.numpy.ones(3)), np.float64)
assert_type(entries(fad.numpy.empty(3)), np.float64)
fad.numpy.linspace(0.0, 1.0)
assert_type(entries(fad.numpy.asarray(np.ones(3))), np.float64)
assert_type(entries(fad.numpy.zeros_like(np.ones(3))), np.float64)
assert_type(fad.numpy.coverage("sin"), str)
fad.numpy.array([1.0, 2.0])
fad.numpy.zeros("three")  # type: ignore[arg-type]

# Graphs are functions.

graph = fad.trace(np.sin, 1.0)
assert_type(graph, fad.Graph)
assert_type(graph(2.0), Any)
