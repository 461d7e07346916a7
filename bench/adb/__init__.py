"""Phones through the Android Debug Bridge: its program, a session on a device, and what is timed there."""
