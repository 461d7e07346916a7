"""A picture as arrays, with what its file says beside the pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True)
class Metadata:
    """What is carried from file to file, as far as the output format can hold it.

    Attributes:
        icc: the ICC color profile.
        exif: a TIFF structure without the prefix of JPEG ("Exif", two zero bytes); its orientation says 1 or nothing.
        xmp: the XMP packet as UTF-8; its tiff:Orientation says 1 or nothing.
        dpi: horizontal and vertical resolution in pixels per inch.
    """

    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class Picture:
    """An upright RGB picture.

    Attributes:
        pixels: (height, width, 3) uint8 or uint16, RGB.
        alpha: (height, width) of the same dtype, or None where the picture is opaque.
        metadata: what its file says beside the pixels.
    """

    pixels: NDArray[Any]
    alpha: NDArray[Any] | None = None
    metadata: Metadata = Metadata()

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return self.pixels.shape[1], self.pixels.shape[0]
