from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Data", "as_vector"]

Data: TypeAlias = float | np.generic | Sequence[float | np.generic] | NDArray[Any]

def as_vector(data: Any) -> NDArray[np.float64]: ...
