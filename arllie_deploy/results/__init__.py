"""The results pages: each a module run by `make results-NAME` that writes docs/results/NAME.md, .json and plots."""
