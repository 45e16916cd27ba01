"""The state of the legacy API: the mode, the input and what has been recorded, each thread's own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, get_args
from weakref import WeakSet

from .errors import ModeError
from .record import Inputs, Node

__all__ = ["C_graph", "Mode", "Session", "apart", "c_graph", "reset_graph", "session", "set_mode"]

Mode = Literal["forward", "reverse"]


class Session(threading.local):
    """One thread's state."""

    def __init__(self) -> None:
        self.mode: Mode = "forward"
        self.inputs: Inputs | None = None
        self.latest: Node | None = None
        self.recorded: WeakSet[Node] = WeakSet()

    def begin(self, inputs: Inputs) -> None:
        """Let these be the input from now on."""
        self.forget()
        self.inputs = inputs

    def forget(self) -> None:
        """Let go of what reverse mode has recorded; the input stays the input."""
        self.latest = None
        if self.recorded:
            self.recorded = WeakSet()

    def record(self, node: Node) -> Node:
        """Take note of a node of reverse mode."""
        self.latest = node
        self.recorded.add(node)
        return node


session = Session()


@contextmanager
def apart() -> Iterator[None]:
    """Compute something in a session of its own, in forward mode; this thread's is as before afterwards."""
    before = dict(session.__dict__)
    session.__init__()  # type: ignore[misc]  # threading.local's way to start afresh
    try:
        yield
    finally:
        session.__dict__.update(before)


def set_mode(mode: Mode) -> None:
    """Choose how Jacobians are computed from now on, in this thread.

    Args:
        mode: "forward", the default: with every operation. "reverse": when `compute_gradients` is called.

    Raises:
        ModeError: any other word.

    >>> import fad.compat as ad
    >>> ad.set_mode("reverse"); ad.mode
    'reverse'
    >>> ad.set_mode("forward")
    """
    if mode not in get_args(Mode):
        raise ModeError(f"{mode!r} is not a mode", why="the modes are 'forward' and 'reverse'",
                        edit="ad.set_mode('forward') or ad.set_mode('reverse')")
    session.mode = mode


def reset_graph() -> None:
    """Let go of what reverse mode has recorded.

    Never needed for right numbers: every call of `compute_gradients` starts anew. Variables made before stay
    usable, and the input stays the input.

    >>> import fad.compat as ad
    >>> ad.reset_graph()
    """
    session.forget()


class C_graph:  # noqa: N801  # a legacy name
    """The graph as legacy scripts see it: a view of this thread's session."""

    @property
    def input_node(self) -> Node | None:
        """The node of the input; of several inputs, of all of them end to end. None before the first."""
        return None if session.inputs is None else session.inputs.node

    @property
    def output_node(self) -> Node | None:
        """The node of the latest result that reverse mode has recorded or differentiated."""
        return session.latest

    @property
    def input_shapes(self) -> list[tuple[int, ...]]:
        """The shape of each input, in the order of definition."""
        return [] if session.inputs is None else [(n,) for n in session.inputs.sizes]


c_graph = C_graph()
