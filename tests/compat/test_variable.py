"""Variable and Constant: data, Jacobians, entries, comparisons, text."""

from __future__ import annotations

import copy
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import fad.compat as ad
from fad.compat.session import Mode
from fad.compat.variable import Constant, Variable

# -- data -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("data", "expected"), [
    (3, [3.0]), (2.5, [2.5]), ([1, 2], [1.0, 2.0]), ((1, 2.5), [1.0, 2.5]), (np.arange(3), [0.0, 1.0, 2.0]),
    (np.float32(0.5), [0.5]), (np.array(7), [7.0]), (np.array([True, False]), [1.0, 0.0]),
    ([np.nan, -np.inf], [np.nan, -np.inf]), (10 ** 30, [1e30]), ([10 ** 30, 1], [1e30, 1.0]), (Fraction(1, 4), [0.25])])
def test_data_becomes_a_vector_of_floats(data: Any, expected: list[float]) -> None:
    found = Variable(data).data
    assert found.dtype == np.float64
    assert found.ndim == 1
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("data", "error"), [
    ([[1.0, 2.0]], ValueError), (np.ones((2, 2)), ValueError), ([[1, 2], [3]], ValueError), ([], ValueError),
    (np.zeros(0), ValueError), ("1", TypeError), (["1", "2"], TypeError), (None, TypeError), ([1.0, None], TypeError),
    (1j, TypeError), ({}, TypeError), (np.array(["a"]), TypeError)])
def test_other_data_is_refused_with_what_is_accepted(data: Any, error: type[Exception]) -> None:
    for make in (Variable, Constant, Variable.multi_variables):
        with pytest.raises(error, match="data is a number, a list of numbers or an array with one axis"):
            make(data)


def test_a_variable_is_no_data() -> None:
    with pytest.raises(TypeError, match=r"v\.data"):
        Variable(Variable(1.0))  # type: ignore[arg-type]  # what the test is about
    with pytest.raises(TypeError, match=r"v\.data"):
        np.asarray(Variable(1.0))


def test_the_callers_array_is_copied() -> None:
    data = np.array([1.0, 2.0])
    x = Variable(data)
    data[0] = 9.0
    np.testing.assert_array_equal(x.data, [1.0, 2.0])


def test_set_data_checks_the_shape() -> None:
    x = Variable([1.0, 2.0])
    x.set_data([3, 4])
    np.testing.assert_array_equal(x.data, [3.0, 4.0])
    x.data = x.data - 1
    np.testing.assert_array_equal((x * 2).data, [4.0, 6.0])
    with pytest.raises(ValueError, match=r"shape \(3,\).*shape \(2,\)"):
        x.set_data([1, 2, 3])


# -- gradients ------------------------------------------------------------------------------------


def test_the_inputs_own_jacobian_is_the_identity(mode: Mode) -> None:
    np.testing.assert_array_equal(Variable([1.0, 2.0]).gradient, np.eye(2))
    np.testing.assert_array_equal(Variable(1.0).compute_gradients(), [[1.0]])


def test_forward_mode_has_it_at_once() -> None:
    x = Variable([1.0, 2.0])
    np.testing.assert_array_equal((x * x).gradient, np.diag([2.0, 4.0]))
    np.testing.assert_array_equal((x * x)[1].gradient, [[0.0, 4.0]])


def test_reverse_mode_has_it_when_asked() -> None:
    ad.set_mode("reverse")
    x = Variable([1.0, 2.0])
    y = x * x
    assert y.gradient is None
    returned = y.compute_gradients()
    assert returned is y.gradient
    np.testing.assert_array_equal(returned, np.diag([2.0, 4.0]))


def test_backward_returns_nothing(mode: Mode) -> None:
    y = 3 * Variable(1.0)
    assert y.backward() is None  # type: ignore[func-returns-value]  # what the test is about
    np.testing.assert_array_equal(y.gradient, [[3.0]])


def test_shape_is_results_by_inputs(mode: Mode) -> None:
    x = Variable([1.0, 2.0, 3.0])
    assert x[:2].compute_gradients().shape == (2, 3)
    assert ad.sum_elts(x).compute_gradients().shape == (1, 3)


