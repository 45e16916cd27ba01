"""Primitives that hold programs: loops, branches, recomputation, functions with rules of their own."""
