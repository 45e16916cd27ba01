"""NumPy's conventions over strict primitives, and NumPy's names: `fad.numpy.zeros` where entries are to be assigned,
`fad.numpy.coverage("interp")` for what fad can do with a function."""

from . import (  # noqa: F401  # each enters its rules
    arranging as _arranging,
    calculus as _calculus,
    choosing as _choosing,
    comparing as _comparing,
    contractions as _contractions,
    fft as _fft,
    indexing as _indexing,
    interpolation as _interpolation,
    joining as _joining,
    linalg as _linalg,
    methods as _methods,
    nan as _nan,
    norms as _norms,
    ordering as _ordering,
    polynomials as _polynomials,
    products as _products,
    quantiles as _quantiles,
    reductions as _reductions,
    shape as _shape,
    sorting as _sorting,
    statistics as _statistics,
    subscripts as _subscripts,
    ufuncs as _ufuncs,
    writing as _writing,
)
from .names import *
from .creation import *
from .making import *
