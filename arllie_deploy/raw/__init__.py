"""Raw frames of cameras: read from files or made of pictures, packed for networks, developed classically."""

from arllie_deploy.raw.frame import PATTERNS, RawFrame, find_pattern

__all__ = ["PATTERNS", "RawFrame", "find_pattern"]
