"""Programs in, programs out: Graph -> Graph."""
