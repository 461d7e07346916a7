"""The fingerprint of training data: what a checkpoint is recognized by."""

import hashlib

from arllie_deploy.training.data import Split


def fingerprint(split: Split) -> str:
    """Hash of the names and contents of the pictures, and of which of them are held out."""
    digest = hashlib.sha256()
    for sample in (*split.train, None, *split.validation):
        digest.update(b"-- held out --\n" if sample is None else b"")
        for path in filter(None, (sample.low, sample.high) if sample else ()):
            digest.update(f"{path.parent.name}/{path.name}\n".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
