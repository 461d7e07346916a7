"""Adaptive models as artifacts: the graph of a frame, and what makes its inputs from the frame, as graphs too."""
