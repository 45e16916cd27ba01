"""Functions of no declared type, one transform over another: accepted. Checked, and not run: see test_typing.py.

Where a function under vmap has no declared types, pyright takes its parameter for a number.
"""

import numpy as np
from numpy.typing import NDArray

import fad

F = NDArray[np.float64]

x: F = np.ones(3)


def dot(x: F, y: F) -> np.float64:
    return np.sum(x * y)


fad.vmap(fad.vmap(lambda z: dot(z, z)))(x)  # pyright: ignore[reportArgumentType]  # [not pyrefly] [not ty]
fad.vmap(fad.grad(lambda z: dot(z, z)))(x)  # pyright: ignore[reportArgumentType]  # [not ty]
fad.grad(fad.grad(lambda z: dot(z, z)))(x)
fad.jit(fad.grad(lambda z: dot(z, z)))(x)
fad.jit(fad.vmap(lambda z: dot(z, z)))(x)  # pyright: ignore[reportArgumentType]  # [not pyrefly] [not ty]
fad.jit(fad.vmap(fad.grad(lambda z: dot(z, z))))(x)  # pyright: ignore[reportArgumentType]  # [not ty]
fad.grad(fad.jit(lambda z: dot(z, z)))(x)
fad.vmap(fad.jit(lambda z: dot(z, z)))(x)  # [not ty]
fad.hessian(fad.jit(lambda z: dot(z, z)))(x)
fad.jacobian(fad.jit(lambda z: dot(z, z)))(x)
fad.jacobian(fad.grad(lambda z: dot(z, z)))(x)
fad.jacobian(fad.jacobian(lambda z: dot(z, z)))(x)
fad.jacfwd(fad.jacrev(lambda z: dot(z, z)))(x)
fad.vmap(fad.hessian(lambda z: dot(z, z)))(x)
fad.vmap(fad.jacobian(lambda z: dot(z, z)))(x)  # pyright: ignore[reportArgumentType]  # [not ty]
fad.vmap(fad.value_and_grad(lambda z: dot(z, z)))(x)  # pyright: ignore[reportArgumentType]  # [not ty]
fad.checkpoint(fad.vmap(lambda z: dot(z, z)))(x)  # pyright: ignore[reportArgumentType]  # [not pyrefly] [not ty]
fad.grad(lambda a: np.sum(fad.grad(lambda z: dot(z, z))(a)))(x)
fad.vmap(lambda a: fad.vmap(lambda z: a * z)(x))(x)
