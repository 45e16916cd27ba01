"""What reverse mode records: a Node for each result, with its links to the operands it came from.

    pull_back : Node  ↦  the Jacobian of its result

A node holds the nodes of its operands and nothing holds it but its result, later nodes and, as the latest one, the
session: what the user drops is freed, reset or not.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .local import Local
from .matrix import Array, Matrix, dense, ones, plus

__all__ = ["Inputs", "Link", "Node", "pull_back"]

_serial = itertools.count()


class Link(NamedTuple):
    """One operand of a recorded operation, and the operation's derivative with respect to it."""

    local: Local
    operand: Node


class Node:
    """One recorded value.

    Args:
        data: the value, of shape (p,).
        links: to the operands that move.
        jacobian: for a value that was not recorded but given: its Jacobian with respect to the input.
    """

    __slots__ = ("serial", "data", "links", "jacobian", "__weakref__")

    def __init__(self, data: Array, links: Sequence[Link] = (), jacobian: Matrix | None = None) -> None:
        self.serial = next(_serial)
        self.data, self.links, self.jacobian = data, links, jacobian

    def __deepcopy__(self, memo: dict[int, object]) -> Node:
        return self  # a copy of a Variable depends on the same input

    def __repr__(self) -> str:
        return f"<Node {self.serial}: {self.data.size} entries, from {[link.operand.serial for link in self.links]}>"


class Inputs:
    """The input of the graph: one Variable, or several of `multi_variables`, end to end.

    Args:
        vectors: their data.
        several: whether Jacobians are lists, one array an input.
    """

    __slots__ = ("serial", "sizes", "total", "several", "node")

    def __init__(self, vectors: Sequence[Array], *, several: bool) -> None:
        self.serial = next(_serial)
        self.sizes = [v.size for v in vectors]
        self.total = sum(self.sizes)
        self.several = several
        data = np.concatenate(vectors) if several else vectors[0]
        self.node = Node(data, jacobian=ones(self.total))

    def __deepcopy__(self, memo: dict[int, object]) -> Inputs:
        return self

    def rows(self) -> list[Array]:
        """The Jacobian of each of several inputs: its rows of the identity."""
        return np.split(np.eye(self.total), np.cumsum(self.sizes)[:-1])

    def presented(self, matrix: Matrix | None, p: int) -> Array | list[Array]:
        """A Jacobian as the user sees it, in arrays of its own; None: it vanishes."""
        full = np.zeros((p, self.total)) if matrix is None else dense(matrix)
        if self.several:
            return [columns.copy() for columns in np.split(full, np.cumsum(self.sizes)[:-1], axis=1)]
        return full.copy() if full is matrix else full


def pull_back(node: Node) -> Matrix | None:
    """The Jacobian of a recorded result with respect to the input; None if the result does not depend on it.

    Cotangents start from the identity, one row an entry of the result, and go from the youngest node to the
    oldest; what several results send to one operand is added up.
    """
    total: Matrix | None = None
    waiting: dict[Node, Matrix] = {node: ones(node.data.size)}
    order = [(-node.serial, node)]
    while order:
        _, current = heapq.heappop(order)
        cotangents = waiting.pop(current)
        if current.jacobian is not None:
            term = _through(cotangents, current.jacobian)
            total = term if total is None else plus(total, term)
        for local, operand in current.links:
            sent = local.pull(cotangents)
            if operand in waiting:
                waiting[operand] = plus(waiting[operand], sent)
            else:
                waiting[operand] = sent
                heapq.heappush(order, (-operand.serial, operand))
    return total


def _through(cotangents: Matrix, jacobian: Matrix) -> Matrix:
    """C J, for cotangents that have arrived at a value whose Jacobian J is known."""
    if jacobian.ndim == 1:
        return cotangents * jacobian
    return cotangents[:, None] * jacobian if cotangents.ndim == 1 else np.matmul(cotangents, jacobian)