def test_given_gradients_start_the_chain(mode: Mode) -> None:
    x = Variable([1.0, 2.0])
    v = Variable([5.0, 6.0], gradient=[[1.0, 1.0], [0.0, 2.0]], input_node=False)
    assert ad.c_graph.input_shapes == [(2,)]
    np.testing.assert_array_equal((v * x).compute_gradients(), [[6.0, 1.0], [0.0, 10.0]])
    np.testing.assert_array_equal((v * v).compute_gradients(), [[10.0, 10.0], [0.0, 24.0]])


def test_set_gradient_checks_the_shape(mode: Mode) -> None:
    x = Variable([1.0, 2.0])
    y = x * x
    y.set_gradient([[1.0, 0.0], [0.0, 1.0]])
    np.testing.assert_array_equal(y.gradient, np.eye(2))
    np.testing.assert_array_equal((3 * y).compute_gradients(), np.diag([3.0, 3.0]))
    y.gradient = 2 * y.gradient
    np.testing.assert_array_equal(y.compute_gradients(), np.diag([2.0, 2.0]))
    for wrong in ([1.0, 2.0], [[1.0, 2.0]], np.ones((2, 3))):
        with pytest.raises(ValueError, match=r"give an array of shape \(2, 2\)"):
            y.set_gradient(wrong)


def test_set_gradient_of_several_inputs_takes_a_list(mode: Mode) -> None:
    x, _ = Variable.multi_variables(1.0, [2.0, 3.0])
    y = x * 1
    y.set_gradient([[[5.0]], [[6.0, 7.0]]])
    by_x, by_y = (2 * y).compute_gradients()
    np.testing.assert_array_equal(by_x, [[10.0]])
    np.testing.assert_array_equal(by_y, [[12.0, 14.0]])


def test_a_gradient_without_an_input() -> None:
    v = Variable([1.0, 2.0], gradient=[[1.0, 0.0, 2.0], [0.0, 1.0, 0.0]], input_node=False)
    np.testing.assert_array_equal((2 * v).gradient, [[2.0, 0.0, 4.0], [0.0, 2.0, 0.0]])


def test_a_gradient_of_one_axis_without_an_input() -> None:
    with pytest.raises(ValueError, match=r"\(1, n\)"):
        Constant(1.0).set_gradient([1.0])


def test_constants_take_part_in_values_alone(mode: Mode) -> None:
    c = Constant([2.0, 3.0])
    assert c.gradient is None
    x = Variable([1.0, 1.0])
    np.testing.assert_array_equal((c * x).compute_gradients(), np.diag([2.0, 3.0]))
    np.testing.assert_array_equal((c * c).compute_gradients(), np.zeros((2, 2)))
    np.testing.assert_array_equal(c.compute_gradients(), np.zeros((2, 2)))
    unmoved = Variable([4.0, 5.0], constant=True)
    np.testing.assert_array_equal((unmoved * x).compute_gradients(), np.diag([4.0, 5.0]))
    passive = Variable([4.0, 5.0], input_node=False)
    np.testing.assert_array_equal((passive * x).compute_gradients(), np.diag([4.0, 5.0]))


# -- several inputs -------------------------------------------------------------------------------


def test_several_inputs_give_lists(mode: Mode) -> None:
    x, y, z = Variable.multi_variables(2.0, [1.0, 2.0], np.array([3.0, 4.0, 5.0]))
    by_x, by_y, by_z = (x * y).compute_gradients()
    np.testing.assert_array_equal(by_x, [[1.0], [2.0]])
    np.testing.assert_array_equal(by_y, np.diag([2.0, 2.0]))
    np.testing.assert_array_equal(by_z, np.zeros((2, 3)))
    assert [g.shape for g in (z[0] * x).compute_gradients()] == [(1, 1), (1, 2), (1, 3)]
    assert [g.shape for g in Constant([1.0, 2.0]).compute_gradients()] == [(2, 1), (2, 2), (2, 3)]
    np.testing.assert_array_equal(np.hstack(y.gradient), [[0, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0]])


