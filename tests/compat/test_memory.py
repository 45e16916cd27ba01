"""Memory stays flat: over evaluations in both modes, over the operations of one evaluation in forward mode."""

from __future__ import annotations

import gc
import tracemalloc
import weakref
from collections.abc import Callable

import pytest

import fad.compat as ad
from fad.compat import config
from fad.compat.session import Mode
from fad.compat.variable import Variable

KILOBYTE = 1024


def growth(work: Callable[[int], None], n: int) -> int:
    """How many bytes more are held after n turns than after a tenth of them."""
    work(n // 10)
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        work(n)
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()


def evaluations_with_new_inputs(n: int) -> None:
    for i in range(n):
        x = Variable([1.0, 0.001 * i])
        (ad.sin(x[0]) * x).compute_gradients()


def evaluations_with_resets(n: int) -> None:
    x = Variable([1.0, 2.0])
    for _ in range(n):
        (ad.sin(x) * x).compute_gradients()
        ad.reset_graph()


def evaluations_without_resets(n: int) -> None:
    x = Variable([1.0, 2.0])
    for _ in range(n):
        (ad.sin(x) * x).compute_gradients()


def kept_results(n: int) -> None:
    kept = []
    for _ in range(n):
        x = Variable([1.0, 2.0])
        kept.append(ad.sum_elts(x * x).compute_gradients())
        kept = kept[-10:]


EVALUATIONS = [evaluations_with_new_inputs, evaluations_with_resets, evaluations_without_resets, kept_results]


@pytest.mark.parametrize("work", EVALUATIONS)
def test_flat_over_evaluations(mode: Mode, work: Callable[[int], None]) -> None:
    assert growth(work, 2_000) < 16 * KILOBYTE


@pytest.mark.slow
@pytest.mark.parametrize("work", EVALUATIONS[:2])
def test_flat_over_a_hundred_thousand_evaluations(mode: Mode, work: Callable[[int], None]) -> None:
    assert growth(work, 100_000) < 16 * KILOBYTE


def operations(n: int) -> None:
    x = Variable([1.0, 2.0])
    y = x
    for _ in range(n):
        y = y * 0.5 + x
    assert y.gradient.shape == (2, 2)


def test_forward_mode_is_flat_over_operations() -> None:
    assert growth(operations, 20_000) < 16 * KILOBYTE


@pytest.mark.slow
def test_forward_mode_is_flat_over_a_million_operations() -> None:
    assert growth(operations, 1_000_000) < 16 * KILOBYTE


def test_a_new_input_and_a_reset_free_what_was_recorded() -> None:
    ad.set_mode("reverse")
    for forget in (ad.reset_graph, lambda: Variable(1.0)):
        x = Variable([1.0, 2.0])
        y = ad.exp(ad.sin(x))
        nodes = [weakref.ref(node) for node in config.list_of_nodes]
        assert len(nodes) == 2
        del y
        forget()
        assert all(node() is None for node in nodes)  # without the garbage collector: there are no cycles
        x * 2


def test_a_long_chain_is_recorded_pulled_back_and_freed() -> None:
    ad.set_mode("reverse")
    x = Variable(1.0)
    y = x
    for _ in range(50_000):
        y = y + x
    assert y.compute_gradients()[0, 0] == 50_001.0
    del y
    ad.reset_graph()
    assert config.list_of_nodes == []
