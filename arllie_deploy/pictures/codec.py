"""What a row of the table of picture formats holds, and the checks that all formats share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from arllie_deploy.errors import ArllieError
from arllie_deploy.pictures.picture import Picture

MOST_PIXELS = 16384 * 16384


@dataclass(frozen=True)
class Codec:
    """One picture format. Its functions raise `ArllieError` without the path; the caller puts it in front.

    Attributes:
        name: for people.
        suffixes: of file names, lower case, the usual one first.
        starts: whether a file that begins with these 16 bytes is of this format.
        size: the file's bytes -> (width, height) of the upright picture; decodes no pixels.
        decode: the file's bytes -> the picture; refuses by the header before it decodes pixels.
        encode: a picture for which `refuse` is silent -> the file's bytes.
        dtypes: the sample types it holds.
        alpha: whether it holds an alpha channel.
        longest_side: the largest width or height it holds.
        largest_block: the most bytes of EXIF or XMP it holds, or None without such a limit.
    """

    name: str
    suffixes: tuple[str, ...]
    starts: Callable[[bytes], bool]
    size: Callable[[bytes], tuple[int, int]]
    decode: Callable[[bytes], Picture]
    encode: Callable[[Picture], bytes]
    dtypes: frozenset[np.dtype[np.uint8] | np.dtype[np.uint16]]
    alpha: bool
    longest_side: int
    largest_block: int | None = None

    def refuse(self, picture: Picture) -> None:
        """Raise `ArllieError` if a file of this format cannot hold `picture`."""
        if picture.pixels.dtype not in self.dtypes:
            raise ArllieError(f"{self.name} holds 8 bits per sample and the picture has 16; write a .png or .tiff")
        if picture.alpha is not None and not self.alpha:
            raise ArllieError(f"{self.name} holds no transparency and the picture has an alpha channel; write a .png")
        if max(picture.size) > self.longest_side:
            shape = "×".join(map(str, picture.size))
            raise ArllieError(
                f"{self.name} holds sides up to {self.longest_side}, the picture is {shape}; write a .tiff"
            )
        for kind, block in (("EXIF", picture.metadata.exif), ("XMP", picture.metadata.xmp)):
            if block is not None and self.largest_block is not None and len(block) > self.largest_block:
                most = f"{self.name} holds {self.largest_block} bytes of {kind} and the picture has {len(block)}"
                raise ArllieError(f"{most}; write a .png")


def refuse_size(width: int, height: int) -> None:
    """Raise `ArllieError` for a single pixel and for more than `MOST_PIXELS`; called before pixels are decoded."""
    if width * height > MOST_PIXELS:
        count = f"{width}×{height} are more than {MOST_PIXELS:,} pixels"
        raise ArllieError(f"{count}, the most that is read; scale or cut it first")
    if width * height == 1:
        raise ArllieError("a single pixel, there is nothing to enhance; give a larger picture")


def refused_kind(kind: str) -> ArllieError:
    """The error for a picture whose samples are not RGB with 8 or 16 bits, such as "a grayscale picture"."""
    return ArllieError(f"{kind}; convert it to RGB with 8 or 16 bits per channel first")


def refused_frames(count: int) -> ArllieError:
    """The error for a file with several pictures."""
    return ArllieError(f"{count} pictures in one file (an animation or pages); save one of them as a file of its own")


def damaged(detail: str) -> ArllieError:
    """The error for a file that ends early or contradicts itself."""
    return ArllieError(f"the file is damaged or cut off ({detail}); copy it again from its source")
