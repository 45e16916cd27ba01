"""The tests of the tests: a mistake planted in any answer of any primitive is found by the law that is about it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from fad.core.avals import make_aval
from fad.core.equation import Equation
from fad.core.graph import Graph
from fad.core.primitive import Primitive, Zero
from fad.errors import ArgumentError, DerivativeMismatchError, IntegerArgumentError, TreeError
from fad.primitives import elementwise as ew
from fad.primitives import structural
from fad.testing import check_grads

from .cases import Case, case_of, direction, run
from .laws import LAWS, pushed_forward
from .ops import OPS, Op

# -- planted mistakes -----------------------------------------------------------------------------

SLIGHTLY = 1.001


def _scaled(x: Any) -> Any:
    """The same, wrong by a tenth of a percent."""
    if isinstance(x, tuple | list):
        return type(x)(map(_scaled, x))
    return x if x is None or isinstance(x, Zero) or x.dtype.kind not in "fc" else x * x.dtype.type(SLIGHTLY)


def wrong_evaluate(p: Primitive) -> Primitive:
    return dataclasses.replace(p, evaluate=lambda *xs, **params: _scaled(p.evaluate(*xs, **params)))


def wrong_infer_dtype(p: Primitive) -> Primitive:
    def infer(*avals: Any, **params: Any) -> Any:
        aval = p.infer(*avals, **params)
        return make_aval(aval.shape, np.dtype(np.longdouble))

    return dataclasses.replace(p, infer=infer)


def wrong_jvp(p: Primitive) -> Primitive:
    return dataclasses.replace(p, jvp=lambda *xs, **params: _scaled(p.jvp(*xs, **params)))


def wrong_batch(p: Primitive) -> Primitive:
    return dataclasses.replace(p, batch=lambda *xs, **params: _scaled(p.batch(*xs, **params)))


def wrong_transpose(p: Primitive) -> Primitive:
    """Of a primitive that is linear in its first operand."""
    def jvp(primals: Any, tangents: Any, result: Any, **params: Any) -> Any:
        return wrong(tangents[0], *primals[1:], **params)

    assert p.transpose is not None
    rule = p.transpose
    wrong = dataclasses.replace(p, jvp=jvp, transpose=lambda *xs, **params: _scaled(rule(*xs, **params)))
    return wrong


def planted(case: Case, number: int, mistake: Callable[[Primitive], Primitive]) -> Case:
    """The case with a mistake in the primitive of one of its equations."""
    equations = list(case.graph.equations)
    primitive, operands, params, results, source = equations[number]
    equations[number] = Equation(mistake(primitive), operands, params, results, source)
    return dataclasses.replace(case, graph=Graph(case.graph.inputs, tuple(equations), case.graph.outputs))


class Mistake(NamedTuple):
    plant: Callable[[Primitive], Primitive]
    law: str


MISTAKES = [Mistake(wrong_evaluate, "typing"), Mistake(wrong_infer_dtype, "typing"), Mistake(wrong_jvp, "tangent"),
            Mistake(wrong_batch, "batch"), Mistake(wrong_transpose, "duality")]

LINEAR = Op("a linear one", lambda x: -x, ((3,),))
CURVED = Op("a curved one", lambda x: np.exp(x), ((3,),))


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.plant.__name__)
@pytest.mark.parametrize("dtype", ["f8", "f4"])
def test_a_mistake_is_caught_by_its_law(mistake: Mistake, dtype: str) -> None:
    op = LINEAR if mistake.plant is wrong_transpose else CURVED
    case = case_of(op, dtype)
    LAWS[mistake.law](case)
    with pytest.raises(AssertionError):
        LAWS[mistake.law](planted(case, 0, mistake.plant))


def test_a_wrong_compiler_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    from . import laws

    case = case_of(CURVED, "f8")
    LAWS["identity"](case)
    monkeypatch.setattr(laws, "simplify", lambda graph: planted(
        dataclasses.replace(case, graph=graph), 0, wrong_evaluate).graph)
    with pytest.raises(AssertionError):
        LAWS["identity"](case)


def test_a_lost_float32_is_caught() -> None:
    widening = Op("a rule that widens", lambda x: widened(x), ((3,),))
    case = case_of(widening, "f4")
    for law in ("tangent", "duality", "dtype"):
        with pytest.raises(AssertionError):
            LAWS[law](case)


widened: Primitive = dataclasses.replace(ew.sin, jvp=lambda primals, tangents, result: structural.convert(
    tangents[0], np.dtype(np.float64)) * np.cos(structural.convert(primals[0], np.dtype(np.float64))))


def _mutable(op: Op) -> list[int]:
    """The equations whose tangents reach the result and do not vanish there."""
    case = case_of(op, "f8")
    return [i for i, e in enumerate(case.graph.equations) if all(v.aval.inexact for v in e.results)]


@pytest.mark.parametrize("op", OPS[::7], ids=str)
def test_a_slightly_wrong_derivative_is_caught_in_every_row(op: Op) -> None:
    """Each equation's jvp is made wrong by 0.1 %: then the pushforward is another, and the tangent law says so."""
    case = case_of(op, "f8")
    if case.smooth < 1:
        return
    for number in _mutable(op):
        if _matters(case, number):
            with pytest.raises(AssertionError):
                LAWS["tangent"](planted(case, number, wrong_jvp))


