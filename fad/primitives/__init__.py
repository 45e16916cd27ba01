"""The operations that fad knows from the inside, one family a file, dual pairs together."""
