"""docs/results/quality.md: how good the models' pictures are, on LOL's test pairs and on pictures of other cameras."""