def _matters(case: Case, number: int) -> bool:
    """Whether the tangent of that equation's result moves the function's result noticeably."""
    t = [direction(case.rng(), x) for x in case.args]
    n = len(case.graph.outputs)
    right, wrong = (run(pushed_forward(c.graph, c.moving), [*case.inputs, *t])[n:] for c in (
        case, planted(case, number, wrong_jvp)))
    values = [float(np.max(np.abs(y), initial=0.0)) for y in case.at(case.args) if np.asarray(y).dtype.kind in "fc"]
    return any(np.max(np.abs(a - b), initial=0.0) > 1e-5 * max(1.0, *values) for a, b in zip(right, wrong, strict=True))


# -- check_grads ----------------------------------------------------------------------------------

X = np.array([0.3, -0.7, 1.1])


@dataclasses.dataclass
class Line:
    slope: Any
    offset: Any


@pytest.mark.parametrize(("f", "args"), [
    (np.sin, (X,)),
    (lambda x: x ** 3, (0.5,)),
    (lambda x, y: np.exp(x) * y, (X, 2.0)),
    (lambda p: p["w"] * p["b"][0] + np.sin(p["b"][1]), ({"w": X, "b": (0.5, X), "name": "net", "none": None},)),
    (lambda line, x: {"y": line.slope * x + line.offset, "n": 3}, (Line(0.5, X), X)),
    (lambda x: (x * x, np.cos(x)), (X.astype(np.float32),)),
    (lambda x: x * 2.5, (np.float32(0.7),)),
    (lambda z: z * z * 1j, (X + 1j,)),
    (lambda z: np.abs(z) ** 2 + z.real, (np.complex64(0.5 + 0.25j),)),
    (lambda z: np.conj(z) * np.exp(z), (0.3 - 0.4j,)),
    (lambda x: np.sin(x), (np.zeros((0, 3)),)),
    (lambda x, y: x - x, (X, X)),
    (lambda x: x * 1e-12, (X,)),
    (lambda x: x * 1e12, (X,)),
    (lambda x: np.sin(x) / x, (np.linspace(0.5, 3.0, 300),)),
    (lambda x: x + 1, (2,)),
])
def test_check_grads_accepts_right_derivatives(f: Callable[..., Any], args: tuple[Any, ...]) -> None:
    check_grads(f, args)


def _slightly_wrong(ufunc_primitive: Primitive) -> Callable[[Any], Any]:
    wrong = wrong_jvp(ufunc_primitive)
    return lambda x: wrong(x)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.complex128])
@pytest.mark.parametrize("mode", ["fwd", "rev"])
def test_check_grads_catches_a_slightly_wrong_derivative(mode: str, dtype: Any) -> None:
    factor = 0.001 if dtype is not np.float32 else 0.05
    wrong = dataclasses.replace(ew.exp, jvp=lambda primals, tangents, result: tangents[0] * result * dtype(1 + factor))
    with pytest.raises(DerivativeMismatchError) as caught:
        check_grads(lambda p: wrong(p["x"]) * 1.0, ({"x": X.astype(dtype)},), order=1, modes=(mode,))
    message = str(caught.value)
    assert f"by {mode}" in message
    assert "args[0]['x'][2]" in message, "exp is largest there, and so is the mistake"
    assert "derivative" in message
    assert "difference" in message
    assert "tolerance" in message
    assert isinstance(caught.value, AssertionError)


def test_check_grads_catches_a_wrong_second_derivative() -> None:
    """sin, whose derivative is right, and whose derivative's derivative is not."""
    cos = dataclasses.replace(ew.cos, jvp=lambda primals, tangents, result: tangents[0] * ew.sin(primals[0]))
    sin = dataclasses.replace(ew.sin, jvp=lambda primals, tangents, result: tangents[0] * cos(primals[0]))
    check_grads(lambda x: sin(x) * 1.0, (X,), order=1)
    with pytest.raises(DerivativeMismatchError, match="fwd over fwd"):
        check_grads(lambda x: sin(x) * 1.0, (X,), order=2)
    with pytest.raises(DerivativeMismatchError, match="rev over rev"):
        check_grads(lambda x: sin(x) * 1.0, (X,), order=2, modes=("rev",))


def test_check_grads_finds_the_one_wrong_entry() -> None:
    slope = np.array([1.0, 1.0, 1.01])
    wrong = dataclasses.replace(ew.negative, jvp=lambda primals, tangents, result: -(tangents[0] * slope))
    with pytest.raises(DerivativeMismatchError, match=r"args\[1\]\[2\].* worst of 1 in 6 entries"):
        check_grads(lambda x, y: np.sin(x) + wrong(y), (X, X), order=1, modes=("rev",))


def test_check_grads_refuses_kinks_and_infinities() -> None:
    with pytest.raises(DerivativeMismatchError, match="not smooth"):
        check_grads(lambda x: np.where(x > 0.1, x, 0.1), (0.1,), order=1)
    with np.errstate(all="ignore"), pytest.raises(DerivativeMismatchError):
        check_grads(np.sqrt, (0.0,), order=1)


def test_check_grads_says_what_it_cannot_take() -> None:
    with pytest.raises(ArgumentError, match="order"):
        check_grads(np.sin, (1.0,), order=0)
    with pytest.raises(ArgumentError, match="sideways"):
        check_grads(np.sin, (1.0,), modes=("sideways",))
    with pytest.raises(TreeError, match="tuple"):
        check_grads(np.sin, 1.0)  # type: ignore[arg-type]  # the mistake
    with pytest.raises(IntegerArgumentError):
        check_grads(np.sin, (np.arange(3),))


def test_check_grads_leaves_its_arguments_alone() -> None:
    x = X.copy()
    check_grads(lambda x: x * x, (x,))
    assert np.array_equal(x, X)
