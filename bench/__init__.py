"""Benchmarks: which backends there are, how a row is timed, and what is reported about it."""
