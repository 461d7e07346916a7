"""Raw frames of cameras: Bayer dumps and camera files, packed for networks, developed classically, and made from RGB."""

from arllie_deploy.raw.frame import PATTERNS, RawFrame, find_pattern

__all__ = ["PATTERNS", "RawFrame", "find_pattern"]
