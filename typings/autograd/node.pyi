from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["C_graph", "Node"]

class Node:
    serial: int
    data: NDArray[np.float64]
    links: Sequence[Any]  # (the operation's derivative, the operand's node)
    jacobian: NDArray[np.float64] | None
    def __init__(self, data: NDArray[np.float64], links: Sequence[Any] = (),
                 jacobian: NDArray[np.float64] | None = None) -> None: ...
    def __deepcopy__(self, memo: dict[int, object]) -> Node: ...

class C_graph:  # noqa: N801  # a legacy name
    @property
    def input_node(self) -> Node | None: ...
    @property
    def output_node(self) -> Node | None: ...
    @property
    def input_shapes(self) -> list[tuple[int, ...]]: ...
