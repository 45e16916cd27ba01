"""Step after step: a loop that Python unrolls, and one that stays a loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from ..library import Library
from ..workload import Workload

__all__ = ["WORKLOADS"]

STEPS, BATCH, INPUTS, HIDDEN = 50, 32, 32, 64


def recurrent(library: Library) -> Callable[..., Any]:
    """The squared error of what a plain recurrent network says at the end of a sequence."""
    np = library.np

    def loss(parameters: Any, inputs: Any, targets: Any) -> Any:
        from_input, from_hidden, bias, to_output = parameters
        hidden = np.tanh(inputs[0] @ from_input + bias)
        for t in range(1, STEPS):
            hidden = np.tanh(inputs[t] @ from_input + hidden @ from_hidden + bias)
        return np.mean((hidden @ to_output - targets) ** 2)

    return loss


def _sequences() -> tuple[Any, ...]:
    rng = numpy.random.default_rng(0)
    parameters = (rng.standard_normal((INPUTS, HIDDEN)) / numpy.sqrt(INPUTS),
                  rng.standard_normal((HIDDEN, HIDDEN)) / numpy.sqrt(HIDDEN),
                  0.1 * rng.standard_normal(HIDDEN), rng.standard_normal((HIDDEN, 1)))
    return parameters, rng.standard_normal((STEPS, BATCH, INPUTS)), rng.standard_normal((BATCH, 1))


def filtered(library: Library) -> Callable[..., Any]:
    """The squared error of a non-linear filter that goes through a signal, one reading a step."""
    np = library.np

    def loss(parameters: Any, signal: Any) -> Any:
        decay, gain, start = parameters

        def step(state: Any, reading: Any) -> tuple[Any, Any]:
            state = np.tanh(decay * state + gain * reading)
            return state, np.sum((state - reading) ** 2)

        _, errors = library.scan(step, start, signal)
        return np.mean(errors)

    return loss


def _signal() -> tuple[Any, ...]:
    rng = numpy.random.default_rng(0)
    return (rng.random(4), rng.random(4), numpy.zeros(4)), 0.5 * rng.standard_normal(10_000)


WORKLOADS = (
    Workload("rnn", "recurrent network, 50 steps", recurrent, _sequences),
    Workload("scan", "scan, 10⁴ steps", filtered, _signal, needs="scan"),
)
