"""Multi-branch training cells and their exact collapse into one 3×3 convolution."""
