"""Functions written with in-place NumPy code: their value is the plain run's, and their gradient is its derivative."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import fad
import fad.numpy as fnp
from fad.errors import (
    AbstractValueError,
    ConversionError,
    DtypeError,
    FadError,
    InPlaceError,
    ShapeError,
)
from fad.numpy.conventions import since

from ..laws import central_difference

Function = Callable[[Any], Any]
FUNCTIONS: list[Function] = []


def listed(f: Function) -> Function:
    """Enter a function of a (3, 3) array into the list; it may write to its argument."""
    FUNCTIONS.append(f)
    return f


# -- algorithms -----------------------------------------------------------------------------------


@listed
def lu_factorisation(a: Any) -> Any:
    a = a + 4.0 * np.eye(3)
    for k in range(3):
        a[k + 1:, k] /= a[k, k]
        a[k + 1:, k + 1:] -= np.outer(a[k + 1:, k], a[k, k + 1:])
    return np.sum(np.log(np.diagonal(a))) + a[2, 0] * a[1, 2]


@listed
def cholesky(x: Any) -> Any:
    a = x @ x.T + np.eye(3)
    lower = fnp.zeros((3, 3))
    for i in range(3):
        for j in range(i + 1):
            rest = a[i, j] - np.sum(lower[i, :j] * lower[j, :j])
            lower[i, j] = np.sqrt(rest) if i == j else rest / lower[j, j]
    return np.sum(lower * np.arange(9.0).reshape(3, 3))


@listed
def pivoting(a: Any) -> Any:
    for k in range(2):
        p = k + np.argmax(np.abs(a[k:, k]))
        a[[k, p]] = a[[p, k]]
        for i in range(k + 1, 3):
            a[i] -= a[i, k] / a[k, k] * a[k]
    return np.sum(np.log(np.abs(np.diagonal(a))))


@listed
def recurrence(x: Any) -> Any:
    c = fnp.zeros(5)
    c[0] = x[0, 0]
    c[1] = x[0, 1]
    for i in range(2, 5):
        c[i] = np.sin(c[i - 1]) + x[1, 0] * c[i - 2]
    return np.sum(c * c)


@listed
def running_sum(x: Any) -> Any:
    for i in range(1, 3):
        x[i] += x[i - 1]
    return np.sum(x ** 3)


@listed
def diffusion(x: Any) -> Any:
    for _ in range(4):
        x[1:-1] += 0.1 * (x[2:] - 2.0 * x[1:-1] + x[:-2])
    return np.sum(x ** 2)


@listed
def relaxation_until_small(x: Any) -> Any:
    y = x.copy()
    while np.max(np.abs(y)) > 0.5:
        y[0] *= 0.5
        y[1:] *= 0.75
    return np.sum(y ** 2)


@listed
def bubble_sort(x: Any) -> Any:
    y = x[0] * 1.0
    for _ in range(3):
        for i in range(2):
            if y[i] > y[i + 1]:
                y[i], y[i + 1] = y[i + 1], y[i]
    return y[0] + 2.0 * y[1] ** 2 + 3.0 * y[2] ** 3


@listed
def histogram(x: Any) -> Any:
    bins = fnp.zeros(4)
    for row in x:
        for entry in row:
            bins[int(np.floor(entry)) % 4] += entry * entry
    return np.sum(bins ** 2)


# -- keys -----------------------------------------------------------------------------------------


@listed
def swap_numbers(x: Any) -> Any:
    y = x[0]
    y[0], y[1] = y[1], y[0]
    return y[0] ** 2 + 3.0 * y[1]


@listed
def swap_rows(x: Any) -> Any:
    x[[0, 2]] = x[[2, 0]]
    return np.sum(x[0] ** 3)


@listed
def swap_columns_by_copies(x: Any) -> Any:
    x[:, 0], x[:, 1] = x[:, 1].copy(), x[:, 0].copy()
    return np.sum(x[:, 0] ** 3)


@listed
def slices(x: Any) -> Any:
    x[1:, :2] = x[:2, 1:] * 2.0
    x[::-1, 0] = x[:, 2]
    x[..., -1] = 1.0
    return np.sum(np.sin(x))


@listed
def overlapping_slices(x: Any) -> Any:
    x[1:] = x[:-1]
    x[0, 1:] = x[0, :-1]
    return np.sum(x ** 2 * np.arange(3))


@listed
def augmented_slices(x: Any) -> Any:
    x[0:2] += x[1:3]
    x[:, 1] *= 2.0
    x[1] -= x[0]
    x[2, 1:] /= 3.0
    x[0] **= 2
    return np.sum(x * np.arange(9.0).reshape(3, 3))


@listed
def masks(x: Any) -> Any:
    x[x > 0.5] = 0.5
    x[x < -0.5] *= 3.0
    x[np.abs(x) < 0.25] += x[1, 1]
    return np.sum(x ** 2)


@listed
def repeated_entries(x: Any) -> Any:
    y = x[0] * 1.0
    y[[0, 1, 0, 0]] += x[1, 1] * np.arange(4)  # NumPy adds once: the last one
    y[[2, 2]] = x[2, :2]
    return np.sum(y ** 2)


@listed
def traced_positions(x: Any) -> Any:
    i = np.argmax(x[0])
    x[i, 0] = x[0, i] ** 2
    x[1, np.argsort(x[1])] *= np.array([1.0, 2.0, 3.0])
    return np.sum(x[:i + 1]) + x[1, 2] * np.array([1.0, 5.0, 9.0])[i]


@listed
def new_axes(x: Any) -> Any:
    x[:, None, 0] = x[:, None, 1] * 2.0
    x[None, 2] += x[0]
    return np.sum(x ** 2)


# -- names and views ------------------------------------------------------------------------------


@listed
def alias(x: Any) -> Any:
    y = x
    y[0] = 2.0 * x[1]
    y += 1.0
    return np.sum(x ** 2)


@listed
def copies(x: Any) -> Any:
    y, z = x.copy(), +x
    x[0] = 0.0
    y[1] *= 2.0
    return np.sum(y ** 2) + np.sum(z ** 3) + np.sum(x)


@listed
def through_views(x: Any) -> Any:
    row = x[1]
    row[1:] = row[:2] * 3.0
    row += 1.0
    inner = x[1:, 1:]
    inner[0][1] = x[0, 0]
    inner[...] = inner.T.copy() * 2.0
    return np.sum(x ** 2)


@listed
def through_other_views(x: Any) -> Any:
    x.T[0] = x[2] * 2.0
    x.reshape(9)[3] = x[0, 1] ** 2
    np.ravel(x)[7] += 1.0
    return np.sum(x ** 3)


@listed
def rows_of_a_loop(x: Any) -> Any:
    for row in x:
        row[1] = row[0] * row[2]
        row *= 2.0
    return np.sum(x ** 2)


@listed
def written_by_a_callee(x: Any) -> Any:
    def scale(a: Any, by: Any) -> None:
        a *= by
        a[0] = by

    scale(x[0], x[1, 1])
    scale(x[2], 3.0)
    return np.sum(x ** 2)


@listed
def into_zeros(x: Any) -> Any:
    out = fnp.zeros_like(x)
    for i in range(3):
        out[i] = x[i] * x[(i + 1) % 3]
    return np.sum(out ** 2)


@listed
def into_a_list_of_arrays(x: Any) -> Any:
    blocks = fnp.empty((2, 3, 3))
    blocks[0] = x
    blocks[1] = x.T
    return np.sum(fnp.array([blocks[0, 0, 1], x[1, 1], 2.0]) ** 2) + np.sum(blocks[0] * blocks[1])


@listed
def plain_array_plus_traced(x: Any) -> Any:
    total = np.zeros(3)
    for row in x:
        total += row * row
    total *= x[0]
    return np.sum(total)


@listed
def numbers_accumulated(x: Any) -> Any:
    total = 0.0
    y = x[0, 0]
    z = y
    for row in x:
        total += np.sum(row) ** 2
        y *= 1.5
    return total * y + z


@listed
def methods(x: Any) -> Any:
    y = np.empty_like(x[0])
    y.fill(x[0, 0])
    y[1] = x.item(1, 2) * x.item(3)
    x.sort(axis=1)
    return np.sum(y ** 2) + np.sum(x * np.arange(3))


@listed
def partitioned(x: Any) -> Any:
    x.partition(1)
    return np.sum(x * np.arange(9.0).reshape(3, 3))


@listed
def views_of_themselves(x: Any) -> Any:
    row = x[0]
    row[:] = row[::-1]
    row[1:] = row[:-1]
    inner = row[1:]
    inner[:] = inner[::-1]
    total = np.sum(row[0] * inner)
    block = x[1:, 1:]
    block[:] = block.T
    block[...] = block[::-1] * 2.0
    return np.sum(x * np.arange(9.0).reshape(3, 3)) + total * block[0, 1]


@listed
def flat_assigned(x: Any) -> Any:
    y, z = x * 2.0, x.T.copy()
    y.flat = [x[0, 0], 3.0]
    z[1:].flat = x[:, :2] ** 2
    z.T[0].flat = x[0, 1]
    x.flat = []
    return np.sum(y * np.arange(9.0).reshape(3, 3)) + np.sum(z ** 2) * x[0, 0]


@listed
def shape_assigned(x: Any) -> Any:
    y = np.sin(x)
    z = y
    y.shape = (9,)
    z[2:4] *= x[0, :2]
    y.shape = 1, -1
    return np.sum(z[0, ::2] * y[0, 4:]) + len(z)


@listed
def results_of_constants_in_traced_arrays(x: Any) -> Any:
    y, fraction, whole = x * 2.0, fnp.zeros(3), fnp.zeros(3)
    np.exp(POINT[0], out=y[1])
    np.add([1.0, 2.0, 3.0], 1, out=y[2, :])
    np.modf(POINT[0] * 9.0, out=(fraction, whole))
    np.modf(x[0] * 9.0, out=(y[0], None))
    return np.sum(x * y) + np.sum(fraction * x[1] + whole * x[2])


# -- the list, checked ----------------------------------------------------------------------------

POINT = np.array([[0.9, -0.75, 0.3], [-0.62, 0.41, 1.3], [0.17, 0.66, -1.1]])


def difference(f: Function, direction: Any) -> Any:
    """The derivative of f at the point along a direction, by differences."""
    return central_difference(lambda xs: [f(xs[0])], [POINT], [direction])[0]


@pytest.mark.filterwarnings("ignore:Setting the shape:DeprecationWarning")  # as NumPy has it since 2.5
@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_value_and_gradient(f: Function) -> None:
    x = POINT.copy()
    value, gradient = fad.value_and_grad(f)(x)
    assert np.array_equal(x, POINT), "the caller's array was written to"
    assert np.allclose(value, f(POINT.copy()), rtol=1e-14)
    expected = [difference(lambda a: f(a.copy()), direction) for direction in np.eye(9).reshape(9, 3, 3)]
    assert np.allclose(gradient.reshape(9), expected, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_second_order(f: Function) -> None:
    direction = np.cos(np.arange(9.0)).reshape(3, 3)
    found = fad.hvp(f, POINT, direction)
    assert np.allclose(found, difference(fad.grad(f), direction), rtol=1e-7, atol=1e-7)


def test_inner_trace_writes_to_an_outer_array() -> None:
    def outer(x: Any) -> Any:
        def inner(y: Any) -> Any:
            z = x * y
            z[0] = 5.0 * y[1]
            b = fnp.zeros(3)
            b[:] = x
            b[2] = y[0] * x[1]
            return np.sum(z * x) + np.sum(b ** 2)

        return np.sum(fad.grad(inner)(np.ones(3)))  # x1² + x2² + 5 x0 + 2 x1²

    assert np.allclose(fad.grad(outer)(np.array([1.0, 2.0, 3.0])), [5.0, 12.0, 6.0])


def test_an_outer_array_is_captured_as_it_was() -> None:
    def outer(x: Any) -> Any:
        def inner(y: Any) -> Any:
            z = x * y
            x[0] = 5.0
            return np.sum(z * x)

        return np.sum(fad.grad(inner)(np.ones(3)))  # 5 x0 + x1² + x2²

    assert np.allclose(fad.grad(outer)(np.array([1.0, 2.0, 3.0])), [5.0, 4.0, 6.0])


def test_vmap_of_writes() -> None:
    def f(x: Any, i: Any) -> Any:
        y = x * 1.0
        y[np.argmax(x)] = 0.0
        y[x < 0] = 1.0
        y[1:] += y[:-1]
        return y[i] * y

    xs = np.random.default_rng(0).normal(size=(4, 3))
    positions = np.array([0, 2, 1, -1])
    assert np.array_equal(fad.vmap(f)(xs, positions), np.stack([f(x, i) for x, i in zip(xs, positions, strict=True)]))


def test_a_table_under_vmap() -> None:
    table = np.array([1.0, 2.0, 4.0])
    assert np.array_equal(fad.vmap(lambda x: fnp.asarray(table)[np.argmax(x)])(np.eye(3)), table)
    with pytest.raises(AbstractValueError, match="asarray"):
        fad.vmap(lambda x: table[np.argmax(x)])(np.eye(3))


def test_partition_is_loaded_when_a_method_asks_for_it() -> None:
    program = "import numpy as np, fad\ndef f(x): x.partition(1); return x[0]\nprint(fad.grad(f)(np.array([3.0, 2.0, 1.0])))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert run.stdout == "[0. 0. 1.]\n", run.stderr


def test_equal_traces_have_equal_sources() -> None:
    def f(x: Any) -> Any:
        for i in range(1, 3):
            x[i] += x[i - 1] * x[i]  # Python specialises x[i] after a while, and its frames look different then
        return np.sum(x)

    first, *others = [fad.trace(f, np.ones(3)) for _ in range(20)]
    assert all(graph.equations == first.equations for graph in others)


def test_float32_stays() -> None:
    def f(x: Any) -> Any:
        x[0] = 0.1
        x[1:] += np.float64(0.5)
        return np.sum(x * x)

    x = np.ones(3, np.float32)
    value, gradient = fad.value_and_grad(f)(x)
    assert value.dtype == gradient.dtype == np.float32
    assert value == f(x.copy())


def test_creation_outside_of_a_trace_is_numpy() -> None:
    for made in (fnp.zeros(2), fnp.ones((2, 2)), fnp.full(2, 1.5), fnp.empty(2), fnp.eye(2), fnp.identity(2),
                 fnp.arange(3), fnp.linspace(0, 1, 3), fnp.array([1, 2.0]), fnp.asarray([1]), fnp.zeros_like(POINT),
                 fnp.copy(POINT)):
        assert type(made) is np.ndarray
    assert fnp.asarray(POINT) is POINT
    assert fnp.array([1, 2]).dtype == np.array([1, 2]).dtype


# -- views, after a write to what they look into --------------------------------------------------


@listed
def a_view_and_then_a_write(a: Any) -> Any:
    b = a * 2.0
    row, turned, flat, last = b[1:], b.T, b.ravel(), b[::-1][0]
    b[1, 0] = 7.0
    b *= a
    return np.sum(row * a[1:]) + np.sum(turned @ a) + flat[3] * flat[4] + np.sum(last)


@listed
def rows_that_are_swapped_by_views(a: Any) -> Any:
    b = a * 2.0
    b[0], b[1] = b[1], b[0]  # both are the second row then, as NumPy has it
    return np.sum(b * np.arange(9.0).reshape(3, 3))


@listed
def halves_that_are_written_in_turn(a: Any) -> Any:
    b = a.ravel() * 1.0
    first, second = np.split(b, [4])
    first *= 3.0
    second[0] = first[1]
    first[2:] -= second[:2]
    b[0] = second[1]
    return np.sum(b * np.arange(9.0)) + first[0] * second[0]


@listed
def views_that_overlap(a: Any) -> Any:
    b = a.ravel() * 1.0
    first, second = b[:6], b[3:]
    first[4] = 1.0
    second += first
    first[::2] = second[::2]
    return np.sum(b * b * np.arange(9.0))


@listed
def a_view_of_a_view(a: Any) -> Any:
    b = a * 1.0
    inner = b.T[1:][:, ::-1]
    b[0] = 5.0
    inner[0, 0] *= 3.0
    b += inner[1, 1]
    inner[...] = inner + b[:2]
    return np.sum(b * np.arange(9.0).reshape(3, 3)) + np.sum(inner)


@listed
def parts_of_complex_numbers(a: Any) -> Any:
    z = a + 1j * a.T
    x, y = z.real, z.imag
    x[0] = 9.0
    y[1:] += a[0]
    x *= y
    z *= 1.0 + 2.0j
    np.real(z)[2, 2] = y[0, 1]
    return np.sum(np.abs(z) ** 2) + np.sum(x * y)


@listed
def other_names_for_an_array(a: Any) -> Any:
    b = a * 1.0
    b.view()[0] = 3.0
    b.astype(np.float64, copy=False)[1, 1] *= a[0, 0]
    b.conj()[2] += b.astype(np.float64)[0]
    b.T.flat[1] = a[2, 2]
    b.astype(np.float64)[0] = 7.0
    return np.sum(b * b * np.arange(9.0).reshape(3, 3))


@pytest.mark.skipif(not since("2.4.0"), reason="ndmax came with NumPy 2.4")
def test_ndmax() -> None:
    for given in ([[1.0]], [1.0], 1.0, np.ones((1, 1))):
        for ndmax in (0, 1, 2):
            try:
                expected, words = np.array(given, ndmax=ndmax), ""
            except ValueError as error:
                words = str(error)
            for f in (lambda x, given=given, ndmax=ndmax: fnp.array(given, ndmax=ndmax) * x,
                      lambda x, given=given, ndmax=ndmax: fnp.array(fad.tree.map(lambda y: x * y, given), ndmax=ndmax)):
                for g in (f, fad.jit(f)):
                    if words:
                        with pytest.raises(ValueError, match="exceed the maximum number of dimension"):
                            g(1.0)
                    else:
                        assert np.array_equal(g(1.0), expected)


# -- what is refused ------------------------------------------------------------------------------


def refused(f: Function, error: type[FadError]) -> str:
    """The message of the one error that grad of f raises."""
    with pytest.raises(error) as caught:
        fad.grad(f)(np.array([1.0, 2.0, 3.0]))
    assert caught.value.__cause__ is None
    source = caught.value.source
    assert source is not None
    assert source.file == __file__
    assert f.__code__.co_firstlineno <= source.line <= f.__code__.co_firstlineno + 10
    return str(caught.value)


def test_stores_into_plain_arrays() -> None:
    def entry(x: Any) -> Any:
        b = np.zeros(3)
        b[0] = x[0]
        return b.sum()

    def several(x: Any) -> Any:
        b = np.zeros(3)
        b[0:2] = x[0:2]
        return b.sum()

    def a_list(x: Any) -> Any:
        b = np.zeros(2)
        b[:] = [x[0], 2.0]
        return b.sum()

    def out(x: Any) -> Any:
        b = np.zeros(3)
        np.add(x, 1.0, out=b)
        return b.sum()

    for f in (entry, several, a_list):
        assert "fad.numpy.zeros" in refused(f, ConversionError)
    refused(out, InPlaceError)


@pytest.mark.parametrize(("f", "advice"), [
    (lambda x: np.array([x, x]).sum(), "fad.numpy.array"),
    (lambda x: np.array([x[0], 1.0]).sum(), "fad.numpy.array"),
    (lambda x: np.asarray(x).sum(), "fad.numpy.asarray"),
    (lambda x: float(x[0]), "leave float() out"),
    (lambda x: complex(x[0]).real, "leave complex() out"),
    (lambda x: math.sin(x[0]), "use numpy.sin for math.sin"),
    (lambda x: math.lgamma(x[0]), "scipy.special.gammaln"),
    (lambda x: np.full(3, x[0]).sum(), "fad.numpy.full"),
    (lambda x: fnp.arange(x[0]).sum(), "linspace"),
])
def test_conversions(f: Function, advice: str) -> None:
    assert advice in refused(f, ConversionError)


def test_values_that_do_not_fit() -> None:
    def complex_into_real(x: Any) -> Any:
        x[0] = 1j
        return x[0]

    def float_into_integers(x: Any) -> Any:
        counts = np.argsort(x)
        counts[0] = x[0]
        return x[0]

    def too_many(x: Any) -> Any:
        x[1:] = np.ones(4)
        return x[0]

    def several_for_one(x: Any) -> Any:
        x[0] = x[:1]
        return x[0]

    refused(complex_into_real, DtypeError)
    refused(float_into_integers, DtypeError)
    assert "(4,) into shape (2,)" in refused(too_many, ShapeError)
    refused(several_for_one, ShapeError)


@pytest.mark.parametrize("key", [3, -4, (0, 0), [5], 1.5, "a", np.array([0.5]), (0, None, 9), np.zeros(2, bool),
                                 (..., ...), ([0, 1], [0, 1, 2])])
def test_wrong_keys_are_numpy_errors(key: Any) -> None:
    with pytest.raises(IndexError) as plain:
        np.zeros(3)[key]
    with pytest.raises(IndexError) as traced:
        fad.grad(lambda x: np.sum(x[key]))(np.zeros(3))
    assert str(traced.value).strip() == str(plain.value).strip()
