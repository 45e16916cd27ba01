"""A user's own rules, written in plain NumPy.

    custom_jvp : f with a rule (x, dx) → y, dy
    custom_vjp : f with a rule x → y, r and a rule (r, ȳ) → x̄

A call of such a function is one equation: see `jvp_rules` and `vjp_rules`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Concatenate, Generic, Self, overload

from .. import tree
from ..core.primitive import Value, innermost
from ..nested.jvp_rules import JvpRule, TracedJvp, custom_jvp_p
from ..nested.ruled import Arguments, no_rule, own_rule, positional, traced_function, tracing_rules
from ..nested.vjp_rules import TracedVjp, VjpRule, custom_vjp_p
from ..typing import A, Bound, P, Primals, Q, R, Tangents
from .call import shown

__all__ = ["custom_jvp", "custom_vjp"]


class _Ruled(Generic[P, R]):
    """A function that may have a rule of its own, and may be a method."""

    def __init__(self, f: Callable[P, R]) -> None:
        self.f: Callable[..., R] = f
        functools.update_wrapper(self, f, updated=())  # not its __dict__: see Jitted

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> Self: ...

    @overload
    def __get__(self: _Ruled[Concatenate[Any, Q], R], instance: object, owner: type | None = None) -> Bound[Q, R]: ...

    @overload
    def __get__(self, instance: object, owner: type | None = None) -> Callable[..., R]: ...

    def __get__(self, instance: Any, owner: type | None = None) -> object:
        return self if instance is None else functools.partial(self, instance)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<{type(self).__name__}({shown(self.f)})>"


class custom_jvp(_Ruled[P, R]):  # noqa: N801  # used like a function
    """A function with a jvp rule of its own, from which every transform works.

    Args:
        f: a function of trees of arrays, in plain NumPy.

    Returns:
        A function like f, with the method `defjvp(rule)`. `rule(primals, tangents)` gets two tuples, the arguments
        and, tree by tree, their tangents (None for what is not an array), and returns (out, tangent_out); tangent_out
        must be linear in the tangents. Keyword-only arguments are handed to the rule as keywords.

    Raises:
        RuleError: the function was differentiated before it had a rule, or the rule does not fit it.

    >>> import numpy as np, fad
    >>> @fad.custom_jvp
    ... def log1pexp(x):
    ...     return np.log1p(np.exp(x))
    >>> @log1pexp.defjvp
    ... def _(primals, tangents):
    ...     (x,), (dx,) = primals, tangents
    ...     return log1pexp(x), dx / (1 + np.exp(-x))
    >>> fad.grad(log1pexp)(100.0)
    np.float64(1.0)
    """

    rule: Callable[..., object] | None = None

    def defjvp(self, rule: Callable[Concatenate[Primals, Tangents, Q], tuple[R, R]]
               ) -> Callable[Concatenate[Primals, Tangents, Q], tuple[R, R]]:
        """Give the rule; returns it, so as to serve as a decorator."""
        self.rule = rule
        return rule

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        values, keywords = positional(self.f, args, kwargs)
        arguments, arrays = Arguments.of(values)
        if innermost(arrays) is None:
            return self.f(*args, **kwargs)
        if self.rule is None:
            raise no_rule(self.f, "jvp", "@f.defjvp")
        traced, out = traced_function(functools.partial(self.f, **keywords), arguments, arrays)
        own = JvpRule(self.f, functools.partial(self.rule, **keywords) if keywords else self.rule, arguments, out)
        rule: JvpRule | TracedJvp = own
        closed_over: tuple[Value, ...] = ()
        if self not in tracing_rules.functions:
            with own_rule(self):
                rule, closed_over = TracedJvp.of(own, arrays, len(traced.captures))
        outputs = custom_jvp_p(*arrays, *traced.captures, *closed_over, graph=traced.graph, rule=rule)
        result: R = tree.unflatten(out, outputs)
        return result


class custom_vjp(_Ruled[P, R]):  # noqa: N801  # used like a function
    """A function with a vjp rule of its own, from which every transform works.

    Args:
        f: a function of trees of arrays, in plain NumPy.

    Returns:
        A function like f, with the method `defvjp(fwd, bwd)`. `fwd` takes f's arguments and returns (out, residuals);
        `bwd(residuals, ct)` returns a tuple with a cotangent for each argument, or None for zero, and must be linear in
        ct. Forward mode transposes bwd, which takes a bwd made of operations that fad can transpose.

    Raises:
        RuleError: the function was differentiated before it had a rule, or the rule does not fit it.

    >>> import numpy as np, fad
    >>> @fad.custom_vjp
    ... def clipped(x):
    ...     return x
    >>> clipped.defvjp(lambda x: (x, None), lambda _, ct: (np.clip(ct, -1.0, 1.0),))
    >>> fad.grad(lambda x: 5.0 * clipped(x))(2.0)
    np.float64(1.0)
    """

    rules: tuple[Callable[..., object], Callable[..., object]] | None = None

    def defvjp(self, fwd: Callable[P, tuple[R, A]], bwd: Callable[[A, R], object]) -> None:
        """Give the two rules."""
        self.rules = fwd, bwd

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        values, keywords = positional(self.f, args, kwargs)
        arguments, arrays = Arguments.of(values)
        if innermost(arrays) is None:
            return self.f(*args, **kwargs)
        if self.rules is None:
            raise no_rule(self.f, "vjp", "f.defvjp(fwd, bwd)")
        forward, backward = self.rules
        traced, out = traced_function(functools.partial(self.f, **keywords), arguments, arrays)
        own = VjpRule(self.f, functools.partial(forward, **keywords) if keywords else forward, backward, arguments, out,
                      tree.in_order(out))
        rule: VjpRule | TracedVjp = own
        closed_over: tuple[Value, ...] = ()
        if self not in tracing_rules.functions:
            with own_rule(self):
                rule, closed_over = TracedVjp.of(own, arrays, [a.aval for a in traced.graph.outputs], len(traced.captures))
        outputs = custom_vjp_p(*arrays, *traced.captures, *closed_over, graph=traced.graph, rule=rule)
        result: R = tree.unflatten(out, outputs)
        return result
