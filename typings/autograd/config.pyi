from . import Mode
from .node import Node

__all__ = ["list_of_nodes", "mode"]

list_of_nodes: list[Node]
mode: Mode
