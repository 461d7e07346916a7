"""Whole pictures and folders of pictures through an opened model."""
