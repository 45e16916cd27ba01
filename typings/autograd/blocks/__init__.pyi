from . import block as block
from . import expo as expo
from . import hyperbolic as hyperbolic
from . import operations as operations
from . import trigo as trigo
