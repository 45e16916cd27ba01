"""The libraries that are compared, each used the way its own documentation recommends.

A module is imported when its library is made, and not before: a process measures one library, and the
others need not be installed.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy

from .library import Function, Library, leaves, mapped

__all__ = ["LIBRARIES", "ByHand", "is_installed"]


class ByHand(Library):
    """NumPy alone: runs what a workload gives as its derivative by hand."""

    name, module = "numpy", "numpy"

    def warm_up(self) -> None:
        pass


class Fad(Library):
    """The default call, which traces every time."""

    name, module = "fad", "fad"

    def __init__(self) -> None:
        self.fad = importlib.import_module("fad")
        self.np = numpy

    def value_and_grad(self, f: Function) -> Function:
        return self.fad.value_and_grad(f)  # type: ignore[no-any-return]  # a module's attributes are Any

    def jacobian(self, f: Function) -> Function:
        return self.fad.jacobian(f)  # type: ignore[no-any-return]

    def hessian(self, f: Function) -> Function:
        return self.fad.hessian(f)  # type: ignore[no-any-return]

    def hvp(self, f: Function) -> Function:
        return lambda x, v: self.fad.hvp(f, x, v)

    def jacobians(self, f: Function) -> Function:
        return self.fad.vmap(self.fad.jacobian(f))  # type: ignore[no-any-return]

    def scan(self, f: Function, carry: Any, xs: Any) -> tuple[Any, Any]:
        return self.fad.scan(f, carry, xs)  # type: ignore[no-any-return]


class FadJit(Fad):
    """Traced at the first call alone."""

    name = "fad.jit"

    def compiled(self, f: Function) -> Function:
        return self.fad.jit(f)  # type: ignore[no-any-return]


class Autograd(Library):
    """HIPS autograd: NumPy on a tape."""

    name, module = "autograd", "autograd"

    def __init__(self) -> None:
        self.autograd = importlib.import_module("autograd")
        self.np = importlib.import_module("autograd.numpy")

    def value_and_grad(self, f: Function) -> Function:
        return self.autograd.value_and_grad(f)  # type: ignore[no-any-return]

    def jacobian(self, f: Function) -> Function:
        return self.autograd.jacobian(f)  # type: ignore[no-any-return]

    def hessian(self, f: Function) -> Function:
        return self.autograd.hessian(f)  # type: ignore[no-any-return]

    def hvp(self, f: Function) -> Function:
        return self.autograd.hessian_vector_product(f)  # type: ignore[no-any-return]

    def jacobians(self, f: Function) -> Function:
        """It has no vmap. The workload's function also takes all examples at once, and then gives its rows first: one
        pullback a row."""

        def all_at_once(x: Any, *rest: Any) -> Any:
            stacked = [r.T for r in rest]
            pull, out = self.autograd.make_vjp(lambda x: f(x.T, *stacked))(x)
            rows = []
            for k in range(len(out)):
                ct = numpy.zeros_like(out)
                ct[k] = 1.0
                rows.append(pull(ct))
            return numpy.stack(rows, axis=1)

        return all_at_once

    def stacked(self, rows: Sequence[Any]) -> Any:
        return self.np.array(rows)  # the time that its stack takes is quadratic in the number of rows


class Jax(Library):
    """Operation by operation, in 64 bits."""

    name, module = "jax", "jax"

    def __init__(self) -> None:
        self.jax = importlib.import_module("jax")
        self.jax.config.update("jax_enable_x64", True)
        self.np = importlib.import_module("jax.numpy")

    def array(self, x: Any) -> Any:
        return self.np.asarray(x)

    def finished(self, result: Any) -> Any:
        return self.jax.block_until_ready(result)

    def value_and_grad(self, f: Function) -> Function:
        return self.jax.value_and_grad(f)  # type: ignore[no-any-return]

    def jacobian(self, f: Function) -> Function:
        return self.jax.jacrev(f)  # type: ignore[no-any-return]

    def hessian(self, f: Function) -> Function:
        return self.jax.hessian(f)  # type: ignore[no-any-return]

    def hvp(self, f: Function) -> Function:
        return lambda x, v: self.jax.jvp(self.jax.grad(f), (x,), (v,))[1]

    def jacobians(self, f: Function) -> Function:
        return self.jax.vmap(self.jax.jacrev(f))  # type: ignore[no-any-return]

    def scan(self, f: Function, carry: Any, xs: Any) -> tuple[Any, Any]:
        return self.jax.lax.scan(f, carry, xs)  # type: ignore[no-any-return]


class JaxJit(Jax):
    """Compiled by XLA."""

    name = "jax.jit"

    def compiled(self, f: Function) -> Function:
        return self.jax.jit(f)  # type: ignore[no-any-return]


class Torch(Library):
    """Eager."""

    name, module = "torch", "torch"

    def __init__(self) -> None:
        self.torch = torch = importlib.import_module("torch")
        torch.set_num_threads(1)
        torch.set_num_interop_threads(1)
        torch.set_default_dtype(torch.float64)
        names = "sin cos exp log log1p tanh sqrt sum mean stack dot".split()
        self.np = SimpleNamespace(**{name: getattr(torch, name) for name in names}, max=torch.amax)  # its max is two results

    def array(self, x: Any) -> Any:
        return self.torch.as_tensor(x)

    def arguments(self, args: Sequence[Any], wanted: str) -> list[Any]:
        first, *rest = super().arguments(args, wanted)
        if wanted in ("value_and_grad", "hvp"):
            first = mapped(lambda x: x.requires_grad_(), first)
        return [first, *rest]

    def plain(self, x: Any) -> numpy.ndarray[Any, Any]:
        return numpy.asarray(x.detach())

    def value_and_grad(self, f: Function) -> Function:
        def value_and_gradient(x: Any, *rest: Any) -> Any:
            y = f(x, *rest)
            return y, self.torch.autograd.grad(y, leaves(x))

        return value_and_gradient

    def jacobian(self, f: Function) -> Function:
        return self.torch.func.jacrev(f)  # type: ignore[no-any-return]

    def hessian(self, f: Function) -> Function:
        return self.torch.func.hessian(f)  # type: ignore[no-any-return]

    def hvp(self, f: Function) -> Function:
        def product(x: Any, v: Any) -> Any:
            gradient, = self.torch.autograd.grad(f(x), x, create_graph=True)
            return self.torch.autograd.grad(gradient, x, v)

        return product

    def jacobians(self, f: Function) -> Function:
        return self.torch.func.vmap(self.torch.func.jacrev(f))  # type: ignore[no-any-return]


LIBRARIES: dict[str, type[Library]] = {library.name: library for library in (
    ByHand, Fad, FadJit, Autograd, Jax, JaxJit, Torch)}


def is_installed(name: str) -> bool:
    return importlib.util.find_spec(LIBRARIES[name].module) is not None
