"""NumPy's conventions over strict primitives, and NumPy's names: `fad.numpy.zeros` where entries are to be assigned,
`fad.numpy.coverage("interp")` for what fad can do with a function."""
# ruff: noqa: F401, F403, I001  # the public names are those of the three modules at the end; what comes before enters rules

from . import ufuncs as _ufuncs
from . import indexing as _indexing
from . import reductions as _reductions
from . import sorting as _sorting
from . import statistics as _statistics
from . import norms as _norms
from . import shape as _shape
from . import joining as _joining
from . import arranging as _arranging
from . import contractions as _contractions
from . import subscripts as _subscripts
from . import products as _products
from . import linalg as _linalg
from . import fft as _fft
from . import methods as _methods
from . import calculus as _calculus
from . import interpolation as _interpolation
from . import polynomials as _polynomials
from . import ordering as _ordering
from . import quantiles as _quantiles
from . import nan as _nan
from . import choosing as _choosing
from . import comparing as _comparing
from . import writing as _writing
from .names import *
from .creation import *
from .making import *
from .coverage import coverage as coverage
