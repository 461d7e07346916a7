"""Picture files: PNG, JPEG, WebP and TIFF as RGB arrays with 8 or 16 bits, upright, with their metadata."""

from arllie_deploy.pictures.codecs import (
    PICTURE_SUFFIXES,
    codec_of,
    picture_size,
    read_picture,
    refuse_unwritable,
    write_picture,
)
from arllie_deploy.pictures.picture import Metadata, Picture

__all__ = [
    "PICTURE_SUFFIXES",
    "Metadata",
    "Picture",
    "codec_of",
    "picture_size",
    "read_picture",
    "refuse_unwritable",
    "write_picture",
]
