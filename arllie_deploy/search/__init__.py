"""Tiered search for the multi-branch structure: width, depth, cell. Everything here imports torch."""
