"""docs/results/speed.md: how long a frame takes with the shipped models and with networks of published shapes."""
