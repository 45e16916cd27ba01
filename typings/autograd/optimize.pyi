from collections.abc import Callable
from typing import Any, Literal, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from .utils import Data

__all__ = ["GD", "Adam", "Optimizer"]

Loss: TypeAlias = Callable[[NDArray[np.float64]], tuple[Any, Any]]
Callback: TypeAlias = Callable[[int, NDArray[np.float64], float], object]

class Optimizer:
    loss_func: Loss
    params: NDArray[np.float64]
    lr: float
    max_iter: int
    tol: float
    callback: Callback | None
    progress: bool
    iteration: int
    loss: float
    def __init__(self, loss_func: Loss, params: Data, lr: float = 0.01, max_iter: int = 100000, tol: float = 1e-14, *,
                 callback: Callback | None = None, progress: bool = False) -> None: ...
    def pair(self) -> Any: ...
    def step(self) -> float: ...
    @overload
    def solve(self, return_steps: Literal[False] = False) -> NDArray[np.float64]: ...
    @overload
    def solve(self, return_steps: Literal[True]) -> tuple[NDArray[np.float64], list[NDArray[np.float64]]]: ...
    @overload
    def solve(self, return_steps: bool) -> (
        NDArray[np.float64] | tuple[NDArray[np.float64], list[NDArray[np.float64]]]): ...

class GD(Optimizer): ...

class Adam(Optimizer):
    beta1: float
    beta2: float
    eps: float
    def __init__(self, loss_func: Loss, params: Data, lr: float = 0.01, max_iter: int = 100000, tol: float = 1e-14,
                 beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8, *, callback: Callback | None = None,
                 progress: bool = False) -> None: ...
