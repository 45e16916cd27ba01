"""Programs in, programs out; and, on top of them, functions in, functions out."""
