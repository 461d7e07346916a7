"""The pictures of the report: before, after, and what each engine made of the frame, small enough for one page."""

import io
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from arllie_deploy.bench.report_text import figure

GAIN = 32
# All pictures as text; what is left of 3 MB is the page's own.
MOST_BYTES = 2_300_000
_WIDTHS = (960, 720, 540, 400, 280, 160)
_JPEG_QUALITY = 88


@dataclass(frozen=True, eq=False)
class Output:
    """What one engine made of the dark frame.

    Attributes:
        frame: (height, width, 3) uint8.
        reference: what its model's reference makes of it, rounded; None where there is none.
        unjudged: why there is none.
    """

    frame: NDArray[np.uint8]
    reference: NDArray[np.uint8] | None
    unjudged: str = ""

    @property
    def key(self) -> bytes:
        """The same for outputs that are shown the same."""
        digest = sha256(self.unjudged.encode())
        for picture in (self.frame, self.reference):
            if picture is not None:
                digest.update(repr(picture.shape).encode() + picture.tobytes())
        return digest.digest()


@dataclass(frozen=True)
class View:
    """One engine's frame.

    Attributes:
        frame: number of the picture.
        difference: number of its difference map; None where there is no reference of the same size.
        said: how far the frame is from its model's reference, in words.
    """

    frame: int
    difference: int | None
    said: str


@dataclass(frozen=True)
class Gallery:
    """Every picture once.

    Attributes:
        uris: `data:` addresses; the first is the dark frame, the second the reference's output.
        views: position in the rows -> what that row's engine made of the frame.
        left_out: positions of the rows for whose frames there was no room.
        width: of the dark frame's picture, in pixels.
    """

    uris: tuple[str, ...]
    views: Mapping[int, View]
    left_out: tuple[int, ...]
    width: int


@dataclass(frozen=True)
class _Encoded:
    frame: str
    difference: str | None
    said: str

    @property
    def uris(self) -> list[str]:
        return [self.frame, *([self.difference] if self.difference else [])]


def gallery(
    before: NDArray[np.uint8],
    after: NDArray[np.uint8],
    outputs: Mapping[int, Output],
    most_bytes: int = MOST_BYTES,
) -> Gallery:
    """Encode the pictures as wide as all of them fit, at most 960 pixels.

    Args:
        before: (height, width, 3) uint8, the dark frame.
        after: what the reference makes of it, rounded.
        outputs: position in the rows -> what that row's engine made of it.
        most_bytes: of the addresses together; rows that do not fit at 160 pixels either are left out, from the last.
    """
    keys = {number: output.key for number, output in outputs.items()}
    distinct = {keys[number]: output for number, output in outputs.items()}
    for width in _WIDTHS:
        own = [_frame_uri(before, width), _frame_uri(after, width)]
        encoded = {key: _encoded(output, width) for key, output in distinct.items()}
        if sum(map(len, {*own, *(uri for each in encoded.values() for uri in each.uris)})) <= most_bytes:
            break
    return _placed(own, {number: encoded[key] for number, key in keys.items()}, most_bytes, min(width, before.shape[1]))


def difference_map(output: NDArray[np.uint8], reference: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """The largest difference of the three channels × 32 as gray; each pixel shows the largest of those under it.

    Args:
        output: (height, width, 3) uint8.
        reference: of the same shape.
        width: the map is at most so many pixels wide.
    """
    apart = (np.maximum(output, reference) - np.minimum(output, reference)).max(axis=2)
    brightened = np.minimum(apart.astype(np.uint16) * GAIN, 255).astype(np.uint8)
    side = -(-output.shape[1] // width)
    rows, columns = (-(-length // side) for length in brightened.shape)
    padded = np.pad(brightened, [(0, rows * side - brightened.shape[0]), (0, columns * side - brightened.shape[1])])
    largest: NDArray[np.uint8] = padded.reshape(rows, side, columns, side).max(axis=(1, 3))
    return largest


def _placed(own: list[str], encoded: Mapping[int, _Encoded], most_bytes: int, width: int) -> Gallery:
    """Number the pictures, row by row while there is room."""
    numbers: dict[str, int] = {}
    room = most_bytes - sum(map(len, own))
    views: dict[int, View] = {}
    for uri in own:
        numbers.setdefault(uri, len(numbers))
    uris = list(own)
    for number, each in encoded.items():
        new = [uri for uri in each.uris if uri not in numbers]
        if sum(map(len, new)) > room:
            continue
        room -= sum(map(len, new))
        for uri in new:
            numbers[uri] = len(uris)
            uris.append(uri)
        views[number] = View(numbers[each.frame], numbers[each.difference] if each.difference else None, each.said)
    return Gallery(tuple(uris), views, tuple(number for number in encoded if number not in views), width)


def _encoded(output: Output, width: int) -> _Encoded:
    frame, reference = output.frame, output.reference
    uri = _frame_uri(frame, width)
    if reference is None:
        return _Encoded(uri, None, f"Compared with nothing: {output.unjudged}.")
    if frame.shape != reference.shape:
        said = f"{frame.shape[1]}×{frame.shape[0]}, the reference is {reference.shape[1]}×{reference.shape[0]}."
        return _Encoded(uri, None, said)
    return _Encoded(uri, _map_uri(difference_map(frame, reference, width)), _difference(frame, reference))


def _difference(output: NDArray[np.uint8], reference: NDArray[np.uint8]) -> str:
    apart = np.maximum(output, reference) - np.minimum(output, reference)
    if not apart.any():
        return "Equal to its model's reference in every value."
    share = 100 * np.count_nonzero(apart) / apart.size
    return f"{figure(share)} % of the values differ from its model's reference, by up to {apart.max()} of 255 levels."


def _frame_uri(frame: NDArray[np.uint8], width: int) -> str:
    from PIL import Image

    image = Image.fromarray(frame)
    if image.width > width:
        image = image.resize((width, max(1, round(image.height * width / image.width))), Image.Resampling.LANCZOS)
    data = io.BytesIO()
    image.save(data, "JPEG", quality=_JPEG_QUALITY)
    return _uri("jpeg", data.getvalue())


def _map_uri(difference: NDArray[np.uint8]) -> str:
    """Without loss, because the levels mean something; they are nine, which four bits hold."""
    from PIL import Image

    image = Image.fromarray(-(-difference.astype(np.int16) // GAIN).astype(np.uint8))
    image.putpalette([min(level * GAIN, 255) for level in range(256 // GAIN + 1) for _ in range(3)])
    data = io.BytesIO()
    image.save(data, "PNG", bits=4)
    return _uri("png", data.getvalue())


def _uri(kind: str, data: bytes) -> str:
    return f"data:image/{kind};base64,{b64encode(data).decode()}"
