"""`from autograd.node import Node, C_graph`: what reverse mode records, under its legacy name."""

from __future__ import annotations

from .record import Node
from .session import C_graph

__all__ = ["C_graph", "Node"]
