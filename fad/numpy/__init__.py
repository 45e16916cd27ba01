"""NumPy's conventions over strict primitives."""

from . import ufuncs as ufuncs
from . import indexing as indexing
from .creation import *
from . import reductions as reductions
from . import sorting as sorting
from . import statistics as statistics
from . import norms as norms
from . import shape as shape
from . import joining as joining
from . import arranging as arranging
from . import contractions as contractions
from . import subscripts as subscripts
from . import products as products
from . import linalg as linalg
from . import fft as fft