def test_one_of_several_is_still_a_list(mode: Mode) -> None:
    x, = Variable.multi_variables([1.0, 2.0])
    [gradient] = (x * x).compute_gradients()
    np.testing.assert_array_equal(gradient, np.diag([2.0, 4.0]))
    with pytest.raises(ValueError, match="without data"):
        Variable.multi_variables()


# -- entries --------------------------------------------------------------------------------------

V = np.array([1.0, 2.0, 3.0, 4.0])
KEYS: list[Any] = [
    0, -1, np.int64(2), slice(1, 3), slice(None), slice(None, None, 2), slice(None, None, -1), slice(3, 0, -2), [0, 2],
    np.array([3, 3, 0]), V > 2, [True, False, False, True], np.zeros(4, bool), slice(2, 2)]


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_entries(mode: Mode, key: Any) -> None:  # ★ for steps and arrays
    x = Variable(V)
    y = (x * x)[key]
    np.testing.assert_array_equal(y.data, np.atleast_1d((V * V)[key]))
    np.testing.assert_array_equal(y.compute_gradients(), np.atleast_2d(np.diag(2 * V)[key]))


def test_no_such_entry() -> None:
    with pytest.raises(IndexError, match="out of bounds"):
        _ = Variable(V)[4]
    with pytest.raises(ValueError, match="one axis"):
        _ = Variable(V)[[[0, 1], [1, 0]]]


def test_length_iteration_and_unpacking(mode: Mode) -> None:  # ★
    v = Variable([3.0, 4.0])
    assert len(v) == 2
    x, y = v
    np.testing.assert_array_equal((x * y).compute_gradients(), [[4.0, 3.0]])
    assert [entry.data[0] for entry in v] == [3.0, 4.0]


# -- comparisons, hashes, text --------------------------------------------------------------------


def test_comparisons_compare_data() -> None:
    x, y = Variable.multi_variables([1.0, 2.0, 3.0], [3.0, 2.0, 1.0])
    for compare in (np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal):
        name = {"less": "__lt__", "less_equal": "__le__", "greater": "__gt__", "greater_equal": "__ge__",
                "equal": "__eq__", "not_equal": "__ne__"}[compare.__name__]
        for other in (y, 2, 2.0, [3, 2, 1], np.array([3.0, 2.0, 1.0])):  # ★ numbers too
            found = getattr(x, name)(other)
            assert found.dtype == np.bool_
            np.testing.assert_array_equal(found, compare(x.data, other.data if isinstance(other, Variable) else other))
    np.testing.assert_array_equal(2 > x, [True, False, False])  # noqa: SIM300  # what the test is about
    np.testing.assert_array_equal(np.array([2.0, 2.0, 2.0]) == x, [False, True, False])
    assert x != "x"
    assert x != None  # noqa: E711  # Python's own answer for what is no number


def test_truth_of_one_entry() -> None:
    assert bool(Variable(2.0) > Variable(1.0))
    assert not Variable(2.0) > 3
    with pytest.raises(ValueError, match="ambiguous"):
        bool(Variable([1.0, 2.0]) > 1)


def test_hash_is_by_identity() -> None:
    x, y = Variable.multi_variables(1.0, 1.0)
    names = {x: "x", y: "y"}
    assert names[x] == "x"
    assert names[y] == "y"


def test_text(mode: Mode) -> None:
    assert str(Variable([1.0, 2.0])) == "data : [1. 2.] \ngrad : [[1. 0.]\n [0. 1.]]"
    y = Variable(3.0) * 2
    assert str(y) == f"data : [6.] \ngrad : {'[[2.]]' if mode == 'forward' else 'None'}"
    assert repr(Constant(1.0)).startswith("Constant([1.]")


def test_a_copy_depends_on_the_same_input(mode: Mode) -> None:
    x = Variable([1.0, 2.0])
    y = copy.deepcopy(x * x)
    np.testing.assert_array_equal((copy.copy(y) * x).compute_gradients(), np.diag([3.0, 12.0]))
