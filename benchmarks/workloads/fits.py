"""Losses of models that are fitted to data: matrix products with entrywise work between them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy

from ..library import Library
from ..workload import Workload

__all__ = ["WORKLOADS"]


def _log_sum_exp(np: Any, x: Any) -> Any:
    """Along the last axis, which stays."""
    top = np.max(x, axis=-1, keepdims=True)
    return top + np.log(np.sum(np.exp(x - top), axis=-1, keepdims=True))


# -- logistic regression --------------------------------------------------------------------------


def logistic(library: Library) -> Callable[..., Any]:
    """The mean loss of a linear classifier with labels ±1."""
    np = library.np

    def loss(weights: Any, features: Any, labels: Any) -> Any:
        return np.mean(np.log1p(np.exp(-labels * (features @ weights))))

    return loss


def _logistic_data() -> tuple[Any, ...]:
    rng = numpy.random.default_rng(0)
    features, truth = rng.standard_normal((10_000, 100)), rng.standard_normal(100)
    return 0.1 * rng.standard_normal(100), features, numpy.where(features @ truth > 0.0, 1.0, -1.0)


def _logistic_by_hand(weights: Any, features: Any, labels: Any) -> Any:
    odds = numpy.exp(-labels * (features @ weights))
    return numpy.mean(numpy.log1p(odds)), (-labels * odds / (1.0 + odds) / len(labels)) @ features


# -- a network ------------------------------------------------------------------------------------


def network(library: Library) -> Callable[..., Any]:
    """The cross-entropy of a network with two hidden layers; the labels are rows of the identity."""
    np = library.np

    def loss(layers: Any, images: Any, labels: Any) -> Any:
        x = images
        for weights, biases in layers[:-1]:
            x = np.tanh(x @ weights + biases)
        weights, biases = layers[-1]
        scores = x @ weights + biases
        return -np.mean(np.sum(labels * (scores - _log_sum_exp(np, scores)), axis=-1))

    return loss


def _network_data() -> tuple[Any, ...]:
    rng = numpy.random.default_rng(0)
    sizes, batch = (784, 512, 512, 10), 128
    layers = [(rng.standard_normal((m, n)) / numpy.sqrt(m), 0.1 * rng.standard_normal(n))
              for m, n in pairwise(sizes)]
    return layers, rng.random((batch, 784)), numpy.eye(10)[rng.integers(10, size=batch)]


# -- a mixture ------------------------------------------------------------------------------------


def mixture(library: Library) -> Callable[..., Any]:
    """The negative log-likelihood of a mixture of Gaussians with diagonal covariances."""
    np = library.np

    def loss(parameters: Any, data: Any) -> Any:
        logits, means, log_scales = parameters
        z = (data[:, None, :] - means) * np.exp(-log_scales)
        log_densities = -0.5 * np.sum(z ** 2, axis=-1) - np.sum(log_scales, axis=-1)
        return -np.sum(_log_sum_exp(np, log_densities + logits - _log_sum_exp(np, logits)))

    return loss


def _mixture_data() -> tuple[Any, ...]:
    rng = numpy.random.default_rng(0)
    points, components, dimensions = 2000, 8, 4
    means = 3.0 * rng.standard_normal((components, dimensions))
    data = means[rng.integers(components, size=points)] + rng.standard_normal((points, dimensions))
    guess = means + rng.standard_normal(means.shape)
    return (rng.standard_normal(components), guess, 0.1 * rng.standard_normal(means.shape)), data


WORKLOADS = (
    Workload("logistic", "logistic regression, 10⁴ x 100", logistic, _logistic_data, by_hand=_logistic_by_hand),
    Workload("mlp", "network 784-512-512-10, batch 128", network, _network_data, memory=True),
    Workload("mixture", "Gaussian mixture, 2000 points, 8 components", mixture, _mixture_data),
)
