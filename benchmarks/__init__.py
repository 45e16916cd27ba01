"""How fast fad is, beside other libraries and by itself: see docs/performance.md.

    python -m benchmarks             the same derivatives by fad, autograd, jax, torch and by hand
    python -m benchmarks.tracing     what a first call is made of, an equation at a time
    python -m benchmarks.overhead    what a call costs beside the work itself
    python -m benchmarks.profiling   where the time of one workload goes
"""
