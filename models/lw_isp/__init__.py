"""The light learned camera pipeline LW-ISP."""
