"""Measurements of the native kernel by itself."""
