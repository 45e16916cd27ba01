"""What runs inside `fad.implicit` and `fad.optimize`: solvers, and trees as vectors."""
