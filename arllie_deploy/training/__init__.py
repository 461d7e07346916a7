"""Training of the multi-branch network: data, losses, recipes, the loop. Everything here imports torch."""
