"""The session: modes, the input, resets, threads. One test a line of the contract, starred lines first of all."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import fad.compat as ad
from fad.compat import config
from fad.compat.node import C_graph, Node
from fad.compat.session import Mode
from fad.compat.variable import Variable


def test_forward_is_the_default_and_mode_reads_it() -> None:
    assert ad.mode == "forward"
    ad.set_mode("reverse")
    assert ad.mode == "reverse" == config.mode
    with pytest.raises(AttributeError):
        ad.mode = "forward"  # set_mode sets it, and an assignment that did nothing would be a trap


def test_another_word_is_an_error_that_names_the_two() -> None:  # ★
    with pytest.raises(ValueError, match="'forward' and 'reverse'"):
        ad.set_mode("backward")  # type: ignore[arg-type]  # what the test is about
    assert ad.mode == "forward"


def test_a_second_variable_replaces_the_first(mode: Mode) -> None:  # ★
    x = Variable(3)
    y = Variable(4)
    np.testing.assert_array_equal((x * y + x).compute_gradients(), [[3.0]])
    np.testing.assert_array_equal((x * x).compute_gradients(), [[0.0]])
    assert (x * y).data == [12.0]


def test_what_was_computed_before_keeps_its_own_input(mode: Mode) -> None:
    x = Variable([1.0, 2.0])
    before = x * x
    y = Variable(4.0)
    np.testing.assert_array_equal((before * y).compute_gradients(), [[1.0], [4.0]])
    np.testing.assert_array_equal(before.compute_gradients(), np.diag([2.0, 4.0]))


def test_gradients_twice_are_the_same_gradient(mode: Mode) -> None:  # ★
    x = Variable([1.0, 2.0])
    y = ad.sin(x) * x
    first = y.compute_gradients().copy()
    second = y.compute_gradients()
    np.testing.assert_array_equal(second, first)
    np.testing.assert_array_equal((y + x).compute_gradients(), first + np.eye(2))


def test_a_forgotten_reset_gives_no_wrong_number(mode: Mode) -> None:  # ★
    x = Variable(2.0)
    for _ in range(3):
        np.testing.assert_array_equal((3 * x).compute_gradients(), [[3.0]])


def test_variables_made_before_a_reset_stay_usable(mode: Mode) -> None:
    x = Variable([1.0, 2.0])
    y = x * x
    ad.reset_graph()
    np.testing.assert_array_equal((x * 3).compute_gradients(), np.diag([3.0, 3.0]))
    np.testing.assert_array_equal((y + x).compute_gradients(), np.diag([3.0, 5.0]))
    np.testing.assert_array_equal(y.compute_gradients(), np.diag([2.0, 4.0]))


def test_the_graph_as_scripts_see_it() -> None:
    assert isinstance(ad.c_graph, C_graph)
    assert ad.c_graph.input_node is None
    assert ad.c_graph.input_shapes == []
    ad.set_mode("reverse")
    x, _ = Variable.multi_variables(1.0, [2.0, 3.0])
    assert ad.c_graph.input_shapes == [(1,), (2,)]
    assert isinstance(ad.c_graph.input_node, Node)
    assert ad.c_graph.output_node is None
    y = ad.sin(x)
    assert ad.c_graph.output_node is not None
    np.testing.assert_array_equal(ad.c_graph.output_node.data, y.data)
    z = y + 1
    y.compute_gradients()
    np.testing.assert_array_equal(ad.c_graph.output_node.data, y.data)
    assert "from [" in repr(ad.c_graph.output_node)
    assert z.data[0] > 1


def test_list_of_nodes_lists_what_reverse_mode_holds() -> None:
    ad.set_mode("reverse")
    x = Variable(2.0)
    y = ad.exp(ad.sin(x))
    assert [type(node) for node in config.list_of_nodes] == [Node, Node]
    np.testing.assert_array_equal(config.list_of_nodes[-1].data, y.data)
    ad.reset_graph()
    assert config.list_of_nodes == []
    ad.cos(x)
    Variable(3.0)
    assert config.list_of_nodes == []
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = config.nothing  # type: ignore[attr-defined]  # what the test is about


def test_forward_mode_stores_no_graph() -> None:
    x = Variable(2.0)
    y = ad.exp(ad.sin(x))
    assert config.list_of_nodes == []
    assert y._node is None


def test_the_mode_may_change_under_way() -> None:
    x = Variable([0.5, 1.0])
    y = ad.sin(x)
    ad.set_mode("reverse")
    z = y * x
    assert z.gradient is None
    ad.set_mode("forward")
    w = z * z[0]
    expected = np.sin(x.data) + x.data * np.cos(x.data)
    np.testing.assert_allclose(z.compute_gradients(), np.diag(expected))
    np.testing.assert_allclose(w.gradient, np.diag(z.data[0] * expected) + np.outer(z.data, [expected[0], 0]))
    ad.set_mode("reverse")
    np.testing.assert_allclose((w + 0).compute_gradients(), w.gradient)


def test_threads_in_two_modes_do_not_disturb_each_other() -> None:
    barrier = threading.Barrier(2)

    def work(mode: Mode, at: float) -> list[float]:
        ad.set_mode(mode)
        found = []
        for i in range(200):
            barrier.wait()
            x = Variable([at + i, 1.0])
            barrier.wait()
            y = ad.sin(x) * x[0]
            assert (y.gradient is None) == (mode == "reverse")
            found.append(y.compute_gradients()[0, 0] - (np.sin(at + i) + (at + i) * np.cos(at + i)))
            assert ad.mode == mode
        return found

    with ThreadPoolExecutor(2) as pool:
        results = [pool.submit(work, "forward", 1.0), pool.submit(work, "reverse", 2.0)]
        for result in results:
            np.testing.assert_allclose(result.result(), 0, atol=1e-11)
    assert ad.mode == "forward"


def test_a_thread_without_an_input_takes_over_its_operands_own(mode: Mode) -> None:
    x = Variable([1.0, 2.0])

    def work() -> np.ndarray:
        ad.set_mode(mode)
        found: np.ndarray = (x * x).compute_gradients()
        return found

    with ThreadPoolExecutor(1) as pool:
        np.testing.assert_array_equal(pool.submit(work).result(), np.diag([2.0, 4.0]))
