"""The workloads, in the order of the tables."""

from ..workload import Workload
from . import arrays, fits, jacobians, scalars, sequences

__all__ = ["WORKLOADS"]

WORKLOADS: dict[str, Workload] = {workload.name: workload for workload in (
    *scalars.WORKLOADS, *arrays.WORKLOADS, *fits.WORKLOADS, *jacobians.WORKLOADS, *sequences.WORKLOADS)}
