"""`from autograd import config`: a look at this thread's session."""

from __future__ import annotations

from typing import Any

from .record import Node
from .session import Mode, session

__all__ = ["list_of_nodes", "mode"]

list_of_nodes: list[Node]
"""What reverse mode holds, in the order of recording: the results that are still in use."""

mode: Mode
"""The mode that `set_mode` has set."""


def __getattr__(name: str) -> Any:  # Any: the annotations above say which names, and their types
    if name == "list_of_nodes":
        return sorted(session.recorded, key=lambda node: node.serial)
    if name == "mode":
        return session.mode
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
