"""Recomputation instead of storage.

    checkpoint : f  becomes  f, of which reverse mode keeps the arguments alone
"""

from __future__ import annotations

from collections.abc import Callable

from .. import tree
from ..core.graph import inlined
from ..core.leaves import aval_of_value, is_array, is_number
from ..core.primitive import Value
from ..core.tracing import active_builder
from ..nested.inner import traced_inside
from ..nested.recomputation import checkpoint_p
from ..typing import P, R
from .call import Results, named

__all__ = ["checkpoint"]



def checkpoint(f: Callable[P, R]) -> Callable[P, R]:
    """The same function, recomputed in the pullback instead of stored.

    Reverse mode keeps what it needs of a function from the way there for the way back. Of a checkpointed one it keeps
    the arguments, and runs it again: less memory, for the time of one more evaluation. A chain of n steps, in √n
    checkpointed groups, needs memory for 2√n steps.

    Args:
        f: a function of trees of arrays; other arguments reach it untouched.

    Returns:
        A function like f, whose derivatives are f's, of every order and under every transform.

    >>> import numpy as np, fad
    >>> layer = checkpoint(lambda w, x: np.tanh(w @ x))
    >>> fad.grad(lambda w: np.sum(layer(w, layer(w, np.ones(2)))))(np.zeros((2, 2)))
    array([[0., 0.],
           [0., 0.]])

    Griewank & Walther, Algorithm 799: revolve (2000).
    """
    whole: Callable[..., R] = f

    @named("checkpoint", f)
    def recomputed(*args: P.args, **kwargs: P.kwargs) -> R:
        if active_builder() is None:
            return f(*args, **kwargs)
        leaves, structure = tree.flatten((args, kwargs))
        positions = [i for i, leaf in enumerate(leaves) if is_array(leaf)]
        found: list[Results] = []

        def function(*tracers: Value) -> list[Value]:
            given = list(leaves)
            for i, x in zip(positions, tracers, strict=True):
                given[i] = x
            inner_args, inner_kwargs = tree.unflatten(structure, given)
            out, shape = tree.flatten(whole(*inner_args, **inner_kwargs))
            places = [i for i, leaf in enumerate(out) if is_array(leaf)]
            found.append(Results(shape, [None if i in places else x for i, x in enumerate(out)], places))
            return [out[i] for i in places]

        values = [leaves[i] for i in positions]
        traced = traced_inside(function, [aval_of_value(x) for x in values], values, [is_number(x) for x in values])
        result: R = found[0].rebuilt(checkpoint_p(*values, *traced.captures, graph=inlined(traced.graph)))
        return result

    return recomputed
